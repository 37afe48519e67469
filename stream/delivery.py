"""What goes out to the hub's clients: each gets what waits for it; sources are held back, and the too slow closed."""

import asyncio
import logging
from typing import Final

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed
from websockets.frames import CloseCode

from stream.bus import Bus
from stream.door import CLOSE_TIMEOUT
from stream.messages import SUBPROTOCOLS, Encoding, frame
from stream.outbox import EVENTS_LIMIT, WAVES_LIMIT, Outbox

log = logging.getLogger(__name__)

STALL: Final = 5.0
"""Seconds without progress after which a full subscriber that asked for all waves is closed."""


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


class Delivery:
    """Takes what waits in the clients' outboxes to them.

    Parameters
    ----------
    bus
        Fills the outboxes.
    waves_limit, events_limit
        Most bytes that wait for one subscriber; see :class:`~stream.outbox.Outbox`.
    stall
        Seconds without progress after which a full subscriber that asked for all waves is closed, so that it does not
        hold back the sources any longer.
    """

    def __init__(
        self, bus: Bus, *, waves_limit: int = WAVES_LIMIT, events_limit: int = EVENTS_LIMIT, stall: float = STALL
    ) -> None:
        self._bus: Final = bus
        self._waves_limit: Final = waves_limit
        self._events_limit: Final = events_limit
        self._stall: Final = stall
        self._count = 0
        self._holding: set[Client] = set()  # subscribers for whom the sources are held back
        self._flow: Final = asyncio.Event()
        self._flow.set()
        self._closing: set[asyncio.Task[None]] = set()

    @property
    def holding_back(self) -> bool:
        """Whether sources are held back now, for a subscriber of all waves that is full."""
        return bool(self._holding)

    async def flow(self) -> None:
        """Wait until sources are let go on."""
        await self._flow.wait()

    def client(self, socket: ServerConnection) -> Client:
        """A client that has connected, with an empty outbox."""
        self._count += 1
        outbox = Outbox(
            SUBPROTOCOLS.get(str(socket.subprotocol), "json"),
            lambda: self._notified(client),
            waves_limit=self._waves_limit,
            events_limit=self._events_limit,
        )
        client = Client(self._count, socket, outbox)
        return client

    async def write(self, client: Client) -> None:
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

    def leave(self, client: Client) -> None:
        """Send nothing more to a client."""
        self._bus.unsubscribe(client.outbox)
        client.outbox.close()
        self._relax(client)

    def close(self, client: Client, code: CloseCode, reason: str) -> None:
        """Close a connection in the background, by force if the other side does not take part."""

        async def close() -> None:
            try:
                async with asyncio.timeout(CLOSE_TIMEOUT):
                    await client.socket.close(code, reason)
            except TimeoutError:  # it does not even read
                client.socket.transport.abort()

        client.cut = True
        self.leave(client)
        task = asyncio.create_task(close())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

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

    def _cut(self, client: Client, reason: str) -> None:
        """Close a subscriber that is too slow, without waiting for it."""
        if not client.cut:
            log.warning("cut %s reason=%r", client, reason)
            self.close(client, CloseCode.TRY_AGAIN_LATER, reason)
