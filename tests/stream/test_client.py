"""The client over a real hub: comes back by itself, loses nothing in silence, and says what is wrong."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Callable

import pytest
from websockets.asyncio.server import serve

from stream.client import Feed, backoff
from stream.errors import FeedError
from stream.hub import Client, Hub
from stream.messages import (
    MAX_FRAME,
    Beat,
    Close,
    Hello,
    Message,
    Numerics,
    Open,
    Problem,
    Status,
    Subscribe,
    Subscribed,
    Wave,
    Welcome,
)

pytestmark = pytest.mark.timeout(20)

SOON = (0.01, 0.05)
"""Waits before connecting again that suit a test."""


@pytest.fixture
def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


async def each(feed: Feed) -> AsyncIterator[Message]:
    """The messages of a feed one by one."""
    async for messages in feed:
        for message in messages:
            yield message


async def until(true: Callable[[], bool]) -> None:
    while not true():  # noqa: ASYNC110
        await asyncio.sleep(0)


def client_named(hub: Hub, name: str) -> Client | None:
    return next((client for client in hub.clients if client.name == name), None)


async def cut(hub: Hub, name: str) -> None:
    """Break a client's connection as a pulled cable does."""
    await until(lambda: client_named(hub, name) is not None)
    client = client_named(hub, name)
    assert client is not None
    client.socket.transport.abort()
    await until(lambda: client not in hub.clients)


def beat(sample: int) -> Beat:
    return Beat(bed="1", stream="a", sample=sample, label="N", probabilities=())


@pytest.mark.parametrize("encoding", ["msgpack", "json"])
async def test_publishes_and_hears(hub, opened, wave, encoding):
    async with (
        Feed(hub.url, name="screen", subscribe=Subscribe(), encoding=encoding) as screen,
        Feed(hub.url, name="source", encoding=encoding) as source,
    ):
        hearing = each(screen)
        assert await anext(hearing) == Status(component="feed", state="ready", detail="connected")
        assert isinstance(await anext(hearing), Welcome)
        assert isinstance(await anext(hearing), Subscribed)
        assert screen.connected
        await source.publish(opened(), wave(0))
        await source.publish()
        await source.publish(wave(50))
        assert [type(await anext(hearing)) for _ in range(3)] == [Open, Wave, Wave]


async def test_waits_for_a_hub_that_starts_later(free_port, opened, wave):
    url = f"ws://127.0.0.1:{free_port}"
    async with (
        Feed(url, name="source", limits=SOON) as source,
        Feed(url, name="screen", subscribe=Subscribe(), limits=SOON) as screen,
    ):
        publishing = asyncio.create_task(source.publish(opened(), wave(0)))
        hearing = each(screen)
        lost = await anext(hearing)
        assert (lost.component, lost.state) == ("feed", "lost")
        assert not screen.connected
        assert not publishing.done()
        async with Hub(port=free_port):
            heard = [await anext(hearing)]
            while not {Open, Subscribed} <= {type(message) for message in heard}:
                heard.append(await anext(hearing))
            await publishing
            await source.publish(wave(50))
            while heard[-1] != wave(50):
                heard.append(await anext(hearing))
        assert heard[0] == Status(component="feed", state="ready", detail="connected")
        assert sum(isinstance(message, Open) for message in heard) == 1


async def test_need_not_wait(free_port, hub):
    url = f"ws://127.0.0.1:{free_port}"
    with pytest.raises(FeedError, match=f"^no feed at {url}: is `cardiovision hub` running\\?$"):
        await Feed(url, name="screen", wait=False).__aenter__()
    async with Feed(hub.url, name="screen", wait=False) as feed:
        assert [message.state for message in await anext(feed)] == ["ready"]


async def test_all_come_back_to_a_hub_that_was_restarted(free_port, opened, wave):
    url = f"ws://127.0.0.1:{free_port}"
    async with (
        Feed(url, name="source", limits=SOON) as source,
        Feed(url, name="screen", subscribe=Subscribe(), limits=SOON) as screen,
    ):
        hearing = each(screen)
        async with Hub(port=free_port) as first:
            while not isinstance(await anext(hearing), Subscribed):
                pass
            await source.publish(opened("1"), opened("2"), wave(0))
            await source.publish(Close(bed="2", stream="a", sample=0))
            while not isinstance(await anext(hearing), Close):
                pass
        lost = Status(component="feed", state="lost", detail="the hub closed the connection: the hub stops")
        while await anext(hearing) != lost:
            pass
        publishing = asyncio.create_task(source.publish(wave(50)))
        async with Hub(port=free_port) as second:
            ready = await anext(hearing)
            assert ready == Status(component="feed", state="ready", detail="back, the hub has started anew")
            welcome = await anext(hearing)
            assert welcome.session == second.bus.session != first.bus.session
            await publishing
            heard = [await anext(hearing)]
            while not {Open, Subscribed} <= {type(message) for message in heard}:
                heard.append(await anext(hearing))
            await source.publish(wave(100))
            while heard[-1] != wave(100):
                heard.append(await anext(hearing))
            # The open bed is opened again, the closed one is not.
            assert [message.bed for message in heard if isinstance(message, Open)] == ["1"]
            assert second.bus.seq == 2  # the Open, and a Gap for the samples the new hub has not seen


