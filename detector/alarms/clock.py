"""Where the streams of beds are in time, and which of a bed's own samples that is."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from detector.conditioning import FS
from detector.rows import Rows

NEVER: Final = np.inf


class Clock(Rows):
    """The time of each row: samples at :data:`~detector.conditioning.FS`, counted from where its stream was opened."""

    first: NDArray[np.int64]  # the bed's sample that is sample 0 here
    ratio: NDArray[np.float64]  # the bed's samples in one of these
    quiet: NDArray[np.int64]  # sample until which another detector has told everything, -1: none has
    at: NDArray[np.int64]  # now
    pause_ends: NDArray[np.float64]  # UTC seconds at which a pause of the bell is over

    def fresh(self, beds: int) -> dict[str, NDArray[Any]]:  # noqa: D102
        return {
            "first": np.zeros(beds, np.int64),
            "ratio": np.ones(beds),
            "quiet": np.full(beds, -1, np.int64),
            "at": np.zeros(beds, np.int64),
            "pause_ends": np.full(beds, NEVER),
        }

    def start(self, row: int, first: int, fs: float, told: int | None) -> None:
        """A stream of rate ``fs`` begins at the bed's sample ``first``; all up to ``told`` was told by another."""
        self.first[row], self.ratio[row], self.at[row] = first, fs / FS, 0
        self.quiet[row] = -1 if told is None else round((told - first) * FS / fs)

    def sample(self, row: int, at: int) -> int:
        """The bed's own sample."""
        return int(self.first[row]) + round(at * float(self.ratio[row]))

    def here(self, row: int, sample: int) -> float:
        """The sample here that is the bed's own ``sample``."""
        return (sample - int(self.first[row])) / float(self.ratio[row])

    def now(self, row: int) -> int:
        """The bed's own sample now."""
        return self.sample(row, int(self.at[row]))
