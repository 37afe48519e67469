"""Beat lab."""

from typing import Any, Final

from dash import Dash, html

from web.settings import Settings
from web.words import NAME

PATH: Final = "/lab"


def title(**_: Any) -> str:
    """Name the window."""
    return f"Beat lab · {NAME}"


def layout(**_: Any) -> html.Section:
    """Lay out the page."""
    return html.Section([html.H1("Beat lab")], id="page", className="lab-page", **{"data-page": "lab"})


def register(app: Dash, settings: Settings) -> None:
    """Have the server answer what the page asks."""
