"""Learning the net that tells fibrillation from the wave (:mod:`detector.fibrillation`), and scoring it.

What is usual in a patient's wave depends on what the net said of it before. So beds are played with the net there is,
a net is learned from what it was asked, and so on, as :mod:`detector.training.qrs` does. Run it as a program::

    python -m detector.training.fibrillation vfdb cudb mitdb svdb --noise nstdb --out detector/models/fibrillation.npz

It prints how the net and the rule of decision (:func:`detector.fibrillation.follow`) do on patients it was not learned
from, each played from begin to end as a bed is. What was tried, by Sp at Se 92 % of windows of patients left out:

- measures of the last 4 s alone: 93.3 % (24 hidden units); 94.3 % (16 units, more decay);
- these, and how they differ from the patient's usual: 96.8 %;
- and windows with the only lead clipped left out, 16 units: 97.3 to 98.1 % as patients are divided (cudb cu03, wide
  complexes at 130/min, alone makes 2 %); as much with three nets averaged, with 24 units and three times the decay,
  and without comparing bands of the spectrum.
"""

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import keras
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import Progress

from detector.checksums import enter
from detector.conditioning import FS
from detector.fibrillation import CLASSES, INPUTS, OTHER, SHOCKABLE, Net, follow
from detector.quality import READABLE
from detector.rows import Floats
from detector.signs import SECOND, Signs, SignsTracker
from detector.training.dataset import records
from detector.training.fibrillation_beds import FIBRILLATION, MISNAMED, RAPID, TACHYCARDIA, UNKNOWN, Bed, beds
from detector.waveform import MEASURES, WINDOW
from stream.sources.wfdb import open_record

HIDDEN: Final = 16
EPOCHS: Final = 12
BATCH: Final = 2048
RATE: Final = 4e-3
DECAY: Final = 3e-3
"""Units of the net; passes; examples a step; learning rate at first; weight decay."""

ROUNDS: Final = 2
"""Rounds of playing and learning before the last."""

FOLDS: Final = 8
"""Parts into which patients are divided to be scored."""

SHARES: Final = (0.5, 0.12, 0.28, 0.1)
"""What each of CLASSES counts in learning; within it, a bed counts by the square root of its examples."""

MALIGNANT: Final = ("vfdb", "cudb")
HARD: Final = 3.0
"""Other rhythms of these folders count more: they are the ones to be told from fibrillation."""

COPY: Final = 0.4
"""What a bed counts that is no record as it is."""

THINNED: Final = (2, 12)
"""Of other rhythms, one second in so many is learned from: in those folders, and elsewhere."""

STRANGE: Final = 0.3
"""Share of examples learned as if nothing was known yet of the patient."""

GAINS: Final = ((0.15, 1.0), (0.4, 1.5))
"""Half of the examples of other rhythms, and of the rest, are learned at another gain."""

BOUNDS: Final = (0.1, 99.9)
"""Percentiles of an input beyond which the net is not asked."""

LONG: Final = 4.0
LATEST: Final = 10.0
AFTER: Final = 4.0
"""Episodes of so many s must be announced, at the latest so many s after they began, and after they ended."""

TOGETHER: Final = 64
"""Beds played side by side."""

_AMPLITUDES: Final = [INPUTS.index("amplitude")]
_PEAK: Final = MEASURES.index("peak")


@dataclass(frozen=True, slots=True, eq=False)
class Played:
    """A bed that was watched.

    Attributes
    ----------
    bed
        The bed, its seconds named by what is known after watching it.
    inputs
        What the net was asked about each second and lead, ``(seconds, len(INPUTS), leads)``.
    signs
        By field of :class:`~detector.signs.Signs`, a row a second.
    """

    bed: Bed
    inputs: Floats
    signs: Mapping[str, NDArray[Any]]


class Recorder(SignsTracker):
    """A tracker that keeps what its net was asked."""

    def __init__(self, beds: int, leads: int, net: Net):
        super().__init__(beds, leads, net)
        self.asked: list[Floats] = []

    def _ask(self, inputs: Floats) -> Floats:
        self.asked.append(inputs)
        return super()._ask(inputs)


def beginner() -> Net:
    """A net to begin with, to which all is another rhythm."""
    bound, weights = np.ones(len(INPUTS), np.float32), np.zeros((len(INPUTS), 1), np.float32)
    level = np.where(np.arange(len(CLASSES)) == OTHER, 9, 0).astype(np.float32)
    return Net(-bound, bound, weights, weights[0], np.zeros((1, len(CLASSES)), np.float32), level)


