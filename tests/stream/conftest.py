"""A real hub, plain websocket clients, and what most tests of the feed say."""

from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Self, TypeVar

import numpy as np
import pytest
from sqlalchemy import Engine
from websockets.asyncio.client import ClientConnection, connect
from websockets.protocol import State

from stream import journal_tables as tables
from stream.hub import Hub
from stream.messages import (
    SUBPROTOCOLS,
    Encoding,
    Lead,
    Message,
    Open,
    Sent,
    Subscribe,
    Subscribed,
    Wave,
    Welcome,
    decode_frame,
    encode_frame,
    pack,
)
from stream.scribe import Scribe

T = TypeVar("T", bound=Message)


class Wire:
    """A websocket client with no cleverness: says messages, hears them one by one."""

    def __init__(self, socket: ClientConnection, encoding: Encoding) -> None:
        self.socket = socket
        self.encoding: Encoding = encoding
        self.heard: deque[Sent] = deque()
        self.welcome: Welcome

    @classmethod
    async def open(cls, url: str, encoding: Encoding = "msgpack", **options: Any) -> Self:
        name = next(name for name, value in SUBPROTOCOLS.items() if value == encoding)
        socket = await connect(
            url, subprotocols=[name], compression=None, max_size=None, proxy=None, close_timeout=1, **options
        )
        wire = cls(socket, encoding)
        wire.welcome = await wire.hear(Welcome)
        return wire

    async def say(self, *messages: Message) -> None:
        await self.socket.send(encode_frame(messages, self.encoding), text=self.encoding == "json")

    async def next(self) -> Sent:
        while not self.heard:
            self.heard.extend(decode_frame(await self.socket.recv(), self.encoding))
        return self.heard.popleft()

    async def hear(self, kind: type[T]) -> T:
        """Hear the next message, which must be of this kind."""
        message = await self.next()
        assert isinstance(message, kind), message
        return message

    async def skip_to(self, kind: type[T], passing: Callable[[Sent], None] = lambda _: None) -> T:
        """Hear the next message of this kind, ``passing`` those before."""
        while not isinstance(message := await self.next(), kind):
            passing(message)
        return message

    async def close(self) -> None:
        if self.socket.state is State.OPEN:
            await self.socket.close()

    async def subscribe(self, request: Subscribe | None = None) -> Subscribed:
        await self.say(request or Subscribe())
        return await self.skip_to(Subscribed)


Join = Callable[..., Awaitable[Wire]]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a journal is to be."""
    return tmp_path / "journal.sqlite"


@pytest.fixture
def engine(path: Path) -> Engine:
    """The database of a journal."""
    return tables.connect(path)


@pytest.fixture
def scribe(engine: Engine) -> Scribe:
    """Writes a journal that has begun."""
    scribe = Scribe(engine)
    scribe.begin()
    return scribe


@pytest.fixture
async def hub() -> AsyncIterator[Hub]:
    """A hub on a free port."""
    async with Hub() as hub:
        yield hub


@pytest.fixture
async def join(hub: Hub) -> AsyncIterator[Join]:
    """Opens plain websocket clients of the hub (or of the one at ``url``)."""
    async with AsyncExitStack() as stack:

        async def join(encoding: Encoding = "msgpack", url: str = "", **options: Any) -> Wire:
            wire = await Wire.open(url or hub.url, encoding, **options)
            stack.push_async_callback(wire.close)
            return wire

        yield join


@pytest.fixture
def opened() -> Callable[..., Open]:
    """Makes the Open of a bed with two leads."""

    def opened(bed: str = "1", stream: str = "a", **fields: Any) -> Open:
        fields = {"fs": 250.0, "leads": (Lead(name="II"), Lead(name="V1")), "epoch": 1.7e9} | fields
        return Open(bed=bed, stream=stream, **fields)

    return opened


@pytest.fixture
def wave() -> Callable[..., Wave]:
    """Makes a Wave of two leads whose samples number themselves, so that a drop shows."""

    def wave(start: int, n: int = 50, bed: str = "1", stream: str = "a", leads: int = 2) -> Wave:
        numbers = np.arange(start, start + n) % 30_000
        samples = np.stack([numbers + lead for lead in range(leads)]).astype(np.int16)
        return Wave(bed=bed, stream=stream, start=start, samples=pack(samples))

    return wave
