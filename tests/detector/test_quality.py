"""What a lead is taken for: good, noisy, humming, clipped, flat or off."""

import numpy as np
import pytest
from watched import FS, heart, line, read, watch

from detector.quality import FIVE, LeadState, fives, hum, smooth
from detector.signs import NOISY_SPAN

GOOD, NOISY, MAINS, SATURATED, FLAT, OFF = LeadState


def states(samples: np.ndarray, lead: int = 0) -> list[LeadState]:
    return [LeadState(value) for value in watch(samples).lead[:, lead]]


@pytest.mark.parametrize("height", [0.2, 1.0, 5.0])
@pytest.mark.parametrize("rate", [30, 75, 200])
def test_a_heart_is_good_whatever_its_height(height: float, rate: float) -> None:
    assert set(states(heart(30, rate=rate, height=height))) == {GOOD}


def test_a_heart_that_stands_still_is_good() -> None:
    samples = np.concatenate([heart(20), line(20, seed=1)], axis=1)
    assert set(states(samples)[:20]) == {GOOD}
    assert set(states(samples)[22:]) == {GOOD}


def test_missing_samples_are_a_lead_that_is_off() -> None:
    samples = heart(30)
    samples[0, 10 * FS :] = samples[0, 10 * FS - 1]
    told = watch(samples)
    assert set(told.lead[10:, 0]) == {OFF}
    assert set(told.lead[:, 1]) == {GOOD}
    assert told.usable.all()
    samples[1, 10 * FS :] = samples[1, 10 * FS - 1]
    told = watch(samples)
    assert told.usable[:10].all()
    assert not told.usable[10:].any()


def test_a_lead_that_is_connected_again_is_good() -> None:
    samples = heart(30)
    samples[0, 10 * FS : 15 * FS] = samples[0, 10 * FS - 1]
    assert set(states(samples)[10:15]) == {OFF}
    assert set(states(samples)[16:]) == {GOOD}


def test_steps_of_the_recorder_alone_are_flat() -> None:
    samples = heart(20)
    samples[0, 8 * FS :] = 0.005 * np.random.default_rng(0).integers(0, 2, 12 * FS)
    assert set(states(samples)[10:]) == {FLAT}


@pytest.mark.parametrize("sign", [-1, 1])
def test_a_lead_that_swings_from_rail_to_rail_or_stays_there_is_saturated(sign: float) -> None:
    samples = heart(40)
    time = np.arange(10 * FS) / FS
    samples[0, 10 * FS : 20 * FS] = sign * np.clip(8 * np.sin(2 * np.pi * 0.6 * time) + 2, -5, 5)
    samples[0, 20 * FS : 30 * FS] = sign * 5
    told = states(samples)
    assert sum(state == SATURATED for state in told[10:20]) >= 8
    assert set(told[20:30]) == {SATURATED}
    assert set(told[:10]) == {GOOD}
    assert set(told[35:]) == {GOOD}


def test_high_complexes_are_not_clipped() -> None:
    samples = np.round(heart(30, height=5, noise=0.0) * 200) / 200  # as a recorder rounds
    assert SATURATED not in states(samples)


@pytest.mark.parametrize("hertz", [49.8, 50, 60, 60.2])
@pytest.mark.parametrize("amplitude", [0.1, 1.0])
def test_mains(hertz: float, amplitude: float) -> None:
    samples = heart(20)
    samples[0] += amplitude * np.sin(2 * np.pi * hertz * np.arange(20 * FS) / FS)
    told = watch(samples)
    assert set(told.lead[1:, 0]) == {MAINS}
    assert set(told.lead[:, 1]) == {GOOD}


def test_muscle_is_noise_and_stays_with_its_lead() -> None:
    samples = heart(60)
    samples[0, 20 * FS : 40 * FS] += np.random.default_rng(1).normal(0, 0.4, 20 * FS)
    told = watch(samples)
    assert (told.lead[21:40, 0] == NOISY).mean() > 0.9
    assert set(told.lead[45:, 0]) == {GOOD}
    assert set(told.lead[:, 1]) == {GOOD}
    assert not told.noisy.any()


def test_the_share_of_noisy_seconds_counts_the_last_half_minute() -> None:
    samples = heart(80)
    samples[:, 20 * FS : 40 * FS] += np.random.default_rng(1).normal(0, 0.5, (2, 20 * FS))
    told = watch(samples)
    unclear = ~np.isin(told.lead, (GOOD, MAINS)).any(1)
    expected = [unclear[max(0, k + 1 - NOISY_SPAN) : k + 1].sum() / NOISY_SPAN for k in range(80)]
    np.testing.assert_allclose(told.noisy, expected, atol=1e-6)
    assert told.noisy.max() > 0.6
    assert told.noisy[-1] == 0


@pytest.mark.records
@pytest.mark.parametrize(("record", "least"), [("mitdb/101", 0.98), ("mitdb/104", 0.9), ("svdb/800", 0.95)])
def test_real_records_are_good_for_the_most_part(data, record: str, least: float) -> None:
    told = watch(read(data, record, 0, 300))
    assert (told.lead == GOOD).any(1).mean() >= least


@pytest.mark.records
@pytest.mark.parametrize("noise", ["em", "ma"])
def test_noise_of_electrodes_and_muscle_that_hides_a_heart_is_noise(data, noise: str) -> None:
    clean, disturbance = read(data, "mitdb/115", 0, 120), 3 * read(data, f"nstdb/{noise}", 600, 660)
    clean[:, 60 * FS : 60 * FS + disturbance.shape[1]] += disturbance
    told = watch(clean)
    assert (told.lead[:60] == NOISY).mean() < 0.02
    assert (told.lead[64:119] == NOISY).mean() > 0.5


def test_fives_take_mains_from_the_wave() -> None:
    time = np.arange(2 * FS) / FS
    wave = 0.5 * np.sin(2 * np.pi * 3 * time)
    for hertz, left in ((50, 1e-4), (62.5, 1e-4), (60, 0.02)):
        x = (wave + np.sin(2 * np.pi * hertz * time)).astype(np.float32)[None, None]
        channels = fives(x).reshape(1, 1, -1, 2 * FS // FIVE)
        delayed = np.interp(np.arange(250, 2 * FS, FIVE) + 0.5, np.arange(2 * FS), wave)
        smoothed = smooth(channels[..., FS // FIVE :], channels[:, :, 1, FS // FIVE - 1])[0, 0]
        assert np.abs(smoothed - delayed).max() < left + 0.02


def test_what_is_faster_than_a_qrs_has_its_amplitude() -> None:
    time = np.arange(FS) / FS
    for hertz in (50, 60):
        x = (0.3 * np.sin(2 * np.pi * hertz * time + 1)).astype(np.float32)[None, None]
        fast = hum(fives(x).reshape(1, 1, -1, FS // FIVE))
        assert fast.mains.all()
        assert fast.size.mean() == pytest.approx(0.3, rel=0.15)
        assert fast.power[0, 0] < 0.02
