"""Runs of ventricular and of supraventricular beats.

A classifier errs in single beats, and a ventricular tachycardia whose fourth beat is in doubt is one all the same. So
a run that is to be told as tachycardia may hold doubtful beats, as long as the run as a whole is not in doubt.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from detector.alarms.history import WINDOW, BeatWindow, N, S
from detector.alarms.rules import Seen, back, trailing
from detector.conditioning import FS
from detector.rows import Floats

LIKELY: Final = 0.35
POSSIBLE: Final = 0.15
"""Probability of V that the beats of a ventricular tachycardia have on average, and each at least."""

SLOW: Final = 40.0
"""Rate (1/min) below which a ventricular rhythm is a bradycardia."""

SUSTAINED: Final = 5
"""Beats from which a ventricular run is a rhythm."""

RUN: Final = 3
"""Beats from which ventricular beats are a run."""

OF_EIGHT: Final = 0.75
"""Share of the beats of a supraventricular tachycardia that must be named S; none may be ventricular."""


def rate_of_last(window: BeatWindow, count: NDArray[np.int64]) -> Floats:
    """Rate (1/min) of the last ``count`` beats; 0 where there are not so many."""
    time = (window.r[:, -1] - back(window.r, count)) / FS
    rate = 60 * (count - 1) / np.maximum(time, 1e-3)
    return np.asarray(np.where(count <= window.depth, rate, 0), np.float32)


def ventricular_tachycardia(window: BeatWindow, beats: NDArray[np.int64], rate: Floats) -> Seen:
    """At least so many V in a row, as fast as that: of the last beats only, so it is known with the last of them."""
    inside = np.arange(WINDOW) >= WINDOW - beats[:, None]
    total = np.where(inside, window.chance, 0).sum(1)
    least = np.where(inside, window.chance, 1).min(1)
    fast = rate_of_last(window, beats)
    seen = (total >= LIKELY * beats) & (least >= POSSIBLE) & (fast >= rate)
    return Seen(seen, back(window.r, beats), fast)


def ventricular_rhythm(window: BeatWindow, rate: Floats) -> tuple[Seen, Seen]:
    """At least :data:`SUSTAINED` V in a row, slower than a tachycardia: as a rhythm, and as a bradycardia."""
    length = trailing(window.v)
    speed = rate_of_last(window, np.full(len(window), SUSTAINED))
    long = (length >= SUSTAINED) & (speed < rate)
    since = back(window.r, length)
    return Seen(long & (speed >= SLOW), since, speed), Seen(long & (speed < SLOW), since, speed)


def run(window: BeatWindow) -> Seen:
    """At least :data:`RUN` V in a row."""
    length = trailing(window.v)
    counted = np.maximum(length, RUN)
    return Seen(length >= RUN, back(window.r, counted), rate_of_last(window, counted))


def couplet(window: BeatWindow) -> Seen:
    """Exactly two V: known with the beat after."""
    v, there = window.v, window.there
    seen = ~v[:, -1] & v[:, -2] & v[:, -3] & ~v[:, -4] & there[:, -4]
    return Seen(seen, window.r[:, -3], np.full(len(window), 2, np.float32))


def supraventricular_tachycardia(window: BeatWindow, beats: NDArray[np.int64], rate: Floats) -> Seen:
    """At least so many beats in a row, S but for a few N behind the first, as fast as that."""
    inside = np.arange(WINDOW) >= WINDOW - beats[:, None]
    s = window.label == S
    narrow = (s | (window.label == N) | ~inside).all(1)
    fast = rate_of_last(window, beats)
    first = np.take_along_axis(s, (WINDOW - beats)[:, None], axis=1)[:, 0]
    seen = narrow & first & ((s & inside).sum(1) >= OF_EIGHT * beats) & (fast >= rate)
    return Seen(seen, back(window.r, beats), fast)
