"""The strip of an alarm: when it is cut, and what is in it."""

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import wfdb

from stream.archive.folder import Archive, read_header, read_record
from stream.archive.recorder import Recorder
from stream.archive.records import COMMENT, Note
from stream.archive.strips import AFTER, BEFORE, LONGEST, PATIENCE, SETTLE, Strips, alarm_of, cut, window
from stream.archive.writer import Writer
from stream.messages import Alarm, Beat, Open

FS = 250


def alarm(onset: int = 10_000, announced: int = 11_000, **fields: object) -> Alarm:
    fields = {"id": f"a/asystole/{onset}", "text": "No QRS for 4 s", "state": "active"} | fields
    return Alarm(
        bed="1", stream="a", name="asystole", priority="high", onset=onset, announced=announced, latching=True, **fields
    )


@pytest.fixture
def strips(opened: Callable[..., Open]) -> Strips:
    strips = Strips()
    strips.take([opened()], 0.0)
    return strips


def at(sample: float) -> Callable[[str, str], float]:
    return lambda bed, stream: sample


def test_a_strip_is_due_once_its_samples_and_beats_have_come(strips: Strips) -> None:
    strips.take([alarm()], 0.0)
    complete = 11_000 + (AFTER + SETTLE) * FS
    assert strips.due(at(complete - 1), 1.0) == []
    assert strips.due(at(complete), 1.0) == [alarm()]
    assert strips.due(at(complete), 1.0) == []


def test_when_the_stream_ends_it_is_due_a_little_later(strips: Strips) -> None:
    strips.take([alarm()], 100.0)
    assert strips.due(at(math.inf), 100.0 + SETTLE - 1) == []
    assert strips.due(at(math.inf), 100.0 + SETTLE) == [alarm()]


def test_it_does_not_wait_for_ever_for_a_source_that_is_gone(strips: Strips) -> None:
    strips.take([alarm()], 0.0)
    assert strips.due(at(0), PATIENCE - 1) == []
    assert strips.due(at(0), PATIENCE) == [alarm()]


def test_each_alarm_has_one_strip_however_often_it_is_told(strips: Strips) -> None:
    first = alarm(seq=4)
    strips.take([first, alarm(revision=2, state="latched"), alarm(revision=3, state="ended")], 0.0)
    strips.take([alarm(20_000, 21_000, seq=9)], 0.0)
    strips.take([alarm(30_000, 31_000, state="ended")], 0.0)  # over before we came
    assert strips.earliest() == 4
    assert [x.seq for x in strips.all()] == [4, 9]
    strips.take([alarm(20_000, 21_000, revision=2)], 0.0)
    assert strips.all() == []
    assert strips.earliest() is None


def test_what_could_not_be_written_is_due_again(strips: Strips) -> None:
    strips.take([alarm()], 0.0)
    strips.put_back(strips.all())
    assert strips.due(at(0), 0.0) == [alarm()]


def test_its_window() -> None:
    assert window(alarm(), FS) == (10_000 - BEFORE * FS, 11_000 + AFTER * FS)
    assert window(alarm(0, 100_000), FS) == (100_000 + (AFTER - LONGEST) * FS, 100_000 + AFTER * FS)


@pytest.mark.parametrize("length", [20_000, 12_000])
def test_a_strip_is_a_record_with_its_beats_and_the_alarm(
    tmp_path: Path, length: int, opened: Callable[..., Open], wave: Callable
) -> None:
    recorder, writer = Recorder(segment=30.0), Writer(Archive(tmp_path))
    recorder.take([opened(), *(wave(start) for start in range(0, length, 50))], 0.0)
    beats = [Beat(bed="1", stream="a", sample=n, label="V", probabilities=(0,) * 5) for n in range(200, length, 200)]
    recorder.take([*beats, alarm()], 0.0)
    for batch in recorder.all():
        writer.write(batch)
    assert cut(writer, alarm())
    path = writer.archive.strip(alarm().id)
    record = wfdb.rdrecord(str(path), physical=False, return_res=16)
    first, last = 7500, min(length, 13_500)
    np.testing.assert_array_equal(record.d_signal[:, 0], np.arange(first, last) % 30_000)
    notes = wfdb.rdann(str(path), "cvd")
    spoken = [text.rstrip("\0") for text in notes.aux_note if text]
    assert spoken == ["asystole: No QRS for 4 s", "asystole: announced"]
    assert [n for n, s in zip(notes.sample, notes.symbol, strict=True) if s == "V"] == [
        n - first for n in range(7600, last, 200)
    ]
    assert alarm_of(read_header(path).comments) == alarm()
    assert Note(11_000, COMMENT, "asystole: announced") in read_record(path).notes
    before = path.with_suffix(".hea").stat().st_mtime_ns
    assert cut(writer, alarm(revision=2))  # it is there already
    assert path.with_suffix(".hea").stat().st_mtime_ns == before


def test_without_samples_there_is_no_strip(tmp_path: Path, opened: Callable[..., Open], wave: Callable) -> None:
    recorder, writer = Recorder(), Writer(Archive(tmp_path))
    assert not cut(writer, alarm())
    recorder.take([opened(), wave(0)], 0.0)
    for batch in recorder.all():
        writer.write(batch)
    assert not cut(writer, alarm())
    assert not (tmp_path / "strips").exists()
