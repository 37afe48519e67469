"""RR set against the patient's own: each figure by hand, and what the three references follow."""

from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from detector.rhythm import AFTER_NAMES, GRADUAL, KEPT, RR_NAMES, YOUNG, RhythmMemory

ROW = np.array([0])
NAN = float("nan")


def teach(memory: RhythmMemory, rr: Iterable[float], bed: int = 0) -> NDArray[np.float32]:
    """Let one bed's RR come one by one; figures of each, told without a beat after: ``(rr, figures)``."""
    at, told = np.array([bed]), []
    for one in rr:
        now = np.array([one], np.float32)
        told.append(memory.measure(at, now, np.full(1, np.nan, np.float32))[0])
        memory.learn(at, now)
    return np.array(told)


def figures(memory: RhythmMemory, rr: float, after: float = NAN) -> dict[str, float]:
    """What is told of one more RR, by name; nothing is learned."""
    told = memory.measure(ROW, np.array([rr], np.float32), np.array([after], np.float32))
    assert told.shape == (1, len(RR_NAMES))
    assert told.dtype == np.float32
    return dict(zip(RR_NAMES, told[0].tolist(), strict=True))


def known(rr: Iterable[float]) -> RhythmMemory:
    """A memory that has learned these."""
    memory = RhythmMemory(1)
    teach(memory, rr)
    return memory


def basic(told: NDArray[np.float32]) -> NDArray[np.float32]:
    return told[:, RR_NAMES.index("rr_before_basic")]


def around(rr: float, count: int, seed: int = 0, scatter: float = 0.01) -> NDArray[np.float64]:
    """A steady rhythm: RR that scatter by a hundredth."""
    return rr * np.exp(np.random.default_rng(seed).normal(0, scatter, count))


def state(memory: RhythmMemory) -> dict[str, NDArray]:
    return {name: getattr(memory, name).copy() for name in memory.fresh(1)}


# --------------------------------------------------------------------------------------- figures by hand


def test_an_early_beat_with_a_full_compensatory_pause() -> None:
    told = figures(known([0.8] * 70), 0.5, 1.1)
    early, late = np.log(0.5 / 0.8), np.log(1.1 / 0.8)
    expected = {
        "rr_before": early,
        "rr_before_mean": early,
        "rr_before_basic": early,
        "rr_before_absolute": early,
        "rr_before_three": early,
        "rr_before_eight": early,
        "rr_before_deviation": -2,
        "rr_before_rank": 0,
        "rr_after": late,
        "rr_after_before": np.log(1.1 / 0.5),
        "rr_after_basic": late,
        "rr_after_known": 1,
        "rr_pair": 0,
        "irregular_8": 0,
        "irregular_64": 0,
        "irregular_median": 0,
        "scatter": 0,
        "eight_basic": 0,
        "longest_basic": 0,
        "early_share": 0,
    }
    assert set(expected) == set(RR_NAMES)
    assert told == pytest.approx(expected, abs=1e-5)


def test_short_and_long_in_turn() -> None:
    memory = known([0.6, 1.0] * 32)
    told = figures(memory, 0.8, 0.6)
    step = np.log(1 / 0.6)
    assert memory.median_rr(ROW)[0] == pytest.approx(np.sqrt(0.6))
    expected = {
        "rr_before": np.log(0.8 / np.sqrt(0.6)),
        "rr_before_mean": 0,
        "rr_before_absolute": 0,
        "rr_before_three": np.log(0.8) + step / 3,  # 1, 0.6 and 1 s
        "rr_before_eight": np.log(0.8 / np.sqrt(0.6)),
        "rr_before_deviation": np.log(0.8 / np.sqrt(0.6)) / (step / 2 + 0.02) / 5,
        "rr_before_rank": 0.5,
        "rr_after": -step / 2,
        "rr_after_before": np.log(0.6 / 0.8),
        "rr_pair": np.log(1.4 / 2 / np.sqrt(0.6)),
        "irregular_8": step,
        "irregular_64": step,
        "irregular_median": step,
        "scatter": step / 2,
    }
    assert {name: told[name] for name in expected} == pytest.approx(expected, abs=0.01)


def test_how_many_of_the_last_were_early_and_how_long_they_were() -> None:
    memory = known([*[0.8] * 40, 0.7, *[0.5] * 7])
    usual = float(np.exp(memory.basic[0]))
    assert usual == pytest.approx(0.8, rel=0.02)
    told = figures(memory, 0.5)
    assert told["early_share"] == 7 / 32  # 0.7 s is within what is gradual
    assert told["longest_basic"] == pytest.approx(np.log(0.7 / usual), abs=1e-5)
    assert told["eight_basic"] == pytest.approx((np.log(0.7) + 7 * np.log(0.5)) / 8 - np.log(usual), abs=1e-5)
    # Steps to the next: once 0.13, once 0.34, else none; of the last eight RR all, of the 47 known all.
    steps = np.log(0.8 / 0.7) + np.log(0.7 / 0.5)
    assert told["irregular_8"] == pytest.approx(steps / 8, abs=1e-5)
    assert told["irregular_64"] == pytest.approx(steps / 47, abs=1e-5)
    assert told["irregular_median"] == 0
    assert told["rr_before_rank"] == 0


