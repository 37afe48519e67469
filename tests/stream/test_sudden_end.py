"""kill -9 of the hub amid alarms, again and again: what was told is in its journal, once, and it goes on from there."""

import asyncio
import os
import random
import signal
import socket
import sys
from asyncio.subprocess import Process
from collections import Counter
from pathlib import Path
from typing import Self

import msgspec
import pytest
from words import alarm, beat, opened

from stream.client import Feed
from stream.journal import Journal
from stream.messages import Alarm, Beat, Event, Message, Status, Subscribe, Subscribed

ROOT = Path(__file__).resolve().parents[2]
KILLS = int(os.environ.get("CARDIOVISION_KILLS", "4"))
MINUTE = 250  # beats

HUB = """
import asyncio, sys
from stream.hub import serve
asyncio.run(serve(port=int(sys.argv[1]), journal=sys.argv[2]))
"""

pytestmark = pytest.mark.timeout(60 + 10 * KILLS)


class HubProcess:
    """A hub in a process of its own; none is left behind."""

    def __init__(self, port: int, path: Path) -> None:
        self._command = (sys.executable, "-c", HUB, str(port), str(path))
        self._process: Process | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._process:
            await self.end(signal.SIGKILL)

    async def start(self) -> None:
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        self._process = await asyncio.create_subprocess_exec(*self._command, env=environment)

    async def end(self, how: signal.Signals) -> None:
        assert self._process
        self._process.send_signal(how)
        await self._process.wait()
        self._process = None


class Detector:
    """Says beats and alarms without end, and says the last minute again when the hub is back.

    It keeps that minute's distance from the screen at most, or what is on its way when the hub dies would be more.
    """

    def __init__(self, feed: Feed, screen: "Screen") -> None:
        self.feed = feed
        self.screen = screen
        self.beats: list[Beat] = []
        self.alarms: dict[str, Alarm] = {}

    async def say(self) -> None:
        async for messages in self._turns():
            await self.feed.publish(*messages)
            while len(self.beats) - len(self.screen.samples) > MINUTE // 2:
                await self.screen.more(1)

    async def _turns(self):
        n = 0
        while True:
            n += 1
            self.beats.append(beat(100 * n))
            said: list[Message] = [self.beats[-1]]
            if n % 3 == 0:
                said.append(self._note(alarm(1, onset=n)))
            if n % 2 == 0 and self.open:
                old = self.alarms[random.choice(self.open)]
                over = {"state": "ended", "ended": 100 * n} if random.random() < 0.8 else {"acknowledged": True}
                said.append(self._note(msgspec.structs.replace(old, revision=old.revision + 1, **over)))
            yield said

    def _note(self, told: Alarm) -> Alarm:
        self.alarms.pop(told.id, None)
        self.alarms[told.id] = told
        return told

    @property
    def open(self) -> list[str]:
        return [name for name, told in self.alarms.items() if told.state != "ended"]

    def last_minute(self) -> list[Message]:
        """What is to be said again: the last beats, alarms that have not ended, and those that have just now."""
        return [
            *self.beats[-MINUTE:],
            *(self.alarms[name] for name in self.open),
            *list(self.alarms.values())[-MINUTE:],
        ]

    async def hear(self) -> None:
        async for messages in self.feed:
            for message in messages:
                if isinstance(message, Status) and message.component == "feed" and message.state == "ready":
                    await self.feed.publish(*self.last_minute())


class Screen:
    """Hears alarms and beats."""

    def __init__(self, feed: Feed) -> None:
        self.feed = feed
        self.heard: list[Event] = []
        self.samples: set[int] = set()
        self.ready = asyncio.Event()  # it hears all from now on
        self._more = asyncio.Event()

    async def hear(self) -> None:
        async for messages in self.feed:
            self.heard += [x for x in messages if isinstance(x, Alarm | Beat)]
            self.samples |= {x.sample for x in messages if isinstance(x, Beat)}
            self._more.set()
            if any(isinstance(x, Subscribed) for x in messages):
                self.ready.set()

    async def more(self, count: int) -> None:
        until = len(self.heard) + count
        while len(self.heard) < until:
            self._more.clear()
            await self._more.wait()


async def retained(url: str) -> set[tuple[str, int]]:
    """Alarms that a newcomer is told of."""
    found: set[tuple[str, int]] = set()
    async with Feed(url, name="newcomer", subscribe=Subscribe(kinds=("alarm",))) as feed:
        async for messages in feed:
            found |= {(x.id, x.revision) for x in messages if isinstance(x, Alarm)}
            if any(isinstance(x, Subscribed) for x in messages):
                break
    return found


def latest(heard: list[Event]) -> dict[str, Alarm]:
    return {x.id: x for x in heard if isinstance(x, Alarm)}


async def test_nothing_told_is_missing_or_double(tmp_path):
    path = tmp_path / "journal.sqlite"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"ws://127.0.0.1:{port}"
    quick = (0.05, 0.1)
    async with (
        HubProcess(port, path) as hub,
        Feed(url, name="detector", subscribe=Subscribe(kinds=()), limits=quick) as said,
        Feed(url, name="screen", subscribe=Subscribe(kinds=("alarm", "beat")), limits=quick) as seen,
    ):
        screen = Screen(seen)
        detector = Detector(said, screen)
        tasks = [asyncio.create_task(screen.hear())]
        await screen.ready.wait()
        await said.publish(opened())
        tasks += [asyncio.create_task(work) for work in (detector.hear(), detector.say())]
        for _ in range(KILLS):
            await screen.more(random.randrange(10, 400))
            await hub.end(signal.SIGKILL)
            told = {(x.id, x.revision) for x in latest(screen.heard).values() if x.state != "ended"}
            await hub.start()
            now = await retained(url)
            active = dict(now)
            assert all(active.get(name, revision + 1) >= revision for name, revision in told)
            with Journal(path) as journal:
                ended = {name for name, _ in told if journal.revisions(name)[-1][1].state == "ended"}
            assert {name for name, _ in told} - ended <= set(active)  # at once, before the detector is back
        await screen.more(300)
        tasks.pop().cancel()
        last = alarm(1, name="hr_high", onset=1)
        await detector.feed.publish(*detector.last_minute(), last)
        while last.id not in latest(screen.heard):
            await screen.more(1)
        await hub.end(signal.SIGINT)
        for task in tasks:
            task.cancel()
    assert all(task.cancelling() or task.done() for task in tasks)

    alarms = [(x.id, x.revision) for x in screen.heard if isinstance(x, Alarm)]
    assert max(Counter(alarms).values()) == 1
    with Journal(path) as journal:
        kept = {(x.id, x.revision): x for name in {name for name, _ in alarms} for _, x in journal.revisions(name)}
        for heard in screen.heard:
            if isinstance(heard, Alarm):
                assert kept[heard.id, heard.revision] == heard
        for name, said_last in detector.alarms.items():
            assert max(revision for known, revision in kept if known == name) == said_last.revision
        samples = [x.sample for x in journal.beats("1", "a")]
    assert samples == [x.sample for x in detector.beats]
    assert screen.samples == set(samples)
    seqs = [x.seq for x in screen.heard]
    assert seqs == sorted(set(seqs))
