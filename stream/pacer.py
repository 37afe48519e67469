"""When which samples of a source are due: pure arithmetic, told the time and never asking for it."""

import math
from typing import Final

BLOCK_SECONDS: Final = 0.2
"""Stream time between cuts; blocks end at cuts only."""

TICK: Final = 0.04
"""Shortest wall time between blocks, in seconds: at high speed a block spans several cuts."""

LATE: Final = 2.0
"""Lateness, in seconds, that is caught up; beyond (after an outage) play goes on from where it was."""

_ROUNDING: Final = 1e-9  # seconds by which a block may be early, so that rounding does not delay it

SLOWEST: Final = 0.1
"""Lowest speed but 0, which means as fast as possible."""


class Pacer:
    """The pace of one stream.

    Blocks are cut at the samples ``first + round(k * step)``, whatever the speed, and due when their last
    sample has happened. The schedule is absolute, so waits that are a little long or short do not add up.

    Parameters
    ----------
    fs
        Sampling rate in Hz.
    step
        Samples between cuts.
    first, stop
        First sample, and the one after the last; None if endless.
    most
        Most cuts in one block.
    speed
        Stream seconds per wall second; 0 is as fast as possible.
    now
        Wall time of the first sample, in seconds of any clock that only rises.

    Attributes
    ----------
    position
        The sample that comes next.
    paused
        Whether time stands still.
    """

    def __init__(
        self,
        *,
        fs: float,
        step: float,
        first: int,
        stop: int | None,
        most: int,
        speed: float,
        now: float,
    ) -> None:
        self.fs = fs
        self.position = first
        self.paused = False
        self.speed = speed
        self._step = step
        self._first = first
        self._stop = stop
        self._most = most
        self._cuts = 0  # cuts passed
        self._at = float(first)  # the sample that happened ...
        self._since = now  # ... at this time

    @property
    def done(self) -> bool:
        """Whether all samples were taken."""
        return self._stop is not None and self.position >= self._stop

    def clock(self, now: float) -> float:
        """Tell the (fractional) sample that happens at ``now``."""
        if self.speed == 0:
            return float(self.position)
        return self._at if self.paused else self._at + (now - self._since) * self.fs * self.speed

    def take(self, now: float) -> tuple[int, int]:
        """Give the block due, ``start`` and ``stop``, and move on behind it; both alike if none is."""
        start = self.position
        if self.done or self.paused or self._overdue(now) < -_ROUNDING:
            return start, start
        cuts = self._most
        if self.speed:
            stride = self._stride()
            passed = math.floor((self.clock(now) - self._first) / self._step) - self._cuts
            cuts = max(stride, min(passed, self._most) // stride * stride)
        self._cuts += cuts
        self.position = self._cut(self._cuts)
        return start, self.position

    def wait(self, now: float) -> float | None:
        """Tell the seconds until a block is due, 0 if one is; None while paused."""
        if self.paused:
            return None
        return max(0.0, -self._overdue(now))

    def rebase(self, now: float) -> bool:
        """Let the next sample happen now if the pace is too late to be caught up; tell whether it was."""
        late = not self.paused and self._overdue(now) > LATE
        if late:
            self._at, self._since = float(self.position), now
        return late

    def pause(self, now: float) -> None:
        """Let time stand still."""
        self._at, self._since, self.paused = self.clock(now), now, True

    def resume(self, now: float) -> None:
        """Let time go on from where it stood."""
        if self.paused:
            self._since, self.paused = now, False

    def set_speed(self, speed: float, now: float) -> None:
        """Change the speed from now on."""
        self._at, self._since, self.speed = self.clock(now), now, speed

    def _cut(self, number: int) -> int:
        cut = self._first + round(number * self._step)
        return cut if self._stop is None else min(cut, self._stop)

    def _stride(self) -> int:
        """Cuts in a block at this speed."""
        return min(self._most, max(1, math.ceil(self.speed * TICK * self.fs / self._step - 1e-9)))

    def _overdue(self, now: float) -> float:
        """Tell the seconds since the next block became due, negative before."""
        if self.speed == 0:
            return 0.0
        end = self._cut(self._cuts + self._stride())
        return (now - self._since) - (end - self._at) / (self.fs * self.speed)
