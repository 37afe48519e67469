"""Many beds at once: nobody's beats depend on blocks, on pace or on neighbours."""

from itertools import pairwise

import numpy as np
import pytest
from beds import cuts, found, hear, match, of, same, simulate, sinus

from detector.bank import LONGEST_GAP, SILENT, Bank, Reading, Ward

FS = 250
STEPS = """{sinus: {rate: 75}, seconds: 12}, {bigeminy: {rate: 80}, seconds: 10},
           {vt: {rate: 170, beats: 8}}, {sinus: {rate: 60}, seconds: 30}"""
NOISE = "noise: {wander: 0.05, muscle: 0.02}"


def bed(fs: float = FS, leads: str = "II, V1", seed: int = 0, seconds: float = 40) -> np.ndarray:
    return simulate(STEPS, seconds, fs=fs, leads=leads, more=f", {NOISE}", seed=seed)[0]


@pytest.mark.parametrize("fs", [100, 250, 360, 1000])
def test_blocks_do_not_matter(fs: float) -> None:
    samples = bed(fs)
    whole = hear({"a": (fs, samples)})["a"]
    assert len(whole.beats) > 40
    for seed in range(3):
        same(hear({"a": (fs, samples)}, np.random.default_rng(seed))["a"], whole)


def test_single_samples_do_as_well() -> None:
    samples = bed(100, seconds=12)
    ward, told = Ward(), []
    ward.open("a", 100, 2)
    for at in range(samples.shape[1]):
        ward.push("a", at, samples[:, at : at + 1])
        told += ward.step()
    same(of(told + ward.close("a"), "a"), hear({"a": (100, samples)})["a"])


def test_neighbours_do_not_matter() -> None:
    formats = [(250, "II, V1"), (250, "II"), (360, "II, V1"), (128, "I, II, III"), (100, "II, V1")]
    hearts = [(fs, bed(fs, leads, seed=1)) for fs, leads in formats]
    beds = {}
    for number in range(65):
        fs, samples = hearts[number % len(hearts)]
        beds[f"{number}"] = (fs, samples[:, number * 20 : number * 20 + int(15 * fs)] * np.float32(1 + number / 40))
    together = hear(beds, np.random.default_rng(1), longest=5)
    for name in ("0", "1", "2", "3", "4", "60"):
        same(together[name], hear({name: beds[name]})[name])


def test_beds_may_come_and_go() -> None:
    samples, ward, told = bed(), Ward(), []
    ward.open("a", FS, 2)
    ends = [*range(0, samples.shape[1], 333), samples.shape[1]]
    for turn, (begin, end) in enumerate(pairwise(ends)):
        ward.open(f"guest {turn}", FS, 2)
        ward.push(f"guest {turn}", 0, 3 * samples[:, : 10 * FS])
        told += ward.push("a", begin, samples[:, begin:end])
        told += ward.step()
        if turn > 4:
            told += ward.close(f"guest {turn - 5}")
    same(of(told + ward.close("a"), "a"), hear({"a": (FS, samples)})["a"])
    assert "a" not in ward
    assert f"guest {turn}" in ward


def test_a_row_that_is_used_again_knows_nothing_of_the_one_before() -> None:
    samples, ward = bed(seconds=20), Ward()
    for _ in range(3):
        ward.open("a", FS, 2)
        told = ward.push("a", 0, samples) + ward.step() + ward.close("a")
        same(of(told, "a"), hear({"a": (FS, samples)})["a"])
        ward.open("b", FS, 2)
        ward.push("b", 0, -5 * samples[:, 500:])
        ward.step()
        ward.close("b")


def test_samples_are_counted_from_where_the_stream_begins() -> None:
    samples, ward = bed(360, seconds=20), Ward()
    ward.open("a", 360, 2, first=1_000_003)
    told = of(ward.push("a", 1_000_003, samples) + ward.close("a"), "a")
    plain = hear({"a": (360, samples)})["a"]
    np.testing.assert_array_equal(told.sample, plain.sample + 1_000_003)
    np.testing.assert_array_equal(told.begin, plain.begin + 1_000_003)


def test_the_cut_lies_where_it_says() -> None:
    samples, _ = sinus(72, 20, fs=500)
    told = hear({"a": (500, samples)})["a"]
    for begin, r, cut in zip(told.begin, told.sample, told.beats.cut, strict=True):
        time = begin + np.arange(cut.shape[1]) * 500 / FS
        assert abs(time[cut[0].argmax()] - r) <= 2 * 500 / FS
        qrs = np.abs(time - r) < 0.08 * 500
        raw = np.interp(time[qrs], np.arange(samples.shape[1]), samples[0])
        assert np.corrcoef(cut[0, qrs], raw)[0, 1] > 0.97


def test_blocks_pushed_together_are_read_as_one_by_one() -> None:
    samples = np.stack([bed(seed=seed, seconds=20) for seed in range(4)])
    samples[1, :, 1003:1010] = np.nan
    starts = {n: [n] * 4 for n in range(0, 5000, 250)}
    starts[750][2] = 700  # the last of what came before once more
    starts[2000][3] = 2100  # a gap
    starts[3000][0] = 3000 + 3 * FS  # a long one
    told = {}
    for together in (True, False):
        ward, told[together] = Ward(), []
        for name in "abcd":
            ward.open(name, FS, 2)
        for n, start in starts.items():
            if together:
                told[together] += ward.push_all("abcd", start, samples[..., n : n + 250])
            else:
                for name, begin, one in zip("abcd", start, samples[..., n : n + 250], strict=True):
                    told[together] += ward.push(name, begin, one)
            told[together] += ward.step()
        for name in "abcd":
            told[together] += ward.close(name)
    for name in "abcd":
        same(of(told[True], name), of(told[False], name))


