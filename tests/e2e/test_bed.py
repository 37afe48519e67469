"""The page of one bed in a real browser, over a real hub."""

import re
from collections.abc import Callable

import numpy as np
import pytest
from bedside import FS, House, beat, heart, opened, playing, waves
from pages import Bed, Screen
from playwright.async_api import expect

from stream.client import Feed
from stream.explanation import Reason
from stream.messages import Beat, CutBeat, Explain, Explanation, Gap, Message, Reference, Rhythm, Subscribe, pack

pytestmark = pytest.mark.browser
PX_PER_MM = 96 / 25.4
WHY = (
    Reason(name="rr_before", share=0.62, value=0.66),
    Reason(name="p_wave", share=-0.18, value=0.71),
    *(Reason(name=name, share=0.04, value=1.0) for name in ("rr_after", "rhythm", "qrs", "qrs_width", "t_wave")),
)


def explanation(bed: str, sample: int, label: str) -> Explanation:
    """Heat of 1 over the R peak of both leads."""
    wave = heart(0.8).astype("f4") / 200
    return Explanation(
        bed=bed, stream="s1", sample=sample, label=label, confidence=0.93, leads=("MLII", "V1"), fs=FS,
        start=sample - 100.0, wave=pack(wave), heat=pack(wave), reasons=WHY,
    )  # fmt: skip


async def test_beats_are_read_out_along_the_trace_and_beside_it(screen: Screen, source: Feed, detector: Feed) -> None:
    page = await screen.bed("bed 1")
    await source.publish(opened("bed 1"))
    await screen.knows("bed 1")
    readings = [beat("bed 1", 0), beat("bed 1", 1, "V"), beat("bed 1", 2)]
    truth = [Reference(bed="bed 1", stream="s1", sample=one.sample, symbol="N") for one in readings]
    await source.publish(*truth)
    await detector.publish(*readings, Rhythm(bed="bed 1", stream="s1", sample=0, text="Sinus rhythm"))
    async with playing(source, detector, "bed 1", hr=75):
        await screen.drawn("bed 1", 600)
        assert sorted(await page.marks()) == ["N", "N", "N", "N", "N", "V"]
        await expect(page.hr).to_have_text("75")
        await expect(page.rr).to_have_text("800")
        await expect(page.last).to_have_text("N Normal")
        await expect(page.rhythm).to_have_text("Sinus rhythm 75")
    for no_longer_known in (page.hr, page.rr, page.last):
        await expect(no_longer_known).to_have_text("--", timeout=15_000)
    await expect(page.rhythm).to_have_text("")
    await expect(page.count("N")).to_have_text("2")
    await expect(page.count("V")).to_have_text("1")
    second = page.rows.nth(1)
    await expect(second).to_contain_text("V Ventricular")
    await expect(second).to_contain_text("96 %")
    await expect(second).to_have_attribute("data-differs", "true")
    await expect(page.rows.nth(0)).to_have_attribute("data-differs", "false")
    await expect(page.rows).to_have_count(10)
    await expect(screen.disclaimer).to_be_visible()


async def test_a_bed_that_is_not_there_is_waited_for_and_does_not_look_live(screen: Screen, source: Feed) -> None:
    page = await screen.bed("bed 1")
    await expect(page.state).to_have_text("waiting for a bed of this name")
    await expect(screen.page.locator("#page")).to_have_attribute("data-state", "waiting")
    await source.publish(opened("bed 1"), *waves("bed 1", heart(1)))
    await expect(page.state).to_have_text("live")


