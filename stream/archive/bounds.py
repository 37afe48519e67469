"""What is deleted when: records by age and by the bytes there are in all, the oldest first; strips stay longer."""

import os
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from stream.archive.folder import STRIPS, WAVES

FRESH_SECONDS: Final = 120.0
"""A record written to within so many seconds is not deleted: it may be written to again."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much is kept.

    Attributes
    ----------
    hours
        Age of a segment, from when it was last written to, at which it is deleted.
    strip_hours
        The same for the strips of alarms.
    bytes
        Of all records together. Beyond, the oldest segments are deleted, and only when none is left the oldest
        strips.
    """

    hours: float = 72.0
    strip_hours: float = 90 * 24.0
    bytes: float = 20e9


@dataclass(frozen=True, slots=True)
class Kept:
    """A record on disk: path without extension, bytes of its files, when last written to, whether it is a strip."""

    path: Path
    bytes: int
    at: float
    strip: bool = False


def overdue(kept: Iterable[Kept], bounds: Bounds, now: float) -> list[Kept]:
    """Choose the records to delete; ``now`` in UTC seconds, as files are dated."""
    left = sorted(kept, key=lambda record: (record.strip, record.at))
    total = sum(record.bytes for record in left)
    out = []
    for record in left:
        hours = bounds.strip_hours if record.strip else bounds.hours
        age = now - record.at
        if age > FRESH_SECONDS and (total > bounds.bytes or age > hours * 3600):
            out.append(record)
            total -= record.bytes
    return out


def scan(folder: Path) -> Iterator[Kept]:
    """Find all records of an archive."""
    for name in (WAVES, STRIPS):
        for bed in _entries(folder / name):
            records: dict[str, tuple[int, float]] = {}
            for file in _entries(bed.path):
                with suppress(FileNotFoundError):
                    stat = file.stat()
                    record = file.name.partition(".")[0]
                    size, at = records.get(record, (0, 0.0))
                    records[record] = (size + stat.st_size, max(at, stat.st_mtime))
            yield from (Kept(Path(bed.path, record), *sizes, name == STRIPS) for record, sizes in records.items())


def prune(folder: Path, bounds: Bounds, now: float | None = None) -> int:
    """Delete what is overdue; returns the bytes that are free now. ``now`` is UTC seconds, the present if None.

    Raises
    ------
    OSError
        If a file cannot be deleted.
    """
    freed = 0
    for record in overdue(scan(folder), bounds, time.time() if now is None else now):
        for file in record.path.parent.glob(f"{record.path.name}.*"):
            file.unlink(missing_ok=True)
        freed += record.bytes
        with suppress(OSError):  # others are still in it
            record.path.parent.rmdir()
    return freed


def _entries(folder: str | Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except (FileNotFoundError, NotADirectoryError):
        return []
