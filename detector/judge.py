"""QRS or not: a small net that weighs what is measured of a peak.

One hidden layer (:mod:`detector.smallnet`). Learned from records by :mod:`detector.training.qrs`.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from detector.rows import Floats
from detector.smallnet import hidden_units
from stream.errors import CardioVisionError

SHIPPED: Final = Path(__file__).parent / "models" / "qrs.npz"

MEASURES: Final = (
    "height",  # how high the peak is, of what is usual for a QRS
    "rise",  # its steepest rise, of the last QRS's
    "interval",  # time since the last QRS, of the mean RR
    "seconds",  # the same in seconds
    "noise",  # running height of peaks that were no QRS
    "over noise",  # height to noise
    "steep",  # rise to height
    "shared",  # height, no lead counted for more than its usual QRS
    "spread",  # how far the leads are apart, of the height
    "tallest",  # the lead that stands out most
    "floor",  # mean envelope, of the height of a QRS
    "100 before",  # the envelope so many ms before and after the peak, of the height
    "48 before",
    "48 after",
    "100 after",
    "likeness",  # correlation of its shape with the usual QRS
    "size",  # how much of the usual QRS is in it
    "usual",  # how high the envelope usually is so long after a QRS
    "over usual",  # height to that
    "doubt",  # height of the best peak since the last QRS that did not pass
    "doubt interval",  # time since then, of the mean RR
    "doubt share",  # its height, of this one's
    "of the last",  # height, of the higher of the last two QRS
)
"""What is measured, by name; amounts are logarithms. See :meth:`detector.qrs.QrsDetector._measure`."""


@dataclass(frozen=True, slots=True, eq=False)
class Judge:
    """The net.

    Attributes
    ----------
    low, high
        Bounds of each measure; what is beyond them was not learned and is taken for the bound, shape ``(measures,)``.
    weights, bias
        Of the hidden layer, shapes ``(measures, hidden)`` and ``(hidden,)``; it is rectified.
    out, level
        Of the score, shapes ``(hidden,)`` and ``()``.
    """

    low: Floats
    high: Floats
    weights: Floats
    bias: Floats
    out: Floats
    level: Floats

    def __call__(self, measures: Floats) -> Floats:
        """Score of peaks: log odds of being a QRS, ``(measures, peaks)`` to ``(peaks,)``."""
        hidden = hidden_units(measures, self.low, self.high, self.weights, self.bias)
        score = np.full(measures.shape[1], self.level, np.float32)
        for weight, unit in zip(self.out, hidden, strict=True):
            score += weight * unit
        return score

    @classmethod
    def load(cls, path: Path = SHIPPED) -> "Judge":
        """Read the net from a file of :meth:`save`, by default the shipped one.

        Raises
        ------
        CardioVisionError
            If the file cannot be read, or was made for other measures.
        """
        try:
            with np.load(path, allow_pickle=False) as file:
                judge = cls(*(file[name].astype(np.float32) for name in cls.__slots__))
        except (OSError, ValueError, KeyError) as error:
            raise CardioVisionError(f"{path}: cannot read the QRS net: {error}; install the package again") from error
        if judge.weights.shape != (len(MEASURES), len(judge.bias)):
            raise CardioVisionError(
                f"{path}: expected a QRS net of {len(MEASURES)} measures, got {judge.weights.shape[0]}; train it again"
            )
        return judge

    def save(self, path: Path) -> None:
        """Write the net as a ``.npz`` file."""
        np.savez(path, **{name: getattr(self, name) for name in self.__slots__})
