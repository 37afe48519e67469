"""What is measured of a beat, and its patient's usual beat in mV."""

from dataclasses import replace

import numpy as np
import pytest
from beds import complexes, hear, simulate

from detector.beats import Beats
from detector.facts import facts, p_waves, usual_wave
from detector.segmentation import BEFORE, likeness

PVC = "{sinus: {rate: 75}, seconds: 20}, {pvc: {rate: 75, every: 8}, seconds: 60}"


@pytest.fixture(scope="module")
def beats() -> Beats:
    """Sinus rhythm at 75/min, then every eighth beat ventricular."""
    samples, _, _ = simulate(PVC, 60)
    return hear({"a": (250, samples)})["a"].beats


@pytest.fixture(scope="module")
def early(beats: Beats) -> np.ndarray:
    early = np.flatnonzero(beats.rr < 0.6)
    assert len(early) >= 4
    return early


def test_the_usual_beat_is_in_mv_and_in_its_place(beats: Beats) -> None:
    usual = usual_wave(beats)
    assert usual.shape == (len(beats), 2, beats.cut.shape[-1])
    steady = slice(6, 20)
    for lead in range(2):
        away = usual[steady, lead] - beats.cut[steady, lead]
        assert np.abs(away).max() < 0.12 * np.ptp(beats.cut[steady, lead], axis=-1).max()  # of means over 8 ms
        assert np.median(np.abs(away)) < 0.02
    assert np.abs(usual[steady, 0].argmax(-1) - BEFORE).max() <= 1  # R


def test_beside_a_ventricular_beat_stands_the_usual_one(beats: Beats, early: np.ndarray) -> None:
    until = BEFORE + 60  # the ventricular beat is in the cut of the one before
    usual, before = usual_wave(beats)[early, 0, :until], beats.cut[early - 1, 0, :until]
    assert likeness(usual, before).min() > 0.95
    assert np.ptp(usual, axis=-1) == pytest.approx(np.ptp(before, axis=-1), rel=0.15)


def test_before_the_first_beat_none_is_usual(beats: Beats) -> None:
    assert np.isnan(usual_wave(beats[:2])[0]).all()
    assert np.isfinite(usual_wave(beats[:2])[1]).all()
    (first, second) = facts(beats[:2], usual_wave(beats[:2]))
    assert (first.rr, first.qrs_usual, first.likeness, first.p) == (None, None, None, None)
    assert first.qrs is not None
    assert second.likeness == pytest.approx(1, abs=0.02)


def test_a_usual_beat_does_not_depend_on_the_company(beats: Beats, early: np.ndarray) -> None:
    together = usual_wave(beats)
    told = facts(beats, together)
    for k in (1, 7, *early.tolist()):
        alone = usual_wave(beats[[k]])
        np.testing.assert_array_equal(alone[0], together[k])
        assert facts(beats[[k]], alone) == [told[k]]


def test_a_lead_that_is_flat_now_has_no_usual_beat() -> None:
    samples, _, _ = simulate("{sinus: {rate: 75}, seconds: 30}", 30)
    samples[1, 20 * 250 :] = 0
    beats = hear({"a": (250, samples)})["a"].beats[-4:-1]
    usual = usual_wave(beats)
    assert np.isfinite(usual[:, 0]).all()
    told = facts(beats, usual)
    assert all(one.p == "usual" and one.qrs_usual is not None for one in told)


def test_a_lead_that_is_off_is_not_measured(beats: Beats) -> None:
    """The model is shown zeros in its place; what is in the cut may be anything."""
    wave, cut = beats.wave[6:20].copy(), beats.cut[6:20].copy()
    wave[..., 1::2] = 0
    cut[:, 1] = 0
    silent = replace(beats[6:20], wave=wave, cut=cut)
    noise = cut.copy()
    noise[:, 1] = np.random.default_rng(0).normal(0, 2, cut[:, 1].shape)
    noisy = replace(silent, cut=noise)
    told = facts(silent, usual_wave(silent))
    assert facts(noisy, usual_wave(noisy)) == told
    assert all(80 < one.qrs < 120 and one.p == "usual" for one in told)
    assert np.isnan(usual_wave(noisy)[:, 1]).all()


def test_what_there_is_to_say_of_normal_and_of_ventricular_beats(beats: Beats, early: np.ndarray) -> None:
    told = facts(beats, usual_wave(beats))
    normal = [told[k] for k in range(6, 20)]
    assert all(one.rr == pytest.approx(1, abs=0.05) for one in normal)
    assert all(one.p == "usual" and one.likeness > 0.97 for one in normal)
    assert all(abs(one.qrs - one.qrs_usual) <= 12 for one in normal)
    for k in early.tolist():
        assert told[k].rr == pytest.approx(beats.rr[k] / 0.8, rel=0.05)
        assert told[k].rr_after == pytest.approx(beats.after[k] / 0.8, rel=0.05)
        assert told[k].qrs >= told[k].qrs_usual + 28
        assert told[k].likeness < 0.8
        assert -90 <= told[k].qrs_onset <= -40  # R of the simulator is near the middle
        assert told[k].p in ("other", "none")


def test_where_no_p_wave_is_usual_nothing_is_said_of_it() -> None:
    lead = complexes(np.arange(0.5, 20, 0.8), 20)
    beats = hear({"a": (250, np.stack([lead, lead]))})["a"].beats[8:-1]
    assert {one.p for one in facts(beats, usual_wave(beats))} == {None}


@pytest.mark.parametrize(
    ("size", "shift", "expected"),
    [(1, 0, "usual"), (0.7, 0, "usual"), (0, 0, "none"), (-1, 0, "other"), (1, 20, "other"), (4, 0, "usual")],
)
def test_a_p_wave_stands_there_or_not(size: float, shift: int, expected: str) -> None:
    t = np.arange(200)

    def made(p: float, moved: int = 0) -> np.ndarray:
        bump = 0.15 * p * np.exp(-0.5 * ((t - 42 - moved) / 5) ** 2)
        qrs = np.exp(-0.5 * ((t - BEFORE) / 4) ** 2)
        return (bump + qrs + 0.001 * t)[None, None].astype(np.float32)

    onset = np.array([BEFORE - 12])
    assert p_waves(made(size, shift), made(1), np.ones((1, 1), bool), onset) == [expected]
