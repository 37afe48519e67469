"""Ways to tell which part of a wave spoke for a class, to be compared with the one in use (:mod:`detector.explain`).

Each method takes a model, its inputs, the usual beat's, and the one-hot class, as tensors, and gives a map over the
leads of the wave: ``(beats, n, LEADS)``.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

import keras
import numpy as np
import tensorflow as tf

from detector.explain import attributions, log_odds
from detector.reasons import usual_inputs
from detector.shape import LEADS
from stream.messages import AAMI

Method: TypeAlias = Callable[[Any, list[Any], list[Any], Any], Any]
Maps: TypeAlias = Callable[[list[Any], Any], Any]

NOISY = 16
NOISE = 0.15
"""SmoothGrad: copies of each beat; standard deviation of their noise in QRS heights."""


def slope(model: Any, inputs: list[Any], target: Any) -> Any:
    """Gradient of the log odds on the wave."""
    with tf.GradientTape() as tape:
        tape.watch(inputs[0])
        score = log_odds(model, inputs, target)
    return tape.gradient(score, inputs[0])


def gradient(model: Any, inputs: list[Any], usual: list[Any], target: Any) -> Any:
    """Size of the gradient on the input (Simonyan et al. 2014, arXiv:1312.6034)."""
    return tf.abs(slope(model, inputs, target))[..., :LEADS]


def gradient_times_input(model: Any, inputs: list[Any], usual: list[Any], target: Any) -> Any:
    """Size of gradient times distance from the beat's level (Shrikumar et al. 2016, arXiv:1605.01713)."""
    wave = inputs[0]
    away = wave - tf.reduce_mean(wave, axis=1, keepdims=True)
    return tf.abs(slope(model, inputs, target) * away)[..., :LEADS]


def smoothgrad(model: Any, inputs: list[Any], usual: list[Any], target: Any) -> Any:
    """Size of the mean gradient over noisy copies (Smilkov et al. 2017, arXiv:1706.03825)."""
    wave, *rest = [tf.repeat(x, NOISY, axis=0) for x in inputs]
    noise = NOISE * tf.random.stateless_normal(wave.shape, [0, 0])
    slopes = slope(model, [wave + noise, *rest], tf.repeat(target, NOISY, axis=0))
    return tf.abs(tf.reduce_sum(tf.reshape(slopes, (-1, NOISY, *wave.shape[1:])), axis=1))[..., :LEADS]


def ig_level_size(model: Any, inputs: list[Any], usual: list[Any], target: Any) -> Any:
    """Size of integrated gradients of the wave from its own level (Sundararajan et al. 2017, arXiv:1703.01365)."""
    return tf.abs(_ig_level(model, inputs, target))


def ig_level(model: Any, inputs: list[Any], usual: list[Any], target: Any) -> Any:
    """What in these speaks for the class."""
    return tf.nn.relu(_ig_level(model, inputs, target))


def ig_usual_size(model: Any, inputs: list[Any], usual: list[Any], target: Any) -> Any:
    """Size of integrated gradients from the patient's usual beat, along all inputs."""
    return tf.abs(attributions(model, inputs, usual, target)[0])[..., :LEADS]


def ig_usual(model: Any, inputs: list[Any], usual: list[Any], target: Any) -> Any:
    """What in these speaks for the class: the method in use."""
    return tf.nn.relu(attributions(model, inputs, usual, target)[0])[..., :LEADS]


def grad_cam(model: Any, inputs: list[Any], usual: list[Any], target: Any) -> Any:
    """Grad-CAM of the last convolution (Selvaraju et al. 2017, arXiv:1610.02391)."""
    return _cam(model, inputs, target, lambda x, slope: x * tf.reduce_mean(slope, axis=1, keepdims=True), -1)


def hires_cam(model: Any, inputs: list[Any], usual: list[Any], target: Any) -> Any:
    """HiResCAM of the last convolution: without averaging the gradient (Draelos and Carin 2020, arXiv:2011.08891)."""
    return _cam(model, inputs, target, lambda x, slope: x * slope, -1)


def hires_cam_first(model: Any, inputs: list[Any], usual: list[Any], target: Any) -> Any:
    """HiResCAM of the first convolution."""
    return _cam(model, inputs, target, lambda x, slope: x * slope, 0)


def layer_cam(model: Any, inputs: list[Any], usual: list[Any], target: Any) -> Any:
    """LayerCAM of the last convolution: of the gradient only what is above 0 (Jiang et al. 2021, IEEE TIP 30:5875)."""
    return _cam(model, inputs, target, lambda x, slope: x * tf.nn.relu(slope), -1)


