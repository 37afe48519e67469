"""Whether probabilities mean what they say: the reliability curve and its one figure, ECE."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from detector.training.scores import plain

BINS: Final = 15
"""Bins of confidence, of equal width, as most papers have them (Guo et al. 2017)."""


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """The reliability curve.

    Attributes
    ----------
    count
        Beats in each bin of confidence, shape ``(BINS,)``; bins are of equal width from 0 to 1.
    confidence, accuracy
        Mean confidence, and share named rightly, in each bin; nan where it is empty.
    ece
        Expected calibration error, 0 to 1: by how much the two differ, averaged over beats; nan without beats.
    """

    count: NDArray[np.int64]
    confidence: NDArray[np.float64]
    accuracy: NDArray[np.float64]
    ece: float

    def to_json(self) -> dict[str, Any]:
        """All of it as plain values."""
        return {
            "ece": plain(self.ece),
            "bins": [
                {"beats": int(n), "confidence": plain(confidence), "accuracy": plain(accuracy)}
                for n, confidence, accuracy in zip(self.count, self.confidence, self.accuracy, strict=True)
            ],
        }


def calibrate(confidence: ArrayLike, right: ArrayLike, bins: int = BINS) -> Calibration:
    """Draw the reliability curve of some beats.

    Parameters
    ----------
    confidence
        Probability of the class each beat was given, 0 to 1, shape ``(n,)``.
    right
        Whether that is its class, shape ``(n,)``.
    bins
        How many; each holds its upper end, the first also 0.

    References
    ----------
    C. Guo et al.: On Calibration of Modern Neural Networks, ICML 2017.
    """
    p, hit = np.asarray(confidence, np.float64), np.asarray(right, np.float64)
    bin_of = np.clip(np.ceil(p * bins).astype(np.int64) - 1, 0, bins - 1)
    count = np.bincount(bin_of, minlength=bins).astype(np.int64)
    with np.errstate(invalid="ignore"):
        mean = np.bincount(bin_of, p, bins) / count
        accuracy = np.bincount(bin_of, hit, bins) / count
        ece = np.nansum(count * np.abs(mean - accuracy)) / count.sum()
    return Calibration(count, mean, accuracy, float(ece))
