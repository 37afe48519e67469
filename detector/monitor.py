"""From readings to alarms: beats and signs of all beds in order of time, given to the alarm engine second by second.

The alarm engine looks at each bed at whole seconds of its stream. Here beats that were named and what the waves showed
are put in that order, whatever batches they came in, so alarms do not depend on them.
"""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from detector.alarms.engine import AlarmEngine
from detector.bank import Reading, Shown
from detector.conditioning import FS
from detector.rows import Floats, Indices
from stream.messages import (
    AAMI,
    Acknowledge,
    Alarm,
    AudioPause,
    Bell,
    Limits,
    Message,
    Open,
    Quality,
    Rhythm,
    SetLimits,
)

V: Final = AAMI.index("V")

ENDED: Final = 256
"""Alarms that have ended and are said again to a hub that was away: it may have missed their end."""

WITHOUT_PULSE: Final = ("asystole", "ventricular_fibrillation")

STALE: Final = 2.0
"""Seconds of the wall clock without samples after which a source is told of as stale."""


@dataclass(slots=True, frozen=True)
class _Table:
    """Things of beds in parallel arrays: ``at`` says when, counted at 250 Hz from sample ``first`` of the bed."""

    row: Indices
    first: NDArray[np.int64]
    at: NDArray[np.int64]
    values: dict[str, NDArray[Any]]

    def __len__(self) -> int:
        return len(self.row)

    def __getitem__(self, which: Any) -> "_Table":
        values = {name: value[which] for name, value in self.values.items()}
        return _Table(self.row[which], self.first[which], self.at[which], values)

    @staticmethod
    def join(parts: "list[_Table]") -> "_Table":
        return _Table(
            np.concatenate([part.row for part in parts]),
            np.concatenate([part.first for part in parts]),
            np.concatenate([part.at for part in parts]),
            {name: np.concatenate([part.values[name] for part in parts]) for name in parts[0].values},
        )


