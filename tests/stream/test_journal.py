"""What is kept is found again: by bed and time, a page at a time, while a hub writes."""

import subprocess
import sys

import msgspec
import pytest
from words import alarm, beat, opened

from stream import journal_tables as tables
from stream.entries import Entry
from stream.errors import JournalError
from stream.journal import Journal
from stream.messages import Acknowledge, AudioPause, Bell, Event, Gap, SetLimits, Verdict
from stream.visit import Visit


def test_an_alarm_has_the_times_of_its_life(scribe, path):
    scribe.write(
        [
            Entry(opened(seq=1), 10.0),
            Entry(alarm(1, 2), 20.0),
            Entry(alarm(2, 3, acknowledged=True, by="Kim"), 30.0),
            Entry(alarm(3, 4, acknowledged=True, by="Kim", state="ended", ended=800), 40.0),
            Entry(alarm(1, 5, onset=9000), 50.0),
            Entry(alarm(2, 6, onset=9000, state="latched", ended=9900), 60.0),
        ]
    )
    with Journal(path) as journal:
        late, early = journal.alarms()
        assert early.alarm == alarm(3, 4, acknowledged=True, by="Kim", state="ended", ended=800)
        assert (early.told, early.acknowledged, early.over, early.ended) == (20, 30, 40, 40)
        assert (late.told, late.acknowledged, late.over, late.ended) == (50, None, 60, None)
        assert late.utc == 1.7e9 + 36
        assert [(at, x.revision) for at, x in journal.revisions(early.alarm.id)] == [(20, 1), (30, 2), (40, 3)]


def test_alarms_by_bed_name_time_and_page(scribe, path):
    names = ("asystole", "hr_high")
    said = [alarm(1, n + 1, bed=str(n % 3), name=names[n % 2], onset=n) for n in range(30)]
    scribe.write([Entry(x, float(x.onset)) for x in said])
    with Journal(path) as journal:

        def onsets(*args, **options) -> list[int]:
            return [kept.alarm.onset for kept in journal.alarms(*args, **options)]

        assert onsets() == list(range(29, -1, -1))
        assert onsets("1") == list(range(28, 0, -3))
        assert onsets(name="hr_high", limit=3) == [29, 27, 25]
        assert onsets(since=5, until=8) == [7, 6, 5]
        assert onsets(limit=10) + onsets(limit=10, offset=10) + onsets(limit=10, offset=20) == onsets()
        assert onsets("unheard of") == []


def test_the_latest_that_was_told_of_a_bed_as_far_as_is_looked_through(scribe, path):
    scribe.write([Entry(beat(n, n, bed=str(n % 10)), 1.0) for n in range(1, 60_001)])

    def wanted(event: Event) -> bool:
        return event.bed == "3"

    with Journal(path) as journal:
        assert [x.seq for x in journal.latest(60_001, wanted, 4)] == [59_963, 59_973, 59_983, 59_993]
        assert [x.seq for x in journal.latest(40_000, wanted, 2)] == [39_983, 39_993]
        assert [x.seq for x in journal.latest(25, wanted, 9)] == [3, 13, 23]
        assert len(journal.latest(60_001, wanted, 9000)) == 6000
        assert 0 < len(journal.latest(60_001, wanted, 9000, most=1 << 20)) < 6000
        assert journal.latest(0, wanted, 9) == []


def test_alarms_that_go_on_and_those_beside_one(scribe, path):
    early, long, other, late = (
        [alarm(k, 4 * n + k, bed="2" if n == 2 else "1", onset=n) for k in (1, 2)] for n in range(4)
    )
    over = {"state": "ended", "ended": 900}
    scribe.write(
        [
            Entry(early[0], 10.0),
            Entry(msgspec.structs.replace(early[1], **over), 20.0),
            Entry(long[0], 20.0),
            Entry(other[0], 30.0),
            Entry(msgspec.structs.replace(other[1], **over), 50.0),
            Entry(late[0], 60.0),
        ]
    )
    with Journal(path) as journal:
        assert [kept.alarm.onset for kept in journal.alarms_during(40)] == [3, 2, 1]  # told late, ended late, stands
        assert [kept.alarm.onset for kept in journal.alarms_during(40, "1", limit=1)] == [3]
        assert journal.neighbours(long[0].id) == (early[0].id, late[0].id)
        assert journal.neighbours(other[0].id) == (None, None)
        assert journal.neighbours("unheard of") == (None, None)


