"""How good the leads are, and what can still be told: the ladder of full, lethal and suspended analysis.

Modelled on GE's: an artifact leaves the lethal analysis alone; noise in 20 of the last 30 s suspends it.
"""

from enum import IntEnum
from typing import Any, Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from detector.rows import Floats, Indices, Rows
from stream.alarms import LeadState
from stream.messages import MAX_LEADS

LEAD_STATES: Final[tuple[LeadState, ...]] = get_args(LeadState)
GOOD: Final = LEAD_STATES.index("good")
MAINS: Final = LEAD_STATES.index("mains")
OFF: Final = LEAD_STATES.index("off")
NO_LEAD: Final = -1

SUSPENDS: Final = 20 / 30
RESUMES: Final = 15 / 30
"""Share of noisy seconds in the last 30 that suspends analysis, and below which it goes on."""

ARTIFACT: Final = 3
"""Seconds in a row without a clear lead from which only the lethal analysis is left."""

SETTLED: Final = 2
"""Seconds in a row for which a lead must be in a state for it to be told."""


class Analysis(IntEnum):
    """What can be told."""

    FULL = 0
    LETHAL = 1
    SUSPENDED = 2
    OFF = 3


ANALYSES: Final[tuple[Literal["full", "lethal", "suspended", "off"], ...]] = ("full", "lethal", "suspended", "off")
"""The words for it."""


class Ladder(Rows):
    """What can be told of each bed."""

    lead: NDArray[np.int8]  # state of each lead as told, NO_LEAD beyond
    candidate: NDArray[np.int8]  # state it may be in
    seen_for: NDArray[np.int64]  # seconds
    unclear: NDArray[np.int64]  # seconds without a clear lead
    usable: NDArray[np.int64]  # seconds with a lead that can be read, and without
    unusable: NDArray[np.int64]
    analysis: NDArray[np.int8]

    def fresh(self, beds: int) -> dict[str, NDArray[Any]]:  # noqa: D102
        return {
            "lead": np.full((beds, MAX_LEADS), NO_LEAD, np.int8),
            "candidate": np.full((beds, MAX_LEADS), NO_LEAD, np.int8),
            "seen_for": np.zeros((beds, MAX_LEADS), np.int64),
            "unclear": np.zeros(beds, np.int64),
            "usable": np.zeros(beds, np.int64),
            "unusable": np.zeros(beds, np.int64),
            "analysis": np.full(beds, -1, np.int8),
        }

    def take(
        self, rows: Indices, lead: NDArray[np.int8], usable: NDArray[np.bool_], noisy: Floats
    ) -> NDArray[np.bool_]:
        """Take another second of some beds; whether anything is to be told anew of each."""
        told_lead, told_analysis = self.lead[rows], self.analysis[rows]
        self._settle(rows, lead)
        clear = ((lead == GOOD) | (lead == MAINS)).any(1)
        self.unclear[rows] = np.where(clear, 0, self.unclear[rows] + 1)
        self.usable[rows] = np.where(usable, self.usable[rows] + 1, 0)
        self.unusable[rows] = np.where(usable, 0, self.unusable[rows] + 1)
        suspended = noisy >= np.where(told_analysis == Analysis.SUSPENDED, RESUMES, SUSPENDS)
        conditions = [(lead == OFF).all(1), suspended, self.unclear[rows] >= ARTIFACT]
        self.analysis[rows] = np.select(conditions, [Analysis.OFF, Analysis.SUSPENDED, Analysis.LETHAL], Analysis.FULL)
        return (self.lead[rows] != told_lead).any(1) | (self.analysis[rows] != told_analysis)

    def states(self, row: int) -> tuple[LeadState, ...]:
        """State of each lead of a bed."""
        return tuple(LEAD_STATES[k] for k in self.lead[row].tolist() if k != NO_LEAD)

    def _settle(self, rows: Indices, lead: NDArray[np.int8]) -> None:
        count = lead.shape[1]
        same = lead == self.candidate[rows, :count]
        seen_for = np.where(same, self.seen_for[rows, :count] + 1, 1)
        self.seen_for[rows, :count] = seen_for
        self.candidate[rows, :count] = lead
        told = self.lead[rows, :count]
        self.lead[rows, :count] = np.where((seen_for >= SETTLED) | (told == NO_LEAD), lead, told)
