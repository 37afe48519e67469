"""What the replay desk makes of the feed."""

import asyncio
from dataclasses import asdict

import pytest

from stream.client import Feed
from stream.errors import FeedError
from stream.hub import Hub
from stream.messages import Beat, Close, Lead, Message, Open, Reference, Status, Welcome
from web.floor import Floor, Watch

SURE = (1.0, 0.0, 0.0, 0.0, 0.0)


def opened(bed: str, stream: str = "1") -> Open:
    return Open(bed=bed, stream=stream, fs=250.0, leads=(Lead(name="II"),), epoch=0.0)


def beats(bed: str, stream: str = "1") -> list[Reference | Beat]:
    said: list[Reference | Beat] = []
    for at in range(100, 1100, 200):
        said.append(Reference(bed=bed, stream=stream, sample=at, symbol="N"))
        said.append(Beat(bed=bed, stream=stream, sample=at, label="N", probabilities=SURE))
    return said


def heard(*messages) -> Floor:
    floor = Floor()
    for message in messages:
        floor.take(message)
    return floor


def test_counts_are_of_the_present_stream() -> None:
    floor = heard(opened("a"), *beats("a"), opened("a"), *beats("b"), *beats("a", "2"))
    assert floor.agreements["a"].counts.agreed == 4
    assert list(floor.agreements) == ["a"]
    floor.take(opened("a", "2"))
    assert floor.agreements["a"].counts.agreed == 0


def test_rows_count_too() -> None:
    floor = heard(opened("a"), Beat(bed="a", stream="1", sample=0, row=0, label="N", truth="V", probabilities=SURE))
    assert asdict(floor.agreements["a"].counts) == {"agreed": 0, "other": 1, "missed": 0, "extra": 0}


def test_a_bed_is_fed_while_its_source_is_there() -> None:
    lost = Status(component="source", state="lost", bed="a")
    floor = heard(opened("a"), opened("b"), lost)
    assert floor.fed == {"b"}
    floor.take(Status(component="source", state="ready", bed="a"))
    assert floor.fed == {"a", "b"}
    floor.take(Close(bed="a", stream="1", sample=10))
    assert floor.fed == {"b"}


def test_another_hub_has_other_beds() -> None:
    floor = heard(Welcome(session="1", seq=0), opened("a"), Welcome(session="1", seq=9))
    assert floor.fed == {"a"}
    floor.take(Welcome(session="2", seq=0))
    assert (floor.fed, floor.agreements) == (set(), {})


async def test_a_watch_knows_the_beds_of_its_hub_and_says_that_it_is_away() -> None:
    heard: asyncio.Queue[Message] = asyncio.Queue()
    async with Hub(port=0) as hub, Feed(hub.url, name="source") as source:
        watch = Watch(hub.url, heard.put_nowait)
        assert await watch.fed() == set()
        await source.publish(opened("a"))
        while not isinstance(await heard.get(), Open):
            pass
        assert await watch.fed() == {"a"}
        await watch.close()
    away = Watch("ws://127.0.0.1:1", lambda *_: None)
    with pytest.raises(FeedError, match=r"no feed at ws://127\.0\.0\.1:1"):
        await away.fed()
    await away.close()
