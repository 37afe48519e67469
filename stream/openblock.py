"""The beats of a stream while their block of the journal is not full."""

from collections.abc import Sequence
from typing import Final

from stream.known import BEATS
from stream.messages import Beat

BLOCK: Final = 128
"""Beats of a full block."""


class OpenBlock:
    """The beats of a stream that are not in a full block yet.

    Attributes
    ----------
    number
        Of the block that they are to make.
    at
        When the last of them was taken in.
    seq
        Number of the last event that was added.
    first
        Number of the first event that is not written; 0 if all are.
    known
        Samples of the beats here and in the blocks before.
    """

    def __init__(self, bed: str, name: str) -> None:
        self.bed, self.name = bed, name
        self.number = 0
        self.at = 0.0
        self.seq = 0
        self.first = 0
        self.beats: list[Beat] = []
        self.known: set[int] = set()

    def recall(self, blocks: Sequence[tuple[int, float, int, list[Beat]]]) -> None:
        """Go on from blocks that were written, the last one first."""
        for _, _, _, beats in blocks:
            self.known.update(beat.sample for beat in beats)
        if blocks:
            self.number, self.at, self.seq, self.beats = blocks[0]
            self.written()

    def add(self, beat: Beat, at: float) -> None:
        """Add a beat, unless it is here."""
        if beat.seq > self.seq and beat.sample not in self.known:
            self.seq = beat.seq
            self.known.add(beat.sample)
            self.beats.append(beat)
            self.at = at
            self.first = self.first or beat.seq

    def written(self) -> None:
        """Note that all is in the table; a full block is left behind."""
        self.first = 0
        if len(self.beats) >= BLOCK:
            self.known = set(sorted(self.known)[-2 * BEATS :])
            self.number += 1
            self.beats = []
