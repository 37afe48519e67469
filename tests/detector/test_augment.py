"""What training makes of beats: changed as beds differ, and tachycardias that go on."""

import numpy as np
import pytest
from numpy.typing import NDArray

from detector.beats import NOW, NOW_NAMES, RHYTHM, RHYTHM_NAMES, STEPS
from detector.rhythm import AFTER_NAMES
from detector.segmentation import AFTER, BEFORE, LENGTH
from detector.shape import LEADS
from detector.training.augment import (
    BECOME_USUAL,
    CAUGHT_UP,
    QUICKER,
    RATE,
    UNKNOWN,
    Inputs,
    column,
    sustained,
    vary,
    vary_rows,
)
from stream.messages import AAMI

R = BEFORE * LENGTH // (BEFORE + AFTER)
S = AAMI.index("S")
REST = [name for name in NOW_NAMES if name not in (*AFTER_NAMES, "height_first", "height_last")]


def some(beats: int, rng: np.random.Generator) -> Inputs:
    """Beats whose inputs are noise."""
    return {
        "wave": rng.normal(size=(beats, LENGTH, 2 * LEADS)).astype(np.float32),
        "rhythm": rng.normal(size=(beats, STEPS, RHYTHM)).astype(np.float32),
        "now": rng.normal(size=(beats, NOW)).astype(np.float32),
    }


def hill(at: float = R, sigma: float = 3) -> NDArray[np.float32]:
    return np.exp(-0.5 * ((np.arange(LENGTH) - at) / sigma) ** 2).astype(np.float32)


def varied(*leads: NDArray[np.float32], beats: int = 4000) -> tuple[NDArray[np.float32], Inputs]:
    """Waves and the rest of many beats whose leads are these, each its own usual one, once varied."""
    inputs = some(beats, np.random.default_rng(0))
    inputs["wave"][:] = np.stack([*leads, *leads], axis=-1)
    seen = vary(inputs, np.random.default_rng(1))
    return seen["wave"], seen


def untouched(before: Inputs, after: Inputs) -> None:
    for name, values in before.items():
        np.testing.assert_array_equal(after[name], values)


def test_beats_are_varied_in_new_arrays() -> None:
    inputs = some(500, np.random.default_rng(0))
    before = {name: values.copy() for name, values in inputs.items()}
    seen = vary(inputs, np.random.default_rng(1))
    untouched(before, inputs)
    assert {name: (values.shape, values.dtype) for name, values in seen.items()} == {
        name: (values.shape, values.dtype) for name, values in before.items()
    }
    np.testing.assert_array_equal(seen["rhythm"], before["rhythm"])
    rest = [column(name) for name in REST]
    np.testing.assert_array_equal(seen["now"][:, rest], before["now"][:, rest])
    assert (seen["wave"] != before["wave"]).any(axis=(1, 2)).all()
    untouched(seen, vary(inputs, np.random.default_rng(1)))
    assert not np.array_equal(seen["wave"], vary(inputs, np.random.default_rng(2))["wave"])


def test_leads_are_swapped_with_what_is_told_of_them() -> None:
    up, level = np.linspace(0, 1, LENGTH, dtype=np.float32), np.linspace(0, 1e-6, LENGTH, dtype=np.float32)
    inputs = some(4000, np.random.default_rng(0))
    inputs["wave"][:] = np.stack([up, level, up, level], axis=-1)
    seen = vary(inputs, np.random.default_rng(1))
    swapped = np.ptp(seen["wave"][..., LEADS], axis=1) < 1e-4  # the usual beat of the first lead is level
    assert swapped.mean() == pytest.approx(0.3, abs=0.03)
    for mine, other in (("height_first", "height_last"), ("height_last", "height_first")):
        was, now = inputs["now"], seen["now"]
        np.testing.assert_array_equal(now[swapped, column(mine)], was[swapped, column(other)])
        np.testing.assert_array_equal(now[~swapped, column(mine)], was[~swapped, column(mine)])


