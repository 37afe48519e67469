"""The page of an alarm: its strip is true to scale, its life is told in order, and what is lacking is said."""

import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
import pytest
from msgspec.structs import replace
from past import EPOCH, FS, alarm, beat, opened, write_archive, write_journal

from stream.messages import Quality, Verdict
from stream.paper import Strip
from web import review
from web.components.alarmlife import quality_words, steps
from web.components.strip import BUTTONS, LEFT, Look, strip_figure, thinned
from web.kept import Kept
from web.settings import Settings

LOOK = Look(seconds=4, pixels=4.0)


def strip(seconds: float = 10.0, leads: int = 2, **fields) -> Strip:
    """Pulses of 1 mV and 0.2 s, one a second."""
    t = np.arange(int(seconds * FS)) / FS
    values = np.tile(np.where(t % 1 < 0.2, 1.0, 0.0), (leads, 1))
    names = [f"lead {k}" for k in range(leads)]
    return Strip(values, FS, names, datetime(2026, 11, 22, 14, 3, 5, tzinfo=UTC), **fields)


def traces(figure: go.Figure, name: str) -> list[go.Scatter]:
    return [trace for trace in figure.data if trace.name == name]


def test_a_second_is_25_mm_and_a_millivolt_10_mm() -> None:
    figure = strip_figure(strip(), (500, 1000), (), LOOK)
    (lead,) = traces(figure, "lead 0")
    x, y = np.array(lead.x, float), np.array(lead.y, float)
    assert np.nanmax(x) == pytest.approx(4 * 25 - 25 / FS)
    first_row = y[: int(4 * FS)]
    assert first_row.max() - first_row.min() == pytest.approx(10)
    pixels = figure.layout.width / np.diff(figure.layout.xaxis.range)
    assert pixels == pytest.approx(LOOK.pixels, rel=1e-3)
    assert (figure.layout.height - BUTTONS) / np.diff(figure.layout.yaxis.range) == pytest.approx(LOOK.pixels, rel=1e-3)
    assert (figure.layout.xaxis.dtick, figure.layout.xaxis.minor.dtick) == (5, 1)


def test_rows_follow_each_other_and_no_line_joins_them() -> None:
    figure = strip_figure(strip(), (500, 1000), (), LOOK)
    (lead,) = traces(figure, "lead 0")
    told, y = np.array(lead.customdata, float), np.array(lead.y, float)
    assert np.isnan(y).sum() == 2  # between three rows
    known = told[~np.isnan(y)]
    np.testing.assert_allclose(known[:, 0], (np.arange(2500) - 500) / FS)  # seconds from the onset, without a break
    np.testing.assert_array_equal(known[:, 1], strip().values[0])


def test_beats_are_labelled_above_their_row_and_those_the_alarm_rests_on_marked() -> None:
    figure = strip_figure(strip(beats=[(250, "N"), (1250, "V")]), (1250, 1500), {1250, 99}, LOOK)
    (beats,), (rests,) = traces(figure, "beats"), traces(figure, "rests on")
    assert beats.text == ("N", "<b>V</b>")
    assert beats.x == (25.0, 25.0)  # the second a row below
    assert beats.y[1] < beats.y[0]
    assert rests.customdata == (1250,)


def test_rows_are_as_long_as_the_paper_is_wide() -> None:
    assert Look.within(1000, 4.0).seconds == 9
    assert Look.within(1000, 4.0).right == 1000 / 4 - LEFT
    assert (Look.within(10, 4.0).seconds, Look.within(1e9, 4.0).seconds) == (3, 30)
    assert LOOK.top(strip(), 1250) == round(figure_row(strip()) * 4.0) + BUTTONS


def figure_row(one: Strip) -> float:
    """Height of a row in mm."""
    return -(min(strip_figure(one, (0, 0), (), Look(seconds=30)).layout.yaxis.range) + 2)


def test_thinning_keeps_what_sticks_out() -> None:
    values = np.zeros(10_000)
    values[4321], values[77], values[5000:6000] = 5.0, -3.0, np.nan
    at, kept = thinned(values, 1000)
    assert len(at) <= 1000
    assert (np.diff(at) >= 0).all()
    assert kept[at == 4321] == 5.0
    assert kept[at == 77] == -3.0
    assert np.isnan(kept[(at > 5100) & (at < 5900)]).all()
    np.testing.assert_array_equal(thinned(values[:500], 1000)[0], np.arange(500))


