"""The hub: the websocket server through which everything travels.

Here is heard what clients say. Who may connect is decided in :mod:`stream.door`, what they may say in
:mod:`stream.intake`, who gets it in :mod:`stream.bus`, and what waits or is dropped in :mod:`stream.outbox`;
:mod:`stream.delivery` takes it to them.
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
from stream.delivery import STALL, Client, Delivery
from stream.door import listen
from stream.entries import Past
from stream.errors import FrameError
from stream.intake import Intake
from stream.journaled import JournaledBus
from stream.messages import (
    Acknowledge,
    Arrangement,
    AudioPause,
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
)
from stream.outbox import EVENTS_LIMIT, WAVES_LIMIT, Letter
from stream.retention import Retention
from stream.visit import Visit

log = logging.getLogger(__name__)

DEFAULT_PORT: Final = 8765

RETURN: Final = 60.0
"""Seconds in which the sources come back to a hub that was started again; beds without are closed then."""

_BAD_FRAMES: Final = 10
_SIGNED: Final = frozenset({Acknowledge, AudioPause, SetLimits, Verdict, Arrangement})


class Hub:
    """The feed's server; an async context manager that listens while it is entered.

    Parameters
    ----------
    host, port
        Where to listen; port 0 takes a free one. Only loopback addresses are allowed.
    bus
        Carries messages between clients; :class:`~stream.bus.MemoryBus` if None.
    waves_limit, events_limit, stall
        See :class:`~stream.delivery.Delivery`.
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
        stall: float = STALL,
        past: Past | None = None,
        wait: float = RETURN,
    ) -> None:
        self.bus: Bus = bus or MemoryBus()
        self.clients: set[Client] = set()
        self._host = host
        self._port = port
        self._delivery = Delivery(self.bus, waves_limit=waves_limit, events_limit=events_limit, stall=stall)
        self._past = past
        self._wait = wait
        self._intake = Intake(past.known if past else None)
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
        return self._delivery.holding_back

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
            self._delivery.close(client, CloseCode.GOING_AWAY, "the hub stops")
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
        client = self._delivery.client(socket)
        encoding = client.outbox.encoding
        self.clients.add(client)
        log.info("connected client=%d encoding=%s", client.number, encoding)
        self._note(client, "connected")
        writer: asyncio.Task[None] | None = None
        try:
            welcome = Welcome(session=self.bus.session, seq=self.bus.seq)
            await socket.send(encode_frame([welcome], encoding), text=encoding == "json")
            writer = asyncio.create_task(self._delivery.write(client))
            await self._read(client)
        except ConnectionClosed:
            pass
        finally:
            self.clients.discard(client)
            self._delivery.leave(client)
            if writer:
                writer.cancel()
            self.bus.publish(self._intake.leave(client))
            self._note(client, "disconnected")
            log.info("disconnected %s code=%s reason=%r", client, socket.close_code, socket.close_reason)

    async def _read(self, client: Client) -> None:
        """Take a client's frames until its connection ends."""
        bad = 0
        while True:
            data = await client.socket.recv(decode=False)
            while self._delivery.holding_back and self._intake.owns(client):
                await self._delivery.flow()
            try:
                messages = decode_frame(data, client.outbox.encoding)
            except FrameError as error:
                bad += 1
                log.warning("bad frame %s count=%d error=%r", client, bad, str(error))
                self._reply(client, [Problem(text=str(error))])
                if bad >= _BAD_FRAMES:
                    self._delivery.close(client, CloseCode.POLICY_VIOLATION, f"{bad} bad frames in a row")
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
