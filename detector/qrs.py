"""QRS detection, causal, many beds at once, every lead counted by how clean it is.

Per lead, the slope of the QRS band, rectified and smoothed, is an *envelope* that rises with each complex. Envelopes
are divided by the lead's own running height at a QRS and averaged over leads, weighted by how far QRS stands out
there: a complex is then a local maximum near 1, whatever its amplitude. The decision follows Pan and Tompkins (1985,
IEEE Trans Biomed Eng 32:230): running noise level, refractory period, a T wave told by its slow rise, a search back
when a beat is overdue; and a threshold that falls while nothing is found.

Work goes hop by hop (:data:`HOP` samples): whatever the blocks that came in, each decision is taken at the same
sample with the same knowledge, so beats do not depend on pace.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, signal

from detector.conditioning import FS, Filter, qrs_filter
from detector.rows import Floats, Indices, Ring, Rows

HOP: Final = 50
"""Samples (of :data:`~detector.conditioning.FS`) taken at a time: 0.2 s."""

SLOPE: Final = 5
"""The slope is taken over this many samples (20 ms), about the steep part of a QRS."""

SMOOTHING: Final = 7.0
"""Corner in Hz of the low pass that makes an envelope of the rectified slope."""

REACH: Final = 25
"""A peak is the highest envelope within this many samples (0.1 s) on each side."""

FIRST_LEAD_SHARE: Final = 0.05
"""R is placed on the first lead as long as it has this share of the leads' weights: annotators look there, and one
lead throughout keeps RR steady."""

ALIVE: Final = 0.03
ALIVE_FOR: Final = 250
"""A lead whose envelope has not reached this share of its height for this many samples (1 s), while another's has, is
off: it counts for nothing and learns nothing until it is back."""

LEARN: Final = 500
"""Samples (2 s) that are watched before the first decision, to learn each lead's heights."""

REFRACTORY: Final = 50
T_WAVE: Final = 90
"""Samples (0.2 s; 0.36 s) after a QRS in which none can follow; in which a T wave may (Pan and Tompkins 1985)."""

T_RISE: Final = 0.5
"""A peak in the T wave's time that rises less than this share of the QRS before it is a T wave (ibid.)."""

FAINT: Final = 0.1
"""A peak that rises less than this share of the QRS before it is none, as long as the next QRS is not late: at slow
rates T comes after :data:`T_WAVE`, and most of what was learned in :data:`LEARN` was T and P."""

GROWN: Final = 2.0
GROWTH: Final = 0.5
"""Once two QRS in a row are higher than this many times what is usual, what is usual goes this share of the way; one
alone may be an artefact."""

THRESHOLD: Final = 0.33
"""Share of the way from noise level to QRS height that a peak must reach."""

OVERDUE: Final = 1.66
"""A beat later than this many mean RR is searched back for, with half the threshold (ibid.)."""

FALL_AFTER: Final = 1.5
FALL: Final = 0.5
FALL_TO: Final = 0.2
"""The threshold falls exponentially, by ``FALL`` per mean RR after ``FALL_AFTER`` RR, down to this share."""

OUTDO: Final = 1.3
"""A peak within the refractory period replaces the one before if it is higher by this factor."""

MEMORY: Final = 0.125
HEIGHT_MEMORY: Final = 0.08
FLOOR_MEMORY: Final = 0.05
"""Shares with which a new value enters the running RR and noise, the QRS height, the mean envelope."""

MOST_HOPS: Final = 10
"""Hops that can be followed at once."""

LOOK_BACK: Final = 500
RING: Final = LOOK_BACK + MOST_HOPS * HOP + 500
"""A search back reaches so far (2 s). Samples kept: these, the hops followed ahead, and 2 s more for beats that wait
for their next."""


