"""Where a QRS begins and ends, over the leads together: its duration as those who read ECGs tell it.

Measured is the *spatial velocity*, the size of the change from sample to sample over all leads (the duration of QRS is
from its earliest begin to its latest end in any lead). A first guess of either end is the knee of its sum from the
steepest point outward, which is where the sum is farthest from its chord (Zack, Rogers and Latt 1977, J Histochem
Cytochem 25:741, for the knee of any curve): it needs no threshold, so a slow QRS with a slow T behind it has its end
too. Then an end moves on, 20 ms at most, while the velocity is above a small share of the steepest.

On triangles as of ANSI/AAMI EC13, 40 to 120 ms wide, it says 8 to 12 ms more than they are, of which most is from the
40 Hz of the wave it reads; medians of MIT-BIH records are 60 to 108 ms of normal beats, 116 to 168 ms in bundle branch
block, 120 to 180 ms of ventricular beats (docs/explanation.md).
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from detector.conditioning import FS
from detector.rows import Floats
from detector.segmentation import BEFORE, QRS

REACH: Final = slice(BEFORE - 50, BEFORE + 61)
"""Where in a cut beat the ends of QRS are looked for: from 200 ms before R to 240 ms after."""

SHARE: Final = 0.06
"""An end moves on while the velocity is above this share of the steepest, counted from :data:`QUIET`."""

QUIET: Final = 0.1
"""The velocity that this share of the beat's samples stays below is taken for that of its noise."""

MORE: Final = 5
"""Samples (20 ms) by which an end moves on at most."""

LEAST: Final = 0.01
"""A beat that is nowhere steeper than this, in mV a sample, has no QRS to measure."""


def velocity(beat: Floats) -> Floats:
    """Size of the change a sample over the leads: ``(beats, leads, n)`` to ``(beats, n)``, 0 at both ends."""
    change = np.zeros_like(beat)
    change[..., 1:-1] = (beat[..., 2:] - beat[..., :-2]) / 2
    return np.asarray(np.sqrt((change * change).sum(1)), np.float32)


def qrs_ends(beat: Floats) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """First and last sample of QRS.

    Parameters
    ----------
    beat
        Cut beats in mV, of shape ``(beats, leads, n)``, R at :data:`~detector.segmentation.BEFORE`.

    Returns
    -------
    onset, end
        Of shape ``(beats,)``; both the steepest sample where there is no QRS.
    """
    speed = velocity(beat)
    row = np.arange(len(speed))
    steepest = QRS.start + speed[:, QRS].argmax(-1)
    most = speed[row, steepest]
    noise = np.quantile(speed, QUIET, axis=-1)
    least = noise + SHARE * (most - noise)
    onset = _knee(speed, steepest, REACH.start)
    end = _knee(speed, steepest, REACH.stop - 1)
    for _ in range(MORE):
        onset = onset - (speed[row, onset] > least)
        end = end + (speed[row, end + 1] > least)
    none = most < LEAST
    return np.where(none, steepest, onset), np.where(none, steepest, end)


def qrs_duration(beat: Floats) -> Floats:
    """Duration of QRS in ms, of cut beats as for :func:`qrs_ends`; NaN where there is none."""
    return milliseconds(*qrs_ends(beat))


def milliseconds(onset: NDArray[np.intp], end: NDArray[np.intp]) -> Floats:
    """From one sample to another in ms; NaN where both are the same."""
    return np.asarray(np.where(end > onset, (end - onset) * (1000 / FS), np.nan), np.float32)


def _knee(speed: Floats, start: NDArray[np.intp], stop: int) -> NDArray[np.intp]:
    """Where the sum of ``speed`` from sample ``start`` of each beat to ``stop`` is farthest from its chord."""
    low, high = min(stop, QRS.start), max(stop, QRS.stop)
    at = np.arange(low, high + 1)
    way = np.abs(np.cumsum(speed[:, low : high + 1], axis=-1, dtype=np.float64))
    row = np.arange(len(speed))
    way = np.abs(way - way[row, start - low][:, None])
    far, whole = np.abs(at - start[:, None]), np.maximum(np.abs(stop - start), 1)
    between = (at >= np.minimum(start, stop)[:, None]) & (at <= np.maximum(start, stop)[:, None])
    above = way - way[:, [stop - low]] * (far / whole[:, None])
    return np.asarray(low + np.where(between, above, -1).argmax(-1), np.intp)
