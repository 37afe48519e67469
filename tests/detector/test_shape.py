"""Beats set against the patient's own: the usual beat, the families, and what is told of each."""

import numpy as np
import pytest
from numpy.typing import NDArray

from detector.segmentation import AFTER, BEFORE, LENGTH
from detector.shape import (
    ALIKE,
    EARLY,
    FAMILIES,
    FAMILY_MEMORY,
    LEADS,
    ODD_NAMES,
    SHAPE_NAMES,
    STRANGE_MEMORY,
    USUAL_MEMORY,
    ShapeMemory,
)

ROW = np.array([0])
TIME = np.arange(BEFORE + AFTER) - BEFORE
OF_ORDER = ("height_first", "height_last")
"""What depends on the order of leads."""


def hill(at: float, sigma: float) -> NDArray[np.float64]:
    return np.exp(-0.5 * ((TIME - at) / sigma) ** 2)


def beat(
    height: float = 1, *, sigma: float = 4, at: float = 0, p: float = 0.15, p_at: float = -42, t: float = 0.3
) -> NDArray[np.float32]:
    """One lead of a beat in mV: P, QRS and T, each a Gaussian; ``sigma`` and ``at`` in samples of 4 ms."""
    return (p * hill(p_at, 6) + height * hill(at, sigma) + t * hill(75, 12)).astype(np.float32)


def wavy(k: int) -> NDArray[np.float32]:
    """A lead whose QRS is like that of no other ``k``."""
    out = np.zeros(BEFORE + AFTER)
    out[60:106] = np.cos(np.pi * (k + 1) * (np.arange(46) + 0.5) / 46)
    return out.astype(np.float32)


class Heart:
    """One bed's memory, told of beats one by one."""

    def __init__(self, leads: int = 1):
        self.memory = ShapeMemory(1, leads)
        self.wave = np.zeros((LENGTH, 2 * LEADS), np.float32)

    def tell(self, *leads: NDArray[np.float32], early: float = 0, after: float = 0, times: int = 1) -> dict[str, float]:
        """Give a beat, several times over; figures of the last by name."""
        for _ in range(times):
            told = self.memory.take(ROW, np.stack(leads)[None], np.array([[early, after]], np.float32))
        self.wave = told[0][0]
        assert told[0].shape == (1, LENGTH, 2 * LEADS)
        assert told[1].shape == (1, len(SHAPE_NAMES))
        assert told[0].dtype == told[1].dtype == np.float32
        return dict(zip(SHAPE_NAMES, told[1][0].tolist(), strict=True))

    @property
    def usual(self) -> NDArray[np.float32]:
        return self.memory.usual[0, 0]


def steady(leads: int = 1, times: int = 40) -> Heart:
    """A heart that has beaten alike for long."""
    heart = Heart(leads)
    heart.tell(*[beat()] * leads, times=times)
    return heart


def of(told: dict[str, float], *names: str) -> list[float]:
    return [told[name] for name in names]


LIKE = [name for name in SHAPE_NAMES if "like" in name and "odd" not in name]
APART = [name for name in SHAPE_NAMES if "apart" in name and "odd" not in name]


# ---------------------------------------------------------------------------------------- the usual beat


def test_the_first_beat_is_like_itself() -> None:
    heart = Heart()
    told = heart.tell(beat())
    np.testing.assert_allclose(of(told, *LIKE), 1, atol=1e-5)
    assert of(told, *APART, "height_first", "height_last", "p_height_usual") == [0] * (len(APART) + 3)
    assert of(told, "family_share", "family_early", "family_after", "family_first") == [0, 0, 0, 1]
    np.testing.assert_array_equal(heart.wave[:, 0], heart.wave[:, LEADS])


def test_a_beat_like_all_others() -> None:
    told = steady().tell(beat())
    np.testing.assert_allclose(of(told, *LIKE), 1, atol=1e-5)
    np.testing.assert_allclose(of(told, *APART, "height_first", "height_last"), 0, atol=1e-5)
    assert told["p_height"] == pytest.approx(0.15, abs=0.01)


def test_width_is_that_of_the_wave_in_100_ms() -> None:
    told = steady().tell(beat(sigma=9, p=0, t=0))
    assert told["half_width"] == pytest.approx(2 * np.sqrt(2 * np.log(2)) * 9 * 0.04, abs=0.06)
    assert told["quarter_width"] == pytest.approx(2 * np.sqrt(2 * np.log(4)) * 9 * 0.04, abs=0.06)
    heart = steady(2)
    assert heart.tell(beat(), beat(sigma=9, p=0, t=0))["half_width"] == told["half_width"]  # of the widest lead


