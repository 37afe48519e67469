"""What a script leads one to expect, and how alarms are held against it."""

from itertools import pairwise

from stream.alarms import Alarm, Priority
from stream.limits import ALARMS, PRESETS
from stream.sources.expectation import EARLY, GRACE, Expectation, compare, expected
from stream.sources.scenario import load_scenario, parse_scenario

FS = 250.0
SCRIPT = """
beds:
  - steps:
      - {sinus: {rate: 70}, seconds: 60}
      - {asystole: , seconds: 10, expect: {asystole: 8}, allow: [extreme_bradycardia]}
      - {sinus: {rate: 70}, seconds: 60}
      - {af: {rate: 90}, seconds: 30, expect: {atrial_fibrillation or hr_high: 90}}
  - steps:
      - {sinus: {rate: 70}, seconds: 60}
"""


def alarm(name: str, seconds: float, *, bed: str = "Bed 1", revision: int = 1) -> Alarm:
    at = round(seconds * FS)
    priority: Priority = ALARMS[name].priority
    return Alarm(
        bed=bed, stream="s", id=f"s/{name}/{at}", name=name, priority=priority, state="active",
        onset=at - 1000, announced=at, text=name, revision=revision,
    )  # fmt: skip


def test_expectations_lie_where_their_steps_do() -> None:
    assert expected(parse_scenario(SCRIPT)) == [
        Expectation("Bed 1", ("asystole",), 60, 68, 70 + GRACE),
        Expectation("Bed 1", ("extreme_bradycardia",), 60, 70 + GRACE, 70 + GRACE, must=False),
        Expectation("Bed 1", ("atrial_fibrillation", "hr_high"), 130, 220, 220),
    ]


def test_alarms_in_time_meet_them() -> None:
    told = [alarm("asystole", 65), alarm("asystole", 65, revision=2), alarm("atrial_fibrillation", 200)]
    result = compare(expected(parse_scenario(SCRIPT)), told, FS)
    assert [(each.names[0], delay) for each, delay in result.delays] == [
        ("asystole", 5.0),
        ("atrial_fibrillation", 70.0),
    ]
    assert str(result.delays[1][0]) == "Bed 1, 130 s: atrial_fibrillation or hr_high within 90 s"
    assert (result.missing, result.false, result.others) == ([], [], [])


def test_too_late_too_early_and_in_another_bed_is_missing() -> None:
    for told in (alarm("asystole", 69), alarm("asystole", 60 - EARLY - 0.1), alarm("asystole", 65, bed="Bed 2")):
        result = compare(expected(parse_scenario(SCRIPT)), [told], FS)
        assert [each.names[0] for each in result.missing] == ["asystole", "atrial_fibrillation"]


def test_what_nothing_led_to_expect_is_false_if_of_high_priority() -> None:
    wrong = [
        alarm("asystole", 40),
        alarm("asystole", 70 + GRACE + 1),
        alarm("asystole", 65, bed="Bed 2"),
        alarm("ventricular_tachycardia", 65),
        alarm("extreme_bradycardia", 85),
    ]
    right = [alarm("asystole", 66), alarm("asystole", 75), alarm("extreme_bradycardia", 79)]
    low = [alarm("couplet", 30)]
    result = compare(expected(parse_scenario(SCRIPT)), wrong + right + low, FS)
    assert list(result.false) == wrong
    assert list(result.others) == low


def test_the_alarm_ward_raises_every_alarm_that_a_wave_can() -> None:
    scenario = load_scenario("alarms")
    musts = [each for each in expected(scenario) if each.must]
    assert set(ALARMS) - {name for each in musts for name in each.names} == {"storage"}
    assert all(1800 <= script.seconds < 1801 for script in scenario.scripts)
    for script in scenario.scripts:
        mine = [each for each in musts if each.bed == script.name]
        assert all(each.latest < 1800 for each in mine)
        for name in {name for each in mine for name in each.names if ALARMS[name].priority in ("medium", "low")}:
            begins = [each.begin for each in mine if name in each.names]
            hold = 60 * PRESETS["adult"][0]["hold_minutes"]  # not again within
            assert all(later - begin > hold for begin, later in pairwise(begins)), (script.title, name)
