"""Which records are scored: those that are named, or those of a folder that can be."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from detector.training.labels import Beats, LabelMap
from detector.training.matching import LEARNING, samples_of, within
from stream.errors import SourceError
from stream.messages import MISSING, Lead
from stream.sources import Mark, WaveSource
from stream.sources.wfdb import WfdbSource, open_record


@dataclass(frozen=True, slots=True)
class Record:
    """A record to be scored, and its reference beats."""

    source: WfdbSource
    reference: Beats


@dataclass(frozen=True, slots=True)
class Choice:
    """What :func:`choose` chose.

    Attributes
    ----------
    records
        By name, folder and all.
    left_out
        Why others of a folder are left out, by name.
    unreadable
        Those of them that cannot be read.
    """

    records: dict[str, Record]
    left_out: dict[str, str]
    unreadable: frozenset[str]


def choose(paths: Sequence[Path], labels: LabelMap) -> Choice:
    """Open the records to be scored.

    A record that is named must be fit to be scored. Of a folder, all records with an ``.atr`` beside them are taken,
    but for those with paced beats, which EC57 leaves out, those without a beat to be scored, and those that cannot be
    read: one of these must not cost the figures of all others.

    Raises
    ------
    SourceError
        If a record that is named cannot be read or has no beat to be scored, or a folder holds no record to score.
    """
    records: dict[str, Record] = {}
    left_out: dict[str, str] = {}
    unreadable: set[str] = set()
    for path in paths:
        if not path.is_dir():
            record = _open(path, labels)
            if reason := _unfit(record):
                raise SourceError(f"{path}: expected reference annotations to score by, found {reason}")
            records[short(path)] = record
            continue
        taken = 0
        for inside in in_folder(path):
            try:
                record = _open(inside, labels)
                reason = "paced beats" if _is_paced(record) else _unfit(record)
            except SourceError as error:
                reason = str(error)
                unreadable.add(short(inside))
            if reason:
                left_out[short(inside)] = reason
            else:
                records[short(inside)] = record
                taken += 1
        if not taken:
            why = "; ".join(dict.fromkeys(left_out.values()))
            raise SourceError(f"{path}: expected records that can be scored in this folder, found none: {why}")
    for name in records.keys() & left_out.keys():  # named as well
        del left_out[name]
    return Choice(records, left_out, frozenset(unreadable & left_out.keys()))


def in_folder(path: Path) -> list[Path]:
    """The records of a folder that have annotations, by name.

    Raises
    ------
    SourceError
        If there are none.
    """
    inside = [header.with_suffix("") for header in sorted(path.glob("*.hea"))]
    inside = [record for record in inside if record.with_name(f"{record.name}.atr").exists()]
    if not inside:
        raise SourceError(f"{path}: expected records with .atr annotations in this folder, found none")
    return inside


def short(path: Path) -> str:
    """Folder and name of a record."""
    bare = path.with_suffix("") if path.suffix == ".hea" else path
    return "/".join(bare.absolute().parts[-2:])


class Guarded:
    """A source whose faults do not end the reading of others: what cannot be read is missing.

    Attributes
    ----------
    fault
        What went wrong first, if anything did.
    """

    def __init__(self, source: WaveSource) -> None:
        self._source = source
        self.fault: SourceError | None = None
        self.titles: Sequence[str] = source.titles
        self.leads: Sequence[tuple[Lead, ...]] = source.leads
        self.fs = source.fs
        self.length = source.length
        self.seekable = source.seekable

    def read(self, start: int, stop: int) -> NDArray[np.int16]:
        """As the source itself, or all missing."""
        try:
            return self._source.read(start, stop)
        except SourceError as error:
            self.fault = self.fault or error
            return np.full((len(self.leads), len(self.leads[0]), stop - start), MISSING, np.int16)

    def marks(self, start: int, stop: int) -> list[Mark]:
        """As the source itself."""
        return self._source.marks(start, stop)


def _open(path: Path, labels: LabelMap) -> Record:
    source = open_record(path)
    marks = source.marks(0, source.length)
    return Record(source, Beats.of([mark.sample for mark in marks], [mark.symbol for mark in marks], labels))


def _is_paced(record: Record) -> bool:
    return any(mark.symbol == "/" for mark in record.source.marks(0, record.source.length))


def _unfit(record: Record) -> str:
    """Why a record cannot be scored; empty if it can."""
    samples = record.reference.samples
    if not samples.size:
        return "no beat annotations"
    first = samples_of(LEARNING, record.source.fs)
    if not ((samples >= first) & ~within(samples, record.reference.flutter)).any():
        return f"no beat annotations after the first {LEARNING:g} s, which are not scored"
    return ""
