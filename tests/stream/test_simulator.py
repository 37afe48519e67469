"""The simulator: what it shows is measured, and its truth is held against its samples."""

from collections.abc import Iterable
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from stream.errors import SourceError
from stream.messages import MISSING
from stream.sources import Mark, WaveSource
from stream.sources.morphology import LEADS
from stream.sources.scenario import load_scenario, parse_scenario
from stream.sources.simulator import GAIN, SATURATED, Simulator

FS = 250


def simulate(
    steps: str, seconds: float, *, more: str = "", fs: float = FS, leads: str = "II, V1"
) -> tuple[NDArray[np.float64], list[Mark]]:
    """One bed: its samples in mV, shape (leads, n), and its truth."""
    scenario = parse_scenario(f"{{fs: {fs}, leads: [{leads}], beds: [{{steps: [{steps}] {more}}}]}}")
    simulator = Simulator(scenario)
    count = round(seconds * fs)
    samples = simulator.read(0, count)
    assert samples.shape == (1, len(scenario.leads), count)
    # Marks are kept for a minute: what is asked for here was just read in one stretch.
    return samples[0] / GAIN, simulator.marks(0, count)


def at(marks: Iterable[Mark], symbols: str = "NVA") -> NDArray[np.int64]:
    return np.array([mark.sample for mark in marks if mark.symbol in symbols], np.int64)


def rhythms(marks: Iterable[Mark]) -> list[tuple[str, int]]:
    return [(mark.aux, mark.sample) for mark in marks if mark.symbol == "+"]


def qrs_width(wave: NDArray[np.float64], peak: int, fs: float) -> float:
    """Seconds over which the slope about the peak is more than 5 mV/s."""
    reach = round(0.1 * fs)
    steep = np.flatnonzero(np.abs(np.gradient(wave[peak - reach : peak + reach], 1 / fs)) > 5.0)
    return float(steep[-1] - steep[0]) / fs


def p_wave(wave: NDArray[np.float64], peak: int, fs: float = FS) -> float:
    """Height of what stands 0.21 to 0.11 s before the peak over what stands at 0.26 s, in mV, signed."""
    part = wave[peak - round(0.21 * fs) : peak - round(0.11 * fs)] - wave[peak - round(0.26 * fs)]
    return float(part[np.abs(part).argmax()])


# ------------------------------------------------------------------------------------------------ as a source


def test_it_is_a_wave_source() -> None:
    simulator = Simulator(load_scenario("ward"))
    source: WaveSource = simulator
    assert simulator.beds == [f"Bed {number}" for number in range(1, 9)]
    assert source.titles[0] == "sinus 72"
    assert [lead.name for lead in source.leads[7]] == ["II", "V1"]
    assert (source.fs, source.length, source.seekable) == (250.0, None, False)
    assert source.read(0, 7).shape == (8, 2, 7)
    assert source.read(7, 7).shape == (8, 2, 0)
    assert source.read(7, 8).dtype == np.int16


def test_samples_do_not_depend_on_how_the_stream_is_cut() -> None:
    def play(cuts: list[int], seed: int = 0) -> tuple[NDArray[np.int16], list[Mark]]:
        simulator = Simulator(load_scenario("ward"), seed=seed, beds=19)
        pairs = list(pairwise(cuts))
        waves = [simulator.read(start, stop) for start, stop in pairs]
        marks = [mark for start, stop in pairs for mark in simulator.marks(start, stop)]
        return np.concatenate(waves, axis=-1), marks

    whole, truth = play([0, 5000])
    rng = np.random.default_rng(1)
    for cuts in (list(range(0, 5001, 50)), [0, 1, *sorted(rng.integers(2, 5000, 60).tolist()), 5000]):
        waves, marks = play(cuts)
        np.testing.assert_array_equal(waves, whole)
        assert marks == truth
    assert (play([0, 5000], seed=1)[0] != whole).any(axis=(1, 2)).all()


