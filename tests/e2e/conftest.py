"""A real hub, a real web server and a real browser."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from bedside import House
from pages import CHROMIUM, Screen
from playwright.async_api import async_playwright, expect
from serving import Serving

from stream.client import Feed
from stream.messages import Subscribe
from web.settings import Settings

expect.set_options(timeout=20_000)  # a busy machine may take its time to draw a page


@pytest.fixture
def journal() -> Path | None:
    """Where the hub keeps its journal; it keeps none."""
    return None


@pytest.fixture
async def house(journal: Path | None) -> AsyncIterator[House]:
    house = House(journal)
    await house.open()
    async with Serving(Settings(house.feed_url)) as address:
        house.url = address
        yield house
    await house.close()


@pytest.fixture
async def screen(chromium: str, house: House) -> AsyncIterator[Screen]:
    """A browser window; what it complained of, or fetched from elsewhere, fails the test at its end."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=CHROMIUM)
        page = await browser.new_page(viewport={"width": 1366, "height": 768})
        screen = Screen(page, house.url)
        yield screen
        await browser.close()
    assert screen.complaints == []
    assert {url for url in screen.requested if not url.removeprefix("blob:").startswith(house.url)} == set()


@pytest.fixture
async def source(house: House) -> AsyncIterator[Feed]:
    """Publishes beds."""
    async with Feed(house.feed_url, name="source") as feed:
        yield feed


@pytest.fixture
async def detector(house: House) -> AsyncIterator[Feed]:
    """Publishes readings, and hears what it is asked."""
    subscribe = Subscribe(kinds=("explain",))
    async with Feed(house.feed_url, name="detector", subscribe=subscribe) as feed:
        yield feed
