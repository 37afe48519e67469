"""Signs of many beds: nobody's depend on cuts or company; a heart that stands still is told, one that beats is not."""

from itertools import pairwise

import numpy as np
import pytest
from beds import complexes, simulate
from watched import FS, heart, join, line, of, read, same, watch, watch_all

from detector.quality import LeadState
from detector.signs import SignsTracker

STEPS = """{sinus: {rate: 75}, seconds: 15}, {vf: {amplitude: 0.4}, seconds: 15}, {asystole: {}, seconds: 8},
           {vt: {rate: 190}, seconds: 10}, {sinus: {rate: 60}, seconds: 30}"""


def bed(seconds: int = 60, seed: int = 0, leads: str = "II, V1") -> np.ndarray:
    return simulate(STEPS, seconds, leads=leads, more=", noise: {wander: 0.1, muscle: 0.02}", seed=seed)[0]


def cut(samples: np.ndarray, rng: np.random.Generator, longest: int) -> list[int]:
    ends = [0]
    while ends[-1] < samples.shape[-1]:
        ends.append(min(samples.shape[-1], ends[-1] + 5 * int(np.exp(rng.uniform(0, np.log(longest / 5))))))
    return ends


@pytest.mark.parametrize(("seed", "longest"), [(0, 10), (1, 250), (2, 4000)])
def test_cuts_do_not_matter(seed: int, longest: int) -> None:
    samples = bed()
    whole = watch(samples)
    assert len(whole.at) == 60
    tracker, told = SignsTracker(1, 2), []
    ends = cut(samples, np.random.default_rng(seed), longest)
    for begin, end in pairwise(ends):
        told += tracker.take(np.zeros(1, np.intp), samples[None, :, begin:end], np.array([begin]))
    same(join(told), whole)


def test_company_does_not_matter() -> None:
    """Beds of which each is somewhere else in its second, some of them at a time."""
    rng = np.random.default_rng(0)
    hearts = [bed(seed=seed) * np.float32(1 + seed / 3) for seed in range(8)]
    tracker, told = SignsTracker(8, 2), []
    seen = np.zeros(8, np.int64)
    for row in range(8):  # each begins at another moment
        if row:
            part = np.array([row])
            told += tracker.take(part, hearts[row][None, :, : 35 * row], np.zeros(1, np.int64))
            seen[row] = 35 * row
    while (seen < 36 * FS).any():
        some = np.flatnonzero((rng.random(8) < 0.6) & (seen < 36 * FS))
        if not some.size:
            continue
        n = 5 * int(rng.integers(1, 120))
        x = np.stack([hearts[row][:, seen[row] : seen[row] + n] for row in some])
        told += tracker.take(some, x, seen[some])
        seen[some] += n
    for row in range(8):
        alone, mine = watch(hearts[row]), of(join(told), row)
        count = len(mine.at)
        assert count >= 36
        same(mine, type(alone)(*(getattr(alone, name)[:count] for name in type(alone).__slots__)))


def test_rows_are_grown_and_used_again() -> None:
    samples = bed(40)
    tracker = SignsTracker(0, 2)
    tracker.grow(2)
    tracker.take(np.array([1]), -3 * samples[None, :, 500:], np.zeros(1, np.int64))
    tracker.reset(np.array([1]))
    told = tracker.take(np.array([1]), samples[None, :, : 20 * FS], np.zeros(1, np.int64))
    tracker.grow(3)
    told += tracker.take(np.array([1]), samples[None, :, 20 * FS :], np.array([20 * FS]))
    same(of(join(told), 1), watch(samples))


def test_one_lead_is_like_that_lead_twice() -> None:
    samples = bed(40)[:1]
    one, two = watch(samples), watch(np.repeat(samples, 2, axis=0))
    np.testing.assert_array_equal(one.lead, two.lead[:, :1])
    np.testing.assert_array_equal(one.fibrillation, two.fibrillation)
    np.testing.assert_array_equal(one.still, two.still)


def test_signs_are_told_at_whole_seconds() -> None:
    told = watch(heart(10))
    np.testing.assert_array_equal(told.at, FS * np.arange(1, 11))
    assert told.usable.dtype == np.bool_
    for values in (told.fibrillation, told.still, told.noisy):
        assert values.dtype == np.float32
        assert np.isfinite(values).all()


