"""Learning: what is learned from, how it is cut into folds, and that a command's worth of it gives usable models."""

import json
from pathlib import Path

import numpy as np
import pytest

from detector.beats import LEADS, NOW, RHYTHM, STEPS
from detector.model import ROW, shipped
from detector.segmentation import LENGTH
from detector.training.dataset import Examples, records, row_examples, stream_examples
from detector.training.train import BUILD, augment, class_weights, folds, save, train
from stream.errors import SourceError
from stream.messages import AAMI


def test_a_folder_without_annotated_records_is_said(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"no records with \.atr annotations"):
        records([tmp_path])


def test_beats_of_a_stream_have_the_labels_of_the_reference(annotated: Path) -> None:
    seconds: list[float] = []
    examples = stream_examples(records([annotated]), seconds.append)
    assert sum(seconds) == pytest.approx(180)
    assert examples.inputs["wave"].shape == (len(examples), LENGTH, 2 * LEADS)
    assert examples.inputs["rhythm"].shape == (len(examples), STEPS, RHYTHM)
    assert examples.inputs["now"].shape == (len(examples), NOW)
    counts = np.bincount(examples.label, minlength=len(AAMI))
    assert counts[AAMI.index("N")] > 120
    assert counts[AAMI.index("V")] > 60
    early = examples.inputs["now"][:, 0]  # logarithm of RR to the running median
    assert early[examples.label == AAMI.index("V")].mean() < early[examples.label == AAMI.index("N")].mean()
    assert set(examples.record) == {"sim/a", "sim/b"}


def test_beats_alone_are_scaled_and_padded_as_in_the_public_files(annotated: Path) -> None:
    name, source = next(iter(records([annotated]).items()))
    examples = row_examples(name, source, np.random.default_rng(0))
    row = examples.inputs["row"]
    assert row.shape == (len(examples), ROW, 1)
    assert row.min() == 0
    np.testing.assert_allclose(row.max(axis=1), 1)
    padded = (row[:, -10:, 0] == 0).all(axis=1)
    assert 0.2 < padded.mean() < 0.8  # some from R with padding, some stretched over the row
    again = row_examples(name, source, np.random.default_rng(0))
    np.testing.assert_array_equal(row, again.inputs["row"])


def test_folds_hold_each_patient_out_once_and_whole() -> None:
    record = np.repeat([f"db/{k}" for k in range(11)], 7)
    held = folds(record, 3, seed=0)
    assert (np.sum(held, axis=0) == 1).all()
    for out in held:
        assert not set(record[out]) & set(record[~out])


def test_rare_classes_weigh_more_but_mildly() -> None:
    label = np.repeat(np.arange(5), [100_000, 1000, 1000, 10, 0]).astype(np.int8)
    weight = class_weights(label)
    assert weight[0] == 1
    assert (np.diff(weight) >= 0).all()
    assert weight.max() <= 4


def test_augmentation_changes_the_wave_alone_and_leaves_a_missing_lead_missing() -> None:
    rng = np.random.default_rng(0)
    inputs = {
        "wave": rng.normal(size=(50, LENGTH, 2 * LEADS)).astype(np.float32),
        "rhythm": rng.normal(size=(50, STEPS, RHYTHM)).astype(np.float32),
        "now": rng.normal(size=(50, NOW)).astype(np.float32),
    }
    inputs["wave"][:25, :, 1::2] = 0
    before = {name: values.copy() for name, values in inputs.items()}
    seen = augment(inputs, np.random.default_rng(1))
    for name, values in before.items():
        np.testing.assert_array_equal(inputs[name], values)
    np.testing.assert_array_equal(seen["rhythm"], before["rhythm"])
    assert not np.array_equal(seen["wave"], before["wave"])
    assert ((seen["wave"][:25] == 0).all(axis=1).sum(axis=1) >= 2).all()


def test_training_writes_models_that_load_by_their_checksums(
    annotated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train([annotated], tmp_path, epochs=1, seed=0, check_folds=2, kinds=["row"])
    log = train([annotated], tmp_path, epochs=1, seed=0, check_folds=0, kinds=["stream"])
    assert json.loads((tmp_path / "training.json").read_text()) == log
    assert log["stream"]["beats"]["V"] > 60
    assert set(log["row"]["scores"]) == set(AAMI)
    monkeypatch.setattr("detector.model.MODELS", tmp_path)
    for name in ("stream", "row"):
        assert shipped(name).count_params() == BUILD[name]().count_params()


def test_a_saved_model_says_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = BUILD["row"]()
    save(model, tmp_path)
    monkeypatch.setattr("detector.model.MODELS", tmp_path)
    row = np.random.default_rng(0).random((3, ROW, 1)).astype(np.float32)
    np.testing.assert_allclose(shipped("row")(row), model(row), atol=1e-6)


def test_examples_are_chosen_and_joined() -> None:
    one = Examples({"row": np.zeros((2, 3, 1), np.float32)}, np.array([0, 1], np.int8), np.array(["a", "a"]))
    two = Examples.join([one, one[np.array([1])]])
    assert two.label.tolist() == [0, 1, 1]
    assert len(two) == 3