def test_a_taller_beat_is_alike_and_taller() -> None:
    heart = steady()
    told = heart.tell(2 * beat())
    np.testing.assert_allclose(of(told, *LIKE), 1, atol=1e-5)
    np.testing.assert_allclose(of(told, "height_first", "p_height_usual"), np.log(2), atol=1e-4)
    assert told["p_height"] == pytest.approx(0.3, abs=0.01)
    assert np.ptp(heart.wave[:, 0]) == pytest.approx(2 * np.ptp(heart.wave[:, LEADS]), rel=1e-4)


def test_the_level_and_the_unit_do_not_matter() -> None:
    rng = np.random.default_rng(0)
    shapes = [beat(rng.uniform(0.5, 2), sigma=rng.uniform(3, 12), p=rng.uniform(0, 0.3)) for _ in range(30)]
    one, other = Heart(), Heart()
    for shape in shapes:
        told, scaled = one.tell(shape), other.tell(8 * shape - 3)
        assert scaled == pytest.approx(told, abs=2e-3)
        np.testing.assert_allclose(other.wave, one.wave, atol=1e-4)


def test_no_p_is_told_before_qrs_alone() -> None:
    told = steady().tell(beat(p=0))
    assert told["p_height"] < 0.01
    assert told["p_height_usual"] == pytest.approx(-2, abs=0.3)
    assert told["p_apart_least"] > 0.03
    assert of(told, "qrs_like_least", "t_like_least", "before_qrs_like") == pytest.approx([1, 1, 1], abs=0.01)
    assert told["before_p_like"] == told["p_like_least"] < 0.9


def test_a_beat_out_of_place_is_like_the_usual_one_once_aligned() -> None:
    near, far = (steady().tell(beat(at=at)) for at in (6, 16))
    assert near["qrs_like_least"] < 0.8
    assert near["qrs_aligned_least"] == pytest.approx(1, abs=0.01)  # 24 ms
    assert far["qrs_like_least"] < far["qrs_aligned_least"] < 0.8


def test_measures_are_the_least_and_the_most_over_the_leads() -> None:
    told = steady(2).tell(beat(-1), beat())
    assert told["qrs_like_least"] == pytest.approx(-1, abs=0.01)
    assert told["qrs_like_most"] == pytest.approx(1, abs=0.01)
    assert told["qrs_apart_most"] > 0.5
    assert told["qrs_apart_least"] < 0.01
    assert told["before_qrs_like"] == told["qrs_like_least"]


def test_the_beat_before_is_the_one_before() -> None:
    heart = steady()
    heart.tell(beat(sigma=12, p=0))
    assert heart.tell(beat())["before_qrs_like"] < 0.9
    assert heart.tell(beat())["before_qrs_like"] == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize(
    ("early", "changed", "memory"),
    [
        (0.0, beat(0.6), USUAL_MEMORY),
        (np.log(EARLY) + 0.01, beat(0.6), USUAL_MEMORY),
        (np.log(EARLY) - 0.01, beat(0.6), STRANGE_MEMORY),  # alike, but early
        (0.0, beat(0.6, sigma=16), STRANGE_MEMORY),
    ],
)
def test_beats_alike_and_not_early_enter_the_usual_one(early: float, changed: NDArray, memory: float) -> None:
    heart = steady()
    tall, usual = heart.memory.height[0, 0], heart.usual.copy()
    told = heart.tell(changed, early=early)
    assert (told["qrs_like_least"] > ALIKE) == np.allclose(changed, beat(0.6))
    now = np.ptp(changed[BEFORE - 30 : BEFORE + 31])
    assert heart.memory.height[0, 0] == pytest.approx(tall + memory * (now - tall), abs=1e-5)
    np.testing.assert_allclose(heart.usual, usual + memory * (heart.wave[:, 0] - usual), atol=1e-5)
    np.testing.assert_array_equal(heart.wave[:, LEADS], usual)  # as it was before


def test_the_first_beats_count_alike() -> None:
    heart = Heart()
    for height in (1.0, 2.0, 3.0):
        heart.tell(beat(height, p=0, t=0))
    assert heart.memory.height[0, 0] == pytest.approx(2, abs=0.01)