@dataclass(slots=True, frozen=True)
class Found:
    """QRS complexes found in one step, in parallel arrays, in order of time within a bed.

    Attributes
    ----------
    bed, sample
        Row of the bed and sample index (at :data:`~detector.conditioning.FS`) about where R is.
    lead
        The lead to place R on: the first, unless another stands out far more.
    revised
        True where this takes the place of the complex told last for that bed.
    """

    bed: Indices
    sample: NDArray[np.int64]
    lead: Indices
    revised: NDArray[np.bool_]


class QrsDetector(Rows):
    """QRS detection for beds with equally many leads.

    Parameters
    ----------
    beds, leads
        How many.
    """

    seen: NDArray[np.int64]  # samples taken
    band_state: NDArray[np.float64]
    tail: Floats  # the last SLOPE samples of the band
    smooth_state: NDArray[np.float64]
    height: Floats  # per lead, running envelope at a QRS
    floor: Floats  # per lead, running mean envelope
    alive: NDArray[np.int64]  # per lead, when it last showed anything
    noise: Floats  # running height of peaks that are no QRS; a QRS is 1
    rr: Floats  # running mean RR in samples
    last: NDArray[np.int64]  # where the envelope of the last QRS peaked; its height and rise
    last_height: Floats
    last_rise: Floats
    doubt: NDArray[np.int64]  # the highest peak since then that did not pass, -1 if none; its height and rise
    doubt_height: Floats
    doubt_rise: Floats

    def __init__(self, beds: int, leads: int):
        self.leads: Final = leads
        self._band_filter: Final = qrs_filter()
        self._smoother: Final = Filter(signal.butter(2, SMOOTHING, "lowpass", fs=FS, output="sos"))
        self.envelope: Final = Ring(beds, leads, RING)
        self._delay: Final = self._envelope_delay()
        super().__init__(beds)

    def fresh(self, beds: int) -> dict[str, NDArray[Any]]:  # noqa: D102
        def per_lead(*more: int) -> Floats:
            return np.zeros((beds, self.leads, *more), np.float32)

        def per_bed(value: float) -> Floats:
            return np.full(beds, value, np.float32)

        def index(value: int) -> NDArray[np.int64]:
            return np.full(beds, value, np.int64)

        return {
            "seen": index(0),
            "band_state": per_lead(len(self._band_filter.sos), 2).astype(np.float64),
            "tail": per_lead(SLOPE),
            "smooth_state": per_lead(len(self._smoother.sos), 2).astype(np.float64),
            "height": per_lead(),
            "floor": per_lead(),
            "alive": np.zeros((beds, self.leads), np.int64),
            "noise": per_bed(0.2),
            "rr": per_bed(0.8 * FS),
            "last": index(-RING),
            "last_height": per_bed(1.0),
            "last_rise": per_bed(0.0),
            "doubt": index(-1),
            "doubt_height": per_bed(0.0),
            "doubt_rise": per_bed(0.0),
        }

    def grow(self, beds: int) -> None:  # noqa: D102
        super().grow(beds)
        self.envelope.grow(beds)

    def reset(self, beds: Indices) -> None:  # noqa: D102
        super().reset(beds)
        self.envelope.reset(beds)

    def follow(self, beds: Indices, x: Floats) -> None:
        """Carry band and envelope of some beds on, ahead of :meth:`step`.

        Parameters
        ----------
        beds
            Rows of the beds, each at most once; each has been stepped through what was followed before.
        x
            Their next samples in any physical unit, shape ``(len(beds), leads, n * HOP)``, ``n`` at most
            :data:`MOST_HOPS`.
        """
        first = self.seen[beds] == 0
        if first.any():  # as if the first value had stood for ever
            self.band_state[beds[first]] = self._band_filter.rest(x[first, :, 0])
        band, self.band_state[beds] = self._band_filter(x, self.band_state[beds])
        longer = np.concatenate([self.tail[beds], band], axis=-1)
        self.tail[beds] = band[..., -SLOPE:]
        slope = np.abs(longer[..., SLOPE:] - longer[..., :-SLOPE])
        envelope, self.smooth_state[beds] = self._smoother(slope, self.smooth_state[beds])
        self.envelope.write(beds, self.seen[beds], np.maximum(envelope, 0))

    def step(self, beds: Indices) -> list[Found]:
        """Judge the next hop of some beds, each at most once.

        Returns
        -------
        found
            What was found, in order of time.
        """
        envelope = self.envelope.read(beds, self.seen[beds], HOP)
        self.floor[beds] += FLOOR_MEMORY * (envelope.mean(-1) - self.floor[beds])
        shows = envelope.max(-1) >= ALIVE * self.height[beds]
        self.alive[beds] = np.where(shows, self.seen[beds, None], self.alive[beds])
        self.seen[beds] += HOP
        found: list[Found] = []
        learned = beds[self.seen[beds] == LEARN]
        if learned.size:
            self._learn(learned)
            for end in range(HOP, LEARN, HOP):
                found += self._decide(learned, np.full(learned.shape, end, np.int64))
        ready = beds[self.seen[beds] >= LEARN]
        if ready.size:
            found += self._decide(ready, self.seen[ready])
        return found

    def _off(self, beds: Indices) -> NDArray[np.bool_]:
        """Which leads are off; none if all are silent."""
        silent = self.seen[beds, None] - self.alive[beds] > ALIVE_FOR
        return np.asarray(silent & ~silent.all(-1, keepdims=True))

    def _learn(self, beds: Indices) -> None:
        """First heights: the median over half seconds of the highest envelope, the first filters' rise left out."""
        seen = self.envelope.read(beds, np.zeros(len(beds), np.int64), LEARN)
        self.height[beds] = np.median(seen[..., LEARN // 4 :].reshape(*seen.shape[:2], 3, -1).max(-1), axis=-1)
        self.floor[beds] = seen[..., LEARN // 4 :].mean(-1)

    def _weights(self, beds: Indices) -> Floats:
        """What each lead counts: the square of how far a QRS stands above its mean envelope; they sum to 1."""
        height = self.height[beds]
        clear = np.where(height > 0, height / np.maximum(self.floor[beds], 1e-9), 0)
        weight = np.maximum(np.where(self._off(beds), 0, clear - 1), 0.02) ** 2
        return np.asarray(weight / weight.sum(-1, keepdims=True), np.float32)

    def _decide(self, beds: Indices, end: NDArray[np.int64]) -> list[Found]:
        """Judge the peaks of one hop: those from ``end - HOP - REACH`` to ``end - REACH``."""
        begin = end - HOP - 2 * REACH
        share = self._weights(beds) / np.maximum(self.height[beds], 1e-9)
        height = np.zeros((len(beds), HOP + 2 * REACH), np.float32)
        envelope = self.envelope.read(beds, begin, HOP + 2 * REACH)
        for lead in range(self.leads):  # not a matrix product: its sum would depend on the array's shape
            height += envelope[:, lead] * share[:, lead, None]
        middle = height[:, REACH:-REACH]
        highest = ndimage.maximum_filter1d(height, 2 * REACH + 1, axis=1)[:, REACH:-REACH]
        peaks = (middle >= highest) & (middle > 0.02)
        found: list[Found] = []
        while (some := peaks.any(1)).any():
            row = np.flatnonzero(some)
            at = peaks[row].argmax(1)
            peaks[row, at] = False
            around = height[row[:, None], at[:, None] + np.arange(REACH + 1)]
            found += self._judge(beds[row], begin[row] + REACH + at, middle[row, at], np.diff(around, axis=1).max(1))
        return found + self._search_back(beds, end)

    def _judge(self, beds: Indices, at: NDArray[np.int64], height: Floats, rise: Floats) -> list[Found]:
        """Tell QRS from T wave and noise; at most one peak a bed."""
        since = at - self.last[beds]
        noise = self.noise[beds]
        late = np.maximum(since / self.rr[beds] - FALL_AFTER, 0)
        threshold = (noise + THRESHOLD * (1 - noise)) * np.maximum(np.exp(-FALL * late), FALL_TO)
        early = since < REFRACTORY
        t_wave = (since < T_WAVE) & (rise < T_RISE * self.last_rise[beds])
        t_wave |= (late == 0) & (rise < FAINT * self.last_rise[beds])
        revise = early & (height > OUTDO * self.last_height[beds])
        accept = (height > threshold) & ~early & ~t_wave

        reject = ~accept & ~early
        rejected = beds[reject]
        self.noise[rejected] += MEMORY * (np.minimum(height[reject], 1) - noise[reject])
        keep = reject & ~t_wave & (height > self.doubt_height[beds])
        kept = beds[keep]
        self.doubt[kept], self.doubt_height[kept], self.doubt_rise[kept] = at[keep], height[keep], rise[keep]

        revised = beds[revise]
        self.last[revised], self.last_height[revised] = at[revise], height[revise]
        self.last_rise[revised] = rise[revise]
        told = accept | revise
        self._accept(beds[accept], at[accept], height[accept], rise[accept])
        return [self._tell(beds[told], at[told], revise[told])] if told.any() else []

    def _search_back(self, beds: Indices, end: NDArray[np.int64]) -> list[Found]:
        """Take the best doubtful peak of beds whose next beat is overdue."""
        threshold = self.noise[beds] + THRESHOLD * (1 - self.noise[beds])
        overdue = end - REACH - self.last[beds] > OVERDUE * self.rr[beds]
        take = (self.doubt[beds] >= end - LOOK_BACK) & overdue & (self.doubt_height[beds] > threshold / 2)
        if not take.any():
            return []
        beds = beds[take]
        at = self.doubt[beds]
        self._accept(beds, at, self.doubt_height[beds], self.doubt_rise[beds])
        return [self._tell(beds, at, np.zeros(len(beds), np.bool_))]

    def _accept(self, beds: Indices, at: NDArray[np.int64], height: Floats, rise: Floats) -> None:
        """Learn from QRS complexes that were accepted."""
        was = self.height[beds]
        now = self.envelope.read(beds, at, 1)[..., 0]
        twice = np.minimum(height, self.last_height[beds])[:, None]
        grow = GROWTH * (np.minimum(now, twice * was) - was)
        follow = HEIGHT_MEMORY * (np.clip(now, 0.3 * was, 2 * was) - was)
        step = np.where((twice > GROWN) & (now > was), grow, follow)
        self.height[beds] = was + np.where(self._off(beds), 0, step)
        rr = self.rr[beds]
        since = (at - self.last[beds]).astype(np.float32)
        step = MEMORY * (np.clip(since, 0.4 * rr, 1.6 * rr) - rr)
        self.rr[beds] = np.where(since < 3 * FS, rr + step, rr)
        self.last[beds], self.last_height[beds], self.last_rise[beds] = at, height, rise
        self.doubt[beds], self.doubt_height[beds] = -1, 0

    def _tell(self, beds: Indices, at: NDArray[np.int64], revised: NDArray[np.bool_]) -> Found:
        """Say where the complexes are whose envelopes peak at ``at``."""
        weights = self._weights(beds)
        lead = np.where(weights[:, 0] >= FIRST_LEAD_SHARE, 0, weights.argmax(-1))
        return Found(beds, at - self._delay, lead, revised)

    def _envelope_delay(self) -> int:
        """Delay in samples of the envelope's peak behind R, for a QRS of 90 ms (a Gaussian)."""
        time = (np.arange(500) - 250) / FS
        band = signal.sosfilt(self._band_filter.sos, np.exp(-0.5 * (time / 0.015) ** 2))
        slope = np.abs(band[SLOPE:] - band[:-SLOPE])
        return int(signal.sosfilt(self._smoother.sos, slope).argmax()) + SLOPE - 250
