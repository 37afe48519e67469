"""Plays sources onto the feed, each at its pace: records, CSV beats and the simulator become beds."""

import asyncio
import logging
import math
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Final, TypeAlias

from stream.client import Feed
from stream.errors import FeedError, SourceError
from stream.messages import Close, Control, Encoding, Message, Problem, Status, Subscribe
from stream.player import Player
from stream.reels import Source
from stream.sources import short_name

log = logging.getLogger(__name__)

FRAME_BYTES: Final = 240 << 10
"""Most bytes of messages put into one frame, about."""

_FAREWELL: Final = 1.0  # seconds given to say that play was stopped
_Mailbox: TypeAlias = asyncio.Queue[Control | None]  # None asks to restate the streams


async def replay(
    sources: Sequence[Source],
    url: str,
    *,
    beds: Sequence[str],
    speed: float = 1.0,
    loop: bool = False,
    start: float = 0.0,
    stop: float | None = None,
    name: str = "replay",
    encoding: Encoding = "msgpack",
    wait: bool = True,
) -> None:
    """Play sources to their end, each as its beds; :class:`~stream.messages.Control` messages steer them.

    A source that fails in the middle closes its own beds only. While the hub is away play stands still.

    Parameters
    ----------
    sources
        What to play.
    url
        Of the hub.
    beds
        Names for all beds of all sources, in order; see :func:`default_beds`.
    speed
        Stream seconds per wall second, from 0.1; 0 is as fast as the hub takes it.
    loop
        Whether to begin again at the end. Refused (and said) by sources that cannot go back.
    start, stop
        Play from and to these times, in seconds of each record; ``stop`` None is its end.
    name
        Who this is, for the hub's log.
    encoding
        How to speak to the hub.
    wait
        Whether to keep trying if the hub cannot be reached at first.

    Raises
    ------
    SourceError
        Before anything is played, if names, speed or times do not fit the sources.
    FeedError
        If the hub cannot be reached (without ``wait``), refuses this client, or refused a bed to its end.
    """
    players = list(_cast(sources, beds, speed=speed, loop=loop, start=start, stop=stop))
    mine = Subscribe(beds=tuple(beds), kinds=("control", "close"))
    async with Feed(url, name=name, subscribe=mine, encoding=encoding, wait=wait) as feed:
        stage = _Stage(feed, players)
        try:
            await stage.run()
        except asyncio.CancelledError:
            with suppress(TimeoutError, FeedError):
                async with asyncio.timeout(_FAREWELL):
                    await stage.stop()
            raise


def default_beds(names: Sequence[str]) -> list[str]:
    """Name beds after records or files: ``mitdb/119`` is ``119``, the second one of it ``119-2``."""
    bases = [short_name(name) for name in names]
    seen: Counter[str] = Counter()
    beds = []
    for base in bases:
        seen[base] += 1
        while seen[base] > 1 and f"{base}-{seen[base]}" in bases:
            seen[base] += 1
        beds.append(base if seen[base] == 1 else f"{base}-{seen[base]}")
    return beds


def _cast(
    sources: Sequence[Source],
    beds: Sequence[str],
    *,
    speed: float,
    loop: bool,
    start: float,
    stop: float | None,
) -> Iterator[Player]:
    """Give each source its player and beds."""
    counts = [len(getattr(source, "titles", (None,))) for source in sources]
    if sum(counts) != len(beds) or len(set(beds)) != len(beds):
        raise SourceError(f"expected {sum(counts)} different bed names, got {len(beds)}: {', '.join(beds)}")
    at = 0
    for source, count in zip(sources, counts, strict=True):
        yield Player(source, beds[at : at + count], speed=speed, loop=loop, start=start, stop=stop)
        at += count


class _Stage:
    """Players at play on one feed."""

    def __init__(self, feed: Feed, players: Sequence[Player]) -> None:
        self._feed = feed
        self._players = players
        self._mail: dict[str, _Mailbox] = {}
        for player in players:
            self._mail |= dict.fromkeys(player.beds, _Mailbox())
        self._open = set(self._mail)  # beds whose end the hub has not heard of
        self._heard = asyncio.Event()
        self._refused: str | None = None

    async def run(self) -> None:
        """Play all to their end, and wait until the hub has heard it."""
        listener = asyncio.create_task(self._listen())
        playing = [asyncio.create_task(self._play(player)) for player in self._players]
        try:
            await asyncio.gather(*playing)
            await self._heard.wait()
            if self._refused:
                raise FeedError(f"the hub refused what was played: {self._refused}")
        finally:
            for task in (*playing, listener):
                task.cancel()
            await asyncio.gather(*playing, listener, return_exceptions=True)

    async def stop(self) -> None:
        """Close what is still at play."""
        for player in self._players:
            if player.streams and not player.ended:
                await self._feed.publish(*player.close("stopped"))

    async def _play(self, player: Player) -> None:
        mailbox = self._mail[player.beds[0]]
        await self._publish(player.begin(time.monotonic(), time.time()))
        while True:
            # In a thread: a file may be slow to read, and other beds must not wait for it.
            await self._publish(await asyncio.to_thread(player.step, time.monotonic(), time.time()))
            if player.ended:
                return
            try:
                async with asyncio.timeout(player.wait(time.monotonic())):
                    control = await mailbox.get()
            except TimeoutError:
                continue
            now, wall = time.monotonic(), time.time()
            words = player.restate(now, wall) if control is None else player.steer(control, now, wall)
            await self._publish(words)

    async def _publish(self, messages: Sequence[Message]) -> None:
        """Publish, in frames that are not too large; waits while the hub is away or does not keep up."""
        batch: list[Message] = []
        size = 0
        for message in messages:
            batch.append(message)
            size += 200 + len(getattr(message, "samples", b""))
            if size > FRAME_BYTES:
                await self._feed.publish(*batch)
                batch, size = [], 0
        await self._feed.publish(*batch)

    async def _listen(self) -> None:
        """Hand commands to the players, and note when the hub has heard of an end."""
        clock, restated = time.monotonic, -math.inf
        async for messages in self._feed:
            for message in messages:
                if isinstance(message, Control) and message.bed in self._mail:
                    self._mail[message.bed].put_nowait(message)
                elif isinstance(message, Close):
                    self._open.discard(message.bed)
                elif isinstance(message, Status) and message.state == "lost":
                    self._open -= self._ended()
                elif isinstance(message, Problem) and message.bed in self._ended():
                    self._refused = self._refused or message.text
                    self._open.discard(message.bed)
                elif isinstance(message, Problem) and message.bed in self._mail and clock() > restated + 1.0:
                    # The hub may not have noticed before that an earlier connection of ours is gone.
                    restated = clock()
                    self._mail[message.bed].put_nowait(None)
            if not self._open:
                self._heard.set()

    def _ended(self) -> set[str]:
        return {bed for player in self._players if player.ended for bed in player.beds}