def test_a_change_for_good_becomes_usual() -> None:
    heart, other = steady(times=200), beat(sigma=14, p=0, t=-0.3)
    assert heart.tell(other)["qrs_like_least"] < ALIKE
    told = heart.tell(other, times=400)
    assert min(of(told, "qrs_like_least", "p_like_least", "t_like_least", "first_like")) > ALIKE
    assert of(told, "family_first") == [1]
    assert told["first_share"] > 0.8


# ------------------------------------------------------------------------------------------- the families


def test_ectopic_beats_of_one_focus_are_a_family() -> None:
    heart, ectopic = steady(times=300), beat(1.5, sigma=14, p=0)
    heart.tell(beat(), early=0.02, after=-0.3)
    first = heart.tell(ectopic, early=-0.4, after=0.3)
    assert of(first, "family_share", "family_early", "family_after", "family_first") == [0, 0, 0, 0]
    assert first["family_like"] < ALIKE
    assert first["first_like"] == pytest.approx(first["family_like"], abs=1e-6)
    heart.tell(beat(), times=3)
    second = heart.tell(ectopic, early=-0.2, after=0.5)
    assert second["family_share"] == pytest.approx(FAMILY_MEMORY, rel=0.05)
    assert of(second, "family_early", "family_after") == pytest.approx([-0.4, 0.3])
    assert second["family_like"] == pytest.approx(1, abs=1e-4)
    assert second["first_like"] == pytest.approx(first["first_like"], abs=1e-3)
    third = heart.tell(0.5 * ectopic, early=0, after=0)  # of any height
    assert of(third, "family_early", "family_after") == pytest.approx([-0.3, 0.4])
    assert third["family_share"] == pytest.approx(2 * FAMILY_MEMORY, rel=0.05)
    assert heart.tell(beat())["family_first"] == 1


def test_shares_add_up_to_what_has_been_seen() -> None:
    heart = Heart()
    for k in range(150):
        heart.tell(wavy((0, 0, 0, 1, 0, 2)[k % 6]))
        assert heart.memory.share[0].sum() == pytest.approx(1 - (1 - FAMILY_MEMORY) ** (k + 1), rel=1e-3)
    share = np.sort(heart.memory.share[0])[::-1] / heart.memory.share[0].sum()
    np.testing.assert_allclose(share[:4], [4 / 6, 1 / 6, 1 / 6, 0], atol=0.03)
    told = heart.tell(wavy(0))
    assert told["family_share"] == pytest.approx(heart.memory.share[0].max(), abs=0.01)
    assert told["first_share"] == pytest.approx(told["family_share"], abs=0.01)


def test_a_new_family_takes_the_place_of_the_rarest() -> None:
    heart = Heart()
    heart.tell(wavy(0), times=20)
    for k in range(1, FAMILIES):
        heart.tell(wavy(k), times=1 if k == 3 else 4)
    assert (heart.memory.share[0] > 0).all()
    assert heart.tell(wavy(FAMILIES))["family_share"] == 0
    for k in (0, 1, 2, 4, 5, 6, 7, FAMILIES):
        assert heart.tell(wavy(k))["family_share"] > 0
    forgotten = heart.tell(wavy(3), early=-0.5)
    assert of(forgotten, "family_share", "family_early") == [0, 0]
    assert heart.tell(wavy(3))["family_early"] == pytest.approx(-0.5)


def test_times_of_a_family_are_those_of_its_last_beats() -> None:
    heart = Heart()
    told = [heart.tell(beat(), early=early)["family_early"] for early in (-0.1, -0.2, -0.6, 0)]
    assert told == pytest.approx([0, -0.1, -0.15, -0.3])
    heart.tell(beat(), early=0, times=100)
    assert abs(heart.tell(beat())["family_early"]) < 0.03


# ----------------------------------------------------------------------------------------------- the leads


def test_a_lead_that_is_flat_does_not_count() -> None:
    one, two = Heart(1), Heart(2)
    flat = np.zeros(BEFORE + AFTER, np.float32)
    rng = np.random.default_rng(0)
    for _ in range(30):
        lead = beat(rng.uniform(0.5, 2), sigma=rng.uniform(3, 12), p=rng.uniform(0, 0.3))
        told, with_flat = one.tell(lead, early=-0.1), two.tell(lead, flat, early=-0.1)
        assert with_flat.pop("height_last") == 0
        told.pop("height_last")
        assert with_flat == pytest.approx(told, abs=1e-4)
    assert not two.wave[:, 1::LEADS].any()


