"""Many beds read at once: blocks of samples in, whole beats out.

A :class:`Bank` holds beds of one format (sampling rate, number of leads), its state as arrays over them. A
:class:`Ward` holds a bank for each format and is what the rest of the program uses. Neither does any I/O, and time is
only the sample index.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from math import isnan
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from detector.beats import Beats, BeatTracker
from detector.conditioning import FS, Filter, Resampler, bridge, wave_filter
from detector.pacing import Unpaced
from detector.qrs import HOP, MOST_HOPS, RING, Found, QrsDetector
from detector.rows import Floats, Indices, Ring
from detector.segmentation import BEFORE
from detector.signs import Signs, SignsTracker

BLOCK_SECONDS: Final = 4.0
"""Longer blocks are taken in pieces of this length."""

SILENT: Final = 4.0
"""Seconds without a beat after which there is no heart rate to tell."""

LONGEST_GAP: Final = 2.0
"""A gap (s) up to this is bridged; after a longer one the bed is learned anew."""


class PeakFinder(Protocol):
    """What tells a bank where beats are: :class:`~detector.qrs.QrsDetector`, or what stands in for it."""

    seen: NDArray[np.int64]

    def grow(self, beds: int) -> None: ...  # noqa: D102
    def reset(self, beds: Indices) -> None: ...  # noqa: D102
    def follow(self, beds: Indices, x: Floats) -> None: ...  # noqa: D102
    def step(self, beds: Indices) -> list[Found]: ...  # noqa: D102


class Bank:
    """Beds that share sampling rate and number of leads.

    Parameters
    ----------
    fs
        Sampling rate in Hz.
    leads
        Number of leads.
    qrs
        Finds the beats; of no beds yet. The QRS detector, if not given.
    watched
        Whether to tell what the wave itself shows each second too (:meth:`signs_told`), as alarms need it.
    """

    def __init__(self, fs: float, leads: int, qrs: PeakFinder | None = None, *, watched: bool = False):
        self.fs: Final = fs
        self.leads: Final = leads
        self.resample: Final = Resampler(fs)
        self.block: Final = int(BLOCK_SECONDS * fs)
        self.wave_filter: Final[Filter] = wave_filter()
        self.raw: Final = Ring(0, leads, 2 * self.block + 2 * self.resample.reach + 2 * int(fs) + 2)
        self.unpaced: Final = Unpaced(self.raw, fs)
        self.wave: Final = Ring(0, leads, RING)
        self.qrs: Final = qrs or QrsDetector(0, leads)
        self.beats: Final = BeatTracker(0, leads)
        self.signs: Final = SignsTracker(0, leads) if watched else None
        self.told_signs: list[Signs] = []
        self.first = np.zeros(0, np.int64)  # sample index of the first sample since the bed was learned anew
        self.received = np.zeros(0, np.int64)  # samples since
        self.told = np.zeros(0, np.int64)  # whole seconds whose heart rate was told
        self.level = np.zeros((0, leads), np.float32)  # last good value
        self.wave_state = np.zeros((0, leads, len(self.wave_filter.sos), 2))
        self.free: list[int] = []

    def add(self) -> int:
        """A row for another bed."""
        if not self.free:
            more = max(8, len(self.received))
            self.free = list(range(len(self.received), len(self.received) + more))[::-1]
            for part in self._parts():
                part.grow(more)
            self.first = np.concatenate([self.first, np.zeros(more, np.int64)])
            self.received = np.concatenate([self.received, np.zeros(more, np.int64)])
            self.told = np.concatenate([self.told, np.zeros(more, np.int64)])
            self.level = np.concatenate([self.level, np.zeros((more, self.leads), np.float32)])
            self.wave_state = np.concatenate([self.wave_state, np.zeros((more, *self.wave_state.shape[1:]))])
        return self.free.pop()

    def _parts(self) -> list[Any]:
        """All that grows and is reset with the beds."""
        parts = (self.raw, self.unpaced, self.wave, self.qrs, self.beats, self.signs)
        return [part for part in parts if part is not None]

    def remove(self, row: int) -> None:
        """Give a row back."""
        self.start(row, 0)
        self.free.append(row)

    def start(self, row: int, first: int) -> None:
        """Learn a bed anew, from sample ``first`` on."""
        rows = np.array([row])
        for part in self._parts():
            part.reset(rows)
        self.first[row], self.received[row], self.told[row], self.level[row] = first, 0, 0, 0

    def push(self, row: int, samples: Floats) -> None:
        """Take the next samples of a bed: shape ``(leads, n)``, at most :attr:`block` of them; NaN where missing."""
        self.push_all(np.array([row]), samples[None])

    def push_all(self, rows: Indices, samples: Floats) -> None:
        """Take the next samples of some beds, each at most once: ``(len(rows), leads, n)``, as :meth:`push`."""
        filled, self.level[rows] = bridge(samples, self.level[rows])
        new = self.received[rows] == 0
        if new.any():
            self.wave_state[rows[new]] = self.wave_filter.rest(filled[new, :, 0])
        self.raw.write(rows, self.received[rows], filled)
        self.received[rows] += samples.shape[-1]

    def room(self, rows: Indices) -> int:
        """How many samples :meth:`push_all` can take of each before the next :meth:`step`."""
        read = (self.qrs.seen[rows] * self.resample.ratio).astype(np.int64)
        behind = self.resample.reach + self.unpaced.before + 1  # samples read again
        return self.raw.length - behind - int((self.received[rows] - read).max())

    def ends(self, rows: Indices) -> NDArray[np.int64]:
        """The bed's own sample that comes next, of some beds."""
        return np.asarray(self.first[rows] + self.received[rows], np.int64)

    def step(self) -> list[Beats]:
        """Read all that has come; beats in order of time within a bed."""
        told: list[Beats] = []
        self.unpaced.follow(self.received)
        while True:
            hops = self.resample.ready(self.unpaced.seen) // HOP - self.qrs.seen // HOP
            rows = np.flatnonzero(hops > 0)
            if not rows.size:
                return told
            told += self._advance(rows, min(int(hops[rows].min()), MOST_HOPS))

    def heart_rates(self) -> list[tuple[int, int, float | None]]:
        """Row, sample since :meth:`start` and heart rate of each bed whose time has passed another whole second.

        The rate is None before the first RR, and once no beat has come for :data:`SILENT` s.
        """
        second = self.qrs.seen // int(FS)
        rows = np.flatnonzero(second > self.told)
        if not rows.size:
            return []
        self.told[rows] = second[rows]
        seen = self.qrs.seen[rows]
        last = np.maximum(self.beats.waiting[rows], self.beats.before[rows])
        rate = np.where(seen - last > SILENT * FS, np.nan, self.beats.heart_rate(rows))
        at = np.rint(seen * self.resample.ratio).astype(np.int64)
        return [
            (row, sample, None if isnan(hr) else hr)
            for row, sample, hr in zip(rows.tolist(), at.tolist(), rate.tolist(), strict=True)
        ]

    def signs_told(self) -> list[Signs]:
        """What the waves showed, of each second read since this was last asked."""
        told, self.told_signs = self.told_signs, []
        return told

    def finish(self, row: int) -> list[Beats]:
        """Read what is left of a bed whose samples have ended."""
        rows = np.array([row])
        if self.received[row]:
            rest = np.repeat(self.level[row][:, None], int(self.fs), axis=1)
            told = self.step()
            self.push(row, rest)
            return told + self.step() + self.beats.flush(rows, self.wave, self.qrs.seen)
        return []

    def _advance(self, rows: Indices, hops: int) -> list[Beats]:
        """Take the next ``hops`` hops of some beds."""
        x = self.resample(self.unpaced.ring, rows, self.qrs.seen[rows], hops * HOP)
        wave, self.wave_state[rows] = self.wave_filter(x, self.wave_state[rows])
        self.wave.write(rows, self.qrs.seen[rows], wave)
        if self.signs is not None:
            self.told_signs += self.signs.take(rows, x, self.qrs.seen[rows])
        self.qrs.follow(rows, x)
        told: list[Beats] = []
        for _ in range(hops):
            for found in self.qrs.step(rows):
                told += self.beats.take(found, self.wave, self.qrs.seen)
            told += self.beats.overdue(rows, self.wave, self.qrs.seen)
        return told


