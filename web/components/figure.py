"""The looks that all Plotly figures share."""

from typing import Final

import plotly.graph_objects as go

INK: Final = "#e8eef2"
QUIET: Final = "#9fb0ba"
FAINT: Final = "#22303a"
EDGE: Final = "#6f818c"
GREEN: Final = "#3df58a"
CYAN: Final = "#4fd8ff"
YELLOW: Final = "#ffd34d"
RED: Final = "#ff6b5e"
ORANGE: Final = "#ff9d4d"
VIOLET: Final = "#c9a4ff"
"""The colours of the dark theme in ``style.css``. Use these and no others for lines, marks and text in a figure:
``assets/figures.css`` makes those of the light theme of them in the browser."""

PAPER: Final = "rgba(0,0,0,0)"


def empty_figure(text: str) -> go.Figure:
    """Make a figure of the same looks that only says something."""
    figure = go.Figure()
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
    figure.add_annotation(text=text, showarrow=False, font={"size": 16, "color": QUIET})
    return dress(figure, "")


def heard_by(module: str, function: str) -> str:
    """JavaScript for ``clientside_callback`` that hands a figure's event to a script of ``assets``.

    Dash may draw a figure, and tell of it, before the browser has loaded our scripts: what it tells then is not missed.
    """
    return f"(told) => window.dash_clientside.{module}?.{function}(told)"


def dress(figure: go.Figure, text: str = "") -> go.Figure:
    """Give a figure the screen's looks, and a title."""
    figure.update_layout(
        title={"text": text, "font": {"size": 16}, "x": 0.01, "y": 0.98},
        paper_bgcolor=PAPER,
        plot_bgcolor=PAPER,
        font={"color": INK, "family": "system-ui, sans-serif", "size": 13},
        margin={"l": 60, "r": 10, "t": 34, "b": 42},
        showlegend=False,
        uirevision="kept",
    )
    figure.update_xaxes(gridcolor=FAINT, zerolinecolor=EDGE)
    figure.update_yaxes(gridcolor=FAINT, zerolinecolor=FAINT, nticks=4)
    return figure
