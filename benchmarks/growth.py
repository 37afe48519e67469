"""Whether a ward page that is open for long takes more and more memory."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from benchmarks.browser import Browser, draws
from benchmarks.service import service

BEDS: Final = 16
LOOKS: Final = 120
"""How often memory is looked at."""

SETTLED: Final = 1 / 6
"""Part of the time after which it is to be steady: 5 of 30 minutes."""


@dataclass(frozen=True, slots=True)
class Growth:
    """Memory over time.

    Attributes
    ----------
    seconds
        When it was looked at.
    objects
        Bytes of JavaScript objects in use.
    processes
        Bytes that all of Chromium's processes hold.
    pictures
        Bytes of these that the processes share, above all pictures on their way to the screen.
    """

    seconds: list[float]
    objects: list[int]
    processes: list[int]
    pictures: list[int]

    @property
    def without_pictures(self) -> list[int]:
        """Bytes that the processes hold for themselves."""
        return [held - shared for held, shared in zip(self.processes, self.pictures, strict=True)]

    def slope(self, what: list[int]) -> float:
        """MB in 10 min, by least squares, once it is to be steady."""
        steady = np.array(self.seconds) >= SETTLED * self.seconds[-1]
        per_second, _ = np.polyfit(np.array(self.seconds)[steady], np.array(what)[steady], 1)
        return float(per_second) * 600 / 1e6


async def measure(chromium: Browser, minutes: float, tell: Callable[[str], object]) -> Growth:
    """Leave a ward page open; what lies about is collected before each look."""
    growth = Growth([], [], [], [])
    async with service(BEDS) as running, chromium.page(running.page) as page:
        session = await page.context.new_cdp_session(page)
        await draws(page, BEDS)
        began = time.monotonic()
        for look in range(LOOKS + 1):
            tell(f"memory, {look * minutes / LOOKS:.1f} of {minutes:g} min")
            await running.last(began + look * 60 * minutes / LOOKS - time.monotonic())
            await session.send("HeapProfiler.collectGarbage")
            heap = await session.send("Runtime.getHeapUsage")
            growth.seconds.append(time.monotonic() - began)
            growth.objects.append(int(heap["usedSize"]))
            own, shared = await chromium.memory()
            growth.processes.append(own + shared)
            growth.pictures.append(shared)
    return growth