def test_a_bed_is_the_same_among_any_number_of_others() -> None:
    few, many = (Simulator(load_scenario("ward"), beds=beds) for beds in (11, 30))
    np.testing.assert_array_equal(few.read(0, 5000), many.read(0, 5000)[:11])
    assert few.titles == many.titles[:11]
    assert few.marks(0, 5000) == [mark for mark in many.marks(0, 5000) if mark.bed < 11]


def test_marks_may_be_asked_before_the_samples() -> None:
    first, second = (Simulator(load_scenario("ward"), seed=4) for _ in range(2))
    told = first.marks(0, 3000)
    samples = second.read(0, 3000)
    assert told == second.marks(0, 3000)
    np.testing.assert_array_equal(first.read(0, 3000), samples)


def test_it_refuses_what_it_cannot_give() -> None:
    simulator = Simulator(load_scenario("ward"))
    simulator.read(0, 100)
    with pytest.raises(SourceError, match="expected a stretch from sample 100 on, got 50 to 150"):
        simulator.read(50, 150)
    simulator.read(100, 30_000)
    simulator.read(30_000, 30_100)
    with pytest.raises(SourceError, match="keeps its truth for 60 s"):
        simulator.marks(0, 100)
    assert simulator.marks(30_000 - 60 * FS, 30_000)
    with pytest.raises(SourceError, match="at least 1 bed to simulate, got 0"):
        Simulator(load_scenario("ward"), beds=0)


def test_a_script_that_does_not_loop_ends() -> None:
    first, second = ("{sinus: {rate: 60}, seconds: 3.3}", "{vf: , seconds: 5}")
    text = f"{{beds: [{{loop: false, steps: [{first}]}}, {{loop: false, steps: [{second}]}}]}}"
    simulator = Simulator(parse_scenario(text))
    assert simulator.length == 5 * FS
    samples = simulator.read(0, 5 * FS)
    over = round(3.3 * FS)  # the shorter one waits for the longer with its leads off
    assert (samples[0, :, over:] == MISSING).all()
    assert (samples[0, :, :over] != MISSING).all()
    assert (samples[1] != MISSING).all()
    with pytest.raises(SourceError, match="within 1250 samples, got 1251"):
        simulator.read(5 * FS, 5 * FS + 1)


def test_more_beds_than_scripts_differ_in_phase_rate_and_height() -> None:
    simulator = Simulator(load_scenario("ward"), beds=40)
    assert len(set(simulator.beds)) == 40
    assert simulator.beds[:9] == [f"Bed {number}" for number in range(1, 10)]
    samples = simulator.read(0, 30 * FS)
    marks = simulator.marks(0, 30 * FS)
    alike = range(0, 40, 8)  # all "sinus 72"
    firsts = [min(at(mark for mark in marks if mark.bed == bed)) for bed in alike]
    assert len(set(firsts)) == len(firsts)
    for bed in alike:
        title, _, factor = simulator.titles[bed].partition(" ×")
        assert title == "sinus 72"
        beats = at(mark for mark in marks if mark.bed == bed)
        assert 60 * FS / np.diff(beats).mean() == pytest.approx(72 * float(factor or 1), abs=1.5)
    heights = np.ptp(samples[list(alike), 0], axis=-1)
    assert np.ptp(heights) > 0.1 * GAIN
    runs = {mark.sample for mark in marks if mark.bed % 8 == 5 and mark.aux == "(VT"}
    assert len(runs) > 1  # not all at the same time


# ---------------------------------------------------------------------------------------------- sinus rhythm


@pytest.mark.parametrize("rate", [30, 58, 72, 110, 180])
def test_the_rate_is_what_the_script_says(rate: int) -> None:
    _, marks = simulate(f"{{sinus: {{rate: {rate}}}, seconds: 600}}", 60)
    beats = at(marks)
    assert 60 * FS * (len(beats) - 1) / (beats[-1] - beats[0]) == pytest.approx(rate, abs=1.0)
    eight = (beats[8:] - beats[:-8]) / 8  # as a monitor averages
    assert np.abs(60 * FS / eight - rate).max() < 2.0
    spread = np.diff(beats).std() / np.diff(beats).mean()
    assert spread == pytest.approx(0.015 * min(1.0, 75 / rate), rel=0.4)


