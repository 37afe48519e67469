"""The replay desk in a real browser: real records, real players, a real hub."""

import asyncio
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from bedside import House
from pages import CHROMIUM, Screen
from playwright.async_api import Browser, Locator, async_playwright, expect
from processes import running
from serving import Serving

from detector.training.labels import aami_class
from stream.client import Feed
from stream.messages import Beat, Reference, Subscribe
from web.settings import Settings

pytestmark = [pytest.mark.browser, pytest.mark.records]


class Desk(Screen):
    """The page of the replay desk in a window."""

    async def visit(self) -> None:
        await self.page.goto(f"{self.url}/replay")
        await expect(self.connection).to_have_text("connected")
        await expect(self.page.locator("#desk-found")).not_to_be_empty()

    def row(self, bed: str) -> Locator:
        return self.page.locator(f'.desk-bed[data-bed="{bed}"]')

    def clock(self, bed: str) -> Locator:
        return self.row(bed).locator(".desk-clock")

    async def find(self, text: str) -> None:
        await self.page.locator("#desk-find input").fill(text)

    async def choose(self, record: str, bed: str) -> None:
        await self.page.get_by_role("button", name=f"Choose {record}", exact=True).click()
        await self.page.get_by_role("textbox", name=f"Name of the bed of {record}").fill(bed)

    async def press(self, name: str) -> None:
        await self.page.get_by_role("button", name=name, exact=True).click()

    async def over(self) -> None:
        """Wait until the server knows that all its players have ended."""
        asked = "async () => (await (await fetch('/replay/state')).json()).plays.filter(({ running }) => running)"
        while await self.page.evaluate(asked):
            pass

    async def overlap(self, width: int) -> float:
        """By how many pixels what can be chosen lies over what plays, in a window of this width."""
        await self.page.set_viewport_size({"width": width, "height": 768})
        return await self.page.evaluate(
            """() => {
                 const edge = (name) => [...document.querySelectorAll(name)].map((e) => e.getBoundingClientRect());
                 const [play] = edge(".desk-play");
                 return Math.max(...edge(".desk-choose > *").map(({ right }) => right - play.left));
               }"""
        )

    async def upload(self, *files: Path) -> None:
        await self.page.locator("#desk-files").set_input_files(files)


@asynccontextmanager
async def window(browser: Browser, url: str) -> AsyncIterator[Desk]:
    """A browser of somebody's own; nothing may be wrong in it, nothing fetched from elsewhere."""
    context = await browser.new_context(viewport={"width": 1366, "height": 768})
    desk = Desk(await context.new_page(), url)
    yield desk
    await context.close()
    assert desk.complaints == []
    assert {at for at in desk.requested if not at.startswith(url)} == set()


@pytest.fixture
async def hub() -> AsyncIterator[House]:
    house = House()
    await house.open()
    yield house
    await house.close()


@pytest.fixture
def records(data: Path, tmp_path: Path) -> Path:
    """A folder with two real records, one of them cut short."""
    folder = tmp_path / "records"
    (folder / "mitdb").mkdir(parents=True)
    for name in ("119.hea", "119.dat", "119.atr", "106.hea"):
        shutil.copy(data / "mitdb" / name, folder / "mitdb")
    (folder / "mitdb" / "106.dat").write_bytes(b"cut short")
    return folder


@pytest.fixture
async def address(hub: House, records: Path, tmp_path: Path) -> AsyncIterator[str]:
    settings = Settings(hub.feed_url, records=records, uploads=tmp_path / "uploads")
    async with Serving(settings) as address:
        yield address


@pytest.fixture
async def reader(hub: House) -> AsyncIterator[None]:
    """Names each annotated beat as it is annotated, but ventricular ones normal."""

    async def read() -> None:
        async with Feed(hub.feed_url, name="reader", subscribe=Subscribe(kinds=("reference",))) as feed:
            async for messages in feed:
                heard = [message for message in messages if isinstance(message, Reference)]
                await feed.publish(*(_named(message) for message in heard if aami_class(message.symbol)))

    task = asyncio.create_task(read())
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def _named(message: Reference) -> Beat:
    sure = (1.0, 0.0, 0.0, 0.0, 0.0)
    return Beat(bed=message.bed, stream=message.stream, sample=message.sample, label="N", probabilities=sure)


