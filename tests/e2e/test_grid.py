"""The scale is true: a square signal of 1 mV and 1 s, measured in the pixels of a screenshot."""

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import numpy as np
import pytest
from bedside import FS, opened, waves
from pages import Bed, Screen
from PIL import Image

from stream.client import Feed

pytestmark = pytest.mark.browser
BROWSERS_MM = 96 / 25.4
SECONDS = 60
SCALES = ((6.25, 10, BROWSERS_MM), (12.5, 5, 5.05), (25, 10, BROWSERS_MM), (50, 20, BROWSERS_MM), (25, 10, 4.2))
"""Speed in mm/s, gain in mm/mV, CSS pixels in a millimetre: the browser's, and screens' that were measured.

Chromium draws level lines to a quarter of a pixel, which is 1.3 % of 1 mV at 5 mm/mV and the browser's 19 pixels.
"""


def square(seconds: int) -> np.ndarray:
    """0 mV for 1 s, 1 mV for 1 s, and so on."""
    t = np.arange(round(seconds * FS))
    return np.where(t % 500 < 250, 0, 200).astype(np.int16)[np.newaxis]


@pytest.mark.parametrize("mode", ["sweep", "scroll", "frozen"])
async def test_1_mv_and_1_s_are_as_large_as_the_scale_says(
    screen: Screen, source: Feed, mode: str, capsys: pytest.CaptureFixture[str]
) -> None:
    page = await screen.bed("square")
    async with swinging(source):
        await screen.drawn("square", 1000)
        if mode != "frozen":
            await screen.page.locator("#mode").select_option(mode)
        figures = [await at_scale(screen, page, mode, *scale) for scale in SCALES]
    for (speed, gain, mm), (high, wide) in zip(SCALES, figures, strict=True):
        with capsys.disabled():
            print(
                f"\n{mode:7}{speed:6g} mm/s {gain:3g} mm/mV: 1 mV {high:7.2f} px of {gain * mm:7.2f} "
                f"({100 * (high / gain / mm - 1):+.2f} %), 1 s {wide:7.2f} px of {speed * mm:7.2f} "
                f"({100 * (wide / speed / mm - 1):+.2f} %)",
                end="",
            )
    for (speed, gain, mm), (high, wide) in zip(SCALES, figures, strict=True):
        assert high == pytest.approx(gain * mm, rel=0.01)
        assert wide == pytest.approx(speed * mm, rel=0.01)


@asynccontextmanager
async def swinging(source: Feed) -> AsyncIterator[None]:
    """Play the signal into a bed: some of it at once, and on in real time until left."""

    async def play() -> None:
        start = SECONDS * round(FS)
        while True:
            await asyncio.sleep(2)
            await source.publish(*waves("square", square(2), start, block=250))
            start += 500

    await source.publish(opened("square", ("I",)), *waves("square", square(SECONDS), block=250))
    task = asyncio.create_task(play())
    try:
        yield
    finally:
        task.cancel()


async def at_scale(screen: Screen, page: Bed, mode: str, speed: float, gain: float, mm: float) -> tuple[float, float]:
    """Choose a scale, and measure."""
    await measure_screen(screen, mm)
    await page.speed.select_option(f"{speed:g}")
    await page.gain.select_option(f"{gain:g}")
    if mode == "frozen":
        await screen.page.locator("#freeze").click()
    await screen.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    figures = await measured(page)
    if mode == "frozen":
        await screen.page.locator("#freeze").click()
    return figures


async def measure_screen(screen: Screen, mm: float) -> None:
    """Hold a ruler to the screen, as far as a test can."""
    await screen.page.locator("#ruler-open").click()
    await screen.page.locator("#ruler-width").evaluate(
        "(slider, width) => { slider.step = 'any'; slider.value = width; slider.oninput(); }", 85.6 * mm
    )
    await screen.page.locator("#ruler-set").click()


async def measured(page: Bed) -> tuple[float, float]:
    """Height of a step, and time between two, in pixels of a screenshot of the first strip."""
    high, columns = await shot(page)
    while not columns.any():  # the trace is not drawn at its new scale yet
        high, columns = await shot(page)
    return high, slope(steps(columns))


async def shot(page: Bed) -> tuple[float, np.ndarray]:
    """Height of a step in a screenshot, and how much ink of steps is in each column."""
    with_trace = await greens(page)
    await page.page.add_style_tag(content=".strip :is(.sweep, .still) { visibility: hidden }")
    paper = await greens(page)
    await page.page.evaluate("() => document.head.lastElementChild.remove()")
    ink = (with_trace - paper) / (245 - paper)  # how much of a pixel the trace covers; 245: its own green
    ink[ink < 0.04] = 0
    rows = np.arange(ink.shape[0])
    total = ink.sum(axis=0)
    reach = np.array([np.ptp(rows[column > 0]) if column.any() else 0 for column in ink.T])
    level = np.where(total > 0, (ink * rows[:, None]).sum(axis=0) / np.maximum(total, 0.1), np.nan)
    flat = level[(reach < 4) & (total > 0)]
    middle = (flat.min() + flat.max()) / 2
    high = np.median(flat[flat > middle]) - np.median(flat[flat < middle])
    return float(high), total * (reach > 0.8 * high)


async def greens(page: Bed) -> np.ndarray:
    """The green of each pixel of the first strip, under the labels and beside the calibration mark."""
    margin = await page.page.evaluate("() => cardiovision.strips.margin")
    shot = Image.open(io.BytesIO(await page.page.locator("#strip-0").screenshot())).convert("RGB")
    return np.asarray(shot, float)[42:, margin + 1 :, 1]


def steps(ink: np.ndarray) -> np.ndarray:
    """Where the vertical lines are: the middle of the ink of columns side by side."""
    columns = np.flatnonzero(ink)
    groups = np.split(columns, np.flatnonzero(np.diff(columns) > 2) + 1)
    return np.array([np.average(group, weights=ink[group]) for group in groups])


def slope(edges: np.ndarray) -> float:
    """Pixels a second, over the longest run of lines a second apart: the old sweep and the new do not fit."""
    apart = np.diff(edges) / np.median(np.diff(edges))
    runs = np.split(edges, np.flatnonzero(np.abs(apart - 1) > 0.03) + 1)
    longest = max(runs, key=len)
    assert len(longest) > 2
    return float(np.polyfit(np.arange(len(longest)), longest, 1)[0])
