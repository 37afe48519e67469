"""Fibrillation is told, and what looks like it is not."""

from pathlib import Path

import numpy as np
import pytest
from beds import simulate
from watched import FS, heart, line, read, watch, watch_all

from detector.fibrillation import BEGINS, CLASSES, ENDS, HOLD, INPUTS, Familiar, Net, follow, together
from detector.signs import Signs
from detector.waveform import MEASURES, SAMPLES, measure
from stream.errors import CardioVisionError


def announced(signs: Signs) -> np.ndarray:
    """By seconds, whether fibrillation is announced."""
    on, seconds, out = np.zeros(1, np.bool_), np.zeros(1, np.int64), []
    for chance in signs.fibrillation:
        on, seconds = follow(np.array([chance]), on, seconds)
        out.append(on[0])
    return np.array(out)


# ----------------------------------------------------------------------------------------------------- real hearts


@pytest.mark.records
@pytest.mark.parametrize(
    ("record", "onset"),
    [("cudb/cu01", 214), ("cudb/cu17", 383), ("cudb/cu31", 494), ("vfdb/426", 646), ("vfdb/424", 1259)],
)
def test_fibrillation_of_real_hearts_is_announced_within_10_s(data: Path, record: str, onset: int) -> None:
    told = announced(watch(read(data, record, onset - 60, onset + 14)))
    assert told[60:71].any()
    assert record == "vfdb/424" or not told[:58].any()  # his QRS are 0.1 mV in noise


@pytest.mark.records
def test_paced_and_wide_complexes_do_not_fibrillate(data: Path) -> None:
    records = ["mitdb/102", "mitdb/104", "mitdb/107", "mitdb/217", "mitdb/109", "mitdb/208"]
    told = watch_all([read(data, record, 300, 780) for record in records])
    assert [record for record, signs in zip(records, told, strict=True) if announced(signs).any()] == []


@pytest.mark.records
@pytest.mark.parametrize("noise", ["em", "ma", "bw"])
def test_noise_on_a_heart_does_not_fibrillate(data: Path, noise: str) -> None:
    clean, disturbance = read(data, "mitdb/115", 60, 240), read(data, f"nstdb/{noise}", 300, 480)
    count = min(clean.shape[1], disturbance.shape[1])
    told = watch(clean[:, :count] + disturbance[:, :count])
    assert not announced(told).any()


# -------------------------------------------------------------------------------------------------- synthetic beds


@pytest.mark.parametrize("amplitude", [0.15, 0.4, 1.0])
@pytest.mark.parametrize("seed", range(3))
def test_simulated_fibrillation_is_announced_and_ends(amplitude: float, seed: int) -> None:
    steps = f"""{{sinus: {{rate: 75}}, seconds: 30}}, {{vf: {{amplitude: {amplitude}}}, seconds: 25}},
                {{sinus: {{rate: 80}}, seconds: 30}}"""
    samples, _, _ = simulate(steps, 85, more=", noise: {wander: 0.1, muscle: 0.02}", seed=seed)
    told = announced(watch(samples))
    assert not told[:30].any()
    assert told[30:41].any()
    assert told[42:55].all()
    assert not told[66:].any()


def test_a_bed_that_begins_in_fibrillation_is_announced_and_stays() -> None:
    samples, _, _ = simulate("{vf: {amplitude: 0.4}, seconds: 400}", 300, more=", noise: {muscle: 0.02}")
    told = announced(watch(samples))
    assert told[9:].all()


@pytest.mark.parametrize("rate", [40, 75, 120, 180])
def test_sinus_rhythm_does_not_fibrillate(rate: float) -> None:
    samples, _, _ = simulate(
        f"{{sinus: {{rate: {rate}}}, seconds: 90}}", 60, more=", noise: {wander: 0.2, muscle: 0.05}"
    )
    assert watch(samples).fibrillation.max() < BEGINS


@pytest.mark.parametrize("size", [2.0, 20.0])
def test_pacing_pulses_do_not_fibrillate(size: float) -> None:
    samples = heart(60, rate=72, width=0.14)
    samples[:, (np.arange(0.5, 59, 60 / 72) * FS - 20).astype(int)] += size
    assert not announced(watch(samples)).any()


@pytest.mark.parametrize("height", [0.15, 0.3])
def test_low_complexes_do_not_fibrillate(height: float) -> None:
    assert not announced(watch(heart(60, height=height, noise=0.01))).any()


def test_standstill_does_not_fibrillate() -> None:
    told = watch(np.concatenate([heart(30), line(30, seed=4)], axis=1))
    assert not announced(told).any()


