"""Messages as rows of the journal's tables. Pure."""

from typing import Any, Final

import msgspec

from stream.entries import Entry, Kept
from stream.messages import Alarm, Event, Open

STREAMS: Final = 4096
"""Streams that are at hand: whose clock is known without looking for it."""


class Clock:
    """When the samples of streams were: of the latest :data:`STREAMS` that were opened."""

    def __init__(self) -> None:
        self._epochs: dict[tuple[str, str], tuple[float, float]] = {}

    def set(self, opened: Open) -> None:
        """Take a stream's epoch and sampling rate."""
        self._epochs.pop((opened.bed, opened.stream), None)
        self._epochs[opened.bed, opened.stream] = (opened.epoch, opened.fs)
        if len(self._epochs) > STREAMS:
            del self._epochs[next(iter(self._epochs))]

    def utc(self, bed: str, stream: str, sample: int) -> float | None:
        """UTC seconds of a sample; None if its stream is not known."""
        epoch = self._epochs.get((bed, stream))
        return None if epoch is None else epoch[0] + sample / epoch[1]


def alarm_row(alarm: Alarm, at: float, clock: Clock) -> dict[str, Any]:
    """A revision of an alarm that the hub was told at UTC ``at``."""
    names = "id revision bed stream name priority state onset announced ended text latching acknowledged seq"
    row = {name: getattr(alarm, name) for name in names.split()}
    return row | {
        "at": at,
        "utc": clock.utc(alarm.bed, alarm.stream, alarm.onset),
        "who": alarm.by,
        "body": _text(alarm),
    }


def event_row(event: Event, at: float, session: str, clock: Clock) -> dict[str, Any]:
    """An event of a hub's session."""
    bed, stream = getattr(event, "bed", None), getattr(event, "stream", None)
    sample = getattr(event, "sample", getattr(event, "start", getattr(event, "first", None)))
    return {
        "id": f"{session}/{event.seq}",
        "seq": event.seq,
        "at": at,
        "utc": None if bed is None or stream is None or sample is None else clock.utc(bed, stream, sample),
        "kind": str(event.__struct_config__.tag),
        "bed": bed,
        "stream": stream,
        "sample": sample,
        "who": getattr(event, "by", ""),
        "body": _text(event),
    }


def audit_row(what: Kept, entry: Entry) -> dict[str, Any]:
    """What a person or a program did."""
    return {
        "id": entry.id,
        "at": entry.at,
        "kind": str(what.__struct_config__.tag),
        "bed": getattr(what, "bed", None),
        "who": getattr(what, "by", getattr(what, "name", "")),
        "body": _text(what),
    }


def _text(what: Kept) -> str:
    return msgspec.json.encode(what).decode()
