"""What a rule answers: of which beds a condition is seen, since where, how much; and what all rules see in a second."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detector.alarms.kinds import KINDS, NUMBER
from detector.rows import Floats, Indices


@dataclass(slots=True, frozen=True)
class Seen:
    """A condition in some beds (or at some beats), shape ``(n,)`` each.

    Attributes
    ----------
    seen
        Whether it is there.
    since
        Sample index at :data:`~detector.conditioning.FS` where it began, if it is.
    value
        What its text tells of: a rate, seconds, a count.
    """

    seen: NDArray[np.bool_]
    since: NDArray[np.int64]
    value: Floats


class SeenNow:
    """What is seen of every kind in one second: arrays ``(n, KINDS)``."""

    def __init__(self, n: int):
        self.seen = np.zeros((n, KINDS), np.bool_)
        self.since = np.zeros((n, KINDS), np.int64)
        self.where = np.zeros((n, KINDS), np.int64)
        self.value = np.zeros((n, KINDS), np.float32)

    def add(self, name: str, one: Seen, where: NDArray[np.int64]) -> None:
        """What is seen of every bed, at samples ``where``."""
        k = NUMBER[name]
        fresh = one.seen & ~self.seen[:, k]
        self.since[fresh, k] = one.since[fresh]
        self.where[one.seen, k] = where[one.seen]
        self.value[one.seen, k] = one.value[one.seen]
        self.seen[:, k] |= one.seen

    def add_beats(
        self, k: int, index: Indices, since: NDArray[np.int64], value: Floats, where: NDArray[np.int64]
    ) -> None:
        """What is seen at beats of some beds, in order of time: the first says since when, the last how much."""
        self.since[index[::-1], k] = since[::-1]
        self.where[index, k] = where
        self.value[index, k] = value
        self.seen[index, k] = True


def trailing(flags: NDArray[np.bool_]) -> NDArray[np.int64]:
    """How many of the last are set without a break: shape ``(n, m)`` to ``(n,)``."""
    broken = ~flags[:, ::-1]
    return np.where(broken.any(1), broken.argmax(1), flags.shape[1])


def back(values: NDArray[np.int64], count: NDArray[np.int64]) -> NDArray[np.int64]:
    """The ``count``-th from the end of each row (1: the last), as far as there is one."""
    width = values.shape[1]
    return np.take_along_axis(values, np.clip(width - count, 0, width - 1)[:, None], axis=1)[:, 0]
