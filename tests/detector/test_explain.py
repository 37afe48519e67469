"""Heat lies where the model looked, and nowhere else."""

import keras
import numpy as np
import pytest
from keras import layers

from detector.classifier import EXPLAIN_BATCH, Classifier
from detector.explain import SMOOTHING

N = 200
LOOKS_AT = slice(60, 90)


def looker(shape: tuple[int, ...]) -> Classifier:
    """A model that says V, the more the higher the mean square of one window is, and sees nothing else."""
    wave = keras.Input(shape)
    flat = layers.Flatten()(wave)
    window = layers.Multiply()([flat, flat])
    out = layers.Dense(5, activation="softmax", use_bias=False)(window)
    model = keras.Model(wave, out)
    weights = np.zeros((N, 5), np.float32)
    weights[LOOKS_AT, 2] = 0.2
    model.layers[-1].set_weights([weights])
    return Classifier(model, "looker")


@pytest.mark.parametrize("shape", [(N, 1), (N,)])
def test_heat_lies_in_the_window_the_model_looks_at(shape: tuple[int, ...]) -> None:
    x = np.random.default_rng(0).normal(0, 1, (EXPLAIN_BATCH + 3, *shape)).astype(np.float32)
    heat = looker(shape).heat([x], [2] * len(x)).reshape(len(x), N)
    reach = round(3 * SMOOTHING)
    outside = np.ones(N, bool)
    outside[LOOKS_AT.start - reach : LOOKS_AT.stop + reach] = False
    assert heat[:, outside].max() == 0
    np.testing.assert_allclose(heat.max(axis=1), 1, rtol=1e-5)
    assert heat.min() >= 0
    inside = heat[:, LOOKS_AT].sum(axis=1) / heat.sum(axis=1)
    assert inside.min() > 0.75


def test_a_wave_at_its_level_gets_no_heat_but_where_it_leaves_it() -> None:
    x = np.zeros((1, N, 1), np.float32)
    x[0, 70:80:2] = 3
    x[0, 71:80:2] = -3
    heat = looker((N, 1)).heat([x], [2])[0, :, 0]
    assert heat[70:80].min() > 0.5
    assert heat[: 70 - 6].max() == 0
    assert heat[80 + 6 :].max() == 0


@pytest.mark.parametrize("level", [0.0, 0.3, 1000.1])
def test_a_flat_wave_gets_no_heat(level: float) -> None:
    heat = looker((N, 1)).heat([np.full((2, N, 1), level, np.float32)], [2, 0])
    assert heat.max() == 0


def test_each_class_has_its_own_heat() -> None:
    """What speaks for V speaks against N, and both lie in the window."""
    x = np.random.default_rng(1).normal(0, 1, (1, N, 1)).astype(np.float32)
    classifier = looker((N, 1))
    for label in (0, 2):
        assert classifier.heat([x], [label])[0].argmax() in range(LOOKS_AT.start, LOOKS_AT.stop)
