"""The last minute of waves: whole, bounded, and sent before what is live."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.bus import MemoryBus
from stream.history import History
from stream.messages import (
    MAX_WAVE,
    Close,
    CutBeat,
    Lead,
    Open,
    Subscribe,
    Wave,
    decode_frame,
    frame,
    pack,
    unpack_wave,
)
from stream.outbox import Outbox

FS = 100


def opened(stream: str = "a", **fields) -> Open:
    return Open(
        bed="1",
        stream=stream,
        leads=(Lead(name="II"), Lead(name="V1")),
        **({"epoch": 0.0, "fs": float(FS)} | fields),
    )


def numbers(start: int, stop: int) -> np.ndarray:
    return np.stack([np.arange(start, stop), -np.arange(start, stop)]).astype(np.int16)


def wave(start: int, n: int, stream: str = "a") -> Wave:
    return Wave(bed="1", stream=stream, start=start, samples=pack(numbers(start, start + n)))


def spans(waves: list[tuple[Wave, int]]) -> list[tuple[int, int]]:
    for one, stop in waves:
        np.testing.assert_array_equal(unpack_wave(one.samples, 2), numbers(one.start, stop))
    return [(one.start, stop) for one, stop in waves]


def filled(blocks: list[tuple[int, int]], seconds: float = 60.0) -> History:
    """A history of waves of some starts and lengths."""
    history = History(seconds)
    history.open(opened())
    for start, n in blocks:
        history.keep(wave(start, n), start + n)
    return history


@given(st.lists(st.integers(1, 250), min_size=1, max_size=40))
def test_waves_that_follow_each_other_come_back_as_one(lengths):
    stops = np.cumsum(lengths).tolist()
    history = filled([(stop - n, n) for stop, n in zip(stops, lengths, strict=True)], seconds=1000)
    assert spans(history.waves(None, 1000)) == [(0, stops[-1])]


def test_a_gap_stays_one():
    history = filled([(0, 30), (30, 30), (100, 250), (350, 20)])
    assert spans(history.waves(None, 60)) == [(0, 60), (100, 370)]


def test_what_is_older_is_forgotten_and_fewer_seconds_may_be_asked_for():
    history = filled([(start, 20) for start in range(0, 100 * FS, 20)])
    ((start, stop),) = spans(history.waves(None, 60))
    assert stop == 100 * FS
    assert 39 * FS <= start <= 40 * FS
    ((start, stop),) = spans(history.waves(None, 5))
    assert stop == 100 * FS
    assert 94 * FS <= start <= 95 * FS


def test_other_beds_and_streams_and_forms_are_not_there():
    history = filled([(0, 50)])
    assert history.waves(frozenset({"2"}), 60) == []
    history.open(opened())  # said again
    assert spans(history.waves(frozenset({"1"}), 60)) == [(0, 50)]
    history.open(opened("b", first=500))
    assert history.waves(None, 60) == []
    history.close("1")
    history.keep(wave(500, 5, "b"), 505)
    assert history.waves(None, 60) == []
    assert filled([(0, 50)], seconds=0).waves(None, 60) == []


@pytest.mark.parametrize("step", [1, 2])
def test_takes_about_60_kb_a_bed_at_250_hz_and_two_leads_however_waves_are_cut(step):
    history = History()
    history.open(opened(fs=250.0))
    for start in range(0, 250 * 300, step * 10):
        history.keep(wave(start, 10), start + 10)
    assert history.size("1") <= 61 * 250 * 4


def test_the_memory_of_a_bed_is_bounded_at_any_rate():
    history = History()
    history.open(opened(fs=10_000.0))
    for start in range(0, 10_000 * 120, 2000):
        history.keep(wave(start % 30_000, 2000), start + 2000)
    assert history.size("1") < MAX_WAVE + 4 * 10_000


# ------------------------------------------------------------------------------------------ through the bus


def subscribed(bus: MemoryBus, **request) -> list:
    outbox = Outbox()
    bus.subscribe(outbox, Subscribe(**request))
    return list(decode_frame(frame(outbox.take(1 << 30))))


def test_a_subscriber_hears_the_kept_waves_after_the_open_and_before_what_is_live():
    bus = MemoryBus()
    bus.publish([opened(), wave(0, 40), wave(40, 40)])
    outbox = Outbox()
    bus.subscribe(outbox, Subscribe(history=60.0))
    bus.publish([wave(80, 40)])
    messages = decode_frame(frame(outbox.take(1 << 30)))
    assert [str(message.__struct_config__.tag) for message in messages] == ["open", "wave", "subscribed", "wave"]
    assert messages[1] == wave(0, 80)
    assert messages[3] == wave(80, 40)


def test_only_who_asks_for_waves_and_history_gets_them():
    bus = MemoryBus()
    bus.publish([opened(), wave(0, 40)])
    assert not any(isinstance(message, Wave) for message in subscribed(bus))
    assert not any(isinstance(message, Wave) for message in subscribed(bus, history=60.0, kinds=("open",)))
    assert not any(isinstance(message, Wave) for message in subscribed(bus, history=60.0, beds=("2",)))
    assert any(isinstance(message, Wave) for message in subscribed(bus, history=60.0, kinds=("wave",), beds=("1",)))


def test_one_that_resumes_gets_them_too():
    bus = MemoryBus()
    bus.publish([opened(), wave(0, 40)])
    kept = subscribed(bus, history=60.0, since=1, session=bus.session)
    assert [str(message.__struct_config__.tag) for message in kept] == ["wave", "subscribed"]


def test_after_the_end_of_a_stream_nothing_is_kept():
    bus = MemoryBus()
    bus.publish([opened(), wave(0, 40), Close(bed="1", stream="a", sample=40)])
    assert not any(isinstance(message, Wave) for message in subscribed(bus, history=60.0))
    bus.publish([opened("b", form="beats"), CutBeat(bed="1", stream="b", row=0, start=0, samples=bytes(4))])
    assert not any(isinstance(message, Wave) for message in subscribed(bus, history=60.0))
