"""Which conditions hold at each bed, since where, and how much: the whole table, looked at each second.

The rules (:mod:`~detector.alarms.runs`, :mod:`~detector.alarms.patterns`, :mod:`~detector.alarms.rates` ...) say what
they see now. Here that becomes conditions that last: one that is not seen for a moment goes on (:data:`LINGER`), and
what is told is what limits, noise, learning and worse conditions leave.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from detector.alarms.fibrillation import IN_STEP, LOOKED_AT, RAPID, FibrillationRule, ThroughNoise, in_step
from detector.alarms.history import History
from detector.alarms.irregular import ENDED, IrregularityRule
from detector.alarms.kinds import BLIND, HIDES, KINDS, LEARNING, LETHAL, LINGER, NAMES, NUMBER, columns
from detector.alarms.ladder import OFF, Analysis, Ladder
from detector.alarms.patterns import bigeminy, missed, multiform, pause, r_on_t, standstill, trigeminy
from detector.alarms.rates import MARGIN, Intervals
from detector.alarms.rules import Seen, SeenNow
from detector.alarms.runs import (
    couplet,
    run,
    supraventricular_tachycardia,
    ventricular_rhythm,
    ventricular_tachycardia,
)
from detector.conditioning import FS
from detector.fibrillation import ENDS
from detector.rows import Floats, Indices, Rows
from stream.limits import LIMITS

LIMIT: Final = {name: k for k, name in enumerate(LIMITS)}
"""Columns of the limits."""

LEARNED: Final = 8
"""Beats after which a new bed is known."""

STALE_BEATS: Final = 3.0
"""What the last beat was part of is over if no other has come for so many s."""

UNUSABLE: Final = 5
"""Seconds without a lead that can be read from which that is told."""

VENTRICULAR_KEPT: Final = 128
"""Ventricular beats of the last minute that are kept: more than can be asked for (``ve_per_minute``)."""

_TECHNICAL: Final = columns(("leads_off", "cannot_analyse", "artifact", "feed_stale", "storage"))
_ALLOWED: Final = np.stack(
    [
        np.ones(KINDS, np.bool_),
        columns(LETHAL) | _TECHNICAL,
        columns(BLIND) | _TECHNICAL,
        columns(BLIND) | _TECHNICAL,
    ]
)
"""What may be told, by :class:`~detector.alarms.ladder.Analysis`."""

_WHILE_LEARNING: Final = columns(LEARNING) | _TECHNICAL
_LINGER: Final = np.array([round(LINGER.get(name, 0) * FS) for name in NAMES], np.int64)
_LAG: Final = np.where(columns(("atrial_fibrillation",)), round(ENDED * FS), 0)
_AF: Final = NUMBER["atrial_fibrillation"]
_ASYSTOLE: Final = NUMBER["asystole"]
_OF_BEATS: Final = (
    "ventricular_tachycardia",
    "ventricular_rhythm",
    "ventricular_bradycardia",
    "non_sustained_vt",
    "couplet",
    "supraventricular_tachycardia",
    "bigeminy",
    "trigeminy",
    "r_on_t",
    "multiform_ve",
    "missed_beat",
    "pause",
    "asystole",
)


@dataclass(slots=True, frozen=True)
class SignsNow:
    """What the wave of some beds shows in one second: see :class:`detector.signs.Signs`, of which these are columns."""

    lead: NDArray[np.int8]
    usable: NDArray[np.bool_]
    fibrillation: Floats
    tachycardia: Floats
    still: Floats
    noisy: Floats


class Conditions(Rows):
    """The conditions of all beds: arrays ``(beds, KINDS)``."""

    holds: NDArray[np.bool_]
    since: NDArray[np.int64]  # sample where it began
    seen: NDArray[np.int64]  # sample where it was last seen
    value: Floats
    flags: NDArray[np.bool_]  # what the last beat was part of
    ve: NDArray[np.int64]  # R of the last V, newest last
    still: Floats  # stillness (s) in each of the last seconds
    shaken: NDArray[np.int64]  # sample where the wave was last seen to fibrillate, or to run
    rate: Floats  # heart rate (1/min), NaN where unknown
    limits: Floats  # (beds, len(LIMITS))
    on: NDArray[np.bool_]  # which are not switched off
    outside: NDArray[np.bool_]  # which others say hold
    present: NDArray[np.bool_]  # which are seen just now

    def __init__(self, beds: int):
        self.history: Final = History(beds)
        self.fibrillation: Final = FibrillationRule(beds)
        self.rapid: Final = FibrillationRule(beds, RAPID)
        self.through_noise: Final = ThroughNoise(beds)
        self.irregular: Final = IrregularityRule(beds)
        self.ladder: Final = Ladder(beds)
        self.parts: Final[tuple[Rows, ...]] = (
            self.history,
            self.fibrillation,
            self.rapid,
            self.through_noise,
            self.irregular,
            self.ladder,
        )
        super().__init__(beds)

    def fresh(self, beds: int) -> dict[str, NDArray[Any]]:  # noqa: D102
        return {
            "holds": np.zeros((beds, KINDS), np.bool_),
            "since": np.zeros((beds, KINDS), np.int64),
            "seen": np.zeros((beds, KINDS), np.int64),
            "value": np.zeros((beds, KINDS), np.float32),
            "flags": np.zeros((beds, KINDS), np.bool_),
            "ve": np.full((beds, VENTRICULAR_KEPT), History.LONG_AGO, np.int64),
            "still": np.zeros((beds, 8), np.float32),
            "shaken": np.full(beds, 2 * History.LONG_AGO, np.int64),
            "rate": np.full(beds, np.nan, np.float32),
            "limits": np.zeros((beds, len(LIMITS)), np.float32),
            "on": np.ones((beds, KINDS), np.bool_),
            "outside": np.zeros((beds, KINDS), np.bool_),
            "present": np.zeros((beds, KINDS), np.bool_),
        }

    def grow(self, beds: int) -> None:  # noqa: D102
        super().grow(beds)
        for part in self.parts:
            part.grow(beds)

    def reset(self, beds: Indices) -> None:  # noqa: D102
        super().reset(beds)
        for part in self.parts:
            part.reset(beds)

    def take(self, rows: Indices, at: NDArray[np.int64], signs: SignsNow) -> NDArray[np.bool_]:
        """Take another second of some beds; whether their quality is to be told anew."""
        changed = self.ladder.take(rows, signs.lead, signs.usable, signs.noisy)
        now = SeenNow(len(rows))
        self._of_beats(rows, at, now)
        self._of_time(rows, at, signs, now)
        self._of_quality(rows, at, now)
        self._last(rows, at, now)
        return changed

    def may_be_told(self, rows: Indices) -> NDArray[np.bool_]:
        """What holds and is to be announced: not switched off, not doubtful, and no worse of its chain is."""
        told = self.holds[rows] & self.on[rows] & _ALLOWED[self.ladder.analysis[rows]]
        told &= _WHILE_LEARNING | (self.history.taken[rows] >= LEARNED)[:, None]
        return told & ~(told.astype(np.float32) @ HIDES > 0)

    def over(self, rows: Indices) -> NDArray[np.int64]:
        """Where conditions were over, if they are: ``(len(rows), KINDS)``."""
        return np.maximum(self.seen[rows] - _LAG, self.since[rows])

    def _limit(self, rows: Indices, name: str) -> Floats:
        return self.limits[rows, LIMIT[name]]

    def _of_beats(self, rows: Indices, at: NDArray[np.int64], now: SeenNow) -> None:
        """What the beats that are due are part of: each on its own, so nothing is missed between two seconds."""
        window = self.history.take(rows, at)
        if len(window):
            of = window.row
            self.irregular.take(window[self.ladder.analysis[of] == Analysis.FULL])
            vt_rate = self._limit(of, "vt_rate")
            slower, slow = ventricular_rhythm(window, vt_rate)
            svt_beats = self._limit(of, "svt_beats").astype(np.int64)
            seen = (
                ventricular_tachycardia(window, self._limit(of, "vt_beats").astype(np.int64), vt_rate),
                slower,
                slow,
                run(window),
                couplet(window),
                supraventricular_tachycardia(window, svt_beats, self._limit(of, "svt_rate")),
                bigeminy(window),
                trigeminy(window),
                r_on_t(window),
                multiform(window),
                missed(window),
                pause(window, self._limit(of, "pause_seconds"), self._limit(of, "asystole_seconds")),
                standstill(window, self._limit(of, "asystole_seconds")),
            )
            index = np.searchsorted(rows, of)
            last = np.append(of[1:] != of[:-1], True)
            for name, one in zip(_OF_BEATS, seen, strict=True):
                k = NUMBER[name]
                self.flags[of[last], k] = one.seen[last]
                hit = np.flatnonzero(one.seen)
                now.add_beats(k, index[hit], one.since[hit], one.value[hit], window.r[hit, -1])
            self._count_ve(window.row[window.v[:, -1]], window.r[window.v[:, -1], -1])
        self.flags[rows] &= (at - self.history.latest(rows)[:, -1] <= STALE_BEATS * FS)[:, None]

    def _count_ve(self, rows: Indices, r: NDArray[np.int64]) -> None:
        for row, sample in zip(rows.tolist(), r.tolist(), strict=True):
            self.ve[row, :-1] = self.ve[row, 1:]
            self.ve[row, -1] = sample

    def _of_time(self, rows: Indices, at: NDArray[np.int64], signs: SignsNow, now: SeenNow) -> None:
        """What the time without a beat tells, the rate, and the wave itself."""
        intervals = Intervals(self.history.latest(rows), at, signs.still)
        usable_for = self.ladder.usable[rows].astype(np.float32)
        self.still[rows, :-1] = self.still[rows, 1:]
        self.still[rows, -1] = signs.still
        clear = self.ladder.unclear[rows] == 0
        calm = self._calm(rows, at, intervals.r, np.maximum(signs.fibrillation, signs.tachycardia) >= ENDS)
        seen = clear | self.through_noise.take(rows, signs.fibrillation)
        begins = seen & ~(calm & ~self.fibrillation.holds[rows])
        fibrillates = self.fibrillation.take(rows, np.where(begins, signs.fibrillation, 0))
        began = self.fibrillation.since(at)
        now.add("ventricular_fibrillation", Seen(fibrillates, began, signs.fibrillation), at)
        rapid = self.rapid.take(rows, np.where(clear & ~calm, signs.tachycardia, 0)) & ~fibrillates
        now.add("ventricular_tachycardia", Seen(rapid, began, intervals.heart_rate), at)
        self.shaken[rows] = np.where(fibrillates | rapid, at, self.shaken[rows])

        seconds = self._limit(rows, "asystole_seconds")
        self._of_the_past(rows, seconds, ~fibrillates & (usable_for >= seconds - MARGIN), now)
        still_for = intervals.nothing_for(seconds, signs.still, usable_for)
        stands = still_for.seen & (~fibrillates | (signs.still >= seconds))  # what is that still does not fibrillate
        now.add("asystole", Seen(stands, still_for.since, still_for.value), at)
        seconds = self._limit(rows, "pause_seconds")
        now.seen[:, NUMBER["pause"]] &= self.still[rows].max(1) >= seconds - MARGIN
        self.flags[rows, NUMBER["pause"]] &= now.seen[:, NUMBER["pause"]]
        waiting = intervals.nothing_for(seconds, signs.still, usable_for)
        now.add("pause", Seen(waiting.seen & intervals.beats, waiting.since, waiting.value), at)

        now.add("hr_high", intervals.above(self._limit(rows, "hr_high")), at)
        now.add("hr_low", _behind(intervals.below(self._limit(rows, "hr_low")), self.shaken[rows]), at)
        now.add("extreme_tachycardia", intervals.extreme_high(self._limit(rows, "extreme_high")), at)
        slow = intervals.extreme_low(self._limit(rows, "extreme_low"))
        now.add("extreme_bradycardia", _behind(slow, self.shaken[rows]), at)
        now.add("atrial_fibrillation", self.irregular.tell(rows, at), at)
        count = (self.ve[rows] > (at - round(60 * FS))[:, None]).sum(1)
        many = count >= self._limit(rows, "ve_per_minute")
        now.add("ve_per_minute", Seen(many, self.ve[rows, -1], count.astype(np.float32)), at)
        self.rate[rows] = intervals.heart_rate

    def _calm(
        self, rows: Indices, at: NDArray[np.int64], r: NDArray[np.int64], asked: NDArray[np.bool_]
    ) -> NDArray[np.bool_]:
        """Whether normal beats go on as before, of the few beds that are asked about."""
        calm = np.zeros(len(rows), np.bool_)
        few = np.flatnonzero(asked)
        if few.size:
            calm[few] = in_step(r[few], at[few]) & (self.history.normal(rows[few], LOOKED_AT) >= IN_STEP)
        return calm

    def _of_the_past(self, rows: Indices, seconds: Floats, clear: NDArray[np.bool_], now: SeenNow) -> None:
        """A standstill that was over before it was looked at, told by its RR: if the wave was still, and it is news."""
        was_still = self.still[rows].max(1) >= seconds - MARGIN
        now.seen[:, _ASYSTOLE] &= clear & was_still & (self.seen[rows, _ASYSTOLE] <= now.since[:, _ASYSTOLE])
        self.flags[rows, _ASYSTOLE] = False

    def _of_quality(self, rows: Indices, at: NDArray[np.int64], now: SeenNow) -> None:
        analysis = self.ladder.analysis[rows]
        off = (self.ladder.lead[rows] == OFF).sum(1)
        blind = (self.ladder.unusable[rows] >= UNUSABLE) & (analysis != Analysis.OFF)
        nothing = np.zeros(len(rows), np.float32)
        now.add("leads_off", Seen(off > 0, at, off.astype(np.float32)), at)
        now.add("cannot_analyse", Seen((analysis == Analysis.SUSPENDED) | blind, at, nothing), at)
        now.add("artifact", Seen(analysis == Analysis.LETHAL, at, nothing), at)

    def _last(self, rows: Indices, at: NDArray[np.int64], now: SeenNow) -> None:
        """Let conditions begin, go on, and end."""
        time = at[:, None]
        held, flags = self.holds[rows], self.flags[rows]
        begins = now.seen & ~held
        self.since[rows] = np.where(begins, np.minimum(now.since, time), self.since[rows])
        self.value[rows] = np.where(now.seen, now.value, self.value[rows])
        seen = np.where(now.seen, now.where, self.seen[rows])
        self.seen[rows] = seen
        linger = np.broadcast_to(_LINGER, held.shape).copy()
        linger[:, _AF] = self._limit(rows, "af_end_minutes") * 60 * FS
        self.present[rows] = present = now.seen | self.outside[rows] | (held & flags)
        self.holds[rows] = present | (held & (time - seen < linger))


def _behind(one: Seen, sample: NDArray[np.int64]) -> Seen:
    """What is seen, if it began behind a sample: of a wave that fibrillated, beats tell no rate."""
    return Seen(one.seen & (one.since > sample), one.since, one.value)
