"""What is deleted, and what not."""

import os
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from stream.archive.bounds import FRESH_SECONDS, Bounds, Kept, overdue, prune, scan

NOW = 1.7e9
HOUR = 3600.0


def kept(name: str, *, size: int = 100, age: float = HOUR, strip: bool = False) -> Kept:
    return Kept(Path(name), size, NOW - age, strip)


def names(records: list[Kept]) -> list[str]:
    return [record.path.name for record in records]


def test_what_is_too_old_goes_strips_later() -> None:
    records = [kept("old", age=73 * HOUR), kept("new", age=71 * HOUR), kept("strip", age=73 * HOUR, strip=True)]
    assert names(overdue(records, Bounds(), NOW)) == ["old"]
    assert names(overdue(records, Bounds(strip_hours=72.5), NOW)) == ["old", "strip"]


def test_of_too_much_the_oldest_goes_first_and_strips_last() -> None:
    records = [kept(f"w{age}", age=age * HOUR) for age in (3, 1, 2)] + [kept("s", age=9 * HOUR, strip=True)]
    assert names(overdue(records, Bounds(bytes=400), NOW)) == []
    assert names(overdue(records, Bounds(bytes=300), NOW)) == ["w3"]
    assert names(overdue(records, Bounds(bytes=150), NOW)) == ["w3", "w2", "w1"]
    assert names(overdue(records, Bounds(bytes=0), NOW)) == ["w3", "w2", "w1", "s"]


def test_what_is_being_written_stays() -> None:
    assert overdue([kept("w", age=FRESH_SECONDS - 1)], Bounds(bytes=0, hours=0), NOW) == []


record = st.builds(
    kept,
    st.text("abc", min_size=1),
    size=st.integers(0, 1000),
    age=st.floats(FRESH_SECONDS + 1, 200 * HOUR),
    strip=st.booleans(),
)


@given(st.lists(record, max_size=30), st.integers(0, 10_000))
def test_what_is_left_is_within_bounds_and_no_more_was_deleted_than_that_takes(records: list[Kept], most: int) -> None:
    bounds = Bounds(bytes=most)
    gone = overdue(records, bounds, NOW)
    left = sum(record.bytes for record in records) - sum(record.bytes for record in gone)
    assert left <= most
    young = [x for x in gone if NOW - x.at <= (bounds.strip_hours if x.strip else bounds.hours) * HOUR]
    if young:
        assert left + young[-1].bytes > most


def write(folder: Path, bed: str, name: str, age: float) -> Path:
    (folder / bed).mkdir(parents=True, exist_ok=True)
    for suffix in (".hea", ".dat", ".cvd"):
        path = folder / bed / f"{name}{suffix}"
        path.write_bytes(b"x" * 1000)
        os.utime(path, (NOW - age, NOW - age))
    return folder / bed / name


def test_whole_records_are_deleted_and_folders_that_are_empty(tmp_path: Path) -> None:
    old = write(tmp_path / "waves", "1", "old", 100 * HOUR)
    alone = write(tmp_path / "waves", "2", "alone", 100 * HOUR)
    new = write(tmp_path / "waves", "1", "new", HOUR)
    strip = write(tmp_path / "strips", "1", "strip", 100 * HOUR)
    other = tmp_path / "keeper.json"
    other.write_text("{}")
    assert sum(record.bytes for record in scan(tmp_path)) == 12_000
    assert prune(tmp_path, Bounds(), NOW) == 6000
    left = {path.relative_to(tmp_path).with_suffix("").as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert left == {"waves/1/new", "strips/1/strip", "keeper"}
    assert not alone.parent.exists()
    assert old.parent == new.parent
    assert strip.with_suffix(".hea").exists()


def test_there_may_be_nothing_yet(tmp_path: Path) -> None:
    assert prune(tmp_path / "none", Bounds(), NOW) == 0
    (tmp_path / "waves").write_text("no folder")
    assert prune(tmp_path, Bounds(), NOW) == 0


def test_a_record_that_is_written_while_it_is_looked_at_does_no_harm(tmp_path: Path) -> None:
    path = write(tmp_path / "waves", "1", "r", HOUR)
    path.with_name("r.hea.new").write_bytes(b"")
    assert [record.path for record in scan(tmp_path)] == [path]
