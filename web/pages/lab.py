"""Beat lab: a file of beats, named and explained; the table beside the beat that was chosen in it.

Files come over plain HTTP (:mod:`web.beatlab.routes`). ``assets/lab.js`` puts into a store how they are looked at, and
the callbacks here draw what that comes to. They are asynchronous, so that no other page waits for them.
"""

import asyncio
import atexit
import json
from collections.abc import Iterable
from pathlib import PurePath
from typing import Any, Final

import msgspec
import numpy as np
from dash import Dash, Input, Output, State, ctx, dcc, html
from dash.development.base_component import Component
from numpy.typing import NDArray
from plotly.graph_objects import Figure

from stream.errors import CardioVisionError
from stream.messages import AAMI, Explanation, pack
from web.beatlab.files import MAX_BYTES, BeatFile, Files
from web.beatlab.model import about
from web.beatlab.results import Results, View
from web.beatlab.routes import GONE, add_routes
from web.components.beatfacts import (
    card_dialog,
    chosen_words,
    confusion_table,
    model_words,
    probabilities,
    understood,
)
from web.components.beattable import Shown, beat_table
from web.components.explanation import explanation_figure
from web.components.figure import empty_figure
from web.components.picture import SIZE, picture
from web.settings import Settings
from web.words import NAME, class_words

PATH: Final = "/lab"

FORM: Final = (
    "A CSV file with one beat a row: its samples as numbers (187, 216 or any number of them), and in the last column "
    f"its class, 0 to 4 or N S V F Q, if it is known. Up to {MAX_BYTES // 2**20} MiB; it stays on this server, and is "
    "removed after an hour without use."
)
NO_BEAT: Final = "No beat is so"

LABELS: Final = (("auto", "found by themselves"), ("last", "in the last column"), ("none", "none in the file"))
FORMATS: Final = {"lab-png": "png", "lab-svg": "svg"}
SHOW: Final = (("all", "all beats"), ("different", "disagreements"), ("same", "agreements"))


class Asked(msgspec.Struct, frozen=True):
    """What the browser puts into the store: a file, the turn in which it was read, how it is looked at."""

    file: str
    turn: int
    fs: float = 125.0
    view: View = View()


def title(**_: Any) -> str:
    """Name the window."""
    return f"Beat lab · {NAME}"


def layout(**_: Any) -> html.Section:
    """Lay out the page; what stands in it comes with a file."""
    return html.Section(
        [
            _heading(),
            html.Div(id="lab-card-place"),
            html.Div([_bring(), _facts()], className="lab-source"),
            html.Div(
                [
                    html.Section(
                        [_filters(), html.Div(id="lab-table")], className="lab-list", **{"aria-label": "Table"}
                    ),
                    _beat(),
                    html.Section(id="lab-confusion", className="lab-confusion", **{"aria-label": "Confusion table"}),
                ],
                id="lab-desk",
                className="lab-desk",
                hidden=True,
            ),
            dcc.Store(id="lab-begin", data=True),
            dcc.Store(id="lab-file"),
            dcc.Store(id="lab-asked"),
        ],
        id="page",
        className="lab-page",
        **{"data-page": "lab"},
    )


