"""A bed's usual QRS and what usually follows it."""

import numpy as np
import pytest

from detector.usual import AFTER, EVERY, SHAPE, Usual

BED = np.array([1])


def shape(scale: float = 1.0, lead_1: float = 1.0) -> np.ndarray:
    """A spike in two leads."""
    bump = np.exp(-0.5 * ((np.arange(2 * SHAPE + 1) - SHAPE) / 4) ** 2)
    return (scale * np.stack([bump, -lead_1 * bump]))[None].astype(np.float32)


def even() -> np.ndarray:
    return np.full((1, 2), 0.5, np.float32)


def test_before_the_first_qrs_nothing_is_alike() -> None:
    alike, size = Usual(3, 2).likeness(BED, shape(), even())
    assert alike[0] == 0
    assert abs(size[0]) < 1e12


def test_the_first_qrs_is_the_usual_one_and_others_move_it() -> None:
    usual = Usual(3, 2)
    usual.learn_shape(BED, shape())
    np.testing.assert_array_equal(usual.shape[BED], shape())
    usual.learn_shape(BED, shape(2))
    np.testing.assert_allclose(usual.shape[BED], 1.1 * shape(), rtol=1e-6)
    assert not usual.shape[[0, 2]].any()


@pytest.mark.parametrize(("scale", "alike"), [(1, 1), (3, 1), (-0.5, -1)])
def test_likeness_is_correlation_and_size_how_much_of_it(scale: float, alike: float) -> None:
    usual = Usual(3, 2)
    usual.learn_shape(BED, shape())
    found, size = usual.likeness(BED, shape(scale), even())
    assert found[0] == pytest.approx(alike, abs=1e-5)
    assert size[0] == pytest.approx(scale, rel=1e-5)


def test_a_lead_counts_by_its_weight() -> None:
    usual = Usual(3, 2)
    usual.learn_shape(BED, shape())
    turned = shape(lead_1=-1)  # the second lead is upside down
    assert usual.likeness(BED, turned, even())[0][0] == pytest.approx(0, abs=1e-5)
    assert usual.likeness(BED, turned, np.array([[1, 0]], np.float32))[0][0] == pytest.approx(1, abs=1e-5)


def test_an_artefact_does_not_become_the_usual_qrs() -> None:
    usual = Usual(3, 2)
    usual.learn_shape(BED, shape())
    usual.learn_shape(BED, shape(1e6))
    assert usual.shape.max() < 4


def test_the_course_is_learned_as_far_as_the_next_qrs() -> None:
    usual = Usual(3, 2)
    course = np.zeros((1, AFTER), np.float32)
    course[0, 7], course[0, 20] = 0.6, 5.0
    for _ in range(60):
        usual.learn_course(BED, course, np.array([15 * EVERY]))
    assert usual.course(BED, np.array([7 * EVERY]))[0] == pytest.approx(0.6, abs=0.01)
    assert usual.course(BED, np.array([9 * EVERY]))[0] == pytest.approx(0.6, abs=0.01)  # two steps on each side
    assert usual.course(BED, np.array([11 * EVERY]))[0] == pytest.approx(0, abs=0.01)
    assert usual.course(BED, np.array([20 * EVERY]))[0] == pytest.approx(0.15)  # nothing learned there
    assert usual.course(BED, np.array([10**9]))[0] == pytest.approx(0.15)
