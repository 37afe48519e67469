"""Keeps the journal while the hub runs: writes in a thread of its own, and goes on from memory when it cannot.

What must not be lost is written before it is told (:meth:`Keeper.write`), the rest within a second
(:meth:`Keeper.later`). A disk that is full, read-only, locked or does not answer holds nobody up for longer than
:data:`PATIENCE`: what could not be written waits in memory, is tried again each second, and is written once the disk
is well again.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, Self

from sqlalchemy import text
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError

from stream import journal_tables as tables
from stream import retention
from stream.entries import Entry, Kept, Past
from stream.errors import JournalError
from stream.journal_lock import HubLock
from stream.messages import Event
from stream.retention import Retention
from stream.scribe import Scribe

log = logging.getLogger(__name__)

PATIENCE: Final = 2.0
"""Longest time, in seconds, for which what is to be told waits for the disk."""

TICK: Final = 1.0
"""Seconds between two writings of what is not urgent, and between two tries after a fault."""

WAITING: Final = 200_000
"""Most entries that wait in memory while the journal cannot be written; beyond, the oldest are lost, and counted."""

_TOGETHER: Final = 5000  # entries in one transaction
_TIDY: Final = 30  # ticks between two looks whether there is something to let go
_CHECKPOINT: Final = 5  # ticks between two checkpoints


class Keeper:
    """The journal's writer; an async context manager.

    Parameters
    ----------
    where
        Path of an SQLite file, or a database's address.
    keep
        How much is kept.
    tell
        Called when the journal fails, with the reason, and when it is well again, with None.
    clock
        Gives UTC seconds.
    patience, tick
        In seconds.

    Attributes
    ----------
    past
        What was before; once entered.
    fault
        Why nothing can be written now; None if it can.

    Raises
    ------
    JournalError
        At once, if there can be no such journal; on entering, if another hub writes it or it is of another version.
    """

    past: Past

    def __init__(
        self,
        where: str | Path,
        keep: Retention | None = None,
        *,
        tell: Callable[[str | None], None] = lambda _: None,
        clock: Callable[[], float] = time.time,
        patience: float = PATIENCE,
        tick: float = TICK,
    ) -> None:
        self.fault: str | None = None
        self._where: Final = tables.shown(where)
        self._keep: Final = keep or Retention()
        self._tell: Final = tell
        self._clock: Final = clock
        self._patience: Final = patience
        self._pause: Final = tick
        self._engine: Final = tables.connect(where)
        self._scribe: Final = Scribe(self._engine)
        self._thread: Final = ThreadPoolExecutor(1, "journal")
        self._waiting: deque[Entry] = deque()
        self._taken = self._written = 0  # entries, ever
        self._lost = 0
        self._tidy = 0  # turn of the next look at what is to be let go
        self._seq = 0
        self._begun = False
        self._wanted: Final = asyncio.Event()  # something is to be written now
        self._moved: Final = asyncio.Event()  # something was written, or cannot be
        self._stopping = False
        self._lock: HubLock | None = None
        self._task: asyncio.Task[None] | None = None
        self._checkpoint: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._lock = HubLock(self._engine)
        try:
            self.past = await self._do(self._scribe.begin)
            self._begun = True
        except SQLAlchemyError as error:
            self._fail(_reason(error))
            self.past = await self._do(self._scribe.look)
        except BaseException:
            self._lock.release()
            raise
        self._seq = self.past.seq
        log.info("journal", extra={"journal": self._where, "session": self.past.session, "seq": self._seq})
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._lock is not None
        assert self._task is not None
        self._stopping = True
        self._wanted.set()
        _done, late = await asyncio.wait({self._task}, timeout=3 * self._patience)
        if late or self.fault:
            log.error("journal not finished", extra={"journal": self._where, "waiting": len(self._waiting)})
            self._task.cancel()
        if self._checkpoint:
            await asyncio.wait({self._checkpoint}, timeout=self._patience)
        self._thread.shutdown(wait=False, cancel_futures=True)
        self._engine.dispose()
        self._lock.release()

    def later(self, messages: Iterable[Kept]) -> None:
        """Have messages written within a second."""
        now = self._clock()
        for message in messages:
            self._waiting.append(Entry(message, now))
            self._taken += 1
            if isinstance(message, Event):
                self._seq = message.seq
        while len(self._waiting) > WAITING:
            self._waiting.popleft()
            self._written += 1
            self._lost += 1

    async def write(self, messages: Iterable[Kept]) -> None:
        """Have messages written now, with all before them; return once they are, or cannot be."""
        self.later(messages)
        if self.fault:
            return
        target = self._taken
        self._wanted.set()
        try:
            async with asyncio.timeout(self._patience):
                while self._written < target and not self.fault:
                    self._moved.clear()
                    await self._moved.wait()
        except TimeoutError:
            self._fail(f"no answer for {self._patience:g} s")

    # ----------------------------------------------------------------------------------------------- the work

    async def _run(self) -> None:
        """Write what waits, whenever it is wanted and at every tick; tidy in between."""
        clock = asyncio.get_running_loop().time
        due, turn = clock() + self._pause, 0
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout_at(due):
                    await self._wanted.wait()
            stopping = self._stopping
            self._wanted.clear()
            try:
                if not self._begun:
                    await self._do(lambda: self._scribe.begin(self.past))
                    self._begun = True
                await self._drain()
                if stopping:
                    await self._do(lambda: self._scribe.end(self._seq))
                elif clock() >= due:
                    due, turn = clock() + self._pause, turn + 1
                    await self._tick(turn)
            except (SQLAlchemyError, JournalError) as error:
                self._fail(_reason(error))
                self._engine.dispose()  # the next try is to see the file that is there then
                if not stopping:
                    await asyncio.sleep(self._pause)
            except Exception as error:  # a fault of ours must not end the journal
                log.exception("cannot keep the journal")
                self._fail(f"{type(error).__name__}: {error}")
            else:
                self._well()
            if stopping:
                return

    async def _tick(self, turn: int) -> None:
        """Do what is to be done now and then."""
        await self._do(self._scribe.rest)
        if turn >= self._tidy:
            more = await self._do(lambda: retention.step(self._engine, self._keep, self._clock(), self._scribe.needed))
            self._tidy = turn + (1 if more else _TIDY)
        if turn % _CHECKPOINT == 0:
            self._start_checkpoint()

    async def _drain(self) -> None:
        """Write all that waits."""
        together = _TOGETHER
        while self._waiting:
            batch = [self._waiting.popleft() for _ in range(min(together, len(self._waiting)))]
            try:
                await self._do(lambda batch=batch: self._scribe.write(batch))  # type: ignore[misc]
            except Exception as error:
                odd = isinstance(error, DataError | IntegrityError) or not isinstance(error, SQLAlchemyError)
                if not odd or len(batch) > 1:
                    self._waiting.extendleft(reversed(batch))
                if not odd:
                    raise
                if len(batch) > 1:
                    together = 1  # to find the one that cannot be written, which must not hold up the others
                    continue
                log.exception("left out of the journal", extra={"what": repr(batch[0].what)[:200]})
            self._written += len(batch)
            self._moved.set()

    async def _do(self, work: Callable[[], Any]) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _start_checkpoint(self) -> None:
        """Have what is in the WAL moved to its place, beside the writing: it waits for the disk."""
        if self._engine.dialect.name != "sqlite" or (self._checkpoint and not self._checkpoint.done()):
            return

        def checkpoint() -> None:
            with suppress(SQLAlchemyError), self._engine.connect() as connection:
                connection.execute(text("PRAGMA wal_checkpoint(PASSIVE)")).all()

        self._checkpoint = asyncio.create_task(asyncio.to_thread(checkpoint))

    def _fail(self, reason: str) -> None:
        if self.fault is None:
            log.error("journal cannot be written", extra={"journal": self._where, "reason": reason})
            self.fault = reason
            self._tell(reason)
        self._moved.set()

    def _well(self) -> None:
        if self.fault is not None:
            log.warning("journal is written again", extra={"journal": self._where, "lost": self._lost})
            self.fault = None
            self._lost = 0
            self._tell(None)


def _reason(error: Exception) -> str:
    """What the database says, in one line."""
    said = error.orig if isinstance(error, DBAPIError) else error
    return " ".join(str(said).split())
