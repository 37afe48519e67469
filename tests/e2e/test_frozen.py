"""The frozen trace, its calipers and the trends of a bed, over a real hub with a journal, and a real keeper."""

import asyncio
import re
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest
from bedside import FS, House, beat, heart, opened, waves
from pages import Bed, Screen
from playwright.async_api import Locator, expect
from serving import Serving

from stream.archive.folder import Archive
from stream.archive.service import keep
from stream.client import Feed
from stream.errors import CardioVisionError
from stream.hub import Hub
from stream.journal import Journal
from stream.journaled import JournaledBus
from web.settings import Settings

pytestmark = pytest.mark.browser
SECONDS = 320
"""Of waves that are played at once: more than a page keeps."""
BEATS = 395
"""Of :func:`heart` in them that are told; every 20th is ventricular."""


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """A hub with a journal, a keeper, and a screen that knows where both write."""
    house = House()
    where, folder = tmp_path / "journal.sqlite", tmp_path / "archive"
    async with JournaledBus(where) as bus, Hub(bus=bus, past=bus.past) as hub:
        house.port = hub.port
        keeper = asyncio.create_task(keep(hub.url, folder, waves="all", hold=0.2))
        async with Serving(Settings(hub.url, where, folder)) as house.url:
            yield house
        keeper.cancel()
        with suppress(asyncio.CancelledError):
            await keeper


@pytest.fixture
async def epoch(tmp_path: Path, source: Feed, detector: Feed) -> float:
    """Play some minutes into bed 1, and wait until they are kept; UTC seconds of their begin."""
    begin = time.time() - SECONDS
    await source.publish(opened("bed 1", epoch=begin), *waves("bed 1", heart(SECONDS), block=250))
    for first in range(0, BEATS, 50):
        numbers = range(first, min(first + 50, BEATS))
        await detector.publish(*(beat("bed 1", n, "V" if n % 20 == 19 else "N") for n in numbers))
    archive = Archive(tmp_path / "archive")
    while True:
        with suppress(CardioVisionError), Journal(tmp_path / "journal.sqlite") as journal:
            (excerpt,) = archive.read("bed 1", begin, begin + SECONDS)
            if excerpt.samples.shape[1] == SECONDS * FS and len(journal.beats("bed 1", "s1")) == BEATS:
                return begin
        await asyncio.sleep(0.1)


class Still(Bed):
    """The page of a bed whose traces are frozen."""

    def __init__(self, screen: Screen) -> None:
        super().__init__(screen.page)
        self.screen = screen
        self.bar = self.page.locator("#still-where")
        self.time = self.page.locator("#still-time")
        self.note = self.page.locator("#still-note")
        self.measure = self.page.locator("#still-measure")
        self.beats = self.page.locator(".beat-link")

    async def visit(self, query: str = "") -> None:
        await self.page.goto(f"{self.screen.url}/bed/bed%201{query}")
        await expect(self.screen.connection).to_have_text("connected")
        await self.screen.knows("bed 1")

    async def shown(self) -> tuple[float, float]:
        """Which time is seen, in UTC seconds."""
        return await self.page.evaluate(
            "() => [cardiovision.frozen.begin, cardiovision.frozen.begin + cardiovision.strips.seconds]"
        )

    async def is_whole(self) -> None:
        """Wait until there is trace in every part of the strip."""
        await self.page.wait_for_function(WHOLE)

    def tab(self, name: str) -> Locator:
        return self.page.get_by_role("tab", name=name)


WHOLE = """() => {
  const canvas = document.querySelector("#still-0");
  const {width, height} = canvas;
  const {data} = canvas.getContext("2d").getImageData(0, 42, width, height - 42);
  for (let x = 2; x < width - 2; x += 2) {
    let ink = 0;
    for (let y = 0; y < height - 42; y++) ink += data[4 * (y * width + x) + 3];
    if (!ink) return false;
  }
  return width > 2;
}"""


