"""The life of one alarm, step by step; and that no sequence of steps breaks its promises."""

import re
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.alarms.bell import BedBell
from detector.alarms.kinds import LOUDNESS, NAMES, latches
from detector.alarms.lifecycle import TRANSITIONS, BedAlarms, Happening, State
from stream.limits import ALARMS
from stream.messages import Alarm, AudioPause, Bell

DOC = Path(__file__).resolve().parents[3] / "docs" / "alarms.md"
VT, RUN, HR = "ventricular_tachycardia", "non_sustained_vt", "hr_high"


def fresh(name: str, onset: int = 100) -> Alarm:
    return Alarm(
        bed="bed",
        stream="s",
        id=f"s/{name}/{onset}",
        name=name,
        priority=ALARMS[name].priority,
        state="active",
        onset=onset,
        announced=onset + 10,
        text=name,
        latching=latches(name),
    )


def test_high_priority_latches_until_somebody_acknowledges() -> None:
    bed = BedAlarms()
    assert bed.happen(VT, "begin", fresh=fresh(VT)) == [fresh(VT)]
    (latched,) = bed.happen(VT, "over", sample=500)
    assert (latched.state, latched.ended, latched.revision) == ("latched", 500, 2)
    assert bed.sounding(None) is None
    (ended,) = bed.happen(VT, "acknowledge", by="nurse", sample=900)
    assert (ended.state, ended.ended, ended.acknowledged, ended.by, ended.revision) == ("ended", 500, True, "nurse", 3)
    assert not bed.running


def test_others_fade() -> None:
    bed = BedAlarms()
    bed.happen(HR, "begin", fresh=fresh(HR))
    assert bed.happen(HR, "over", sample=500) == []
    assert bed.sounding(None) == fresh(HR)
    assert bed.happen(HR, "begin", fresh=fresh(HR, 700)) == []  # the same, after a moment
    bed.happen(HR, "over", sample=800)
    (ended,) = bed.happen(HR, "elapse")
    assert (ended.id, ended.state, ended.ended) == (fresh(HR).id, "ended", 800)


def test_acknowledged_it_is_silent_while_it_holds_and_gone_when_it_is_over() -> None:
    bed = BedAlarms()
    bed.happen(VT, "begin", fresh=fresh(VT))
    (silent,) = bed.happen(VT, "acknowledge", by="nurse")
    assert (silent.state, silent.acknowledged, silent.by) == ("active", True, "nurse")
    assert bed.sounding(None) is None
    (ended,) = bed.happen(VT, "over", sample=500)
    assert (ended.state, ended.ended, ended.by) == ("ended", 500, "nurse")


def test_a_latched_alarm_gives_way_to_the_next_of_its_kind() -> None:
    bed = BedAlarms()
    bed.happen(VT, "begin", fresh=fresh(VT))
    bed.happen(VT, "over", sample=500)
    ended, new = bed.happen(VT, "begin", fresh=fresh(VT, 900))
    assert (ended.state, ended.ended, ended.acknowledged) == ("ended", 500, False)
    assert new == fresh(VT, 900)


def test_getting_worse_tells_the_text_anew() -> None:
    bed = BedAlarms()
    bed.happen(HR, "begin", fresh=fresh(HR))
    (worse,) = bed.happen(HR, "worsen", text="HR 150 > 120")
    assert (worse.text, worse.revision) == ("HR 150 > 120", 2)
    assert bed.happen(HR, "worsen", text="HR 150 > 120") == []


def test_an_announcement_needs_its_alarm() -> None:
    with pytest.raises(ValueError, match="announced"):
        BedAlarms().happen(HR, "begin")


def test_the_table_of_the_docs_is_the_table_of_the_code() -> None:
    rows = re.findall(r"^\| `(\w+)` \| `(\w+)` \| `(\w+)` \| `(\w+)` \| `(\w+)` \|", DOC.read_text(), re.M)
    code = [(*key, step.latching, step.other, step.effect) for key, step in TRANSITIONS.items()]
    assert rows == code


def test_the_table_knows_every_state_and_happening() -> None:
    assert {state for state, _ in TRANSITIONS} == set(get_args(State))
    assert {happening for _, happening in TRANSITIONS} == set(get_args(Happening))
    reached = {step.latching for step in TRANSITIONS.values()} | {step.other for step in TRANSITIONS.values()}
    assert reached == set(get_args(State))
    for state in set(get_args(State)) - {"none"}:  # nothing is for ever
        assert TRANSITIONS[state, "withdraw"].latching == "none"


STEPS = st.lists(
    st.one_of(
        st.tuples(
            st.sampled_from(["begin", "over", "acknowledge", "elapse", "worsen", "withdraw"]), st.sampled_from(NAMES)
        ),
        st.tuples(st.just("pause"), st.floats(-10, 100)),
        st.tuples(st.just("wait"), st.floats(0, 100)),
    ),
    max_size=60,
)


