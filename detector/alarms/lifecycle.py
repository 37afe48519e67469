"""What becomes of an alarm: one table of states, of what may happen, and of what follows.

Of each kind a bed has at most one alarm at a time. High priority *latches*: the alarm stays, silent, when its condition
is over, until somebody has acknowledged it. Others *fade*: they stay for :data:`SHOWN` s after they were announced. An
alarm that has ended never comes back; the condition's next time is another alarm.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal, TypeAlias

from msgspec.structs import replace

from detector.alarms.kinds import LOUDNESS, NUMBER, latches
from stream.alarms import Alarm, Priority

SHOWN: Final = 5.0
"""Seconds for which an alarm stays visible at least."""

State: TypeAlias = Literal["none", "active", "acknowledged", "fading", "latched"]
"""``none``: there is no alarm of the kind. ``active``: its condition holds, it sounds. ``acknowledged``: it holds,
silent. ``fading``: over, but not shown long enough yet. ``latched``: over, and nobody has acknowledged it."""

Happening: TypeAlias = Literal["begin", "resume", "worsen", "over", "elapse", "acknowledge", "withdraw"]
"""The condition begins; holds though it was told to be over; gets worse; is over; the alarm was shown long enough;
somebody acknowledges it; its kind is switched off."""

Effect: TypeAlias = Literal["announce", "retell", "end", "end_and_announce"]
"""What is told: a new alarm; the same one as it is now, if that is news; that it has ended; that, and a new one."""


@dataclass(frozen=True, slots=True)
class Step:
    """What follows: the next state of an alarm that latches, of one that does not, and what is told."""

    latching: State
    other: State
    effect: Effect


TRANSITIONS: Final[Mapping[tuple[State, Happening], Step]] = MappingProxyType(
    {
        ("none", "begin"): Step("active", "active", "announce"),
        ("active", "worsen"): Step("active", "active", "retell"),
        ("active", "over"): Step("latched", "fading", "retell"),
        ("active", "acknowledge"): Step("acknowledged", "acknowledged", "retell"),
        ("active", "withdraw"): Step("none", "none", "end"),
        ("acknowledged", "worsen"): Step("acknowledged", "acknowledged", "retell"),
        ("acknowledged", "over"): Step("none", "none", "end"),
        ("acknowledged", "withdraw"): Step("none", "none", "end"),
        ("fading", "begin"): Step("active", "active", "retell"),
        ("fading", "elapse"): Step("none", "none", "end"),
        ("fading", "acknowledge"): Step("none", "none", "end"),
        ("fading", "withdraw"): Step("none", "none", "end"),
        ("latched", "begin"): Step("active", "active", "end_and_announce"),
        ("latched", "resume"): Step("active", "active", "retell"),
        ("latched", "acknowledge"): Step("none", "none", "end"),
        ("latched", "withdraw"): Step("none", "none", "end"),
    }
)
"""State and happening: what follows. What is not here changes nothing and says nothing."""


@dataclass(slots=True)
class Running:
    """An alarm that has not ended: as it was told last, its state, and where it was over if it fades."""

    alarm: Alarm
    state: State
    over: int | None = None

    @classmethod
    def told(cls, alarm: Alarm) -> "Running":
        """An alarm that has not ended, as another detector told it last."""
        return cls(alarm, "latched" if alarm.state == "latched" else "acknowledged" if alarm.acknowledged else "active")


class BedAlarms:
    """The alarms of one bed that have not ended, by name."""

    def __init__(self) -> None:
        self.running: Final[dict[str, Running]] = {}

    def happen(
        self,
        name: str,
        happening: Happening,
        *,
        fresh: Alarm | None = None,
        text: str = "",
        sample: int | None = None,
        by: str = "",
    ) -> list[Alarm]:
        """Let something happen to a kind of alarm; what is to be told.

        Parameters
        ----------
        name, happening
            What happens to which.
        fresh
            The alarm as it would be announced, where it may be.
        text
            What it says now, if it got worse.
        sample
            Where the condition was over, if it is.
        by
            Who acknowledges.
        """
        running = self.running.get(name)
        step = TRANSITIONS.get((running.state if running else "none", happening))
        if step is None:
            return []
        state = step.latching if latches(name) else step.other
        told: list[Alarm] = []
        if running and step.effect in ("end", "end_and_announce"):
            told.append(_ended(running, sample, happening == "acknowledge", by))
            del self.running[name]
        if step.effect in ("announce", "end_and_announce"):
            if fresh is None:
                raise ValueError(f"expected the alarm that {name} is to be announced as")
            self.running[name] = Running(fresh, state)
            told.append(fresh)
        if running and step.effect == "retell":
            told += _retold(running, state, happening, text, sample, by)
        return told

    def sounding(self, above: Priority | None) -> Alarm | None:
        """The worst that sounds, of a priority above that one (None: of any)."""
        least = -1 if above is None else LOUDNESS[above]
        loud = [
            running.alarm
            for running in self.running.values()
            if running.state in ("active", "fading") and LOUDNESS[running.alarm.priority] > least
        ]
        return max(loud, key=lambda alarm: (LOUDNESS[alarm.priority], -NUMBER[alarm.name]), default=None)


def _retold(
    running: Running, state: State, happening: Happening, text: str, sample: int | None, by: str
) -> list[Alarm]:
    before = running.alarm
    running.state, running.over = state, sample if state == "fading" else None
    after = replace(
        before,
        state="latched" if state == "latched" else "active",
        ended=sample if state == "latched" else None,
        text=text if happening == "worsen" else before.text,
        acknowledged=before.acknowledged or happening == "acknowledge",
        by=by if happening == "acknowledge" else before.by,
    )
    if after == before:
        return []
    running.alarm = replace(after, revision=before.revision + 1)
    return [running.alarm]


def _ended(running: Running, sample: int | None, acknowledges: bool, by: str) -> Alarm:
    alarm = running.alarm
    over = next((at for at in (alarm.ended, running.over, sample) if at is not None), alarm.announced)
    return replace(
        alarm,
        state="ended",
        ended=max(over, alarm.onset),
        acknowledged=alarm.acknowledged or acknowledges,
        by=by if acknowledges else alarm.by,
        revision=alarm.revision + 1,
    )
