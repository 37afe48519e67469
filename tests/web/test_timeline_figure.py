"""The timeline: what of an alarm is drawn how, and what shares a bar when there are thousands."""

from datetime import UTC
from zoneinfo import ZoneInfo

import pytest
from past import alarm

from stream.journal import KeptAlarm
from web.components.alarmtable import Filter, event_path
from web.components.alarmwords import duration, fate, hover_many, hover_one, order_of
from web.components.timeline import DRAWN, marks, parts, rows_of, timeline_figure

NOW = 10_000.0


def kept(name: str = "asystole", told: float = 9000.0, bed: str = "1", **times: float | None) -> KeptAlarm:
    """An alarm by when it was told, acknowledged, over and ended."""
    known = {"acknowledged": None, "over": None, "ended": None} | times
    one = alarm(name, bed, int(told), by="Kim" if known["acknowledged"] else "")
    return KeptAlarm(alarm=one, utc=told, told=told, **known)


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ({}, [("active", 9000, NOW)]),
        ({"acknowledged": 9100}, [("active", 9000, 9100), ("acknowledged", 9100, NOW)]),
        ({"over": 9200}, [("active", 9000, 9200), ("latched", 9200, NOW)]),
        ({"over": 9200, "ended": 9200}, [("active", 9000, 9200)]),
        ({"over": 9200, "acknowledged": 9300, "ended": 9300}, [("active", 9000, 9200), ("latched", 9200, 9300)]),
        (
            {"acknowledged": 9100, "over": 9200, "ended": 9200},
            [("active", 9000, 9100), ("acknowledged", 9100, 9200)],
        ),
    ],
)
def test_a_life_has_parts_that_follow_each_other(times: dict, expected: list) -> None:
    assert parts(kept(**times), NOW) == expected


def test_alarms_are_drawn_one_by_one_until_they_are_many() -> None:
    few = [kept("hr_high", 9000 - k) for k in range(DRAWN)]
    assert [mark.id for mark in marks(few, (0, NOW), NOW, by_bed=True)] == [one.alarm.id for one in few]

    many = [*few, *few, kept("hr_high", 4000), kept("asystole", 9000.5)]
    found = marks(many, (0, NOW), NOW, by_bed=True)
    assert sum(len(mark.alarms) for mark in found) == len(many)
    assert len(found) < 100
    assert [mark.id for mark in found if mark.priority == "high"] == ["1/a/asystole/9000"]  # never hidden among others
    assert [len(mark.alarms) for mark in found if mark.alarms[0].told == 4000] == [1]


def test_a_ward_full_of_alarms_is_still_drawn_with_few_bars() -> None:
    beds = [f"Bed {k}" for k in range(10)]
    many = [kept("hr_high", float(k), bed) for k in range(1000) for bed in beds]
    found = marks(many, (0, 1000), 1000, by_bed=True)
    assert sum(len(mark.alarms) for mark in found) == len(many)
    assert len(beds) < len(found) <= DRAWN


def test_only_what_is_near_what_is_seen_is_drawn_so_zooming_in_shows_each() -> None:
    many = [kept("hr_high", 10 + k, over=10.5 + k, ended=10.5 + k) for k in range(5000)][::-1]
    found = marks(many, (1000, 1100), NOW, by_bed=False)
    assert all(mark.id for mark in found)
    assert {mark.alarms[0].told for mark in found} >= set(range(1000, 1101))
    figure = timeline_figure(found, (0, NOW), UTC, rows=["hr_high"], by_bed=False, seen=(1000, 1100))
    assert figure.layout.xaxis.range == ("1970-01-01T00:16:40.000", "1970-01-01T00:18:20.000")


def test_rows_are_beds_by_name_or_kinds_by_weight() -> None:
    ward = [kept(bed="Bed 10"), kept("hr_high", bed="Bed 2"), kept("leads_off", bed="x")]
    assert rows_of(ward, ["Bed 1", "Bed 2"]) == ["Bed 1", "Bed 2", "Bed 10", "x"]
    assert rows_of([kept("leads_off"), kept("hr_high"), kept()], None) == ["asystole", "hr_high", "leads_off"]
    assert sorted(["nonsense", "leads_off", "asystole"], key=order_of) == ["asystole", "leads_off", "nonsense"]


def test_bars_stand_at_local_time_and_tell_their_alarm() -> None:
    found = marks([kept(told=9000, acknowledged=9100, over=9200)], (0, NOW), NOW, by_bed=True)
    figure = timeline_figure(found, (0, NOW), ZoneInfo("Asia/Tokyo"), rows=["1"], by_bed=True)
    bars = {trace.name: trace for trace in figure.data if trace.type == "bar"}
    assert list(bars) == ["High priority, active", "High priority, acknowledged", "High priority, latched"]
    assert bars["High priority, active"].base == ("1970-01-01T11:30:00.000",)
    assert bars["High priority, acknowledged"].x == (100_000,)
    shapes = {name: (bar.marker.pattern.shape, bar.marker.color) for name, bar in bars.items()}
    assert len(set(shapes.values())) == 3  # told apart without their colour
    assert all(trace.customdata == ("1/a/asystole/9000",) for trace in figure.data)
    assert "JST" in figure.layout.xaxis.title.text


def test_zooming_outlives_a_refresh_but_not_another_period() -> None:
    def revision(hours: float, later: float, by_bed: bool = True) -> str:
        period = (NOW + later - 3600 * hours, NOW + later)
        return timeline_figure([], period, UTC, rows=[], by_bed=by_bed).layout.uirevision

    assert revision(1, 0) == revision(1, 5.37)
    assert len({revision(1, 0), revision(8, 0), revision(1, 0, by_bed=False)}) == 3


def test_names_that_look_like_tags_stay_text() -> None:
    one = kept(bed="<b>1")
    figure = timeline_figure(marks([one], (0, NOW), NOW, by_bed=True), (0, NOW), UTC, rows=["<b>1"], by_bed=True)
    assert figure.layout.yaxis.ticktext == ("&lt;b&gt;1",)
    assert "&lt;b&gt;1" in hover_one(one, UTC)


def test_an_alarm_in_words() -> None:
    assert fate(kept(), UTC) == "going on"
    assert fate(kept(told=60, over=120), UTC) == "over 00:02:00, not acknowledged"
    assert (
        fate(kept(told=60, acknowledged=90, over=120, ended=120), UTC) == "acknowledged 00:01:30 by Kim, over 00:02:00"
    )
    assert "2 Asystole<br>1 Heart rate high" in hover_many([kept(), kept("hr_high"), kept()], UTC)
    assert [duration(seconds) for seconds in (0.4, 59.4, 245, 12_000)] == ["0 s", "59 s", "4:05 min", "3:20 h"]
    assert event_path("a b/c/1") == "/event/a%20b%2Fc%2F1"


def test_the_list_is_filtered_by_priority_kind_and_verdict() -> None:
    one = kept()
    assert Filter().keeps(one, "")
    assert Filter("high", "asystole", "none").keeps(one, "")
    assert Filter(verdict="false").keeps(one, "false")
    assert not any(Filter(**other).keeps(one, "false") for other in ({"priority": "low"}, {"kind": "pause"}))
    assert not any(Filter(verdict=other).keeps(one, "false") for other in ("none", "true"))
