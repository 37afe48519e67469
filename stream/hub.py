"""The hub: the websocket server through which everything travels.

Here are only connections and their tasks. Who may connect is decided in :mod:`stream.door`, what a client may
say in :mod:`stream.intake`, who gets it in :mod:`stream.bus`, and what waits or is dropped in
:mod:`stream.outbox`.
"""

import asyncio
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Self

import msgspec
from websockets.asyncio.server import Server, ServerConnection
from websockets.exceptions import ConnectionClosed
from websockets.frames import CloseCode

from stream.bus import Bus, MemoryBus
from stream.checks import Refused, check_subscribe
from stream.door import CLOSE_TIMEOUT, listen
from stream.entries import Past
from stream.errors import FrameError
from stream.intake import Intake
from stream.journaled import JournaledBus
from stream.messages import (
    SUBPROTOCOLS,
    Acknowledge,
    AudioPause,
    Encoding,
    Hello,
    Message,
    Open,
    Problem,
    Sent,
    SetLimits,
    Subscribe,
    Verdict,
    Welcome,
    decode_frame,
    encode_frame,
    frame,
)
from stream.outbox import EVENTS_LIMIT, WAVES_LIMIT, Letter, Outbox
from stream.retention import Retention
from stream.visit import Visit

log = logging.getLogger(__name__)

DEFAULT_PORT: Final = 8765

RETURN: Final = 60.0
"""Seconds in which the sources come back to a hub that was started again; beds without are closed then."""

_BAD_FRAMES: Final = 10
_SIGNED: Final = frozenset({Acknowledge, AudioPause, SetLimits, Verdict})


class Client:
    """One connection to the hub."""

    def __init__(self, number: int, socket: ServerConnection, outbox: Outbox) -> None:
        self.number = number
        self.socket = socket
        self.outbox = outbox
        self.name = "unnamed"
        self.address = f"{socket.remote_address[0]}:{socket.remote_address[1]}" if socket.remote_address else ""
        self.ready = asyncio.Event()  # something waits in the outbox
        self.frames_sent = 0
        self.watch: asyncio.TimerHandle | None = None
        self.cut = False  # nothing more is sent to it

    def __str__(self) -> str:
        return f"client={self.number} name={self.name[:64]!r}"


