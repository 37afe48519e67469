"""What each message must be like to be taken in, whoever says it and whatever went before."""

import math
from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec

from stream.alarms import Acknowledge, Alarm, AudioPause, Bell, Limits, Quality, Rhythm, SetLimits, Verdict
from stream.arrangement import Arrangement, taken_name
from stream.explanation import Reason
from stream.limits import ALARMS, problem_with
from stream.messages import AAMI, FS_RANGE, KINDS, MAX_LEADS, Explanation, Message, Open, Subscribe

MAX_REASONS: Final = 16
"""Most reasons in an explanation."""

MAX_NAME: Final = 64
"""Most characters in the name of a bed, stream, lead or component."""

LAST_EPOCH: Final = 253_402_300_800.0
"""The end of the year 9999, in UTC seconds: later, calendars do not go."""


MAX_TEXT: Final = 200
"""Most characters of a text for people, and of an alarm's id."""

MAX_COMMENT: Final = 2000
"""Most characters of a comment."""

MAX_BEATS: Final = 256
"""Most beats that an alarm rests on."""

MAX_ARRANGED: Final = 1000
"""Most beds in an arrangement."""

MAX_PAUSE: Final = 3600.0
"""Longest audio pause, in seconds."""

MAX_LAST: Final = 10_000
"""Most events that a newcomer may ask for."""

MAX_HISTORY: Final = 3600.0
"""Most seconds of waves that may be asked for; the hub sends what it has."""


class Refused(Exception):
    """A message that is not accepted; the text says what was expected and what came."""


def check_open(message: Open) -> None:
    """Check the particulars of a stream.

    Raises
    ------
    Refused
        If they make no sense; the text names what was expected and what came.
    """
    check_name("bed", message.bed)
    check_name("stream", message.stream)
    low, high = FS_RANGE
    if not low <= message.fs <= high:
        raise Refused(f"expected fs of {low:g} to {high:g} Hz, got {message.fs:g}")
    if not 1 <= len(message.leads) <= MAX_LEADS:
        raise Refused(f"expected 1 to {MAX_LEADS} leads, got {len(message.leads)}")
    for lead in message.leads:
        check_name("lead", lead.name)
        if not (math.isfinite(lead.gain) and lead.gain > 0):
            raise Refused(f"expected a finite gain above 0 of lead {lead.name!r}, got {lead.gain:g}")
        if abs(lead.baseline) > 2**31:
            raise Refused(f"expected a baseline of at most 32 bits of lead {lead.name!r}, got {lead.baseline}")
    if not abs(message.epoch) < LAST_EPOCH:
        raise Refused(f"expected epoch in UTC seconds, got {message.epoch:g}")
    if message.first < 0:
        raise Refused(f"expected first sample 0 or later, got {message.first}")
    if not (math.isfinite(message.speed) and message.speed >= 0):
        raise Refused(f"expected speed 0 or above, got {message.speed:g}")


def check_name(what: str, name: str) -> None:
    """Check that a name can be shown: 1 to 64 printable characters, not all spaces.

    Raises
    ------
    Refused
        If it cannot.
    """
    if not 1 <= len(name) <= MAX_NAME or not name.isprintable() or name.isspace():
        raise Refused(f"expected a {what} name of 1 to {MAX_NAME} printable characters, got {name[:80]!r}")


def check_explanation(message: Explanation) -> None:
    """Check what an explanation gives as reasons, probabilities and facts.

    Raises
    ------
    Refused
        If they are too many, or one cannot be shown.
    """
    check_reasons(message.reasons)
    if len(message.probabilities) not in (0, len(AAMI)) or not all(map(math.isfinite, message.probabilities)):
        raise Refused(f"expected {len(AAMI)} finite probabilities or none, got {message.probabilities[:8]}")
    if message.facts is not None:
        for name, value in msgspec.structs.asdict(message.facts).items():
            if isinstance(value, float) and not math.isfinite(value):
                raise Refused(f"expected a finite number as {name!r} in the facts of a beat, got {value}")


def check_reasons(reasons: Sequence[Reason]) -> None:
    """Check what an explanation gives as reasons.

    Raises
    ------
    Refused
        If they are too many, or one cannot be shown.
    """
    if len(reasons) > MAX_REASONS:
        raise Refused(f"expected {MAX_REASONS} reasons at most, got {len(reasons)}")
    for reason in reasons:
        check_name("reason", reason.name)
        if not (math.isfinite(reason.share) and math.isfinite(reason.value or 0)):
            raise Refused(f"expected finite numbers in reason {reason.name!r}, got {reason.share:g}, {reason.value}")


def check_subscribe(request: Subscribe) -> None:
    """Check what a subscriber asks for.

    Raises
    ------
    Refused
        If it asks for kinds that do not exist, or for a past that makes no sense.
    """
    if not 0 <= request.last <= MAX_LAST:
        raise Refused(f"expected 0 to {MAX_LAST} as last, got {request.last}")
    if not 0 <= request.history <= MAX_HISTORY:
        raise Refused(f"expected a history of 0 to {MAX_HISTORY:g} s, got {request.history:g}")
    unknown = [kind for kind in request.kinds or () if kind not in KINDS]
    if unknown:
        raise Refused(f"expected kinds among {', '.join(KINDS)}; got {unknown[0][:80]!r}")


