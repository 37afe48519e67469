"""Alarms looked at again: from the timeline to the event, its strip, what people find, and out as a record."""

import asyncio
import re
import time
import zipfile
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import wfdb
from bedside import FS, House, beat, heart, opened, waves
from msgspec.structs import replace
from pages import Screen
from playwright.async_api import Locator, expect
from serving import Serving
from test_accessibility import findings

from stream.archive.service import keep
from stream.client import Feed
from stream.messages import Alarm, Explain, Explanation, Rhythm, pack
from web.settings import Settings

pytestmark = pytest.mark.browser

BED = "bed/1"
RUN = (15, 16, 17)
"""Numbers of the ventricular beats."""


class KeptHouse(House):
    """A hub with a journal, and the keeper of waves."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder / "journal.sqlite")
        self.archive = folder / "archive"

    async def open(self) -> None:
        await super().open()
        keeper = asyncio.create_task(keep(self.feed_url, self.archive, hold=0.1))

        async def stop() -> None:
            keeper.cancel()
            with suppress(asyncio.CancelledError):
                await keeper

        self._stack.push_async_callback(stop)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[KeptHouse]:
    house = KeptHouse(tmp_path)
    await house.open()
    async with Serving(Settings(house.feed_url, journal=house.journal, archive=house.archive)) as address:
        house.url = address
        yield house
    await house.close()


class Review:
    """The pages of alarms and of one alarm."""

    def __init__(self, screen: Screen) -> None:
        self.screen = screen
        self.page = screen.page
        self.points = self.page.locator("#timeline-figure .scatterlayer .point")
        self.rows = self.page.locator("#alarm-rows tr")
        self.name = self.page.locator("#event-heading h1")
        self.paper = self.page.locator("#event-strip .js-plotly-plot")
        self.labels = self.paper.locator(".textpoint text")
        self.verdicts = self.page.locator("#event-verdicts li")
        self.heading = self.page.locator("#explanation-heading")

    async def open(self, path: str) -> None:
        await self.page.goto(self.screen.url + path)
        await expect(self.screen.connection).to_have_text("connected")

    async def press(self, mark: Locator) -> None:
        """Click where a mark of a figure is: Plotly's own layers are over it."""
        box = await mark.bounding_box()
        assert box is not None
        await self.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)

    async def is_accessible(self) -> None:
        """Make sure that axe-core finds nothing serious, in both themes."""
        for theme in ("light", "dark"):
            await self.screen.run("theme.js", f"m.chooseTheme('{theme}')")
            await expect(self.page.locator("html")).to_have_attribute("data-theme", theme)
            assert await findings(self.page) == []


@pytest.fixture
def review(screen: Screen) -> Review:
    return Review(screen)


def run_of_beats() -> Alarm:
    """A run of ventricular beats, as it was announced."""
    first, *_, last = (beat(BED, number).sample for number in RUN)
    return Alarm(
        bed=BED,
        stream="s1",
        id="s1/ventricular_tachycardia/3100",
        name="ventricular_tachycardia",
        priority="high",
        state="active",
        onset=first,
        announced=last + 100,
        text="Ventricular tachycardia 150 > 100",
        latching=True,
        beats=tuple(beat(BED, number).sample for number in RUN),
    )


def low_rate() -> Alarm:
    """Another, a little later."""
    return Alarm(
        bed=BED,
        stream="s1",
        id="s1/hr_low/4200",
        name="hr_low",
        priority="medium",
        state="active",
        onset=4200,
        announced=4300,
        text="HR 44 < 50",
    )


def explained(sample: int) -> Explanation:
    """Why a beat is ventricular."""
    wave = np.sin(np.linspace(0, 6, 50, dtype=np.float32))
    return Explanation(
        bed=BED,
        stream="s1",
        sample=sample,
        label="V",
        confidence=0.93,
        leads=("MLII",),
        fs=62.5,
        start=sample - 80.0,
        wave=pack(wave),
        heat=pack(np.abs(wave)),
    )


async def test_an_alarm_of_the_strip_leads_to_its_bed_and_its_time_to_the_event(
    review: Review, source: Feed, detector: Feed
) -> None:
    page = review.page
    await page.set_viewport_size({"width": 1920, "height": 1080})
    await review.screen.ward()
    await source.publish(opened(BED, epoch=time.time() - 40))
    await review.screen.knows(BED)
    await detector.publish(run_of_beats())
    alarm = page.locator("#alarm-strip .alarm")
    await expect(alarm.get_by_role("link")).to_have_count(2)
    words, when = alarm.get_by_role("link").nth(0), alarm.get_by_role("link").nth(1)
    await expect(when).to_have_accessible_name(re.compile(r"^Event of \d\d:\d\d:\d\d: High alarm, bed/1: Ventricular"))
    await when.click()
    await expect(page).to_have_url(re.compile("/event/s1%2Fventricular_tachycardia%2F3100$"))
    await expect(review.name).to_contain_text("Ventricular tachycardia 150 > 100")
    await words.click()
    await expect(page).to_have_url(re.compile("/bed/bed%2F1$"))
    await page.locator("#bed-alarms").get_by_role("link").click()
    await expect(page).to_have_url(re.compile("/event/s1%2Fventricular_tachycardia%2F3100$"))


