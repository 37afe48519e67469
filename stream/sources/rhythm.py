"""When the heart beats: a bed's script, played as a series of events in order of time.

A sinus rhythm varies with the breath (0.2-0.3 Hz, respiratory sinus arrhythmia) and with the slow waves of
the blood pressure (0.1 Hz), with twice as much power in the former: the two peaks of the RR spectrum in
McSharry et al. (2003). Its mean stays what the script says.

Ectopic beats keep the rules of the textbook: a premature ventricular beat leaves the sinus node alone, so the
next beat comes two cycles after the last (full compensatory pause); a premature atrial beat resets it (less
than full pause). A blocked beat has its P wave in time, and no more. Atrial fibrillation has no rule: each RR is
drawn anew from a log-normal distribution.
"""

import math
import random
from collections.abc import Iterator
from itertools import cycle
from typing import Final, NamedTuple, TypeAlias

from stream.messages import MAX_LEADS
from stream.sources.morphology import Kind
from stream.sources.noise import NOISES, Texture
from stream.sources.scenario import Script
from stream.sources.step import Rhythm, Step


class Beat(NamedTuple):
    """A beat whose R is at ``time``; ``rr`` sets its PR and QT intervals, ``gain`` its height."""

    time: float
    kind: Kind
    rr: float
    gain: float


class Level(NamedTuple):
    """From ``time`` on, a texture has this level (mV RMS)."""

    time: float
    texture: Texture
    level: float


class Contact(NamedTuple):
    """From ``time`` on, these leads are off or saturated, and no others; the source may send nothing."""

    time: float
    off: tuple[int, ...]
    saturated: tuple[int, ...]
    stopped: bool = False


class Spike(NamedTuple):
    """A pacing pulse of some mV that lasts some ms."""

    time: float
    height: float
    width: float


class Note(NamedTuple):
    """A WFDB annotation that is not a beat."""

    time: float
    symbol: str
    aux: str


Happening: TypeAlias = Beat | Level | Contact | Spike | Note

SLACK: Final = 0.4
"""Seconds by which an event may come later than one already played. Only runs, which never start sooner
than a refractory period after the last beat, use it: their end may reach into the next step."""

_NAMES: Final[dict[Rhythm, str]] = {
    "bigeminy": "(B", "trigeminy": "(T", "svt": "(SVTA", "af": "(AFIB", "block": "(BII", "paced": "(P",
    "ivr": "(IVR", "vt": "(VT", "flutter": "(VFL", "vf": "(VF", "asystole": "(ASYS",
}  # fmt: skip
_REFRACTORY: Final = 0.3  # seconds
_CALM: Final = 0.8  # seconds: at shorter RR the heart varies less, as a quick one has less vagal tone
_CALLED: Final = "expect"  # begins the notes that tell which alarm must follow
_BEFORE_PACED: Final = 0.09  # seconds from a pacing pulse to the R peak that it makes
_ASYSTOLE_WANDER: Final = 0.02  # mV: even then the line is never quite straight


class _Heart:
    """One bed's sinus node and breath, and when it last beat."""

    def __init__(self, rng: random.Random, *, pace: float, gain: float, start: float) -> None:
        self.rng = rng
        self.pace = pace
        self._gain = gain
        self._breath = 2.0 * math.pi * rng.uniform(0.2, 0.3)
        self._slow = 2.0 * math.pi * rng.uniform(0.09, 0.11)
        self._turn = rng.uniform(0.0, 2.0 * math.pi)
        self._slow_turn = rng.uniform(0.0, 2.0 * math.pi)
        self.last = start - rng.uniform(0.05, 0.35)
        self.due = self.last
        self.began = start
        self.height = 1.0

    def enter(self, step: Step, start: float) -> None:
        """A step begins."""
        self.began, self.height = start, self._gain * step.height

    def mean_rr(self, step: Step) -> float:
        """Mean RR interval at the next beat due: 60 / rate."""
        return 60.0 / (step.rate_at(self.due - self.began) * self.pace)

    def rr(self, step: Step) -> float:
        """Draw the RR interval that follows."""
        mean = self.mean_rr(step)
        swing = step.variability * math.sqrt(2.0) * min(1.0, mean / _CALM)
        breath = math.sqrt(2.0 / 3.0) * math.sin(self._breath * self.due + self._turn)
        slow = math.sqrt(1.0 / 3.0) * math.sin(self._slow * self.due + self._slow_turn)
        return mean * (1.0 + swing * (breath + slow))

    def beat(self, time: float, kind: Kind, rr: float) -> Beat:
        """Beat; its height follows the breath, as the heart turns under the electrodes."""
        self.last = time
        return Beat(time, kind, rr, self.height * (1.0 + 0.03 * math.sin(self._breath * time + self._turn + 1.0)))


