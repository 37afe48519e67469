import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import wfdb

from stream.client import Feed
from stream.errors import FeedError, SourceError
from stream.hub import Hub
from stream.messages import (
    Close,
    Control,
    CutBeat,
    Open,
    Reference,
    Sent,
    Status,
    Subscribe,
    Subscribed,
    Wave,
    unpack_wave,
)
from stream.replay import default_beds, replay
from stream.sources.beats_csv import read_beats
from stream.sources.wfdb import WfdbSource, open_record

FS = 250


def record(folder: Path, name: str = "r", seconds: float = 20.0, seed: int = 0) -> WfdbSource:
    """Write a record of two leads, with a mark each 100 samples, and open it."""
    count = round(seconds * FS)
    samples = np.random.default_rng(seed).integers(-2047, 2048, (count, 2))
    wfdb.wrsamp(
        name,
        fs=FS,
        units=["mV"] * 2,
        sig_name=["MLII", "V1"],
        d_signal=samples,
        fmt=["212"] * 2,
        adc_gain=[200.0] * 2,
        baseline=[0] * 2,
        write_dir=str(folder),
    )
    at = np.arange(50, count, 100)
    wfdb.wrann(name, "atr", at, ["V"] * len(at), write_dir=str(folder))
    return open_record(folder / name)


class Listener:
    """A subscriber that loses nothing, and what it has heard."""

    def __init__(self, feed: Feed) -> None:
        self.feed = feed
        self.heard: list[Sent] = []

    async def until(self, done: Callable[[Sent], bool]) -> Sent:
        """Listen until a message is what is waited for, and return it."""
        async for messages in self.feed:
            self.heard += messages
            if found := next((message for message in messages if done(message)), None):
                return found
        raise AssertionError("the feed ended")

    async def closed(self, *beds: str) -> None:
        """Listen until all of some beds are closed."""
        while set(beds) - {message.bed for message in self.heard if isinstance(message, Close)}:
            await self.until(lambda message: isinstance(message, Close))

    def all(self, kind: type[Any], bed: str) -> list[Any]:
        return [message for message in self.heard if type(message) is kind and message.bed == bed]

    def samples(self, bed: str, stream: str | None = None) -> np.ndarray:
        """All samples heard of a bed (or one stream of it), which must have come without break."""
        waves = [wave for wave in self.all(Wave, bed) if stream in (None, wave.stream)]
        blocks = [unpack_wave(wave.samples, 2) for wave in waves]
        for wave, block, following in zip(waves, blocks, waves[1:], strict=False):
            assert wave.start + block.shape[1] == following.start
        return np.concatenate(blocks, axis=1)

    async def control(self, bed: str, action: Any, value: float = 0.0) -> None:
        await self.feed.publish(Control(bed=bed, action=action, value=value))


@asynccontextmanager
async def listening(hub: Hub) -> AsyncIterator[Listener]:
    async with Feed(hub.url, name="test", subscribe=Subscribe(waves="all")) as feed:
        listener = Listener(feed)
        await listener.until(lambda message: isinstance(message, Subscribed))
        yield listener


@asynccontextmanager
async def playing(hub: Hub, *sources: Any, **options: Any) -> AsyncIterator[asyncio.Task[None]]:
    """A replay in the background, stopped in the end if it still runs."""
    task = asyncio.create_task(replay(sources, hub.url, **options))
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.mark.parametrize(("speed", "seconds"), [(0, 20.0), (10, 20.0), (1, 1.1)])
async def test_every_sample_arrives_bit_for_bit(tmp_path: Path, speed: float, seconds: float) -> None:
    source = record(tmp_path)
    async with Hub(port=0) as hub, listening(hub) as listener:
        await asyncio.gather(replay([source], hub.url, beds=["a"], speed=speed, stop=seconds), listener.closed("a"))
    (opened,) = listener.all(Open, "a")
    assert (opened.fs, opened.leads, opened.speed, opened.first) == (FS, source.leads[0], speed, 0)
    count = round(seconds * FS)
    np.testing.assert_array_equal(listener.samples("a"), source.read(0, count)[0])
    assert [mark.sample for mark in listener.all(Reference, "a")] == list(range(50, count, 100))
    assert listener.all(Close, "a")[0].sample == count


@pytest.mark.parametrize("encoding", ["msgpack", "json"])
async def test_several_sources_at_once(tmp_path: Path, encoding: Any) -> None:
    sources = [record(tmp_path, f"r{n}", seconds=5 + n, seed=n) for n in range(4)]
    beds = ["a", "b", "c", "d"]
    async with Hub(port=0) as hub, listening(hub) as listener:
        await asyncio.gather(
            replay(sources, hub.url, beds=beds, speed=0, start=1.0, encoding=encoding),
            listener.closed(*beds),
        )
    for bed, source in zip(beds, sources, strict=True):
        assert listener.all(Open, bed)[0].first == FS
        np.testing.assert_array_equal(listener.samples(bed), source.read(FS, source.length)[0])


