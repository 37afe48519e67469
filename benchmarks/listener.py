"""One subscriber that keeps account of how late things come. No I/O: messages and the time are passed in."""

from array import array
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from stream.messages import Beat, Gap, Message, Open, Reference, Status, Wave

BEATS: Final = frozenset("NVASFQ")
"""Symbols of a simulator's own truth that are beats."""


def doubles() -> "array[float]":
    """An empty array of doubles: a run of a minute brings a million numbers."""
    return array("d")


@dataclass(slots=True)
class Lags:
    """Seconds that passed on the way, one number a message.

    Attributes
    ----------
    wave_sent
        From a wave's publication to its arrival.
    wave_due
        From the time its last sample happened by the stream's clock, as its source first told it, to its arrival.
    beat
        From the time of R to the arrival of its :class:`~stream.messages.Beat`. The beat after it must be waited
        for, so this is not less than one RR.
    beat_ready
        The same without that wait: from the time of the next R. Beats told sooner, because the next was overdue,
        are left out.
    """

    wave_sent: "array[float]" = field(default_factory=doubles)
    wave_due: "array[float]" = field(default_factory=doubles)
    beat: "array[float]" = field(default_factory=doubles)
    beat_ready: "array[float]" = field(default_factory=doubles)


@dataclass(slots=True)
class _Stream:
    """What is known of a bed's stream: its clock as first told, and its last beat."""

    epoch: float
    fs: float
    step: int  # bytes of a sample of all leads
    stop: int
    beat: float | None = None  # when the last beat arrived


class Listener:
    """Hears one subscription.

    Attributes
    ----------
    lags, counts
        Of all heard since :meth:`begin`: how late, and how many of each kind.
    lost
        Samples told as gaps since.
    trouble
        What went wrong since, in words, counted.
    """

    def __init__(self) -> None:
        self.streams: dict[tuple[str, str], _Stream] = {}
        self.begin()

    def begin(self) -> None:
        """Count anew."""
        self.lags = Lags()
        self.counts: Counter[str] = Counter()
        self.lost = 0
        self.trouble: Counter[str] = Counter()

    def take(self, messages: Iterable[Message], now: float) -> None:
        """Hear what arrived at ``now``, UTC seconds."""
        for message in messages:
            self.counts[str(message.__struct_config__.tag)] += 1
            if type(message) is Wave:
                stream = self.streams[message.bed, message.stream]
                stream.stop = message.start + len(message.samples) // stream.step
                self.lags.wave_sent.append(now - message.sent)
                self.lags.wave_due.append(now - stream.epoch - stream.stop / stream.fs)
            elif type(message) is Beat:
                self._beat(message, now)
            elif type(message) is Reference:
                self.counts["true_beat"] += message.symbol in BEATS
            elif type(message) is Open:
                self._open(message)
            elif type(message) is Gap:
                self.lost += message.stop - message.start
                self.trouble[f"gap ({message.reason})"] += 1
            elif type(message) is Status and message.state in ("lost", "error"):
                self.trouble[f"{message.component} {message.state}"] += 1

    def behind(self, now: float) -> float:
        """How long ago the last sample that arrived had happened, in the worst of all beds."""
        return max((now - s.epoch - s.stop / s.fs for s in self.streams.values()), default=0.0)

    def _open(self, message: Open) -> None:
        key = message.bed, message.stream
        if key in self.streams:  # said again: the source was too late and gave up its schedule
            self.trouble["source gave up its schedule"] += 1
        else:
            self.streams[key] = _Stream(message.epoch, message.fs, 2 * len(message.leads), message.first)

    def _beat(self, beat: Beat, now: float) -> None:
        stream = self.streams[beat.bed, beat.stream]
        happened = stream.epoch + beat.sample / stream.fs
        self.lags.beat.append(now - happened)
        if stream.beat is not None and beat.rr is not None and stream.beat >= happened:
            self.lags.beat_ready.append(stream.beat - happened)
        stream.beat = now
