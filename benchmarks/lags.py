"""How late the screen is: from an R wave to its mark along the trace, from an alarm to its tile."""

import json
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from benchmarks.browser import Browser, draws, end
from benchmarks.figures import BenchmarkError
from benchmarks.service import Service, service
from benchmarks.watchers import hearing
from stream.client import Feed
from stream.messages import Alarm, Open, Sent, Subscribe

RATE: Final = 72
STEADY: Final = f"sinus {RATE}"
BEDS: Final = 16
WARM_UP: Final = 15.0
ALARMS_EVERY: Final = 12.0
"""Seconds from one ventricular tachycardia to the next at a bed."""


@dataclass(frozen=True, slots=True)
class Lags:
    """Seconds, a number a beat or a change of an alarm.

    Attributes
    ----------
    mark, wait
        From R to its mark on the screen, and how much of it was waiting for the next R.
    alarm
        From what a subscriber beside the screen heard of an alarm to its tile.
    """

    mark: list[float] = field(default_factory=list)
    wait: list[float] = field(default_factory=list)
    alarm: list[float] = field(default_factory=list)


def scenario() -> dict[str, Any]:
    """Write a ward of one bed with a steady sinus rhythm, others with runs of ventricular tachycardia."""
    run = {"vt": {"rate": 170, "beats": 10}}
    runs = [
        {
            "title": "runs",
            "steps": [
                {"sinus": {"rate": 75}, "seconds": 8.0 + ALARMS_EVERY * bed / BEDS},
                *(step for _ in range(300) for step in (run, {"sinus": {"rate": 75}, "seconds": ALARMS_EVERY - 3.5})),
            ],
        }
        for bed in range(1, BEDS)
    ]
    steady = {"title": STEADY, "steps": [{"sinus": {"rate": RATE}, "seconds": 3600}]}
    return {"fs": 250, "leads": ["II", "V1"], "beds": [steady, *runs]}


async def measure(chromium: Browser, folder: Path, seconds: float, tell: Callable[[str], object]) -> Lags:
    """Look at the page of a bed, then at the ward, each for some seconds."""
    script = folder / "scenario.yaml"
    script.write_text(json.dumps(scenario()), encoding="utf-8")  # JSON is YAML too
    lags = Lags()
    tell("lags: starting")
    async with service(BEDS, str(script)) as running:
        tell("lag of marks")
        await _marks(chromium, running, seconds, lags)
        tell("lag of alarms")
        await _alarms(chromium, running, seconds, lags)
    return lags


async def _marks(chromium: Browser, running: Service, seconds: float, lags: Lags) -> None:
    async with chromium.page(f"{running.page}/bed/{quote(await _first(running))}") as page:
        await draws(page, 1)
        await running.last(WARM_UP)
        probe = await page.evaluate_handle("() => probes.marks()")
        await running.last(seconds)
        drawn = await end(probe)
        epoch, fs = await page.evaluate(
            "(({epoch, fs}) => [epoch, fs])(cardiovision.beds.values().next().value.particulars)"
        )
    drawn.sort()
    for (sample, at), (following, _) in pairwise(drawn):
        lags.mark.append(at - epoch - sample / fs)
        lags.wait.append((following - sample) / fs)


async def _first(running: Service) -> str:
    """Name of the bed with the steady rhythm."""
    async with Feed(running.feed, name="listener", subscribe=Subscribe(kinds=("open",))) as feed:
        async for messages in feed:
            for message in messages:
                if isinstance(message, Open) and message.title == STEADY:
                    return message.bed
    raise BenchmarkError(f"expected a bed titled {STEADY!r}, and the feed has ended")


async def _alarms(chromium: Browser, running: Service, seconds: float, lags: Lags) -> None:
    async with chromium.page(running.page) as page, _listening(running) as ear:
        await draws(page, BEDS)
        await running.last(WARM_UP)
        probe = await page.evaluate_handle("() => probes.alarms()")
        await running.last(seconds)
        drawn = await end(probe)
    lags.alarm.extend(at - ear.alarms[key] for key, at in drawn if key in ear.alarms)  # else it stood before


class Ear:
    """When a plain subscriber heard of each change of an alarm: UTC seconds by ``id revision``."""

    def __init__(self) -> None:
        self.alarms: dict[str, float] = {}

    def take(self, messages: Iterable[Sent], now: float) -> None:
        """Hear what came at ``now``, UTC seconds."""
        for message in messages:
            if isinstance(message, Alarm):
                self.alarms.setdefault(f"{message.id} {message.revision}", now)


@asynccontextmanager
async def _listening(running: Service) -> AsyncIterator[Ear]:
    """Listen beside the screen."""
    ear = Ear()
    async with (
        Feed(running.feed, name="listener", subscribe=Subscribe(kinds=("alarm",))) as feed,
        hearing(feed, lambda messages: ear.take(messages, time.time())),
    ):
        yield ear
