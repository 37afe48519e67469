"""Run by run: couplets, short and long runs of ectopic beats, scored as WFDB's ``rxr`` does (ANSI/AAMI EC57).

A run is a stretch of consecutive ectopic beats. Its counterpart is the longest run in the other list within
the run's own stretch and the match window on either side. For sensitivity the reference names the runs, for
positive predictivity the test does; a run counts as met when its counterpart is at least of the same kind.
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from detector.training.matching import LEARNING, WINDOW, Segment, samples_of, within
from detector.training.scores import Score
from stream.messages import AAMI

KINDS: Final = {"couplet": 2, "run 3-5": 3, "run 6+": 6}
"""Kinds of run and the least number of beats of each."""

ECTOPIC: Final = {"V": ("V", "F"), "S": ("S",)}
"""Classes that make up ventricular and supraventricular runs: a fusion beat carries a ventricular run on."""

LONGEST: Final = 6
"""Beyond this many beats runs are not told apart; flutter counts as this many."""


def run_scores(
    reference: tuple[NDArray[np.int64], NDArray[np.int8], Sequence[Segment]],
    test: tuple[NDArray[np.int64], NDArray[np.int8], Sequence[Segment]],
    fs: float,
    *,
    end: int,
    learning: float = LEARNING,
    window: float = WINDOW,
) -> dict[str, Score]:
    """Scores of ``V couplet``, ``V run 3-5``, ``V run 6+`` and the same of S.

    Parameters
    ----------
    reference, test
        Samples (rising), classes (index into ``N S V F Q``), and stretches of ventricular flutter, which
        stand for a long ventricular run; beats within them are not looked at.
    fs, end, learning, window
        As in :func:`detector.training.matching.match`.

    Notes
    -----
    Unlike in ``rxr``, beats in atrial fibrillation are no supraventricular run: only labels count.
    """
    period, w = (samples_of(learning, fs), end), samples_of(window, fs)
    scores: dict[str, Score] = {}
    for name, classes in ECTOPIC.items():
        members = [AAMI.index(c) for c in classes]
        sides = [_events(*side, members, ventricular=name == "V") for side in (reference, test)]
        found, missed = _met(sides[0], sides[1], period, w)
        right, false = _met(sides[1], sides[0], period, w)
        for k, kind in enumerate(KINDS):
            scores[f"{name} {kind}"] = Score(found[k], missed[k], right[k], false[k])
    return scores


_Events = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]


def _events(
    samples: NDArray[np.int64],
    classes: NDArray[Any],
    flutter: Sequence[Segment],
    members: list[int],
    *,
    ventricular: bool,
) -> _Events:
    """List beats and flutter in time: first sample, last sample, ectopic beats stood for (0 ends a run)."""
    outside = ~within(samples, flutter)
    first, weight = samples[outside], np.isin(classes[outside], members).astype(np.int64)
    starts = np.array([segment[0] for segment in flutter], dtype=np.int64)
    stops = np.array([segment[1] for segment in flutter], dtype=np.int64)
    first, last = np.concatenate([first, starts]), np.concatenate([first, stops])
    weight = np.concatenate([weight, np.full(len(starts), LONGEST if ventricular else 0)])
    order = np.argsort(first, kind="stable")
    return first[order], last[order], weight[order]


def _met(named: _Events, other: _Events, period: Segment, w: int) -> tuple[list[int], list[int]]:
    """Count the runs of ``named`` within the period that are met, and not met, in ``other``, of each kind."""
    begin, end = period
    inside = (named[1] >= begin) & (named[0] <= end)
    first, last = np.maximum(named[0][inside], begin), np.minimum(named[1][inside], end)
    met, unmet = [0] * len(KINDS), [0] * len(KINDS)
    least = list(KINDS.values())
    for i, k, length in _runs(named[2][inside]):
        kind = sum(length >= n for n in least) - 1
        if kind < 0:
            continue  # a single beat
        # Events are in order and do not overlap, so those that touch the run's window lie side by side.
        lo = int(np.searchsorted(other[1], first[i] - w))
        hi = int(np.searchsorted(other[0], last[k - 1] + w, side="right"))
        longest = max((n for *_, n in _runs(other[2][lo:hi])), default=0)
        (met if longest >= least[kind] else unmet)[kind] += 1
    return met, unmet


def _runs(weight: NDArray[np.int64]) -> list[tuple[int, int, int]]:
    """Find stretches of non-zero weight: first index, index after the last, total weight (6 at most)."""
    edges = np.diff(np.concatenate([[0], weight > 0, [0]]).astype(np.int8))
    total = np.concatenate([[0], np.cumsum(weight)])
    return [
        (int(i), int(k), min(int(total[k] - total[i]), LONGEST))
        for i, k in zip(np.flatnonzero(edges == 1), np.flatnonzero(edges == -1), strict=True)
    ]
