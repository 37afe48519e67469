"""What is written: each thing once, however often it is said, and all of it after a sudden end."""

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from words import alarm, beat, opened

from stream.entries import Entry, Past
from stream.errors import JournalError
from stream.journal import Journal
from stream.known import Known
from stream.messages import Acknowledge, Bell, Close, Event, Limits, Rhythm, Status, Verdict
from stream.openblock import BLOCK
from stream.scribe import AT_ONCE, LEAP, Scribe


def entries(*messages: Event, at: float = 100.0) -> list[Entry]:
    return [Entry(message, at + i) for i, message in enumerate(messages)]


def again(engine: Engine) -> tuple[Scribe, Past]:
    """Another hub, after one that ended suddenly."""
    scribe = Scribe(engine)
    return scribe, scribe.begin()


def rows(path: Path, table: str) -> int:
    with sqlite3.connect(path) as connection:
        return connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]


def test_everything_is_kept_with_its_time_and_place(scribe, path):
    said = [
        opened(seq=1),
        Status(component="source", state="paused", bed="1", seq=2),
        beat(300, 3),
        Rhythm(bed="1", stream="a", sample=500, text="Sinus rhythm", seq=4),
        alarm(1, 5),
        Limits(bed="1", preset="af", by="Kim", seq=6),
        Bell(bed="1", sounds="high", seq=7),
        Close(bed="1", stream="a", sample=1000, seq=8),
    ]
    scribe.write(entries(*said))
    scribe.rest()
    with Journal(path) as journal:
        kept = journal.events()
        assert [x.event for x in kept] == [said[i] for i in (7, 6, 5, 3, 1, 0)]
        assert [x.utc for x in kept] == [1.7e9 + 4, None, None, 1.7e9 + 2, None, 1.7e9]
        assert [x.at for x in kept] == [107, 106, 105, 103, 101, 100]
        (of_alarm,) = journal.alarms()
        assert of_alarm.alarm == said[4]
        assert (of_alarm.utc, of_alarm.told) == (1.7e9 + 2, 104)
        assert journal.beats("1", "a") == [beat(300)]
        assert journal.told(0, 100) == (said, 0)


def test_written_twice_is_written_once(scribe, path, engine):
    said = entries(opened(seq=1), beat(1, 2), alarm(1, 3), Verdict(bed="1", alarm="x", verdict="true", seq=4))
    said.append(Entry(Acknowledge(bed="1", by="Kim"), 110.0))
    for _ in range(3):
        scribe.write(said)
    scribe.rest()
    other, _ = again(engine)
    other.write(said)
    other.rest()
    assert {name: rows(path, name) for name in ("events", "alarms", "audit", "log", "beats")} == {
        "events": 1,
        "alarms": 1,
        "audit": 2,
        "log": 1,
        "beats": 1,
    }
    with Journal(path) as journal:
        assert journal.beats("1", "a") == [beat(1)]


def test_beats_go_into_blocks_that_fill(scribe, path):
    for n in range(3 * BLOCK + 5):
        scribe.write(entries(beat(200 * n, n + 1)))
    scribe.rest()
    assert rows(path, "beats") == 4
    with Journal(path) as journal:
        assert [x.sample for x in journal.beats("1", "a")] == list(range(0, 200 * (3 * BLOCK + 5), 200))
        assert [x.sample for x in journal.beats("1", "a", 30_000, 30_401)] == [30_000, 30_200, 30_400]


def test_a_beat_that_was_missing_finds_its_place(scribe, path, engine):
    scribe.write(entries(*(beat(200 * n, n + 1) for n in range(BLOCK + 10) if n != 50)))
    other, _ = again(engine)
    other.write(entries(beat(200 * 50, 2 * LEAP), beat(200 * 51, 2 * LEAP + 1)))
    other.rest()
    with Journal(path) as journal:
        assert [x.sample for x in journal.beats("1", "a")] == [200 * n for n in range(BLOCK + 10)]


def test_beats_not_yet_in_blocks_outlive_a_sudden_end(scribe, path, engine):
    scribe.write(entries(opened(seq=1), *(beat(200 * n, n + 2) for n in range(10))))
    assert rows(path, "beats") == 0
    _, past = again(engine)
    with Journal(path) as journal:
        assert len(journal.beats("1", "a")) == 10
    assert not past.known.news(beat(1800))
    assert past.known.news(beat(2000))


