"""What a rule answers: of which beds a condition is seen, since where, how much."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detector.rows import Floats


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


def trailing(flags: NDArray[np.bool_]) -> NDArray[np.int64]:
    """How many of the last are set without a break: shape ``(n, m)`` to ``(n,)``."""
    broken = ~flags[:, ::-1]
    return np.where(broken.any(1), broken.argmax(1), flags.shape[1])


def back(values: NDArray[np.int64], count: NDArray[np.int64]) -> NDArray[np.int64]:
    """The ``count``-th from the end of each row (1: the last), as far as there is one."""
    width = values.shape[1]
    return np.take_along_axis(values, np.clip(width - count, 0, width - 1)[:, None], axis=1)[:, 0]