@dataclass(slots=True, frozen=True)
class Reading:
    """Beats of beds of one format, with whose they are.

    ``key`` names the bed of each beat; ``first`` is the sample at which the bed was last learned anew, from which the
    indices in ``beats`` are counted; ``sample`` is R in the bed's own samples; ``begin`` where its cut begins, the wave
    filter's delay taken off.
    """

    key: list[str]
    first: NDArray[np.int64]
    sample: NDArray[np.int64]
    begin: NDArray[np.float64]
    beats: Beats


@dataclass(slots=True, frozen=True)
class Shown:
    """What the waves of beds of one format showed, each second; ``key`` and ``first`` as in :class:`Reading`."""

    key: list[str]
    first: NDArray[np.int64]
    signs: Signs

    def until(self, bed: str, end: int, ratio: float) -> "Shown":
        """The same without what ``bed`` showed behind its sample ``end``: what was put there to read its last beats."""
        at = self.first + self.signs.at * ratio
        keep = np.array([key != bed for key in self.key]) | (at <= end)
        if keep.all():
            return self
        key = [name for name, kept in zip(self.key, keep.tolist(), strict=True) if kept]
        signs = Signs(*(getattr(self.signs, f.name)[keep] for f in fields(self.signs)))
        return Shown(key, self.first[keep], signs)


