"""The ward arranged: order and names of beds, the same on every screen, kept by the hub and its journal."""

from pathlib import Path

import pytest
from bedside import House, heart, opened, waves
from pages import Screen, Ward
from playwright.async_api import Locator, expect

from stream.client import Feed
from stream.journal import Journal
from stream.messages import Alarm

pytestmark = pytest.mark.browser

BEDS = ("bed 10", "bed 1", "bed 2")
ASYSTOLE = Alarm(
    id="x", name="asystole", priority="high", state="active", text="Asystole",
    bed="bed 1", stream="s1", onset=250, announced=500,
)  # fmt: skip


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite"


@pytest.fixture
async def ward(screen: Screen, source: Feed) -> Ward:
    """A ward of three beds, being arranged."""
    ward = await screen.ward()
    for bed in BEDS:
        await source.publish(opened(bed), *waves(bed, heart(1)))
    await expect(names(ward)).to_have_text(["bed 1", "bed 2", "bed 10"])
    await arrange(ward)
    return ward


def names(ward: Ward) -> Locator:
    return ward.tiles.locator(".tile-name")


async def arrange(ward: Ward) -> None:
    await ward.page.locator("#menu summary").click()
    await ward.page.get_by_role("button", name="Arrange beds").click()


async def call(ward: Ward, bed: str, name: str) -> Locator:
    """Call a bed by a name; the field it is written into."""
    field = ward.page.get_by_role("textbox", name=f"What {bed} is called", exact=True)
    await field.fill(name)
    await field.press("Tab")
    return field


async def test_beds_are_moved_and_named(ward: Ward, screen: Screen, detector: Feed) -> None:
    page = ward.page
    await page.get_by_role("button", name="Move bed 10 forward").press("Enter")
    await expect(names(ward)).to_have_text(["bed 1", "bed 10", "bed 2"])
    await expect(page.get_by_role("button", name="Move bed 10 forward")).to_be_focused()
    await ward.tiles.nth(2).locator(".tile-head").drag_to(ward.tiles.nth(0).locator(".tile-head"))
    await expect(names(ward)).to_have_text(["bed 2", "bed 1", "bed 10"])
    field = await call(ward, "bed 1", "bed 2")
    await expect(page.locator("#arranging .answer")).to_have_text("Another bed is called “bed 2”")
    await expect(field).to_have_value("bed 1")
    await call(ward, "bed 1", "Window")
    await expect(field).to_have_value("Window")
    await field.press("Escape")
    await expect(page.locator("#arranging")).to_be_hidden()
    await detector.publish(ASYSTOLE)
    strip = page.locator("#alarm-strip .alarm b")
    for _ in ("as it is", "loaded anew"):
        await expect(names(ward)).to_have_text(["bed 2", "Window", "bed 10"])
        await expect(ward.tile("bed 1").title).to_have_text("bed 1 · sinus 75")
        await expect(strip).to_have_text("Window")
        await page.reload()
    await expect(ward.tiles).to_have_count(3)
    await arrange(ward)
    await page.get_by_role("button", name="Usual order and names").click()
    await expect(names(ward)).to_have_text(["bed 1", "bed 2", "bed 10"])
    await expect(page.get_by_role("textbox", name="What bed 1 is called", exact=True)).to_have_value("bed 1")
    await expect(strip).to_have_text("bed 1")


async def test_every_screen_follows_and_a_hub_that_comes_back_knows(
    ward: Ward, screen: Screen, house: House, journal: Path
) -> None:
    context = await screen.page.context.browser.new_context()  # another browser: it shares nothing with the first
    other = Screen(await context.new_page(), house.url)
    there = await other.ward()
    await expect(names(there)).to_have_text(["bed 1", "bed 2", "bed 10"])

    await ward.page.get_by_role("button", name="Move bed 10 forward").click()
    await expect(names(there)).to_have_text(["bed 1", "bed 10", "bed 2"])
    await call(ward, "bed 10", "Window")
    await expect(names(there)).to_have_text(["bed 1", "Window", "bed 2"])

    await arrange(there)  # the last one wins, and loses nothing of what the first did
    writing = ward.page.get_by_role("textbox", name="What bed 2 is called", exact=True)
    await writing.fill("half a na")
    await call(there, "bed 1", "Door")
    for one in (ward, there):
        await expect(names(one)).to_have_text(["Door", "Window", "bed 2"])
    await expect(ward.page.get_by_role("textbox", name="What bed 1 is called", exact=True)).to_have_value("Door")
    await expect(writing).to_have_value("half a na")

    page = await other.bed("bed 10")
    await expect(page.name).to_have_text("Window")
    await expect(other.page.locator("#bed-title")).to_have_text("bed 10 · sinus 75")

    await house.close()
    await expect(other.banner).to_be_visible()
    await house.open()
    await expect(other.connection).to_have_text("connected")
    await expect(page.name).to_have_text("Window")
    new = Screen(await (await screen.page.context.browser.new_context()).new_page(), house.url)
    await expect(names(await new.ward())).to_have_text(["Door", "Window", "bed 2"])
    with Journal(journal) as kept:
        deeds = kept.audit(kinds=("arrangement",))
    assert [done.deed.names for done in deeds] == [
        {"bed 10": "Window", "bed 1": "Door"},
        {"bed 10": "Window"},
        {},
    ]
    assert {done.who for done in deeds} == {"ward screen"}
    assert other.complaints == new.complaints == []


async def test_nothing_is_arranged_while_the_hub_is_away(ward: Ward, screen: Screen, house: House) -> None:
    await house.close()
    await expect(screen.banner).to_be_visible()
    field = await call(ward, "bed 1", "Window")
    await expect(screen.page.locator("#answer")).to_have_text("Not done: the connection to the feed is lost")
    await expect(field).to_have_value("bed 1")
    await ward.tiles.nth(2).locator(".tile-head").drag_to(ward.tiles.nth(0).locator(".tile-head"))
    await expect(names(ward)).to_have_text(["bed 1", "bed 2", "bed 10"])
    await house.open()
    await expect(screen.connection).to_have_text("connected")
