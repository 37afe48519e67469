"""One alarm, looked at again: its strip, its life, the beats it rests on, and what people find it to be."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import tzinfo
from typing import Annotated, Any, Final
from urllib.parse import quote, unquote

import msgspec
from dash import ClientsideFunction, Dash, Input, Output, dcc, html, no_update
from dash.development.base_component import Component
from fastapi import FastAPI, Query, Response
from plotly.graph_objects import Figure

from stream.archive.export import Format, on_paper
from stream.archive.records import Excerpt
from stream.errors import CardioVisionError
from stream.messages import Message, encode_frame
from stream.paper import Strip
from web.components.alarmlife import facts, heading, life_list, verdict_list
from web.components.alarmtable import event_path
from web.components.alarmwords import VERDICTS
from web.components.because import explanation_panel
from web.components.figure import empty_figure
from web.components.strip import Look, strip_figure
from web.kept import Kept, Life, zone_named
from web.settings import Settings
from web.words import NAME, class_words

PATH: Final = "/event/<alarm>"

EXPORTS: Final[dict[Format, str]] = {"wfdb": "WFDB record", "csv": "CSV", "png": "PNG", "pdf": "PDF"}

TYPES: Final = {
    "wfdb": "application/zip",
    "csv": "text/csv; charset=utf-8",
    "png": "image/png",
    "svg": "image/svg+xml",
    "pdf": "application/pdf",
}

SETTLED: Final = 120.0
"""Seconds after which no strip is to come any more."""


class Asked(msgspec.Struct, frozen=True):
    """What the browser asks for.

    Attributes
    ----------
    alarm
        Its id.
    zone
        Name of the viewer's time zone.
    width, pixels
        CSS pixels across, and in a millimetre.
    drawn
        What strip is drawn already, as :class:`Told` said it.
    """

    alarm: str
    zone: str = "UTC"
    width: float = 1000.0
    pixels: float = 96 / 25.4
    drawn: str = ""


class Told(msgspec.Struct, frozen=True):
    """What the browser is told beside what it shows.

    Attributes
    ----------
    alarm, bed, stream, fs, epoch
        As in alarm and stream.
    first
        First sample of the strip.
    beat
        Sample of the beat to explain first; None if the alarm rests on none.
    pending
        Whether more of the strip is to come.
    top
        How far down the strip the alarm begins, in CSS pixels.
    drawn
        What strip is drawn.
    """

    alarm: str
    bed: str = ""
    stream: str = ""
    fs: float = 0.0
    epoch: float = 0.0
    first: int = 0
    beat: int | None = None
    pending: bool = False
    top: int = 0
    drawn: str = ""


def title(**_: Any) -> str:
    """Name the window."""
    return f"Alarm · {NAME}"


def layout(alarm: str = "", **_: Any) -> html.Section:
    """Lay out the page of an alarm; ``alarm`` is its id as it stands in the address, percent-encoded."""
    return html.Section(
        [
            dcc.Store(id="event-asked"),
            html.Div(id="event-told", hidden=True, **{"data-told": ""}),
            html.Div(
                [
                    html.Div(id="event-heading", className="event-name"),
                    html.Nav(
                        [
                            html.A("← Alarm before", id="event-before", **{"aria-keyshortcuts": "ArrowLeft"}),
                            html.A("Alarm after →", id="event-after", **{"aria-keyshortcuts": "ArrowRight"}),
                        ],
                        className="steps",
                        **{"aria-label": "Alarms of this bed on either side"},
                    ),
                ],
                className="heading",
            ),
            html.Div(
                [_strip(), _chosen(), explanation_panel("Why a beat was called so", "")], className="event-signal"
            ),
            html.Aside([_facts(), _verdict(), _life(), _export()], className="event-words"),
        ],
        id="page",
        className="event-page",
        **{"data-page": "event", "data-alarm": unquote(alarm)},
    )


def register(app: Dash, settings: Settings) -> None:
    """Have the server read journal and archive when the browser asks, and hand out files."""
    kept = Kept(settings)
    backend: FastAPI = app.server

    @app.callback(  # type: ignore[untyped-decorator]
        Output("event-heading", "children"),
        Output("event-strip", "figure"),
        Output("event-note", "children"),
        Output("event-facts", "children"),
        Output("event-life", "children"),
        Output("event-verdicts", "children"),
        Output("event-beats", "children"),
        Output("event-export", "children"),
        Output("event-before", "href"),
        Output("event-after", "href"),
        Output("event-told", "data-told"),
        Input("event-asked", "data"),
        prevent_initial_call=True,
    )
    async def show(data: Any) -> Any:
        return await asyncio.to_thread(shown, kept, data, time.time())

    app.clientside_callback(
        ClientsideFunction("event", "click"), Input("event-strip", "clickData"), prevent_initial_call=True
    )

    @backend.get("/kept/strip")
    def strip(alarm: str, form: Annotated[Format, Query(alias="format")] = "wfdb", zone: str = "UTC") -> Response:
        try:
            name, data = kept.export(alarm, form, zone_named(zone))
        except CardioVisionError as error:
            return Response(f"{error}\n", status_code=404, media_type="text/plain; charset=utf-8")
        disposition = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
        return Response(data, media_type=TYPES[form], headers={"Content-Disposition": disposition})

    @backend.get("/kept/explanation")
    def explanation(alarm: str, sample: int) -> Response:
        found: list[Message] = []
        try:
            told = kept.explanation(alarm, sample)
            found = [told] if told else []
        except CardioVisionError:
            pass  # the detector may still remember
        return Response(encode_frame(found), media_type="application/msgpack", headers={"Cache-Control": "no-store"})


def shown(kept: Kept, data: Any, now: float) -> tuple[Any, ...]:
    """Answer the browser; what cannot be read is told in the place of the strip."""
    try:
        asked = msgspec.convert(data, Asked)
        life = kept.life(asked.alarm)
    except (CardioVisionError, msgspec.ValidationError) as error:
        name = data.get("alarm", "") if isinstance(data, dict) else ""
        empty: list[Any] = [[]] * 5
        unknown = msgspec.json.encode(Told(str(name))).decode()
        return [html.H1("Alarm")], _no_strip(), _said(error), *empty, "", "", unknown
    zone = zone_named(asked.zone)
    alarm, opened, first_told = life.alarm, life.opened, life.revisions[0][0]
    began = _began(life, first_told)
    excerpt: Excerpt | None = None
    cut, note = False, ""
    try:
        excerpt, cut = kept.strip(alarm, opened)
    except CardioVisionError as error:
        note = _said(error)
    pending = not cut and now - first_told < SETTLED
    if pending:
        note = "The strip is still being recorded: it goes on until 10 s after the announcement."
    elif not note and opened is not None and opened.speed != 1:
        note = "Not played in real time: times on the strip are the stream's own."
    figure: Any = _no_strip()
    drawn, top = "", 0
    if excerpt is not None:
        look = Look.within(asked.width, asked.pixels)
        strip = _on_paper(excerpt, life, zone)
        drawn = f"{alarm.id} {strip.values.shape} {len(strip.beats)} {strip.marks} {look}"
        span = (alarm.onset, alarm.announced if alarm.ended is None else alarm.ended)
        first = excerpt.first
        rests_on = {sample - first for sample in alarm.beats}
        figure = strip_figure(strip, (span[0] - first, span[1] - first), rests_on, look)
        top = look.top(strip, span[0] - first)
    told = Told(
        alarm.id,
        alarm.bed,
        alarm.stream,
        opened.fs if opened else 0.0,
        opened.epoch if opened else 0.0,
        excerpt.first if excerpt else 0,
        _telling(life),
        pending,
        top,
        drawn,
    )
    return (
        heading(alarm, first_told, zone),
        no_update if drawn and drawn == asked.drawn else figure,
        note,
        facts(alarm, opened, life.beat, life.rhythm, life.quality, life.beats),
        life_list(life.revisions, began, zone),
        verdict_list(life.verdicts, zone),
        _beats(life),
        _exports(alarm.id, asked.zone) if cut else [html.Span("Nothing to export.", className="note")],
        event_path(life.before) if life.before else "",
        event_path(life.after) if life.after else "",
        msgspec.json.encode(told).decode(),
    )


def _on_paper(excerpt: Excerpt, life: Life, zone: tzinfo) -> Strip:
    """Make of the ECG what is drawn: with the journal's beats if it has any, and the marks of the alarm's life."""
    alarm, first, count = life.alarm, excerpt.first, excerpt.samples.shape[1]
    strip = on_paper(excerpt, zone, "")
    beats = [(beat.sample - first, beat.label) for beat in life.beats if 0 <= beat.sample - first < count]
    marks = [(alarm.onset - first, "began"), (alarm.announced - first, "announced")]
    if alarm.announced == alarm.onset:
        marks = [(alarm.onset - first, "began and announced")]
    if alarm.ended is not None:
        marks.append((alarm.ended - first, "over"))
    return replace(strip, beats=beats or strip.beats, marks=marks)


def _began(life: Life, told: float) -> float | None:
    """When the condition began, by the hub's clock, in which the rest of its life is told."""
    if life.opened is None:
        return None
    seconds = (life.alarm.announced - life.alarm.onset) / life.opened.fs
    return told - seconds / (life.opened.speed or 1.0)


