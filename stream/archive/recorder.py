"""Cuts the waves of a ward into segments to write: messages and time in, batches out.

Pure: no disk, no clock. What comes is held for some seconds a bed, so that a disk is written to seldom, and the beds
take turns.
"""

import math
import zlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from stream.archive.records import COMMENT, Note, Samples
from stream.messages import (
    MISSING,
    Alarm,
    Beat,
    Close,
    Event,
    Message,
    Open,
    Quality,
    Rhythm,
    Wave,
    unpack_wave,
)

SEGMENT_SECONDS: Final = 600.0
"""How long a record is, in seconds of its stream; it ends sooner where the stream does."""

GAP_SECONDS: Final = 60.0
"""A gap of this many seconds ends a segment; a shorter one is written as missing samples."""

HOLD_SECONDS: Final = 10.0
"""Seconds that samples are held in memory before they are written: what a crash may cost."""

HOLD_BYTES: Final = 1 << 20
"""Bytes of a bed that are written at once, however soon."""

EPOCH_SLACK: Final = 0.1
"""Seconds by which a stream's epoch may be restated without its samples' times being other ones."""


@dataclass(frozen=True, slots=True, eq=False)
class Segment:
    """A stretch of one stream that becomes one record, from sample ``first`` on."""

    opened: Open
    first: int


@dataclass(slots=True, eq=False)
class Piece:
    """Samples to write into a segment, from sample ``start`` to ``stop`` of the stream.

    ``blocks`` are the waves as they came, with the sample each begins at.
    """

    segment: Segment
    start: int
    stop: int
    blocks: list[tuple[int, bytes]] = field(default_factory=list)
    size: int = 0

    def samples(self) -> Samples:
        """The samples as a file of format 16 has them: shape ``(n, leads)``, what did not come missing."""
        leads = len(self.segment.opened.leads)
        out = np.full((self.stop - self.start, leads), MISSING, dtype="<i2")
        for start, block in self.blocks:
            wave = unpack_wave(block, leads)
            at = start - self.start
            out[at : at + wave.shape[1]] = wave.T
        return out


@dataclass(slots=True, eq=False)
class Batch:
    """What is to be written of one bed: samples first, then annotations by their stream."""

    bed: str
    pieces: list[Piece]
    notes: list[tuple[str, Note]]

    @property
    def size(self) -> int:
        """Bytes of samples."""
        return sum(piece.size for piece in self.pieces)


class _Bed:
    """What is held of a bed.

    Attributes
    ----------
    opened
        Its stream, as last stated; None once it ended.
    next
        The sample that comes next.
    pieces, notes
        What is held, ``bytes`` of samples in all.
    seq
        Number of the earliest event whose note is held; 0 if there is none.
    due
        When it is to be written.
    """

    __slots__ = ("bytes", "due", "next", "notes", "opened", "pieces", "segment", "seq")

    def __init__(self, due: float) -> None:
        self.opened: Open | None = None
        self.segment: Segment | None = None
        self.next = 0
        self.pieces: list[Piece] = []
        self.notes: list[tuple[str, Note]] = []
        self.bytes = 0
        self.seq = 0
        self.due = due

    def take_notes(self) -> list[tuple[str, Note]]:
        """Take the notes whose samples are taken too: those ahead of the samples stay."""
        ahead = self.opened.stream if self.opened else None
        kept = [(stream, note) for stream, note in self.notes if stream == ahead and note.sample >= self.next]
        taken = [(stream, note) for stream, note in self.notes if not (stream == ahead and note.sample >= self.next)]
        self.notes = kept
        if not kept:
            self.seq = 0
        return taken


