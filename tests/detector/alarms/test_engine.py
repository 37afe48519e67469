"""The engine as the rest of the program uses it: streams, people, restarts; and its promises under anything."""

from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made import Bed, Made, Wave, named

from detector.alarms.engine import AlarmEngine
from detector.alarms.kinds import LOUDNESS
from stream.limits import ALARMS
from stream.messages import (
    Acknowledge,
    Alarm,
    AudioPause,
    Bell,
    Limits,
    Message,
    Quality,
    Rhythm,
    SetLimits,
)

START = Made().sinus(30)
VT = START.beats("V" * 20, 0.4)
VTS = VT.sinus(30).beats("V" * 20, 0.4).sinus(30)


def test_one_episode_from_onset_to_acknowledgement() -> None:
    bed = Bed(VT.sinus(30))
    bed.play(36)
    (alarm,) = named(bed.said, "ventricular_tachycardia")
    assert (alarm.state, alarm.id) == ("active", f"s/ventricular_tachycardia/{alarm.onset}")
    assert bed.bell
    assert (bed.bell.sounds, bed.bell.alarm) == ("high", alarm.id)
    bed.play(20)
    (latched,) = named(bed.said, "ventricular_tachycardia")
    assert latched.state == "latched"
    assert abs(latched.ended - bed.r[len(START.r) + 19]) <= 1
    assert bed.bell.sounds != "high"
    bed.do(Acknowledge(bed="bed", alarm=alarm.id, by="nurse"))
    (ended,) = named(bed.said, "ventricular_tachycardia")
    assert (ended.state, ended.by) == ("ended", "nurse")


def test_samples_are_the_beds_own() -> None:
    bed = Bed(VT.sinus(10), fs=360.0, first=7200)
    bed.play(50)
    (alarm,) = named(bed.said, "ventricular_tachycardia")
    onset = VT.r[len(START.r)] * 360 + 7200
    assert abs(alarm.onset - onset) <= 1
    assert all(abs(beat - 7200) % 1 == 0 and beat >= onset - 1 for beat in alarm.beats)


def test_a_new_episode_is_a_new_alarm_and_sounds_though_the_first_was_acknowledged() -> None:
    bed = Bed(VTS)
    bed.play(37)
    bed.do(Acknowledge(bed="bed", by="nurse"))
    assert bed.bell
    assert bed.bell.sounds is None
    bed.play(39)
    first, second = named(bed.said, "ventricular_tachycardia")
    assert (first.state, second.state) == ("ended", "active")
    assert bed.bell.alarm == second.id


def test_acknowledging_one_leaves_the_others() -> None:
    bed = Bed(START.beats("V" * 60, 0.35))
    bed.play(45)
    high = [alarm for alarm in bed.alarms if alarm.priority == "high" and alarm.state == "active"]
    assert len(high) == 2
    bed.do(Acknowledge(bed="bed", alarm=high[0].id, by="nurse"))
    assert bed.bell
    assert bed.bell.alarm == high[1].id
    assert bed.do(Acknowledge(bed="bed", alarm="no such", by="nurse")) == []
    assert bed.do(Acknowledge(bed="nobody", by="nurse")) == []


def test_medium_alarms_of_one_kind_are_held() -> None:
    couplets = START
    for _ in range(6):
        couplets = couplets.beats("VV", 0.5).sinus(12)
    bed = Bed(couplets)
    bed.play(couplets.end)
    announced = [alarm.announced / 250 for alarm in named(bed.said, "couplet")]
    assert len(announced) == 2
    assert announced[1] - announced[0] >= 60
    eager = Bed(couplets)
    eager.do(SetLimits(bed="bed", values={"hold_minutes": 0.0}))
    eager.play(couplets.end)
    assert len(named(eager.said, "couplet")) == 6


def test_several_shapes_of_v_are_held_five_times_as_long() -> None:
    shapes = START
    for _ in range(14):
        shapes = shapes.beats("V", 0.6, family=1).beats("NN", 0.8).beats("V", 0.6, family=2).sinus(22)
    bed = Bed(shapes)
    bed.play(shapes.end)
    announced = [alarm.announced / 250 for alarm in named(bed.said, "multiform_ve")]
    assert len(announced) == 2
    assert announced[1] - announced[0] >= 300


