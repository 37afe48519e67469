"""Beds to learn fibrillation from: records whose rhythm is annotated, copies of them changed, noise, simulated hearts.

Each second is named by the :data:`~detector.waveform.WINDOW` s before its end. How, is that of papers on automated
defibrillators (Kerber et al. 1997, Circulation 95:1677; Jekova and Krasteva 2004; Figuera et al. 2016, PLoS ONE
11:e0159654): ventricular fibrillation, flutter and rapid ventricular tachycardia are to be shocked, all else is not,
asystole neither; left out are seconds with a change of rhythm in the window, with annotated noise, with nothing
annotated, with every lead clipped, and *intermediate* rhythms: ventricular tachycardia below :data:`RAPID`, and rapid
rhythms whose beats the annotator of cudb, mitdb or svdb did not tell apart.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from detector.conditioning import FS
from detector.fibrillation import CLASSES, OTHER
from detector.physical import Scale
from detector.rows import Floats
from detector.training.hearts import samples_of
from detector.training.labels import aami_class
from detector.training.noise import CLEAN_SECONDS, TURN_SECONDS, noisy
from detector.waveform import WINDOW
from stream.sources import Mark
from stream.sources.scenario import parse_scenario
from stream.sources.simulator import Simulator
from stream.sources.wfdb import WfdbSource

TACHYCARDIA, FIBRILLATION, NOISE = (CLASSES.index(name) for name in ("tachycardia", "fibrillation", "noise"))
UNKNOWN: Final = -1
"""Names of seconds, beside OTHER: index in CLASSES, or not to be learned from nor scored."""

FIBRILLATES: Final = ("(VF", "(VFIB", "(VFL")
RAPID: Final = 150.0
"""Rate (1/min) from which a ventricular tachycardia is rapid."""

SILENT: Final = 4.0
"""Where beats are annotated, nothing is known of a longer stretch (s) without any."""

AROUND_NOISE: Final = 2.0
"""Seconds about a mark of noise of which nothing is known: it says where noise begins, not for how long."""

MISNAMED: Final = ("vfdb/614",)
"""Records whose tachycardia is plainly fibrillation for the most part: it is scored as annotated, not learned from."""

SNRS: Final = (6.0, 12.0, 9.0, 0.0, -9.0)
BURIED: Final = -6.0
"""Signal-to-noise ratios in dB of noisy copies, in turn; below this, noise hides the heart."""

MUSCLE: Final = 0.3
"""Muscle noise in copies with fibrillation, of the record's standard deviation."""

SLOWER, MUCH_SLOWER, FASTER = (1.3, 1.8), (1.9, 2.6), (0.55, 0.7)
"""How much longer copies are: any rhythm but fibrillation; tachycardia and flutter, which are then slow; wide
complexes."""

WIDE: Final = 0.15
SLOW: Final = 0.65
"""Share of wide complexes, and median RR (s), from which a record has copies that are faster."""

LOUDNESS: Final = (0.5, 1.5)
RATES: Final = (100, 120, 140, 160, 180, 200, 220, 240, 260, 280, 300)
"""Factors of pure noise; rates of simulated ventricular tachycardia."""


@dataclass(frozen=True, slots=True, eq=False)
class Bed:
    """A bed and what its heart does.

    Attributes
    ----------
    patient
        Whose heart it is: folder and record; copies have the same.
    samples
        In mV at 250 Hz, ``(2, n)``.
    label
        Of each whole second: an index in CLASSES, or UNKNOWN; ``(n // 250,)``.
    scored
        Whether it is a record as it is.
    fibrillation, standstill
        Where fibrillation or flutter, and asystole, is annotated: begin and end in s.
    """

    patient: str
    samples: Floats
    label: NDArray[np.int8]
    scored: bool = False
    fibrillation: tuple[tuple[float, float], ...] = ()
    standstill: tuple[tuple[float, float], ...] = ()


