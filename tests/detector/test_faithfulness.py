"""The figures of faithfulness, on maps whose answer is known."""

import numpy as np
import pytest
from scipy.stats import spearmanr

from detector.training.faithfulness import STEPS, area, order, points, spearman, steps


def test_spearman_is_that_of_the_textbook() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 9, (2, 6, 10, 3)).astype(np.float32)
    expected = [spearmanr(x.ravel(), y.ravel()).statistic for x, y in zip(a, b, strict=True)]
    np.testing.assert_allclose(spearman(a, b), expected, atol=1e-12)
    np.testing.assert_allclose(spearman(a, a**3), 1)
    np.testing.assert_allclose(spearman(a, -a), -1)
    assert spearman(a[:1], np.zeros_like(a[:1])) == 0


def test_the_hottest_sample_comes_first_and_equals_in_random_order() -> None:
    heat = np.array([[[0.1, 0.9], [0.5, 0.0]]])
    np.testing.assert_array_equal(order(heat, np.random.default_rng(0)), [[[2, 0], [1, 3]]])
    flat = np.zeros((1, 50))
    one, other = (order(flat, np.random.default_rng(seed))[0] for seed in (0, 1))
    assert sorted(one) == list(range(50))
    assert (one != other).any()


@pytest.mark.parametrize("insert", [False, True])
def test_a_beat_turns_into_its_baseline_the_hottest_first(insert: bool) -> None:
    heat = np.random.default_rng(1).random((3, 2, 40))
    wave, baseline = np.ones_like(heat), np.zeros_like(heat)
    told = steps(wave, baseline, order(heat, np.random.default_rng(0)), insert=insert)
    assert told.shape == (STEPS + 1, *heat.shape)
    there = told if insert else 1 - told  # what was done
    np.testing.assert_array_equal(there.sum(axis=(2, 3)), np.arange(STEPS + 1)[:, None] * np.full(3, 80 / STEPS))
    assert np.diff(there, axis=0).min() == 0  # what was done stays done
    first = there[1].astype(bool)
    for beat in range(3):
        assert heat[beat][first[beat]].min() > heat[beat][~first[beat]].max()


def test_a_true_map_deletes_and_inserts_faster_than_a_random_one() -> None:
    """A class that hangs on 10 samples of 100."""
    rng = np.random.default_rng(2)
    wave, baseline = np.ones((20, 100), np.float32), np.zeros((20, 100), np.float32)
    heat = np.zeros((20, 100))
    heat[:, 30:40] = 1

    def curve(map_: np.ndarray, insert: bool) -> float:
        waves = steps(wave, baseline, order(map_, rng), insert=insert)
        return float(area(waves[..., 30:40].mean(axis=-1)).mean())

    chance = rng.random(heat.shape)
    assert curve(heat, False) == pytest.approx(1.0 / STEPS, abs=1e-6)  # 1, 0.5, 0, 0 ...
    assert curve(heat, True) == pytest.approx(1 - 1.0 / STEPS, abs=1e-6)
    assert curve(chance, False) == pytest.approx(0.5, abs=0.05)
    assert curve(chance, True) == pytest.approx(0.5, abs=0.05)
    assert curve(-heat, False) > 0.9


def test_area_of_a_curve() -> None:
    assert area(np.linspace(1, 0, STEPS + 1)[:, None]) == pytest.approx(0.5)
    np.testing.assert_allclose(area(np.ones((STEPS + 1, 2))), 1)


def test_pointing_is_at_the_hottest_sample_of_any_lead() -> None:
    heat = np.zeros((4, 2, 10))
    heat[0, 1, 4] = 1
    heat[1, 0, 7] = 1
    heat[2, 0, 3], heat[2, 1, 8] = 1, 0.5
    assert points(heat, slice(3, 7)).tolist() == [True, False, True, False]  # the last has no heat
