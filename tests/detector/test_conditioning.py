"""Bridging, resampling and filters: measured on sines, and cut in any way without a bit's difference."""

from itertools import pairwise

import numpy as np
import pytest
from beds import cuts
from numpy.typing import NDArray

from detector.conditioning import FS, WAVE_BAND, Resampler, bridge, qrs_filter, wave_filter
from detector.rows import Ring

RATES = (100, 128, 250, 257, 360, 500, 1000)


def resampled(x: NDArray[np.float32], fs: float, start: int = 0, count: int | None = None) -> NDArray[np.float32]:
    """All that can be made of one lead, or a stretch of it."""
    resample = Resampler(fs)
    ring = Ring(1, 1, len(x) + 2 * resample.reach + 2)
    ring.write(np.array([0]), np.array([0]), x[None, None].astype(np.float32))
    ready = int(resample.ready(np.array([len(x)]))[0])
    return resample(ring, np.array([0]), np.array([start]), (ready if count is None else count))[0, 0]


def amplitude_and_phase(x: NDArray[np.floating], f: float, fs: float) -> tuple[float, float]:
    """Of the sine of ``f`` Hz in ``x`` whose first sample is at time 0, by least squares."""
    t = np.arange(len(x)) / fs
    sines = np.stack([np.sin(2 * np.pi * f * t), np.cos(2 * np.pi * f * t), np.ones_like(t)], axis=1)
    a, b, _ = np.linalg.lstsq(sines, x.astype(np.float64), rcond=None)[0]
    return float(np.hypot(a, b)), float(np.arctan2(b, a))


@pytest.mark.parametrize(("fs", "f"), [(fs, f) for fs in RATES for f in (1.0, 10.0, 25.0, 39.0) if f < 0.32 * fs])
def test_a_sine_stays_the_sine_it_was(fs: float, f: float) -> None:
    y = resampled(np.sin(2 * np.pi * f * np.arange(4 * fs) / fs), fs)
    size, phase = amplitude_and_phase(y[100:], f, FS)
    expected = 2 * np.pi * f * 100 / FS
    assert size == pytest.approx(1, abs=0.01)
    assert abs(np.angle(np.exp(1j * (phase - expected)))) < 0.01 * 2 * np.pi


@pytest.mark.parametrize("fs", [500, 1000])
def test_what_is_beyond_half_the_rate_does_not_fold_back(fs: float) -> None:
    y = resampled(np.sin(2 * np.pi * 210 * np.arange(4 * fs) / fs), fs)
    assert np.abs(y[100:]).max() < 0.03


@pytest.mark.parametrize("fs", RATES)
def test_a_level_stays_a_level_from_the_first_sample_on(fs: float) -> None:
    np.testing.assert_allclose(resampled(np.full(3 * fs, 7.0), fs), 7, rtol=1e-6)


@pytest.mark.parametrize("fs", [*RATES, 257.3])
def test_all_that_is_ready_needs_only_what_is_there(fs: float) -> None:
    resample = Resampler(fs)
    received = np.arange(1, 3000)
    ready = resample.ready(received)
    assert (np.diff(ready) >= 0).all()
    some = ready > 0
    newest = np.floor((ready[some] - 1) * resample.ratio) + resample.reach
    assert (newest < received[some]).all()
    assert (received[-1] / fs - ready[-1] / FS) * FS < resample.reach / resample.ratio + 2


@pytest.mark.parametrize("fs", [128, 257, 360, 1000])
def test_it_does_not_matter_how_it_is_cut_or_beside_whom(fs: float) -> None:
    rng = np.random.default_rng(3)
    x = rng.normal(0, 1, (5, 2, 2000)).astype(np.float32)
    resample = Resampler(fs)
    ring = Ring(5, 2, 3000)
    ring.write(np.arange(5), np.zeros(5, np.int64), x)
    total = int(resample.ready(np.array([2000]))[0])
    whole = resample(ring, np.arange(5), np.zeros(5, np.int64), total)
    ends = cuts(total, rng, 200)
    for begin, end in pairwise(ends):
        part = resample(ring, np.array([3]), np.array([begin]), end - begin)
        np.testing.assert_array_equal(part[0], whole[3, :, begin:end])


def test_filters_carry_their_state() -> None:
    rng = np.random.default_rng(4)
    x = rng.normal(0, 1, (3, 2, 1000)).astype(np.float32)
    for carry in (wave_filter(), qrs_filter()):
        whole, _ = carry(x, carry.rest(x[..., 0]))
        state, parts = carry.rest(x[1:2, :, 0]), []
        ends = cuts(1000, rng, 300)
        for begin, end in pairwise(ends):
            y, state = carry(x[1:2, :, begin:end], state)
            parts.append(y)
        np.testing.assert_array_equal(np.concatenate(parts, axis=-1)[0], whole[1])


def test_at_rest_a_level_gives_nothing() -> None:
    for carry in (wave_filter(), qrs_filter()):
        y, _ = carry(np.full((1, 1, 500), 300.0), carry.rest(np.array([[300.0]])))
        assert np.abs(y).max() < 1e-3


def test_the_wave_band_passes_and_drift_does_not() -> None:
    carry = wave_filter()
    for f, low, high in (
        (0.05, 0, 0.02),
        (WAVE_BAND[0], 0.69, 0.73),
        (10, 0.98, 1.01),
        (WAVE_BAND[1], 0.69, 0.73),
        (100, 0, 0.1),
    ):
        x = np.sin(2 * np.pi * f * np.arange(60 * FS) / FS)[None, None]
        y, _ = carry(x, carry.rest(x[..., 0]))
        size, _ = amplitude_and_phase(y[0, 0, -int(20 * FS) :], f, FS)
        assert low <= size <= high, f


def test_missing_samples_are_bridged_by_the_last_before_them() -> None:
    nan = np.nan
    x = np.array([[nan, 1, nan, nan, 4], [nan] * 5, [1, 2, 3, 4, 5]], np.float32)
    y, last = bridge(x, np.array([9, 8, 7], np.float32))
    np.testing.assert_array_equal(y, [[9, 1, 1, 1, 4], [8] * 5, [1, 2, 3, 4, 5]])
    np.testing.assert_array_equal(last, [4, 8, 5])


def test_bridging_does_not_depend_on_the_cut() -> None:
    rng = np.random.default_rng(5)
    x = rng.normal(0, 1, (2, 400)).astype(np.float32)
    x[rng.random(x.shape) < 0.7] = np.nan
    whole, at_last = bridge(x, np.zeros(2, np.float32))
    last, parts = np.zeros(2, np.float32), []
    ends = cuts(400, rng, 50)
    for begin, end in pairwise(ends):
        y, last = bridge(x[:, begin:end], last)
        parts.append(y)
    np.testing.assert_array_equal(np.concatenate(parts, axis=1), whole)
    np.testing.assert_array_equal(last, at_last)