async def test_the_latest_abnormal_beat_is_explained_and_any_on_request(
    screen: Screen, source: Feed, detector: Feed
) -> None:
    page = await screen.bed("bed 1")
    await expect(page.figure).to_contain_text("No abnormal beat yet")
    await source.publish(opened("bed 1"), *waves("bed 1", heart(4)))
    await screen.knows("bed 1")
    normal, odd = beat("bed 1", 0), beat("bed 1", 1, "V")
    await detector.publish(normal, odd, explanation("bed 1", odd.sample, "V"))
    await expect(page.figure).to_contain_text("V Ventricular, confidence 93%")
    await expect(page.heat).to_have_count(2)
    await expect(page.figure).to_contain_text("ms from R")
    await expect(page.reasons).to_have_count(len(WHY))
    await expect(page.reasons.nth(0)).to_have_text(re.compile("^RR before .34"))
    await expect(page.reasons.nth(1)).to_have_text(re.compile("^P wave 71"))
    for_v, against_v = [await reason_bar(page, row) for row in (0, 1)]
    assert for_v == pytest.approx((0.0, 0.31), abs=0.02)  # from the middle to the right, half the width being all
    assert against_v == pytest.approx((-0.09, 0.0), abs=0.02)
    await expect(page.reasons.nth(0)).to_contain_text("62% for V")
    for size in (1366, 768), (1920, 1080):
        await screen.page.set_viewport_size({"width": size[0], "height": size[1]})
        assert await page.fits("#reasons")

    await expect(page.rows.nth(1)).to_contain_text("N Normal")
    await page.explain(1)
    await expect(page.heading).to_have_text("Asking the detector…")
    asked = await hears(detector, lambda message: isinstance(message, Explain))
    assert asked == Explain(bed="bed 1", stream="s1", sample=normal.sample)
    await detector.publish(explanation("bed 1", normal.sample, "N"))
    await expect(page.figure).to_contain_text("N Normal, confidence 93%")
    await expect(page.heading).to_contain_text("The chosen beat")

    await page.follow.click()
    await expect(page.figure).to_contain_text("V Ventricular")
    await expect(page.follow).to_be_hidden()


async def test_a_page_opened_late_shows_the_beats_before_it(screen: Screen, source: Feed, detector: Feed) -> None:
    await source.publish(opened("bed 1"), *waves("bed 1", heart(4)))
    odd = beat("bed 1", 1, "V")
    await detector.publish(beat("bed 1", 0), odd, explanation("bed 1", odd.sample, "V"))
    page = await screen.bed("bed 1")
    await expect(page.rows.nth(0)).to_contain_text("V Ventricular")
    await expect(page.rows.nth(1)).to_contain_text("N Normal")
    await expect(page.figure).to_contain_text("V Ventricular")


async def test_the_choice_of_scale_survives_a_reload(screen: Screen) -> None:
    page = await screen.bed("bed 1")
    await expect(page.speed).to_have_value("25")
    await expect(page.gain).to_have_value("10")
    await page.speed.select_option("50")
    await page.gain.select_option("5")
    page = await screen.bed("bed 1")
    await expect(page.speed).to_have_value("50")
    await expect(page.gain).to_have_value("5")


async def test_leads_can_be_chosen_where_there_are_many(screen: Screen, source: Feed) -> None:
    page = await screen.bed("bed 1")
    await source.publish(
        opened("bed 1", ("I", "II", "V5")), *waves("bed 1", heart(2, leads=3) * np.int16([[1], [0], [0]]))
    )
    await expect(page.lead(0)).to_have_text("I")
    await expect(page.lead(1)).to_have_text("II")
    await screen.drawn("bed 1", 400)
    assert np.ptp([y for y in await page.heights() if y is not None]) > 10
    await screen.page.locator("#lead-0").select_option("V5")
    await expect(page.lead(0)).to_have_text("V5")
    await source.publish(*waves("bed 1", 0 * heart(1, leads=3), start=500))
    await screen.drawn("bed 1", 700)
    assert np.ptp([y for y in await page.heights() if y is not None]) < 1  # V5 is flat

    page = await screen.bed("bed 1")
    await expect(page.lead(0)).to_have_text("V5")  # chosen at this browser
    await expect(page.lead(1)).to_have_text("II")
    await screen.page.locator("#leads").select_option("all")
    assert [await page.lead(strip).text_content() for strip in range(3)] == ["I", "II", "V5"]
    await expect(screen.page.locator(".strip:visible")).to_have_count(3)


