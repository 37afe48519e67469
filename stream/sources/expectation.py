"""Which alarms a scenario must raise, by when, and whether they were: the script's ``expect`` and ``allow`` keys."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from stream.alarms import Alarm
from stream.limits import ALARMS
from stream.sources.scenario import Scenario

EARLY: Final = 2.0
"""Seconds by which an alarm may come before its step: of a source that stops, the last sample sent is told."""

GRACE: Final = 10.0
"""Seconds for which an alarm that a step may raise is still no false one after the step's end."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """An alarm that a step of a script raises; times in seconds of the bed's stream.

    Attributes
    ----------
    bed, names
        Whose, and which of :data:`stream.limits.ALARMS`: any of them will do.
    begin, latest
        One must be announced in between.
    until
        Announced up to here it is no false alarm.
    must
        Whether it must be; else it only may.
    """

    bed: str
    names: tuple[str, ...]
    begin: float
    latest: float
    until: float
    must: bool = True

    def fits(self, alarm: Alarm, fs: float) -> bool:
        """Whether an alarm is the one expected, and announced while it may be."""
        mine = alarm.bed == self.bed and alarm.name in self.names
        return mine and self.begin - EARLY <= alarm.announced / fs <= self.until

    def __str__(self) -> str:
        return f"{self.bed}, {self.begin:g} s: {' or '.join(self.names)} within {self.latest - self.begin:g} s"


@dataclass(frozen=True, slots=True)
class Comparison:
    """What became of expectations.

    Attributes
    ----------
    delays
        Those met, each with the seconds from the step's begin to the announcement.
    missing
        Those not met.
    false
        Alarms of high priority that nothing led one to expect.
    others
        All other alarms not expected.
    """

    delays: Sequence[tuple[Expectation, float]]
    missing: Sequence[Expectation]
    false: Sequence[Alarm]
    others: Sequence[Alarm]


def expected(scenario: Scenario) -> list[Expectation]:
    """All that a scenario leads one to expect of its scripts, each played once; in order of bed and time."""
    found: list[Expectation] = []
    for script in scenario.scripts:
        begin = 0.0
        for step in script.steps:
            over = begin + step.seconds + GRACE
            for names, seconds in step.expect:
                latest = begin + seconds
                found.append(Expectation(script.name, names, begin, latest, max(latest, over)))
            if step.allow:
                found.append(Expectation(script.name, step.allow, begin, over, over, must=False))
            begin += step.seconds
    return found


def compare(expected: Iterable[Expectation], alarms: Iterable[Alarm], fs: float) -> Comparison:
    """Hold alarms against what was expected.

    Parameters
    ----------
    expected
        As of :func:`expected`.
    alarms
        All that were told of the same beds, in any order; several states of one alarm count once.
    fs
        Sampling rate of the beds in Hz; their streams begin at sample 0.
    """
    expected = list(expected)
    once = {alarm.id: alarm for alarm in alarms}.values()
    delays: list[tuple[Expectation, float]] = []
    missing: list[Expectation] = []
    for each in expected:
        times = [alarm.announced / fs for alarm in once if each.fits(alarm, fs)]
        if times and min(times) <= each.latest and each.must:
            delays.append((each, min(times) - each.begin))
        elif each.must:
            missing.append(each)
    rest = [alarm for alarm in once if not any(each.fits(alarm, fs) for each in expected)]
    return Comparison(
        delays=delays,
        missing=missing,
        false=[alarm for alarm in rest if ALARMS[alarm.name].priority == "high"],
        others=[alarm for alarm in rest if ALARMS[alarm.name].priority != "high"],
    )
