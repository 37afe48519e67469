"""Alarms on the screen: drawn, sounded, acknowledged and paused, over the real services and in real browsers."""

import asyncio
import re
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from bedside import FS, House, beat, heart, opened, playing, rate, waves
from pages import CHROMIUM, Screen, Tile
from playwright.async_api import Locator, async_playwright, expect
from test_demo import demo

from stream.client import Feed
from stream.messages import Acknowledge, Alarm, AudioPause, Bell, Limits, Quality, Rhythm, SetLimits, Status, Subscribe

pytestmark = pytest.mark.browser

SCENARIO = """
fs: 250
leads: [II, V1]
beds:
  - title: fibrillates
    loop: false
    steps:
      - {sinus: {rate: 75}, seconds: 20}
      - {vf: {amplitude: 0.4}, seconds: 3600}
  - title: a run
    loop: false
    steps:
      - {sinus: {rate: 80}, seconds: 20}
      - {vt: {rate: 170, beats: 12}}
      - {sinus: {rate: 80}, seconds: 3600}
"""

ONE = {"bed": "bed 1", "stream": "s1", "onset": 250, "announced": 500}


class AlarmScreen(Screen):
    """What a screen shows of alarms."""

    def entries(self, bed: str = "") -> Locator:
        """The strip's alarms, of one bed or of all."""
        return self.page.locator("#alarm-strip .alarm" + (f'[data-bed="{bed}"]' if bed else ""))

    def tile(self, bed: str) -> Tile:
        return Tile(self.page.locator(f'.tile[data-bed="{bed}"]'))

    async def looks(self, bed: str, priority: str, look: str) -> None:
        """Wait until a tile shows an alarm of a priority, in a state."""
        tile = self.tile(bed).locator
        await expect(tile).to_have_attribute("data-alarm", priority)
        await expect(tile).to_have_attribute("data-look", look)

    async def acts_as(self, person: str) -> None:
        """Say who acts at this browser."""
        await self.page.locator("#menu summary").click()
        await self.page.locator("#person input").fill(person)
        await self.page.keyboard.press("Escape")
        await expect(self.page.locator("#acting")).to_have_text(f"as {person}")

    async def sounds(self, priority: str | None) -> None:
        """Wait until a priority is what the loudspeaker was asked for; None: until nothing is."""
        await self.page.wait_for_function("(p) => cardiovision.bar.sound.planned.priority === p", arg=priority)


@pytest.fixture
async def alarmed(screen: Screen) -> AlarmScreen:
    """The browser window, with what it shows of alarms."""
    screen.__class__ = AlarmScreen
    assert isinstance(screen, AlarmScreen)
    return screen


