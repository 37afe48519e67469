"""What the feed says is at play, as the replay desk needs it: which beds are fed, and how their beats are read."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final

from stream.client import Feed
from stream.errors import FeedError
from stream.messages import Beat, Close, Message, Open, Reference, Sent, Status, Subscribe, Subscribed, Welcome
from web.agreement import Agreement

log = logging.getLogger(__name__)

KINDS: Final = ("open", "close", "status", "beat", "reference")
PATIENCE: Final = 3.0
"""Seconds that the hub is waited for before somebody is told that it is away."""

FAREWELL: Final = 1.0
"""Seconds that the hub has to take part in a goodbye."""


class Floor:
    """The beds that have a stream; pure: messages in.

    Attributes
    ----------
    agreements
        Of each bed, the count of its present stream.
    """

    def __init__(self) -> None:
        self.agreements: dict[str, Agreement] = {}
        self._streams: dict[str, str] = {}
        self._lost: set[str] = set()
        self._session = ""

    @property
    def fed(self) -> set[str]:
        """The beds whose sources are there: nobody else can play as these."""
        return self._streams.keys() - self._lost

    def take(self, message: Message) -> None:
        """Take what the feed says."""
        match message:
            case Welcome() if message.session != self._session:
                self._session = message.session
                self.agreements.clear()
                self._streams.clear()
                self._lost.clear()
            case Open():
                if self._streams.get(message.bed) != message.stream:
                    self._streams[message.bed] = message.stream
                    self.agreements[message.bed] = Agreement(message.fs)
                self._lost.discard(message.bed)
            case Status(component="source", bed=str(bed)):
                (self._lost.add if message.state == "lost" else self._lost.discard)(bed)
            case Close() | Reference() | Beat() if self._streams.get(message.bed) == message.stream:
                self._of_a_stream(message)

    def _of_a_stream(self, message: Close | Reference | Beat) -> None:
        count = self.agreements[message.bed]
        match message:
            case Close():
                del self._streams[message.bed], self.agreements[message.bed]
                self._lost.discard(message.bed)
            case Reference():
                count.reference(message.sample, message.symbol)
            case Beat(row=None):
                count.beat(message.sample, message.label)
            case Beat(truth=str(truth)):
                count.row(message.label, truth)


class Watch:
    """Keeps a :class:`Floor` true to a feed, from the first time that it is asked for until closed.

    Parameters
    ----------
    url
        Of the hub.
    also
        Told each message too.
    """

    def __init__(self, url: str, also: Callable[[Message], None]) -> None:
        self.floor = Floor()
        self.connected = False
        self._url = url
        self._also = also
        self._known = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Begin to listen; nothing happens if it has begun."""
        if self._task is None:
            self._task = asyncio.create_task(self._listen())

    async def fed(self) -> set[str]:
        """Tell which beds are fed now.

        Raises
        ------
        FeedError
            If the hub is away.
        """
        self.begin()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._known.wait(), PATIENCE)
        if not self.connected:
            raise FeedError(f"nothing can be played: no feed at {self._url}, is `cardiovision hub` running?")
        return self.floor.fed

    async def close(self) -> None:
        """Listen no more."""
        if self._task:
            self._task.cancel()
            await asyncio.wait([self._task], timeout=FAREWELL)  # a hub that hangs must not hold up the end

    async def _listen(self) -> None:
        try:
            async with Feed(self._url, name="replay desk", subscribe=Subscribe(kinds=KINDS)) as feed:
                async for messages in feed:
                    self._take(messages)
        except FeedError as error:
            log.error("replay desk is deaf: %s", error)
            self.connected = False

    def _take(self, messages: Sequence[Sent]) -> None:
        for message in messages:
            self.floor.take(message)
            self._also(message)
            match message:
                case Status(component="feed", state="lost"):
                    self.connected = False
                    self._known.clear()
                case Subscribed():
                    self.connected = True
                    self._known.set()
