"""What the browser code makes of alarms: their order, their words, their flashing and their sound."""

import json
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from stream.limits import ALARMS, LIMITS, PRESETS, problem_with
from web.components.limits import known, limits_dialog

ALARM = """
const alarms = new Alarms();
let seq = 0;
const open = { kind: "open", bed: "a", stream: "1", fs: 250, epoch: 1000 };
const alarm = (id, more) => ({ kind: "alarm", bed: "a", stream: "1", id, seq: ++seq, priority: "high", state: "active",
  onset: 250, announced: 500, text: id, ...more });
const bell = (more) => ({ kind: "bell", bed: "a", seq: ++seq, ...more });
const ids = () => alarms.all.map(({ id }) => id);
"""

FROM = 'import { Alarms, bellState, pausedFor } from "./alarms.js";'
PLAN = 'import { BURSTS, HARMONICS, SILENCE, plan } from "./bursts.js";'


@pytest.fixture
def alarms(told: Callable[[str, str], Any]) -> Callable[[str], Any]:
    """What alarms, told of by a script, come to."""
    return lambda code: told(FROM, ALARM + code)


def test_the_worst_comes_first_and_then_the_newest(alarms) -> None:
    code = """
      alarms.take([open, alarm("low", { priority: "low" }), alarm("over", { state: "latched" }),
        alarm("technical", { priority: "technical" }), alarm("older"), alarm("seen", { acknowledged: true }),
        alarm("newer", { announced: 750 }), alarm("medium", { priority: "medium" })]);
      return ids();"""
    assert alarms(code) == ["newer", "older", "medium", "over", "seen", "low", "technical"]


def test_of_equal_priority_what_kills_first_comes_first(told) -> None:
    code = (
        ALARM.replace("new Alarms()", "new Alarms(['asystole', 'ventricular_tachycardia'])")
        + """
      alarms.take([open, alarm("rate", { name: "extreme_tachycardia", announced: 900 }),
        alarm("vt", { name: "ventricular_tachycardia" }), alarm("still", { name: "asystole" })]);
      return ids();"""
    )
    assert told(FROM, code) == ["still", "vt", "rate"]


def test_of_an_alarm_the_latest_word_counts_in_whatever_order_it_comes(alarms) -> None:
    code = """
      const first = alarm("x"), second = alarm("x", { acknowledged: true, by: "Lee" });
      alarms.take([second, first]);
      const then = alarms.all[0].look;
      const last = alarm("x", { state: "ended" });
      alarms.take([last, second]);
      return [then, ids(), alarms.ended("a").map(({ id }) => id)];"""
    assert alarms(code) == ["acknowledged", [], ["x"]]


def test_another_hub_tells_anew_what_stands(alarms) -> None:
    begin = "alarms.take([{ kind: 'welcome', session: 'one' }, alarm('x'), bell({ sounds: 'high' })]);"
    again = "alarms.take([{{ kind: 'welcome', session: '{}' }}]); return [ids(), alarms.bells.size];"
    assert alarms(begin + again.format("one")) == [["x"], 1]
    assert alarms(begin + again.format("two")) == [[], 0]


def test_an_alarm_is_told_at_the_time_of_its_stream(alarms) -> None:
    code = "alarms.take([alarm('x'), alarm('y', { stream: '0' }), open]); "
    assert alarms(code + "return alarms.time(alarms.standing.get('x'));") == 1001
    assert alarms(code + "return String(alarms.time(alarms.standing.get('y')));") == "NaN"


def test_a_pause_ends_by_the_clock(alarms) -> None:
    paused = "const b = bell({ paused: 'high', until: 100 });"
    look = "return [40, 100].map((t) => [bellState(b, t), pausedFor(b, t)]);"
    assert alarms(paused + look) == [["paused", 60], ["silent", 0]]
    assert alarms("return [bellState(bell({ sounds: 'low' }), 0), bellState(undefined, 0)];") == ["sounding", "silent"]


def test_alarms_are_told_apart_without_their_colour(told) -> None:
    words = told(
        'import { alarmSentence, alarmWords, fateWords } from "./words.js";',
        """const of = (priority, look, by = "") => ({ priority, look, by, text: "T", bed: "b" });
           return [of("high", "active"), of("medium", "active"), of("low", "active"), of("technical", "active"),
             of("high", "latched"), of("high", "acknowledged", "Lee")]
             .map((x) => [alarmWords(x), fateWords(x), alarmSentence(x)]);""",
    )
    short, fates, long = zip(*words, strict=True)
    assert short == ("*** T", "** T", "* T", "! T", "*** T", "*** T")
    assert fates == ("", "", "", "", "over", "✓ Lee")
    assert long[0] == "High alarm, b: T"
    assert long[4:] == ("High alarm, b: T, over, not acknowledged", "High alarm, b: T, acknowledged by Lee")


