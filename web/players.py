"""What is played from the replay desk: child processes that run ``cardiovision replay`` and ``simulate``.

They end with this process, however it goes (:mod:`supervisor`), and are not started again when they end.
"""

import asyncio
import logging
from dataclasses import dataclass, field
from itertools import count
from typing import Final

import supervisor
from demo import part
from stream.errors import FeedError
from stream.messages import Close, Message, Open, Status

log = logging.getLogger(__name__)

MOST_PLAYERS: Final = 16
"""Processes at a time: each takes about 100 MB."""

MOST_FAILED: Final = 20
"""Failures that are remembered until somebody has seen them."""


@dataclass(frozen=True, slots=True)
class Cast:
    """What one process is to play.

    Attributes
    ----------
    command
        ``replay`` or ``simulate``.
    beds
        As which beds.
    records
        What is played, as people chose it.
    arguments
        Of the command, what is played among them.
    """

    command: str
    beds: tuple[str, ...]
    records: tuple[str, ...]
    arguments: tuple[str, ...]

    @property
    def title(self) -> str:
        """What is played, for people."""
        return ", ".join(self.records)


@dataclass(slots=True)
class Play:
    """Something that is played, or failed.

    Attributes
    ----------
    number
        Names it.
    cast
        What it is.
    fault
        Why it failed; nothing while it has not.
    over
        Beds that have ended while others go on.
    """

    number: int
    cast: Cast
    fault: str = ""
    over: set[str] = field(default_factory=set)
    task: asyncio.Task[None] | None = field(default=None, repr=False)

    @property
    def running(self) -> bool:
        """Whether its process runs."""
        return self.task is not None and not self.task.done()

    @property
    def beds(self) -> tuple[str, ...]:
        """The beds that play, or are about to."""
        return tuple(bed for bed in self.cast.beds if self.running and bed not in self.over)


class Players:
    """The processes at play; all of it is called from one event loop.

    Parameters
    ----------
    feed
        Address of the hub that they play to.
    most, remembered
        Processes at a time, and failures that are kept until somebody has seen them.
    """

    def __init__(self, feed: str, *, most: int = MOST_PLAYERS, remembered: int = MOST_FAILED) -> None:
        self._feed = feed
        self._most = most
        self._remembered = remembered
        self._plays: dict[int, Play] = {}
        self._numbers = count(1)

    @property
    def plays(self) -> list[Play]:
        """What is played, and what failed and was not dismissed, oldest first."""
        return list(self._plays.values())

    @property
    def beds(self) -> set[str]:
        """The beds that are played from here."""
        return {bed for play in self._plays.values() for bed in play.beds}

    def start(self, cast: Cast) -> Play:
        """Start a process.

        Raises
        ------
        FeedError
            If a bed is played from here already, or too much is.
        """
        if taken := sorted(self.beds.intersection(cast.beds)):
            raise FeedError(f"bed {taken[0]!r} is played already: choose another name, or stop it first")
        if sum(play.running for play in self._plays.values()) >= self._most:
            raise FeedError(f"{self._most} programs play already, and no more may: stop one first")
        failed = [play.number for play in self._plays.values() if not play.running]
        for number in failed[: -self._remembered]:
            del self._plays[number]
        play = Play(next(self._numbers), cast)
        names = (f"--bed={bed}" for bed in cast.beds)
        child = part(cast.title, cast.command, f"--feed={self._feed}", *names, *cast.arguments)
        self._plays[play.number] = play
        play.task = asyncio.create_task(self._run(play, child))
        return play

    async def stop(self, number: int) -> None:
        """Stop a process and forget it; nothing happens if there is no such."""
        play = self._plays.pop(number, None)
        if play and play.task:
            play.task.cancel()
            await asyncio.gather(play.task, return_exceptions=True)

    async def close(self) -> None:
        """Stop all."""
        await asyncio.gather(*(self.stop(number) for number in list(self._plays)))

    def hear(self, message: Message) -> None:
        """Hear from the feed that a bed begins, ends or fails; its process may go on with others."""
        bed = getattr(message, "bed", None)
        for play in self._plays.values():
            if not play.running or bed not in play.cast.beds:
                continue
            match message:
                case Open():
                    play.over.discard(message.bed)
                case Close():
                    play.over.add(message.bed)
                case Status(component="source", state="error"):
                    play.fault = f"{bed}: {message.detail}"

    async def _run(self, play: Play, child: supervisor.Part) -> None:
        """Run a process to its end, and keep why it failed."""

        def hear(name: str, text: str) -> None:
            log.info("%s | %s", name, text)

        try:
            code, tail = await supervisor.once(child, on_line=hear)
        except supervisor.PartError as error:
            play.fault = str(error)
        else:
            if code:
                play.fault = supervisor.reason(child, code, tail)
        if play.fault:
            log.warning("player failed beds=%s reason=%r", ",".join(play.cast.beds), play.fault)
        else:
            self._plays.pop(play.number, None)
