"""The whole service as child processes: hub, detector, simulated beds and the screen."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Final

from benchmarks.children import Child, child, free_port
from benchmarks.figures import BenchmarkError
from stream.client import Feed
from stream.messages import Status, Subscribe

START: Final = 180.0
"""Seconds in which all parts must have started."""


@dataclass(frozen=True, slots=True)
class Service:
    """A service that runs.

    Attributes
    ----------
    feed, page
        Addresses of the hub and of the screen.
    parts
        Its processes, by name.
    """

    feed: str
    page: str
    parts: dict[str, Child]

    def check(self) -> None:
        """See that all parts run.

        Raises
        ------
        BenchmarkError
            If one has ended.
        """
        for part in self.parts.values():
            part.check()

    async def last(self, seconds: float) -> None:
        """Let it run for a while; raises as :meth:`check`."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.check()
            await asyncio.sleep(min(left, 1.0))


@asynccontextmanager
async def service(beds: int, scenario: str = "ward") -> AsyncIterator[Service]:
    """Run a service until the context ends; the detector is ready and the screen answers when it begins.

    Raises
    ------
    BenchmarkError
        If a part ends, or all are not ready in time.
    """
    port, web = free_port(), free_port()
    running = Service(f"ws://127.0.0.1:{port}", f"http://127.0.0.1:{web}", {})
    with ExitStack() as stack:

        def begin(name: str, *arguments: str) -> None:
            running.parts[name] = stack.enter_context(child(name, *arguments))

        begin("hub", "hub", f"--port={port}")
        begin("detector", "detect", f"--feed={running.feed}")
        begin("web", "web", f"--port={web}", f"--feed={running.feed}")
        try:
            async with asyncio.timeout(START):
                await _ready(running)
                begin("beds", "simulate", scenario, f"--beds={beds}", f"--feed={running.feed}")
                await _listens(running, web)
        except TimeoutError:
            raise BenchmarkError(f"not all parts were ready within {START:g} s") from None
        yield running


async def _listens(running: Service, port: int) -> None:
    """Wait for the screen."""
    while True:
        running.check()
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.2)
        else:
            writer.close()
            return


async def _ready(running: Service) -> None:
    """Wait for the detector."""
    subscribe = Subscribe(kinds=("status",))
    async with Feed(running.feed, name="benchmark", subscribe=subscribe, limits=(0.2, 0.5)) as feed:
        async for messages in feed:
            running.check()
            if any(isinstance(m, Status) and (m.component, m.state) == ("detector", "ready") for m in messages):
                return
