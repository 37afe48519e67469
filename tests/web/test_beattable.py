"""The lab's table and what stands beside it, as far as the browser tests do not see it."""

import json
from base64 import b64decode
from xml.etree import ElementTree

import numpy as np
import pytest
from plotly.utils import PlotlyJSONEncoder

from web.beatlab.results import PAGE, Results, View
from web.components.beatfacts import confusion_table
from web.components.beattable import NONE_LEFT, Shown, beat_table, percent, sketch


def many(count: int, *, labelled: bool = True) -> Results:
    shares = np.tile(np.array([0.6, 0.1, 0.1, 0.1, 0.1], np.float32), (count, 1))
    return Results.of(shares, np.arange(count, dtype=np.int8) % 2 if labelled else None)


def written(results: Results, view: View) -> str:
    shown = Shown.of(results, view)
    table = beat_table(results, view, shown, [np.zeros(187, np.float32)] * len(shown.rows))
    return json.dumps(table, cls=PlotlyJSONEncoder, ensure_ascii=False)


@pytest.mark.parametrize(("at", "first", "last"), [(0, 0, 19), (20, 20, 39), (44, 40, 44), (99, 40, 44)])
def test_the_page_shown_is_the_one_that_has_the_chosen_beat(at: int, first: int, last: int) -> None:
    shown = Shown.of(many(45), View(at=at))
    assert (shown.rows[0], shown.rows[-1], shown.chosen) == (first, last, min(at, 44))
    assert len(shown.rows) <= PAGE


def test_a_file_without_labels_has_no_columns_for_them() -> None:
    assert "File's label" in written(many(3), View())
    assert "File's label" not in written(many(3, labelled=False), View())
    assert confusion_table(many(3, labelled=False)) == []


def test_a_view_without_beats_says_so() -> None:
    assert NONE_LEFT in written(many(3), View(label="Q"))
    assert Shown.of(many(3), View(label="Q")).chosen is None


@pytest.mark.parametrize(("share", "text"), [(1.0, "100.0"), (0.9999, "99.9"), (0.956, "95.6"), (0.0, "0.0")])
def test_not_quite_all_is_not_told_as_all(share: float, text: str) -> None:
    assert percent(share) == f"{text}\N{NO-BREAK SPACE}%"


@pytest.mark.parametrize("wave", [np.zeros(187), np.sin(np.arange(1000)), np.array([3.0, 1e30]), np.array([0.0])])
def test_any_wave_has_a_sketch_that_lies_within_its_picture(wave: np.ndarray) -> None:
    kind, _, code = sketch(wave.astype(np.float32)).partition(",")
    assert kind == "data:image/svg+xml;base64"
    svg = ElementTree.fromstring(b64decode(code))
    points = [tuple(map(float, point.split(","))) for point in svg[0].attrib["points"].split()]
    width, height = float(svg.attrib["width"]), float(svg.attrib["height"])
    assert all(0 <= x <= width and 0 <= y <= height for x, y in points)
