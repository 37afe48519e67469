"""Beats read at peaks that are known: each becomes one beat, whatever the blocks."""

from itertools import pairwise

import numpy as np
import pytest
from beds import NDArray, cuts, hear, of, same, simulate

from detector.bank import Reading
from detector.beats import AT_ONCE, NOW_NAMES
from detector.rhythm import AFTER_NAMES, RR_NAMES
from detector.segmentation import BEFORE
from detector.training.peaks import KnownWard

STEPS = "{sinus: {rate: 75}, seconds: 12}, {bigeminy: {rate: 80}, seconds: 10}, {vt: {rate: 170, beats: 8}}"


def read(
    beds: dict[str, tuple[float, NDArray]], peaks: dict[str, NDArray], rng: np.random.Generator | None = None
) -> dict[str, Reading | None]:
    """Have beds read at known peaks, in blocks of a second or of random lengths."""
    ward, told = KnownWard(peaks), []
    for name, (fs, samples) in beds.items():
        ward.open(name, fs, len(samples))
        n = samples.shape[1]
        ends = cuts(n, rng, 1000) if rng else [*range(0, n, round(fs)), n]
        for begin, end in pairwise(ends):
            told += ward.push(name, begin, samples[:, begin:end]) + ward.step()
        told += ward.close(name)
    return {name: of(told, name) for name in beds}


@pytest.mark.parametrize("fs", [128, 250, 360])
def test_each_known_peak_is_one_beat_near_it(fs: float) -> None:
    samples, r, _ = simulate(STEPS, 25, fs=fs)
    told = read({"a": (fs, samples)}, {"a": r})["a"]
    assert told is not None
    assert len(told.sample) == len(r)
    assert np.abs(told.sample - r).max() <= 0.08 * fs + 2
    assert np.median(np.abs(told.sample - r)) <= 0.008 * fs


def test_a_beat_read_at_a_known_peak_is_the_beat_that_is_found() -> None:
    samples, *_ = simulate(STEPS, 25)
    own = hear({"a": (250, samples)})["a"]
    assert own is not None
    same(read({"a": (250, samples)}, {"a": own.sample})["a"], own, but=["told"])


def test_blocks_and_other_beds_do_not_matter() -> None:
    beds, peaks = {}, {}
    for name, seed in (("a", 0), ("b", 1), ("c", 2)):
        samples, r, _ = simulate(STEPS, 20, fs=360, seed=seed)
        beds[name], peaks[name] = (360, samples), r
    alone = {name: read({name: beds[name]}, peaks)[name] for name in beds}
    for name, reading in read(beds, peaks, np.random.default_rng(0)).items():
        same(reading, alone[name], but=["told"])  # peaks that are given are known beforehand


def test_any_peaks_will_do() -> None:
    """At the very begin and end, side by side, and where there is no beat at all."""
    samples, *_ = simulate(STEPS, 20)
    peaks = np.array([0, 1, 2, 300, 301, 330, 350, 2000, 2001, 4997, 4998, 4999])
    told = read({"a": (250, samples)}, {"a": peaks})["a"]
    assert told is not None
    assert len(told.sample) == len(peaks)
    assert (np.diff(told.sample) > 0).all()
    assert np.isfinite(told.beats.now).all()
    assert np.isfinite(told.beats.rhythm).all()
    assert np.isfinite(told.beats.wave).all()
    assert read({"a": (250, samples)}, {"a": peaks[:0]})["a"] is None


def test_at_once_knows_nothing_of_what_comes_later() -> None:
    samples, r, _ = simulate("{sinus: {rate: 60}, seconds: 30}, ", 20)
    told = read({"a": (250, samples)}, {"a": r})["a"]
    assert told is not None
    k = 10
    known = int(told.sample[k] + AT_ONCE * 250)
    other = samples.copy()
    other[:, known + 1 :] += np.random.default_rng(0).normal(0, 1, other[:, known + 1 :].shape).astype(np.float32)
    changed = read({"a": (250, other)}, {"a": r})["a"]
    assert changed is not None
    whole, once, again = (x.beats[[k]] for x in (told, told, changed))
    once, again = once.at_once(), again.at_once()
    np.testing.assert_array_equal(once.cut, again.cut)
    assert np.isnan(once.after[0])
    assert whole.after[0] > 0.9
    later = [NOW_NAMES.index(name) for name in AFTER_NAMES]
    np.testing.assert_array_equal(once.now[:, later], 0)
    rr = [NOW_NAMES.index(name) for name in RR_NAMES]
    np.testing.assert_array_equal(once.now[:, rr], again.now[:, rr])
    # Of what the model sees of the wave, only the level it is measured from may differ, by little.
    assert np.ptp((once.wave - again.wave)[..., :2], axis=1).max() < 1e-5
    assert np.abs(once.wave - again.wave).max() < 0.1
    # What is known stays.
    assert whole.wave[:, :90].tolist() == once.wave[:, :90].tolist()
    assert whole.cut[..., : BEFORE + 112].tolist() == once.cut[..., : BEFORE + 112].tolist()


def test_at_once_knows_a_beat_that_came_sooner() -> None:
    samples, r, _ = simulate("{sinus: {rate: 60}, seconds: 5}, {vt: {rate: 170, beats: 8}}", 10)
    told = read({"a": (250, samples)}, {"a": r})["a"]
    assert told is not None
    soon = told.beats.after <= AT_ONCE
    assert 0 < soon.sum() < len(r)
    once = told.beats.at_once()
    np.testing.assert_array_equal(once.now[soon], told.beats.now[soon])
    np.testing.assert_array_equal(once.after[soon], told.beats.after[soon])
    assert np.isnan(once.after[~soon]).all()
