"""From QRS complexes to whole beats: each with the beat after it, and with what the patient's beats are like.

A beat is complete when the next one is found, or is overdue. What the model is told of it is set against the patient's
own running figures (median RR of the last 32 beats, mean of some 400, mean height and width of the QRS, the usual
beat's shape): what is early or odd is so for this patient. None of it depends on the model's answers, so beats can be
named in any batches.
"""

from dataclasses import dataclass, fields, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from detector.conditioning import FS
from detector.qrs import Found
from detector.rows import Floats, Indices, Ring, Rows
from detector.segmentation import (
    BEFORE,
    LENGTH,
    QRS,
    amplitude,
    cut,
    likeness,
    normalize_length,
    place_r,
    width,
)

LEADS: Final = 2
"""Leads the model reads; a bed with one has the second all zero."""

STEPS: Final = 16
"""Beats of the past the model reads, this one the last."""

RHYTHM: Final = 6
"""What it is told of each: logarithms of RR to the short and to the long mean, and in absolute terms (to 0.8 s); of
QRS height and width to their means; and likeness to the usual beat."""

NOW: Final = 6 + 5 * LEADS
"""What it is told of this beat alone. Of its time: logarithms of the RR before to the short mean, the RR after to the
short mean, the RR after to the RR before; whether there is a beat after; how irregular the last RR are; logarithm of
RR to 0.8 s. Of its shape, for each lead: logarithms of height and of widths at half and quarter height to their means,
width at half height in units of 100 ms, likeness to the usual beat; zero for a lead that is not there."""

SHORT: Final = 32
LONG_MEMORY: Final = 1 / 400
SHAPE_MEMORY: Final = 0.1
ODD_MEMORY: Final = 0.01
ALIKE: Final = 0.9
EARLY: Final = 0.85
"""Beats less like the usual one than this, or earlier than this share of the median RR, enter its shape with the odd
memory: they may be ectopic, or the usual beat may have changed for good."""

HR_BEATS: Final = 12
HR_SLOW_BEATS: Final = 4
HR_SLOW: Final = 1.2
"""Heart rate is 60 over the mean of the last 12 RR, or of the last 4 once the last 3 are longer than 1.2 s (as
vendors state it for IEC 60601-2-27)."""

OVERDUE: Final = 1.6
OVERDUE_RANGE: Final = (1.0, 2.2)
"""A beat is not waited for longer than this many median RR, within this range in s."""

AT_ONCE: Final = 0.45
"""Seconds after R at which a beat could be named without waiting for the next."""

LOST: Final = 3.0
"""RR longer than this many s are no RR: beats were lost, or the heart stood still."""


@dataclass(slots=True, frozen=True)
class Beats:
    """Whole beats, in parallel arrays, in order of time within a bed.

    Attributes
    ----------
    bed, r
        Row of the bed; sample index of R at :data:`~detector.conditioning.FS`.
    rr, hr, after
        RR before (s), heart rate (1/min), RR after (s); NaN where unknown.
    cut
        The wave around R in physical units, ``(beats, leads, BEFORE + AFTER)``.
    wave
        What the model sees: ``(beats, LENGTH, 2 * LEADS)``, the leads and their usual beat, in units of the usual
        QRS height.
    rhythm
        ``(beats, STEPS, RHYTHM)``, see :data:`RHYTHM`; zero before the first beat.
    now
        ``(beats, NOW)``, see :data:`NOW`.
    """

    bed: Indices
    r: NDArray[np.int64]
    rr: Floats
    hr: Floats
    after: Floats
    cut: Floats
    wave: Floats
    rhythm: Floats
    now: Floats

    def __len__(self) -> int:
        return len(self.bed)

    def __getitem__(self, which: Any) -> "Beats":
        return Beats(*(getattr(self, f.name)[which] for f in fields(self)))

    @staticmethod
    def join(parts: "list[Beats]") -> "Beats":
        """One after the other."""
        return Beats(*(np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(Beats)))

    def at_once(self) -> "Beats":
        """The same beats as far as they are known :data:`AT_ONCE` s after R, to tell what waiting is worth.

        A next beat that has not come by then is unknown, and the last sample stands for those to come. The level from
        which the model's wave is measured stays that of the whole beat.
        """
        unknown = ~(self.after <= AT_ONCE)
        known = BEFORE + int(AT_ONCE * FS)  # samples of the cut up to then
        cut, wave, now = self.cut.copy(), self.wave.copy(), self.now.copy()
        cut[..., known:] = cut[..., known - 1 : known]
        last = known * LENGTH // cut.shape[-1]
        wave[:, last:, :LEADS] = wave[:, last - 1 : last, :LEADS]
        now[unknown, 1:4] = 0
        after = np.where(unknown, np.float32(np.nan), self.after)
        return replace(self, after=after, cut=cut, wave=wave, now=now)