async def test_from_the_heart_to_two_browsers_and_back(chromium: str, tmp_path: Path) -> None:
    script = tmp_path / "script.yaml"
    script.write_text(SCENARIO, encoding="utf-8")
    with demo(tmp_path / "home", "--beds=2", f"--scenario={script}", "--speed=2", "--journal=none") as running:
        async with async_playwright() as playwright:
            window = await playwright.chromium.launch(executable_path=chromium, args=CHROMIUM)
            here, there = [
                AlarmScreen(await (await window.new_context()).new_page(), running.url) for _ in ("here", "there")
            ]
            await here.ward()
            await here.page.locator("#sound").click()
            await expect(here.page.locator("#sound")).to_have_attribute("aria-pressed", "true")

            await here.looks("Bed 1", "high", "active")
            await expect(here.tile("Bed 1").locator).to_contain_text("*** Ventricular fibrillation")
            await here.sounds("high")
            await here.looks("Bed 2", "high", "latched")
            await expect(here.entries("Bed 2").first).to_contain_text(
                re.compile(r"\*\*\* Ventricular tachycardia.*over")
            )
            await expect(here.entries().first).to_have_attribute("data-bed", "Bed 1")  # what holds comes first

            await there.ward()
            await there.looks("Bed 1", "high", "active")
            await there.acts_as("Dr Lee")
            await there.tile("Bed 1").locator.locator(".tile-link").focus()
            await there.page.keyboard.press("a")
            for screen in (here, there):
                await screen.looks("Bed 1", "high", "acknowledged")
                await expect(screen.tile("Bed 1").locator).to_contain_text("✓ Dr Lee")
                await screen.looks("Bed 2", "high", "latched")
            await here.sounds(None)

            await here.page.reload()
            await here.looks("Bed 1", "high", "acknowledged")
            await expect(here.tile("Bed 1").locator).to_contain_text("✓ Dr Lee")
            await here.looks("Bed 2", "high", "latched")
            await here.entries("Bed 2").filter(has_text="Ventricular tachycardia").get_by_role("button").click()
            for screen in (here, there):
                await expect(screen.entries("Bed 2").filter(has_text="Ventricular tachycardia")).to_have_count(0)

            web = running.part("web")
            web.kill()
            await asyncio.to_thread(web.wait)
            for screen in (here, there):
                await screen.looks("Bed 1", "high", "acknowledged")  # the feed does not pass through it
            await answers(running.url)
            await here.page.reload()
            await here.looks("Bed 1", "high", "acknowledged")
            await expect(here.tile("Bed 1").locator).to_contain_text("✓ Dr Lee")
            await here.sounds(None)

            await there.bed("Bed 2")
            ended = there.page.locator('#bed-alarms [data-look="ended"]').filter(has_text="Ventricular tachycardia")
            await expect(ended).to_contain_text(re.compile(r"\d\d:\d\d:\d\d – \d\d:\d\d:\d\d"))
            await there.page.keyboard.press("l")
            values = there.page.locator("#limits-values")
            await values.locator('[name="hr_low"]').fill("150")
            await there.page.locator("#limits-set").click()
            answer = there.page.locator("#limits-answer")
            await expect(answer).to_contain_text("expected heart rate low (hr_low) below heart rate high (hr_high)")
            await values.locator('[name="hr_low"]').fill("40")
            await values.locator('[name="extreme_low"]').fill("30")
            await there.page.locator("#limits-set").click()
            await expect(answer).to_have_text("In force, set by Dr Lee")
            await window.close()
        assert here.complaints + there.complaints == []


async def test_an_alarm_is_told_by_symbol_text_bell_and_voice(
    alarmed: AlarmScreen, source: Feed, detector: Feed
) -> None:
    await alarmed.ward()
    await source.publish(opened("bed 1"))
    await alarmed.knows("bed 1")
    tile = alarmed.tile("bed 1")
    async with playing(source, detector, "bed 1", hr=72):
        await detector.publish(
            Rhythm(bed="bed 1", stream="s1", sample=0, text="Sinus rhythm"),
            Quality(bed="bed 1", stream="s1", sample=0, leads=("good", "off"), analysis="lethal"),
        )
        await expect(tile.locator.locator(".rhythm")).to_have_text("Sinus rhythm 72")
        await expect(tile.locator.locator(".quality")).to_have_text("V1 off · lethal alarms only")
    height = await tile.canvas.evaluate("(canvas) => canvas.getBoundingClientRect().height")
    for priority, name, text in (
        ("technical", "leads_off", "! Leads off"),
        ("low", "bigeminy", "* Bigeminy"),
        ("medium", "hr_high", "** HR 134 > 120"),
        ("high", "asystole", "*** Asystole"),
    ):
        alarm = Alarm(id=name, name=name, priority=priority, state="active", text=text.split(" ", 1)[1], **ONE)
        await detector.publish(alarm, Bell(bed="bed 1", sounds=priority, alarm=name))
        await alarmed.looks("bed 1", priority, "active")
        await expect(tile.locator.locator(".tile-alarm")).to_have_text(text)
        await expect(alarmed.entries().first).to_contain_text(text)
        assert await tile.canvas.evaluate("(canvas) => canvas.getBoundingClientRect().height") == height
    await expect(tile.locator.locator(".tile-more")).to_have_text("+3")
    await expect(tile.locator.locator(".bell")).to_have_attribute("data-bell", "sounding")
    await expect(alarmed.page.locator("#announcer")).to_have_text("High alarm, bed 1: Asystole")
    await alarmed.entries().first.get_by_role("link").first.click()
    await expect(alarmed.page.locator("#bed-name")).to_have_text("bed 1")
    await expect(alarmed.page.locator("#strip-1 .lead-state")).to_have_text("off")


