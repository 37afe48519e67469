"""Pacing pulses go, all else stays."""

import numpy as np
import pytest
from beds import complexes, sinus
from numpy.typing import NDArray

from detector.pacing import LEAST_FS, WithoutPulses
from detector.rows import Floats, Ring

RATES = (250.0, 360.0, 500.0, 1000.0)


def pulses(n: int, fs: float, at: NDArray[np.float64], height: float, width: float) -> Floats:
    """Pulses of ``height`` mV and ``width`` ms at some seconds, each shared by the two samples beside it."""
    out = np.zeros(n)
    whole, part = np.divmod(at * fs, 1.0)
    area = height * width / 1000 * fs
    out[whole.astype(int)] += area * (1 - part)
    out[whole.astype(int) + 1] += area * part
    return out.astype(np.float32)


def cleaned(x: Floats, fs: float) -> Floats:
    """All of ``x``, with its edges."""
    pulse = WithoutPulses(Ring(0, 1, 1), fs)
    return pulse.clean(np.pad(x, [(0, 0)] * (x.ndim - 1) + [(pulse.reach, pulse.reach)], mode="edge"))


@pytest.mark.parametrize("fs", RATES)
@pytest.mark.parametrize(("height", "width"), [(2, 0.5), (2, 2), (-20, 0.1), (700, 2), (-700, 0.1)])
def test_pulses_before_beats_go(fs: float, height: float, width: float) -> None:
    r = np.arange(1, 19, 0.857)
    noise = np.random.default_rng(0).normal(0, 0.005, round(20 * fs))
    x = (complexes(r, 20, fs=fs, width=0.14) + noise).astype(np.float32)
    spiked = x + pulses(len(x), fs, r - 0.1, height, width)
    assert np.abs(cleaned(spiked, fs) - x).max() < 0.05 < np.abs(spiked - x).max()


@pytest.mark.parametrize("fs", RATES)
@pytest.mark.parametrize("width", [0.04, 0.07, 0.12])
def test_complexes_stay_however_narrow(fs: float, width: float) -> None:
    for shift in np.linspace(0, 1 / fs, 7):
        x = complexes(np.arange(1, 19, 0.75) + shift, 20, fs=fs, width=width, height=5, t=0)
        np.testing.assert_array_equal(cleaned(x, fs), x)


def test_hearts_and_steps_stay() -> None:
    samples, _ = sinus(72, 30)
    np.testing.assert_array_equal(cleaned(samples, 250), samples)
    step = np.repeat(np.float32([0, 5, 5, -10]), 1000)
    np.testing.assert_array_equal(cleaned(step, 250), step)


def test_slow_samples_are_left_alone() -> None:
    x = np.random.default_rng(0).normal(0, 1, (2, 50)).astype(np.float32)
    pulse = WithoutPulses(Ring(0, 2, 1), LEAST_FS - 1)
    assert pulse.reach == 0
    np.testing.assert_array_equal(pulse.clean(x), x)


@pytest.mark.parametrize("factor", [1e-4, 1e3])
def test_at_any_amplitude(factor: float) -> None:
    noise = np.random.default_rng(0).normal(0, 0.005, 5000).astype(np.float32)
    spiked = noise + pulses(5000, 250, np.arange(1, 19, 0.8), 5, 1)
    np.testing.assert_allclose(cleaned(spiked * np.float32(factor), 250), cleaned(spiked, 250) * factor, rtol=1e-4)


@pytest.mark.parametrize("fs", [128.0, 250.0, 1000.0])
def test_what_is_read_from_a_ring_does_not_depend_on_the_cut(fs: float) -> None:
    n, rng = 3000, np.random.default_rng(1)
    x = rng.normal(0, 0.01, (2, n)).astype(np.float32) + pulses(n, fs, np.arange(0.004, n / fs - 0.1, 0.3), 5, 1)
    ring = Ring(1, 2, 4000)
    reader = WithoutPulses(ring, fs)
    ring.put(0, 1000, rng.normal(0, 1, (2, n)).astype(np.float32))  # of another patient, long ago
    ring.put(0, 0, x)
    row = np.array([0])
    whole = reader.read(row, np.array([0]), n - reader.reach)[0]
    first = np.pad(x, ((0, 0), (reader.reach, 0)), mode="edge")
    np.testing.assert_array_equal(whole, reader.clean(first)[:, : whole.shape[1]])
    begin = 0
    while begin < whole.shape[1]:
        count = min(int(rng.integers(1, 60)), whole.shape[1] - begin)
        part = reader.read(row, np.array([begin]), count)[0]
        np.testing.assert_array_equal(part, whole[:, begin : begin + count])
        begin += count
