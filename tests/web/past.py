"""A past for the web to read: a journal by the real scribe, an archive by the real writer of strips."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from stream import journal_tables as tables
from stream.archive.folder import Archive, folder_name, segment_name
from stream.archive.records import Excerpt, Note, files
from stream.archive.strips import cut
from stream.archive.writer import Writer
from stream.base import Event
from stream.entries import Entry
from stream.messages import Alarm, Beat, Lead, Open
from stream.scribe import Scribe

FS = 250.0
EPOCH = 1.7e9
PRIORITIES = {"asystole": "high", "hr_high": "medium", "bigeminy": "low", "leads_off": "technical"}


def opened(bed: str = "1", **fields: Any) -> Open:
    """The begin of a bed's stream."""
    leads = (Lead(name="II"), Lead(name="V1"))
    return Open(**({"bed": bed, "stream": "a", "fs": FS, "leads": leads, "epoch": EPOCH} | fields))


def alarm(name: str = "asystole", bed: str = "1", onset: int = 5000, **fields: Any) -> Alarm:
    """An alarm as it was told first."""
    known = {"state": "active", "text": f"{name} {onset}", "priority": PRIORITIES[name], "announced": onset + 1000}
    identity = {"bed": bed, "stream": "a", "id": f"{bed}/a/{name}/{onset}", "name": name, "onset": onset}
    return Alarm(**(identity | known | fields))


def beat(sample: int, label: str = "N", bed: str = "1", **fields: Any) -> Beat:
    """A beat of a bed."""
    sure = tuple(0.96 if label == known else 0.01 for known in "NSVFQ")
    return Beat(**({"bed": bed, "stream": "a", "sample": sample, "label": label, "probabilities": sure} | fields))


def write_journal(path: Path, told: Sequence[tuple[float, Any]]) -> Path:
    """Write a journal of what was told or done, and when (UTC seconds); events get their numbers."""
    scribe = Scribe(tables.connect(path))
    scribe.begin()
    numbered = [
        (at, msgspec.structs.replace(word, seq=seq) if isinstance(word, Event) else word)
        for seq, (at, word) in enumerate(told, 1)
    ]
    scribe.write([Entry(word, at) for at, word in numbered])
    scribe.end(len(told))
    return path


def write_archive(folder: Path, first: int, samples: np.ndarray, strips: Sequence[Alarm] = ()) -> Path:
    """Write samples of bed 1, ``(leads, n)``, from sample ``first`` on, and the strips of some alarms."""
    record = folder / "waves" / folder_name("1") / segment_name(opened(), first)
    record.parent.mkdir(parents=True)
    excerpt = Excerpt(opened(), first, samples.astype(np.int16), (Note(first + 500, "N"), Note(first + 700, "V")))
    for name, data in files(record.name, excerpt).items():
        (record.parent / name).write_bytes(data)
    for one in strips:
        assert cut(Writer(Archive(folder)), one)
    return folder
