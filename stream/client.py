"""The client of the feed: publishes, subscribes, and comes back by itself when the connection is lost."""

import asyncio
import logging
import random
from collections import deque
from collections.abc import Sequence
from typing import Final, Self

import msgspec
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed
from websockets.protocol import State

from stream.dial import DEFAULT_URL, dial
from stream.errors import FeedError, FrameError
from stream.messages import (
    MAX_FRAME,
    SUBPROTOCOLS,
    Close,
    Encoding,
    Event,
    Hello,
    Message,
    Open,
    Problem,
    Sent,
    Status,
    Subscribe,
    Subscribed,
    Welcome,
    decode_frame,
    encode_frame,
)

log = logging.getLogger(__name__)

INBOX_FRAMES: Final = 8
"""Frames received that wait to be read; beyond, the hub is left to wait."""

BACKOFF: Final = (0.2, 5.0)
"""Longest first wait before connecting again, and longest of all, in seconds."""


def backoff(attempt: int, limits: tuple[float, float] = BACKOFF) -> float:
    """Seconds to wait before ``attempt`` (0, 1, 2 ...): exponential with full jitter.

    See Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015: a random wait between 0
    and the bound spreads many clients best after a hub has restarted.
    """
    first, last = limits
    return random.uniform(0.0, min(last, first * 2.0 ** min(attempt, 32)))


