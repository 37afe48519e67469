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

SURELY_FAST: Final = (13, 1.03)
SURELY_SLOW: Final = (4, 0.85)
"""So many beats are enough where the rate is beyond this share of the limit, and no RR contradicts: 12 RR, as monitors
average them, and three at rates that call for help before a fifth beat has come."""

NEARLY: Final = 0.9
"""In an extreme bradycardia each RR is longer than this share of that of its limit: a single pause makes none. In an
extreme tachycardia each (of 17 beats each but one) is shorter than the same share makes it."""

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
        """:data:`FAST_BEATS` beats whose rate is above a limit, one of them at most much slower; or fewer, if sure."""
        beats, share = SURELY_FAST
        return self._fast(limit, FAST_BEATS, slower=1).otherwise(self._fast(share * limit, beats, slower=0))

    def _fast(self, limit: Floats, beats: int, slower: int) -> Seen:
        """The last beats, at a rate above a limit."""
        rr = self.rr[:, 1 - beats :]
        rate = 60 * (beats - 1) / np.maximum(rr.sum(1), 1e-3)
        fast = (rr < 60 / (NEARLY * limit[:, None])).sum(1) >= beats - 1 - slower
        return Seen((rr <= LOST).all(1) & fast & (rate > limit), self.r[:, -beats], np.asarray(rate, np.float32))

    def extreme_low(self, limit: Floats) -> Seen:
        """Beats whose rate is below a limit for as long as :data:`SLOW_BEATS` take at it, or fewer, if sure.

        It is known as soon as that time is over, whether the last of them has come or not.
        """
        beats, share = SURELY_SLOW
        return self._slow(limit, SLOW_BEATS, 1.0).otherwise(self._slow(limit, beats, share))

    def _slow(self, limit: Floats, beats: int, share: float) -> Seen:
        """A rate below a share of a limit, for as long as so many beats take at the limit; none of them much faster."""
        longest, time = NEARLY * 60 / limit, (beats - 1) * 60 / limit
        waited = np.where(self.beats, np.maximum(self.rr_at_least[:, -1], 0), np.inf)
        long = waited > longest  # so long that it counts as an RR
        out = Seen(np.zeros(len(limit), np.bool_), self.r[:, -1], np.zeros(len(limit), np.float32))
        for count in (beats - 1, beats - 2):  # RR that are over
            rr = self.rr[:, -count:]
            total = rr.sum(1)
            rate = 60 * (count + long) / np.maximum(total + np.where(long, waited, 0), 1e-3)
            seen = ((rr > longest[:, None]) & (rr <= LOST)).all(1) & (waited <= LOST)
            seen &= (total + waited > time) & (rate < share * limit)
            out = out.otherwise(Seen(seen, self.r[:, -count - 1], np.asarray(rate, np.float32)))
        return out

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