def test_the_rhythm_breathes() -> None:
    _, marks = simulate("{sinus: {rate: 75, variability: 0.05}, seconds: 600}", 240)
    beats = at(marks) / FS
    grid = np.arange(beats[1], beats[-1], 0.25)
    rr = np.interp(grid, beats[1:], np.diff(beats))
    power = np.abs(np.fft.rfft((rr - rr.mean()) * np.hanning(len(rr)))) ** 2
    f = np.fft.rfftfreq(len(rr), 0.25)
    low, high = (power[(f >= a) & (f < b)].sum() for a, b in ((0.04, 0.15), (0.15, 0.4)))
    assert (low + high) / power.sum() > 0.9
    assert 1.2 < high / low < 3.0


@pytest.mark.parametrize("fs", [50, 127.3, 250, 360, 1000, 10_000])
def test_beats_are_where_the_truth_says(fs: float) -> None:
    for steps in ("{sinus: {rate: 72}, seconds: 60}", "{bigeminy: {rate: 72}, seconds: 60}"):
        wave, marks = simulate(steps, 20, fs=fs)
        beats = at(marks)
        beats = beats[(beats > 0.2 * fs) & (beats < 19.8 * fs)]
        assert len(beats) >= 22
        reach = round(0.06 * fs)
        for beat in beats:
            near = np.abs(wave[0, beat - reach : beat + reach + 1])
            assert abs(int(near.argmax()) - reach) <= max(1, round(0.004 * fs))


def test_a_normal_beat_has_its_waves() -> None:
    wave, marks = simulate("{sinus: {rate: 60}, seconds: 60}", 12, fs=1000, leads="II, V1, V5")
    beat = int(at(marks)[4])
    two, one, five = wave
    assert 0.07 < qrs_width(two, beat, 1000) < 0.11
    assert 0.08 < p_wave(two, beat, 1000) < 0.25
    tee = beat + 150 + int(two[beat + 150 : beat + 450].argmax())
    assert 0.2 < two[tee] < 0.5
    assert 0.22 < (tee - beat) / 1000 < 0.34
    around = slice(beat - 60, beat + 60)
    assert two[around].max() > 1.0
    assert one[around].min() < -0.6  # V1: small r, deep S
    assert 0.05 < one[around].max() < 0.4
    assert int(one[around].argmax()) < int(one[around].argmin())
    assert five[around].max() > 0.9
    assert abs(wave[:, beat + 600 : beat + 700]).max() < 0.02  # isoelectric between T and P


def test_qt_shortens_as_the_rate_rises_and_qrs_does_not() -> None:
    found = {}
    for rate in (60, 120):
        wave, marks = simulate(f"{{sinus: {{rate: {rate}, variability: 0}}, seconds: 60}}", 6, fs=1000)
        beat = int(at(marks)[4])
        found[rate] = (80 + int(wave[0, beat + 80 : beat + 330].argmax()), qrs_width(wave[0], beat, 1000))
    assert found[120][0] / found[60][0] == pytest.approx(np.sqrt(0.5), abs=0.04)
    assert found[120][1] == pytest.approx(found[60][1], abs=0.01)


def test_twelve_leads_are_one_heart() -> None:
    wave, _ = simulate("{pvc: {rate: 72, every: 3}, seconds: 60}", 10, leads=", ".join(LEADS))
    by_name = dict(zip(LEADS, wave, strict=True))
    limit = 0.03  # the matrix is rounded to three places, the samples to 0.005 mV
    assert np.abs(by_name["I"] + by_name["III"] - by_name["II"]).max() < limit
    assert np.abs((by_name["I"] + by_name["II"]) / 2 + by_name["aVR"]).max() < limit
    assert len({tuple(lead) for lead in wave}) == 12


# --------------------------------------------------------------------------------------------------- ectopics