async def test_a_frozen_trace_stands_and_goes_back_into_what_is_kept(screen: Screen, epoch: float) -> None:
    page = Still(screen)
    await page.visit()
    await screen.drawn("bed 1", 500)
    await page.page.keyboard.press("Space")
    await expect(page.bar).to_be_visible()
    await page.is_whole()
    stood = await page.time.text_content()
    _, last = await page.shown()
    assert last == pytest.approx(epoch + SECONDS, abs=0.01)
    await expect(page.page.locator("#trace-0")).to_be_hidden()

    for _ in range(22):  # of some 9 s: further than the page has kept
        await page.page.keyboard.press("PageUp")
    await page.is_whole()
    begin, end = await page.shown()
    assert end < epoch + 150
    await expect(page.note).to_be_empty()
    assert await page.time.text_content() != stood
    inside = [n for n in range(BEATS) if begin < epoch + 0.4 + 0.8 * n < end]
    await expect(page.beats).to_have_count(len(inside))
    first = page.beats.first
    await expect(first).to_have_attribute("href", re.compile(r"^/beat/bed%201/s1/\d+$"))
    await page.page.keyboard.press("ArrowLeft")
    assert (await page.shown())[0] == pytest.approx(begin - 1)

    await page.page.keyboard.press("Space")
    await expect(page.bar).to_be_hidden()
    await expect(page.page.locator("#trace-0")).to_be_visible()
    assert "?" not in page.page.url


async def test_a_link_to_a_time_opens_it_frozen_and_says_where_nothing_is_kept(screen: Screen, epoch: float) -> None:
    page = Still(screen)
    await page.visit(f"?t={epoch + 60:.2f}")
    await expect(page.bar).to_be_visible()
    await page.is_whole()
    begin, end = await page.shown()
    assert (begin + end) / 2 == pytest.approx(epoch + 60, abs=0.02)
    await page.page.wait_for_function("(t) => location.search === `?t=${t}`", arg=f"{epoch + 60:.2f}")
    await page.page.keyboard.press("End")
    await page.is_whole()
    assert (await page.shown())[1] == pytest.approx(epoch + SECONDS, abs=0.01)
    await page.visit(f"?t={epoch - 4000:.2f}")
    await expect(page.note).to_contain_text("nothing is kept of bed 'bed 1' in this period")


async def test_calipers_measure_by_keys_and_by_mouse(screen: Screen, epoch: float) -> None:
    page = Still(screen)
    await page.visit(f"?t={epoch + 300:.2f}")
    await page.is_whole()
    await page.page.keyboard.press("c")
    await expect(page.measure).to_have_text("800 ms · 75 /min · 0.00 mV")
    await page.page.keyboard.press("ArrowRight")
    await page.page.keyboard.press("Shift+ArrowDown")
    await expect(page.measure).to_have_text("804 ms · 75 /min · −0.10 mV")
    await page.page.keyboard.press("Escape")
    await expect(page.measure).to_be_empty()

    box = await page.page.locator("#still-0").bounding_box()
    assert box is not None
    mm = 96 / 25.4
    x, y = box["x"] + 200, box["y"] + 100
    await page.page.mouse.move(x, y)
    await page.page.mouse.down()
    await page.page.mouse.move(x + 20 * mm, y - 10 * mm, steps=3)
    await page.page.mouse.up()
    await expect(page.measure).to_have_text("800 ms · 75 /min · 1.00 mV")
    await page.page.keyboard.press("PageUp")  # the focus is on a corner, but this key is not its own
    await expect(page.measure).to_have_text("800 ms · 75 /min · 1.00 mV")


async def test_the_trend_and_the_counts_go_back_before_the_page_was_opened_and_on(
    screen: Screen, epoch: float, detector: Feed
) -> None:
    page = Still(screen)
    await page.visit()
    await page.tab("Trend").click()
    await page.page.wait_for_function("(n) => cardiovision.trends.trend.kept.length >= n", arg=300)
    trend = page.page.locator("#trend")
    await expect(trend).to_have_attribute("aria-label", re.compile(r"heart rate 75 to 75 per minute, \d+ beats"))
    box = await trend.bounding_box()
    assert box is not None
    await trend.click(position={"x": box["width"] / 2, "y": box["height"] / 2})
    await expect(page.bar).to_be_visible()
    begin, end = await page.shown()
    assert (begin + end) / 2 == pytest.approx(epoch + SECONDS - 150, abs=15)

    await page.tab("Counts per hour").click()
    await page.page.keyboard.press("Space")  # a tab that the mouse has pressed does not take it for itself
    await expect(page.bar).to_be_hidden()
    total = page.page.locator("#counts tr td:nth-child(7)")

    async def counted(column: int) -> int:
        cells = await page.page.locator(f"#counts tr td:nth-child({column})").all_text_contents()
        return sum(map(int, cells))

    await expect(total).not_to_have_count(0)
    await page.page.wait_for_function("() => cardiovision.trends.hours.last > 0")
    await expect(page.page.locator("#counts-note")).to_contain_text("The last hours")
    await detector.publish(beat("bed 1", BEATS, "S"))
    await expect(page.page.locator("#counts tr td:nth-child(3)").filter(has_text="1")).to_have_count(1)
    assert await counted(7) == BEATS + 1
    assert await counted(4) == BEATS // 20
