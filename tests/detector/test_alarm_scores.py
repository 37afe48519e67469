"""Alarms against annotated records, from cases made by hand."""

from pathlib import Path

import pytest

from detector.evaluate_alarms import due, evaluate_alarms
from detector.training.alarm_scores import KindScore, compare, duration, hiding, plain
from detector.training.alarm_truth import Episode, beat_alarms, joined, rhythms
from stream.errors import SourceError
from stream.messages import Alarm
from stream.sources import Mark

FS = 100.0


def alarm(name: str, onset: float, ended: float | None, announced: float | None = None) -> Alarm:
    return Alarm(
        bed="r",
        stream="r",
        id=f"{name}/{onset}",
        name=name,
        priority="high",
        state="active" if ended is None else "latched",
        onset=round(onset * FS),
        announced=round((onset + 3 if announced is None else announced) * FS),
        ended=None if ended is None else round(ended * FS),
        text="",
    )


def episode(name: str, start: float, stop: float) -> Episode:
    return Episode(name, round(start * FS), round(stop * FS))


def scored(alarms: list[Alarm], truth: list[Episode], unsure: list[Episode] | None = None) -> dict[str, KindScore]:
    scores: dict[str, KindScore] = {}
    compare("r", alarms, truth, FS, 60_000, scores, unsure or [])
    return scores


def test_an_alarm_near_an_episode_announces_it() -> None:
    one = scored([alarm("asystole", 20, 30)], [episode("asystole", 19, 28)])["asystole"]
    assert (one.episodes, one.announced, one.alarms, one.false, one.delays) == (1, 1, 1, 0, [4.0])


def test_a_far_one_misses_it_and_is_false() -> None:
    one = scored([alarm("asystole", 40, 50)], [episode("asystole", 19, 28)])["asystole"]
    assert (one.announced, one.false) == (0, 1)
    assert one.missed == [("r", 19.0)]
    assert one.wrong == [("r", 40.0)]


def test_the_worse_of_a_chain_announces_the_lesser_and_the_lesser_is_true_beside_the_worse() -> None:
    assert "ventricular_fibrillation" in hiding("ventricular_tachycardia")
    scores = scored([alarm("ventricular_fibrillation", 20, 30)], [episode("ventricular_tachycardia", 19, 28)])
    assert scores["ventricular_tachycardia"].announced == 1
    assert scores["ventricular_fibrillation"].false == 1
    scores = scored([alarm("ventricular_tachycardia", 20, 30)], [episode("ventricular_fibrillation", 19, 28)])
    assert scores["ventricular_fibrillation"].announced == 0
    assert scores["ventricular_tachycardia"].false == 0


def test_where_the_reference_is_not_sure_nothing_is_false() -> None:
    one = scored([alarm("asystole", 40, None)], [], [episode("unsure", 45, 60)])["asystole"]
    assert (one.alarms, one.false) == (1, 0)
    assert plain({"asystole": one}, 2.0)["asystole"]["false_per_hour"] == 0


def test_duration_counts_what_is_both() -> None:
    told = [alarm("atrial_fibrillation", 10, 30)]
    assert duration([episode("af", 20, 40)], told, "atrial_fibrillation", 6000) == (1000, 2000, 2000)


def test_rhythms_of_annotations() -> None:
    marks = [Mark(0, 10, "+", "(N"), Mark(0, 500, "+", "(AFIB\0"), Mark(0, 700, "["), Mark(0, 900, "]")]
    told = rhythms(marks, 2000)
    assert told == [Episode("(N", 10, 500), Episode("(VF", 700, 900), Episode("(AFIB", 500, 2000)]
    assert rhythms([Mark(0, 700, "[")], 2000) == [Episode("(VF", 700, 2000)]
    parts = [episode("(VF", 1, 2), episode("(VFL", 2.5, 4), episode("(VF", 9, 10)]
    assert joined(parts, ("(VF", "(VFL"), "vf", gap=100) == [episode("vf", 1, 4), episode("vf", 9, 10)]


def test_the_reference_beats_say_what_is_due() -> None:
    at, marks = 0.0, []
    for symbol in "N" * 30 + "V" * 8 + "N" * 30:
        at += 0.4 if symbol == "V" else 0.8
        marks.append(Mark(0, round(at * FS), symbol))
    names = {told.name for told in beat_alarms(marks, FS, round((at + 10) * FS))}
    assert {"ventricular_tachycardia", "asystole"} <= names
    truth, _ = due(marks, FS, round((at + 10) * FS), labelled=True)
    (vt,) = [one for one in truth if one.name == "ventricular_tachycardia"]
    assert vt.start == marks[30].sample


def test_no_record_is_said(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="found none"):
        evaluate_alarms([tmp_path])
