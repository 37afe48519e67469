"""Many screens at once: what they cost the hub and the detector."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Final

import numpy as np

from benchmarks.children import usage
from benchmarks.service import Service, service
from stream.client import Feed
from stream.messages import Sent, Subscribe

WARD: Final = (
    *("open", "close", "wave", "cut_beat", "beat", "numerics", "gap", "status"),
    *("alarm", "bell", "rhythm", "quality"),
)
"""What the ward page asks for (KINDS in web/assets/ward.js)."""

SCREENS: Final = (1, 4, 10)
BEDS: Final = 32
ROUNDS: Final = 3
SETTLE: Final = 3.0


@dataclass(frozen=True, slots=True)
class Cost:
    """Cores (CPU seconds a second) of a part, a number a round, by number of screens."""

    cores: dict[int, list[float]]

    def of(self, screens: int) -> float:
        """The median of all rounds."""
        return float(np.median(self.cores[screens]))

    @property
    def line(self) -> tuple[float, float]:
        """Cores for each screen more, and for none: the line of least squares."""
        points = [(screens, cores) for screens, some in self.cores.items() for cores in some]
        screens, cores = np.array(points, np.float64).T
        slope, begin = np.polyfit(screens, cores, 1)
        return float(slope), float(begin)


async def measure(seconds: float, tell: Callable[[str], object]) -> dict[str, Cost]:
    """Let more and fewer screens watch a ward, in turn so that what else changes meanwhile changes for all."""
    costs = {name: Cost({screens: [] for screens in SCREENS}) for name in ("hub", "detector")}
    tell("many screens: starting")
    async with service(BEDS) as running:
        processes = {name: running.parts[name].pid for name in costs}
        await running.last(10.0)
        for turn in range(ROUNDS):
            for screens in SCREENS:
                tell(f"{screens} screens at once, round {turn + 1} of {ROUNDS}")
                async with watching(running, screens):
                    await running.last(SETTLE)
                    before = usage(processes)
                    await running.last(seconds)
                    after = usage(processes)
                for name, cost in costs.items():
                    cost.cores[screens].append((after[name].cpu - before[name].cpu) / seconds)
    return costs


@asynccontextmanager
async def watching(running: Service, screens: int) -> AsyncIterator[None]:
    """Hear what so many ward pages would hear, until the context ends."""
    async with AsyncExitStack() as stack:
        for number in range(screens):
            feed = Feed(running.feed, name=f"ward screen {number}", subscribe=Subscribe(kinds=WARD))
            await stack.enter_async_context(hearing(await stack.enter_async_context(feed)))
        yield


@asynccontextmanager
async def hearing(feed: Feed, take: Callable[[Sequence[Sent]], object] = lambda _: None) -> AsyncIterator[None]:
    """Take all that comes from a feed until the context ends."""

    async def listen() -> None:
        async for messages in feed:
            take(messages)

    task = asyncio.create_task(listen())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
