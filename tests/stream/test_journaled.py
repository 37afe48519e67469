"""The bus with a journal: written before it is told, in order, and gone on with by the hub after it."""

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from words import alarm, beat, opened

from stream.arrangement import Arrangement
from stream.hub import Hub
from stream.journal import Journal
from stream.journaled import JournaledBus
from stream.messages import (
    Acknowledge,
    Alarm,
    AudioPause,
    Beat,
    Bell,
    Close,
    Event,
    Limits,
    Message,
    Open,
    Problem,
    Quality,
    Rhythm,
    SetLimits,
    Status,
    Subscribe,
    Subscribed,
    Verdict,
    Wave,
    decode_frame,
    frame,
)
from stream.outbox import Outbox
from stream.visit import Visit

pytestmark = pytest.mark.timeout(30)


class Ear:
    """A subscriber of a bus: what it has heard, and a way to wait for more."""

    def __init__(self) -> None:
        self.heard: list[Message] = []
        self.outbox = Outbox(notify=self._notified)
        self._more = asyncio.Event()
        self.look: Callable[[], None] = lambda: None

    def _notified(self) -> None:
        self.look()
        self._more.set()

    async def until(self, true: Callable[[Message], bool]) -> None:
        while True:
            self._more.clear()
            new = list(decode_frame(frame(self.outbox.take(1 << 30))))
            self.heard += new
            if any(true(message) for message in new):
                return
            await self._more.wait()

    def kinds(self) -> list[str]:
        return [str(message.__struct_config__.tag) for message in self.heard]

    def seqs(self) -> list[int]:
        return [message.seq for message in self.heard if isinstance(message, Event) and message.seq]


def of(kind: type[Message], **fields: object) -> Callable[[Message], bool]:
    return lambda x: isinstance(x, kind) and all(getattr(x, name) == value for name, value in fields.items())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite"


def listen(bus: JournaledBus, **request) -> Ear:
    ear = Ear()
    bus.subscribe(ear.outbox, Subscribe(**request))
    return ear


def wave(start: int, n: int = 10) -> Wave:
    return Wave(bed="1", stream="a", start=start, samples=bytes(2 * n))


async def test_order_is_that_of_coming_though_some_wait_for_the_disk(path):
    async with JournaledBus(path) as bus:
        ear = listen(bus)
        bus.publish([opened()])
        bus.publish([wave(0)])
        bus.publish([beat(5), alarm()])
        bus.publish([wave(10)])
        bus.publish([Close(bed="1", stream="a", sample=20)])
        await ear.until(of(Close))
    assert ear.kinds() == ["subscribed", "open", "wave", "beat", "alarm", "wave", "close"]
    assert ear.seqs() == [1, 2, 3, 4]


async def test_alarms_and_what_people_do_are_in_the_journal_when_they_are_told(path):
    def rows() -> int:
        with sqlite3.connect(path) as connection:
            return sum(connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in ("alarms", "audit"))

    async with JournaledBus(path, tick=60) as bus:
        ear = listen(bus)
        await ear.until(of(Subscribed))
        found: list[int] = []
        ear.look = lambda: found.append(rows())
        said = [alarm(1), Acknowledge(bed="1"), AudioPause(bed="1"), SetLimits(bed="1"), Arrangement(order=("1",))]
        said += [alarm(2, acknowledged=True)]
        for message in said:
            bus.publish([message])
            await ear.until(of(type(message)))
        assert found == [1, 2, 3, 4, 5, 6]


async def test_samples_and_beats_go_by_without_waiting(path):
    async with JournaledBus(path) as bus:
        ear = listen(bus)
        bus.publish([opened()])
        await ear.until(of(Open))
        bus.publish([wave(0), beat(5)])
        assert len(ear.outbox) == 2  # at once


async def test_the_hub_after_it_goes_on(path):
    async with JournaledBus(path) as bus:
        session = bus.session
        ear = listen(bus)
        bus.publish([opened(), alarm(), Limits(bed="1", preset="af"), Bell(bed="1", sounds="high")])
        bus.publish([Rhythm(bed="1", stream="a", sample=9, text="Sinus rhythm")])
        bus.publish([Quality(bed="1", stream="a", sample=9, leads=("good",)), beat(5), beat(9)])
        await ear.until(of(Beat, sample=9))
    async with JournaledBus(path) as bus:
        assert (bus.session, bus.seq) == (session, 8)
        newcomer, back = listen(bus), listen(bus, since=2, session=session)
        bus.publish([beat(15)])
        for one in (newcomer, back):
            await one.until(of(Beat, sample=15))
    assert newcomer.kinds() == ["open", "alarm", "limits", "bell", "rhythm", "quality", "subscribed", "beat"]
    assert back.seqs() == [3, 4, 5, 6, 7, 8, 9]
    assert [x.missed for x in back.heard if isinstance(x, Subscribed)] == [0]


