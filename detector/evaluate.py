"""How well the service reads records that come with reference annotations: ``cardiovision evaluate``.

The very pipeline that reads the live feed finds and names the beats (so missed beats count), and EC57's rules compare
them with the reference (:mod:`detector.training.ec57`).
"""

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from detector import offline
from detector.annotate import TOGETHER, progress_over
from detector.bank import Reading
from detector.beats import Beats
from detector.classifier import Classifier
from detector.consensus import Consensus
from detector.model import load, shipped
from detector.rows import Floats
from detector.training.calibration import Calibration, calibrate
from detector.training.ec57 import BeatComparison, compare, summarise
from detector.training.evaluation import Evaluation, Noise, NoiseLevel, Peaks
from detector.training.labels import Beats as Labels
from detector.training.labels import LabelMap
from detector.training.noise import noisy
from detector.training.peaks import KnownWard
from detector.training.records import Guarded, Record, choose, short
from stream.errors import SourceError
from stream.messages import AAMI
from stream.sources import WaveSource
from stream.sources.wfdb import WfdbSource, open_record

log = logging.getLogger(__name__)

SNR: Final = (24.0, 18.0, 12.0, 6.0, 0.0, -6.0)
"""Signal-to-noise ratios in dB of the MIT-BIH Noise Stress Test Database."""


@dataclass(frozen=True, slots=True)
class Called:
    """Beats told of a record, in order of time.

    Attributes
    ----------
    sample
        R of each, shape ``(n,)``.
    probabilities, at_once
        Of N S V F Q, shape ``(n, 5)``: as the service has them, and :data:`~detector.beats.AT_ONCE` s after R.
    """

    sample: NDArray[np.int64]
    probabilities: Floats
    at_once: Floats

    @classmethod
    def join(cls, parts: "Sequence[Called]") -> "Called":
        """One after the other."""
        none = np.zeros((0, len(AAMI)), np.float32)
        return cls(
            np.concatenate([np.zeros(0, np.int64), *(part.sample for part in parts)]),
            np.concatenate([none, *(part.probabilities for part in parts)]),
            np.concatenate([none, *(part.at_once for part in parts)]),
        )


def evaluate(
    paths: Sequence[Path],
    *,
    model: Path | None = None,
    labels: LabelMap = "aami",
    peaks: Peaks = "own",
    noise: Path | None = None,
    snr: Sequence[float] = SNR,
) -> Evaluation:
    """Read records and compare with their reference annotations.

    Parameters
    ----------
    paths
        Records, or folders of them; :func:`~detector.training.records.choose` says which are left out.
    model
        A model of one's own in place of the shipped one.
    labels
        How WFDB symbols become classes; see :data:`~detector.training.labels.LABEL_MAPS`.
    peaks
        ``own`` finds the beats; ``reference`` names beats at the annotated R peaks, each of which is one beat then.
    noise, snr
        A record of noise to add, and at which signal-to-noise ratios in dB: all is scored again at each.

    Raises
    ------
    SourceError
        If a record that is named cannot be read or scored, or none is left to score.
    ModelError
        If the model cannot be used.
    """
    choice = choose(paths, labels)
    added = open_record(noise) if noise else None
    levels = list(snr) if added else []
    classifier = Classifier(load(model), model.name) if model else Classifier(shipped("stream"), "shipped model")
    faults: dict[str, str] = {}
    sources = {name: record.source for name, record in choice.records.items()}
    known = {name: record.reference.samples for name, record in choice.records.items()}
    with progress_over([*sources.values()] * (1 + len(levels))) as advance:
        told = partial(
            call_records, classifier, advance=advance, faults=faults, peaks=None if peaks == "own" else known
        )
        called = told(sources)
        records = {name: choice.records[name] for name in called}
        compared = _compare(records, called)
        disturbed = [
            NoiseLevel(level, summarise(_compare(records, told(_with_noise(records, added, level, faults)))))
            for level in levels
            if added
        ]
    evaluation = Evaluation(
        model=classifier.name,
        labels=labels,
        peaks=peaks,
        summary=summarise(compared),
        at_once=summarise(_compare(records, called, at_once=True)),
        calibration=_calibrate(records, called, compared),
        noise=Noise(short(noise), tuple(disturbed)) if noise and disturbed else None,
        left_out=choice.left_out | faults,
        unreadable=choice.unreadable | faults.keys(),
    )
    for reason, names in evaluation.reasons().items():
        log.warning("left out", extra={"records": " ".join(names), "reason": reason})
    return evaluation


