"""Whole records into WFDB annotations: any format, any trouble, and the same beats as the live service."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import wfdb
from beds import simulate

import detector.annotate as module
from detector.annotate import Annotated, annotate
from detector.classifier import Classifier
from detector.findings import ANNOTATOR
from detector.reader import Reader
from stream.errors import SourceError
from stream.messages import AAMI

FS = 250
STEPS = "{sinus: {rate: 75}, seconds: 8}, {pvc: {rate: 80, every: 4}, seconds: 60}"


@pytest.fixture(autouse=True)
def loaded(request: pytest.FixtureRequest, classifiers: dict[str, Classifier], monkeypatch: pytest.MonkeyPatch) -> None:
    """The shipped models, loaded and compiled once for most of these tests."""
    if request.node.name != "test_two_runs_are_the_same":
        made = lambda model, explain=True, clock=None: Reader(classifiers["stream"], classifiers["row"])  # noqa: E731
        monkeypatch.setattr(module, "make_reader", made)


def write(
    folder: Path, name: str = "r", *, physical: np.ndarray | None = None, fs: float = FS, fmt: str = "16", **fields: Any
) -> Path:
    """Write a record, by default 20 s of two simulated leads."""
    if physical is None:
        physical = simulate(STEPS, 20, fs=fs)[0].T.astype(np.float64)
    n = physical.shape[1]
    folder.mkdir(exist_ok=True)
    fields = {"units": ["mV"] * n, "sig_name": ["MLII", "V1", "V5"][:n], "fmt": [fmt] * n} | fields
    if "adc_gain" not in fields:
        fields |= {"adc_gain": [200.0] * n, "baseline": [0] * n}
    wfdb.wrsamp(name, fs=fs, p_signal=physical, write_dir=str(folder), **fields)
    return folder / name


def checked(result: Annotated) -> list[dict[str, Any]]:
    """The beats written; annotations are readable with wfdb and say the same."""
    events = [json.loads(line) for line in result.events.read_text().splitlines()]
    events = [event for event in events if event["kind"] == "beat"]
    notes = wfdb.rdann(str(result.annotations.with_suffix("")), ANNOTATOR)
    assert result.annotations.suffix == f".{ANNOTATOR}"
    beats = [(sample, symbol) for sample, symbol in zip(notes.sample, notes.symbol, strict=True) if symbol in AAMI]
    assert beats == [(event["sample"], event["label"]) for event in events]
    assert result.beats == len(events) == sum(result.classes.values())
    for event in events:
        assert event["kind"] == "beat"
        assert event["label"] in "NSVFQ"
        assert len(event["probabilities"]) == 5
        assert event["time"] == pytest.approx(event["sample"] / notes.fs, abs=0.001)
    return events


@pytest.mark.parametrize("fs", [128, 250, 360])
@pytest.mark.parametrize("leads", ["II", "II, V1", "II, V1, V5"])
def test_beats_at_r_and_what_they_are(tmp_path: Path, fs: float, leads: str) -> None:
    samples, r, symbols = simulate(STEPS, 20, fs=fs, leads=leads)
    (result,) = annotate([str(write(tmp_path, physical=samples.T.astype(np.float64), fs=fs))], tmp_path / "out")
    events = checked(result)
    told = np.array([event["sample"] for event in events])
    assert len(told) == len(r)
    assert np.abs(told - r).max() <= 0.016 * fs
    assert [e["label"] for e in events].count("V") == pytest.approx(symbols.count("V"), abs=1)
    assert str(result).startswith(f"r: {len(r)} beats  N ")


def test_a_mat_record(tmp_path: Path) -> None:
    """PhysioNet challenges keep format 16 in ``.mat`` files: a header of 24 bytes, then the samples."""
    plain = write(tmp_path, "r")
    content = (tmp_path / "r.dat").read_bytes()
    (tmp_path / "m.mat").write_bytes(b"\0" * 24 + content)
    header = (tmp_path / "r.hea").read_text().replace("r.dat 16", "m.mat 16+24").replace("r 2", "m 2", 1)
    (tmp_path / "m.hea").write_text(header)
    results = annotate([str(plain), str(tmp_path / "m.mat")], tmp_path / "out")
    assert checked(results[0]) == checked(results[1])
    assert results[1].record == "m"


def test_missing_and_flat_stretches(tmp_path: Path) -> None:
    samples, r, _ = simulate("{sinus: {rate: 75}, seconds: 80}", 60)
    physical = samples.T.astype(np.float64)
    physical[2000:2300] = np.nan
    physical[4000:6000, 0] = np.nan
    physical[8000:11000] = 0.3
    (result,) = annotate([str(write(tmp_path, physical=physical))], tmp_path)
    told = np.array([event["sample"] for event in checked(result)])
    assert not ((told > 2030) & (told < 2270)).any()
    assert not ((told > 8030) & (told < 10970)).any()
    clear = (r < 1990) | ((r > 2600) & (r < 7990)) | (r > 11500)
    clear &= np.abs(r - 6000) > 60  # where the first lead comes back, its step may hide a beat
    assert np.abs(told[None, :] - r[clear, None]).min(axis=1).max() <= 0.15 * FS


@pytest.mark.parametrize("seconds", [0.1, 0.9, 1.9, 3.0])
def test_records_that_are_very_short(tmp_path: Path, seconds: float) -> None:
    samples, r, _ = simulate("{sinus: {rate: 100}, seconds: 20}", seconds)
    (result,) = annotate([str(write(tmp_path, physical=samples.T.astype(np.float64)))], tmp_path)
    if seconds < 1:  # 2 s are needed to learn the heights; 1 s is added at the end
        assert result.beats == 0
        notes = wfdb.rdann(str(tmp_path / "r"), ANNOTATOR)
        assert notes.sample.size == 0
        assert result.events.read_text() == ""
    else:
        told = [event["sample"] for event in checked(result)]
        assert np.abs(np.array(told) - r).max() <= 0.15 * FS


def test_a_record_without_a_heart(tmp_path: Path) -> None:
    (result,) = annotate([str(write(tmp_path, physical=np.zeros((5000, 2))))], tmp_path)
    assert result.beats == 0
    assert set(result.classes.values()) == {0}


def test_several_records_together_say_what_each_says_alone(tmp_path: Path) -> None:
    paths = [
        str(write(tmp_path, f"r{n}", physical=simulate(STEPS, 15 + n, seed=n, fs=fs)[0].T.astype(np.float64), fs=fs))
        for n, fs in enumerate((250, 360, 250))
    ]
    together = annotate(paths, tmp_path / "a")
    for path, result in zip(paths, together, strict=True):
        (alone,) = annotate([path], tmp_path / "b")
        assert alone.events.read_bytes() == result.events.read_bytes()
        assert alone.annotations.read_bytes() == result.annotations.read_bytes()


def test_two_runs_are_the_same(tmp_path: Path) -> None:
    """Each loads the models by itself."""
    (one,), (two,) = (annotate([str(write(tmp_path))], tmp_path / name) for name in "ab")
    assert one.events.read_bytes() == two.events.read_bytes()


def refused(records: list[Path], out: Path) -> str:
    with pytest.raises(SourceError) as told:
        annotate([str(record) for record in records], out)
    assert "\n" not in str(told.value)
    return str(told.value)


def test_two_records_of_one_name(tmp_path: Path) -> None:
    a, b = write(tmp_path / "a"), write(tmp_path / "b")
    assert refused([a, b], tmp_path / "out") == "two records are named r: annotate them into folders of their own"
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    record = write(tmp_path)
    (tmp_path / "file").write_text("")
    assert "cannot write to" in refused([record], tmp_path / "file")
    assert "cannot write to" in refused([record], tmp_path / "file" / "inside")
    (tmp_path / "out" / "r.events.jsonl").mkdir(parents=True)
    assert "cannot write" in refused([record], tmp_path / "out")
    (tmp_path / "out2" / "r.cvd").mkdir(parents=True)
    assert "cannot write" in refused([record], tmp_path / "out2")


@pytest.mark.parametrize("name", ["my record", "ward.3", "Zoë"])
def test_a_record_whose_name_wfdb_cannot_write(tmp_path: Path, name: str) -> None:
    header = write(tmp_path).with_suffix(".hea")
    header.rename(tmp_path / f"{name}.hea")  # its samples stay in r.dat, as the header says
    (result,) = annotate([str(tmp_path / name)], tmp_path / "out")
    checked(result)
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == [f"{name}.cvd", f"{name}.events.jsonl"]


@pytest.mark.parametrize("trouble", ["missing", "no samples", "truncated", "broken header", "no rate", "no ecg"])
def test_broken_records(tmp_path: Path, trouble: str) -> None:
    record = write(tmp_path, **({"sig_name": ["ABP", "Pleth"], "units": ["mmHg", "NU"]} if trouble == "no ecg" else {}))
    header, samples = tmp_path / "r.hea", tmp_path / "r.dat"
    match trouble:
        case "missing":
            header.unlink()
        case "no samples":
            samples.unlink()
        case "truncated":
            samples.write_bytes(samples.read_bytes()[:3001])
        case "broken header":
            header.write_text("hello\nworld\n")
        case "no rate":
            header.write_text(header.read_text().replace(f"r 2 {FS}", "r 2 0"))
    assert "r" in refused([record], tmp_path / "out")
