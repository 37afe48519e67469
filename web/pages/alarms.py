"""The alarms of the ward or of one bed over time, and how they did."""

import asyncio
import time
from datetime import datetime, tzinfo
from typing import Any, Final
from urllib.parse import urlencode

import msgspec
from dash import Dash, Input, Output, dcc, html, no_update
from dash.development.base_component import Component

from stream.errors import CardioVisionError
from stream.limits import ALARMS
from stream.report import report
from web.components.alarmtable import HEADINGS, PAGE, Filter, alarm_rows, figures_of, verdict_of
from web.components.alarmwords import MARKS, PRIORITIES, VERDICTS
from web.components.figure import empty_figure, heard_by
from web.components.timeline import Mark, marks, rows_of, timeline_figure
from web.kept import MOST, Kept, Period, zone_named
from web.settings import Settings
from web.words import NAME

PATH: Final = "/alarms"

HOURS: Final = {1.0: "1 hour", 8.0: "8 hours", 24.0: "24 hours", 168.0: "7 days"}
USUAL_HOURS: Final = 8.0
LONGEST_HOURS: Final = 90 * 24.0


class Asked(msgspec.Struct, frozen=True):
    """What the browser asks for: which alarms, and how they are to be shown.

    ``seen`` is what the timeline shows now, in local time of ``zone``, the name of the viewer's time zone.
    """

    bed: str = ""
    hours: float = USUAL_HOURS
    zone: str = "UTC"
    seen: tuple[str, str] | None = None
    page: int = 0
    priority: str = ""
    kind: str = ""
    verdict: str = ""


def title(**_: Any) -> str:
    """Name the window."""
    return f"Alarms · {NAME}"


def layout(bed: str = "", hours: str = "", **_: Any) -> html.Section:
    """Lay out the page of a bed's alarms, or of the ward's; of the last ``hours``."""
    period = read_hours(hours)
    return html.Section(
        [
            dcc.Store(id="timeline-asked"),
            _heading(bed, period),
            html.Section(
                [
                    _key(),
                    html.Div(
                        dcc.Graph(
                            id="timeline-figure",
                            figure=empty_figure(""),
                            config={"displaylogo": False, "modeBarButtonsToRemove": ["select2d", "lasso2d"]},
                        ),
                        className="timeline-scroll",
                    ),
                ],
                className="timeline",
                **{"aria-label": "Timeline; the list below has the same alarms"},
            ),
            html.Div(
                [_list(), html.Section(id="alarm-report", tabIndex=0, **{"aria-label": "How the alarms did"})],
                className="below",
            ),
        ],
        id="page",
        className="alarms-page",
        **{"data-page": "alarms", "data-bed": bed, "data-hours": f"{period:g}"},
    )


def read_hours(text: str) -> float:
    """Read how many hours are asked for; the usual number if that is none."""
    try:
        hours = float(text)
    except ValueError:
        return USUAL_HOURS
    return hours if 0 < hours <= LONGEST_HOURS else USUAL_HOURS


def register(app: Dash, settings: Settings) -> None:
    """Have the server read the journal each time the browser asks, and the browser answer to clicks."""
    kept = Kept(settings)

    @app.callback(  # type: ignore[untyped-decorator]
        Output("timeline-figure", "figure"),
        Output("timeline-note", "children"),
        Output("timeline-beds", "children"),
        Output("alarm-report", "children"),
        Output("alarm-rows", "children"),
        Output("alarm-pages", "children"),
        Output("timeline-note", "data-answered"),
        Input("timeline-asked", "data"),
        prevent_initial_call=True,
    )
    async def show(data: Any) -> Any:
        return await asyncio.to_thread(shown, kept, data, time.time())

    app.clientside_callback(
        heard_by("timeline", "click"), Input("timeline-figure", "clickData"), prevent_initial_call=True
    )
    app.clientside_callback(
        heard_by("timeline", "zoomed"), Input("timeline-figure", "relayoutData"), prevent_initial_call=True
    )


