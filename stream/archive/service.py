"""The keeper on the feed: writes all waves, beats and alarms it hears to disk, and a strip of each alarm.

Monitoring goes first. The feed is read into memory by one task, the disk written by another in a thread, so a slow or
broken disk never holds back the hub; when what waits for the disk is too much, samples are left out, as a gap.
"""

import asyncio
import logging
import math
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Final, Literal

from stream.archive.bounds import Bounds, prune
from stream.archive.folder import Archive
from stream.archive.recorder import HOLD_SECONDS, Batch, Recorder
from stream.archive.strips import Strips, cut
from stream.archive.writer import Writer
from stream.client import Feed
from stream.errors import SourceError
from stream.messages import Alarm, Event, Gap, Sent, Status, Subscribe, Subscribed, Welcome

log = logging.getLogger(__name__)

NOTED: Final = ("beat", "alarm", "rhythm", "quality")
HEARS: Final = ("open", "wave", "close", *NOTED)

HISTORY: Final = 60.0
"""Seconds of waves asked for from before the keeper came, as far as the hub has them."""

BACKLOG_BYTES: Final = 256 << 20
"""Bytes of samples held in memory at most while the disk does not take them: two minutes of 2,000 beds of two leads."""

TURN: Final = 1.0
"""Seconds between looks at what is due."""

RETRY: Final = 5.0
"""Seconds after which a disk that refused is tried again."""

PRUNE: Final = (60.0, 50.0)
"""Seconds between looks at what is to be deleted; and how many times longer they are than the look before took."""


async def keep(
    url: str,
    folder: Path,
    *,
    bounds: Bounds | None = None,
    waves: Literal["latest", "all"] = "latest",
    hold: float = HOLD_SECONDS,
    backlog: int = BACKLOG_BYTES,
    retry: float = RETRY,
) -> None:
    """Keep what is on the feed at ``url`` in ``folder``, until cancelled.

    Parameters
    ----------
    url
        Of the hub.
    folder
        Where to keep it; made if it is not there.
    bounds
        How much is kept.
    waves
        ``latest``: what the keeper cannot follow is left out, and monitoring is never held back. ``all``: nothing is
        left out, and sources wait for the keeper: for replays as fast as they go.
    hold
        Seconds that samples are held in memory before they are written.
    backlog
        Bytes of samples that may wait for the disk.
    retry
        Seconds after which a disk that refused is tried again.

    Raises
    ------
    FeedError
        If the feed refuses this client.
    SourceError
        If another keeper writes into the folder.
    """
    subscribe = Subscribe(kinds=HEARS, waves=waves, history=HISTORY)
    async with Feed(url, name="keeper", subscribe=subscribe) as feed:
        writer = Writer(Archive(folder))
        archivist = Archivist(
            feed, writer, bounds or Bounds(), hold=hold, backlog=backlog, retry=retry, wait=waves == "all"
        )
        hearing = asyncio.create_task(archivist.hear())
        catching_up = asyncio.create_task(archivist.catch_up())
        writing = asyncio.create_task(archivist.write())
        try:
            await asyncio.wait((hearing, writing), return_when=asyncio.FIRST_COMPLETED)
        finally:
            hearing.cancel()
            catching_up.cancel()
            archivist.stop()
            await asyncio.gather(hearing, catching_up, writing, return_exceptions=True)
            writer.release()
        for task in (hearing, writing):
            if not task.cancelled():
                task.result()


