"""Every kind of alarm from beats made by hand: what it is, and what it is not quite."""

import numpy as np
import pytest
from made import Bed, Made, Wave, named

from detector.alarms.kinds import NAMES
from detector.conditioning import FS
from stream.messages import Alarm, SetLimits

START = Made().sinus(30)


def heard(made: Made, more: float = 10.0, wave: Wave | None = None, **limits: float) -> Bed:
    """A bed played to its end and some seconds of normal beats more."""
    bed = Bed(made.sinus(more), wave=wave or Wave())
    if limits:
        bed.do(SetLimits(bed="bed", values=limits))
    bed.play(made.end + more)
    return bed


IRREGULAR = 0.45 + 0.6 * np.random.default_rng(3).random(200)

CASES = {
    "asystole": [(START.wait(8), True), (START.wait(3.2).sinus(10), False)],
    "ventricular_tachycardia": [
        (START.beats("VVVVV", 0.4).sinus(10), True),
        (START.beats("VVVV", 0.4).sinus(10), False),
        (START.beats("VVVVV", 0.65).sinus(10), False),
    ],
    "extreme_tachycardia": [
        (START.beats("N" * 30, 0.38).sinus(10), True),
        (START.beats("N" * 12, 0.38).sinus(10), False),
        (START.beats("N" * 15, 0.42).sinus(10), False),
        (START.beats("N" * 40, 0.44).sinus(10), False),
    ],
    "extreme_bradycardia": [
        (START.beats("N" * 6, 1.8).sinus(10), True),
        (START.beats("N" * 3, 1.8).sinus(10), False),
        (START.beats("N" * 2, 1.8).beats("N", 1.2).sinus(10), False),
        (START.beats("N" * 10, 1.45).sinus(10), False),
    ],
    "ventricular_bradycardia": [
        (START.beats("V" * 7, 1.7).sinus(10), True),
        (START.beats("V" * 4, 1.7).sinus(10), False),
        (START.beats("V" * 7, 1.3).sinus(10), False),
    ],
    "non_sustained_vt": [
        (START.beats("VVV", 0.4).sinus(10), True),
        (START.beats("VV", 0.4).sinus(10), False),
        (START.beats("VVNV", 0.4).sinus(10), False),
    ],
    "ventricular_rhythm": [
        (START.beats("VVVVV", 0.8).sinus(10), True),
        (START.beats("VVVV", 0.8).sinus(10), False),
        (START.beats("VVVVVVV", 0.5).sinus(10), False),
    ],
    "supraventricular_tachycardia": [
        (START.beats("S" * 9, 0.36).sinus(10), True),
        (START.beats("S" * 7, 0.36).sinus(10), False),
        (START.beats("S" * 12, 0.44).sinus(10), False),
        (START.beats("N" * 12, 0.36).sinus(10), False),
    ],
    "pause": [(START.wait(2.6).sinus(10), True), (START.wait(1.9).sinus(10), False)],
    "hr_high": [(START.beats("N" * 30, 0.47).sinus(10), True), (START.beats("N" * 30, 0.52).sinus(10), False)],
    "hr_low": [(START.beats("N" * 12, 1.3).sinus(10), True), (START.beats("N" * 12, 1.1).sinus(10), False)],
    "atrial_fibrillation": [
        (START.beats("N" * 200, IRREGULAR), True),
        (START.beats("N" * 30, IRREGULAR[:30]).sinus(60), False),
        (START.beats("NV" * 60, [1.1, 0.5] * 60), False),
        (START.beats("NNNS" * 40, [1.0, 0.8, 0.8, 0.5] * 40), False),
        (START.beats("N" * 200, 0.8 + 0.12 * np.sin(np.arange(200) * 2 * np.pi / 6)), False),
    ],
    "couplet": [
        (START.beats("VV", 0.5).sinus(10), True),
        (START.beats("V", 0.5).sinus(10), False),
        (START.beats("VVV", 0.5).sinus(10), False),
    ],
    "r_on_t": [
        (START.beats("VN", [0.32, 1.28]).sinus(10), True),
        (START.beats("VN", [0.5, 1.1]).sinus(10), False),
        (START.beats("SN", [0.32, 1.28]).sinus(10), False),
    ],
    "bigeminy": [
        (START.beats("NVNVNV", [0.8, 0.5, 1.1, 0.5, 1.1, 0.5]).sinus(10), True),
        (START.beats("NVNVNN", [0.8, 0.5, 1.1, 0.5, 1.1, 0.8]).sinus(10), False),
        (START.beats("NVNNV" * 4, 0.8).sinus(10), False),
    ],
    "trigeminy": [
        (START.beats("NNVNNVNNV", 0.8).sinus(10), True),
        (START.beats("NNVNNVNNN", 0.8).sinus(10), False),
        (START.beats("NVNVNVNVNV", 0.8).sinus(10), False),
    ],
    "multiform_ve": [
        (START.beats("V", 0.6, family=1).beats("NNNN", 0.8).beats("V", 0.6, family=2).sinus(10), True),
        (START.beats("V", 0.6, family=1).beats("NNNN", 0.8).beats("V", 0.6, family=1).sinus(10), False),
        (START.beats("V", 0.6, family=1).beats("N" * 16, 0.8).beats("V", 0.6, family=2).sinus(10), False),
    ],
    "ve_per_minute": [(START.beats("NNNV" * 12, 0.8), True), (START.beats("NNNNNNNNV" * 12, 0.8), False)],
    "missed_beat": [
        (START.beats("N", 1.6).sinus(10), True),
        (START.beats("N", 1.3).sinus(10), False),
        (START.beats("VN", [0.5, 1.6]).sinus(10), False),
    ],
}


