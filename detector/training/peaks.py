"""Beats read at R peaks that are known beforehand, in place of those the detector finds: ``--peaks reference``.

Papers that name beats at annotated peaks can so be compared with; nothing else of the reading changes. A peak is told
as late as the QRS detector tells its own, and R is then placed on the wave as always, for the model's waves and RR were
all measured so; annotations lie beside the tallest point by up to tens of milliseconds (docs: evaluation).
"""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from detector.bank import Bank, Ward
from detector.qrs import HOP, Found
from detector.rows import Floats, Indices, Rows

LAG: Final = 45
"""Samples after R until a peak is told: about what the QRS detector needs to be sure of one."""

NEVER: Final = 1 << 62


class KnownPeaks(Rows):
    """Tells peaks it was given, hop by hop; stands in a :class:`~detector.bank.Bank` for its QRS detector."""

    seen: NDArray[np.int64]  # samples taken
    turn: NDArray[np.int64]  # where in ``_peaks`` the next peak of a bed is

    def __init__(self, beds: int):
        self._peaks = np.array([NEVER])
        super().__init__(beds)

    def fresh(self, beds: int) -> dict[str, NDArray[Any]]:  # noqa: D102
        return {"seen": np.zeros(beds, np.int64), "turn": np.zeros(beds, np.int64)}

    def expect(self, bed: int, peaks: NDArray[np.int64]) -> None:
        """Tell these peaks of a bed: rising sample indices at :data:`~detector.conditioning.FS` since its begin."""
        self.turn[bed] = len(self._peaks)
        self._peaks = np.concatenate([self._peaks, peaks, [NEVER]])

    def follow(self, beds: Indices, x: Floats) -> None:
        """Samples are not looked at."""

    def step(self, beds: Indices) -> list[Found]:
        """Take the next hop of some beds: the peaks that are due, in order of time, at most one a bed at once."""
        self.seen[beds] += HOP
        told: list[Found] = []
        while (due := beds[self._peaks[self.turn[beds]] + LAG <= self.seen[beds]]).size:
            first = np.zeros(len(due), np.intp)
            told.append(Found(due, self._peaks[self.turn[due]], first, np.zeros(len(due), np.bool_)))
            self.turn[due] += 1
        return told


class KnownWard(Ward):
    """A ward whose beats are known.

    Parameters
    ----------
    peaks
        R peaks of each bed that will be opened, in its own samples, rising. Each becomes one beat, told in this order.
    """

    def __init__(self, peaks: Mapping[str, NDArray[np.int64]]) -> None:
        super().__init__()
        self._peaks = peaks

    def open(self, bed: str, fs: float, leads: int, first: int = 0) -> None:  # noqa: D102
        super().open(bed, fs, leads, first)
        bank, row = self._beds[bed]
        if isinstance(bank.qrs, KnownPeaks):
            at = (self._peaks[bed] - first) / bank.resample.ratio
            bank.qrs.expect(row, np.rint(at).astype(np.int64))

    def _bank(self, fs: float, leads: int) -> Bank:
        return Bank(fs, leads, KnownPeaks(0))
