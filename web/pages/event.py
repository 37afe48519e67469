"""Alarm."""

from typing import Any, Final

from dash import Dash, html

from web.settings import Settings
from web.words import NAME

PATH: Final = "/event/<alarm>"


def title(**_: Any) -> str:
    """Name the window."""
    return f"Alarm · {NAME}"


def layout(**_: Any) -> html.Section:
    """Lay out the page."""
    return html.Section([html.H1("Alarm")], id="page", className="event-page", **{"data-page": "event"})


def register(app: Dash, settings: Settings) -> None:
    """Have the server answer what the page asks."""