@pytest.mark.parametrize(
    ("name", "made", "is_one"), [(name, made, is_one) for name, cases in CASES.items() for made, is_one in cases]
)
def test_of_beats(name: str, made: Made, is_one: bool) -> None:
    bed = heard(made)
    assert bool(named(bed.said, name)) == is_one, [alarm.text for alarm in bed.alarms]


UNSTEADY = Made().sinus(20).beats("NVNNVN" * 10, (0.7, 0.6, 0.9, 0.8, 0.55, 1.0) * 10)
"""Beats that do not go on evenly: beside normal ones that do no wave fibrillates."""

WAVES = {
    "ventricular_fibrillation": [
        (Wave(fibrillation=lambda t: 0.9 * (40 < t < 50)), True),
        (Wave(fibrillation=lambda t: 0.9 * (t == 40)), False),
        (Wave(fibrillation=lambda t: 0.4 * (40 < t < 50)), False),
        (Wave(fibrillation=lambda t: 0.95 * (40 < t < 50), lead=lambda _: (1, 1)), True),
        (Wave(fibrillation=lambda t: 0.95 * (40 < t < 47), lead=lambda _: (1, 1)), False),
        (Wave(fibrillation=lambda t: 0.85 * (40 < t < 60), lead=lambda _: (1, 1)), False),
    ],
    "leads_off": [(Wave(lead=lambda t: (0, 5 * (t > 40))), True), (Wave(lead=lambda t: (0, 5 * (t == 40))), False)],
    "cannot_analyse": [
        (Wave(usable=lambda t: t < 40, lead=lambda t: (3, 3) if t >= 40 else (0, 0)), True),
        (Wave(usable=lambda t: not 40 <= t < 43), False),
        (Wave(lead=lambda t: (1, 1) if t > 20 else (0, 0), noisy=lambda t: min(1.0, max(0.0, (t - 20) / 30))), True),
    ],
    "artifact": [
        (Wave(lead=lambda t: (1, 1) if 40 <= t < 50 else (0, 0)), True),
        (Wave(lead=lambda t: (1, 1) if 40 <= t < 42 else (0, 0)), False),
        (Wave(lead=lambda t: (1, 0) if 40 <= t < 50 else (0, 0)), False),
    ],
}


@pytest.mark.parametrize(
    ("name", "wave", "is_one"), [(name, wave, is_one) for name, cases in WAVES.items() for wave, is_one in cases]
)
def test_of_the_wave(name: str, wave: Wave, is_one: bool) -> None:
    bed = heard(UNSTEADY, wave=wave)
    assert bool(named(bed.said, name)) == is_one, [alarm.text for alarm in bed.alarms]


def test_every_kind_has_its_cases() -> None:
    elsewhere = {"feed_stale", "storage"}
    assert set(CASES) | set(WAVES) | elsewhere == set(NAMES)