@pytest.mark.parametrize(("rr", "rank"), [(0.5, 0), (0.635, 0.25), (0.845, 0.75), (2.0, 1)])
def test_rank_is_the_share_of_the_last_64_that_were_shorter(rr: float, rank: float) -> None:
    steady = [0.1] * 10 + [0.53 + 0.0068 * k for k in range(KEPT)]  # the first ten are forgotten
    memory = known(steady)
    assert figures(memory, rr)["rr_before_rank"] == pytest.approx(rank, abs=1 / KEPT)


def test_deviation_is_in_units_of_the_usual_scatter() -> None:
    calm, restless = known(around(0.8, 64)), known(around(0.8, 64, scatter=0.1))
    first, second = (figures(memory, 0.7)["rr_before_deviation"] for memory in (calm, restless))
    assert first < 2 * second < 0
    assert figures(calm, 0.3)["rr_before_deviation"] == -2
    assert figures(calm, 2.9)["rr_before_deviation"] == 2


# ------------------------------------------------------------------------------------------ the references


def test_the_median_follows_within_half_a_minute_and_the_mean_within_minutes() -> None:
    memory = known([1.0] * 500)
    teach(memory, [0.5] * 17)
    assert memory.median_rr(ROW)[0] == pytest.approx(0.5)
    assert figures(memory, 0.5)["rr_before_mean"] == pytest.approx(np.log(0.5), abs=0.05)
    teach(memory, [0.5] * (400 - 17))
    left = 0.5 + 0.5 * (1 - 1 / 400) ** 400
    assert figures(memory, 0.5)["rr_before_mean"] == pytest.approx(np.log(0.5 / left), abs=1e-3)


@pytest.mark.parametrize(("first", "last"), [(1.0, 0.45), (0.5, 1.3)])
def test_the_basic_rr_follows_gradual_changes(first: float, last: float) -> None:
    """As of a sinus node in exercise, or in falling asleep, within some minutes."""
    told = teach(RhythmMemory(1), np.geomspace(first, last, 300) * around(1, 300))
    assert np.abs(basic(told[YOUNG:])).max() < 0.08


def test_the_basic_rr_holds_through_an_abrupt_tachycardia_and_comes_back() -> None:
    memory = known(around(0.85, 100))
    told = teach(memory, around(0.4, 1500, seed=1, scatter=0.005))
    assert basic(told).max() < -0.5  # early to the last beat, though by then it is what is usual
    last = dict(zip(RR_NAMES, told[-1].tolist(), strict=True))
    assert last["rr_before"] == pytest.approx(0, abs=0.03)
    assert abs(last["rr_before_mean"]) < 0.05
    assert last["early_share"] == 1
    assert last["eight_basic"] == pytest.approx(last["longest_basic"], abs=0.02)
    slow = basic(teach(memory, around(0.85, 60, seed=2)))
    assert slow[0] > 0.1
    assert np.abs(slow[30:]).max() < 0.06


def test_an_abrupt_tachycardia_becomes_basic_after_two_hours() -> None:
    memory = known(around(0.8, 100))
    fast = around(0.5, 18_000, seed=1).astype(np.float32)
    for rr in fast[:7_000]:
        memory.learn(ROW, rr[None])
    assert figures(memory, 0.5)["rr_before_basic"] < -GRADUAL  # after 58 minutes
    for rr in fast[7_000:]:
        memory.learn(ROW, rr[None])
    assert abs(figures(memory, 0.5)["rr_before_basic"]) < 0.05


def test_a_slower_rhythm_becomes_basic_within_a_minute() -> None:
    told = basic(teach(known(around(0.5, 100)), around(1.0, 60, seed=1)))
    assert told[0] == pytest.approx(np.log(2), abs=0.05)
    assert abs(told[-1]) < 0.05


def test_early_beats_now_and_then_leave_the_basic_rr_where_it_is() -> None:
    rr = np.tile([*[0.8] * 6, 0.45, 1.15], 50)
    told = basic(teach(known(around(0.8, 50)), rr))
    assert np.abs(told[rr == 0.8]).max() < 0.1
    np.testing.assert_allclose(told[rr == 0.45], np.log(0.45 / 0.8), atol=0.1)


def test_the_basic_rr_goes_with_an_irregular_rhythm_and_is_free_after_it() -> None:
    """Fibrillation is faster, and never steady: nothing is held, neither in it nor when it ends."""
    memory = known(around(1.0, 100))
    rng = np.random.default_rng(1)
    told = basic(teach(memory, rng.uniform(0.4, 0.8, 300)))
    assert told[:10].mean() < -0.4
    assert np.abs(told[-100:].mean()) < GRADUAL
    assert 0.4 < np.exp(memory.basic[0]) < 0.8
    for rr in (0.6, 0.95):
        told = basic(teach(memory, around(rr, 100, seed=2)))
        assert np.abs(told[-20:]).max() < 0.05


