"""The folder of kept records, read by bed and time.

::

    FOLDER/waves/BED/20261122T142558Z_a1b2c3d4_3600000.hea .dat .cvd     full disclosure, in segments
    FOLDER/strips/BED/20261122T142603Z_asystole_0f1e2d3c.hea .dat .cvd   one strip an alarm
    FOLDER/keeper.json                                                   where to go on after a restart

A segment is named by the UTC time of its first sample, its stream (hashed) and the index of that sample.
"""

import math
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2s
from pathlib import Path
from typing import Final
from urllib.parse import quote

import numpy as np
import wfdb

from stream.archive.recorder import GAP_SECONDS, SEGMENT_SECONDS
from stream.archive.records import ANNOTATOR, Excerpt, Note, Samples, read_comment, utc
from stream.errors import SourceError
from stream.messages import MISSING, Open
from stream.sources.wfdb_header import FAULTS, line

WAVES: Final = "waves"
STRIPS: Final = "strips"
STATE: Final = "keeper.json"

_NAME: Final = re.compile(r"\d{8}T\d{6}Z_(?P<stream>[0-9a-f]{8})_(?P<first>\d+)(_\d+)?\.hea")
_LONGEST_FOLDER: Final = 120


class Archive:
    """Records in a folder, to be read while :class:`~stream.archive.writer.Writer` writes them."""

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(folder)

    def beds(self) -> list[str]:
        """Names of the beds of which there are records.

        Raises
        ------
        SourceError
            If there is no such archive.
        """
        root = self.folder / WAVES
        if not root.is_dir():
            raise SourceError(f"no records are kept in {self.folder}: name the folder of `cardiovision keep`")
        names = set()
        for folder in sorted(filter(Path.is_dir, root.iterdir())):
            for path in sorted(folder.glob("*.hea"))[:1]:
                names.add(read_header(path.with_suffix("")).opened.bed)
        return sorted(names)

    def read(self, bed: str, start: float, stop: float) -> list[Excerpt]:
        """Read a period of a bed: its streams within, each without break, in order of time.

        Gaps shorter than :data:`~stream.archive.recorder.GAP_SECONDS` are missing samples; at longer ones a new excerpt
        begins.

        Parameters
        ----------
        bed
            Its name.
        start, stop
            In UTC seconds.

        Raises
        ------
        SourceError
            If there is nothing of the bed in the period; the text says what there is.
        """
        found = []
        for path in self._between(bed, start, stop):
            head = read_header(path)
            fs = head.opened.fs
            first = max(head.first, round((start - head.opened.epoch) * fs))
            last = min(head.first + head.length, round((stop - head.opened.epoch) * fs))
            if first < last:
                found.append(read_record(path, first, last))
        if not found:
            raise SourceError(self._nothing(bed))
        return list(_joined(sorted(found, key=lambda excerpt: excerpt.start)))

    def read_samples(self, bed: str, stream: str, first: int, last: int) -> Excerpt | None:
        """Read samples ``first`` to ``last`` (exclusive) of a stream, what is missing at either end left out.

        Returns
        -------
        excerpt
            None if there is none of them.

        Raises
        ------
        SourceError
            If what there is cannot be read.
        """
        key = stream_key(stream)
        parts = []
        names = sorted((int(match["first"]), path) for path, match in self._names(bed) if match["stream"] == key)
        for number, (begin, path) in enumerate(names):
            ends_before = number + 1 < len(names) and names[number + 1][0] <= first
            if begin >= last or ends_before:
                continue
            head = read_header(path)
            low, high = max(first, head.first), min(last, head.first + head.length)
            if low < high:
                parts.append(read_record(path, low, high))
        return _join(parts) if parts else None

    def find(self, bed: str, stream: str, sample: float = math.inf) -> Path | None:
        """Find the last segment of a stream that begins at or before a sample, by its name; without extension."""
        key = stream_key(stream)
        named = [(int(match["first"]), path) for path, match in self._names(bed) if match["stream"] == key]
        return max((found for found in named if found[0] <= sample), default=(0, None))[1]

    def _names(self, bed: str) -> Iterator[tuple[Path, re.Match[str]]]:
        """Give the segments of a bed: paths without extension, and what their names say."""
        folder = self.folder / WAVES / folder_name(bed)
        try:
            names = os.listdir(folder)
        except FileNotFoundError:
            return
        for name in names:
            if match := _NAME.fullmatch(name):
                yield folder / name.removesuffix(".hea"), match

    def _between(self, bed: str, start: float, stop: float) -> list[Path]:
        """Find the segments that may hold some of a period, by their names; in order."""
        # A segment ends at the first block beyond its length; a block is far shorter than a gap that would end it.
        low, high = _stamp(utc(start - SEGMENT_SECONDS - GAP_SECONDS)), _stamp(utc(stop))
        return sorted(path for path, _ in self._names(bed) if low <= path.name[:16] <= high)

    def _nothing(self, bed: str) -> str:
        beds = self.beds()
        if bed not in beds:
            names = ", ".join(beds[:20]) or "none"
            return f"expected a bed of which records are kept, got {bed!r}; there are: {names}"
        paths = sorted(path for path, _ in self._names(bed))
        head = read_header(paths[-1])
        end = utc(head.opened.epoch + (head.first + head.length) / head.opened.fs)
        begins, ends = paths[0].name[:16], _stamp(end)
        return f"nothing is kept of bed {bed!r} in this period; its records go from {begins} to {ends}"

    def opened(self, bed: str, stream: str) -> Open | None:
        """What is known of a stream of which there are records; None if there are none."""
        key = stream_key(stream)
        for path, match in self._names(bed):
            if match["stream"] == key:
                return read_header(path).opened
        return None

    def strip(self, alarm: str, bed: str | None = None) -> Path:
        """Find the strip of an alarm by its id, of ``bed`` or of any; its path, without extension.

        Raises
        ------
        SourceError
            If there is none.
        """
        folder = "*" if bed is None else folder_name(bed)
        found = sorted((self.folder / STRIPS).glob(f"{folder}/*_{strip_key(alarm)}.hea"))
        if not found:
            raise SourceError(f"no strip of alarm {alarm!r} is kept in {self.folder}")
        return found[0].with_suffix("")


