"""Whether a lead can be read: missing, flat, at a rail, full of mains hum or of noise; second by second.

Samples are taken five at a time (:func:`fives`): at 250 Hz five samples are 20 ms and one period of 50 Hz mains, so
their weighted mean is the wave without it, and their first Fourier component what is faster than a QRS (25 to 75 Hz).
All that follows looks at fives, a second of them at a time, so nothing depends on how samples were cut into blocks.

What a lead is taken for, the first that holds:

- SATURATED: it stays, or stays for a tenth of the second, at a value far from where it usually is: the end of the
  amplifier's range.
- OFF: it did not move at all for a second: samples are missing (the last value stands in for them), or nothing is
  connected.
- FLAT: it moved less than :data:`FLAT_RANGE` in two seconds, less than an amplifier's own noise with a patient on it.
- MAINS: a steady hum of 50 or 60 Hz, which QRS detection does not mind.
- NOISY: muscle all the second long, or the net (:mod:`detector.fibrillation`) takes the wave for noise.
- GOOD: otherwise. A heart that stands still is GOOD: its line wanders by some tens of microvolts.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from detector.rows import Floats, Indices, Rows

FIVE: Final = 5
"""Samples taken together."""

RATE: Final = 50
"""Fives a second."""

CHANNELS: Final = 6
"""Values kept of five samples; see :func:`fives`."""


class LeadState(IntEnum):
    """What a lead is taken for."""

    GOOD = 0
    NOISY = 1
    MAINS = 2
    SATURATED = 3
    FLAT = 4
    OFF = 5


READABLE: Final = np.array([True, True, True, False, False, False])
"""Whether QRS can be looked for in a lead, by :class:`LeadState`."""

CLEAR: Final = np.array([True, False, True, False, False, False])
"""Whether what is found there can be trusted."""

NO_MOVE: Final = (5e-4, 1e-6)
"""A lead did not move if its values lie within so many mV, and within such a share of their size: what resampling a
constant leaves."""

FLAT_RANGE: Final = 0.010
"""Peak to peak in mV. IEC 60601-2-27 and ANSI/AAMI EC13 allow an amplifier noise of 0.03 mV; two steps of a recorder
with 200 steps a mV are 0.01 mV."""

RAIL: Final = 1.0
RAIL_SWINGS: Final = 1.2
RAIL_SHARE: Final = 0.1
"""A value at the end of the range is at least so many mV, and so many usual swings, from the lead's usual level; it
stands there for such a share of the second (or all of it)."""

HUM: Final = 0.04
HUM_SHARE: Final = 0.5
"""Mains has at least such an amplitude in mV, and such a share of all that is faster than a QRS."""

MUSCLE: Final = 0.05
MUSCLE_SWING: Final = 0.12
MUSCLE_SHARE: Final = 0.5
"""Muscle is in a five faster than a QRS with more than so many mV, and more than such a share of the lead's usual
swing; it is in such a share of fives, which a QRS is not."""

NOISE: Final = 0.6
"""From such a probability of noise on, the net is believed."""

LEVEL_MEMORY: Final = 0.1
SWING_MEMORY: Final = 0.05
"""Shares with which a second enters the lead's usual level and swing."""

_TURN: Final = 2 * np.pi * np.arange(3) / FIVE
_COS: Final = np.cos(_TURN).astype(np.float32)
_SIN: Final = np.sin(_TURN).astype(np.float32)
_SIXTY: Final = np.exp(-2j * np.pi * np.arange(FIVE) / FIVE).astype(np.complex64)
"""60 Hz turns by 10 Hz against 50 Hz: once in five fives."""