def play(
    script: Script, rng: random.Random, *, pace: float = 1.0, gain: float = 1.0, begin: float = 0.0
) -> Iterator[Happening]:
    """Play a bed's script, endlessly unless it says not to loop; then all leads are off.

    Parameters
    ----------
    script
        What to play.
    rng
        Where chance comes from.
    pace, gain
        Factors on every rate and on the height of every beat.
    begin
        Seconds of the script that lie before time 0; what happens there is told too, at negative times.

    Yields
    ------
    Happening
        In order of time in seconds, but for :data:`SLACK`.
    """
    start = -begin
    heart = _Heart(rng, pace=pace, gain=gain, start=start)
    levels: dict[Texture, float] = {}
    name = ""
    while True:
        for step in script.steps:
            stop = start + step.seconds
            for texture, level in _levels(step).items():
                if level != levels.get(texture, 0.0):
                    levels[texture] = level
                    yield Level(start, texture, level)
            yield Contact(start, step.off, step.saturated, step.stopped)  # always, so that silence too has an event
            for alarms, _ in step.expect:
                yield Note(start, '"', f"{_CALLED} {' or '.join(alarms)}")
            heart.enter(step, start)
            called = name or "(N" if step.rhythm == "pause" else _name(step)
            if called != name:
                name = called
                yield Note(max(start, heart.last + 0.05), "+", name)
            yield from _rhythm(heart, step, start, stop)
            start = stop
        if not script.loop:
            yield Contact(start, tuple(range(MAX_LEADS)), ())
            return


def _name(step: Step) -> str:
    if step.rhythm == "pvc":
        return {2: "(B", 3: "(T"}.get(step.every, "(N")
    if step.rhythm == "paced" and step.every == 1:
        return _NAMES["asystole"]
    return _NAMES.get(step.rhythm, "(N")


def _levels(step: Step) -> dict[Texture, float]:
    levels: dict[Texture, float] = dict(zip(NOISES, step.noise, strict=True))
    if step.rhythm == "asystole":
        levels["wander"] = max(levels["wander"], _ASYSTOLE_WANDER)
    levels["af"] = step.amplitude if step.rhythm == "af" else 0.0
    levels["vf"] = step.amplitude if step.rhythm == "vf" else 0.0
    return levels


def _rhythm(heart: _Heart, step: Step, start: float, stop: float) -> Iterator[Happening]:
    match step.rhythm:
        case "vf" | "flutter":
            yield Note(start, "[", "")
            if step.rhythm == "flutter":
                yield from _flutter(heart, step, start, stop)
            yield Note(stop, "]", "")
        case "vt" | "ivr" | "svt":
            yield from _run(heart, step, start)
        case "pause":
            if step.rr:
                yield heart.beat(max(start, heart.last + step.rr), "sinus", 1.0)
        case "asystole":
            pass
        case _:
            heart.due = heart.last + heart.rr(step)
            if heart.due < start:  # the node was silent, or the rhythm is quicker than the last
                heart.due = start + heart.rng.uniform(0.05, 0.25)
            by_rhythm = {"af": _fibrillation, "block": _block, "paced": _paced}
            yield from by_rhythm.get(step.rhythm, _sinus)(heart, step, stop)


