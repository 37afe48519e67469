"""Beds whose beats are known, to learn QRS detection from: records, copies of them changed, and simulated ones.

Records hold few of the troubles a detector must bear. So of each there is each lead alone, a copy with noise (of the
unpaced ones: it is measured by normal QRS), and one that is changed in one of two ways in turn: leads that change
height, turn over, fall off or carry noise only; and another heart rate. Rates that records hardly hold come from the
simulator.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from detector.conditioning import FS, bridge
from detector.physical import Scale
from detector.rows import Floats
from detector.training.labels import Beats
from detector.training.noise import noisy
from stream.sources import WaveSource
from stream.sources.scenario import parse_scenario
from stream.sources.simulator import Simulator
from stream.sources.wfdb import WfdbSource

LEADS: Final = 2

NOISE_DB: Final = (0.0, 6.0, 12.0)
"""Signal-to-noise ratios of the noisy copies, in turn."""

PIECE_SECONDS: Final = (20.0, 120.0)
GAINS: Final = (0.2, 5.0)
TEMPO: Final = (0.55, 1.9)
"""How long a lead stays as it is, by how much its height changes, by how much a heart is slowed down: from, to."""

OFF, NOISE_ONLY = 0.12, 0.08
"""How often a piece of a lead is off, or carries nothing but noise."""

CLEAN_WEIGHT, CHANGED_WEIGHT, NOISY_WEIGHT, SIMULATED_WEIGHT = 1.0, 0.3, 0.3, 1.0
"""What a peak counts in learning: much in records as they are, and in simulated ones, of which there is little."""

SIMULATED_SECONDS: Final = 120.0
TIMES: Final = 6
SINUS: Final = (20, 22, 25, 28, 32, 38, 45, 60, 90, 120, 150, 180, 200, 220)
TACHYCARDIA: Final = (110, 150, 190, 230, 270, 300)


@dataclass(frozen=True, slots=True, eq=False)
class Heart:
    """A bed at :data:`~detector.conditioning.FS` and its beats.

    Attributes
    ----------
    patient
        Whose heart it is; copies of a record have the same patient.
    samples
        In mV, shape ``(LEADS, n)``.
    beats
        Where they are, and what is left out as flutter.
    weight
        What its peaks count in learning.
    scored
        Whether it is a record as it is, and none with paced beats, which EC57 leaves out.
    """

    patient: str
    samples: Floats
    beats: Beats
    weight: float
    scored: bool = False


def hearts(sources: Mapping[str, WfdbSource], noises: list[WfdbSource], rng: np.random.Generator) -> Iterator[Heart]:
    """All beds to learn from.

    Parameters
    ----------
    sources
        Annotated records by name, each a patient.
    noises
        Records of noise to be added, in turn; may be empty.
    rng
        Where chance comes from.

    Raises
    ------
    SourceError
        If a record cannot be read.
    """
    for number, (name, source) in enumerate(sources.items()):
        beats, samples = _beats(source), samples_of(source)
        paced = any(mark.symbol == "/" for mark in source.marks(0, source.length))
        yield Heart(name, samples, beats, CLEAN_WEIGHT, scored=not paced)
        for lead in range(LEADS):  # one lead twice is measured as one lead alone is
            yield Heart(name, samples[[lead, lead]], beats, CHANGED_WEIGHT)
        yield Heart(name, *CHANGES[number % len(CHANGES)](samples, beats, rng), CHANGED_WEIGHT)
        if noises and not paced:
            snr = NOISE_DB[number // len(noises) % len(NOISE_DB)]
            yield Heart(name, samples_of(noisy(source, noises[number % len(noises)], snr)), beats, NOISY_WEIGHT)
    yield from simulated()


def simulated() -> Iterator[Heart]:
    """Hearts of the simulator at all rates, each with noise of its own: sinus rhythm, and runs of tachycardia in it."""
    steps = [f"{{sinus: {{rate: {rate}}}, seconds: 60}}" for rate in SINUS]
    steps += [f"{{sinus: {{rate: 75}}, seconds: 20}}, {{vt: {{rate: {rate}}}, seconds: 20}}" for rate in TACHYCARDIA]
    for number, step in enumerate(steps * TIMES):
        noise = f"{{wander: {0.05 * (number % 3)}, muscle: {0.01 * (number % 4)}}}"
        scenario = parse_scenario(f"{{fs: {FS:g}, beds: [{{steps: [{step}], noise: {noise}}}]}}", "simulated")
        source = Simulator(scenario, seed=1000 + number)
        count = round(SIMULATED_SECONDS * FS)
        samples = Scale(source.leads[0])(source.read(0, count)[0])
        marks = source.marks(0, count)
        beats = Beats.of([mark.sample for mark in marks], [mark.symbol for mark in marks])
        yield Heart(f"simulated {number}", samples, beats, SIMULATED_WEIGHT)


def samples_of(source: WaveSource) -> Floats:
    """A record at :data:`FS`; of one lead, the same twice; of many, the first two."""
    values = Scale(source.leads[0])(source.read(0, source.length or 0)[0])[:LEADS]
    values, _ = bridge(values, np.zeros(len(values), np.float32))
    ratio = Fraction(FS / source.fs).limit_denominator(1000)
    if ratio != 1:
        values = signal.resample_poly(values, ratio.numerator, ratio.denominator, axis=1, padtype="line")
    return np.asarray(np.resize(values, (LEADS, values.shape[1])) if len(values) < LEADS else values, np.float32)


def _beats(source: WfdbSource) -> Beats:
    marks = source.marks(0, source.length)
    return Beats.of([round(mark.sample * FS / source.fs) for mark in marks], [mark.symbol for mark in marks])


Change = Callable[[Floats, Beats, np.random.Generator], tuple[Floats, Beats]]


def _loose_leads(samples: Floats, beats: Beats, rng: np.random.Generator) -> tuple[Floats, Beats]:
    """Leads that change height, turn over, fall off, or carry noise only, piece by piece."""
    out = samples.copy()
    for lead in out:
        size = 3 * float(np.diff(lead).std())
        begin = 0
        while begin < len(lead):
            piece = lead[begin : begin + int(rng.uniform(*PIECE_SECONDS) * FS)]
            fate = rng.random()
            if fate < OFF:
                piece[:] = piece[0]
            elif fate < OFF + NOISE_ONLY:
                piece[:] = rng.normal(0, size * rng.uniform(0.5, 4), len(piece))
            else:
                piece *= rng.choice([-1, 1]) * np.exp(rng.uniform(*np.log(GAINS)))
            begin += len(piece)
    return out, beats


def _other_tempo(samples: Floats, beats: Beats, rng: np.random.Generator) -> tuple[Floats, Beats]:
    """Another heart rate, by the record's first half hour played slower, or all of it faster."""
    slower = float(np.exp(rng.uniform(*np.log(TEMPO))))
    count = samples.shape[1]
    time = np.arange(min(int(count * slower), count)) / slower
    out = np.stack([np.interp(time, np.arange(count), lead) for lead in samples]).astype(np.float32)
    at: NDArray[np.int64] = np.rint(beats.samples * slower).astype(np.int64)
    flutter = tuple((round(begin * slower), round(end * slower)) for begin, end in beats.flutter)
    return out, Beats(at[at < len(time)], beats.classes[at < len(time)], flutter)


CHANGES: Final[tuple[Change, ...]] = (_loose_leads, _other_tempo)
