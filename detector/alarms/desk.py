"""What is done for a single bed, where one of its conditions begins, ends or gets worse: its alarm goes one step on.

The arrays over beds (:class:`~detector.alarms.shown.Shown`) are kept true to the alarms here, and what is said of a bed
is put into words and into its own samples.
"""

from typing import Final

import numpy as np

from detector.alarms.bed import Bed
from detector.alarms.clock import NEVER, Clock
from detector.alarms.conditions import Conditions
from detector.alarms.kinds import HELD, NUMBER, columns, latches
from detector.alarms.ladder import ANALYSES
from detector.alarms.lifecycle import SHOWN, Happening
from detector.alarms.shown import Shown
from detector.alarms.statement import STATEMENTS, Statement
from detector.alarms.texts import text_of
from detector.conditioning import FS
from detector.rows import Rows
from stream.limits import ALARMS, LIMITS, problem_with
from stream.messages import Alarm, Message, Quality, Rhythm, SetLimits

ADOPTED_FOR: Final = 15.0
"""Seconds of the stream for which an alarm that was adopted after a restart waits for its condition to be found."""

BEATS_TOLD: Final = 8
"""Beats named in an alarm, at most."""


class Desk:
    """Steps of single alarms, and messages about single beds.

    Parameters
    ----------
    beds
        Rows at first.
    """

    def __init__(self, beds: int):
        self.clock: Final = Clock(beds)
        self.conditions: Final = Conditions(beds)
        self.statement: Final = Statement(beds)
        self.shown: Final = Shown(beds)
        self.parts: Final[tuple[Rows, ...]] = (self.clock, self.conditions, self.statement, self.shown)

    # ------------------------------------------------------------------------------------------------ alarms

    def happen(self, bed: Bed, name: str, happening: Happening, by: str = "") -> list[Message]:
        """Let something happen to an alarm of a bed, and keep the arrays true to it."""
        row, kind = bed.row, NUMBER[name]
        if row is None:
            return [*bed.alarms.happen(name, happening, by=by)]
        at = int(self.clock.at[row])
        if happening == "begin" and self._goes_on(bed, row, name):
            happening = "resume"
        fresh = self._announcement(bed, row, name) if happening == "begin" else None
        value = float(self.conditions.value[row, kind])
        over = at  # it may hold still, or be none that was ever seen here
        if not self.conditions.holds[row, kind]:
            over = min(int(self.conditions.over(np.array([row]))[0, kind]), at) or at
        told = bed.alarms.happen(
            name,
            happening,
            fresh=fresh,
            text=text_of(name, value, bed.values()),
            sample=self.clock.sample(row, over),
            by=by,
        )
        for alarm in told:
            bed.latest[name] = max(alarm.onset, alarm.ended or 0)
        if fresh in told:
            minutes = min(bed.values()["hold_minutes"] * float(HELD[kind]), LIMITS["hold_minutes"].most)
            self.shown.again[row, kind] = at + round(minutes * 60 * FS)
        self._follow(bed, row, name)
        if happening in ("begin", "resume", "worsen"):
            self.shown.value[row, kind] = value
        if happening == "over" and self.shown.fades[row, kind] <= at:
            return [*told, *self.happen(bed, name, "elapse")]
        return [*told]

    def adopt(self, bed: Bed, row: int) -> list[Message]:
        """Take alarms into the arrays that run already; those of another stream are over."""
        said: list[Message] = []
        wait = max(int(self.clock.quiet[row]), int(self.clock.at[row])) + round(ADOPTED_FOR * FS)
        for name, running in list(bed.alarms.running.items()):
            if running.state == "latched":
                continue
            if running.alarm.stream != bed.stream:
                said += end_now(bed, name, running.alarm.announced)
                continue
            self._follow(bed, row, name)
            self.shown.adopt(row, NUMBER[name], 0 if running.alarm.priority == "technical" else wait)
        return said

    def _follow(self, bed: Bed, row: int, name: str) -> None:
        """Keep the arrays true to an alarm."""
        running = bed.alarms.running.get(name)
        announced = self.clock.here(row, running.alarm.announced) if running else 0.0
        self.shown.follow(row, NUMBER[name], running, round(announced + SHOWN * FS))

    def _goes_on(self, bed: Bed, row: int, name: str) -> bool:
        """Whether what begins is what a latched alarm told of: it began before that was told to be over."""
        running = bed.alarms.running.get(name)
        if running is None or running.state != "latched" or running.alarm.stream != bed.stream:
            return False
        since = self.clock.sample(row, int(self.conditions.since[row, NUMBER[name]]))
        return since <= (running.alarm.ended if running.alarm.ended is not None else -1)

    def _announcement(self, bed: Bed, row: int, name: str) -> Alarm:
        """The alarm that begins now."""
        kind, at = NUMBER[name], int(self.clock.at[row])
        since = min(int(self.conditions.since[row, kind]), at) if self.conditions.holds[row, kind] else at
        onset = max(self.clock.sample(row, since), bed.latest.get(name, int(self.clock.first[row]) - 1) + 1)
        r = self.conditions.history.latest(np.array([row]))[0]
        beats = [self.clock.sample(row, one) for one in r[r >= max(since, 0)].tolist()]
        technical = ALARMS[name].priority == "technical"
        return Alarm(
            bed=bed.name,
            stream=bed.stream,
            id=f"{bed.stream}/{name}/{onset}",
            name=name,
            priority=ALARMS[name].priority,
            state="active",
            onset=onset,
            announced=max(self.clock.sample(row, at), onset),
            text=text_of(name, float(self.conditions.value[row, kind]), bed.values()),
            latching=latches(name),
            beats=() if technical else tuple(beats[-BEATS_TOLD:]),
        )

    # ------------------------------------------------------------------------------------------------ all else

    def ring(self, bed: Bed, now: float) -> list[Message]:
        """What sounds at a bed, if that is news."""
        said: list[Message] = [*bed.bell.ring(bed.alarms, now)]
        if bed.row is not None:
            self.clock.pause_ends[bed.row] = NEVER if bed.bell.paused is None else bed.bell.until
        return said

    def quality(self, bed: Bed, row: int) -> Quality:
        """How good a bed's leads are, and what can still be told."""
        ladder = self.conditions.ladder
        return Quality(
            bed=bed.name,
            stream=bed.stream,
            sample=self.clock.now(row),
            leads=ladder.states(row),
            analysis=ANALYSES[ladder.analysis[row]],
        )

    def rhythm(self, bed: Bed, row: int) -> Rhythm:
        """The rhythm of a bed, from where it began."""
        text, code = STATEMENTS[self.statement.told[row]]
        sample = self.clock.sample(row, int(self.statement.where[row]))
        return Rhythm(bed=bed.name, stream=bed.stream, sample=sample, text=text, code=code)

    def set_limits(self, bed: Bed, request: SetLimits) -> list[Message]:
        """Take limits over, if there is nothing wrong with them; what they are now."""
        if problem_with(request.preset, request.values, request.off) is not None:
            return [bed.limits]
        bed.set_limits(request)
        said: list[Message] = [bed.limits]
        for name in bed.off & bed.alarms.running.keys():
            said += self.happen(bed, name, "withdraw")
        if bed.row is not None:
            self.apply_limits(bed)
        return said

    def apply_limits(self, bed: Bed) -> None:
        """Let a bed's limits hold from now on."""
        values, row = bed.values(), bed.row
        self.conditions.limits[row] = [values[name] for name in LIMITS]
        self.conditions.on[row] = ~columns(bed.off)


def end_now(bed: Bed, name: str, sample: int) -> list[Message]:
    """What held is over, and need not be shown any longer."""
    return [
        *bed.alarms.happen(name, "over", sample=sample),
        *bed.alarms.happen(name, "elapse", sample=sample),
    ]
