"""Draws ECG as it is drawn on paper: 25 mm/s and 10 mm/mV, true to the millimetre, with beats and alarms marked.

A pure function over arrays. The one axes of a page spans it all and counts in millimetres, so whatever is drawn is
where it says; PDF and SVG keep that, and a PNG at its own resolution does. Drawn by matplotlib, without a screen.
"""

import io
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal, TypeAlias

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from numpy.typing import NDArray

Format: TypeAlias = Literal["png", "svg", "pdf"]

SPEED: Final = 25.0
"""Paper speed in mm/s."""

GAIN: Final = 10.0
"""Height in mm/mV."""

ROW_SECONDS: Final = 10.0
"""Seconds of ECG in a row, as fit on A4 across."""

WIDTH: Final = 297.0
"""Width of a page in mm, A4 across; its height on paper is 210 mm."""

DISCLAIMER: Final = "CardioVision: research and teaching software, not a medical device"

_PAGE_HEIGHT: Final = 210.0
_LEFT: Final = 30.0
_TOP, _BOTTOM = 25.0, 15.0
LABELS: Final = 10.0  # above each row, for its time and the beats' labels
_LEAD_HEIGHT: Final = (20.0, 60.0)
GRID: Final = (("#f6d5d5", 0.1, 1.0), ("#e8a3a3", 0.25, 5.0))  # colour, width and distance of lines in mm
_PULSE: Final = np.array([(-8, -7, -7, -2, -2, -1), (0, 0, GAIN, GAIN, 0, 0)])  # of 1 mV and 0.2 s
INK: Final = "#101418"
MARK: Final = "#7a0019"
_POINTS: Final = 72 / 25.4  # in a millimetre


@dataclass(frozen=True, slots=True)
class Strip:
    """What is drawn.

    Attributes
    ----------
    values
        In mV, of shape ``(leads, n)``; NaN leaves a gap.
    fs
        In Hz.
    leads
        Names of the leads.
    start
        When the first sample was taken; with a time zone, in which times are shown.
    title
        Its heading.
    beats
        Sample (from the first) and label of each beat, in order.
    marks
        Sample and text of what else is marked.
    """

    values: NDArray[np.floating]
    fs: float
    leads: Sequence[str]
    start: datetime
    title: str = ""
    beats: Sequence[tuple[int, str]] = ()
    marks: Sequence[tuple[int, str]] = ()


@dataclass(frozen=True, slots=True)
class Layout:
    """Where things are in a row: of each lead its height in mm, a multiple of 10, and the voltage in its middle."""

    heights: tuple[float, ...]
    middles: tuple[float, ...]

    @property
    def row_height(self) -> float:
        """In mm, with the room for labels."""
        return LABELS + sum(self.heights)


def figures(strip: Strip, *, paged: bool = False) -> list[Figure]:
    """Draw a strip.

    Parameters
    ----------
    strip
        What to draw.
    paged
        Whether to make A4 pages; if not, one page as high as it takes.

    Returns
    -------
    pages
        Each page, of the size in which it is true to scale.
    """
    layout = lay_out(strip.values)
    rows = list(_rows(strip))
    room = int((_PAGE_HEIGHT - _TOP - _BOTTOM) // layout.row_height)
    each = max(1, room) if paged else len(rows)
    pages = [rows[k : k + each] for k in range(0, len(rows), each)]
    drawn = []
    for number, page in enumerate(pages, 1):
        height = _TOP + layout.row_height * len(page) + _BOTTOM
        figure, axes = _page(max(_PAGE_HEIGHT, height) if paged else height, len(page) * layout.row_height)
        of = f"  page {number} of {len(pages)}" if len(pages) > 1 else ""
        _write_heading(axes, strip, f"{SPEED:g} mm/s   {GAIN:g} mm/mV   {DISCLAIMER}{of}")
        top = axes.get_ylim()[1] - _TOP
        for row in page:
            _draw_row(axes, strip, layout, row, top)
            top -= layout.row_height
        drawn.append(figure)
    return drawn


def draw(strip: Strip, form: Format = "png", *, dpi: float = 150.0) -> bytes:
    """Draw a strip as the bytes of a file: PNG and SVG one page as high as it takes, PDF pages of A4."""
    out = io.BytesIO()
    with rc_context({"svg.fonttype": "none", "pdf.fonttype": 42, "svg.hashsalt": "cardiovision"}):
        if form == "pdf":
            with PdfPages(out, metadata={"Title": strip.title, "Subject": DISCLAIMER}) as pdf:
                for figure in figures(strip, paged=True):
                    pdf.savefig(figure)
        else:
            (figure,) = figures(strip)
            figure.savefig(out, format=form, dpi=dpi)
    return out.getvalue()


def _rows(strip: Strip) -> Iterator[tuple[int, int]]:
    """Samples of each row: the first, and one past the last."""
    count = strip.values.shape[1]
    each = max(1, round(ROW_SECONDS * strip.fs))
    for start in range(0, max(1, count), each):
        yield start, min(start + each, count)


def lay_out(values: NDArray[np.floating]) -> Layout:
    """Give each lead the height its signal takes, but for rare spikes."""
    middles, heights = [], []
    for lead in values:
        known = lead[np.isfinite(lead)]
        low, high = np.quantile(known, (0.001, 0.999)) if known.size else (0.0, 0.0)
        heights.append(float(np.clip(10.0 * math.ceil(((high - low) * GAIN + 5.0) / 10.0), *_LEAD_HEIGHT)))
        middles.append(5.0 / GAIN * round((low + high) / 2 * GAIN / 5.0))
    return Layout(tuple(heights), tuple(middles))


def _page(height: float, paper: float) -> tuple[Figure, Axes]:
    """An empty page with its grid, in millimetres; ``paper`` is the height of the grid."""
    figure = Figure(figsize=(WIDTH / 25.4, height / 25.4))
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, WIDTH), ylim=(0, height))
    axes.axis("off")
    left, right = _LEFT - 10.0, _LEFT + ROW_SECONDS * SPEED
    high = height - _TOP
    low = high - paper
    for colour, width, step in GRID:
        xs = np.arange(left, right + step / 2, step)
        ys = np.arange(high, low - step / 2, -step)
        lines = [((x, low), (x, high)) for x in xs] + [((left, y), (right, y)) for y in ys]
        axes.add_collection(LineCollection(lines, colors=colour, linewidths=width * _POINTS, zorder=0))
    return figure, axes