def test_a_bed_whose_first_rr_was_wrong_learns_its_basic_rr_soon() -> None:
    for first in (0.4, 1.2, 1.6, 2.4):
        told = basic(teach(RhythmMemory(1), [first, *around(0.8, 60)]))
        assert np.abs(told[45:]).max() < 0.06


# ----------------------------------------------------------------------------------------- what is unknown


def test_of_the_first_rr_nothing_is_known_but_itself() -> None:
    told = figures(RhythmMemory(1), 1.2)
    assert told.pop("rr_before_absolute") == pytest.approx(np.log(1.5))
    assert not any(told.values())
    told = figures(RhythmMemory(1), 1.2, 0.6)
    assert told.pop("rr_before_absolute") == pytest.approx(np.log(1.5))
    assert told.pop("rr_after_known") == 1
    for name in ("rr_after", "rr_after_before", "rr_after_basic"):
        assert told.pop(name) == pytest.approx(np.log(0.5))  # set against the only RR there is
    assert told.pop("rr_pair") == pytest.approx(np.log(1.8 / 2.4))
    assert not any(told.values())


@pytest.mark.parametrize("memory", [RhythmMemory(1), known([0.8, 0.7] * 20)])
def test_what_is_unknown_is_0(memory: RhythmMemory) -> None:
    told = figures(memory, 0.6)
    assert [told[name] for name in AFTER_NAMES] == [0] * len(AFTER_NAMES)
    told = figures(memory, NAN, 0.6)
    assert told["rr_before_rank"] == 0.5
    unknown = {name for name in RR_NAMES if name.startswith("rr_before")} | {"rr_after_before", "rr_pair"}
    assert [told[name] for name in sorted(unknown - {"rr_before_rank"})] == [0] * (len(unknown) - 1)
    assert told["rr_after_known"] == 1
    assert all(np.isfinite(value) for value in figures(memory, NAN).values())


def test_an_unknown_rr_changes_nothing() -> None:
    memory = known([0.8, 0.5, 1.1, 0.8])
    before = state(memory)
    memory.learn(ROW, np.array([np.nan], np.float32))
    for name, values in before.items():
        np.testing.assert_array_equal(getattr(memory, name), values, err_msg=name)


def test_the_median_rr_is_of_the_last_32() -> None:
    assert np.isnan(RhythmMemory(1).median_rr(ROW)[0])
    assert known([0.8]).median_rr(ROW)[0] == pytest.approx(0.8)
    assert known([1.5] * 50 + [0.6] * 15 + [0.7] + [0.9] * 16).median_rr(ROW)[0] == pytest.approx(np.sqrt(0.7 * 0.9))


@settings(max_examples=50, deadline=None)
@given(st.lists(st.one_of(st.floats(0.004, 3.0), st.just(NAN)), min_size=1, max_size=90), st.floats(0.004, 3.0))
def test_figures_are_finite_and_within_bounds_whatever_comes(rr: list[float], after: float) -> None:
    memory = RhythmMemory(1)
    told = teach(memory, rr)
    assert np.isfinite(told).all()
    assert np.abs(told).max() <= 2
    assert max(map(abs, figures(memory, 0.004, after).values())) <= 2


# -------------------------------------------------------------------------------------------------- rows


def test_rows_do_not_touch_grow_and_are_forgotten() -> None:
    memory = RhythmMemory(3)
    teach(memory, [0.8] * 5, bed=1)
    fresh = state(RhythmMemory(3))
    for name, values in fresh.items():
        np.testing.assert_array_equal(getattr(memory, name)[[0, 2]], values[[0, 2]], err_msg=name)
    memory.grow(1)
    assert memory.median_rr(np.arange(4))[1] == pytest.approx(0.8)
    assert np.isnan(memory.median_rr(np.array([0, 2, 3]))).all()
    memory.reset(np.array([1]))
    for name, values in state(RhythmMemory(4)).items():
        np.testing.assert_array_equal(getattr(memory, name), values, err_msg=name)


def test_company_does_not_matter_to_the_last_bit() -> None:
    rng = np.random.default_rng(0)
    beds, beats = 21, 80
    rr = rng.uniform(0.3, 1.5, (beds, beats)).astype(np.float32)
    rr[::3] = 0.8 + 0.01 * rr[::3]
    rr[rng.random(rr.shape) < 0.05] = np.nan
    after = np.roll(rr, -1, axis=1)
    alone = np.zeros((beds, beats, len(RR_NAMES)), np.float32)
    for bed in range(beds):
        memory = RhythmMemory(1)
        for k in range(beats):
            alone[bed, k] = memory.measure(ROW, rr[bed, [k]], after[bed, [k]])[0]
            memory.learn(ROW, rr[bed, [k]])
    ward, at = RhythmMemory(beds), np.zeros(beds, np.intp)
    while (at < beats).any():
        left = np.flatnonzero(at < beats)
        some = rng.permutation(left)[: rng.integers(1, len(left) + 1)]
        told = ward.measure(some, rr[some, at[some]], after[some, at[some]])
        ward.learn(some, rr[some, at[some]])
        np.testing.assert_array_equal(told, alone[some, at[some]])
        at[some] += 1
