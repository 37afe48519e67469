"""What one run of ``cardiovision evaluate`` found, whole: what is printed, written as JSON and drawn."""

from dataclasses import dataclass, field
from math import isnan
from typing import Any, Final, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from detector.training.calibration import Calibration
from detector.training.ec57 import Summary, without_foremost
from detector.training.labels import LabelMap
from detector.training.runs import ECTOPIC, KINDS
from detector.training.scores import rates, rates_to_json
from stream.messages import AAMI

Peaks: TypeAlias = Literal["own", "reference"]
"""Where R peaks come from: the detector itself, or the reference annotations."""

RUNS: Final = tuple(f"{name} {kind}" for name in ECTOPIC for kind in KINDS)
"""Names of the scores of runs."""


@dataclass(frozen=True, slots=True)
class NoiseLevel:
    """Scores with noise added at one signal-to-noise ratio in dB."""

    snr: float
    summary: Summary

    def rates(self, name: str) -> NDArray[np.float64]:
        """Gross Se, +P and F1 of a figure, shape ``(3,)``."""
        return rates(self.summary.gross[name].counts)


@dataclass(frozen=True, slots=True)
class Noise:
    """Scores with noise added: the noise record's name, and the levels in the order asked for."""

    record: str
    levels: tuple[NoiseLevel, ...]

    def mean(self, name: str) -> NDArray[np.float64]:
        """Mean of a figure's gross Se, +P and F1 over the levels, shape ``(3,)``; nan where one is undefined."""
        return np.asarray(np.mean([level.rates(name) for level in self.levels], axis=0))

    def to_json(self) -> dict[str, Any]:
        """All of it as plain values."""
        return {
            "record": self.record,
            "levels": [{"snr": level.snr, **_brief(level.summary)} for level in self.levels],
            "mean": {name: rates_to_json(self.mean(name)) for name in self.levels[0].summary.gross},
        }


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One run.

    Attributes
    ----------
    model
        Its name.
    labels, peaks
        How WFDB symbols became classes, and where R peaks came from.
    summary
        Scores of beats named as the service does: once the next beat has come, or is overdue.
    at_once
        Scores of the labels that could be given :data:`~detector.beats.AT_ONCE` s after R.
    calibration
        Of the beats that match a reference beat.
    noise
        Scores with noise added, if asked for.
    left_out
        Why records of a folder were not scored, by their names.
    unreadable
        Those of them that should have been: they, or parts of them, could not be read.
    """

    model: str
    labels: LabelMap
    peaks: Peaks
    summary: Summary
    at_once: Summary
    calibration: Calibration
    noise: Noise | None = None
    left_out: dict[str, str] = field(default_factory=dict)
    unreadable: frozenset[str] = frozenset()

    @property
    def title(self) -> str:
        """What was scored, and how."""
        count = len(self.summary.records)
        peaks = "own R peaks" if self.peaks == "own" else "annotated R peaks"
        return f"{count} record{'s' * (count > 1)}, EC57, {self.model}, {peaks}, labels {self.labels}"

    @property
    def beats(self) -> tuple[str, ...]:
        """Names of the scores of beats: where R peaks are given, finding them is no merit."""
        return ("QRS", *AAMI) if self.peaks == "own" else AAMI

    def reasons(self) -> dict[str, list[str]]:
        """Records that were left out, by reason."""
        reasons: dict[str, list[str]] = {}
        for name, reason in self.left_out.items():
            reasons.setdefault(reason, []).append(name)
        return reasons

    def to_json(self) -> dict[str, Any]:
        """All of it as plain values."""
        return {
            "model": self.model,
            "label_map": self.labels,
            "peaks": self.peaks,
            "left_out": self.left_out,
            "unreadable": sorted(self.unreadable),
            **self.summary.to_json(),
            "gross_without": {name: _without(self.summary, name) for name in ("S", "V")},
            "calibration": self.calibration.to_json(),
            "at_once": _brief(self.at_once),
            "noise": self.noise.to_json() if self.noise else None,
        }


def _brief(summary: Summary) -> dict[str, Any]:
    """Figures of all records together alone."""
    whole = summary.to_json()
    return {name: whole[name] for name in ("confusion", "gross", "average")}


def _without(summary: Summary, name: str) -> dict[str, Any]:
    record, score = without_foremost(summary, name)
    return {"record": record, **score.to_json()}


def percent(rate: float) -> str:
    """Write a rate for people; ``-`` where it is undefined."""
    return "-" if isnan(rate) else f"{100 * rate:.2f}"


def interval(ends: NDArray[np.float64]) -> str:
    """Write the two ends of an interval of a rate for people."""
    return "-" if np.isnan(ends).any() else f"{percent(ends[0])} - {percent(ends[1])}"
