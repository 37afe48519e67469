"""Attributions sum up to what the model says, heat lies where it looks, and reasons name what it went by."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from beds import hear, simulate
from keras import layers

from detector.beats import NOW, NOW_NAMES, RHYTHM, STEPS, Beats
from detector.classifier import EXPLAINED, Classifier
from detector.explain import attributions, heat_of, log_odds
from detector.reasons import GROUPS, LEAST, MEMBERS, reasons, shares, usual_inputs, values
from detector.segmentation import LENGTH
from detector.shape import LEADS

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


@pytest.fixture(scope="module")
def beats() -> Beats:
    """Some 120 beats of a simulated bed, a fourth of them ventricular."""
    samples, _, _ = simulate("{sinus: {rate: 75}, seconds: 10}, {pvc: {rate: 80, every: 4}, seconds: 80}", 90)
    return hear({"a": (250, samples)})["a"].beats


@pytest.mark.parametrize("shape", [(N, 1), (N,)])
def test_heat_lies_in_the_window_the_model_looks_at(shape: tuple[int, ...]) -> None:
    x = np.random.default_rng(0).normal(0, 1, (EXPLAINED.most + 3, *shape)).astype(np.float32)
    heat = looker(shape).heat([x], [2] * len(x)).reshape(len(x), N)
    outside = np.ones(N, bool)
    outside[LOOKS_AT] = False
    assert heat[:, outside].max() == 0
    np.testing.assert_allclose(heat.max(axis=1), 1, rtol=1e-5)
    assert heat.min() >= 0


def test_what_speaks_against_the_class_gets_no_heat() -> None:
    x = np.random.default_rng(1).normal(0, 1, (3, N, 1)).astype(np.float32)
    classifier = looker((N, 1))
    (for_v,) = classifier.attributions([x], [2] * 3)
    (for_n,) = classifier.attributions([x], [0] * 3)
    hottest = np.abs(for_v[:, :, 0]).argmax(axis=1)
    row = np.arange(3)
    assert (for_v[row, hottest, 0] > 0).all()  # squares speak for V
    assert (for_n[row, hottest, 0] < 0).all()
    assert classifier.heat([x], [2] * 3)[row, hottest, 0].min() == 1
    assert heat_of(-np.abs(for_v)).max() == 0


@pytest.mark.parametrize("level", [0.0, 0.3, 1000.1])
def test_a_flat_wave_gets_no_heat(level: float) -> None:
    heat = looker((N, 1)).heat([np.full((2, N, 1), level, np.float32)], [2, 0])
    assert heat.max() == 0


def test_attributions_sum_up_to_what_the_model_says(classifiers, beats) -> None:
    classifier = classifiers["stream"]
    inputs = classifier.of_stream(beats)
    label = classifier.probabilities(inputs).argmax(axis=1)
    told = classifier.attributions(inputs, label)
    total = sum(part.reshape(len(beats), -1).sum(axis=1) for part in told)
    target = np.eye(5, dtype=np.float32)[label]
    said, usual = (
        log_odds(classifier.model, list(map(tf.constant, part)), target).numpy()
        for part in (inputs, usual_inputs(inputs))
    )
    error = np.abs(total - (said - usual))
    assert np.median(error) < 0.1
    assert np.quantile(error / np.maximum(np.abs(said - usual), 1), 0.95) < 0.1


def test_attributions_of_a_line_are_exact() -> None:
    """Two classes whose log odds are a weighted sum of two inputs."""
    first, second = keras.Input((3, 1), name="first"), keras.Input((2,), name="second")
    both = layers.Concatenate()([layers.Flatten()(first), second])
    model = keras.Model([first, second], layers.Dense(2, activation="softmax")(both))
    weights = np.array([1, -2, 0.5, 3, 0], np.float32)
    model.layers[-1].set_weights([np.stack([0 * weights, weights], axis=1), np.zeros(2, np.float32)])
    x = [np.float32([[[1], [1], [2]]]), np.float32([[0.5, 9]])]
    usual = [np.float32([[[0], [2], [2]]]), np.float32([[0, 0]])]
    told = attributions(model, *([tf.constant(v) for v in part] for part in (x, usual)), tf.constant([[0.0, 1.0]]))
    np.testing.assert_allclose(told[0][0, :, 0], [1, 2, 0], atol=1e-5)
    np.testing.assert_allclose(told[1][0], [1.5, 0], atol=1e-5)


def test_every_input_of_a_beat_is_of_one_group() -> None:
    wave, rhythm, now = (mine.sum(axis=0) for mine in MEMBERS)
    assert rhythm.shape == (STEPS, RHYTHM)
    assert now.shape == (NOW,)
    for covered in (rhythm, now, wave[:, :LEADS]):
        np.testing.assert_array_equal(covered, 1)
    where = dict(zip(NOW_NAMES, np.argmax(MEMBERS[2], axis=0), strict=True))
    expected = {
        "rr_before": "rr_before",
        "rr_pair": "rr_after",
        "irregular_8": "rhythm",
        "p_like_most": "p_wave",
        "before_p_like": "p_wave",
        "qrs_like_least": "qrs",
        "height_first": "qrs",
        "half_width": "qrs_width",
        "width_odd": "qrs_width",
        "t_like_most": "t_wave",
    }
    assert {name: GROUPS[where[name]] for name in expected} == expected


def test_a_usual_beat_is_set_against_itself(beats) -> None:
    """In steady sinus rhythm what is called usual is what the beats are."""
    steady = beats[5:11]
    inputs = [steady.wave, steady.rhythm, steady.now]
    usual = usual_inputs(inputs)
    np.testing.assert_allclose(usual[0][..., :LEADS], steady.wave[..., LEADS:])
    assert np.abs(usual[0] - inputs[0]).mean() < 0.05
    named = dict(zip(NOW_NAMES, (usual[2] - inputs[2]).T, strict=True))
    for name in ("rr_before", "rr_after", "qrs_like_least", "half_width", "quarter_width", "height_first", "p_height"):
        assert np.abs(named[name]).max() < 0.25, name


def test_before_the_first_beat_nothing_is_usual(beats) -> None:
    wave, rhythm, _ = usual_inputs([beats.wave[:2], beats.rhythm[:2], beats.now[:2]])
    assert not rhythm[0, :-1].any()
    assert not wave[0, :, :LEADS].any()  # its level
    np.testing.assert_array_equal(wave[1, :, :LEADS], beats.wave[1, :, LEADS:])


def test_shares_are_of_all_that_was_said() -> None:
    rng = np.random.default_rng(0)
    told = [rng.normal(0, 1, (4, *mine.shape[1:])).astype(np.float32) for mine in MEMBERS]
    share = shares(told)
    np.testing.assert_allclose(np.abs(share).sum(axis=1), 1, rtol=1e-5)
    assert (share < 0).any()
    only = [np.zeros_like(part) for part in told]
    only[2][:, NOW_NAMES.index("rr_before_mean")] = [1, -1, 2, 0]
    np.testing.assert_allclose(shares(only)[:, GROUPS.index("rr_before")], [1, -1, 1, 0])
    only[0][:, LENGTH - 5, 0] = [1, 1, -6, 0]
    np.testing.assert_allclose(shares(only)[:, GROUPS.index("t_wave")], [0.5, 0.5, -0.75, 0])


def test_reasons_say_what_there_was_to_see(classifiers, beats) -> None:
    classifier = classifiers["stream"]
    inputs = classifier.of_stream(beats)
    label = classifier.probabilities(inputs).argmax(axis=1)
    odd = np.flatnonzero(label == 2)[:-1]
    assert len(odd) > 10
    picked = beats[odd]
    told = reasons(picked, classifier.attributions([x[odd] for x in inputs], label[odd]))
    for beat, because in enumerate(told):
        size = [abs(reason.share) for reason in because]
        assert size == sorted(size, reverse=True)
        assert min(size) >= LEAST - 0.001
        assert sum(size) <= 1.001
        assert because[0].share > 0
        seen = {reason.name: reason.value for reason in because}
        if "rr_before" in seen:
            assert seen["rr_before"] == pytest.approx(picked.rr[beat] / 0.75, rel=0.1)
    shape = [sum(r.share for r in because if r.name in {"qrs", "qrs_width", "t_wave"}) for because in told]
    assert np.median(shape) > 0.2  # what is ventricular is so by its shape


def test_what_is_unknown_has_no_value(beats) -> None:
    value = values(beats)
    assert np.isnan(value[0, GROUPS.index("rr_before")])
    assert np.isnan(value[-1, GROUPS.index("rr_after")])
    assert np.isfinite(value[5:-5]).all()