async def test_the_arrangement_of_beds_outlives_the_hub_and_who_made_it_is_known(path):
    async with JournaledBus(path) as bus:
        ear = listen(bus)
        bus.publish([Arrangement(order=("2", "1"), by="Lee")])
        await ear.until(of(Arrangement, by="Lee"))
        bus.publish([Arrangement(order=("2", "1"), names={"2": "Window"}, by="Kim")])
        await ear.until(of(Arrangement, by="Kim"))
    async with JournaledBus(path) as bus:
        newcomer = listen(bus, kinds=("arrangement",))
        await newcomer.until(of(Arrangement))
    assert newcomer.heard[0] == Arrangement(order=("2", "1"), names={"2": "Window"}, by="Kim", seq=2)
    with Journal(path) as journal:
        assert [(kept.who, kept.deed.names) for kept in journal.audit(kinds=("arrangement",))] == [
            ("Kim", {"2": "Window"}),
            ("Lee", {}),
        ]


async def test_resumes_from_the_journal_where_memory_does_not_reach_without_hole_or_double(path):
    async with JournaledBus(path, kept_bytes=2000) as bus:
        first = listen(bus)
        for n in range(1, 301):
            bus.publish([beat(n) if n % 3 else alarm(1, onset=n)])
        await first.until(of(Alarm, onset=300))
        ears = [listen(bus, since=since, session=bus.session) for since in (0, 1, 100, 250, 299, 300)]
        only = listen(bus, since=0, session=bus.session, kinds=("alarm",))
        for n in range(301, 331):
            bus.publish([beat(n) if n % 3 else alarm(1, onset=n)])
            await asyncio.sleep(0)
        for ear in (*ears, only):
            await ear.until(of(Alarm, onset=330))
    for since, ear in zip((0, 1, 100, 250, 299, 300), ears, strict=True):
        assert ear.seqs() == list(range(since + 1, 331))
        assert [x.missed for x in ear.heard if isinstance(x, Subscribed)] == [0]
    assert only.seqs() == list(range(3, 331, 3))


async def test_the_latest_events_of_a_bed_are_there_after_a_restart(path):
    async with JournaledBus(path) as bus:
        ear = listen(bus)
        bus.publish([opened(), opened("2"), *(beat(n) for n in range(5)), *(beat(n, bed="2") for n in range(3000))])
        await ear.until(of(Beat, bed="2", sample=2999))
    async with JournaledBus(path) as bus:
        bus.publish([beat(5), beat(6)])
        for last, samples in ((1, [6]), (2, [5, 6]), (4, [3, 4, 5, 6]), (9, list(range(7)))):
            ear = listen(bus, beds=("1",), kinds=("beat",), last=last)
            await ear.until(of(Subscribed))
            assert [x.sample for x in ear.heard if isinstance(x, Beat)] == samples
        quiet = listen(bus, beds=("1",), last=9)
        await quiet.until(of(Subscribed))
    assert quiet.kinds() == ["open", *["beat"] * 7, "subscribed"]


async def test_a_subscriber_that_left_meanwhile_gets_nothing(path):
    async with JournaledBus(path, kept_bytes=100) as bus:
        ear = listen(bus)
        bus.publish([beat(n) for n in range(50)])
        bus.publish([alarm()])
        await ear.until(of(Alarm))
        gone = listen(bus, since=0, session=bus.session)
        again = listen(bus, since=0, session=bus.session)
        bus.unsubscribe(gone.outbox)
        bus.subscribe(again.outbox, Subscribe(kinds=("bell",)))
        bus.publish([Bell(bed="1")])
        await again.until(of(Bell))
        await ear.until(of(Bell))
    assert len(gone.outbox) == 0
    assert again.kinds() == ["subscribed", "bell"]


async def test_says_that_records_cannot_be_kept_and_that_they_are_again(path):
    async with JournaledBus(path, tick=0.02) as bus:
        ear = listen(bus)
        bus.publish([opened()])
        await ear.until(of(Open))
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        bus.publish([alarm()])
        await ear.until(of(Status, component="journal"))
        assert "alarm" in ear.kinds()
        assert ear.heard[-1].detail == "cannot keep records: database is locked"
        late = listen(bus)  # newcomers are told too
        await late.until(of(Status, component="journal", state="error"))
        other.execute("ROLLBACK")
        other.close()
        await ear.until(of(Status, component="journal", state="ready"))
        with Journal(path) as journal:
            assert len(journal.alarms()) == 1
    assert ear.seqs() == [1, 2, 3, 4]


