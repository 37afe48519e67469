"""What the wave itself shows, each second: which leads can be read, whether the ventricles fibrillate or stand still.

Beats tell most of a rhythm, but in fibrillation and standstill there are none, and where leads are off or full of
noise none can be told. :class:`SignsTracker` looks at the wave at each whole second of a bed's stream. Like QRS
detection it advances many beds at once, and what it says does not depend on how samples were cut or on the company.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from detector.conditioning import FS, Filter
from detector.fibrillation import CLASSES, INPUTS, OTHER, Familiar, Net, together
from detector.quality import (
    CHANNELS,
    CLEAR,
    NOISE,
    RATE,
    READABLE,
    LeadState,
    LeadWatch,
    constant,
    fives,
    hum,
    smooth,
)
from detector.rows import Floats, Indices, Rows
from detector.waveform import MEASURES, SAMPLES, WINDOW, measure

SECOND: Final = int(FS)

DRIFT: Final = 1.0
"""Corner in Hz of the high pass that takes drift off the wave: what fibrillates is faster."""

NOISY_SPAN: Final = 30
"""Seconds over which the share of noisy ones is told (GE's rule of 20 noisy seconds in 30)."""

BEND: Final = 2
"""A ventricular wave is told by how far it is from the middle of the points so many samples (40 ms) before and after:
half the QRS, not T or drift."""

WAVE: Final = (0.07, 0.3, 0.10)
"""It is as far as so many mV, or as such a share of what is usual in the lead, whichever is more, but always if as far
as so many mV: a QRS of 0.2 mV is, P waves and wander hardly."""

WAVE_MEMORY: Final = 0.05
"""Share with which a second enters the usual."""


@dataclass(slots=True, frozen=True, eq=False)
class Signs:
    """What the wave shows, one entry a bed and second, in order of time within a bed.

    Attributes
    ----------
    bed
        Row of the bed, ``(n,)``.
    at
        Sample at :data:`~detector.conditioning.FS` at which it is known, a multiple of 250, ``(n,)``.
    lead
        :class:`~detector.quality.LeadState` of each lead, ``(n, leads)``.
    usable
        Whether QRS can be looked for in any lead, ``(n,)``.
    fibrillation
        Probability that the ventricles fibrillate or flutter, ``(n,)``; 0 in the first seconds and without a lead.
        :func:`detector.fibrillation.follow` is the rule of decision.
    tachycardia
        Probability, from the wave alone, of a rapid ventricular tachycardia, ``(n,)``.
    still
        Seconds since a lead that can be read last showed a ventricular wave, ``(n,)``. Seconds in which no lead can be
        read count as if there had been one: nobody knows.
    noisy
        Share of the last 30 s in which no lead was good (or good but for mains), ``(n,)``.
    """

    bed: Indices
    at: NDArray[np.int64]
    lead: NDArray[np.int8]
    usable: NDArray[np.bool_]
    fibrillation: Floats
    tachycardia: Floats
    still: Floats
    noisy: Floats


class SignsTracker(Rows):
    """Watches the wave of beds with equally many leads.

    Parameters
    ----------
    beds, leads
        How many.
    net
        Weighs what is measured of the wave; by default the one shipped.
    """

    second: Floats  # samples of the second that is not over
    before: Floats  # what the last five of the second before add to it, per lead
    seconds: NDArray[np.int64]  # looked at
    wave: Floats  # the last seconds without drift
    drift_state: NDArray[np.float64]
    power: Floats  # of what is faster than a QRS, of the last seconds
    bend: Floats  # usual bend of a ventricular wave, per lead
    last: NDArray[np.int64]  # where in the wave the last ventricular one was
    unclear: NDArray[np.bool_]  # seconds in which no lead was clear

    def __init__(self, beds: int, leads: int, net: Net | None = None):
        self.leads: Final = leads
        self._net: Final = net or Net.load()
        self._drift: Final = Filter(signal.butter(2, DRIFT, "highpass", fs=RATE, output="sos"))
        self._watch: Final = LeadWatch(beds, leads)
        self._familiar: Final = Familiar(beds, leads)
        super().__init__(beds)

    def fresh(self, beds: int) -> dict[str, NDArray[Any]]:  # noqa: D102
        return {
            "second": np.zeros((beds, self.leads, SECOND), np.float32),
            "before": np.zeros((beds, self.leads), np.float32),
            "seconds": np.zeros(beds, np.int64),
            "wave": np.zeros((beds, self.leads, SAMPLES), np.float32),
            "drift_state": np.zeros((beds, self.leads, 1, 2)),
            "power": np.zeros((beds, self.leads, WINDOW), np.float32),
            "bend": np.zeros((beds, self.leads), np.float32),
            "last": np.zeros(beds, np.int64),
            "unclear": np.zeros((beds, NOISY_SPAN), np.bool_),
        }

    def grow(self, beds: int) -> None:  # noqa: D102
        super().grow(beds)
        for part in (self._watch, self._familiar):
            part.grow(beds)

    def reset(self, beds: Indices) -> None:  # noqa: D102
        super().reset(beds)
        for part in (self._watch, self._familiar):
            part.reset(beds)

    def take(self, beds: Indices, x: Floats, start: NDArray[np.int64]) -> list[Signs]:
        """Take the next samples of some beds, each at most once.

        Parameters
        ----------
        beds
            Rows of the beds.
        x
            Samples in mV at :data:`~detector.conditioning.FS`, unfiltered, the last value in place of missing ones,
            shape ``(len(beds), leads, n)``, ``n`` a multiple of :data:`~detector.quality.FIVE`.
        start
            Index of the first sample of each since it was reset: a multiple of 5, ``(len(beds),)``.

        Returns
        -------
        signs
            Of the seconds that are over, in order of time within a bed.
        """
        told: list[Signs] = []
        place = start % SECOND
        for at in np.unique(place).tolist():  # few: the reading goes by hops, of which a second has five
            mine = np.flatnonzero(place == at)
            told += self._fill(beds[mine], x[mine], start[mine], at)
        return told

    def _fill(self, beds: Indices, x: Floats, start: NDArray[np.int64], place: int) -> list[Signs]:
        """Take samples of beds that are at the same place of their seconds."""
        told: list[Signs] = []
        taken, count = 0, x.shape[-1]
        while taken < count:
            part = min(SECOND - place, count - taken)
            self.second[beds, :, place : place + part] = x[..., taken : taken + part]
            taken, place = taken + part, (place + part) % SECOND
            if place == 0:
                told.append(self._look(beds, (start + taken) // SECOND))
        return told

    def _look(self, beds: Indices, now: NDArray[np.int64]) -> Signs:
        """Look at the second that is over at second ``now`` of some beds."""
        first = self.seconds[beds] == 0
        second = fives(self.second[beds]).reshape(len(beds), self.leads, CHANNELS, RATE)
        before = np.where(first[:, None], constant(second), self.before[beds])
        wave = self._without_drift(beds, smooth(second, before), first)
        self.before[beds] = second[:, :, 1, -1]
        fast = hum(second)
        state = self._watch.look(beds, first, second, wave[..., -RATE:], fast)
        self.power[beds] = power = np.concatenate([self.power[beds][..., 1:], fast.power[..., None]], axis=-1)
        self.seconds[beds] += 1

        measures = measure(wave.reshape(-1, SAMPLES), np.sqrt(power.mean(-1)).reshape(-1))
        measures = measures.reshape(len(MEASURES), len(beds), self.leads)
        inputs = self._familiar.beside(beds, measures)
        logits = self._ask(inputs)
        each = together(logits.reshape(len(CLASSES), -1, 1), np.ones((len(beds) * self.leads, 1), np.bool_))
        noise = each[CLASSES.index("noise")].reshape(state.shape) > NOISE
        seen = (self.seconds[beds] >= WINDOW)[:, None]
        state = np.where((state == LeadState.GOOD) & noise & seen, LeadState.NOISY, state).astype(np.int8)
        readable = READABLE[state]
        usable: NDArray[np.bool_] = np.any(readable, axis=-1)
        self.unclear[beds] = unclear = np.concatenate(
            [self.unclear[beds][:, 1:], ~CLEAR[state].any(-1, keepdims=True)], axis=1
        )
        chance = np.where(seen[:, 0], together(logits, readable), 0)
        self._familiar.learn(beds, measures, np.where(readable, chance[OTHER][:, None], 0))
        return Signs(
            bed=beds,
            at=now * SECOND,
            lead=state,
            usable=usable,
            fibrillation=chance[CLASSES.index("fibrillation")],
            tachycardia=chance[CLASSES.index("tachycardia")],
            still=self._still(beds, now, wave, readable),
            noisy=unclear.mean(-1, dtype=np.float32),
        )

    def _without_drift(self, beds: Indices, second: Floats, first: NDArray[np.bool_]) -> Floats:
        """Take drift off a second and put it behind those before: the last :data:`WINDOW` seconds."""
        if first.any():
            self.drift_state[beds[first]] = self._drift.rest(second[first, :, 0])
        second, self.drift_state[beds] = self._drift(second, self.drift_state[beds])
        self.wave[beds] = wave = np.concatenate([self.wave[beds][..., RATE:], second], axis=-1)
        return wave

    def _ask(self, inputs: Floats) -> Floats:
        """What the net says of each lead of some beds: logits, ``(len(CLASSES), len(beds), leads)``."""
        return self._net(inputs.reshape(len(INPUTS), -1)).reshape(len(CLASSES), *inputs.shape[1:])

    def _still(self, beds: Indices, now: NDArray[np.int64], wave: Floats, readable: NDArray[np.bool_]) -> Floats:
        """Seconds since the last ventricular wave."""
        second = wave[..., -RATE - 2 * BEND :]
        bend = np.abs(second[..., BEND:-BEND] - (second[..., : -2 * BEND] + second[..., 2 * BEND :]) / 2)
        least, share, enough = WAVE
        usual, most = self.bend[beds], bend.max(-1)
        needed = np.minimum(np.maximum(least, share * usual), enough)
        grown = usual + WAVE_MEMORY * (np.minimum(most, 2 * usual) - usual)
        self.bend[beds] = np.where((most >= needed) & readable, np.where(usual > 0, grown, most), usual)
        shown = ((bend >= needed[..., None]) & readable[..., None]).any(1)
        end = now * RATE
        last = end - BEND - shown[:, ::-1].argmax(1)
        last = np.where(shown.any(1), last, np.where(readable.any(1), self.last[beds], end))
        self.last[beds] = last
        return ((end - last) / RATE).astype(np.float32)
