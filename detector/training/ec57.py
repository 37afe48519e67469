"""Beat-by-beat evaluation after ANSI/AAMI EC57:1998: labels in, confusion table and figures out.

Give the reference and the test annotations of each record to :func:`compare`, and all comparisons to
:func:`summarise`::

    reference = Beats.of(annotation.sample, annotation.symbol)
    test = Beats.of(found_samples, found_labels)
    comparison = compare("mitdb/119", reference, test, fs=360, end=650_000)
    print(comparison.scores["V"].se, summarise([comparison]).to_json())

Nothing here reads files. Labels and :class:`~detector.training.labels.Beats` are in
:mod:`~detector.training.labels`, the pairing in :mod:`~detector.training.matching`, the arithmetic in
:mod:`~detector.training.scores`, runs in :mod:`~detector.training.runs`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from detector.training.labels import Beats
from detector.training.matching import LEARNING, WINDOW, match
from detector.training.runs import run_scores
from detector.training.scores import (
    NOTHING,
    RATES,
    Score,
    average,
    beat_scores,
    bootstrap,
    plain,
    rates_to_json,
)
from stream.errors import CardioVisionError
from stream.messages import AAMI

TABLE_LABELS: Final = (*AAMI, "O")
"""Rows (reference) and columns (test) of a confusion table; ``O`` is nothing: extra and missed beats."""


@dataclass(frozen=True, slots=True, eq=False)
class BeatComparison:
    """What came out of one record.

    Attributes
    ----------
    record
        Its name.
    table
        Confusion table, shape ``(6, 6)``: reference rows and test columns in the order of
        :data:`TABLE_LABELS`; the last row counts extra beats, the last column missed ones.
    scores
        Of ``QRS``, the classes, and the runs, by name.
    pairs
        Which beat is which: indices into reference and test, shape ``(pairs, 2)``.
    errors
        Position errors of the pairs in ms, test minus reference, shape ``(pairs,)``.
    """

    record: str
    table: NDArray[np.int64]
    scores: dict[str, Score]
    pairs: NDArray[np.int64]
    errors: NDArray[np.float64]

    def to_json(self) -> dict[str, Any]:
        """All of it as plain values."""
        return {
            "record": self.record,
            "confusion": self.table.tolist(),
            "scores": {name: score.to_json() for name, score in self.scores.items()},
            "r_peak_error_ms": position_error(self.errors),
        }


def compare(
    record: str,
    reference: Beats,
    test: Beats,
    fs: float,
    *,
    end: int,
    learning: float = LEARNING,
    window: float = WINDOW,
) -> BeatComparison:
    """Compare the beats found in one record with its reference, beat by beat and run by run.

    Parameters
    ----------
    record
        Name for the report.
    reference, test
        The beats of either side. Flutter of the reference is left out of the beat comparison and counts as a
        long run; flutter of the test counts for runs alone.
    fs
        Sampling rate in Hz.
    end
        The record's length in samples.
    learning, window
        Seconds not scored at the begin, and match window in seconds; others than EC57's own
        make figures that must not be called EC57.
    """
    found = match(
        reference.samples,
        test.samples,
        fs,
        end=end,
        learning=learning,
        window=window,
        flutter=reference.flutter,
    )
    ref, tst = found.pairs.T
    row = np.concatenate([reference.classes[ref], reference.classes[found.missed], [NOTHING] * len(found.extra)])
    column = np.concatenate([test.classes[tst], [NOTHING] * len(found.missed), test.classes[found.extra]])
    table = _cross(row, column)
    runs = run_scores(
        (reference.samples, reference.classes, reference.flutter),
        (test.samples, test.classes, test.flutter),
        fs,
        end=end,
        learning=learning,
        window=window,
    )
    errors = (test.samples[tst] - reference.samples[ref]) * (1000.0 / fs)
    return BeatComparison(record, table, {**beat_scores(table), **runs}, found.pairs, errors)


def _cross(row: NDArray[Any], column: NDArray[Any]) -> NDArray[np.int64]:
    """Count how often each row and column come together."""
    size = len(TABLE_LABELS)
    cells = row.astype(np.int64) * size + column.astype(np.int64)
    return np.bincount(cells, minlength=size * size).astype(np.int64).reshape(size, size)


@dataclass(frozen=True, slots=True, eq=False)
class Summary:
    """All records together; rates are in the order of ``se``, ``ppv``, ``f1``, nan where undefined.

    Attributes
    ----------
    records
        The comparisons summarised.
    table
        Sum of the confusion tables.
    gross
        Scores of the pooled counts: each beat weighs the same.
    average
        Mean over the records where defined: each record weighs the same; shape ``(3,)`` each.
    gross_interval, average_interval
        Bootstrap intervals over records, shape ``(2, 3)`` each: lower and upper ends.
    level
        Coverage of the intervals.
    """

    records: tuple[BeatComparison, ...]
    table: NDArray[np.int64]
    gross: dict[str, Score]
    average: dict[str, NDArray[np.float64]]
    gross_interval: dict[str, NDArray[np.float64]]
    average_interval: dict[str, NDArray[np.float64]]
    level: float

    @property
    def errors(self) -> NDArray[np.float64]:
        """Position errors of all pairs in ms."""
        return np.concatenate([one.errors for one in self.records])

    def to_json(self) -> dict[str, Any]:
        """All of it as plain values."""
        return {
            "labels": list(TABLE_LABELS),
            "confusion": self.table.tolist(),
            "level": self.level,
            "gross": {
                name: {**score.to_json(), "interval": _interval_to_json(self.gross_interval[name])}
                for name, score in self.gross.items()
            },
            "average": {
                name: {**rates_to_json(mean), "interval": _interval_to_json(self.average_interval[name])}
                for name, mean in self.average.items()
            },
            "r_peak_error_ms": position_error(self.errors),
            "records": [one.to_json() for one in self.records],
        }


def summarise(records: Sequence[BeatComparison], *, draws: int = 2000, level: float = 0.95, seed: int = 0) -> Summary:
    """Gross and average figures of several records, with bootstrap intervals over records.

    Raises
    ------
    CardioVisionError
        If there are no records.
    """
    if not records:
        raise CardioVisionError("expected at least one record to summarise, got none")
    names = list(records[0].scores)
    counts = np.array([[one.scores[name].counts for name in names] for one in records])
    gross_ends, average_ends = bootstrap(counts, draws=draws, level=level, seed=seed)
    return Summary(
        records=tuple(records),
        table=np.sum([one.table for one in records], axis=0),
        gross={name: sum((one.scores[name] for one in records), Score()) for name in names},
        average=dict(zip(names, average(counts), strict=True)),
        gross_interval={name: gross_ends[:, k] for k, name in enumerate(names)},
        average_interval={name: average_ends[:, k] for k, name in enumerate(names)},
        level=level,
    )


def without_foremost(summary: Summary, name: str) -> tuple[str, Score]:
    """Pool all records but the one with most of a figure's reference items: one patient may make a gross figure.

    Returns
    -------
    record, score
        The record left out, and the score of the others; no counts if there are no others.
    """
    most = max(summary.records, key=lambda one: one.scores[name].there)
    return most.record, sum((one.scores[name] for one in summary.records if one is not most), Score())


def position_error(errors: NDArray[np.float64]) -> dict[str, Any]:
    """Mean, standard deviation and median absolute value of position errors; None where there are none."""
    if not errors.size:
        return {"pairs": 0, "mean": None, "sd": None, "median_abs": None}
    return {
        "pairs": int(errors.size),
        "mean": float(errors.mean()),
        "sd": float(errors.std()),
        "median_abs": float(np.median(np.abs(errors))),
    }


def _interval_to_json(ends: NDArray[np.float64]) -> dict[str, list[float | None]]:
    return {name: [plain(low), plain(high)] for name, low, high in zip(RATES, *ends, strict=True)}
