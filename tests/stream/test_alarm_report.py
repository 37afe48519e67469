"""Figures of a ward's alarms: counted by hand, and over a real hub, its journal and the command line."""

import json
import math
import os
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from stream.adjudicate import adjudicate, bed_of
from stream.errors import FeedError, JournalError
from stream.journal import KeptAlarm, KeptEvent
from stream.messages import Alarm, Close, Open, Verdict
from stream.report import as_json, hours_of, report, show

T = 1.7e9


def alarm(number: int, name: str = "asystole", bed: str = "1", **fields: Any) -> Alarm:
    fields = {"priority": "high", "state": "active", "text": "", "onset": number, "announced": number} | fields
    return Alarm(bed=bed, stream="a", id=f"{bed}/{name}/{number}", name=name, **fields)


def kept(number: int, wait: float | None = None, **fields: Any) -> KeptAlarm:
    return KeptAlarm(
        alarm=alarm(number, **fields),
        utc=T + number,
        told=T + number,
        acknowledged=None if wait is None else T + number + wait,
        over=None,
        ended=None,
    )


ALARMS = [
    kept(1, 10.0),
    kept(2, 20.0),
    kept(3),
    kept(4, 30.0, name="hr_high"),
    kept(5, 110.0, name="hr_high", bed="2"),
    kept(6, name="made_up", bed="2"),
]
VERDICTS: Any = {
    "1/asystole/1": "true",
    "1/asystole/2": "false",
    "1/asystole/3": "uncertain",
    "1/hr_high/4": "false",
    "gone": "true",
}


def test_alarms_are_counted_by_bed_and_kind() -> None:
    found = report(ALARMS, VERDICTS, {"1": 2.0, "2": 3.0, "3": 1.0}, since=T, until=T + 7200)
    assert (found.total.alarms, found.total.hours, found.total.per_hour) == (6, 6.0, 1.0)
    assert list(found.kinds) == ["asystole", "hr_high", "made_up"]  # the worst first
    asystole = found.beds["1"]["asystole"]
    assert (asystole.alarms, asystole.per_hour) == (3, 1.5)
    assert (asystole.true, asystole.false, asystole.uncertain, asystole.false_rate) == (1, 1, 1, 0.5)
    assert (asystole.acknowledged, asystole.median_seconds) == (2, 15.0)
    assert asystole.p90_seconds == pytest.approx(19.0)
    assert found.total.false_rate == pytest.approx(2 / 3)
    assert found.total.median_seconds == 25.0
    quiet = found.beds["3"]["all"]
    assert (quiet.alarms, quiet.per_hour, quiet.false_rate, quiet.median_seconds) == (0, 0.0, None, None)


def test_without_hours_there_is_no_rate() -> None:
    assert report([kept(1)], {}, {}, since=T, until=T).total.per_hour is None


def opened(bed: str, stream: str, at: float, **fields: Any) -> KeptEvent:
    return KeptEvent(Open(bed=bed, stream=stream, fs=250.0, leads=(), epoch=at, **fields), T + at, None)


def closed(bed: str, stream: str, at: float, sample: int) -> KeptEvent:
    return KeptEvent(Close(bed=bed, stream=stream, sample=sample), T + at, None)


def test_hours_are_those_of_the_samples() -> None:
    events = [
        opened("1", "a", 0.0, speed=10.0, first=250 * 600),
        opened("2", "b", 0.0),
        opened("1", "a", 5.0, speed=10.0),  # said again
        closed("1", "a", 360.0, 250 * 4200),  # an hour of samples in six minutes
        opened("3", "c", 360.0, speed=2.0),
        opened("2", "d", 1800.0),  # half an hour of b, without a word of its end
        closed("9", "x", 1900.0, 1),
    ]
    hours = hours_of(events, T, T + 3960)
    assert hours == pytest.approx({"1": 1.0, "2": 0.5 + 0.6, "3": 2.0})
    half = hours_of(events, T + 180, T + 3960)
    assert half == pytest.approx({"1": 0.5, "2": 0.45 + 0.6, "3": 2.0})


def test_a_report_is_shown_and_written() -> None:
    found = report(ALARMS, VERDICTS, {"1": 2.0, "2": 3.0}, since=T, until=T + 7200)
    console = Console(width=120, record=True, file=open(os.devnull, "w"))  # noqa: SIM115
    show(found, console)
    text = console.export_text()
    assert "Alarms from 2023-11-14T22:13:20Z to 2023-11-15T00:13:20Z" in text
    assert "Asystole (high)" in text
    (line,) = [line for line in text.splitlines() if line.startswith("Asystole")]
    assert line.split()[2:] == ["3", "5.00", "0.60", "3", "50", "%", "2", "15", "s", "19", "s"]
    data = json.loads(json.dumps(as_json(found)))
    assert data["since"] == "2023-11-14T22:13:20Z"
    assert data["beds"]["1"]["hr_high"]["false_rate"] == 1.0
    assert not any(math.isnan(x) for x in data["total"].values() if isinstance(x, float))


async def test_a_verdict_that_nobody_takes_is_told(hub: Any) -> None:
    with pytest.raises(FeedError, match="known here, got 'X'"):
        await adjudicate(hub.url, Verdict(bed="X", alarm="x", verdict="true"))
    with pytest.raises(FeedError, match="no feed at"):
        await adjudicate("ws://127.0.0.1:9", Verdict(bed="X", alarm="x", verdict="true"))


def test_an_alarm_that_the_journal_does_not_know_is_told(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="no journal at"):
        bed_of(tmp_path / "none.sqlite", "x")
