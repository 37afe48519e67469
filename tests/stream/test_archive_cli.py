"""Keep, adjudicate, report, export: the commands themselves, on a hub with a journal."""

import asyncio
import json
import re
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stream.client import Feed
from stream.messages import Alarm, Beat, Close, Lead, Open, Status, Subscribe, Wave, pack

FS = 250.0
EPOCH = 1.7e9
ALARM = Alarm(
    bed="1",
    stream="a",
    id="a/pause/2000",
    name="pause",
    priority="medium",
    state="active",
    text="RR 3.4 s > 3",
    onset=2000,
    announced=2900,
)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state folder of its own, and a zone that is not UTC."""
    monkeypatch.setenv("CARDIOVISION_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TZ", "Asia/Kathmandu")
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("NO_COLOR", "1")
    return tmp_path


async def start(*arguments: str) -> Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "cardiovision", *arguments, stdout=PIPE, stderr=PIPE
    )


async def run(*arguments: str) -> str:
    """Run a command to its end: what it printed."""
    process = await start(*arguments)
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    return out.decode()


async def error_of(*arguments: str) -> str:
    """Run a command that must refuse."""
    process = await start(*arguments)
    _, err = await process.communicate()
    assert process.returncode == 2, err.decode()
    return err.decode()


async def test_from_the_feed_to_paper_and_report(home: Path) -> None:
    samples = np.random.default_rng(4).integers(-300, 300, (2, 10_000)).astype(np.int16)
    port = free_port()
    folder = home / "home" / f"archive-{port}"  # of this hub alone
    hub = await start("hub", "--port", str(port))
    keeper: Process | None = None
    try:
        assert hub.stderr is not None
        url = ""
        async for line in hub.stderr:
            if found := re.search(r"listening.*url=(\S+)", line.decode()):
                url = found[1]
                break
        keeper = await start("keep", "--feed", url, "--hours", "1")
        wanted = Subscribe(kinds=("status", "alarm"))
        async with Feed(url, name="ward", subscribe=wanted) as feed:

            async def until(kind: type, **fields: object) -> None:
                async for messages in feed:
                    if any(type(m) is kind and all(getattr(m, k) == v for k, v in fields.items()) for m in messages):
                        return

            await until(Status, component="keeper", state="ready")
            leads = (Lead(name="II"), Lead(name="V1"))
            await feed.publish(
                Open(bed="1", stream="a", fs=FS, leads=leads, epoch=EPOCH),
                Wave(bed="1", stream="a", start=0, samples=pack(samples)),
                *[
                    Beat(bed="1", stream="a", sample=n, label="N", probabilities=(0,) * 5)
                    for n in range(200, 9900, 200)
                ],
                ALARM,
                Close(bed="1", stream="a", sample=10_000),
            )
            await until(Alarm, id=ALARM.id)
            strips = folder / "strips" / "1"
            while not (strips.exists() and list(strips.glob("*.hea"))):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        said = await run(
            "adjudicate",
            ALARM.id,
            "false",
            "--by",
            "Li",
            "--comment",
            "a loose lead",
            "--feed",
            url,
        )
        assert said == f"{ALARM.id}: false, by Li\n"
        report = json.loads(await run("report", "--json", "--journal", journal(home)))
        assert report["total"]["alarms"] == 1
        assert report["total"]["hours"] == pytest.approx(40 / 3600)
        assert report["beds"]["1"]["pause"]["false_rate"] == 1.0
        assert "Pause (medium)" in await run("report", "--journal", journal(home), "--bed", "1")
        assert "got '7'; there are: 1" in await error_of("report", "--journal", journal(home), "--bed", "7")
        keeper.send_signal(signal.SIGTERM)
        await keeper.wait()
    finally:
        for process in (hub, keeper):
            if process is not None and process.returncode is None:
                process.kill()
                await process.wait()
    out = home / "strip.pdf"
    assert await run("export", "--alarm", ALARM.id, "--folder", str(folder), "--out", str(out)) == f"{out}\n"
    assert out.read_bytes().startswith(b"%PDF")
    table_file = home / "period.csv"
    await run(
        "export", "--bed", "1", "--from", "2023-11-14T22:13:30Z", "--to", "2023-11-14T22:13:35+00:00",
        "--format", "csv", "--folder", str(folder), "--out", str(table_file),
    )  # fmt: skip
    table = pd.read_csv(table_file)
    assert table["time"][0] == "2023-11-15T03:58:30.000+05:45"
    np.testing.assert_allclose(table["II (mV)"], samples[0, 2500:3750] / 200)
    assert "give either --alarm" in await error_of("export", "--bed", "1")
    assert "expected a bed of which records are kept, got '7'; there are: 1" in await error_of(
        "export", "--bed", "7", "--from", "2023-11-14T22:13:30Z", "--to", "2023-11-14T22:13:35Z",
        "--folder", str(folder),
    )  # fmt: skip


def journal(home: Path) -> str:
    (path,) = (home / "home").glob("*.sqlite")
    return str(path)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port
