"""The patient's own rhythm: which RR are usual, and how far from them this one is.

Everything is kept as logarithms of RR in s, so differences are ratios. Three references are kept, for each sees
something else: the *median* of the last 32 RR follows within half a minute, the *mean* of some 400 within minutes, and
the *basic* RR follows the gradual changes of a sinus node but holds through an abrupt one, so that the beats of a
tachycardia that began at once stay early for as long as it lasts.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from detector.rows import Floats, Indices, Rows

RR_NAMES: Final = (
    "rr_before",  # RR before: to the median, the mean, the basic RR, to 0.8 s
    "rr_before_mean",
    "rr_before_basic",
    "rr_before_absolute",
    "rr_before_three",  # and to the mean of the 3 (8) before it
    "rr_before_eight",
    "rr_before_deviation",  # to the median, in units of the usual scatter
    "rr_before_rank",  # share of the last 64 that were shorter
    "rr_after",  # RR after: to the median, to the RR before, to the basic RR
    "rr_after_before",
    "rr_after_basic",
    "rr_after_known",  # 1 where there is a beat after, else 0 and the three before are 0
    "rr_pair",  # RR before and after together, to twice the median: 0 behind a full compensatory pause
    "irregular_8",  # mean absolute step from RR to RR: of the last 8, the last 64
    "irregular_64",
    "irregular_median",  # median absolute step of the last 16
    "scatter",  # median distance of the last 64 from their median
    "eight_basic",  # mean and longest of the last 8 to the basic RR
    "longest_basic",
    "early_share",  # share of the last 32 that were early to the basic RR
)
"""What is told of a beat's time. Ratios are natural logarithms, within -2 and 2, 0 where unknown."""

AFTER_NAMES: Final = ("rr_after", "rr_after_before", "rr_after_basic", "rr_after_known", "rr_pair")
"""Those that need the beat after."""

KEPT: Final = 64
"""RR kept."""

SHORT: Final = 32
LONG_MEMORY: Final = 1 / 400

GRADUAL: Final = 0.15
"""A change of the RR by less than this share is gradual: from beat to beat, or from the basic RR. What has come from
the basic RR by gradual changes alone is the same rhythm, what is shorter by more is early."""

FOLLOW: Final = 0.1
RISE: Final = 0.05
HOLD: Final = 1e-4
WANDER: Final = 0.03
"""Shares with which an RR enters the basic RR: one of the same rhythm (a fifth of it if the RR before was of none); a
longer one; a shorter one in a steady rhythm, which takes two hours; a shorter one while the rhythm is not."""

STEADY: Final = 0.05
"""A rhythm is steady while the median step from RR to RR is less than this share."""

YOUNG: Final = 12
"""So many RR at first, the basic RR is their median: the first may be wrong."""

DEVIATION: Final = 0.02
"""Scatter that the steadiest rhythm is taken to have."""


