"""Which beat found is which beat annotated: the pairing of ANSI/AAMI EC57, by the rules of WFDB's ``bxb``.

Both lists are walked in time, always deciding on the earlier of the two current beats: it is paired with the
other list's current beat if that lies within the match window and nothing makes a better partner, else it is
*missed* (a reference beat) or *extra* (a test beat).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from stream.errors import CardioVisionError

LEARNING: Final = 300.0
"""Seconds at a record's begin that are not scored (EC57: five minutes)."""

WINDOW: Final = 0.15
"""Seconds that a beat found may lie off its reference beat, inclusive (EC57: 150 ms)."""

Segment = tuple[int, int]
"""First and last sample of a stretch, both inclusive."""

_FAR: Final = 1 << 62  # stands after the last beat of a list


@dataclass(frozen=True, slots=True, eq=False)
class Matching:
    """The outcome of :func:`match`, as indices into the two lists.

    Attributes
    ----------
    pairs
        Shape ``(n, 2)``: reference index, test index, rising in both.
    missed
        Reference beats without a test beat.
    extra
        Test beats without a reference beat.
    ignored
        Test beats of the period that are not counted: unmatched within flutter, or at the very start.
    """

    pairs: NDArray[np.int64]
    missed: NDArray[np.int64]
    extra: NDArray[np.int64]
    ignored: NDArray[np.int64]


def match(
    reference: ArrayLike,
    test: ArrayLike,
    fs: float,
    *,
    end: int,
    learning: float = LEARNING,
    window: float = WINDOW,
    flutter: Sequence[Segment] = (),
) -> Matching:
    """Pair test beats with reference beats after EC57.

    Parameters
    ----------
    reference, test
        Sample indices of the beats, rising, each of shape ``(n,)``.
    fs
        Sampling rate in Hz.
    end
        Last sample of the period, inclusive: the record's length.
    learning
        Seconds before the period begins.
    window
        Match window in seconds, inclusive.
    flutter
        Stretches the reference marks as ventricular flutter: reference beats within are not read,
        unmatched test beats within are not counted.

    Returns
    -------
    Matching
        Each reference beat of the period outside flutter is in ``pairs`` or ``missed``; each test beat of
        the period is in ``pairs``, ``extra`` or ``ignored``. A pair may hold one beat from just outside.

    Raises
    ------
    CardioVisionError
        If a list of samples is not one-dimensional and rising.

    Notes
    -----
    The rules are those of ``bxb`` since November 2002, when the second alternative of the nearness test was
    added for intervals under twice the window. Marked shutdown of the test annotator is not treated.
    """
    ref, found = _rising(reference, "reference"), _rising(test, "test")
    start, w = samples_of(learning, fs), samples_of(window, fs)
    read = np.flatnonzero((ref >= start) & ~within(ref, flutter))
    first = int(np.searchsorted(found, start))
    # The current beats are T[i] and t[j]; two beats far away end each list.
    T: list[int] = [*ref[read].tolist(), _FAR, _FAR]
    t: list[int] = [*found[first:].tolist(), _FAR, _FAR]
    pairs: list[tuple[int, int]] = []
    missed: list[int] = []
    unmatched: list[int] = []
    ignored: list[int] = []

    i = j = 0
    before = int(found[first - 1]) if first else -_FAR  # the last test beat of the learning period
    if T[0] - before <= w and T[0] - before < abs(T[0] - t[0]):
        pairs.append((0, -1))
        i = 1
    elif t[0] - start <= w and abs(T[0] - t[1]) < abs(T[0] - t[0]):
        ignored.append(0)
        j = 1

    while T[i] <= end or t[j] <= end:
        a, a2, b, b2 = T[i], T[i + 1], t[j], t[j + 1]
        if b < a:
            paired = a - b <= w and (a - b < abs(a - b2) or abs(a2 - b2) < abs(a - b2))
        else:
            paired = b - a <= w and (b - a < abs(b - a2) or abs(b2 - a2) < abs(b - a2))
        if paired:
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif b < a:
            unmatched.append(j)
            j += 1
        else:
            missed.append(i)
            i += 1

    links = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    alone = np.array(unmatched, dtype=np.int64) + first
    in_flutter = within(found[alone], flutter)
    return Matching(
        pairs=np.column_stack([read[links[:, 0]], links[:, 1] + first]),
        missed=read[np.array(missed, dtype=np.int64)],
        extra=alone[~in_flutter],
        ignored=np.sort(np.concatenate([np.array(ignored, dtype=np.int64) + first, alone[in_flutter]])),
    )


def samples_of(seconds: float, fs: float) -> int:
    """Whole samples in a stretch of time, as EC57's tools count them: what is left over is cut off."""
    return int(seconds * fs)


def within(samples: NDArray[Any], segments: Sequence[Segment]) -> NDArray[np.bool_]:
    """Which samples lie in any of the segments, edges included: shape of ``samples``."""
    inside = np.zeros(samples.shape, dtype=np.bool_)
    for first, last in segments:
        inside |= (samples >= first) & (samples <= last)
    return inside


def _rising(samples: ArrayLike, name: str) -> NDArray[np.int64]:
    array = np.asarray(samples)
    if not array.size:
        return np.zeros(0, dtype=np.int64)
    if array.ndim != 1 or array.dtype.kind not in "iu" or (np.diff(array.astype(np.int64)) < 0).any():
        raise CardioVisionError(
            f"expected the {name} beats as a rising list of sample indices, got {array.dtype} of shape "
            f"{array.shape}; sort them and round to whole samples first"
        )
    return array.astype(np.int64)