async def test_visits_are_kept(path):
    async with JournaledBus(path) as bus:
        bus.note(Visit(what="connected", client=3, address="127.0.0.1:9"))
    with Journal(path) as journal:
        assert [x.deed for x in journal.audit()] == [Visit(what="connected", client=3, address="127.0.0.1:9")]


# ------------------------------------------------------------------------------------------ through the hub


async def test_beds_stay_open_over_a_restart_until_their_sources_come_back(path, join):
    async with JournaledBus(path) as bus, Hub(bus=bus, past=bus.past) as hub:
        source = await join(url=hub.url)
        await source.subscribe(Subscribe(kinds=("open",)))
        await source.say(opened(), opened("2"), wave(0))
        for _ in range(2):
            await source.hear(Open)
    async with JournaledBus(path) as bus, Hub(bus=bus, past=bus.past, wait=0.3) as hub:
        screen = await join(url=hub.url)
        await screen.say(Subscribe())
        assert [(await screen.hear(Open)).bed for _ in range(2)] == ["1", "2"]
        lost = [await screen.hear(Status) for _ in range(2)]
        assert [(x.bed, x.state, x.detail) for x in lost] == [(bed, "lost", "the hub was restarted") for bed in "12"]
        await screen.hear(Subscribed)
        back = await join(url=hub.url)
        await back.say(opened(), wave(70))  # what was lost meanwhile, nobody knows
        assert (await screen.hear(Open)).bed == "1"
        assert (await screen.hear(Status)).state == "ready"
        assert (await screen.hear(Wave)).start == 70
        closed = await screen.hear(Close)
        assert (closed.bed, closed.reason) == ("2", "lost")


async def test_what_a_detector_says_again_is_not_told_twice(path, join):
    said = [alarm(1), alarm(2, acknowledged=True), beat(5), beat(200), Limits(bed="1")]
    async with JournaledBus(path) as bus, Hub(bus=bus, past=bus.past) as hub:
        detector = await join(url=hub.url)
        await detector.subscribe()
        await detector.say(opened(), *said)
        await detector.skip_to(Limits)
    async with JournaledBus(path) as bus, Hub(bus=bus, past=bus.past) as hub:
        screen, detector = await join(url=hub.url), await join(url=hub.url)
        await screen.subscribe()
        await detector.say(*said, beat(100), beat(300), *said, Bell(bed="1"))
        assert [(await screen.hear(Beat)).sample for _ in range(2)] == [100, 300]
        await screen.hear(Bell)
    with Journal(path) as journal:
        assert [x.sample for x in journal.beats("1", "a")] == [5, 100, 200, 300]
        assert [x.alarm.revision for x in journal.alarms()] == [2]


async def test_what_people_do_bears_their_name_or_that_of_their_screen(path, join):
    async with JournaledBus(path) as bus, Hub(bus=bus, past=bus.past) as hub:
        screen = await join(url=hub.url)
        await screen.subscribe()
        await screen.say(Acknowledge(bed="9"))
        assert (await screen.hear(Problem)).text == "expected a bed that is known here, got '9'"
        await screen.say(opened(), Acknowledge(bed="1", by="Kim"))
        await screen.hear(Open)
        assert (await screen.hear(Acknowledge)).by == "Kim"
    with Journal(path) as journal:
        assert [x.who for x in journal.audit(kinds=("acknowledge",))] == ["Kim"]
        connections = [x.deed for x in journal.audit(kinds=("connection",))]
        assert [x.what for x in connections] == ["disconnected", "connected"]
        assert all(x.address.startswith("127.0.0.1:") for x in connections)


async def test_a_verdict_on_a_bed_of_yesterday_is_taken(path, join):
    async with JournaledBus(path) as bus, Hub(bus=bus, past=bus.past) as hub:
        source = await join(url=hub.url)
        await source.subscribe()
        await source.say(opened(), Close(bed="1", stream="a", sample=5))
        await source.skip_to(Close)
    async with JournaledBus(path) as bus, Hub(bus=bus, past=bus.past) as hub:
        screen = await join(url=hub.url)
        await screen.subscribe()
        await screen.say(Verdict(bed="1", alarm="1/a/asystole/500", verdict="false", comment="line one\nline two"))
        assert (await screen.hear(Verdict)).by == "unnamed"