class Recorder:
    """Holds what comes of all beds until it is due to be written.

    Parameters
    ----------
    hold
        Seconds that samples are held, at most; each bed has its own moment within them.
    segment
        Seconds of a segment.
    limit
        Bytes of samples that may wait, held here or taken and not yet :meth:`written`. Beyond, samples are left out:
        they become a gap.

    Attributes
    ----------
    waiting
        Bytes of samples that wait.
    left_out
        Samples (of all leads) left out so far.
    """

    def __init__(
        self, *, hold: float = HOLD_SECONDS, segment: float = SEGMENT_SECONDS, limit: float = math.inf
    ) -> None:
        self.waiting = 0
        self.left_out = 0
        self._hold = hold
        self._segment = segment
        self._limit = limit
        self._beds: dict[str, _Bed] = {}

    def take(self, messages: Iterable[Message], now: float) -> None:
        """Take what came; ``now`` is of a clock that only rises, in seconds."""
        for message in messages:
            if type(message) is Wave:
                self._wave(message, now)
            elif isinstance(message, Open):
                self._open(message, now)
            elif isinstance(message, Close):
                bed = self._beds.get(message.bed)
                if bed and bed.opened and bed.opened.stream == message.stream:
                    bed.opened = bed.segment = None
            elif isinstance(message, Beat | Alarm | Rhythm | Quality):
                self._note(message, now)

    def due(self, now: float, also: Collection[str] = ()) -> list[Batch]:
        """Take what is to be written now: of beds whose moment it is or that hold much, and of those in ``also``."""
        return [
            self._batch(name, bed, now)
            for name, bed in self._beds.items()
            if (bed.pieces or bed.notes) and (now >= bed.due or bed.bytes >= HOLD_BYTES or name in also)
        ]

    def all(self) -> list[Batch]:
        """Take everything."""
        return self.due(math.inf)

    def written(self, batch: Batch) -> None:
        """Hear that a batch need not wait any more."""
        self.waiting -= batch.size

    def position(self, bed: str, stream: str) -> float:
        """The sample of a stream that comes next; infinite if it is over, 0 if it is not known."""
        known = self._beds.get(bed)
        if known is None:
            return 0
        return known.next if known.opened and known.opened.stream == stream else math.inf

    def earliest(self) -> int | None:
        """Number of the earliest event whose note is still held; None if none is."""
        return min((bed.seq for bed in self._beds.values() if bed.seq), default=None)

    def _bed(self, name: str, now: float) -> _Bed:
        bed = self._beds.get(name)
        if bed is None:
            turn = zlib.crc32(name.encode()) / 2**32
            bed = self._beds[name] = _Bed(now + turn * self._hold)
        return bed

    def _open(self, opened: Open, now: float) -> None:
        bed = self._bed(opened.bed, now)
        before = bed.opened
        bed.opened = opened if opened.form == "wave" else None
        same = (
            before is not None
            and (before.stream, before.fs, before.leads) == (opened.stream, opened.fs, opened.leads)
            and bed.segment is not None
            and abs(bed.segment.opened.epoch - opened.epoch) <= EPOCH_SLACK
        )
        if not same:
            bed.segment = None
        if before is None or before.stream != opened.stream:
            bed.next = opened.first

    def _wave(self, wave: Wave, now: float) -> None:
        bed = self._beds.get(wave.bed)
        if bed is None or bed.opened is None or bed.opened.stream != wave.stream:
            return
        opened, start, samples = bed.opened, wave.start, wave.samples
        stop = start + len(samples) // (2 * len(opened.leads))
        if start < bed.next:  # the hub has sent again what it keeps
            if stop <= bed.next:
                return
            samples = unpack_wave(samples, len(opened.leads))[:, bed.next - start :].tobytes()
            start = bed.next
        if self.waiting >= self._limit:
            self.left_out += stop - start
            return
        segment = bed.segment
        if (
            segment is None
            or start - bed.next >= GAP_SECONDS * opened.fs
            or start - segment.first >= self._segment * opened.fs
        ):
            segment = bed.segment = Segment(opened, start)
        if not bed.pieces or bed.pieces[-1].segment is not segment:
            begin = start if start == segment.first else bed.next
            bed.pieces.append(Piece(segment, begin, begin))
        piece = bed.pieces[-1]
        piece.blocks.append((start, samples))
        piece.size += len(samples)
        piece.stop = bed.next = stop
        bed.bytes += len(samples)
        self.waiting += len(samples)

    def _note(self, event: Event, now: float) -> None:
        for name, stream, note in notes_of(event):
            bed = self._bed(name, now)
            bed.notes.append((stream, note))
            bed.seq = bed.seq or event.seq

    def _batch(self, name: str, bed: _Bed, now: float) -> Batch:
        batch = Batch(name, bed.pieces, bed.take_notes())
        bed.pieces, bed.bytes = [], 0
        if bed.due <= now < math.inf:
            bed.due = max(bed.due + self._hold, now)
        return batch


def notes_of(event: Event) -> list[tuple[str, str, Note]]:
    """What an event says as annotations: bed, stream and note of each.

    Beats by their class; rhythms as ``+`` with ``(AFIB`` and the like; quality as ``~`` with the state of each lead; an
    alarm as a comment at its onset, and one where it ended.
    """
    match event:
        case Beat(row=None):
            return [(event.bed, event.stream, Note(event.sample, event.label))]
        case Rhythm():
            return [(event.bed, event.stream, Note(event.sample, "+", event.code or event.text))]
        case Quality():
            return [(event.bed, event.stream, Note(event.sample, "~", " ".join(event.leads)))]
        case Alarm():
            notes = []
            if event.revision == 1:
                notes.append(Note(event.onset, COMMENT, f"{event.name}: {event.text}"))
            if event.ended is not None:
                notes.append(Note(event.ended, COMMENT, f"{event.name}: ended"))
            return [(event.bed, event.stream, note) for note in notes]
        case _:
            return []