def test_a_passing_alarm_stays_for_5_s() -> None:
    bed = Bed(START.beats("VV", 0.5).sinus(30))
    bed.play(60)
    told = [one for one in bed.said if isinstance(one, Alarm) and one.name == "couplet"]
    assert [one.state for one in told] == ["active", "ended"]
    begin = next(k for k, one in enumerate(bed.said) if one is told[0])
    assert bed.said[begin:].index(told[1]) > 0
    again = Bed(START.beats("VV", 0.5).sinus(30))
    until = told[0].announced // 250
    again.play(until + 4)
    assert named(again.said, "couplet")[0].state == "active"
    again.play(2)
    assert named(again.said, "couplet")[0].state == "ended"


def test_the_text_follows_the_worst() -> None:
    bed = Bed(START.beats("N" * 20, 0.48).beats("N" * 20, 0.44).sinus(10))
    bed.play(60)
    texts = [one.text for one in bed.said if isinstance(one, Alarm) and one.name == "hr_high"]
    assert texts[0].startswith("HR 12")
    assert float(texts[-1].split()[1]) >= 133


def test_limits_are_told_kept_and_refused() -> None:
    bed = Bed(START.sinus(30, 110).sinus(30))
    (limits,) = bed.do(SetLimits(bed="bed", preset="adult", values={"hr_high": 100.0, "hr_low": 50.0}, by="nurse"))
    assert limits == Limits(bed="bed", preset="adult", values={"hr_high": 100.0}, by="nurse")
    assert bed.do(SetLimits(bed="bed", values={"hr_high": 20.0}, by="x"))[0] == limits
    bed.play(45)
    assert named(bed.said, "hr_high")[0].text.endswith("> 100")
    told = bed.do(SetLimits(bed="bed", off=("hr_high",)))
    assert named(told, "hr_high")[0].state == "ended"
    assert not named(bed.play(15), "hr_high")
    bed.said += bed.engine.open(0, "bed", "another", 250.0)
    assert bed.engine.command(SetLimits(bed="bed", values={"hr_high": 20.0}), 0.0)[0].off == ("hr_high",)


def test_presets_switch_off_what_they_say() -> None:
    bed = Bed(START.beats("N", 1.6).sinus(20))
    bed.do(SetLimits(bed="bed", preset="af"))
    bed.play(40)
    assert not named(bed.said, "missed_beat")


def test_a_source_that_sends_nothing() -> None:
    bed = Bed(START)
    bed.play(20)
    (stale, bell) = bed.engine.stale(0, 22.5)
    assert (stale.name, stale.onset, stale.announced, bell.sounds) == ("feed_stale", 5000, 5000, "technical")
    assert bed.engine.stale(0, 23.5) == []
    bed.said += [stale, bell]
    bed.play(10)
    assert named(bed.said, "feed_stale")[0].state == "ended"


def test_what_others_know_of() -> None:
    bed = Bed(START)
    bed.play(10)
    bed.said += bed.engine.technical("bed", "storage", True, 10.0)
    bed.play(10)
    assert named(bed.said, "storage")[0].state == "active"
    bed.said += bed.engine.technical("bed", "storage", False, 20.0)
    bed.play(10)
    assert named(bed.said, "storage")[0].state == "ended"


def test_a_stream_ends_and_what_is_latched_goes_on_in_the_next() -> None:
    bed = Bed(START.beats("V" * 40, 0.35))
    bed.play(40)
    bed.said += bed.engine.close(0, 40 * 250)
    assert {alarm.state for alarm in bed.alarms if alarm.priority == "high"} == {"latched"}
    assert {alarm.state for alarm in bed.alarms if alarm.priority != "high"} <= {"ended"}
    assert bed.bell
    assert bed.bell.sounds is None
    again = Bed(START, engine=bed.engine, stream="t", row=3)
    told = again.do(Acknowledge(bed="bed", by="nurse"))
    assert {alarm.state for alarm in told if isinstance(alarm, Alarm)} == {"ended"}


