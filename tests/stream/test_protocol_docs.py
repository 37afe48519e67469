"""docs/protocol.md is true: its examples decode, and its programs run against a real hub."""

import asyncio
import os
import re
import shutil
import subprocess
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path

import pytest

from stream.client import DEFAULT_URL
from stream.explanation import Facts, Reason
from stream.hub import Hub
from stream.intake import Intake
from stream.limits import LIMITS
from stream.messages import (
    FS_RANGE,
    KINDS,
    MAX_FRAME,
    MAX_LEADS,
    MAX_WAVE,
    SUBPROTOCOLS,
    Close,
    Event,
    Lead,
    Open,
    decode_frame,
    encode_frame,
)

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8")

pytestmark = pytest.mark.timeout(60)


def blocks(language: str) -> list[str]:
    found = re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert found
    return found


EXAMPLES = [decode_frame(text, "json")[0] for text in blocks("json")]


def test_there_is_one_example_of_each_message():
    assert sorted(str(message.__struct_config__.tag) for message in EXAMPLES) == sorted(KINDS)


def test_examples_name_no_field_that_does_not_exist():
    """Unknown fields are ignored when read, so a misspelt one would not be noticed."""
    for text in blocks("json"):
        kind = re.search(r'"kind": "(\w+)"', text)
        assert kind
        names = set(re.findall(r'"(\w+)":', text)) - {"kind"}
        fields = set(KINDS[kind[1]].__struct_fields__)
        of_explanation = (*Reason.__struct_fields__, *Facts.__struct_fields__)
        beds = {"arrangement": ("8",)}
        of_parts = beds | {"open": Lead.__struct_fields__, "explanation": of_explanation, "limits": LIMITS}
        within = set((of_parts | {"set_limits": LIMITS}).get(kind[1], ()))
        assert names <= fields | within


@pytest.mark.parametrize("encoding", ["msgpack", "json"])
def test_examples_can_be_written_back(encoding):
    assert decode_frame(encode_frame(EXAMPLES, encoding), encoding) == EXAMPLES


def test_the_example_of_a_source_is_accepted():
    example = {type(message): message for message in EXAMPLES}
    assert Intake().take("source", [example[Open]]) == ([example[Open]], [])


def test_names_every_family_and_limit():
    events = re.search(r"\| events \| (.*?) \|", PAGE)
    assert events
    assert set(re.findall(r"`(\w+)`", events[1])) == {k for k, cls in KINDS.items() if issubclass(cls, Event)}
    assert all(f"`{name}`" in PAGE for name in SUBPROTOCOLS)
    assert f"at most {MAX_FRAME >> 20} MiB, the samples of one message at most {MAX_WAVE >> 20} MiB" in PAGE
    assert f"`fs` of {FS_RANGE[0]:g} to {FS_RANGE[1]:,g} Hz, 1 to {MAX_LEADS} leads" in PAGE


async def start(*command: str) -> Process:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    return await asyncio.create_subprocess_exec(*command, stdout=PIPE, stderr=PIPE, env=environment)


async def output(process: Process) -> list[str]:
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    return out.decode().splitlines()


async def until_named(hub: Hub, name: str) -> None:
    while not any(client.name == name for client in hub.clients):  # noqa: ASYNC110
        await asyncio.sleep(0.01)


def node() -> str:
    """Path of a Node that has WebSocket, if only as an experiment."""
    path = shutil.which("node")
    if path is None:
        pytest.skip("needs Node.js to run the JavaScript program")
    probe = [path, "--experimental-websocket", "-e", "new WebSocket('ws://127.0.0.1:1').onerror = () => {}"]
    if subprocess.run(probe, capture_output=True, check=False).returncode:
        pytest.skip("needs Node.js 20 or newer: this one has no WebSocket")
    return path


EXPECTED = [
    "bed sine at 250 Hz: II",
    *(f"samples {start} to {start + 50}" for start in range(0, 1250, 50)),
    "end at 1250",
]


@pytest.mark.parametrize("screen", ["python", "javascript"])
async def test_the_programs_run(hub, screen):
    source_program, screen_program = (text.replace(DEFAULT_URL, hub.url) for text in blocks("python"))
    (page_program,) = (text.replace(DEFAULT_URL, hub.url) for text in blocks("javascript"))
    if screen == "python":
        watching = await start(sys.executable, "-c", screen_program)
        await until_named(hub, "my screen")
    else:
        watching = await start(node(), "--experimental-websocket", "-e", page_program)
        await until_named(hub, "my page")
    await output(await start(sys.executable, "-c", source_program))
    lines = [line.replace("250.0", "250") for line in await output(watching)]
    assert [line for line in lines if not line.startswith("feed ready")] == EXPECTED


async def test_the_page_resumes(hub, wave, join, opened):
    """The JavaScript program is cut in the middle; it comes back for the events it has not seen."""
    (program,) = (text.replace(DEFAULT_URL, hub.url) for text in blocks("javascript"))
    watching = await start(node(), "--experimental-websocket", "-e", program)
    await until_named(hub, "my page")
    source = await join()
    await source.say(opened(), wave(0))
    assert watching.stdout
    for line in ("bed 1 at 250 Hz: II V1", "samples 0 to 50"):
        assert (await watching.stdout.readline()).decode().strip() == line
    (page,) = [client for client in hub.clients if client.name == "my page"]
    await page.socket.close()
    while page in hub.clients:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    await source.say(opened("2"))  # while it is away
    await until_named(hub, "my page")
    assert (await watching.stdout.readline()).decode().strip() == "bed 2 at 250 Hz: II V1"
    await source.say(Close(bed="1", stream="a", sample=50))
    assert await output(watching) == ["end at 50"]