def test_rates_of_flashing_are_those_of_the_priority(told) -> None:
    code = """return ["high", "medium", "low", "technical"].map((priority) => {
        let begins = 0;
        for (let ms = 1; ms <= 60_000; ms++) if (isLit(priority, ms) && !isLit(priority, ms - 1)) begins++;
        return begins / 60;
      });"""
    high, medium, *steady = told('import { isLit } from "./flash.js";', code)
    assert 1.4 <= high <= 2.8
    assert 0.4 <= medium <= 0.8
    assert steady == [0, 0]


def test_bursts_are_those_of_the_priority(told) -> None:
    bursts, harmonics = told(PLAN, "return [BURSTS, HARMONICS];")
    assert [len(bursts[priority]["pulses"]) for priority in ("high", "medium", "low", "technical")] == [10, 3, 2, 1]
    lengths = {"high": (0.075, 0.2), "medium": (0.125, 0.25), "low": (0.125, 0.25), "technical": (0.125, 0.25)}
    pauses = {"high": (2.5, 15), "medium": (2.5, 30), "low": (15, 60), "technical": (15, 60)}
    for priority, burst in bursts.items():
        least, most = lengths[priority]
        assert all(least <= pulse["seconds"] <= most for pulse in burst["pulses"])
        last = burst["pulses"][-1]
        assert pauses[priority][0] <= burst["every"] - last["at"] - last["seconds"] <= pauses[priority][1]
        for pulse in burst["pulses"]:
            assert 150 <= pulse["pitch"] <= 1000
            overtones = [pulse["pitch"] * n for n in range(2, len(harmonics) + 1)]
            assert sum(300 <= tone <= 4000 for tone in overtones) >= 4
    at = [pulse["at"] for pulse in bursts["high"]["pulses"]]
    steps = [round(b - a, 6) for a, b in pairwise(at)]
    assert steps[:4] == steps[5:]  # 3 + 2, and again
    assert steps[0] == steps[1] == steps[3] < steps[2] < steps[4]


def test_only_the_worst_of_all_beds_sounds_and_at_once(told) -> None:
    code = """
      const low = plan([{ sounds: "low" }], 10);
      const high = plan([{ sounds: "low" }, {}, { sounds: "high" }], 10.2, low);
      const silent = plan([{}, { paused: "high" }], 10.4, high);
      return [low, high, silent];"""
    low, high, silent = told(PLAN, code)
    assert (low["priority"], len(low["pulses"]), low["pulses"][0]["at"]) == ("low", 2, 10)
    assert (high["priority"], len(high["pulses"]), high["pulses"][0]["at"]) == ("high", 10, 10.2)
    assert (silent["priority"], silent["pulses"]) == (None, [])


def test_bursts_come_evenly_whenever_one_looks(told) -> None:
    code = """
      const begins = [];
      let planned = SILENCE;
      for (let now = 0; now < 60; now += 0.25 + (now % 0.9)) {
        planned = plan([{ sounds: "high" }], now, planned);
        if (planned.pulses.length) begins.push(planned.pulses[0].at);
      }
      return [begins, BURSTS.high.every];"""
    begins, every = told(PLAN, code)
    assert begins == [every * n for n in range(len(begins))]
    assert len(begins) >= 60 // every


def test_a_burst_that_is_late_begins_now(told) -> None:
    late = "return plan([{ sounds: 'medium' }], 100, plan([{ sounds: 'medium' }], 0)).pulses[0].at;"
    assert told(PLAN, late) == 100


def test_of_limits_only_what_differs_from_the_preset_is_sent(told) -> None:
    code = f"""
      const {{ presets, alarms }} = {known()};
      const on = Object.fromEntries(Object.keys(alarms).map((name) => [name, true]));
      const values = {{ ...presets.af.values, hr_high: 135 }};
      const off = {{ ...on, couplet: false, atrial_fibrillation: false }};
      return differing(presets.af, values, off);"""
    asked = told('import { differing } from "./limits.js";', code)
    assert asked == {"values": {"hr_high": 135}, "off": ["couplet"]}  # atrial fibrillation is off in the preset
    assert problem_with("af", asked["values"], tuple(asked["off"])) is None


def test_the_dialog_knows_every_limit_alarm_and_preset() -> None:
    told = json.loads(known())
    assert told["limits"].keys() == LIMITS.keys()
    assert told["alarms"].keys() == ALARMS.keys()
    assert told["presets"].keys() == PRESETS.keys()
    assert limits_dialog().id == "limits"


def test_a_countdown_is_never_shorter_than_what_is_left(told) -> None:
    code = "return [120, 103.2, 59.9, 0.4].map(countdown);"
    assert told('import { countdown } from "./words.js";', code) == ["2:00", "1:44", "1:00", "0:01"]