def _sinus(heart: _Heart, step: Step, stop: float) -> Iterator[Beat]:
    """Sinus beats, with one ectopic (or couplet) in every ``step.every`` beats, if any."""
    normal: Kind = "tall T" if step.rhythm == "tall_t" else "sinus"
    foci = _foci(step)
    count = 0
    while True:
        rr = heart.rr(step)
        count += 1
        if not step.every or count % step.every:
            if heart.due >= stop:
                return
            yield heart.beat(heart.due, normal, rr)
            heart.due += rr
        elif step.rhythm == "pac":
            time = heart.last + max(_REFRACTORY, 0.66 * rr)
            if time >= stop:
                return
            yield heart.beat(time, "atrial", rr)
            heart.due = time + 1.08 * rr
        else:
            time = heart.last + max(_REFRACTORY, min(0.6, step.coupling * rr))
            second = time + max(_REFRACTORY, min(0.5, 0.55 * rr))
            if (second if step.rhythm == "couplets" else time) >= stop:
                return
            heart.due = heart.last + 2.0 * rr
            yield heart.beat(time, next(foci), rr)
            if step.rhythm == "couplets":
                yield heart.beat(second, next(foci), rr)
                heart.due = second + 1.3 * rr


def _foci(step: Step) -> Iterator[Kind]:
    """Where ectopic beats come from, one after the other."""
    foci: dict[str, tuple[Kind, ...]] = {"right": ("right",), "left": ("left",), "both": ("right", "left")}
    return cycle(("atrial",) if step.rhythm == "svt" else foci[step.focus])


def _fibrillation(heart: _Heart, step: Step, stop: float) -> Iterator[Beat]:
    """Beats without P, irregularly irregular: log-normal RR of the rate's mean."""
    spread = math.sqrt(math.log1p(step.variability**2))
    while heart.due < stop:
        mean = heart.mean_rr(step)
        yield heart.beat(heart.due, "no P", mean)
        heart.due += max(_REFRACTORY, mean * heart.rng.lognormvariate(-(spread**2) / 2.0, spread))


def _block(heart: _Heart, step: Step, stop: float) -> Iterator[Beat]:
    """Sinus beats, of which each ``step.every``-th stops at the AV node: second degree block, type II."""
    count = 0
    while heart.due < stop:
        count += 1
        rr = heart.rr(step)
        if count % step.every:
            yield heart.beat(heart.due, "sinus", rr)
        else:
            yield Beat(heart.due, "blocked", rr, heart.height)
        heart.due += rr


def _paced(heart: _Heart, step: Step, stop: float) -> Iterator[Beat | Spike]:
    """Ventricular pacing, regular; each ``step.every``-th pulse, if any, is not followed by a beat."""
    count = 0
    while heart.due < stop:
        count += 1
        yield Spike(heart.due - _BEFORE_PACED, step.spike, step.width)
        rr = heart.mean_rr(step)
        if not step.every or count % step.every:
            yield heart.beat(heart.due, "paced", rr)
        heart.due += rr


def _run(heart: _Heart, step: Step, start: float) -> Iterator[Beat]:
    """Play as many ectopic beats as fit the step, nearly regular."""
    rr = 60.0 / (step.rate * heart.pace)
    first = max(start + 0.3 * rr, heart.last + _REFRACTORY)
    foci = _foci(step)
    for count in range(max(1, round(step.seconds / rr))):
        yield heart.beat(first + count * rr + heart.rng.gauss(0.0, 0.01 * rr), next(foci), rr)


def _flutter(heart: _Heart, step: Step, start: float, stop: float) -> Iterator[Beat]:
    """Waves without a line between them, quite regular."""
    rr = 60.0 / (step.rate * heart.pace)
    time = max(start, heart.last + _REFRACTORY)
    while time < stop:
        yield heart.beat(time, "flutter", rr)
        time += rr * (1.0 + heart.rng.gauss(0.0, 0.01))
