"""The panel of one explanation: its sentence, the figure, class probabilities, reasons, and pictures to download.

It stands on the pages of a bed and of a beat; ``assets/explain.js`` puts what the detector said into its store, and the
server draws it.
"""

import json
from typing import Any, Final

import msgspec
from dash import Dash, Input, Output, State, ctx, dcc, html
from dash.development.base_component import Component
from plotly.graph_objects import Figure

from stream.checks import Refused, check_explanation
from stream.messages import Explanation
from web.components.explanation import explanation_figure
from web.components.figure import empty_figure
from web.components.picture import SIZE, file_name, picture
from web.components.probabilities import probability_list
from web.components.reasons import reason_list
from web.components.sentence import sentence

FORMATS: Final = {"save-png": "png", "save-svg": "svg"}


UNFIT: Final = (msgspec.ValidationError, Refused, ValueError, OverflowError)
"""What is raised for something that is no explanation."""


class Asked(msgspec.Struct, frozen=True):
    """What the browser puts into the store: the explanation, the sampling rate of its stream, when the beat was."""

    message: Explanation
    fs: float
    when: str = ""


def explanation_panel(heading: str, empty: str, *, whole: bool = False) -> html.Div:
    """Lay out the panel: what stands over it, and what the figure says while there is nothing to show.

    ``whole``: it is what its page is for; what changes in it is said to those who hear the page.
    """
    name = html.H1 if whole else html.H2
    live = {"aria-live": "polite"} if whole else {}
    return html.Div(
        [
            html.Div(
                [
                    name(heading, id="explanation-heading", **live),
                    html.Button("Follow latest", id="follow", type="button", hidden=True),
                    html.A("Open this beat", id="beat-link", className="to-beat"),
                    html.Span(className="spring"),
                    *(
                        html.Button(
                            kind.upper(), id=button, type="button", disabled=True, title=f"Download as {kind.upper()}"
                        )
                        for button, kind in FORMATS.items()
                    ),
                ],
                className="heading",
            ),
            html.P(id="sentence", className="sentence", **live),
            html.Div(
                [
                    html.Div(
                        dcc.Graph(
                            id="explanation-figure",
                            figure=empty_figure(empty),
                            config={"displayModeBar": False, "responsive": True},
                        ),
                        className="figure",
                        role="img",
                        **{"aria-label": "The beat, lead under lead, with its heat and the usual beat beneath it"},
                    ),
                    html.Div(
                        [
                            html.Div(id="probabilities", className="probabilities"),
                            html.Div(id="reasons", className="reasons"),
                        ],
                        className="beside",
                        tabIndex=0,
                        role="group",
                        **{"aria-label": "Probabilities and reasons"},
                    ),
                ],
                className="because",
            ),
            dcc.Store(id="explanation"),
            html.Div(id="picture", hidden=True, **{"data-picture": ""}),
        ],
        className="explanation",
    )


def register(app: Dash) -> None:
    """Have the server draw each explanation that the browser puts into the store, and its picture on request."""

    @app.callback(  # type: ignore[untyped-decorator]
        Output("explanation-figure", "figure"),
        Output("reasons", "children"),
        Output("sentence", "children"),
        Output("probabilities", "children"),
        *(Output(button, "disabled") for button in FORMATS),
        Input("explanation", "data"),
        prevent_initial_call=True,
    )
    def draw(data: Any) -> tuple[Any, ...]:
        figure, *rest = drawn(data)
        return figure, *rest, not rest[1], not rest[1]

    @app.callback(  # type: ignore[untyped-decorator]
        Output("picture", "data-picture"),
        *(Input(button, "n_clicks") for button in FORMATS),
        State("explanation", "data"),
        prevent_initial_call=True,
    )
    def save(png: int | None, svg: int | None, data: Any) -> str:
        return saved(data, FORMATS.get(ctx.triggered_id, "png"), (png or 0) + (svg or 0))


def drawn(data: Any) -> tuple[Figure, list[Component], str, list[Component]]:
    """Draw what came from the browser, list its reasons, say its sentence, list the probabilities.

    If it is no explanation, a figure says so and the rest is empty; if there is none, the figure is empty too.
    """
    if data is None:
        return empty_figure(""), [], "", []
    try:
        asked = _asked(data)
        told = asked.message
        return explanation_figure(told, asked.fs), reason_list(told), sentence(told), probability_list(told)
    except UNFIT:
        return empty_figure("This explanation could not be drawn."), [], "", []


def saved(data: Any, kind: str, number: int) -> str:
    """Write as JSON what the browser needs for a picture: figure, format, size, file name; "" if there is none.

    ``number`` makes one that is asked for again another text, so that the browser sees it.
    """
    try:
        asked = _asked(data)
        figure = picture(asked.message, asked.fs, asked.when)
    except UNFIT:
        return ""
    name = file_name(asked.message, kind)
    size = {"width": SIZE[0], "height": SIZE[1], "scale": 2 if kind == "png" else 1}
    return json.dumps(
        {"figure": json.loads(figure.to_json()), "options": {"format": kind, **size}, "name": name, "number": number}
    )


def _asked(data: Any) -> Asked:
    asked = msgspec.convert(data, Asked)
    check_explanation(asked.message)
    return asked