class Archivist:
    """What is heard, on its way to the disk.

    Parameters
    ----------
    feed
        Read from, and told how it goes.
    writer
        Writes to the disk.
    bounds
        How much is kept.
    hold, backlog, retry
        See :func:`keep`.
    wait
        Whether the feed is not read while the backlog is full; else samples are left out.
    """

    def __init__(
        self,
        feed: Feed,
        writer: Writer,
        bounds: Bounds,
        *,
        hold: float,
        backlog: int,
        retry: float,
        wait: bool,
    ) -> None:
        self._feed = feed
        self._writer = writer
        self._folder = writer.archive.folder
        self._bounds = bounds
        self._backlog = backlog
        self._wait = wait
        self._recorder = Recorder(hold=hold, limit=2 * backlog if wait else backlog)
        self._strips = Strips()
        self._unwritten: list[Batch] = []
        self._turn = min(TURN, hold)
        self._retry_after = retry
        self._stopped = asyncio.Event()
        self._room = asyncio.Event()
        self._good = Status(component="keeper", state="ready", detail=f"keeping records in {self._folder}")
        self._status = self._good
        self._place: dict[str, object] = {}  # where the feed is to be resumed, as last written down
        self._session: str | None = None
        self._seq = 0
        self._subscribed = asyncio.Event()
        self._caught_up = False
        self._left_out = 0
        self._retry = self._prune = -math.inf

    async def hear(self) -> None:
        """Take what comes on the feed, for ever."""
        async for messages in self._feed:
            await self._note(messages)
            now = time.monotonic()
            self._recorder.take(messages, now)
            self._strips.take(messages, now)
            while self._wait and self._recorder.waiting >= self._backlog:
                self._room.clear()
                await self._room.wait()

    async def catch_up(self) -> None:
        """Hear the beats and alarms told since an earlier keeper of this folder ended, on a connection of its own.

        Until that is done nothing newer is noted as done with: should this one be killed, the next begins there again.
        """
        await self._subscribed.wait()
        place = await asyncio.to_thread(self._writer.remembered)
        seq, last = place.get("seq"), self._seq
        if place.get("session") == self._session and isinstance(seq, int) and seq < last:
            wanted = Subscribe(kinds=NOTED, since=seq, session=self._session)
            async with Feed(self._feed.url, name="keeper, catching up", subscribe=wanted) as past:
                async for messages in past:
                    self._recorder.take(messages, time.monotonic())
                    self._strips.take(messages, time.monotonic())
                    if any(isinstance(message, Subscribed) for message in messages):
                        break
        self._caught_up = True

    async def write(self) -> None:
        """Write what is due, again and again; all that is held, once stopped."""
        while not self._stopped.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopped.wait(), self._turn)
            now = time.monotonic()
            if now >= self._retry:
                strips = self._strips.due(self._recorder.position, now)
                full = self._wait and self._recorder.waiting >= self._backlog
                beds = {alarm.bed for alarm in strips}
                await self._save(self._recorder.all() if full else self._recorder.due(now, beds), strips, now)
        await self._save(self._recorder.all(), self._strips.all(), time.monotonic())

    def stop(self) -> None:
        """Have :meth:`write` write all that is held, and end."""
        self._stopped.set()

    async def _note(self, messages: Sequence[Sent]) -> None:
        """Note how far the feed was heard and what of it was lost; say how the keeper is to whoever is new."""
        for message in messages:
            match message:
                case Welcome():
                    self._session = message.session
                case Subscribed():
                    self._seq = max(self._seq, message.seq)
                    self._subscribed.set()
                case Status(component="feed", state="ready"):
                    await self._feed.publish(self._status)
                case Gap(reason="slow"):
                    log.warning("cannot follow the feed", extra={"bed": message.bed, "at": message.start})
                case Event() if message.seq:
                    self._seq = message.seq

    async def _save(self, batches: list[Batch], strips: list[Alarm], now: float) -> None:
        """Write what waits and delete what is too old; tell when that begins to fail, and when it is over."""
        held = [seq for seq in (self._recorder.earliest(), self._strips.earliest()) if seq is not None]
        place: dict[str, object] = {"session": self._session, "seq": min([self._seq, *(seq - 1 for seq in held)])}
        work = _Work([*self._unwritten, *batches], strips, place if self._caught_up and place != self._place else None)
        if now >= self._prune:
            work.bounds = self._bounds
        await asyncio.to_thread(work.do, self._writer)
        self._unwritten = work.batches
        self._strips.put_back(work.strips)
        for batch in work.written:
            self._recorder.written(batch)
        self._room.set()
        if work.place is None:
            self._place = place
        if work.bounds is not None:
            self._prune = now + max(PRUNE[0], PRUNE[1] * work.took)
        await self._tell(work.error, now)

    async def _tell(self, error: OSError | None, now: float) -> None:
        """Tell, once, that the disk refuses, and that it does not any more."""
        left_out, self._left_out = self._recorder.left_out - self._left_out, self._recorder.left_out
        if left_out:
            log.warning("samples left out, too many wait for the disk", extra={"samples": left_out})
        status = self._good
        self._retry = now
        if error is not None:
            self._retry = now + self._retry_after
            why = f"cannot keep records in {self._folder}: {error.strerror or error}"
            status = Status(component="keeper", state="error", detail=f"{why}; trying again, monitoring goes on")
        if status != self._status:
            self._status = status
            log.log(logging.ERROR if error else logging.INFO, status.detail)
            with suppress(TimeoutError):  # whoever comes back is told anyhow
                async with asyncio.timeout(RETRY):
                    await self._feed.publish(status)


class _Work:
    """One turn at the disk, in a thread of its own; what the disk refuses stays in it."""

    def __init__(self, batches: list[Batch], strips: list[Alarm], place: dict[str, object] | None) -> None:
        self.batches = batches
        self.strips = strips
        self.place = place
        self.bounds: Bounds | None = None
        self.written: list[Batch] = []
        self.took = 0.0
        self.error: OSError | None = None

    def do(self, writer: Writer) -> None:
        """Write samples, then strips, which are cut from them, then the place in the feed that is done with."""
        if not self._try(writer.claim):
            return
        refused: dict[str, list[Batch]] = {}
        for batch in self.batches:
            if batch.bed in refused:  # in order, or not at all
                refused[batch.bed].append(batch)
            elif self._try(partial(writer.write, batch)):
                self.written.append(batch)
            else:
                refused[batch.bed] = [batch]
        self.batches = [batch for batches in refused.values() for batch in batches]
        self.strips = [
            alarm for alarm in self.strips if alarm.bed in refused or not self._try(partial(_cut, writer, alarm))
        ]
        place = self.place
        if place is not None and self.error is None and self._try(partial(writer.remember, place)):
            self.place = None
        if self.bounds is not None:
            began = time.monotonic()
            self._try(partial(prune, writer.archive.folder, self.bounds))
            self.took = time.monotonic() - began

    def _try(self, act: Callable[[], object]) -> bool:
        """Whether the disk lets us."""
        try:
            act()
        except OSError as error:
            self.error = error
            return False
        return True


def _cut(writer: Writer, alarm: Alarm) -> None:
    """Write an alarm's strip, or tell why there is none."""
    why = "no samples kept"
    try:
        if cut(writer, alarm):
            return
    except SourceError as error:
        why = str(error)
    log.warning("no strip", extra={"bed": alarm.bed, "alarm": alarm.id, "reason": why})