def test_opened_anew_what_held_is_over() -> None:
    bed = Bed(VT)
    bed.play(37)
    told = bed.engine.open(0, "bed", "t", 250.0)
    assert named(told, "ventricular_tachycardia")[0].state == "latched"


def test_a_pause_ends_by_the_clock_with_or_without_samples() -> None:
    bed = Bed(START.beats("N" * 200, 0.47))
    bed.play(45)
    assert bed.bell
    assert bed.bell.sounds == "medium"
    bed.do(AudioPause(bed="bed", seconds=10.0, by="nurse"))
    assert (bed.bell.sounds, bed.bell.until) == (None, 55.0)
    bed.play(9)
    assert bed.bell.sounds is None
    assert bed.engine.wall(54.5) == []
    (bell,) = bed.engine.wall(55.0)
    assert (bell.sounds, bell.paused) == ("medium", None)


# ---------------------------------------------------------------------------------------------------- restarts


def restarted(made: Made, at: int, back: int, more: int) -> tuple[list[Message], list[Message]]:
    """A bed whose detector is new from a second on, and reads again from some seconds before; what both said."""
    bed = Bed(made)
    bed.play(at)
    last = {}
    for one in bed.said:
        if isinstance(one, Alarm):
            last[one.id] = one
    engine = AlarmEngine()
    bells = [bed.bell] if bed.bell else []
    engine.resume([one for one in last.values() if one.state != "ended"], [], bells)
    begin = at - back
    shifted = [k for k, r in enumerate(made.r) if r > begin]
    rest = Made(
        tuple(made.r[k] - begin for k in shifted),
        "".join(made.label[k] for k in shifted),
        tuple(made.family[k] for k in shifted),
        tuple(made.chance[k] for k in shifted),
        made.end - begin,
    )
    new = Bed(rest, engine=engine, first=begin * 250, told_until=at * 250)
    new.play(back + more)
    return bed.said, new.said


@pytest.mark.parametrize("at", [33, 35, 38])
def test_an_alarm_goes_on_after_a_restart(at: int) -> None:
    before, after = restarted(START.beats("V" * 60, 0.4).sinus(40), at, 20, 15)
    whole = Bed(START.beats("V" * 60, 0.4).sinus(40))
    whole.play(at + 15)
    (alarm,) = named(whole.said, "ventricular_tachycardia")
    ids = {one.id for one in named(before + after, "ventricular_tachycardia")}
    assert len(ids) == 1
    assert named(before + after, "ventricular_tachycardia")[0].state == "active"
    if named(before, "ventricular_tachycardia"):
        assert ids == {alarm.id}


def test_an_alarm_whose_condition_is_not_found_again_ends_after_15_s() -> None:
    made = START.beats("V" * 15, 0.4).sinus(60)
    before, after = restarted(made, 36, 0, 30)
    assert named(before, "ventricular_tachycardia")[0].state == "active"
    (latched,) = named(after, "ventricular_tachycardia")
    assert (latched.state, latched.revision) == ("latched", 2)
    _, soon = restarted(made, 36, 0, 14)
    assert not named(soon, "ventricular_tachycardia")


def test_nothing_is_told_twice_after_a_restart() -> None:
    made = START.beats("VV", 0.5).sinus(40)
    before, after = restarted(made, 45, 40, 20)
    assert named(before, "couplet")
    assert not [one for one in after if isinstance(one, Alarm | Rhythm | Quality)]


def test_what_was_of_another_stream_is_over_whether_it_opens_before_or_after() -> None:
    before = Bed(VT)
    before.play(37)
    held = [alarm for alarm in before.alarms if alarm.state == "active"]
    assert "high" in {alarm.priority for alarm in held}
    late, early = AlarmEngine(), AlarmEngine()
    late.resume(held, [], [])
    bed = Bed(START, late, stream="t")
    early_bed = Bed(START, early, stream="t")
    early_bed.said += early.resume(held, [], [])
    for one in (bed, early_bed):
        assert {alarm.state for alarm in one.alarms if alarm.priority == "high"} == {"latched"}
        assert {alarm.state for alarm in one.alarms if alarm.priority != "high"} <= {"ended"}
        one.play(20)
        assert {rhythm.stream for rhythm in one.rhythms} == {"t"}


