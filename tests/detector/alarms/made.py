"""Beds whose beats are made by hand, and what the alarm engine says of them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from detector.alarms.engine import AlarmEngine
from detector.conditioning import FS
from stream.messages import AAMI, Alarm, Bell, Message, Rhythm

OVERDUE = 1.3  # seconds after which a beat is told without the next
FOUND = 0.2  # seconds after R at which it is found
QUIET = 0.3  # seconds after R for which the wave is not still


@dataclass(frozen=True)
class Made:
    """Beats: R in s, label, family, probability of V; and how the wave is beside them."""

    r: tuple[float, ...] = ()
    label: str = ""
    family: tuple[int, ...] = ()
    chance: tuple[float, ...] = ()
    end: float = 1.0

    def beats(self, labels: str, rr: float | Iterable[float], family: int = 0, chance: float | None = None) -> "Made":
        """More beats, an RR before each."""
        if not labels:
            return self
        steps = [rr] * len(labels) if isinstance(rr, int | float) else list(rr)
        r = self.end + np.cumsum(steps)
        p = [float(label == "V") if chance is None else chance for label in labels]
        return Made(
            (*self.r, *r.tolist()),
            self.label + labels,
            (*self.family, *([family] * len(labels))),
            (*self.chance, *p),
            float(r[-1]),
        )

    def sinus(self, seconds: float, rate: float = 75.0) -> "Made":
        """Normal beats."""
        return self.beats("N" * round(seconds * rate / 60), 60 / rate)

    def wait(self, seconds: float) -> "Made":
        """Nothing for some seconds."""
        return Made(self.r, self.label, self.family, self.chance, self.end + seconds)


@dataclass
class Wave:
    """What the wave shows in a second; each may be a function of its end in s."""

    lead: Callable[[float], tuple[int, ...]] = lambda _: (0, 0)
    usable: Callable[[float], bool] = lambda _: True
    fibrillation: Callable[[float], float] = lambda _: 0.0
    noisy: Callable[[float], float] = lambda _: 0.0
    tachycardia: Callable[[float], float] = lambda _: 0.0
    still: Callable[[float], float] | None = None  # None: as long as there was no beat


@dataclass
class Bed:
    """One bed of an engine, played second by second."""

    made: Made
    engine: AlarmEngine = field(default_factory=AlarmEngine)
    wave: Wave = field(default_factory=Wave)
    name: str = "bed"
    stream: str = "s"
    row: int = 0
    fs: float = FS
    first: int = 0
    told_until: int | None = None
    second: int = 0
    said: list[Message] = field(default_factory=list)
    given: int = 0

    def __post_init__(self) -> None:
        self.said += self.engine.open(self.row, self.name, self.stream, self.fs, self.first, told=self.told_until)
        r = np.array(self.made.r)
        after = np.append(np.diff(r), np.inf)
        late = after > OVERDUE
        self.told = np.rint((np.where(late, r + OVERDUE, r + after) + FOUND) * FS).astype(np.int64)
        self.after = np.where(late, np.nan, after)
        self.r = np.rint(r * FS).astype(np.int64)

    def give(self) -> None:
        """Give the engine what was told in the next second."""
        until = int(np.searchsorted(self.told, (self.second + 1) * FS, side="right"))
        new = slice(self.given, until)
        label = [AAMI.index(one) for one in self.made.label[new]]
        row = np.full(len(label), self.row)
        self.engine.beats(
            row, self.told[new], self.r[new], label, self.after[new], self.made.family[new], self.made.chance[new]
        )
        self.given = until

    def signs(self) -> dict[str, NDArray[np.generic]]:
        """What the wave shows in the next second."""
        now, wave = self.second + 1, self.wave
        before = [one for one in self.made.r if one <= now]
        still = max(0.0, now - (before[-1] if before else 0) - QUIET) if wave.still is None else wave.still(now)
        return {
            "at": np.array([now * int(FS)]),
            "lead": np.array([wave.lead(now)]),
            "usable": np.array([wave.usable(now)]),
            "fibrillation": np.array([wave.fibrillation(now)]),
            "still": np.array([still]),
            "noisy": np.array([wave.noisy(now)]),
            "tachycardia": np.array([wave.tachycardia(now)], np.float32),
        }

    def play(self, seconds: float) -> list[Message]:
        """Go on for some seconds; what was said in them."""
        begin = len(self.said)
        for _ in range(round(seconds)):
            self.give()
            self.said += self.engine.tick([self.row], **self.signs(), now=float(self.second + 1))
            self.second += 1
        return self.said[begin:]

    def do(self, request: Message) -> list[Message]:
        """Do what somebody asks."""
        told = self.engine.command(request, float(self.second))
        self.said += told
        return told

    @property
    def alarms(self) -> list[Alarm]:
        """Every alarm so far, as it is now."""
        return alarms(self.said)

    @property
    def bell(self) -> Bell | None:
        """The bell as it is now."""
        return next((one for one in reversed(self.said) if isinstance(one, Bell)), None)

    @property
    def rhythms(self) -> list[Rhythm]:
        """Every rhythm told."""
        return [one for one in self.said if isinstance(one, Rhythm)]


def alarms(said: Iterable[Message]) -> list[Alarm]:
    """Every alarm, as it was told last."""
    return list({one.id: one for one in said if isinstance(one, Alarm)}.values())


def named(said: Iterable[Message], name: str) -> list[Alarm]:
    """Alarms of one kind, as they were told last."""
    return [one for one in alarms(said) if one.name == name]
