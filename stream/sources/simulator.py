"""The simulator: any number of beds at once, each with a heart that follows its script and knows its truth.

Samples are made in frames of half a second on a fixed grid, for all beds together, and handed out in whatever
stretches are asked for: so they do not depend on how the stream is cut. What a script plays
(:mod:`stream.sources.rhythm`) costs a few microseconds of Python per *beat*, a template added where it falls;
all else is numpy over the beds.
"""

import math
import random
from collections import defaultdict, deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, count, islice
from typing import Final

import numpy as np
from numpy.typing import NDArray

from stream.errors import SourceError
from stream.messages import MISSING, Lead
from stream.sources import Mark
from stream.sources.morphology import BEFORE, MORPHOLOGIES, Templates, projection
from stream.sources.noise import Background
from stream.sources.rhythm import SLACK, Beat, Contact, Happening, Level, Note, Spike, play
from stream.sources.scenario import Scenario, Script

GAIN: Final = 200.0
"""Units per mV, as in the MIT-BIH records."""
SATURATED: Final = 2000
"""What a saturated lead reads: 10 mV, the end of an amplifier's range."""
REMEMBERED: Final = 60.0
"""Seconds for which the truth is kept after its samples were read."""

_FRAME: Final = 0.5  # seconds
_AHEAD: Final = BEFORE + SLACK  # seconds a script is played ahead of the samples made
_SPREAD: Final = 0.08  # a bed beyond the scripts differs by up to this fraction in rate ...
_TALLER: Final = 0.2  # ... and in height
_PULSE: Final = (0.3, 0.9, -0.2)  # direction of a pacing pulse, as of a beat's dipole
_PHASE: Final = 300.0  # seconds: it begins at most so far within its script


@dataclass
class _Loose:
    """A lead of a bed reads ``value`` from sample ``start`` to ``stop``, or until told otherwise."""

    bed: int
    lead: int
    value: int
    start: int
    stop: int | None = None


@dataclass
class _Stopped:
    """A bed sends nothing from sample ``start`` to ``stop``, or until told otherwise."""

    bed: int
    start: int
    stop: float = math.inf


