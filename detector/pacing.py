"""Pacing pulses taken out of raw samples, before any filter widens them into something like a QRS; and their tails.

A pulse lasts 0.1 to 2 ms (IEC 60601-2-27), and a recorder's filter leaves of it a needle of two or three samples on a
line that is as quiet just before as just after. A QRS of 40 ms is never so: its flanks are beside its peak. That is
told by ratios alone, so it holds at any amplitude, and from a few samples alone, so it does not depend on how a stream
is cut into blocks.

Behind a pulse the charge it left may drain: the line jumps to the other side and comes back as an exponential of 4 to
100 ms (ibid., ANSI/AAMI EC13 4.1.4.2), which on its own looks like a QRS. Its height and time constant are read off the
first 24 ms, and it is taken away for as long as it lasts. What is no exponential, as a QRS that the pulse made, stays.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from detector.rows import Floats, Indices, Ring, Rows

LONGEST: Final = 0.002
"""Seconds a pulse lasts at most."""

AROUND: Final = 6
"""Samples before and after a pulse that are looked at."""

STANDS_OUT: Final = 5.0
"""A pulse is so many times as high as the samples before it move, and those after."""

STICKS_OUT: Final = 0.2
"""It is beyond all of them by such a share of its height: a step is not."""

PART: Final = 0.008
"""Seconds in each of the three parts behind a pulse by whose means a tail is told."""

TAIL_STANDS_OUT: Final = 3.0
"""A tail is so many times as high as the samples before the pulse move."""

TIMES: Final = (0.003, 0.15)
"""Its time constant in s: what the standards have, and a little beyond."""

FITS: Final = 0.08
"""The mean of its second part is the geometric mean of the others, as in an exponential, give or take such a share of
the first."""

OVER: Final = 7.0
"""Time constants after which nothing is left of it."""

LEAST_FS: Final = 200.0
"""Below this rate (Hz) a QRS too may be a needle: nothing is taken out."""

LONG_AGO: Final = -(1 << 40)


class Unpaced(Rows):
    """Samples without pacing pulses, made from a ring of raw ones as they come.

    Parameters
    ----------
    raw
        The samples as they came.
    fs
        Their rate in Hz.

    Attributes
    ----------
    ring
        The same without pulses; where :data:`LEAST_FS` forbids to look for them, ``raw`` itself.
    before, reach
        Samples before and after a sample that decide about it.
    """

    seen: NDArray[np.int64]  # samples taken over
    begin: NDArray[np.int64]  # first sample of the last tail, per lead
    size: Floats  # its height there
    decay: NDArray[np.float64]  # samples in its time constant

    def __init__(self, raw: Ring, fs: float):
        self.raw: Final = raw
        self.width: Final = int(np.ceil(LONGEST * fs)) + 1
        self.part: Final = max(2, round(PART * fs))
        self._slow: Final = fs < LEAST_FS
        self._times: Final = (TIMES[0] * fs, TIMES[1] * fs)
        self.reach: Final = 0 if self._slow else 2 * self.width - 1 + max(AROUND, 3 * self.part)
        self.before: Final = 0 if self._slow else 2 * (self.width - 1) + AROUND
        beds = len(raw.values)
        self.ring: Final = raw if self._slow else Ring(beds, raw.leads, raw.length)
        super().__init__(beds)

    def fresh(self, beds: int) -> dict[str, NDArray[Any]]:  # noqa: D102
        shape = (beds, self.raw.leads)
        return {
            "seen": np.zeros(beds, np.int64),
            "begin": np.full(shape, LONG_AGO, np.int64),
            "size": np.zeros(shape, np.float32),
            "decay": np.ones(shape),
        }

    def grow(self, beds: int) -> None:  # noqa: D102
        super().grow(beds)
        if not self._slow:
            self.ring.grow(beds)

    def reset(self, beds: Indices) -> None:  # noqa: D102
        super().reset(beds)
        if not self._slow:
            self.ring.reset(beds)

    def follow(self, received: NDArray[np.int64]) -> None:
        """Take over what can be decided once so many samples of each bed are in the ring of raw ones."""
        if self._slow:
            self.seen[:] = received
            return
        while True:
            ready = received - self.reach - self.seen
            rows = np.flatnonzero(ready > 0)
            if not rows.size:
                return
            count = int(ready[rows].min())  # mostly that of all: blocks of one length, whatever their bounds
            begin = self.seen[rows]
            self.ring.write(rows, begin, self._clean(rows, begin, self._read(rows, begin, count)))
            self.seen[rows] += count

    def _read(self, rows: Indices, begin: NDArray[np.int64], count: int) -> Floats:
        """Raw samples, with those around that decide; before sample 0 the first value has stood for ever."""
        start = begin - self.before
        x = self.raw.read(rows, start, self.before + count + self.reach)
        if (start < 0).any():
            column = np.maximum(np.arange(x.shape[-1]), np.minimum(-start, x.shape[-1] - 1)[:, None])
            x = np.take_along_axis(x, column[:, None, :], axis=-1)
        return x

    def _clean(self, rows: Indices, begin: NDArray[np.int64], x: Floats) -> Floats:
        """Take pulses and tails out of samples of some beds: those of :meth:`_read`, without the ones around."""
        found = self._pulses(x)
        out = x[..., self.before : x.shape[-1] - self.reach]
        lasting = begin[:, None] - self.begin[rows] < OVER * self.decay[rows]
        if found is None and not lasting.any():
            return out
        out = out.copy()
        filled = np.zeros(out.shape, np.bool_)
        tail = np.zeros(out.shape, np.float32)
        for row, lead in zip(*np.nonzero(lasting), strict=True):
            self._drain(tail[row, lead], rows[row], lead, begin[row])
        for row, lead, place in [] if found is None else found:
            at = place - self.before  # of the pulse in what is given back
            of = x[row, lead, place - AROUND :]
            height = self._tail(of[:AROUND], of[AROUND:])
            inside = np.arange(max(at, 0), min(at + self.width, out.shape[-1]))
            before, after = of[AROUND - 1], of[AROUND + self.width] - np.float32(height[0] if height else 0)
            share = ((inside - at + 1) / (self.width + 1)).astype(np.float32)
            out[row, lead, inside] = before + (after - before) * share
            filled[row, lead, inside] = True
            if height:
                bed = rows[row]
                self.begin[bed, lead] = begin[row] + at + self.width
                self.size[bed, lead], self.decay[bed, lead] = height
                self._drain(tail[row, lead], bed, lead, begin[row])
        return out - np.where(filled, np.float32(0), tail)

    def _pulses(self, x: Floats) -> list[tuple[int, int, int]] | None:
        """Row, lead and first sample of each pulse that touches what is to be given back, in order of time."""
        width, flat = self.width, x.reshape(-1)  # rows one behind the other are faster; their ends are not looked at
        high, low = _running(np.maximum, flat, AROUND), _running(np.minimum, flat, AROUND)
        moves, behind, places = high - low, AROUND + width, len(flat) - 2 * AROUND - width + 1
        quiet = np.maximum(moves[:places], moves[behind : behind + places])
        above = np.maximum(high[:places], high[behind : behind + places])
        below = np.minimum(low[:places], low[behind : behind + places])
        top = _running(np.maximum, flat, width)[AROUND : AROUND + places]
        bottom = _running(np.minimum, flat, width)[AROUND : AROUND + places]
        height = np.maximum(top - below, above - bottom)
        is_pulse = height > np.float32(STANDS_OUT) * quiet
        if not is_pulse.any():
            return None
        is_pulse &= np.maximum(top - above, below - bottom) > np.float32(STICKS_OUT) * height
        first = self.before - 2 * (width - 1)  # where a pulse may begin that touches one that touches what is wanted
        last = x.shape[-1] - self.reach + width - 1
        noise = np.full(x.size, np.inf, np.float32)
        noise[AROUND : AROUND + places][is_pulse] = quiet[is_pulse]
        noise = noise.reshape(x.shape)[..., first:last]
        # Of pulses that overlap, the one with the quietest surroundings: the others have a part of it in theirs.
        least = np.minimum.reduce([noise[..., k : noise.shape[-1] - 2 * (width - 1) + k] for k in range(2 * width - 1)])
        best = noise[..., width - 1 : 1 - width]
        row, lead, place = np.nonzero((best <= least) & (best < np.inf))
        return sorted(
            zip(row.tolist(), lead.tolist(), (place + first + width - 1).tolist(), strict=True), key=lambda one: one[2]
        )

    def _tail(self, before: Floats, pulse: Floats) -> tuple[float, float] | None:
        """Height of a tail behind a pulse, and the samples in its time constant, if there is one.

        Parameters
        ----------
        before
            The samples before the pulse.
        pulse
            The pulse and what follows.
        """
        base = float(before.mean(dtype=np.float64))
        behind = pulse[self.width : self.width + 3 * self.part].reshape(3, self.part).mean(1, dtype=np.float64) - base
        first, second, third = behind.tolist()
        needle = pulse[: self.width].astype(np.float64) - base
        against = first * needle[np.abs(needle).argmax()] < 0
        if not against or abs(first) < TAIL_STANDS_OUT * float(np.ptp(before)) or not 0 < third / first < 1:
            return None
        time = 2 * self.part / np.log(first / third)
        if abs(second / first - np.sqrt(third / first)) > FITS or not self._times[0] < time < self._times[1]:
            return None
        return float(first * np.exp((self.part - 1) / 2 / time)), float(time)

    def _drain(self, out: Floats, bed: np.intp | int, lead: np.intp | int, begin: np.int64) -> None:
        """Write what there is of the last tail of a lead, of samples ``begin`` on."""
        since = begin - self.begin[bed, lead] + np.arange(len(out))
        part = since >= 0
        out[part] = self.size[bed, lead] * np.exp(-since[part] / self.decay[bed, lead])


def _running(of: Any, x: Floats, count: int) -> Floats:
    """Highest or lowest of each sample and those after it, ``count`` together."""
    span = 1
    while span < count:
        step = min(span, count - span)
        x = of(x[:-step], x[step:])
        span += step
    return x