def test_values_beyond_reason_harm_nobody() -> None:
    samples = heart(20)
    wild = np.where(np.arange(20 * FS) % 2, np.inf, -3e38).astype(np.float32) * np.ones((2, 1), np.float32)
    tracker = SignsTracker(2, 2)
    with np.errstate(all="ignore"):
        told = tracker.take(np.arange(2), np.stack([samples, wild]), np.zeros(2, np.int64))
    same(of(join(told), 0), watch(samples))


# ---------------------------------------------------------------------------------------------------- standstill


@pytest.mark.parametrize("noise", [0.003, 0.01])
def test_a_standstill_is_counted_from_the_last_wave(noise: float) -> None:
    samples = np.concatenate([heart(20), line(15, noise=noise, seed=1)], axis=1)
    told = watch(samples)
    assert told.still[:20].max() < 1.2
    expected = np.arange(21, 36) - 19.5  # the last QRS was at 19.5 s, its T wave is not steep
    np.testing.assert_allclose(told.still[20:], expected, atol=0.5)
    assert told.usable.all()


@pytest.mark.parametrize("height", [0.2, 0.3])
@pytest.mark.parametrize("width", [0.06, 0.1, 0.12])
@pytest.mark.parametrize("before", [None, 1.0])
def test_low_complexes_are_beats(height: float, width: float, before: float | None) -> None:
    low = heart(60, height=height, width=width, noise=0.005)
    samples = low if before is None else np.concatenate([heart(30, height=before), low], axis=1)
    assert watch(samples).still[1:].max() < 1.3


def test_p_waves_alone_are_none() -> None:
    beating = heart(30)
    p = 0.12 * np.exp(-0.5 * ((np.arange(20 * FS) / FS % 0.8 - 0.4) / 0.025) ** 2)
    told = watch(np.concatenate([beating, line(20, noise=0.005, seed=3) + p], axis=1).astype(np.float32))
    assert told.still[-1] > 15


def test_one_lead_that_beats_is_enough() -> None:
    samples = heart(30)
    samples[1] = line(30, seed=2)[1]
    assert watch(samples).still[1:].max() < 1.2


def test_leads_that_are_off_are_no_standstill() -> None:
    samples = heart(30)
    samples[:, 10 * FS :] = samples[:, 10 * FS - 1 : 10 * FS]
    told = watch(samples)
    assert (told.lead[10:] == LeadState.OFF).all()
    assert not told.still[10:].any()


def test_missing_samples_of_one_lead_do_not_hide_a_standstill_of_the_other() -> None:
    samples = np.concatenate([heart(20), line(12, seed=1)], axis=1)
    samples[0, 18 * FS :] = samples[0, 18 * FS - 1]
    assert watch(samples).still[-1] > 10


def test_a_pause_and_slow_hearts() -> None:
    r = np.array([1, 2, 3, 4, 5, 6, 7, 8, 12.5, 13.5, 14.5])
    told = watch(np.stack([complexes(r, 20)] * 2) + line(20))
    assert 3.6 < told.still[11] < 4.1  # of a pause of 4.5 s, T of the last beat counts
    assert told.still[12] < 1
    slow = watch(heart(60, rate=20))
    assert 2.3 < slow.still[3:].max() < 3


@pytest.mark.records
@pytest.mark.parametrize(("begin", "end"), [(1355, 1384), (510, 538), (760, 785)])
def test_asystole_of_real_hearts(data, begin: float, end: float) -> None:
    record = "vfdb/424" if begin == 1355 else "vfdb/430"
    assert watch(read(data, record, begin, end)).still.max() > 4


@pytest.mark.records
def test_no_standstill_where_there_is_none(data) -> None:
    records = ["mitdb/102", "mitdb/104", "mitdb/107", "mitdb/217", "mitdb/201", "svdb/865"]
    told = watch_all([read(data, record, 300, 780) for record in records])
    assert {
        record: signs.still.max() for record, signs in zip(records, told, strict=True) if signs.still.max() >= 4
    } == {}
