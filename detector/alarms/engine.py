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
from detector.alarms.conditions import Conditions, SignsNow
from detector.alarms.kinds import HELD, NAMES, NUMBER, columns, latches
from detector.alarms.ladder import ANALYSES
from detector.alarms.lifecycle import SHOWN, Happening, Running, State
from detector.alarms.shown import Shown
from detector.alarms.statement import STATEMENTS, Statement
from detector.alarms.texts import text_of
from detector.conditioning import FS
from stream.limits import ALARMS, LIMITS, problem_with
from stream.messages import Acknowledge, Alarm, AudioPause, Bell, Limits, Message, Quality, Rhythm, SetLimits

ADOPTED_FOR: Final = 15.0
"""Seconds of the stream for which an alarm that was adopted after a restart waits for its condition to be found."""

ABSENT_FOR: Final = 60.0
"""Seconds for which an alarm that was adopted waits for its bed to come back; then what held there is over."""

BEATS_TOLD: Final = 8
"""Beats named in an alarm, at most."""


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
        self._conditions: Final = Conditions(beds)
        self._statement: Final = Statement(beds)
        self._shown: Final = Shown(beds)
        self._beds: Final[dict[str, Bed]] = {}
        self._of_row: Final[dict[int, Bed]] = {}
        self._size = beds
        self._first = np.zeros(beds, np.int64)
        self._ratio = np.ones(beds)
        self._quiet = np.full(beds, -1, np.int64)
        self._at = np.zeros(beds, np.int64)
        self._pause_ends = np.full(beds, np.inf)

    def grow(self, beds: int) -> None:
        """Add ``beds`` rows."""
        for part in (self._conditions, self._statement, self._shown):
            part.grow(beds)
        self._size += beds
        self._first = np.concatenate([self._first, np.zeros(beds, np.int64)])
        self._ratio = np.concatenate([self._ratio, np.ones(beds)])
        self._quiet = np.concatenate([self._quiet, np.full(beds, -1, np.int64)])
        self._at = np.concatenate([self._at, np.zeros(beds, np.int64)])
        self._pause_ends = np.concatenate([self._pause_ends, np.full(beds, np.inf)])

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
        for part in (self._conditions, self._statement, self._shown):
            part.reset(rows)
        self._first[row], self._ratio[row], self._at[row] = first, fs / FS, 0
        self._quiet[row] = -1 if told is None else round((told - first) * FS / fs)
        if mine.stream != stream:
            mine.latest.clear()
        mine.row, mine.stream, mine.absent = row, stream, None
        self._of_row[row] = mine
        self._apply_limits(mine)
        said += self._adopt(mine, row)
        return said + self._ring(mine, now)

    def close(self, row: int, at: int, now: float = 0.0) -> list[Message]:
        """The stream of a row has ended at sample ``at``: what held is over."""
        bed = self._of_row[row]
        self._at[row] = max(at, int(self._at[row]))
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
        self._conditions.history.give(
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
        quality = self._conditions.take(index, time, signs)
        rhythm = self._statement.take(index, time, self._conditions)
        self._at[index] = time
        loud = time > self._quiet[index]
        happens = self._shown.happenings(index, time, self._conditions, loud)
        changed = np.logical_or.reduce([flags.any(1) for flags in happens.values()])
        rings = clock >= self._pause_ends[index]
        said: list[Message] = []
        for k in np.flatnonzero(changed | rings | (loud & (quality | rhythm))).tolist():
            row = int(index[k])
            bed = self._of_row[row]
            if quality[k] and loud[k]:
                said.append(self._quality(bed, row))
            if rhythm[k] and loud[k]:
                said.append(self._rhythm(bed, row))
            for happening, flags in happens.items():
                for kind in np.flatnonzero(flags[k]).tolist():
                    said += self._happen(bed, NAMES[kind], happening)
            said += self._ring(bed, float(clock[k]))
        return said

    def stale(self, row: int, now: float) -> list[Message]:
        """No samples have come of a bed for too long; it is over with the bed's next tick."""
        bed = self._of_row[row]
        said: list[Message] = [*self._happen(bed, "feed_stale", "begin")]
        return said + self._ring(bed, now)

    def technical(self, bed: str, name: str, holds: bool, now: float) -> list[Message]:
        """Something is wrong (or right again) that others know of: ``model_missing``, ``storage``."""
        mine = self._of_name(bed)
        if mine.row is None:
            return []
        self._conditions.outside[mine.row, NUMBER[name]] = holds
        said: list[Message] = [*self._happen(mine, name, "begin" if holds else "over")]
        return said + self._ring(mine, now)

    def wall(self, now: float) -> list[Message]:
        """Time has passed (UTC seconds): end pauses of the bell, and alarms of beds that do not come back."""
        said: list[Message] = []
        for bed in self._beds.values():
            if bed.row is None and bed.alarms.running:
                bed.absent = now if bed.absent is None else bed.absent
                if now - bed.absent >= ABSENT_FOR:
                    for name, running in list(bed.alarms.running.items()):
                        said += self._end_now(bed, name, running.alarm.announced)
            said += self._ring(bed, now)
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
                        said += self._happen(bed, kind, "acknowledge", by=request.by)
                return said + self._ring(bed, now)
            case AudioPause():
                bed = self._of_name(request.bed)
                bed.bell.pause(request, bed.alarms, now)
                return self._ring(bed, now)
            case SetLimits():
                bed = self._of_name(request.bed)
                return self._set_limits(bed, request) + self._ring(bed, now)
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
            state: State = "latched" if alarm.state == "latched" else "acknowledged" if alarm.acknowledged else "active"
            bed = self._of_name(alarm.bed)
            bed.alarms.running[alarm.name] = Running(alarm, state)
            bed.latest[alarm.name] = max(alarm.onset, alarm.ended or 0)
            bed.stream = alarm.stream if bed.row is None else bed.stream
        for one in limits:
            if problem_with(one.preset, one.values, one.off) is None:
                self._of_name(one.bed).limits = one
        for bell in bells:
            self._of_name(bell.bed).bell = BedBell(bell)
        said: list[Message] = []
        for row, bed in self._of_row.items():
            self._apply_limits(bed)
            said += self._adopt(bed, row)
        return said

    # ------------------------------------------------------------------------------------------------ inside

    def _of_name(self, name: str) -> Bed:
        if name not in self._beds:
            self._beds[name] = Bed.of_name(name)
        return self._beds[name]

    def _sample(self, row: int, at: int) -> int:
        """The bed's own sample."""
        return int(self._first[row]) + round(at * float(self._ratio[row]))

    def _happen(self, bed: Bed, name: str, happening: Happening, by: str = "") -> list[Message]:
        """Let something happen to an alarm of a bed, and keep the arrays true to it."""
        row, kind = bed.row, NUMBER[name]
        if row is None:
            return [*bed.alarms.happen(name, happening, by=by)]
        at = int(self._at[row])
        if happening == "begin" and self._goes_on(bed, row, name):
            happening = "resume"
        fresh = self._announcement(bed, row, name) if happening == "begin" else None
        value = float(self._conditions.value[row, kind])
        over = at  # it may hold still, or be none that was ever seen here
        if not self._conditions.holds[row, kind]:
            over = min(int(self._conditions.over(np.array([row]))[0, kind]), at) or at
        told = bed.alarms.happen(
            name,
            happening,
            fresh=fresh,
            text=text_of(name, value, bed.values()),
            sample=self._sample(row, over),
            by=by,
        )
        for alarm in told:
            bed.latest[name] = max(alarm.onset, alarm.ended or 0)
        if fresh in told:
            hold = bed.values()["hold_minutes"] * 60 * FS if HELD[kind] else 0
            self._shown.again[row, kind] = at + round(hold)
        self._follow(bed, row, name)
        if happening in ("begin", "resume", "worsen"):
            self._shown.value[row, kind] = value
        if happening == "over" and self._shown.fades[row, kind] <= at:
            return [*told, *self._happen(bed, name, "elapse")]
        return [*told]

    def _follow(self, bed: Bed, row: int, name: str) -> None:
        """Keep the arrays true to an alarm."""
        running = bed.alarms.running.get(name)
        announced = (running.alarm.announced - int(self._first[row])) / float(self._ratio[row]) if running else 0.0
        self._shown.follow(row, NUMBER[name], running, round(announced + SHOWN * FS))

    def _goes_on(self, bed: Bed, row: int, name: str) -> bool:
        """Whether what begins is what a latched alarm told of: it began before that was told to be over."""
        running = bed.alarms.running.get(name)
        if running is None or running.state != "latched" or running.alarm.stream != bed.stream:
            return False
        since = self._sample(row, int(self._conditions.since[row, NUMBER[name]]))
        return since <= (running.alarm.ended if running.alarm.ended is not None else -1)

    def _announcement(self, bed: Bed, row: int, name: str) -> Alarm:
        """The alarm that begins now."""
        kind, at = NUMBER[name], int(self._at[row])
        since = min(int(self._conditions.since[row, kind]), at) if self._conditions.holds[row, kind] else at
        onset = max(self._sample(row, since), bed.latest.get(name, int(self._first[row]) - 1) + 1)
        r = self._conditions.history.latest(np.array([row]))[0]
        beats = [self._sample(row, one) for one in r[r >= max(since, 0)].tolist()]
        technical = ALARMS[name].priority == "technical"
        return Alarm(
            bed=bed.name,
            stream=bed.stream,
            id=f"{bed.stream}/{name}/{onset}",
            name=name,
            priority=ALARMS[name].priority,
            state="active",
            onset=onset,
            announced=max(self._sample(row, at), onset),
            text=text_of(name, float(self._conditions.value[row, kind]), bed.values()),
            latching=latches(name),
            beats=() if technical else tuple(beats[-BEATS_TOLD:]),
        )

    def _ring(self, bed: Bed, now: float) -> list[Message]:
        """What sounds at a bed, if that is news."""
        said: list[Message] = [*bed.bell.ring(bed.alarms, now)]
        if bed.row is not None:
            self._pause_ends[bed.row] = np.inf if bed.bell.paused is None else bed.bell.until
        return said

    def _quality(self, bed: Bed, row: int) -> Quality:
        ladder = self._conditions.ladder
        return Quality(
            bed=bed.name,
            stream=bed.stream,
            sample=self._sample(row, int(self._at[row])),
            leads=ladder.states(row),
            analysis=ANALYSES[ladder.analysis[row]],
        )

    def _rhythm(self, bed: Bed, row: int) -> Rhythm:
        text, code = STATEMENTS[self._statement.told[row]]
        sample = self._sample(row, int(self._statement.where[row]))
        return Rhythm(bed=bed.name, stream=bed.stream, sample=sample, text=text, code=code)

    def _set_limits(self, bed: Bed, request: SetLimits) -> list[Message]:
        """Take limits over, if there is nothing wrong with them; what they are now."""
        if problem_with(request.preset, request.values, request.off) is not None:
            return [bed.limits]
        bed.set_limits(request)
        said: list[Message] = [bed.limits]
        for name in bed.off & bed.alarms.running.keys():
            said += self._happen(bed, name, "withdraw")
        if bed.row is not None:
            self._apply_limits(bed)
        return said

    def _apply_limits(self, bed: Bed) -> None:
        values, row = bed.values(), bed.row
        self._conditions.limits[row] = [values[name] for name in LIMITS]
        self._conditions.on[row] = ~columns(bed.off)

    def _adopt(self, bed: Bed, row: int) -> list[Message]:
        """Take alarms into the arrays that run already; those of another stream are over."""
        said: list[Message] = []
        wait = max(int(self._quiet[row]), int(self._at[row])) + round(ADOPTED_FOR * FS)
        for name, running in list(bed.alarms.running.items()):
            if running.state == "latched":
                continue
            if running.alarm.stream != bed.stream:
                said += self._end_now(bed, name, running.alarm.announced)
                continue
            self._follow(bed, row, name)
            self._shown.adopt(row, NUMBER[name], 0 if running.alarm.priority == "technical" else wait)
        return said

    def _leave(self, bed: Bed, now: float) -> list[Message]:
        """The stream of a bed is over, and what held there."""
        said: list[Message] = []
        row = bed.row
        if row is not None:
            sample = self._sample(row, int(self._at[row]))
            for name in list(bed.alarms.running):
                said += self._end_now(bed, name, sample)
            said += self._ring(bed, now)
            self._part(bed)
        return said

    def _part(self, bed: Bed) -> None:
        """A bed gives its row back."""
        if bed.row is not None:
            self._pause_ends[bed.row] = np.inf
            del self._of_row[bed.row]
            bed.row = None

    @staticmethod
    def _end_now(bed: Bed, name: str, sample: int) -> list[Message]:
        """What held is over, and need not be shown any longer."""
        return [
            *bed.alarms.happen(name, "over", sample=sample),
            *bed.alarms.happen(name, "elapse", sample=sample),
        ]
