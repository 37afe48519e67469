"""Takes the pictures of ``docs/images`` anew, from the running demo: ``.venv/bin/python docs/screenshots.py``.

Needs Chromium (``CHROMIUM`` names another than the first on the path). The beds are the simulator's: no patient's ECG
is kept in this repository.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

IMAGES = Path(__file__).parent / "images"
WIDTH, HEIGHT = 1600, 900
SECONDS = 150
"""How long the beds have run when the pictures are taken: by then there were alarms of several kinds."""
SWEEP = 12
"""Seconds that a trace needs across the screen."""
TOURED = "localStorage.setItem('cardiovision.toured', 'yes')"


def ward(page: Page) -> None:
    """All beds."""
    page.goto("/")


def bed(page: Page) -> None:
    """One bed, live."""
    page.goto("/bed/Bed%203")


def frozen(page: Page) -> None:
    """The same bed, frozen."""
    page.goto("/bed/Bed%203")
    page.wait_for_timeout(1000 * SWEEP)
    page.keyboard.press("Space")


def timeline(page: Page) -> None:
    """Alarms of the last hour."""
    page.goto("/alarms?hours=1")


def event(page: Page) -> None:
    """One alarm."""
    page.goto("/alarms?hours=1")
    page.locator("#alarm-rows a[href^='/event/']").first.click()
    page.wait_for_url("**/event/**")


def beat(page: Page) -> None:
    """One beat, explained."""
    page.goto("/bed/Bed%203")
    link = page.locator("#beats tr:has-text('V Ventricular') a[href^='/beat/']").first
    link.wait_for(timeout=90_000)
    page.goto(link.get_attribute("href") or "/")


def lab(page: Page) -> None:
    """The example file of the beat lab."""
    page.goto("/lab")
    page.get_by_role("button", name=re.compile("example", re.IGNORECASE)).click()
    page.locator("#lab-desk").wait_for(timeout=120_000)


def desk(page: Page) -> None:
    """The replay desk, with what the demo plays."""
    page.goto("/replay")


SHOTS: dict[str, Callable[[Page], None]] = {
    "ward": ward,
    "bed": bed,
    "guide/bed-frozen": frozen,
    "guide/alarm-timeline": timeline,
    "guide/event": event,
    "guide/explanation": beat,
    "guide/beat-lab": lab,
    "guide/replay-desk": desk,
}


def main() -> None:
    """Start the demo, let it run for a while, look at each page, stop it."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if chromium is None:
        sys.exit("needs Chromium: install it, or set CHROMIUM to its path")
    (IMAGES / "guide").mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home:
        command = [sys.executable, "-m", "cardiovision", "demo", "--port=8058", "--feed-port=8768"]
        command += ["--scenario=alarms", "--beds=8"]
        environment = os.environ | {"CARDIOVISION_HOME": home}
        demo = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
        try:
            assert demo.stdout is not None
            url = next(found.group(1) for line in demo.stdout if (found := re.search(r"running: (http://\S+)", line)))
            take(url, chromium, sys.argv[1:] or list(SHOTS))
        finally:
            demo.send_signal(signal.SIGINT)
            demo.wait()


def take(url: str, chromium: str, names: list[str]) -> None:
    """Take the pictures of these names."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--headless=new", "--no-sandbox", "--disable-gpu"]
        )
        context = browser.new_context(base_url=url, viewport={"width": WIDTH, "height": HEIGHT})
        context.add_init_script(TOURED)
        page = context.new_page()
        page.goto("/")
        page.wait_for_timeout(1000 * SECONDS)
        for name in names:
            SHOTS[name](page)
            page.wait_for_timeout(1000 * SWEEP)
            page.screenshot(path=IMAGES / f"{name}.png")
            print(IMAGES / f"{name}.png")
        browser.close()


if __name__ == "__main__":
    main()
