"""What keeps traces cheap to draw and sharp: what holds on any machine, however busy (figures: benchmarks screen)."""

import asyncio

import numpy as np
import pytest
from bedside import FS, heart, opened, waves
from pages import Screen
from playwright.async_api import Page, expect

from stream.client import Feed
from stream.messages import Alarm

pytestmark = pytest.mark.browser
BEDS = [f"bed {number}" for number in range(7)]


async def lit(screen: Screen, source: Feed, detector: Feed) -> None:
    """Show a ward with traces, and alarms of all priorities."""
    await screen.ward()
    await source.publish(*(opened(bed) for bed in BEDS))
    for bed in BEDS:
        await screen.knows(bed)
        await source.publish(*waves(bed, heart(2)))
    for bed, priority in zip(BEDS, ("high", "medium", "low", "technical"), strict=False):
        at = {"bed": bed, "stream": "s1", "onset": 250, "announced": 400}
        await detector.publish(Alarm(id=f"a {bed}", name="x", priority=priority, state="active", text="Alarm", **at))
    for bed in BEDS:
        await screen.drawn(bed, int(1.5 * FS))
    await expect(screen.page.locator('.tile:not([data-alarm=""])')).to_have_count(4)


async def reasons(page: Page) -> list[list[str]]:
    """Why Chromium has made a layer, for each that draws something."""
    session = await page.context.new_cdp_session(page)
    told: asyncio.Future[list[dict]] = asyncio.get_running_loop().create_future()

    def hear(event: dict) -> None:
        if event.get("layers") and not told.done():
            told.set_result(event["layers"])

    session.on("LayerTree.layerTreeDidChange", hear)
    await session.send("DOM.enable")
    await session.send("LayerTree.enable")
    layers = [layer["layerId"] for layer in await told if layer["drawsContent"]]
    answers = [await session.send("LayerTree.compositingReasons", {"layerId": layer}) for layer in layers]
    return [answer["compositingReasonIds"] for answer in answers]


async def test_a_ward_is_a_layer_a_tile_and_a_canvas_and_no_sheet_over_them(
    screen: Screen, source: Feed, detector: Feed
) -> None:
    """A sheet that Chromium lays over the canvases, wide as the screen, would be blended in every frame."""
    await lit(screen, source, detector)
    made = await reasons(screen.page)
    assert made.count(["WillChangeTransform"]) == len(BEDS)
    assert made.count(["Canvas"]) == len(BEDS)
    assert [why for why in made if "Overlap" in why] == []


async def test_the_tiles_cover_the_ward_without_a_gap(screen: Screen, source: Feed, detector: Feed) -> None:
    """Where the ground is bare between two tiles, all of it under them is drawn in every frame too."""
    await lit(screen, source, detector)
    told = await screen.page.evaluate(
        """() => [...document.querySelectorAll(".tile")].map((tile) => {
             const { left, top, right, bottom } = tile.getBoundingClientRect();
             return { edges: [left, top, right, bottom], ground: getComputedStyle(tile).backgroundColor };
           })"""
    )
    left, top, right, bottom = np.array([tile["edges"] for tile in told]).T
    assert len(set(left)) > 1
    assert len(set(top)) > 1
    assert set(left) - {left.min()} <= set(right)
    assert set(top) - {top.min()} <= set(bottom)
    assert {tile["ground"] for tile in told} == {"rgb(5, 8, 10)"}  # of one colour, and nothing shines through


@pytest.mark.parametrize(("size", "zoom"), [((1366, 768), 1), ((1111, 777), 1.25)])
async def test_a_pixel_of_a_trace_is_one_of_the_screen(
    screen: Screen, source: Feed, detector: Feed, size: tuple[int, int], zoom: float
) -> None:
    """Stretched even by a part of a pixel, a trace is blurred, and takes several times as long to draw."""
    session = await screen.page.context.new_cdp_session(screen.page)
    metrics = {"width": size[0], "height": size[1], "deviceScaleFactor": zoom, "mobile": False}
    await session.send("Emulation.setDeviceMetricsOverride", metrics)
    await lit(screen, source, detector)
    shares = await screen.page.evaluate(
        """() => [...document.querySelectorAll(".tile canvas")].flatMap((canvas) => {
             const {width, height} = canvas.getBoundingClientRect();
             const place = canvas.parentElement.getBoundingClientRect();
             return [[width, canvas.width, place.width], [height, canvas.height, place.height]];
           }).map(([shown, own, place]) => [shown * devicePixelRatio / own, (place - shown) * devicePixelRatio])"""
    )
    assert len(shares) == 2 * len(BEDS)
    assert [scale for scale, _ in shares] == pytest.approx([1.0] * len(shares), abs=1e-3)
    assert all(-0.02 < left < 1.02 for _, left in shares)  # less than a pixel of its place is left over


async def test_a_trace_takes_the_colour_of_the_theme(screen: Screen, source: Feed, detector: Feed) -> None:
    await lit(screen, source, detector)
    greenest = """() => {
      const canvas = document.querySelector(".tile canvas");
      const {data} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      for (let i = 0; i < data.length; i += 4) if (data[i + 3] === 255) return [...data.slice(i, i + 3)].join();
    }"""
    for theme, colour in (("light", "0,105,47"), ("dark", "61,245,138")):
        await screen.run("theme.js", f"m.chooseTheme('{theme}');")
        await screen.page.wait_for_function(f"(colour) => ({greenest})() === colour", arg=colour)
