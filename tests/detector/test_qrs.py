"""QRS detection on beds whose beats are known, and on what is no ECG at all."""

import numpy as np
import pytest
from beds import complexes, found, hear, match, simulate, sinus
from numpy.typing import NDArray

from detector.qrs import HOP, LEARN, MOST_HOPS, Found, QrsDetector

FS = 250


@pytest.fixture(scope="module")
def heart() -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Sinus rhythm at 72/min in two leads, its R peaks."""
    return sinus(72, 30)


def exact(truth: NDArray[np.int64], told: NDArray[np.int64], fs: float = FS) -> None:
    """Every beat was found, nothing else was, and R is where it is."""
    missed, false, distance = match(truth, told, fs)
    assert (missed, false) == (0, 0)
    assert distance <= 8


@pytest.mark.parametrize("fs", [100, 128, 250, 257, 360, 500, 1000])
def test_at_any_sampling_rate(fs: float) -> None:
    samples, r = sinus(72, 20, fs=fs)
    exact(r, found(samples, fs), fs)


def test_at_any_heart_rate() -> None:
    hearts = {
        f"{rate} {seed}": sinus(rate, 30, seed=seed) for rate in (20, 25, 30, 40, 60, 120, 180, 220) for seed in (0, 1)
    }
    heard = hear({name: (FS, samples) for name, (samples, _) in hearts.items()})
    for name, (_, r) in hearts.items():
        exact(r, heard[name].sample)


@pytest.mark.parametrize(
    "rate",
    [120, 180, 240, pytest.param(300, marks=pytest.mark.xfail(strict=True, reason="half of the beats are missed"))],
)
def test_ventricular_tachycardia(rate: float) -> None:
    samples, r, symbols = simulate(f"{{sinus: {{rate: 75}}, seconds: 20}}, {{vt: {{rate: {rate}}}, seconds: 20}}", 40)
    told = found(samples)
    missed, false, _ = match(r, told, FS)
    assert symbols.count("V") > rate / 4
    assert missed <= 2  # where the one rhythm becomes the other
    assert false <= 1


@pytest.mark.parametrize("height", [0.15, 0.3, 5.0])
@pytest.mark.parametrize("noise", [0.0, 0.02])
def test_low_and_high_complexes(height: float, noise: float) -> None:
    r = np.arange(1, 58, 0.8)
    hum = np.random.default_rng(1).normal(0, noise * height, 60 * FS)
    exact(np.rint(r * FS), found((height * complexes(r, 60) + hum)[None].astype(np.float32)))


@pytest.mark.parametrize("rate", [60, 90])
@pytest.mark.parametrize("size", [2.0, 20.0])
def test_pacing_spikes_are_no_second_beat(rate: float, size: float) -> None:
    r = np.arange(1, 58, 60 / rate)
    fs = 1000
    lead = complexes(r, 60, fs=fs, width=0.14)
    lead[np.rint((r - 0.09) * fs).astype(int)] += size  # a pulse of 1 ms before each
    missed, false, _ = match(np.rint(r * fs), found(lead[None], fs), fs)
    assert (missed, false) == (0, 0)


@pytest.mark.parametrize("factor", [0.2, 0.4, 5.0])
def test_a_change_of_height_is_followed(heart, factor: float) -> None:
    samples, r = heart[0].copy(), heart[1]
    samples[:, 3000:] *= factor
    told = found(samples)
    missed, false, _ = match(r[r > 3000 + 4 * FS], told[told > 3000 + 4 * FS], FS)
    assert (missed, false) == (0, 0)
    assert match(r, told, FS)[0] <= 4


def test_noise_in_one_lead_for_a_while_costs_nothing(heart) -> None:
    samples, r = heart[0].copy(), heart[1]
    burst = np.random.default_rng(2).normal(0, 0.4, 3 * FS)
    samples[1, 3000 : 3000 + len(burst)] += burst
    missed, false, _ = match(r, found(samples), FS)
    assert missed == 0
    assert false <= 1


def test_asystole_is_not_filled_with_beats() -> None:
    steps = "{sinus: {rate: 70}, seconds: 20}, {asystole: , seconds: 20}, {sinus: {rate: 70}, seconds: 20}"
    samples, r, _ = simulate(steps, 60, more=", noise: {muscle: 0.01, wander: 0.1}")
    told = found(samples)
    missed, false, _ = match(r, told, FS)
    assert missed <= 1
    assert false <= 1


@pytest.mark.parametrize("rate", [30, 60, 200, 250])
def test_triangles_of_ec13_at_its_rates(rate: float) -> None:
    r = np.arange(1, 58, 60 / rate)
    exact(np.rint(r * FS), found(complexes(r, 60, t=0, width=0.07)[None]))


@pytest.mark.parametrize("rate", [30, 40, 80])
@pytest.mark.parametrize("t", [0.3, 0.6, 0.9, 1.2])
def test_tall_t_waves_are_no_qrs(rate: float, t: float) -> None:
    r = np.arange(1, 58, 60 / rate)
    exact(np.rint(r * FS), found(complexes(r, 60, t=t)[None]))


@pytest.mark.parametrize("factor", [1e-4, 1e-3, 1e-1, 1e1, 1e3, -1])
def test_at_any_amplitude(heart, factor: float) -> None:
    samples, r = heart
    np.testing.assert_array_equal(found(samples * np.float32(factor)), found(samples))
    exact(r, found(samples * np.float32(factor)))


@pytest.mark.parametrize("lead", [0, 1])
@pytest.mark.parametrize("what", ["flat", "missing", "noise", "loud noise", "upside down"])
def test_one_bad_lead_of_two(heart, lead: int, what: str) -> None:
    samples, r = heart[0].copy(), heart[1]
    noise = np.random.default_rng(0).normal(0, 1, samples.shape[1])
    samples[lead] = {
        "flat": np.zeros_like(noise),
        "missing": noise * np.nan,
        "noise": 0.1 * noise,
        "loud noise": noise,
        "upside down": -samples[lead],
    }[what]
    exact(r, found(samples))


@pytest.mark.parametrize("lead", [0, 1])
@pytest.mark.parametrize("value", [0.0, 10.0, np.nan])
def test_a_lead_that_falls_off_and_comes_back(lead: int, value: float) -> None:
    samples, r = sinus(75, 90)
    samples[lead, 5000:15000] = value
    missed, false, _ = match(r, found(samples), FS)
    assert missed <= 2
    assert false <= 2


@pytest.mark.parametrize("offset", [-5.0, 300.0, 1e4])
def test_offset_does_not_matter(heart, offset: float) -> None:
    samples, r = heart
    exact(r, found(samples + np.float32(offset)))


@pytest.mark.parametrize("height", [1.0, 5.0, 50.0])
def test_a_step_costs_at_most_the_beats_beside_it(heart, height: float) -> None:
    samples, r = heart[0].copy(), heart[1]
    step = 3000
    samples[:, step:] += height
    told = found(samples)
    exact(r[np.abs(r - step) > 1.5 * FS], told[np.abs(told - step) > 1.5 * FS])
    assert len(told) - len(r) in (-2, -1, 0, 1)


@pytest.mark.parametrize("value", [0.0, 5.0, np.nan])
def test_nothing_is_found_where_there_is_nothing(value: float) -> None:
    assert len(found(np.full((2, 20 * FS), value, np.float32))) == 0


@pytest.mark.parametrize("n", [0, 1, FS // 2])
def test_next_to_nothing(n: int) -> None:
    assert len(found(np.ones((1, n), np.float32))) == 0


def test_a_flat_stretch_has_no_beats_and_the_heart_is_found_again(heart) -> None:
    samples, r = heart[0].copy(), heart[1]
    samples[:, 3000:5000] = samples[:, 3000:3001]
    told = found(samples)
    assert not ((told > 3000 + 0.1 * FS) & (told < 5000 - 0.1 * FS)).any()
    exact(r[r > 5000 + FS], told[told > 5000 + FS])


def step(detector: QrsDetector, beds, samples) -> list[Found]:
    """Follow a hop and judge it."""
    detector.follow(beds, samples)
    return detector.step(beds)


def test_hops_followed_at_once_or_one_by_one_are_the_same(heart) -> None:
    samples = heart[0][None, :, : 40 * HOP]
    bed = np.array([0])
    one, many = QrsDetector(1, 2), QrsDetector(1, 2)
    mine = [f.sample.tolist() for k in range(40) for f in step(one, bed, samples[..., k * HOP : (k + 1) * HOP])]
    others = []
    for k in range(0, 40, MOST_HOPS):
        many.follow(bed, samples[..., k * HOP : (k + MOST_HOPS) * HOP])
        others += [f.sample.tolist() for _ in range(MOST_HOPS) for f in many.step(bed)]
    assert len(mine) > 5
    assert mine == others


def test_beds_that_take_their_hops_at_different_times_do_not_touch(heart) -> None:
    samples = heart[0][:, : 40 * HOP].reshape(2, 40, HOP)
    alone, ward = QrsDetector(1, 2), QrsDetector(3, 2)
    mine, others = [], []
    for hop in range(40):
        told = step(alone, np.array([0]), samples[None, :, hop])
        mine += [
            (s, lead, revised)
            for f in told
            for _, s, lead, revised in zip(f.bed, f.sample, f.lead, f.revised, strict=True)
        ]
        if hop % 3 == 0:  # bed 0 of the ward is always behind
            step(ward, np.array([0]), np.zeros((1, 2, HOP), np.float32))
        told = step(ward, np.array([2, 1]), np.stack([samples[:, hop], -2 * samples[:, hop]]))
        others += [
            (s, lead, revised)
            for f in told
            for b, s, lead, revised in zip(f.bed, f.sample, f.lead, f.revised, strict=True)
            if b == 2
        ]
    assert mine
    assert mine == others


def test_reset_and_grow_leave_the_others_alone(heart) -> None:
    samples = heart[0][:, : 20 * HOP].reshape(2, 20, HOP)
    detector, fresh = QrsDetector(1, 2), QrsDetector(1, 2)
    for hop in range(12):
        step(detector, np.array([0]), samples[None, :, hop])
    detector.grow(1)
    assert detector.seen.tolist() == [12 * HOP, 0]
    detector.reset(np.array([0]))
    assert detector.height.tolist() == [[0, 0], [0, 0]]
    told, again = [], []
    for hop in range(20):
        told += [f.sample.tolist() for f in step(detector, np.array([0]), samples[None, :, hop])]
        again += [f.sample.tolist() for f in step(fresh, np.array([0]), samples[None, :, hop])]
    assert told == again
    assert told


def test_the_first_decisions_come_once_heights_are_learned(heart) -> None:
    detector = QrsDetector(1, 2)
    for hop in range(LEARN // HOP):
        told = step(detector, np.array([0]), heart[0][None, :, hop * HOP : (hop + 1) * HOP])
        assert bool(told) == (hop == LEARN // HOP - 1)
    assert len(told) >= 2
