"""What the detector would be told of a beat, had its samples been otherwise.

To delete samples from the input of the model alone would leave all that was measured of them before (the width of QRS,
its likeness to the usual one): a beat that neither is nor could be. So the state in which a beat was read is kept, and
other samples are read in its place: all that depends on them changes with them, and all that does not stays.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detector.bank import Bank
from detector.beats import Beats, BeatTracker
from detector.conditioning import FS
from detector.physical import Scale
from detector.rows import Floats, Indices, Ring, Rows
from detector.segmentation import AFTER, BEFORE, WAVE_DELAY, normalize_length
from detector.shape import LEADS
from stream.sources.wfdb import WfdbSource

NEAR = 0.15
"""Seconds within which a beat is the one that was asked for, as in EC57."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A beat, and all that was known when it was read.

    Attributes
    ----------
    beats
        The beat, as it was told: one.
    tracker, wave
        How things were before, of this bed alone.
    after
        R of the next beat, -1 if there was none.
    """

    beats: Beats
    tracker: BeatTracker
    wave: Ring
    after: int

    @property
    def seconds(self) -> float:
        """R, from the record's begin."""
        return float(self.beats.r[0] / FS)

    @property
    def cut(self) -> Floats:
        """The samples that are read of the beat, in physical units: ``(leads, BEFORE + AFTER)``."""
        return self.beats.cut[0, :LEADS]

    @property
    def usual(self) -> Floats:
        """The patient's usual beat on this beat's level, shaped as :attr:`cut`."""
        leads = len(self.cut)
        template = normalize_length(self.beats.wave[0, :, LEADS : LEADS + leads].T, self.cut.shape[1])
        return template * self.tracker.shape.height[0, :, None] + np.median(self.cut, axis=-1, keepdims=True)

    def retold(self, cuts: Floats) -> Beats:
        """What would be told, were each of ``cuts``, ``(n, leads, BEFORE + AFTER)``, the beat: ``n`` beats."""
        count = len(cuts)
        tracker = BeatTracker(count, self.wave.leads)
        _copy(self.tracker, tracker, 0)
        wave = Ring(count, self.wave.leads, self.wave.length)
        wave.values[:] = self.wave.values
        rows = np.arange(count)
        start = np.full(count, self.beats.r[0] + WAVE_DELAY - BEFORE)
        whole = np.repeat(self.beats.cut, count, axis=0)
        whole[:, : cuts.shape[1]] = cuts
        wave.write(rows, start, whole)
        (told,) = tracker._tell(rows, np.full(count, self.after), wave, start + BEFORE + AFTER)
        return told


class Watched(BeatTracker):
    """A tracker that keeps the moments of some beats: for each bed those near ``chosen`` (samples at FS)."""

    def __init__(self, leads: int, chosen: Sequence[NDArray[np.float64]]):
        super().__init__(0, leads)
        self.leads = leads
        self.chosen = chosen
        self.moments: list[tuple[int, Moment]] = []

    def _tell(self, beds: Indices, after: NDArray[np.int64], wave: Ring, seen: NDArray[np.int64]) -> list[Beats]:
        kept = []
        for k, bed in enumerate(beds.tolist()):
            if np.abs(self.chosen[bed] - self.waiting[bed]).min() <= NEAR * FS:
                tracker, ring = BeatTracker(1, self.leads), Ring(1, self.leads, wave.length)
                _copy(self, tracker, bed)
                _copy(wave, ring, bed)
                kept.append((k, bed, tracker, ring))
        told = super()._tell(beds, after, wave, seen)
        for k, bed, tracker, ring in kept:
            self.moments.append((bed, Moment(told[0][[k]], tracker, ring, int(after[k]))))
        return told


def moments(
    sources: Mapping[str, WfdbSource], chosen: Mapping[str, Sequence[int]], tell: Callable[[str], object]
) -> list[tuple[str, Moment]]:
    """Read records of one format side by side; keep the moments of the beats found near some samples of each."""
    names = list(sources)
    first = sources[names[0]]
    bank: Any = Bank(first.fs, len(first.leads[0]))
    bank.beats = Watched(len(first.leads[0]), [np.asarray(chosen[name]) * FS / first.fs for name in names])
    rows = [bank.add() for _ in names]
    scales = [Scale(sources[name].leads[0]) for name in names]
    for row in rows:
        bank.start(row, 0)
    length = max(source.length for source in sources.values())
    for start in range(0, length, bank.block):
        tell(f"reading records: {start / length:.0%}")
        for row, name, scale in zip(rows, names, scales, strict=True):
            samples = sources[name].read(start, min(start + bank.block, sources[name].length))[0]
            if samples.shape[1]:
                bank.push(row, scale(samples))
        bank.step()
    for row in rows:
        bank.finish(row)
    return [(names[rows.index(row)], moment) for row, moment in bank.beats.moments]


def _copy(source: Rows, target: Rows, row: int) -> None:
    """Give all rows of ``target`` the state of one of ``source``, parts of them included."""
    for name in source.fresh(0):
        getattr(target, name)[:] = getattr(source, name)[row]
    for name, part in vars(source).items():
        if isinstance(part, Rows):
            _copy(part, getattr(target, name), row)
