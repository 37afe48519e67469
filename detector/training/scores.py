"""From counts to figures: the confusion table, sensitivity, positive predictivity, F1, and their intervals.

A **figure** is anything scored: ``QRS``, each beat class, each kind of run. It has four counts, and counts of
records add up (:class:`Score`). Sensitivity and positive predictivity count their hits separately, because
for runs these differ; for beats they are the same.
"""

from dataclasses import dataclass
from math import isnan
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from stream.messages import AAMI

NOTHING: Final = len(AAMI)
"""Row and column of the confusion table for "no beat": extra and missed beats (``O`` in EC57)."""

RATES: Final = ("se", "ppv", "f1")

_NEITHER: Final = {"V": "FQ", "S": "Q"}
"""Reference classes that, when called V (or S), are neither right nor a false alarm (EC57)."""


@dataclass(frozen=True, slots=True)
class Score:
    """The counts behind one figure.

    Attributes
    ----------
    found, missed
        Reference items found (TP) and not (FN): sensitivity is ``found / (found + missed)``.
    right, false
        Items claimed rightly (TP) and falsely (FP): positive predictivity is ``right / (right + false)``.
    """

    found: int = 0
    missed: int = 0
    right: int = 0
    false: int = 0

    def __add__(self, other: "Score") -> "Score":
        return Score(
            self.found + other.found,
            self.missed + other.missed,
            self.right + other.right,
            self.false + other.false,
        )

    @property
    def counts(self) -> NDArray[np.int64]:
        """The four counts: shape ``(4,)``."""
        return np.array([self.found, self.missed, self.right, self.false], dtype=np.int64)

    @property
    def there(self) -> int:
        """How many the reference holds."""
        return self.found + self.missed

    @property
    def claimed(self) -> int:
        """How many were claimed."""
        return self.right + self.false

    @property
    def se(self) -> float:
        """Sensitivity, 0 to 1; nan if the reference holds none."""
        return float(rates(self.counts)[0])

    @property
    def ppv(self) -> float:
        """Positive predictivity (+P, precision), 0 to 1; nan if none was claimed."""
        return float(rates(self.counts)[1])

    @property
    def f1(self) -> float:
        """Harmonic mean of the two; nan if the reference holds none, 0 if none of them was found."""
        return float(rates(self.counts)[2])

    def to_json(self) -> dict[str, Any]:
        """Give counts and rates, undefined rates as None."""
        return {
            "found": self.found,
            "missed": self.missed,
            "right": self.right,
            "false": self.false,
            **rates_to_json(rates(self.counts)),
        }


def rates(counts: ArrayLike) -> NDArray[np.float64]:
    """Compute sensitivity, positive predictivity and F1 of counts: ``(..., 4)`` -> ``(..., 3)``.

    The counts are in the order of :class:`Score`. A rate over nothing is nan. F1 is nan only where the
    reference holds none: a class that is there and never claimed scores 0.
    """
    found, missed, right, false = np.moveaxis(np.asarray(counts, dtype=np.float64), -1, 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        se = found / (found + missed)
        ppv = right / (right + false)
        f1 = np.nan_to_num(2 * se * ppv / (se + ppv))
    return np.stack([se, ppv, np.where(np.isnan(se), np.nan, f1)], axis=-1)


def beat_scores(table: NDArray[np.int64]) -> dict[str, Score]:
    """Scores of ``QRS`` and of each class from a confusion table.

    Parameters
    ----------
    table
        Shape ``(6, 6)``: rows are the reference, columns the test, in the order N S V F Q and nothing.

    Notes
    -----
    QRS counts pairs, missed and extra beats whatever their labels. For a class, the right calls are the
    diagonal, missed is the rest of its row and false the rest of its column, nothing included; with EC57's
    exceptions that F and Q called V, and Q called S, are not held against it. N, F and Q have none.
    """
    pairs = int(table[:NOTHING, :NOTHING].sum())
    scores = {"QRS": Score(pairs, int(table[:NOTHING, NOTHING].sum()), pairs, int(table[NOTHING].sum()))}
    for k, name in enumerate(AAMI):
        hits = int(table[k, k])
        forgiven = sum(int(table[AAMI.index(other), k]) for other in _NEITHER.get(name, ""))
        scores[name] = Score(hits, int(table[k].sum()) - hits, hits, int(table[:, k].sum()) - hits - forgiven)
    return scores


def average(counts: NDArray[np.int64], weights: ArrayLike | None = None) -> NDArray[np.float64]:
    """Mean of each rate over the records where it is defined.

    Parameters
    ----------
    counts
        Shape ``(records, figures, 4)``.
    weights
        How often each record is taken, shape ``(..., records)``; once if not given.

    Returns
    -------
    ndarray
        Shape ``(..., figures, 3)``; nan where defined in no record.
    """
    w = np.ones(len(counts)) if weights is None else np.asarray(weights, dtype=np.float64)
    each = rates(counts)
    defined = ~np.isnan(each)
    with np.errstate(invalid="ignore"):
        mean: NDArray[np.float64] = np.tensordot(w, np.where(defined, each, 0.0), 1) / np.tensordot(
            w, defined.astype(np.float64), 1
        )
    return mean


def bootstrap(
    counts: NDArray[np.int64], *, draws: int = 2000, level: float = 0.95, seed: int = 0
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Percentile bootstrap intervals of the gross and the average rates, drawing whole records.

    Beats of one patient are not independent, so records are drawn (with replacement), never beats.

    Parameters
    ----------
    counts
        Shape ``(records, figures, 4)``.
    draws, level, seed
        Number of draws, coverage, and seed of the generator: the same seed gives the same interval.

    Returns
    -------
    gross, average
        Each of shape ``(2, figures, 3)``: lower and upper ends. Nan where a rate is undefined in every draw,
        and throughout for fewer than two records, from which no spread can be told.

    References
    ----------
    B. Efron, R. Tibshirani: An Introduction to the Bootstrap, 1993, ch. 13.
    """
    records, figures = counts.shape[:2]
    if records < 2:
        unknown = np.full((2, figures, 3), np.nan)
        return unknown, unknown.copy()
    generator = np.random.default_rng(seed)
    weights = generator.multinomial(records, np.full(records, 1 / records), size=draws)
    tails = [50 * (1 - level), 50 * (1 + level)]
    pooled = rates(np.tensordot(weights, counts, 1))
    return _percentiles(pooled, tails), _percentiles(average(counts, weights), tails)


def rates_to_json(values: NDArray[np.float64]) -> dict[str, float | None]:
    """Rates of shape ``(3,)`` by name, undefined ones as None."""
    return {name: plain(value) for name, value in zip(RATES, values, strict=True)}


def plain(value: Any) -> float | None:
    """Make a float fit for JSON, which has no nan."""
    number = float(value)
    return None if isnan(number) else number


def _percentiles(values: NDArray[np.float64], tails: list[float]) -> NDArray[np.float64]:
    """Percentiles over the first axis, of what is defined there."""
    nowhere = np.isnan(values).all(axis=0)
    ends: NDArray[np.float64] = np.nanpercentile(np.where(nowhere, 0.0, values), tails, axis=0)
    return np.where(nowhere, np.nan, ends)
