"""Alarms."""

from typing import Any, Final

from dash import Dash, html

from web.settings import Settings
from web.words import NAME

PATH: Final = "/alarms"


def title(**_: Any) -> str:
    """Name the window."""
    return f"Alarms · {NAME}"


def layout(**_: Any) -> html.Section:
    """Lay out the page."""
    return html.Section([html.H1("Alarms")], id="page", className="alarms-page", **{"data-page": "alarms"})


def register(app: Dash, settings: Settings) -> None:
    """Have the server answer what the page asks."""
