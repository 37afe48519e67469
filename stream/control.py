"""Steering a replay from outside: one command, and what came of it."""

import asyncio
from typing import Final, Literal, TypeAlias

from stream.client import Feed
from stream.errors import FeedError
from stream.messages import Close, Control, Open, Problem, Status, Subscribe, Subscribed

Action: TypeAlias = Literal["pause", "resume", "seek", "speed", "stop"]

PATIENCE: Final = 5.0
"""Seconds that an answer is waited for."""


async def control(url: str, bed: str, action: Action, value: float = 0.0) -> str:
    """Pause, resume, seek, change the speed of a bed's replay, or stop it.

    Parameters
    ----------
    url
        Of the hub.
    bed
        Its name. Beds of one source, as simulated ones are, are steered together.
    action, value
        See :class:`~stream.messages.Control`.

    Returns
    -------
    outcome
        What its source said of it, for people.

    Raises
    ------
    FeedError
        If no hub answers, or nobody plays such a bed.
    """
    wanted = Subscribe(beds=(bed,), kinds=("open", "status", "close"))
    try:
        async with asyncio.timeout(PATIENCE), Feed(url, name="control", subscribe=wanted, wait=False) as feed:
            asked = False
            async for messages in feed:
                for message in messages:
                    match message:
                        case Subscribed():
                            await feed.publish(Control(bed=bed, action=action, value=value))
                            asked = True
                        case Problem():
                            raise FeedError(message.text)
                        case Status(component="source") if asked:
                            return f"{bed}: {message.state} {message.detail}".rstrip()
                        case Close() if asked:
                            return f"{bed}: {message.reason} at sample {message.sample}"
                        case Open() if asked and action != "pause":  # then it comes with word that it is paused
                            speed = f"speed {message.speed:g}" if message.speed else "as fast as it goes"
                            return f"{bed}: {message.title}, {speed}, from sample {message.first}"
                        case _:
                            pass
    except TimeoutError:
        pass
    raise FeedError(f"nobody answers for bed {bed!r}: is it played by `cardiovision replay`, and spelled so?")