async def test_no_event_is_missed_or_doubled_however_often_it_is_cut(hub):
    last = 2000
    async with (
        Feed(hub.url, name="screen", subscribe=Subscribe(kinds=("beat",)), limits=SOON) as screen,
        Feed(hub.url, name="detector") as detector,
    ):
        hearing = each(screen)
        while not isinstance(await anext(hearing), Subscribed):
            pass

        async def detect() -> None:
            for sample in range(last + 1):
                await detector.publish(beat(sample))
                if sample % 400 == 200:
                    await cut(hub, "screen")

        detecting = asyncio.create_task(detect())
        heard: list[int] = []
        states: list[str] = []
        missed = 0
        while not heard or heard[-1] < last:
            match await anext(hearing):
                case Beat() as message:
                    heard.append(message.sample)
                case Status() as message:
                    states.append(f"{message.state} {message.detail}" if message.state == "ready" else "lost")
                case Subscribed() as message:
                    missed += message.missed
        await detecting
        assert heard == list(range(last + 1))
        assert states == ["lost", "ready back"] * 5
        assert missed == 0


async def test_a_source_that_was_cut_opens_its_streams_again(hub, opened, wave):
    async with (
        Feed(hub.url, name="screen", subscribe=Subscribe()) as screen,
        Feed(hub.url, name="source", limits=SOON) as source,
    ):
        hearing = each(screen)
        while not isinstance(await anext(hearing), Subscribed):
            pass
        await source.publish(opened("1"), opened("2"), opened("2", "b"), wave(0))
        while not isinstance(await anext(hearing), Wave):
            pass
        await cut(hub, "source")
        await until(lambda: not source.connected)
        await source.publish(wave(50))
        heard = [await anext(hearing) for _ in range(7)]
        assert [(message.bed, message.state) for message in heard[:2]] == [("1", "lost"), ("2", "lost")]
        assert [(type(message), message.bed) for message in heard[2:6]] == [
            (Open, "1"),
            (Status, "1"),
            (Open, "2"),
            (Status, "2"),
        ]
        assert heard[4].stream == "b"
        assert heard[6] == wave(50)


async def test_publishing_waits_while_the_hub_holds_back(opened, wave):
    blocks, n = 600, 8000
    async with (
        Hub(waves_limit=256 << 10, stall=20) as hub,
        Feed(hub.url, name="archive", subscribe=Subscribe(kinds=("wave",), waves="all")) as archive,
        Feed(hub.url, name="source") as source,
    ):
        await until(lambda: client_named(hub, "archive") is not None)

        async def play() -> None:
            await source.publish(opened())
            for block in range(blocks):
                await source.publish(wave(block * n, n))

        playing = asyncio.create_task(play())
        await until(lambda: hub.holding_back)
        assert not playing.done()
        at = 0
        async for message in each(archive):
            if isinstance(message, Wave):
                assert message == wave(at, n)
                at += n
            if at == blocks * n:
                break
        await playing


async def test_who_publishes_while_not_reading_still_comes_back(hub, opened):
    """What a busy detector does: its inbox is full, the connection breaks, and it waits to publish."""
    async with (
        Feed(hub.url, name="detector", subscribe=Subscribe(kinds=("numerics",)), limits=SOON) as detector,
        Feed(hub.url, name="source") as source,
        Feed(hub.url, name="screen", subscribe=Subscribe(kinds=("beat",))) as screen,
    ):
        await source.publish(opened())
        hearing = each(screen)
        while not isinstance(await anext(hearing), Subscribed):
            pass
        while not isinstance((await anext(detector))[-1], Subscribed):
            pass
        for sample in range(100):
            await source.publish(Numerics(bed="1", stream="a", sample=sample))
            await until(lambda: not any(len(client.outbox) for client in hub.clients))
        await cut(hub, "detector")
        await until(lambda: not detector.connected)
        await detector.publish(beat(7))
        assert (await anext(hearing)).sample == 7


