"""The beat lab in a real browser: a file is brought, sorted, filtered, explained, taken home; a bad one is refused."""

import csv
import re
from pathlib import Path

import pytest
from pages import Screen
from playwright.async_api import Locator, expect
from test_accessibility import findings

from web.beatlab.example import WIDTH, example_csv

pytestmark = pytest.mark.browser

SLOW = 120_000
"""Milliseconds that a busy machine may take to load TensorFlow."""


class Lab:
    """The page of the beat lab."""

    def __init__(self, screen: Screen) -> None:
        self.screen = screen
        self.page = screen.page
        self.error = self.page.locator("#lab-error")
        self.understood = self.page.locator("#lab-understood")
        self.rows = self.page.locator("#lab-table tbody tr")
        self.shown = self.page.locator(".lab-pager [role=status]")
        self.chosen = self.page.locator("#lab-chosen")
        self.heat = self.page.locator("#lab-figure .heatmaplayer image")
        self.title = self.page.locator("#lab-figure .gtitle")

    async def open(self) -> None:
        await self.page.goto(f"{self.screen.url}/lab")
        await expect(self.screen.connection).to_have_text("connected")

    async def bring(self, name: str, content: str | bytes) -> None:
        async with self.page.expect_file_chooser() as chooser:
            await self.page.get_by_role("button", name="Choose a file").click()
        data = content if isinstance(content, bytes) else content.encode()
        await (await chooser.value).set_files({"name": name, "mimeType": "text/csv", "buffer": data})

    def cell(self, labelled: str, named: str) -> Locator:
        return self.page.locator(f'[data-truth="{labelled}"][data-named="{named}"]')

    async def column(self, number: int) -> list[str]:
        return await self.rows.locator(f"td:nth-child({number})").all_text_contents()

    async def download(self, button: Locator) -> tuple[str, bytes]:
        async with self.page.expect_download() as download:
            await button.click()
        file = await download.value
        return file.suggested_filename, read(await file.path())


def read(path: Path) -> bytes:
    return path.read_bytes()


@pytest.fixture
def lab(screen: Screen) -> Lab:
    return Lab(screen)


async def test_a_labelled_file_is_sorted_filtered_explained_and_taken_home(lab: Lab) -> None:
    await lab.open()
    await expect(lab.page.locator("#lab-model")).to_contain_text(re.compile(r"row\.keras.*F1.*N\s\d\d · S\s\d\d"))
    await lab.bring("my beats.csv", example_csv())
    total = example_csv().count("\n")
    await expect(lab.understood).to_contain_text(f"{total} rows of {WIDTH} samples, labels in the last", timeout=SLOW)
    await expect(lab.page.locator("#lab-rate input")).to_have_value("125")

    await expect(lab.shown).to_have_text(f"1 to 20 of {total}")
    assert set(await lab.column(6)) == {"≠ yes"}  # disagreements first, those of most confidence on top
    sure = [float(text.split("\N{NO-BREAK SPACE}")[0]) for text in await lab.column(4)]
    assert sure == sorted(sure, reverse=True)

    count = int(await lab.cell("N", "N").text_content() or "")
    await lab.cell("N", "N").click()
    await expect(lab.shown).to_have_text(f"1 to 20 of {count}")
    assert set(await lab.column(5)) == {"N Normal"} == set(await lab.column(3))
    await lab.page.get_by_role("button", name="Row", exact=True).click()
    await expect(lab.page.locator("th", has=lab.page.locator('[data-sort="row"]'))).to_have_attribute(
        "aria-sort", "ascending"
    )
    first = await lab.rows.first.locator("th").text_content()
    await expect(lab.chosen).to_contain_text(f"Row {first}")
    second = await lab.rows.nth(1).locator("th").text_content()
    await lab.page.keyboard.press("ArrowRight")
    await expect(lab.chosen).to_contain_text(f"Row {second}")
    await lab.rows.nth(4).get_by_role("button").click()
    await expect(lab.rows.nth(4)).to_have_attribute("aria-current", "true")
    await lab.page.get_by_role("button", name="Last page").click()
    await expect(lab.shown).to_have_text(re.compile(f"to {count} of {count}"))

    await lab.page.locator("#lab-clear").click()
    await lab.page.locator("#lab-goto input").fill("12")
    await lab.page.locator("#lab-goto input").press("Enter")
    await expect(lab.chosen).to_contain_text("Row 12")
    await expect(lab.heat).to_be_visible()
    await lab.page.get_by_title("Show what spoke for V Ventricular").click()
    await expect(lab.title).to_have_text("What in it spoke for V Ventricular")

    name, picture = await lab.download(lab.page.locator("#lab-png"))
    assert (name, picture[:8]) == ("my beats-row-12-V.png", b"\x89PNG\r\n\x1a\n")
    name, picture = await lab.download(lab.page.locator("#lab-svg"))
    assert name == "my beats-row-12-V.svg"
    assert b"<svg" in picture
    assert b"my beats.csv" in picture
    name, results = await lab.download(lab.page.locator("#lab-results"))
    assert name == "my beats-results.csv"
    lines = list(csv.DictReader(results.decode().splitlines()))
    assert len(lines) == total
    assert sum(line["prediction"] == line["label"] == "N" for line in lines) == count

    await lab.page.reload()
    await expect(lab.understood).to_contain_text("my beats.csv")  # the server has it still
    await expect(lab.rows).to_have_count(20)
    await expect(lab.heat).to_be_visible()
    assert await findings(lab.page) == []
    await lab.page.get_by_role("button", name="Model card").click()
    await expect(lab.page.get_by_role("dialog")).to_contain_text("Where they fail")
    await lab.page.locator("#lab-card-close").click()
    await lab.page.get_by_role("button", name="Close file").click()
    await expect(lab.rows.first).to_be_hidden()
    await lab.page.reload()
    await lab.page.get_by_role("button", name="Try an example").click()
    await expect(lab.understood).to_contain_text("example.csv", timeout=SLOW)
    await expect(lab.heat).to_be_visible()


async def test_a_bad_file_gets_a_sentence_and_another_may_follow(lab: Lab) -> None:
    await lab.open()
    await lab.bring("notes.csv", "dear colleague\nas discussed\n")
    await expect(lab.error).to_contain_text("notes.csv: expected a beat in each row, its samples separated by comma")
    await expect(lab.page.get_by_text("A CSV file with one beat a row")).to_be_visible()
    await lab.bring("short.csv", example_csv().replace("\n", ",1\n", 1))
    await expect(lab.error).to_contain_text(re.compile(r"short\.csv: row \d+: expected 18\d columns, got 18\d"))
    await lab.bring("ninety.csv", "\n".join(",".join(["0.5"] * 90) for _ in range(3)))
    await expect(lab.understood).to_contain_text("3 rows of 90 samples, no labels", timeout=SLOW)
    await lab.page.locator("#lab-labels").select_option("last")
    await expect(lab.error).to_contain_text("expected a label (0-4 or N S V F Q), got '0.5'")
    await lab.page.locator("#lab-labels").select_option("none")
    await expect(lab.understood).to_contain_text("3 rows of 90 samples, no labels")
    await expect(lab.page.locator("#lab-by-truth")).to_be_hidden()