@pytest.mark.parametrize("focus", ["right", "left"])
def test_a_pvc_is_wide_early_without_p_and_followed_by_a_full_pause(focus: str) -> None:
    wave, marks = simulate(f"{{pvc: {{rate: 60, every: 5, variability: 0, focus: {focus}}}, seconds: 60}}", 30)
    symbols = "".join(mark.symbol for mark in marks if mark.symbol in "NVA")
    assert symbols.startswith("NNNNVNNNNVNNNNV")
    beats = at(marks)
    for number in np.flatnonzero([symbol == "V" for symbol in symbols])[:-1]:
        before, beat, after = beats[number - 1 : number + 2]
        assert (beat - before) / FS < 0.7
        assert (after - before) / FS == pytest.approx(2.0, abs=0.03)
        assert qrs_width(wave[0], beat, FS) > 0.12
        assert qrs_width(wave[0], before, FS) < 0.11
        for lead in wave:  # T against the QRS, in both leads
            qrs = lead[beat - 15 : beat + 16]
            tee = lead[beat + 45 : beat + 90]
            main = qrs[np.abs(qrs).argmax()]
            assert main * tee[np.abs(tee).argmax()] < 0
            assert np.abs(tee).max() > 0.2
    right = focus == "right"
    assert (wave[0, at(marks, "V")] > 0.5).all() == right
    assert (wave[1, at(marks, "V")] < -0.4).all() == right


def test_a_pac_is_early_narrow_with_a_p_of_its_own_and_less_than_a_full_pause() -> None:
    wave, marks = simulate("{pac: {rate: 60, every: 4, variability: 0}, seconds: 60}", 30)
    beats, early = at(marks), at(marks, "A")
    assert len(early) >= 6
    for beat in early[:-1]:
        number = int(np.searchsorted(beats, beat))
        before, after = beats[number - 1], beats[number + 1]
        assert (beat - before) / FS < 0.75
        assert 1.5 < (after - before) / FS < 1.9
        assert qrs_width(wave[0], beat, FS) < 0.11
        assert p_wave(wave[0], beat) < -0.03
        assert p_wave(wave[0], before) > 0.08


@pytest.mark.parametrize(
    ("steps", "pattern", "rhythm"),
    [
        ("bigeminy: {rate: 80}", "NVNVNVNV", "(B"),
        ("pvc: {rate: 80, every: 2}", "NVNVNVNV", "(B"),
        ("trigeminy: {rate: 80}", "NNVNNVNNV", "(T"),
        ("couplets: {rate: 80, every: 4}", "NNNVVNNNVV", "(N"),
        ("pac: {rate: 80, every: 3}", "NNANNANNA", "(N"),
    ],
)
def test_patterns_of_ectopics(steps: str, pattern: str, rhythm: str) -> None:
    _, marks = simulate(f"{{{steps}, seconds: 60}}", 20)
    assert "".join(mark.symbol for mark in marks if mark.symbol != "+").startswith(pattern)
    assert [name for name, _ in rhythms(marks)] == [rhythm]


@pytest.mark.parametrize("rate", [20, 220])
@pytest.mark.parametrize("kind", ["pvc", "couplets", "bigeminy", "pac", "af", "sinus"])
def test_no_beat_comes_within_the_refractory_period_of_another(kind: str, rate: int) -> None:
    steps = f"{{{kind}: {{rate: {rate}}}, seconds: 7.7}}, {{vt: {{rate: 150, beats: 4}}}}"
    _, marks = simulate(steps, 60)
    assert np.diff(at(marks)).min() / FS > 0.2


# ------------------------------------------------------------------------------------------- graver rhythms