class Simulator:
    """Simulated beds, a :class:`stream.sources.WaveSource` read in order.

    Parameters
    ----------
    scenario
        What is played.
    seed
        Where chance begins: the same scenario and seed give the same samples, whatever beds come after.
    beds
        Number of beds; the scripts are dealt out in turn. Beds beyond the scripts begin somewhere within
        theirs, with rates and heights of their own; their titles tell the factor on the rates. None means
        one bed a script.

    Attributes
    ----------
    beds, titles
        Names of the beds, and what each plays.
    leads, fs, length, seekable
        As in :class:`stream.sources.WaveSource`; ``length`` is None if any script loops.

    Raises
    ------
    SourceError
        If ``beds`` is less than one.
    """

    def __init__(self, scenario: Scenario, *, seed: int = 0, beds: int | None = None) -> None:
        number = len(scenario.scripts) if beds is None else beds
        if number < 1:
            raise SourceError(f"{scenario.source}: expected at least 1 bed to simulate, got {number}")
        own = [script.name for script in scenario.scripts]
        free = (name for name in (f"Bed {n}" for n in count(len(own) + 1)) if name not in own)
        self.beds = list(islice(chain(own, free), number))
        self.fs = scenario.fs
        self.seekable = False
        self.leads = [tuple(Lead(name=lead, gain=GAIN) for lead in scenario.leads)] * number
        self.titles: list[str] = []
        self._players: list[Iterator[Happening]] = []
        for bed in range(number):
            script = scenario.scripts[bed % len(own)]
            title, player = _admit(script, random.Random(f"{seed} {bed}"), replica=bed >= len(own))
            self.titles.append(title)
            self._players.append(player)
        played = scenario.scripts[:number]
        endless = any(script.loop for script in played)
        self.length = None if endless else round(max(script.seconds for script in played) * self.fs)

        self._frame = round(_FRAME * self.fs)
        self._ahead = round(_AHEAD * self.fs)
        self._templates = Templates(scenario.leads, self.fs)
        self._background = Background(
            number, scenario.leads, self.fs, mains_hz=scenario.mains_hz, frame=self._frame, seed=seed
        )
        width = self._frame + self._ahead + self._templates.width + 1
        self._pending = np.zeros((number, len(scenario.leads), width), np.float32)  # beats, mV, from _made on
        pulse = projection(scenario.leads) @ np.array(_PULSE)
        self._pulse = (pulse / np.abs(pulse).max()).astype(np.float32)
        self._loose: list[_Loose] = []
        self._stopped: list[_Stopped] = []
        self._marks: defaultdict[int, list[Mark]] = defaultdict(list)  # by the frame they fall in
        self._oldest = 0  # the first frame whose marks are kept
        self._next = [next(player, None) for player in self._players]
        self._due = np.array([np.inf if event is None else event.time for event in self._next])
        self._frames: deque[NDArray[np.int16]] = deque()  # made and not yet read to their end
        self._position = 0  # the next sample to be read
        self._made = -self._frame  # the next sample to be made: a first frame, thrown away, holds early P waves
        self._make()
        self._frames.clear()

    def read(self, start: int, stop: int) -> NDArray[np.int16]:
        """Give samples ``start`` to ``stop`` (exclusive) of all beds, shape ``(beds, leads, stop - start)``.

        Raises
        ------
        SourceError
            If the stretch does not begin where the last ended, or goes beyond ``length``.
        """
        if start != self._position or stop < start:
            raise SourceError(
                f"the simulator is read in order: expected a stretch from sample {self._position} on, "
                f"got {start} to {stop}"
            )
        self._reach(stop)
        samples = np.empty((len(self.beds), len(self.leads[0]), stop - start), np.int16)
        while self._position < stop:
            begin = self._position % self._frame
            end = min(self._frame, begin + stop - self._position)
            at = self._position - start
            samples[..., at : at + end - begin] = self._frames[0][..., begin:end]
            self._position += end - begin
            if end == self._frame:
                self._frames.popleft()
        while (self._oldest + 1) * self._frame <= start - REMEMBERED * self.fs:
            self._marks.pop(self._oldest, None)
            self._oldest += 1
        self._stopped = [gap for gap in self._stopped if gap.stop > self._oldest * self._frame]
        return samples

    def marks(self, start: int, stop: int) -> list[Mark]:
        """Tell the truth of samples ``start`` to ``stop``: beats at the first lead's R peak, and rhythms.

        Beats are ``N``, ``V``, ``A`` (premature atrial), ``/`` (paced), ``!`` (a wave of flutter), and ``x`` a P wave
        that is not conducted; rhythms are ``+`` with ``(N``, ``(B``, ``(T``, ``(AFIB``, ``(SVTA``, ``(BII``, ``(P``,
        ``(IVR``, ``(VT``, ``(VFL``, ``(VF`` (these two between ``[`` and ``]``) and ``(ASYS``; a note ``"`` tells an
        alarm that must follow, ``expect asystole``. Beats are told also where leads are off: the heart beats on.


        Raises
        ------
        SourceError
            If the stretch was read more than :data:`REMEMBERED` seconds ago, or goes beyond ``length``.
        """
        if start < self._oldest * self._frame:
            raise SourceError(
                f"the simulator keeps its truth for {REMEMBERED:g} s: expected a stretch from sample "
                f"{self._oldest * self._frame} on, got {start} to {stop}"
            )
        self._reach(stop)
        frames = range(start // self._frame, -(-stop // self._frame))
        found = [mark for frame in frames for mark in self._marks.get(frame, ()) if start <= mark.sample < stop]
        return sorted(found, key=lambda mark: (mark.sample, mark.bed))

    def silent(self, start: int, stop: int) -> frozenset[int]:
        """Tell which beds send nothing of the samples ``start`` to ``stop``: those whose source has stopped.

        Their samples can be read all the same, and :meth:`marks` tells their truth; whoever plays them leaves them
        out. To be asked of stretches that begin less than :data:`REMEMBERED` seconds back.
        """
        self._reach(stop)
        return frozenset(gap.bed for gap in self._stopped if gap.start < stop and start < gap.stop)

    # ------------------------------------------------------------------------------------- frame by frame

    def _reach(self, stop: int) -> None:
        if self.length is not None and stop > self.length:
            raise SourceError(f"the scenario ends: expected a stretch within {self.length} samples, got {stop}")
        while self._made < stop:
            self._make()

    def _make(self) -> None:
        """Make the next frame of all beds."""
        first, last = self._made, self._made + self._frame
        self._play(last)
        frame = self._pending[..., : self._frame]
        self._background.add(frame, first)
        samples = np.rint(frame * np.float32(GAIN)).clip(-SATURATED, SATURATED).astype(np.int16)
        for loose in self._loose:
            end = last if loose.stop is None else loose.stop
            samples[loose.bed, loose.lead, max(loose.start - first, 0) : max(end - first, 0)] = loose.value
        self._loose = [loose for loose in self._loose if loose.stop is None or loose.stop > last]
        self._frames.append(samples)
        self._pending[..., : -self._frame] = self._pending[..., self._frame :]
        self._pending[..., -self._frame :] = 0.0
        self._made = last

    def _play(self, last: int) -> None:
        """Play every script so far that the samples before ``last`` are settled."""
        horizon = (last + self._ahead) / self.fs
        for bed in np.flatnonzero(self._due < horizon).tolist():
            event, player = self._next[bed], self._players[bed]
            while event is not None and event.time < horizon:
                self._take(bed, event)
                event = next(player, None)
            self._next[bed] = event
            self._due[bed] = np.inf if event is None else event.time

    def _take(self, bed: int, event: Happening) -> None:
        sample = round(event.time * self.fs)
        match event:
            case Beat():
                template, begin, peak = self._templates.beat(event.kind, event.rr, event.time * self.fs)
                at = begin - self._made
                if at >= 0:  # else it lies before the stream begins
                    self._pending[bed, :, at : at + self._templates.width] += template * np.float32(event.gain)
                    self._mark(Mark(bed, peak, MORPHOLOGIES[event.kind].symbol))
            case Level():
                self._background.turn(bed, event.texture, sample, event.level)
            case Contact():
                self._connect(bed, sample, event)
            case Spike():
                self._pulse_at(bed, event)
            case Note():
                # What began before the stream is told at its first sample.
                self._mark(Mark(bed, max(sample, 0), event.symbol, event.aux))

    def _pulse_at(self, bed: int, spike: Spike) -> None:
        """Add a pulse as an amplifier's filter leaves it: its area, shared by the two samples beside it."""
        whole, part = divmod(spike.time * self.fs, 1.0)
        area = spike.height * spike.width / 1000.0 * self.fs  # mV over one sample
        for sample, share in ((int(whole), 1.0 - part), (int(whole) + 1, part)):
            if sample >= self._made:
                self._pending[bed, :, sample - self._made] += self._pulse * np.float32(area * share)

    def _mark(self, mark: Mark) -> None:
        if mark.sample >= 0:
            self._marks[mark.sample // self._frame].append(mark)

    def _connect(self, bed: int, sample: int, contact: Contact) -> None:
        for loose in self._loose:
            if loose.bed == bed and loose.stop is None:
                loose.stop = sample
        for gap in self._stopped:
            if gap.bed == bed:
                gap.stop = min(gap.stop, sample)
        if contact.stopped:
            self._stopped.append(_Stopped(bed, sample))
        for leads, value in ((contact.off, MISSING), (contact.saturated, SATURATED)):
            known = (lead for lead in leads if lead < len(self.leads[0]))
            self._loose.extend(_Loose(bed, lead, value, sample) for lead in known)


def _admit(script: Script, rng: random.Random, *, replica: bool) -> tuple[str, Iterator[Happening]]:
    """Start a heart: the script as it stands, or with a rate, height and beginning of its own."""
    if not replica:
        return script.title, play(script, rng)
    pace = rng.uniform(1.0 - _SPREAD, 1.0 + _SPREAD)
    gain = rng.uniform(1.0 - _TALLER, 1.0 + _TALLER)
    begin = rng.uniform(0.0, min(script.seconds, _PHASE)) if script.loop else 0.0
    return f"{script.title} ×{pace:.2f}", play(script, rng, pace=pace, gain=gain, begin=begin)
