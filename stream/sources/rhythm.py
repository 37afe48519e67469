"""When the heart beats: a bed's script, played as a series of events in order of time.

A sinus rhythm varies with the breath (0.2-0.3 Hz, respiratory sinus arrhythmia) and with the slow waves of
the blood pressure (0.1 Hz), with twice as much power in the former: the two peaks of the RR spectrum in
McSharry et al. (2003). Its mean stays what the script says.

Ectopic beats keep the rules of the textbook: a premature ventricular beat leaves the sinus node alone, so the
next beat comes two cycles after the last (full compensatory pause); a premature atrial beat resets it (less
than full pause). Atrial fibrillation has no rule: each RR is drawn anew from a log-normal distribution.
"""

import math
import random
from collections.abc import Iterator
from typing import Final, NamedTuple, TypeAlias

from stream.messages import MAX_LEADS
from stream.sources.morphology import Kind
from stream.sources.noise import NOISES, Texture
from stream.sources.scenario import Rhythm, Script, Step


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
    """From ``time`` on, these leads are off or saturated, and no others."""

    time: float
    off: tuple[int, ...]
    saturated: tuple[int, ...]


class Note(NamedTuple):
    """A WFDB annotation that is not a beat."""

    time: float
    symbol: str
    aux: str


Happening: TypeAlias = Beat | Level | Contact | Note

SLACK: Final = 0.4
"""Seconds by which an event may come later than one already played. Only a run of VT, which never starts
sooner than a refractory period after the last beat, uses it: its end may reach into the next step."""

_NAMES: Final[dict[Rhythm, str]] = {
    "bigeminy": "(B", "trigeminy": "(T", "af": "(AFIB", "vt": "(VT", "vf": "(VF", "asystole": "(ASYS",
}  # fmt: skip
_REFRACTORY: Final = 0.3  # seconds
_CALM: Final = 0.8  # seconds: at shorter RR the heart varies less, as a quick one has less vagal tone
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

    def rr(self, step: Step) -> float:
        """Draw the RR interval that follows, of mean 60 / rate."""
        mean = 60.0 / (step.rate * self.pace)
        swing = step.variability * math.sqrt(2.0) * min(1.0, mean / _CALM)
        breath = math.sqrt(2.0 / 3.0) * math.sin(self._breath * self.due + self._turn)
        slow = math.sqrt(1.0 / 3.0) * math.sin(self._slow * self.due + self._slow_turn)
        return mean * (1.0 + swing * (breath + slow))

    def beat(self, time: float, kind: Kind, rr: float) -> Beat:
        """Beat; its height follows the breath, as the heart turns under the electrodes."""
        self.last = time
        return Beat(time, kind, rr, self._gain * (1.0 + 0.03 * math.sin(self._breath * time + self._turn + 1.0)))


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
    heart = _Heart(rng, pace=pace, gain=gain * script.amplitude, start=start)
    levels: dict[Texture, float] = {}
    name = ""
    while True:
        for step in script.steps:
            stop = start + step.seconds
            for texture, level in _levels(step).items():
                if level != levels.get(texture, 0.0):
                    levels[texture] = level
                    yield Level(start, texture, level)
            yield Contact(start, step.off, step.saturated)  # always, so that silence too has an event
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
    by_every = {2: "(B", 3: "(T"}.get(step.every, "(N") if step.rhythm == "pvc" else "(N"
    return _NAMES.get(step.rhythm, by_every)


def _levels(step: Step) -> dict[Texture, float]:
    levels: dict[Texture, float] = dict(zip(NOISES, step.noise, strict=True))
    if step.rhythm == "asystole":
        levels["wander"] = max(levels["wander"], _ASYSTOLE_WANDER)
    levels["af"] = step.amplitude if step.rhythm == "af" else 0.0
    levels["vf"] = step.amplitude if step.rhythm == "vf" else 0.0
    return levels


def _rhythm(heart: _Heart, step: Step, start: float, stop: float) -> Iterator[Happening]:
    if step.rhythm == "vf":
        yield Note(start, "[", "")
        yield Note(stop, "]", "")
    elif step.rhythm == "vt":
        yield from _run(heart, step, start)
    elif step.rhythm not in ("asystole", "pause"):
        heart.due = heart.last + heart.rr(step)
        if heart.due < start:  # the node was silent, or the rhythm is quicker than the last
            heart.due = start + heart.rng.uniform(0.05, 0.25)
        yield from (_fibrillation if step.rhythm == "af" else _sinus)(heart, step, stop)


def _sinus(heart: _Heart, step: Step, stop: float) -> Iterator[Beat]:
    """Sinus beats, with one ectopic (or couplet) in every ``step.every`` beats, if any."""
    count = 0
    while True:
        rr = heart.rr(step)
        count += 1
        if not step.every or count % step.every:
            if heart.due >= stop:
                return
            yield heart.beat(heart.due, "sinus", rr)
            heart.due += rr
        elif step.rhythm == "pac":
            time = heart.last + max(_REFRACTORY, 0.66 * rr)
            if time >= stop:
                return
            yield heart.beat(time, "atrial", rr)
            heart.due = time + 1.08 * rr
        else:
            time = heart.last + max(_REFRACTORY, min(0.6, 0.62 * rr))
            second = time + max(_REFRACTORY, min(0.5, 0.55 * rr))
            if (second if step.rhythm == "couplets" else time) >= stop:
                return
            heart.due = heart.last + 2.0 * rr
            yield heart.beat(time, step.focus, rr)
            if step.rhythm == "couplets":
                yield heart.beat(second, step.focus, rr)
                heart.due = second + 1.3 * rr


def _fibrillation(heart: _Heart, step: Step, stop: float) -> Iterator[Beat]:
    """Beats without P, irregularly irregular: log-normal RR of the rate's mean."""
    spread = math.sqrt(math.log1p(step.variability**2))
    mean = 60.0 / (step.rate * heart.pace)
    while heart.due < stop:
        yield heart.beat(heart.due, "no P", mean)
        heart.due += max(_REFRACTORY, mean * heart.rng.lognormvariate(-(spread**2) / 2.0, spread))


def _run(heart: _Heart, step: Step, start: float) -> Iterator[Beat]:
    """Play as many ventricular beats as fit the step, nearly regular."""
    rr = 60.0 / (step.rate * heart.pace)
    first = max(start + 0.3 * rr, heart.last + _REFRACTORY)
    for count in range(max(1, round(step.seconds / rr))):
        yield heart.beat(first + count * rr + heart.rng.gauss(0.0, 0.01 * rr), step.focus, rr)
