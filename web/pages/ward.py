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


def register(app: Dash, settings: Settings) -> None:
    """Nothing is asked of the server."""
