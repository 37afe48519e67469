"""Ventricular fibrillation: what the wave shows each second, held against a single doubtful second.

The rule and its constants are those of :func:`detector.fibrillation.follow`, by which the net was measured.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from detector.conditioning import FS
from detector.fibrillation import BEGINS, HOLD, WINDOW, follow
from detector.rows import Floats, Indices, Rows

BEFORE: Final = WINDOW / 2 + HOLD - 1
"""Seconds before it is told that it began: the net says so when about half of what it looks at is fibrillation."""

THROUGH_NOISE: Final = (0.9, 5)
"""From such a probability on, for so many seconds in a row, fibrillation is believed of a lead that is not clear:
muscle on a fibrillating heart. Noise alone leads to less."""

RAPID: Final = 0.6
"""Probability, from the wave alone, from which rapid ventricular tachycardia is told, held as long as fibrillation is:
one whose beats are not found, or not named V."""


LOOKED_AT: Final = 6
IN_STEP: Final = 4
"""Of so many last beats so many must be normal, and as many RR as before, for a rhythm to be in step: a needle of noise
taken for a beat spoils two RR."""

EVEN: Final = 1.25
"""By how much each of these RR may differ from the median of the last ones, up or down."""

FASTEST: Final = 0.33
"""Seconds: shorter RR may be flutter's."""


def in_step(r: NDArray[np.int64], at: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether beats go on as before. If they are normal, what shakes the wave is noise or tremor, and no fibrillation.

    In a flutter every other wave may be taken for a normal beat, but hardly at the pace from before.

    Parameters
    ----------
    r
        R of the last beats and of the one found after them, ``(n, m)``, newest last.
    at
        Now, ``(n,)``.
    """
    rr = np.diff(r, axis=1) / FS
    usual, last = np.median(rr, axis=1)[:, None], rr[:, -LOOKED_AT:]
    even = ((last < EVEN * usual) & (last > usual / EVEN) & (last > FASTEST)).sum(1)
    return np.asarray((even >= IN_STEP) & ((at - r[:, -1]) / FS < 2 * usual[:, 0]), np.bool_)


class ThroughNoise(Rows):
    """Whether a fibrillation is so sure that noise on the leads does not matter."""

    sure: NDArray[np.int64]  # seconds in a row for which it has been

    def fresh(self, beds: int) -> dict[str, NDArray[Any]]:  # noqa: D102
        return {"sure": np.zeros(beds, np.int64)}

    def take(self, rows: Indices, probability: Floats) -> NDArray[np.bool_]:
        """Take another second of some beds: of which the wave is to be believed, noise or not."""
        least, seconds = THROUGH_NOISE
        self.sure[rows] = np.where(probability >= least, self.sure[rows] + 1, 0)
        return self.sure[rows] >= seconds


class FibrillationRule(Rows):
    """Whether the ventricles of each bed fibrillate, or run at a pace that the wave shows.

    Parameters
    ----------
    beds
        How many.
    begins
        Probability that it takes.
    """

    def __init__(self, beds: int, begins: float = BEGINS):
        self.begins: Final = begins
        super().__init__(beds)

    holds: NDArray[np.bool_]
    contrary: NDArray[np.int64]  # seconds for which the probability has spoken for the contrary

    def fresh(self, beds: int) -> dict[str, NDArray[Any]]:  # noqa: D102
        return {"holds": np.zeros(beds, np.bool_), "contrary": np.zeros(beds, np.int64)}

    def take(self, rows: Indices, probability: Floats) -> NDArray[np.bool_]:
        """Take another second of some beds: whether they fibrillate."""
        self.holds[rows], self.contrary[rows] = follow(probability, self.holds[rows], self.contrary[rows], self.begins)
        return self.holds[rows]

    @staticmethod
    def since(at: NDArray[np.int64]) -> NDArray[np.int64]:
        """Where it began if it is first told at ``at``."""
        return np.maximum(at - round(BEFORE * FS), 0)