def test_the_second_lead_is_lost_at_times_and_a_missing_one_stays_so() -> None:
    wave, _ = varied(hill(), hill())
    gone = ~wave.any(axis=1)
    assert gone[:, 1].mean() == pytest.approx(0.2, abs=0.03)
    np.testing.assert_array_equal(gone[:, 1], gone[:, 1 + LEADS])
    assert not gone[:, [0, LEADS]].any()
    alone, _ = varied(hill(), 0 * hill())
    assert (~alone.any(axis=1)).reshape(-1, 2, LEADS).any(axis=-1).all()  # nothing is added to what is not there


def test_a_lead_and_its_usual_beat_have_one_gain_at_times_negative() -> None:
    wave, _ = varied(*[np.ones(LENGTH, np.float32)] * LEADS)  # level: making it wider changes nothing
    gain = wave[:, 0, LEADS:]
    np.testing.assert_allclose(wave[..., LEADS:], np.tile(gain[:, None], (1, LENGTH, 1)), atol=1e-6)
    np.testing.assert_allclose(wave[..., :LEADS].mean(axis=1), gain, atol=0.05)  # but for noise and drift
    there = gain[gain != 0]
    assert (there < 0).mean() == pytest.approx(0.15, abs=0.02)
    assert np.log(np.abs(there)).std() == pytest.approx(0.1, abs=0.01)
    both = (gain != 0).all(axis=1)
    assert abs(np.corrcoef(gain[both].T)[0, 1]) < 0.1  # each lead its own


def test_beats_are_made_wider_and_narrower_about_r() -> None:
    wave, _ = varied(hill(), hill())
    usual = np.abs(wave[..., LEADS])
    assert (usual.argmax(axis=1) == R).all()
    area = usual.sum(axis=1) / usual.max(axis=1)
    assert np.log(area).mean() == pytest.approx(np.log(hill().sum()), abs=0.01)
    assert np.log(area).std() == pytest.approx(0.03, abs=0.005)


def test_drift_and_noise_come_to_the_beat_alone() -> None:
    wave, _ = varied(hill(), hill())
    added = wave[..., 0] - wave[..., LEADS]
    line = np.polynomial.polynomial.polyfit(np.arange(LENGTH), added.T, 1)
    assert (line[1] * (LENGTH - 1) / 2).std() == pytest.approx(0.1, abs=0.01)
    left = added - (line[0][:, None] + line[1][:, None] * np.arange(LENGTH))
    rough = left.std(axis=1)
    assert 0.003 < rough.min() < 0.007
    assert 0.08 < rough.max() < 0.15
    smooth = np.abs(np.diff(wave[..., LEADS], n=2, axis=1)).max()
    assert smooth < 0.3  # the usual beat has none


def test_the_beat_after_is_forgotten_at_times() -> None:
    inputs = some(4000, np.random.default_rng(0))
    seen = vary(inputs, np.random.default_rng(1))["now"]
    later = [column(name) for name in AFTER_NAMES]
    forgotten = ~seen[:, later].any(axis=1)
    assert forgotten.mean() == pytest.approx(UNKNOWN, abs=0.02)
    np.testing.assert_array_equal(seen[~forgotten][:, later], inputs["now"][~forgotten][:, later])


def test_rows_change_width_level_and_noise_but_in_their_padding() -> None:
    row = np.zeros((2000, 187, 1), np.float32)
    row[:, :120, 0] = 0.1 + 0.9 * np.exp(-0.5 * ((np.arange(120) - 40) / 3) ** 2)
    before = row.copy()
    seen = vary_rows({"row": row}, np.random.default_rng(1))["row"][..., 0]
    np.testing.assert_array_equal(row[..., 0], before[..., 0])
    ends = 187 - (seen[:, ::-1] != 0).argmax(axis=1)
    assert np.log(ends / 120).std() == pytest.approx(0.08, abs=0.01)
    assert np.median(ends) == pytest.approx(120, abs=1)
    peaks = seen.argmax(axis=1)
    assert np.corrcoef(peaks, ends)[0, 1] > 0.9  # R, at the row's left, stays where it is
    noise = np.diff(seen[:, :12], 2).std(axis=1) / np.sqrt(6)
    assert 0 < noise.min() < 0.003
    assert 0.02 < noise.max() < 0.06
    slope = seen[:, 75:85].mean(axis=1) - seen[:, :10].mean(axis=1)
    assert slope.std() == pytest.approx(0.05 * 75 / 93, rel=0.2)


