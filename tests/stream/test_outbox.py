"""What waits, what is dropped, and what is said of it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.messages import Beat, Gap, Message, Numerics, Wave, decode_frame, frame
from stream.outbox import Letter, Outbox


def wave(start: int, n: int = 50, bed: str = "1", stream: str = "a") -> Letter:
    return Letter(Wave(bed=bed, stream=stream, start=start, samples=bytes(2 * n)), stop=start + n)


def beat(sample: int, bed: str = "1", seq: int = 1) -> Letter:
    return Letter(Beat(bed=bed, stream="a", sample=sample, label="N", probabilities=(), seq=seq))


def taken(outbox: Outbox, limit: int = 1 << 20) -> list[Message]:
    return list(decode_frame(frame(outbox.take(limit), outbox.encoding), outbox.encoding))


def shape(messages: list[Message]) -> list[tuple[str, ...] | tuple[str, str, int, int]]:
    """Names each message: ("gap", bed, start, stop), ("wave", bed, start), ("beat", bed, sample)."""
    names = []
    for message in messages:
        match message:
            case Gap():
                assert message.reason == "slow"
                assert message.seq == 0
                names.append(("gap", message.bed, message.start, message.stop))
            case Wave():
                names.append(("wave", message.bed, message.start))
            case Beat() | Numerics():
                names.append((message.__struct_config__.tag, message.bed, message.sample))
    return names


ROOM_FOR_TWO = 2 * wave(1000).size


def test_gives_back_in_order_as_one_frame():
    outbox = Outbox()
    for letter in (wave(100), beat(120), wave(150), beat(5, bed="2")):
        outbox.put(letter)
    assert shape(taken(outbox)) == [
        ("wave", "1", 100),
        ("beat", "1", 120),
        ("wave", "1", 150),
        ("beat", "2", 5),
    ]
    assert len(outbox) == outbox.wave_bytes == outbox.event_bytes == 0
    assert outbox.take() == []


def test_drops_the_oldest_waves_and_tells_them_as_one_gap_in_their_place():
    outbox = Outbox(waves_limit=ROOM_FOR_TWO)
    outbox.put(beat(90))
    for start in (100, 150, 200, 250):
        outbox.put(wave(start))
        outbox.put(beat(start + 1))
    assert shape(taken(outbox)) == [
        ("beat", "1", 90),
        ("gap", "1", 100, 200),
        ("beat", "1", 101),
        ("beat", "1", 151),
        ("wave", "1", 200),
        ("beat", "1", 201),
        ("wave", "1", 250),
        ("beat", "1", 251),
    ]


def test_gaps_are_of_each_bed_and_of_each_stretch():
    outbox = Outbox(waves_limit=ROOM_FOR_TWO)
    for letter in (
        wave(100),
        wave(100, bed="2"),
        wave(150),
        wave(300),  # not next to the one before
        wave(100, stream="b"),  # nor of the same stream
        wave(150, stream="b"),
        wave(150, bed="2"),
    ):
        outbox.put(letter)
    assert shape(taken(outbox)) == [
        ("gap", "1", 100, 200),
        ("gap", "2", 100, 150),
        ("gap", "1", 300, 350),
        ("gap", "1", 100, 150),
        ("wave", "1", 150),
        ("wave", "2", 150),
    ]


def test_a_gap_that_was_told_is_not_told_again():
    outbox = Outbox(waves_limit=ROOM_FOR_TWO)
    for start in (100, 150, 200):
        outbox.put(wave(start))
    assert shape(taken(outbox, limit=1)) == [("gap", "1", 100, 150)]
    outbox.put(wave(250))  # pushes out 150
    assert shape(taken(outbox)) == [("gap", "1", 150, 200), ("wave", "1", 200), ("wave", "1", 250)]


def test_numerics_are_dropped_without_a_word():
    outbox = Outbox(waves_limit=ROOM_FOR_TWO)
    outbox.put(Letter(Numerics(bed="1", stream="a", sample=7)))
    for start in (100, 150):
        outbox.put(wave(start))
    assert shape(taken(outbox)) == [("wave", "1", 100), ("wave", "1", 150)]


def test_what_nobody_takes_stays_bounded():
    outbox = Outbox(waves_limit=ROOM_FOR_TWO)
    for block in range(10_000):
        for bed in ("1", "2", "3"):
            outbox.put(wave(100 + 50 * block, bed=bed))
        assert outbox.wave_bytes <= ROOM_FOR_TWO
        assert len(outbox) <= 3 + 2  # a gap of each bed, two waves
    assert outbox.event_bytes < 1000


def test_events_are_never_dropped_but_overflow():
    notes = []
    outbox = Outbox(notify=lambda: notes.append(outbox.overflowed), events_limit=3 * beat(1000, seq=1000).size)
    for sample in range(1000, 1003):
        outbox.put(beat(sample, seq=sample))
    assert notes == [False]
    outbox.put(beat(1003, seq=1003))
    assert notes == [False, True]
    assert outbox.next_seq == 1000
    assert [sample for _, _, sample in shape(taken(outbox))] == [1000, 1001, 1002, 1003]


def test_all_waves_are_kept_and_it_says_when_it_is_full():
    notes = []
    outbox = Outbox(notify=lambda: notes.append(outbox.full), waves_limit=ROOM_FOR_TWO)
    outbox.begin([], waves="all")
    for start in (1000, 1050, 1100):
        outbox.put(wave(start))
    assert notes == [False, False, True, True]  # begins, first waits, full, still full
    assert shape(taken(outbox)) == [("wave", "1", 1000), ("wave", "1", 1050), ("wave", "1", 1100)]
    assert not outbox.full


def test_events_too_make_a_subscriber_of_all_full():
    outbox = Outbox(waves_limit=2 * beat(1000).size)
    outbox.begin([], waves="all")
    outbox.put(beat(1000))
    assert not outbox.full
    outbox.put(beat(1001))
    assert outbox.full


def test_the_past_comes_first_and_does_not_count():
    outbox = Outbox(waves_limit=ROOM_FOR_TWO, events_limit=beat(1000).size)
    outbox.put(beat(1))
    outbox.begin([beat(1000), beat(1001), beat(1002)])  # starts over: the beat before is left out
    outbox.put(beat(1003))
    assert not outbox.overflowed
    assert len(outbox) == 4
    assert [sample for _, _, sample in shape(taken(outbox))] == [1000, 1001, 1002, 1003]


def test_a_closed_one_holds_nothing():
    outbox = Outbox()
    outbox.begin([beat(1)])
    outbox.put(wave(100))
    outbox.close()
    outbox.put(wave(150))
    assert outbox.take() == []
    assert outbox.wave_bytes == 0


def test_a_letter_is_encoded_once_for_all_in_each_encoding():
    letter = wave(100)
    boxes = [Outbox("json"), Outbox("json"), Outbox("msgpack"), Outbox("msgpack")]
    for outbox in boxes:
        outbox.put(letter)
    (json1,), (json2,), (packed1,), (packed2,) = (outbox.take() for outbox in boxes)
    assert json1 is json2
    assert packed1 is packed2
    assert decode_frame(b"[" + json1 + b"]", "json") == decode_frame(frame([packed1])) == [letter.message]


@pytest.mark.parametrize("waves", ["latest", "all"])
@given(
    steps=st.lists(st.tuples(st.sampled_from(["wave", "beat", "take"]), st.integers(0, 2), st.integers(1, 400))),
    limit=st.integers(0, 2000),
)
def test_whatever_happens_every_sample_is_sent_or_told_lost(waves, steps, limit):
    outbox = Outbox(waves_limit=limit)
    outbox.begin([], waves=waves)
    ends = [0, 0, 0]
    sent: list[Message] = []
    beats = 0
    for action, bed, size in steps:
        if action == "wave":
            outbox.put(wave(ends[bed], size, bed=str(bed)))
            ends[bed] += size
        elif action == "beat":
            outbox.put(beat(ends[bed], bed=str(bed)))
            beats += 1
        else:
            sent += taken(outbox, size)
        assert waves == "all" or outbox.wave_bytes <= limit
    while len(outbox):
        sent += taken(outbox)
    assert outbox.wave_bytes == outbox.event_bytes == 0
    assert sum(isinstance(message, Beat) for message in sent) == beats
    told = np.zeros(3, int)
    for message in sent:
        if isinstance(message, Wave | Gap):
            bed = int(message.bed)
            assert message.start == told[bed]
            told[bed] = message.stop if isinstance(message, Gap) else message.start + len(message.samples) // 2
            assert waves == "latest" or isinstance(message, Wave)
    assert told.tolist() == ends
