"""One alarm, looked at again: its strip, its life, the beats it rests on, and what people find it to be."""

import asyncio
import time
from typing import Annotated, Any, Final
from urllib.parse import quote, unquote

from dash import Dash, Input, Output, dcc, html
from fastapi import FastAPI, Query, Response

from stream.archive.export import Format
from stream.errors import CardioVisionError
from stream.messages import Message, encode_frame
from web import review
from web.components.alarmwords import VERDICTS
from web.components.because import explanation_panel
from web.components.figure import heard_by
from web.kept import Kept, zone_named
from web.review import no_strip
from web.settings import Settings
from web.words import NAME

PATH: Final = "/event/<alarm>"

TYPES: Final = {
    "wfdb": "application/zip",
    "csv": "text/csv; charset=utf-8",
    "png": "image/png",
    "svg": "image/svg+xml",
    "pdf": "application/pdf",
}


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
        return await asyncio.to_thread(review.shown, kept, data, time.time())

    app.clientside_callback(heard_by("event", "click"), Input("event-strip", "clickData"), prevent_initial_call=True)

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
                    figure=no_strip(),
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
