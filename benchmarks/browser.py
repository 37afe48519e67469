"""A real Chromium without a window: pages in it with the benchmark's probes, and what all its processes cost."""

import os
import shutil
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from playwright.async_api import Browser as Chromium
from playwright.async_api import CDPSession, JSHandle, Page, async_playwright

from benchmarks.figures import BenchmarkError

FLAGS: Final = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
"""As for the browser tests: no window, no graphics card, and it talks to nobody by itself."""


SIZE: Final = (1920, 1080)
START: Final = 120.0
DRAWS: Final = """(beds) => globalThis.cardiovision?.beds?.size === beds
  && [...cardiovision.beds.keys()].every((bed) => cardiovision.drawn(bed) > 0)"""
PROBES: Final = Path(__file__).parent / "probes.js"


class Browser:
    """A Chromium, and what it uses.

    Attributes
    ----------
    version, flags
        Of Chromium, and what it was started with.
    """

    def __init__(self, chromium: Chromium, session: CDPSession, flags: Sequence[str]) -> None:
        self.version: Final = chromium.version
        self.flags: Final = flags
        self._chromium: Final = chromium
        self._session: Final = session

    @asynccontextmanager
    async def page(self, url: str) -> AsyncIterator[Page]:
        """Open a page, with ``probes.js`` at hand, in a window that shares nothing; closed when the context ends."""
        context = await self._chromium.new_context(viewport={"width": SIZE[0], "height": SIZE[1]})
        try:
            await context.add_init_script(path=PROBES)
            page = await context.new_page()
            await page.goto(url)
            yield page
        finally:
            await context.close()

    async def cpu(self) -> dict[tuple[str, int], float]:
        """CPU seconds so far by process: its kind (``browser``, ``renderer``, ``GPU`` ...) and number."""
        told = await self._session.send("SystemInfo.getProcessInfo")
        return {(process["type"], process["id"]): process["cpuTime"] for process in told["processInfo"]}

    async def memory(self) -> tuple[int, int]:
        """Bytes that all its processes hold: those of their own, and those they share, counted once.

        Linux (``smaps_rollup``) tells it. Shared are, above all, the pictures of canvases and layers on their way to
        the screen, of which there are more or fewer from frame to frame. What is mapped from files, the program itself,
        is shared with every other Chromium that runs, would come and go with them, and is not counted.
        """
        told = await self._session.send("SystemInfo.getProcessInfo")
        held = [_held(process["id"]) for process in told["processInfo"]]
        return sum(own for own, _ in held), sum(shared for _, shared in held)


@asynccontextmanager
async def browser() -> AsyncIterator[Browser]:
    """Run Chromium until the context ends.

    Raises
    ------
    BenchmarkError
        If there is no Chromium.
    """
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        raise BenchmarkError("expected Chromium, found none: install it, or set CHROMIUM to its path")
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=path, args=FLAGS)
        try:
            yield Browser(chromium, await chromium.new_browser_cdp_session(), FLAGS)
        finally:
            await chromium.close()


def by_kind(before: dict[tuple[str, int], float], after: dict[tuple[str, int], float]) -> dict[str, float]:
    """CPU seconds used between two counts, by kind of process; those that have ended meanwhile are left out."""
    spent: defaultdict[str, float] = defaultdict(float)
    for process, seconds in after.items():
        spent[process[0]] += seconds - before.get(process, 0.0)
    return dict(spent)


async def draws(page: Page, beds: int) -> None:
    """Wait until a page has drawn something of so many beds."""
    await page.wait_for_function(DRAWS, arg=beds, timeout=1000 * START)


async def end(probe: JSHandle) -> Any:
    """End a probe; what it tells."""
    return await probe.evaluate("probe => probe()")


def _held(pid: int) -> tuple[int, int]:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    except (FileNotFoundError, ProcessLookupError):  # it has ended
        return 0, 0
    kilobytes = {name: int(size.split()[0]) for name, size in (line.split(":", 1) for line in lines[1:])}
    return 1024 * kilobytes.get("Pss_Anon", 0), 1024 * kilobytes.get("Pss_Shmem", 0)
