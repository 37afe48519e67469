"""The journal's writer beside a disk that is full, locked, away or slow: nobody waits long, and nothing is lost."""

import asyncio
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event
from words import alarm, beat, opened

from stream.errors import JournalError
from stream.journal import Journal
from stream.keeper import Keeper
from stream.messages import Acknowledge

pytestmark = pytest.mark.timeout(30)


class Told:
    """What a keeper tells of itself, and a way to wait for it."""

    def __init__(self) -> None:
        self.said: list[str | None] = []
        self._changed = asyncio.Event()

    def __call__(self, fault: str | None) -> None:
        self.said.append(fault)
        self._changed.set()

    async def until(self, true: Callable[[str | None], bool]) -> None:
        while not (self.said and true(self.said[-1])):
            self._changed.clear()
            await self._changed.wait()

    async def well(self) -> None:
        await self.until(lambda fault: fault is None)


def kept(path: Path) -> list[int]:
    """Onsets of the alarms that are in the journal, in order of onset."""
    with Journal(path) as journal:
        return sorted(x.alarm.onset for x in journal.alarms())


def list_of(folder: Path, pattern: str) -> list[Path]:
    return list(folder.glob(pattern))


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Another program holds the database."""
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield
    other.execute("ROLLBACK")
    other.close()


def keeper(path: Path, told: Told | None = None, **options: Any) -> Keeper:
    return Keeper(path, tell=told or Told(), **({"tick": 0.02} | options))


async def test_what_is_written_is_there_when_write_returns(path):
    async with keeper(path, tick=60) as writer:
        writer.later([opened(seq=1), beat(5, 2)])
        await writer.write([alarm(1, 3)])
        with Journal(path) as journal:
            assert [x.alarm.seq for x in journal.alarms()] == [3]
            assert [x.seq for x in journal.told(0, 10)[0]] == [1, 2, 3]


async def test_what_may_wait_is_there_after_a_stop(path):
    async with keeper(path, tick=60) as writer:
        session = writer.past.session
        writer.later([opened(seq=1), beat(5, 2)])
    with Journal(path) as journal:
        assert journal.beats("1", "a") == [beat(5)]
    async with keeper(path) as writer:
        assert (writer.past.session, writer.past.seq) == (session, 2)


async def test_locked_by_another_program_goes_on_from_memory_and_recovers(path):
    told = Told()
    async with keeper(path, told) as writer:
        await writer.write([alarm(1, 1, onset=1)])
        with locked(path):
            await writer.write([alarm(1, 2, onset=2)])
            assert told.said == ["database is locked"]
            begun = time.monotonic()
            for n in range(3, 50):
                await writer.write([alarm(1, n, onset=n)])
            assert time.monotonic() - begun < 0.2  # once it is known to fail, nobody waits
            assert kept(path) == [1]
        await told.well()
        assert kept(path) == list(range(1, 50))
        await writer.write([alarm(1, 50, onset=50)])
        assert kept(path) == list(range(1, 51))


async def test_a_full_disk_is_told_and_all_is_written_when_there_is_room(path):
    told = Told()
    room = {"pages": 60}

    def limit(connection: Any, _: object) -> None:
        connection.execute(f"PRAGMA max_page_count={room['pages']}")

    event.listen(Engine, "connect", limit)
    try:
        async with keeper(path, told) as writer:
            n = 0
            while not writer.fault:
                n += 1
                await writer.write([alarm(1, n, onset=n, text="x" * 200)])
            assert told.said == ["database or disk is full"]
            await writer.write([alarm(1, n + 1, onset=n + 1), Acknowledge(bed="1", by="Kim")])
            assert len(kept(path)) < n
            room["pages"] = 10_000
            await told.well()
            assert kept(path) == list(range(1, n + 2))
            with Journal(path) as journal:
                assert len(journal.audit()) == 1
    finally:
        event.remove(Engine, "connect", limit)


async def test_what_cannot_be_opened_at_the_start_is_told_and_begun_later(path):
    path.mkdir()  # no file can be made here
    told = Told()
    async with keeper(path, told) as writer:
        assert told.said == ["unable to open database file"]
        session = writer.past.session
        await writer.write([opened(seq=1), alarm(1, 2)])
        path.rmdir()
        await told.well()
        assert kept(path) == [500]
    async with keeper(path) as writer:
        assert writer.past.session == session
        assert [x.seq for x in writer.past.present] == [1, 2]


async def test_a_file_that_is_no_database_is_left_alone_and_replaced_by_hand(path):
    path.write_text("no database\n" * 1000)
    told = Told()
    async with keeper(path, told) as writer:
        assert told.said == ["file is not a database"]
        await writer.write([alarm(1, 1)])
        path.unlink()
        await told.well()
    assert kept(path) == [500]


async def test_a_journal_that_can_be_read_but_not_written_is_gone_on_with(path):
    async with keeper(path) as writer:
        session = writer.past.session
        await writer.write([opened(seq=1), alarm(1, 2)])
    told = Told()
    with locked(path):
        async with keeper(path, told) as writer:
            assert told.said == ["database is locked"]
            assert (writer.past.session, writer.past.seq) == (session, 2)
            assert [x.seq for x in writer.past.present] == [1, 2]
            assert not writer.past.known.news(alarm(1))


async def test_a_disk_that_does_not_answer_holds_nobody_up(path):
    told = Told()
    async with keeper(path, told, patience=0.05) as writer:  # less than it waits for a lock
        with locked(path):
            await writer.write([alarm(1, 1, onset=1)])
            assert told.said == ["no answer for 0.05 s"]
            await writer.write([alarm(1, 2, onset=2)])
        await told.well()
        assert kept(path) == [1, 2]


async def test_what_waits_is_bounded_and_what_is_lost_is_counted(path, monkeypatch, caplog):
    monkeypatch.setattr("stream.keeper.WAITING", 10)
    told = Told()
    async with keeper(path, told) as writer:
        with locked(path):
            for n in range(1, 31):
                await writer.write([alarm(1, n, onset=n)])
        await told.well()
    assert kept(path)[-9:] == list(range(22, 31))
    (again,) = [record for record in caplog.records if "written again" in record.message]
    assert again.lost == 30 - len(kept(path))


async def test_one_message_that_cannot_be_written_does_not_hold_up_the_others(path, caplog):
    async with keeper(path, tick=60) as writer:
        with sqlite3.connect(path) as connection:
            connection.execute(
                "CREATE TRIGGER odd BEFORE INSERT ON alarms WHEN NEW.onset = 2 BEGIN SELECT RAISE(ABORT, 'odd'); END"
            )
        writer.later([alarm(1, 1, onset=1), alarm(1, 2, onset=2)])
        await writer.write([alarm(1, 3, onset=3)])
        assert writer.fault is None
        assert kept(path) == [1, 3]
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == ["left out of the journal"]


async def test_while_there_is_always_something_urgent_the_rest_is_done_too(path):
    async with keeper(path, tick=0.01) as writer:
        seq = 0
        with Journal(path) as journal:
            while not journal.beats("1", "a"):
                seq += 2
                writer.later([beat(seq, seq)])
                await writer.write([alarm(1, seq + 1, onset=seq)])


async def test_one_hub_a_journal(path):
    async with keeper(path):
        with pytest.raises(JournalError, match=r"in use by another hub; name another with --journal"):
            await keeper(path).__aenter__()
    async with keeper(path):
        pass


def test_a_folder_that_is_not_there_is_told_at_once(tmp_path):
    with pytest.raises(JournalError, match="there is no such folder, make it first"):
        Keeper(tmp_path / "no" / "journal.sqlite")


async def test_a_long_reader_does_not_hold_up_the_writer_and_the_wal_is_put_back(path):
    async with keeper(path, tick=0.005) as writer:
        with Journal(path) as journal:
            for n in range(1, 200):
                await writer.write([alarm(1, n, onset=n)])
                if n % 50 == 0:
                    assert len(journal.alarms()) == n
        assert writer.fault is None
    assert not list_of(path.parent, "*-wal")
