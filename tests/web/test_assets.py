"""What the browser code knows of the beds, run by Node: the part of it that draws nothing."""

from collections.abc import Callable
from typing import Any

import pytest

BED = """
const lead = { name: "II" };
const open = (more) => ({ kind: "open", bed: "a", stream: "1", fs: 250, leads: [lead], epoch: 0, ...more });
const wave = (start) => ({ kind: "wave", bed: "a", stream: "1", start, samples: new Uint8Array(100) });
const of = (kind, more) => ({ kind, bed: "a", stream: "1", ...more });
const beat = (sample) => of("beat", { sample, label: "N", probabilities: [1, 0, 0, 0, 0] });
const beds = new Beds(10);
const hear = (...messages) => beds.take(messages, 0);
const bed = () => beds.get("a");
"""


@pytest.fixture
def bed(told: Callable[[str, str], Any]) -> Callable[[str], Any]:
    """What a bed, fed by a script, comes to."""
    return lambda code: told('import { Beds } from "./beds.js";', BED + code)


def test_a_stream_restated_goes_on_and_one_that_ended_begins_anew(bed) -> None:
    assert bed("hear(open(), wave(950), open(), wave(1000)); return bed().series.first;") == 950
    assert bed("hear(open(), wave(950), of('close'), open(), wave(0)); return bed().series.newest;") == 50
    assert bed("hear(open(), wave(950), open({ fs: 500 }), wave(0)); return bed().series.newest;") == 50


def test_how_a_stream_ended_is_said(bed) -> None:
    assert bed("hear(open(), of('close')); return bed().state(0, true);") == {"key": "ended", "text": "ended"}
    failed = "hear(open(), of('close', { reason: 'error' })); return bed().state(0, true).text;"
    assert bed(failed) == "ended by an error"


def test_marks_of_a_page_that_is_hidden_for_hours_are_bounded(bed) -> None:
    unread = bed("hear(open()); for (let i = 0; i < 20_000; i++) hear(beat(200 * i)); return bed().unread;")
    assert len(unread) == 1000
    assert unread[-1]["sample"] == 200 * 19_999


def test_the_label_of_a_beat_is_that_of_its_own_stream_and_no_note(bed) -> None:
    notes = "of('reference', { sample: 490, symbol: '+' }), of('reference', { sample: 510, symbol: 'V' })"
    assert bed(f"hear(open(), {notes}, beat(500)); return bed().truth(bed().lastBeat);") == "V"
    again = "open({ stream: '2' }), { ...beat(500), stream: '2' }"
    assert bed(f"hear(open(), {notes}, {again}); return bed().truth(bed().lastBeat) ?? null;") is None


def test_a_beat_of_an_unknown_class_is_not_counted(bed) -> None:
    counts = bed("hear(open(), { ...beat(500), label: 'X' }, beat(700)); return bed().counts;")
    assert counts == {"N": 1, "S": 0, "V": 0, "F": 0, "Q": 0}


def test_what_is_beyond_the_calendar_has_no_time_of_day(told) -> None:
    assert told('import { timeOfDay } from "./words.js";', "return timeOfDay(1e15);") == "--"


def test_what_is_wrong_with_the_leads_is_said_and_a_new_stream_begins_without(bed) -> None:
    said = "of('quality', { leads: ['off'], analysis: 'off' }), of('rhythm', { text: 'Sinus rhythm' })"
    look = "return [bed().statement, bed().trouble];"
    assert bed(f"hear(open(), {said}); {look}") == ["Sinus rhythm", "II off · no analysis"]
    assert bed(f"hear(open(), {said}, open({{ stream: '2' }})); {look}") == ["", ""]
    assert bed(f"hear(open(), of('quality', {{ leads: ['good'] }})); {look}") == ["", ""]
