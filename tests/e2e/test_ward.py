"""The ward page in a real browser, over a real hub."""

import pytest
from bedside import FS, House, beat, heart, opened, playing, rate, waves
from pages import Screen
from playwright.async_api import expect

from stream.client import Feed
from stream.messages import MISSING, CutBeat, Status, pack

pytestmark = pytest.mark.browser


async def test_a_tile_shows_a_bed_as_it_comes(screen: Screen, source: Feed, detector: Feed) -> None:
    ward = await screen.ward()
    await expect(ward.empty).to_contain_text("cardiovision simulate")
    await expect(screen.disclaimer).to_be_visible()

    await source.publish(opened("bed 1"))
    await screen.knows("bed 1")
    await detector.publish(beat("bed 1", 0), beat("bed 1", 1, "V"))
    tile = ward.tile("bed 1")
    async with playing(source, detector, "bed 1", hr=74.6):
        await expect(tile.hr).to_have_text("75")
        await expect(tile.beat).to_have_text("V Ventricular")
        await expect(tile.state).to_have_text("live")
        await expect(tile.title).to_have_text("sinus 75")
        await expect(tile.lead).to_contain_text("MLII")
        await expect(ward.empty).to_be_hidden()
        await screen.drawn("bed 1", 250)
        before = sum(await tile.inked())
        await screen.drawn("bed 1", 500)
        assert sum(await tile.inked()) > before > 0

    await tile.locator.click()
    await expect(screen.page.locator("#bed-name")).to_have_text("bed 1")


async def test_the_trace_follows_a_fast_stream_to_its_end(screen: Screen, source: Feed) -> None:
    await screen.ward()
    await source.publish(opened("fast", speed=50.0))
    for minute in range(3):
        start = minute * 60 * int(FS)
        await source.publish(*waves("fast", heart(60), start=start, block=1250))
    await screen.page.wait_for_function(
        "(end) => Math.floor(cardiovision.beds.get('fast').playhead?.at) >= end", arg=3 * 60 * FS - 1
    )


async def test_missing_samples_are_a_gap_in_the_trace(screen: Screen, source: Feed) -> None:
    await screen.page.emulate_media(reduced_motion="reduce")
    ward = await screen.ward()
    samples = heart(3)
    samples[:, 250:500] = MISSING
    await source.publish(opened("bed 1"), *waves("bed 1", samples))
    await screen.drawn("bed 1", 730)
    inked = await ward.tile("bed 1").inked()
    per_second = 25 * 96 / 25.4
    assert not any(inked[round(1.02 * per_second) : round(1.98 * per_second)])
    assert all(inked[5 : round(0.98 * per_second)])
    assert all(inked[round(2.02 * per_second) : round(2.8 * per_second)])


async def test_a_lost_hub_is_said_at_once_and_comes_back(
    screen: Screen, house: House, source: Feed, detector: Feed
) -> None:
    ward = await screen.ward()
    tile = ward.tile("bed 1")
    await source.publish(opened("bed 1"))
    await screen.knows("bed 1")
    async with playing(source, detector, "bed 1", hr=75):
        await expect(tile.hr).to_have_text("75")
        await expect(screen.banner).to_be_hidden()

        await house.close()
        await expect(screen.banner).to_be_visible()
        await expect(screen.banner).to_contain_text("reconnecting")
        await expect(tile.hr).to_have_text("--")
        await expect(tile.state).to_have_text("feed lost")
        assert await tile.canvas.evaluate("(canvas) => getComputedStyle(canvas).filter") == "grayscale(1)"
        drawn = await screen.page.evaluate("cardiovision.drawn('bed 1')")

        await house.open()
        await expect(screen.banner).to_be_hidden(timeout=15_000)
        await expect(tile.state).to_have_text("live", timeout=15_000)
        await expect(tile.hr).to_have_text("75")
        await screen.drawn("bed 1", drawn + 250)


async def test_states_of_source_and_detector(screen: Screen, house: House, detector: Feed) -> None:
    ward = await screen.ward()
    tile = ward.tile("bed 1")
    async with Feed(house.feed_url, name="source") as source:
        await source.publish(opened("bed 1"))
        await detector.publish(Status(component="detector", state="ready"))
        async with playing(source, detector, "bed 1", hr=75):
            await expect(tile.state).to_have_text("live")
            await detector.publish(Status(component="detector", state="lost"))
            await expect(tile.state).to_have_text("live · no detector")
        await source.publish(Status(component="source", bed="bed 1", state="paused"))
        await expect(tile.state).to_have_text("paused")
        await source.publish(Status(component="source", bed="bed 1", state="ready"))
        await expect(tile.state).to_have_text("no signal")  # it has stopped sending
        await expect(tile.hr).to_have_text("--")
    await expect(tile.state).to_have_text("source lost")