def register(app: Dash, settings: Settings) -> None:
    """Have the server take files, and answer what the page asks of them."""
    files = Files(settings.model)
    atexit.register(files.close)
    add_routes(app.server, files)

    @app.callback(  # type: ignore[untyped-decorator]
        Output("lab-model", "children"), Output("lab-card-place", "children"), Input("lab-begin", "data")
    )
    async def tell_model(_: Any) -> tuple[list[Component], Component]:
        told = await asyncio.to_thread(about, settings.model)
        return model_words(told), card_dialog(told)

    @app.callback(  # type: ignore[untyped-decorator]
        Output("lab-understood", "children"),
        Output("lab-confusion", "children"),
        Input("lab-file", "data"),
        prevent_initial_call=True,
    )
    async def tell_file(data: Any) -> tuple[list[Component], list[Component]]:
        file = files.get(data["file"]) if isinstance(data, dict) else None
        if file is None:
            return [], []
        return understood(file), confusion_table(file.results) if file.results else []

    @app.callback(  # type: ignore[untyped-decorator]
        Output("lab-table", "children"), Input("lab-asked", "data"), prevent_initial_call=True
    )
    async def tell_table(data: Any) -> Component:
        asked, file = _asked(files, data)
        return (
            html.P(GONE, className="note") if file is None else await asyncio.to_thread(_drawn_table, file, asked.view)
        )

    @app.callback(  # type: ignore[untyped-decorator]
        Output("lab-figure", "figure"),
        Output("lab-chosen", "children"),
        Output("lab-shares", "children"),
        Input("lab-asked", "data"),
        prevent_initial_call=True,
    )
    async def tell_beat(data: Any) -> tuple[Figure, list[Component], Any]:
        asked, file = _asked(files, data)
        if file is None:
            return empty_figure(""), [], []
        return await _drawn_beat(files, file, asked)

    @app.callback(  # type: ignore[untyped-decorator]
        Output("lab-picture", "data-picture"),
        *(Input(button, "n_clicks") for button in FORMATS),
        State("lab-asked", "data"),
        prevent_initial_call=True,
    )
    async def save(png: int | None, svg: int | None, data: Any) -> str:
        asked, file = _asked(files, data)
        kind = FORMATS.get(ctx.triggered_id, "png")
        told = await _saved(files, file, asked, kind) if file else {}
        return json.dumps({**told, "number": (png or 0) + (svg or 0)})  # the same again is another text


def _asked(files: Files, data: Any) -> tuple[Asked, BeatFile | None]:
    """What the browser asks, and the file it is about: None if it is gone or read anew, or that is no question."""
    try:
        asked = msgspec.convert(data, Asked)
    except msgspec.ValidationError:
        return Asked("", 0), None
    file = files.get(asked.file)
    return asked, file if file and file.results and file.turn == asked.turn else None


def _drawn_table(file: BeatFile, view: View) -> Component:
    assert file.results is not None
    shown = Shown.of(file.results, view)
    samples: NDArray[np.float32] = np.load(file.samples, mmap_mode="r")
    return beat_table(file.results, view, shown, [samples[row] for row in shown.rows])


async def _drawn_beat(files: Files, file: BeatFile, asked: Asked) -> tuple[Figure, list[Component], Any]:
    """Draw the chosen beat with the heat of the class asked for, and how sure the model was of each."""
    assert file.results is not None
    row, label = await asyncio.to_thread(_chosen, file.results, asked.view)
    if row is None:
        return empty_figure(NO_BEAT), [], []
    words, shares = chosen_words(file.results, row), probabilities(file.results, row, label)
    try:
        figure = explanation_figure(await _explained(files, file, row, label, asked.fs), asked.fs)
    except (CardioVisionError, ValueError) as error:
        return empty_figure(str(error)), words, shares
    figure.update_layout(title_text=f"What in it spoke for {class_words(label)}")
    return figure, words, shares


async def _saved(files: Files, file: BeatFile, asked: Asked, kind: str) -> dict[str, Any]:
    """What the browser needs for a picture of the chosen beat; nothing if there is none."""
    assert file.results is not None
    row, label = await asyncio.to_thread(_chosen, file.results, asked.view)
    if row is None:
        return {}
    explanation = await _explained(files, file, row, label, asked.fs)
    figure = picture(explanation, asked.fs, f"row {row + 1:,}", place=file.name)
    size = {"width": SIZE[0], "height": SIZE[1], "scale": 2 if kind == "png" else 1}
    name = f"{PurePath(file.name).stem}-row-{row + 1}-{label}.{kind}"
    return {"figure": json.loads(figure.to_json()), "options": {"format": kind, **size}, "name": name}


def _chosen(results: Results, view: View) -> tuple[int | None, str]:
    """The chosen row, from 0, and the class to explain it for."""
    row = Shown.of(results, view).chosen
    return row, "" if row is None else view.explain or AAMI[results.label[row]]