# ------------------------------------------------------------------------------------ sustained tachycardia


def rhythm(beats: int, **figures: float) -> Inputs:
    """Beats of which these figures are told, all others 0, with a QRS at R on both leads."""
    inputs = {
        "wave": np.tile(hill()[None, :, None], (beats, 1, 2 * LEADS)),
        "rhythm": np.zeros((beats, STEPS, RHYTHM), np.float32),
        "now": np.zeros((beats, NOW), np.float32),
    }
    for name, value in figures.items():
        inputs["now"][:, column(name)] = value
        if name in RHYTHM_NAMES:
            inputs["rhythm"][..., RHYTHM_NAMES.index(name)] = value
    return inputs


def labels(text: str) -> NDArray[np.int8]:
    return np.array([AAMI.index(name) for name in text], np.int8)


def join(*parts: Inputs) -> Inputs:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def of(inputs: Inputs, name: str) -> NDArray[np.float32]:
    return inputs["now"][:, column(name)]


def made(inputs: Inputs, text: str, count: int = 300) -> Inputs:
    """What is made of beats, all of it S; the beats stay as they are."""
    before = {name: values.copy() for name, values in inputs.items()}
    more, label = sustained(inputs, labels(text), count, np.random.default_rng(0))
    untouched(before, inputs)
    assert label.tolist() == [S] * len(more["now"])
    assert {values.dtype for values in more.values()} == {np.dtype(np.float32)}
    return more


RUN = {
    "rr_before_basic": -0.5,
    "rr_before": -0.3,
    "rr_before_deviation": -2,
    "rr_after": -0.3,
    "rr_before_absolute": -0.6,
    "irregular_8": 0.02,
    "p_like_least": 0.4,
}


def gone_on(inputs: Inputs, text: str) -> Inputs:
    """What is made of runs, with normal beats of a steady rhythm behind them."""
    steady = rhythm(4, **STEADY)
    more = made({name: np.concatenate([values, steady[name]]) for name, values in inputs.items()}, text + "NNNN")
    assert len(more["now"]) == 600
    return {name: values[300:] for name, values in more.items()}


def test_a_run_goes_on_until_it_is_what_is_usual() -> None:
    more = gone_on(rhythm(5, **RUN), "SSSSS")
    for name in CAUGHT_UP:
        assert (np.abs(of(more, name)) <= 0.2 * abs(RUN.get(name, 0)) + 1e-6).all()
    assert np.ptp(of(more, "rr_before")) > 0.03
    basic = of(more, "rr_before_basic")  # what tells it; it wanes slowly
    assert -0.5 <= basic.min() < -0.45
    assert -0.3 < basic.max() <= -0.25
    np.testing.assert_array_equal(of(more, "eight_basic"), basic)
    np.testing.assert_array_equal(of(more, "rr_before_absolute"), np.float32(RUN["rr_before_absolute"]))
    np.testing.assert_array_equal(of(more, "early_share"), 1)
    assert of(more, "irregular_64").max() <= 0.05
    for name in BECOME_USUAL:  # as like its usual beat as a normal one is like its own
        np.testing.assert_allclose(of(more, name), STEADY.get(name, 0))
    past = {name: more["rhythm"][..., k] for k, name in enumerate(RHYTHM_NAMES)}
    np.testing.assert_allclose(past["rr_before_basic"], np.tile(basic[:, None], (1, STEPS)), atol=0.06)
    assert np.abs(past["rr_before"]).max() <= 0.06 + 1e-6


def test_only_the_third_s_beat_in_a_row_and_later_are_a_run() -> None:
    inputs = rhythm(11, **RUN)
    inputs["now"][:, column("rr_before_absolute")] = np.arange(11)
    more = gone_on(inputs, "NNSSVSSSSNS")
    assert set(of(more, "rr_before_absolute").tolist()) == {7, 8}


