"""Who gets what, in which order, and what is kept for those who come back."""

from typing import get_args

import pytest

from stream.arrangement import Arrangement
from stream.bus import MemoryBus
from stream.messages import (
    KINDS,
    Alarm,
    Beat,
    Bell,
    Close,
    Control,
    Event,
    Gap,
    Limits,
    Message,
    Numerics,
    Quality,
    Rhythm,
    Sent,
    Status,
    Subscribe,
    Subscribed,
    Wave,
    decode_frame,
    frame,
)
from stream.outbox import Outbox


def taken(outbox: Outbox) -> list[Message]:
    return list(decode_frame(frame(outbox.take(), outbox.encoding), outbox.encoding))


def kinds(messages: list[Message]) -> list[str]:
    return [str(message.__struct_config__.tag) for message in messages]


def beat(sample: int, bed: str = "1") -> Beat:
    return Beat(bed=bed, stream="a", sample=sample, label="N", probabilities=())


def subscriber(bus: MemoryBus, **request) -> Outbox:
    outbox = Outbox()
    bus.subscribe(outbox, Subscribe(**request))
    return outbox


@pytest.fixture
def bus() -> MemoryBus:
    return MemoryBus()


def test_stamps_events_and_nothing_else(bus, opened, wave):
    outbox = subscriber(bus)
    bus.publish([opened(), wave(0), beat(10), Numerics(bed="1", stream="a", sample=20), beat(30)])
    subscribed, *messages = taken(outbox)
    assert subscribed == Subscribed(session=bus.session, seq=0)
    assert kinds(messages) == ["open", "wave", "beat", "numerics", "beat"]
    assert [message.seq for message in messages if isinstance(message, Event)] == [1, 2, 3]
    assert bus.seq == 3


def test_filters_by_bed_and_kind(bus, opened, wave):
    by_bed = subscriber(bus, beds=("2",))
    by_kind = subscriber(bus, kinds=("wave", "beat"))
    by_both = subscriber(bus, beds=("1",), kinds=("beat",))
    nothing = subscriber(bus, beds=())
    bus.publish([opened("1"), opened("2"), wave(0), wave(0, bed="2"), beat(1), beat(2, bed="2")])
    bus.publish([Status(component="detector", state="ready")])  # of no bed, so of all
    assert kinds(taken(by_bed)) == ["subscribed", "open", "wave", "beat", "status"]
    assert [getattr(message, "bed", "") for message in taken(by_kind)] == ["", "1", "2", "1", "2"]
    assert taken(by_both)[1:] == [beat(1).__class__(**{**_fields(beat(1)), "seq": 3})]
    assert kinds(taken(nothing)) == ["subscribed", "status"]


def _fields(message: Message) -> dict[str, object]:
    return {name: getattr(message, name) for name in message.__struct_fields__}


def test_a_newcomer_is_told_the_open_stream_of_each_bed_and_how_each_part_is(bus, opened):
    bus.publish([Status(component="detector", state="starting"), opened("1"), opened("2"), opened("3")])
    bus.publish([opened("1", "b"), Close(bed="2", stream="a", sample=0)])
    bus.publish([Status(component="source", state="lost", bed=bed) for bed in ("3", "2")])
    bus.publish([Status(component="detector", state="ready"), beat(5)])
    *state, last = taken(subscriber(bus))
    assert isinstance(last, Subscribed)
    assert [(message.seq, getattr(message, "bed", None), kinds([message])[0]) for message in state] == [
        (4, "3", "open"),
        (5, "1", "open"),
        (7, "3", "status"),
        (9, None, "status"),
    ]
    assert state[-1].state == "ready"
    bus.publish([Status(component="detector", state="stopped"), Close(bed="3", stream="a", sample=0)])
    assert kinds(taken(subscriber(bus))) == ["open", "subscribed"]
    assert kinds(taken(subscriber(bus, kinds=("wave",)))) == ["subscribed"]


def test_a_newcomer_is_told_what_a_screen_must_show(bus, opened):
    def alarm(name: str, **fields) -> Alarm:
        fields = {"state": "active", "text": name} | fields
        return Alarm(bed="1", stream="a", id=name, name=name, priority="high", onset=5, announced=9, **fields)

    bus.publish([Limits(bed="1", preset="af"), opened(), alarm("asystole"), alarm("pause")])
    bus.publish([Bell(bed="1", sounds="high"), Rhythm(bed="1", stream="a", sample=1, text="Sinus rhythm")])
    bus.publish([Quality(bed="1", stream="a", sample=1, leads=("good",)), Bell(bed="1")])
    bus.publish([alarm("asystole", revision=2, state="latched"), alarm("pause", revision=2, state="ended", ended=20)])
    bus.publish([Rhythm(bed="1", stream="a", sample=7, text="Bigeminy")])
    *state, _ = taken(subscriber(bus))
    assert kinds(state) == ["open", "limits", "quality", "bell", "alarm", "rhythm"]
    assert state[1].preset == "af"
    assert state[3].sounds is None
    assert (state[4].id, state[4].state) == ("asystole", "latched")
    assert state[5].text == "Bigeminy"

    bus.publish([opened(stream="b"), Rhythm(bed="1", stream="a", sample=9, text="of the stream before")])
    assert kinds(taken(subscriber(bus))) == ["open", "limits", "bell", "alarm", "subscribed"]
    bus.publish([Rhythm(bed="1", stream="b", sample=9, text="Sinus rhythm"), Close(bed="1", stream="b", sample=10)])
    assert kinds(taken(subscriber(bus))) == ["limits", "bell", "alarm", "subscribed"]


