"""Samples as they travel, to millivolts."""

import numpy as np
import pytest

from detector.physical import Scale, millivolts
from stream.messages import MISSING, Lead


@pytest.mark.parametrize(
    ("units", "factor"), [("mV", 1), ("MV", 1), ("uV", 1e-3), ("µV", 1e-3), ("V", 1e3), ("nV", 1e-6), ("", 1)]
)
def test_units(units: str, factor: float) -> None:
    got = millivolts(np.array([[1024, 1124, 824]], np.int16), [Lead(name="II", units=units, gain=100, baseline=1024)])
    assert got.dtype == np.float32
    np.testing.assert_allclose(got, np.array([[0, 1, -2]]) * factor, rtol=1e-6)


def test_each_lead_has_its_own_gain_and_missing_samples_are_nan() -> None:
    leads = [Lead(name="II", gain=200), Lead(name="V1", gain=50, baseline=-10)]
    got = millivolts(np.array([[200, MISSING], [40, -10]], np.int16), leads)
    np.testing.assert_array_equal(got, [[1, np.nan], [1, 0]])


def test_many_beds_at_once() -> None:
    beds = [[Lead(name="II", gain=200), Lead(name="V1", gain=50, baseline=-10)], [Lead(name="I"), Lead(name="II")]]
    samples = np.random.default_rng(0).integers(-300, 300, (2, 2, 9)).astype(np.int16)
    samples[1, 0, 3] = MISSING
    got = Scale.together([Scale(leads) for leads in beds], samples)
    for bed, one, leads in zip(got, samples, beds, strict=True):
        np.testing.assert_array_equal(bed, millivolts(one, leads))
