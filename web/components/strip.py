"""The strip of an alarm on ECG paper, to be looked at closely: rows of some seconds, true to scale, as on the print.

The one pair of axes counts in millimetres of paper, from the upper left corner of the first row, as in
:mod:`stream.paper`, so a length in the figure is a time (25 mm/s) or a voltage (10 mm/mV) wherever it is.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from html import escape
from typing import Any, Final

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from stream.paper import GAIN, GRID, INK, LABELS, MARK, SPEED, Strip, lay_out
from web.words import class_words

LEFT: Final = 20.0
"""Millimetres before a row, for its time, the names of its leads and a pulse of 1 mV and 0.2 s."""

RIGHT: Final = 3.0

SECONDS: Final = (3, 30)
"""Fewest and most seconds of a row."""

BUTTONS: Final = 28
"""CSS pixels above the paper, for Plotly's buttons."""

POINTS: Final = 60_000
"""Most points drawn; of more samples, the least and the greatest of each of some."""

PAPER: Final = "#fffafa"
_PULSE: Final = ((-7.0, -6.0, -6.0, -1.0, -1.0, 0.0), (0.0, 0.0, GAIN, GAIN, 0.0, 0.0))
_BAND: Final = "rgba(122,0,25,0.08)"


@dataclass(frozen=True, slots=True)
class Look:
    """How a strip is put on the screen.

    Attributes
    ----------
    seconds
        Of a row.
    pixels
        CSS pixels in a millimetre.
    width
        Of the paper, in CSS pixels.
    """

    seconds: int = 10
    pixels: float = 96 / 25.4
    width: float = 0.0

    @classmethod
    def within(cls, width: float, pixels: float) -> "Look":
        """Choose rows as long as ``width`` (CSS pixels) has room for, in whole seconds."""
        pixels = min(max(pixels, 1.0), 20.0)
        least, most = SECONDS
        return cls(min(max(int((width / pixels - LEFT - RIGHT) // SPEED), least), most), pixels, min(width, 10_000.0))

    @property
    def right(self) -> float:
        """Where the paper ends, in mm from the begin of a row."""
        return max(self.seconds * SPEED + RIGHT, self.width / self.pixels - LEFT)

    def top(self, strip: Strip, sample: int) -> int:
        """How far down the row of a sample begins, in CSS pixels."""
        row = max(0, sample) // max(1, round(self.seconds * strip.fs))
        return round(row * lay_out(strip.values).row_height * self.pixels) + BUTTONS * (row > 0)


def strip_figure(strip: Strip, span: tuple[int, int], rests_on: Collection[int], look: Look) -> go.Figure:
    """Draw a strip.

    Parameters
    ----------
    strip
        What to draw; samples count from its first.
    span
        From the condition's onset to its end, tinted.
    rests_on
        Samples of the beats that the alarm rests on: a triangle is put under their labels.
    look
        How.

    Returns
    -------
    go.Figure
        Of fixed size. ``customdata`` of a point of the trace is its time in s from the onset and its voltage in mV; of
        a beat's label its sample.
    """
    layout = lay_out(strip.values)
    each = max(1, round(look.seconds * strip.fs))
    rows = max(1, -(-strip.values.shape[1] // each))
    place = _Place(each, strip.fs, layout.row_height)
    figure = go.Figure()
    _add_band(figure, place, span, strip.values.shape[1])
    edge = -LABELS
    for name, values, middle, height in zip(strip.leads, strip.values, layout.middles, layout.heights, strict=True):
        _add_lead(figure, place, name, values, span[0], edge - height / 2, middle, rows)
        edge -= height
    _add_marks(figure, place, strip)
    _add_beats(figure, place, strip, rests_on)
    times = [f"{strip.start + timedelta(seconds=row * look.seconds):%H:%M:%S}" for row in range(rows)]
    _add_text(figure, [1 - LEFT] * rows, [-row * place.height - 4 for row in range(rows)], times, size=11)
    fine, coarse = GRID
    grid: dict[str, Any] = {
        "dtick": coarse[2],
        "tick0": 0,
        "gridcolor": coarse[0],
        "gridwidth": 1,
        "minor": {"dtick": fine[2], "tick0": 0, "showgrid": True, "gridcolor": fine[0], "gridwidth": 1},
        "showticklabels": False,
        "ticks": "",
        "zeroline": False,
    }
    down = rows * place.height
    figure.update_xaxes(range=[-LEFT, look.right], **grid)
    figure.update_yaxes(range=[-down - 2, 0], scaleanchor="x", scaleratio=1, **grid)
    figure.update_layout(
        width=round((LEFT + look.right) * look.pixels),
        height=round((down + 2) * look.pixels) + BUTTONS,
        margin={"l": 0, "r": 0, "t": BUTTONS, "b": 0},
        paper_bgcolor=PAPER,
        plot_bgcolor=PAPER,
        font={"color": INK, "family": "system-ui, sans-serif", "size": 12},
        showlegend=False,
        hovermode="closest",
        dragmode="pan",
        uirevision="kept",
    )
    return figure


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a sample is on the paper: samples of a row, of a second, and the height of a row in mm."""

    each: int
    fs: float
    height: float

    def x(self, sample: Any) -> Any:
        return sample % self.each / self.fs * SPEED

    def y(self, sample: Any) -> Any:
        """The upper edge of its row."""
        return -(sample // self.each) * self.height


def _add_lead(
    figure: go.Figure,
    place: _Place,
    name: str,
    values: NDArray[np.floating],
    onset: int,
    centre: float,
    middle: float,
    rows: int,
) -> None:
    """Draw one lead in all rows, its name and a pulse before each."""
    at, mV = thinned(values, POINTS)
    x, y = place.x(at), place.y(at) + centre + (mV - middle) * GAIN
    breaks = np.flatnonzero(np.diff(at // place.each)) + 1
    told = np.column_stack([(at - onset) / place.fs, mV])
    figure.add_scatter(
        x=np.insert(x, breaks, np.nan),
        y=np.insert(y, breaks, np.nan),
        customdata=np.insert(told, breaks, np.nan, axis=0),
        mode="lines",
        line={"color": INK, "width": 1.1},
        connectgaps=False,
        name=name,
        hovertemplate=f"{escape(name, quote=False)} %{{customdata[1]:.2f}} mV, "
        "%{customdata[0]:+.3f} s from onset<extra></extra>",
    )
    tops = [-row * place.height + centre for row in range(rows)]
    xs, ys = _PULSE
    figure.add_scatter(
        x=[*xs, None] * rows,
        y=[value for top in tops for value in (*(top - GAIN / 2 + y for y in ys), None)],
        mode="lines",
        line={"color": INK, "width": 1},
        hoverinfo="skip",
    )
    _add_text(figure, [1 - LEFT] * rows, tops, [name] * rows, size=12)


def thinned(values: NDArray[np.floating], most: int) -> tuple[NDArray[np.int64], NDArray[np.floating]]:
    """Take at most about ``most`` samples: where there are more, the least and the greatest of each of some.

    Returns
    -------
    samples, values
        In order of time; NaN stays where all of some are missing.
    """
    count = len(values)
    step = -(-2 * count // most)
    if step <= 2:
        return np.arange(count), values
    whole = np.append(values, np.full(-count % step, np.nan)).reshape(-1, step)
    low = np.where(np.isnan(whole), np.inf, whole).argmin(1)
    high = np.where(np.isnan(whole), -np.inf, whole).argmax(1)
    begins = step * np.arange(len(whole))
    at = np.sort(np.column_stack([begins + low, begins + high]), axis=1).ravel()
    at = at[at < count]
    return at, values[at]


def _add_band(figure: go.Figure, place: _Place, span: tuple[int, int], count: int) -> None:
    """Tint the rows as long as the condition held."""
    first, last = max(span[0], 0), min(span[1], count)
    for row in range(first // place.each, -(-max(last, first) // place.each)):
        begin, end = max(first, row * place.each), min(last, (row + 1) * place.each)
        left, right = ((sample - row * place.each) / place.fs * SPEED for sample in (begin, end))
        top, bottom = -row * place.height - LABELS, -(row + 1) * place.height
        figure.add_scatter(
            x=[left, right, right, left, left],
            y=[top, top, bottom, bottom, top],
            mode="lines",
            fill="toself",
            fillcolor=_BAND,
            line={"width": 0},
            hoverinfo="skip",
        )


def _add_marks(figure: go.Figure, place: _Place, strip: Strip) -> None:
    """Mark what else there is: a dashed line down the row, and its text beside it."""
    here = [(sample, text) for sample, text in strip.marks if 0 <= sample < strip.values.shape[1]]
    xs = [place.x(sample) for sample, _ in here]
    tops = [place.y(sample) for sample, _ in here]
    figure.add_scatter(
        x=[value for x in xs for value in (x, x, None)],
        y=[value for top in tops for value in (top - 6, top - place.height, None)],
        mode="lines",
        line={"color": MARK, "width": 1.2, "dash": "dash"},
        hoverinfo="skip",
    )
    half = place.x(place.each - 1) / 2
    for side, chosen in (("right", [x <= half for x in xs]), ("left", [x > half for x in xs])):
        picked = [k for k, wanted in enumerate(chosen) if wanted]
        heads = [tops[k] - LABELS - 2 for k in picked]
        texts = [f" {here[k][1]} " for k in picked]
        _add_text(figure, [xs[k] for k in picked], heads, texts, size=12, color=MARK, side=f"middle {side}")


def _add_beats(figure: go.Figure, place: _Place, strip: Strip, rests_on: Collection[int]) -> None:
    """Label the beats above their row."""
    at = [sample for sample, _ in strip.beats]
    labels = [label for _, label in strip.beats]
    figure.add_scatter(
        x=[place.x(sample) for sample in at],
        y=[place.y(sample) - 3.5 for sample in at],
        mode="text",
        text=[label if label == "N" else f"<b>{escape(label, quote=False)}</b>" for label in labels],
        textfont={"size": [12 if label == "N" else 15 for label in labels], "color": INK},
        customdata=at,
        hovertext=[f"{class_words(label)}: click to explain" for label in labels],
        hovertemplate="%{hovertext}<extra></extra>",
        name="beats",
    )
    those = [sample for sample in at if sample in rests_on]
    figure.add_scatter(
        x=[place.x(sample) for sample in those],
        y=[place.y(sample) - 7.5 for sample in those],
        mode="markers",
        marker={"symbol": "triangle-down", "size": 9, "color": MARK},
        customdata=those,
        hovertemplate="the alarm rests on this beat: click to explain<extra></extra>",
        name="rests on",
    )


def _add_text(
    figure: go.Figure,
    x: list[float],
    y: list[float],
    text: list[str],
    *,
    size: int,
    color: str = INK,
    side: str = "middle right",
) -> None:
    if text:
        figure.add_scatter(
            x=x,
            y=y,
            mode="text",
            text=[escape(words, quote=False) for words in text],
            textposition=side,
            textfont={"size": size, "color": color},
            hoverinfo="skip",
        )
