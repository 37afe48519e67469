"""The live screens: how smoothly Chromium draws a ward, what that costs, how late it is, and whether it grows.

The whole service, as child processes, and a real Chromium without a window. The same data drawn with Plotly stands
beside it.
"""

import asyncio
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from benchmarks import growth, lags, plots, watchers
from benchmarks.browser import SIZE, Browser, browser, by_kind, draws, end
from benchmarks.figures import Report, Sheet, spread
from benchmarks.service import Service, service

if TYPE_CHECKING:
    from playwright.async_api import Page

BEDS: Final = (16, 32)
LEAST: Final = {16: 55, 32: 45}
"""Frames a second that wards of these sizes are to be drawn at."""

CORES: Final = {16: 0.5}
"""Cores that Chromium may take for it."""

MARK: Final = 1.5
"""Longest median lag (s) of a beat's mark behind its R."""

ALARM: Final = 0.3
"""Longest lag (s), as 99th percentile, from an alarm's announcement to its tile."""

WARM_UP: Final = 10.0
FS: Final = 250


@dataclass(frozen=True, slots=True)
class Drawing:
    """How a page draws.

    Attributes
    ----------
    name
        What draws how much.
    rate
        Frames a second.
    apart
        Milliseconds from frame to frame.
    pace
        Seconds of a bed's trace drawn a second; 1 when the drawing keeps up.
    cores
        CPU seconds a second of all of Chromium, by kind of process.
    """

    name: str
    rate: float
    apart: list[float]
    pace: float
    cores: dict[str, float]

    @property
    def all_cores(self) -> float:
        """CPU seconds a second of all of Chromium."""
        return sum(self.cores.values())


def bench(
    ladder: Sequence[int] = BEDS,
    *,
    seconds: float = 60.0,
    minutes: float = 0.0,
    tell: Callable[[str], object] = lambda _: None,
) -> Report:
    """Draw wards of some sizes, the first of them with Plotly too; then lags, many screens, and memory.

    Parameters
    ----------
    ladder
        Numbers of beds.
    seconds
        Length of each measurement.
    minutes
        For how long to look whether memory grows; 0: not at all.
    """
    report = Report("screen", f"The screens: beds of 2 leads at 250 Hz in Chromium, {SIZE[0]} x {SIZE[1]}, no GPU")
    asyncio.run(_bench(report, ladder, seconds, minutes, tell))
    return report


async def _bench(
    report: Report, ladder: Sequence[int], seconds: float, minutes: float, tell: Callable[[str], object]
) -> None:
    async with browser() as chromium:
        report.remarks.append(f"Chromium {chromium.version} {' '.join(chromium.flags)}")
        _tell_drawings(report, ladder, *await draw(chromium, ladder, seconds, tell))
        with tempfile.TemporaryDirectory() as folder:
            _tell_lags(report, await lags.measure(chromium, Path(folder), seconds, tell))
    _tell_watchers(report, await watchers.measure(seconds / 3, tell))
    if minutes:
        async with browser() as chromium:
            _tell_growth(report, await growth.measure(chromium, minutes, tell))
    else:
        report.remarks.append("memory was not looked at: --minutes 30")


async def draw(
    chromium: Browser, ladder: Sequence[int], seconds: float, tell: Callable[[str], object] = lambda _: None
) -> tuple[list[Drawing], Drawing]:
    """Draw wards, and the first of them with Plotly too."""
    drawings: list[Drawing] = []
    beside: Drawing | None = None
    for beds in ladder:
        tell(f"{beds} beds: starting")
        async with service(beds) as running:
            tell(f"{beds} beds")
            async with chromium.page(running.page) as page:
                drawings.append(await _drawing(f"{beds} beds", chromium, page, running, beds, seconds))
            if beside is None:
                tell(f"{beds} beds with Plotly")
                async with plots.served() as address, chromium.page(f"{address}?feed={running.feed}") as page:
                    name = f"{beds} beds with Plotly"
                    beside = await _drawing(name, chromium, page, running, beds, min(seconds, 20.0))
    assert beside is not None
    return drawings, beside


async def _drawing(name: str, chromium: Browser, page: "Page", running: Service, beds: int, seconds: float) -> Drawing:
    """Measure how a page draws, once it has drawn all beds for a while."""
    await draws(page, beds)
    await running.last(WARM_UP)
    bed = await page.evaluate("cardiovision.beds.keys().next().value")
    probe = await page.evaluate_handle("bed => probes.frames(bed)", bed)
    before, began = await chromium.cpu(), time.monotonic()
    await running.last(seconds)
    after, lasted = await chromium.cpu(), time.monotonic() - began
    told = await end(probe)
    return Drawing(
        name=name,
        rate=len(told["apart"]) / told["seconds"],
        apart=told["apart"],
        pace=told["samples"] / told["seconds"] / FS,
        cores={kind: spent / lasted for kind, spent in by_kind(before, after).items()},
    )


