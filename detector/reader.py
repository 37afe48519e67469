"""What the detector answers to what it hears: messages of sources in, messages of the detector out.

No I/O: :mod:`detector.service` carries the messages.
"""

from collections import deque
from collections.abc import Callable, Iterable
from math import isnan
from typing import Final

import numpy as np

from detector.bank import Reading, Ward
from detector.classifier import Classifier
from detector.consensus import Consensus
from detector.explainer import REMEMBERED, Explainer, Named, Row, rounded
from detector.monitor import Monitor
from detector.physical import Scale
from detector.rows import Floats
from stream.messages import (
    AAMI,
    Acknowledge,
    Alarm,
    AudioPause,
    Beat,
    Bell,
    Close,
    CutBeat,
    Explain,
    Limits,
    Message,
    Numerics,
    Open,
    SetLimits,
    Status,
    Subscribed,
    Wave,
    unpack_floats,
    unpack_wave,
)

SAID: Final = 120
"""Beats of each bed that are said again to a hub that was away."""


class Reader:
    """Reads all beds it is told of.

    Parameters
    ----------
    stream
        Names the beats of continuous streams.
    row
        Names beats that came already cut; must take a beat a row.
    explain
        Whether to explain beats that are not normal, unasked.
    clock
        The wall clock, see :class:`~detector.monitor.Monitor`.
    remembered
        Beats kept of each bed, on average (of eight beds at least), so that they can be explained.
    """

    def __init__(
        self,
        stream: Classifier,
        row: Classifier,
        *,
        explain: bool = True,
        clock: Callable[[], float] | None = None,
        remembered: int = REMEMBERED,
    ):
        self._explains: Final = explain
        self._clock: Final = clock
        self._stream: Final = stream
        self._row: Final = row
        self._ward: Final = Ward(watched=True)
        self._monitor: Final = Monitor(clock)
        self._before: list[Message] | None = []  # how things were before this reader, until all is heard
        self._opens: Final[dict[str, Open]] = {}
        self._scales: Final[dict[str, Scale]] = {}
        self._beats: Final[dict[str, deque[Message]]] = {}
        self._consensus: Final = Consensus()
        self._explainer: Final = Explainer(stream, row, remembered)

    def renewed(self) -> "Reader":
        """A reader of the same streams that has forgotten all else, to go on with after a fault."""
        fresh = Reader(
            self._stream, self._row, explain=self._explains, clock=self._clock, remembered=self._explainer.remembered
        )
        for opened in self._opens.values():
            fresh._open(opened)
        fresh._before = self._monitor.said_last()
        fresh._go_on()
        return fresh

    def said_last(self) -> list[Message]:
        """The last beats, alarms, bells, limits, rhythms and qualities: for a hub that may have missed them."""
        beats = [beat for bed, told in self._beats.items() if bed in self._opens for beat in told]
        return [*beats, *self._monitor.said_last()]

    @property
    def beds(self) -> int:
        """How many streams are open."""
        return len(self._opens)

    def watch(self) -> list[Message]:
        """What follows from the wall clock alone: a source that sends nothing, a pause that is over."""
        return self._monitor.watch()

    def take(self, messages: Iterable[Message]) -> list[Message]:
        """Hear messages, in order; say what follows from them, in order of time within a bed."""
        waves: list[Wave] = []
        rows: list[Row] = []
        asked: list[Explain | Acknowledge | AudioPause | SetLimits] = []
        said: list[Message] = []
        for message in messages:
            match message:
                case Wave(bed=bed, stream=stream) if self._known(bed, stream, "wave"):
                    said += self._go_on()
                    self._monitor.heard(bed)
                    waves.append(message)
                case CutBeat(bed=bed, stream=stream) if self._known(bed, stream, "beats"):
                    rows.append(Row(message, self._opens[bed], unpack_floats(message.samples)[0]))
                case Open():
                    said += self._say(self._pour(waves), rows)
                    waves, rows = [], []
                    said += self._open(message)
                case Close(bed=bed, stream=stream) if bed in self._opens and self._opens[bed].stream == stream:
                    said += self._say(self._pour(waves) + self._ward.close(bed), rows) + self._close(bed)
                    waves, rows = [], []
                case Explain() | Acknowledge() | AudioPause() | SetLimits():
                    asked.append(message)
                case _:
                    said += self._hear(message)
        said += self._say(self._pour(waves) + self._ward.step(), rows)
        said += self._monitor.take(self._ward.shown())
        for request in asked:
            said += self._explainer.answer(request) if isinstance(request, Explain) else self._monitor.command(request)
        pulseless = self._monitor.without_pulse()
        for bed, sample, hr in self._ward.heart_rates():
            told = None if hr is None or bed in pulseless else round(hr, 1)
            said.append(Numerics(bed=bed, stream=self._opens[bed].stream, sample=sample, hr=told))
        return said

    def _pour(self, waves: list[Wave]) -> list[Reading]:
        """Give the ward waves as they came, those of one format and length together."""
        readings: list[Reading] = []
        while waves:
            alike: dict[tuple[float, int, int], list[Wave]] = {}
            seen: set[str] = set()
            later: list[Wave] = []
            for wave in waves:
                if wave.bed in seen:
                    later.append(wave)
                    continue
                seen.add(wave.bed)
                opened = self._opens[wave.bed]
                alike.setdefault((opened.fs, len(opened.leads), len(wave.samples)), []).append(wave)
            for (_, leads, _), some in alike.items():
                beds = [wave.bed for wave in some]
                samples = unpack_wave(b"".join([wave.samples for wave in some]), len(some) * leads)
                values = Scale.together([self._scales[bed] for bed in beds], samples.reshape(len(some), leads, -1))
                readings += self._ward.push_all(beds, [wave.start for wave in some], values)
            waves = later
        return readings

    def _hear(self, message: Message) -> list[Message]:
        """Hear how things are with a source, and how they were before this reader began."""
        match message:
            case Status(component="source", bed=str(bed)):
                self._monitor.expect(bed, message.state != "paused")
            case Status(component="journal" | "keeper" as part):
                return self._monitor.storage(part, message.state == "error")
            case Subscribed():
                return self._go_on()
            case Alarm() | Bell() | Limits() if self._before is not None:
                self._before.append(message)
            case Numerics() if self._before is not None:
                self._monitor.told(message.bed, message.stream, message.sample)
        return []

    def _go_on(self) -> list[Message]:
        """Take over alarms from the detector before: all that was is told now."""
        before, self._before = self._before, None
        return self._monitor.resume(before) if before else []

    def _known(self, bed: str, stream: str, form: str) -> bool:
        opened = self._opens.get(bed)
        return opened is not None and opened.stream == stream and opened.form == form

    def _open(self, message: Open) -> list[Message]:
        """Begin a stream; one restated goes on as it was, unless it is of another make now."""
        before = self._opens.get(message.bed)
        if before is not None and before.stream == message.stream and _make(before) == _make(message):
            self._opens[message.bed] = message
            self._scales[message.bed] = Scale(message.leads)
            return []
        last = self._say(self._ward.close(message.bed), []) + self._close(message.bed)
        self._opens[message.bed] = message
        self._scales[message.bed] = Scale(message.leads)
        if message.form == "wave":
            self._ward.open(message.bed, message.fs, len(message.leads), message.first)
            last += self._monitor.open(message)
        return last

    def _close(self, bed: str) -> list[Message]:
        """Forget a stream that is over."""
        said = self._monitor.take(self._ward.shown()) + self._monitor.close(bed)
        self._opens.pop(bed, None)
        self._scales.pop(bed, None)
        self._beats.pop(bed, None)
        self._consensus.forget(bed)
        return said

    def _say(self, readings: list[Reading], rows: list[Row]) -> list[Message]:
        """Name beats; explain those that are not normal."""
        said: list[Message] = []
        if readings:
            inputs = [self._stream.of_stream(reading.beats) for reading in readings]
            probabilities = self._stream.probabilities([np.concatenate(parts) for parts in zip(*inputs, strict=True)])
            ends = np.cumsum([len(reading.key) for reading in readings])
            for reading, part in zip(readings, np.split(probabilities, ends[:-1]), strict=True):
                alone = self._stream.alone  # the beats' families are no matter of a model that knows but the one beat
                settled = part if alone else self._consensus.settle(reading.key, reading.beats.family, part)
                said += self._name(reading, settled)
        if rows:
            said += self._name_rows(rows)
        return said

    def _name(self, reading: Reading, probabilities: Floats) -> list[Message]:
        beats = reading.beats
        label = probabilities.argmax(-1)
        opens = [self._opens[bed] for bed in reading.key]
        news = ~self._monitor.is_told(reading, opens)
        said: list[Message] = [
            Beat(
                bed=bed,
                stream=opened.stream,
                sample=sample,
                label=AAMI[k],
                probabilities=tuple(p),
                rr=None if isnan(rr) else round(rr, 3),
                hr=None if isnan(hr) else round(hr, 1),
            )
            for new, bed, opened, sample, k, p, rr, hr in zip(
                news.tolist(),
                reading.key,
                opens,
                reading.sample.tolist(),
                label.tolist(),
                np.round(probabilities.astype(np.float64), 4).tolist(),
                beats.rr.tolist(),
                beats.hr.tolist(),
                strict=True,
            )
            if new
        ]
        for beat, bed in zip(
            said, (bed for bed, new in zip(reading.key, news.tolist(), strict=True) if new), strict=True
        ):
            self._beats.setdefault(bed, deque(maxlen=SAID)).append(beat)
        self._monitor.name(reading, label, probabilities)
        named = Named(reading, opens, probabilities)
        self._explainer.remember(named, len(self._opens))
        odd = np.flatnonzero((label != 0) & news & self._explains).tolist()
        return said + self._explainer.explain(named, odd)

    def _name_rows(self, rows: list[Row]) -> list[Message]:
        inputs = self._row.of_rows([row.values for row in rows])
        probabilities = self._row.probabilities(inputs)
        label = probabilities.argmax(-1).tolist()
        said: list[Message] = [
            Beat(
                bed=row.cut.bed,
                stream=row.cut.stream,
                sample=row.cut.start,
                label=AAMI[k],
                probabilities=rounded(p),
                row=row.cut.row,
                truth=row.cut.truth,
            )
            for row, k, p in zip(rows, label, probabilities, strict=True)
        ]
        self._explainer.remember_rows(rows, label, len(self._opens))
        odd = [(row, k) for row, k in zip(rows, label, strict=True) if k]
        return said + self._explainer.explain_rows(odd)


def _make(opened: Open) -> tuple[str, float, int]:
    """What may not change within a stream."""
    return opened.form, opened.fs, len(opened.leads)
