"""What has been told already, so that a detector that comes back may say it all again.

Pure. An alarm is known by its id and revision, a beat by its bed, stream and sample; rhythm, quality, bell and limits
by being the same as the latest, or of a sample before it.
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterable
from typing import Final

import msgspec

from stream.messages import Alarm, Beat, Bell, Event, Limits, Message, Open, Quality, Rhythm

BEATS: Final = 256
"""Beats remembered of each stream: a minute at the fastest heart rate; what is older than these counts as known."""

ALARMS: Final = 20_000
"""Alarms whose latest revision is remembered."""

BEDS: Final = 20_000
"""Beds of which all this is remembered; beyond, the one longest silent is forgotten."""


class Known:
    """What is known of each bed."""

    def __init__(self) -> None:
        self._alarms: dict[str, int] = {}  # id: revision; the latest told last
        self._beds: dict[str, _Bed] = {}

    def restore(self, events: Iterable[Event]) -> None:
        """Take over what was told before, oldest first."""
        for event in events:
            self.news(event)

    def has(self, bed: str) -> bool:
        """Whether anything was ever told of a bed."""
        return bed in self._beds

    def last_beat(self, bed: str, stream: str) -> int | None:
        """Sample of the last beat of a stream; None without any."""
        samples = self._beds[bed].beats.get(stream) if bed in self._beds else None
        return samples[-1] if samples else None

    def news(self, message: Message) -> bool:
        """Whether this was not told before; from now on it was."""
        match message:
            case Beat():
                return self.beat(message.bed, message.stream, message.sample)
            case Alarm():
                return self.alarm(message.bed, message.id, message.revision)
            case Rhythm() | Quality() | Bell() | Limits():
                return self._bed(message.bed).word(message)
            case Open():
                self.bed(message.bed)
        return True

    def bed(self, name: str) -> None:
        """Know a bed."""
        self._bed(name)

    def beat(self, bed: str, stream: str, sample: int) -> bool:
        """Whether a beat was not told before; from now on it was."""
        return self._bed(bed).beat(stream, sample)

    def alarm(self, bed: str, alarm: str, revision: int) -> bool:
        """Whether this revision of an alarm is later than all told before; from now on it is told."""
        self._bed(bed)
        if revision <= self._alarms.get(alarm, 0):
            return False
        self._alarms.pop(alarm, None)  # so that it is the latest
        self._alarms[alarm] = revision
        if len(self._alarms) > ALARMS:
            del self._alarms[next(iter(self._alarms))]
        return True

    def _bed(self, name: str) -> "_Bed":
        bed = self._beds.pop(name, None) or _Bed()
        self._beds[name] = bed
        if len(self._beds) > BEDS:
            del self._beds[next(iter(self._beds))]
        return bed


class _Bed:
    """What was told of one bed: the beats of its latest two streams, the latest word of each kind."""

    __slots__ = ("beats", "words")

    def __init__(self) -> None:
        self.beats: dict[str, array[int]] = {}
        self.words: dict[type[Event], Event] = {}

    def beat(self, stream: str, sample: int) -> bool:
        samples = self.beats.get(stream)
        if samples is None:
            if len(self.beats) >= 2:
                del self.beats[next(iter(self.beats))]
            samples = self.beats[stream] = array("q")
        if samples and sample <= samples[-1]:
            place = bisect_left(samples, sample)
            if samples[place] == sample or (place == 0 and len(samples) >= BEATS):
                return False
            samples.insert(place, sample)
        else:
            samples.append(sample)
        if len(samples) > 2 * BEATS:
            del samples[:BEATS]
        return True

    def word(self, event: Event) -> bool:
        event = msgspec.structs.replace(event, seq=0)
        before = self.words.get(type(event))
        if event == before:
            return False
        if (
            isinstance(event, Rhythm | Quality)
            and isinstance(before, Rhythm | Quality)
            and event.stream == before.stream
            and event.sample < before.sample
        ):
            return False  # of the time before the latest, said again
        self.words[type(event)] = event
        return True