async def test_the_sound_of_a_bed_is_paused_by_key_and_comes_back(
    alarmed: AlarmScreen, house: House, source: Feed, detector: Feed
) -> None:
    asked = Subscribe(kinds=("audio_pause", "acknowledge", "set_limits"))
    async with Feed(house.feed_url, name="hears", subscribe=asked) as hears:
        await alarmed.ward()
        await source.publish(opened("bed 1"))
        alarm = Alarm(id="x", name="asystole", priority="high", state="active", text="Asystole", **ONE)
        await detector.publish(alarm, Bell(bed="bed 1", sounds="high", alarm="x"))
        await alarmed.looks("bed 1", "high", "active")
        await alarmed.page.keyboard.press("s")
        await alarmed.sounds("high")
        await alarmed.page.keyboard.press("p")
        assert await heard(hears) == AudioPause(bed="bed 1", seconds=120.0, by="ward screen")

        bell = alarmed.tile("bed 1").locator.locator(".bell")
        await detector.publish(Bell(bed="bed 1", paused="high", until=time.time() + 120, by="Dr Lee"))
        await expect(bell).to_have_attribute("data-bell", "paused")
        await expect(bell).to_have_text(re.compile(r"1:\d\d|2:00"))
        await expect(bell).to_have_attribute("title", "audio paused by Dr Lee")
        await alarmed.sounds(None)
        await alarmed.page.keyboard.press("p")
        assert await heard(hears) == AudioPause(bed="bed 1", seconds=0.0, by="ward screen")
        await detector.publish(Bell(bed="bed 1", sounds="high", alarm="x"))
        await alarmed.sounds("high")

        await alarmed.entries().get_by_role("button").dblclick()  # once: another alarm may be there by the second click
        assert await heard(hears) == Acknowledge(bed="bed 1", alarm="x", by="ward screen")

        await alarmed.page.evaluate("document.activeElement.blur()")
        await alarmed.page.keyboard.press("a")  # the worst comes into focus first
        await alarmed.page.keyboard.press("a")
        assert await heard(hears) == Acknowledge(bed="bed 1", by="ward screen")


async def test_limits_are_those_of_the_detector(
    alarmed: AlarmScreen, house: House, source: Feed, detector: Feed
) -> None:
    await source.publish(opened("bed 1"))
    await detector.publish(Limits(bed="bed 1", preset="af", values={"hr_high": 125.0}, off=("couplet",), by="Dr Lee"))
    async with Feed(house.feed_url, name="hears", subscribe=Subscribe(kinds=("set_limits",))) as hears:
        await alarmed.bed("bed 1")
        await alarmed.knows("bed 1")
        await alarmed.page.locator("#bed-limits").click()
        dialog = alarmed.page.locator("#limits")
        await expect(dialog.locator("#limits-answer")).to_have_text("In force, set by Dr Lee")
        await expect(dialog.locator("#limits-preset")).to_have_value("af")
        await expect(dialog.locator('#limits-values [name="hr_high"]')).to_have_value("125")
        await expect(dialog.get_by_role("checkbox", name="Couplet")).not_to_be_checked()
        await expect(dialog.get_by_role("checkbox", name="Atrial fibrillation")).to_be_disabled()
        await expect(dialog.get_by_role("checkbox", name="Asystole")).to_be_disabled()
        await dialog.locator("#limits-preset").select_option("paediatric")
        await dialog.get_by_role("checkbox", name="R on T").uncheck()
        await dialog.locator("#limits-set").click()
        asked = SetLimits(bed="bed 1", preset="paediatric", values={}, off=("r_on_t",), by="ward screen")
        assert await heard(hears) == asked
        await expect(dialog.locator("#limits-answer")).to_have_text("Asking the detector…")


async def test_a_lost_feed_greys_alarms_and_a_new_hub_tells_them_anew(
    alarmed: AlarmScreen, house: House, source: Feed, detector: Feed
) -> None:
    await alarmed.page.emulate_media(reduced_motion="reduce")
    await alarmed.ward()
    await alarmed.page.locator("#sound").click()
    await source.publish(opened("bed 1"))
    alarm = Alarm(id="x", name="asystole", priority="high", state="active", text="Asystole", **ONE)
    await detector.publish(alarm, Bell(bed="bed 1", sounds="high", alarm="x"))
    await alarmed.looks("bed 1", "high", "active")
    head = alarmed.tile("bed 1").locator.locator(".tile-head")
    await expect(head).to_have_css("background-color", "rgb(211, 16, 28)")
    await house.close()
    await expect(alarmed.banner).to_be_visible()
    await expect(head).to_have_css("background-color", "rgb(43, 51, 56)")
    await alarmed.sounds("technical")
    await house.open()
    await expect(alarmed.banner).to_be_hidden(timeout=15_000)
    await expect(alarmed.entries()).to_have_count(0)  # until the detector says them again
    await alarmed.sounds(None)


