"""Alarms against what should have been alarmed at: announced, missed, false, how late, by kind.

An episode counts as announced if an alarm of its kind, or of one that hides it (a chain tells only its worst), is on
within :data:`NEAR` s of it. An alarm is false if no episode of its kind, nor of one that would hide it, is near.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from detector.alarms.kinds import CHAINS
from detector.training.alarm_truth import Episode
from stream.messages import Alarm

NEAR: Final = 5.0
"""Seconds by which an alarm and an episode may lie apart."""


@dataclass(slots=True)
class KindScore:
    """How alarms of one kind did.

    Attributes
    ----------
    episodes, announced
        How many there were, and how many of them were announced.
    alarms, false
        Alarms told, and those of them without an episode.
    delays
        Seconds from onset to announcement, of episodes announced by their own kind.
    missed
        Where the missed were, and
    wrong
        where the false ones: record and seconds.
    """

    episodes: int = 0
    announced: int = 0
    alarms: int = 0
    false: int = 0
    delays: list[float] = field(default_factory=list)
    missed: list[tuple[str, float]] = field(default_factory=list)
    wrong: list[tuple[str, float]] = field(default_factory=list)


def hiding(name: str) -> tuple[str, ...]:
    """Kinds that are told in place of one while they hold."""
    return tuple(worse for worse, lesser in CHAINS.items() if name in lesser)


def compare(
    record: str,
    alarms: Sequence[Alarm],
    truth: Sequence[Episode],
    fs: float,
    end: int,
    into: dict[str, KindScore],
    unsure: Sequence[Episode] = (),
) -> None:
    """Enter one record into the scores.

    Parameters
    ----------
    record
        Its name.
    alarms
        As they were last told.
    truth
        What should have been alarmed at, by the names of alarms.
    fs, end
        Sampling rate in Hz, samples of the record.
    into
        Scores by kind, added to.
    unsure
        Where the reference does not know: what was alarmed at there is not counted as false.
    """
    near = round(NEAR * fs)
    spans = [(alarm, alarm.onset - near, (end if alarm.ended is None else alarm.ended) + near) for alarm in alarms]
    for one in truth:
        score = into.setdefault(one.name, KindScore())
        score.episodes += 1
        touching = [alarm for alarm, start, stop in spans if start <= one.stop and stop >= one.start]
        own = [alarm for alarm in touching if alarm.name == one.name]
        if own or any(alarm.name in hiding(one.name) for alarm in touching):
            score.announced += 1
        else:
            score.missed.append((record, round(one.start / fs, 1)))
        score.delays += [(min(alarm.announced for alarm in own) - one.start) / fs] if own else []
    for alarm, start, stop in spans:
        score = into.setdefault(alarm.name, KindScore())
        score.alarms += 1
        told = {alarm.name, *hiding(alarm.name)}
        true = any(one.name in told and start <= one.stop and stop >= one.start for one in truth)
        if not true and not any(start <= one.stop and stop >= one.start for one in unsure):
            score.false += 1
            score.wrong.append((record, round(alarm.onset / fs, 1)))


def duration(episodes: Sequence[Episode], alarms: Sequence[Alarm], name: str, end: int) -> tuple[int, int, int]:
    """Samples that are true and told, true, and told: of a rhythm that is scored by how long it lasts."""
    true, told = np.zeros(end, np.bool_), np.zeros(end, np.bool_)
    for one in episodes:
        true[one.start : one.stop] = True
    for alarm in alarms:
        if alarm.name == name:
            told[alarm.onset : end if alarm.ended is None else alarm.ended] = True
    return int((true & told).sum()), int(true.sum()), int(told.sum())


def plain(scores: Mapping[str, KindScore], hours: float) -> dict[str, dict[str, object]]:
    """Scores as JSON holds them, with false alarms per hour and delays."""
    return {
        name: {
            "episodes": one.episodes,
            "announced": one.announced,
            "alarms": one.alarms,
            "false": one.false,
            "false_per_hour": round(one.false / hours, 3) if hours else None,
            "delay_median": round(float(np.median(one.delays)), 2) if one.delays else None,
            "delay_99": round(float(np.percentile(one.delays, 99)), 2) if one.delays else None,
            "missed": one.missed,
            "wrong": one.wrong,
        }
        for name, one in sorted(scores.items())
    }
