"""Hours of beats in few numbers: RR, rate and class of the beats that matter in a picture, and counts per hour."""

from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from stream.messages import AAMI, Beat

POINTS: Final = 1500
"""Into so many stretches of time a period is cut for the picture."""

HOUR: Final = 3600.0


class Trend(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Beats of a period.

    Attributes
    ----------
    times, rr, hr, labels
        Of the beats that are told, in order of time: UTC seconds (float64), RR in s and rate per minute (float32, NaN
        where there is none), place of the class in :data:`~stream.messages.AAMI` (uint8); little-endian bytes.
    hours
        Begin of each hour that has beats, in UTC seconds, and the number of beats of each class in it, from all beats.
    last
        UTC seconds of the last beat; later ones are yet to come.
    total
        Number of all beats in the period.
    problem
        Why there is nothing, in a sentence.
    """

    times: bytes = b""
    rr: bytes = b""
    hr: bytes = b""
    labels: bytes = b""
    hours: list[tuple[float, list[int]]] = []
    last: float | None = None
    total: int = 0
    problem: str = ""


def trend(beats: Sequence[tuple[float, Beat]], begin: float, end: float, offset: float = 0.0) -> Trend:
    """Sum up beats, given with their times in UTC seconds.

    Parameters
    ----------
    begin, end
        The period, in UTC seconds.
    offset
        Hours begin when clocks so many seconds east of Greenwich strike.
    """
    ordered = sorted(beats, key=lambda one: one[0])
    times = np.array([time for time, _ in ordered])
    labels = np.array([AAMI.index(beat.label) for _, beat in ordered], np.uint8)
    rr = np.array([np.nan if beat.rr is None else beat.rr for _, beat in ordered], np.float32)
    hr = np.array([np.nan if beat.hr is None else beat.hr for _, beat in ordered], np.float32)
    told = thin(times, rr, labels, (end - begin) / POINTS)
    return Trend(
        times=times[told].astype("<f8").tobytes(),
        rr=rr[told].astype("<f4").tobytes(),
        hr=hr[told].astype("<f4").tobytes(),
        labels=labels[told].tobytes(),
        hours=count_hours(times, labels, offset),
        last=float(times[-1]) if len(times) else None,
        total=len(times),
    )


def thin(
    times: NDArray[np.float64], rr: NDArray[np.float32], labels: NDArray[np.uint8], width: float
) -> NDArray[np.intp]:
    """Choose beats that look like all: of each class in each stretch of time, those of the shortest and longest RR.

    Parameters
    ----------
    times
        In s, rising.
    rr
        In s; NaN where it is not known, and such a beat stands for its like only where there is no other.
    labels
        Of each beat.
    width
        Of a stretch, in s.

    Returns
    -------
    indices
        Of the beats chosen, rising; at most two of a class in a stretch, so no ectopic beat is left out but for others.
    """
    if not len(times):
        return np.zeros(0, np.intp)
    stretch = np.floor((times - times[0]) / width).astype(np.int64)
    group = stretch * (int(labels.max()) + 1) + labels
    order = np.lexsort((rr, group))  # NaN last
    sorted_group, known = group[order], np.isfinite(rr[order])
    first = np.flatnonzero(np.diff(sorted_group, prepend=sorted_group[0] - 1))
    finite = np.add.reduceat(known.astype(np.int64), first)
    longest = first + np.maximum(finite, 1) - 1
    return np.unique(order[np.concatenate((first, longest))])


def count_hours(
    times: NDArray[np.float64], labels: NDArray[np.uint8], offset: float = 0.0
) -> list[tuple[float, list[int]]]:
    """Count the beats of each class in each hour that has any; ``offset`` as for :func:`trend`."""
    hours = np.floor((times + offset) / HOUR).astype(np.int64)
    begins, row = np.unique(hours, return_inverse=True)
    counts = np.zeros((len(begins), len(AAMI)), np.int64)
    np.add.at(counts, (row, labels), 1)
    return [(float(hour * HOUR - offset), line) for hour, line in zip(begins, counts.tolist(), strict=True)]
