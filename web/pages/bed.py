"""One bed in depth: its leads on ECG paper, live or frozen, its numbers and alarms, its beats, trends and counts."""

from typing import Any, Final
from urllib.parse import unquote

from dash import Dash, html

from web import waves
from web.components.alarmbar import key_button
from web.components.because import explanation_panel
from web.components.limits import limits_dialog
from web.components.monitor import monitor, ruler_dialog
from web.components.trends import counts_panel, trend_panel
from web.settings import Settings
from web.words import CLASSES, NAME, class_words

PATH: Final = "/bed/<bed>"

ROWS = 10
"""Rows of the list of recent beats: a fixed number, so that nothing jumps."""

TABS: Final = {"beats": "Beats and explanation", "trend": "Trend", "counts": "Counts per hour"}
"""What is under the traces, one panel at a time."""

COLUMNS = ("Time", "Class", "Sure", "RR ms", "Truth")


def title(bed: str = "", **_: Any) -> str:
    """Name the window."""
    return f"{unquote(bed)} · {NAME}"


def layout(bed: str = "", **_: Any) -> html.Section:
    """Lay out the page of one bed; ``bed`` is its name as it stands in the address, percent-encoded."""
    return html.Section(
        [
            monitor(unquote(bed)),
            _numbers(),
            _below(),
            limits_dialog(),
            ruler_dialog(),
        ],
        id="page",
        className="bed",
        **{"data-page": "bed", "data-bed": unquote(bed), "data-state": "waiting"},
    )


def register(app: Dash, settings: Settings) -> None:
    """Serve what is kept of the bed."""
    waves.register(app, settings)


def _below() -> html.Div:
    """Lay out what is under the traces: one panel at a time."""
    explanation = explanation_panel("Latest abnormal beat", "No abnormal beat yet")
    panels = {"beats": html.Div([_beats(), explanation], className="reading"), "trend": trend_panel()}
    panels["counts"] = counts_panel()
    tabs = [
        html.Button(
            text,
            id=f"tab-{name}",
            type="button",
            role="tab",
            **{"aria-controls": f"panel-{name}", "aria-selected": str(n == 0).lower()},
        )
        for n, (name, text) in enumerate(TABS.items())
    ]
    return html.Div(
        [
            html.Div(
                [
                    html.Div(tabs, className="tabs", id="tabs", role="tablist", **{"aria-label": "What is seen here"}),
                    html.Button("More room for traces", id="fold", type="button", **{"aria-expanded": "true"}),
                ],
                className="tab-row",
            ),
            *(
                html.Div(
                    panel,
                    id=f"panel-{name}",
                    className="bed-panel",
                    hidden=name != "beats",
                    role="tabpanel",
                    **{"aria-labelledby": f"tab-{name}"},
                )
                for name, panel in panels.items()
            ),
        ],
        className="under",
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
    head = [*map(html.Th, COLUMNS), html.Th(html.Span("Explanation", className="unseen"))]
    body = [html.Tr([html.Td("") for _ in head]) for _ in range(ROWS)]
    return html.Div(
        [
            html.H2(["Recent beats ", html.Span(id="beats-held", className="note")]),
            html.Table(
                [html.Thead(html.Tr(head)), html.Tbody(body, id="beats")],
            ),
        ],
        className="beats",
    )
