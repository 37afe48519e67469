"""A real hub, a real web server and a real browser, with beds that say what a test wants."""

import asyncio
import os
import shutil
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from threading import Thread

import numpy as np
import pytest
from pages import Screen
from playwright.async_api import async_playwright

from stream.client import Feed
from stream.hub import Hub
from stream.messages import Beat, Lead, Numerics, Open, Subscribe, Wave, pack
from web.app import bind, server

FS = 250.0
RR = 0.8
CHROMIUM = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def chromium() -> str:
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.skip("needs Chromium: install it, or set CHROMIUM to its path")
    return path


class House:
    """The hub, which can go away and come back on its port, and the address of the screen that shows it."""

    def __init__(self) -> None:
        self.port = 0
        self.url = ""
        self._stack = AsyncExitStack()

    async def open(self) -> None:
        hub = await self._stack.enter_async_context(Hub(port=self.port))
        self.port = hub.port

    async def close(self) -> None:
        await self._stack.aclose()

    @property
    def feed_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}"


@pytest.fixture
async def house() -> AsyncIterator[House]:
    house = House()
    await house.open()
    for address in web(house.feed_url):
        house.url = address
        yield house
    await house.close()


def web(feed_url: str) -> Iterator[str]:
    """Serve the screen from a thread; its socket listens before the thread runs, so none need wait."""
    with bind("127.0.0.1", 0) as listening:
        screen = server(feed_url)
        thread = Thread(target=screen.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield "http://{}:{}".format(*listening.getsockname())
        finally:
            screen.should_exit = True
            thread.join()


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
    assert {url for url in screen.requested if not url.startswith(house.url)} == set()


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


def opened(bed: str, leads: tuple[str, ...] = ("MLII", "V1"), **particulars: object) -> Open:
    """The begin of a bed's stream."""
    names = tuple(Lead(name=name) for name in leads)
    values = {"stream": "s1", "fs": FS, "epoch": time.time(), "title": "sinus 75", **particulars}
    return Open(bed=bed, leads=names, **values)  # type: ignore[arg-type]


def heart(seconds: float, leads: int = 2) -> np.ndarray:
    """A bare heart signal in int16: an R of 1 mV every 0.8 s, from 0.4 s on, the same in all leads."""
    t = np.arange(int(seconds * FS)) / FS
    wave = np.exp(-(((t % RR - RR / 2) / 0.012) ** 2) / 2)
    return np.tile(np.round(200 * wave).astype(np.int16), (leads, 1))


def waves(bed: str, samples: np.ndarray, start: int = 0, block: int = 25) -> list[Wave]:
    """Samples of shape ``(leads, n)`` as blocks, as they would come live."""
    return [
        Wave(bed=bed, stream="s1", start=start + i, samples=pack(samples[:, i : i + block]), sent=time.time())
        for i in range(0, samples.shape[1], block)
    ]


def beat(bed: str, number: int, label: str = "N") -> Beat:
    """Beat ``number`` of :func:`heart`, from 0."""
    sure = tuple(0.96 if label == known else 0.01 for known in "NSVFQ")
    at = int((RR / 2 + number * RR) * FS)
    return Beat(bed=bed, stream="s1", sample=at, label=label, probabilities=sure, rr=RR, hr=60 / RR)


def rate(bed: str, sample: int, hr: float | None) -> Numerics:
    """A heart rate, as the detector says it once a second."""
    return Numerics(bed=bed, stream="s1", sample=sample, hr=hr)


@asynccontextmanager
async def playing(source: Feed, detector: Feed, bed: str, hr: float | None = None) -> AsyncIterator[None]:
    """Play :func:`heart` into a bed in real time, block by block, with its heart rate, until left."""

    async def play() -> None:
        beats = heart(RR * 100)
        start = 0
        while True:
            at = start % beats.shape[1]
            await source.publish(*waves(bed, beats[:, at : at + 25], start))
            if start % 100 == 0:
                await detector.publish(rate(bed, start, hr))
            start += 25
            await asyncio.sleep(25 / FS)

    task = asyncio.create_task(play())
    try:
        yield
    finally:
        task.cancel()