async def test_from_the_timeline_to_a_judged_and_exported_event(
    review: Review, house: KeptHouse, source: Feed, detector: Feed, tmp_path: Path
) -> None:
    samples = heart(40)
    await source.publish(opened(BED, epoch=time.time() - 40), *waves(BED, samples, block=250))
    await detector.publish(
        Rhythm(bed=BED, stream="s1", sample=0, text="Sinus rhythm"),
        *(beat(BED, number, "V" if number in RUN else "N") for number in range(49)),
        run_of_beats(),
    )

    await review.open("/alarms?hours=1")
    await expect(review.rows).to_have_count(1)
    await expect(review.rows).to_contain_text(
        re.compile(r"\*\*\*\s*Ventricular tachycardia 150 > 100.*so far.*not yet")
    )
    await expect(review.points).to_have_count(1)
    latched = replace(run_of_beats(), state="latched", ended=4300, revision=2)
    await detector.publish(latched, low_rate())  # what happens now comes by itself
    await expect(review.rows).to_have_count(2)
    await expect(review.points).to_have_count(2)
    await review.page.locator("#filter-priority").select_option("high")
    await expect(review.rows).to_have_count(1)

    await review.page.locator("#filter-priority").select_option("")
    await review.is_accessible()

    await review.page.evaluate("window.stayed = true")
    await review.press(review.points.first)
    await expect(review.name).to_have_text("*** Ventricular tachycardia 150 > 100")
    assert await review.page.evaluate("window.stayed")  # no reload, so the sound stays on
    await expect(review.labels.filter(has_text=re.compile("^V$"))).to_have_count(3)
    await expect(review.page.locator("#event-facts")).to_contain_text("Sinus rhythm")
    await expect(review.page.locator("#event-life")).to_contain_text("The condition was over, and it stays")

    asked = await heard(detector)  # nothing was said of the beat then, so the page asks
    assert asked.sample == run_of_beats().beats[-1]
    await detector.publish(explained(asked.sample))
    await expect(review.heading).to_contain_text("Beat of")
    await expect(review.page.locator("#explanation-figure .heatmaplayer image")).to_be_visible()

    await review.press(review.labels.filter(has_text=re.compile("^V$")).first)
    assert (await heard(detector)).sample == run_of_beats().beats[0]
    await detector.publish(explained(run_of_beats().beats[0]))
    await expect(review.page.locator("#event-beats button").first).to_have_attribute("aria-pressed", "true")
    await review.is_accessible()

    await review.page.keyboard.press("m")
    await expect(review.page.locator("#event-measured")).to_have_text("800 ms · 75 /min · 1.00 mV")
    await review.page.keyboard.press("Shift+ArrowRight")
    await expect(review.page.locator("#event-measured")).to_have_text("880 ms · 68 /min · 1.00 mV")
    await review.page.keyboard.press("Escape")

    await review.page.locator("#event-comment input").fill("muscle <b>noise</b>")
    await review.page.get_by_role("button", name="False alarm").click()
    await expect(review.verdicts).to_contain_text("False alarm")
    await review.page.reload()
    await expect(review.verdicts).to_contain_text("muscle <b>noise</b>")

    async with review.page.expect_download() as download:
        await review.page.get_by_role("link", name="WFDB record").click()
    taken = zipfile.ZipFile(await (await download.value).path())
    taken.extractall(tmp_path)
    record = str(tmp_path / next(name for name in taken.namelist() if name.endswith(".hea")).removesuffix(".hea"))
    read = wfdb.rdrecord(record, physical=False)
    first = run_of_beats().onset - 10 * int(FS)
    np.testing.assert_array_equal(read.d_signal.T, samples[:, first : first + read.sig_len])
    assert wfdb.rdann(record, "cvd").symbol.count("V") == len(RUN)

    await review.page.keyboard.press("ArrowRight")
    await expect(review.name).to_have_text("** HR 44 < 50")
    await expect(review.verdicts).to_have_text("Nobody has judged this alarm yet.")

    await review.open("/alarms?hours=24&bed=" + BED.replace("/", "%2F"))
    await expect(review.rows.filter(has_text="Ventricular tachycardia")).to_contain_text("False alarm")
    await expect(review.page.locator("#alarm-report")).to_contain_text("100%")


async def heard(detector: Feed) -> Explain:
    """The next question that reaches the detector."""
    async for messages in detector:
        for message in messages:
            if isinstance(message, Explain):
                return message
    raise AssertionError("the feed ended")


async def test_without_a_journal_the_pages_say_what_to_start(review: Review, source: Feed, house: KeptHouse) -> None:
    async with Serving(Settings(house.feed_url)) as address:
        house.url = address
        await review.page.goto(f"{address}/alarms")
        await expect(review.page.locator("#timeline-note")).to_contain_text("without the hub's --journal")
        await review.page.goto(f"{address}/event/x%2Fy")
        await expect(review.page.locator("#event-note")).to_contain_text("without the hub's --journal")
