"""Ventricular beats among others: bigeminy, trigeminy, R on T, several shapes; and beats that did not come."""

from typing import Final

import numpy as np

from detector.alarms.history import LOST, BeatWindow
from detector.alarms.rules import Seen
from detector.rows import Floats

CYCLES: Final = 3
"""Cycles in a row that make a bi- or trigeminy."""

SHAPES_OF: Final = 15
"""Beats among which several ventricular shapes are looked for."""

ON_T: Final = 0.1
"""R is on T if it is within this many s of its peak (as GE states it)."""

QT: Final = 0.40
PEAK_TO_END: Final = 0.09
"""The peak of T is taken to lie ``QT * sqrt(RR) - PEAK_TO_END`` s after R: Bazett's QT (1920, Heart 7:353) from R
instead of Q, less the usual time from T's peak to its end."""

FAST: Final = 100.0
"""Rate (1/min) from which R on T is not looked for: T lies where the next beat is due."""

MISSED: Final = 1.8
"""A beat was missed if RR is so many times the mean of the eight before."""

QUICK: Final = 120.0
"""Rate (1/min) from which no beat is said to be missed: the end of a tachycardia is no pause."""


def bigeminy(window: BeatWindow) -> Seen:
    """Every second beat V, :data:`CYCLES` times."""
    return _geminy(window, 2)


def trigeminy(window: BeatWindow) -> Seen:
    """Every third beat V, :data:`CYCLES` times."""
    return _geminy(window, 3)


def _geminy(window: BeatWindow, period: int) -> Seen:
    length = CYCLES * period
    v = window.v[:, -length:]
    one = v[:, :period].sum(1) == 1
    again = (v[:, period:] == v[:, :-period]).all(1)
    seen = one & again & window.there[:, -length]
    return Seen(seen, window.r[:, -length], np.full(len(window), CYCLES, np.float32))


def mean_rr(window: BeatWindow) -> Floats:
    """Mean RR (s) of the eight before the last; NaN where fewer than four are known."""
    rr = window.rr[:, -9:-1]
    known = window.there[:, -10:-2] & (rr <= LOST)
    count = known.sum(1)
    return np.asarray(np.where(count >= 4, np.where(known, rr, 0).sum(1) / np.maximum(count, 1), np.nan), np.float32)


def r_on_t(window: BeatWindow) -> Seen:
    """A V whose R is on the T wave of the beat before."""
    mean, rr = mean_rr(window), window.rr[:, -1]
    peak = QT * np.sqrt(mean) - PEAK_TO_END
    seen = window.v[:, -1] & ~window.v[:, -2] & (rr <= peak + ON_T) & (mean > 60 / FAST)
    return Seen(seen, window.r[:, -1], rr)


def multiform(window: BeatWindow) -> Seen:
    """Two or more shapes of V among the last :data:`SHAPES_OF` beats."""
    v, family = window.v[:, -SHAPES_OF:], window.family[:, -SHAPES_OF:]
    least = np.where(v, family, np.iinfo(np.int16).max).min(1)
    most = np.where(v, family, np.iinfo(np.int16).min).max(1)
    first = SHAPES_OF - v.argmax(1)
    since = np.take_along_axis(window.r, (window.r.shape[1] - first)[:, None], axis=1)[:, 0]
    return Seen(v.any(1) & (most > least), since, v.sum(1).astype(np.float32))


def missed(window: BeatWindow) -> Seen:
    """An RR much longer than the mean, and no compensatory pause (neither of its beats is V) nor a standstill."""
    rr, mean = window.rr[:, -1], mean_rr(window)
    seen = (
        (rr > MISSED * mean)
        & (rr <= LOST)
        & (mean > 60 / QUICK)
        & ~window.v[:, -1]
        & ~window.v[:, -2]
        & window.there[:, -2]
    )
    return Seen(seen, window.r[:, -2], rr)


def pause(window: BeatWindow, seconds: Floats, standstill: Floats) -> Seen:
    """An RR longer than that, and shorter than a standstill."""
    rr = window.rr[:, -1]
    return Seen((rr > seconds) & (rr < np.maximum(standstill, seconds + 1)) & window.there[:, -2], window.r[:, -2], rr)


def standstill(window: BeatWindow, seconds: Floats) -> Seen:
    """An RR longer than a standstill must be, which no look each second may have fallen into."""
    rr = window.rr[:, -1]
    return Seen((rr > seconds) & window.there[:, -2], window.r[:, -2], rr)
