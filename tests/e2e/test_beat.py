"""One beat from the trace to the picture, with the real detector: asked for, explained, its neighbours, saved, gone."""

import asyncio
import re
import time
from collections.abc import AsyncIterator

import numpy as np
import pytest
from bedside import House
from pages import Screen
from playwright.async_api import Page, expect
from test_accessibility import findings

from detector import service
from stream.client import Feed
from stream.messages import Explain, Message, Open, Wave, pack
from stream.sources.scenario import parse_scenario
from stream.sources.simulator import Simulator

pytestmark = pytest.mark.browser

FS = 250
SECONDS = 40
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
async def detecting(house: House) -> AsyncIterator[None]:
    """The detector at work."""
    task = asyncio.create_task(service.run(house.feed_url))
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def ward() -> list[Message]:
    """One bed in sinus rhythm, then with every fourth beat ventricular."""
    steps = "[{sinus: {rate: 75}, seconds: 20}, {pvc: {rate: 75, every: 4}, seconds: 60}]"
    simulator = Simulator(parse_scenario(f"{{fs: {FS}, leads: [II, V1], beds: [{{steps: {steps}}}]}}"), seed=1)
    samples = simulator.read(0, SECONDS * FS)[0]
    opened = Open(
        bed="Bed 1", stream="s 1", fs=FS, leads=simulator.leads[0], epoch=time.time() - SECONDS, title="simulated"
    )
    blocks = range(0, samples.shape[1], FS)
    return [
        opened,
        *(Wave(bed="Bed 1", stream="s 1", start=k, samples=pack(samples[:, k : k + FS])) for k in blocks),
    ]


async def explained(page: Page, sentence: str) -> None:
    """Wait until a beat is explained by a sentence like this."""
    await expect(page.locator("#sentence")).to_have_text(re.compile(sentence), timeout=60_000)


async def saved(page: Page, kind: str) -> tuple[str, bytes]:
    """Press a button to save the picture; its file's name and what is in it."""
    async with page.expect_download() as coming:
        await page.locator(f"#save-{kind}").click()
    download = await coming.value
    return download.suggested_filename, (await download.path()).read_bytes()


async def test_a_beat_is_opened_read_saved_and_left_for_its_neighbours(
    screen: Screen, source: Feed, detecting: None
) -> None:
    page = screen.page
    await screen.bed("Bed 1")
    await source.publish(*ward())
    await explained(page, r"^Ventricular, .*: early by \d\d.%, wide 1[3-6]\d.ms, no (usual )?P before it, ")
    await page.locator("#beat-link").click()
    await expect(page).to_have_url(re.compile(r"/beat/Bed%201/s%201/\d+$"))
    ventricular = int(page.url.rpartition("/")[2])

    await explained(page, r"^Ventricular, .*: early by")
    await expect(page.locator("#explanation-heading")).to_have_text(re.compile(r"^Beat of .* \d\d:\d\d:\d\d \S+$"))
    await expect(page.locator("#beat-place")).to_have_text(f"Bed 1 · simulated · sample {ventricular}")
    await expect(page.locator("#explanation-figure .scatterlayer .trace")).to_have_count(4)  # each lead, and its usual
    await expect(page.locator("#explanation-figure .heatmaplayer image")).to_have_count(2)
    await expect(page.locator("#probabilities li")).to_have_count(5)
    await expect(page.locator("#probabilities .said")).to_contain_text("V Ventricular")
    assert await page.locator("#reasons li").count() > 1

    said = await page.locator("#sentence").inner_text()
    name, picture = await saved(page, "png")
    assert name == f"Bed-1-beat-{ventricular}-V.png"
    assert picture.startswith(PNG)
    assert np.frombuffer(picture[16:24], ">u4").tolist() == [2400, 1350]
    name, picture = await saved(page, "svg")
    assert name.endswith(".svg")
    words = re.sub(r"<[^>]*>|\s", "", picture.decode()).replace("&gt;", ">")
    assert re.sub(r"\s", "", said) in words

    for theme in ("light", "dark"):
        await screen.run("theme.js", f"m.chooseTheme('{theme}')")
        assert await findings(page) == [], theme

    await page.keyboard.press("ArrowLeft")
    await explained(page, r"^Normal, .*: (on time|late by \d\d.%), .*narrow \d\d\d?.ms, its usual P before it, ")
    assert int(page.url.rpartition("/")[2]) < ventricular
    await page.locator("#beat-after").click()
    await explained(page, "^Ventricular")
    await expect(page).to_have_url(re.compile(f"/{ventricular}$"))
    await page.reload()
    await explained(page, "^Ventricular")

    await page.goto(f"{screen.url}/beat/Bed%201/s%201/{ventricular + 1}")
    await expect(page.locator("#explanation-heading")).to_contain_text("the detector no longer remembers this beat")
    await expect(page.locator("#sentence")).to_be_empty()
    await expect(page.locator("#save-png")).to_be_disabled()
    await page.locator("#beat-before").click()  # the beats around it are still known
    await explained(page, "^Ventricular")


async def test_without_a_detector_the_page_says_so(screen: Screen, source: Feed, detector: Feed) -> None:
    await source.publish(*ward()[:1])
    await screen.page.goto(f"{screen.url}/beat/Bed%201/s%201/77")
    async for messages in detector:
        if any(isinstance(message, Explain) for message in messages):
            break
    await expect(screen.page.locator("#explanation-heading")).to_contain_text("No answer: no detector is running")
    await screen.page.goto(f"{screen.url}/beat/nowhere/s/77")
    await expect(screen.page.locator("#explanation-heading")).to_contain_text("expected a bed that has an open stream")
