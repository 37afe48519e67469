"""The keeper on a real feed: real records, a killed process, disks that refuse."""

import asyncio
import os
import resource
import signal
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
import wfdb

from stream.archive.folder import Archive, read_record
from stream.archive.records import COMMENT
from stream.archive.service import keep
from stream.client import Feed
from stream.errors import SourceError
from stream.hub import Hub
from stream.messages import MISSING, Alarm, Beat, Close, Lead, Open, Sent, Status, Subscribe, Wave, pack
from stream.replay import replay
from stream.sources.wfdb import open_record

FS = 250.0
EPOCH = 1.7e9
LEADS = (Lead(name="II"), Lead(name="V1"))
OPEN = Open(bed="1", stream="a", fs=FS, leads=LEADS, epoch=EPOCH)
KEEP = """
import asyncio, sys
from pathlib import Path
from stream import logs
from stream.archive.service import keep
from supervisor import run_until_signalled
logs.setup()
run_until_signalled(keep(sys.argv[1], Path(sys.argv[2]), hold=0.1, retry=0.1))
"""


def truth(n: int) -> np.ndarray:
    return np.random.default_rng(2).integers(-3000, 3000, (2, n)).astype(np.int16)


def wave(samples: np.ndarray, start: int, stop: int) -> Wave:
    return Wave(bed="1", stream="a", start=start, samples=pack(samples[:, start:stop]))


class Ward:
    """A source and a screen: says things, and hears how the keeper is."""

    def __init__(self, feed: Feed) -> None:
        self.feed = feed

    async def say(self, *messages: Any) -> None:
        await self.feed.publish(*messages)

    async def until(self, wanted: Callable[[Sent], bool]) -> Sent:
        async for messages in self.feed:
            for message in messages:
                if wanted(message):
                    return message
        raise AssertionError("the feed ended")

    async def keeper(self, state: str) -> Status:
        status = await self.until(lambda m: isinstance(m, Status) and m.component == "keeper" and m.state == state)
        assert isinstance(status, Status)
        return status


@asynccontextmanager
async def ward(hub: Hub) -> AsyncIterator[Ward]:
    async with Feed(hub.url, name="ward", subscribe=Subscribe(kinds=("status", "close", "beat"))) as feed:
        yield Ward(feed)


@asynccontextmanager
async def keeping(hub: Hub, folder: Path, ward: Ward, state: str = "ready", **options: Any) -> AsyncIterator[None]:
    """A keeper in this process, which is heard of, and in the end writes all and stops."""
    options = {"hold": 0.05, "retry": 0.05} | options
    task = asyncio.create_task(keep(hub.url, folder, **options))
    try:
        await ward.keeper(state)
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def eventually(found: Callable[[], Any]) -> Any:
    """What is found on disk, where there is no event to wait for; the test's own timeout is the limit."""
    while not (it := found()):  # noqa: ASYNC110
        await asyncio.sleep(0.02)
    return it


def length(folder: Path) -> int:
    """Samples on disk, by the headers of all segments."""
    return sum(wfdb.rdheader(str(path.with_suffix(""))).sig_len for path in (folder / "waves" / "1").glob("*.hea"))


def alarm_is_noted(folder: Path, bed: str, stream: str) -> bool:
    excerpt = Archive(folder).read_samples(bed, stream, 0, 100_000)
    return excerpt is not None and any(note.symbol == COMMENT for note in excerpt.notes)


def kept(folder: Path) -> np.ndarray:
    (excerpt,) = Archive(folder).read("1", EPOCH, EPOCH + 3600)
    assert excerpt.first == 0
    return excerpt.samples


@pytest.mark.records
async def test_a_real_record_is_kept_bit_for_bit_with_its_beats(tmp_path: Path, hub: Hub, data: Path) -> None:
    source = open_record(data / "mitdb" / "119")
    whole = wfdb.rdrecord(str(data / "mitdb" / "119"), physical=False, return_res=16)
    marks = [mark for mark in source.marks(0, source.length) if mark.symbol in "NV"]
    async with ward(hub) as people, keeping(hub, tmp_path, people, waves="all"):
        await replay([source], hub.url, beds=["119"], speed=0)
        closed = await people.until(lambda m: isinstance(m, Close))
        assert isinstance(closed, Close)
        said = {"bed": "119", "stream": closed.stream}
        beats = [Beat(**said, sample=m.sample, label=m.symbol, probabilities=(0,) * 5) for m in marks]
        alarm = Alarm(
            **said, id="x", name="pause", priority="medium", state="active", text="", onset=90_000, announced=90_720
        )
        await people.say(*beats, alarm)
        await eventually(lambda: alarm_is_noted(tmp_path, "119", closed.stream))
    segments = sorted((tmp_path / "waves" / "119").glob("*.hea"))
    assert len(segments) == 4
    read = [wfdb.rdrecord(str(path.with_suffix("")), physical=False, return_res=16) for path in segments]
    np.testing.assert_array_equal(np.concatenate([record.d_signal for record in read]), whole.d_signal)
    assert all((x.sig_name, x.adc_gain, x.baseline) == (whole.sig_name, whole.adc_gain, whole.baseline) for x in read)
    found = [
        (int(sample + record.base_counter), symbol)
        for path, record in zip(segments, read, strict=True)
        for notes in [wfdb.rdann(str(path.with_suffix("")), "cvd")]
        for sample, symbol in zip(notes.sample, notes.symbol, strict=True)
        if symbol != '"'
    ]
    assert found == [(mark.sample, mark.symbol) for mark in marks]
    strip = read_record(Archive(tmp_path).strip("x"))
    np.testing.assert_array_equal(strip.samples.T, whole.d_signal[86_400 : 90_720 + 3600])
    assert {note.sample for note in strip.notes if note.symbol in "NV"} == {
        mark.sample for mark in marks if 86_400 <= mark.sample < 94_320
    }