def _tell_drawings(report: Report, ladder: Sequence[int], drawings: Sequence[Drawing], beside: Drawing) -> None:
    first = drawings[0]
    report.add(
        "frames for the same CPU, to Plotly's",
        (first.rate / first.all_cores) / (beside.rate / beside.all_cores),
        "times",
        f"{beside.name} (extendTraces): {beside.rate:.1f} frames/s at {beside.all_cores:.2f} cores",
    )
    for beds, one in zip(ladder, drawings, strict=True):
        _, late, longest = spread(one.apart)
        note = f"p99 from frame to frame {late:.0f} ms, longest {longest:.0f} ms"
        goal = f"to be {LEAST[beds]} at least; " if beds in LEAST else ""
        report.add(f"{one.name}: frames drawn", one.rate, "/s", goal + note)
        most = f"all its processes; to be {CORES[beds]} at most" if beds in CORES else "all its processes"
        report.add(f"{one.name}: Chromium", one.all_cores, "cores", most)
    kinds = sorted(first.cores, key=lambda kind: -first.cores[kind])[:3]
    rows: list[tuple[str | float, ...]] = [
        (one.name, one.rate, one.pace, one.all_cores, *(one.cores.get(kind, 0.0) for kind in kinds))
        for one in (*drawings, beside)
    ]
    columns = ("", "frames/s", "seconds drawn a second", "cores", *kinds)
    report.sheets.append(Sheet("Drawing (cores: CPU seconds a second of Chromium's processes)", columns, rows))


def _tell_lags(report: Report, told: lags.Lags) -> None:
    median, late, longest = spread(told.mark)
    rest, rest_late, _ = spread(np.subtract(told.mark, told.wait))
    waited = spread(told.wait)[0]
    report.add(
        f"from R to its mark at {lags.RATE}/min: median",
        median,
        "s",
        f"to be {MARK} at most; of {len(told.mark)} beats p99 {late:.2f}, max {longest:.2f} s",
    )
    report.add("of that, waiting for the next R", waited, "s", f"without it median {rest:.2f}, p99 {rest_late:.2f} s")
    median, late, longest = spread(told.alarm)
    report.add(
        "from an alarm's announcement to its tile: p99",
        1000 * late,
        "ms",
        f"to be {1000 * ALARM:g} at most; of {len(told.alarm)} changes median {1000 * median:.0f}, "
        f"max {1000 * longest:.0f} ms",
    )


def _tell_watchers(report: Report, costs: dict[str, watchers.Cost]) -> None:
    least, most = watchers.SCREENS[0], watchers.SCREENS[-1]
    detector, hub = costs["detector"], costs["hub"]
    report.add(
        f"detector's CPU with {most} screens, more than with {least}",
        100 * (detector.of(most) / detector.of(least) - 1),
        "%",
        f"to be 10 at most; {watchers.BEDS} beds, {detector.of(least):.3f} and {detector.of(most):.3f} cores",
    )
    slope, begin = hub.line
    report.add("hub's CPU for a screen more", 1000 * slope, "ms/s", f"beside {1000 * begin:.0f} ms/s without any")
    rows = [(str(screens), _range(hub, screens), _range(detector, screens)) for screens in watchers.SCREENS]
    title = f"Screens at once, {watchers.BEDS} beds: cores, the median and range of {watchers.ROUNDS} rounds"
    report.sheets.append(Sheet(title, ("screens", "hub", "detector"), rows))


def _range(cost: watchers.Cost, screens: int) -> str:
    rounds = cost.cores[screens]
    return f"{cost.of(screens):.3f} ({min(rounds):.3f} to {max(rounds):.3f})"


def _tell_growth(report: Report, told: growth.Growth) -> None:
    for what, values in (
        ("all processes", told.processes),
        ("all but pictures on their way to the screen", told.without_pictures),
        ("JavaScript objects", told.objects),
    ):
        note = f"after the first {growth.SETTLED * told.seconds[-1] / 60:.1f} of {told.seconds[-1] / 60:.1f} min"
        begin, last = values[0] / 1e6, values[-1] / 1e6
        report.add(
            f"memory, {what}: growth",
            told.slope(values),
            "MB/10 min",
            f"to be under 1, {note}; {begin:.0f} MB at first, {last:.0f} at last",
        )
