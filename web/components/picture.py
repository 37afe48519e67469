"""The picture of an explanation that is downloaded: all that the panel tells, on white paper, with its sentence."""

import re
import textwrap
from html import escape
from typing import Final

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from stream.messages import AAMI, Explanation
from web.components.explanation import Inks, draw_leads
from web.components.reasons import NAMES, sight
from web.components.sentence import sentence, sure
from web.words import DISCLAIMER, NAME, class_words

SIZE: Final = (1200, 675)
"""Width and height in pixels; PNG is drawn at twice as many."""

PAPER: Final = "#ffffff"
TEXT: Final = "#10181d"
GRID: Final = "#dfe6ea"
USUAL: Final = "#6b7c86"
FOR: Final = "#d9601a"
AGAINST: Final = "#1d7fa8"

LINE: Final = 116
"""Characters of the sentence on a line."""


def picture(explanation: Explanation, fs: float, when: str = "", *, place: str = "") -> go.Figure:
    """Draw the leads at the left, probabilities and reasons at the right, the sentence over them.

    Parameters
    ----------
    explanation, fs
        As for :func:`web.components.explanation.explanation_figure`.
    when
        When the beat was, in words, or nothing.
    place
        Where it is from, in words; its bed if not given.

    Raises
    ------
    ValueError
        As :func:`web.components.explanation.explanation_figure`.
    """
    leads = len(explanation.leads)
    rows = max(2, leads)
    figure = make_subplots(
        rows=rows,
        cols=2,
        specs=_places(leads),
        column_widths=[0.66, 0.34],
        vertical_spacing=0.14,
        horizontal_spacing=0.22,
    )
    draw_leads(figure, explanation, fs, {"x": 0.52, "len": 0.9}, Inks(beat=TEXT, usual=USUAL))
    _probabilities(figure, explanation)
    _reasons(figure, explanation)
    said = "<br>".join(escape(line, quote=False) for line in _lines(sentence(explanation)))
    where = " · ".join(part for part in (place or f"Bed {explanation.bed}", when) if part)
    figure.update_layout(
        title={"text": said, "font": {"size": 18}, "x": 0.02, "xanchor": "left", "y": 0.965, "yanchor": "top"},
        width=SIZE[0],
        height=SIZE[1],
        paper_bgcolor=PAPER,
        plot_bgcolor=PAPER,
        font={"color": TEXT, "family": "system-ui, sans-serif", "size": 13},
        margin={"l": 70, "r": 30, "t": 96, "b": 84},
        showlegend=False,
    )
    figure.update_xaxes(gridcolor=GRID, zerolinecolor=USUAL)
    figure.update_yaxes(gridcolor=GRID, zerolinecolor=GRID)
    figure.add_annotation(
        text=escape(f"{where} · {NAME} · {DISCLAIMER}", quote=False),
        showarrow=False,
        font={"size": 12, "color": USUAL},
        **{"xref": "paper", "yref": "paper", "x": 0, "y": 0, "xanchor": "left", "yanchor": "top", "yshift": -52},
    )
    return figure


def _lines(text: str) -> list[str]:
    """Lines of about one length."""
    count = len(textwrap.wrap(text, LINE))
    return textwrap.wrap(text, LINE if count < 2 else min(LINE, len(text) // count + 10))


def _places(leads: int) -> list[list[dict[str, int] | None]]:
    """Leads one under the other at the left; at the right probabilities beside the first, reasons beside the rest."""
    if leads == 1:
        return [[{"rowspan": 2}, {}], [None, {}]]
    rest: list[list[dict[str, int] | None]] = [[{}, None] for _ in range(leads - 2)]
    return [[{}, {}], [{}, {"rowspan": leads - 1}], *rest]


def file_name(explanation: Explanation, kind: str) -> str:
    """Name the file of a picture, in letters that every system takes: ``bed-3-beat-12345-V.png``."""
    bed = re.sub(r"[^\w.]+", "-", explanation.bed).strip("-.") or "bed"
    number = f"beat-{explanation.sample}" if explanation.row is None else f"row-{explanation.row}"
    return f"{bed}-{number}-{explanation.label}.{kind}"


def _probabilities(figure: go.Figure, explanation: Explanation) -> None:
    told = explanation.probabilities if len(explanation.probabilities) == len(AAMI) else (0.0,) * len(AAMI)
    figure.add_bar(
        orientation="h",
        x=told,
        y=[class_words(label) for label in AAMI],
        text=[sure(p) for p in told],
        textposition="outside",
        marker={"color": [FOR if label == explanation.label else USUAL for label in AAMI]},
        row=1,
        col=2,
    )
    figure.update_xaxes(range=[0, 1.2], tickformat=".0%", tickvals=[0, 0.5, 1], title_text="probability", row=1, col=2)
    figure.update_yaxes(autorange="reversed", row=1, col=2)


def _reasons(figure: go.Figure, explanation: Explanation) -> None:
    reasons = explanation.reasons
    if not reasons:
        figure.update_xaxes(visible=False, row=2, col=2)
        figure.update_yaxes(visible=False, row=2, col=2)
        return
    names = [" ".join((NAMES.get(one.name, one.name), sight(one))).strip() for one in reasons]
    figure.add_bar(
        orientation="h",
        x=[one.share for one in reasons],
        y=[escape(name, quote=False) for name in names],
        marker={"color": [FOR if one.share >= 0 else AGAINST for one in reasons]},
        row=2,
        col=2,
    )
    most = 1.1 * max(abs(one.share) for one in reasons)
    figure.update_xaxes(
        range=[-most if min(one.share for one in reasons) < 0 else 0, most],
        tickformat=".0%",
        nticks=4,
        title_text=f"share that spoke for {explanation.label}, or against it",
        row=2,
        col=2,
    )
    figure.update_yaxes(autorange="reversed", row=2, col=2)
