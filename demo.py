"""All parts at once, as ``cardiovision demo`` runs them: started in order, kept running, told about, stopped."""

import asyncio
import logging
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.request import ProxyHandler, build_opener

from rich.console import Console

import supervisor
from stream import logs
from stream.client import Feed
from stream.messages import Open, Status, Subscribe

if TYPE_CHECKING:
    from stream.messages import Sent


def part(name: str, *arguments: str) -> supervisor.Part:
    """One of our own commands, run by the same interpreter; -P: without the modules of this folder."""
    return supervisor.Part(name, [sys.executable, "-P", "-m", "cardiovision", *arguments])


async def run(
    parts: Sequence[supervisor.Part], beds: supervisor.Part, *, feed: str, page: str, log: Path, verbose: bool
) -> None:
    """Keep ``parts`` running and, once the detector is ready, ``beds``; tell when all can be seen."""
    console = Console(highlight=False)

    def tell(text: str, style: str = "") -> None:
        with suppress(OSError):  # the terminal may be gone
            console.print(text, style=style, markup=False, soft_wrap=True)

    def hear(name: str, line: str) -> None:
        file.write(f"{name:8} | {line}\n")
        if verbose:
            tell(f"{name:8} | {line}", "dim")

    def ready(component: str) -> "Callable[[Sent], bool]":
        return lambda word: isinstance(word, Status) and word.component == component and word.state == "ready"

    async def start(begin: Callable[[supervisor.Part], object], say: Callable[[str], object]) -> None:
        say("Starting the hub")
        for part in parts:
            begin(part)
        wanted = Subscribe(kinds=("open", "status"))
        async with Feed(feed, name="demo", subscribe=wanted, limits=(0.2, 0.5)) as told:
            await _hear_of(told, ready("feed"))
            say("Loading TensorFlow and the model (this takes some seconds)")
            await _hear_of(told, ready("detector"))
            say("Starting the beds")
            begin(beds)
            await _hear_of(told, lambda word: isinstance(word, Open))
        say("Starting the screen")
        while not await asyncio.to_thread(_answers, page):  # noqa: ASYNC110  a page has no event to wait for
            await asyncio.sleep(0.2)

    with log.open("w", buffering=1, encoding="utf-8") as file:
        logs.setup(logging.DEBUG if verbose else logging.INFO, to=file)
        tell(f"CardioVision {version('cardiovision')}; its log is {log}")
        try:
            async with asyncio.TaskGroup() as group:

                def begin(part: supervisor.Part) -> None:
                    group.create_task(supervisor.keep(part, on_line=hear, on_notice=tell, ends=part is beds))

                with console.status("") as status:
                    await start(begin, status.update if console.is_terminal else tell)
                tell(f"CardioVision is running: {page}  (Ctrl-C stops it)", "bold green")
        except asyncio.CancelledError:
            tell("Stopped")  # Ctrl-C is the ordinary end of a demo, no failure
        except ExceptionGroup as failed:
            error = failed.exceptions[0]
            for line in error.tail if isinstance(error, supervisor.PartError) else ():
                print(f"  {line}", file=sys.stderr)
            raise error from None


async def _hear_of(feed: Feed, wanted: "Callable[[Sent], bool]") -> None:
    """Read the feed until a message that is wanted."""
    async for messages in feed:
        if any(map(wanted, messages)):
            return


def _answers(page: str) -> bool:
    """Whether a web page answers; no proxy, it is on this machine."""
    try:
        with build_opener(ProxyHandler({})).open(page, timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
