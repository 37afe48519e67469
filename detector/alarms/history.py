"""The last beats of each bed, and windows on them: what every rule about beats looks at."""

from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from detector.conditioning import FS
from detector.rows import Floats, Indices, Rows
from stream.messages import AAMI

KEPT: Final = 128
"""Beats kept of a bed, those that are not due yet among them."""

WINDOW: Final = 18
"""Beats a rule sees, the newest last: 17 beats and the one that is found but not yet named."""

N: Final = AAMI.index("N")
S: Final = AAMI.index("S")
V: Final = AAMI.index("V")

LOST: Final = 3.0
"""RR longer than this many s say nothing about the rate: beats were lost, or the heart stood still."""


@dataclass(frozen=True)
class BeatWindow:
    """Some beats, each with those before it: arrays of shape ``(n, WINDOW)``, the beat itself last.

    Attributes
    ----------
    row
        Of the bed, ``(n,)``.
    r
        Sample index of R; far in the past where there was none yet.
    label
        Index into :data:`~stream.messages.AAMI`; -1 where there was none yet.
    chance
        Probability that it is ventricular.
    family
        Family of alike shapes.
    """

    row: Indices
    r: NDArray[np.int64]
    label: NDArray[np.int8]
    chance: Floats
    family: NDArray[np.int16]

    def __len__(self) -> int:
        return len(self.row)

    def __getitem__(self, which: NDArray[Any]) -> "BeatWindow":
        return BeatWindow(*(getattr(self, f.name)[which] for f in fields(self)))

    @cached_property
    def there(self) -> NDArray[np.bool_]:
        """Whether there was a beat."""
        return self.label >= 0

    @cached_property
    def depth(self) -> NDArray[np.int64]:
        """How many beats there were, up to :data:`WINDOW`: shape ``(n,)``."""
        return np.asarray(self.there.sum(1), np.int64)

    @cached_property
    def v(self) -> NDArray[np.bool_]:
        """Whether it was ventricular."""
        return self.label == V

    @cached_property
    def rr(self) -> Floats:
        """RR before each but the first, in s: shape ``(n, WINDOW - 1)``."""
        return np.asarray(np.diff(self.r, axis=-1) / FS, np.float32)


class History(Rows):
    """Rings of beats: given in order of time, *due* once the bed's time has come to where they were told."""

    r: NDArray[np.int64]
    told: NDArray[np.int64]
    following: NDArray[np.int64]  # R of the beat after, -1: unknown
    label: NDArray[np.int8]
    chance: Floats
    family: NDArray[np.int16]
    given: NDArray[np.int64]  # beats so far
    taken: NDArray[np.int64]  # beats that were due so far

    LONG_AGO: Final = -(1 << 40)

    def fresh(self, beds: int) -> dict[str, NDArray[Any]]:  # noqa: D102
        return {
            "r": np.full((beds, KEPT), self.LONG_AGO, np.int64),
            "told": np.zeros((beds, KEPT), np.int64),
            "following": np.full((beds, KEPT), -1, np.int64),
            "label": np.full((beds, KEPT), -1, np.int8),
            "chance": np.zeros((beds, KEPT), np.float32),
            "family": np.zeros((beds, KEPT), np.int16),
            "given": np.zeros(beds, np.int64),
            "taken": np.zeros(beds, np.int64),
        }

    def give(
        self,
        rows: Indices,
        told: NDArray[np.int64],
        r: NDArray[np.int64],
        label: NDArray[np.integer[Any]],
        after: Floats,
        chance: Floats,
        family: NDArray[np.integer[Any]],
    ) -> None:
        """Take beats of any beds, in order of time within a bed; see :meth:`AlarmEngine.beats`."""
        order = np.argsort(rows, kind="stable")
        of = rows[order]
        begins = np.searchsorted(of, of)
        number = self.given[of] + np.arange(len(of)) - begins
        at = (of, number % KEPT)
        following = np.where(np.isnan(after), -1, r + np.rint(np.nan_to_num(after) * FS).astype(np.int64))
        for ring, values in (
            (self.r, r),
            (self.told, told),
            (self.following, following),
            (self.label, label),
            (self.chance, chance),
            (self.family, family),
        ):
            ring[at] = values[order]
        np.maximum.at(self.given, of, number + 1)

    def take(self, rows: Indices, at: NDArray[np.int64]) -> BeatWindow:
        """The beats of some beds that are due at samples ``at``, each with its past; in order of time within a bed."""
        most = int((self.given[rows] - self.taken[rows]).max(initial=0))
        if not most:
            return self._window(rows[:0], self.taken[:0])
        number = self.taken[rows][:, None] + np.arange(most)
        due = (number < self.given[rows][:, None]) & (self.told[rows[:, None], number % KEPT] <= at[:, None])
        due = np.logical_and.accumulate(due, axis=1)
        which, _ = np.nonzero(due)
        self.taken[rows] += due.sum(1)
        return self._window(rows[which], number[due])

    def normal(self, rows: Indices, count: int) -> NDArray[np.int64]:
        """How many of the last ``count`` beats that are due are normal: ``(len(rows),)``."""
        number = self.taken[rows][:, None] + np.arange(-count, 0)
        return np.asarray(((number >= 0) & (self.label[rows[:, None], number % KEPT] == N)).sum(1), np.int64)

    def latest(self, rows: Indices) -> NDArray[np.int64]:
        """R of the last beats that are due and of the one found after them: ``(len(rows), WINDOW)``, newest last."""
        last = self.taken[rows] - 1
        number = last[:, None] + np.arange(1 - WINDOW, 1)
        r = np.where(number >= 0, self.r[rows[:, None], number % KEPT], self.LONG_AGO)
        following = np.where(last >= 0, self.following[rows, last % KEPT], -1)
        shifted = np.concatenate([r[:, 1:], following[:, None]], axis=1)
        return np.where((following >= 0)[:, None], shifted, r)

    def _window(self, rows: Indices, newest: NDArray[np.int64]) -> BeatWindow:
        number = newest[:, None] + np.arange(1 - WINDOW, 1)
        at = (rows[:, None], number % KEPT)
        there = number >= 0
        return BeatWindow(
            row=rows,
            r=np.where(there, self.r[at], self.LONG_AGO),
            label=np.where(there, self.label[at], np.int8(-1)),
            chance=np.where(there, self.chance[at], np.float32(0)),
            family=self.family[at],
        )
