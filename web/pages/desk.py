"""The replay desk: choose what is played as which bed, and steer all beds that are played."""

from typing import Any, Final

from dash import Dash, html

from web.desk import Desk, scenarios
from web.settings import Settings
from web.words import NAME

PATH: Final = "/replay"

SPEEDS: Final = {0.5: "0.5×", 1.0: "1×", 2.0: "2×", 5.0: "5×", 10.0: "10×", 50.0: "50×", 0.0: "fastest"}
"""Choices of speed: seconds of ECG per second; 0 is as fast as it goes."""

COLUMNS: Final = ("Record", "Length", "Leads", "Hz", "Annotations", "")


def title(**_: Any) -> str:
    """Name the window."""
    return f"Replay desk · {NAME}"


def layout(**_: Any) -> html.Section:
    """Lay out the page; the browser code in ``assets/desk.js`` fills it."""
    return html.Section(
        [
            html.H1("Replay desk", className="unseen"),
            html.Div([_records(), _elsewhere()], className="desk-choose"),
            html.Div([_tray(), _at_play()], className="desk-play"),
        ],
        id="page",
        className="desk",
        **{"data-page": "desk"},
    )


def register(app: Dash, settings: Settings) -> None:
    """Have the server do what the page asks."""
    Desk(settings).serve(app.server)


def _records() -> html.Section:
    headings = [html.Th(text or html.Span("Choose", className="unseen"), scope="col") for text in COLUMNS]
    return html.Section(
        [
            html.Div(
                [
                    html.H2("Records", id="desk-records-heading"),
                    html.Span(id="desk-found", className="note", role="status"),
                    html.Span(className="spring"),
                    html.Label(
                        ["Find", _written("desk-find", "mitdb 11", "search")],
                        className="choice",
                    ),
                ],
                className="desk-heading",
            ),
            html.P(id="desk-no-folder", className="note", hidden=True),
            html.Div(
                html.Table(
                    [html.Thead(html.Tr(headings)), html.Tbody(id="desk-records")],
                    **{"aria-labelledby": "desk-records-heading"},
                ),
                className="desk-list",
                tabIndex=0,
                role="region",
                **{"aria-labelledby": "desk-records-heading"},
            ),
        ],
        className="desk-card desk-shelf",
    )


def _elsewhere() -> html.Section:
    """Lay out the ways to records that are not on the server yet, and to simulated ones."""
    shipped = [
        html.Option(f"{name} ({count} bed{'s' if count > 1 else ''})", value=f"{name} {count}")
        for name, count in scenarios().items()
    ]
    return html.Section(
        [
            html.Form(
                [
                    html.Label(["From PhysioNet", _written("desk-physionet-name", "mitdb/100", "text")]),
                    html.Button("Choose", type="submit"),
                ],
                id="desk-physionet",
                className="desk-way",
            ),
            html.Form(
                [
                    html.Label(["Simulated", html.Select(shipped, id="desk-scenario-name")]),
                    html.Button("Choose", type="submit"),
                ],
                id="desk-scenario",
                className="desk-way",
            ),
            html.Div(
                [
                    html.Label(
                        [
                            html.Span("Upload"),
                            html.Span("drop .hea, .dat and .atr of a record here, or press to choose them; or a .csv"),
                        ],
                        htmlFor="desk-files",
                        id="desk-drop",
                        className="desk-drop",
                    ),
                    html.Progress(id="desk-uploading", hidden=True, **{"aria-label": "Uploading"}),
                ],
                className="desk-way",
                id="desk-upload",
            ),
            html.P(id="desk-choice-answer", className="desk-answer", role="alert"),
        ],
        className="desk-card",
        **{"aria-label": "Records from elsewhere"},
    )


def _tray() -> html.Form:
    return html.Form(
        [
            html.Div([html.H2("To start"), html.Span(id="desk-chosen", className="note")], className="desk-heading"),
            html.Ul(id="desk-tray-items", className="desk-items"),
            html.Div(
                [
                    html.Label(["Speed", _speeds("desk-speed")], className="choice"),
                    html.Label([html.Span(id="desk-loop"), "Loop: begin again at the end"], className="choice"),
                    html.Span(className="spring"),
                    html.Button("Clear", type="button", id="desk-clear"),
                    html.Button("Start", type="submit", id="desk-start", className="desk-start"),
                ],
                className="desk-acts",
            ),
            html.P(id="desk-start-answer", className="desk-answer", role="alert"),
        ],
        id="desk-tray",
        className="desk-card desk-tray",
        hidden=True,
        **{"aria-label": "To start"},
    )


def _at_play() -> html.Section:
    return html.Section(
        [
            html.Div(
                [
                    html.H2("At play", id="desk-play-heading"),
                    html.Span(id="desk-count", className="note", role="status"),
                ],
                className="desk-heading",
            ),
            html.Ul(id="desk-faults", className="desk-items"),
            html.P(
                "Nothing is played. Choose a record, give it a bed, and start it.", id="desk-none", className="note"
            ),
            html.Ul(id="desk-beds", className="desk-beds"),
            html.Div([_speeds("desk-speeds")], hidden=True),
        ],
        className="desk-card",
        **{"aria-labelledby": "desk-play-heading"},
    )


def _speeds(name: str) -> html.Select:
    return html.Select([html.Option(words, value=f"{speed:g}") for speed, words in SPEEDS.items()], id=name)


def _written(name: str, example: str, kind: str) -> html.Span:
    """Make a place for an input: Dash has no plain one, the browser code puts it there."""
    return html.Span(id=name, **{"data-input": kind, "data-example": example})
