"""Atrial fibrillation: RR between normal beats that are irregular for a minute, with no order in their irregularity.

The measure is that of Petrėnas, Marozas and Sörnmo (2015, Comput Biol Med 65:184): how many of all pairs of the last
eight RR differ by more than 30 ms, in units of RR. A median of three keeps single ectopic beats out of it; here RR next
to ventricular beats are left out besides. In place of their suppression of bigeminy stands the share of RR that differ
much from the RR before, among normal beats alone: where the rhythm is only broken by ectopic beats, few do. Breathing
moves RR up and down in waves: there fewer RR are turning points, longer or shorter than both neighbours, than the two
thirds of chance; in bigeminy all are (Dash, Chon, Lu and Raeder 2009, Ann Biomed Eng 37:1701).
P waves are not looked at: flutter with changing conduction, or a wandering pacemaker, is told as fibrillation too.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from detector.alarms.history import LOST, BeatWindow, S, V
from detector.alarms.rules import Seen
from detector.conditioning import FS
from detector.rows import Floats, Indices, Rows

EIGHT: Final = 8
APART: Final = 0.03
"""RR compared with each other, and the difference (s) from which two are unlike (both as in Petrėnas et al.)."""

MEMORY: Final = 1 / 25
"""Share with which a beat enters the means: they look back some half a minute."""

BEGAN: Final = 20.0
ENDED: Final = 45.0
"""Seconds by which the means are late: so long before they say so it began; so long before it was over, for they forget
slowly what was very irregular."""

SURE: Final = 35.0
"""Seconds for which the means must say so for it to be told: with those they have seen before, a minute."""

IRREGULAR: Final = 0.65
"""Unlike pairs per s of RR from which a rhythm is irregular (0.725 in Petrėnas et al.)."""

STEP: Final = 0.08
STEPPING: Final = 0.45
"""Share of two neighbouring RR's mean by which they differ much, and share of neighbours that must."""

NORMAL: Final = 0.35
"""Share of beats that must be normal, with two normal ones before: among fewer there is no telling."""

TURNING: Final = (0.48, 0.8)
TURNING_MEMORY: Final = 1 / 30
"""Share of turning points between which there is no order (0.54 and 0.77 in Dash et al., of 128 beats); the share with
which one enters."""

CHANCE: Final = 2 / 3
"""Share of turning points to begin with."""

STAYS: Final = 0.75
"""An irregular rhythm stays one down to this share of the three."""


class IrregularityRule(Rows):
    """How irregular the rhythm of each bed is."""

    rr: Floats  # last three normal RR
    filtered: Floats  # last eight of their medians
    unlike: Floats  # running means: of unlike pairs, RR, normal neighbours, those that differ much
    length: Floats
    neighbours: Floats
    steps: Floats
    turns: Floats  # share of turning points
    count: NDArray[np.int64]  # beats so far
    since: NDArray[np.int64]  # sample where it became irregular, -1: it is not

    def fresh(self, beds: int) -> dict[str, NDArray[Any]]:  # noqa: D102
        none = np.zeros(beds, np.float32)
        return {
            "rr": np.zeros((beds, 3), np.float32),
            "filtered": np.zeros((beds, EIGHT), np.float32),
            "unlike": none,
            "length": none.copy(),
            "neighbours": none.copy(),
            "steps": none.copy(),
            "turns": np.full(beds, CHANCE, np.float32),
            "count": np.zeros(beds, np.int64),
            "since": np.full(beds, -1, np.int64),
        }

    def take(self, window: BeatWindow) -> None:
        """Take the beats that are due, in order of time within a bed."""
        place = np.arange(len(window)) - np.searchsorted(window.row, window.row)
        label, rr = window.label[:, -4:], window.rr[:, -3:]
        ectopic = (label == V) | (label == S)
        inside = (rr <= LOST) & window.there[:, -4:-1]
        step = np.diff(rr, axis=1)
        normal = inside[:, -1] & ~(label[:, -2:] == V).any(1)
        pair = inside[:, -2:].all(1) & ~ectopic[:, -3:].any(1)
        big = pair & (np.abs(step[:, 1]) > STEP * (rr[:, 2] + rr[:, 1]) / 2)
        three = pair & inside[:, 0] & ~ectopic[:, 0]
        turn = step[:, 0] * step[:, 1] < 0
        for k in range(int(place.max(initial=-1)) + 1):
            now = np.flatnonzero(place == k)
            rows = window.row[now]
            self._enter(rows[normal[now]], rr[now[normal[now]], -1])
            self.neighbours[rows] += np.float32(MEMORY) * (pair[now] - self.neighbours[rows])
            self.steps[rows] += np.float32(MEMORY) * (big[now] - self.steps[rows])
            change = np.float32(TURNING_MEMORY) * (turn[now] - self.turns[rows])
            self.turns[rows] += np.where(three[now], change, 0)
            self.count[rows] += 1
            self._decide(rows, window.r[now, -1])

    def tell(self, rows: Indices, at: NDArray[np.int64]) -> Seen:
        """Whether the rhythm of some beds has been irregular for a minute, and since where."""
        since = self.since[rows]
        seen = (since >= 0) & (at - since >= round(SURE * FS))
        return Seen(seen, np.maximum(since - round(BEGAN * FS), 0), np.zeros(len(rows), np.float32))

    def _enter(self, rows: Indices, rr: Floats) -> None:
        """Enter normal RR, one of each bed."""
        self.rr[rows] = np.concatenate([self.rr[rows, 1:], rr[:, None]], axis=1)
        three = self.rr[rows]
        middle = three.sum(1) - three.max(1) - three.min(1)
        filtered = np.concatenate([self.filtered[rows, 1:], middle[:, None]], axis=1)
        self.filtered[rows] = filtered
        apart = np.abs(filtered[:, :, None] - filtered[:, None, :]) > APART
        unlike = apart.sum((1, 2), dtype=np.float32) / np.float32(EIGHT * (EIGHT - 1))
        self.unlike[rows] += np.float32(MEMORY) * (unlike - self.unlike[rows])
        self.length[rows] += np.float32(MEMORY) * (rr - self.length[rows])

    def _decide(self, rows: Indices, r: NDArray[np.int64]) -> None:
        """Whether the rhythm is irregular as of beats at ``r``."""
        was = self.since[rows] >= 0
        least = np.where(was, np.float32(STAYS), np.float32(1))
        irregular = (
            (self.unlike[rows] >= least * IRREGULAR * self.length[rows])
            & (self.steps[rows] >= least * STEPPING * self.neighbours[rows])
            & (self.neighbours[rows] >= least * NORMAL)
            & (self.turns[rows] >= least * TURNING[0])
            & (self.turns[rows] <= TURNING[1])
            & (self.count[rows] * MEMORY >= 1)
        )
        self.since[rows] = np.where(irregular, np.where(was, self.since[rows], r), -1)
