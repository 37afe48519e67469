"""What is around all pages: places, sound that goes on, themes, keys, the tour, what is honest."""

import re

import pytest
from bedside import opened
from msgspec import structs
from pages import Screen
from playwright.async_api import expect

from stream.client import Feed
from stream.messages import Alarm, Bell, Status

pytestmark = pytest.mark.browser

ASYSTOLE = Alarm(
    id="x", name="asystole", priority="high", state="active", text="Asystole",
    bed="bed 1", stream="s1", onset=250, announced=500,
)  # fmt: skip


async def test_sound_goes_on_from_page_to_page(screen: Screen, source: Feed, detector: Feed) -> None:
    page = screen.page
    await screen.ward()
    await source.publish(opened("bed 1"))
    await detector.publish(ASYSTOLE, Bell(bed="bed 1", sounds="high", alarm="x"))
    await expect(page.locator("#alarm-strip .alarm")).to_have_count(1)
    await page.locator("#sound").click()
    await page.wait_for_function("() => cardiovision.bar.sound.planned.priority === 'high'")
    await page.evaluate("window.speaker = cardiovision.bar.sound.speaker")
    for place, link in (("Alarms", "Alarms"), ("Replay", "Replay"), ("Ward", "Ward")):
        await page.get_by_role("link", name=link, exact=True).click()
        await expect(page.locator(".places [aria-current]")).to_have_text(place)
        await expect(screen.connection).to_have_text("connected")
        await expect(page.locator("#alarm-strip .alarm")).to_have_count(1)
        await page.wait_for_function("() => window.cardiovision?.feed.state === 'open'")
        assert await page.evaluate("cardiovision.bar.sound.speaker === window.speaker")
        assert await page.evaluate("cardiovision.bar.sound.planned.priority") == "high"
    await page.locator(".tile-link").click()
    await expect(page).to_have_url(re.compile("/bed/bed%201$"))
    await page.go_back()
    await expect(page.locator(".tile")).to_have_count(1)
    assert await page.evaluate("cardiovision.bar.sound.speaker === window.speaker")
    await detector.publish(Bell(bed="bed 1"))
    await page.wait_for_function("() => cardiovision.bar.sound.planned.priority === null")


async def test_theme_keys_and_list_of_keys(screen: Screen) -> None:
    page = screen.page
    root, menu, sound = page.locator("html"), page.locator("#menu summary"), page.locator("#sound")
    await page.emulate_media(color_scheme="light")
    await screen.ward()
    await expect(root).to_have_attribute("data-theme", "dark")  # a ward screen, unless told otherwise
    await menu.click()
    await page.get_by_label("Theme").select_option("system")
    await expect(root).to_have_attribute("data-theme", "light")
    await page.emulate_media(color_scheme="dark")
    await expect(root).to_have_attribute("data-theme", "dark")
    await page.get_by_label("Theme").select_option("light")
    await page.get_by_label("Keys act").select_option("off")
    await page.reload()
    await expect(screen.connection).to_have_text("connected")
    await expect(root).to_have_attribute("data-theme", "light")

    await page.keyboard.press("s")
    await page.keyboard.press("?")
    await expect(page.locator("#help")).to_be_hidden()
    await expect(sound).to_have_attribute("aria-pressed", "false")
    await menu.click()
    await page.get_by_label("Keys act").select_option("on")
    await page.keyboard.press("Escape")
    await expect(menu).to_be_focused()
    await page.keyboard.press("s")
    await expect(sound).to_have_attribute("aria-pressed", "true")
    await page.keyboard.press("?")
    keys = page.locator("#help-keys")
    for key in "APSF?":
        await expect(keys.get_by_role("rowheader", name=key, exact=True)).to_be_visible()
    await page.keyboard.press("Escape")
    await page.keyboard.press("f")
    await page.wait_for_function("() => document.fullscreenElement !== null")


async def test_a_first_visitor_is_shown_around_once_and_not_over_an_alarm(
    screen: Screen, source: Feed, detector: Feed
) -> None:
    page = screen.page
    tour, text = page.locator("#tour"), page.locator("#tour-text")
    await screen.ward()
    await source.publish(opened("bed 1"))
    await screen.knows("bed 1")
    await page.locator("#invite").click()
    await expect(text).to_contain_text("tile")
    await page.keyboard.press("Enter")
    await expect(text).to_contain_text("the worst first")
    await expect(page.locator(".shown-around")).to_have_attribute("aria-label", "Alarms of all beds")
    await detector.publish(ASYSTOLE)
    await expect(tour).to_be_hidden()
    await detector.publish(structs.replace(ASYSTOLE, acknowledged=True, revision=2))
    await expect(tour).to_be_visible()
    for _ in range(6):
        await page.locator("#tour-next").click()
    await expect(tour).to_be_hidden()
    await expect(page.locator(".shown-around")).to_have_count(0)
    await page.reload()
    await expect(screen.connection).to_have_text("connected")
    await expect(page.locator("#invitation")).to_be_hidden()


async def test_what_limits_the_trust_stands_there_while_it_is_true(
    screen: Screen, source: Feed, detector: Feed
) -> None:
    notices = screen.page.locator("#notices li")
    await screen.ward()
    await source.publish(opened("bed 1"))
    await screen.knows("bed 1")
    await detector.publish(Status(component="detector", state="error", detail="x"))
    await expect(notices).to_have_text(["The detector has failed: no beats, rates or alarms (x)"])
    await detector.publish(Status(component="detector", state="ready"))
    await detector.publish(Status(component="journal", state="error", detail="cannot keep records: disk full"))
    await expect(notices).to_have_text(["Journal: cannot keep records: disk full"])
    await screen.page.get_by_role("link", name="Replay", exact=True).click()
    await expect(notices).to_have_text(["Journal: cannot keep records: disk full"])
    await detector.publish(Status(component="journal", state="ready"))
    await expect(notices).to_have_count(0)
    await expect(screen.disclaimer).to_be_visible()
