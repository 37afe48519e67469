"""The real hub over real websockets: what travels, who is refused, and who may not hurt whom."""

import asyncio
import logging
import re
import socket
from collections.abc import Callable

import numpy as np
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from stream.errors import FeedError
from stream.hub import Client, Hub, serve
from stream.messages import (
    MAX_FRAME,
    SUBPROTOCOLS,
    Beat,
    Close,
    Control,
    Event,
    Explain,
    Explanation,
    Gap,
    Hello,
    Open,
    Problem,
    Status,
    Subscribe,
    Subscribed,
    Wave,
    Welcome,
    decode_frame,
    encode_frame,
    unpack_wave,
)

pytestmark = pytest.mark.timeout(20)

BLOCK = 8000  # samples of two leads: 32 kB, so that some megabytes of socket buffers are soon full
BLOCKS = 800
LIMIT = 256 << 10


async def until(true: Callable[[], bool]) -> None:
    """Let the other tasks run until something is so."""
    while not true():  # noqa: ASYNC110
        await asyncio.sleep(0)


def client_named(hub: Hub, name: str) -> Client:
    (client,) = [client for client in hub.clients if client.name == name]
    return client


# ---------------------------------------------------------------------------------------- coming in


async def test_the_first_word_is_welcome(hub):
    async with connect(hub.url, subprotocols=list(SUBPROTOCOLS), proxy=None) as wire:
        assert wire.subprotocol == "cardiovision.v1.msgpack"
        assert decode_frame(await wire.recv()) == [Welcome(session=hub.bus.session, seq=0)]


@pytest.mark.parametrize("names", [None, ["cardiovision.v1.json"], ["cardiovision.v9.json", "cardiovision.v1.json"]])
async def test_json_is_spoken_with_who_asks_for_it_or_for_nothing(hub, names):
    async with connect(hub.url, subprotocols=names, proxy=None) as wire:
        text = await wire.recv()
        assert isinstance(text, str)
        assert decode_frame(text, "json") == [Welcome(session=hub.bus.session, seq=0)]
        await wire.send('[{"kind":"subscribe"}]')
        assert decode_frame(await wire.recv(), "json") == [Subscribed(session=hub.bus.session, seq=0)]


async def test_an_unknown_version_is_refused_by_naming_those_known(hub):
    with pytest.raises(InvalidStatus) as refused:
        await connect(hub.url, subprotocols=["cardiovision.v2.msgpack"], proxy=None)
    assert refused.value.response.status_code == 400
    assert (
        refused.value.response.body.decode()
        .strip(".\n")
        .endswith(
            "expected one of the subprotocols cardiovision.v1.msgpack, cardiovision.v1.json; "
            "got cardiovision.v2.msgpack"
        )
    )


@pytest.mark.parametrize(
    "origin", [None, "http://localhost", "http://localhost:8050", "https://127.0.0.1:1", "http://[::1]:3000"]
)
async def test_pages_of_this_machine_may_connect(hub, origin):
    async with connect(hub.url, origin=origin, proxy=None) as wire:
        await wire.recv()


@pytest.mark.parametrize(
    "origin",
    [
        "http://example.org",
        "http://localhost.example.org",
        "http://127.0.0.1.example.org:80",
        "null",
        "file://",
    ],
)
async def test_pages_of_elsewhere_may_not(hub, origin):
    with pytest.raises(InvalidStatus) as refused:
        await connect(hub.url, origin=origin, proxy=None)
    assert refused.value.response.status_code == 403


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org", ""])
async def test_listens_on_loopback_only(host):
    with pytest.raises(FeedError, match="authentication does not exist yet"):
        await Hub(host).__aenter__()


async def test_localhost_is_loopback():
    async with Hub("localhost") as hub, connect(hub.url, proxy=None) as wire:
        await wire.recv()


async def test_a_port_in_use_is_told(hub):
    text = f"port {hub.port} is in use; stop what uses it or choose another with --port"
    with pytest.raises(FeedError, match=f"^{re.escape(text)}$"):
        await Hub(port=hub.port).__aenter__()


async def test_a_port_that_does_not_exist_is_told():
    with pytest.raises(FeedError, match="expected a port of 0 to 65535, got 70000"):
        await Hub(port=70_000).__aenter__()


