"""Does an alarm get lost when a part is killed? ``python -m benchmarks crashes``.

A hub with a journal, the detector and the scripted ward of all alarms run as in service. Again and again the hub or the
detector is killed (``kill -9``) at a random moment and started anew, while a listener takes down every alarm that was
announced. In the end the journal must hold each, once; and after each kill, what was active must be told as active to a
newcomer within :data:`AGAIN` s, as far as it has not ended meanwhile.
"""

import asyncio
import random
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from benchmarks.children import Child, child, free_port
from benchmarks.figures import BenchmarkError, Report
from stream.client import Feed
from stream.journal import Journal
from stream.messages import Alarm, Open, Sent, Status, Subscribe, Subscribed

SPEED: Final = 2.0
"""Stream seconds a second: what is missed in a restart must be among the waves that the hub keeps."""

AGAIN: Final = 10.0
"""Seconds after a kill within which an active alarm must be active again."""

KINDS: Final = ("alarm", "open", "status")


@dataclass(slots=True)
class Heard:
    """What the listener took down."""

    told: dict[tuple[str, int], Alarm] = field(default_factory=dict)  # by id and revision
    twice: list[tuple[str, int]] = field(default_factory=list)
    last: dict[str, Alarm] = field(default_factory=dict)
    ready: int = 0  # how often the detector said so
    beds: set[str] = field(default_factory=set)

    def hear(self, message: Sent) -> None:
        """Take down a message."""
        match message:
            case Alarm():
                key = (message.id, message.revision)
                if key in self.told and self.told[key].seq != message.seq:
                    self.twice.append(key)
                self.told[key] = message
                self.last[message.id] = message
            case Status(component="detector", state="ready"):
                self.ready += 1
            case Open():
                self.beds.add(message.bed)

    def active(self) -> set[str]:
        """Ids of alarms that hold."""
        return {alarm.id for alarm in self.last.values() if alarm.state == "active"}


def bench(times: int = 50, *, seed: int = 0, tell: Callable[[str], None] = lambda _: None) -> Report:
    """Kill hub and detector in turn.

    Parameters
    ----------
    times
        Kills in all.
    seed
        Where chance begins.
    tell
        Told how far it is.

    Returns
    -------
    report
        Its first figures are what was lost, doubled and late: to be 0.
    """
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_run(times, random.Random(seed), Path(folder), tell))


async def _run(times: int, chance: random.Random, folder: Path, tell: Callable[[str], None]) -> Report:
    port = free_port()
    url, journal = f"ws://127.0.0.1:{port}", folder / "journal.sqlite"
    start: dict[str, Callable[[], object]] = {}
    heard, running = Heard(), dict[str, Child]()
    late: list[float] = []
    with ExitStack() as stack:

        def begin(name: str, *arguments: str) -> None:
            running[name] = stack.enter_context(child(name, *arguments))

        start["hub"] = lambda: begin("hub", "hub", "--port", str(port), "--journal", str(journal))
        start["detector"] = lambda: begin("detector", "detect", "--feed", url)
        start["hub"]()
        async with Feed(url, name="listener", subscribe=Subscribe(kinds=KINDS), limits=(0.05, 0.2)) as feed:
            listening = asyncio.create_task(_listen(feed, heard))
            start["detector"]()
            await _until(lambda: heard.ready > 0, running)
            begin("beds", "simulate", "alarms", "--speed", str(SPEED), "--feed", url)
            await _until(lambda: bool(heard.active()), running)
            for turn in range(times):
                tell(f"kill {turn + 1} of {times}")
                await asyncio.sleep(chance.uniform(0.0, 6.0))  # a random moment is what is asked for
                victim = ("hub", "detector")[turn % 2]
                held, ready = heard.active(), heard.ready
                running.pop(victim).kill()
                killed = time.monotonic()
                start[victim]()
                late.append(await _again(url, held, heard, killed))
                await _until(lambda before=ready: heard.ready > before, running)
            await asyncio.sleep(3.0)  # what is on its way arrives
            listening.cancel()
    return _judge(times, heard, journal, late)


async def _listen(feed: Feed, heard: Heard) -> None:
    async for messages in feed:
        for message in messages:
            heard.hear(message)


async def _until(true: Callable[[], bool], running: dict[str, Child], seconds: float = 90.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            raise BenchmarkError(f"expected the next step within {seconds:g} s")
        for one in running.values():
            one.check()
        await asyncio.sleep(0.05)


async def _again(url: str, held: set[str], heard: Heard, killed: float) -> float:
    """Seconds after a kill until a newcomer is told all alarms that held and have not ended since."""
    while True:
        active: set[str] = set()
        async with Feed(url, name="newcomer", subscribe=Subscribe(kinds=("alarm",)), limits=(0.02, 0.1)) as feed:
            async for messages in feed:
                active |= {m.id for m in messages if isinstance(m, Alarm) and m.state == "active"}
                if any(isinstance(m, Subscribed) for m in messages):
                    break
        over = {one for one in held if heard.last[one].state != "active"}
        if held <= active | over:
            return time.monotonic() - killed
        if time.monotonic() - killed > 3 * AGAIN:
            raise BenchmarkError(f"not active again after {3 * AGAIN:g} s: {sorted(held - active - over)}")
        await asyncio.sleep(0.1)


def _judge(times: int, heard: Heard, where: Path, late: list[float]) -> Report:
    missing: list[str] = []
    more: list[str] = []
    with Journal(where) as journal:
        for name in sorted({name for name, _ in heard.told}):
            kept = [alarm.revision for _, alarm in journal.revisions(name)]
            missing += [f"{key}" for key in heard.told if key[0] == name and key[1] not in kept]
            more += [name] if len(kept) != len(set(kept)) else []
    twice = [f"{key}" for key in heard.twice] + _alike(heard)
    report = Report("crashes", "Parts killed at random moments")
    report.add("announced and missing in the journal", len(missing))
    report.add("twice in the journal", len(more))
    report.add("announced twice, or under two names", len(twice))
    report.add("active again after a kill, at the latest", max(late), "s", f"to be {AGAIN:g} at most")
    report.add("kills", times, note="of hub and detector in turn")
    report.add("alarms announced", len({name for name, _ in heard.told}))
    report.add("kinds of alarm", len({alarm.name for alarm in heard.told.values()}))
    report.add("times they were told", len(heard.told))
    report.remarks += [
        f"{what}: {', '.join(some[:5])}"
        for what, some in (("missing", missing), ("kept twice", more), ("told twice", twice))
        if some
    ]
    return report


def _alike(heard: Heard) -> list[str]:
    """Alarms that are one condition under two ids: of the same bed and kind, from almost the same place."""
    seen: dict[tuple[str, str, str], list[int]] = {}
    doubles = []
    for alarm in heard.last.values():
        others = seen.setdefault((alarm.bed, alarm.stream, alarm.name), [])
        if any(abs(alarm.onset - other) < 250 for other in others):
            doubles.append(alarm.id)
        others.append(alarm.onset)
    return doubles
