"""Half an hour of a ward that raises every alarm: all are announced in time, and no false one of high priority."""

from collections.abc import Iterator

import pytest

from detector.service import make_reader
from stream.messages import Alarm, Message, Open, Wave, pack
from stream.sources.expectation import Comparison, Expectation, compare, expected
from stream.sources.scenario import Scenario, load_scenario, parse_scenario
from stream.sources.simulator import Simulator

SECONDS = 1800
WARD = load_scenario("alarms")
MUSTS = [each for each in expected(WARD) if each.must]


def blocks(simulator: Simulator, seconds: int) -> Iterator[tuple[int, int]]:
    """Blocks of five seconds, and of half a second where a bed sends nothing, so that the clock is looked at."""
    long, short = round(5 * simulator.fs), round(simulator.fs / 2)
    for start in range(0, round(seconds * simulator.fs), long):
        step = short if simulator.silent(start, start + long) else long
        yield from ((at, at + step) for at in range(start, start + long, step))


def alarms_of(scenario: Scenario, seconds: int) -> list[Alarm]:
    """All that a reader announces of a scenario whose sources send in real time."""
    simulator = Simulator(scenario)
    now = 0.0
    reader = make_reader(explain=False, clock=lambda: now)
    said: list[Message] = reader.take(
        [
            Open(bed=bed, stream=bed, fs=simulator.fs, leads=leads, epoch=0.0)
            for bed, leads in zip(simulator.beds, simulator.leads, strict=True)
        ]
    )
    for start, stop in blocks(simulator, seconds):
        block = simulator.read(start, stop)
        silent = simulator.silent(start, stop)
        now = stop / simulator.fs
        said += reader.take(
            [
                Wave(bed=bed, stream=bed, start=start, samples=pack(block[row]))
                for row, bed in enumerate(simulator.beds)
                if row not in silent
            ]
        )
        said += reader.watch()
    return [message for message in said if isinstance(message, Alarm)]


@pytest.fixture(scope="module")
def found() -> Comparison:
    """The alarms of half an hour, held against what the script expects."""
    return compare(expected(WARD), alarms_of(WARD, SECONDS), WARD.fs)


@pytest.mark.parametrize("alarm", MUSTS, ids=str)
def test_it_is_announced_in_time(alarm: Expectation, found: Comparison) -> None:
    assert str(alarm) not in [str(missing) for missing in found.missing]


def test_no_alarm_of_high_priority_is_false(found: Comparison) -> None:
    assert [(alarm.bed, alarm.announced / WARD.fs, alarm.text) for alarm in found.false] == []


@pytest.mark.parametrize("lead", ["II", "V1"])
def test_a_lead_that_falls_off_just_as_the_rate_changes_is_no_vt(lead: str) -> None:
    steps = f"[{{sinus: {{rate: 72}}, seconds: 40}}, {{sinus: {{rate: 110}}, seconds: 25, leads_off: [{lead}]}}]"
    bed = f"{{steps: {steps}, noise: {{wander: 0.03, muscle: 0.01}}}}"
    told = alarms_of(parse_scenario(f"{{fs: 250, leads: [II, V1], beds: [{bed}]}}"), 60)
    assert {alarm.name for alarm in told} == {"leads_off"}