def test_a_newcomer_is_told_the_last_arrangement_of_beds_whichever_it_asks_for(bus):
    bus.publish([Arrangement(order=("2", "1")), Arrangement(names={"1": "Window"}, by="Kim")])
    (told, _) = taken(subscriber(bus, beds=("1",)))
    assert told == Arrangement(names={"1": "Window"}, by="Kim", seq=2)


def test_resumes_with_no_hole_and_no_double(bus, opened):
    bus.publish([opened(), *(beat(sample) for sample in range(9))])  # seq 1 to 10
    for since in range(11):
        outbox = subscriber(bus, since=since, session=bus.session)
        bus.publish([beat(99)])
        *past, subscribed, live = taken(outbox)
        assert [event.seq for event in past] == list(range(since + 1, bus.seq))
        assert subscribed == Subscribed(session=bus.session, seq=bus.seq - 1)
        assert live.seq == bus.seq
        bus.unsubscribe(outbox)


def test_resumes_what_the_filter_lets_through(bus, opened):
    bus.publish([opened("1"), opened("2"), beat(1), beat(2, bed="2"), beat(3)])
    events = taken(subscriber(bus, since=1, session=bus.session, beds=("1",), kinds=("beat",)))[:-1]
    assert [event.seq for event in events] == [3, 5]


def test_does_not_resume_another_session(bus, opened):
    bus.publish([opened(), beat(1), beat(2)])
    for session in ("of yesterday", None):
        assert kinds(taken(subscriber(bus, since=1, session=session))) == ["open", "subscribed"]


def test_a_future_seq_is_harmless(bus, opened):
    bus.publish([opened()])
    assert kinds(taken(subscriber(bus, since=1000, session=bus.session))) == ["subscribed"]
    assert kinds(taken(subscriber(bus, since=-1000, session=bus.session))) == ["open", "subscribed"]


def test_keeps_a_bounded_past_and_counts_what_is_missed(opened):
    bus = MemoryBus(kept_bytes=500)
    bus.publish([opened("1"), opened("2"), *(beat(sample) for sample in range(100))])  # seq 1 to 102
    *events, subscribed = taken(subscriber(bus, since=1, session=bus.session))
    # The Open of bed 2 is older than what is kept, but it is how bed 2 is.
    assert events[0].seq == 2
    kept = [event.seq for event in events[1:]]
    assert kept == list(range(kept[0], 103))
    assert 1 < len(kept) < 20
    assert subscribed.missed == kept[0] - 2
    assert taken(subscriber(bus, since=kept[0] - 1, session=bus.session))[-1].missed == 0


def test_a_newcomer_may_ask_for_the_latest_events_of_its_own_bed(bus, opened):
    bus.publish([opened("1"), opened("2"), *(beat(sample) for sample in range(5))])  # bed 1: seq 1 and 3 to 7
    bus.publish([beat(sample, bed="2") for sample in range(1000)])
    bus.publish([beat(99)])
    for last in range(9):
        *past, subscribed = taken(subscriber(bus, beds=("1",), last=last))
        told = [1, 3, 4, 5, 6, 7, 1008][-last:] if last else []
        assert [event.seq for event in past] == (told if 1 in told else [1, *told])  # how the bed is comes before
        assert subscribed == Subscribed(session=bus.session, seq=1008)
    alone = taken(subscriber(bus, beds=("1",), kinds=("beat",), last=2))[:-1]
    assert [event.seq for event in alone] == [7, 1008]
    back = taken(subscriber(bus, beds=("1",), last=2, since=6, session=bus.session))[:-1]
    assert [event.seq for event in back] == [7, 1008]  # one that comes back gets what it missed


def test_requests_go_to_those_who_ask_for_them_and_are_not_kept(bus):
    source = subscriber(bus, kinds=("control",))
    bus.publish([Control(bed="1", action="pause")])
    assert kinds(taken(source)) == ["subscribed", "control"]
    assert kinds(taken(subscriber(bus, since=0, session=bus.session))) == ["subscribed"]


def test_subscribing_again_starts_over_and_unsubscribing_ends(bus, opened):
    outbox = subscriber(bus)
    bus.publish([opened(), beat(1)])
    bus.subscribe(outbox, Subscribe(kinds=("gap",)))
    bus.publish([beat(2), Gap(bed="1", stream="a", start=0, stop=5)])
    assert kinds(taken(outbox)) == ["subscribed", "gap"]
    bus.unsubscribe(outbox)
    bus.unsubscribe(outbox)
    bus.publish([Gap(bed="1", stream="a", start=5, stop=6)])
    assert taken(outbox) == []


def test_waves_nobody_wants_are_not_encoded(bus, opened, monkeypatch):
    bus.publish([opened()])
    subscriber(bus, kinds=("beat",))

    def encode(*_):
        raise AssertionError("encoded")

    monkeypatch.setattr("stream.outbox.encode", encode)
    bus.publish([Wave(bed="1", stream="a", start=0, samples=bytes(4))])


def test_every_kind_has_its_family():
    events = {kind for kind, cls in KINDS.items() if issubclass(cls, Event)}
    assert events == {
        *("open", "cut_beat", "reference", "close", "beat", "explanation", "gap", "status"),
        *("alarm", "bell", "rhythm", "quality", "limits", "verdict", "arrangement"),
    }
    assert len(KINDS) == len(get_args(Sent))
