"""Pacing pulses go, with what drains behind them; all else stays."""

import numpy as np
import pytest
from beds import complexes, sinus
from numpy.typing import NDArray

from detector.pacing import LEAST_FS, Unpaced
from detector.rows import Floats, Ring

RATES = (250.0, 360.0, 500.0, 1000.0)
SEED = 0


def pulses(n: int, fs: float, at: NDArray[np.float64], height: float, width: float) -> Floats:
    """Pulses of ``height`` mV and ``width`` ms at some seconds, each shared by the two samples beside it."""
    out = np.zeros(n)
    whole, part = np.divmod(at * fs, 1.0)
    area = height * width / 1000 * fs
    out[whole.astype(int)] += area * (1 - part)
    out[whole.astype(int) + 1] += area * part
    return out.astype(np.float32)


def tails(n: int, fs: float, at: NDArray[np.float64], height: float, time: float) -> Floats:
    """What drains behind pulses at some seconds, from ``height`` mV, with a time constant in s."""
    out = np.zeros(n)
    for begin in (at * fs).astype(int) + 2:
        out[begin:] += height * np.exp(-np.arange(n - begin) / (time * fs))
    return out.astype(np.float32)


def read(x: Floats, fs: float, cut: np.random.Generator | None = None) -> Floats:
    """All of ``x`` of shape ``(leads, n)`` as it comes out, its last value held for a while; in pieces, if cut."""
    raw = Ring(1, len(x), x.shape[1] + 2000)
    unpaced = Unpaced(raw, fs)
    held = np.concatenate([x, np.repeat(x[:, -1:], 200, axis=1)], axis=1)
    at = 0
    while at < held.shape[1]:
        count = held.shape[1] if cut is None else int(cut.integers(1, 60))
        part = held[:, at : at + count]
        raw.write(np.array([0]), np.array([at]), part[None])
        at += part.shape[1]
        unpaced.follow(np.array([at]))
    assert unpaced.seen[0] >= x.shape[1]
    return unpaced.ring.read(np.array([0]), np.array([0]), x.shape[1])[0]


def cleaned(x: Floats, fs: float) -> Floats:
    """One lead as it comes out."""
    return read(x[None], fs)[0]


@pytest.mark.parametrize("fs", RATES)
@pytest.mark.parametrize(("height", "width"), [(2, 0.5), (2, 2), (-20, 0.1), (700, 2), (-700, 0.1)])
def test_pulses_before_beats_go(fs: float, height: float, width: float) -> None:
    r = np.arange(1, 19, 0.857)
    noise = np.random.default_rng(0).normal(0, 0.005, round(20 * fs))
    x = (complexes(r, 20, fs=fs, width=0.14) + noise).astype(np.float32)
    spiked = x + pulses(len(x), fs, r - 0.1, height, width)
    assert np.abs(cleaned(spiked, fs) - x).max() < 0.05 < np.abs(spiked - x).max()


@pytest.mark.parametrize("fs", RATES)
@pytest.mark.parametrize("time", [0.01, 0.05, 0.1])
@pytest.mark.parametrize("sign", [1, -1])
def test_tails_go_with_their_pulses(fs: float, time: float, sign: int) -> None:
    at = np.arange(1, 19, 0.857)
    x = np.random.default_rng(SEED).normal(0, 0.005, round(20 * fs)).astype(np.float32)
    spiked = x + pulses(len(x), fs, at, sign * 20, 2) + tails(len(x), fs, at, -sign * 0.8, time)
    assert np.abs(cleaned(spiked, fs) - x).max() < 0.08


def test_a_tail_ends_where_the_next_begins() -> None:
    at = np.array([1.0, 1.15, 2.0, 2.15])
    x = np.random.default_rng(SEED).normal(0, 0.005, 2000).astype(np.float32)
    spiked = x + pulses(2000, 500, at, 20, 1) + tails(2000, 500, at, -0.8, 0.05)
    assert np.abs(cleaned(spiked, 500) - x).max() < 0.08