def test_without_a_lead_there_is_no_fibrillation() -> None:
    samples = np.zeros((2, 20 * FS), np.float32)
    assert not watch(samples).fibrillation.any()


# ----------------------------------------------------------------------------------------------------- parts of it


def test_the_rule_of_decision() -> None:
    on, seconds = np.zeros(2, np.bool_), np.zeros(2, np.int64)
    told = []
    for chance in [*[BEGINS] * HOLD, *[ENDS + 0.01] * 5, *[ENDS - 0.01] * HOLD, 1.0]:
        on, seconds = follow(np.array([chance, BEGINS - 0.01], np.float32), on, seconds)
        told.append(on.tolist())
    first = [one for one, _ in told]
    assert first == [*[False] * (HOLD - 1), *[True] * (5 + HOLD), False, False]
    assert not any(other for _, other in told)


def test_one_second_alone_announces_nothing() -> None:
    on, seconds = np.zeros(1, np.bool_), np.zeros(1, np.int64)
    for k in range(30):
        on, seconds = follow(np.array([1.0 if k % HOLD else 0.0], np.float32), on, seconds)
        assert not on.any()


def test_leads_are_averaged_and_those_that_cannot_be_read_are_left_out() -> None:
    logits = np.random.default_rng(0).normal(size=(len(CLASSES), 3, 2)).astype(np.float32)
    readable = np.array([[True, True], [True, False], [False, False]])
    chance = together(logits, readable)
    expected = np.exp(logits[:, 0].mean(-1))
    np.testing.assert_allclose(chance[:, 0], expected / expected.sum(), rtol=1e-5)
    expected = np.exp(logits[:, 1, 0])
    np.testing.assert_allclose(chance[:, 1], expected / expected.sum(), rtol=1e-5)
    assert not chance[:, 2].any()


def test_measures_of_a_sine() -> None:
    time = np.arange(SAMPLES) / 50
    wave = (0.5 * np.sin(2 * np.pi * 5.07 * time)).astype(np.float32)[None]
    measures = dict(zip(MEASURES, measure(wave, np.full(1, 0.01, np.float32))[:, 0], strict=True))
    assert np.exp(measures["peak"]) == pytest.approx(20)  # steps of 0.25 Hz
    assert measures["narrow"] > 0.95
    assert measures["opposes"] < -0.75
    assert measures["evenness"] == pytest.approx(2 * np.sqrt(2) / np.pi, abs=0.02)
    assert measures["crest"] == pytest.approx(np.log(np.sqrt(2)), abs=0.03)
    assert np.exp(measures["5.25 Hz"]) + np.exp(measures["4.5 Hz"]) > 0.9


def test_measures_do_not_depend_on_gain() -> None:
    wave = heart(5)[:, ::5][:, :SAMPLES].copy()
    high = np.full(2, 0.02, np.float32)
    a, b = measure(10 * wave, 10 * high), measure(20 * wave, 20 * high)
    np.testing.assert_allclose(a, b, atol=0.01)


def test_what_counts_for_nothing_is_not_learned_as_usual() -> None:
    familiar = Familiar(1, 2)
    rng = np.random.default_rng(0)
    rows = np.zeros(1, np.intp)
    fresh = rng.normal(size=(len(MEASURES), 1, 2)).astype(np.float32)
    assert not familiar.beside(rows, fresh)[len(MEASURES) :].any()
    for _ in range(200):
        seen = (2 + 0.1 * rng.normal(size=fresh.shape)).astype(np.float32)
        familiar.learn(rows, seen, np.array([[1.0, 0.0]], np.float32))
    inputs = familiar.beside(rows, np.full_like(fresh, 3))
    apart, known = inputs[len(MEASURES) : -1], inputs[-1]
    np.testing.assert_allclose(apart[:, 0, 0], 1, atol=0.05)
    assert not apart[:, 0, 1].any()
    np.testing.assert_array_equal(known[0], [1, 0])


def test_a_net_is_written_and_read_again(tmp_path: Path) -> None:
    net = Net.load()
    net.save(tmp_path / "net.npz")
    inputs = np.random.default_rng(0).normal(size=(len(INPUTS), 7)).astype(np.float32)
    np.testing.assert_array_equal(Net.load(tmp_path / "net.npz")(inputs), net(inputs))


def test_a_file_that_is_no_net_of_these_inputs_is_told_of(tmp_path: Path) -> None:
    with pytest.raises(CardioVisionError, match="cannot read"):
        Net.load(tmp_path / "none.npz")
    net = Net.load()
    Net(net.low, net.high, net.weights[1:], net.bias, net.out, net.level).save(tmp_path / "other.npz")
    with pytest.raises(CardioVisionError, match="train it again"):
        Net.load(tmp_path / "other.npz")
