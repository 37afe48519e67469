"""Writes records into an archive's folder, a piece at a time.

A header is written anew, whole, after each piece, so any WFDB tool reads the segment being written. No file stays
open: a ward of thousands would have too many.
"""

import fcntl
import json
import os
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from stream.archive.folder import STATE, STRIPS, WAVES, Archive, folder_name, read_header, read_record, segment_name
from stream.archive.recorder import EPOCH_SLACK, Batch, Piece, Segment
from stream.archive.records import ANNOTATOR, Notes, header
from stream.errors import SourceError
from stream.messages import Open

LOCK: Final = "keeper.lock"

_REMEMBERED: Final = 2  # segments of a bed whose annotations are at hand; beats come some seconds late
_LATE: Final = 32  # older ones, whose annotations came late


@dataclass(slots=True, eq=False)
class _Written:
    """A segment on disk: what its header must say, and its annotations.

    ``first`` is later than the segment's own if an earlier keeper has written the beginning.
    """

    segment: Segment
    path: Path  # without extension
    first: int
    length: int = 0
    initial: list[int] = field(default_factory=list)
    checksums: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    notes: Notes = field(default_factory=lambda: Notes(0))

    def holds(self, sample: int) -> bool:
        """Whether a sample of its stream lies within."""
        return 0 <= sample - self.first < self.length


