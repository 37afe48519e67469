"""Scores of whole records, by the live pipeline."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import wfdb
from beds import write_record

from detector.evaluate import evaluate, expand, show, write_json
from stream.errors import SourceError
from stream.messages import AAMI


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A record with two minutes after the learning period."""
    return write_record(tmp_path_factory.mktemp("long"), "long", seconds=420, seed=3)


def test_a_folder_is_its_annotated_records(annotated: Path, tmp_path: Path) -> None:
    for name in ("a.hea", "a.dat", "a.atr", "b.hea", "b.dat"):
        shutil.copy(annotated / name, tmp_path)
    assert expand([tmp_path]) == [tmp_path / "a"]
    assert expand([tmp_path / "b"]) == [tmp_path / "b"]
    (tmp_path / "a.atr").unlink()
    with pytest.raises(SourceError, match="found none"):
        expand([tmp_path])


def test_a_record_without_reference_is_said(annotated: Path, tmp_path: Path) -> None:
    for name in ("a.hea", "a.dat"):
        shutil.copy(annotated / name, tmp_path)
    with pytest.raises(SourceError, match="expected reference annotations"):
        evaluate([tmp_path / "a"])


def test_simulated_beats_are_found_and_named(long: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    summary = evaluate([long])
    assert summary.gross["QRS"].se > 0.99
    assert summary.gross["QRS"].ppv > 0.99
    assert summary.gross["N"].f1 > 0.95
    assert summary.gross["V"].f1 > 0.9
    assert summary.table[AAMI.index("V")].sum() > 50
    show(summary, "aami")
    assert "Gross, 1 records" in capsys.readouterr().out
    write_json(summary, "aami", tmp_path / "scores.json")
    written = json.loads((tmp_path / "scores.json").read_text())
    assert written["label_map"] == "aami"
    assert written["gross"]["V"]["f1"] == summary.gross["V"].f1
    with pytest.raises(SourceError, match="cannot write"):
        write_json(summary, "aami", tmp_path / "no" / "scores.json")


def test_of_a_folder_paced_records_are_left_out_and_said(
    long: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for suffix in (".hea", ".dat", ".atr"):
        shutil.copy(long.with_suffix(suffix), tmp_path)
    paced = write_record(tmp_path, "paced", seconds=310, seed=4)
    wfdb.wrann("paced", "atr", np.array([250, 500]), ["/", "N"], fs=250, write_dir=str(tmp_path))
    (one,) = evaluate([tmp_path]).records
    assert one.record.endswith("/long")
    assert caplog.records[-1].message == "left out, paced"
    assert len(evaluate([tmp_path, paced]).records) == 2