async def test_cut_beats_are_drawn_end_to_end(screen: Screen, source: Feed, detector: Feed) -> None:
    ward = await screen.ward()
    row = pack(heart(0.8)[0].astype("f4") / 200)
    await source.publish(opened("csv", ("beat",), form="beats"))
    for number in range(5):
        await source.publish(CutBeat(bed="csv", stream="s1", row=number, start=200 * number, samples=row))
    await screen.drawn("csv", 990)
    assert sum(await ward.tile("csv").inked()) > 3 * 0.8 * 25 * 96 / 25.4
    await expect(ward.tile("csv").lead).to_contain_text("cut beats")


@pytest.mark.parametrize("size", [(1920, 1080), (1366, 768)])
async def test_up_to_32_beds_fill_the_screen_without_scrolling(
    screen: Screen, source: Feed, detector: Feed, size: tuple[int, int]
) -> None:
    await screen.page.set_viewport_size({"width": size[0], "height": size[1]})
    ward = await screen.ward()
    for count, fresh in ((1, range(1)), (8, range(1, 8)), (16, range(8, 16)), (32, range(16, 32))):
        for number in fresh:
            bed = f"bed {number}"
            await source.publish(opened(bed), *waves(bed, heart(1)))
            await screen.knows(bed)
            await detector.publish(beat(bed, 0, "S"), rate(bed, 250, 188))
        await expect(ward.tiles).to_have_count(count)
        await expect(ward.tile(f"bed {fresh[-1]}").beat).to_have_text("S Supraventricular")
        assert await ward.outside() == 0
        assert await ward.overflowing() == []


async def test_a_name_of_a_bed_is_only_text(screen: Screen, source: Feed) -> None:
    name = "<img src=x onerror=alert(1)>/100 % ä"
    ward = await screen.ward()
    await source.publish(opened(name, title="<b>bold</b>"), *waves(name, heart(1)))
    await expect(ward.tiles).to_have_count(1)
    await expect(ward.tiles).to_contain_text(name)
    await ward.tiles.click()
    await expect(screen.page.locator("#bed-name")).to_have_text(name)
    await expect(screen.page.locator("#bed-title")).to_have_text("<b>bold</b>")
    await expect(screen.connection).to_have_text("connected")
    await source.publish(*waves(name, heart(2), start=250))
    await screen.drawn(name, 400)


@pytest.mark.parametrize("speed", [0.1, 1, 50])
async def test_the_pen_moves_evenly_whatever_the_speed(screen: Screen, speed: float) -> None:
    await screen.ward()
    steps, lags = await screen.run(
        "playhead.js",
        f"""const rate = 250 * {speed}, pen = new m.Playhead(0), steps = [], lags = [];
            for (let frame = 0; frame < 600; frame++) {{  // 10 s; ten blocks a second
              const newest = rate * Math.floor(frame / 6 + 1) / 10;
              const before = pen.at;
              pen.follow(newest, 1 / 60, 60 * rate);
              if (frame < 180) continue;
              steps.push(60 * (pen.at - before) / rate);
              lags.push((newest - pen.at) / rate);
            }}
            return [steps, lags];""",
    )
    assert 0.85 < min(steps) < max(steps) < 1.15  # of the stream's own pace
    assert 0 <= min(lags) < max(lags) < 0.7  # wall seconds


async def test_beds_are_arranged_in_a_wide_enough_grid(screen: Screen) -> None:
    await screen.ward()
    grids = await screen.run("layout.js", "return Array.from({length: 32}, (_, n) => m.arrange(n + 1, 1920, 1036));")
    for count, grid in enumerate(grids, start=1):
        assert 0 <= grid["columns"] * grid["rows"] - count < grid["columns"]


async def test_waits_between_tries_grow_to_a_bound_and_differ(screen: Screen) -> None:
    await screen.ward()
    least, most = await screen.run(
        "feed.js",
        "return [0, 1].map((chance) => [...Array(9).keys()].map((tries) => m.backoff(tries, chance)));",
    )
    assert most[:3] == [250, 500, 1000]
    assert most[-1] == 5000
    assert least == [wait / 2 for wait in most]