def test_an_alarm_whose_bed_does_not_come_back_is_over_after_a_minute() -> None:
    before = Bed(VT)
    before.play(37)
    held = [alarm for alarm in before.alarms if alarm.state == "active"]
    engine = AlarmEngine()
    engine.resume(held, [], [])
    assert not [one for now in (100.0, 159.0) for one in engine.wall(now) if isinstance(one, Alarm)]
    said = [one for one in engine.wall(160.0) if isinstance(one, Alarm)]
    assert {alarm.id for alarm in said} == {alarm.id for alarm in held}
    assert {alarm.state for alarm in said if alarm.priority == "high"} == {"latched"}
    assert {alarm.state for alarm in said if alarm.priority != "high"} <= {"ended"}
    assert not [one for one in engine.wall(161.0) if isinstance(one, Alarm)]


def test_a_bell_and_limits_go_on() -> None:
    engine = AlarmEngine()
    engine.resume([], [Limits(bed="bed", values={"hr_high": 90.0})], [Bell(bed="bed", paused="medium", until=50.0)])
    bed = Bed(Made().sinus(60, 100), engine=engine)
    bed.play(40)
    assert named(bed.said, "hr_high")
    assert bed.bell is None
    bed.play(15)
    assert bed.bell
    assert (bed.bell.sounds, bed.bell.paused) == ("medium", None)


# ---------------------------------------------------------------------------------------------------- promises

RHYTHMS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["N" * 10, "V" * 7, "NVNVNV", "VV", "S" * 10, "NNV" * 3]), st.floats(0.3, 1.8)),
        st.tuples(st.just(""), st.floats(2.0, 9.0)),
    ),
    min_size=1,
    max_size=12,
)
COMMANDS = st.lists(
    st.tuples(st.integers(1, 40), st.sampled_from(["acknowledge", "pause", "off", "close"])), max_size=6
)


def made_of(parts: list[tuple[str, float]]) -> Made:
    made = Made().sinus(12)
    for labels, rr in parts:
        made = made.beats(labels, rr) if labels else made.wait(rr)
    return made.sinus(8)


