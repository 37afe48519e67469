"""The last minute of every bed's waves, for a reader that comes late or comes back.

Pure, and made for the hub's busiest path: a wave that comes is put on a list, and once a second of stream time the
list is joined into one block.
"""

from collections import deque
from typing import Final

import numpy as np

from stream.messages import MAX_WAVE, Open, Wave

KEPT_SECONDS: Final = 60.0
"""Seconds of stream time kept of each bed."""

_BLOCK_COST: Final = 160  # bytes that a block takes beside its samples


class History:
    """What is kept of the waves of each bed.

    That is at most :data:`~stream.messages.MAX_WAVE` bytes a bed, and about 60 kB at 250 Hz and two leads.

    Parameters
    ----------
    seconds
        How much is kept, in stream time; 0 keeps nothing.
    """

    def __init__(self, seconds: float = KEPT_SECONDS) -> None:
        self._seconds = seconds
        self._beds: dict[str, _Kept] = {}

    def open(self, opened: Open) -> None:
        """Begin a stream; one restated goes on, another one takes the place of what was kept."""
        kept = self._beds.get(opened.bed)
        if self._seconds > 0 and opened.form == "wave" and (kept is None or kept.stream != opened.stream):
            self._beds[opened.bed] = _Kept(opened)

    def close(self, bed: str) -> None:
        """Forget a bed."""
        self._beds.pop(bed, None)

    def keep(self, wave: Wave, stop: int) -> None:
        """Keep a wave of an open stream that ends before sample ``stop``."""
        kept = self._beds.get(wave.bed)
        if kept is None:
            return
        if wave.start != kept.stop:
            kept.join()
            kept.trim(self._seconds)
            kept.start = wave.start
        kept.parts.append(wave.samples)
        kept.stop = stop
        if stop - kept.start >= kept.fs:
            kept.join()
            kept.trim(self._seconds)

    def waves(self, beds: frozenset[str] | None, seconds: float) -> list[tuple[Wave, int]]:
        """Return the last ``seconds`` of some beds (None: of all) as few large waves, each with its stop.

        They begin with the block in which the first of these samples lies, so up to a second earlier.
        """
        return [
            wave
            for bed, kept in self._beds.items()
            if beds is None or bed in beds
            for wave in kept.waves(min(seconds, self._seconds))
        ]

    def size(self, bed: str) -> int:
        """Bytes of samples kept of a bed."""
        kept = self._beds.get(bed)
        return 0 if kept is None else sum(map(len, kept.parts)) + sum(len(block) for _, _, block in kept.blocks)


class _Kept:
    """The waves of one bed: joined blocks, and the parts of the one that is not full yet."""

    __slots__ = ("bed", "blocks", "bytes", "fs", "leads", "parts", "start", "stop", "stream")

    def __init__(self, opened: Open) -> None:
        self.bed = opened.bed
        self.stream = opened.stream
        self.fs = opened.fs
        self.leads = len(opened.leads)
        self.blocks: deque[tuple[int, int, bytes]] = deque()  # start, stop, samples
        self.bytes = 0  # of the blocks, and what they cost
        self.parts: list[bytes] = []
        self.start = self.stop = opened.first  # of the parts

    def join(self) -> None:
        """Make a block of the parts."""
        if self.parts:
            block = _joined(self.parts, self.leads)
            self.blocks.append((self.start, self.stop, block))
            self.bytes += len(block) + _BLOCK_COST
            self.parts.clear()
        self.start = self.stop

    def trim(self, seconds: float) -> None:
        """Forget blocks that are too old or too many."""
        oldest = self.stop - seconds * self.fs
        while self.blocks and (self.blocks[0][1] <= oldest or self.bytes > MAX_WAVE):
            self.bytes -= len(self.blocks.popleft()[2]) + _BLOCK_COST

    def waves(self, seconds: float) -> list[tuple[Wave, int]]:
        """Return the last seconds: each stretch without a gap as one wave, with its stop."""
        blocks = [*self.blocks]
        if self.parts:
            blocks.append((self.start, self.stop, _joined(self.parts, self.leads)))
        stretches: list[tuple[int, int, list[bytes]]] = []
        for start, stop, block in blocks:
            if stop <= self.stop - seconds * self.fs:
                continue
            if stretches and stretches[-1][1] == start:
                first, _, parts = stretches[-1]
                stretches[-1] = (first, stop, [*parts, block])
            else:
                stretches.append((start, stop, [block]))
        return [
            (Wave(bed=self.bed, stream=self.stream, start=start, samples=_joined(parts, self.leads)), stop)
            for start, stop, parts in stretches
        ]


def _joined(parts: list[bytes], leads: int) -> bytes:
    """Join the samples of waves that follow each other; each is lead after lead."""
    if len(parts) == 1 or leads == 1:
        return b"".join(parts)
    return np.concatenate([np.frombuffer(part, "<i2").reshape(leads, -1) for part in parts], axis=1).tobytes()