async def _explained(files: Files, file: BeatFile, row: int, label: str, fs: float) -> Explanation:
    """Have a row explained, as the detector would tell it.

    Raises
    ------
    WorkError
        If it could not be.
    """
    assert file.results is not None
    results = file.results
    wave, heat = await asyncio.wrap_future(files.worker.ask("explain", file.samples, row, AAMI.index(label)))
    return Explanation(
        bed=file.name,
        stream=file.token,
        sample=0,
        label=label,
        confidence=float(results.probabilities[row, AAMI.index(label)]),
        leads=("value",),
        fs=fs,
        start=0,
        wave=pack(wave),
        heat=pack(heat),
        row=row + 1,
        truth=None if results.truth is None else AAMI[results.truth[row]],
        probabilities=tuple(results.probabilities[row].tolist()),
    )


def _heading() -> html.Div:
    return html.Div(
        [
            html.H1("Beat lab"),
            html.Div(id="lab-model", className="lab-model"),
            html.Button("Model card", id="lab-card-open", type="button"),
        ],
        className="lab-heading",
    )


def _bring() -> html.Div:
    """Lay out where a file is dropped or chosen; small once there is one."""
    return html.Div(
        [
            html.H2("Drop a file of beats here", id="lab-drop"),
            html.Div(
                [
                    html.Button("Choose a file…", id="lab-choose", type="button"),
                    html.Button("Try an example", id="lab-example", type="button"),
                ],
                className="lab-acts",
            ),
            html.P(
                [FORM, " ", html.A("See an example.", href="/lab/example.csv", download="example.csv")],
                id="lab-form",
                className="note",
            ),
            html.Div(
                [html.Progress(id="lab-progress", **{"aria-label": "Progress"}), html.Span(id="lab-stage")],
                id="lab-working",
                className="lab-working",
                role="status",
                hidden=True,
            ),
            html.P(id="lab-error", className="lab-error", role="alert", hidden=True),
        ],
        className="lab-bring",
    )


def _facts() -> html.Div:
    """Lay out what was understood of the file, and what can be set right of it."""
    return html.Div(
        [
            html.Div(id="lab-understood", className="lab-understood"),
            html.Div(
                [
                    html.Label(["Sampling rate ", html.Span(id="lab-rate"), " Hz"], className="choice"),
                    html.Label(["Labels ", _select("lab-labels", LABELS)], className="choice"),
                    html.A("Results as CSV", id="lab-results", href="#", className="as-button", download=""),
                    html.Button("Close file", id="lab-close", type="button"),
                ],
                className="lab-acts",
            ),
        ],
        id="lab-facts",
        className="lab-facts",
        hidden=True,
    )


def _filters() -> html.Div:
    classes = [("", "any"), *((label, class_words(label)) for label in AAMI)]
    return html.Div(
        [
            html.Label(["Predicted ", _select("lab-by-label", classes)], className="choice"),
            html.Label(["Labelled ", _select("lab-by-truth", classes)], className="choice needs-labels"),
            html.Label(["Show ", _select("lab-only", SHOW)], className="choice needs-labels"),
            html.Button("Clear", id="lab-clear", type="button", title="Take all filters away"),
        ],
        className="lab-filters",
        role="group",
        **{"aria-label": "Filters"},
    )


def _beat() -> html.Section:
    """Lay out the chosen beat."""
    return html.Section(
        [
            html.Div(
                [
                    html.Button(
                        ["‹ Previous", html.Kbd("←")], id="lab-previous", type="button", title="Beat before (key ←)"
                    ),
                    html.Button(["Next ›", html.Kbd("→")], id="lab-next", type="button", title="Next beat (key →)"),
                    html.Label(["Go to row ", html.Span(id="lab-goto")], className="choice"),
                    html.Span(className="spring"),
                    html.Button("PNG", id="lab-png", type="button", title="Download the picture as PNG"),
                    html.Button("SVG", id="lab-svg", type="button", title="Download the picture as SVG"),
                ],
                className="lab-acts",
            ),
            html.H2(id="lab-chosen", className="lab-chosen"),
            html.Div(
                dcc.Graph(
                    id="lab-figure", figure=empty_figure(""), config={"displayModeBar": False, "responsive": True}
                ),
                className="lab-figure",
            ),
            html.Div(id="lab-shares"),
            html.Div(id="lab-picture", hidden=True, **{"data-picture": ""}),
        ],
        className="lab-beat",
        **{"aria-label": "The chosen beat"},
    )


def _select(name: str, options: Iterable[tuple[str, str]]) -> html.Select:
    return html.Select([html.Option(text, value=value) for value, text in options], id=name)