@given(STEPS)
def test_no_sequence_breaks_the_promises(steps: list[tuple[str, str | float]]) -> None:
    bed, bell = BedAlarms(), BedBell(Bell(bed="bed"))
    now, sample = 0.0, 0
    told: dict[str, Alarm] = {}
    holds: set[str] = set()
    for what, of in steps:
        sample += 10
        said: list[Alarm] = []
        if what == "wait":
            now += float(of)
        elif what == "pause":
            bell.pause(AudioPause(bed="bed", seconds=float(of)), bed, now)
        else:
            happening: Happening = what  # type: ignore[assignment]
            name = str(of)
            if (happening == "begin") == (name in holds) and happening in ("begin", "over"):
                continue  # what holds does not begin
            said = bed.happen(name, happening, fresh=fresh(name, sample), text=f"worse {sample}", sample=sample, by="x")
            holds = holds | {name} if happening == "begin" else holds - {name} if happening == "over" else holds
        for alarm in said:
            before = told.get(alarm.id)
            assert alarm.revision == (before.revision + 1 if before else 1)
            assert before is None or before.state != "ended"
            assert alarm.state == "ended" or alarm.ended is None or alarm.state == "latched"
            if alarm.state == "ended":
                assert alarm.ended is not None
                assert alarm.ended >= alarm.onset
                lost = alarm.priority == "high" and not alarm.acknowledged
                assert not lost or what == "withdraw" or fresh(alarm.name, sample) in said
            told[alarm.id] = alarm
        loudest(told, bell.ring(bed, now), bell, now)
        if what == "begin" and LOUDNESS[ALARMS[str(of)].priority] == 3:
            assert any(one.name == of and one.state == "active" for one in told.values())  # none is lost
    for name in list(bed.running):
        bed.happen(name, "over", sample=sample)
        bed.happen(name, "elapse")
        bed.happen(name, "acknowledge", by="x")
    assert not bed.running  # none stays for ever


def loudest(told: dict[str, Alarm], _rings: list[Bell], bell: BedBell, now: float) -> None:
    """The bell sounds the worst that may sound, and nothing else."""
    loud = [one for one in told.values() if one.state == "active" and not one.acknowledged]
    paused = bell.told.paused
    assert paused is None or now < bell.told.until
    over = [one for one in loud if paused is None or LOUDNESS[one.priority] > LOUDNESS[paused]]
    most = max((LOUDNESS[one.priority] for one in over), default=None)
    assert (bell.told.sounds is None) == (most is None)
    if most is not None:
        assert LOUDNESS[told[bell.told.alarm].priority] == most
        assert told[bell.told.alarm] in over


def test_a_pause_silences_its_own_priority_and_below_and_high_breaks_through() -> None:
    bed, bell = BedAlarms(), BedBell(Bell(bed="bed"))
    bed.happen(RUN, "begin", fresh=fresh(RUN))
    assert bell.ring(bed, 0.0)[0].sounds == "medium"
    bell.pause(AudioPause(bed="bed", seconds=120, by="nurse"), bed, 0.0)
    (silent,) = bell.ring(bed, 0.0)
    assert (silent.sounds, silent.paused, silent.until, silent.by) == (None, "medium", 120.0, "nurse")
    bed.happen(VT, "begin", fresh=fresh(VT))
    (loud,) = bell.ring(bed, 60.0)
    assert (loud.sounds, loud.paused) == ("high", "medium")
    bed.happen(VT, "acknowledge", by="nurse")
    assert bell.ring(bed, 61.0)[0].sounds is None
    (again,) = bell.ring(bed, 120.0)  # it still holds
    assert (again.sounds, again.paused, again.alarm) == ("medium", None, fresh(RUN).id)


def test_a_pause_while_nothing_sounds_lets_high_priority_through() -> None:
    bed, bell = BedAlarms(), BedBell(Bell(bed="bed"))
    bell.pause(AudioPause(bed="bed", seconds=1e9), bed, 0.0)
    assert bell.ring(bed, 0.0)[0].until == 600.0
    bed.happen(VT, "begin", fresh=fresh(VT))
    assert bell.ring(bed, 1.0)[0].sounds == "high"
    bell.pause(AudioPause(bed="bed", seconds=0), bed, 2.0)
    assert bell.ring(bed, 2.0)[0].paused is None


def test_asystole_sounds_before_other_high_alarms() -> None:
    bed = BedAlarms()
    for name in ("extreme_tachycardia", "asystole", "ventricular_fibrillation"):
        bed.happen(name, "begin", fresh=fresh(name))
    assert bed.sounding(None) == fresh("asystole")