class RhythmMemory(Rows):
    """Running figures of the RR of each bed."""

    last: Floats  # logarithms of the last RR, newest last, NaN: none yet
    mean: Floats  # mean RR in s
    basic: Floats  # logarithm of the basic RR
    linked: NDArray[np.bool_]  # whether the last RR came from the basic RR by gradual changes
    count: NDArray[np.int64]  # RR so far

    def fresh(self, beds: int) -> dict[str, NDArray[Any]]:  # noqa: D102
        return {
            "last": np.full((beds, KEPT), np.nan, np.float32),
            "mean": np.full(beds, np.nan, np.float32),
            "basic": np.full(beds, np.nan, np.float32),
            "linked": np.zeros(beds, np.bool_),
            "count": np.zeros(beds, np.int64),
        }

    def median_rr(self, beds: Indices) -> Floats:
        """Median of the last 32 RR in s; NaN before the first."""
        return np.exp(_median(self.last[beds, -SHORT:]))

    def measure(self, beds: Indices, rr: Floats, after: Floats) -> Floats:
        """Set RR before and after (s, NaN where unknown) against what came before.

        Returns
        -------
        figures
            Shape ``(beds, len(RR_NAMES))``.
        """
        log, log_after = np.log(rr), np.log(after)
        last = self.last[beds]
        step = np.abs(np.diff(last, axis=-1))
        median = _or(_median(last[:, -SHORT:]), log)
        scatter = _or(_median(np.abs(last - _median(last)[:, None])), np.zeros_like(log))
        basic = _or(self.basic[beds], log)
        eight = last[:, -8:] - basic[:, None]
        known = ~np.isnan(last)
        shorter = (known & (np.nan_to_num(last) < log[:, None])).sum(-1) / np.maximum(known.sum(-1), 1)
        early = known[:, -SHORT:] & (np.nan_to_num(last[:, -SHORT:]) < basic[:, None] - GRADUAL)
        pair = np.log(rr + after) - np.float32(np.log(2)) - median
        figures = {
            "rr_before": log - median,
            "rr_before_mean": log - _or(np.log(self.mean[beds]), log),
            "rr_before_basic": log - basic,
            "rr_before_absolute": log - np.float32(np.log(0.8)),
            "rr_before_three": log - _mean(last[:, -3:], log),
            "rr_before_eight": log - _mean(last[:, -8:], log),
            "rr_before_deviation": np.clip((log - median) / (scatter + DEVIATION), -10, 10) / 5,
            "rr_before_rank": np.where(np.isnan(log), 0.5, shorter),
            "rr_after": log_after - median,
            "rr_after_before": log_after - log,
            "rr_after_basic": log_after - basic,
            "rr_after_known": (~np.isnan(after)).astype(np.float32),
            "rr_pair": pair,
            "irregular_8": _mean(step[:, -8:], np.zeros_like(log)),
            "irregular_64": _mean(step, np.zeros_like(log)),
            "irregular_median": _or(_median(step[:, -15:]), np.zeros_like(log)),
            "scatter": scatter,
            "eight_basic": _mean(eight, np.zeros_like(log)),
            "longest_basic": np.where(known[:, -8:], eight, -9).max(-1),
            "early_share": early.sum(-1) / np.maximum(known[:, -SHORT:].sum(-1), 1),
        }
        figures["longest_basic"] = np.where(known[:, -1], figures["longest_basic"], 0)
        stacked = np.stack([figures[name] for name in RR_NAMES], axis=-1)
        return np.clip(np.nan_to_num(stacked), -2, 2).astype(np.float32)

    def learn(self, beds: Indices, rr: Floats) -> None:
        """Let RR (s) change what is usual; NaN changes nothing."""
        beds, rr = beds[~np.isnan(rr)], rr[~np.isnan(rr)]
        log = np.log(rr)
        self._learn_basic(beds, log)
        mean, count = self.mean[beds], self.count[beds]
        memory = np.maximum(LONG_MEMORY, 1 / (count + 2)).astype(np.float32)
        self.mean[beds] = np.where(np.isnan(mean), rr, mean + memory * (rr - mean))
        self.last[beds] = np.concatenate([self.last[beds, 1:], log[:, None]], axis=1)
        self.count[beds] = count + 1

    def _learn_basic(self, beds: Indices, log: Floats) -> None:
        count, last = self.count[beds], self.last[beds]
        basic, before = _or(self.basic[beds], log), _or(last[:, -1], log)
        away = log - basic
        near = np.abs(away) < GRADUAL
        linked = near | (self.linked[beds] & (np.abs(log - before) < GRADUAL))
        steady = _median(np.abs(np.diff(last[:, -16:], axis=-1))) < STEADY
        loose = np.where(near, FOLLOW / 5, np.where(away > 0, RISE, WANDER))
        change = np.where(linked & self.linked[beds], FOLLOW, loose) * np.clip(away, -0.3, 0.3)
        change = np.where(~linked & (away < 0) & steady, HOLD * away, change)
        young = _median(np.concatenate([last[:, -YOUNG:], log[:, None]], axis=-1))
        self.basic[beds] = np.where(count < YOUNG, young, basic + change)
        self.linked[beds] = linked


def _or(value: Floats, otherwise: Floats) -> Floats:
    """The value, or the other where it is unknown."""
    return np.where(np.isnan(value), otherwise, value)


def _mean(values: Floats, otherwise: Floats) -> Floats:
    """Mean over the last axis of what is known."""
    known = ~np.isnan(values)
    count = known.sum(-1)
    return np.where(count > 0, np.where(known, values, 0).sum(-1) / np.maximum(count, 1), otherwise)


def _median(values: Floats) -> Floats:
    """Median over the last axis of what is known, NaN where nothing is; without NumPy's warnings."""
    rank = np.sort(values, axis=-1)  # NaN last
    count = (~np.isnan(rank)).sum(-1)
    row = np.arange(len(rank))
    low, high = rank[row, np.maximum(count - 1, 0) // 2], rank[row, np.minimum(count // 2, rank.shape[-1] - 1)]
    return np.asarray((low + high) / 2, np.float32)
