"""Players: real child processes that play to a real hub."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from processes import running
from recorded import record

from stream.client import Feed
from stream.errors import FeedError
from stream.hub import Hub
from stream.messages import Close, Control, Lead, Open, Sent, Status, Subscribe
from web.players import Cast, Players


def cast(*paths: Path, options: tuple[str, ...] = ()) -> Cast:
    names = tuple(path.name for path in paths)
    return Cast("replay", names, names, (*options, "--", *map(str, paths)))


@asynccontextmanager
async def playing(url: str, **bounds: int) -> AsyncIterator[Players]:
    players = Players(url, **bounds)
    try:
        yield players
    finally:
        await players.close()


async def until(feed: Feed, kind: type[Sent], bed: str) -> Sent:
    async for messages in feed:
        for message in messages:
            if isinstance(message, kind) and getattr(message, "bed", None) == bed:
                return message
    raise AssertionError


async def over(players: Players) -> None:
    """Wait until no process is left."""
    await asyncio.wait([play.task for play in players.plays if play.task])


async def test_plays_until_stopped_and_leaves_no_process(tmp_path: Path) -> None:
    subscribe = Subscribe(kinds=("open", "close"))
    async with Hub(port=0) as hub, Feed(hub.url, name="test", subscribe=subscribe) as feed, playing(hub.url) as players:
        play = players.start(cast(record(tmp_path, "a"), record(tmp_path, "b"), options=("--loop",)))
        assert players.beds == {"a", "b"}
        with pytest.raises(FeedError, match="bed 'b' is played already"):
            players.start(cast(tmp_path / "b"))
        await until(feed, Open, "b")
        (child,) = running("replay")
        await feed.publish(Control(bed="a", action="stop"))
        closed = await until(feed, Close, "a")
        await players.stop(play.number)
        assert [closed.reason, (await until(feed, Close, "b")).reason] == ["stopped", "stopped"]
        assert (players.plays, players.beds, child.is_running()) == ([], set(), False)
        await players.stop(play.number)  # again: nothing happens


async def test_what_has_come_to_its_end_is_forgotten(tmp_path: Path) -> None:
    async with Hub(port=0) as hub, playing(hub.url) as players:
        players.start(cast(record(tmp_path, "a", seconds=5.0), options=("--speed=max",)))
        await over(players)
        assert players.plays == []


async def test_a_failure_is_told_in_the_childs_own_words_and_not_tried_again(tmp_path: Path) -> None:
    subscribe = Subscribe(kinds=("open",))
    async with Hub(port=0) as hub, Feed(hub.url, name="test", subscribe=subscribe) as feed, playing(hub.url) as players:
        missing = players.start(cast(tmp_path / "none"))
        killed = players.start(cast(record(tmp_path, "a")))
        await until(feed, Open, "a")
        next(child for child in running("replay") if "--bed=a" in child.cmdline()).kill()
        await over(players)
        assert missing.fault.endswith("expected a WFDB record, found no header none.hea; check the path")
        assert killed.fault == "a was killed (SIGKILL)"
        assert [play.running for play in players.plays] == [False, False]
        assert running("replay") == []
        await players.stop(missing.number)
        assert players.plays == [killed]


async def test_a_physionet_name_without_a_network_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARDIOVISION_CACHE", str(tmp_path))
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    async with playing("ws://127.0.0.1:1") as players:
        play = players.start(Cast("replay", ("100",), ("mitdb/100",), ("--", "mitdb/100")))
        await over(players)
    assert play.fault.startswith("mitdb/100 is not on disk and PhysioNet cannot be reached")
    assert play.fault.endswith("download it where there is a network and give its path")


async def test_one_bed_may_end_or_fail_while_others_go_on() -> None:
    def failed(bed: str) -> Status:
        return Status(component="source", state="error", bed=bed, detail="cannot read samples 0 to 50")

    async with playing("ws://127.0.0.1:1") as players:  # a hub that is away is waited for
        play = players.start(Cast("simulate", ("a", "b"), ("ward",), ("--beds=2", "--", "ward")))
        players.hear(failed("c"))
        assert (play.fault, play.beds) == ("", ("a", "b"))
        players.hear(failed("b"))
        players.hear(Close(bed="b", stream="1", sample=0))
        assert (play.fault, play.beds, play.running) == ("b: cannot read samples 0 to 50", ("a",), True)
        assert players.beds == {"a"}
        players.hear(Open(bed="b", stream="1", fs=250.0, leads=(Lead(name="I"),), epoch=0.0))
        assert play.beds == ("a", "b")


async def test_there_are_bounds(tmp_path: Path) -> None:
    def missing(bed: str) -> Cast:
        return Cast("replay", (bed,), (bed,), ("--", str(tmp_path / "none")))

    async with playing("ws://127.0.0.1:1", most=2, remembered=1) as players:
        first = [players.start(missing(bed)) for bed in "ab"]
        with pytest.raises(FeedError, match="2 programs play already, and no more may: stop one first"):
            players.start(missing("c"))
        await over(players)
        later = players.start(missing("c"))
        assert players.plays == [first[1], later]