def _write_heading(axes: Axes, strip: Strip, foot: str) -> None:
    height = axes.get_ylim()[1]
    seconds = strip.values.shape[1] / strip.fs
    when = f"{strip.start:%Y-%m-%d %H:%M:%S} {zone_of(strip.start)}"
    axes.text(_LEFT - 10, height - 8, strip.title, fontsize=11, weight="bold", va="center", color=INK)
    axes.text(_LEFT - 10, height - 15, f"{when},  {seconds:.1f} s", fontsize=9, va="center", color=INK)
    axes.text(_LEFT - 10, 7, foot, fontsize=8, va="center", color=INK)


def _draw_row(axes: Axes, strip: Strip, layout: Layout, row: tuple[int, int], top: float) -> None:
    """Draw one row, ``top`` mm above the page's foot."""
    start, stop = row
    bottom = top - layout.row_height
    x = _LEFT + np.arange(stop - start) / strip.fs * SPEED
    edge = top - LABELS
    for k, (name, middle, height) in enumerate(zip(strip.leads, layout.middles, layout.heights, strict=True)):
        centre = edge - height / 2  # on a line of the grid
        edge -= height
        axes.plot(x, centre + (strip.values[k, start:stop] - middle) * GAIN, color=INK, lw=0.25 * _POINTS, zorder=2)
        axes.plot(_LEFT + _PULSE[0], centre + _PULSE[1], color=INK, lw=0.25 * _POINTS, solid_joinstyle="miter")
        axes.text(_LEFT - 12, centre, name, ha="right", va="center", fontsize=9, color=INK)
    time = strip.start + timedelta(seconds=start / strip.fs)
    axes.text(_LEFT - 12, top - 3, f"{time:%H:%M:%S}", ha="right", va="center", fontsize=8, color=INK)
    for sample, label in strip.beats:
        if start <= sample < stop:
            at = _LEFT + (sample - start) / strip.fs * SPEED
            strong = label != "N"
            weight = "bold" if strong else "normal"
            axes.text(at, top - 3, label, ha="center", va="center", fontsize=9 if strong else 7, weight=weight)
            axes.plot((at, at), (top - 5, top - 7 - strong), color=INK, lw=0.2 * _POINTS)
    for sample, text in strip.marks:
        if start <= sample < stop:
            at = _LEFT + (sample - start) / strip.fs * SPEED
            axes.plot((at, at), (bottom, top - 5), color=MARK, lw=0.3 * _POINTS, ls=(0, (4, 3)))
            side = "left" if at < _LEFT + ROW_SECONDS * SPEED / 2 else "right"
            box = {"facecolor": "white", "edgecolor": "none", "pad": 1, "alpha": 0.85}
            nudge = 1 if side == "left" else -1
            axes.text(at + nudge, bottom + 2.5, text, ha=side, va="center", fontsize=8, color=MARK, bbox=box)


def zone_of(time: datetime) -> str:
    """Name the zone of a time, with its offset: ``UTC``, ``CET (UTC+01:00)``."""
    name, offset = f"{time:%Z}", f"{time:%z}"
    if not offset or name == "UTC":
        return name
    plain = f"UTC{offset[:3]}:{offset[3:5]}"
    return plain if name.startswith("UTC") else f"{name} ({plain})"
