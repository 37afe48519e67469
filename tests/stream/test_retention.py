"""What is too old or too much goes, a little at a time, and nothing else."""

import sqlite3

import pytest
from sqlalchemy import Engine, func, select, text
from sqlalchemy.exc import OperationalError
from words import alarm, beat, opened

from stream import journal_tables as tables
from stream.entries import Entry
from stream.journal import Journal
from stream.messages import Acknowledge, Explanation
from stream.openblock import BLOCK
from stream.retention import DAY, STEP, Retention, step

NOW = 1000 * DAY


def count(engine: Engine, name: str) -> int:
    with engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(tables.tables.tables[name])) or 0


def test_what_is_too_old_goes_everywhere_the_audit_too(scribe, engine, path):
    for n, age in enumerate((31, 30.5, 29, 1)):
        at = NOW - age * DAY
        said = [opened(stream=str(n), seq=1000 * n + 1), alarm(1, 1000 * n + 2, onset=n)]
        said += [beat(i, 1000 * n + 3 + i, stream=str(n)) for i in range(BLOCK)]
        scribe.write([*(Entry(x, at) for x in said), Entry(Acknowledge(bed="1", by=str(n)), at)])
    while step(engine, Retention(days=30), NOW, scribe.needed):
        pass
    with Journal(path) as journal:
        assert [x.stream for x in journal.streams()] == ["3", "2"]
        assert [x.alarm.onset for x in journal.alarms()] == [3, 2]
        assert [x.who for x in journal.audit()] == ["3", "2"]
        assert [bool(journal.beats("1", str(n))) for n in range(4)] == [False, False, True, True]
        assert journal.told(0, 9999)[1] == 2000  # of the log


def test_a_lock_is_a_fault_of_the_database_like_any_other(scribe, engine, path):
    with engine.begin() as connection:
        connection.execute(text("PRAGMA busy_timeout=1"))
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(OperationalError, match="database is locked"):
        step(engine, Retention(), NOW, scribe.needed)
    other.close()


def test_goes_in_small_steps(scribe, engine):
    scribe.write([Entry(opened(stream=str(n), seq=n + 1), 0.0) for n in range(2 * STEP + 100)])
    left = []
    while True:
        more = step(engine, Retention(), NOW, scribe.needed)
        left.append(count(engine, "events"))
        if not more:
            break
    assert left == [STEP + 100, 100, 0]


def test_beyond_its_size_the_oldest_goes_and_the_file_shrinks(scribe, engine, path):
    keep = Retention(megabytes=2.0, log_megabytes=0.1)
    big = "x" * 1500
    for first in range(0, 3000, 50):
        numbers = range(first, first + 50)
        scribe.write([Entry(opened(stream=str(n), seq=n + 1, title=big), float(n)) for n in numbers])
        scribe.write([Entry(Acknowledge(bed="1", by=str(n)), float(n)) for n in numbers])
        step(engine, keep, 10.0, scribe.needed)
    while step(engine, keep, 10.0, scribe.needed):
        pass
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").all()
    assert path.stat().st_size < 2.5e6
    with Journal(path) as journal:
        kept = [int(x.stream) for x in journal.streams(limit=10_000)]
        assert kept == list(range(2999, 2999 - len(kept), -1))
        assert 300 < len(kept) < 1200
        assert len(journal.audit(limit=10_000)) == 3000  # the last to go


def test_the_log_is_kept_to_its_own_size_but_for_what_is_still_needed(scribe, engine, path):
    def explanation(seq: int) -> Explanation:
        return Explanation(
            bed="1",
            stream="a",
            sample=seq,
            label="V",
            confidence=0.9,
            leads=("II",),
            fs=250.0,
            start=0.0,
            wave=bytes(1000),
            heat=bytes(1000),
            seq=seq,
        )

    scribe.write([Entry(beat(1, 1), 1.0)])
    for seq in range(2, 200):
        scribe.write([Entry(explanation(seq), 1.0)])
    keep = Retention(log_megabytes=0.1)
    assert not step(engine, keep, 10.0, scribe.needed)
    assert count(engine, "log") == 199  # the beat is in no block yet
    scribe.rest()
    step(engine, keep, 10.0, scribe.needed)
    with Journal(path) as journal:
        events, lost = journal.told(0, 1000)
        assert lost + len(events) == 199
        assert 40 < len(events) < 55