def play(net: Net, beds: Sequence[Bed]) -> Iterator[Played]:
    """Have beds watched with a net."""
    order = sorted(beds, key=lambda bed: len(bed.label))
    for k in range(0, len(order), TOGETHER):
        part = order[k : k + TOGETHER]
        rows, leads = np.arange(len(part)), len(part[0].samples)
        tracker = Recorder(len(part), leads, net)
        told: list[Signs] = []
        for begin in range(0, len(part[-1].label) * SECOND, SECOND):
            x = np.zeros((len(part), leads, SECOND), np.float32)
            for row, bed in enumerate(part):
                x[row] = bed.samples[:, begin : begin + SECOND] if begin // SECOND < len(bed.label) else 0
            told += tracker.take(rows, x, np.full(len(part), begin))
        asked = np.stack(tracker.asked)
        for row, bed in enumerate(part):
            count = len(bed.label)
            signs = {name: np.stack([getattr(one, name)[row] for one in told[:count]]) for name in Signs.__slots__}
            inputs = asked[:count, :, row].copy()
            yield Played(_with_known(bed, inputs, signs), inputs, signs)


def _with_known(bed: Bed, inputs: Floats, signs: Mapping[str, NDArray[Any]]) -> Bed:
    """A bed whose seconds without a lead in the window, and whose slow tachycardia, are UNKNOWN."""
    label = bed.label.copy()
    readable = READABLE[signs["lead"]]
    whole = readable.copy()
    for back in range(1, WINDOW):
        whole[back:] &= readable[:-back]
    label[~whole.any(1)] = UNKNOWN
    if bed.scored:
        rate = 15 * np.exp(inputs[:, _PEAK].max(1))  # steps of 0.25 Hz
        begins = np.flatnonzero(np.diff(bed.label, prepend=UNKNOWN - 1))
        for begin, end in zip(begins, [*begins[1:], len(label)], strict=True):
            if bed.label[begin] == TACHYCARDIA and np.median(rate[begin:end]) < RAPID:
                label[begin:end] = UNKNOWN
    return Bed(bed.patient, bed.samples, label, bed.scored, bed.fibrillation, bed.standstill)


def examples(played: Sequence[Played], rng: np.random.Generator) -> tuple[Floats, NDArray[np.int8], Floats]:
    """What is learned from: inputs ``(n, len(INPUTS))``, index in CLASSES, and weight of each."""
    inputs: list[Floats] = []
    names: list[NDArray[np.int8]] = []
    weights: list[Floats] = []
    for one in played:
        bed, readable = one.bed, READABLE[one.signs["lead"]]
        malignant = bed.patient.startswith(MALIGNANT)
        for name in range(len(CLASSES)):
            if name == TACHYCARDIA and bed.patient in MISNAMED:
                continue
            at = np.flatnonzero(bed.label == name)
            thin = THINNED[not malignant] if name == OTHER and bed.scored | (not malignant) else 1
            for lead in range(bed.samples.shape[0]):
                some = at[readable[at, lead]][::thin]
                if not some.size:
                    continue
                x = one.inputs[some, :, lead]
                gain = np.where(rng.random(len(x)) < 0.5, rng.uniform(*GAINS[name != OTHER], len(x)), 1)
                x[:, _AMPLITUDES[0]] += np.log(gain)
                counts = (HARD if malignant and name == OTHER else 1) * (1 if bed.scored else COPY)
                inputs.append(x)
                names.append(np.full(len(x), name, np.int8))
                weights.append(np.full(len(x), counts * len(x) ** -0.5, np.float32))
    x, y, weight = np.concatenate(inputs), np.concatenate(names), np.concatenate(weights)
    sums = np.bincount(y, weight, len(CLASSES))
    weight *= (np.array(SHARES) / np.maximum(sums, 1e-9)).astype(np.float32)[y]
    return x, y, weight / weight.mean()


