"""The detector on a real hub: it says of a bed what `annotate` writes, at any pace and in any company."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import wfdb

import detector.annotate as offline
from detector import service
from detector.classifier import Classifier
from detector.findings import Findings
from detector.model import ModelError
from detector.reader import Reader
from stream.client import Feed
from stream.hub import Hub
from stream.messages import (
    MAX_FRAME,
    Beat,
    Close,
    CutBeat,
    Explanation,
    Message,
    Open,
    Sent,
    Status,
    Subscribe,
    Subscribed,
    Wave,
    encode_frame,
    pack,
)
from stream.replay import replay
from stream.sources.scenario import parse_scenario
from stream.sources.simulator import Simulator
from stream.sources.wfdb import WfdbSource, open_record

SECONDS = 60


@pytest.fixture(autouse=True)
def loaded(classifiers: dict[str, Classifier], monkeypatch: pytest.MonkeyPatch) -> None:
    """The shipped models, loaded and compiled once."""
    for module in (service, offline):
        monkeypatch.setattr(
            module,
            "make_reader",
            lambda model, explain=True, clock=None: Reader(classifiers["stream"], classifiers["row"], clock=clock),
        )


class Screen:
    """A subscriber that hears beats, and what it has heard."""

    def __init__(self, feed: Feed) -> None:
        self.feed = feed
        self.heard: list[Sent] = []

    async def until(self, true: Any) -> None:
        async for messages in self.feed:
            self.heard += messages
            if any(map(true, messages)):
                return

    def all(self, kind: type[Any], bed: str) -> list[Any]:
        return [message for message in self.heard if type(message) is kind and message.bed == bed]


def ready(message: Message) -> bool:
    return isinstance(message, Status) and (message.component, message.state) == ("detector", "ready")


@asynccontextmanager
async def ward(hub: Hub) -> AsyncIterator[Screen]:
    """A detector at work on a hub, and a screen that hears what it says."""
    wanted = Subscribe(kinds=("beat", "explanation", "alarm", "rhythm", "quality", "status", "open", "close"))
    async with Feed(hub.url, name="screen", subscribe=wanted, limits=(0.01, 0.05)) as feed:
        screen = Screen(feed)
        await screen.until(lambda message: isinstance(message, Subscribed))
        detector = asyncio.create_task(service.run(hub.url))
        try:
            await screen.until(ready)
            yield screen
        finally:
            detector.cancel()
            await asyncio.gather(detector, return_exceptions=True)


@asynccontextmanager
async def playing(hub: Hub, sources: Sequence[Any], **options: Any) -> AsyncIterator[None]:
    """A replay in the background, stopped in the end."""
    task = asyncio.create_task(replay(sources, hub.url, **options))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def last_beats(screen: Screen, bed: str) -> None:
    """Hear until the bed is closed, and then until its last beats are told.

    The hub sends on the Close before the detector can answer it; that answer comes before the next that it gives.
    """
    await screen.until(lambda message: isinstance(message, Close) and message.bed == bed)
    async with Feed(screen.feed.url, name="marker") as marker:
        lead = screen.all(Open, bed)[0].leads[:1]
        await marker.publish(Open(bed="marker", stream="m", fs=125.0, leads=lead, epoch=0.0, form="beats"))
        samples = pack(np.ones(187, np.float32))
        await marker.publish(CutBeat(bed="marker", stream="m", row=0, start=0, samples=samples))
        await screen.until(lambda message: isinstance(message, Beat) and message.bed == "marker")
        await marker.publish(Close(bed="marker", stream="m", sample=187))


@pytest.fixture(scope="module")
def excerpt(data: Path, tmp_path_factory: pytest.TempPathFactory) -> WfdbSource:
    """A minute of mitdb/119, with ventricular beats, as a record of its own."""
    folder = tmp_path_factory.mktemp("excerpt")
    record = wfdb.rdrecord(str(data / "mitdb" / "119"), sampfrom=0, sampto=SECONDS * 360, physical=False)
    wfdb.wrsamp(
        "119x",
        fs=360,
        units=record.units,
        sig_name=record.sig_name,
        d_signal=record.d_signal,
        fmt=record.fmt,
        adc_gain=record.adc_gain,
        baseline=record.baseline,
        write_dir=str(folder),
    )
    return open_record(folder / "119x")


@pytest.fixture
def written(excerpt: WfdbSource, tmp_path: Path, loaded: None) -> list[dict[str, Any]]:
    """What annotate writes of the excerpt."""
    (result,) = offline.annotate([str(excerpt._layout.path)], tmp_path)
    return [json.loads(line) for line in result.events.read_text().splitlines()]


def lines(beats: Sequence[Beat]) -> list[tuple[Any, ...]]:
    return [(b.sample, b.label, b.probabilities, b.rr, b.hr) for b in beats]


def lines_of(events: Sequence[dict[str, Any]]) -> list[tuple[Any, ...]]:
    beats = [event for event in events if event["kind"] == "beat"]
    return [(e["sample"], e["label"], tuple(e["probabilities"]), e["rr"], e["hr"]) for e in beats]


def findings(screen: Screen, bed: str, fs: float) -> list[dict[str, Any]]:
    """What a screen heard of a bed, as annotate writes it, without its beats."""
    found = Findings()
    for message in screen.heard:
        if getattr(message, "bed", None) == bed and not isinstance(message, Beat):
            found.hear(message)
    return json.loads(json.dumps(list(found.lines(fs))))


@pytest.mark.parametrize("speed", [0, 50])
async def test_the_live_service_says_what_annotate_writes(hub, excerpt, written, speed: float) -> None:
    async with ward(hub) as screen:
        async with playing(hub, [excerpt], beds=["119"], speed=speed):
            await last_beats(screen, "119")
        beats = screen.all(Beat, "119")
        assert lines(beats) == lines_of(written)
        assert {"N", "V"} <= {beat.label for beat in beats}
        others = [event for event in written if event["kind"] != "beat"]
        assert findings(screen, "119", 360) == others
        assert {"rhythm", "quality", "bigeminy"} <= {event["kind"] for event in others}
        assert [e.sample for e in screen.all(Explanation, "119")] == [b.sample for b in beats if b.label != "N"]


async def test_among_64_other_beds_as_well(hub, excerpt, written) -> None:
    scripts = "{steps: [{sinus: {rate: 80}, seconds: 5}, {bigeminy: {rate: 90}, seconds: 60}]}"
    others = Simulator(parse_scenario(f"{{beds: [{scripts}]}}"), beds=64)
    async with ward(hub) as screen, playing(hub, [others], beds=others.beds, speed=10):
        async with playing(hub, [excerpt], beds=["119"], speed=50):
            await last_beats(screen, "119")
        assert lines(screen.all(Beat, "119")) == lines_of(written)
        assert sum(bool(screen.all(Beat, bed)) for bed in others.beds) == 64


async def test_in_real_time_as_well(hub, excerpt, written) -> None:
    async with ward(hub) as screen:
        async with playing(hub, [excerpt], beds=["119"], speed=1, stop=5):
            await last_beats(screen, "119")
        beats = lines(screen.all(Beat, "119"))
        sure = [line for line in lines_of(written) if line[0] < 3 * 360]  # what the end cannot have changed
        assert len(sure) >= 3
        assert beats[: len(sure)] == sure


async def test_a_hub_that_restarts_has_its_detector_back(hub) -> None:
    bed = Simulator(parse_scenario("{beds: [{steps: [{sinus: {rate: 75}, seconds: 600}]}]}"))
    port = int(hub.url.rsplit(":", 1)[1].strip("/"))
    async with ward(hub) as screen, playing(hub, [bed], beds=["a"], speed=20):
        await screen.until(lambda message: isinstance(message, Beat))
        await hub.__aexit__(None, None, None)
        before = len(screen.heard)
        async with Hub(port=port):
            await screen.until(ready)
            await screen.until(lambda message: isinstance(message, Beat))
            await screen.until(lambda message: isinstance(message, Beat))
        streams = {beat.stream for beat in screen.all(Beat, "a")}
        assert len(streams) == 1
        states = [m.state for m in screen.heard[before:] if isinstance(m, Status) and m.component == "feed"]
        assert states == ["lost", "ready"]


async def test_a_fault_in_reading_is_told_and_the_reading_goes_on(hub, monkeypatch) -> None:
    take, calls = Reader.take, iter(range(1000))

    def faulty(self: Reader, messages: Sequence[Message]) -> list[Message]:
        if any(isinstance(message, Wave) for message in messages) and next(calls) == 3:
            raise ZeroDivisionError("injected")
        return take(self, messages)

    monkeypatch.setattr(Reader, "take", faulty)
    scenario = parse_scenario("beds: [{steps: [{sinus: {rate: 75}, seconds: 600}]}]", "test")
    async with ward(hub) as screen, playing(hub, [Simulator(scenario)], beds=["a"], speed=20):
        await screen.until(lambda message: isinstance(message, Status) and message.state == "error")
        assert any(isinstance(told, Status) and "ZeroDivisionError: injected" in told.detail for told in screen.heard)
        await screen.until(lambda message: isinstance(message, Beat) and message.bed == "a")


async def test_a_model_that_cannot_be_used_is_told_to_everybody(hub, tmp_path, monkeypatch) -> None:
    monkeypatch.undo()
    damaged = tmp_path / "damaged.keras"
    damaged.write_bytes(b"PK no archive")
    async with Feed(hub.url, name="screen", subscribe=Subscribe(kinds=("status",))) as feed:
        screen = Screen(feed)
        await screen.until(lambda message: isinstance(message, Subscribed))
        for model, reason in ((tmp_path / "none.keras", "no model file"), (damaged, "cannot be read")):
            with pytest.raises(ModelError, match=reason):
                await service.run(hub.url, model=model)
            await screen.until(lambda message, reason=reason: isinstance(message, Status) and reason in message.detail)
        told = [message for message in screen.heard if isinstance(message, Status) and message.component == "detector"]
        assert [status.state for status in told] == ["error", "error"]
        assert all(status.detail.startswith("model missing: ") for status in told)


async def test_without_a_hub_a_model_that_cannot_be_used_is_told_to_who_started_it(tmp_path, monkeypatch) -> None:
    monkeypatch.undo()
    with pytest.raises(ModelError, match="no model file"):
        await service.run("ws://127.0.0.1:1", model=tmp_path / "none.keras")


def test_frames_stay_below_what_the_hub_takes() -> None:
    beat = Beat(bed="a", stream="1", sample=1, label="V", probabilities=(0.1,) * 5)
    large = Explanation(
        bed="a",
        stream="1",
        sample=1,
        label="V",
        confidence=1,
        leads=("II",),
        fs=1,
        start=0,
        wave=bytes(1 << 20),
        heat=bytes(1 << 20),
    )
    said = [beat] * 3000 + [large] * 3 + [beat]
    dealt = list(service.frames(said))
    assert [message for batch in dealt for message in batch] == said
    assert all(len(encode_frame(batch)) <= MAX_FRAME for batch in dealt)
    assert len(dealt) < 10
    assert list(service.frames([])) == []


async def test_what_comes_in_a_while_is_gathered_in_order() -> None:
    first, second, third = ([Status(component="source", state=state)] for state in ("ready", "paused", "stopped"))
    there = asyncio.Event()

    async def frames() -> AsyncIterator[list[Sent]]:
        yield first
        yield second
        there.set()
        await asyncio.Event().wait()
        yield third

    feed = frames()
    assert await service.gather(feed, 0.01) == [*first, *second]
    assert there.is_set()


async def test_no_more_is_gathered_than_can_be_read_at_once() -> None:
    async def frames() -> AsyncIterator[list[Sent]]:
        while True:
            yield [Status(component="source", state="ready")]

    feed = frames()
    for _ in range(2):
        assert len(await service.gather(feed, 60) or []) == service.MOST_FRAMES


async def test_the_end_of_the_feed_ends_gathering() -> None:
    async def frames() -> AsyncIterator[list[Sent]]:
        yield [Status(component="source", state="ready")]

    feed = frames()
    assert len(await service.gather(feed, 60) or []) == 1
    assert await service.gather(feed, 60) is None