def waves_of(seed: int) -> Wave:
    rng = np.random.default_rng(seed)
    state = rng.integers(0, 3, 600) // 2
    vf = np.repeat(rng.random(60) > 0.9, 10)
    return Wave(
        lead=lambda t: (int(state[int(t) // 4]), 0) if seed % 2 else (5 * int(state[int(t) // 7]), 5 * int(state[1])),
        usable=lambda t: not (seed % 3 == 0 and state[int(t) // 5]),
        fibrillation=lambda t: float(vf[int(t)]),
        noisy=lambda t: 0.9 * float(state[int(t) // 25]) if seed % 5 == 0 else 0.0,
    )


@settings(max_examples=40, deadline=None)
@given(RHYTHMS, COMMANDS, st.integers(0, 50))
def test_whatever_happens(parts: list[tuple[str, float]], commands: list[tuple[int, str]], seed: int) -> None:
    made = made_of(parts)
    bed = Bed(made, wave=waves_of(seed))
    off = False
    for seconds, command in [*commands, (int(made.end), "acknowledge")]:
        bed.play(seconds)
        match command:
            case "acknowledge":
                bed.do(Acknowledge(bed="bed", by="x"))
                assert "latched" not in {alarm.state for alarm in bed.alarms}
            case "pause":
                bed.do(AudioPause(bed="bed", seconds=20.0))
            case "off":
                off = True
                bed.do(SetLimits(bed="bed", off=("extreme_tachycardia", "hr_high")))
            case "close":
                bed.said += bed.engine.close(0, bed.second * 250)
                bed.said += bed.engine.open(0, "bed", f"s{len(bed.said)}", 250.0, bed.second * 250)
                bed = Bed(made, bed.engine, bed.wave, "bed", f"t{len(bed.said)}", said=bed.said)
        promises(bed.said, off)


def promises(said: list[Message], off: bool) -> None:
    """What holds of all that was said of a bed."""
    told: dict[str, Alarm] = {}
    for k, one in enumerate(said):
        if isinstance(one, Alarm):
            before = told.get(one.id)
            assert one.revision == (before.revision + 1 if before else 1)
            assert before is None or before.state != "ended"
            assert one.onset <= one.announced
            assert one.priority == ALARMS[one.name].priority
            if one.state == "ended" and one.priority == "high" and not one.acknowledged:
                next_one = [m for m in said[k + 1 : k + 2] if isinstance(m, Alarm) and m.name == one.name]
                assert next_one or (off and one.name == "extreme_tachycardia")
            told[one.id] = one
            open_ones = [alarm.name for alarm in told.values() if alarm.state != "ended"]
            assert len(open_ones) == len(set(open_ones))
        if isinstance(one, Bell) and one.sounds is not None:
            assert one.paused is None or LOUDNESS[one.sounds] > LOUDNESS[one.paused]
            assert told[one.alarm].priority == one.sounds
    bell = next((one for one in reversed(said) if isinstance(one, Bell)), Bell(bed="bed"))
    loud = [alarm for alarm in told.values() if alarm.state == "active" and not alarm.acknowledged]
    if bell.paused is None:
        most = max((LOUDNESS[alarm.priority] for alarm in loud), default=None)
        assert (None if bell.sounds is None else LOUDNESS[bell.sounds]) == most
    rhythms = [one for one in said if isinstance(one, Rhythm)]
    by_stream = defaultdict(list)
    for one in rhythms:
        by_stream[one.stream].append(one.sample)
    assert all(samples == sorted(set(samples)) for samples in by_stream.values())


def test_beats_may_be_given_ahead() -> None:
    made = made_of([("NNV" * 5, 0.5), ("V" * 8, 0.4), ("", 5.0), ("S" * 9, 0.36)])
    one, ahead = Bed(made), Bed(made)
    one.play(made.end)
    while ahead.second < made.end:
        begin = ahead.second
        for ahead.second in range(begin, begin + 8):
            ahead.give()
        ahead.second = begin
        for _ in range(8):
            if ahead.second < round(made.end):
                ahead.said += ahead.engine.tick([0], **ahead.signs(), now=float(ahead.second + 1))
            ahead.second += 1
    assert ahead.said == one.said


def test_company_and_batches_do_not_matter() -> None:
    rng = np.random.default_rng(7)
    mades = []
    for _ in range(6):
        parts = [
            (str(rng.choice(["NNV" * 4, "V" * 8, "S" * 9, "N" * 9, "NVNVNVNV"])), rng.uniform(0.3, 1.6))
            for _ in range(8)
        ]
        mades.append(made_of(parts))
    alone = []
    for k, made in enumerate(mades):
        bed = Bed(made, wave=waves_of(k), name=f"bed {k}", stream=f"s{k}", fs=100.0 * (k + 1))
        bed.play(80)
        alone.append(bed.said)
    for together in (lambda second: [[5, 1, 0], [2, 4], [3]], lambda second: [list(rng.permutation(6))]):
        engine = AlarmEngine()
        beds = [Bed(made, engine, waves_of(k), f"bed {k}", f"s{k}", k, 100.0 * (k + 1)) for k, made in enumerate(mades)]
        said: list[Message] = [one for bed in beds for one in bed.said]
        for second in range(80):
            for rows in together(second):
                for k in rows:
                    beds[k].give()
                signs = [beds[k].signs() for k in rows]
                joined = {name: np.concatenate([one[name] for one in signs]) for name in signs[0]}
                said += engine.tick(np.array(rows), **joined, now=float(second + 1))
                for k in rows:
                    beds[k].second += 1
        for k in range(6):
            assert [one for one in said if one.bed == f"bed {k}"] == alone[k]
