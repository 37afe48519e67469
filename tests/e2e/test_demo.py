"""The whole of it, as a newcomer starts it: the demo's own processes, a real browser, real records."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import psutil
import pytest
from pages import CHROMIUM, Screen
from playwright.async_api import async_playwright, expect

pytestmark = pytest.mark.browser

RATES = {"Bed 1": 72, "Bed 2": 58, "Bed 3": 80, "Bed 5": 66, "Bed 6": 88, "Bed 7": 110, "Bed 8": 64}
"""Of the shipped ward, the beds that are in sinus rhythm for their first minute, and the rates of their scripts."""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


class Demo:
    """A running ``cardiovision demo``."""

    def __init__(self, home: Path, *arguments: str) -> None:
        ports = [f"--port={free_port()}", f"--feed-port={free_port()}"]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "cardiovision", "demo", *ports, *arguments],
            env=os.environ | {"CARDIOVISION_HOME": str(home)},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.said: list[str] = []
        for line in self.process.stdout:  # ends when the demo does
            self.said.append(line)
            if found := re.search(r"running: (http://\S+)", line):
                self.url = found.group(1)
                return
        pytest.fail(f"the demo ended: {self.said}")

    def part(self, command: str) -> psutil.Process:
        """The child that runs one of our commands."""
        children = psutil.Process(self.process.pid).children(recursive=True)
        return next(child for child in children if command in child.cmdline())

    def stop(self) -> list[psutil.Process]:
        """Press Ctrl-C; what is left of it afterwards."""
        children = psutil.Process(self.process.pid).children(recursive=True)
        self.process.send_signal(signal.SIGINT)
        self.process.communicate(timeout=30)
        return psutil.wait_procs(children, timeout=5)[1]


@contextmanager
def demo(home: Path, *arguments: str) -> Iterator[Demo]:
    running = Demo(home, *arguments)
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.stop()


@asynccontextmanager
async def browser(chromium: str, url: str) -> AsyncIterator[Screen]:
    """A window of which the console says nothing wrong, and which fetches nothing from elsewhere."""
    async with async_playwright() as playwright:
        window = await playwright.chromium.launch(executable_path=chromium, args=CHROMIUM)
        screen = Screen(await window.new_page(viewport={"width": 1920, "height": 1080}), url)
        yield screen
        await window.close()
    assert screen.complaints == []
    assert {at for at in screen.requested if not at.startswith(url)} == set()


async def test_a_simulated_ward_from_start_through_a_lost_hub_to_ctrl_c(chromium: str, tmp_path: Path) -> None:
    with demo(tmp_path) as running:
        async with browser(chromium, running.url) as screen:
            ward = await screen.ward()
            await expect(ward.tiles).to_have_count(8)
            for bed in [f"Bed {number}" for number in range(1, 9)]:
                await screen.drawn(bed, 15 * 250)  # long enough for the mean of 12 RR
            for bed, rate in RATES.items():
                assert abs(float(await ward.tile(bed).hr.inner_text()) - rate) <= 2, bed

            running.part("hub").kill()
            await expect(screen.banner).to_be_visible()
            await expect(screen.connection).not_to_have_text("connected")
            await expect(screen.banner).not_to_be_visible(timeout=60_000)
            for bed in RATES:
                before = await screen.page.evaluate("(bed) => cardiovision.drawn(bed)", bed)
                await screen.drawn(bed, before + 250)
            await expect(ward.tile("Bed 1").hr).to_have_text(re.compile(r"7\d"), timeout=60_000)
            await expect(ward.tile("Bed 1").beat).to_contain_text("Normal")
        assert running.stop() == []
        assert running.process.returncode in (0, 130)


@pytest.mark.records
async def test_ventricular_beats_of_a_record_are_labelled_and_explained(
    chromium: str, data: Path, tmp_path: Path
) -> None:
    records = [str(data / "mitdb" / name) for name in ("106", "119")]
    with demo(tmp_path, "--records", *records) as running:
        async with browser(chromium, running.url) as screen:
            bed = await screen.bed("119")
            await expect(bed.rows.filter(has_text="V Ventricular").nth(1)).to_be_visible(timeout=60_000)
            rows = [row.split() for row in await bed.rows.all_inner_texts()]  # as they are at one moment
            ventricular = [row for row in rows if "Ventricular" in row]
            assert ventricular
            assert {row[-2] for row in ventricular} == {"V"}, "the record's own annotation differs"
            await expect(bed.figure).to_be_visible()
            await expect(screen.page.locator("#explanation-figure")).to_contain_text("V Ventricular")
            peak = await bed.figure.evaluate(
                """(plot) => {
                     const maps = plot._fullData.filter((trace) => trace.type === "heatmap");
                     const points = maps.flatMap((map) => Array.from(map.z[0], (heat, i) => [heat, map.x[i]]));
                     return points.reduce((most, point) => point[0] > most[0] ? point : most)[1];
                   }"""
            )
            assert abs(peak) <= 120, "the hottest part lies on the QRS, 120 ms on each side of R"
            ward = await screen.ward()
            await expect(ward.tiles).to_have_count(2)
