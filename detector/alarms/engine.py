"""The alarm engine: beats, what the wave shows, commands and time in; messages out.

Conditions are looked at in whole seconds of each bed's stream, arrays over beds (:mod:`~detector.alarms.conditions`).
Only where one begins, ends or gets worse is there any work for a single bed: its alarm goes one step in its life
(:mod:`~detector.alarms.lifecycle`). Of beds nothing is kept that grows.
"""

from collections.abc import Iterable
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from detector.alarms.bed import Bed
from detector.alarms.bell import BedBell
from detector.alarms.clock import NEVER
from detector.alarms.conditions import SignsNow
from detector.alarms.desk import Desk, end_now
from detector.alarms.kinds import NAMES, NUMBER
from detector.alarms.lifecycle import Running
from stream.limits import ALARMS, problem_with
from stream.messages import Acknowledge, Alarm, AudioPause, Bell, Limits, Message, SetLimits

ABSENT_FOR: Final = 60.0
"""Seconds for which an alarm that was adopted waits for its bed to come back; then what held there is over."""


class AlarmEngine:
    """Conditions, alarms, bell, rhythm and quality of many beds.

    A bed is a *row* of the engine's arrays while its stream is open, and its name in messages. Samples given are at
    :data:`~detector.conditioning.FS`, samples told are the bed's own.

    Parameters
    ----------
    beds
        Rows at first; there are more as they are opened.
    """

    def __init__(self, beds: int = 0):
        self._desk: Final = Desk(beds)
        self._beds: Final[dict[str, Bed]] = {}
        self._of_row: Final[dict[int, Bed]] = {}
        self._size = beds

    def grow(self, beds: int) -> None:
        """Add ``beds`` rows."""
        for part in self._desk.parts:
            part.grow(beds)
        self._size += beds

    # ------------------------------------------------------------------------------------------------ streams

    def open(
        self, row: int, bed: str, stream: str, fs: float, first: int = 0, *, told: int | None = None, now: float = 0.0
    ) -> list[Message]:
        """A bed's stream begins in a row: conditions are learned anew; its alarms, pause and limits go on.

        Where the same stream goes on (after a long gap, after a restart), what held waits :data:`ADOPTED_FOR` s for its
        condition to be found again; what held in another stream is over.

        Parameters
        ----------
        row
            A row that is not in use; the engine grows if it has none of that number.
        bed, stream, fs, first
            As in :class:`~stream.messages.Open`: ``first`` is the bed's sample that is sample 0 here.
        told
            The bed's sample up to which another detector has told everything: until then conditions are learned in
            silence.
        now
            UTC seconds.

        Returns
        -------
        messages
            What becomes of alarms that were of another stream.
        """
        if row >= self._size:
            self.grow(max(row + 1 - self._size, self._size))
        mine = self._of_name(bed)
        said: list[Message] = []
        if mine.row is not None and mine.stream == stream:
            self._part(mine)
        elif mine.row is not None:
            said += self._leave(mine, now)
        rows = np.array([row])
        for part in self._desk.parts:
            part.reset(rows)
        self._desk.clock.start(row, first, fs, told)
        if mine.stream != stream:
            mine.latest.clear()
        mine.row, mine.stream, mine.absent = row, stream, None
        self._of_row[row] = mine
        self._desk.apply_limits(mine)
        said += self._desk.adopt(mine, row)
        return said + self._desk.ring(mine, now)

    def close(self, row: int, at: int, now: float = 0.0) -> list[Message]:
        """The stream of a row has ended at sample ``at``: what held is over."""
        bed = self._of_row[row]
        clock = self._desk.clock
        clock.at[row] = max(at, int(clock.at[row]))
        return self._leave(bed, now)

    def beats(
        self,
        rows: ArrayLike,
        told: ArrayLike,
        r: ArrayLike,
        label: ArrayLike,
        after: ArrayLike,
        family: ArrayLike,
        chance: ArrayLike | None = None,
    ) -> None:
        """Take beats of any beds, in order of time within a bed; not many more than ten seconds ahead of its ticks.

        Parameters
        ----------
        rows
            Row of the bed, ``(n,)``, as all others.
        told
            Sample at which the beat became known: it counts from the first tick that is not earlier.
        r
            Sample of R.
        label
            Index into :data:`~stream.messages.AAMI`.
        after
            RR after it in s, NaN if unknown.
        family
            Family of alike shapes it is of.
        chance
            Probability that it is ventricular; 1 or 0 by the label if not given.
        """
        index = np.asarray(rows, np.intp)
        if not index.size:
            return
        named = np.asarray(label, np.int8)
        self._desk.conditions.history.give(
            index,
            np.asarray(told, np.int64),
            np.asarray(r, np.int64),
            named,
            np.asarray(after, np.float32),
            np.asarray(named == 2 if chance is None else chance, np.float32),
            np.asarray(family, np.int16),
        )

    # ------------------------------------------------------------------------------------------------ time

    def tick(
        self,
        rows: ArrayLike,
        at: ArrayLike,
        lead: ArrayLike,
        usable: ArrayLike,
        fibrillation: ArrayLike,
        tachycardia: ArrayLike,
        still: ArrayLike,
        noisy: ArrayLike,
        now: ArrayLike = 0.0,
    ) -> list[Message]:
        """Another second of some beds is over: look at all conditions.

        Parameters
        ----------
        rows
            Rows of open beds, each at most once.
        at
            Sample at which the second is over; all beats told until then were given.
        lead, usable, fibrillation, tachycardia, still, noisy
            What the wave shows, see :class:`detector.signs.Signs`.
        now
            UTC seconds, of all or of each: what a pause of the bell is measured by.
        """
        index = np.asarray(rows, np.intp)
        order = np.argsort(index, kind="stable")
        index = index[order]
        time = np.asarray(at, np.int64)[order]
        clock = np.broadcast_to(np.asarray(now, np.float64), index.shape)[order]
        signs = SignsNow(
            np.asarray(lead, np.int8)[order],
            np.asarray(usable, np.bool_)[order],
            np.asarray(fibrillation, np.float32)[order],
            np.asarray(tachycardia, np.float32)[order],
            np.asarray(still, np.float32)[order],
            np.asarray(noisy, np.float32)[order],
        )
        desk = self._desk
        quality = desk.conditions.take(index, time, signs)
        rhythm = desk.statement.take(index, time, desk.conditions)
        desk.clock.at[index] = time
        loud = time > desk.clock.quiet[index]
        happens = desk.shown.happenings(index, time, desk.conditions, loud)
        changed = np.logical_or.reduce([flags.any(1) for flags in happens.values()])
        rings = clock >= desk.clock.pause_ends[index]
        said: list[Message] = []
        for k in np.flatnonzero(changed | rings | (loud & (quality | rhythm))).tolist():
            row = int(index[k])
            bed = self._of_row[row]
            if quality[k] and loud[k]:
                said.append(desk.quality(bed, row))
            if rhythm[k] and loud[k]:
                said.append(desk.rhythm(bed, row))
            for happening, flags in happens.items():
                for kind in np.flatnonzero(flags[k]).tolist():
                    said += desk.happen(bed, NAMES[kind], happening)
            said += desk.ring(bed, float(clock[k]))
        return said

    def stale(self, row: int, now: float) -> list[Message]:
        """No samples have come of a bed for too long; it is over with the bed's next tick."""
        bed = self._of_row[row]
        return self._desk.happen(bed, "feed_stale", "begin") + self._desk.ring(bed, now)

    def technical(self, bed: str, name: str, holds: bool, now: float) -> list[Message]:
        """Something is wrong (or right again) that others know of, such as ``storage``."""
        mine = self._of_name(bed)
        if mine.row is None:
            return []
        self._desk.conditions.outside[mine.row, NUMBER[name]] = holds
        return self._desk.happen(mine, name, "begin" if holds else "over") + self._desk.ring(mine, now)

    def wall(self, now: float) -> list[Message]:
        """Time has passed (UTC seconds): end pauses of the bell, and alarms of beds that do not come back."""
        said: list[Message] = []
        for bed in self._beds.values():
            if bed.row is None and bed.alarms.running:
                bed.absent = now if bed.absent is None else bed.absent
                if now - bed.absent >= ABSENT_FOR:
                    for name, running in list(bed.alarms.running.items()):
                        said += end_now(bed, name, running.alarm.announced)
            said += self._desk.ring(bed, now)
        return said

    # ------------------------------------------------------------------------------------------------ people

    def command(self, request: Message, now: float) -> list[Message]:
        """Do what somebody asks: :class:`Acknowledge`, :class:`AudioPause`, :class:`SetLimits`; others are left."""
        match request:
            case Acknowledge(bed=name) if name in self._beds:
                bed = self._beds[name]
                said: list[Message] = []
                for kind, running in list(bed.alarms.running.items()):
                    if request.alarm in (None, running.alarm.id):
                        said += self._desk.happen(bed, kind, "acknowledge", by=request.by)
                return said + self._desk.ring(bed, now)
            case AudioPause():
                bed = self._of_name(request.bed)
                bed.bell.pause(request, bed.alarms, now)
                return self._desk.ring(bed, now)
            case SetLimits():
                bed = self._of_name(request.bed)
                return self._desk.set_limits(bed, request) + self._desk.ring(bed, now)
        return []

    def resume(self, alarms: Iterable[Alarm], limits: Iterable[Limits], bells: Iterable[Bell]) -> list[Message]:
        """Go on after a restart with what was told last: alarms that have not ended, limits, bells.

        An alarm that was active goes on under its id if its condition is found again within :data:`ADOPTED_FOR` s of
        its stream, whatever its onset seems now; otherwise it is over. So is at once what was of another stream than
        the one that is open.
        """
        for alarm in alarms:
            if alarm.state == "ended" or alarm.name not in ALARMS:
                continue
            bed = self._of_name(alarm.bed)
            bed.alarms.running[alarm.name] = Running.told(alarm)
            bed.latest[alarm.name] = max(alarm.onset, alarm.ended or 0)
            bed.stream = alarm.stream if bed.row is None else bed.stream
        for one in limits:
            if problem_with(one.preset, one.values, one.off) is None:
                self._of_name(one.bed).limits = one
        for bell in bells:
            self._of_name(bell.bed).bell = BedBell(bell)
        said: list[Message] = []
        for row, bed in self._of_row.items():
            self._desk.apply_limits(bed)
            said += self._desk.adopt(bed, row)
        return said

    # ------------------------------------------------------------------------------------------------ inside

    def _of_name(self, name: str) -> Bed:
        if name not in self._beds:
            self._beds[name] = Bed.of_name(name)
        return self._beds[name]

    def _leave(self, bed: Bed, now: float) -> list[Message]:
        """The stream of a bed is over, and what held there."""
        if bed.row is None:
            return []
        sample = self._desk.clock.now(bed.row)
        said = [message for name in list(bed.alarms.running) for message in end_now(bed, name, sample)]
        said += self._desk.ring(bed, now)
        self._part(bed)
        return said

    def _part(self, bed: Bed) -> None:
        """A bed gives its row back."""
        if bed.row is not None:
            self._desk.clock.pause_ends[bed.row] = NEVER
            del self._of_row[bed.row]
            bed.row = None
