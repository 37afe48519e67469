"""Beat lab: a file of beats, named and explained; the table beside the beat that was chosen in it.

Files come over plain HTTP (:mod:`web.beatlab.routes`). ``assets/lab.js`` puts into a store how they are looked at, and
the callbacks here draw what that comes to. They are asynchronous, so that no other page waits for them.
"""

import asyncio
import atexit
import json
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
from web.beatlab.files import BeatFile, Files
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
from web.components.beatlayout import FORMATS, beat, bring, facts, filters, heading
from web.components.beattable import Shown, beat_table, percent
from web.components.explanation import explanation_figure
from web.components.figure import empty_figure
from web.components.picture import SIZE, picture
from web.settings import Settings
from web.words import NAME, class_words

PATH: Final = "/lab"

NO_BEAT: Final = "No beat is so"


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
            heading(),
            html.Div([bring(), facts()], className="lab-source"),
            html.Div(
                [
                    html.Section(
                        [filters(), html.Div(id="lab-table")], className="lab-list", **{"aria-label": "Table"}
                    ),
                    beat(),
                    html.Section(id="lab-confusion", className="lab-confusion", **{"aria-label": "Confusion table"}),
                ],
                id="lab-desk",
                className="lab-desk",
                hidden=True,
            ),
            html.Div(id="lab-card-place"),
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
        Output("lab-chosen", "children"),
        Output("lab-shares", "children"),
        Input("lab-asked", "data"),
        prevent_initial_call=True,
    )
    async def tell_beat(data: Any) -> tuple[list[Component], Any]:
        asked, file = _asked(files, data)
        if file is None or file.results is None:
            return [], []
        row, label = await asyncio.to_thread(_chosen, file.results, asked.view)
        return ([], []) if row is None else (chosen_words(file.results, row), probabilities(file.results, row, label))

    @app.callback(  # type: ignore[untyped-decorator]
        Output("lab-figure", "figure"), Input("lab-asked", "data"), prevent_initial_call=True
    )
    async def draw_beat(data: Any) -> Figure:
        asked, file = _asked(files, data)
        return empty_figure("") if file is None else await _drawn_beat(files, file, asked)

    @app.callback(  # type: ignore[untyped-decorator]
        Output("lab-picture", "data-picture"),
        *(Input(button, "n_clicks") for button in FORMATS),
        State("lab-asked", "data"),
        prevent_initial_call=True,
    )
    async def save(png: int | None, svg: int | None, data: Any) -> str:
        asked, file = _asked(files, data)
        kind = FORMATS.get(ctx.triggered_id, "png")
        try:
            told = await _saved(files, file, asked, kind) if file else {}
        except (CardioVisionError, ValueError):
            told = {}  # the browser then says that there is none
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


async def _drawn_beat(files: Files, file: BeatFile, asked: Asked) -> Figure:
    """Draw the chosen beat with the heat of the class asked for."""
    assert file.results is not None
    row, label = await asyncio.to_thread(_chosen, file.results, asked.view)
    if row is None:
        return empty_figure(NO_BEAT)
    try:
        figure = explanation_figure(await _explained(files, file, row, label, asked.fs), asked.fs)
    except (CardioVisionError, ValueError) as error:
        return empty_figure(str(error))
    return figure.update_layout(title_text=f"What in it spoke for {class_words(label)}")


async def _saved(files: Files, file: BeatFile, asked: Asked, kind: str) -> dict[str, Any]:
    """What the browser needs for a picture of the chosen beat; nothing if there is none."""
    assert file.results is not None
    row, label = await asyncio.to_thread(_chosen, file.results, asked.view)
    if row is None:
        return {}
    explanation = await _explained(files, file, row, label, asked.fs)
    figure = picture(explanation, asked.fs, f"row {row + 1:,}", place=file.name)
    named = AAMI[file.results.label[row]]
    if label != named:
        share = percent(float(file.results.confidence[row]))
        figure.update_layout(title_text=f"{class_words(named)}, {share}: what in it spoke for {class_words(label)}")
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
        leads=("",),
        fs=fs,
        start=0,
        wave=pack(wave),
        heat=pack(heat),
        row=row + 1,
        truth=None if results.truth is None else AAMI[results.truth[row]],
        probabilities=tuple(results.probabilities[row].tolist()),
    )
