"""The bus that outlives its hub: what it tells is in the journal first.

:class:`JournaledBus` puts a line before the :class:`~stream.bus.MemoryBus`. Whatever must not be lost waits in it until
it is written, and all that comes meanwhile waits behind it, so that the order is that of coming. Samples and beats go
by without waiting while the line is empty.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Iterable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Final, Self

from stream.bus import KEPT_BYTES, Filter, MemoryBus
from stream.entries import AUDITED, Past
from stream.errors import JournalError
from stream.history import KEPT_SECONDS
from stream.journal import Journal
from stream.keeper import PATIENCE, TICK, Keeper
from stream.messages import (
    Beat,
    Control,
    CutBeat,
    Event,
    Explain,
    Explanation,
    Message,
    Numerics,
    Reference,
    Status,
    Subscribe,
    Wave,
)
from stream.outbox import Outbox
from stream.retention import Retention
from stream.visit import Visit

log = logging.getLogger(__name__)

_FREE: Final = frozenset({Wave, Numerics, Control, Explain, Beat, Explanation, CutBeat, Reference})
"""What is told at once: events among it are written within a second, and the detector says beats again."""

_WRITTEN: Final = (Event, *AUDITED)


@dataclass(slots=True)
class _Joining:
    """A subscription in the line."""

    outbox: Outbox
    request: Subscribe
    earlier: tuple[Sequence[Event], int] | None = None
    over: bool = False


class JournaledBus:
    """A bus with a journal; an async context manager.

    Parameters
    ----------
    where
        Path of an SQLite file, or a database's address.
    keep
        How much is kept in it.
    kept_bytes, kept_seconds
        Kept in memory; see :class:`~stream.bus.MemoryBus`.
    patience, tick
        See :class:`~stream.keeper.Keeper`.

    Raises
    ------
    JournalError
        At once or on entering, if there can be no such journal, or another hub writes it.
    """

    def __init__(
        self,
        where: str | Path,
        keep: Retention | None = None,
        *,
        kept_bytes: int = KEPT_BYTES,
        kept_seconds: float = KEPT_SECONDS,
        patience: float = PATIENCE,
        tick: float = TICK,
    ) -> None:
        self._where: Final = where
        self._keeper: Final = Keeper(where, keep, tell=self._told, patience=patience, tick=tick)
        self._memory = MemoryBus(kept_bytes, kept_seconds=kept_seconds)
        self._kept = (kept_bytes, kept_seconds)
        self._line: deque[list[Message] | _Joining] = deque()
        self._joining: dict[Outbox, _Joining] = {}
        self._wake: Final = asyncio.Event()
        self._pump: asyncio.Task[None] | None = None
        self._reading: set[asyncio.Task[None]] = set()
        self._stack: Final = AsyncExitStack()
        self._stopping = False

    async def __aenter__(self) -> Self:
        await self._stack.enter_async_context(self._keeper)
        past = self.past
        kept_bytes, kept_seconds = self._kept
        self._memory = MemoryBus(kept_bytes, kept_seconds=kept_seconds, session=past.session, seq=past.seq)
        self._memory.restore(past.present)
        self._pump = asyncio.create_task(self._run())
        if self._keeper.fault:
            self._told(self._keeper.fault)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._pump is not None
        for task in self._reading:
            task.cancel()
        self._stopping = True
        self._wake.set()
        await self._pump
        await self._stack.aclose()

    @property
    def past(self) -> Past:
        """What was before this hub."""
        return self._keeper.past

    @property
    def session(self) -> str:
        """See :class:`~stream.bus.Bus`; the journal's, over all hubs that write it."""
        return self._memory.session

    @property
    def seq(self) -> int:
        """See :class:`~stream.bus.Bus`."""
        return self._memory.seq

    def publish(self, messages: Iterable[Message]) -> None:
        """See :meth:`~stream.bus.Bus.publish`."""
        batch = list(messages)
        if self._line or not all(type(message) in _FREE for message in batch):
            self._line.append(batch)
            self._wake.set()
        elif batch:
            stamped = [self._memory.stamp(message) for message in batch]
            self._keeper.later(message for message in stamped if isinstance(message, Event))
            self._memory.deliver(stamped)

    def note(self, visit: Visit) -> None:
        """See :meth:`~stream.bus.Bus.note`."""
        self._keeper.later([visit])

    def subscribe(self, outbox: Outbox, request: Subscribe) -> None:
        """See :meth:`~stream.bus.Bus.subscribe`."""
        self.unsubscribe(outbox)
        joining = self._joining[outbox] = _Joining(outbox, request)
        if self._memory.reaches(request):
            if self._line:
                self._line.append(joining)
            else:
                self._enter(joining)
        else:
            task = asyncio.create_task(self._read(joining))
            self._reading.add(task)
            task.add_done_callback(self._reading.discard)

    def unsubscribe(self, outbox: Outbox) -> None:
        """See :meth:`~stream.bus.Bus.unsubscribe`."""
        self._memory.unsubscribe(outbox)
        joining = self._joining.pop(outbox, None)
        if joining:
            joining.over = True

    async def _read(self, joining: _Joining) -> None:
        """Read from the journal what memory does not reach, and let the subscriber in."""
        try:
            with await asyncio.to_thread(Journal, self._where) as journal:
                read = self._since if self._memory.resumes(joining.request) else self._last
                joining.earlier = await read(journal, joining)
        except JournalError as error:
            log.warning("cannot read the journal", extra={"error": str(error)})
        self._enter(joining)

    async def _last(self, journal: Journal, joining: _Joining) -> tuple[Sequence[Event], int] | None:
        """The latest events asked for of those before memory's."""
        wanted = Filter(joining.request).wants
        before = self._memory.first
        found = await asyncio.to_thread(journal.latest, before, wanted, joining.request.last)
        return (found, 0) if self._memory.first == before else None

    async def _since(self, journal: Journal, joining: _Joining) -> tuple[Sequence[Event], int]:
        """All events from those asked for up to memory's, and how many are lost."""
        since = joining.request.since or 0
        earlier: list[Event] = []
        missed = 0
        while since < self._memory.first - 1 and not joining.over:
            await self._keeper.write(())  # all that memory has let go is in the journal then
            before = self._memory.first
            found, lost = await asyncio.to_thread(journal.told, since, before)
            earlier += found
            missed += lost
            since = before - 1
        return earlier, missed

    def _enter(self, joining: _Joining) -> None:
        if not joining.over:
            self._memory.subscribe(joining.outbox, joining.request, joining.earlier)

    async def _run(self) -> None:
        """Serve the line."""
        while not self._stopping or self._line:
            await self._wake.wait()
            self._wake.clear()
            while self._line:
                first = self._line[0]
                try:
                    if isinstance(first, _Joining):
                        count = 1
                        self._enter(first)
                    else:
                        batches = list(takewhile(lambda item: isinstance(item, list), self._line))
                        count = len(batches)
                        await self._publish([message for batch in batches for message in batch])  # type: ignore[union-attr]
                except Exception:  # a fault of ours at one must not hold up the others
                    log.exception("cannot publish")
                for _ in range(count):
                    self._line.popleft()

    async def _publish(self, messages: Sequence[Message]) -> None:
        """Write, then tell."""
        stamped = [self._memory.stamp(message) for message in messages]
        await self._keeper.write(message for message in stamped if isinstance(message, _WRITTEN))
        self._memory.deliver(stamped)

    def _told(self, fault: str | None) -> None:
        """Tell everybody how the journal is."""
        if self._pump is None:
            return
        state = Status(component="journal", state="ready", detail="written again")
        if fault:
            state = Status(component="journal", state="error", detail=f"cannot keep records: {fault}"[:200])
        self.publish([state])