def shown(kept: Kept, data: Any, now: float) -> tuple[Any, ...]:
    """Answer the browser: figure, sentence, beds, report, rows, pages, and when (UTC seconds).

    What cannot be read is told in the place of the sentence; what was there before stays.
    """
    try:
        asked = msgspec.convert(data, Asked)
        period = kept.period(now - 3600 * asked.hours, now, asked.bed or None)
    except (CardioVisionError, msgspec.ValidationError, OverflowError) as error:
        return empty_figure(""), f"{error}."[0:1].upper() + f"{error}."[1:], *(no_update for _ in range(4)), str(now)
    zone = zone_named(asked.zone)
    seen, by_bed = _seen(asked, zone, period), not asked.bed
    found = marks(period.alarms, seen or (period.since, now), now, by_bed=by_bed)
    rows = rows_of(period.alarms, list(period.hours) if by_bed else None)
    told = [alarm for alarm in period.alarms if alarm.told >= period.since]
    verdicts = {name: verdict for name in period.verdicts if (verdict := verdict_of(period.verdicts, name))}
    figures = report(told, verdicts, period.hours, since=period.since, until=now)  # type: ignore[arg-type]
    wanted = Filter(asked.priority, asked.kind, asked.verdict)
    listed = [alarm for alarm in period.alarms if wanted.keeps(alarm, verdicts.get(alarm.alarm.id, ""))]
    page = min(max(asked.page, 0), max(len(listed) - 1, 0) // PAGE)
    return (
        timeline_figure(found, (period.since, now), zone, rows=rows, by_bed=by_bed, seen=seen),
        sentence(period, found),
        [html.Option("Whole ward", value=""), *(html.Option(bed, value=bed) for bed in _beds(kept, period, asked))],
        figures_of(figures),
        alarm_rows(listed[page * PAGE : (page + 1) * PAGE], period.verdicts, now, zone),
        _pages(page, len(listed)),
        str(now),
    )


def sentence(period: Period, found: list[Mark]) -> str:
    """Say how many alarms there are, and what of them is not drawn each by itself."""
    count = len(period.alarms)
    if not count:
        return "No alarms in this period."
    text = f"{count:,} alarm{'s' if count > 1 else ''}."
    if count >= MOST:
        text = f"The newest {MOST:,} alarms: choose a shorter period or one bed to see those before."
    if any(not mark.id for mark in found):
        text += " Those close together share a bar, with their number; zoom in to see each."
    return text


def _beds(kept: Kept, period: Period, asked: Asked) -> list[str]:
    """All beds there are, also while the alarms of one are shown."""
    if asked.bed:
        with kept.journal() as journal:
            return sorted({opened.bed for opened in journal.streams()} | {asked.bed})
    return sorted({*period.hours, *(alarm.alarm.bed for alarm in period.alarms)})


def _seen(asked: Asked, zone: tzinfo, period: Period) -> tuple[float, float] | None:
    """What the timeline shows, in UTC seconds, not further from the period than its length; None if that is nothing."""
    if asked.seen is None:
        return None
    try:
        begin, end = (datetime.fromisoformat(text[:23]).replace(tzinfo=zone).timestamp() for text in asked.seen)
    except (ValueError, OverflowError):
        return None
    span = period.until - period.since
    begin, end = max(begin, period.since - span), min(end, period.until + span)
    return (begin, end) if begin < end else None


def _pages(page: int, count: int) -> list[Component]:
    """Say which alarms are listed, and let others be."""
    last = max(count - 1, 0) // PAGE

    def turn(text: str, to: int) -> html.Button:
        return html.Button(text, type="button", disabled=not 0 <= to <= last, **{"data-go": str(to)})

    first = page * PAGE + 1
    words = f"{first:,} to {min(first + PAGE - 1, count):,} of {count:,}" if count else "None"
    return [turn("‹ Newer", page - 1), html.Span(words), turn("Older ›", page + 1)]


def _heading(bed: str, period: float) -> html.Div:
    choices = [
        html.A(
            text,
            href=f"{PATH}?{urlencode({'bed': bed, 'hours': f'{hours:g}'} if bed else {'hours': f'{hours:g}'})}",
            className="pill",
            **({"aria-current": "true"} if hours == period else {}),
        )
        for hours, text in HOURS.items()
    ]
    return html.Div(
        [
            html.H1("Alarms"),
            html.Label(["of ", html.Select([], id="timeline-beds")], className="choice"),
            html.Nav(choices, className="pills", **{"aria-label": "Period"}),
            html.Span("Reading the journal…", id="timeline-note", className="note", role="status"),
        ],
        className="heading",
    )


def _key() -> html.Ul:
    """Explain symbols and fillings."""
    shapes = {"high": "▼", "medium": "◆", "low": "●", "technical": "✕"}
    priorities = [
        html.Li([html.Span(shapes[name], className=f"priority-{name}", **{"aria-hidden": "true"}), f" {words}"])
        for name, words in PRIORITIES.items()
    ]
    fillings = {"active": "active", "acknowledged": "acknowledged", "latched": "over, not acknowledged"}
    parts = [
        html.Li([html.Span(className=f"swatch {name}", **{"aria-hidden": "true"}), f" {words}"])
        for name, words in fillings.items()
    ]
    return html.Ul([*priorities, *parts], className="key", **{"aria-label": "Key"})


def _list() -> html.Section:
    kinds = [html.Option(kind.title, value=name) for name, kind in ALARMS.items()]
    priorities = [html.Option(f"{MARKS[name]} {words}", value=name) for name, words in PRIORITIES.items()]
    verdicts = [html.Option("Not judged", value="none")]
    verdicts += [html.Option(words, value=name) for name, words in VERDICTS.items()]
    return html.Section(
        [
            html.Div(
                [
                    _filter("Priority", "priority", [html.Option("Any", value=""), *priorities]),
                    _filter("Kind", "kind", [html.Option("Any", value=""), *kinds]),
                    _filter("Found", "verdict", [html.Option("Any", value=""), *verdicts]),
                    html.Span(className="spring"),
                    html.Div(id="alarm-pages", className="pages"),
                ],
                className="filters",
            ),
            html.Div(
                html.Table(
                    [
                        html.Thead(html.Tr([html.Th(text, scope="col") for text in HEADINGS])),
                        html.Tbody(id="alarm-rows"),
                    ],
                    className="alarm-table",
                ),
                className="alarm-table-scroll",
                tabIndex=0,
                role="region",
                **{"aria-label": "List of alarms"},
            ),
        ],
        className="alarm-list",
    )


def _filter(label: str, name: str, options: list[html.Option]) -> html.Label:
    return html.Label([label, html.Select(options, id=f"filter-{name}", **{"data-filter": name})], className="choice")