def call(
    classifier: Classifier,
    sources: Mapping[str, WaveSource],
    advance: Callable[[float], None],
    peaks: Mapping[str, NDArray[np.int64]] | None = None,
) -> dict[str, Called]:
    """Find and name the beats of some records, as :class:`~detector.reader.Reader` would.

    Parameters
    ----------
    classifier
        Names them.
    sources
        The records, read side by side.
    advance
        Is told how many seconds of signal have been read, as they are.
    peaks
        R peaks to name in place of those found.
    """
    parts: dict[str, list[Called]] = {name: [] for name in sources}
    consensus, hasty = Consensus(), Consensus()
    for told in offline.read(sources, advance, KnownWard(peaks) if peaks is not None else None):
        if not told:
            continue
        ends = np.cumsum([len(reading.key) for _, reading in told])[:-1]
        later, at_once = (
            np.split(_name(classifier, kept, [r for _, r in told], beats), ends)
            for kept, beats in (
                (consensus, [r.beats for _, r in told]),
                (hasty, [r.beats.at_once() for _, r in told]),
            )
        )
        for (name, reading), p, q in zip(told, later, at_once, strict=True):
            parts[name].append(Called(reading.sample, p, q))
    called = {name: Called.join(some) for name, some in parts.items()}
    if peaks is None:
        return called
    return {name: replace(one, sample=peaks[name]) for name, one in called.items()}


def call_records(
    classifier: Classifier,
    sources: Mapping[str, WaveSource],
    *,
    advance: Callable[[float], None],
    faults: dict[str, str],
    peaks: Mapping[str, NDArray[np.int64]] | None = None,
) -> dict[str, Called]:
    """Find and name the beats of any number of records, as :func:`call`, and bear with those that cannot be read.

    They are left out, and ``faults`` takes up why, by name.

    Raises
    ------
    SourceError
        If none is left.
    """
    called: dict[str, Called] = {}
    names = list(sources)
    for k in range(0, len(names), TOGETHER):
        part = {name: Guarded(sources[name]) for name in names[k : k + TOGETHER]}
        told = call(classifier, part, advance, peaks)
        faults |= {name: str(source.fault) for name, source in part.items() if source.fault}
        called |= {name: told[name] for name, source in part.items() if not source.fault}
    if not called:
        raise SourceError(f"expected records that can be read to the end, found none: {'; '.join(faults.values())}")
    return called


def write_json(evaluation: Evaluation, path: Path) -> None:
    """Write all figures, each record's too.

    Raises
    ------
    SourceError
        If the file cannot be written.
    """
    _write(path, json.dumps(evaluation.to_json(), indent=2) + "\n")


def write_html(evaluation: Evaluation, path: Path) -> None:
    """Write a report that people can look at.

    Raises
    ------
    SourceError
        If the file cannot be written.
    """
    from detector.training.report import report

    _write(path, report(evaluation, datetime.now(UTC)))


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise SourceError(f"cannot write {path}: {error.strerror}") from error


def _with_noise(
    records: Mapping[str, Record], noise: WfdbSource, snr: float, faults: dict[str, str]
) -> dict[str, WaveSource]:
    """Add noise to records; ``faults`` takes up where it cannot be."""
    sources: dict[str, WaveSource] = {}
    for name, record in records.items():
        try:
            sources[name] = noisy(record.source, noise, snr)
        except SourceError as error:
            faults[f"{name} with noise"] = str(error)
    return sources


def _name(classifier: Classifier, consensus: Consensus, readings: Sequence[Reading], beats: Sequence[Beats]) -> Floats:
    """Probabilities of N S V F Q of beats of several beds, which may have different leads."""
    inputs = [classifier.of_stream(part) for part in beats]
    said = classifier.probabilities([np.concatenate(parts) for parts in zip(*inputs, strict=True)])
    if classifier.alone:
        return said
    key = [bed for reading in readings for bed in reading.key]
    return consensus.settle(key, np.concatenate([part.family for part in beats]), said)


def _compare(
    records: Mapping[str, Record], called: Mapping[str, Called], *, at_once: bool = False
) -> list[BeatComparison]:
    compared = []
    for name, beats in called.items():
        source, reference = records[name].source, records[name].reference
        label = (beats.at_once if at_once else beats.probabilities).argmax(-1).astype(np.int8)
        compared.append(compare(name, reference, Labels(beats.sample, label), source.fs, end=source.length))
    return compared


def _calibrate(
    records: Mapping[str, Record], called: Mapping[str, Called], compared: Sequence[BeatComparison]
) -> Calibration:
    confidence, right = [], []
    for one in compared:
        reference, test = one.pairs.T
        said = called[one.record].probabilities[test]
        confidence.append(said.max(-1))
        right.append(said.argmax(-1) == records[one.record].reference.classes[reference])
    return calibrate(np.concatenate(confidence), np.concatenate(right))
