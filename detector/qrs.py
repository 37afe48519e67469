"""QRS detection, causal, many beds at once, every lead counted by how clean it is.

Per lead, the slope of the QRS band, rectified and smoothed, is an *envelope* that rises with each complex. Envelopes
are divided by the lead's own running height at a QRS and averaged over leads, weighted by how far QRS stands out
there: a complex is then a local maximum near 1, whatever its amplitude. Each such peak is measured: its height and
rise, the time since the last QRS, noise, agreement of the leads, likeness to the usual QRS (:mod:`detector.usual`);
and a small net learned from records judges it (:mod:`detector.judge`). Around it stand the rules of Pan and Tompkins
(1985, IEEE Trans Biomed Eng 32:230): running noise level, refractory period, a search back when a beat is overdue.

Work goes hop by hop (:data:`HOP` samples): whatever the blocks that came in, each decision is taken at the same
sample with the same knowledge, so beats do not depend on pace.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from detector.conditioning import FS
from detector.envelope import BAND_DELAY, Envelope
from detector.judge import Judge
from detector.peaks import REACH, Peaks, highest
from detector.rows import Floats, Indices, Rows
from detector.usual import AFTER, EVERY, SHAPE, Usual

HOP: Final = 50
"""Samples (of :data:`~detector.conditioning.FS`) taken at a time: 0.2 s."""

FIRST_LEAD_SHARE: Final = 0.05
"""R is placed on the first lead as long as it has this share of the leads' weights: annotators look there, and one
lead throughout keeps RR steady."""

ALIVE: Final = 0.03
ALIVE_FOR: Final = 250
"""A lead whose envelope has not reached this share of its height for this many samples (1 s), while another's has, is
off: it counts for nothing and learns nothing until it is back."""

LEARN: Final = 500
"""Samples (2 s) that are watched before the first decision, to learn each lead's heights."""

REFRACTORY: Final = 45
"""Samples (0.18 s) after a QRS in which none can follow: Pan and Tompkins (1985) have 0.2 s, the RR of 300/min."""

LEAST: Final = 0.1
"""A peak lower than this share of a QRS is none."""

FAINT: Final = 0.1
T_WAVE: Final = 90
T_RISE: Final = 0.3
"""A peak that rises less than the first share of the QRS before is none, as long as the next QRS is not late: at slow
rates what was learned in :data:`LEARN` may be T and P. Within ``T_WAVE`` samples (0.36 s) one that rises less than the
other share is a T wave (ibid., but there half)."""

SHIFT: Final = 8
"""A complex's farthest point is looked for so many samples on each side of where it should be."""

SILENCE: Final = 1e-9
"""A lead whose height is less (mV) has shown nothing yet: it takes the height of the next QRS."""

GROWN: Final = 2.0
GROWTH: Final = 0.5
"""Once two QRS in a row are higher than this many times what is usual, what is usual goes this share of the way; one
alone may be an artefact."""

LATE: Final = 1.5
OVERDUE: Final = 1.66
DOUBT: Final = -2.0
"""A beat is late after so many mean RR, and after so many is searched back for (ibid.): the best peak that did not pass
is taken if its score is no lower than ``DOUBT``."""

NEVER: Final = -1e9
"""The score of a peak that is not judged."""

