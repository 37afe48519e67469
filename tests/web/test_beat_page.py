"""The page of one beat: its address, and the beats on either side."""

import json

from plotly.utils import PlotlyJSONEncoder

from web.pages import beat


def test_names_come_from_the_address() -> None:
    page = beat.layout("mitdb%2F119", "a%20b", "77", more="x")
    assert [getattr(page, f"data-{name}") for name in ("bed", "stream", "sample")] == ["mitdb/119", "a b", "77"]
    assert beat.title("mitdb%2F119") == "Beat of mitdb/119 · CardioVision"
    written = json.dumps(page, cls=PlotlyJSONEncoder)
    assert '"/bed/mitdb%2F119"' in written
    assert all(f'"{name}"' in written for name in ("beat-before", "beat-after", "explanation", "sentence", "picture"))


def test_the_address_of_a_beat_holds_any_name(told) -> None:
    path = told('import { beatPath } from "./explain.js";', 'return beatPath({bed: "a/ä", stream: "s 1", sample: 7});')
    assert path == "/beat/a%2F%C3%A4/s%201/7"


def test_neighbours_are_found_in_whatever_order_beats_come(told) -> None:
    around = told(
        'import { Neighbours } from "./beat.js";',
        """const beats = new Neighbours();
           for (const sample of [300, 100, 200, 300, 400]) beats.add(sample);
           return [beats.samples, ...[300, 100, 400, 250].map((sample) => beats.around(sample))];""",
    )
    assert around == [
        [100, 200, 300, 400],
        {"before": 200, "after": 400},
        {"after": 200},
        {"before": 300},
        {"before": 200, "after": 300},
    ]