class BeatTracker(Rows):
    """Makes whole beats out of QRS complexes, for beds with equally many leads."""

    waiting: NDArray[np.int64]  # R of the beat whose next is awaited, -1: none
    before: NDArray[np.int64]  # R of the beat before it, -1: none, or too long ago
    rr: Floats  # the last RR in s, newest last, NaN: none yet
    long_rr: Floats  # mean RR
    beats: NDArray[np.int64]  # how many so far
    height: Floats  # per lead, mean QRS height
    half: Floats  # per lead, mean widths at half and quarter height
    quarter: Floats
    template: Floats  # the usual beat, per lead, in units of its mean height
    rhythm: Floats

    def __init__(self, beds: int, leads: int):
        self.leads: Final = leads
        self.read: Final = min(leads, LEADS)
        super().__init__(beds)

    def fresh(self, beds: int) -> dict[str, NDArray[Any]]:  # noqa: D102
        return {
            "waiting": np.full(beds, -1, np.int64),
            "before": np.full(beds, -1, np.int64),
            "rr": np.full((beds, SHORT), np.nan, np.float32),
            "long_rr": np.full(beds, np.nan, np.float32),
            "beats": np.zeros(beds, np.int64),
            "height": np.zeros((beds, self.read), np.float32),
            "half": np.zeros((beds, self.read), np.float32),
            "quarter": np.zeros((beds, self.read), np.float32),
            "template": np.zeros((beds, self.read, LENGTH), np.float32),
            "rhythm": np.zeros((beds, STEPS, RHYTHM), np.float32),
        }

    def take(self, found: Found, wave: Ring, seen: NDArray[np.int64]) -> list[Beats]:
        """Take QRS complexes (at most one a bed); tell the beats that are whole now."""
        r = place_r(wave, found.bed, found.sample, found.lead, seen[found.bed])
        waiting = self.waiting[found.bed]
        r = np.where(found.revised, r, np.maximum(r, waiting + 1))  # peaks that were given may lie very near
        whole = ~found.revised & (waiting >= 0)
        told = self._tell(found.bed[whole], r[whole], wave, seen)
        self.waiting[found.bed] = r
        return told

    def overdue(self, beds: Indices, wave: Ring, seen: NDArray[np.int64]) -> list[Beats]:
        """Tell the beats whose next one is overdue."""
        median = np.nan_to_num(self._median_rr(beds), nan=0.8)
        wait = np.clip(OVERDUE * median, *OVERDUE_RANGE) * FS
        late = (self.waiting[beds] >= 0) & (seen[beds] - self.waiting[beds] > wait)
        beds = beds[late]
        return self._tell(beds, np.full(len(beds), -1, np.int64), wave, seen)

    def flush(self, beds: Indices, wave: Ring, seen: NDArray[np.int64]) -> list[Beats]:
        """Tell what waits: nothing more will come."""
        beds = beds[self.waiting[beds] >= 0]
        return self._tell(beds, np.full(len(beds), -1, np.int64), wave, seen)

    def heart_rate(self, beds: Indices) -> Floats:
        """Heart rate (1/min) from the RR so far; NaN before the first."""
        rr = self.rr[beds]
        known = ~np.isnan(rr)
        slow = known[:, -3:].all(-1) & (np.nan_to_num(rr[:, -3:]) > HR_SLOW).all(-1)
        count = np.where(slow, HR_SLOW_BEATS, HR_BEATS)[:, None]
        used = known & (np.arange(SHORT) >= SHORT - count)
        total = np.where(used, rr, 0).sum(-1)
        return np.asarray(np.where(total > 0, 60 * used.sum(-1) / np.maximum(total, 1e-3), np.nan), np.float32)

    def _median_rr(self, beds: Indices) -> Floats:
        """Median of the last RR, without NaN's warnings; NaN before the first."""
        rr = np.sort(self.rr[beds], axis=-1)  # NaN last
        known = (~np.isnan(rr)).sum(-1)
        row = np.arange(len(beds))
        low, high = rr[row, np.maximum(known - 1, 0) // 2], rr[row, np.maximum(known, 1) // 2]
        return np.asarray(np.where(known > 1, (low + high) / 2, rr[:, 0]), np.float32)

    def _tell(self, beds: Indices, after: NDArray[np.int64], wave: Ring, seen: NDArray[np.int64]) -> list[Beats]:
        """Tell the waiting beats of ``beds``; ``after`` is R of the next, -1 if there is none."""
        if not beds.size:
            return []
        r = self.waiting[beds]
        before = self.before[beds]
        self.waiting[beds] = -1
        self.before[beds] = r
        rr = np.where(before >= 0, (r - before) / FS, np.nan).astype(np.float32)
        rr = np.where(rr <= LOST, rr, np.nan)
        after_rr = np.where(after >= 0, (after - r) / FS, np.nan).astype(np.float32)
        after_rr = np.where(after_rr <= LOST, after_rr, np.nan)

        whole = cut(wave, beds, r, seen[beds])
        spread = self._spread(beds)
        median, long_rr = self._learn_rr(beds, rr)
        early = np.nan_to_num(rr / median, nan=1.0) < EARLY
        shape, measures, alike = self._learn_shape(beds, whole[:, : self.read], early)

        absolute = _log(rr, np.full_like(rr, 0.8))
        step = [_log(rr, median), _log(rr, long_rr), absolute, measures[:, 0, 0], measures[:, 0, 1], alike]
        self.rhythm[beds] = np.concatenate([self.rhythm[beds, 1:], np.stack(step, axis=-1)[:, None]], axis=1)
        time = [
            _log(rr, median),
            _log(after_rr, median),
            _log(after_rr, rr),
            ~np.isnan(after_rr),
            spread,
            absolute,
        ]
        now = np.concatenate([np.stack(time, axis=-1), measures.reshape(len(beds), -1)], axis=-1)
        return [
            Beats(
                bed=beds,
                r=r,
                rr=rr,
                hr=self.heart_rate(beds),
                after=after_rr,
                cut=whole,
                wave=shape,
                rhythm=self.rhythm[beds],
                now=now.astype(np.float32),
            )
        ]

    def _learn_rr(self, beds: Indices, rr: Floats) -> tuple[Floats, Floats]:
        """Enter the RR into the running figures; the median and mean as they were before."""
        median, long_rr = self._median_rr(beds), self.long_rr[beds]
        median = np.where(np.isnan(median), rr, median)
        long_rr = np.where(np.isnan(long_rr), rr, long_rr)
        known = ~np.isnan(rr)
        old = self.rr[beds[known]]
        self.rr[beds[known]] = np.concatenate([old[:, 1:], rr[known, None]], axis=1)
        memory = np.maximum(LONG_MEMORY, 1 / (self.beats[beds] + 2)).astype(np.float32)
        self.long_rr[beds] = np.where(known, long_rr + memory * (rr - long_rr), long_rr)
        return median, long_rr

    def _spread(self, beds: Indices) -> Floats:
        """How irregular the last RR are: mean absolute logarithm of each to the one before."""
        rr = self.rr[beds, -STEPS:]
        step = np.abs(np.log(rr[:, 1:] / rr[:, :-1]))
        known = ~np.isnan(step)
        return np.asarray(np.where(known, step, 0).sum(-1) / np.maximum(known.sum(-1), 1), np.float32)

    def _learn_shape(self, beds: Indices, whole: Floats, early: NDArray[np.bool_]) -> tuple[Floats, Floats, Floats]:
        """Set the beats against the usual one, then let them change it.

        Returns
        -------
        wave
            As in :class:`Beats`.
        measures
            Of each lead, as in :data:`NOW`: ``(beats, LEADS, 5)``.
        alike
            Likeness to the usual beat, over all leads.
        """
        first = (self.beats[beds] == 0)[:, None]
        tall = amplitude(whole)
        half, quarter = width(whole, 0.5), width(whole, 0.25)
        height = np.where(first, tall, self.height[beds])
        mean_half = np.where(first, half, self.half[beds])
        mean_quarter = np.where(first, quarter, self.quarter[beds])

        unit = np.maximum(height, 1e-3)[..., None]
        level = np.median(whole, axis=-1, keepdims=True)
        scaled = np.clip(normalize_length((whole - level) / unit), -5, 5)
        template = np.where(first[..., None], scaled, self.template[beds])
        near = slice(QRS.start // 2 - 5, QRS.stop // 2 + 15)
        of_lead = likeness(scaled[..., near], template[..., near])
        alike = of_lead.min(-1)

        seen = self.beats[beds]
        usual = (alike > ALIKE) & ~early
        memory = np.where(usual, SHAPE_MEMORY, ODD_MEMORY)
        memory = np.maximum(memory, 1 / (seen + 1) * ((seen < 8) & ~early)).astype(np.float32)[:, None]
        self.height[beds] = height + memory * (tall - height)
        self.half[beds] = mean_half + memory * (half - mean_half)
        self.quarter[beds] = mean_quarter + memory * (quarter - mean_quarter)
        self.template[beds] = template + memory[..., None] * (scaled - template)
        self.beats[beds] += 1

        wave = np.zeros((len(beds), LENGTH, 2 * LEADS), np.float32)
        wave[..., : self.read] = scaled.transpose(0, 2, 1)
        wave[..., LEADS : LEADS + self.read] = template.transpose(0, 2, 1)
        measures = np.zeros((len(beds), LEADS, 5), np.float32)
        measures[:, : self.read] = np.stack(
            [
                _log(tall, height),
                _log(half, mean_half),
                _log(quarter, mean_quarter),
                half / np.float32(100),
                of_lead,
            ],
            axis=-1,
        )
        return wave, measures, alike


def _log(value: Floats, to: Floats) -> Floats:
    """Logarithm of a ratio, within -2 and 2; 0 where either is unknown."""
    ratio = np.where(np.isnan(value) | np.isnan(to), 1, value / np.where(to > 0, to, 1))
    return np.asarray(np.clip(np.log(np.maximum(ratio, 1e-3)), -2, 2), np.float32)