async def test_serves_until_cancelled(caplog):
    caplog.set_level(logging.INFO, "stream.hub")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    serving = asyncio.create_task(serve(port=port))
    await until(lambda: any(line.startswith("listening") for line in caplog.messages))
    async with connect(f"ws://127.0.0.1:{port}", proxy=None) as wire:
        await wire.recv()
    serving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await serving
    assert [line.split()[0] for line in caplog.messages] == [
        "listening",
        "connected",
        "disconnected",
        "stopped",
    ]
    async with Hub(port=port):  # the port is free again
        pass


async def test_each_hub_has_its_own_session(hub):
    async with Hub() as other:
        assert other.bus.session != hub.bus.session


# ---------------------------------------------------------------------------------------- what travels


@pytest.mark.parametrize("encoding", ["msgpack", "json"])
async def test_every_subscriber_gets_what_is_published_in_order(join, opened, wave, encoding):
    source, *screens = [await join(encoding), await join("msgpack"), await join("json")]
    for screen in screens:
        await screen.subscribe()
    beat = Beat(bed="1", stream="a", sample=10, label="V", probabilities=(0.0, 0.0, 1.0, 0.0, 0.0))
    await source.say(opened(), wave(0))
    await source.say(beat, wave(50), Close(bed="1", stream="a", sample=100))
    for screen in screens:
        messages = [await screen.next() for _ in range(5)]
        assert [type(message) for message in messages] == [Open, Wave, Beat, Wave, Close]
        assert [message.seq for message in messages if isinstance(message, Event)] == [1, 2, 3]
        assert messages[1::2] == [wave(0), wave(50)]
        np.testing.assert_array_equal(unpack_wave(messages[3].samples, 2), [np.arange(50, 100), np.arange(51, 101)])


async def test_requests_reach_the_one_who_can_answer(join, opened):
    source, detector, screen = [await join() for _ in range(3)]
    await source.subscribe(Subscribe(kinds=("control",)))
    await detector.subscribe(Subscribe(kinds=("explain",)))
    await source.say(opened())
    await screen.say(Subscribe(kinds=("open",)))
    await screen.skip_to(Open)
    control, explain = Control(bed="1", action="speed", value=2.0), Explain(bed="1", stream="a", sample=5)
    await screen.say(control, explain)
    assert await source.next() == control
    assert await detector.next() == explain


async def test_a_newcomer_learns_the_open_streams_and_then_hears_what_is_live(join, opened, wave):
    source, late = await join(), await join()
    await source.say(opened("1"), opened("2"), opened("3"), wave(0))
    await source.subscribe(Subscribe(kinds=()))
    await source.say(Close(bed="2", stream="a", sample=0))
    await source.subscribe(Subscribe(kinds=()))
    await late.say(Subscribe())
    assert [(await late.hear(Open)).bed for _ in range(2)] == ["1", "3"]
    assert (await late.hear(Subscribed)).seq == 4
    await source.say(wave(50))
    assert await late.hear(Wave) == wave(50)


async def test_comes_back_without_hole_or_double_while_others_go_on(hub, join):
    detector = await join()
    beats = 3000

    async def detect() -> None:
        for sample in range(beats):
            await detector.say(Beat(bed="1", stream="a", sample=sample, label="N", probabilities=()))

    detecting = asyncio.create_task(detect())
    heard: list[int] = []
    while len(heard) < beats:
        wire = await join()
        request = Subscribe(since=len(heard), session=hub.bus.session)
        assert (await wire.subscribe(request)).missed == 0 if not heard else True
        await wire.socket.close()
        wire = await join()
        await wire.say(Subscribe(since=len(heard), session=hub.bus.session))
        for _ in range(min(271, beats - len(heard))):
            message = await wire.next()
            while isinstance(message, Subscribed):
                assert message.missed == 0
                message = await wire.next()
            heard.append(message.seq)
        await wire.socket.close()
    await detecting
    assert heard == list(range(1, beats + 1))


# ---------------------------------------------------------------------------------------- coming and going


