"""The detector on the feed: hears waves, says beats. The only module here that knows the feed."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from detector.checksums import ModelError
from detector.classifier import Classifier
from detector.model import load, shipped
from detector.reader import Reader
from stream.client import Feed
from stream.errors import FeedError
from stream.messages import Explanation, Message, Sent, Status, Subscribe

log = logging.getLogger(__name__)

FRAME_BYTES: Final = 1 << 20
"""Most bytes put into one frame, about: a quarter of what the hub takes, which is twice the largest explanation."""

HEARS: Final = (
    *("open", "wave", "cut_beat", "close", "explain", "status"),
    *("acknowledge", "audio_pause", "set_limits"),
    *("alarm", "bell", "limits"),  # as they were before a restart
)

HISTORY: Final = 60.0
"""Seconds of waves read again on coming back: enough to know a patient's beats and rhythm as before."""

GATHER: Final = (1e-4, 0.1)
"""Seconds a bed for which what comes is gathered before it is read, and the most: many beds are read together in less
time than one by one, and a few need not wait."""

MOST_FRAMES: Final = 64
"""Frames gathered at most, of 0.3 MB at most each: a replay as fast as possible brings them without end."""

WATCH: Final = 0.5
"""Seconds between two looks at the wall clock."""


def make_reader(model: Path | None = None, *, explain: bool = True, clock: Callable[[], float] | None = None) -> Reader:
    """A reader with the shipped models, or with a model of one's own for all beats.

    A model of one's own that reads streams with their rhythm cannot read beats that come alone; these are then left
    to the shipped model.

    Raises
    ------
    ModelError
        If a model cannot be used.
    """
    row = None
    if model is None:
        stream = Classifier(shipped("stream"), "stream")
    else:
        stream = Classifier(load(model), model.name)
        row = stream if stream.alone else None
    return Reader(stream, row or Classifier(shipped("row"), "row"), explain=explain, clock=clock)


async def run(url: str, *, model: Path | None = None) -> None:
    """Serve the feed at ``url`` until cancelled.

    Raises
    ------
    ModelError
        If the model cannot be used; the feed is told so, and the screens say it.
    FeedError
        If the feed refuses this client.
    """
    name = model.name if model else "shipped models"
    log.info("loading the model", extra={"model": name})
    try:
        reader = await asyncio.to_thread(make_reader, model, clock=time.time)
    except ModelError as error:
        await _tell_failure(url, f"model missing: {error}")
        raise
    ready = Status(component="detector", state="ready", detail=name)
    subscribe = Subscribe(kinds=HEARS, waves="all", history=HISTORY)
    async with Feed(url, name="detector", subscribe=subscribe) as feed:
        log.info("ready", extra={"model": name})
        await feed.publish(ready)
        looked = time.monotonic()
        while (messages := await gather(feed, min(GATHER[0] * reader.beds, GATHER[1]))) is not None:
            said: list[Message] = []
            if any(isinstance(m, Status) and m.component == "feed" and m.state == "ready" for m in messages):
                said += [ready, *reader.said_last()]
            try:
                said += reader.take(messages)
                if time.monotonic() - looked >= WATCH:
                    looked = time.monotonic()
                    said += reader.watch()
            except Exception as error:  # a fault of ours at one bed must not end the reading of all
                log.exception("lost the thread, learning all beds anew")
                said.append(Status(component="detector", state="error", detail=f"{type(error).__name__}: {error}"))
                said.append(ready)
                reader = reader.renewed()
            for batch in frames(said):
                await feed.publish(*batch)


async def _tell_failure(url: str, why: str) -> None:
    """Tell the feed why nothing will be read; one that cannot be reached has nobody to tell."""
    with suppress(FeedError):
        async with Feed(url, name="detector", wait=False) as feed:
            await feed.publish(Status(component="detector", state="error", detail=why))


async def gather(feed: AsyncIterator[list[Sent]], seconds: float) -> list[Sent] | None:
    """What comes until ``seconds`` after the first of it; nothing when it is time to look at the clock.

    Returns
    -------
    messages
        In the order in which they came; None at the end of the feed.
    """
    messages: list[Sent] = []
    clock = asyncio.get_running_loop().time
    end = clock() + WATCH
    for frame in range(MOST_FRAMES):
        try:
            async with asyncio.timeout_at(end):
                messages += await anext(feed)
        except TimeoutError:
            break
        except StopAsyncIteration:
            return messages or None
        if frame == 0:
            end = clock() + seconds
    return messages


def frames(messages: Sequence[Message]) -> Iterator[list[Message]]:
    """Deal messages into frames of about :data:`FRAME_BYTES`."""
    batch: list[Message] = []
    size = 0
    for message in messages:
        more = 512
        if isinstance(message, Explanation):
            more += len(message.wave) + len(message.heat) + len(message.usual)
        if batch and size + more > FRAME_BYTES:
            yield batch
            batch, size = [], 0
        batch.append(message)
        size += more
    if batch:
        yield batch
