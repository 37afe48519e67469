"""One beat: what in it made the model say what it said, and the beats on either side."""

from typing import Any, Final
from urllib.parse import quote, unquote

from dash import Dash, dcc, html

from web.components import because
from web.components.because import explanation_panel
from web.settings import Settings
from web.words import NAME

PATH: Final = "/beat/<bed>/<stream>/<sample>"


def title(bed: str = "", **_: Any) -> str:
    """Name the window."""
    return f"Beat of {unquote(bed)} · {NAME}"


def layout(bed: str = "", stream: str = "", sample: str = "", **_: Any) -> html.Section:
    """Lay out the page of one beat; names are as they stand in the address, percent-encoded."""
    bed, stream = unquote(bed), unquote(stream)
    return html.Section(
        [
            html.Div(
                [
                    dcc.Link(f"‹ {bed}", href=f"/bed/{quote(bed, safe='')}", className="back"),
                    html.Nav(
                        [
                            _step("beat-before", "← Beat before", "Left"),
                            _step("beat-after", "Beat after →", "Right"),
                        ],
                        className="steps",
                        **{"aria-label": "Beats on either side"},
                    ),
                    html.Span(id="beat-place", className="note"),
                ],
                className="heading",
            ),
            explanation_panel("Asking the detector…", "", whole=True),
        ],
        id="page",
        className="beat-page",
        **{"data-page": "beat", "data-bed": bed, "data-stream": stream, "data-sample": sample},
    )


def register(app: Dash, settings: Settings) -> None:
    """Have the server draw explanations, of this page and of a bed's."""
    because.register(app)


def _step(name: str, text: str, key: str) -> html.A:
    """Make a link to the beat on one side; the browser code knows where it leads."""
    return html.A(text, id=name, title=f"{text} (key {key})", **{"aria-keyshortcuts": f"Arrow{key}"})