async def test_a_source_that_is_lost_and_comes_back_is_told(join, opened, wave):
    screen, source = await join(), await join()
    await screen.subscribe()
    await source.say(Hello(name="bedside"), opened(), wave(0))
    await screen.hear(Open)
    await screen.hear(Wave)
    source.socket.transport.abort()
    lost = await screen.hear(Status)
    assert (lost.component, lost.state, lost.bed) == ("source", "lost", "1")

    late = await join()
    await late.say(Subscribe())
    assert (await late.hear(Open)).bed == "1"
    assert (await late.hear(Status)).state == "lost"

    back = await join()
    await back.say(opened(), wave(100))
    await screen.hear(Open)
    assert (await screen.hear(Status)).state == "ready"
    gap = await screen.hear(Gap)
    assert (gap.start, gap.stop, gap.reason) == (50, 100, "missing")
    assert await screen.hear(Wave) == wave(100)


async def test_a_bed_in_use_stays_with_its_source(join, opened, wave):
    source, intruder, screen = [await join() for _ in range(3)]
    await screen.subscribe()
    await source.say(opened())
    await screen.hear(Open)
    await intruder.say(opened(stream="b"), opened("2"), wave(0, bed="2"))
    problem = await intruder.hear(Problem)
    assert problem == Problem(text="bed '1' in use: another client feeds it; choose another name", bed="1")
    assert (await screen.hear(Open)).bed == "2"
    assert (await screen.hear(Wave)).bed == "2"


# ---------------------------------------------------------------------------------------- bad input


async def test_a_bad_message_is_answered_and_disturbs_nobody(join, opened, wave):
    source, screen = await join(), await join("json")
    await screen.subscribe()
    await source.say(opened("bad", fs=0.0), opened("1"), wave(0, bed="bad"), wave(0), wave(20), wave(50))
    assert [(await source.hear(Problem)).bed for _ in range(3)] == ["bad", "bad", "1"]
    await screen.hear(Open)
    assert [await screen.next(), await screen.next()] == [wave(0), wave(50)]
    await screen.say(Subscribe(kinds=("nonsense",)))
    assert "got 'nonsense'" in (await screen.hear(Problem)).text
    await source.say(wave(100))
    assert await screen.hear(Wave) == wave(100)  # what it had asked for before still holds


async def test_a_faulty_source_does_not_drown_the_log(join, wave, caplog):
    source = await join()
    await source.say(*(wave(0, bed="unheard of") for _ in range(500)))
    for _ in range(500):
        await source.hear(Problem)
    assert len([line for line in caplog.messages if "unheard of" in line]) == 1


async def test_garbage_is_answered_until_it_is_too_much(hub, join, opened, caplog):
    wire, screen = await join(), await join()
    await screen.subscribe()
    for _ in range(9):
        await wire.socket.send(b"garbage")
        assert (await wire.hear(Problem)).text.startswith("expected a msgpack array of messages")
    await wire.say(opened())  # a good one between: the count begins anew
    await screen.hear(Open)
    for _ in range(9):
        await wire.socket.send("text, where MessagePack is spoken")
        await wire.hear(Problem)
    await wire.socket.send(b"\x91" * 100_000)
    with pytest.raises(ConnectionClosed):
        await wire.skip_to(Welcome)
    assert (wire.socket.close_code, wire.socket.close_reason) == (1008, "10 bad frames in a row")
    assert (await screen.hear(Status)).state == "lost"  # the garbler's own bed; the hub lives
    assert not [record for record in caplog.records if record.exc_info]


async def test_an_oversized_frame_ends_its_connection_alone(join, opened, caplog):
    wire, screen = await join(), await join()
    await screen.subscribe()
    await wire.socket.send(bytes(MAX_FRAME + 1))
    with pytest.raises(ConnectionClosed):
        await wire.next()
    assert wire.socket.close_code == 1009
    other = await join()
    await other.say(opened())
    await screen.hear(Open)
    assert not [record for record in caplog.records if record.exc_info]


@pytest.mark.parametrize("data", [b"\x00\xff" * 1000, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b""])
async def test_what_is_no_websocket_is_one_line_in_the_log(hub, data, caplog):
    reader, writer = await asyncio.open_connection("127.0.0.1", hub.port)
    writer.write(data)
    writer.write_eof()
    await reader.read()
    writer.close()
    async with connect(hub.url, proxy=None) as wire:
        await wire.recv()
    assert not [record for record in caplog.records if record.exc_info]
    assert all("\n" not in line for line in caplog.messages)


