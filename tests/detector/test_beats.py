"""Whole beats: RR, heart rate, what is overdue, and what the model is told of them."""

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from detector.beats import HR_BEATS, LOST, NOW, NOW_NAMES, RHYTHM, RHYTHM_NAMES, STEPS, Beats, BeatTracker
from detector.conditioning import FS
from detector.qrs import HOP, RING, Found
from detector.rhythm import RR_NAMES
from detector.rows import Ring
from detector.segmentation import BEFORE, LENGTH, WAVE_DELAY
from detector.shape import SHAPE_NAMES

ROW = np.array([0])


class Heart:
    """One bed whose QRS complexes are given, not looked for: Gaussians that a tracker is told of."""

    def __init__(self, leads: int = 1) -> None:
        self.tracker = BeatTracker(1, leads)
        self.wave = Ring(1, leads, RING)
        self.seen = np.zeros(1, np.int64)
        self.leads = leads

    def beat(
        self,
        peaks: Sequence[float],
        *,
        heights: Sequence[float] | None = None,
        sigmas: Sequence[float] | None = None,
        until: float | None = None,
    ) -> list[Beats]:
        """Play beats with R at ``peaks`` s, each told 0.2 s after; tell what the tracker told."""
        heights, sigmas = heights or [1.0] * len(peaks), sigmas or [4.0] * len(peaks)
        last = until or max(peaks) + 0.6
        time = np.arange(int(last * FS) // HOP * HOP)
        x = sum(
            h * np.exp(-0.5 * ((time - round(p * FS) - WAVE_DELAY) / s) ** 2)
            for p, h, s in zip(peaks, heights, sigmas, strict=True)
        )
        x = np.tile(np.asarray(x, np.float32), (1, self.leads, 1))
        told, waiting = [], [round(p * FS) for p in peaks]
        while self.seen[0] < len(time):
            at = int(self.seen[0])
            self.wave.write(ROW, self.seen, x[..., at : at + HOP])
            self.seen += HOP
            while waiting and waiting[0] + HOP <= self.seen[0]:
                told += self.found(waiting.pop(0))
            told += self.tracker.overdue(ROW, self.wave, self.seen)
        return told

    def found(self, r: int, *, revised: bool = False) -> list[Beats]:
        found = Found(ROW, np.array([r]), np.array([0]), np.array([revised]))
        return self.tracker.take(found, self.wave, self.seen)

    def flush(self) -> list[Beats]:
        return self.tracker.flush(ROW, self.wave, self.seen)


def steady(n: int, rr: float = 0.8, first: float = 1.0) -> list[float]:
    return [first + k * rr for k in range(n)]


def now(told: Beats, name: str) -> NDArray[np.float32]:
    """One figure of each beat."""
    return told.now[:, NOW_NAMES.index(name)]


def past(told: Beats, name: str) -> NDArray[np.float32]:
    """One figure of the last beats at each beat, ``(beats, STEPS)``."""
    return told.rhythm[..., RHYTHM_NAMES.index(name)]


def test_a_beat_is_told_once_the_next_is_found() -> None:
    heart = Heart()
    told = Beats.join(heart.beat(steady(5)))
    assert told.r.tolist() == [250, 450, 650, 850]
    np.testing.assert_allclose(told.rr, [np.nan, 0.8, 0.8, 0.8], rtol=1e-6)
    np.testing.assert_allclose(told.hr, [np.nan, 75, 75, 75], rtol=1e-6)
    (last,) = heart.flush()
    assert last.r.tolist() == [1050]
    assert now(last, "rr_after_known") == 0  # no beat after
    assert now(told, "rr_after_known").tolist() == [1, 1, 1, 1]
    assert heart.flush() == []


def test_heart_rate_is_of_twelve_rr() -> None:
    peaks = [*steady(5, 1.0), *steady(HR_BEATS, 0.5, 5.5)]
    heart = Heart()
    told = Beats.join(heart.beat(peaks))
    assert told.hr[4] == pytest.approx(60)
    expected = 60 * HR_BEATS / (1.0 + 0.5 * (HR_BEATS - 1))
    assert told.hr[-1] == pytest.approx(expected, rel=1e-5)
    assert Beats.join(heart.flush()).hr[0] == pytest.approx(120)


def test_a_slow_heart_is_told_of_four_rr() -> None:
    peaks = [*steady(13, 0.8), *steady(4, 1.4, 1 + 12 * 0.8 + 1.4)]
    told = Beats.join([*(heart := Heart()).beat(peaks), *heart.flush()])
    # Two long RR are not enough, three are.
    assert told.hr[14] == pytest.approx(60 * 12 / (10 * 0.8 + 2 * 1.4), rel=1e-5)
    assert told.hr[15] == pytest.approx(60 * 4 / (0.8 + 3 * 1.4), rel=1e-5)
    assert told.hr[16] == pytest.approx(60 / 1.4, rel=1e-5)


def test_a_beat_whose_next_is_overdue_is_told_without_one() -> None:
    heart = Heart()
    told = heart.beat(steady(4), until=6)
    assert sum(map(len, told)) == 4
    assert now(Beats.join(told), "rr_after_known").tolist() == [1, 1, 1, 0]
    # 1.6 median RR after R, to the hop
    assert heart.tracker.waiting.tolist() == [-1]
    late = Heart()
    assert sum(map(len, late.beat(steady(4), until=1 + 3 * 0.8 + 1.6 * 0.8 - 0.2))) == 3


def test_an_rr_that_long_is_none() -> None:
    told = Beats.join([*(heart := Heart()).beat([1, 1.8, 2.6, 2.6 + LOST + 0.2, 7]), *heart.flush()])
    assert np.isnan(told.rr).tolist() == [True, False, False, True, False]
    assert told.hr[3] == told.hr[2]
    # What is unknown is told as 0, which is what is usual.
    assert now(told, "rr_before")[3] == now(told, "rr_after_before")[3] == 0
    assert now(told, "rr_after")[3] == pytest.approx(np.log((7 - 2.6 - LOST - 0.2) / 0.8), rel=0.02)


def test_a_revised_qrs_takes_the_place_of_the_one_before() -> None:
    heart = Heart()
    heart.beat([1, 1.8], heights=[1, 1.5])
    assert heart.found(round(1.8 * FS) - 30) != []  # the place is looked for again: about 0.12 s early
    wrong = heart.tracker.waiting[0]
    assert heart.found(round(1.8 * FS), revised=True) == []
    assert heart.tracker.waiting[0] == 450 != wrong
    (last,) = heart.flush()
    assert last.r.tolist() == [450]
    assert np.isnan(last.rr[0])  # where the beat before was: no time is between them, and none is learned
    assert np.isfinite(last.now).all()
    assert heart.tracker.rhythm.count.tolist() == [1]


def odd_one_out() -> Beats:
    """Twelve steady beats, then an early one, half as high and twice as wide, then a pause."""
    peaks = [*steady(12), 1 + 11 * 0.8 + 0.5, 1 + 13 * 0.8]
    heights, sigmas = [1.0] * 12 + [0.5, 1.0], [4.0] * 12 + [8.0, 4.0]
    return Beats.join([*(heart := Heart()).beat(peaks, heights=heights, sigmas=sigmas), *heart.flush()])


def test_what_the_model_is_told_of_a_beat() -> None:
    told = odd_one_out()
    assert told.now.shape == (14, NOW) == (14, len(RR_NAMES) + len(SHAPE_NAMES))
    odd = told[[12]]
    early, half = np.log(0.5 / 0.8), np.log(0.5)
    for name in ("rr_before", "rr_before_mean", "rr_before_basic", "rr_before_three"):
        assert now(odd, name)[0] == pytest.approx(early, abs=0.02)
    assert now(odd, "rr_after")[0] == pytest.approx(np.log(1.1 / 0.8), abs=0.02)
    assert now(odd, "rr_after_before")[0] == pytest.approx(np.log(1.1 / 0.5), abs=0.02)
    assert now(odd, "rr_pair")[0] == pytest.approx(0, abs=0.02)
    assert now(odd, "irregular_8")[0] == pytest.approx(0, abs=0.01)  # so far steady
    assert now(odd, "height_first")[0] == now(odd, "height_last")[0] == pytest.approx(half, abs=0.02)
    assert now(odd, "half_width")[0] == pytest.approx(2.355 * 8 / FS * 10, abs=0.08)
    assert 0 < now(odd, "qrs_like_least")[0] < 0.95
    assert now(told, "irregular_8")[13] == pytest.approx(-early / 8, abs=0.02)
    assert len(set(NOW_NAMES)) == len(NOW_NAMES)


def test_families_are_told_how_early_their_beats_came() -> None:
    """An ectopic beat every fourth: at the third of them, what the two before were like."""
    rr = [0.8, 0.8, 0.5, 1.1] * 5
    peaks = list(1 + np.cumsum(rr))
    sigmas = [10.0 if before == 0.5 else 4.0 for before in rr]
    told = Beats.join([*(heart := Heart()).beat(peaks, sigmas=sigmas), *heart.flush()])
    assert now(told, "family_share")[2] == 0
    assert now(told, "family_early")[10] == pytest.approx(np.log(0.5 / 0.8), abs=0.05)
    assert now(told, "family_after")[10] == pytest.approx(np.log(1.1 / 0.8), abs=0.05)
    assert now(told, "family_early")[9] == pytest.approx(0, abs=0.15)


def test_the_past_is_that_of_the_beats_before() -> None:
    told = odd_one_out()
    assert told.rhythm.shape == (14, STEPS, RHYTHM)
    np.testing.assert_array_equal(told.rhythm[12, :-1], told.rhythm[11, 1:])
    for name in RHYTHM_NAMES:
        np.testing.assert_array_equal(past(told, name)[12, -13:], now(told, name)[:13])  # the oldest first
    assert not told.rhythm[2, : STEPS - 3].any()  # before the first of them
    assert past(told, "qrs_like_least")[2, -3:].all()


def test_early_beats_do_not_change_what_is_usual() -> None:
    peaks = np.cumsum([1, *[0.5, 1.1] * 20])  # bigeminy; each second beat is alike but somewhat lower
    heart = Heart()
    heart.beat(list(peaks), heights=[1.0, *[0.6, 1.0] * 20])
    assert heart.tracker.shape.height[0, 0] == pytest.approx(1, abs=0.08)


def test_the_usual_beat_is_learned_from_those_alike() -> None:
    peaks = steady(21)
    heights, sigmas = [1.0] * 20 + [2.0], [4.0] * 20 + [16.0]
    heart = Heart()
    told = Beats.join([*heart.beat(peaks, heights=heights, sigmas=sigmas), *heart.flush()])
    usual = told.wave[-1, :, 2]
    np.testing.assert_allclose(usual, told.wave[18, :, 0], atol=0.02)
    assert told.wave[-1, :, 0].max() == pytest.approx(2, abs=0.1)  # in units of the usual height
    assert usual.argmax() == BEFORE // 2
    assert heart.tracker.shape.height[0, 0] == pytest.approx(1, abs=0.03)


@pytest.mark.parametrize("leads", [1, 2, 3])
def test_the_model_reads_the_first_two_leads(leads: int) -> None:
    told = Beats.join(Heart(leads).beat(steady(3)))
    assert told.cut.shape[1] == leads
    assert told.wave.shape == (2, LENGTH, 4)
    used = told.wave.any(axis=(0, 1)).tolist()
    assert used == [True, leads > 1, True, leads > 1]


def test_beds_do_not_touch() -> None:
    alone, ward = Heart(), BeatTracker(3, 1)
    wave = Ring(3, 1, RING)
    told = alone.beat(steady(2))
    wave.values[:] = alone.wave.values
    seen = np.repeat(alone.seen, 3)
    for r in (250, 450):
        ward.take(Found(np.array([2, 0]), np.array([r, r + 3]), np.array([0, 0]), np.array([False, False])), wave, seen)
    (late,) = ward.flush(np.array([2]), wave, seen)
    (mine,) = alone.flush()
    assert late.rr == mine.rr
    np.testing.assert_array_equal(late.cut, mine.cut)
    assert np.isnan(ward.rhythm.median_rr(np.array([1])))
    assert ward.shape.beats.tolist() == [1, 0, 2]  # one waits
    assert ward.waiting.tolist() == [450, -1, -1]
    assert len(told) == 1


def test_beds_come_and_are_forgotten_with_all_they_learned() -> None:
    heart = Heart()
    heart.beat(steady(5))
    tracker = heart.tracker
    tracker.grow(1)
    assert tracker.waiting.tolist() == [round((1 + 4 * 0.8) * FS), -1]
    assert tracker.heart_rate(np.arange(2)).tolist() == [pytest.approx(75), pytest.approx(np.nan, nan_ok=True)]
    assert tracker.shape.beats.tolist() == [4, 0]
    tracker.reset(ROW)
    assert tracker.waiting.tolist() == [-1, -1]
    assert np.isnan(tracker.heart_rate(ROW)[0])
    assert not tracker.shape.beats.any()
    assert not tracker.past.any()
