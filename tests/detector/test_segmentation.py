"""One beat cut out, measured, and brought to length."""

import numpy as np
import pytest

from detector.conditioning import FS
from detector.rows import Ring
from detector.segmentation import AFTER, BEFORE, WAVE_DELAY, amplitude, cut, likeness, normalize_length, place_r, width

ROW = np.array([0])


def bump(n: int, at: float, sigma: float) -> np.ndarray:
    return np.exp(-0.5 * ((np.arange(n) - at) / sigma) ** 2).astype(np.float32)


@pytest.mark.parametrize("n", [1, 2, 3, 99, 100, 186, 187, 188, 200, 216, 374, 1000])
@pytest.mark.parametrize("length", [1, 2, 100, 187])
def test_any_width_is_brought_to_any_length(n: int, length: int) -> None:
    x = np.linspace(-1, 3, n, dtype=np.float32)[None, None]
    y = normalize_length(x, length)
    assert y.shape == (1, 1, length)
    assert y.dtype == np.float32
    assert np.isfinite(y).all()
    assert y.min() >= x.min() - 1e-6
    assert y.max() <= x.max() + 1e-6


@pytest.mark.parametrize("n", [2, 50, 187, 216, 300])
def test_the_ends_stay_where_they_are(n: int) -> None:
    x = np.random.default_rng(n).normal(0, 1, (3, n)).astype(np.float32)
    y = normalize_length(x, 101 if n != 101 else 103)
    np.testing.assert_allclose(y[:, [0, -1]], x[:, [0, -1]], atol=1e-6)


def test_a_wave_keeps_its_course() -> None:
    y = normalize_length(bump(216, 108, 20)[None], 187)
    np.testing.assert_allclose(y[0], bump(187, 108 * 186 / 215, 20 * 186 / 215), atol=0.002)


def test_half_the_length_is_the_mean_of_two() -> None:
    x = np.arange(200, dtype=np.float32)[None]
    np.testing.assert_allclose(normalize_length(x, 100)[0], np.arange(100) * 2 + 0.5)


def test_the_same_length_is_the_same() -> None:
    x = np.random.default_rng(0).normal(0, 1, (2, 100)).astype(np.float32)
    np.testing.assert_array_equal(normalize_length(x), x)


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("off", [-20, -7, 0, 13, 20])
def test_r_is_placed_where_the_lead_is_farthest_from_its_level(sign: int, off: int) -> None:
    ring = Ring(1, 2, 1000)
    wave = np.stack([np.full(800, 40.0), 40 + sign * bump(800, 500 + WAVE_DELAY, 4)]).astype(np.float32)
    ring.write(ROW, np.array([0]), wave[None])
    assert place_r(ring, ROW, np.array([500 + off]), np.array([1]), np.array([800])).tolist() == [500]


def test_a_cut_has_r_at_its_place_and_ends_in_what_came_last() -> None:
    ring = Ring(1, 1, 1000)
    ring.write(ROW, np.array([0]), np.arange(560, dtype=np.float32)[None, None])
    beat = cut(ring, ROW, np.array([500]), np.array([560]))
    assert beat.shape == (1, 1, BEFORE + AFTER)
    assert beat[0, 0, BEFORE] == 500 + WAVE_DELAY
    assert beat[0, 0, 0] == 500 + WAVE_DELAY - BEFORE
    assert (beat[0, 0, 560 - (500 + WAVE_DELAY - BEFORE) :] == 559).all()


def test_measures_of_shape() -> None:
    n = BEFORE + AFTER
    narrow, wide = bump(n, BEFORE, 4), 2 * bump(n, BEFORE, 12)
    beats = np.stack([narrow, wide, -narrow, np.zeros(n, np.float32)])
    np.testing.assert_allclose(amplitude(beats[:, None])[:, 0], [1, 1.91, 1, 0], atol=0.01)
    half = width(beats, 0.5)
    full_width = 2 * np.sqrt(2 * np.log(2)) * 1000 / FS
    assert half[:3] == pytest.approx([4 * full_width, 12 * full_width, 4 * full_width], abs=2 * 1000 / FS)
    assert half[3] == 0
    assert (width(beats[:3], 0.25) > half[:3]).all()


def test_likeness_is_a_correlation_and_nothing_is_like_a_flat_line() -> None:
    a = bump(75, 30, 5)
    flat = np.zeros(75, np.float32)
    got = likeness(np.stack([a, 3 * a + 2, -a, flat, a]), np.stack([a, a, a, a, flat]))
    np.testing.assert_allclose(got, [1, 1, -1, 0, 0], atol=1e-5)