class Writer:
    """The one writer of an archive.

    Every method raises ``OSError`` if the disk refuses, and may then be called again with the same. :meth:`claim` comes
    first.
    """

    def __init__(self, archive: Archive) -> None:
        self.archive = archive
        self._written: dict[str, deque[_Written]] = {}
        self._late: dict[Path, _Written] = {}
        self._claim: int | None = None  # a file held locked

    def claim(self) -> None:
        """Make the folder, and make sure that no other writes into it as long as this process lives.

        Raises
        ------
        SourceError
            If another does.
        """
        if self._claim is None:
            self.archive.folder.mkdir(parents=True, exist_ok=True)
            file = os.open(self.archive.folder / LOCK, os.O_RDWR | os.O_CREAT, 0o644)
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(file)
                raise SourceError(
                    f"another keeper writes into {self.archive.folder}: stop it, or name another folder"
                ) from None
            self._claim = file

    def release(self) -> None:
        """Let others write into the folder."""
        if self._claim is not None:
            os.close(self._claim)
            self._claim = None

    def write(self, batch: Batch) -> None:
        """Write the samples and annotations of one bed."""
        for piece in batch.pieces:
            try:
                self._append(self._segment(batch.bed, piece), piece)
            except FileNotFoundError:  # somebody has deleted the folder: begin anew
                self._written.pop(batch.bed, None)
                raise
        touched: dict[Path, _Written] = {}
        for stream, note in batch.notes:
            written = self._holding(batch.bed, stream, note.sample)
            if written is not None:
                written.notes.add(*note)
                touched[written.path] = written
        for path, written in touched.items():
            replace(path.with_suffix(f".{ANNOTATOR}"), written.notes.encode())

    def write_strip(self, bed: str, files: dict[str, bytes]) -> None:
        """Write a strip, its header last: a strip whose header is there is whole."""
        folder = self.archive.folder / STRIPS / folder_name(bed)
        folder.mkdir(parents=True, exist_ok=True)
        for name in sorted(files, key=lambda name: name.endswith(".hea")):
            replace(folder / name, files[name])

    def remember(self, state: dict[str, Any]) -> None:
        """Write down where to go on after a restart."""
        self.archive.folder.mkdir(parents=True, exist_ok=True)
        replace(self.archive.folder / STATE, json.dumps(state).encode())

    def remembered(self) -> dict[str, Any]:
        """Read what :meth:`remember` has written; empty if there is nothing that can be read."""
        try:
            state = json.loads((self.archive.folder / STATE).read_bytes())
        except (OSError, ValueError):
            return {}
        return state if isinstance(state, dict) else {}

    def _segment(self, bed: str, piece: Piece) -> _Written:
        """Find a piece's segment among those at hand, or begin its record."""
        segment = piece.segment
        at_hand = self._written.setdefault(bed, deque(maxlen=_REMEMBERED))
        for written in at_hand:
            if written.segment is segment:
                return written
        opened, first = segment.opened, piece.start
        if not at_hand:
            first = max(first, self._end(opened))
        folder = self.archive.folder / WAVES / folder_name(bed)
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / segment_name(opened, first)
        count = 1
        while path.with_suffix(".hea").exists():  # a source has used the name of a stream twice
            count += 1
            path = folder / f"{segment_name(opened, first)}_{count}"
        written = _Written(segment, path, first, checksums=np.zeros(len(opened.leads), np.int64), notes=Notes(first))
        at_hand.append(written)
        return written

    def _end(self, opened: Open) -> int:
        """Find where an earlier keeper has ended in a stream; 0 if it has not begun."""
        path = self.archive.find(opened.bed, opened.stream)
        try:
            head = read_header(path) if path else None
        except SourceError:
            return 0
        same = head is not None and abs(head.opened.epoch - opened.epoch) <= EPOCH_SLACK  # not just of the same name
        return head.first + head.length if head and same else 0

    def _append(self, written: _Written, piece: Piece) -> None:
        """Write a piece where it belongs; what of it is there already stays as it is."""
        opened, end = written.segment.opened, written.first + written.length
        if piece.stop > end:
            samples = piece.samples()[max(0, end - piece.start) :]
            at = piece.stop - written.first - len(samples)
            write_at(written.path.with_suffix(".dat"), samples.tobytes(), at * samples.strides[0])
            if not written.length:
                written.initial = samples[0].tolist()
            written.checksums += samples.sum(axis=0, dtype=np.int64)
            written.length = piece.stop - written.first
        if written.length:
            text = header(
                written.path.name,
                opened,
                written.first,
                written.length,
                initial=written.initial,
                checksums=written.checksums.tolist(),
            )
            replace(written.path.with_suffix(".hea"), text)

    def _holding(self, bed: str, stream: str, sample: int) -> _Written | None:
        """Find the segment that holds a sample, at hand or on disk; None if there is none."""
        at_hand = [*self._late.values(), *self._written.get(bed, ())]
        for written in reversed(at_hand):
            opened = written.segment.opened
            if (opened.bed, opened.stream) == (bed, stream) and written.holds(sample):
                return written
        path = self.archive.find(bed, stream, sample)
        if path is None:
            return None
        try:
            excerpt = read_record(path)
        except SourceError:
            return None
        notes = Notes(excerpt.first)
        for note in excerpt.notes:
            notes.add(*note)
        opened, first, length = excerpt.opened, excerpt.first, excerpt.samples.shape[1]
        written = _Written(Segment(opened, first), path, first, length, notes=notes)
        if not written.holds(sample):
            return None
        self._late[path] = written
        if len(self._late) > _LATE:
            del self._late[next(iter(self._late))]
        return written


def replace(path: Path, data: bytes) -> None:
    """Write a file so that whoever reads it finds the old or the new, whole."""
    new = path.with_name(f"{path.name}.new")
    new.write_bytes(data)
    os.replace(new, path)


def write_at(path: Path, data: bytes, offset: int) -> None:
    """Write all of ``data`` into a file at ``offset``, making the file if it is not there.

    Raises
    ------
    OSError
        If it cannot all be written; what was written beyond ``offset`` is cut off again.
    """
    file = os.open(path, os.O_WRONLY | os.O_CREAT, 0o644)
    try:
        done = 0
        view = memoryview(data)
        while done < len(data):
            done += os.pwrite(file, view[done:], offset + done)
    except OSError:
        os.ftruncate(file, offset)
        raise
    finally:
        os.close(file)
