"""The strip of each alarm: the ECG from 10 s before its onset to 10 s after it was announced, as a record."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

import msgspec

from stream.archive.folder import strip_name
from stream.archive.records import COMMENT, Excerpt, Note, files
from stream.archive.writer import Writer
from stream.errors import SourceError
from stream.messages import Alarm, Message, Open

BEFORE: Final = 10.0
"""Seconds before the onset."""

AFTER: Final = 10.0
"""Seconds after the announcement."""

LONGEST: Final = 180.0
"""Most seconds of a strip; of an alarm that took long to announce, the end."""

SETTLE: Final = 5.0
"""Seconds more that are waited for: a beat is named when the next is found."""

PATIENCE: Final = 60.0
"""Seconds of the clock after which a strip is cut though not all samples have come: its source may be gone."""


@dataclass(slots=True)
class _Waiting:
    alarm: Alarm
    fs: float | None  # None for a stream that is not open
    since: float


class Strips:
    """Waits for the samples that belong to alarms; pure."""

    def __init__(self) -> None:
        self._waiting: dict[str, _Waiting] = {}
        self._known: dict[str, str] = {}  # the last alarms of each kind of a bed, so that each is cut once
        self._opens: dict[str, Open] = {}

    def take(self, messages: Iterable[Message], now: float) -> None:
        """Take what came; ``now`` is of a clock that only rises, in seconds."""
        for message in messages:
            if isinstance(message, Open):
                self._opens[message.bed] = message
            elif isinstance(message, Alarm) and message.state != "ended" and message.stream:
                slot = f"{message.bed}/{message.name}"
                if self._known.get(slot) != message.id:
                    self._known[slot] = message.id
                    opened = self._opens.get(message.bed)
                    fs = opened.fs if opened and opened.stream == message.stream else None
                    self._waiting[message.id] = _Waiting(message, fs, now)

    def due(self, position: Callable[[str, str], float], now: float) -> list[Alarm]:
        """Take the alarms whose samples have come; ``position`` tells the next sample of a bed's stream."""
        ready = []
        for waiting in self._waiting.values():
            alarm = waiting.alarm
            age = now - waiting.since
            at = position(alarm.bed, alarm.stream)
            come = waiting.fs is not None and at >= alarm.announced + (AFTER + SETTLE) * waiting.fs
            if age >= PATIENCE or (come and (at < float("inf") or age >= SETTLE)):
                ready.append(alarm)
        for alarm in ready:
            del self._waiting[alarm.id]
        return ready

    def all(self) -> list[Alarm]:
        """Take all alarms that wait."""
        return self.due(lambda _bed, _stream: 0, float("inf"))

    def put_back(self, alarms: Iterable[Alarm]) -> None:
        """Have alarms wait again whose strips could not be written; they are due at once."""
        for alarm in alarms:
            self._waiting[alarm.id] = _Waiting(alarm, None, -float("inf"))

    def earliest(self) -> int | None:
        """Number of the earliest event that waits; None if none does."""
        return min((waiting.alarm.seq for waiting in self._waiting.values()), default=None)


def window(alarm: Alarm, fs: float) -> tuple[int, int]:
    """The samples of an alarm's strip: the first, and one past the last."""
    last = alarm.announced + round(AFTER * fs)
    return max(alarm.onset - round(BEFORE * fs), last - round(LONGEST * fs)), last


def cut(writer: Writer, alarm: Alarm) -> bool:
    """Write the strip of an alarm, if it is not there; False if no sample of it is kept.

    Its annotations are the beats and what else is noted, and the alarm at its onset and where it was announced; its
    header holds the :class:`~stream.alarms.Alarm` in JSON.

    Raises
    ------
    OSError
        If the disk refuses.
    """
    archive = writer.archive
    try:
        archive.strip(alarm.id, alarm.bed)
        return True
    except SourceError:
        pass
    opened = archive.opened(alarm.bed, alarm.stream)
    excerpt = opened and archive.read_samples(alarm.bed, alarm.stream, *window(alarm, opened.fs))
    if not excerpt:
        return False
    marks = {
        Note(alarm.onset, COMMENT, f"{alarm.name}: {alarm.text}"),
        Note(alarm.announced, COMMENT, f"{alarm.name}: announced"),
    }
    last = excerpt.first + excerpt.samples.shape[1]
    notes = sorted({*excerpt.notes, *(mark for mark in marks if excerpt.first <= mark.sample < last)})
    strip = Excerpt(excerpt.opened, excerpt.first, excerpt.samples, tuple(notes))
    time = strip.opened.epoch + alarm.announced / strip.opened.fs
    said = json.dumps(msgspec.to_builtins(alarm))
    writer.write_strip(alarm.bed, files(strip_name(alarm.id, alarm.name, time), strip, [said]))
    return True


def alarm_of(comments: Iterable[str]) -> Alarm | None:
    """Find the alarm in the further comments of a strip's header; None if there is none."""
    for comment in comments:
        try:
            return msgspec.json.decode(comment, type=Alarm)
        except msgspec.DecodeError:
            continue
    return None
