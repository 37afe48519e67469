"""Which records are scored, and what becomes of those that cannot be."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import wfdb
from beds import write_record

from detector.training.records import choose, in_folder, short
from stream.errors import SourceError


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of records that can be scored, and of some that cannot, each for another reason."""
    folder = tmp_path_factory.mktemp("records") / "db"
    folder.mkdir()
    for name in ("good", "paced", "rhythm", "early", "torn", "bare"):
        write_record(folder, name, seconds=310, seed=1)
    at = np.array([100, 76_000])
    wfdb.wrann("paced", "atr", at, ["N", "/"], fs=250, write_dir=str(folder))
    wfdb.wrann("rhythm", "atr", at, ["+", "+"], aux_note=["(N", "(VT"], fs=250, write_dir=str(folder))
    wfdb.wrann("early", "atr", at // 2, ["N", "V"], fs=250, write_dir=str(folder))
    (folder / "torn.dat").write_bytes((folder / "torn.dat").read_bytes()[:1000])
    (folder / "bare.atr").unlink()
    return folder


def test_of_a_folder_only_what_can_be_scored_is_taken_and_the_rest_is_told(folder: Path) -> None:
    choice = choose([folder], "aami")
    assert list(choice.records) == ["db/good"]
    assert choice.left_out.pop("db/torn").startswith(f"{folder / 'torn'}")
    assert choice.left_out == {
        "db/paced": "paced beats",
        "db/rhythm": "no beat annotations",
        "db/early": "no beat annotations after the first 300 s, which are not scored",
    }
    assert choice.unreadable == {"db/torn"}


@pytest.mark.parametrize(
    ("name", "said"),
    [("rhythm", "no beat annotations"), ("early", "after the first 300 s"), ("bare", "no beat"), ("torn", "torn")],
)
def test_a_record_that_is_named_must_be_fit(folder: Path, name: str, said: str) -> None:
    with pytest.raises(SourceError, match=said):
        choose([folder, folder / name], "aami")


def test_a_paced_record_is_scored_when_it_is_named(folder: Path) -> None:
    choice = choose([folder, folder / "paced"], "aami")
    assert list(choice.records) == ["db/good", "db/paced"]
    assert "db/paced" not in choice.left_out
    assert [int((r.reference.classes == 4).sum()) for r in choice.records.values()] == [0, 1]


def test_a_folder_with_nothing_to_score_is_told(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"records with \.atr annotations .* found none"):
        choose([tmp_path], "aami")
    for suffix in (".hea", ".dat", ".atr"):
        shutil.copy((folder / "early").with_suffix(suffix), tmp_path)
    with pytest.raises(SourceError, match=r"that can be scored in this folder, found none: no beat"):
        choose([tmp_path], "aami")


def test_a_folder_is_its_annotated_records(folder: Path) -> None:
    assert [path.name for path in in_folder(folder)] == ["early", "good", "paced", "rhythm", "torn"]
    assert short(folder / "good") == short(folder / "good.hea") == "db/good"
