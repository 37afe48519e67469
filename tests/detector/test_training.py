"""Learning: what is learned from, and that a command's worth of it gives usable models and goes on when cut short."""

import json
from pathlib import Path

import numpy as np
import pytest
import wfdb
from numpy.typing import NDArray
from scipy.special import softmax

from detector.beats import NOW, NOW_NAMES, RHYTHM, STEPS
from detector.model import LEAN, MEMBER, ROW, ensemble, shipped
from detector.segmentation import LENGTH
from detector.shape import LEADS
from detector.training.dataset import Examples, records, row_examples, stream_examples
from detector.training.fit import feed, fit, logits
from detector.training.scores import NOTHING
from detector.training.train import WORK, Plan, save, train
from stream.errors import SourceError
from stream.messages import AAMI

N, V = AAMI.index("N"), AAMI.index("V")


# ------------------------------------------------------------------------------------ what is learned from


def test_a_folder_without_annotated_records_is_said(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"no records with \.atr annotations"):
        records([tmp_path])


def test_a_folder_without_noise_is_said(annotated: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(SourceError, match="expected WFDB records of noise in this folder, found none"):
        train([annotated], tmp_path / "out", Plan(), noise=tmp_path / "empty")
    assert not (tmp_path / "out").exists()


def test_beats_of_a_stream_have_the_labels_of_the_reference(annotated: Path) -> None:
    seconds: list[float] = []
    examples = stream_examples(records([annotated]), seconds.append)
    assert sum(seconds) == pytest.approx(180)
    assert examples.inputs["wave"].shape == (len(examples), LENGTH, 2 * LEADS)
    assert examples.inputs["rhythm"].shape == (len(examples), STEPS, RHYTHM)
    assert examples.inputs["now"].shape == (len(examples), NOW)
    counts = np.bincount(examples.label, minlength=len(AAMI))
    assert counts[N] > 120
    assert counts[V] > 60
    early = examples.inputs["now"][:, NOW_NAMES.index("rr_before")]
    assert early[examples.label == V].mean() < early[examples.label == N].mean()
    assert set(examples.record) == {"sim/a", "sim/b"}


def test_a_beat_that_is_not_in_the_reference_is_none_and_where_each_is_from_is_kept(
    annotated: Path, tmp_path: Path
) -> None:
    """Of the reference of one record every third beat is taken away."""
    folder = tmp_path / "less"
    folder.mkdir()
    for end in ("dat", "hea"):
        (folder / f"a.{end}").write_bytes((annotated / f"a.{end}").read_bytes())
    whole = wfdb.rdann(str(annotated / "a"), "atr")
    kept = np.arange(len(whole.sample)) % 3 != 0
    symbols = [symbol for symbol, keep in zip(whole.symbol, kept, strict=True) if keep]
    wfdb.wrann("a", "atr", whole.sample[kept], symbols, fs=250, write_dir=str(folder))
    full = stream_examples(records([annotated]), lambda _: None)
    full = full[full.record == "sim/a"]
    less = stream_examples(records([folder]), lambda _: None)
    np.testing.assert_array_equal(less.sample, full.sample)
    for name, values in full.inputs.items():
        np.testing.assert_array_equal(less.inputs[name], values)
    none = less.label == NOTHING
    np.testing.assert_array_equal(less.label[~none], full.label[~none])
    assert none.mean() == pytest.approx(1 / 3, abs=0.02)
    away = np.abs(full.sample[:, None] - whole.sample[None]).min(axis=1)
    assert away.max() < 0.15 * 250


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
    reference = [mark.sample for mark in source.marks(0, source.length)]
    assert set(examples.sample.tolist()) < set(reference)


def test_examples_are_chosen_and_joined() -> None:
    one = Examples(
        {"row": np.arange(6, dtype=np.float32).reshape(2, 3, 1)},
        np.array([0, 1], np.int8),
        np.array(["a", "a"]),
        np.array([10, 20]),
        np.array([3, 4]),
    )
    two = Examples.join([one, one[np.array([1])]])
    assert two.label.tolist() == [0, 1, 1]
    assert two.sample.tolist() == [10, 20, 20]
    assert two.family.tolist() == [3, 4, 4]
    np.testing.assert_array_equal(two.inputs["row"][2], one.inputs["row"][1])
    assert len(two) == 3
    assert len(one[np.array([False, False])]) == 0


# ------------------------------------------------------------------------------------------- one network


def humps(beats: int, rng: np.random.Generator) -> Examples:
    """Beats alone, of which one in four is V: a hump late in the row, not early."""
    label = np.where(np.arange(beats) % 4 == 0, V, N).astype(np.int8)
    at = np.where(label == V, 130, 40) + rng.normal(0, 5, beats)
    row = np.exp(-0.5 * ((np.arange(ROW) - at[:, None]) / 8) ** 2)
    inputs = {"row": row[..., None].astype(np.float32)}
    return Examples(inputs, label, np.full(beats, "made"), np.arange(beats), np.full(beats, -1))


def test_a_network_learns_what_tells_beats_apart() -> None:
    learned, unseen = humps(2500, np.random.default_rng(0)), humps(200, np.random.default_rng(1))
    told: list[tuple[int, float]] = []
    network = fit("row", learned, epochs=16, seed=3, report=lambda epoch, loss: told.append((epoch, loss)))
    assert [epoch for epoch, _ in told] == list(range(1, 17))
    assert told[-1][1] < 0.5 * told[0][1]
    said = logits(network, unseen)
    assert said.shape == (200, len(AAMI))
    assert (said.argmax(axis=1) == unseen.label).mean() > 0.95


def test_inputs_are_fed_in_the_model_s_order() -> None:
    stream, row = ensemble("stream", 1), MEMBER["row"]()
    inputs = {i.name: np.full((1, *i.shape[1:]), k, np.float32) for k, i in enumerate(stream.inputs)}
    turned = dict(reversed(inputs.items()))
    assert [one.shape[1:] for one in feed(stream, turned)] == [i.shape[1:] for i in stream.inputs]
    only = np.zeros((1, ROW, 1), np.float32)
    assert feed(row, {"row": only}) is only


# --------------------------------------------------------------------------------------- the whole of it


def write_noise(folder: Path) -> Path:
    """A folder with a record of noise."""
    folder.mkdir()
    noise = np.random.default_rng(0).integers(-100, 100, (250 * 60, 1))
    options = {"units": ["mV"], "sig_name": ["noise"], "fmt": ["16"], "adc_gain": [200.0], "baseline": [0]}
    wfdb.wrsamp("em", fs=250, d_signal=noise, write_dir=str(folder), **options)
    return folder


def log(out: Path) -> tuple[list[dict], list[dict]]:
    """What a training told: networks it trained, and splits it scored."""
    lines = [json.loads(line) for line in (out / "training.log.jsonl").read_text().splitlines()]
    return [line for line in lines if "network" in line], [line for line in lines if "split" in line]


def kept(out: Path, kind: str) -> list[Path]:
    return sorted((out / WORK).glob(f"{kind}-*.weights.h5"))


def said_by(out: Path, kind: str, x: dict[str, NDArray]) -> list[NDArray]:
    """Logits of each network that was kept."""
    told = []
    for path in kept(out, kind):
        network = MEMBER[kind]()
        network.load_weights(path)
        told.append(np.asarray(network(feed(network, x))))
    return told


def test_a_training_of_beats_in_a_stream(annotated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With noise, two networks, and not scored; begun again with nothing to do; then with one network lost."""
    out, plan = tmp_path / "out", Plan(epochs=1, members=2, folds=0)
    noise = write_noise(tmp_path / "noise")
    figures = train([annotated], out, plan, noise=noise, kinds=["stream"])
    assert json.loads((out / "training.json").read_text()) == figures
    assert figures["stream"]["records"] == ["sim/a", "sim/b"]
    assert figures["stream"]["noise"] == ["em"]
    assert figures["stream"]["beats"]["V"] > 60
    assert (figures["stream"]["temperature"], figures["stream"]["plan"]["members"]) == (1.0, 2)
    networks, splits = log(out)
    assert [line["network"] for line in networks] == ["all records, network 1", "all records, network 2"]
    assert [len(line["loss"]) for line in networks] == [1, 1]
    assert splits == []
    assert len(kept(out, "stream")) == len(list((out / WORK).iterdir())) == 2

    monkeypatch.setattr("detector.model.MODELS", out)
    x = {
        i.name: np.random.default_rng(0).normal(0, 1, (9, *i.shape[1:])).astype(np.float32)
        for i in MEMBER["stream"]().inputs
    }
    model = shipped("stream")
    expected = softmax(np.mean(said_by(out, "stream", x), axis=0) + LEAN["stream"], axis=1)
    np.testing.assert_allclose(model(feed(model, x)), expected, atol=1e-5)

    assert train([annotated], out, plan, noise=noise, kinds=["stream"]) == figures
    assert log(out) == (networks, [])
    again = shipped("stream")
    np.testing.assert_allclose(again(feed(again, x)), expected, atol=1e-6)

    lost = kept(out, "stream")[0]
    lost.unlink()
    train([annotated], out, plan, noise=noise, kinds=["stream"])
    assert len(log(out)[0]) == 3
    assert lost.exists()


def test_a_training_of_beats_alone_that_is_scored(
    annotated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = Plan(epochs=1, members=1, folds=2)
    figures = train([annotated], tmp_path, plan, kinds=["row"])["row"]
    networks, splits = log(tmp_path)
    assert [line["network"] for line in networks] == [
        "split 1, fold 1 of 2, network 1 of 1",
        "split 1, fold 2 of 2, network 1 of 1",
        "all records, network 1",
    ]
    (scored,) = figures["cuts"]
    assert set(scored["gross"]) == set(AAMI)
    assert set(scored["records"]) == {"sim/a", "sim/b"}
    assert np.sum(scored["confusion"]) == sum(figures["beats"].values())
    assert figures["temperature"] == scored["temperature"]
    assert splits[0]["f1"]["N"] == pytest.approx(scored["gross"]["N"]["f1"] or 0, abs=1e-4)

    monkeypatch.setattr("detector.model.MODELS", tmp_path)
    x = {"row": np.random.default_rng(0).random((9, ROW, 1)).astype(np.float32)}
    said, model = said_by(tmp_path, "row", x), shipped("row")
    told = np.asarray(model(x["row"]))
    heated = [softmax(one / figures["temperature"], axis=1) for one in said]
    assert min(np.abs(told - one).max() for one in heated) < 1e-5  # that which learned from all records

    assert train([annotated], tmp_path, plan, kinds=["row"])["row"] == figures
    assert log(tmp_path)[0] == networks


def test_a_saved_model_says_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = ensemble("row", 2)
    assert save(model, tmp_path) == tmp_path / "row.keras"
    monkeypatch.setattr("detector.model.MODELS", tmp_path)
    row = np.random.default_rng(0).random((3, ROW, 1)).astype(np.float32)
    np.testing.assert_allclose(shipped("row")(row), model(row), atol=1e-6)
    save(ensemble("stream", 1), tmp_path)
    assert list(json.loads((tmp_path / "checksums.json").read_text())) == ["row.keras", "stream.keras"]
    np.testing.assert_allclose(shipped("row")(row), model(row), atol=1e-6)