Start = Callable[[Hub, Path], Awaitable[asyncio.subprocess.Process]]


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    """Starts keepers in processes of their own; none outlives the test."""
    started: list[asyncio.subprocess.Process] = []

    async def start(hub: Hub, folder: Path) -> asyncio.subprocess.Process:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", KEEP, hub.url, str(folder), stderr=asyncio.subprocess.DEVNULL
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_a_killed_keeper_loses_nothing_if_it_comes_back_soon(tmp_path: Path, hub: Hub, start: Start) -> None:
    samples = truth(8000)
    alarm = Alarm(
        bed="1",
        stream="a",
        id="a/pause/3000",
        name="pause",
        priority="medium",
        state="active",
        text="",
        onset=3000,
        announced=3900,
    )
    beats = [Beat(bed="1", stream="a", sample=n, label="N", probabilities=(0,) * 5) for n in range(100, 8000, 200)]
    async with ward(hub) as people:
        process = await start(hub, tmp_path)
        await people.keeper("ready")
        await people.say(OPEN, wave(samples, 0, 4000), *[beat for beat in beats if beat.sample < 3900])
        flushed = await eventually(lambda: length(tmp_path))
        await people.say(alarm, wave(samples, 4000, 5000))  # perhaps on disk, perhaps not
        process.send_signal(signal.SIGKILL)
        assert await process.wait() == -signal.SIGKILL
        np.testing.assert_array_equal(kept(tmp_path)[:, :flushed], samples[:, :flushed])
        await people.say(wave(samples, 5000, 7000), *[beat for beat in beats if 3900 <= beat.sample < 6900])
        process = await start(hub, tmp_path)
        await people.keeper("ready")
        await people.say(wave(samples, 7000, 8000), *[beat for beat in beats if beat.sample >= 6900])
        await people.say(Close(bed="1", stream="a", sample=8000))
        await eventually(lambda: length(tmp_path) == 8000)
        await eventually(lambda: list((tmp_path / "strips" / "1").glob("*.hea")))
        process.terminate()
        await process.wait()
    np.testing.assert_array_equal(kept(tmp_path), samples)
    (excerpt,) = Archive(tmp_path).read("1", EPOCH, EPOCH + 3600)
    assert [note.sample for note in excerpt.notes if note.symbol == "N"] == [beat.sample for beat in beats]
    strip = read_record(Archive(tmp_path).strip(alarm.id))
    np.testing.assert_array_equal(strip.samples, samples[:, 500:6400])
    assert [note.sample for note in strip.notes if note.symbol == "N"] == list(range(500, 6400, 200))


async def test_a_folder_that_cannot_be_written_is_told_and_made_good_for(tmp_path: Path, hub: Hub) -> None:
    samples = truth(3000)
    place = tmp_path / "disk"
    place.write_text("in the way")
    async with ward(hub) as people, keeping(hub, place / "archive", people, "error"):
        await people.say(OPEN, wave(samples, 0, 2000))
        place.unlink()
        status = await people.keeper("ready")
        assert status.detail == f"keeping records in {place / 'archive'}"
        await people.say(wave(samples, 2000, 3000), Close(bed="1", stream="a", sample=3000))
        await people.until(lambda m: isinstance(m, Close))
    np.testing.assert_array_equal(kept(place / "archive"), samples)