@pytest.mark.parametrize("fs", RATES)
@pytest.mark.parametrize("begins", [0.02, 0.03, 0.1])
def test_the_complex_behind_a_pulse_stays(fs: float, begins: float) -> None:
    at = np.arange(1, 19, 0.857)
    x = complexes(at + begins + 0.05, 20, fs=fs, width=0.1, height=-2, t=0)
    spiked = x + pulses(len(x), fs, at, 20, 1)
    assert np.abs(cleaned(spiked, fs) - x).max() < 0.1


@pytest.mark.parametrize("fs", RATES)
@pytest.mark.parametrize("width", [0.04, 0.07, 0.12])
def test_complexes_stay_however_narrow(fs: float, width: float) -> None:
    for shift in np.linspace(0, 1 / fs, 7):
        x = complexes(np.arange(1, 19, 0.75) + shift, 20, fs=fs, width=width, height=5, t=0)
        np.testing.assert_array_equal(cleaned(x, fs), x)


def test_hearts_and_steps_stay() -> None:
    samples, _ = sinus(72, 30)
    np.testing.assert_array_equal(read(np.atleast_2d(samples), 250), np.atleast_2d(samples))
    step = np.repeat(np.array([0, 5, 5, -10], np.float32), 1000)
    np.testing.assert_array_equal(cleaned(step, 250), step)


def test_slow_samples_are_left_alone() -> None:
    x = np.random.default_rng(0).normal(0, 1, (2, 50)).astype(np.float32)
    np.testing.assert_array_equal(read(x, LEAST_FS - 1), x)


@pytest.mark.parametrize("factor", [1e-4, 1e3])
def test_at_any_amplitude(factor: float) -> None:
    at = np.arange(1, 19, 0.8)
    noise = np.random.default_rng(0).normal(0, 0.005, 5000).astype(np.float32)
    spiked = noise + pulses(5000, 250, at, 20, 1) + tails(5000, 250, at, -0.8, 0.05)
    expected = cleaned(spiked, 250) * np.float32(factor)
    np.testing.assert_allclose(cleaned(spiked * np.float32(factor), 250), expected, rtol=1e-3, atol=1e-5 * factor)


@pytest.mark.parametrize("fs", [128.0, 250.0, 1000.0])
def test_what_comes_out_does_not_depend_on_the_cut(fs: float) -> None:
    n, rng = 3000, np.random.default_rng(1)
    at = np.arange(0.004, n / fs - 0.1, 0.3)
    x = rng.normal(0, 0.01, (2, n)).astype(np.float32) + pulses(n, fs, at, 20, 1) + tails(n, fs, at, -1, 0.05)
    x[1] *= 2
    whole = read(x, fs)
    assert (np.abs(whole).max() < 0.5) == (fs >= LEAST_FS)
    for seed in range(3):
        np.testing.assert_array_equal(read(x, fs, np.random.default_rng(seed)), whole)


def test_a_row_that_is_used_again_knows_no_tail() -> None:
    raw = Ring(2, 1, 4000)
    unpaced = Unpaced(raw, 500)
    for row, at in ((0, 1.0), (1, 1.5)):
        paced = pulses(900, 500, np.array([at]), 20, 1) + tails(900, 500, np.array([at]), -1, 0.05)
        raw.write(np.array([row]), np.array([0]), paced[None, None])
    unpaced.follow(np.array([900, 900]))
    for part in (raw, unpaced):
        part.reset(np.array([0]))
    flat = np.full((1, 900), 3, np.float32)
    raw.write(np.array([0]), np.array([0]), flat[None])
    unpaced.follow(np.array([900, 900]))
    count = int(unpaced.seen[0])
    np.testing.assert_array_equal(unpaced.ring.read(np.array([0]), np.array([0]), count)[0], flat[:, :count])