def _telling(life: Life) -> int | None:
    """The beat that tells most: the last that is not normal, else the last."""
    normal = {beat.sample for beat in life.beats if beat.label == "N"}
    odd = [sample for sample in life.alarm.beats if sample not in normal]
    return next(iter((odd or list(life.alarm.beats))[-1:]), None)


def _said(error: Exception) -> str:
    text = str(error)
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith('.') else '.'}"


def _beats(life: Life) -> list[Component]:
    """Let the beats that an alarm rests on be chosen, the last first chosen."""
    labels = {beat.sample: beat.label for beat in life.beats}
    return [
        html.Button(
            class_words(labels[sample]) if sample in labels else "beat",
            type="button",
            **{"data-sample": str(sample), "aria-pressed": "false"},
        )
        for sample in life.alarm.beats
    ] or [html.Span("This alarm rests on no single beats.", className="note")]


def _exports(alarm: str, zone: str) -> Sequence[Component]:
    return [
        html.A(
            text,
            href=f"/kept/strip?alarm={quote(alarm, safe='')}&format={form}&zone={quote(zone, safe='')}",
            download="",
            className="button",
            **{"data-format": form},
        )
        for form, text in EXPORTS.items()
    ]


def _no_strip() -> Figure:
    return empty_figure("").update_layout(height=40, width=40)


