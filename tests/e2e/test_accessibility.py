"""Accessibility: axe-core over every page in both themes (keys and focus are in test_shell.py)."""

import time
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from bedside import FS, beat, heart, opened, rate, waves
from pages import Screen
from playwright.async_api import Page, expect

from stream.client import Feed
from stream.messages import Alarm, Bell, Quality, Rhythm, Status
from web.pages import PAGES

pytestmark = pytest.mark.browser

PLACES = {"bed": "bed 1", "alarm": "bed 1/s1/asystole/250", "stream": "s1", "sample": "100"}
"""What stands in the paths of pages: a bed, an alarm, a beat."""

PATHS = [
    "/".join(PLACES[part.strip("<>")].replace("/", "%2F") if part[:1] == "<" else part for part in page.PATH.split("/"))
    for page in PAGES
]
ALARMS = (
    ("asystole", "high", "active", "Asystole"),
    ("hr_high", "medium", "active", "HR 134 > 120"),
    ("vt", "high", "latched", "Ventricular tachycardia"),
    ("bigeminy", "low", "active", "Bigeminy"),
    ("leads_off", "technical", "active", "Leads off: V1"),
    ("pause", "medium", "acknowledged", "Pause 3.4 s"),
)
"""One alarm of each look, each at a bed of its own."""


async def furnished(source: Feed, detector: Feed) -> None:
    """Fill the ward: each look that a tile and an alarm can have."""
    await detector.publish(Status(component="detector", state="ready"))
    paused = {"paused": "high", "until": time.time() + 600}
    for number, (name, priority, look, text) in enumerate(ALARMS, start=1):
        bed = f"bed {number}"
        at = {"bed": bed, "stream": "s1", "onset": 250, "announced": 500}
        state = "active" if look == "acknowledged" else look
        alarm = Alarm(
            id=f"{bed}-{name}", name=name, priority=priority, state=state, text=text,
            acknowledged=look == "acknowledged", by="Dr Lee" if look == "acknowledged" else "", **at,
        )  # fmt: skip
        await source.publish(opened(bed), *waves(bed, heart(1)))
        await detector.publish(
            Rhythm(bed=bed, stream="s1", sample=0, text="Sinus rhythm"),
            Quality(bed=bed, stream="s1", sample=0, leads=("good", "noisy"), analysis="lethal"),
            *(beat(bed, n, label) for n, label in enumerate("NSVFQ")),
            rate(bed, int(FS), 75),
            alarm,
            Bell(bed=bed, **({"sounds": priority, "alarm": alarm.id} if number < 3 else paused)),
        )


async def findings(page: Page) -> list[str]:
    """What axe-core finds that is serious or critical, in words."""
    found = (await Axe().run(page)).response
    assert "color-contrast" in {rule["id"] for rule in found["passes"]}, "it has looked"
    return [words(each) for each in found["violations"] if each["impact"] in {"serious", "critical"}]


def words(violation: dict[str, Any]) -> str:
    nodes = [f"{node['target']}: {node['failureSummary']}" for node in violation["nodes"]]
    return f"{violation['id']}: {violation['help']}\n" + "\n".join(nodes[:5])


@pytest.mark.parametrize("path", PATHS)
async def test_axe_finds_nothing_serious(screen: Screen, source: Feed, detector: Feed, path: str) -> None:
    await screen.page.emulate_media(reduced_motion="reduce")
    await furnished(source, detector)
    await screen.page.goto(screen.url + path)
    await expect(screen.connection).to_have_text("connected")
    await expect(screen.page.locator("#alarm-strip .alarm")).to_have_count(len(ALARMS))
    for theme in ("dark", "light"):
        await screen.run("theme.js", f"m.chooseTheme('{theme}')")
        await expect(screen.page.locator("html")).to_have_attribute("data-theme", theme)
        assert await findings(screen.page) == [], theme
    await screen.page.locator("#menu summary").click()
    assert await findings(screen.page) == [], "with the menu open"


async def test_axe_finds_nothing_serious_in_what_opens(screen: Screen, source: Feed, detector: Feed) -> None:
    page = screen.page
    await page.emulate_media(reduced_motion="reduce")
    await source.publish(opened("bed 1"), *waves("bed 1", heart(1)))
    await screen.ward()
    await page.locator("#invite").click()
    assert await findings(page) == [], "the tour"
    await page.locator("#tour-skip").click()
    await page.locator("#menu summary").click()
    await page.get_by_role("button", name="Arrange beds").click()
    assert await findings(page) == [], "while beds are arranged"
    await page.get_by_role("button", name="Done").click()
    await page.evaluate("document.activeElement.blur()")
    await page.keyboard.press("?")
    assert await findings(page) == [], "the list of keys"
    await screen.bed("bed 1")
    await screen.knows("bed 1")
    await page.keyboard.press("l")
    await expect(page.locator("#limits")).to_be_visible()
    assert await findings(page) == [], "alarm limits"