class Hub:
    """The feed's server; an async context manager that listens while it is entered.

    Parameters
    ----------
    host, port
        Where to listen; port 0 takes a free one. Only loopback addresses are allowed.
    bus
        Carries messages between clients; :class:`~stream.bus.MemoryBus` if None.
    waves_limit, events_limit
        Most bytes that wait for one subscriber; see :class:`~stream.outbox.Outbox`.
    stall
        Seconds without progress after which a full subscriber that asked for all waves is closed, so that it
        does not hold back the sources any longer.
    past
        What the journal tells of the hub before this one: its beds are open, without sources until they come back.
    wait
        Seconds for which they are waited for.

    Raises
    ------
    FeedError
        On entering, if the address is not a loopback one, or cannot be listened on.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        bus: Bus | None = None,
        *,
        waves_limit: int = WAVES_LIMIT,
        events_limit: int = EVENTS_LIMIT,
        stall: float = 5.0,
        past: Past | None = None,
        wait: float = RETURN,
    ) -> None:
        self.bus: Bus = bus or MemoryBus()
        self.clients: set[Client] = set()
        self._host = host
        self._port = port
        self._waves_limit = waves_limit
        self._events_limit = events_limit
        self._stall = stall
        self._past = past
        self._wait = wait
        self._intake = Intake(past.known if past else None)
        self._count = 0
        self._holding: set[Client] = set()  # subscribers for whom the sources are held back
        self._flow = asyncio.Event()
        self._flow.set()
        self._closing: set[asyncio.Task[None]] = set()
        self._server: Server | None = None
        self._abandoning: asyncio.TimerHandle | None = None

    @property
    def port(self) -> int:
        """The port listened on."""
        return self._port

    @property
    def url(self) -> str:
        """The address for clients."""
        return f"ws://{f'[{self._host}]' if ':' in self._host else self._host}:{self._port}"

    @property
    def holding_back(self) -> bool:
        """Whether sources are held back now, for a subscriber of all waves that is full."""
        return bool(self._holding)

    async def __aenter__(self) -> Self:
        if self._past:
            opens = [event for event in self._past.present if isinstance(event, Open)]
            self.bus.publish(self._intake.restore(opens))
        self._server = await listen(self._handle, self._host, self._port)
        self._port = next(iter(self._server.sockets)).getsockname()[1]
        log.info("listening url=%s session=%s", self.url, self.bus.session)
        self._abandoning = asyncio.get_running_loop().call_later(self._wait, self._abandon)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        assert self._abandoning is not None
        self._abandoning.cancel()
        self._server.close(close_connections=False)
        for client in tuple(self.clients):
            self._close(client, CloseCode.GOING_AWAY, "the hub stops")
        await self._server.wait_closed()
        log.info("stopped url=%s", self.url)

    def _abandon(self) -> None:
        """Close the beds of the hub before this one that nobody feeds any more."""
        gone = self._intake.abandon()
        if gone:
            log.warning("sources did not come back beds=%d", len(gone))
            self.bus.publish(gone)

    async def _handle(self, socket: ServerConnection) -> None:
        """Serve one client until its connection ends."""
        self._count += 1
        encoding = SUBPROTOCOLS.get(str(socket.subprotocol), "json")
        outbox = Outbox(
            encoding,
            lambda: self._notified(client),
            waves_limit=self._waves_limit,
            events_limit=self._events_limit,
        )
        client = Client(self._count, socket, outbox)
        self.clients.add(client)
        log.info("connected client=%d encoding=%s", client.number, encoding)
        self._note(client, "connected")
        writer: asyncio.Task[None] | None = None
        try:
            welcome = Welcome(session=self.bus.session, seq=self.bus.seq)
            await socket.send(encode_frame([welcome], encoding), text=encoding == "json")
            writer = asyncio.create_task(self._write(client))
            await self._read(client)
        except ConnectionClosed:
            pass
        finally:
            self.clients.discard(client)
            self._leave(client)
            if writer:
                writer.cancel()
            self.bus.publish(self._intake.leave(client))
            self._note(client, "disconnected")
            log.info("disconnected %s code=%s reason=%r", client, socket.close_code, socket.close_reason)

    # ------------------------------------------------------------------------------------------ from a client

    async def _read(self, client: Client) -> None:
        """Take a client's frames until its connection ends."""
        bad = 0
        while True:
            data = await client.socket.recv(decode=False)
            while self._holding and self._intake.owns(client):
                await self._flow.wait()
            try:
                messages = decode_frame(data, client.outbox.encoding)
            except FrameError as error:
                bad += 1
                log.warning("bad frame %s count=%d error=%r", client, bad, str(error))
                self._reply(client, [Problem(text=str(error))])
                if bad >= _BAD_FRAMES:
                    self._close(client, CloseCode.POLICY_VIOLATION, f"{bad} bad frames in a row")
                    await client.socket.wait_closed()
                    return
            else:
                bad = 0
                self._take(client, messages)

    def _take(self, client: Client, messages: Sequence[Sent]) -> None:
        """Act on one frame of a client: what is said to the hub, and what is to be published."""
        published: list[Message] = []
        for message in messages:
            if type(message) is Hello:
                client.name = message.name
                log.info("hello %s", client)
                self._note(client, "named")
            elif type(message) is Subscribe:
                self._publish(client, published)  # what came before is of the past for this subscription
                published = []
                self._subscribe(client, message)
            elif type(message) in _SIGNED:
                published.append(_signed(message, client.name))
            else:
                published.append(message)
        self._publish(client, published)

    def _publish(self, client: Client, messages: Sequence[Message]) -> None:
        accepted, problems = self._intake.take(client, messages)
        self.bus.publish(accepted)
        self._reply(client, problems)

    def _note(self, client: Client, what: str) -> None:
        name = "" if what == "connected" else client.name[:64]
        self.bus.note(Visit(what=what, client=client.number, address=client.address, name=name))

    def _subscribe(self, client: Client, request: Subscribe) -> None:
        if client.cut:
            return
        try:
            check_subscribe(request)
        except Refused as refusal:
            self._reply(client, [Problem(text=str(refusal))])
            return
        self.bus.subscribe(client.outbox, request)
        log.info(
            "subscribed %s beds=%s kinds=%s waves=%s since=%s",
            client,
            "all" if request.beds is None else len(request.beds),
            "all" if request.kinds is None else ",".join(request.kinds),
            request.waves,
            request.since,
        )

    def _reply(self, client: Client, problems: Sequence[Problem]) -> None:
        for problem in problems:
            client.outbox.put(Letter(problem))
        if problems:  # one line however many, or a faulty source would drown the log
            first = problems[0]
            log.warning("problem %s count=%d bed=%r text=%r", client, len(problems), first.bed, first.text)

    # -------------------------------------------------------------------------------------------- to a client

    async def _write(self, client: Client) -> None:
        """Send what waits for a client, all of it as one frame, until its connection ends."""
        encoding: Encoding = client.outbox.encoding
        try:
            while True:
                await client.ready.wait()
                client.ready.clear()
                while len(client.outbox):
                    data = frame(client.outbox.take(), encoding)
                    self._relax(client)
                    await client.socket.send(data, text=encoding == "json")
                    client.frames_sent += 1
        except ConnectionClosed:
            pass
        except Exception:  # whatever it is, a subscriber that gets nothing must not look connected
            log.exception("cannot write", extra={"client": client.number})
            self._cut(client, "the hub failed to write, resume")

    def _notified(self, client: Client) -> None:
        """Hear from an outbox that something waits in it, or too much."""
        client.ready.set()
        outbox = client.outbox
        if outbox.overflowed:
            since = (outbox.next_seq or 1) - 1
            self._cut(client, f"too slow, resume from seq {since}")
        elif outbox.full and client not in self._holding:
            self._holding.add(client)
            self._flow.clear()
            self._watch(client)

    def _watch(self, client: Client) -> None:
        """Look again after a while whether a full subscriber has moved on."""
        sent = client.frames_sent

        def look() -> None:
            if client.frames_sent == sent:
                self._cut(client, f"no progress for {self._stall:g} s, resume")
            else:
                self._watch(client)

        client.watch = asyncio.get_running_loop().call_later(self._stall, look)

    def _relax(self, client: Client) -> None:
        """Let the sources go on if this client is not full any more."""
        if client in self._holding and not client.outbox.full:
            self._holding.discard(client)
            if client.watch:
                client.watch.cancel()
            if not self._holding:
                self._flow.set()

    def _leave(self, client: Client) -> None:
        """Send nothing more to a client."""
        self.bus.unsubscribe(client.outbox)
        client.outbox.close()
        self._relax(client)

    def _cut(self, client: Client, reason: str) -> None:
        """Close a subscriber that is too slow, without waiting for it."""
        if not client.cut:
            log.warning("cut %s reason=%r", client, reason)
            self._close(client, CloseCode.TRY_AGAIN_LATER, reason)

    def _close(self, client: Client, code: CloseCode, reason: str) -> None:
        """Close a connection in the background, by force if the other side does not take part."""

        async def close() -> None:
            try:
                async with asyncio.timeout(CLOSE_TIMEOUT):
                    await client.socket.close(code, reason)
            except TimeoutError:  # it does not even read
                client.socket.transport.abort()

        client.cut = True
        self._leave(client)
        task = asyncio.create_task(close())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)


def _signed(message: Message, name: str) -> Message:
    """What a person does bears a name: that of the program, if the program gives none."""
    return message if getattr(message, "by", "") else msgspec.structs.replace(message, by=name[:64])


async def serve(
    host: str = "127.0.0.1",
    port: int = DEFAULT_PORT,
    *,
    journal: str | Path | None = None,
    keep: Retention | None = None,
) -> None:
    """Run a hub until cancelled.

    Parameters
    ----------
    host, port
        Where to listen.
    journal
        Path or address of its journal; None: it keeps none.
    keep
        How much the journal keeps.

    Raises
    ------
    FeedError
        If the address is not a loopback one, or cannot be listened on.
    JournalError
        If there can be no such journal, or another hub writes it.
    """
    for_ever = asyncio.get_running_loop().create_future()
    if journal is None:
        async with Hub(host, port):
            await for_ever
    else:
        async with JournaledBus(journal, keep) as bus, Hub(host, port, bus, past=bus.past):
            await for_ever
