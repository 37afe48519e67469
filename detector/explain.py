"""Which part of the wave made the model say what it said: a gradient-based class activation map on the input.

The map is gradient times input (Shrikumar et al. 2016, arXiv:1605.01713): for each sample, how much the score of the
class (its logarithmic odds, which do not level out where the model is certain) would fall, to first order, if the
sample were brought to the beat's level. Its size is smoothed over a few
samples and scaled to 0..1.
"""

from typing import Any, Final

import numpy as np
import tensorflow as tf

SMOOTHING: Final = 2.0
"""Standard deviation in samples (of the model's input) of the Gaussian that smooths the map."""


def heat_of(model: Any, inputs: list[Any], target: Any) -> Any:
    """Heat over the first input of a model.

    Parameters
    ----------
    model
        A Keras model that ends in a softmax.
    inputs
        Its inputs, tensors of shape ``(beats, ...)``; the first is the wave, ``(beats, n, channels)`` or
        ``(beats, n)``.
    target
        One-hot class to explain, ``(beats, classes)``.

    Returns
    -------
    heat : tensor shaped as the first input, 0 to 1
    """
    wave = inputs[0]
    with tf.GradientTape() as tape:
        tape.watch(wave)
        said = model([wave, *inputs[1:]] if len(inputs) > 1 else wave, training=False)
        own, others = tf.reduce_sum(said * target, axis=-1), tf.reduce_sum(said * (1 - target), axis=-1)
        score = tf.math.log(own + 1e-30) - tf.math.log(others + 1e-30)
    slope = tape.gradient(score, wave)
    level = tf.reduce_mean(wave, axis=1, keepdims=True)
    size = tf.abs(slope * (wave - level))
    flat = size[..., None] if len(wave.shape) == 2 else size
    channels = flat.shape[-1]
    kernel = np.exp(-0.5 * (np.arange(-6, 7) / SMOOTHING) ** 2).astype(np.float32)
    kernel = np.tile((kernel / kernel.sum())[:, None, None, None], (1, 1, channels, 1))
    smooth = tf.nn.depthwise_conv2d(flat[:, :, None, :], kernel, [1, 1, 1, 1], "SAME")[:, :, 0, :]
    most = tf.reduce_max(smooth, axis=(1, 2), keepdims=True)
    return tf.reshape(smooth / tf.maximum(most, 1e-12), tf.shape(wave))
