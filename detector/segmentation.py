"""One beat cut out of the wave, and brought to the length the model reads.

Pure functions on arrays of beats: placing R, cutting around it, length normalization, simple measures of shape.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from detector.conditioning import FS
from detector.rows import Floats, Indices, Ring

BEFORE: Final = 80
AFTER: Final = 120
"""A beat reaches from 0.32 s before R, which holds its P wave, to 0.48 s after, which holds most of T."""

LENGTH: Final = 100
"""Samples of a beat after length normalization."""

SEARCH: Final = 20
"""R is looked for this many samples (80 ms) on each side of where the QRS detector points."""

WAVE_DELAY: Final = 1
"""Samples by which the wave filter delays a QRS."""

QRS: Final = slice(BEFORE - 30, BEFORE + 31)
"""Where in a cut beat the QRS lies: 120 ms on each side of R."""


def place_r(
    wave: Ring, beds: Indices, about: NDArray[np.int64], lead: Indices, seen: NDArray[np.int64]
) -> NDArray[np.int64]:
    """R, to the sample: where the lead is farthest from its median level within :data:`SEARCH` of ``about``."""
    reach = 50
    begin = about + WAVE_DELAY - reach
    around = wave.read(beds, begin, 2 * reach + 1, stop=seen)[np.arange(len(beds)), lead]
    away = np.abs(around - np.median(around, axis=-1, keepdims=True))[:, reach - SEARCH : reach + SEARCH + 1]
    return about - SEARCH + away.argmax(-1)


def cut(wave: Ring, beds: Indices, r: NDArray[np.int64], seen: NDArray[np.int64]) -> Floats:
    """The wave around R: shape ``(beats, leads, BEFORE + AFTER)``; what has not come yet is the last value."""
    return wave.read(beds, r + WAVE_DELAY - BEFORE, BEFORE + AFTER, stop=seen)


def normalize_length(wave: NDArray[Any], length: int = LENGTH) -> Floats:
    """Bring waves of shape ``(..., n)`` to ``(..., length)`` samples over the same time, by linear interpolation.

    The first and last sample stay where they are; when samples get fewer, each is the mean of those around it.
    """
    n = wave.shape[-1]
    if n == length:
        return np.asarray(wave, np.float32)
    if n > length and n % length == 0:
        return np.asarray(wave.reshape(*wave.shape[:-1], length, n // length).mean(-1), np.float32)
    position = np.linspace(0, n - 1, length)
    left = np.minimum(position.astype(np.intp), max(n - 2, 0))
    share = position - left
    right = np.minimum(left + 1, n - 1)
    return np.asarray(wave[..., left] * (1 - share) + wave[..., right] * share, np.float32)


def amplitude(beat: Floats) -> Floats:
    """Peak-to-peak height of the QRS: ``(beats, leads, n)`` to ``(beats, leads)``."""
    return np.asarray(np.ptp(beat[..., QRS], axis=-1), np.float32)


def width(beat: Floats, share: float) -> Floats:
    """How long, in ms, the QRS is farther from its median level than ``share`` of its farthest.

    ``beat`` has shape ``(..., n)``. A measure of shape to be compared with the same patient's others, not a
    clinical QRS duration (after Saenz-Cogollo and Agelli 2020, Comput Biol Med 121:103812).
    """
    qrs = beat[..., QRS]
    away = np.abs(qrs - np.median(beat, axis=-1, keepdims=True))
    return np.asarray((away > share * away.max(-1, keepdims=True)).sum(-1) * (1000 / FS), np.float32)


def likeness(beat: Floats, template: Floats) -> Floats:
    """Correlation of each beat with its template, ``(..., n)`` each; 0 where one of them is flat."""
    a = beat - beat.mean(-1, keepdims=True)
    b = template - template.mean(-1, keepdims=True)
    power = np.sqrt((a * a).sum(-1) * (b * b).sum(-1))
    return np.asarray(np.where(power > 1e-9, (a * b).sum(-1) / np.maximum(power, 1e-9), 0), np.float32)
