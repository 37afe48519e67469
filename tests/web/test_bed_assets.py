"""What the page of a bed works out without drawing: leads, kept pieces of time, calipers, trends; run by Node."""

from collections.abc import Callable
from typing import Any

import pytest

Told = Callable[[str, str], Any]

PIECES = """
const fs = 10;
const open = (stream, epoch = 0) => ({ kind: "open", stream, epoch, fs, leads: [{ name: "II", gain: 1 }] });
const wave = (start, n) => ({ kind: "wave", start, samples: new Uint8Array(new Int16Array(n).fill(start).buffer) });
const beat = (sample) => ({ kind: "beat", sample, label: "N" });
const bed = (stream, start, n) => {
  const particulars = open(stream);
  const series = new Series(fs, particulars.leads, start, 100);
  series.wave(start, wave(start, n).samples);
  return { particulars, stream, series };
};
const pieces = new Pieces();
const answer = (minute, ...messages) => { pieces.ask(minute); return pieces.take(minute, messages, 1e9); };
"""


@pytest.fixture
def pieces(told: Told) -> Callable[[str], Any]:
    """What pieces of time, at 10 Hz from 1970 on, come to."""
    imports = 'import { Pieces } from "./pieces.js"; import { Series } from "./series.js";'
    return lambda code: told(imports, PIECES + code)


@pytest.mark.parametrize(
    ("names", "view", "picked"),
    [
        (["II", "V1"], {"leads": "2", "names": []}, [0, 1]),
        (["II", "V1", "V5"], {"leads": "2", "names": ["V5"]}, [2, 0]),
        (["II", "V1", "V5"], {"leads": "3", "names": ["V1", "II"]}, [1, 0, 2]),
        (["II", "V1", "V5"], {"leads": "2", "names": ["II", "II"]}, [0, 1]),
        (["II", "V1", "V5"], {"leads": "2", "names": ["aVF", "V5"]}, [0, 2]),
        (["II", "V1", "V5"], {"leads": "all", "names": ["V5"]}, [0, 1, 2]),
        (["II"], {"leads": "3", "names": ["V1", "II"]}, [0]),
        (["I", "I"], {"leads": "2", "names": ["I", "I"]}, [0, 1]),
    ],
)
def test_leads_are_those_that_were_chosen_where_the_stream_has_them(
    told: Told, names: list[str], view: dict[str, Any], picked: list[int]
) -> None:
    assert told('import { pickLeads } from "./leads.js";', f"return pickLeads({names}, {view});") == picked


def test_the_calibration_mark_is_1_mv_where_that_has_room(told: Told) -> None:
    heights = "return [[30, 10], [10, 10], [9, 10], [9, 20], [0, 20]].map(([room, gain]) => markHeight(room, gain));"
    assert told('import { markHeight } from "./paper.js";', heights) == [1, 1, 0.5, 0.2, 0.1]


def test_only_the_minutes_that_are_not_held_are_asked_for_the_latest_first_and_once(pieces) -> None:
    assert pieces("return pieces.wanted(50, 130);") == [2, 1, 0]
    assert pieces("pieces.ask(1); return pieces.wanted(50, 130);") == [2, 0]
    held = "pieces.freeze(bed('a', 1000, 500), []); "  # 100 s to 150 s
    assert pieces(held + "return pieces.wanted(110, 150);") == []
    assert pieces(held + "return pieces.wanted(90, 130);") == [1]
    assert pieces(held + "return pieces.wanted(140, 190);") == [3, 2]


def test_what_is_held_and_what_the_server_has_make_one_line(pieces) -> None:
    """The server's samples end where the held ones begin, one over, so that the line does not break."""
    code = """
      pieces.freeze(bed("a", 1000, 500), []);
      answer(1, open("a"), wave(600, 601));
      return pieces.between(90, 130).map(({ series, until }) => [series.oldest, until ?? series.newest]);"""
    assert pieces(code) == [[600, 1001], [1000, 1500]]


def test_an_earlier_stream_is_seen_whole_and_a_beat_once(pieces) -> None:
    code = """
      const mark = (stream, sample) => ({ stream, sample, time: sample / fs, beat: {} });
      pieces.freeze(bed("b", 1000, 500), [mark("b", 1010), mark("old", 900)]);
      answer(1, open("a"), wave(600, 300), beat(700), open("b"), wave(1000, 200), beat(1010));
      return [pieces.between(60, 120).map(({ stream, until }) => [stream, until ?? null]),
              pieces.marks(60, 120).map(({ stream, sample }) => [stream, sample])];"""
    streams, marks = pieces(code)
    assert streams == [["a", None], ["b", 1001], ["b", None]]
    assert marks == [["a", 700], ["b", 1010]]