# ---------------------------------------------------------------------------------------- slow subscribers


async def play(source, wave) -> None:
    for block in range(BLOCKS):
        await source.say(wave(block * BLOCK, BLOCK))


def tile(messages: list[Wave | Gap]) -> int:
    """Check that waves and gaps follow each other without hole or double; return how much was lost."""
    at = lost = 0
    for message in messages:
        assert message.start == at
        if isinstance(message, Gap):
            assert (message.reason, message.seq) == ("slow", 0)
            lost += message.stop - message.start
            at = message.stop
        else:
            samples = unpack_wave(message.samples, 2)
            assert samples[0, 0] == at % 30_000
            at += samples.shape[1]
    assert at == BLOCKS * BLOCK
    return lost


async def test_who_never_reads_neither_slows_another_nor_grows_the_hub(join, opened, wave):
    async with Hub(waves_limit=LIMIT) as hub:
        slow, fast, source = [await join(url=hub.url, max_queue=1) for _ in range(3)]
        await slow.say(Hello(name="slow"))
        await slow.subscribe(Subscribe(kinds=("wave",)))
        await fast.subscribe(Subscribe(kinds=("wave",), waves="all"))
        await source.say(opened())
        playing = asyncio.create_task(play(source, wave))
        outbox = client_named(hub, "slow").outbox
        heard, waiting = [], []
        for _ in range(BLOCKS):
            heard.append(await fast.hear(Wave))
            waiting.append(outbox.wave_bytes + outbox.event_bytes)
            assert len(outbox) <= LIMIT // 32_000 + 1  # as many blocks as fit, and a gap
        await playing
        assert tile(heard) == 0
        assert LIMIT - 33_000 < max(waiting) <= LIMIT + 128
        # When it reads again it is told what it lost, in the right place.
        late: list[Wave | Gap] = []
        while not late or late[-1].start < (BLOCKS - 1) * BLOCK:
            late.append(await slow.next())
        assert 0 < tile(late) < BLOCKS * BLOCK


async def test_for_who_wants_all_the_sources_are_held_back(join, opened, wave):
    async with Hub(waves_limit=LIMIT, stall=30) as hub:
        archive, source, detector = [await join(url=hub.url, max_queue=1) for _ in range(3)]
        await archive.say(Hello(name="archive"))
        await archive.subscribe(Subscribe(kinds=("wave", "beat"), waves="all"))
        await source.say(opened())
        playing = asyncio.create_task(play(source, wave))
        await until(lambda: hub.holding_back)
        assert not playing.done()
        # Who feeds no bed is not held back: a full detector must be able to say what it found.
        held = 0
        while held < 50:
            seq = hub.bus.seq
            await detector.say(Beat(bed="1", stream="a", sample=seq, label="N", probabilities=()))
            await until(lambda seq=seq: hub.bus.seq > seq)
            held = held + 1 if hub.holding_back else 0
        outbox = client_named(hub, "archive").outbox
        heard: list[Wave] = []
        while len(heard) < BLOCKS:
            message = await archive.next()
            assert outbox.wave_bytes <= LIMIT + 33_000
            if isinstance(message, Wave):
                heard.append(message)
        await playing
        assert tile(heard) == 0
        assert not hub.holding_back


async def test_who_wants_all_and_does_not_move_is_closed(join, opened, wave):
    async with Hub(waves_limit=LIMIT, stall=0.05) as hub:
        stuck, source = [await join(url=hub.url, max_queue=1) for _ in range(2)]
        await stuck.say(Hello(name="stuck"))
        await stuck.subscribe(Subscribe(waves="all"))
        client = client_named(hub, "stuck")
        await source.say(opened())
        playing = asyncio.create_task(play(source, wave))
        await until(lambda: client.cut)
        with pytest.raises(ConnectionClosed):
            await stuck.skip_to(Problem)  # reads to the end
        assert stuck.socket.close_code == 1013
        assert stuck.socket.close_reason == "no progress for 0.05 s, resume"
        await playing  # the stuck one is out of the way