def learn(played: Sequence[Played], seed: int, strange: float = STRANGE) -> Net:
    """Learn a net from what was asked."""
    rng = np.random.default_rng(seed)
    x, y, weight = examples(played, rng)
    x[rng.random(len(x)) < strange, len(MEASURES) :] = 0
    low, high = np.percentile(x, BOUNDS, axis=0).astype(np.float32)
    x = np.clip(x, low, high)
    mean, spread = x.mean(0), x.std(0) + 1e-3
    keras.utils.set_random_seed(seed)
    hidden, out = (
        keras.layers.Dense(size, activation=kind, kernel_regularizer=keras.regularizers.L2(DECAY))
        for size, kind in ((HIDDEN, "relu"), (len(CLASSES), None))
    )
    net = keras.Sequential([keras.Input((len(INPUTS),)), hidden, out])
    rate = keras.optimizers.schedules.CosineDecay(RATE, EPOCHS * (len(x) // BATCH))
    net.compile(keras.optimizers.Adam(rate), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    net.fit((x - mean) / spread, y, sample_weight=weight, batch_size=BATCH, epochs=EPOCHS, verbose=0)
    weights, bias, outward, level = (np.asarray(values, np.float64) for values in net.get_weights())
    weights /= spread[:, None]
    return Net(*(np.asarray(v, np.float32) for v in (low, high, weights, bias - mean @ weights, outward, level)))


@dataclass(slots=True)
class Score:
    """Figures of some beds.

    Attributes
    ----------
    shocked, to_shock, not_shocked, not_to_shock
        Windows.
    episodes, announced, delays
        Of fibrillation of :data:`LONG` s or more; and s from their beginning until they were announced.
    false_fibrillation, standstills, found_standstills, false_standstill
        Fibrillation announced where none is; asystole of :data:`LONG` s or more; stillness as long where none is.
    hours
        Of signal.
    """

    shocked: int = 0
    to_shock: int = 0
    not_shocked: int = 0
    not_to_shock: int = 0
    episodes: int = 0
    announced: int = 0
    false_fibrillation: int = 0
    standstills: int = 0
    found_standstills: int = 0
    false_standstill: int = 0
    hours: float = 0.0
    delays: tuple[float, ...] = ()

    def __add__(self, other: "Score") -> "Score":
        return Score(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))

    def __str__(self) -> str:
        se = 100 * self.shocked / self.to_shock if self.to_shock else np.nan
        sp = 100 * self.not_shocked / self.not_to_shock if self.not_to_shock else np.nan
        median, last = np.percentile(self.delays, (50, 99)) if self.delays else (np.nan, np.nan)
        return (
            f"windows Se {se:.1f} % of {self.to_shock}, Sp {sp:.2f} % of {self.not_to_shock}; VF announced "
            f"{self.announced}/{self.episodes} (median {median:.1f} s, 99 % {last:.1f} s), false "
            f"{self.false_fibrillation} in {self.hours:.1f} h; asystole {self.found_standstills}/{self.standstills}, "
            f"false {self.false_standstill}"
        )


def score(played: Played) -> Score:
    """Score a bed; its alarms are those of :func:`detector.fibrillation.follow`."""
    bed, signs = played.bed, played.signs
    chance = signs["fibrillation"] + signs["tachycardia"] >= SHOCKABLE
    shock, other = np.isin(bed.label, (TACHYCARDIA, FIBRILLATION)), bed.label == OTHER
    alarm = np.zeros(len(chance) + 1, np.bool_)
    on, seconds = np.zeros(1, np.bool_), np.zeros(1, np.int64)
    for k, probability in enumerate(signs["fibrillation"]):
        on, seconds = follow(probability[None], on, seconds)
        alarm[k + 1] = on[0]
    long = [(begin, end) for begin, end in bed.fibrillation if end - begin >= LONG]
    delays = [_delay(alarm, begin, min(end + AFTER, begin + LATEST)) for begin, end in long]
    still = np.concatenate([[False], signs["still"] >= LONG])
    standstills = [(begin, end) for begin, end in bed.standstill if end - begin >= LONG]
    found = [_delay(still, begin, end + AFTER / 2) for begin, end in standstills]
    return Score(
        shocked=int((shock & chance).sum()),
        to_shock=int(shock.sum()),
        not_shocked=int((other & ~chance).sum()),
        not_to_shock=int(other.sum()),
        episodes=len(long),
        announced=int(np.isfinite(delays).sum()),
        false_fibrillation=_false(alarm, bed.fibrillation),
        standstills=len(standstills),
        found_standstills=int(np.isfinite(found).sum()),
        false_standstill=_false(still, bed.standstill),
        hours=bed.samples.shape[1] / FS / 3600,
        delays=tuple(delay for delay in delays if np.isfinite(delay)),
    )


def _delay(alarm: NDArray[np.bool_], begin: float, end: float) -> float:
    """Seconds from ``begin`` until an alarm is there, infinite if none is by ``end``; ``alarm`` by seconds."""
    at = np.flatnonzero(alarm[int(np.ceil(begin)) : int(end) + 1])
    return float(np.ceil(begin) + at[0] - begin) if at.size else np.inf


def _false(alarm: NDArray[np.bool_], there: Sequence[tuple[float, float]]) -> int:
    """How many alarms began more than a window before, or :data:`AFTER` s after, what they tell of."""
    begins = np.flatnonzero(np.diff(alarm.astype(np.int8)) == 1) + 1
    return sum(not any(begin - WINDOW <= at <= end + AFTER for begin, end in there) for at in begins.tolist())


def turns(names: Sequence[str], folds: int, seed: int) -> dict[str, int]:
    """In which fold each patient is left out; those of a folder are spread evenly."""
    rng = np.random.default_rng(seed)
    turn: dict[str, int] = {}
    for folder in sorted({name.split("/")[0] for name in names}):
        inside = sorted({name for name in names if name.split("/")[0] == folder})
        turn |= {name: int(k) % folds for name, k in zip(inside, rng.permutation(len(inside)), strict=True)}
    return turn


def main() -> None:
    """Learn from the records of some folders, write the net, and print its figures on patients left out."""
    parser = argparse.ArgumentParser(prog="detector.training.fibrillation", description="Learn to tell fibrillation.")
    parser.add_argument("folders", nargs="+", type=Path, help="folders of annotated records")
    parser.add_argument("--noise", type=Path, help="folder with the noise records em and ma")
    parser.add_argument(
        "--out", type=Path, default=Net.SHIPPED, help="where to write the net; figures beside it, as .json"
    )
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    console = Console()
    with Progress(console=Console(stderr=True)) as progress:
        sources = records(options.folders)
        noises = [open_record(options.noise / name) for name in ("em", "ma")] if options.noise else []
        task = progress.add_task("read records", total=len(sources))
        rng = np.random.default_rng(options.seed)
        all_beds = list(beds(sources, noises, rng, lambda: progress.advance(task)))
        task = progress.add_task("play and learn", total=ROUNDS + 2 + FOLDS)
        net = beginner()
        for number in range(ROUNDS + 1):
            played = list(play(net, all_beds))
            net = learn(played, options.seed, 1.0 if number == 0 else STRANGE)
            progress.advance(task)
        net.save(options.out)
        enter(options.out)
        turn = turns([one.bed.patient for one in played], FOLDS, options.seed)
        scores: dict[str, Score] = {}
        for fold in range(FOLDS):
            held = learn([one for one in played if turn[one.bed.patient] != fold], options.seed)
            out = [bed for bed in all_beds if bed.scored and turn[bed.patient] == fold]
            scores |= {one.bed.patient: score(one) for one in play(held, out)}
            progress.advance(task)
    lines = _lines(scores)
    for name, line in lines.items():
        console.print(f"{name}: {line}", highlight=False, soft_wrap=True)
    figures = {"protocol": f"{FOLDS} folds of patients, seed {options.seed}", **{k: str(v) for k, v in lines.items()}}
    options.out.with_suffix(".json").write_text(json.dumps(figures, indent=1) + "\n")


def _lines(scores: Mapping[str, Score]) -> dict[str, Score]:
    """Figures by folder, together, and of the records that did worst."""
    folders = sorted({name.split("/")[0] for name in scores})
    parts = {f: [one for name, one in scores.items() if name.startswith(f"{f}/")] for f in folders}
    lines = {folder: sum(part, Score()) for folder, part in parts.items()}
    lines[" + ".join(MALIGNANT)] = sum((lines[f] for f in MALIGNANT if f in lines), Score())
    lines["others"] = sum((one for f, one in lines.items() if f in folders and f not in MALIGNANT), Score())
    wrong = {name: one.to_shock - one.shocked + one.not_to_shock - one.not_shocked for name, one in scores.items()}
    worst = sorted(scores, key=lambda name: -wrong[name])
    return lines | {name: scores[name] for name in worst[:12]}


if __name__ == "__main__":
    main()
