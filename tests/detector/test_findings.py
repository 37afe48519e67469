"""What was found in a record is written so that WFDB's tools and scripts read it."""

import json
from pathlib import Path

import wfdb

from detector.findings import ANNOTATOR, Findings
from stream.messages import Alarm, Beat, Message, Numerics, Quality, Rhythm

FS = 250.0


def alarm(revision: int = 1, **more: object) -> Alarm:
    known = {"onset": 1000, "announced": 1750, "text": "VT 5 beats at 140/min", "beats": (1000, 1107)}
    return Alarm(
        bed="r", stream="r", id="r/ventricular_tachycardia/1000", name="ventricular_tachycardia", priority="high",
        revision=revision, **(known | {"state": "active"} | more),
    )  # fmt: skip


SAID: list[Message] = [
    Rhythm(bed="r", stream="r", sample=250, text="Sinus rhythm", code="(N"),
    Quality(bed="r", stream="r", sample=250, leads=("good", "noisy")),
    Beat(bed="r", stream="r", sample=700, label="N", probabilities=(1.0, 0, 0, 0, 0)),
    Numerics(bed="r", stream="r", sample=750, hr=80.0),
    Beat(bed="r", stream="r", sample=1000, label="V", probabilities=(0, 0, 1.0, 0, 0), rr=1.2),
    alarm(),
    Rhythm(bed="r", stream="r", sample=1000, text="Ventricular tachycardia", code="(VT"),
    alarm(2, state="latched", ended=2500, text="VT 9 beats at 152/min"),
]


def written(said: list[Message], folder: Path) -> tuple[wfdb.Annotation, list[dict[str, object]]]:
    found = Findings()
    for message in said:
        found.hear(message)
    annotations, events = found.write("r", FS, folder)
    assert annotations.name == f"r.{ANNOTATOR}"
    return wfdb.rdann(str(folder / "r"), ANNOTATOR), [json.loads(line) for line in events.read_text().splitlines()]


def test_annotations(tmp_path: Path) -> None:
    notes, _ = written(SAID, tmp_path)
    told = [(s, c, n.rstrip("\0")) for s, c, n in zip(notes.sample, notes.symbol, notes.aux_note, strict=True)]
    assert told == [
        (250, "+", "(N"),
        (250, "~", "good noisy"),
        (700, "N", ""),
        (1000, "+", "(VT"),
        (1000, "V", ""),
        (1750, '"', "high: VT 9 beats at 152/min"),
    ]
    assert notes.fs == FS


def test_events_have_each_alarm_once_as_it_was_last_told(tmp_path: Path) -> None:
    _, events = written(SAID, tmp_path)
    assert [event["kind"] for event in events] == [
        "rhythm", "quality", "beat", "beat", "rhythm", "ventricular_tachycardia",
    ]  # fmt: skip
    assert events[-1] == {
        "kind": "ventricular_tachycardia",
        "priority": "high",
        "onset": 1000,
        "announced": 1750,
        "ended": 2500,
        "time": 4.0,
        "text": "VT 9 beats at 152/min",
        "beats": [1000, 1107],
    }
    assert events[2]["time"] == 2.8


def test_nothing_found_is_a_file_that_can_be_read_too(tmp_path: Path) -> None:
    notes, events = written([], tmp_path)
    assert notes.symbol == []
    assert events == []
