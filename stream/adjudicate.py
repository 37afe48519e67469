"""A person's verdict on an alarm, said on the feed, where the journal keeps it."""

import asyncio
from pathlib import Path
from typing import Final

from stream.client import Feed
from stream.errors import FeedError, JournalError
from stream.journal import Journal
from stream.messages import Problem, Subscribe, Subscribed, Verdict

PATIENCE: Final = 5.0
"""Seconds that the hub is waited for."""


async def adjudicate(url: str, verdict: Verdict) -> Verdict:
    """Publish a verdict, and wait until the hub has taken it.

    Returns
    -------
    verdict
        As the hub passed it on.

    Raises
    ------
    FeedError
        If no hub answers, or it refuses.
    """
    wanted = Subscribe(beds=(verdict.bed,), kinds=("verdict",))
    try:
        async with asyncio.timeout(PATIENCE), Feed(url, name="adjudicate", subscribe=wanted, wait=False) as feed:
            async for messages in feed:
                for message in messages:
                    match message:
                        case Subscribed():
                            await feed.publish(verdict)
                        case Problem():
                            raise FeedError(message.text)
                        case Verdict() if message.alarm == verdict.alarm and message.by == verdict.by:
                            return message
                        case _:
                            pass
    except TimeoutError:
        pass
    raise FeedError(f"the hub at {url} did not take the verdict: is `cardiovision hub` running?")


def bed_of(journal: str | Path, alarm: str) -> str:
    """Find the bed of an alarm by its id.

    Raises
    ------
    JournalError
        If the journal cannot be read, or knows of no such alarm.
    """
    with Journal(journal) as kept:
        told = kept.revisions(alarm)
    if not told:
        raise JournalError(f"expected the id of an alarm in the journal {journal}, got {alarm[:200]!r}")
    return told[-1][1].bed
