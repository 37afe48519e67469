"""Page objects: what a person sees and does on the screen, and what the pages tell of themselves."""

from typing import Any
from urllib.parse import quote

from playwright.async_api import Locator, Page, expect

from benchmarks.browser import FLAGS

CHROMIUM = list(FLAGS)
"""How the tests start Chromium: without a window, and talking to nobody by itself."""

EXPECTED = ("WebSocket connection to 'ws://", "Multiple readback operations using getImageData")
"""What the browser says when a test stops the hub, or reads a canvas."""


class Screen:
    """A browser window on the screen."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.complaints: list[str] = []
        self.requested: list[str] = []
        page.on("console", lambda message: self._complain(message.type, message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self.requested.append(request.url))
        self.banner = page.locator("#banner")
        self.connection = page.locator("#connection")
        self.disclaimer = page.get_by_text("Not a medical device")

    def _complain(self, kind: str, text: str) -> None:
        """Keep what the console says is wrong, but for what the tests themselves bring about."""
        if kind in {"error", "warning"} and not any(known in text for known in EXPECTED):
            self.complaints.append(text)

    async def ward(self) -> "Ward":
        await self.page.goto(self.url)
        await expect(self.connection).to_have_text("connected")
        return Ward(self.page)

    async def bed(self, name: str) -> "Bed":
        await self.page.goto(f"{self.url}/bed/{quote(name, safe='')}")
        await expect(self.connection).to_have_text("connected")
        return Bed(self.page)

    async def knows(self, bed: str) -> None:
        """Wait until the page has heard of a bed, so that what is said of it next is heard too."""
        await self.page.wait_for_function("(bed) => window.cardiovision?.beds.has(bed)", arg=bed)

    async def drawn(self, bed: str, samples: int) -> None:
        """Wait until so many samples of a bed are drawn."""
        await self.page.wait_for_function("([bed, n]) => window.cardiovision?.drawn(bed) >= n", arg=[bed, samples])

    async def run(self, module: str, body: str) -> Any:
        """Run JavaScript with a module of the screen's at hand, as ``m``."""
        return await self.page.evaluate(f"async () => {{ const m = await import('/assets/{module}'); {body} }}")


class Ward:
    """The ward page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.tiles = page.locator(".tile")
        self.empty = page.locator("#empty")

    def tile(self, bed: str) -> "Tile":
        return Tile(self.page.locator(f'.tile[data-bed="{bed}"]'))

    async def outside(self) -> int:
        """Number of tiles that are not wholly on the screen, or too small to read."""
        return await self.page.evaluate(
            """() => [...document.querySelectorAll(".tile")].filter((tile) => {
                 const {left, top, right, bottom, width, height} = tile.getBoundingClientRect();
                 return left < 0 || top < 0 || right > innerWidth || bottom > innerHeight
                   || width < 150 || height < 80;
               }).length"""
        )

    async def overflowing(self) -> list[str]:
        """What on the tiles is wider than its place."""
        return await self.page.evaluate(
            """() => [...document.querySelectorAll(".tile-numbers, .tile-name, .beat-class, .state")]
                 .filter((part) => part.scrollWidth > part.clientWidth + 1 && part.clientWidth > 0)
                 .map((part) => part.textContent)"""
        )


class Tile:
    """One bed on the ward."""

    def __init__(self, locator: Locator) -> None:
        self.locator = locator
        self.hr = locator.locator(".hr")
        self.beat = locator.locator(".beat-class")
        self.state = locator.locator(".state")
        self.title = locator.locator(".tile-title")
        self.lead = locator.locator(".lead-name")
        self.canvas = locator.locator("canvas")

    async def inked(self) -> list[bool]:
        """For each column of the trace, whether anything is drawn in it."""
        return await self.canvas.evaluate(COLUMNS)


class Bed:
    """The page of one bed."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.name = page.locator("#bed-name")
        self.state = page.locator("#bed-state")
        self.hr = page.locator("#hr")
        self.rr = page.locator("#rr")
        self.last = page.locator("#last-class")
        self.rhythm = page.locator("#rhythm")
        self.speed = page.locator("#sweep")
        self.gain = page.locator("#gain")
        self.rows = page.locator("#beats tr")
        self.heading = page.locator("#explanation-heading")
        self.figure = page.locator("#explanation-figure .js-plotly-plot")
        self.heat = page.locator("#explanation-figure .heatmaplayer image")
        self.reasons = page.locator("#reasons li")
        self.follow = page.locator("#follow")

    def count(self, label: str) -> Locator:
        return self.page.locator(f"#count-{label}")

    def lead(self, strip: int) -> Locator:
        return self.page.locator(f"#strip-{strip} .lead-name")

    async def explain(self, row: int) -> None:
        await self.rows.nth(row).get_by_role("button").click()

    async def fits(self, part: str) -> bool:
        """Whether all of a part of the page is on the screen, and nothing in it wider than its place."""
        return await self.page.locator(part).evaluate(
            """(part) => {
                 const {left, top, right, bottom} = part.getBoundingClientRect();
                 return left >= 0 && top >= 0 && right <= innerWidth && bottom <= innerHeight
                   && part.scrollWidth <= part.clientWidth && part.scrollHeight <= part.clientHeight;
               }"""
        )

    async def marks(self) -> list[str]:
        """What is written along the trace, in order of time."""
        return await self.page.evaluate(
            """() => cardiovision.sweeps[0].marks.filter((mark) => mark.done)
                 .sort((a, b) => a.sample - b.sample).map((mark) => mark.text ?? "|")"""
        )

    async def heights(self) -> list[float | None]:
        """For each column of the first trace, the middle of its ink in CSS pixels from the top."""
        return await self.page.locator("#trace-0").evaluate(HEIGHTS)


COLUMNS = """(canvas) => {
  const {width, height} = canvas;
  const {data} = canvas.getContext("2d").getImageData(0, 0, width, height);
  return Array.from({length: width}, (_, x) => {
    for (let y = 0; y < height; y++) if (data[4 * (y * width + x) + 3] > 40) return true;
    return false;
  });
}"""

HEIGHTS = """(canvas) => {
  const top = cardiovision.sweeps[0].look.band * devicePixelRatio;
  const {width, height} = canvas;
  const {data} = canvas.getContext("2d").getImageData(0, top, width, height - top);
  return Array.from({length: width}, (_, x) => {
    let ink = 0, weighed = 0;
    for (let y = 0; y < height - top; y++) {
      const alpha = data[4 * (y * width + x) + 3];
      ink += alpha;
      weighed += alpha * y;
    }
    return ink > 0 ? weighed / ink / devicePixelRatio : null;
  });
}"""
