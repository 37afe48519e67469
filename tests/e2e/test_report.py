"""The report of an evaluation in a browser that has no network."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from pages import CHROMIUM
from playwright.async_api import async_playwright, expect

from detector.training.calibration import calibrate
from detector.training.ec57 import BeatComparison, compare, summarise
from detector.training.evaluation import Evaluation, Noise, NoiseLevel
from detector.training.labels import Beats
from detector.training.report import report

pytestmark = pytest.mark.browser


def made(record: str, reference: str, test: str) -> BeatComparison:
    """Compare two strings of labels, a beat a second from 5:00 on; ``.`` is no beat."""
    sides = [Beats.of(np.arange(len(s)) * 250 + 75_000, list(s)) for s in (reference, test)]
    return compare(record, *sides, 250, end=200_000)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A report of three records and two levels of noise."""
    summary = summarise(
        [made("a/good", "NNSSSVV", "NNSSSVV"), made("a/bad", "NNSSSVV", "NSNNSV."), made("a/<b>", "NNNVV.", "NNNVVV")]
    )
    evaluation = Evaluation(
        model="shipped model",
        labels="aami",
        peaks="own",
        summary=summary,
        at_once=summary,
        calibration=calibrate([0.4, 0.9, 1.0], [False, True, True]),
        noise=Noise("nstdb/em", (NoiseLevel(24, summary), NoiseLevel(-6, summary))),
        left_out={"a/102": "paced beats", "a/104": "paced beats"},
    )
    path = tmp_path / "report.html"
    path.write_text(report(evaluation, datetime(2026, 1, 2, tzinfo=UTC)), encoding="utf-8")
    return path


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_report_draws_itself_and_sorts_without_a_network(chromium: str, file: Path, scheme: str) -> None:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=CHROMIUM)
        context = await browser.new_context(
            viewport={"width": 1366, "height": 768}, color_scheme="dark" if scheme == "dark" else "light", offline=True
        )
        page = await context.new_page()
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: complaints.append(request.url) if "report.html" not in request.url else None)
        await page.goto(file.as_uri())

        await expect(page.locator("h1")).to_have_text("CardioVision: evaluation")
        figures = page.locator(".js-plotly-plot")
        await expect(figures).to_have_count(7)
        for figure in await figures.all():
            assert await figure.locator(".main-svg .trace, .main-svg .hm, .main-svg .points").count() > 0
            assert await figure.get_attribute("aria-label")
        ink = "rgb(227, 233, 237)" if scheme == "dark" else "rgb(28, 36, 41)"
        for text in (figures.nth(0).locator(".xtick text").first, figures.nth(2).locator(".heatmap-label text").first):
            await expect(text).to_have_css("fill", ink)

        table = page.locator("table.sorted")
        column = table.locator("tbody td:first-child")
        await expect(column).to_have_text(["a/bad", "a/good", "a/<b>"])  # by F1 of S, worst first; none last
        await table.get_by_role("button", name="V F1").click()
        await expect(column).to_have_text(["a/bad", "a/<b>", "a/good"])
        await table.get_by_role("button", name="V F1").click()
        await expect(column).to_have_text(["a/good", "a/<b>", "a/bad"])
        await expect(table.get_by_role("columnheader", name="V F1")).to_have_attribute("aria-sort", "descending")
        await expect(page.locator("footer")).to_contain_text("Left out: a/102, a/104: paced beats")
        await expect(page.locator("footer")).to_contain_text("2026-01-02 00:00 UTC. Not a medical device.")
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        await browser.close()
    assert complaints == []
