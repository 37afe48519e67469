"""Alarms over the whole reading: restarts, gaps, and sources that send nothing."""

import numpy as np
import pytest
from beds import simulate

from detector.classifier import Classifier
from detector.reader import Reader
from stream.messages import (
    Acknowledge,
    Alarm,
    Beat,
    Bell,
    Lead,
    Message,
    Numerics,
    Open,
    Rhythm,
    Status,
    Subscribed,
    Wave,
    pack,
)

FS = 250
STEPS = "{sinus: {rate: 75}, seconds: 30}, {vt: {rate: 170}, seconds: 20}, {sinus: {rate: 75}, seconds: 60}"
OPEN = Open(bed="a", stream="s", fs=FS, leads=(Lead(name="II", gain=1000), Lead(name="V1", gain=1000)), epoch=1000.0)


@pytest.fixture(scope="module")
def samples() -> np.ndarray:
    return np.rint(simulate(STEPS, 100)[0] * 1000).astype(np.int16)


def waves(samples: np.ndarray, start: float, stop: float) -> list[Message]:
    """Blocks of a second."""
    return [
        Wave(bed="a", stream="s", start=at, samples=pack(samples[:, at : at + FS]))
        for at in range(round(start * FS), round(stop * FS), FS)
    ]


def heard(reader: Reader, messages: list[Message]) -> list[Message]:
    return [said for message in messages for said in reader.take([message])]


def of(kind: type, said: list[Message]) -> list:
    return [message for message in said if type(message) is kind]


@pytest.fixture
def reader(classifiers: dict[str, Classifier]) -> Reader:
    return Reader(classifiers["stream"], classifiers["row"], explain=False)


def test_a_tachycardia_is_told_latched_and_let_go(reader: Reader, samples: np.ndarray) -> None:
    said = heard(reader, [OPEN, *waves(samples, 0, 80)])
    told = [alarm for alarm in of(Alarm, said) if alarm.name == "ventricular_tachycardia"]
    assert [alarm.state for alarm in (told[0], told[-1])] == ["active", "latched"]
    assert 30 * FS <= told[0].onset <= 32 * FS
    assert told[0].announced - told[0].onset < 5 * FS
    assert of(Bell, said)[-1].sounds in (None, "low")  # so many V a minute may still be told
    assert list(dict.fromkeys(rhythm.code for rhythm in of(Rhythm, said)))[:2] == ["(N", "(VT"]
    (ended, *_) = of(Alarm, reader.take([Acknowledge(bed="a", by="a nurse")]))
    assert (ended.state, ended.by, ended.revision) == ("ended", "a nurse", told[-1].revision + 1)


def test_a_reader_that_takes_over_says_nothing_twice_and_goes_on(
    reader: Reader, classifiers: dict[str, Classifier], samples: np.ndarray
) -> None:
    before = heard(reader, [OPEN, *waves(samples, 0, 38)])
    (active,) = [alarm for alarm in of(Alarm, before) if alarm.name == "ventricular_tachycardia"][-1:]
    assert active.state == "active"
    after = Reader(classifiers["stream"], classifiers["row"], explain=False)
    said = heard(after, [OPEN, active, of(Numerics, before)[-1], *waves(samples, 0, 38)])
    assert not of(Beat, said)
    assert not [alarm for alarm in of(Alarm, said) if alarm.state == "active"]
    said += heard(after, [Subscribed(session="x", seq=1), *waves(samples, 38, 80)])
    beats = [beat.sample for beat in of(Beat, before)]
    assert min(beat.sample for beat in of(Beat, said)) > max(beats)
    told = [alarm for alarm in of(Alarm, said) if alarm.name == "ventricular_tachycardia"]
    assert {alarm.id for alarm in told} == {active.id}
    assert told[-1].state == "latched"
    assert told[0].revision == active.revision + 1


def test_what_is_said_again_to_a_hub_that_was_away(reader: Reader, samples: np.ndarray) -> None:
    said = heard(reader, [OPEN, *waves(samples, 0, 80)])
    again = reader.said_last()
    assert of(Beat, again) == of(Beat, said)[-len(of(Beat, again)) :]
    assert len(of(Beat, again)) > 60
    last = {alarm.id: alarm for alarm in of(Alarm, said)}
    assert {alarm.id: alarm for alarm in of(Alarm, again)} == last
    assert of(Rhythm, again) == of(Rhythm, said)[-1:]


def test_after_a_long_gap_rhythm_is_learned_anew_and_alarms_go_on(reader: Reader, samples: np.ndarray) -> None:
    said = heard(reader, [OPEN, *waves(samples, 0, 38), *waves(samples, 60, 90)])
    assert len({alarm.id for alarm in of(Alarm, said) if alarm.name == "ventricular_tachycardia"}) == 1
    assert of(Alarm, said)[-1].state != "active"
    assert [rhythm.code for rhythm in of(Rhythm, said) if rhythm.sample >= 60 * FS][-1] == "(N"


def test_a_source_that_sends_nothing_is_told_of_unless_it_is_paused(
    classifiers: dict[str, Classifier], samples: np.ndarray
) -> None:
    now = 0.0
    reader = Reader(classifiers["stream"], classifiers["row"], explain=False, clock=lambda: now)
    heard(reader, [OPEN, *waves(samples, 0, 10)])
    now = 1.9
    assert not of(Alarm, reader.watch())
    now = 2.5
    (stale,) = of(Alarm, reader.watch())
    assert (stale.name, stale.priority) == ("feed_stale", "technical")
    assert not of(Alarm, reader.watch())
    ended = [alarm for alarm in of(Alarm, heard(reader, waves(samples, 10, 20))) if alarm.id == stale.id]
    assert ended[-1].state == "ended"
    reader.take([Status(component="source", state="paused", bed="a")])
    now = 100.0
    assert not of(Alarm, reader.watch())


def test_a_disk_that_is_full_is_told_at_every_bed_until_it_is_not(reader: Reader, samples: np.ndarray) -> None:
    heard(reader, [OPEN, *waves(samples, 0, 5)])
    (alarm,) = of(Alarm, reader.take([Status(component="journal", state="error", detail="disk full")]))
    assert (alarm.name, alarm.priority, alarm.bed) == ("storage", "technical", "a")
    assert not of(Alarm, reader.take([Status(component="keeper", state="error")]))
    later = Open(bed="b", stream="t", fs=FS, leads=OPEN.leads, epoch=0.0)
    assert [alarm.bed for alarm in of(Alarm, reader.take([later]))] == ["b"]
    reader.take([Status(component="keeper", state="ready")])
    said = reader.take([Status(component="journal", state="ready"), *waves(samples, 5, 15)])
    ended = {alarm.bed: alarm.state for alarm in of(Alarm, said) if alarm.name == "storage"}
    assert ended["a"] == "ended"


def test_a_heart_that_stands_still_has_no_rate(reader: Reader) -> None:
    still = np.rint(simulate("{sinus: {rate: 75}, seconds: 20}, {asystole: {}, seconds: 30}", 45)[0] * 1000)
    said = heard(reader, [OPEN, *waves(still.astype(np.int16), 0, 45)])
    (begin,) = [alarm.announced for alarm in of(Alarm, said) if (alarm.name, alarm.revision) == ("asystole", 1)]
    assert all(numerics.hr is None for numerics in of(Numerics, said) if numerics.sample >= begin)
    assert any(numerics.hr is not None for numerics in of(Numerics, said))