def fives(x: Floats) -> Floats:
    """Take samples five at a time.

    Parameters
    ----------
    x
        Samples at 250 Hz, shape ``(beds, leads, n)``, ``n`` a multiple of 5.

    Returns
    -------
    channels
        Shape ``(beds, leads * CHANNELS, n / 5)``; of each lead: what the five add to a mean of eight samples that ends
        with them, and to that of the next five (weights 1 2 3, 4 4 3 2 1 of 20: two running means, of four and five
        samples, which remove 50 and 62.5 Hz and leave little of 60); cosine and sine part of 50 Hz (amplitude times
        2.5); highest and lowest.
    """
    beds, leads, n = x.shape
    a, b, c, d, e = np.ascontiguousarray(x.reshape(beds, leads, n // FIVE, FIVE).transpose(3, 0, 1, 2))
    out = np.empty((beds, leads, CHANNELS, n // FIVE), np.float32)
    out[:, :, 0] = (4 * (a + b) + 3 * c + 2 * d + e) / 20
    out[:, :, 1] = (c + 2 * d + 3 * e) / 20
    out[:, :, 2] = a + _COS[1] * (b + e) + _COS[2] * (c + d)
    out[:, :, 3] = _SIN[1] * (b - e) + _SIN[2] * (c - d)
    out[:, :, 4] = np.maximum(np.maximum(np.maximum(a, b), np.maximum(c, d)), e)
    out[:, :, 5] = np.minimum(np.minimum(np.minimum(a, b), np.minimum(c, d)), e)
    return out.reshape(beds, leads * CHANNELS, n // FIVE)


def smooth(channels: Floats, before: Floats) -> Floats:
    """The wave of a second at 50 Hz, without mains.

    Parameters
    ----------
    channels
        A second of :func:`fives`, shape ``(beds, leads, CHANNELS, 50)``.
    before
        What the five before add to the first (their second channel), ``(beds, leads)``.
    """
    out = channels[:, :, 0].copy()
    out[..., 0] += before
    out[..., 1:] += channels[:, :, 1, :-1]
    return out


def constant(channels: Floats) -> Floats:
    """What the five before a second add to its first if the first's value had stood there, ``(beds, leads)``."""
    return channels[:, :, 0, 0] * np.float32(6 / 14)


@dataclass(slots=True, frozen=True, eq=False)
class Hum:
    """What is faster than a QRS in a second, per lead.

    Attributes
    ----------
    size
        Of each five, amplitude in mV, shape ``(beds, leads, 50)``.
    power
        Mean square of ``size``, without mains, in mV^2.
    mains
        Whether it is mains.
    """

    size: Floats
    power: Floats
    mains: NDArray[np.bool_]


def hum(channels: Floats) -> Hum:
    """Look at what is faster than a QRS in a second of :func:`fives`, shape ``(beds, leads, CHANNELS, 50)``."""
    cosine, sine = channels[:, :, 2], channels[:, :, 3]
    square = cosine * cosine
    square += sine * sine
    square *= (2 / FIVE) ** 2
    power = square.mean(-1)
    folded = _folded(cosine) - 1j * _folded(sine)
    steady = np.maximum(np.abs(folded.mean(-1)), np.abs((folded * _SIXTY).mean(-1)))
    is_mains = (steady > HUM) & (steady**2 > HUM_SHARE * power)
    return Hum(np.sqrt(square), np.where(is_mains, np.maximum(power - steady**2, 0), power), is_mains)


def _folded(x: Floats) -> Floats:
    """Mean amplitude of every fifth five of a second: shape ``(beds, leads, FIVE)``."""
    fold = x[..., :FIVE].copy()
    for begin in range(FIVE, RATE, FIVE):
        fold += x[..., begin : begin + FIVE]
    return fold * np.float32(2 / RATE)


class LeadWatch(Rows):
    """What is usual in each lead of some beds, and what a second is against that.

    Parameters
    ----------
    beds, leads
        How many.
    """

    level: Floats  # usual middle of the lead in mV
    swing: Floats  # usual distance of the farthest point of a second from the baseline
    top: Floats  # highest and lowest value of the last second
    bottom: Floats

    def __init__(self, beds: int, leads: int):
        self.leads: Final = leads
        super().__init__(beds)

    def fresh(self, beds: int) -> dict[str, NDArray[Any]]:  # noqa: D102
        return {name: np.zeros((beds, self.leads), np.float32) for name in ("level", "swing", "top", "bottom")}

    def look(
        self, beds: Indices, first: NDArray[np.bool_], channels: Floats, wave: Floats, fast: Hum
    ) -> NDArray[np.int8]:
        """Look at the next second of some beds.

        Parameters
        ----------
        beds, first
            Which beds, and of which of them it is the first second.
        channels
            The second's :func:`fives`, ``(len(beds), leads, CHANNELS, 50)``.
        wave
            Its wave without drift, ``(len(beds), leads, 50)``.
        fast
            What is faster than a QRS.

        Returns
        -------
        states
            A :class:`LeadState` of each lead, as far as the net is not needed.
        """
        high, low = channels[:, :, 4], channels[:, :, 5]
        top, bottom = high.max(-1), low.min(-1)
        middle, reach = (top + bottom) / 2, np.abs(wave).max(-1)
        new = first[:, None]
        level, swing = np.where(new, middle, self.level[beds]), np.where(new, reach, self.swing[beds])
        touch = NO_MOVE[0] + NO_MOVE[1] * np.maximum(np.abs(top), np.abs(bottom))
        still = top - bottom <= touch
        flat = np.maximum(top, np.where(new, top, self.top[beds])) - np.minimum(
            bottom, np.where(new, bottom, self.bottom[beds])
        )
        away = np.maximum(RAIL, RAIL_SWINGS * swing)
        above, below = top > level + away, bottom < level - away
        railed = above | below
        if railed.any():
            edge = (high - low) <= touch[..., None]
            at_top = (high >= (top - touch)[..., None]) & above[..., None]
            at_bottom = (low <= (bottom + touch)[..., None]) & below[..., None]
            railed = _count(edge & (at_top | at_bottom)) >= RAIL_SHARE * RATE
        muscle = fast.size > np.maximum(MUSCLE, MUSCLE_SWING * swing)[..., None]
        noisy = _count(muscle) > MUSCLE_SHARE * RATE
        state = np.select(
            [railed, still, flat < FLAT_RANGE, fast.mains, noisy],
            [LeadState.SATURATED, LeadState.OFF, LeadState.FLAT, LeadState.MAINS, LeadState.NOISY],
            LeadState.GOOD,
        ).astype(np.int8)
        learn = ~(still | railed)
        self.level[beds] = np.where(learn, level + LEVEL_MEMORY * (middle - level), level)
        self.swing[beds] = np.where(learn, swing + SWING_MEMORY * (np.minimum(reach, 2 * swing) - swing), swing)
        self.top[beds], self.bottom[beds] = top, bottom
        return state


def _count(true: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """How many are true, of at most 255; in bytes, which is far faster."""
    return np.asarray(true.view(np.uint8).sum(-1, dtype=np.uint8))
