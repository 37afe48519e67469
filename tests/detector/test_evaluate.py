"""Scores of whole records, by the live pipeline."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import wfdb
from beds import write_record

from detector.annotate import read_findings
from detector.classifier import Classifier
from detector.evaluate import call, call_records, evaluate, write_html, write_json
from detector.reader import Reader
from detector.training.console import show
from stream.errors import SourceError
from stream.messages import AAMI
from stream.sources.wfdb import open_record


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A record with two minutes after the learning period."""
    return write_record(tmp_path_factory.mktemp("long"), "long", seconds=420, seed=3)


@pytest.fixture(scope="module")
def noise(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A minute of noise in the QRS band, of another sampling rate."""
    folder = tmp_path_factory.mktemp("noise")
    walk = np.random.default_rng(0).normal(0, 40, (360 * 60, 1))
    smooth = np.apply_along_axis(lambda lead: np.convolve(lead, np.ones(8) / 8, "same"), 0, walk)
    wfdb.wrsamp(
        "muscle", fs=360, units=["mV"], sig_name=["noise"], d_signal=np.rint(smooth).astype(np.int64),
        fmt=["16"], adc_gain=[200], baseline=[0], write_dir=str(folder),
    )  # fmt: skip
    return folder / "muscle"


def nothing(_: float) -> None:
    """Progress that nobody watches."""


def test_beats_are_called_as_the_service_calls_them(annotated: Path, classifiers: dict[str, Classifier]) -> None:
    sources = {name: open_record(annotated / name) for name in "ab"}
    called = call(classifiers["stream"], sources, nothing)
    reader = Reader(classifiers["stream"], classifiers["row"], explain=False)
    for name, found in read_findings(reader, sources, nothing).items():
        assert len(found.beats) > 100
        assert called[name].sample.tolist() == [beat.sample for beat in found.beats]
        said = np.array([beat.probabilities for beat in found.beats])
        np.testing.assert_allclose(called[name].probabilities, said, atol=1e-6)


def test_at_given_peaks_each_is_one_beat(annotated: Path, classifiers: dict[str, Classifier]) -> None:
    sources = {name: open_record(annotated / name) for name in "ab"}
    marks = {name: source.marks(0, source.length) for name, source in sources.items()}
    peaks = {name: np.array([mark.sample for mark in some]) for name, some in marks.items()}
    called = call(classifiers["stream"], sources, nothing, peaks)
    for name, some in marks.items():
        assert called[name].sample is peaks[name]
        label = called[name].probabilities.argmax(-1)
        right = [AAMI[k] == mark.symbol for k, mark in zip(label, some, strict=True)]
        assert np.mean(right) > 0.9


def test_simulated_beats_are_found_and_named(long: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    evaluation = evaluate([long])
    summary = evaluation.summary
    assert summary.gross["QRS"].se > 0.99
    assert summary.gross["QRS"].ppv > 0.99
    assert summary.gross["N"].f1 > 0.95
    assert summary.gross["V"].f1 > 0.9
    assert summary.table[AAMI.index("V")].sum() > 50
    assert evaluation.at_once.gross["QRS"] == summary.gross["QRS"]
    assert evaluation.calibration.count.sum() == summary.table[:5, :5].sum()
    assert evaluation.title == "1 record, EC57, shipped model, own R peaks, labels aami"
    show(evaluation)
    printed = capsys.readouterr().out
    for title in ("Gross", "Named at R + 0.45 s", "Reference (rows)", "Runs", "R peak error", "calibration error"):
        assert title in printed
    write_json(evaluation, tmp_path / "scores.json")
    written = json.loads((tmp_path / "scores.json").read_text())
    assert (written["label_map"], written["peaks"], written["noise"]) == ("aami", "own", None)
    assert written["gross"]["V"]["f1"] == summary.gross["V"].f1
    assert written["at_once"]["gross"]["V"]["f1"] == evaluation.at_once.gross["V"].f1
    assert written["calibration"]["ece"] == evaluation.calibration.ece
    assert sum(one["beats"] for one in written["calibration"]["bins"]) == evaluation.calibration.count.sum()
    for write in (write_json, write_html):
        with pytest.raises(SourceError, match="cannot write"):
            write(evaluation, tmp_path / "no" / "scores")


def test_with_reference_peaks_finding_them_is_not_scored(long: Path, capsys: pytest.CaptureFixture[str]) -> None:
    evaluation = evaluate([long], peaks="reference")
    table = evaluation.summary.table
    assert table[5].sum() == table[:, 5].sum() == 0
    assert evaluation.summary.gross["V"].f1 > 0.9
    assert evaluation.beats == AAMI
    show(evaluation)
    printed = capsys.readouterr().out
    assert "annotated R peaks" in printed
    assert "QRS" not in printed
    assert "R peak error" not in printed


def test_scores_fall_as_noise_grows(long: Path, noise: Path, capsys: pytest.CaptureFixture[str]) -> None:
    evaluation = evaluate([long], noise=noise, snr=[80, -20])
    assert evaluation.noise is not None
    quiet, loud = evaluation.noise.levels
    assert quiet.summary.gross["QRS"] == evaluation.summary.gross["QRS"]
    assert loud.rates("QRS")[2] < 0.9
    assert evaluation.noise.mean("QRS")[2] == pytest.approx((quiet.rates("QRS")[2] + loud.rates("QRS")[2]) / 2)
    written = evaluation.to_json()["noise"]
    assert [level["snr"] for level in written["levels"]] == [80, -20]
    assert written["levels"][1]["gross"]["QRS"]["found"] == loud.summary.gross["QRS"].found
    show(evaluation)
    assert "With noise added" in capsys.readouterr().out


def test_a_record_that_no_noise_can_be_added_to_is_left_out_there(long: Path, noise: Path, tmp_path: Path) -> None:
    for suffix in (".hea", ".dat"):
        shutil.copy(long.with_suffix(suffix), tmp_path)
    annotation = wfdb.rdann(str(long), "atr")
    wfdb.wrann("long", "atr", annotation.sample, ["V"] * annotation.ann_len, fs=250, write_dir=str(tmp_path))
    evaluation = evaluate([long, tmp_path], noise=noise, snr=[0])
    assert evaluation.noise is not None
    assert len(evaluation.summary.records) == 2
    assert len(evaluation.noise.levels[0].summary.records) == 1
    (name,) = evaluation.unreadable
    assert name == f"{tmp_path.name}/long with noise"
    assert "normal beats" in evaluation.left_out[name]


def test_a_fault_midway_leaves_out_that_record_alone(annotated: Path, tmp_path: Path, classifiers: dict) -> None:
    for suffix in (".hea", ".dat"):
        shutil.copy((annotated / "a").with_suffix(suffix), tmp_path)
    sources = {"bad": open_record(tmp_path / "a"), "good": open_record(annotated / "b")}
    (tmp_path / "a.dat").unlink()
    faults: dict[str, str] = {}
    called = call_records(classifiers["stream"], sources, advance=nothing, faults=faults)
    alone = call(classifiers["stream"], {"good": sources["good"]}, nothing)
    assert list(called) == ["good"]
    assert "cannot read samples" in faults["bad"]
    np.testing.assert_array_equal(called["good"].probabilities, alone["good"].probabilities)
    with pytest.raises(SourceError, match=r"found none: .*cannot read samples"):
        call_records(classifiers["stream"], {"bad": sources["bad"]}, advance=nothing, faults={})


def test_the_command_scores_a_folder_in_spite_of_a_record_that_cannot_be_read(long: Path, tmp_path: Path) -> None:
    folder = tmp_path / "db"
    shutil.copytree(long.parent, folder)
    torn = write_record(folder, "torn", seconds=310, seed=4)
    torn.with_suffix(".dat").write_bytes(b"torn")
    done = subprocess.run(
        [sys.executable, "-m", "cardiovision", "evaluate", "db", "--json", "scores.json", "--html", "scores.html"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 1, done.stderr
    (warning,) = done.stderr.strip().splitlines()
    assert "left out records=db/torn reason=" in warning
    assert "1 record, EC57" in done.stdout
    written = json.loads((tmp_path / "scores.json").read_text())
    assert written["unreadable"] == list(written["left_out"]) == ["db/torn"]
    assert [one["record"] for one in written["records"]] == ["db/long"]
    assert "db/torn" in (tmp_path / "scores.html").read_text()


@pytest.mark.parametrize(
    ("options", "said"),
    [(["--snr", "6"], "--snr needs --noise"), (["--html", "no/file.html"], "there is no folder no")],
)
def test_what_cannot_be_done_is_said_before_the_work(annotated: Path, options: list[str], said: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "cardiovision", "evaluate", str(annotated / "a"), *options],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 2
    assert said in done.stderr
