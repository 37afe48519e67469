"""QRS or not: a small net that weighs what is measured of a peak.

One hidden layer (:mod:`detector.smallnet`). Learned from records by :mod:`detector.training.qrs`.
"""

from typing import Final

import numpy as np

from detector.checksums import MODELS
from detector.rows import Floats
from detector.smallnet import SmallNet

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


class Judge(SmallNet):
    """The net of :data:`MEASURES`; one number comes out."""

    __slots__ = ()
    SHIPPED = MODELS / "qrs.npz"
    NAME = "QRS net"
    INPUTS = len(MEASURES)
    OUTPUTS = ()

    def __call__(self, measures: Floats) -> Floats:
        """Score of peaks: log odds of being a QRS, ``(measures, peaks)`` to ``(peaks,)``."""
        score = np.full(measures.shape[1], self.level, np.float32)
        for weight, unit in zip(self.out, self.hidden(measures), strict=True):
            score += weight * unit
        return score