OUTDO: Final = 1.3
P_WAVE: Final = 63
TOWER: Final = 3.0
"""A peak within the refractory period replaces the one before if it is higher by the first factor; one within
``P_WAVE`` samples (0.25 s) if it is by the other: then the one before was its P wave."""

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
    judge
        Tells QRS from other peaks; by default the one shipped.
    """

    seen: NDArray[np.int64]  # samples taken
    height: Floats  # per lead, running envelope at a QRS
    floor: Floats  # per lead, running mean envelope
    alive: NDArray[np.int64]  # per lead, when it last showed anything
    noise: Floats  # running height of peaks that are no QRS; a QRS is 1
    rr: Floats  # running mean RR in samples
    last: NDArray[np.int64]  # where the envelope of the last QRS peaked; its height and rise
    last_height: Floats
    last_rise: Floats
    before_height: Floats  # of the QRS before that
    doubt: NDArray[np.int64]  # the best peak since then that did not pass, -1 if none; its score, height and rise
    doubt_score: Floats
    doubt_height: Floats
    doubt_rise: Floats

    def __init__(self, beds: int, leads: int, judge: Judge | None = None):
        self.leads: Final = leads
        self._judge: Final = judge or Judge.load()
        self.envelope: Final = Envelope(beds, leads, RING)
        self.usual: Final = Usual(beds, leads)
        super().__init__(beds)

    def fresh(self, beds: int) -> dict[str, NDArray[Any]]:  # noqa: D102
        def per_lead() -> Floats:
            return np.zeros((beds, self.leads), np.float32)

        def per_bed(value: float) -> Floats:
            return np.full(beds, value, np.float32)

        def index(value: int) -> NDArray[np.int64]:
            return np.full(beds, value, np.int64)

        return {
            "seen": index(0),
            "height": per_lead(),
            "floor": per_lead(),
            "alive": np.zeros((beds, self.leads), np.int64),
            "noise": per_bed(0.2),
            "rr": per_bed(0.8 * FS),
            "last": index(-RING),
            "last_height": per_bed(1.0),
            "last_rise": per_bed(0.0),
            "before_height": per_bed(1.0),
            "doubt": index(-1),
            "doubt_score": per_bed(NEVER),
            "doubt_height": per_bed(0.0),
            "doubt_rise": per_bed(0.0),
        }

    def grow(self, beds: int) -> None:  # noqa: D102
        super().grow(beds)
        for part in (self.envelope, self.usual):
            part.grow(beds)

    def reset(self, beds: Indices) -> None:  # noqa: D102
        super().reset(beds)
        for part in (self.envelope, self.usual):
            part.reset(beds)

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
        self.envelope.follow(beds, self.seen[beds], x)

    def step(self, beds: Indices) -> list[Found]:
        """Judge the next hop of some beds, each at most once.

        Returns
        -------
        found
            What was found, in order of time.
        """
        envelope = self.envelope.values.read(beds, self.seen[beds], HOP)
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
        seen = self.envelope.values.read(beds, np.zeros(len(beds), np.int64), LEARN)
        self.height[beds] = np.median(seen[..., LEARN // 4 :].reshape(*seen.shape[:2], 3, -1).max(-1), axis=-1)
        self.floor[beds] = seen[..., LEARN // 4 :].mean(-1)

    def _weights(self, beds: Indices) -> Floats:
        """What each lead counts: the square of how far a QRS stands above its mean envelope; they sum to 1."""
        height = self.height[beds]
        clear = np.where(height > 0, height / np.maximum(self.floor[beds], SILENCE), 0)
        weight = np.maximum(np.where(self._off(beds), 0, clear - 1), 0.02) ** 2
        return np.asarray(weight / weight.sum(-1, keepdims=True), np.float32)

    def _decide(self, beds: Indices, end: NDArray[np.int64]) -> list[Found]:
        """Judge the peaks of one hop: those from ``end - HOP - REACH`` to ``end - REACH``."""
        begin = end - HOP - 2 * REACH
        weights = self._weights(beds)
        envelope = self.envelope.values.read(beds, begin, HOP + 2 * REACH)
        height = self._together(beds, envelope, weights)
        middle = height[:, REACH:-REACH]
        peaks = (middle >= highest(height, 2 * REACH + 1)) & (middle > 0.02)
        found: list[Found] = []
        while (some := peaks.any(1)).any():
            row = np.flatnonzero(some)
            at = peaks[row].argmax(1)
            peaks[row, at] = False
            around = height[row[:, None], at[:, None] + np.arange(2 * REACH + 1)]
            peak = Peaks(beds[row], begin[row] + REACH + at, around, envelope[row, :, at + REACH], weights[row])
            found += self._sort_out(peak)
        return found + self._search_back(beds, end)

    def _together(self, beds: Indices, envelope: Floats, weights: Floats) -> Floats:
        """Envelopes of shape ``(beds, leads, n)`` in heights of a QRS, averaged over leads: ``(beds, n)``."""
        share = weights / np.maximum(self.height[beds], SILENCE)
        height = np.zeros((len(beds), envelope.shape[-1]), np.float32)
        for lead in range(self.leads):  # not a matrix product: its sum would depend on the array's shape
            height += envelope[:, lead] * share[:, lead, None]
        return height

    def _sort_out(self, peaks: Peaks) -> list[Found]:
        """Tell QRS from T wave and noise; at most one peak a bed."""
        beds, at, height, rise = peaks.bed, peaks.at, peaks.height, peaks.rise
        since = at - self.last[beds]
        early = since < REFRACTORY
        steepest = self.last_rise[beds]
        flat = (rise < FAINT * steepest) & (since < LATE * self.rr[beds])
        flat |= (rise < T_RISE * steepest) & (since < T_WAVE)
        score = np.full(len(beds), NEVER, np.float32)
        judged = np.flatnonzero(~early & ~flat & (height > LEAST))
        if judged.size:
            few = peaks[judged]
            shape = self._shape(few.bed, few.at, few.weights)
            score[judged] = self._judge(self._measure(few, shape))
        over = height / self.last_height[beds]
        revise = (early & (over > OUTDO)) | ((since < P_WAVE) & (over > TOWER))
        accept = (score > 0) & ~revise

        reject = ~accept & ~revise & ~early
        rejected = beds[reject]
        self.noise[rejected] += MEMORY * (np.minimum(height[reject], 1) - self.noise[rejected])
        keep = reject & (score > self.doubt_score[beds])
        kept = beds[keep]
        self.doubt[kept], self.doubt_score[kept] = at[keep], score[keep]
        self.doubt_height[kept], self.doubt_rise[kept] = height[keep], rise[keep]

        revised = beds[revise]
        self.last[revised], self.last_height[revised] = at[revise], height[revise]
        self.last_rise[revised] = rise[revise]
        if accept.any():
            self._accept(beds[accept], at[accept], height[accept], rise[accept], shape[accept[judged]])
        told = accept | revise
        return [self._tell(beds[told], at[told], revise[told])] if told.any() else []

    def _search_back(self, beds: Indices, end: NDArray[np.int64]) -> list[Found]:
        """Take the best doubtful peak of beds whose next beat is overdue."""
        overdue = end - REACH - self.last[beds] > OVERDUE * self.rr[beds]
        take = (self.doubt[beds] >= end - LOOK_BACK) & overdue & (self.doubt_score[beds] > DOUBT)
        if not take.any():
            return []
        beds = beds[take]
        at = self.doubt[beds]
        shape = self._shape(beds, at, self._weights(beds))
        self._accept(beds, at, self.doubt_height[beds], self.doubt_rise[beds], shape)
        return [self._tell(beds, at, np.zeros(len(beds), np.bool_))]

    def _shape(self, beds: Indices, at: NDArray[np.int64], weights: Floats) -> Floats:
        """The QRS band about some peaks in heights of each lead, its farthest point in the middle."""
        reach = SHAPE + SHIFT
        band = self.envelope.band.read(beds, at - self.envelope.delay + BAND_DELAY - reach, 2 * reach + 1)
        band /= np.maximum(self.height[beds], SILENCE)[..., None]
        power = np.zeros((len(beds), 2 * SHIFT + 1), np.float32)
        for lead in range(self.leads):
            power += band[:, lead, SHAPE:-SHAPE] ** 2 * weights[:, lead, None]
        column = power.argmax(1)[:, None] + np.arange(2 * SHAPE + 1)
        return np.take_along_axis(band, column[:, None], axis=2)

    def _measure(self, peaks: Peaks, shape: Floats) -> Floats:
        """:data:`~detector.judge.MEASURES` of some peaks: ``(measures, peaks)``."""
        beds, weights, height, rise = peaks.bed, peaks.weights, peaks.height, peaks.rise
        since = peaks.at - self.last[beds]
        rr, noise, doubt = self.rr[beds], self.noise[beds], self.doubt_height[beds]
        of_qrs = np.maximum(self.height[beds], SILENCE)
        lead = peaks.envelope / of_qrs
        likeness, size = self.usual.likeness(beds, shape, weights)
        usual = self.usual.course(beds, since)
        measures = (
            _log(height),
            _log(rise / np.maximum(self.last_rise[beds], 1e-6)),
            np.minimum(since / rr, 4),
            np.log(np.clip(since / FS, 0.1, 5)),
            noise,
            _log(height / np.maximum(noise, 0.02)),
            _log(10 * rise / height),
            (weights * np.minimum(lead, 1)).sum(-1),
            (weights * np.abs(lead - height[:, None])).sum(-1) / height,
            _log(lead.max(-1)),
            _log((weights * self.floor[beds] / of_qrs).sum(-1)),
            *peaks.sides,
            likeness,
            np.clip(size, -1, 3),
            _log(usual),
            _log(height / np.maximum(usual, 0.02)),
            doubt,
            np.where(self.doubt[beds] >= 0, np.minimum((peaks.at - self.doubt[beds]) / rr, 3), 0),
            doubt / height,
            _log(height / np.maximum(self.last_height[beds], self.before_height[beds])),
        )
        return np.stack(measures).astype(np.float32)

    def _accept(self, beds: Indices, at: NDArray[np.int64], height: Floats, rise: Floats, shape: Floats) -> None:
        """Learn from QRS complexes that were accepted."""
        since = at - self.last[beds]
        self.usual.learn_shape(beds, shape)
        near = since < 2 * FS
        self._learn_course(beds[near], since[near])
        was = self.height[beds]
        now = self.envelope.values.read(beds, at, 1)[..., 0]
        twice = np.minimum(height, self.last_height[beds])[:, None]
        grow = GROWTH * (np.minimum(now, twice * was) - was)
        follow = HEIGHT_MEMORY * (np.clip(now, 0.3 * was, 2 * was) - was)
        step = np.where((twice > GROWN) & (now > was), grow, follow)
        step = np.where(was < SILENCE, now, step)
        first = (was < SILENCE).all(-1)  # of what it is, it has one
        height, rise = np.where(first, 1, height), np.where(first, rise / height, rise)
        self.height[beds] = was + np.where(self._off(beds), 0, step)
        rr = self.rr[beds]
        step = MEMORY * (np.clip(since.astype(np.float32), 0.4 * rr, 1.6 * rr) - rr)
        self.rr[beds] = np.where(since < 3 * FS, rr + step, rr)
        self.before_height[beds] = self.last_height[beds]
        self.last[beds], self.last_height[beds], self.last_rise[beds] = at, height, rise
        self.doubt[beds], self.doubt_score[beds], self.doubt_height[beds] = -1, NEVER, 0

    def _learn_course(self, beds: Indices, since: NDArray[np.int64]) -> None:
        """Learn what came between the last QRS and one ``since`` samples after it."""
        envelope = self.envelope.values.read(beds, self.last[beds] + EVERY // 2, AFTER, every=EVERY)
        self.usual.learn_course(beds, self._together(beds, envelope, self._weights(beds)), since - REACH)

    def _tell(self, beds: Indices, at: NDArray[np.int64], revised: NDArray[np.bool_]) -> Found:
        """Say where the complexes are whose envelopes peak at ``at``."""
        weights = self._weights(beds)
        lead = np.where(weights[:, 0] >= FIRST_LEAD_SHARE, 0, weights.argmax(-1))
        return Found(beds, at - self.envelope.delay, lead, revised)


def _log(amount: NDArray[np.floating]) -> Floats:
    """Logarithm, of amounts within reason."""
    return np.asarray(np.log(np.clip(amount, 0.02, 50)), np.float32)
