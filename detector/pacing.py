"""Pacing pulses taken out of raw samples, before any filter widens them into something like a QRS.

A pulse lasts 0.1 to 2 ms (IEC 60601-2-27), and a recorder's filter leaves of it a needle of two or three samples on a
line that is as quiet just before as just after. A QRS of 40 ms is never so: its flanks are beside its peak. That is
told by ratios alone, so it holds at any amplitude, and from a few samples alone, so it does not depend on how a stream
is cut into blocks.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from detector.rows import Floats, Indices, Ring

LONGEST: Final = 0.002
"""Seconds a pulse lasts at most."""

AROUND: Final = 6
"""Samples before and after a pulse that are looked at."""

STANDS_OUT: Final = 5.0
"""A pulse is so many times as high as its surroundings move."""

LEAST_FS: Final = 200.0
"""Below this rate (Hz) a QRS too may be a needle: nothing is taken out."""


class WithoutPulses:
    """A ring of raw samples, read with a straight line in place of each pacing pulse.

    Parameters
    ----------
    ring
        The samples.
    fs
        Their rate in Hz.

    Attributes
    ----------
    reach
        Samples on each side of a sample that decide about it.
    """

    def __init__(self, ring: Ring, fs: float):
        self.ring: Final = ring
        self.leads: Final = ring.leads
        self.width: Final = int(np.ceil(LONGEST * fs)) + 1
        self.reach: Final = 2 * self.width - 1 + AROUND if fs >= LEAST_FS else 0

    def read(self, rows: Indices, start: NDArray[np.int64], count: int) -> Floats:
        """Samples ``start`` to ``start + count`` without pulses, shape ``(len(rows), leads, count)``.

        Samples up to ``start + count + reach`` must be in the ring; before sample 0 the first value stands for ever.
        """
        if not self.reach:
            return self.ring.read(rows, start, count)
        begin = start - self.reach
        x = self.ring.read(rows, begin, count + 2 * self.reach)
        if (begin < 0).any():
            column = np.maximum(np.arange(x.shape[-1]), np.minimum(-begin, x.shape[-1] - 1)[:, None])
            x = np.take_along_axis(x, column[:, None, :], axis=-1)
        return self.clean(x)

    def clean(self, x: Floats) -> Floats:
        """Take pulses out of ``x`` of shape ``(..., n)``: ``n - 2 * reach`` samples, without the edges."""
        if not self.reach:
            return x
        width, n = self.width, x.shape[-1] - 2 * self.reach
        places = n + 3 * (width - 1)  # where a pulse may begin that touches what is wanted, or one that does
        before = x[..., AROUND : AROUND + places]
        after = x[..., AROUND + width + 1 : AROUND + width + 1 + places]
        line = np.stack([before + (after - before) * np.float32((k + 1) / (width + 1)) for k in range(width)])
        pulse = np.stack([x[..., AROUND + 1 + k : AROUND + 1 + k + places] for k in range(width)])
        height = np.abs(pulse - line).max(0)
        left = [x[..., AROUND - k : AROUND - k + places] for k in range(AROUND)]
        right = [x[..., AROUND + width + 1 + k : AROUND + width + 1 + k + places] for k in range(AROUND)]
        moves = np.maximum.reduce([*left, *right]) - np.minimum.reduce([*left, *right])
        found = height > np.float32(STANDS_OUT) * moves
        clean = x[..., self.reach : self.reach + n].copy()
        if found.any():
            # Of pulses that overlap, the one with the quietest surroundings: the others have a part of it in theirs.
            noise = np.where(found, moves, np.float32(np.inf))
            least = np.minimum.reduce([noise[..., k : k + n + width - 1] for k in range(2 * width - 1)])
            best = found[..., width - 1 : 2 * width - 2 + n] & (noise[..., width - 1 : 2 * width - 2 + n] <= least)
            for k in range(width):  # of the pulse that began k samples before
                part = slice(width - 1 - k, width - 1 - k + n)
                there = slice(2 * (width - 1) - k, 2 * (width - 1) - k + n)
                clean = np.where(best[..., part], line[k][..., there], clean)
        return clean