def test_a_run_of_vt_has_its_beats_and_its_rate() -> None:
    wave, marks = simulate("{sinus: {rate: 80}, seconds: 10}, {vt: {rate: 170, beats: 8}}", 26)
    symbols = "".join(mark.symbol for mark in marks if mark.symbol in "NVA")
    assert "N" + "V" * 8 + "N" in symbols
    run = at(marks, "V")[:8]
    assert 60 * FS * 7 / (run[-1] - run[0]) == pytest.approx(170, abs=4)
    assert [name for name, _ in rhythms(marks)][:3] == ["(N", "(VT", "(N"]
    begin, end = rhythms(marks)[1][1], rhythms(marks)[2][1]
    assert begin < run[0] <= run[-1] < end
    assert all(qrs_width(wave[0], beat, FS) > 0.12 for beat in run)


def test_vf_is_a_wave_of_four_to_six_hertz_without_beats() -> None:
    wave, marks = simulate("{sinus: {rate: 80}, seconds: 5}, {vf: {amplitude: 0.4}, seconds: 40}", 45)
    assert not at(marks)[at(marks) >= 5 * FS].size
    assert [(mark.symbol, mark.sample) for mark in marks if mark.symbol in "[]"] == [("[", 5 * FS)]
    assert ("(VF", 5 * FS) in rhythms(marks)
    part = wave[:, 6 * FS : 44 * FS]
    assert part.std(axis=1).max() == pytest.approx(0.4, rel=0.25)
    assert part.std(axis=1).min() > 0.1
    power = (np.abs(np.fft.rfft(part, axis=1)) ** 2).sum(axis=0)
    f = np.fft.rfftfreq(part.shape[1], 1 / FS)
    assert 4.0 < f[power.argmax()] < 6.0
    assert power[(f > 3) & (f < 10)].sum() > 0.9 * power.sum()
    assert abs(np.corrcoef(part)[0, 1]) < 0.95  # not the same wave in both leads


def test_vf_ends_with_its_bracket() -> None:
    _, marks = simulate("{vf: , seconds: 4}, {sinus: {rate: 80}, seconds: 5}", 9)
    brackets = [(mark.symbol, mark.sample) for mark in marks if mark.symbol in "[]"]
    assert brackets == [("[", 0), ("]", 4 * FS)]
    assert [name for name, _ in rhythms(marks)] == ["(VF", "(N"]


def test_asystole_is_nearly_flat() -> None:
    wave, marks = simulate("{sinus: {rate: 80}, seconds: 5}, {asystole: , seconds: 20}", 25)
    part = wave[:, 6 * FS :]
    assert np.ptp(part, axis=1).min() > 0.005
    assert np.ptp(part, axis=1).max() < 0.2
    assert at(marks).max() < 5 * FS
    assert ("(ASYS", 5 * FS) in rhythms(marks)


def test_a_pause_leaves_out_beats_and_is_no_rhythm_of_its_own() -> None:
    _, marks = simulate("{sinus: {rate: 60}, seconds: 10}, {pause: , seconds: 3}", 24)
    gaps = np.diff(at(marks)) / FS
    assert 3.0 < gaps.max() < 4.3
    assert np.median(gaps) == pytest.approx(1.0, abs=0.05)
    assert [name for name, _ in rhythms(marks)] == ["(N"]


def test_af_is_irregular_without_p_on_a_fibrillating_baseline() -> None:
    wave, marks = simulate("{af: {rate: 90}, seconds: 600}", 120)
    sinus, calm = simulate("{sinus: {rate: 90}, seconds: 600}", 120)
    rr = np.diff(at(marks)) / FS
    assert 60 / rr.mean() == pytest.approx(90, abs=6)
    assert rr.std() / rr.mean() > 0.15
    assert abs(np.corrcoef(rr[:-1], rr[1:])[0, 1]) < 0.3
    assert rhythms(marks)[0][0] == "(AFIB"

    def mean_p(trace: NDArray[np.float64], beats: NDArray[np.int64]) -> float:
        cut = np.stack([trace[beat - 65 : beat - 25] for beat in beats[2:-2]])
        return float(np.ptp(cut.mean(axis=0)))

    assert mean_p(wave[0], at(marks)) < 0.4 * mean_p(sinus[0], at(calm))
    quiet, _ = simulate("{af: {rate: 90, amplitude: 0}, seconds: 600}", 120)
    ripple = wave[1] - quiet[1]  # the same beats, so what is left is the fibrillation
    f = np.fft.rfftfreq(len(ripple), 1 / FS)
    assert 4.0 < f[np.abs(np.fft.rfft(ripple)).argmax()] < 9.0
    assert ripple.std() == pytest.approx(0.06, rel=0.15)