class Ward:
    """Beds of any format, by name.

    Parameters
    ----------
    watched
        Whether to tell what the waves themselves show too (:meth:`shown`), as alarms need it.
    """

    def __init__(self, *, watched: bool = False) -> None:
        self._watched: Final = watched
        self._shown: list[Shown] = []
        self._banks: dict[tuple[float, int], Bank] = {}
        self._beds: dict[str, tuple[Bank, int]] = {}
        self._names: dict[Bank, dict[int, str]] = {}

    def open(self, bed: str, fs: float, leads: int, first: int = 0) -> None:
        """A bed's stream begins at sample ``first``; what was known of the bed is forgotten."""
        self.close(bed)
        if (fs, leads) not in self._banks:
            self._banks[fs, leads] = bank = self._bank(fs, leads)
            self._names[bank] = {}
        bank = self._banks[fs, leads]
        row = bank.add()
        bank.start(row, first)
        self._beds[bed], self._names[bank][row] = (bank, row), bed

    def __contains__(self, bed: object) -> bool:
        return bed in self._beds

    def push(self, bed: str, start: int, samples: Floats) -> list[Reading]:
        """Take a block of a bed.

        Parameters
        ----------
        bed
            An open bed.
        start
            Sample index of the first column. Samples that came before are left out; a gap up to
            :data:`LONGEST_GAP` is bridged, after a longer one the bed is learned anew.
        samples
            Physical values, shape ``(leads, n)``, NaN where missing.

        Returns
        -------
        readings
            Beats that had to be read at once to make room; usually none. :meth:`step` tells the rest.
        """
        bank, row = self._beds[bed]
        told: list[Reading] = []
        gap = start - int(bank.ends(np.array([row]))[0])
        if gap < 0:
            samples = samples[:, -gap:]
        elif gap > LONGEST_GAP * bank.fs:
            told += self._finish(bed, bank, row)
            bank.start(row, start)
        elif gap:
            samples = np.concatenate([np.full((bank.leads, gap), np.nan, np.float32), samples], axis=1)
        for begin in range(0, samples.shape[1], bank.block):
            piece = samples[:, begin : begin + bank.block]
            if piece.shape[1] > bank.room(np.array([row])):
                told += self._told(bank, bank.step())
            bank.push(row, piece)
        return told

    def push_all(self, beds: Sequence[str], start: Sequence[int], samples: Floats) -> list[Reading]:
        """Take a block of each of several beds of one format, each at most once; as :meth:`push`, but faster.

        Parameters
        ----------
        beds, start
            Names, and sample index of the first column of each.
        samples
            Shape ``(len(beds), leads, n)``.
        """
        bank = self._beds[beds[0]][0]
        rows = np.array([self._beds[bed][1] for bed in beds])
        plain = (bank.ends(rows) == start) & (0 < samples.shape[-1] <= bank.block)
        told: list[Reading] = []
        for k in np.flatnonzero(~plain).tolist():
            told += self.push(beds[k], start[k], samples[k])
        if plain.any():
            rows, samples = rows[plain], samples[plain]
            if samples.shape[-1] > bank.room(rows):
                told += self._told(bank, bank.step())
            bank.push_all(rows, samples)
        return told

    def step(self) -> list[Reading]:
        """Read all that has come, of all beds."""
        return [reading for bank in self._banks.values() for reading in self._told(bank, bank.step())]

    def heart_rates(self) -> list[tuple[str, int, float | None]]:
        """Bed, sample and heart rate (1/min) of each bed whose time has passed another whole second."""
        return [
            (names[row], int(bank.first[row]) + sample, hr)
            for bank, names in self._names.items()
            for row, sample, hr in bank.heart_rates()
            if row in names
        ]

    def close(self, bed: str) -> list[Reading]:
        """A bed's stream has ended: its last beats."""
        if bed not in self._beds:
            return []
        bank, row = self._beds.pop(bed)
        told = self._finish(bed, bank, row)
        del self._names[bank][row]
        bank.remove(row)
        return told

    def shown(self) -> list[Shown]:
        """What the waves of all beds showed, in order, since this was last asked."""
        told, self._shown = self._shown, []
        return told

    def _bank(self, fs: float, leads: int) -> Bank:
        return Bank(fs, leads, watched=self._watched)

    def _finish(self, bed: str, bank: Bank, row: int) -> list[Reading]:
        end = int(bank.ends(np.array([row]))[0])
        told = self._told(bank, bank.finish(row))
        self._shown = [part.until(bed, end, bank.resample.ratio) for part in self._shown]
        return told

    def _told(self, bank: Bank, parts: list[Beats]) -> list[Reading]:
        names = self._names[bank]
        for signs in bank.signs_told():
            key = [names[row] for row in signs.bed.tolist()]
            self._shown.append(Shown(key, bank.first[signs.bed], signs))
        if not parts:
            return []
        beats = Beats.join(parts)
        return [
            Reading(
                key=[names[row] for row in beats.bed.tolist()],
                first=bank.first[beats.bed],
                sample=bank.first[beats.bed] + np.rint(beats.r * bank.resample.ratio).astype(np.int64),
                begin=bank.first[beats.bed] + (beats.r - BEFORE) * bank.resample.ratio,
                beats=beats,
            )
        ]