@pytest.mark.parametrize("size", [(1920, 1080), (1366, 768), (820, 1180)])
async def test_32_beds_with_alarms_fit_and_can_be_read(
    alarmed: AlarmScreen, source: Feed, detector: Feed, size: tuple[int, int]
) -> None:
    await alarmed.page.emulate_media(reduced_motion="reduce")
    await alarmed.page.set_viewport_size({"width": size[0], "height": size[1]})
    ward = await alarmed.ward()
    for number in range(32):
        bed = f"bed {number}"
        await source.publish(opened(bed), *waves(bed, heart(1)))
        await alarmed.knows(bed)
        place = {**ONE, "bed": bed, "announced": 500 + number}
        priority = ("high", "medium", "low", "technical")[number % 4]
        alarm = Alarm(id=bed, name="asystole", priority=priority, state="active", text="HR 134 > 120", **place)
        await detector.publish(beat(bed, 0, "S"), rate(bed, int(FS), 188), alarm)
        await detector.publish(Bell(bed=bed, paused="high", until=time.time() + 600))
    await alarmed.looks("bed 31", "technical", "active")
    await expect(alarmed.entries()).to_have_count(32)
    await expect(alarmed.tile("bed 31").locator.locator(".bell")).to_have_attribute("data-bell", "paused")
    assert await ward.outside() == 0
    assert await ward.overflowing() == []
    assert await alarmed.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    shown = await alarmed.page.locator("#alarm-strip .alarm:not(.beyond)").count()
    await expect(alarmed.page.locator("#alarm-more")).to_have_text(f"+{32 - shown} more")
    assert shown >= 1
    assert await alarmed.page.evaluate(CONTRAST) >= 4.5


@pytest.mark.parametrize("size", [(1920, 1080), (1366, 768), (820, 1180)])
async def test_what_an_alarm_is_can_be_read_on_its_tile_and_acknowledged_there(
    alarmed: AlarmScreen, source: Feed, detector: Feed, size: tuple[int, int]
) -> None:
    await alarmed.page.set_viewport_size({"width": size[0], "height": size[1]})
    await alarmed.ward()
    for number in range(8):
        await source.publish(opened(f"Bed {number}"))
        await alarmed.knows(f"Bed {number}")
    vf = {"name": "ventricular_fibrillation", "priority": "high", "text": "Ventricular fibrillation"}
    tile = alarmed.tile("Bed 3")
    await detector.publish(Status(component="detector", state="ready"))
    async with playing(source, detector, "Bed 3", hr=75):
        await detector.publish(Alarm(id="x", state="latched", **{**ONE, **vf, "bed": "Bed 3"}))
        await alarmed.looks("Bed 3", "high", "latched")
        await expect(tile.locator).to_have_attribute("data-state", "live")
        await expect(tile.state).to_be_hidden()
        cut = "(part) => part.scrollWidth - part.clientWidth"
        assert await tile.locator.locator(".tile-alarm").evaluate(cut) <= 0
        await expect(tile.locator.locator(".acknowledge")).to_be_visible()
        await detector.publish(Status(component="detector", state="lost"))
        await expect(tile.state).to_have_text("no detector")


async def answers(url: str) -> None:
    """Wait until a web server is there."""
    address = urlsplit(url)
    while True:
        with suppress(OSError):
            _, writer = await asyncio.open_connection(address.hostname, address.port)
            writer.close()
            return
        await asyncio.sleep(0.1)


async def heard(feed: Feed) -> AudioPause | Acknowledge | SetLimits:
    """The next request that reaches the detector."""
    async for messages in feed:
        for message in messages:
            if isinstance(message, AudioPause | Acknowledge | SetLimits):
                return message
    raise AssertionError("the feed has ended")


CONTRAST = """() => {
  const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = (colour) => {
    const linear = (c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    const [r, g, b] = parts(colour).map((c) => linear(c / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  return Math.min(...[...document.querySelectorAll(".tile-head, .alarm")].map((part) => {
    const {color, backgroundColor} = getComputedStyle(part);
    const [high, low] = [light(color), light(backgroundColor)].sort((a, b) => b - a);
    return (high + 0.05) / (low + 0.05);
  }));
}"""
"""The least contrast of what alarms are written in, after WCAG 2."""
