"""The lab's table: one page of beats, sorted and filtered by the server; ``assets/lab.js`` hears what is pressed."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from dash import html
from dash.development.base_component import Component
from numpy.typing import NDArray

from stream.messages import AAMI
from web.beatlab.results import PAGE, Column, Results, View, order, place
from web.words import class_words

HEADINGS: Final[dict[Column, str]] = {
    "row": "Row",
    "label": "Prediction",
    "confidence": "Confidence",
    "truth": "File's label",
    "differs": "Differs",
}
NONE_LEFT: Final = "No beat is so. Take a filter away to see more."
_SKETCH: Final = (80, 18)  # px
_POINTS: Final = 64  # of a sketch
_LINE: Final = "#7f8f99"  # seen on both themes: a picture does not take part in them


@dataclass(frozen=True, slots=True)
class Shown:
    """One page of the table.

    Attributes
    ----------
    rows
        Of the file, from 0, in the order of the view.
    at
        Where the chosen one stands among all of the view.
    count
        Beats in the view.
    """

    rows: NDArray[np.intp]
    at: int
    count: int

    @staticmethod
    def of(results: Results, view: View) -> "Shown":
        """The page that has the chosen beat."""
        rows = order(results, view)
        at = place(rows, view)
        first = at - at % PAGE
        return Shown(rows[first : first + PAGE], at, len(rows))

    @property
    def chosen(self) -> int | None:
        """The chosen row, from 0; None if the view is empty."""
        return int(self.rows[self.at % PAGE]) if self.count else None


def beat_table(results: Results, view: View, shown: Shown, waves: Sequence[NDArray[np.float32]]) -> html.Div:
    """Lay out a page of the table.

    Parameters
    ----------
    results, view, shown
        What is known, how it is looked at, and which rows that makes.
    waves
        The samples of each row shown.
    """
    columns = [name for name in HEADINGS if results.truth is not None or name not in {"truth", "differs"}]
    first = shown.at - shown.at % PAGE
    body = [
        _row(results, int(row), wave, first + k, shown.at)
        for k, (row, wave) in enumerate(zip(shown.rows, waves, strict=True))
    ]
    heading = [_heading(name, view) for name in columns]
    heading.insert(1, html.Th("Wave", scope="col"))
    told = f"{first + 1:,} to {first + len(shown.rows):,} of {shown.count:,}" if shown.count else NONE_LEFT
    return html.Div(
        [
            html.Div(
                html.Table(
                    [
                        html.Caption("Beats of the file", className="unseen"),
                        html.Thead(html.Tr(heading)),
                        html.Tbody(body),
                    ]
                ),
                className="lab-scroll",
            ),
            _pager(first, shown.count, told),
        ],
        className="lab-pages",
        **{"data-at": shown.at, "data-count": shown.count, "data-page-rows": PAGE},
    )


def sketch(wave: NDArray[np.float32]) -> str:
    """Draw a wave small, as the address of an SVG picture."""
    width, height = _SKETCH
    points = np.asarray(wave[np.linspace(0, len(wave) - 1, min(len(wave), _POINTS)).astype(np.intp)], np.float64)
    low = points.min()
    span = max(float(np.ptp(points)), 1e-9)
    x = np.linspace(1, width - 1, len(points))
    y = height - 2 - (height - 4) * (points - low) / span
    path = " ".join(f"{a:.0f},{b:.1f}" for a, b in zip(x.tolist(), y.tolist(), strict=True))
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}">'
        f'<polyline points="{path}" fill="none" stroke="{_LINE}" stroke-width="1.3"/></svg>'
    )
    return "data:image/svg+xml;base64," + b64encode(svg.encode()).decode()


def _heading(name: Column, view: View) -> html.Th:
    sorted_so = view.sort == name
    arrow = ("▼" if view.descending else "▲") if sorted_so else ""
    return html.Th(
        html.Button(
            [HEADINGS[name], html.Span(arrow, **{"aria-hidden": "true"})], type="button", **{"data-sort": name}
        ),
        scope="col",
        **{"aria-sort": ("descending" if view.descending else "ascending") if sorted_so else "none"},
    )


def _row(results: Results, row: int, wave: NDArray[np.float32], at: int, chosen: int) -> html.Tr:
    label = AAMI[results.label[row]]
    cells: list[Component] = [
        html.Th(
            html.Button(f"{row + 1:,}", type="button", **{"data-at": at, "aria-label": f"Row {row + 1}, show"}),
            scope="row",
        ),
        html.Td(html.Img(src=sketch(wave), alt="", width=_SKETCH[0], height=_SKETCH[1])),
        html.Td(class_words(label), className=f"class-{label}"),
        html.Td(percent(float(results.confidence[row]))),
    ]
    if results.truth is not None:
        truth = AAMI[results.truth[row]]
        cells += [
            html.Td(class_words(truth), className=f"class-{truth}"),
            html.Td("no", className="note") if truth == label else html.Td("≠ yes", className="lab-differs"),
        ]
    return html.Tr(cells, **{"aria-current": "true"} if at == chosen else {})


def _pager(first: int, count: int, told: str) -> html.Div:
    last = max(0, (count - 1) // PAGE * PAGE)
    steps = (
        ("«", "First page", 0, first > 0),
        ("‹", "Page before", first - PAGE, first > 0),
        ("›", "Next page", first + PAGE, first < last),
        ("»", "Last page", last, first < last),
    )
    buttons = [
        html.Button(sign, type="button", title=words, disabled=not there, **{"data-at": to, "aria-label": words})
        for sign, words, to, there in steps
    ]
    return html.Div([*buttons[:2], html.Span(told, role="status"), *buttons[2:]], className="lab-pager")


def percent(share: float) -> str:
    """A share in percent; what is not quite all is not told as all."""
    return f"{min(100 * share, 99.9) if share < 1 else 100:.1f}\N{NO-BREAK SPACE}%"