async def test_the_sentence_says_what_is_wrong(tmp_path: Path, hub: Hub) -> None:
    place = tmp_path / "disk"
    place.touch()
    async with ward(hub) as people:
        task = asyncio.create_task(keep(hub.url, place, hold=0.05))
        status = await people.keeper("error")
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert status.detail == f"cannot keep records in {place}: File exists; trying again, monitoring goes on"


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="needs Linux' prlimit")
async def test_a_full_disk_is_told_and_nothing_is_lost_when_there_is_room_again(
    tmp_path: Path, hub: Hub, start: Start
) -> None:
    """Files that may not grow stand for a disk that is full: the system itself refuses, in the middle of a write."""
    samples = truth(20_000)
    async with ward(hub) as people:
        process = await start(hub, tmp_path)
        await people.keeper("ready")
        await people.say(OPEN, wave(samples, 0, 2000))
        await eventually(lambda: length(tmp_path) == 2000)
        child = psutil.Process(process.pid)
        _, most = child.rlimit(psutil.RLIMIT_FSIZE)
        child.rlimit(psutil.RLIMIT_FSIZE, (30_001, most))
        await people.say(wave(samples, 2000, 15_000))
        status = await people.keeper("error")
        assert "File too large; trying again, monitoring goes on" in status.detail
        np.testing.assert_array_equal(kept(tmp_path), samples[:, :2000])  # whole, up to there
        beat = Beat(bed="1", stream="a", sample=14_000, label="V", probabilities=(0,) * 5)
        await people.say(wave(samples, 15_000, 18_000), beat)
        await people.until(lambda m: isinstance(m, Beat))  # monitoring goes on
        child.rlimit(psutil.RLIMIT_FSIZE, (most, most))
        await people.keeper("ready")
        await people.say(wave(samples, 18_000, 20_000), Close(bed="1", stream="a", sample=20_000))
        await eventually(lambda: length(tmp_path) == 20_000)
        process.terminate()
        await process.wait()
    np.testing.assert_array_equal(kept(tmp_path), samples)


@pytest.mark.parametrize("waves", ["latest", "all"])
async def test_a_disk_that_does_not_answer_holds_nobody_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, waves: Any
) -> None:
    """With ``latest`` what is too much is left out; with ``all`` the sources wait instead, and all is kept."""
    count, each = 4_000_000, 40_000
    samples = truth(count)
    answers = threading.Event()
    asked = threading.Event()
    write = os.pwrite

    def slow(*arguments: Any) -> int:
        asked.set()
        answers.wait()
        return write(*arguments)

    monkeypatch.setattr(os, "pwrite", slow)
    async with (
        Hub(waves_limit=1 << 20, stall=600.0) as hub,
        ward(hub) as people,
        keeping(hub, tmp_path, people, waves=waves, backlog=1 << 20),
    ):
        try:
            await people.say(OPEN, wave(samples, 0, each))
            await asyncio.to_thread(asked.wait)

            async def source() -> None:
                for start in range(each, count, each):
                    await people.say(wave(samples, start, start + each))
                await people.say(Close(bed="1", stream="a", sample=count))

            going = asyncio.create_task(source())
            if waves == "latest":
                await people.until(lambda m: isinstance(m, Close))  # all went through the hub
                assert not hub.holding_back
            else:
                await eventually(lambda: hub.holding_back)
        finally:
            answers.set()
        if waves == "all":
            await people.until(lambda m: isinstance(m, Close))
            await eventually(lambda: length(tmp_path) == count)
        else:
            await eventually(lambda: length(tmp_path) > each)
        await going
    there = 0
    for excerpt in Archive(tmp_path).read("1", EPOCH, EPOCH + 20_000):
        known = excerpt.samples != MISSING
        np.testing.assert_array_equal(excerpt.samples[known], samples[:, excerpt.first :][:, : known.shape[1]][known])
        there += known[0].sum()
    if waves == "all":
        assert there == count
    else:
        assert each < there < count


async def test_a_hub_that_restarts_is_found_again(tmp_path: Path) -> None:
    samples = truth(2000)
    async with Hub() as hub:
        port = hub.port
        task = asyncio.create_task(keep(hub.url, tmp_path, hold=0.05))
        async with ward(hub) as people:
            await people.keeper("ready")
            await people.say(OPEN, wave(samples, 0, 1000))
            await eventually(lambda: length(tmp_path) == 1000)
    async with Hub(port=port) as hub, ward(hub) as people:
        await people.keeper("ready")
        await people.say(OPEN, wave(samples, 1000, 2000))
        await eventually(lambda: length(tmp_path) == 2000)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    np.testing.assert_array_equal(kept(tmp_path), samples)
    assert len(list((tmp_path / "waves" / "1").glob("*.hea"))) == 1


async def test_a_second_keeper_for_the_same_folder_is_refused(tmp_path: Path, hub: Hub) -> None:
    async with ward(hub) as people, keeping(hub, tmp_path, people):
        await eventually((tmp_path / "keeper.json").exists)
        with pytest.raises(SourceError, match="another keeper writes into"):
            await keep(hub.url, tmp_path, hold=0.05)
