"""The words of monitoring: alarms and their bell, rhythm, signal quality, limits, and what people say to them.

The detector owns all of this; screens draw it and send requests. An :class:`Alarm` is told whole at each change, so
whoever hears the latest knows all.
"""

from typing import Literal, TypeAlias

import msgspec

from stream.base import Event, Index, Message

Priority: TypeAlias = Literal["high", "medium", "low", "technical"]

LeadState: TypeAlias = Literal["good", "noisy", "mains", "saturated", "flat", "off"]


class Alarm(Event, frozen=True, kw_only=True, tag="alarm"):
    """An alarm as it is now.

    Attributes
    ----------
    id
        The same for as long as the alarm is told of, over restarts too.
    name
        What it is, of the table in docs/alarms.md: ``asystole``, ``hr_high`` ...
    state
        ``active``: the condition holds. ``latched``: it is over, and nobody has acknowledged. ``ended``: over, and
        nothing is left to show.
    onset, announced, ended
        Sample indices: where the condition began, when it was first told, where it was over (None: it is not).
    text
        For people: the worst value and the limit, ``HR 134 > 120``.
    latching
        Whether it stays until acknowledged.
    acknowledged, by
        Whether somebody has, and who.
    beats
        R of the beats that it rests on, the last few.
    revision
        Rises by one each time it is told.
    """

    bed: str
    stream: str
    id: str
    name: str
    priority: Priority
    state: Literal["active", "latched", "ended"]
    onset: Index
    announced: Index
    text: str
    ended: Index | None = None
    latching: bool = False
    acknowledged: bool = False
    by: str = ""
    beats: tuple[Index, ...] = ()
    revision: int = 1


class Bell(Event, frozen=True, kw_only=True, tag="bell"):
    """What sounds at a bed.

    Attributes
    ----------
    sounds
        Priority of the worst alarm that is active and neither acknowledged nor paused; None: silence.
    alarm
        Its id.
    paused, until, by
        While audio is paused: nothing of this priority or below sounds; until when (UTC seconds of the wall clock),
        and who paused it.
    """

    bed: str
    sounds: Priority | None = None
    alarm: str = ""
    paused: Priority | None = None
    until: float = 0.0
    by: str = ""


class Rhythm(Event, frozen=True, kw_only=True, tag="rhythm"):
    """The rhythm of a bed from ``sample`` on: in words (``Sinus rhythm``) and as WFDB writes it (``(N``).

    The heart rate beside it is in :class:`~stream.messages.Numerics`.
    """

    bed: str
    stream: str
    sample: Index
    text: str
    code: str = ""


class Quality(Event, frozen=True, kw_only=True, tag="quality"):
    """How good each lead is from ``sample`` on, and what can still be told.

    ``analysis`` is ``full``; ``lethal`` while noise leaves only asystole, VF, VT and heart rate; ``suspended`` after
    20 noisy of the last 30 s, when no heart rate is told; ``off`` without any lead.
    """

    bed: str
    stream: str
    sample: Index
    leads: tuple[LeadState, ...]
    analysis: Literal["full", "lethal", "suspended", "off"] = "full"


class Limits(Event, frozen=True, kw_only=True, tag="limits"):
    """The alarm limits of a bed as they are now (:mod:`stream.limits` knows their names).

    ``values`` holds what differs from the preset, ``off`` the names of alarms that are switched off.
    """

    bed: str
    preset: str = "adult"
    values: dict[str, float] = msgspec.field(default_factory=dict)
    off: tuple[str, ...] = ()
    by: str = ""


class Verdict(Event, frozen=True, kw_only=True, tag="verdict"):
    """What a person found on looking at an alarm again."""

    bed: str
    alarm: str
    verdict: Literal["true", "false", "uncertain"]
    comment: str = ""
    by: str = ""


class Acknowledge(Message, frozen=True, kw_only=True, tag="acknowledge"):
    """Silences an alarm, and lets go of it if it is over; all of the bed if ``alarm`` is None."""

    bed: str
    alarm: str | None = None
    by: str = ""


class AudioPause(Message, frozen=True, kw_only=True, tag="audio_pause"):
    """Pauses the sound of a bed for some seconds; 0 ends the pause."""

    bed: str
    seconds: float = 120.0
    by: str = ""


class SetLimits(Message, frozen=True, kw_only=True, tag="set_limits"):
    """Sets the limits of a bed: a preset, what is to differ from it, which alarms are off.

    The detector answers with :class:`Limits`.
    """

    bed: str
    preset: str = "adult"
    values: dict[str, float] = msgspec.field(default_factory=dict)
    off: tuple[str, ...] = ()
    by: str = ""