def test_what_little_there_is_on_a_flat_lead_makes_no_beat_unlike() -> None:
    rng = np.random.default_rng(0)
    heart = Heart(2)
    for _ in range(40):
        told = heart.tell(beat(), rng.normal(0, 0.005, BEFORE + AFTER).astype(np.float32))
    assert min(of(told, *(name for name in LIKE if not name.startswith(("family", "first"))))) > 0.99
    assert max(of(told, *APART)) < 0.01
    assert told["half_width"] == steady().tell(beat())["half_width"]


@pytest.mark.parametrize("off", [0, 1])
def test_a_beat_with_a_lead_off_is_read_as_if_the_bed_had_but_the_other(off: int) -> None:
    """Else it looks like another beat, and if the rate changes at the same time like ventricular tachycardia."""
    rng = np.random.default_rng(0)
    both, other = Heart(2), Heart(1)
    for _ in range(40):
        seen = beat() + rng.normal(0, 0.01, BEFORE + AFTER).astype(np.float32)
        lost = beat(0.6, sigma=8)
        told = [both.tell(*((lost, seen) if off == 0 else (seen, lost))), other.tell(seen)]
    usual, nothing = both.memory.usual.copy(), np.full(BEFORE + AFTER, 0.4, np.float32)
    for height in (1.0, 1.2):
        seen = beat(height)
        told = [both.tell(*((nothing, seen) if off == 0 else (seen, nothing))), other.tell(seen)]
        np.testing.assert_array_equal(both.wave[:, [1 - off, off, 3 - off, 2 + off]], other.wave)
        same = [name for name in SHAPE_NAMES if not name.endswith("odd")]
        np.testing.assert_allclose(of(told[0], *same), of(told[1], *same), atol=0.02)
    assert told[0]["family_first"] == 1
    np.testing.assert_array_equal(both.memory.usual[0, off], usual[0, off])
    assert both.tell(*((lost, beat()) if off == 0 else (beat(), lost)))["qrs_like_least"] > 0.99  # it is back


def test_one_lead_and_more_leads_than_are_read() -> None:
    heart = steady(1)
    told = heart.tell(beat(1.2))
    assert told["height_first"] == told["height_last"]
    assert heart.wave.any(axis=0).tolist() == [True, False, True, False]
    two, three = Heart(2), Heart(3)
    for k in range(10):
        leads = [beat(1 + 0.1 * k), beat(0.5, sigma=8)]
        assert two.tell(*leads) == three.tell(*leads, wavy(k))
        np.testing.assert_array_equal(two.wave, three.wave)


def test_the_order_of_leads_does_not_matter() -> None:
    rng = np.random.default_rng(0)
    one, other = Heart(2), Heart(2)
    for _ in range(60):
        leads = [beat(rng.normal(1, 0.3), sigma=rng.uniform(3, 12), t=rng.normal(0, 0.3)) for _ in range(2)]
        told, turned = one.tell(*leads), other.tell(*leads[::-1])
        assert turned["height_first"] == pytest.approx(told["height_last"], abs=1e-4)
        assert turned["height_last"] == pytest.approx(told["height_first"], abs=1e-4)
        for name in OF_ORDER:
            told.pop(name)
            turned.pop(name)
        assert turned == pytest.approx(told, abs=1e-3)
        np.testing.assert_allclose(other.wave, one.wave[:, [1, 0, 3, 2]], atol=1e-5)


# ---------------------------------------------------------------------------------- odd for this patient


def test_what_is_odd_is_so_for_this_patient() -> None:
    rng = np.random.default_rng(0)
    calm, restless = Heart(), Heart()
    for _ in range(400):
        calm.tell(beat(rng.normal(1, 0.02)))
        restless.tell(beat(rng.normal(1, 0.25)))
    assert calm.tell(beat(1.3))["qrs_apart_odd"] > 0.8
    assert 0 < restless.tell(beat(1.3))["qrs_apart_odd"] < 0.5
    assert calm.tell(beat(0.7))["qrs_apart_odd"] > 0.8