class Monitor:
    """Alarms, rhythm and signal quality of all beds.

    Parameters
    ----------
    clock
        The wall clock in UTC seconds, for what people wait for: pauses of the sound, and sources that send nothing.
        None: the clock of each bed's stream, by which no source is ever late.
    """

    def __init__(self, clock: Callable[[], float] | None = None):
        self._clock: Final = clock
        self._engine: Final = AlarmEngine()
        self._opens: Final[dict[str, tuple[Open, int, int]]] = {}  # with its row, and where it was learned anew
        self._free: Final[list[int]] = []
        self._heard: Final[dict[str, float]] = {}  # when samples came last
        self._beats: list[_Table] = []  # named, their second not over yet
        self._failing: Final[set[str]] = set()  # parts that cannot keep records
        self._told: Final[dict[tuple[str, str], int]] = {}
        self._last: Final[dict[tuple[str, type[Message]], Message]] = {}
        self._alarms: Final[dict[str, Alarm]] = {}
        self._ended: Final[deque[Alarm]] = deque(maxlen=ENDED)

    # ------------------------------------------------------------------------------------------------ streams

    def open(self, opened: Open) -> list[Message]:
        """A bed's stream begins."""
        row = self._free.pop() if self._free else len(self._opens)
        self.heard(opened.bed)
        said = self._begin(opened, row, opened.first)
        return said + self._storage([opened.bed]) if self._failing else said

    def _begin(self, opened: Open, row: int, first: int) -> list[Message]:
        """Learn a bed anew from sample ``first`` on."""
        self._opens[opened.bed] = (opened, row, first)
        told, now = self._told.get((opened.bed, opened.stream)), self._now(opened, first)
        return self._noted(self._engine.open(row, opened.bed, opened.stream, opened.fs, first, told=told, now=now))

    def close(self, bed: str) -> list[Message]:
        """A bed's stream has ended; nothing happens if it had none."""
        if bed not in self._opens:
            return []
        opened, row, first = self._opens.pop(bed)
        self._heard.pop(bed, None)
        self._free.append(row)
        waiting = [part[part.row == row] for part in self._beats]
        self._beats = [part[part.row != row] for part in self._beats]
        at = max([int(part.at.max()) for part in waiting if len(part)], default=0)
        return self._noted(self._engine.close(row, at, self._now(opened, first + round(at * opened.fs / FS))))

    # ------------------------------------------------------------------------------------------------ what is read

    def name(self, reading: Reading, label: NDArray[np.intp], probabilities: Floats) -> None:
        """Take beats that were found and named.

        Parameters
        ----------
        reading
            The beats.
        label
            Index into :data:`~stream.messages.AAMI` of each, ``(n,)``.
        probabilities
            ``(n, 5)``.
        """
        known = np.array([bed in self._opens for bed in reading.key], np.bool_)
        if not known.any():
            return
        row = np.array([self._opens[bed][1] if bed in self._opens else -1 for bed in reading.key], np.intp)
        beats = reading.beats
        values: dict[str, NDArray[Any]] = {"r": beats.r, "label": label, "chance": probabilities[:, V]}
        values |= {"after": beats.after, "family": beats.family}
        self._beats.append(_Table(row, reading.first, beats.told, values)[known])

    def take(self, shown: Iterable[Shown]) -> list[Message]:
        """Take what the waves showed, all beats told until then having been named: what follows."""
        said: list[Message] = []
        for part in shown:  # each of one format
            said += self._take(part)
        return self._noted(said)

    def _take(self, shown: Shown) -> list[Message]:
        names = np.array(shown.key)
        row = np.array([self._opens[bed][1] for bed in shown.key], np.intp)
        signs = shown.signs
        values: dict[str, NDArray[Any]] = {
            name: getattr(signs, name) for name in ("lead", "usable", "fibrillation", "tachycardia", "still", "noisy")
        }
        table = _Table(row, shown.first, signs.at, values)
        order = np.lexsort((table.at, table.first, table.row))
        table, names = table[order], names[order]
        begins = np.flatnonzero(np.diff(table.row, prepend=-1))
        turn = np.arange(len(table)) - np.repeat(begins, np.diff([*begins, len(table)]))
        said: list[Message] = []
        for k in range(int(turn.max(initial=-1)) + 1):  # the next second of each bed
            now = turn == k
            said += self._second(table[now], names[now].tolist())
        return said

    def _second(self, ticks: _Table, names: list[str]) -> list[Message]:
        said: list[Message] = []
        for bed, first in zip(names, ticks.first.tolist(), strict=True):
            opened, row, learned = self._opens[bed]
            if first != learned:  # after a long gap
                said += self._begin(opened, row, first)
        self._give(ticks)
        if self._clock is not None:
            clock: Any = self._clock()
        else:
            opens = [self._opens[bed][0] for bed in names]
            begin = [o.epoch + first / o.fs for o, first in zip(opens, ticks.first.tolist(), strict=True)]
            clock = np.array(begin) + ticks.at / FS
        return said + self._engine.tick(ticks.row, ticks.at, now=clock, **ticks.values)

    def _give(self, ticks: _Table) -> None:
        """Give the engine the beats that were told before these seconds were over."""
        if not self._beats:
            return
        waiting = _Table.join(self._beats)
        size = int(max(waiting.row.max(initial=0), ticks.row.max())) + 1
        until, first = np.full(size, -1, np.int64), np.full(size, -1, np.int64)
        until[ticks.row], first[ticks.row] = ticks.at, ticks.first
        due = (waiting.first == first[waiting.row]) & (waiting.at <= until[waiting.row])
        gone = (first[waiting.row] >= 0) & (waiting.first < first[waiting.row])  # told when the signal broke off
        beats = waiting[due]
        self._beats = [waiting[~due & ~gone]]
        self._engine.beats(beats.row, beats.at, **beats.values)

    # ------------------------------------------------------------------------------------------------ people, and time

    def command(self, message: Acknowledge | AudioPause | SetLimits) -> list[Message]:
        """Do what a person asks for."""
        opened = self._opens.get(message.bed)
        now = self._clock() if self._clock else self._now(opened[0], opened[2]) if opened else 0.0
        return self._noted(self._engine.command(message, now))

    def heard(self, bed: str) -> None:
        """Samples of a bed have come."""
        if self._clock is not None:
            self._heard[bed] = self._clock()

    def expect(self, bed: str, samples: bool) -> None:
        """Say whether samples of a bed are to come: none do of a replay that is paused."""
        if not samples:
            self._heard.pop(bed, None)
        elif bed in self._opens:
            self.heard(bed)

    def storage(self, part: str, fails: bool) -> list[Message]:
        """Say whether a part cannot keep records: told at every bed."""
        before = bool(self._failing)
        (self._failing.add if fails else self._failing.discard)(part)
        return self._storage(list(self._opens)) if before != bool(self._failing) else []

    def _storage(self, beds: Iterable[str]) -> list[Message]:
        said: list[Message] = []
        for bed in beds:
            now = self._now(self._opens[bed][0], self._opens[bed][2])
            said += self._engine.technical(bed, "storage", bool(self._failing), now)
        return self._noted(said)

    def watch(self) -> list[Message]:
        """What follows from the wall clock alone: sources that send nothing, pauses that are over."""
        if self._clock is None:
            return []
        now = self._clock()
        said: list[Message] = []
        for bed, last in self._heard.items():
            if now - last > STALE:
                said += self._engine.stale(self._opens[bed][1], now)
        return self._noted(said + self._engine.wall(now))

    # ------------------------------------------------------------------------------------------------ restarts

    def told(self, bed: str, stream: str, sample: int) -> None:
        """Say that all of a stream up to a sample was told before a restart, and is not to be told again."""
        self._told[bed, stream] = sample
        if bed in self._opens and self._opens[bed][0].stream == stream:
            self._begin(*self._opens[bed])

    def is_told(self, reading: Reading, opens: Iterable[Open]) -> NDArray[np.bool_]:
        """Which beats of a reading were told before a restart, ``(n,)``."""
        if not self._told:
            return np.zeros(len(reading.key), np.bool_)
        known = [(self._told.get((o.bed, o.stream), -1), o.fs / FS) for o in opens]
        until, ratio = np.array(known).T
        return np.asarray(reading.first + reading.beats.told * ratio <= until)

    def resume(self, messages: Iterable[Message]) -> list[Message]:
        """Go on with alarms, bells and limits as they were told before this monitor began."""
        known = self._noted(list(messages))
        return self._noted(
            self._engine.resume(
                [m for m in known if isinstance(m, Alarm)],
                [m for m in known if isinstance(m, Limits)],
                [m for m in known if isinstance(m, Bell)],
            )
        )

    def said_last(self) -> list[Message]:
        """How things are, as it was told last: bells, limits, rhythms, qualities, alarms, the last ended ones too."""
        return [*self._last.values(), *self._ended, *self._alarms.values()]

    def without_pulse(self) -> set[str]:
        """Beds whose ventricles fibrillate or stand still: what is counted there is no heart rate."""
        alarms = self._alarms.values()
        return {alarm.bed for alarm in alarms if alarm.name in WITHOUT_PULSE and alarm.state == "active"}

    def _noted(self, said: list[Message]) -> list[Message]:
        for message in said:
            if isinstance(message, Alarm):
                self._alarms.pop(message.id, None)
                if message.state != "ended":
                    self._alarms[message.id] = message
                else:
                    self._ended.append(message)
            elif isinstance(message, Bell | Limits | Rhythm | Quality):
                self._last[message.bed, type(message)] = message
        return said

    def _now(self, opened: Open, sample: int) -> float:
        return self._clock() if self._clock is not None else opened.epoch + sample / opened.fs