def _strip() -> html.Section:
    return html.Section(
        [
            html.Div(
                [
                    html.H2("Strip, 25 mm/s and 10 mm/mV"),
                    html.Span("Reading the journal…", id="event-note", className="note", role="status"),
                    html.Span(className="spring"),
                    html.Output("", id="event-measured", className="measured"),
                    html.Button(
                        ["Measure", html.Kbd("M", **{"aria-hidden": "true"})],
                        id="event-measure",
                        type="button",
                        title="Measure time and voltage on the strip (key M)",
                        **{"aria-pressed": "false", "aria-keyshortcuts": "M"},
                    ),
                ],
                className="heading",
            ),
            html.Div(
                dcc.Graph(
                    id="event-strip",
                    figure=_no_strip(),
                    config={
                        "displaylogo": False,
                        "scrollZoom": False,
                        "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d"],
                    },
                ),
                id="event-paper",
                className="event-paper",
                tabIndex=0,
                role="region",
                **{"aria-label": "Strip of the alarm"},
            ),
        ],
        className="event-strip",
    )


def _chosen() -> html.Section:
    return html.Section(
        html.Div(
            [html.H2("Beats it rests on"), html.Div(id="event-beats", className="event-beats")], className="heading"
        ),
        className="event-chosen",
    )


def _facts() -> html.Section:
    return html.Section([html.H2("At its onset"), html.Dl(id="event-facts")])


def _life() -> html.Section:
    return html.Section([html.H2("Its life"), html.Ol(id="event-life")])


def _verdict() -> html.Section:
    choices = [html.Button(words, type="button", **{"data-say": name}) for name, words in VERDICTS.items()]
    return html.Section(
        [
            html.H2("What was it?"),
            html.Ul(id="event-verdicts"),
            html.Label(["Comment", html.Span(id="event-comment")]),
            html.Div(choices, className="verdicts", id="event-say"),
            html.Span(id="event-answer", className="answer", role="status"),
        ],
        **{"aria-label": "Adjudication"},
    )


def _export() -> html.Section:
    return html.Section(
        [
            html.H2("Take the strip out"),
            html.Div(id="event-export", className="event-export"),
        ]
    )