def test_each_odd_figure_is_of_its_measure() -> None:
    usual = Heart()
    rng = np.random.default_rng(0)

    def common() -> NDArray[np.float32]:
        wave = beat(rng.normal(1, 0.03), sigma=rng.normal(4, 0.1)) + rng.normal(0, 0.01, len(TIME))
        return wave.astype(np.float32)

    for _ in range(400):
        told = usual.tell(common())
    names = ("qrs_like_odd", "p_like_odd", "qrs_apart_odd", "width_odd", "p_apart_odd")
    assert max(np.abs(of(told, *names))) < 1
    told = usual.tell(beat(2, sigma=14, p=-0.3))
    assert of(told, "qrs_like_odd", "p_like_odd") == [-2, -2]
    assert of(told, "width_odd", "qrs_apart_odd", "p_apart_odd") == [2, 2, 2]
    told = usual.tell(common() + (0.3 * hill(-25, 5)).astype(np.float32))  # another P alone
    assert told["p_apart_odd"] > 0.5
    assert max(np.abs(of(told, "qrs_apart_odd", "width_odd"))) < 1
    assert len(names) == len(ODD_NAMES)


# -------------------------------------------------------------------------------------------- any values


def test_figures_are_finite_and_within_bounds_whatever_comes() -> None:
    rng = np.random.default_rng(0)
    flat = np.zeros(BEFORE + AFTER, np.float32)
    waves = [flat, beat(1e-5), beat(), flat, beat(1e5), flat + 7, beat(1e-5), -beat(1e5), flat]
    waves += [rng.normal(0, 10.0 ** rng.integers(-6, 7), BEFORE + AFTER).astype(np.float32) for _ in range(40)]
    for leads in (1, 2):
        heart = Heart(leads)
        for k, wave in enumerate(waves):
            told = heart.tell(*[wave, waves[-k]][:leads], early=rng.uniform(-2, 2), after=rng.uniform(-2, 2))
            assert np.isfinite(list(told.values())).all()
            assert max(map(abs, told.values())) <= 5
            assert np.abs(heart.wave).max() <= 5


def test_a_bed_that_begins_flat_learns_its_beats() -> None:
    heart = Heart(2)
    heart.tell(np.zeros(BEFORE + AFTER, np.float32), np.zeros(BEFORE + AFTER, np.float32), times=20)
    told = heart.tell(beat(), beat(), times=400)
    assert min(of(told, *LIKE)) > 0.95
    assert told["height_first"] == pytest.approx(0, abs=0.05)


# -------------------------------------------------------------------------------------------------- rows


def test_rows_do_not_touch_grow_and_are_forgotten() -> None:
    memory = ShapeMemory(3, 2)
    for height in (1, 1.5):
        memory.take(np.array([1]), np.stack([beat(height), beat()])[None], np.full((1, 2), 0.1, np.float32))
    for name, values in memory.fresh(3).items():
        now = getattr(memory, name)
        np.testing.assert_array_equal(now[[0, 2]], values[[0, 2]], err_msg=name)
        assert not np.array_equal(now[1], values[1]), name
    memory.grow(2)
    assert memory.beats.tolist() == [0, 2, 0, 0, 0]
    memory.reset(np.array([1]))
    for name, values in memory.fresh(5).items():
        np.testing.assert_array_equal(getattr(memory, name), values, err_msg=name)


@pytest.mark.parametrize("leads", [1, 2])
def test_company_does_not_matter_to_the_last_bit(leads: int) -> None:
    rng = np.random.default_rng(0)
    beds, beats = 13, 40
    heights = rng.choice([1.0, 1.1, 0.05, 3.0], (beds, beats, leads))
    waves = np.stack(
        [[[beat(h, sigma=rng.choice([4, 5, 12])) for h in lead] for lead in bed] for bed in heights]
    ) + rng.normal(0, 0.02, (beds, beats, leads, BEFORE + AFTER))
    waves, times = waves.astype(np.float32), rng.normal(0, 0.3, (beds, beats, 2)).astype(np.float32)
    alone = []
    for bed in range(beds):
        memory = ShapeMemory(1, leads)
        told = [memory.take(ROW, waves[bed, [k]], times[bed, [k]]) for k in range(beats)]
        alone.append([np.concatenate(part) for part in zip(*told, strict=True)])
    ward, at = ShapeMemory(beds, leads), np.zeros(beds, np.intp)
    while (at < beats).any():
        left = np.flatnonzero(at < beats)
        some = rng.permutation(left)[: rng.integers(1, len(left) + 1)]
        wave, figures = ward.take(some, waves[some, at[some]], times[some, at[some]])
        for k, bed in enumerate(some):
            np.testing.assert_array_equal(wave[k], alone[bed][0][at[bed]])
            np.testing.assert_array_equal(figures[k], alone[bed][1][at[bed]])
        at[some] += 1
