"""The page of alarms: what it answers to what the browser asks."""

import json
from pathlib import Path
from typing import Any

import pytest
from dash import no_update
from past import EPOCH, alarm, opened, write_journal

from stream.messages import Verdict
from web.components.alarmtable import PAGE
from web.kept import Kept
from web.pages import alarms
from web.settings import Settings

FEED = "ws://127.0.0.1:1"
NOW = EPOCH + 3600


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """An hour of two beds: many low alarms of bed 1, a high one of bed 2 that was found false."""
    high = alarm("asystole", "2", 5000)
    words = [(EPOCH, opened()), (EPOCH, opened("2"))]
    words += [(EPOCH + 10 + n, alarm("bigeminy", "1", n)) for n in range(PAGE + 5)]
    words += [(EPOCH + 500, high), (EPOCH + 600, Verdict(bed="2", alarm=high.id, verdict="false", by="Lee"))]
    path = tmp_path_factory.mktemp("journal") / "journal.sqlite"
    return Kept(Settings(FEED, journal=write_journal(path, words)))


def rows(answer: tuple[Any, ...]) -> list[str]:
    """Ids of the alarms that are listed."""
    return [getattr(row, "data-id") for row in answer[4]]


def written(part: Any) -> str:
    return json.dumps(part, default=lambda component: component.to_plotly_json(), ensure_ascii=False)


def test_the_ward_has_a_row_a_bed_and_the_newest_alarm_first(kept: Kept) -> None:
    answer = alarms.shown(kept, {"hours": 2.0}, NOW)
    assert answer[0].layout.yaxis.ticktext == ("1", "2")
    assert answer[1] == f"{PAGE + 6} alarms."
    assert [option.value for option in answer[2]] == ["", "1", "2"]
    assert rows(answer)[0] == "2/a/asystole/5000"
    assert "False alarm" in written(answer[4][0])
    assert len(rows(answer)) == PAGE
    assert f"1 to {PAGE} of {PAGE + 6}" in written(answer[5])


def test_one_bed_has_a_row_a_kind(kept: Kept) -> None:
    answer = alarms.shown(kept, {"hours": 2.0, "bed": "2"}, NOW)
    assert answer[0].layout.yaxis.ticktext == ("Asystole",)
    assert [option.value for option in answer[2]] == ["", "1", "2"]  # the others can still be chosen
    assert rows(answer) == ["2/a/asystole/5000"]
    assert "100%" in written(answer[3])  # of those judged were false


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        ({"priority": "high"}, 1),
        ({"kind": "bigeminy", "page": 1}, 5),
        ({"kind": "bigeminy", "page": 99}, 5),  # the last page there is
        ({"kind": "bigeminy", "page": -1}, PAGE),
        ({"verdict": "false"}, 1),
        ({"verdict": "none", "page": 1}, 5),
        ({"verdict": "true"}, 0),
    ],
)
def test_the_list_is_filtered_and_paged(kept: Kept, wanted: dict[str, Any], count: int) -> None:
    assert len(rows(alarms.shown(kept, {"hours": 2.0} | wanted, NOW))) == count


def test_what_is_seen_is_what_is_drawn(kept: Kept) -> None:
    seen = ("2023-11-14T23:21:00.000", "2023-11-14T23:22:00.0001")  # EPOCH + 460 s in Vienna
    answer = alarms.shown(kept, {"hours": 2.0, "seen": seen, "zone": "Europe/Vienna"}, NOW)
    drawn = [name for trace in answer[0].data if trace.type == "scatter" for name in trace.customdata]
    assert drawn[0] == "2/a/asystole/5000"
    assert answer[0].layout.xaxis.range == ("2023-11-14T23:21:00.000", "2023-11-14T23:22:00.000")


@pytest.mark.parametrize("seen", [("x", "y"), ("2023-11-14", "2023-11-13"), ("0001-01-01", "9999-12-31T23:59:59")])
def test_what_cannot_be_seen_is_taken_for_all(kept: Kept, seen: tuple[str, str]) -> None:
    assert alarms.shown(kept, {"hours": 2.0, "seen": seen}, NOW)[1] == f"{PAGE + 6} alarms."


@pytest.mark.parametrize(("data", "said"), [("nonsense", "Expected `object`"), ({"hours": "x"}, "Expected `float`")])
def test_a_question_that_is_none_is_told_so(kept: Kept, data: object, said: str) -> None:
    answer = alarms.shown(kept, data, NOW)
    assert answer[1].startswith(said)
    assert set(answer[2:6]) == {no_update}


def test_hours_that_are_none_are_the_usual(tmp_path: Path) -> None:
    assert alarms.read_hours("24") == 24
    assert [alarms.read_hours(text) for text in ("", "x", "-1", "nan", "inf", "1e9")] == [alarms.USUAL_HOURS] * 6
    assert getattr(alarms.layout(bed="a/b", hours="24"), "data-bed") == "a/b"
