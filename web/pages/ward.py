"""The ward: a tile for each bed. The tiles are made in the browser as beds come (``assets/ward.js``)."""

from typing import Any, Final

from dash import Dash, html

from web.settings import Settings
from web.words import NAME

PATH: Final = "/"


def title(**_: Any) -> str:
    """Name the window."""
    return f"Ward · {NAME}"


def layout(**_: Any) -> html.Section:
    """Lay out an empty ward, with what to do about it."""
    return html.Section(
        [
            _arranging(),
            html.Div(id="tiles", className="tiles"),
            html.Div(
                [
                    html.H1("Waiting for beds."),
                    html.P(["Start one: ", html.Code("cardiovision simulate")]),
                ],
                id="empty",
                className="empty",
            ),
        ],
        id="page",
        className="ward",
        **{"data-page": "ward"},
    )


def _arranging() -> html.Div:
    """Lay out what is said while the beds are arranged, hidden."""
    return html.Div(
        [
            html.Span("Drag a bed, or move it with ◀ ▶. Order and names are the same on every screen."),
            html.Span(className="answer", role="status"),
            html.Button("Usual order and names", className="usual", type="button"),
            html.Button("Done", className="done", type="button"),
        ],
        id="arranging",
        className="arranging",
        hidden=True,
    )


def register(app: Dash, settings: Settings) -> None:
    """Nothing is asked of the server."""