METHODS: dict[str, Method] = {
    "gradient, size": gradient,
    "gradient x input, size (before)": gradient_times_input,
    "SmoothGrad, size": smoothgrad,
    "Grad-CAM, last convolution": grad_cam,
    "LayerCAM, last convolution": layer_cam,
    "HiResCAM, last convolution": hires_cam,
    "HiResCAM, first convolution": hires_cam_first,
    "integrated gradients from level, size": ig_level_size,
    "integrated gradients from level, what is for": ig_level,
    "integrated gradients from usual, size": ig_usual_size,
    "integrated gradients from usual, what is for": ig_usual,
}
IN_SERVICE = "integrated gradients from usual, what is for"

CHUNK = 16
"""Beats explained at once, as in service."""


class Explained:
    """A copy of a model whose weights can be changed, and maps of what it says.

    All weights share what was compiled: to compile takes longer than to explain.
    """

    def __init__(self, model: Any):
        self.model = keras.models.clone_model(model)
        self.weights = model.get_weights()
        self.learned()

    def learned(self) -> None:
        """Take the weights that were learned."""
        self.model.set_weights(self.weights)

    def randomised(self, seed: int) -> None:
        """Take new random weights, as before learning."""
        keras.utils.set_random_seed(seed)
        self.model.set_weights(keras.models.clone_model(self.model).get_weights())

    def shuffled(self, seed: int) -> None:
        """Take the weights that were learned, those of each array in random order."""
        rng = np.random.default_rng(seed)
        self.model.set_weights([rng.permutation(w.ravel()).reshape(w.shape) for w in self.weights])

    def maps(self, method: Method) -> Maps:
        """Compile a method: to take a model's inputs and classes of any number of beats, and return their maps."""
        count = len(self.model.inputs)

        def one(*given: Any) -> Any:
            return method(self.model, list(given[:count]), list(given[count:-1]), given[-1])

        function = tf.function(one, autograph=False)

        def maps(inputs: list[Any], label: Any) -> Any:
            given = [*inputs, *usual_inputs(inputs), np.eye(len(AAMI), dtype=np.float32)[label]]
            told = []
            for start in range(0, len(label), CHUNK):
                part = [x[start : start + CHUNK] for x in given]
                missing = CHUNK - len(part[0])
                part = [tf.constant(np.pad(x, [(0, missing)] + [(0, 0)] * (x.ndim - 1))) for x in part]
                told.append(function(*part).numpy()[: CHUNK - missing])
            return np.concatenate(told)

        return maps


def convolutions(model: Any, which: int) -> list[Any]:
    """The first (0) or last (-1) convolution of a model, or of each of the models in it."""
    inner = [layer for part in model.layers if isinstance(part, keras.Model) for layer in convolutions(part, which)]
    own = [layer for layer in model.layers if isinstance(layer, keras.layers.Conv1D)]
    return inner + own[:1] if which == 0 else inner + own[-1:]


def _ig_level(model: Any, inputs: list[Any], target: Any) -> Any:
    wave = inputs[0]
    level = tf.repeat(tf.reduce_mean(wave, axis=1, keepdims=True), wave.shape[1], axis=1)
    flat = tf.concat([level[..., :LEADS], wave[..., LEADS:]], axis=-1)
    return attributions(model, inputs, [flat, *inputs[1:]], target)[0][..., :LEADS]


def _cam(model: Any, inputs: list[Any], target: Any, weigh: Callable[[Any, Any], Any], which: int) -> Any:
    """Sum what each convolution says over its filters; the same for all leads, which it has mixed."""
    wave = inputs[0]
    with _heard(convolutions(model, which)) as outputs, tf.GradientTape() as tape:
        tape.watch(wave)
        score = log_odds(model, inputs, target)
    total = 0.0
    for output, slope_ in zip(outputs, tape.gradient(score, outputs), strict=True):
        over_time = tf.reduce_sum(weigh(output, slope_), axis=-1)
        total += tf.image.resize(over_time[:, None, :, None], (1, wave.shape[1]))[:, 0, :, 0]
    return tf.repeat(tf.nn.relu(total)[..., None], LEADS, axis=-1)


@contextmanager
def _heard(layers: list[Any]) -> Iterator[list[Any]]:
    """What some layers give when the model is called within, wherever in it they are."""
    outputs: list[Any] = []
    before = [layer.call for layer in layers]

    def heard(call: Callable[..., Any]) -> Callable[..., Any]:
        def inner(*args: Any, **kwargs: Any) -> Any:
            outputs.append(call(*args, **kwargs))
            return outputs[-1]

        return inner

    try:
        for layer, call in zip(layers, before, strict=True):
            layer.call = heard(call)
        yield outputs
    finally:
        for layer, call in zip(layers, before, strict=True):
            layer.call = call
