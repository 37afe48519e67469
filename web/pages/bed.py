"""One bed: two leads on ECG paper, its numbers, its beats, and why a beat was called what it was."""

from typing import Any, Final
from urllib.parse import unquote

import msgspec
from dash import Dash, Input, Output, dcc, html
from dash.development.base_component import Component
from plotly.graph_objects import Figure

from stream.messages import Explanation
from web.components.alarmbar import key_button
from web.components.explanation import explanation_figure
from web.components.figure import empty_figure
from web.components.limits import limits_dialog
from web.components.reasons import reason_list
from web.settings import Settings
from web.words import CLASSES, GAINS, NAME, SWEEPS, class_words

PATH: Final = "/bed/<bed>"

ROWS = 10
"""Rows of the list of recent beats: a fixed number, so that nothing jumps."""

COLUMNS = ("Time", "Class", "Sure", "RR ms", "Truth", "")


class Asked(msgspec.Struct, frozen=True):
    """What the browser puts into the store: the explanation, and the sampling rate of its stream."""

    message: Explanation
    fs: float


def title(bed: str = "", **_: Any) -> str:
    """Name the window."""
    return f"{unquote(bed)} · {NAME}"


def layout(bed: str = "", **_: Any) -> html.Section:
    """Lay out the page of one bed; ``bed`` is its name as it stands in the address, percent-encoded."""
    return html.Section(
        [
            html.Div([_heading(unquote(bed)), _traces()], className="monitor"),
            _numbers(),
            _beats(),
            _explanation(),
            limits_dialog(),
        ],
        id="page",
        className="bed",
        **{"data-page": "bed", "data-bed": unquote(bed)},
    )


def register(app: Dash, settings: Settings) -> None:
    """Have the server draw each explanation that the browser puts into the store."""

    @app.callback(  # type: ignore[untyped-decorator]
        Output("explanation-figure", "figure"),
        Output("reasons", "children"),
        Input("explanation", "data"),
        prevent_initial_call=True,
    )
    def draw(data: Any) -> tuple[Figure, list[Component]]:
        return drawn(data)


def drawn(data: Any) -> tuple[Figure, list[Component]]:
    """Draw what came from the browser, and list its reasons; if it is no explanation, a figure says so."""
    try:
        asked = msgspec.convert(data, Asked)
        return explanation_figure(asked.message, asked.fs), reason_list(asked.message)
    except (msgspec.ValidationError, ValueError, OverflowError):
        return empty_figure("This explanation could not be drawn."), []


def _heading(bed: str) -> html.Div:
    return html.Div(
        [
            html.A("‹ Ward", href="/", className="back"),
            html.H1(bed, id="bed-name"),
            html.Span(id="bed-title", className="note"),
            html.Span("waiting for this bed", id="bed-state", className="state", role="status"),
            html.Span(className="spring"),
            _choice("Lead", "lead-0", ()),
            _choice("Lead", "lead-1", ()),
            _choice("Speed", "sweep", tuple((f"{value:g}", f"{value:g} mm/s") for value in SWEEPS)),
            _choice("Gain", "gain", tuple((f"{value:g}", f"{value:g} mm/mV") for value in GAINS)),
        ],
        className="heading",
    )


def _choice(label: str, name: str, options: tuple[tuple[str, str], ...]) -> html.Label:
    return html.Label(
        [label, html.Select([html.Option(text, value=value) for value, text in options], id=name)],
        className="choice",
        id=f"{name}-choice",
    )


def _traces() -> html.Div:
    return html.Div(
        [
            html.Div(
                [
                    html.Canvas(className="paper", **{"aria-hidden": "true"}),
                    html.Canvas(className="sweep", id=f"trace-{row}", **{"aria-hidden": "true"}),
                    html.Span(className="lead-name"),
                    html.Span(className="lead-state"),
                ],
                className="strip",
                id=f"strip-{row}",
            )
            for row in range(2)
        ],
        className="strips",
    )


def _numbers() -> html.Aside:
    counts = [
        html.Div([html.Span(class_words(label), className=f"class-{label}"), html.B("0", id=f"count-{label}")])
        for label in CLASSES
    ]
    rate = [
        html.Div([html.H2("HR /min"), html.Span(id="bed-bell", className="bell")], className="tile-over"),
        html.Output("--", id="hr", className="hr", **{"aria-live": "off"}),
        html.Div(id="rhythm", className="rhythm"),
        html.Div(id="quality", className="quality"),
    ]
    return html.Aside(
        [
            html.Div(rate),
            _alarms(),
            html.Div(
                [
                    html.Div([html.H2("RR ms"), html.Output("--", id="rr", className="rr", **{"aria-live": "off"})]),
                    html.Div(
                        [
                            html.H2("Last beat"),
                            html.Output("--", id="last-class", className="last", **{"aria-live": "off"}),
                        ]
                    ),
                ],
                className="pair",
            ),
            html.Div([html.H2("Beats seen here"), *counts], className="counts"),
        ],
        className="numbers",
    )


def _alarms() -> html.Section:
    """Lay out the bed's alarms, the latest that ended among them, and what can be done about them."""
    return html.Section(
        [
            html.Div(
                [
                    key_button("bed-acknowledge", "Acknowledge", "A", "Acknowledge all alarms of this bed"),
                    key_button(
                        "bed-pause", "Pause audio", "P", "Pause the sound of this bed for 2 min, or end the pause"
                    ),
                    key_button("bed-limits", "Limits", "L", "Alarm limits of this bed"),
                ],
                className="acts",
            ),
            html.P("No alarms", id="bed-quiet", className="note"),
            html.Ul(id="bed-alarms", className="bed-alarms"),
        ],
        className="alarm-section",
        **{"aria-label": "Alarms of this bed"},
    )


def _beats() -> html.Div:
    body = [html.Tr([html.Td("") for _ in COLUMNS]) for _ in range(ROWS)]
    return html.Div(
        [
            html.H2(["Recent beats ", html.Span(id="beats-held", className="note")]),
            html.Table(
                [html.Thead(html.Tr([html.Th(text) for text in COLUMNS])), html.Tbody(body, id="beats")],
            ),
        ],
        className="beats",
    )


def _explanation() -> html.Div:
    return html.Div(
        [
            html.Div(
                [
                    html.H2("Latest abnormal beat, and what in it decided", id="explanation-heading"),
                    html.Button("Follow latest", id="follow", type="button", hidden=True),
                ],
                className="heading",
            ),
            html.Div(
                [
                    dcc.Graph(
                        id="explanation-figure",
                        figure=empty_figure("No abnormal beat yet"),
                        config={"displayModeBar": False, "responsive": True},
                        className="figure",
                    ),
                    html.Div(id="reasons", className="reasons"),
                ],
                className="because",
            ),
            dcc.Store(id="explanation"),
        ],
        className="explanation",
    )