async def test_who_only_publishes_need_not_read(hub, opened, wave, caplog):
    caplog.set_level(logging.WARNING, "stream.client")
    async with (
        Feed(hub.url, name="source", limits=SOON) as source,
        Feed(hub.url, name="screen", subscribe=Subscribe(kinds=("wave",))) as screen,
    ):
        hearing = each(screen)
        while not isinstance(await anext(hearing), Subscribed):
            pass
        await source.publish(opened())
        for _ in range(100):
            await source.publish(wave(0, bed="unheard of"))
        await until(lambda: sum("unheard of" in line for line in caplog.messages) == 100)
        await cut(hub, "source")
        await until(lambda: not source.connected)
        await source.publish(wave(0))
        assert await anext(hearing) == wave(0)
        heard = [await anext(source) for _ in range(2)]
        assert all(isinstance(message, Problem | Status | Welcome) for messages in heard for message in messages)


async def test_what_is_published_last_arrives(hub, opened, wave):
    async with Feed(hub.url, name="screen", subscribe=Subscribe(kinds=("wave", "status"))) as screen:
        hearing = each(screen)
        while not isinstance(await anext(hearing), Subscribed):
            pass
        async with Feed(hub.url, name="source") as source:
            await source.publish(opened(), *(wave(n, 1) for n in range(5000)))
        for n in range(5000):
            assert await anext(hearing) == wave(n, 1)
        assert (await anext(hearing)).state == "lost"
    with pytest.raises(FeedError, match="this one is closed"):
        await screen.publish(Hello(name="late"))
    assert [messages async for messages in screen] == []


async def test_leaves_in_good_order_whatever_waits_unread(hub, opened, wave, caplog):
    caplog.set_level(logging.INFO, "stream.hub")
    async with Feed(hub.url, name="source") as source:
        async with Feed(hub.url, name="screen", subscribe=Subscribe()):
            await until(lambda: client_named(hub, "screen") is not None)
            await source.publish(opened())
            for block in range(300):
                await source.publish(wave(block * 8000, 8000))
        await until(lambda: client_named(hub, "screen") is None)
    assert any("name='screen' code=1000" in line for line in caplog.messages)


@pytest.mark.parametrize("names", [["cardiovision.v2.msgpack"], None])
async def test_a_hub_of_another_version_is_told(names):
    async with serve(lambda socket: socket.wait_closed(), "127.0.0.1", 0, subprotocols=names) as server:
        url = f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}"
        told = r"cardiovision\.v1\.msgpack"
        with pytest.raises(FeedError, match=told):
            await Feed(url, name="screen", wait=False).__aenter__()
        async with Feed(url, name="screen", subscribe=Subscribe()) as feed:
            with pytest.raises(FeedError, match=told):
                await anext(feed)
            with pytest.raises(FeedError, match=told):
                await feed.publish(Hello(name="screen"))


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnope", "HTTP 404: nope"),
        (b"SSH-2.0-OpenSSH_9.2p1\r\n", "something else answered"),
    ],
)
async def test_what_is_no_hub_is_told(answer, told):
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    async with await asyncio.start_server(handle, "127.0.0.1", 0) as server:
        url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with Feed(url, name="screen") as feed:
            with pytest.raises(FeedError, match=told):
                await anext(feed)


async def test_a_hub_that_is_not_ready_yet_is_asked_again():
    asked = 0

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        asked += 1
        await reader.readuntil(b"\r\n\r\n")
        if asked % 2:
            writer.write(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")
        writer.close()  # or without a word

    async with await asyncio.start_server(handle, "127.0.0.1", 0) as server:
        url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with Feed(url, name="screen", limits=SOON) as feed:
            assert [message.state for message in await anext(feed)] == ["lost"]
            await until(lambda: asked > 4)


async def test_a_url_that_is_none_is_told():
    with pytest.raises(FeedError, match=r"expected a url such as ws://127\.0\.0\.1:8765, got 'http://here'"):
        await Feed("http://here", name="screen", wait=False).__aenter__()


async def test_a_frame_too_large_is_not_sent(hub, opened, wave):
    async with Feed(hub.url, name="source") as source:
        await source.publish(opened())
        with pytest.raises(FeedError, match=f"expected a frame of at most {MAX_FRAME} bytes, got"):
            await source.publish(*(wave(n * 8000, 8000) for n in range(140)))
        assert source.connected


def test_backs_off_exponentially_with_full_jitter():
    for attempt, most in enumerate([0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0]):
        waits = [backoff(attempt) for _ in range(500)]
        assert 0.0 <= min(waits) < 0.2 * most
        assert 0.8 * most < max(waits) <= most
    assert backoff(10**6) <= 5.0
