"""Learning the net that tells QRS from other peaks (:mod:`detector.judge`).

What a peak is measured against (usual height, last QRS, RR) depends on what was taken for a QRS before. So the
detector plays all beds with the net it has, its peaks are labelled by the reference, a net is learned from them, and
so on for some rounds (Ross, Gordon and Bagnell 2011, AISTATS 15:627). Run it as a program::

    python -m detector.training.qrs mitdb svdb --noise nstdb --out detector/models/qrs.npz

It prints how the net does on patients it was not learned from, too.
"""

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import keras
import numpy as np
from numpy.typing import NDArray

from detector.checksums import enter
from detector.conditioning import FS
from detector.judge import MEASURES, Judge
from detector.peaks import Peaks
from detector.qrs import HOP, MOST_HOPS, QrsDetector
from detector.rows import Floats
from detector.training.dataset import records
from detector.training.ec57 import BeatComparison, Summary, compare, summarise
from detector.training.hearts import Heart, hearts
from detector.training.labels import Beats
from detector.training.matching import LEARNING
from stream.sources.wfdb import open_record

ROUNDS: Final = 3
KEPT: Final = 2
"""Rounds of playing and learning; so many of the last are learned from."""

HIDDEN: Final = 16
EPOCHS: Final = 4
BATCH: Final = 512
RATE: Final = 3e-3
DECAY: Final = 1.5e-3
"""Units of the net; passes over the peaks; peaks a step; learning rate at first; weight decay. Less decay fits the
records here better and patients left out worse."""

NEAR: Final = 0.15
"""The highest peak within so many seconds of a reference beat, and nearer than the next, is that beat's."""

BOUNDS: Final = (0.02, 99.98)
"""Percentiles of a measure beyond which the net is not asked."""

TOGETHER: Final = 64
"""Beds played side by side."""


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """Peaks of one bed that the net was asked about: measures ``(n, measures)``, whether each is a QRS, weights."""

    patient: str
    measures: Floats
    qrs: NDArray[np.bool_]
    weight: float


class Recorder(QrsDetector):
    """A detector that keeps what its net was asked."""

    def __init__(self, beds: int, leads: int, judge: Judge):
        super().__init__(beds, leads, judge)
        self.asked: list[tuple[NDArray[np.intp], NDArray[np.int64], Floats]] = []

    def _measure(self, peaks: Peaks, shape: Floats) -> Floats:
        measures = super()._measure(peaks, shape)
        self.asked.append((peaks.bed, peaks.at - self.envelope.delay, measures.T.copy()))
        return measures


def beginner() -> Judge:
    """A net to begin with: a peak of more than 0.45 of a QRS is one."""
    weights = np.zeros((len(MEASURES), 1), np.float32)
    weights[MEASURES.index("height")] = 1
    far = np.full(len(MEASURES), 99, np.float32)
    one = np.ones(1, np.float32)
    return Judge(-far, far, weights, 4 * one, one, np.array(-4 - np.log(0.45), np.float32))


