"""Paper is true to scale: measured in the pixels of the picture, as somebody with a ruler would."""

import io
import re
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from matplotlib.image import imread

from stream.paper import DISCLAIMER, Strip, draw, figures, zone_of

FS = 360.0
START = datetime(2026, 7, 1, 12, 0, 0, tzinfo=UTC)
PIXELS = 10  # in a millimetre, at 254 dpi


def strip(seconds: float = 10.0, **fields: object) -> Strip:
    t = np.arange(round(seconds * FS)) / FS
    values = np.stack([np.where(t % 2 < 1, 0.0, 1.0), np.zeros_like(t)])
    fields = {"values": values, "fs": FS, "leads": ["II", "V1"], "start": START, "title": "Bed 1"} | fields
    return Strip(**fields)


def dark(picture: np.ndarray) -> np.ndarray:
    """Pixels of ink; the grid is light."""
    return picture[..., :3].max(axis=-1) < 0.35


def picture_of(strip: Strip) -> np.ndarray:
    return imread(io.BytesIO(draw(strip, "png", dpi=25.4 * PIXELS)))


def test_a_square_of_1_mv_and_1_s_measures_10_mm_and_25_mm() -> None:
    picture = picture_of(strip())
    assert picture.shape[1] == 297 * PIXELS
    ink = dark(picture)[:, 30 * PIXELS + 5 : 280 * PIXELS - 5]
    rows = np.flatnonzero(ink.sum(axis=1) > 100 * PIXELS)  # the two levels of II, and V1: half the width each, or all
    edges = np.split(rows, np.flatnonzero(np.diff(rows) > 1) + 1)
    high, low, flat = (group.mean() for group in edges)
    assert low - high == pytest.approx(10 * PIXELS, abs=1)
    assert flat > low
    middle = round((high + low) / 2)
    columns = np.flatnonzero(ink[middle])
    steps = [group.mean() for group in np.split(columns, np.flatnonzero(np.diff(columns) > 1) + 1)]
    assert len(steps) == 9
    np.testing.assert_allclose(np.diff(steps), 25 * PIXELS, atol=1.5)


def test_the_grid_has_lines_of_1_and_5_mm() -> None:
    picture = picture_of(strip(values=np.full((1, 3600), np.nan), leads=["II"]))
    row = picture[30 * PIXELS, 32 * PIXELS : 270 * PIXELS, 1]  # between lines across, green: least where there is red
    lines = np.flatnonzero((row < 0.99) & (row <= np.roll(row, 1)) & (row < np.roll(row, -1)))
    np.testing.assert_allclose(np.diff(lines), PIXELS, atol=1.01)
    strong = lines[row[lines] < 0.8]
    np.testing.assert_allclose(np.diff(strong), 5 * PIXELS, atol=1.01)


def test_a_missing_stretch_leaves_a_gap() -> None:
    values = np.zeros((1, 3600))
    values[0, 1080:1440] = np.nan  # the fourth second
    ink = dark(picture_of(strip(values=values, leads=["II"])))
    drawn = ink[25 * PIXELS : -15 * PIXELS, 30 * PIXELS : 280 * PIXELS].any(axis=0)  # between heading and foot
    gap = np.flatnonzero(~drawn[: 9 * 25 * PIXELS])
    np.testing.assert_allclose((gap[0], gap[-1]), (3 * 25 * PIXELS, 4 * 25 * PIXELS), atol=6)


def test_words_are_there() -> None:
    marked = strip(beats=[(100, "N"), (500, "V")], marks=[(700, "asystole: No QRS for 4 s")])
    text = draw(marked, "svg").decode()
    said = re.findall(r"<text[^>]*>([^<]+)</text>", text)
    assert "Bed 1" in said
    assert "2026-07-01 12:00:00 UTC,  10.0 s" in said
    assert any(DISCLAIMER in words and "25 mm/s   10 mm/mV" in words for words in said)
    assert {"N", "V", "II", "V1", "12:00:00", "asystole: No QRS for 4 s"} <= set(said)


def test_rows_are_10_s_and_say_when_they_begin() -> None:
    text = draw(strip(25.0), "svg").decode()
    assert re.findall(r">(\d\d:\d\d:\d\d)<", text) == ["12:00:00", "12:00:10", "12:00:20"]


def test_a_pdf_has_pages_of_a4() -> None:
    pages = figures(strip(60.0), paged=True)
    assert len(pages) > 1
    assert {tuple(np.round(page.get_size_inches() * 25.4, 6)) for page in pages} == {(297.0, 210.0)}
    data = draw(strip(60.0), "pdf")
    boxes = re.findall(rb"/MediaBox \[ ?0 0 ([\d.]+) ([\d.]+) ?\]", data)
    assert len(boxes) == len(pages)
    for box in boxes:
        np.testing.assert_allclose([float(x) / 72 * 25.4 for x in box], (297, 210), atol=0.01)


@pytest.mark.parametrize("values", [np.full((1, 100), np.nan), np.zeros((12, 1)), np.full((1, 720), 40.0)])
def test_anything_can_be_drawn(values: np.ndarray) -> None:
    leads = [f"lead {k}" for k in range(len(values))]
    for form in ("png", "svg", "pdf"):
        assert draw(strip(values=values, leads=leads), form)  # type: ignore[arg-type]


def test_zones_have_their_names_and_offsets() -> None:
    assert zone_of(START) == "UTC"
    assert zone_of(START.astimezone(ZoneInfo("Europe/Berlin"))) == "CEST (UTC+02:00)"
    assert zone_of(START.astimezone(timezone(timedelta(hours=-5, minutes=-30)))) == "UTC-05:30"