@dataclass(frozen=True, slots=True)
class Head:
    """What a header says: the stream, its first sample and number of samples, and further comments."""

    opened: Open
    first: int
    length: int
    comments: tuple[str, ...]


def read_header(path: Path) -> Head:
    """Read the header of a record kept here.

    Raises
    ------
    SourceError
        If it cannot be read or is none of ours.
    """
    try:
        record = wfdb.rdheader(str(path))
        opened = read_comment(record.comments)
        return Head(opened, int(record.base_counter), int(record.sig_len), tuple(record.comments[1:]))
    except FAULTS as error:
        raise SourceError(f"{path}.hea: cannot read it: {line(error)}") from error


def read_record(path: Path, first: int | None = None, last: int | None = None) -> Excerpt:
    """Read a record kept here, or its samples from ``first`` to ``last`` (exclusive; indices of the stream).

    Raises
    ------
    SourceError
        If it cannot be read or is none of ours.
    """
    head = read_header(path)
    first = head.first if first is None else first
    last = head.first + head.length if last is None else last
    try:
        record = wfdb.rdrecord(
            str(path), sampfrom=first - head.first, sampto=last - head.first, physical=False, return_res=16
        )
        samples = np.ascontiguousarray(record.d_signal.T, np.int16)
        notes: list[Note] = []
        if path.with_name(f"{path.name}.{ANNOTATOR}").exists():
            read = wfdb.rdann(str(path), ANNOTATOR)
            at = (read.sample + head.first).tolist()
            aux = [(text or "").rstrip("\0") for text in read.aux_note]
            notes = [Note(*fields) for fields in zip(at, read.symbol, aux, strict=True) if first <= fields[0] < last]
    except FAULTS as error:
        raise SourceError(f"{path}: cannot read it: {line(error)}") from error
    return Excerpt(head.opened, first, samples, tuple(notes))


def folder_name(bed: str) -> str:
    """The name of a bed's folder: the bed's own, with what a file system might not like escaped as in a URL."""
    name = quote(bed, safe=" ").replace(".", "%2E")
    if len(name) > _LONGEST_FOLDER:
        name = f"{name[:_LONGEST_FOLDER]}-{blake2s(bed.encode(), digest_size=4).hexdigest()}"
    return name


def segment_name(opened: Open, first: int) -> str:
    """The name of a segment's record; sorted, those of a bed are in order of time."""
    return f"{_stamp(utc(opened.epoch + first / opened.fs))}_{stream_key(opened.stream)}_{first}"


def stream_key(stream: str) -> str:
    """What stands for a stream in names of files."""
    return blake2s(stream.encode(), digest_size=4).hexdigest()


def strip_key(alarm: str) -> str:
    """What stands for an alarm's id in names of files."""
    return blake2s(alarm.encode(), digest_size=8).hexdigest()


def strip_name(alarm: str, kind: str, time: float) -> str:
    """The name of an alarm's strip: when it was announced (UTC seconds), what it is, and its id."""
    return f"{_stamp(utc(time))}_{re.sub(r'[^0-9A-Za-z_-]', '_', kind)[:40]}_{strip_key(alarm)}"


def _stamp(time: datetime | None) -> str:
    return "00000000T000000Z" if time is None else f"{time.year:04}{time:%m%dT%H%M%SZ}"


def _joined(excerpts: Iterable[Excerpt]) -> Iterator[Excerpt]:
    """Join excerpts that follow each other in one stream, with a short gap at most."""
    run: list[Excerpt] = []
    for excerpt in excerpts:
        if run and not _follows(run[-1], excerpt):
            yield _join(run)
            run = []
        run.append(excerpt)
    if run:
        yield _join(run)


def _follows(before: Excerpt, after: Excerpt) -> bool:
    gap = after.first - before.first - before.samples.shape[1]
    same = (before.opened.stream, before.opened.leads, before.opened.epoch) == (
        after.opened.stream,
        after.opened.leads,
        after.opened.epoch,
    )
    return same and 0 <= gap < GAP_SECONDS * before.opened.fs


def _join(run: list[Excerpt]) -> Excerpt:
    """Join excerpts of one stream, in order; missing samples in between."""
    first, last = run[0].first, run[-1].first + run[-1].samples.shape[1]
    samples: Samples = np.full((len(run[0].samples), last - first), MISSING, np.int16)
    for excerpt in run:
        at = excerpt.first - first
        samples[:, at : at + excerpt.samples.shape[1]] = excerpt.samples
    return Excerpt(run[0].opened, first, samples, tuple(note for excerpt in run for note in excerpt.notes))
