"""Heart rate, too fast, too slow, and none.

Everything is told of the R so far, the one included that is found but not yet named. What is too slow is told as soon
as it is certain, before the next beat: so long it has been waited for already.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from detector.alarms.history import LOST
from detector.alarms.rules import Seen
from detector.conditioning import FS
from detector.rows import Floats

MEAN_OF: Final = 8
"""RR the heart rate is the mean of."""

LEAST: Final = 4
"""RR from which there is one, and of which it is once the last three are longer than :data:`SLOW_RR` s."""

SLOW_RR: Final = 1.2

FAST_BEATS: Final = 17
SLOW_BEATS: Final = 5
"""Beats of extreme tachycardia and bradycardia (as in the PhysioNet/CinC challenge of 2015)."""

NEARLY: Final = 0.9
"""In an extreme bradycardia each RR is longer than this share of that of its limit: a single pause makes none. In an
extreme tachycardia each but one is shorter than the same share makes it."""

LATE: Final = 0.4
"""So many seconds it takes at most until a QRS is found; and so long behind R there may be a T wave, which is a
ventricular wave too."""

MARGIN: Final = 1.5
"""How much shorter (s) than the time without QRS the time may be for which the wave has been still: T, and the filters'
ringing."""


class Intervals:
    """RR of some beds now.

    Parameters
    ----------
    latest
        R, ``(n, m)``, newest last; far in the past where there was none.
    at
        Samples until which the beds were read, ``(n,)``.
    still
        Seconds for which the wave has been still: a QRS that was found may not be told yet.
    """

    def __init__(self, latest: NDArray[np.int64], at: NDArray[np.int64], still: Floats):
        self.r: Final = latest
        self.beats: Final = latest[:, -1] >= 0
        """Whether there was any beat."""
        rr = np.where(latest[:, :-1] >= 0, (latest[:, 1:] - latest[:, :-1]) / FS, np.inf)
        self.rr: Final[Floats] = rr.astype(np.float32)
        self.open: Final = np.asarray((at - np.maximum(latest[:, -1], 0)) / FS, np.float32)
        """Seconds since the last R, or since the bed began."""
        sure = np.where(self.beats, np.minimum(self.open - LATE, still + LATE), np.inf)[:, None]
        self.rr_at_least: Final[Floats] = np.concatenate([self.rr[:, 1:], sure.astype(np.float32)], axis=1)
        """RR as they are when the next R comes, or longer."""

        self.heart_rate: Final = _mean_rate(self.rr)
        """Mean rate (1/min) of the last RR, see :data:`MEAN_OF`; NaN where too few are known."""

    def above(self, limit: Floats) -> Seen:
        """Heart rate above a limit."""
        return Seen(self.heart_rate > limit, self.r[:, -LEAST], self.heart_rate)

    def below(self, limit: Floats) -> Seen:
        """Heart rate below a limit."""
        hr = np.fmin(self.heart_rate, _mean_rate(self.rr_at_least))
        return Seen(hr < limit, self.r[:, -LEAST], hr)

    def extreme_high(self, limit: Floats) -> Seen:
        """:data:`FAST_BEATS` beats whose rate is above a limit, one of them at most much slower."""
        rr = self.rr[:, 1 - FAST_BEATS :]
        rate = 60 * (FAST_BEATS - 1) / np.maximum(rr.sum(1), 1e-3)
        fast = (rr < 60 / (NEARLY * limit[:, None])).sum(1) >= FAST_BEATS - 2
        seen = (rr <= LOST).all(1) & fast & (rate > limit)
        return Seen(seen, self.r[:, -FAST_BEATS], np.asarray(rate, np.float32))

    def extreme_low(self, limit: Floats) -> Seen:
        """:data:`SLOW_BEATS` beats whose rate is below a limit, none of them much faster.

        It is known as soon as the time for so many beats is over, whether the last of them has come or not.
        """
        longest = NEARLY * 60 / limit[:, None]
        seen, rate = np.zeros(len(self.r), np.bool_), np.full(len(self.r), np.inf, np.float32)
        for rr in (self.rr[:, 1 - SLOW_BEATS :], self.rr_at_least[:, 1 - SLOW_BEATS :]):
            mean = 60 / np.maximum(rr.mean(1), 1e-3)
            seen |= ((rr > longest) & (rr <= LOST)).all(1) & (mean < limit)
            rate = np.fmin(rate, mean)
        return Seen(seen, self.r[:, -SLOW_BEATS], rate)

    def nothing_for(self, seconds: Floats, still: Floats, usable_for: Floats) -> Seen:
        """No QRS for so long, while there were leads to see one on, and the wave agrees."""
        enough = np.minimum(still, usable_for) >= seconds - MARGIN
        return Seen((self.open >= seconds) & enough, np.maximum(self.r[:, -1], 0), self.open)


def _mean_rate(rr: Floats) -> Floats:
    rr = rr[:, -MEAN_OF:]
    known = np.logical_and.accumulate((rr <= LOST)[:, ::-1], axis=1)[:, ::-1]
    slow = np.asarray((rr[:, -3:] > SLOW_RR).all(1), np.bool_)
    known[:, :-LEAST] &= ~slow[:, None]
    count = known.sum(1)
    total = np.where(known, rr, 0).sum(1)
    return np.asarray(np.where(count >= LEAST, 60 * count / np.maximum(total, 1e-3), np.nan), np.float32)
