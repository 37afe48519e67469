"""How much each input of a model spoke for what it said: integrated gradients from the usual beat.

The path leads from the beat as it usually is to the beat as it came, over all inputs at once, and along it the gradient
of the class' log odds (which do not level out where the model is certain) is integrated (Sundararajan et al. 2017,
arXiv:1703.01365). What each input spoke for the class, and what it spoke against it (below 0), sum up to the log odds
of the beat less those of the usual one. What was measured of this and other methods is in ``docs/explanation.md``.
"""

from typing import Any, Final

import numpy as np
import tensorflow as tf

from detector.rows import Floats

POINTS: Final = 8
"""Points on the path, those of Gauss and Legendre."""


def log_odds(model: Any, inputs: list[Any], target: Any) -> Any:
    """Logarithmic odds of the class ``target``, one-hot ``(beats, classes)``, by a model that ends in a softmax."""
    said = model(inputs if len(inputs) > 1 else inputs[0], training=False)
    own, others = tf.reduce_sum(said * target, axis=-1), tf.reduce_sum(said * (1 - target), axis=-1)
    return tf.math.log(own + 1e-30) - tf.math.log(others + 1e-30)


def attributions(model: Any, inputs: list[Any], usual: list[Any], target: Any) -> list[Any]:
    """How much each number of the inputs spoke for a class.

    Parameters
    ----------
    model
        A Keras model that ends in a softmax.
    inputs, usual
        Its inputs, tensors of shape ``(beats, ...)``, and what they would be for the usual beat.
    target
        One-hot class to explain, ``(beats, classes)``.

    Returns
    -------
    attributions : list of tensors shaped as the inputs
        In units of log odds. Their sum over all inputs is ``log_odds(inputs) - log_odds(usual)``, but for the error of
        integrating with :data:`POINTS` points.
    """
    nodes, weights = np.polynomial.legendre.leggauss(POINTS)
    beats = tf.shape(target)[0]
    away = [x - x0 for x, x0 in zip(inputs, usual, strict=True)]
    path = [
        tf.concat([x0 + tf.cast((1 + node) / 2, tf.float32) * d for node in nodes], axis=0)
        for x0, d in zip(usual, away, strict=True)
    ]
    weight = tf.repeat(tf.constant(weights / 2, tf.float32), beats)
    with tf.GradientTape() as tape:
        tape.watch(path)
        score = tf.reduce_sum(weight * log_odds(model, path, tf.tile(target, (POINTS, 1))))
    slopes = tape.gradient(score, path, unconnected_gradients=tf.UnconnectedGradients.ZERO)
    return [
        d * tf.reduce_sum(tf.reshape(slope, (POINTS, -1, *d.shape[1:])), axis=0)
        for slope, d in zip(slopes, away, strict=True)
    ]


def heat_of(attribution: Floats) -> Floats:
    """Heat of a wave: what spoke for the class, the hottest sample of a beat being 1.

    What spoke against the class has none, and so has a wave of which nothing spoke for it.

    Parameters
    ----------
    attribution
        Of the wave, ``(beats, n, channels)`` or ``(beats, n)``.

    Returns
    -------
    heat : array of the same shape, 0 to 1
    """
    heat = np.maximum(attribution, 0)
    most = heat.max(axis=tuple(range(1, heat.ndim)), keepdims=True, initial=0)
    return np.asarray(heat / np.maximum(most, 1e-9), np.float32)