async def test_a_mark_comes_right_after_the_wave_that_holds_it(tmp_path: Path) -> None:
    async with Hub(port=0) as hub, listening(hub) as listener:
        await asyncio.gather(replay([record(tmp_path)], hub.url, beds=["a"], speed=0), listener.closed("a"))
    end = 0
    for message in listener.heard:
        if isinstance(message, Wave):
            start, end = message.start, message.start + len(message.samples) // 4
        elif isinstance(message, Reference):
            assert start <= message.sample < end


async def test_a_slow_subscriber_holds_back_a_replay_flat_out(tmp_path: Path) -> None:
    source = record(tmp_path, seconds=600.0)
    async with Hub(port=0, waves_limit=20_000, stall=60.0) as hub, listening(hub) as listener:
        await asyncio.gather(replay([source], hub.url, beds=["a"], speed=0), listener.closed("a"))
    np.testing.assert_array_equal(listener.samples("a"), source.read(0, source.length)[0])


async def test_rows_of_a_csv_file_arrive_bit_for_bit(tmp_path: Path) -> None:
    beats = np.random.default_rng(0).random((300, 187)).astype(np.float32)
    labels = np.arange(300) % 5
    path = tmp_path / "beats.csv"
    np.savetxt(path, np.column_stack([beats, labels]), delimiter=",")
    async with Hub(port=0) as hub, listening(hub) as listener:
        await asyncio.gather(replay([read_beats(path)], hub.url, beds=["a"], speed=0), listener.closed("a"))
    assert listener.all(Open, "a")[0].form == "beats"
    rows = listener.all(CutBeat, "a")
    assert b"".join(row.samples for row in rows) == beats.tobytes()
    assert [row.truth for row in rows] == ["NSVFQ"[label] for label in labels]
    assert [(row.row, row.start) for row in rows] == [(n, 187 * n) for n in range(300)]


async def test_pause_seek_and_resume(tmp_path: Path) -> None:
    source = record(tmp_path)
    async with Hub(port=0) as hub, listening(hub) as listener, playing(hub, source, beds=["a"], speed=2):
        first = await listener.until(lambda message: isinstance(message, Wave))
        await listener.control("a", "pause")
        await listener.until(lambda message: isinstance(message, Status) and message.state == "paused")
        await listener.control("a", "seek", 10.0)
        opened = await listener.until(lambda message: isinstance(message, Open))
        await listener.control("a", "speed", 0)
        await listener.control("a", "resume")
        await listener.closed("a")
    assert (opened.first, opened.stream != first.stream) == (10 * FS, True)
    np.testing.assert_array_equal(listener.samples("a", opened.stream), source.read(10 * FS, source.length)[0])
    before = listener.samples("a", first.stream)
    np.testing.assert_array_equal(before, source.read(0, before.shape[1])[0])


async def test_one_bed_is_stopped_and_the_other_plays_on(tmp_path: Path) -> None:
    sources = [record(tmp_path), record(tmp_path)]
    async with Hub(port=0) as hub, listening(hub) as listener, playing(hub, *sources, beds=["a", "b"]):
        await listener.until(lambda message: isinstance(message, Wave) and message.bed == "b")
        await listener.control("a", "stop")
        await listener.closed("a")
        await listener.control("b", "speed", 0)
        await listener.closed("b")
    assert [listener.all(Close, bed)[0].reason for bed in "ab"] == ["stopped", "end"]


async def test_loop_plays_again_as_a_new_stream(tmp_path: Path) -> None:
    source = record(tmp_path, seconds=3.0)
    async with (
        Hub(port=0) as hub,
        listening(hub) as listener,
        playing(hub, source, beds=["a"], speed=50, loop=True),
    ):
        while len({opened.stream for opened in listener.all(Open, "a")}) < 4:
            await listener.until(lambda message: isinstance(message, Open))
    streams = [opened.stream for opened in listener.all(Open, "a")]
    for stream in streams[:3]:
        np.testing.assert_array_equal(listener.samples("a", stream), source.read(0, 3 * FS)[0])


async def test_a_stopped_replay_closes_its_beds(tmp_path: Path) -> None:
    async with Hub(port=0) as hub, listening(hub) as listener:
        async with playing(hub, record(tmp_path), beds=["a"]):
            await listener.until(lambda message: isinstance(message, Wave))
        await listener.closed("a")
    assert listener.all(Close, "a")[0].reason == "stopped"


