"""Steering a replay from outside, through a real hub."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

from stream.control import control
from stream.errors import FeedError
from stream.replay import replay
from stream.sources.scenario import parse_scenario
from stream.sources.simulator import Simulator


@pytest.fixture
async def played(hub) -> AsyncIterator[str]:
    """A hub on which bed a is played."""
    source = Simulator(parse_scenario("beds: [{steps: [{sinus: {rate: 75}, seconds: 600}]}]", "test"))
    task = asyncio.create_task(replay([source], hub.url, beds=["a"]))
    yield hub.url
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def until_played(url: str, *what) -> str:
    """Ask until the bed is there."""
    while True:
        with suppress(FeedError):  # not yet
            return await control(url, "a", *what)


async def test_pause_resume_and_speed_say_what_came_of_them(played: str) -> None:
    assert "paused" in await until_played(played, "pause")
    assert "speed 1, from sample" in await control(played, "a", "resume")
    assert "speed 4" in await control(played, "a", "speed", 4.0)


async def test_stop_says_where_it_ended(played: str) -> None:
    assert "stopped at sample" in await until_played(played, "stop")


async def test_what_a_source_cannot_do_is_said(played: str) -> None:
    assert "seek" in await until_played(played, "seek", 10.0)


async def test_a_bed_that_is_not_played(hub) -> None:
    with pytest.raises(FeedError, match="expected a bed that has an open stream, got 'b'"):
        await control(hub.url, "b", "pause")


async def test_no_hub() -> None:
    with pytest.raises(FeedError, match="no feed at"):
        await control("ws://127.0.0.1:1", "a", "pause")