def test_a_life_is_told_step_by_step() -> None:
    first = alarm(latching=True)
    latched = replace(first, revision=2, text="worse", state="latched", ended=7000)
    over = replace(latched, revision=3, state="ended", acknowledged=True, by="Kim")
    assert steps([(24, first), (30, latched), (40, over)], 20) == [
        (20, "The condition began"),
        (24, "Announced: asystole 5000"),
        (30, "Now: worse"),
        (30, "The condition was over, and it stays until acknowledged"),
        (40, "Acknowledged by Kim"),
        (40, "Ended"),
    ]
    assert quality_words(event_quality("noisy", "off", "good"), opened()) == "II noisy, V1 off"
    assert quality_words(event_quality("good"), None) == "all good"


def event_quality(*leads: str) -> Quality:
    return Quality(bed="1", stream="a", sample=0, leads=leads)


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    """An alarm with its strip, after one without."""
    told = alarm(beats=(5900, 6000))
    words = [
        (EPOCH, opened()),
        (EPOCH + 2, alarm("hr_high", onset=100)),
        (EPOCH + 20, beat(5900, "V")),
        (EPOCH + 21, beat(6000)),
        (EPOCH + 24, told),
        (EPOCH + 60, Verdict(bed="1", alarm=told.id, verdict="false", comment="<b>noise", by="Lee")),
    ]
    journal = write_journal(tmp_path / "journal.sqlite", words)
    archive = write_archive(tmp_path / "archive", 4000, np.tile(np.arange(6000) % 400, (2, 1)), [told])
    return Kept(Settings("ws://127.0.0.1:1", journal=journal, archive=archive))


def told_of(answer: tuple) -> dict:
    return json.loads(answer[-1])


def test_the_page_shows_what_is_kept(kept: Kept) -> None:
    answer = review.shown(kept, {"alarm": "1/a/asystole/5000", "zone": "Asia/Tokyo"}, EPOCH + 3600)
    written = json.dumps(answer, default=lambda part: part.to_plotly_json(), ensure_ascii=False)
    assert "*** " in written
    assert "07:13:44" in written  # EPOCH + 24 s in Tokyo
    assert "False alarm" in written
    assert "<b>noise" in written  # as text: Dash escapes it
    assert all(f"format={form}" in written for form in ("wfdb", "csv", "png", "pdf"))
    assert answer[8] == "/event/1%2Fa%2Fhr_high%2F100"
    assert answer[9] == ""
    told = told_of(answer)
    assert (told["beat"], told["first"], told["pending"], told["fs"]) == (5900, 4000, False, FS)
    (beats,) = traces(answer[1], "beats")
    assert beats.customdata == (1900, 2000)


def test_a_strip_that_is_drawn_already_is_not_sent_again(kept: Kept) -> None:
    data = {"alarm": "1/a/asystole/5000"}
    first = review.shown(kept, data, EPOCH + 3600)
    again = review.shown(kept, data | {"drawn": told_of(first)["drawn"]}, EPOCH + 3600)
    assert isinstance(first[1], go.Figure)
    assert not isinstance(again[1], go.Figure)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"alarm": "other"}, "No alarm 'other' is in the journal"),
        ({"alarm": 3}, "Expected `str`, got `int`"),
        ("nonsense", "Expected `object`, got `str`"),
    ],
)
def test_what_cannot_be_shown_is_told_in_a_sentence(kept: Kept, data: object, said: str) -> None:
    answer = review.shown(kept, data, EPOCH)
    assert answer[2].startswith(said)
    assert answer[3:8] == ([], [], [], [], [])


def test_without_waves_all_else_is_shown(kept: Kept) -> None:
    answer = review.shown(kept, {"alarm": "1/a/hr_high/100"}, EPOCH + 3600)
    assert answer[2].startswith("No ECG of this alarm is kept")
    assert told_of(answer)["pending"] is False
    assert told_of(review.shown(kept, {"alarm": "1/a/hr_high/100"}, EPOCH + 10))["pending"] is True
