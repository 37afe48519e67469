"""Uploads: what is kept, and what is refused with which words."""

from pathlib import Path

import msgspec
import pytest
from recorded import files, record

from stream.errors import SourceError
from stream.sources.wfdb import open_record
from web.uploads import HEADER_BYTES, File, decode, keep, remove


@pytest.fixture
def sent(tmp_path: Path) -> dict[str, bytes]:
    """The files of a good record."""
    return files(record(tmp_path / "mine", "119"))


def kept(sent: dict[str, bytes], folder: Path, **options: int) -> str:
    return keep([File(name, data) for name, data in sent.items()], folder, **options)


def test_a_record_is_kept_byte_for_byte_in_a_folder_of_its_own(tmp_path: Path, sent: dict[str, bytes]) -> None:
    folder = tmp_path / "uploads"
    assert kept(sent, folder) == "upload-1/119"
    assert kept(sent, folder) == "upload-2/119"
    assert files(folder / "upload-2" / "119") == sent
    source = open_record(folder / "upload-2" / "119")
    assert (source.titles, source.length, len(source.marks(0, source.length))) == (("upload-2/119",), 15_000, 75)
    remove("upload-1/119", folder)
    assert sorted(path.name for path in folder.iterdir()) == ["upload-2"]
    assert kept(sent, folder) == "upload-3/119"


def test_a_table_of_beats_is_kept(tmp_path: Path) -> None:
    assert kept({"beats.csv": b"0.1,0.9,0.2,N\n0.2,0.8,0.1,V\n"}, tmp_path) == "upload-1/beats.csv"


BAD = {
    "a path": ({"../119.hea": b""}, "'../119.hea': expected .hea, .dat, .atr or .csv"),
    "another kind": ({"virus.exe": b""}, "'virus.exe': expected .hea"),
    "a hidden file": ({".hea": b""}, "'.hea': expected .hea"),
    "a long name": ({"x" * 60 + ".hea": b""}, "at most 40 letters"),
    "nothing": ({}, "expected one record .* got nothing"),
    "no header": ({"119.dat": b"12"}, "expected one record .* got 119.dat"),
    "two records": ({"1.hea": b"", "2.hea": b""}, "got 1.hea, 2.hea"),
    "a table beside": ({"1.hea": b"", "2.csv": b""}, "got 1.hea, 2.csv"),
    "no signals": (
        {"119.hea": b"119 1 250 10\n119.dat 16 200 16 0 0 0 0 I\n"},
        "names the signal file 119.dat: upload",
    ),
    "signals elsewhere": ({"119.hea": b"119 1 250 10\n../../x.dat 16 200 16 0 0 0 0 I\n"}, "119.hea"),
    "rubbish": ({"119.hea": b"\xff\xfe rubbish", "119.dat": b"12"}, "119.hea: expected a WFDB"),
    "a large header": ({"119.hea": b"#" * (HEADER_BYTES + 1)}, "expected a header of at most 64 kB"),
    "words for numbers": ({"beats.csv": b"0.1,0.9,x,0.3\n"}, "beats.csv: row 1, column 3: expected a number"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_played_is_refused_in_a_sentence_and_leaves_nothing(tmp_path: Path, case: str) -> None:
    files, words = BAD[case]
    with pytest.raises(SourceError, match=words) as refused:
        kept(files, tmp_path / "uploads")
    assert str(tmp_path) not in str(refused.value)
    assert [*tmp_path.rglob("*.*")] == []


def test_signals_cut_short_and_annotations_that_are_none_are_told(tmp_path: Path, sent: dict[str, bytes]) -> None:
    with pytest.raises(SourceError, match=r"^119.dat: truncated, expected 15000 samples of each lead, found 25"):
        kept(sent | {"119.dat": sent["119.dat"][:100]}, tmp_path)
    with pytest.raises(SourceError, match=r"119.atr: expected WFDB annotations of 119.hea, found none; leave it out"):
        kept(sent | {"119.atr": b"\0\0\0\0"}, tmp_path)


def test_there_is_an_end_to_the_room(tmp_path: Path, sent: dict[str, bytes]) -> None:
    size = sum(map(len, sent.values()))
    kept(sent, tmp_path / "uploads", room=2 * size - 1)
    with pytest.raises(SourceError, match=r"119.hea has no room.*remove some"):
        kept(sent, tmp_path / "uploads", room=2 * size - 1)


@pytest.mark.parametrize("name", ["..", "../mine", "upload-7/119", "", "upload-1/../../mine", "mine"])
def test_only_uploads_can_be_removed(tmp_path: Path, sent: dict[str, bytes], name: str) -> None:
    (tmp_path / "uploads").mkdir()
    with pytest.raises(SourceError, match="expected the name of an upload"):
        remove(name, tmp_path / "uploads")
    assert files(tmp_path / "mine" / "119") == sent


def test_what_is_no_upload_is_told() -> None:
    assert decode(msgspec.msgpack.encode({"files": [{"name": "1.hea", "data": b"x"}]})).files == (File("1.hea", b"x"),)
    with pytest.raises(SourceError, match="expected an upload of files"):
        decode(b"\xc1")
