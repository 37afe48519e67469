"""Naming beats: whatever the company they come in, and without compiling anything twice."""

from typing import Any

import keras
import numpy as np
import pytest
from beds import hear, simulate
from keras import layers

from detector.beats import NOW_NAMES, Beats
from detector.classifier import EXPLAINED, NAMED, Batches, Classifier
from detector.model import ModelError, ensemble

COUNTS = [0, 1, 2, 17, NAMED.step, NAMED.step + 1, 90, NAMED.most - 1, NAMED.most, NAMED.most + 1, 300]


@pytest.fixture(scope="module")
def beats() -> Beats:
    """Some 300 beats of a simulated bed, a third of them ventricular."""
    samples, _, _ = simulate("{pvc: {rate: 80, every: 3}, seconds: 260}", 250, more=", noise: {muscle: 0.03}")
    beats = hear({"a": (250, samples)})["a"].beats
    assert len(beats) > 300
    return beats


@pytest.fixture(scope="module")
def own() -> Classifier:
    return Classifier(ensemble("row", 2), "own")


def taken(inputs: list[np.ndarray], which: Any) -> list[np.ndarray]:
    return [x[which] for x in inputs]


def test_the_shipped_model_knows_ventricular_beats(classifiers, beats) -> None:
    said = classifiers["stream"].probabilities(classifiers["stream"].of_stream(beats)).argmax(axis=1)
    width = beats.now[:, NOW_NAMES.index("half_width")]
    wide = width > np.median(width) * 1.3
    assert 0.2 < wide.mean() < 0.4
    assert ((said == 2) == wide).mean() > 0.9


@pytest.mark.parametrize("total", [0, 1, 16, 17, 255, 256, 257, 600])
def test_batches_hold_all_and_little_more(total: int) -> None:
    batches = Batches(16, 256)(total)
    assert [start for start, _ in batches] == list(range(0, total, 256))
    assert all(size % 16 == 0 and 16 <= size <= 256 for _, size in batches)
    assert total <= sum(size for _, size in batches) < total + 16


@pytest.mark.parametrize("name", ["stream", "row", "own"])
def test_batches_of_all_sizes_say_the_same_to_the_last_bit(classifiers, own, beats, name: str) -> None:
    classifier = {**classifiers, "own": own}[name]
    inputs = (
        classifier.of_stream(beats[: NAMED.most]) if name != "row" else classifier.of_rows(list(beats.cut[:256, 0]))
    )
    (whole,) = classifier.forward(*inputs)
    for size in range(NAMED.step, NAMED.most, NAMED.step):
        for part in (slice(size), slice(NAMED.most - size, None)):
            np.testing.assert_array_equal(classifier.forward(*taken(inputs, part))[0], whole[part])


@pytest.mark.parametrize("name", ["stream", "own"])
def test_any_number_of_beats_in_any_company(classifiers, own, beats, name: str) -> None:
    classifier = {**classifiers, "own": own}[name]
    inputs = classifier.of_stream(beats[:300])
    whole = classifier.probabilities(inputs)
    assert whole.shape == (300, 5)
    np.testing.assert_allclose(whole.sum(axis=1), 1, atol=3e-4)
    for count in COUNTS:
        np.testing.assert_array_equal(classifier.probabilities(taken(inputs, slice(count))), whole[:count])
    order = np.random.default_rng(0).permutation(300)
    np.testing.assert_array_equal(classifier.probabilities(taken(inputs, order)), whole[order])
    for k in range(0, 300, 29):
        np.testing.assert_array_equal(classifier.probabilities(taken(inputs, [k])), whole[[k]])


@pytest.mark.parametrize("name", ["stream", "own"])
def test_heat_of_any_number_of_beats(classifiers, own, beats, name: str) -> None:
    classifier = {**classifiers, "own": own}[name]
    inputs = classifier.of_stream(beats[: 2 * EXPLAINED.most + 1])
    label = classifier.probabilities(inputs).argmax(axis=1)
    whole = classifier.heat(inputs, label)
    assert whole.shape == inputs[0].shape
    assert whole.min() >= 0
    np.testing.assert_allclose(whole.reshape(len(whole), -1).max(axis=1), 1, rtol=1e-5)
    for count in (0, 1, EXPLAINED.step, EXPLAINED.step + 1, EXPLAINED.most, EXPLAINED.most + 1):
        part = classifier.heat(taken(inputs, slice(count)), label[:count])
        assert part.shape == (count, *inputs[0].shape[1:])
        np.testing.assert_allclose(part, whole[:count], atol=1e-5)


def test_nothing_is_traced_while_it_runs(beats) -> None:
    model = ensemble("row", 2)
    calls = []
    inner = model.call
    model.call = lambda *args, **kwargs: calls.append(1) or inner(*args, **kwargs)
    classifier = Classifier(model, "counted")
    compiled = len(calls)
    assert compiled >= 2
    inputs = classifier.of_stream(beats)
    for count in COUNTS:
        part = taken(inputs, slice(count))
        classifier.heat(part, classifier.probabilities(part).argmax(axis=1))
    assert len(calls) == compiled


@pytest.mark.parametrize("shape", [(187, 1), (216, 1), (200,), (50, 1)])
def test_a_model_of_ones_own_gets_a_beat_a_row(beats, shape: tuple[int, ...]) -> None:
    wave = keras.Input(shape)
    model = keras.Model(wave, layers.Dense(5, activation="softmax")(layers.Flatten()(wave)))
    classifier = Classifier(model, "own")
    assert classifier.alone
    (rows,) = classifier.of_stream(beats[:9])
    assert rows.shape == (9, *shape)
    np.testing.assert_array_equal(rows.reshape(9, -1).min(axis=1), 0)
    np.testing.assert_array_equal(rows.reshape(9, -1).max(axis=1), 1)
    assert classifier.probabilities([rows]).shape == (9, 5)
    assert classifier.lead_heat(classifier.heat([rows], [0] * 9), 2).shape == (9, 1, shape[0])


@pytest.mark.parametrize("widths", [(187,), (216,), (1,), (2, 187, 400)])
def test_rows_of_any_width(own, widths: tuple[int, ...]) -> None:
    rows = [np.random.default_rng(n).random(n).astype(np.float32) for n in widths]
    inputs = own.of_rows([*rows, np.zeros(187, np.float32)])
    assert inputs[0].shape == (len(widths) + 1, 187, 1)
    assert np.isfinite(inputs[0]).all()
    assert np.isfinite(own.probabilities(inputs)).all()


def test_a_model_that_fits_no_beat_is_refused() -> None:
    model = keras.Sequential([keras.Input((100, 12)), layers.Flatten(), layers.Dense(5, activation="softmax")])
    with pytest.raises(ModelError, match=r"^mine takes input of shape \(100, 12\)"):
        Classifier(model, "mine")