def test_a_run_of_svt_is_narrow_and_quick() -> None:
    wave, marks = simulate("{sinus: {rate: 75}, seconds: 10}, {svt: {rate: 170, beats: 12}}", 15)
    run = at(marks, "A")
    assert len(run) == 12
    assert 60 * FS * 11 / (run[-1] - run[0]) == pytest.approx(170, abs=4)
    assert all(qrs_width(wave[0], beat, FS) < 0.11 for beat in run[:-1])
    assert [name for name, _ in rhythms(marks)][:2] == ["(N", "(SVTA"]


def test_slow_ventricular_rhythm_has_a_name_of_its_own() -> None:
    wave, marks = simulate("{sinus: {rate: 75}, seconds: 10}, {ivr: {rate: 40, beats: 6}}", 18)
    run = at(marks, "V")
    assert 60 * FS / np.diff(run).mean() == pytest.approx(40, abs=1)
    assert all(qrs_width(wave[0], beat, FS) > 0.12 for beat in run[:-1])
    assert [name for name, _ in rhythms(marks)][:2] == ["(N", "(IVR"]


def test_two_foci_take_turns() -> None:
    wave, marks = simulate("{vt: {rate: 150, beats: 8, focus: both}}, {sinus: {rate: 75}, seconds: 10}", 4)
    signs = np.sign(wave[0, at(marks, "V")])
    assert len(signs) == 8
    assert (signs[1:] == -signs[:-1]).all()


def test_flutter_is_a_steady_wave_without_a_line() -> None:
    wave, marks = simulate("{flutter: {rate: 280}, seconds: 20}, {sinus: {rate: 75}, seconds: 10}", 22)
    waves = at(marks, "!")
    assert 60 * FS / np.diff(waves).mean() == pytest.approx(280, abs=3)
    assert [(mark.symbol, mark.sample) for mark in marks if mark.symbol in "[]"] == [("[", 0), ("]", 20 * FS)]
    assert ("(VFL", 0) in [(name, sample) for name, sample in rhythms(marks)]
    part = wave[:, 2 * FS : 18 * FS]
    assert np.ptp(part[0]) > 1.2
    power = np.abs(np.fft.rfft(part, axis=1)) ** 2
    f = np.fft.rfftfreq(part.shape[1], 1 / FS)
    power, f = power[:, f > 1], f[f > 1]
    near = np.abs(f - 280 / 60) < 0.4
    assert (power[:, near].sum(axis=1) > 0.85 * power.sum(axis=1)).all()  # near to a sine


def test_premature_beats_fall_on_t_if_coupled_closely() -> None:
    _, marks = simulate("{pvc: {rate: 60, every: 5, coupling: 0.33, variability: 0}, seconds: 60}", 30)
    beats = at(marks)
    for early in at(marks, "V")[:-1]:
        before = beats[np.searchsorted(beats, early) - 1]
        assert (early - before) / FS == pytest.approx(0.33, abs=0.02)  # T has its peak at 0.3 s


def test_blocked_beats_leave_only_their_p() -> None:
    wave, marks = simulate("{block: {rate: 70, every: 4}, seconds: 60}", 30)
    symbols = "".join(mark.symbol for mark in marks if mark.symbol in "Nx")
    assert symbols.startswith("NNNxNNNx")
    assert [name for name, _ in rhythms(marks)] == ["(BII"]
    for p in at(marks, "x")[:-1]:
        part = wave[0, p - 15 : p + 100]
        assert 0.08 < part.max() < 0.25