def push_in_two(samples: np.ndarray, stop: int, start: int) -> Reading:
    """Push up to ``stop``, then from ``start`` on."""
    ward = Ward()
    ward.open("a", FS, samples.shape[0])
    told = ward.push("a", 0, samples[:, :stop]) + ward.step()
    told += ward.push("a", start, samples[:, start:])
    return of(told + ward.step() + ward.close("a"), "a")


def test_samples_that_came_before_are_left_out() -> None:
    samples = bed()
    whole = hear({"a": (FS, samples)})["a"]
    same(push_in_two(samples, 3000, 2500), whole)
    same(push_in_two(samples, 3000, 0), whole)
    ward = Ward()
    ward.open("a", FS, 2)
    told = ward.push("a", 0, samples) + ward.push("a", 10, samples[:, 10:500]) + ward.push("a", 0, samples[:, :0])
    same(of(told + ward.close("a"), "a"), whole)


def test_a_short_gap_is_bridged() -> None:
    samples, r = sinus(72, 30)
    stop, start = r[14] + 60, r[14] + 60 + int(LONGEST_GAP * FS)
    told = push_in_two(samples, stop, start)
    outside = (r < stop) | (r >= start)
    assert match(r[outside], told.sample[(told.sample < stop) | (told.sample >= start + 50)], FS)[:2] == (0, 0)
    # What was learned is kept: the past of the rhythm goes on, and the samples in between are as if missing.
    assert told.beats.rhythm[-1].any(axis=1).all()
    missing = samples.copy()
    missing[:, stop:start] = np.nan
    same(told, hear({"a": (FS, missing)})["a"])


def test_after_a_longer_gap_the_bed_is_learned_anew() -> None:
    samples, _ = sinus(72, 40)
    stop, start = 5000, 5001 + int(LONGEST_GAP * FS)
    told = push_in_two(samples, stop, start)
    before = hear({"a": (FS, samples[:, :stop])})["a"]
    after = hear({"a": (FS, samples[:, start:])})["a"]
    n = len(before.sample)
    np.testing.assert_array_equal(told.sample, [*before.sample, *(after.sample + start)])
    np.testing.assert_array_equal(told.beats.rhythm[:n], before.beats.rhythm)
    np.testing.assert_array_equal(told.beats.rhythm[n:], after.beats.rhythm)
    assert np.isnan(told.beats.rr[n])


def test_a_long_block_is_no_trouble_for_others() -> None:
    samples, ward, told = bed(seconds=40), Ward(), []
    ward.open("a", FS, 2)
    ward.open("b", FS, 2)
    told += ward.push("b", 0, samples[:, :700])
    told += ward.push("a", 0, np.tile(samples, (1, 5)))
    told += ward.push("b", 700, samples[:, 700:])
    told += ward.step() + ward.close("b")
    same(of(told, "b"), hear({"b": (FS, samples)})["b"])


def test_values_beyond_reason_stay_with_their_bed() -> None:
    samples, ward, told = bed(), Ward(), []
    ward.open("a", FS, 2)
    ward.open("b", FS, 2)
    with np.errstate(all="ignore"):
        ward.push("b", 0, np.where(np.arange(1000) % 2, np.inf, -3e38).astype(np.float32) * np.ones((2, 1), np.float32))
        told += ward.push("a", 0, samples) + ward.step() + ward.close("b") + ward.close("a")
    same(of(told, "a"), hear({"a": (FS, samples)})["a"])


def test_nothing_at_all() -> None:
    ward = Ward()
    assert ward.step() == []
    assert ward.close("nobody") == []
    ward.open("a", FS, 1)
    assert ward.step() + ward.push("a", 0, np.zeros((1, 0), np.float32)) + ward.close("a") == []


def test_heart_rates_are_told_once_a_second_of_the_stream() -> None:
    samples, _ = sinus(90, 20, fs=500)
    ward, told = Ward(), []
    ward.open("a", 500, 2, first=1000)
    for at in range(0, samples.shape[1], 125):
        ward.push("a", 1000 + at, samples[:, at : at + 125])
        ward.step()
        told += ward.heart_rates()
    assert {name for name, _, _ in told} == {"a"}
    assert [(sample - 1000) // 500 for _, sample, _ in told] == list(range(1, 20))
    rates = [hr for _, _, hr in told]
    assert rates[0] is None
    assert rates[5:] == pytest.approx([90] * 14, abs=2)


def test_a_heart_that_stands_still_has_no_rate() -> None:
    samples, r = sinus(90, 20)
    samples[:, 2500:] = samples[:, 2500:2501]
    last = r[r < 2500][-1]
    ward, told = Ward(), []
    ward.open("a", FS, 2)
    for at in range(0, samples.shape[1], 50):
        ward.push("a", at, samples[:, at : at + 50])
        ward.step()
        told += ward.heart_rates()
    for _, sample, hr in told[5:]:
        assert (hr is None) == (sample - last > SILENT * FS)


def test_a_bank_keeps_what_it_has_while_it_grows() -> None:
    bank = Bank(FS, 2)
    samples = bed(seconds=20)
    row = bank.add()
    bank.start(row, 0)
    told = []
    for at in range(0, samples.shape[1], 500):
        bank.push(row, samples[:, at : at + 500])
        told += bank.step()
        assert len({bank.add() for _ in range(5)} | {row}) == 6
    told += bank.finish(row)
    r = np.concatenate([part.r for part in told])
    np.testing.assert_array_equal(r, found(samples))


def test_cuts_cover_all() -> None:
    ends = cuts(1000, np.random.default_rng(0), 100)
    assert ends[0] == 0
    assert ends[-1] == 1000
    assert (np.diff(ends) > 0).all()
