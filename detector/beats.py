"""From QRS complexes to whole beats: each with the beat after it, and with what the patient's beats are like.

A beat is complete when the next one is found, or is overdue. What the model is told of it is set against the patient's
own running figures (:mod:`detector.rhythm`, :mod:`detector.shape`): what is early or odd is so for this patient. None
of it depends on the model's answers, so beats can be named in any batches.
"""

from dataclasses import dataclass, fields, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from detector.conditioning import FS
from detector.qrs import Found
from detector.rhythm import AFTER_NAMES, RR_NAMES, RhythmMemory
from detector.rows import Floats, Indices, Ring, Rows
from detector.segmentation import BEFORE, LENGTH, cut, place_r
from detector.shape import LEADS, SHAPE_NAMES, ShapeMemory

NOW_NAMES: Final = (*RR_NAMES, *SHAPE_NAMES)
"""What the model is told of this beat alone."""

RHYTHM_NAMES: Final = (
    "rr_before",
    "rr_before_basic",
    "qrs_like_least",
    "p_like_most",
    "first_like",
    "height_first",
    "half_width",
    "before_qrs_like",
)
"""What it is told of each of the last beats, out of :data:`NOW_NAMES`."""

NOW: Final = len(NOW_NAMES)
RHYTHM: Final = len(RHYTHM_NAMES)

STEPS: Final = 16
"""Beats of the past the model reads, this one the last."""

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
    told
        Sample index at which the beat was told: when the next was found, or overdue.
    family
        Which of the bed's shapes it has, see :mod:`detector.shape`: the number is a new shape's own.
    cut
        The wave around R in physical units, ``(beats, leads, BEFORE + AFTER)``.
    wave
        What the model sees: ``(beats, LENGTH, 2 * LEADS)``, the leads and their usual beat, in units of the usual
        QRS height.
    rhythm
        ``(beats, STEPS, RHYTHM)``, see :data:`RHYTHM_NAMES`; zero before the first beat.
    now
        ``(beats, NOW)``, see :data:`NOW_NAMES`.
    """

    bed: Indices
    r: NDArray[np.int64]
    rr: Floats
    hr: Floats
    after: Floats
    told: NDArray[np.int64]
    family: NDArray[np.int64]
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
        for name in AFTER_NAMES:
            now[unknown, NOW_NAMES.index(name)] = 0
        after = np.where(unknown, np.float32(np.nan), self.after)
        return replace(self, after=after, cut=cut, wave=wave, now=now)


class BeatTracker(Rows):
    """Makes whole beats out of QRS complexes, for beds with equally many leads."""

    waiting: NDArray[np.int64]  # R of the beat whose next is awaited, -1: none
    before: NDArray[np.int64]  # R of the beat before it, -1: none, or too long ago
    past: Floats  # what the model is told of the last beats

    def __init__(self, beds: int, leads: int):
        self.rhythm: Final = RhythmMemory(beds)
        self.shape: Final = ShapeMemory(beds, leads)
        super().__init__(beds)

    def fresh(self, beds: int) -> dict[str, NDArray[Any]]:  # noqa: D102
        return {
            "waiting": np.full(beds, -1, np.int64),
            "before": np.full(beds, -1, np.int64),
            "past": np.zeros((beds, STEPS, RHYTHM), np.float32),
        }

    def grow(self, beds: int) -> None:  # noqa: D102
        super().grow(beds)
        self.rhythm.grow(beds)
        self.shape.grow(beds)

    def reset(self, beds: Indices) -> None:  # noqa: D102
        super().reset(beds)
        self.rhythm.reset(beds)
        self.shape.reset(beds)

    def take(self, found: Found, wave: Ring, seen: NDArray[np.int64]) -> list[Beats]:
        """Take QRS complexes (at most one a bed); tell the beats that are whole now."""
        r = place_r(wave, found.bed, found.sample, found.lead, seen[found.bed])
        r += self.shape.shift(found.bed, cut(wave, found.bed, r, seen[found.bed]))
        waiting = self.waiting[found.bed]
        r = np.where(found.revised, r, np.maximum(r, waiting + 1))  # peaks that were given may lie very near
        whole = ~found.revised & (waiting >= 0)
        told = self._tell(found.bed[whole], r[whole], wave, seen)
        self.waiting[found.bed] = r
        return told

    def overdue(self, beds: Indices, wave: Ring, seen: NDArray[np.int64]) -> list[Beats]:
        """Tell the beats whose next one is overdue."""
        median = np.nan_to_num(self.rhythm.median_rr(beds), nan=0.8)
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
        rr = np.exp(self.rhythm.last[beds, -HR_BEATS:])
        known = ~np.isnan(rr)
        slow = known[:, -3:].all(-1) & (np.nan_to_num(rr[:, -3:]) > HR_SLOW).all(-1)
        count = np.where(slow, HR_SLOW_BEATS, HR_BEATS)[:, None]
        used = known & (np.arange(HR_BEATS) >= HR_BEATS - count)
        total = np.where(used, rr, 0).sum(-1)
        return np.asarray(np.where(total > 0, 60 * used.sum(-1) / np.maximum(total, 1e-3), np.nan), np.float32)

    def _tell(self, beds: Indices, after: NDArray[np.int64], wave: Ring, seen: NDArray[np.int64]) -> list[Beats]:
        """Tell the waiting beats of ``beds``; ``after`` is R of the next, -1 if there is none."""
        if not beds.size:
            return []
        r = self.waiting[beds]
        rr, after_rr = _seconds(self.before[beds], r), _seconds(r, after)
        self.waiting[beds] = -1
        self.before[beds] = r

        time = self.rhythm.measure(beds, rr, after_rr)
        self.rhythm.learn(beds, rr)
        whole = cut(wave, beds, r, seen[beds])
        shape, figures = self.shape.take(beds, whole, time[:, _BOTH])
        now = np.concatenate([time, figures], axis=-1)
        self.past[beds] = np.concatenate([self.past[beds, 1:], now[:, None, _PAST]], axis=1)
        return [
            Beats(
                bed=beds,
                r=r,
                rr=rr,
                hr=self.heart_rate(beds),
                after=after_rr,
                told=seen[beds],
                family=self.shape.own[beds],
                cut=whole,
                wave=shape,
                rhythm=self.past[beds],
                now=now,
            )
        ]


_BOTH: Final = [RR_NAMES.index(name) for name in ("rr_before", "rr_after")]
_PAST: Final = [NOW_NAMES.index(name) for name in RHYTHM_NAMES]


def _seconds(start: NDArray[np.int64], stop: NDArray[np.int64]) -> Floats:
    """From one R to another in s; NaN where one is unknown (-1), beats were lost between, or both are one place."""
    time = np.where((start >= 0) & (stop >= 0), (stop - start) / FS, np.nan).astype(np.float32)
    return np.where((time > 0) & (time <= LOST), time, np.float32(np.nan))
