"""The ward: a tile for each bed. The tiles are made in the browser as beds come (``assets/ward.js``)."""

from typing import Any

from dash import html


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
