"""The reliability curve and ECE, by hand."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.training.calibration import calibrate


def test_ece_by_hand() -> None:
    # Two bins: 0.6 and 0.8, one of two right (0.5 for 0.7); 0.2, right (1 for 0.2).
    found = calibrate([0.6, 0.8, 0.2], [True, False, True], bins=2)
    assert found.count.tolist() == [1, 2]
    assert found.confidence.tolist() == pytest.approx([0.2, 0.7])
    assert found.accuracy.tolist() == [1, 0.5]
    assert found.ece == pytest.approx((1 * 0.8 + 2 * 0.2) / 3)


def test_a_bin_holds_its_upper_end_and_the_first_also_zero() -> None:
    assert calibrate([0, 0.25, 0.5, 0.75, 1], [1] * 5, bins=4).count.tolist() == [2, 1, 1, 1]
    assert calibrate([1 / 15, 14 / 15, 1.0], [1] * 3).count.tolist() == [1, *[0] * 12, 1, 1]


def test_without_beats_nothing_is_defined() -> None:
    found = calibrate([], [])
    assert found.count.sum() == 0
    plain = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert plain["ece"] is None
    assert plain["bins"][0] == {"beats": 0, "confidence": None, "accuracy": None}


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1))
def test_ece_is_a_mean_distance_and_no_less_than_the_bias(beats: list[tuple[float, bool]]) -> None:
    confidence, right = np.array(beats).T
    found = calibrate(confidence, right)
    assert found.count.sum() == len(beats)
    assert abs(confidence.mean() - right.mean()) - 1e-9 <= found.ece <= 1


def test_a_calibrated_forecaster_has_little_error() -> None:
    rng = np.random.default_rng(0)
    confidence = rng.uniform(0.2, 1, 200_000)
    assert calibrate(confidence, rng.random(200_000) < confidence).ece < 0.005
    assert calibrate(confidence, rng.random(200_000) < confidence - 0.1).ece == pytest.approx(0.1, abs=0.01)