def play(judge: Judge, beds: Sequence[Heart]) -> Iterator[tuple[Heart, NDArray[np.int64], Judged]]:
    """Have beds read with a net: each with the QRS found, and the peaks judged."""
    order = sorted(beds, key=lambda heart: heart.samples.shape[1])
    for k in range(0, len(order), TOGETHER):
        part = order[k : k + TOGETHER]
        length = -(-part[-1].samples.shape[1] // HOP) * HOP
        samples = np.stack([np.pad(h.samples, ((0, 0), (0, length - h.samples.shape[1])), "edge") for h in part])
        detector = Recorder(len(part), samples.shape[1], judge)
        rows = np.arange(len(part))
        found: list[list[int]] = [[] for _ in part]
        for begin in range(0, length, MOST_HOPS * HOP):
            hops = min(MOST_HOPS, (length - begin) // HOP)
            detector.follow(rows, samples[..., begin : begin + hops * HOP])
            for told in (told for _ in range(hops) for told in detector.step(rows)):
                for row, at, revised in zip(
                    told.bed.tolist(), told.sample.tolist(), told.revised.tolist(), strict=True
                ):
                    if revised:
                        found[row].pop()
                    found[row].append(at)
        bed, at, measures = (np.concatenate(values) for values in zip(*detector.asked, strict=True))
        for row, heart in enumerate(part):
            mine = np.flatnonzero(bed == row)
            mine = mine[np.argsort(at[mine], kind="stable")]
            yield heart, np.array(found[row], np.int64), _label(heart, at[mine], measures[mine])


def _label(heart: Heart, at: NDArray[np.int64], measures: Floats) -> Judged:
    """Say which peaks are QRS; those in flutter, and after the end, are left out."""
    qrs = np.zeros(len(at), np.bool_)
    beats = heart.beats.samples
    halfway = np.diff(beats) // 2
    reach = round(NEAR * FS)
    first = np.searchsorted(at, beats - np.minimum(reach, np.append(reach, halfway)))
    last = np.searchsorted(at, beats + np.minimum(reach, np.append(halfway, reach)), "right")
    for begin, end in zip(first.tolist(), last.tolist(), strict=True):
        if begin < end:
            qrs[begin + measures[begin:end, MEASURES.index("height")].argmax()] = True
    counts = at < heart.samples.shape[1]
    for begin, end in heart.beats.flutter:
        counts &= (at < begin) | (at > end)
    return Judged(heart.patient, measures[counts], qrs[counts], heart.weight)


def learn(judged: Sequence[Judged], seed: int) -> Judge:
    """Learn a net from peaks whose names are known."""
    x = np.concatenate([one.measures for one in judged])
    qrs = np.concatenate([one.qrs for one in judged]).astype(np.float32)
    weight = np.repeat([one.weight for one in judged], [len(one.qrs) for one in judged]).astype(np.float32)
    low, high = np.percentile(x, BOUNDS, axis=0).astype(np.float32)
    x = np.clip(x, low, high)
    mean = np.average(x, axis=0, weights=weight)
    spread = np.sqrt(np.average((x - mean) ** 2, axis=0, weights=weight)) + 1e-6
    keras.utils.set_random_seed(seed)
    dense, out = (
        keras.layers.Dense(size, activation=kind, kernel_regularizer=keras.regularizers.L2(DECAY))
        for size, kind in ((HIDDEN, "relu"), (1, None))
    )
    net = keras.Sequential([keras.Input((len(MEASURES),)), dense, out])
    rate = keras.optimizers.schedules.CosineDecay(RATE, EPOCHS * (len(x) // BATCH))
    net.compile(keras.optimizers.Adam(rate), keras.losses.BinaryCrossentropy(from_logits=True))
    given = ((x - mean) / spread).astype(np.float32)
    net.fit(given, qrs, sample_weight=weight / weight.mean(), batch_size=BATCH, epochs=EPOCHS, verbose=0)
    weights, bias, outward, level = (np.asarray(values, np.float64) for values in net.get_weights())
    weights /= spread[:, None]
    values = (low, high, weights, bias - mean @ weights, outward[:, 0], level[0])
    return Judge(*(np.asarray(value, np.float32) for value in values))


def train(beds: Sequence[Heart], say: Callable[[str], None], *, seed: int = 0) -> tuple[Judge, list[Judged]]:
    """Play and learn in turn, and say how each round went.

    Returns
    -------
    judge, judged
        The net, and the peaks it was learned from.
    """
    judge, pool = beginner(), list[list[Judged]]()
    for number in range(ROUNDS):
        played = list(play(judge, beds))
        scored = [(heart, found) for heart, found, _ in played if heart.scored]
        say(f"round {number}, records as they are: {_line(score(scored))}")
        pool = [*pool, [judged for *_, judged in played]][-KEPT:]
        judge = learn([one for part in pool for one in part], seed)
    return judge, [one for part in pool for one in part]


def cross_validate(
    beds: Sequence[Heart], judged: Sequence[Judged], *, folds: int = 5, seed: int = 0, learning: float = LEARNING
) -> Summary:
    """Score the records, each by a net learned from the peaks of others."""
    patients = sorted({heart.patient for heart in beds if heart.scored})
    turn = np.random.default_rng(seed).permutation(len(patients)) % folds
    scored: list[tuple[Heart, NDArray[np.int64]]] = []
    for fold in range(folds):
        out = {patient for patient, k in zip(patients, turn, strict=True) if k == fold}
        judge = learn([one for one in judged if one.patient not in out], seed)
        held = [heart for heart in beds if heart.scored and heart.patient in out]
        scored += [(heart, found) for heart, found, _ in play(judge, held)]
    return score(scored, learning=learning)


def score(scored: Sequence[tuple[Heart, NDArray[np.int64]]], *, learning: float = LEARNING) -> Summary:
    """Compare what was found in some beds with their beats, after EC57."""
    return summarise([_compare(heart, found, learning) for heart, found in scored], draws=1)


def _compare(heart: Heart, found: NDArray[np.int64], learning: float) -> BeatComparison:
    length = heart.samples.shape[1]
    inside = np.sort(found[found < length])
    beats = Beats.of(inside, ["N"] * len(inside))
    return compare(heart.patient, heart.beats, beats, FS, end=length, learning=learning)


def _line(summary: Summary) -> str:
    qrs = summary.gross["QRS"]
    return f"Se {100 * qrs.se:.3f} % +P {100 * qrs.ppv:.3f} % ({qrs.missed} missed, {qrs.false} false)"


def main() -> None:
    """Learn from the records of some folders, and write the net."""
    parser = argparse.ArgumentParser(prog="detector.training.qrs", description="Learn to tell QRS from other peaks.")
    parser.add_argument("folders", nargs="+", type=Path, help="folders of annotated records")
    parser.add_argument("--noise", type=Path, help="folder with the noise records em and ma")
    parser.add_argument("--out", type=Path, default=Judge.SHIPPED, help="where to write the net")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    noises = [open_record(options.noise / name) for name in ("em", "ma")] if options.noise else []
    beds = list(hearts(records(options.folders), noises, np.random.default_rng(options.seed)))
    judge, judged = train(beds, print, seed=options.seed)
    judge.save(options.out)
    enter(options.out)
    summary = cross_validate(beds, judged, seed=options.seed)
    for folder in options.folders:
        mine = [one for one in summary.records if one.record.startswith(f"{folder.name}/")]
        print(f"{folder.name}, patients left out: {_line(summarise(mine, draws=1))}")
        for one in sorted(mine, key=lambda one: one.scores["QRS"].f1)[:8]:
            print(f"  {one.record}: missed {one.scores['QRS'].missed}, false {one.scores['QRS'].false}")


if __name__ == "__main__":
    main()