def test_tall_t_is_as_high_as_r() -> None:
    wave, marks = simulate("{tall_t: {rate: 60}, seconds: 60}", 12)
    for beat in at(marks)[2:8]:
        r = wave[0, beat]
        assert 0.8 * r < wave[0, beat + 40 : beat + 100].max() < 1.1 * r


@pytest.mark.parametrize(("fs", "spike", "width"), [(250, 2, 0.1), (250, -20, 1), (1000, 9, 0.5), (500, -100, 0.1)])
def test_pacing_pulses_have_their_area_and_beats_follow(fs: float, spike: float, width: float) -> None:
    steps = f"{{paced: {{rate: 70, spike: {spike}, width: {width}, every: 1}}, seconds: 60}}"
    wave, marks = simulate(steps, 10, fs=fs)
    assert not at(marks, "NVA/").size
    assert [name for name, _ in rhythms(marks)] == ["(ASYS"]
    high = np.flatnonzero(np.abs(wave[0]) > 0)
    groups = np.split(high, np.flatnonzero(np.diff(high) > 3) + 1)
    assert len(groups) == pytest.approx(10 * 70 / 60, abs=1)
    assert all(len(group) <= 2 for group in groups)
    area = np.mean([wave[0, group].sum() for group in groups]) / fs * 1000
    assert area == pytest.approx(spike * width, rel=0.1)  # mV ms
    _, marks = simulate(f"{{paced: {{rate: 70, spike: {spike}, width: {width}, every: 3}}, seconds: 60}}", 20, fs=fs)
    gaps = np.diff(at(marks, "/")) / fs
    np.testing.assert_allclose(gaps[:4], [60 / 70, 120 / 70, 60 / 70, 120 / 70], atol=0.01)


def test_a_rate_may_go_from_one_to_another() -> None:
    _, marks = simulate("{sinus: {rate: [60, 140], variability: 0}, seconds: 60}, {sinus: {rate: 140}, seconds: 9}", 60)
    beats = at(marks)
    rate = 60 * FS / np.diff(beats)
    assert rate[0] == pytest.approx(60, abs=3)
    assert rate[-1] == pytest.approx(140, abs=3)
    assert (np.diff(rate) > -1.0).all()
    assert np.interp(30 * FS, beats[1:], rate) == pytest.approx(100, abs=3)


def test_a_pause_may_be_of_an_exact_length() -> None:
    steps = "{sinus: {rate: 70, variability: 0}, seconds: 10}, {pause: {rr: 3.5}}, {sinus: {rate: 70}, seconds: 10}"
    _, marks = simulate(steps, 22)
    gaps = np.diff(at(marks)) / FS
    assert sorted(gaps)[-1] == pytest.approx(3.5, abs=0.01)
    assert sorted(gaps)[-2] < 1.0


def test_beats_of_a_step_may_have_a_height_of_their_own() -> None:
    wave, marks = simulate("{sinus: {rate: 60}, seconds: 6, amplitude: 0.2}, {sinus: {rate: 60}, seconds: 9}", 12)
    heights = wave[0, at(marks)]
    assert heights[1] / heights[-1] == pytest.approx(0.2, rel=0.1)


def test_what_must_be_announced_is_told_as_a_note() -> None:
    _, marks = simulate("{sinus: {rate: 60}, seconds: 5}, {asystole: , seconds: 6, expect: {asystole: 8}}", 11)
    assert [(mark.sample, mark.aux) for mark in marks if mark.symbol == '"'] == [(5 * FS, "expect asystole")]


def test_a_source_that_stops_is_told_and_its_samples_go_on() -> None:
    steps = "{sinus: {rate: 60}, seconds: 5}, {sinus: {rate: 60}, seconds: 5, stopped: true}"
    text = f"{{beds: [{{steps: [{{sinus: {{rate: 60}}, seconds: 60}}]}}, {{steps: [{steps}]}}]}}"
    simulator = Simulator(parse_scenario(text))
    for start, stop, who in ((0, 1250, set()), (1249, 1251, {1}), (1250, 2500, {1}), (2500, 3000, set())):
        assert simulator.silent(start, stop) == who
    assert (simulator.read(0, 3000) != MISSING).all()
    assert simulator.silent(1500, 1600) == {1}  # still known
    simulator.read(3000, 60_000)
    assert simulator.silent(60_000, 60_100) == set()
    assert simulator.silent(61_250, 61_260) == {1}  # the script begins again