def test_tachycardia_is_told_as_soon_as_its_fifth_beat_is_known() -> None:
    bed = heard(START.beats("V" * 12, 0.4).sinus(10))
    (alarm,) = named(bed.said, "ventricular_tachycardia")
    fifth = bed.told[len(START.r) + 4]
    assert fifth <= alarm.announced < fifth + FS
    assert alarm.onset == bed.r[len(START.r)]
    assert alarm.text == "Ventricular tachycardia 150 > 100"
    assert set(alarm.beats) <= set(bed.r.tolist())


def test_tachycardia_bears_a_doubtful_beat_but_no_normal_one() -> None:
    doubtful = START.beats("VV", 0.4).beats("S", 0.4, chance=0.4).beats("VV", 0.4).sinus(10)
    assert named(heard(doubtful).said, "ventricular_tachycardia")
    assert not named(heard(START.beats("VVNVV", 0.4).sinus(10)).said, "ventricular_tachycardia")
    assert not named(heard(START.beats("S" * 12, 0.4, chance=0.3).sinus(10)).said, "ventricular_tachycardia")


@pytest.mark.parametrize(("rate", "limit", "name"), [(120, 100, "hr_high"), (40, 60, "hr_low"), (40, 50, "hr_low")])
def test_a_step_of_the_heart_rate_is_told_within_10_s(rate: float, limit: float, name: str) -> None:
    made = Made().sinus(60, 80)
    bed = heard(made.sinus(30, rate), **{name: float(limit), "extreme_low": 30.0})
    alarm = named(bed.said, name)[0]
    assert alarm.announced / FS - made.end <= 10
    assert abs(float(alarm.text.split()[1]) - rate) <= 6


@pytest.mark.parametrize(
    ("rate", "name"), [(36, "extreme_bradycardia"), (25, "extreme_bradycardia"), (150, "extreme_tachycardia")]
)
def test_extreme_rates_are_told_within_10_s(rate: float, name: str) -> None:
    made = Made().sinus(60, 80)
    assert named(heard(made.sinus(30, rate)).said, name)[0].announced / FS - made.end <= 10


def test_asystole_needs_a_still_wave_and_a_lead_to_see_it_on() -> None:
    made = START.wait(10)
    assert named(heard(made).said, "asystole")[0].announced / FS - START.end <= 5
    assert not named(heard(made, wave=Wave(still=lambda _: 0.5)).said, "asystole")
    assert not named(heard(made, wave=Wave(usable=lambda t: t < START.end)).said, "asystole")


@pytest.mark.parametrize("phase", np.arange(0, 1, 0.1))
def test_a_standstill_is_told_once_wherever_it_lies_between_looks(phase: float) -> None:
    for rr, stands in ((3.9, 0), (4.1, 1), (4.9, 1), (6.3, 1)):
        made = Made().sinus(30).beats("N", 0.8 + phase).beats("N", rr)
        told = named(heard(made).said, "asystole")
        assert len(told) == stands
        for alarm in told:
            assert alarm.onset == round((made.end - rr) * FS)
            assert alarm.announced <= round((made.end - rr + 4) * FS) + 2.2 * FS
    made = Made().sinus(30).beats("N", 0.8 + phase).beats("N", 4.1)
    assert not named(heard(made, wave=Wave(still=lambda _: 1.5)).said, "asystole")


def test_no_asystole_while_it_fibrillates() -> None:
    fibrillates = Wave(fibrillation=lambda t: float(t > START.end), still=lambda _: 0.1)
    bed = heard(START.wait(15), wave=fibrillates)
    assert named(bed.said, "ventricular_fibrillation")
    assert not named(bed.said, "asystole")


def test_what_is_still_does_not_fibrillate() -> None:
    bed = heard(START.wait(15), wave=Wave(fibrillation=lambda t: 0.7 * (t > START.end)))
    assert named(bed.said, "asystole")


def test_a_pause_that_the_wave_does_not_show_is_a_beat_not_found() -> None:
    assert not named(heard(START.wait(2.6).sinus(10), wave=Wave(still=lambda _: 0.4)).said, "pause")