async def test_a_source_that_ends_while_held_back_can_come_back_at_once(join, opened, wave):
    async with Hub(waves_limit=LIMIT, stall=30) as hub:
        archive, source, again = [await join(url=hub.url, max_queue=1) for _ in range(3)]
        await archive.say(Hello(name="archive"))
        await archive.subscribe(Subscribe(waves="all"))
        await source.say(opened())
        playing = asyncio.create_task(play(source, wave))
        await until(lambda: hub.holding_back)
        source.socket.transport.abort()
        with pytest.raises(ConnectionClosed):
            await playing
        await again.say(opened(), wave(BLOCKS * BLOCK))
        heard = [await archive.hear(Open)]
        while heard[-1] != wave(BLOCKS * BLOCK):
            heard.append(await archive.next())
        assert not any(isinstance(message, Status) for message in heard)  # never lost
        assert sum(isinstance(message, Open) for message in heard) == 2
        assert isinstance(heard[-2], Gap)


async def test_a_hub_stops_while_it_holds_sources_back(join, opened, wave):
    async with Hub(waves_limit=LIMIT, stall=30) as hub:
        archive, source = [await join(url=hub.url, max_queue=1) for _ in range(2)]
        await archive.subscribe(Subscribe(waves="all"))
        await source.say(opened())
        playing = asyncio.create_task(play(source, wave))
        await until(lambda: hub.holding_back)
    assert not hub.clients
    with pytest.raises(ConnectionClosed):
        await playing


async def test_too_many_events_close_a_subscriber_that_can_resume(join):
    async with Hub(events_limit=LIMIT) as hub:
        slow, fast, detector = [await join(url=hub.url, max_queue=1) for _ in range(3)]
        await slow.say(Hello(name="slow"))
        await slow.subscribe()
        await fast.subscribe(Subscribe(waves="all"))
        client = client_named(hub, "slow")
        most = 0

        async def explain() -> None:
            nonlocal most
            heat = bytes(32_000)
            for sample in range(BLOCKS):
                await detector.say(
                    Explanation(
                        **{"bed": "1", "stream": "a", "sample": sample, "label": "V", "confidence": 1.0},
                        **{"leads": ("II",), "fs": 250.0, "start": 0.0, "wave": b"", "heat": heat},
                    )
                )
                assert (await fast.hear(Explanation)).seq == sample + 1
                most = max(most, client.outbox.event_bytes)

        explaining = asyncio.create_task(explain())
        await until(lambda: client.cut)
        seen: list[int] = []
        with pytest.raises(ConnectionClosed):
            await slow.skip_to(Problem, passing=lambda message: seen.append(message.seq))
        await explaining
        assert LIMIT - 33_000 < most <= LIMIT
        assert slow.socket.close_code == 1013
        told = re.fullmatch(r"too slow, resume from seq (\d+)", slow.socket.close_reason)
        assert told
        assert int(told[1]) >= len(seen)
        # It comes back, and gets a past much larger than what may wait for it live.
        again = await join(url=hub.url)
        await again.say(Subscribe(since=seen[-1], session=again.welcome.session))
        while seen[-1] < BLOCKS:
            seen.append((await again.hear(Explanation)).seq)
        assert seen == list(range(1, BLOCKS + 1))
        assert (await again.hear(Subscribed)).missed == 0


async def test_the_hub_closes_at_once_with_subscribers_that_do_not_read(join, opened, wave):
    async with Hub(waves_limit=LIMIT) as hub:
        stuck, source = [await join(url=hub.url, max_queue=1) for _ in range(2)]
        await stuck.subscribe()
        await source.say(opened())
        await play(source, wave)
    assert not hub.clients


async def test_an_encoded_frame_holds_all_that_waits(hub, join, opened, wave):
    """Two thousand small messages do not become two thousand frames."""
    source, screen = await join(), await join()
    await screen.subscribe()
    messages = [opened(), *(wave(n, 1) for n in range(2000))]
    await source.socket.send(encode_frame(messages))
    frames = 0
    heard = 0
    while heard < len(messages):
        heard += len(decode_frame(await screen.socket.recv()))
        frames += 1
    assert frames == 1