def beds(
    sources: Mapping[str, WfdbSource], noises: list[WfdbSource], rng: np.random.Generator, advance: Callable[[], None]
) -> Iterator[Bed]:
    """All beds to learn from.

    Parameters
    ----------
    sources
        Annotated records by folder and name.
    noises
        Records of electrode motion and of muscle noise; may be empty.
    rng
        Where chance comes from.
    advance
        Called after each record.

    Raises
    ------
    SourceError
        If a record cannot be read.
    """
    for number, (name, source) in enumerate(sources.items()):
        bed = record(name, source)
        yield bed
        marks = source.marks(0, source.length)
        symbols = [mark.symbol for mark in marks if aami_class(mark.symbol) or mark.symbol == "/"]
        rhythms = {mark.aux.strip("\0 ") for mark in marks}
        if bed.fibrillation or not symbols:
            if noises and bed.fibrillation:
                yield _with_muscle(bed, samples_of(noises[-1]))
            yield _at_tempo(bed, rng.uniform(*SLOWER), {TACHYCARDIA: UNKNOWN})
            if rhythms & {"(VT", "(VFL"} and not rhythms & {"(VF", "(VFIB"} and name not in MISNAMED:
                yield _at_tempo(bed, rng.uniform(*MUCH_SLOWER), {TACHYCARDIA: OTHER, FIBRILLATION: OTHER})
        elif noises and "/" not in symbols and number % 3:
            snr = SNRS[number % len(SNRS)]
            label = _in_noise(bed.label, NOISE if snr < BURIED else OTHER)
            yield Bed(name, samples_of(noisy(source, noises[number % len(noises)], snr)), label)
        if _may_be_faster(bed, marks, source.fs):
            yield _at_tempo(bed, rng.uniform(*FASTER), {TACHYCARDIA: UNKNOWN})
        advance()
    for noise in noises:
        values = samples_of(noise)
        for factor in LOUDNESS:
            label = np.full(int(values.shape[1] / FS), NOISE, np.int8)
            yield Bed(f"noise/{noise.titles[0]}", (factor * values).astype(np.float32), label)
    yield from _simulated()


def record(name: str, source: WfdbSource) -> Bed:
    """A record as it is."""
    marks = source.marks(0, source.length)
    seconds = source.length / source.fs
    stretches = list(_rhythms(marks, source.fs, seconds))
    times = np.array([mark.sample / source.fs for mark in marks if aami_class(mark.symbol) or mark.symbol == "/"])
    what = np.full(int(seconds * 10), OTHER, np.int8)
    for begin, end, there in stretches:
        what[int(begin * 10) : int(end * 10)] = there
    ends = np.arange(1, int(seconds) + 1)
    samples = samples_of(source)
    if times.size:
        for begin, end in zip(np.append(0, times), np.append(times, seconds), strict=True):
            if end - begin > SILENT:
                part = what[int(begin * 10) : int(end * 10)]
                part[part == OTHER] = UNKNOWN
        for mark in marks:
            if mark.symbol == "~" and len(source.leads[0]) == 1:
                at = mark.sample / source.fs
                what[max(int((at - AROUND_NOISE) * 10), 0) : int((at + AROUND_NOISE) * 10)] = UNKNOWN
    label = _of_windows(what)
    if times.size:
        rate = (np.searchsorted(times, ends) - np.searchsorted(times, ends - WINDOW)) * 60 / WINDOW
        label[(label == OTHER) & (rate > RAPID)] = UNKNOWN
    return Bed(
        name,
        samples,
        label,
        scored=True,
        fibrillation=tuple((begin, end) for begin, end, there in stretches if there == FIBRILLATION),
        standstill=tuple(_annotated(marks, source.fs, seconds, "(ASYS")),
    )


def _rhythms(marks: list[Mark], fs: float, seconds: float) -> Iterator[tuple[float, float, int]]:
    """Stretches of a record that are no OTHER rhythm: begin, end and label."""
    begin, label = 0.0, OTHER
    for mark in marks:
        at, rhythm, now = mark.sample / fs, mark.aux.strip("\0 "), None
        if mark.symbol in "[]":
            now = FIBRILLATION if mark.symbol == "[" else OTHER
        elif mark.symbol == "+" and _names_rhythms(marks):
            now = FIBRILLATION if rhythm in FIBRILLATES else {"(VT": TACHYCARDIA, "(NOISE": UNKNOWN}.get(rhythm, OTHER)
        if now is not None:
            if label != OTHER:
                yield begin, at, label
            begin, label = at, now
    if label != OTHER:
        yield begin, seconds, label


def _names_rhythms(marks: list[Mark]) -> bool:
    """Whether a record has annotations of rhythm only."""
    return not any(aami_class(mark.symbol) for mark in marks)


def _annotated(marks: list[Mark], fs: float, seconds: float, rhythm: str) -> Iterator[tuple[float, float]]:
    """Stretches of a rhythm."""
    changes = [(mark.sample / fs, mark.aux.strip("\0 ")) for mark in marks if mark.symbol == "+"]
    for (begin, name), (end, _) in zip(changes, [*changes[1:], (seconds, "")][: len(changes)], strict=True):
        if name == rhythm:
            yield begin, end