def test_while_a_bed_is_learned_only_the_lethal_is_told() -> None:
    early = Made().beats("VVNNVN", 0.8)
    assert not heard(early, more=0).alarms
    assert named(heard(Made().beats("N" * 6, 0.8).wait(8), more=2).said, "asystole")


def test_suspended_analysis_tells_no_rate_and_no_rhythm() -> None:
    fast = START.beats("NNV" * 40, 0.4)
    noisy = Wave(lead=lambda _: (1, 1), noisy=lambda _: 0.9)
    assert {alarm.name for alarm in heard(fast, wave=noisy).alarms} == {"cannot_analyse"}


def test_atrial_fibrillation_ends_after_its_delay() -> None:
    made = START.beats("N" * 200, IRREGULAR)
    for minutes in (0.0, 2.0):
        bed = heard(made.sinus(240), af_end_minutes=minutes)
        (alarm,) = named(bed.said, "atrial_fibrillation")
        told = next(i for i, one in enumerate(bed.said) if getattr(one, "id", "") == alarm.id and one.state == "ended")
        assert told
        assert alarm.state == "ended"
        assert abs(alarm.onset / FS - START.end) < 30
        assert abs(alarm.ended / FS - made.end) < 40


def test_only_the_worst_of_a_chain_is_announced() -> None:
    bed = heard(START.beats("V" * 30, 0.55).sinus(20))
    begun = {alarm.name for alarm in bed.alarms}
    assert "ventricular_tachycardia" in begun
    assert not begun & {"couplet", "multiform_ve", "hr_high", "ventricular_rhythm"}
    (run,) = named(bed.said, "non_sustained_vt")
    (worse,) = named(bed.said, "ventricular_tachycardia")
    assert run.state == "ended"
    assert run.ended <= worse.announced + 5 * FS


def test_a_long_record_is_as_quick_as_a_short_one_and_keeps_no_more() -> None:
    bed = Bed(Made().beats("NNNV" * 3000, 0.8))
    bed.play(100)
    size = sum(len(part) for part in (bed.engine._beds, bed.engine._of_row, bed.engine._beds["bed"].latest))
    arrays = bed.engine._desk.conditions.history.r.shape
    bed.play(2000)
    assert sum(len(part) for part in (bed.engine._beds, bed.engine._of_row, bed.engine._beds["bed"].latest)) <= size + 3
    assert bed.engine._desk.conditions.history.r.shape == arrays


def test_a_tachycardia_whose_beats_are_not_named_is_told_by_its_wave() -> None:
    bed = heard(UNSTEADY, wave=Wave(tachycardia=lambda t: 0.9 * (40 < t < 50)))
    assert next(alarm.text for alarm in named(bed.said, "ventricular_tachycardia")) == "Ventricular tachycardia"
    for doubtful in (lambda t: 0.5 * (40 < t < 50), lambda t: 0.9 * (t == 40)):
        bed = heard(UNSTEADY, wave=Wave(tachycardia=doubtful))
        assert not named(bed.said, "ventricular_tachycardia")


def test_beside_beats_that_go_on_as_before_no_wave_begins_to_fibrillate() -> None:
    shaking = Wave(fibrillation=lambda t: 0.9 * (t > 40))
    assert not named(heard(Made().sinus(60), wave=shaking).said, "ventricular_fibrillation")
    other = Made().sinus(39).beats("N" * 40, 0.45)
    assert named(heard(other, wave=shaking).said, "ventricular_fibrillation")


def test_what_was_told_to_be_over_and_was_not_is_the_same_alarm() -> None:
    broken = Wave(fibrillation=lambda t: 0.9 * (40 < t < 50 or 52 < t < 60))
    told = [one for one in heard(UNSTEADY, wave=broken).said if isinstance(one, Alarm)]
    told = [alarm for alarm in told if alarm.name == "ventricular_fibrillation"]
    assert [alarm.state for alarm in told] == ["active", "latched", "active", "latched"]
    assert [alarm.revision for alarm in told] == [1, 2, 3, 4]
    assert len({alarm.id for alarm in told}) == 1
    apart = Wave(fibrillation=lambda t: 0.9 * (30 < t < 40 or 52 < t < 60))
    assert len({alarm.id for alarm in named(heard(UNSTEADY, wave=apart).said, "ventricular_fibrillation")}) == 2