# ----------------------------------------------------------------------------------------- noise and contact


@pytest.mark.parametrize(
    ("kind", "level", "band"),
    [
        ("wander", 0.2, (0.0, 0.6)),
        ("muscle", 0.1, (20.0, 125.0)),
        ("electrode", 0.2, (0.0, 20.0)),
        ("mains", 0.05, (49.9, 50.1)),
        ("tremor", 0.2, (4.0, 11.0)),
    ],
)
def test_noise_has_its_level_and_its_band(kind: str, level: float, band: tuple[float, float]) -> None:
    noise = f", noise: {{{kind}: {level}}}"
    wave, _ = simulate("{pause: , seconds: 130}", 125, more=noise)
    part = wave[:, FS : 121 * FS]  # a whole period of the texture
    np.testing.assert_allclose(np.sqrt((part**2).mean(axis=1)), level, rtol=0.02)
    power = np.abs(np.fft.rfft(part, axis=1)) ** 2
    f = np.fft.rfftfreq(part.shape[1], 1 / FS)
    inside = (f >= band[0]) & (f <= band[1])
    assert (power[:, inside].sum(axis=1) > 0.9 * power.sum(axis=1)).all()


def test_noise_of_a_step_comes_and_goes_with_it() -> None:
    steps = "{pause: , seconds: 5}, {pause: , seconds: 5, noise: {muscle: 0.3}}, {pause: , seconds: 60}"
    wave, _ = simulate(steps, 20, more=", noise: {muscle: 0.01}")
    heard = [wave[:, (begin + 1) * FS : (begin + 5) * FS].std() for begin in (0, 5, 10)]
    assert heard[0] < 0.02
    assert heard[1] > 0.15
    assert heard[2] < 0.02


def test_leads_are_missing_or_saturated_as_the_step_says() -> None:
    steps = (
        "{sinus: {rate: 60}, seconds: 3.1}, {sinus: {rate: 60}, seconds: 2, leads_off: [V1]},"
        "{sinus: {rate: 60}, seconds: 2, leads_saturated: [II]},"
        "{sinus: {rate: 60}, seconds: 2, leads_off: all}"
    )
    wave, marks = simulate(steps, 12)
    two, one = np.rint(wave * GAIN).astype(int)
    edges = [round(second * FS) for second in (3.1, 5.1, 7.1, 9.1)]
    off = np.zeros(12 * FS, bool)
    off[edges[0] : edges[1]] = off[edges[2] : edges[3]] = True
    np.testing.assert_array_equal(one == MISSING, off)
    np.testing.assert_array_equal(np.flatnonzero(two == MISSING), np.arange(edges[2], edges[3]))
    np.testing.assert_array_equal(np.flatnonzero(two == SATURATED), np.arange(edges[1], edges[2]))
    assert np.diff(at(marks)).max() < 1.2 * FS  # the heart beats on underneath


def test_the_ward_is_steady_while_the_demo_is_watched() -> None:
    simulator = Simulator(load_scenario("ward"))
    stop = 60 * FS
    samples = simulator.read(0, stop)
    marks = simulator.marks(0, stop)
    assert (samples != MISSING).all()
    for bed, title in enumerate(simulator.titles):
        own = [mark for mark in marks if mark.bed == bed]
        if "fibrillation" in title:
            continue
        rate = next(step.rate for step in load_scenario("ward").scripts[bed].steps)
        assert f"{rate:g}" in title
        beats = at(own)
        assert (np.abs(60 * FS * 8 / (beats[8:] - beats[:-8]) - rate) < 2.0).all()
        assert {mark.symbol for mark in own} == {"+", "N"}
