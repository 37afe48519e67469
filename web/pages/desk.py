"""Replay desk."""

from typing import Any, Final

from dash import Dash, html

from web.settings import Settings
from web.words import NAME

PATH: Final = "/replay"


def title(**_: Any) -> str:
    """Name the window."""
    return f"Replay desk · {NAME}"


def layout(**_: Any) -> html.Section:
    """Lay out the page."""
    return html.Section([html.H1("Replay desk")], id="page", className="desk-page", **{"data-page": "desk"})


def register(app: Dash, settings: Settings) -> None:
    """Have the server answer what the page asks."""