async def test_a_source_that_fails_does_not_disturb_another(tmp_path: Path) -> None:
    good, bad = record(tmp_path, "good", 70.0, seed=1), record(tmp_path, "bad", 70.0, seed=2)
    (tmp_path / "bad.dat").write_bytes((tmp_path / "bad.dat").read_bytes()[: 3 * 40 * FS])
    async with Hub(port=0) as hub, listening(hub) as listener:
        await asyncio.gather(
            replay([bad, good], hub.url, beds=["bad", "good"], speed=0), listener.closed("bad", "good")
        )
    np.testing.assert_array_equal(listener.samples("good"), good.read(0, good.length)[0])
    np.testing.assert_array_equal(listener.samples("bad"), good_part(listener, tmp_path))
    (status,) = [status for status in listener.all(Status, "bad") if status.state == "error"]
    assert "bad: cannot read samples 7500 to 15000" in status.detail
    assert (listener.all(Close, "bad")[0].sample, listener.all(Close, "bad")[0].reason) == (7500, "error")
    assert listener.all(Close, "good")[0].reason == "end"


def good_part(listener: Listener, folder: Path) -> np.ndarray:
    """The 30 s, one read, before the place where the record was cut short."""
    whole = wfdb.rdrecord(str(folder / "bad"), sampto=7500, physical=False).d_signal
    return np.asarray(whole.T)


async def test_a_hub_that_restarts_is_found_again(tmp_path: Path) -> None:
    source = record(tmp_path, seconds=60.0)
    async with Hub(port=0) as hub, listening(hub) as listener:
        task = asyncio.create_task(replay([source], hub.url, beds=["a"], speed=20))
        first = await listener.until(lambda message: isinstance(message, Wave))
        port = hub.port
    async with Hub(port=port) as hub, listening(hub) as listener:
        await listener.closed("a")
        await task
    opened = listener.all(Open, "a")[0]
    assert opened.stream == first.stream
    waves = listener.samples("a")
    at = listener.all(Wave, "a")[0].start
    np.testing.assert_array_equal(waves, source.read(at, source.length)[0])


async def test_a_bed_in_use_is_said(tmp_path: Path) -> None:
    source = record(tmp_path)
    async with Hub(port=0) as hub, Feed(hub.url, name="other", subscribe=Subscribe()) as other:
        await other.publish(Open(bed="a", stream="s", fs=FS, leads=source.leads[0], epoch=0.0))
        async for messages in other:
            if any(isinstance(message, Open) for message in messages):
                break
        with pytest.raises(FeedError, match="'a' in use: another client feeds it"):
            await replay([source], hub.url, beds=["a"], speed=0)


async def test_what_does_not_fit_is_said_before_anything_is_played(tmp_path: Path) -> None:
    source = record(tmp_path)
    for beds in (["a"], ["a", "a"], ["a", "b", "c"]):
        with pytest.raises(SourceError, match="expected 2 different bed names"):
            await replay([source, source], "ws://127.0.0.1:1", beds=beds)
    with pytest.raises(SourceError, match="lasts 20 s"):
        await replay([source], "ws://127.0.0.1:1", beds=["a"], start=20.0)
    with pytest.raises(FeedError, match="hub"):
        await replay([source], "ws://127.0.0.1:1", beds=["a"], wait=False)


def test_default_beds() -> None:
    assert default_beds(["mitdb/119", "/x/119.hea", "beats.csv", "119"]) == ["119", "119-2", "beats", "119-3"]
    assert default_beds(["a", "a-2", "a"]) == ["a", "a-2", "a-3"]
    assert default_beds(["ward.3", "ward.4", "ward.3.dat"]) == ["ward.3", "ward.4", "ward.3-2"]


@pytest.mark.records
async def test_a_real_record(data: Path) -> None:
    source = open_record(data / "mitdb" / "119")
    async with Hub(port=0) as hub, listening(hub) as listener:
        await asyncio.gather(replay([source], hub.url, beds=["119"], speed=0), listener.closed("119"))
    whole = wfdb.rdrecord(str(data / "mitdb" / "119"), physical=False, return_res=16).d_signal.T
    np.testing.assert_array_equal(listener.samples("119"), whole)
    notes = wfdb.rdann(str(data / "mitdb" / "119"), "atr")
    assert [mark.sample for mark in listener.all(Reference, "119")] == notes.sample.tolist()
    assert [mark.symbol for mark in listener.all(Reference, "119")] == notes.symbol