async def test_twelve_leads_have_all_the_room_and_fit(screen: Screen, source: Feed) -> None:
    names = ("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6")
    page = await screen.bed("bed 1")
    await source.publish(opened("bed 1", names), *waves("bed 1", heart(4, leads=12)))
    await screen.drawn("bed 1", 400)
    await screen.page.locator("#leads").select_option("all")
    await expect(screen.page.locator(".strip:visible")).to_have_count(12)
    await expect(screen.page.locator("#panel-beats")).to_be_hidden()
    for size in (1366, 768), (820, 1180), (1920, 1080):
        await screen.page.set_viewport_size({"width": size[0], "height": size[1]})
        for part in ("#strips", "#strip-0", "#strip-11", "#tabs", ".numbers"):
            assert await page.fits(part), (size, part)
        least = await screen.page.locator("#strip-5").evaluate("(strip) => strip.clientHeight")
        assert least >= 60  # 16 mm: room for 1 mV
    await screen.page.get_by_role("tab", name="Trend").click()
    await expect(screen.page.locator("#trend")).to_be_visible()


async def test_cut_beats_show_the_files_label_beside_the_prediction(
    screen: Screen, source: Feed, detector: Feed
) -> None:
    page = await screen.bed("csv")
    row = heart(0.8)[0].astype("f4") / 200
    await source.publish(opened("csv", ("beat",), form="beats"))
    await screen.knows("csv")
    for number, (said, truth) in enumerate((("N", "N"), ("V", "N"), ("V", "V"))):
        at = {"bed": "csv", "stream": "s1", "row": number, "truth": truth}
        await source.publish(CutBeat(start=200 * number, samples=pack(row), **at))
        await detector.publish(Beat(sample=200 * number, label=said, probabilities=(0.1,) * 5, **at))
    await screen.drawn("csv", 590)
    await screen.page.wait_for_function("() => cardiovision.sweeps[0].marks.filter((m) => m.done).length === 6")
    assert [text for text in await page.marks() if text != "|"] == ["N = N", "V ≠ N", "V = V"]
    await expect(page.rows.nth(1)).to_contain_text("row 1")
    await expect(page.rows.nth(1)).to_have_attribute("data-differs", "true")
    await expect(page.rows.nth(0)).to_have_attribute("data-differs", "false")


async def test_a_busy_ward_does_not_push_a_quiet_beds_past_out(
    screen: Screen, house: House, source: Feed, detector: Feed
) -> None:
    await source.publish(opened("quiet"), opened("busy"))
    told = [beat("quiet", 0), beat("quiet", 1, "V"), beat("quiet", 2)]
    await detector.publish(*told, explanation("quiet", told[1].sample, "V"))
    busy = [beat("busy", number) for number in range(2500)]
    await detector.publish(*busy)
    async with Feed(house.feed_url, name="last", subscribe=Subscribe(kinds=("beat",), last=1)) as feed:
        await hears(feed, lambda beat: isinstance(beat, Beat) and beat.sample == busy[-1].sample)  # the hub has all
    page = await screen.bed("quiet")
    await expect(page.rows.nth(0)).to_contain_text("N Normal")
    await expect(page.rows.nth(1)).to_contain_text("V Ventricular")
    await expect(page.figure).to_contain_text("V Ventricular, confidence 93%")
    await expect(page.count("V")).to_have_text("1")


async def test_a_gap_is_told_on_the_trace(screen: Screen, source: Feed) -> None:
    page = await screen.bed("bed 1")
    await source.publish(opened("bed 1"), *waves("bed 1", heart(1)))
    await screen.knows("bed 1")
    await source.publish(Gap(bed="bed 1", stream="s1", start=250, stop=500))
    await source.publish(*waves("bed 1", heart(2), start=500))
    await screen.drawn("bed 1", 950)
    assert await page.marks() == ["gap"]
    inked = [y is not None for y in await page.heights()]
    second = 25 * PX_PER_MM
    assert not any(inked[round(1.02 * second) : round(1.98 * second)])
    assert all(inked[round(2.02 * second) : round(3.8 * second)])


async def reason_bar(page: Bed, row: int) -> tuple[float, float]:
    """Where the bar of a reason begins and ends, from the middle of its place, as shares of its place's width."""
    return await page.reasons.nth(row).evaluate(
        """(row) => {
             const place = row.querySelector(".bar").getBoundingClientRect();
             const {left, right} = row.querySelector(".bar span").getBoundingClientRect();
             return [left, right].map((x) => (x - place.left) / place.width - 0.5);
           }"""
    )


async def hears(feed: Feed, wanted: Callable[[Message], bool]) -> Message:
    """The next wanted message that comes."""
    return await anext(message async for messages in feed for message in messages if wanted(message))
    raise AssertionError("the feed has ended")
