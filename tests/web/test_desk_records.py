"""The records on the shelf."""

from pathlib import Path

import pytest
from recorded import record

from stream.errors import SourceError
from web.records import Shelf


def test_tells_what_a_record_is_and_what_is_wrong_with_it(tmp_path: Path) -> None:
    record(tmp_path / "mitdb", "9")
    record(tmp_path / "mitdb", "10", seconds=30.0, annotated=False)
    record(tmp_path / "mitdb", "11").with_suffix(".dat").write_bytes(b"cut short")
    record(tmp_path / ".hidden", "1")
    (tmp_path / "beats.csv").write_text("1,2,3\n")
    (tmp_path / "noise.hea").write_text("rubbish")
    entries = Shelf(tmp_path).find().entries
    assert [entry.name for entry in entries] == ["beats.csv", "mitdb/9", "mitdb/10", "mitdb/11", "noise"]
    table, nine, ten, broken, rubbish = entries
    assert (nine.seconds, nine.fs, nine.leads, nine.annotated, nine.fault) == (60.0, 250.0, ("MLII", "V1"), True, "")
    assert (ten.seconds, ten.annotated) == (30.0, False)
    assert broken.fault.startswith("mitdb/11.dat: truncated, expected 15000 samples")
    assert rubbish.fault.startswith("noise.hea: expected a WFDB header")
    assert (table.seconds, table.fault) == (None, "")


def test_finds_by_words_of_the_name(tmp_path: Path) -> None:
    for name in ("100", "101", "200"):
        record(tmp_path / "mitdb", name, seconds=1.0)
        record(tmp_path / "svdb", name, seconds=1.0)
    shelf = Shelf(tmp_path)
    assert [entry.name for entry in shelf.find("MIT 10").entries] == ["mitdb/100", "mitdb/101"]
    first = shelf.find("", most=2)
    assert (len(first.entries), first.total) == (2, 6)
    assert shelf.find("nothing").total == 0


def test_a_record_that_changes_is_looked_at_again(tmp_path: Path) -> None:
    path = record(tmp_path, "r", seconds=30.0)
    shelf = Shelf(tmp_path)
    assert shelf.entry("r").seconds == 30.0
    record(tmp_path, "r", seconds=60.0)
    assert shelf.entry("r").seconds == 60.0
    path.with_suffix(".dat").write_bytes(b"cut short")
    assert "truncated" in shelf.entry("r", anew=True).fault
    path.with_suffix(".dat").unlink()
    assert "cannot read it" in shelf.entry("r").fault


@pytest.mark.parametrize("name", ["../secret", "a/../../secret", "/secret", "", ".", "none", "sub", "r.hea", "x\0y"])
def test_no_name_leads_out_of_the_folder(tmp_path: Path, name: str) -> None:
    record(tmp_path, "secret", seconds=1.0)
    record(tmp_path / "shelf" / "sub", "r", seconds=1.0)
    with pytest.raises(SourceError, match="expected the name of a record"):
        Shelf(tmp_path / "shelf").path(name)


def test_a_folder_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    assert Shelf(tmp_path / "none").find().total == 0