@pytest.fixture
async def browser(chromium: str) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=CHROMIUM)
        yield browser
        await browser.close()


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No network, and nothing downloaded before."""
    monkeypatch.setenv("CARDIOVISION_CACHE", str(tmp_path / "cache"))
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")


async def test_a_record_from_choice_to_stop_seen_alike_in_two_browsers(
    browser: Browser, address: str, reader: None
) -> None:
    async with window(browser, address) as desk, window(browser, address) as other:
        await desk.visit()
        await other.visit()
        await expect(desk.page.locator(".desk-broken")).to_contain_text("mitdb/106.dat: truncated")
        await desk.find("mitdb 11")
        await expect(desk.page.locator("#desk-records tr")).to_have_count(1)
        await expect(desk.page.locator("#desk-records tr")).to_contain_text("30:05")

        await desk.choose("mitdb/119", bed="Bay 7")
        await desk.page.locator("#desk-speed").select_option("5")
        await desk.press("Start")
        for screen in (desk, other):
            await expect(screen.row("Bay 7")).to_have_attribute("data-state", "live")
            await expect(screen.clock("Bay 7")).to_have_text(re.compile(r"^\d+:\d\d / 30:05$"))
            await expect(screen.row("Bay 7").locator("select")).to_have_value("5")
            truth = screen.row("Bay 7").locator(".desk-truth")
            await expect(truth).to_have_text(
                re.compile(r"^[1-9]\d* beats? agrees? · \d+ other class · 0 missed · 0 extra$")
            )
        ward = await other.ward()
        await other.drawn("Bay 7", 360)
        await expect(ward.tile("Bay 7").title).to_contain_text("mitdb/119")
        await other.visit()

        await desk.press("Pause Bay 7")
        for screen in (desk, other):
            await expect(screen.row("Bay 7")).to_have_attribute("data-state", "paused")
        stands = await desk.clock("Bay 7").inner_text()
        await expect(other.clock("Bay 7")).to_have_text(stands)
        await other.visit()  # who comes later sees where it stands
        await expect(other.row("Bay 7")).to_have_attribute("data-state", "paused")
        await expect(other.clock("Bay 7")).to_have_text(stands)

        await other.page.get_by_role("slider", name="Place in the record of Bay 7").fill("600")
        for screen in (desk, other):
            await expect(screen.clock("Bay 7")).to_have_text("10:00 / 30:05")
            await expect(screen.row("Bay 7")).to_have_attribute("data-state", "paused")
        await desk.press("Resume Bay 7")
        await desk.row("Bay 7").locator("select").select_option("10")
        await expect(other.row("Bay 7").locator("select")).to_have_value("10")
        await expect(other.clock("Bay 7")).to_have_text(re.compile(r"^10:[1-5]\d / 30:05$"))

        assert len(running("replay", "simulate")) == 1
        await desk.press("Stop Bay 7")
        for screen in (desk, other):
            await expect(screen.row("Bay 7")).to_have_count(0)
            await expect(screen.page.locator("#desk-none")).to_be_visible()
        await desk.over()
        assert running("replay", "simulate") == []


async def test_uploads_and_what_cannot_be_played_gets_its_sentence(browser: Browser, address: str, data: Path) -> None:
    files = [data / "mitdb" / f"201.{suffix}" for suffix in ("hea", "dat", "atr")]
    async with window(browser, address) as desk:
        await desk.visit()
        answer = desk.page.locator("#desk-choice-answer")
        await desk.upload(files[1])
        await expect(answer).to_contain_text("expected one record (.hea with its .dat, and .atr if there is one)")
        await desk.upload(files[0])
        await expect(answer).to_contain_text("201.hea names the signal file 201.dat: upload it together")
        await desk.upload(*files)
        await expect(answer).to_contain_text("upload-1/201 is kept on the server")
        await desk.choose("upload-1/201", bed="201")
        assert await desk.overlap(1010) <= 0

        await desk.page.locator("#desk-physionet input").fill("100")
        await desk.page.locator("#desk-physionet").get_by_role("button").click()
        await expect(answer).to_contain_text("Expected a PhysioNet name")
        await desk.page.locator("#desk-physionet input").fill("mitdb/100")
        await desk.page.locator("#desk-physionet").get_by_role("button").click()
        bed = desk.page.get_by_role("textbox", name="Name of the bed of mitdb/100")
        await bed.fill("201")
        await desk.press("Start")
        await expect(desk.page.locator("#desk-start-answer")).to_contain_text(
            "a name of its own for each bed, got '201'"
        )
        await bed.fill("100")
        await desk.press("Start")

        fault = desk.page.locator(".desk-fault")
        await expect(desk.row("201")).to_have_attribute("data-state", "live")
        await expect(fault).to_contain_text("mitdb/100 is not on disk and PhysioNet cannot be reached")
        await desk.visit()
        await expect(fault).to_have_count(1)
        await desk.press("Dismiss what became of mitdb/100")
        await expect(fault).to_have_count(0)

        await desk.press("Remove upload-1/201")
        await expect(answer).to_contain_text("upload-1/201 is being played: stop it first")
        await desk.press("Stop 201")
        await expect(desk.row("201")).to_have_count(0)
        await desk.over()
        await desk.press("Remove upload-1/201")
        await expect(answer).to_contain_text("upload-1/201 is removed")
        await expect(desk.page.locator("#desk-records")).not_to_contain_text("upload-1")
