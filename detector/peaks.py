"""Peaks of a bed's envelope, each of which a QRS may have made."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from detector.rows import Floats, Indices

REACH: Final = 25
"""A peak is the highest envelope within this many samples (0.1 s) on each side."""

BESIDE: Final = np.array([-25, -12, 12, 25])
"""Where beside a peak the envelope is looked at, in samples (about 100 and 50 ms)."""


@dataclass(slots=True, frozen=True, eq=False)
class Peaks:
    """Peaks of the envelope to be judged, at most one a bed.

    Attributes
    ----------
    bed, at
        Row of the bed and sample of the peak.
    around
        Envelope over all leads, :data:`REACH` samples on each side of the peak.
    envelope, weights
        Of each lead: envelope at the peak; what the lead counts.
    """

    bed: Indices
    at: NDArray[np.int64]
    around: Floats
    envelope: Floats
    weights: Floats

    def __getitem__(self, which: Indices) -> "Peaks":
        return Peaks(*(getattr(self, name)[which] for name in self.__slots__))

    @property
    def height(self) -> Floats:
        """How high they are."""
        return self.around[:, REACH]

    @property
    def rise(self) -> Floats:
        """How steeply they rise at most, a sample."""
        return np.asarray(np.diff(self.around[:, : REACH + 1], axis=1).max(1))

    @property
    def sides(self) -> Floats:
        """The envelope beside them (:data:`BESIDE`), of their height: shape ``(4, n)``."""
        return np.asarray((self.around[:, REACH + BESIDE] / self.height[:, None]).T)


def highest(height: Floats, width: int) -> Floats:
    """The highest of each ``width`` columns side by side; windows of 1, 2, 4 ... are joined."""
    have = 1
    while 2 * have <= width:
        height = np.maximum(height[:, :-have], height[:, have:])
        have *= 2
    left = width - have
    return np.maximum(height[:, : height.shape[1] - left], height[:, left:])