def check_alarm(message: Alarm) -> None:
    """Check an alarm; whatever its name, it is not refused for being unknown.

    Raises
    ------
    Refused
        If it cannot be shown or kept.
    """
    check_text("name of an alarm", message.name, least=1, most=MAX_NAME)
    check_text("id of an alarm", message.id, least=1)
    check_text("text of an alarm", message.text)
    _check_by(message.by)
    if message.revision < 1:
        raise Refused(f"expected revision 1 or above of an alarm, got {message.revision}")
    if len(message.beats) > MAX_BEATS:
        raise Refused(f"expected {MAX_BEATS} beats of an alarm at most, got {len(message.beats)}")


def check_limits(message: Limits | SetLimits) -> None:
    """Check limits after :mod:`stream.limits`.

    Raises
    ------
    Refused
        If they are out of range or contradict each other.
    """
    _check_by(message.by)
    if len(message.off) > len(ALARMS):
        raise Refused(f"expected {len(ALARMS)} alarms at most that are off, got {len(message.off)}")
    problem = problem_with(message.preset, message.values, message.off)
    if problem:
        raise Refused(problem)


def check_arrangement(message: Arrangement, is_bed: Callable[[str], bool]) -> None:
    """Check an arrangement of beds; ``is_bed`` tells whether there is, or was, a bed of a name.

    Raises
    ------
    Refused
        If one cannot be shown, stands twice, or would be taken for another.
    """
    _check_by(message.by)
    most = max(len(message.order), len(message.names))
    if most > MAX_ARRANGED:
        raise Refused(f"expected {MAX_ARRANGED} beds at most in an arrangement, got {most}")
    for name in (*message.order, *message.names, *message.names.values()):
        check_name("bed", name)
    if len(set(message.order)) < len(message.order):
        raise Refused("expected each bed once in the order of beds")
    taken = taken_name(message, is_bed)
    if taken is not None:
        raise Refused(f"expected names that tell beds apart, got {taken!r}, which is another bed's")


def check_text(what: str, text: str, *, least: int = 0, most: int = MAX_TEXT, lines: bool = False) -> None:
    """Check that a text can be shown; ``lines``: it may have several.

    Raises
    ------
    Refused
        If it cannot.
    """
    shown = text.replace("\n", "") if lines else text
    if not least <= len(text) <= most or not shown.isprintable():
        raise Refused(f"expected {least} to {most} printable characters as {what}, got {text[:80]!r}")


def _check_by(by: str) -> None:
    check_text("name of a person", by, most=MAX_NAME)


def _check_bell(message: Bell) -> None:
    check_text("id of an alarm", message.alarm)
    _check_by(message.by)
    _check_finite("until", message.until)


def _check_rhythm(message: Rhythm) -> None:
    check_text("rhythm", message.text)
    check_text("code of a rhythm", message.code)


def _check_quality(message: Quality) -> None:
    if not 1 <= len(message.leads) <= MAX_LEADS:
        raise Refused(f"expected the quality of 1 to {MAX_LEADS} leads, got {len(message.leads)}")


def _check_verdict(message: Verdict) -> None:
    check_text("id of an alarm", message.alarm, least=1)
    check_text("comment", message.comment, most=MAX_COMMENT, lines=True)
    _check_by(message.by)


def _check_acknowledge(message: Acknowledge) -> None:
    if message.alarm is not None:
        check_text("id of an alarm", message.alarm, least=1)
    _check_by(message.by)


def _check_pause(message: AudioPause) -> None:
    if not 0 <= message.seconds <= MAX_PAUSE:
        raise Refused(f"expected an audio pause of 0 to {MAX_PAUSE:g} s, got {message.seconds:g}")
    _check_by(message.by)


def _check_finite(what: str, value: float) -> None:
    if not abs(value) < LAST_EPOCH:
        raise Refused(f"expected {what} in UTC seconds, got {value:g}")


_CHECKS: Final[dict[type[Message], Callable[[Any], None]]] = {
    Alarm: check_alarm,
    Bell: _check_bell,
    Rhythm: _check_rhythm,
    Quality: _check_quality,
    Limits: check_limits,
    SetLimits: check_limits,
    Verdict: _check_verdict,
    Acknowledge: _check_acknowledge,
    AudioPause: _check_pause,
}


def check_monitoring(message: Message) -> None:
    """Check a word of monitoring: an alarm, a bell, a rhythm, limits, what people say to them.

    Raises
    ------
    Refused
        If it cannot be shown or kept.
    """
    check_name("bed", message.bed)  # type: ignore[attr-defined]
    if isinstance(message, Alarm | Rhythm | Quality):
        check_name("stream", message.stream)
    _CHECKS[type(message)](message)