def test_the_audit_by_kind_and_bed(scribe, path):
    deeds = [
        Visit(what="named", client=1, address="127.0.0.1:5", name="screen"),
        Acknowledge(bed="1", alarm="x", by="Kim"),
        AudioPause(bed="2", seconds=60.0, by="Lee"),
        SetLimits(bed="1", preset="af", values={"hr_high": 125.0}, by="Kim"),
        Verdict(bed="1", alarm="x", verdict="false", comment="noise", by="Kim", seq=7),
    ]
    scribe.write([Entry(deed, float(i)) for i, deed in enumerate(deeds)])
    with Journal(path) as journal:
        assert [kept.deed for kept in journal.audit()] == deeds[::-1]
        assert [kept.who for kept in journal.audit("1")] == ["Kim", "Kim", "Kim"]
        assert [kept.at for kept in journal.audit(kinds=("connection", "audio_pause"))] == [2, 0]


def test_events_by_kind_and_streams_each_once(scribe, path):
    gap = Gap(bed="1", stream="a", start=5, stop=9, seq=3)
    said = [opened(seq=1), opened("2", seq=2), gap, Bell(bed="1", seq=4), opened(seq=5)]
    scribe.write([Entry(event, float(event.seq)) for event in said])
    with Journal(path) as journal:
        assert [kept.event for kept in journal.events("1", ("gap", "bell"))] == [said[3], gap]
        assert journal.streams() == [opened(seq=5), opened("2", seq=2)]
        assert journal.streams("2", since=3) == []


def test_counts_what_the_log_no_longer_has(scribe, path):
    scribe.write([Entry(beat(seq, seq), 1.0) for seq in range(100, 110)])
    with Journal(path) as journal:
        events, lost = journal.told(90, 105)
        assert [event.seq for event in events] == [100, 101, 102, 103, 104]
        assert lost == 9
        assert journal.told(99, 105)[1] == 0
        assert journal.told(120, 200) == ([], 0)


READER = """
import sys
from stream.journal import Journal
with Journal(sys.argv[1]) as journal:
    print("ready", flush=True)
    for line in sys.stdin:
        print(len(journal.events()), len(journal.alarms()), flush=True)
"""


def test_another_process_reads_while_the_hub_writes(scribe, path):
    """With a read begun before, too: neither waits for the other, and each reading is of one moment."""
    command = [sys.executable, "-c", READER, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as reader:
        assert reader.stdin
        assert reader.stdout
        assert reader.stdout.readline() == "ready\n"
        long_read = tables.connect(path, read_only=True).connect()
        long_read.exec_driver_sql("BEGIN")
        assert long_read.exec_driver_sql("SELECT count(*) FROM events").scalar() == 0
        for n in range(1, 40):
            scribe.write([Entry(opened(stream=str(n), seq=2 * n), 1.0), Entry(alarm(1, 2 * n + 1, onset=n), 1.0)])
            reader.stdin.write("now\n")
            reader.stdin.flush()
            assert reader.stdout.readline() == f"{n} {n}\n"
        assert long_read.exec_driver_sql("SELECT count(*) FROM events").scalar() == 0
        long_read.close()
        reader.stdin.close()


def test_a_reader_cannot_write(scribe, path):
    with (
        tables.connect(path, read_only=True).connect() as connection,
        pytest.raises(Exception, match="readonly"),
    ):
        connection.exec_driver_sql("DELETE FROM events")


@pytest.mark.parametrize(
    ("where", "told"),
    [
        ("no/such/file.sqlite", "no journal at no/such/file.sqlite"),
        ("sqlite://", "got a database in memory"),
        ("mysql://localhost/x", "expected an SQLite or PostgreSQL journal, got 'mysql'"),
        ("nonsense://x", "expected an SQLite or PostgreSQL journal, got 'nonsense'"),
        ("://", "expected a path or a database address for the journal, got '://'"),
    ],
)
def test_what_cannot_be_a_journal_is_told(where, told):
    with pytest.raises(JournalError, match=told):
        Journal(where)


def test_a_file_that_is_no_journal_is_told(tmp_path):
    (tmp_path / "notes.txt").write_text("no database\n" * 100)
    with pytest.raises(JournalError, match="file is not a database"):
        Journal(tmp_path / "notes.txt")