def test_of_many_beds_the_blocks_are_written_in_turn(scribe, path):
    beds = AT_ONCE + 20
    scribe.write(entries(*(beat(1, n + 1, bed=str(n)) for n in range(beds))))
    scribe.rest()
    assert rows(path, "beats") == AT_ONCE
    assert scribe.needed == AT_ONCE + 1
    scribe.rest()
    assert rows(path, "beats") == beds
    assert scribe.needed == beds + 1


def test_goes_on_with_the_same_session_and_numbers(scribe, engine):
    first = Scribe(engine).begin()
    scribe.write(entries(opened(seq=1), beat(1, 2)))
    _, past = again(engine)
    assert past.session == first.session
    assert past.seq == 2 + LEAP  # some may have been told that were not written
    other, _ = again(engine)
    other.end(2 + LEAP + 5)
    assert again(engine)[1].seq == 2 + LEAP + 5  # a stop in order: none were


def test_tells_how_things_were(scribe, engine):
    scribe.write(
        entries(
            opened(seq=1),
            opened("2", seq=2),
            alarm(1, 3),
            alarm(1, 4, name="hr_high", onset=9),
            Bell(bed="1", sounds="high", seq=5),
            Limits(bed="1", preset="af", seq=6),
            Limits(bed="1", preset="adult", by="Kim", seq=7),
            Rhythm(bed="1", stream="a", sample=5, text="Sinus rhythm", seq=8),
            Status(component="detector", state="ready", seq=9),
            alarm(2, 10, name="hr_high", onset=9, state="ended", ended=700),
            Rhythm(bed="2", stream="a", sample=5, text="Bigeminy", seq=11),
            Close(bed="2", stream="a", sample=900, seq=12),
        )
    )
    _, past = again(engine)
    assert [event.seq for event in past.present] == [1, 3, 5, 7, 8]
    assert not past.known.news(alarm(2, name="hr_high", onset=9, state="ended", ended=700))
    assert not past.known.news(Limits(bed="1", preset="adult", by="Kim"))
    assert past.known.has("2")


def test_the_audit_can_only_grow(scribe, path):
    scribe.write([*entries(alarm(1, 1)), Entry(Acknowledge(bed="1", by="Kim"), 100.0, "it")])
    with sqlite3.connect(path) as connection:
        for statement in (
            "UPDATE audit SET who = 'nobody'",
            "DELETE FROM audit",
            "UPDATE alarms SET text = ''",
            "DELETE FROM alarms",
        ):
            with pytest.raises(sqlite3.IntegrityError, match="is append-only"):
                connection.execute(statement)
        connection.execute("INSERT OR REPLACE INTO audit VALUES ('it', 100.0, 'acknowledge', '1', 'nobody', '{}')")
        assert connection.execute("SELECT who FROM audit").fetchall() == [("Kim",)]


def test_nothing_is_written_of_what_fails(scribe, path):
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TRIGGER no BEFORE INSERT ON events BEGIN SELECT RAISE(ABORT, 'no'); END")
    said = entries(opened(seq=1), beat(1, 2), alarm(1, 3))
    with pytest.raises(DBAPIError):
        scribe.write(said)
    assert rows(path, "log") == rows(path, "alarms") == rows(path, "present") == 0
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TRIGGER no")
    scribe.write(said)
    scribe.rest()
    assert rows(path, "present") == 2
    with Journal(path) as journal:
        assert journal.beats("1", "a") == [beat(1)]


def test_a_journal_of_another_version_is_not_touched(scribe, path, engine):
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE meta SET value = '99' WHERE name = 'version'")
    for read in (lambda: Scribe(engine).begin(), lambda: Journal(path)):
        with pytest.raises(JournalError, match=r"expected a journal of version 1.*got 99"):
            read()


def test_a_hub_that_could_not_read_the_journal_takes_it_over(scribe, path, engine):
    scribe.write(entries(opened(seq=1), alarm(1, 2), Limits(bed="1", seq=3)))
    other = Scribe(engine)
    other.begin(Past("its own", 0, (), Known()))
    other.write(entries(opened("9", seq=1)))
    with Journal(path) as journal:
        assert journal.told(0, 100) == ([opened("9", seq=1)], 0)
        assert len(journal.streams()) == 2
        assert len(journal.alarms()) == 1
    assert Scribe(engine).begin().session == "its own"