def test_there_is_nothing_to_make_without_normal_beats() -> None:
    assert len(made(rhythm(5, **RUN), "SSSSS")["now"]) == 0


def test_beats_that_are_not_early_to_the_basic_rr_are_no_tachycardia() -> None:
    assert len(made(rhythm(5, **{**RUN, "rr_before_basic": -0.1}), "SSSSS")["now"]) == 0
    assert len(made(rhythm(5, **RUN), "VVVVV")["now"]) == 0
    assert len(made(rhythm(5, **RUN), "NNNNN")["now"]) == 0


STEADY = {
    "rr_after_known": 1,
    "irregular_median": 0.01,
    "p_like_least": 0.9,
    "p_like_most": 0.95,
    "first_like": 1,
    "rr_before_absolute": 0,
}


def test_normal_beats_are_brought_nearer_together() -> None:
    more = made(rhythm(4, **STEADY), "NNNN")
    by = -of(more, "rr_before_basic")
    assert QUICKER[0] <= by.min() < 0.3
    assert 0.85 < by.max() <= QUICKER[1]
    for name in ("rr_before_absolute", "rr_after_basic", "eight_basic", "longest_basic"):
        np.testing.assert_allclose(of(more, name), -by, atol=1e-6)
    np.testing.assert_allclose(
        more["rhythm"][..., RHYTHM_NAMES.index("rr_before_basic")], np.tile(-by[:, None], (1, STEPS)), atol=1e-6
    )
    np.testing.assert_array_equal(of(more, "early_share"), 1)
    for name in ("rr_before", "rr_after", "irregular_8", "rr_pair"):  # it has become what is usual
        assert not of(more, name).any()
    assert (of(more, "p_like_least") <= 0.9).all()
    assert of(more, "p_like_least").min() < 0
    np.testing.assert_array_equal(of(more, "first_like"), 1)  # QRS stay as they are
    usual = np.tile(hill()[:, None], (1, LEADS))
    same = (more["wave"][..., LEADS:] == usual).all(axis=(1, 2))  # of the others the usual beat is quicker too
    np.testing.assert_array_equal(more["wave"][~same, :, LEADS:], more["wave"][~same, :, :LEADS])
    assert 0.3 < (of(more, "p_like_least") == np.float32(0.9)).mean() < 0.8


def test_the_neighbours_come_into_the_window() -> None:
    more = made(rhythm(4, **STEADY), "NNNN")
    rr = 0.8 * np.exp(of(more, "rr_before_absolute"))
    reach = (LENGTH - R) / RATE  # seconds after R that a beat holds
    near = rr < reach - 0.06
    assert 0.1 < near.mean() < 0.9
    for lead in range(LEADS):
        after = more["wave"][:, R + 20 :, lead]
        np.testing.assert_allclose(R + 20 + after[near].argmax(axis=1), R + rr[near] * RATE, atol=1.01)
        assert (after[near].max(axis=1) > 0.9).all()
        assert after[rr > reach + 0.06].max() < 0.1
        np.testing.assert_allclose(more["wave"][:, R - 7 : R + 8, lead], np.tile(hill()[R - 7 : R + 8], (300, 1)))


def test_beats_of_an_unsteady_rhythm_or_not_normal_are_left() -> None:
    for figures in ({"rr_before_basic": 0.2}, {"irregular_median": 0.1}, {"rr_after_before": 0.3}):
        assert len(made(rhythm(4, **{**STEADY, **figures}), "NNNN")["now"]) == 0
    assert len(made(rhythm(4, **STEADY), "VFQV")["now"]) == 0


def test_both_halves_are_made_where_there_is_something_of_both() -> None:
    inputs = join(rhythm(4, **STEADY), rhythm(4, **RUN))
    more = made(inputs, "NNNNSSSS", count=50)
    assert {name: values.shape for name, values in more.items()} == {
        "wave": (100, LENGTH, 2 * LEADS),
        "rhythm": (100, STEPS, RHYTHM),
        "now": (100, NOW),
    }
