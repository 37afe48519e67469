"""The rhythm of a bed in words, said whenever it changes, and as WFDB's rhythm annotations write it."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from detector.alarms.conditions import LEARNED, LIMIT, Conditions
from detector.alarms.kinds import NUMBER
from detector.alarms.ladder import Analysis
from detector.conditioning import FS
from detector.rows import Floats, Indices, Rows

OF_CONDITIONS: Final = (
    ("asystole", "Asystole", "(ASYS"),
    ("ventricular_fibrillation", "Ventricular fibrillation", "(VF"),
    ("ventricular_tachycardia", "Ventricular tachycardia", "(VT"),
    ("ventricular_bradycardia", "Ventricular bradycardia", "(IVR"),
    ("ventricular_rhythm", "Ventricular rhythm", "(IVR"),
    ("non_sustained_vt", "Run of ventricular beats", "(VT"),
    ("supraventricular_tachycardia", "Supraventricular tachycardia", "(SVTA"),
    ("atrial_fibrillation", "Atrial fibrillation", "(AFIB"),
    ("bigeminy", "Bigeminy", "(B"),
    ("trigeminy", "Trigeminy", "(T"),
)
"""Rhythms that are conditions, the one that is told first first; a run only if it is as quick as a tachycardia."""

BRADYCARDIA: Final = len(OF_CONDITIONS)
SINUS: Final = BRADYCARDIA + 1
TACHYCARDIA: Final = BRADYCARDIA + 2
UNKNOWN: Final = BRADYCARDIA + 3
SILENT: Final = -1

STATEMENTS: Final = (
    *((text, code) for _, text, code in OF_CONDITIONS),
    ("Sinus bradycardia", "(SBR"),
    ("Sinus rhythm", "(N"),
    ("Sinus tachycardia", "(N"),
    ("Cannot analyse", ""),
)
"""Text and WFDB code of each. WFDB has none for sinus tachycardia."""

SLOW: Final = 50.0
FAST: Final = 100.0
MARGIN: Final = 3.0
"""Rates (1/min) between which a rhythm without another name is just sinus rhythm, and by how much they must be passed
on the way back. That a P wave leads is not looked at: "sinus" is what nothing else was found to be."""

SETTLED: Final = 5
"""Seconds in a row for which a sinus rhythm must be of another speed for it to be told."""

RECENT: Final = 5.0
"""A condition counts if it was seen in the last so many s."""

VT_RATE: Final = LIMIT["vt_rate"]
_RUN: Final = [name for name, _, _ in OF_CONDITIONS].index("non_sustained_vt")
_COLUMNS: Final = np.array([NUMBER[name] for name, _, _ in OF_CONDITIONS])


class Statement(Rows):
    """The rhythm that was told of each bed."""

    told: NDArray[np.int64]
    where: NDArray[np.int64]  # sample it was told from
    candidate: NDArray[np.int64]
    seen_for: NDArray[np.int64]  # seconds

    def fresh(self, beds: int) -> dict[str, NDArray[Any]]:  # noqa: D102
        return {
            "told": np.full(beds, SILENT, np.int64),
            "where": np.full(beds, -1, np.int64),
            "candidate": np.full(beds, SILENT, np.int64),
            "seen_for": np.zeros(beds, np.int64),
        }

    def take(self, rows: Indices, at: NDArray[np.int64], conditions: Conditions) -> NDArray[np.bool_]:
        """Look at some beds for another second; whether another rhythm is to be told of each."""
        held = conditions.holds[rows[:, None], _COLUMNS]
        seen = conditions.seen[rows[:, None], _COLUMNS]
        held &= conditions.flags[rows[:, None], _COLUMNS] | (at[:, None] - seen <= RECENT * FS)
        held[:, _RUN] &= conditions.value[rows, _COLUMNS[_RUN]] >= conditions.limits[rows, VT_RATE]
        told = self.told[rows]
        rhythm = np.where(held.any(1), held.argmax(1), _of_rate(conditions.rate[rows], told))
        silent = (conditions.history.taken[rows] < LEARNED) & ~held.any(1)
        rhythm = np.where((conditions.ladder.analysis[rows] >= Analysis.SUSPENDED) & (rhythm > 1), UNKNOWN, rhythm)
        rhythm = np.where(silent, SILENT, rhythm)
        self.seen_for[rows] = np.where(rhythm == self.candidate[rows], self.seen_for[rows] + 1, 1)
        self.candidate[rows] = rhythm
        both_sinus = (rhythm >= BRADYCARDIA) & (rhythm < UNKNOWN) & (told >= BRADYCARDIA) & (told < UNKNOWN)
        doubt = conditions.irregular.since[rows] >= 0  # it may turn out to have been fibrillation
        news = (rhythm != told) & (rhythm != SILENT) & (~both_sinus | (self.seen_for[rows] >= SETTLED) & ~doubt)
        if news.any():
            few = rows[news]
            self.where[few] = self._begins(few, at[news], rhythm[news], held[news], conditions)
            self.told[few] = rhythm[news]
        return news

    def _begins(
        self,
        rows: Indices,
        at: NDArray[np.int64],
        rhythm: NDArray[np.int64],
        held: NDArray[np.bool_],
        conditions: Conditions,
    ) -> NDArray[np.int64]:
        """Where a rhythm begins: where its condition did, but soon after the one before was over, not before."""
        row, told = np.arange(len(rows)), self.told[rows]
        since = conditions.since[rows[:, None], _COLUMNS][row, np.clip(rhythm, 0, BRADYCARDIA - 1)]
        over = conditions.over(rows)[:, _COLUMNS][row, np.clip(told, 0, BRADYCARDIA - 1)]
        was = (told >= 0) & (told < BRADYCARDIA)
        was &= ~held[row, np.clip(told, 0, BRADYCARDIA - 1)]
        is_one = rhythm < BRADYCARDIA
        begins = np.where(is_one, since, at)
        begins = np.where(was, np.where(is_one, np.clip(since, over, over + round(RECENT * FS)), over), begins)
        return np.maximum(begins, self.where[rows] + 1)


def _of_rate(rate: Floats, told: NDArray[np.int64]) -> NDArray[np.int64]:
    """Name of a rhythm by its rate alone; the one that was told while there is none."""
    slow = rate < SLOW + MARGIN * (told == BRADYCARDIA)
    fast = rate > FAST - MARGIN * (told == TACHYCARDIA)
    rhythm = np.where(slow, BRADYCARDIA, np.where(fast, TACHYCARDIA, SINUS))
    return np.where(np.isnan(rate), np.where(told >= BRADYCARDIA, told, SINUS), rhythm)