def test_why_there_is_nothing_is_said_for_the_time_that_is_seen(pieces) -> None:
    none = "answer(1, { kind: 'problem', text: 'nothing is kept' }); "
    assert pieces(none + "return pieces.state(70, 80);") == {"asked": False, "text": "nothing is kept"}
    assert pieces(none + "return pieces.state(130, 140);") == {"asked": False, "text": ""}
    assert pieces("pieces.ask(1); return pieces.state(70, 80).asked;")


def test_a_minute_too_young_to_be_on_disk_is_asked_for_again_and_few_are_kept(pieces) -> None:
    young = "pieces.ask(1); return [pieces.take(1, [open('a'), wave(600, 10)], 125), pieces.take(1, [], 1000)];"
    assert pieces(young) == [False, True]
    assert pieces("for (let n = 0; n < 100; n++) answer(n); return [...pieces.minutes.keys()];") == list(range(76, 100))


def test_calipers_measure_time_rate_and_height_whichever_corner_was_first(told: Told) -> None:
    corners = "{ time: 10, value: 1 }, { time: 9.2, value: 0.25 }"
    code = f"return [between({corners}), between(...[{corners}].reverse())];"
    one, other = told('import { between } from "./calipers.js";', code)
    assert one == other == {"ms": pytest.approx(800), "rate": pytest.approx(75), "mV": 0.75}
    same = told(
        'import { between } from "./calipers.js";', "return between({ time: 1, value: 0 }, { time: 1, value: 1 });"
    )
    assert same == {"ms": 0, "rate": None, "mV": 1}


@pytest.mark.parametrize(
    ("beats", "corners"),
    [([1, 4, 7, 9], [4, 7]), ([1, 2], [1, 2]), ([6, 7], [6, 7]), ([5], [3, 6]), ([], [3, 6]), ([20, 30], [3, 6])],
)
def test_calipers_begin_on_two_beats_near_the_middle(told: Told, beats: list[int], corners: list[int]) -> None:
    code = f"return firstCorners({beats}, 0, 9);"
    assert told('import { firstCorners } from "./calipers.js";', code) == corners


def test_a_trend_goes_on_with_what_is_heard_and_counts_no_beat_twice(told: Told) -> None:
    code = """
      const bytes = (array) => new Uint8Array(array.buffer);
      const heard = [3590, 3600, 3610].map((time) => ({ time, rr: 0.5, hr: 120, label: "V" }));
      const trend = new TrendData(heard);
      const alone = trend.counts(0);
      trend.take({ times: bytes(new Float64Array([3500, 3600])), rr: bytes(new Float32Array([0.8, NaN])),
        hr: bytes(new Float32Array([75, 76])), labels: new Uint8Array([0, 2]), last: 3600,
        hours: [[0, [7, 0, 1, 0, 0]], [3600, [0, 0, 1, 0, 0]]] });
      heard.push({ time: 3620, rr: 1, hr: 60, label: "N" });
      return [alone, trend.counts(0), trend.between(3550, 4000).map(({ time, label }) => [time, label])];"""
    alone, together, points = told('import { TrendData } from "./trenddata.js";', code)
    assert alone == [{"hour": 3600, "counts": [0, 0, 2, 0, 0]}, {"hour": 0, "counts": [0, 0, 1, 0, 0]}]
    assert together == [{"hour": 3600, "counts": [1, 0, 2, 0, 0]}, {"hour": 0, "counts": [7, 0, 1, 0, 0]}]
    assert points == [[3600, "V"], [3610, "V"], [3620, "N"]]


def test_the_marks_of_an_axis_are_round_and_not_too_many(told: Told) -> None:
    code = "return [ticks(0.43, 1.07, 5, [0.1, 0.2, 0.5]), ticks(0, 100, 1, [10, 50])];"
    first, coarsest = told('import { ticks } from "./trenddata.js";', code)
    assert first == pytest.approx([0.6, 0.8, 1.0])
    assert coarsest == [0, 50, 100]


def test_a_log_keeps_beats_in_order_each_once_and_not_for_ever(told: Told) -> None:
    code = """
      const bed = { stream: "a", time: (sample) => sample / 10 };
      const beat = (sample, stream = "a") => ({ kind: "beat", stream, sample, label: "N" });
      const log = new Log();
      for (const sample of [30, 10, 20, 20]) log.take(beat(sample), bed);
      log.take(beat(15, "old"), bed);
      const times = log.beats.map(({ time }) => time);
      for (let sample = 40; sample < 700_000; sample += 10) log.take(beat(sample), bed);
      return [times, log.beats.length, log.marks.length];"""
    times, beats, marks = told('import { Log } from "./log.js";', code)
    assert times == [1, 2, 3]
    assert 60_000 <= beats <= 61_000
    assert 1500 <= marks <= 2000
