"""Synthetic beds whose beats are known, and ways to have them read."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import wfdb
from numpy.typing import NDArray

from detector.bank import Reading, Ward
from detector.beats import Beats
from stream.sources.scenario import parse_scenario
from stream.sources.simulator import GAIN, Simulator

WAVE_FIELDS = ("rr", "hr", "after", "told", "family", "cut", "wave", "rhythm", "now")


def simulate(
    steps: str, seconds: float, *, fs: float = 250, leads: str = "II, V1", more: str = "", seed: int = 0
) -> tuple[NDArray[np.float32], NDArray[np.int64], list[str]]:
    """One bed: samples in mV, shape (leads, n); where its beats are, on the first lead; what they are."""
    scenario = parse_scenario(f"{{fs: {fs:g}, leads: [{leads}], beds: [{{steps: [{steps}] {more}}}]}}")
    simulator = Simulator(scenario, seed=seed)
    count = round(seconds * fs)
    samples = simulator.read(0, count)[0]
    marks = [mark for mark in simulator.marks(0, count) if mark.symbol in "NVA"]
    return (
        (samples / GAIN).astype(np.float32),
        np.array([mark.sample for mark in marks], np.int64),
        [mark.symbol for mark in marks],
    )


def sinus(rate: float, seconds: float, **options: object) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Sinus rhythm and its R peaks."""
    samples, r, _ = simulate(f"{{sinus: {{rate: {rate:g}}}, seconds: {seconds + 10:g}}}", seconds, **options)
    return samples, r


def complexes(
    r: Iterable[float], seconds: float, *, fs: float = 250, t: float = 0.3, height: float = 1.0, width: float = 0.1
) -> NDArray[np.float32]:
    """A lead of EC13's make: triangular QRS of ``width`` s whose peaks are at ``r`` s, and T waves of ``t`` mV.

    T is half a sine of 180 ms that ends 350 ms after the QRS begins (ANSI/AAMI EC13:2002, 4.1.2.1 c).
    """
    time = np.arange(round(seconds * fs)) / fs
    out = np.zeros_like(time)
    for peak in r:
        out += height * np.clip(1 - np.abs(time - peak) / (width / 2), 0, None)
        phase = (time - (peak - width / 2 + 0.35 - 0.18)) / 0.18
        out += np.where((phase > 0) & (phase < 1), t * np.sin(np.pi * np.clip(phase, 0, 1)), 0)
    return out.astype(np.float32)


def cuts(n: int, rng: np.random.Generator, longest: int) -> list[int]:
    """Where blocks of 1 to ``longest`` samples end, short ones as likely as long ones."""
    ends = [0]
    while ends[-1] < n:
        ends.append(min(n, ends[-1] + int(np.exp(rng.uniform(0, np.log(longest))))))
    return ends


def hear(
    beds: Mapping[str, tuple[float, NDArray[np.float32]]], rng: np.random.Generator | None = None, longest: float = 20.0
) -> dict[str, Reading | None]:
    """Have beds read together: in blocks of a second, or of random lengths up to ``longest`` s."""
    ward = Ward()
    heard: list[Reading] = []
    ends = {}
    for name, (fs, samples) in beds.items():
        ward.open(name, fs, len(samples))
        n = samples.shape[1]
        ends[name] = cuts(n, rng, int(longest * fs)) if rng else [*range(0, n, round(fs)), n]
    for step in range(max(map(len, ends.values()))):
        for name, (_, samples) in beds.items():
            if step + 1 < len(ends[name]):
                begin, end = ends[name][step : step + 2]
                heard += ward.push(name, begin, samples[:, begin:end])
            elif step + 1 == len(ends[name]):
                heard += ward.close(name)
        heard += ward.step()
    for name in beds:
        heard += ward.close(name)
    return {name: of(heard, name) for name in beds}


def found(samples: NDArray[np.float32], fs: float = 250) -> NDArray[np.int64]:
    """R peaks found in one bed's samples."""
    reading = hear({"bed": (fs, samples)})["bed"]
    return np.zeros(0, np.int64) if reading is None else reading.sample


def match(truth: Sequence[int], told: Sequence[int], fs: float, within: float = 0.15) -> tuple[int, int, float]:
    """Missed beats, false ones, and median distance in ms, by nearest neighbours."""
    truth, told = np.asarray(truth), np.asarray(told)
    if not len(truth) or not len(told):
        return len(truth), len(told), np.nan
    distance = np.abs(truth[:, None] - told[None, :]) / fs
    missed = int((distance.min(1) > within).sum())
    false = len(told) - (len(truth) - missed)
    return missed, false, 1000 * float(np.median(distance.min(1)))


def same(a: Reading | None, b: Reading | None, *, but: Sequence[str] = ()) -> None:
    """Both readings say the very same, to the last bit; ``but`` for some fields."""
    assert a is not None
    assert b is not None
    np.testing.assert_array_equal(a.sample, b.sample)
    np.testing.assert_array_equal(a.begin, b.begin)
    for field in set(WAVE_FIELDS) - set(but):
        np.testing.assert_array_equal(getattr(a.beats, field), getattr(b.beats, field), err_msg=field)


def of(readings: Sequence[Reading], bed: str) -> Reading | None:
    """One bed's part of some readings, in the order told."""
    parts = [(reading, [k for k, key in enumerate(reading.key) if key == bed]) for reading in readings]
    parts = [(reading, at) for reading, at in parts if at]
    if not parts:
        return None
    return Reading(
        key=[bed] * sum(len(at) for _, at in parts),
        first=np.concatenate([reading.first[at] for reading, at in parts]),
        sample=np.concatenate([reading.sample[at] for reading, at in parts]),
        begin=np.concatenate([reading.begin[at] for reading, at in parts]),
        beats=Beats.join([reading.beats[at] for reading, at in parts]),
    )


SINUS_AND_BIGEMINY = """
fs: 250
leads: [II, V1]
beds:
  - steps:
      - sinus: {rate: 75}
        seconds: 20
      - bigeminy: {rate: 80}
        seconds: 40
"""


def write_record(folder: Path, name: str, *, seconds: int, seed: int) -> Path:
    """Write a simulated WFDB record with its truth as reference annotations."""
    source = Simulator(parse_scenario(SINUS_AND_BIGEMINY, "test"), seed=seed)
    length = round(seconds * source.fs)
    samples = source.read(0, length)[0]
    leads = source.leads[0]
    wfdb.wrsamp(
        name,
        fs=source.fs,
        units=[lead.units for lead in leads],
        sig_name=[lead.name for lead in leads],
        d_signal=samples.T.astype(np.int64),
        fmt=["16"] * len(leads),
        adc_gain=[lead.gain for lead in leads],
        baseline=[lead.baseline for lead in leads],
        write_dir=str(folder),
    )
    marks = [mark for mark in source.marks(0, length) if mark.symbol in "NVA"]
    at, symbols = np.array([mark.sample for mark in marks]), [mark.symbol for mark in marks]
    wfdb.wrann(name, "atr", at, symbols, fs=source.fs, write_dir=str(folder))
    return folder / name
