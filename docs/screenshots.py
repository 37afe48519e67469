"""Takes the pictures in ``docs/images`` anew, from the running demo: ``.venv/bin/python docs/screenshots.py``.

Needs Chromium (``CHROMIUM`` names another than the first on the path). The beds are the simulator's: no patient's ECG
is kept in this repository.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

IMAGES = Path(__file__).parent / "images"
PAGES = {"ward": "/", "bed": "/bed/Bed%203"}
SECONDS = 100
"""How long the beds have run when the pictures are taken: by then bed 3 has had ventricular beats."""


def main() -> None:
    """Start the demo, look at each page, stop it."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if chromium is None:
        sys.exit("needs Chromium: install it, or set CHROMIUM to its path")
    command = [sys.executable, "-m", "cardiovision", "demo", "--port=8058", "--feed-port=8768"]
    demo = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert demo.stdout is not None
        url = next(found.group(1) for line in demo.stdout if (found := re.search(r"running: (http://\S+)", line)))
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=chromium, args=["--headless=new", "--no-sandbox", "--disable-gpu"]
            )
            windows = {name: browser.new_page(viewport={"width": 1920, "height": 1080}) for name in PAGES}
            for name, window in windows.items():
                window.goto(url + PAGES[name])
            windows["ward"].wait_for_timeout(1000 * SECONDS)
            IMAGES.mkdir(exist_ok=True)
            for name, window in windows.items():
                window.bring_to_front()
                window.wait_for_timeout(12_000)  # one sweep across the screen
                window.screenshot(path=IMAGES / f"{name}.png")
            browser.close()
    finally:
        demo.send_signal(signal.SIGINT)
        demo.wait()


if __name__ == "__main__":
    main()
