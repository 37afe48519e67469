"""How a model trained so does on patients it has not seen: patient-wise folds, scored after EC57."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax

from detector.consensus import Consensus
from detector.model import LEAN
from detector.rows import Floats
from detector.training.calibration import calibrate
from detector.training.dataset import Examples, labels_of
from detector.training.disturb import AnnotatedSource
from detector.training.ec57 import compare, summarise, without_foremost
from detector.training.fit import PACED, Kind
from detector.training.labels import Beats
from detector.training.matching import LEARNING
from detector.training.scores import NOTHING, beat_scores, bootstrap, plain, rates
from stream.messages import AAMI

TEMPERATURES: Final = (0.2, 5.0)


def folds(record: NDArray[np.str_], count: int, seed: int) -> list[NDArray[np.bool_]]:
    """Patient-wise folds: for each, which beats are held out. Each record's beats are all in one fold.

    Records 201 and 202 of MIT-BIH are one patient's; only one of them is in the development half.

    Where there are fewer records than folds asked for, each is a fold.
    """
    names = np.unique(record)
    count = min(count, len(names))
    np.random.default_rng(seed).shuffle(names)
    return [np.isin(record, names[k::count]) for k in range(count)]


def temperature(logits: Floats, label: NDArray[np.int8]) -> float:
    """By what to divide logits so that their softmax fits best (Guo et al. 2017, arXiv:1706.04599).

    Parameters
    ----------
    logits
        Of beats the model has not learned from, ``(beats, 5)``.
    label
        Their classes.
    """

    def loss(log_t: float) -> float:
        chance = log_softmax(logits.astype(np.float64) / np.exp(log_t), axis=1)
        return -float(chance[np.arange(len(label)), label].mean())

    return float(np.exp(minimize_scalar(loss, bounds=np.log(TEMPERATURES), method="bounded").x))


def cross_validate(
    kind: Kind,
    examples: Examples,
    sources: Mapping[str, AnnotatedSource],
    held: list[NDArray[np.bool_]],
    members: int,
    logits_of: Callable[[int, int], Floats],
) -> dict[str, Any]:
    """Score an ensemble on beats it has not learned from.

    Parameters
    ----------
    kind
        Which model: beats of a stream are compared with the records' reference after EC57, so beats that were not
        found count; beats that come alone are all at annotated peaks.
    examples
        All beats; those of paced records are not scored.
    sources
        The records they are from.
    held
        Which beats each fold holds out.
    members
        Networks of the ensemble.
    logits_of
        Gives the logits of fold ``k``'s held out beats by its network ``m``, ``(beats, 5)``.

    Returns
    -------
    figures
        Of the ensemble: ``gross``, ``records``, ``calibration``, ``temperature``; and ``single``: F1 of each network
        alone, by class.
    """
    each = np.zeros((members, len(examples), len(AAMI)), np.float32)
    for k, out in enumerate(held):
        for m in range(members):
            each[m, out] = logits_of(k, m)
    each += np.array(LEAN[kind], np.float32)
    mean = each.mean(0)
    known = (examples.label != NOTHING) & ~np.isin(examples.record, PACED)
    late = examples.sample >= np.array([LEARNING * sources[str(r)].fs for r in examples.record])
    scored = known & (late if kind == "stream" else True)
    probabilities = np.zeros_like(mean)
    for out in held:  # each fold's temperature comes from the others
        t = temperature(mean[known & ~out], examples.label[known & ~out]) if (known & ~out).any() else 1.0
        probabilities[out] = softmax(mean[out] / t, axis=1)
    settled = _settled(kind, examples, probabilities)
    said = settled.argmax(-1)
    right = said[scored] == examples.label[scored]
    score = _score_stream if kind == "stream" else _score_rows
    figures = score(examples, sources, said)
    alone = [
        score(examples, sources, _settled(kind, examples, softmax(one, axis=1)).argmax(-1))["gross"] for one in each
    ]
    return {
        **figures,
        "single": {name: [one[name]["f1"] for one in alone] for name in AAMI},
        "temperature": temperature(mean[known], examples.label[known]),
        "calibration": calibrate(settled[scored].max(-1), right).to_json(),
    }


def _settled(kind: Kind, examples: Examples, probabilities: Floats) -> Floats:
    """Set beats of a stream beside others of their shape, as the service does; a beat that comes alone has none."""
    if kind == "row":
        return probabilities
    return Consensus().settle(examples.record.tolist(), examples.family, probabilities)


def _score_stream(examples: Examples, sources: Mapping[str, AnnotatedSource], said: NDArray[np.intp]) -> dict[str, Any]:
    """After EC57, missed and extra beats counted."""
    compared = []
    for name, source in sources.items():
        if name in PACED:
            continue
        mine = examples.record == name
        sample, classes = examples.sample[mine], said[mine].astype(np.int8)
        test = Beats.of(sample.tolist(), [AAMI[k] for k in classes])
        compared.append(compare(name, labels_of(source), test, source.fs, end=source.length))
    summary = summarise(compared)
    whole = summary.to_json()
    names = ("QRS", *AAMI)
    return {
        "gross": {name: whole["gross"][name] for name in names},
        "average": {name: whole["average"][name] for name in names},
        "gross_without": {
            name: {"record": record, **score.to_json()}
            for name, (record, score) in {n: without_foremost(summary, n) for n in ("S", "V")}.items()
        },
        "confusion": whole["confusion"],
        "records": {one.record: {name: plain(one.scores[name].f1) for name in names} for one in compared},
    }


def _score_rows(examples: Examples, sources: Mapping[str, AnnotatedSource], said: NDArray[np.intp]) -> dict[str, Any]:
    """Beats at annotated peaks, pooled."""
    names = [name for name in sources if name not in PACED and (examples.record == name).any()]
    tables = np.zeros((len(names), NOTHING + 1, NOTHING + 1), np.int64)
    for k, name in enumerate(names):
        mine = examples.record == name
        np.add.at(tables[k], (examples.label[mine], said[mine]), 1)
    by_record = [beat_scores(table) for table in tables]
    counts = np.array([[scores[name].counts for name in AAMI] for scores in by_record])
    ends, _ = bootstrap(counts)
    pooled = beat_scores(tables.sum(0))
    return {
        "gross": {
            name: {**pooled[name].to_json(), "interval": {"f1": [plain(ends[0, k, 2]), plain(ends[1, k, 2])]}}
            for k, name in enumerate(AAMI)
        },
        "confusion": tables.sum(0).tolist(),
        "records": {
            name: {c: plain(f1) for c, f1 in zip(AAMI, rates(counts[k])[:, 2], strict=True)}
            for k, name in enumerate(names)
        },
    }
