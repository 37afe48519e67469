"""The layouts of the pages."""

import json
from typing import Any

from plotly.utils import PlotlyJSONEncoder

from stream.messages import AAMI
from web.pages import bed, ward


def written(layout: Any) -> str:
    return json.dumps(layout, cls=PlotlyJSONEncoder, ensure_ascii=False)


def test_the_name_of_a_bed_comes_from_its_address() -> None:
    page = bed.layout("mitdb%2F119%20%C3%A4")
    assert getattr(page, "data-bed") == "mitdb/119 ä"
    assert bed.title("mitdb%2F119") == "mitdb/119 · CardioVision"


def test_a_bed_has_a_count_for_each_class_and_a_fixed_number_of_rows() -> None:
    page = written(bed.layout("1"))
    assert all(f'"count-{label}"' in page for label in AAMI)
    assert page.count('"type": "Tr"') == 2 + bed.ROWS  # and the heads of the lists of beats and of hours


def test_what_stands_behind_a_question_mark_does_not_break_a_page() -> None:
    assert bed.layout("1", unknown="x") is not None
    assert ward.layout(unknown="x") is not None


def test_an_empty_ward_says_what_to_do() -> None:
    assert "cardiovision simulate" in written(ward.layout())