def _of_windows(what: NDArray[np.int8]) -> NDArray[np.int8]:
    """Labels of tenths of a second to those of whole seconds: UNKNOWN where they change in the window."""
    out = np.full(len(what) // 10, UNKNOWN, np.int8)
    if len(out) >= WINDOW:
        windows = np.lib.stride_tricks.sliding_window_view(what, 10 * WINDOW)[::10]
        same = (windows == windows[:, :1]).all(1)
        out[WINDOW - 1 :] = np.where(same, windows[:, 0], UNKNOWN)[: len(out) - WINDOW + 1]
    return out


def _in_noise(label: NDArray[np.int8], name: int) -> NDArray[np.int8]:
    """Labels of a copy with noise in turns, of the noisy seconds only; OTHER becomes ``name``."""
    end = np.arange(1, len(label) + 1)
    turn, before = ((at - CLEAN_SECONDS) // TURN_SECONDS for at in (end, end - WINDOW))
    inside = (turn == before) & (turn >= 0) & (turn % 2 == 0)
    return np.where(inside, np.where(label == OTHER, name, label), UNKNOWN).astype(np.int8)


def _may_be_faster(bed: Bed, marks: list[Mark], fs: float) -> bool:
    """Whether a copy at a faster rate is a rhythm like others: of wide complexes, or of one who will fibrillate."""
    beats = [mark for mark in marks if aami_class(mark.symbol) or mark.symbol == "/"]
    if len(beats) < 2 or np.median(np.diff([mark.sample for mark in beats])) < SLOW * fs:
        return False
    wide = sum(mark.symbol in "LR/fVE" for mark in beats) > WIDE * len(beats)
    return wide or any(end - begin > WINDOW for begin, end in bed.fibrillation)


def _with_muscle(bed: Bed, noise: Floats) -> Bed:
    """A copy with muscle noise, of which fibrillation is learned."""
    noise = np.resize(noise - noise.mean(1, keepdims=True), bed.samples.shape)
    samples = bed.samples + MUSCLE * bed.samples.std() / noise.std() * noise
    label = np.where(bed.label == FIBRILLATION, FIBRILLATION, UNKNOWN).astype(np.int8)
    return Bed(bed.patient, samples.astype(np.float32), label)


def _at_tempo(bed: Bed, longer: float, names: Mapping[int, int]) -> Bed:
    """A copy that is longer by a factor, at most as long; fibrillation is left out if not renamed."""
    count = min(int(bed.samples.shape[1] * longer), bed.samples.shape[1])
    time = np.arange(count) / longer
    samples = np.stack([np.interp(time, np.arange(bed.samples.shape[1]), lead) for lead in bed.samples])
    second = np.minimum(np.arange(1, int(count / FS) + 1) / longer, len(bed.label)).astype(np.intp)
    old = bed.label[np.maximum(second - 1, 0)]
    label = old.copy()
    for name, new in {FIBRILLATION: UNKNOWN, **names}.items():
        label[old == name] = new
    label[: 2 * WINDOW] = UNKNOWN
    return Bed(bed.patient, samples.astype(np.float32), label)


def _simulated() -> Iterator[Bed]:
    """Simulated sinus rhythm, tachycardia and fibrillation in turn."""
    for number, rate in enumerate(rate for rate in RATES for _ in range(2)):
        steps = f"{{sinus: {{rate: 75}}, seconds: 20}}, {{vt: {{rate: {rate}}}, seconds: 40}}"
        steps += f", {{vf: {{amplitude: {0.15 + 0.3 * (number % 2)}}}, seconds: 30}}"
        noise = f"{{wander: {0.1 * (number % 2)}, muscle: {0.02 * (number % 2)}}}"
        scenario = parse_scenario(f"{{fs: {FS:g}, leads: [II, V1], beds: [{{steps: [{steps}], noise: {noise}}}]}}", "")
        source = Simulator(scenario, seed=number)
        samples = Scale(source.leads[0])(source.read(0, round(90 * FS))[0])
        label = np.full(90, UNKNOWN, np.int8)
        label[4:20], label[65:90] = OTHER, FIBRILLATION
        label[25:60] = TACHYCARDIA if rate >= RAPID else OTHER
        yield Bed(f"simulated/{number}", samples, label)