class Feed:
    """A connection to the hub that outlives the hub's restarts; an async context manager.

    Iterate over it for the frames received, each a list of messages. Changes of the connection come in the
    same way, as ``[Status(component="feed", state="lost" | "ready")]``. When it comes back, the streams that
    were opened here and not closed are opened again, and events missed meanwhile follow if the hub still
    has them; waves sent meanwhile do not.

    Parameters
    ----------
    url
        Of the hub.
    name
        Who this is, for the hub's log.
    subscribe
        What to receive; None for a client that only publishes. Such a one need not iterate: problems that the
        hub tells it are logged too.
    encoding
        How to speak; ``json`` is for people who look at the traffic.
    wait
        Whether to keep trying if the first connection fails. If not, entering raises.
    limits
        Longest first wait before connecting again, and longest of all, in seconds.

    Raises
    ------
    FeedError
        On entering with ``wait=False`` if no hub answers. On entering so, on publishing and on iterating, if
        what answers does not speak this version of the protocol or refuses this client.
    """

    def __init__(
        self,
        url: str = DEFAULT_URL,
        *,
        name: str,
        subscribe: Subscribe | None = None,
        encoding: Encoding = "msgpack",
        wait: bool = True,
        limits: tuple[float, float] = BACKOFF,
    ) -> None:
        self.url = url
        self.name = name
        self._subscribe = subscribe
        self._encoding: Encoding = encoding
        self._subprotocol: Final = next(known for known, value in SUBPROTOCOLS.items() if value == encoding)
        self._wait = wait
        self._limits = limits
        self._socket: ClientConnection | None = None
        self._changed = asyncio.Condition()  # anything below, or the socket
        self._inbox: deque[list[Sent]] = deque()
        self._error: FeedError | None = None
        self._closed = False
        self._opens: dict[str, Open] = {}
        self._session: str | None = None
        self._seq: int | None = None  # of the last event received, once it is certain that none before is missing
        self._task: asyncio.Task[None] | None = None

    @property
    def connected(self) -> bool:
        """Whether the hub can be reached now."""
        return self._socket is not None and self._socket.state is State.OPEN

    async def __aenter__(self) -> Self:
        first: ClientConnection | None = None
        if not self._wait:
            try:
                first = await dial(self.url, self._subprotocol)
            except OSError:
                raise FeedError(f"no feed at {self.url}: is `cardiovision hub` running?") from None
        self._task = asyncio.create_task(self._run(first))
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._task is not None
        await self._change(closed=True)
        try:
            if self._socket is not None and self._socket.state is State.OPEN:
                await self._socket.close()  # after all that was published
        finally:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> list[Sent]:
        async with self._changed:
            await self._changed.wait_for(lambda: self._inbox or self._error or self._closed)
            if self._inbox:
                self._changed.notify_all()  # there is room
                return self._inbox.popleft()
        if self._error:
            raise self._error
        raise StopAsyncIteration

    async def publish(self, *messages: Message) -> None:
        """Send messages as one frame; wait while the hub is away or does not keep up.

        A frame that cannot be handed to the connection is handed to the next one. What had been handed over
        but had not arrived when it broke is lost: of samples, the hub tells the gap.

        Raises
        ------
        FeedError
            If the frame is larger than the hub takes, the hub refuses this client, or the feed is closed.
        """
        if not messages:
            return
        data = encode_frame(messages, self._encoding)
        if len(data) > MAX_FRAME:
            raise FeedError(f"expected a frame of at most {MAX_FRAME} bytes, got {len(data)}: publish less at once")
        while True:
            socket = self._socket
            if socket is None:
                async with self._changed:
                    await self._changed.wait_for(lambda: self._socket or self._error or self._closed)
                if self._error:
                    raise self._error
                if self._closed:
                    raise FeedError("expected an open feed to publish to, this one is closed")
                continue
            for message in messages:
                if isinstance(message, Open):
                    self._opens[message.bed] = message
                elif isinstance(message, Close):
                    self._opens.pop(message.bed, None)
            try:
                await socket.send(data, text=self._encoding == "json")
                return
            except ConnectionClosed:
                await self._change(lost=socket)

    # ----------------------------------------------------------------------------------------- the connection

    async def _run(self, socket: ClientConnection | None) -> None:
        """Keep a connection, for ever."""
        attempt = 0
        told = False
        while not self._closed:
            try:
                socket = socket or await dial(self.url, self._subprotocol)
                await self._greet(socket)
                attempt, told = 0, False
                await self._receive(socket)
            except FeedError as error:
                await self._change(error=error)
                return
            except (OSError, ConnectionClosed) as error:
                reason = str(error)
            else:
                reason = f"the hub closed the connection: {socket.close_reason or socket.close_code}"
            if socket is not None:
                await self._change(lost=socket)
                socket = None
            if not told and not self._closed:
                told = True
                log.warning("lost url=%s reason=%r", self.url, reason)
                await self._change(status=Status(component="feed", state="lost", detail=reason))
            await asyncio.sleep(backoff(attempt, self._limits))
            attempt += 1

    async def _greet(self, socket: ClientConnection) -> None:
        """Say who this is, open again what is open, and ask for what was missed; then others may publish."""
        words: list[Message] = [Hello(name=self.name), *self._opens.values()]
        if self._subscribe is not None:
            resume = {} if self._seq is None else {"since": self._seq, "session": self._session}
            words.append(msgspec.structs.replace(self._subscribe, **resume))
        await socket.send(encode_frame(words, self._encoding), text=self._encoding == "json")
        async with self._changed:
            self._socket = socket
            self._changed.notify_all()

    async def _receive(self, socket: ClientConnection) -> None:
        """Put what comes into the inbox until the connection ends."""
        gone = asyncio.ensure_future(socket.wait_closed())
        try:
            async for data in socket:
                try:
                    messages = decode_frame(data, self._encoding)
                except FrameError as error:
                    log.warning("bad frame url=%s error=%r", self.url, str(error))
                    continue
                self._note(messages)
                async with self._changed:
                    self._inbox.append(messages)
                    self._changed.notify_all()
                while len(self._inbox) >= INBOX_FRAMES and not gone.done():
                    await self._make_room(gone)
        finally:
            gone.cancel()

    async def _make_room(self, gone: asyncio.Future[None]) -> None:
        """Wait until the inbox is read; who only publishes need not read it, and loses the oldest."""
        if self._subscribe is None or self._closed:
            self._inbox.popleft()
            return

        async def room() -> None:
            async with self._changed:
                await self._changed.wait_for(lambda: len(self._inbox) < INBOX_FRAMES or self._closed)

        # A connection that ends must be noticed even while nobody reads: who publishes may be waiting for it.
        waiting = asyncio.ensure_future(room())
        try:
            await asyncio.wait((waiting, gone), return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()

    def _note(self, messages: Sequence[Sent]) -> None:
        """Note what is needed to come back, and what the hub complains of."""
        for message in messages:
            if isinstance(message, Event):
                if self._seq is not None and message.seq:
                    self._seq = message.seq
            elif isinstance(message, Welcome):
                same = self._session == message.session
                known = self._session is not None
                if not same:
                    self._session, self._seq = message.session, None
                detail = "connected" if not known else "back" if same else "back, the hub has started anew"
                log.info("ready url=%s session=%s detail=%r", self.url, message.session, detail)
                self._inbox.append([Status(component="feed", state="ready", detail=detail)])
            elif isinstance(message, Subscribed):
                self._seq = max(self._seq or 0, message.seq)
            elif isinstance(message, Problem):
                log.warning("problem url=%s bed=%r text=%r", self.url, message.bed, message.text)

    async def _change(
        self,
        *,
        lost: ClientConnection | None = None,
        status: Status | None = None,
        error: FeedError | None = None,
        closed: bool = False,
    ) -> None:
        """Change the state of the feed and wake who waits for it."""
        async with self._changed:
            if lost is not None and self._socket is lost:
                self._socket = None
            if status is not None:
                self._inbox.append([status])
            self._error = error or self._error
            self._closed = self._closed or closed
            self._changed.notify_all()
