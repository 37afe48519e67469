"""How long a QRS is, against shapes whose length is known."""

import numpy as np
import pytest
from beds import complexes, hear, simulate

from detector.beats import Beats
from detector.delineation import qrs_duration, qrs_ends
from detector.segmentation import AFTER, BEFORE
from stream.sources.morphology import MORPHOLOGIES


def beats(samples: np.ndarray) -> Beats:
    """The beats of a bed but for the first and the last few."""
    return hear({"a": (250, samples)})["a"].beats[8:-2]


@pytest.mark.parametrize("width", [40, 60, 80, 100, 120])
def test_triangles_are_as_wide_as_they_are(width: int) -> None:
    """What is more is of the 40 Hz of the wave, which rounds their corners."""
    lead = complexes(np.arange(0.5, 20, 0.8), 20, width=width / 1000)
    told = qrs_duration(beats(np.stack([lead, -0.4 * lead])).cut)
    assert 4 <= np.median(told) - width <= 16
    assert np.ptp(told) <= 8


def ends(kind: str) -> float:
    """From 2.5 deviations before the first Gaussian of a simulated QRS to 2.5 behind the last, in ms."""
    qrs = MORPHOLOGIES[kind].qrs
    return 1000 * (max(w.at + 2.5 * w.width for w in qrs) - min(w.at - 2.5 * w.width for w in qrs))


def test_a_ventricular_beat_is_as_wide_as_it_was_made() -> None:
    samples, _, _ = simulate("{sinus: {rate: 75}, seconds: 10}, {pvc: {rate: 80, every: 4}, seconds: 60}", 60)
    told = beats(samples)
    duration, early = qrs_duration(told.cut), told.rr < 0.6
    assert early.sum() > 8
    assert np.median(duration[~early]) == pytest.approx(ends("sinus"), abs=12)
    assert np.median(duration[early]) == pytest.approx(ends("right"), abs=16)


def test_size_sign_order_and_company_do_not_matter() -> None:
    samples, _, _ = simulate("{sinus: {rate: 75}, seconds: 20}", 20)
    cut = beats(samples).cut
    onset, end = qrs_ends(cut)
    for other in (-cut, 4 * cut, cut[:, ::-1]):
        np.testing.assert_array_equal(qrs_ends(np.ascontiguousarray(other)), (onset, end))
    for k in range(len(cut)):
        np.testing.assert_array_equal(qrs_ends(cut[[k]]), (onset[[k]], end[[k]]))
    assert (onset < BEFORE).all()
    assert (end > BEFORE).all()


@pytest.mark.parametrize("level", [0.0, 7.0])
def test_a_flat_line_has_no_qrs(level: float) -> None:
    assert np.isnan(qrs_duration(np.full((2, 2, BEFORE + AFTER), level, np.float32))).all()


def test_noise_all_over_still_gives_ends_within_reach() -> None:
    noise = np.random.default_rng(0).normal(0, 1, (50, 2, BEFORE + AFTER)).astype(np.float32)
    onset, end = qrs_ends(noise)
    assert onset.min() >= 0
    assert end.max() < BEFORE + AFTER
    assert (onset <= end).all()
