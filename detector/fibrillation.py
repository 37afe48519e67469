"""Do the ventricles fibrillate? The wave of the last seconds, measured lead by lead and weighed by a small net.

A fibrillating heart has no beats to count; it is told by the wave. :func:`measure` takes from :data:`WINDOW` s of each
lead what the literature found to tell it, and :class:`Net` weighs that. Learned from records by
:mod:`detector.training.fibrillation`.

The measures: time spent far from the baseline (TCSC: Arafat, Chowdhury and Hasan 2011, Signal Image Video Process
5:1), time in which the wave stands still between complexes, the spectrum's bands, its peak and how narrow that is
(Barro et al. 1989, J Biomed Eng 11:320; Dzwonczyk, Brown and Werner 1990, IEEE Trans Biomed Eng 37:640), what a wave
and itself half a period later leave of each other (VF filter: Kuo and Dillman 1978, Computers in Cardiology 347),
autocorrelation (Chen, Thakor and Mower 1987, Med Biol Eng Comput 25:654), amplitude, slope and their spread (Hjorth
1970, Electroencephalogr Clin Neurophysiol 29:306; Jekova and Krasteva 2004, Physiol Meas 25:1167).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from detector.rows import Floats
from stream.errors import CardioVisionError

SHIPPED: Final = Path(__file__).parent / "models" / "fibrillation.npz"

RATE: Final = 50
"""Samples a second of the wave that is looked at here."""

WINDOW: Final = 4
"""Seconds that are looked at: the duration in the definition of the alarm."""

SAMPLES: Final = WINDOW * RATE

BANDS: Final = (3, 6, 9, 12, 15, 18, 21, 24, 28, 32, 40)
"""Where bands of the spectrum begin, in steps of 0.25 Hz; the last ends at :data:`TOP`."""

TOP: Final = 50
LAGS: Final = (6, 40)
"""Lags at which the wave is compared with itself, in steps of 40 ms: 250 to 38 a minute."""

SILENCE: Final = 1e-3
"""Below this (mV) there is nothing to measure."""

MEASURES: Final = (
    "amplitude",  # root mean square in mV
    "crest",  # the farthest point, of that
    "evenness",  # mean distance from the baseline, of the root mean square
    "far",  # share of time farther out than 0.2 of the farthest point (TCSC)
    "half",  # the same, 0.5
    "slope",  # root mean square slope, of the amplitude: the mean frequency
    "steepest",  # steepest slope, of the root mean square slope
    "even slope",  # mean slope, of the root mean square slope
    "jerk",  # root mean square change of slope, of the slope (Hjorth's complexity, with ``slope``)
    "sharpest",  # largest change of slope, of the root mean square change
    "still",  # share of time in which the slope is less than 0.1 of the steepest
    "late",  # amplitude of the last two seconds, of all
    "late crest",  # their farthest point, of the farthest point
    "late far",  # as ``far``, of the last two seconds
    "late still",  # as ``still``, of the last two seconds
    "high",  # what is faster than a QRS, of the amplitude
    *(f"{0.25 * begin:g} Hz" for begin in BANDS),  # share of the band in the spectrum
    "peak",  # frequency of the spectrum's peak
    "narrow",  # share of the spectrum within 0.5 Hz of it
    "repeats",  # highest autocorrelation beyond a short lag
    "opposes",  # autocorrelation half a period of the peak later
)
"""What is measured, by name; amounts are logarithms."""

CLASSES: Final = ("other", "tachycardia", "fibrillation", "noise")
"""What the net tells apart: any other rhythm and standstill; rapid ventricular tachycardia; ventricular fibrillation
and flutter; noise that hides the heart."""

_WEIGHT: Final = np.hanning(SAMPLES // 2).astype(np.float32)


def measure(wave: Floats, high: Floats) -> Floats:
    """Measure stretches of wave.

    Parameters
    ----------
    wave
        Leads in mV without drift, at :data:`RATE`, shape ``(n, SAMPLES)``, contiguous.
    high
        Root mean square of what is faster than a QRS in each, mV, shape ``(n,)``.

    Returns
    -------
    measures
        By :data:`MEASURES`, shape ``(len(MEASURES), n)``.
    """
    half = SAMPLES // 2
    size, slope = np.abs(wave), np.abs(wave[:, 2:] - wave[:, :-2])
    bend = wave[:, 4:] - 2 * wave[:, 2:-2] + wave[:, :-4]
    bend_rms = np.sqrt(np.einsum("ij,ij->i", bend, bend) / bend.shape[1]) + SILENCE
    late = np.ascontiguousarray(wave[:, half:])
    power, late_power, slope_power = (np.einsum("ij,ij->i", x, x) for x in (wave, late, slope))
    rms = np.sqrt(power / SAMPLES) + SILENCE
    top, late_top, steepest = size.max(1) + SILENCE, size[:, half:].max(1) + SILENCE, slope.max(1) + SILENCE
    slope_rms = np.sqrt(slope_power / slope.shape[1]) + SILENCE
    far = size > (0.2 * top)[:, None]
    still = slope < (0.1 * steepest)[:, None]
    spectrum, total = _spectrum(wave)
    share = np.add.reduceat(spectrum[:, :TOP], BANDS, axis=1) / total[:, None]
    peak = spectrum[:, BANDS[0] : TOP - 2].argmax(1) + BANDS[0]
    row = np.arange(len(wave))
    narrow = sum((spectrum[row, peak + k] for k in range(-2, 3)), np.zeros(len(wave), np.float32)) / total
    alike = scipy.fft.irfft(spectrum, half, axis=1)
    alike /= alike[:, :1] + SILENCE**2
    opposite = np.clip(np.rint(half / (2 * peak)).astype(np.intp), 2, LAGS[1])
    return np.stack(
        [
            np.log(rms),
            np.log(top / rms),
            size.mean(1) / rms,
            far.mean(1, dtype=np.float32),
            (size > (0.5 * top)[:, None]).mean(1, dtype=np.float32),
            np.log(slope_rms / rms),
            np.log(steepest / slope_rms),
            slope.mean(1) / slope_rms,
            np.log(bend_rms / slope_rms),
            np.log((np.abs(bend).max(1) + SILENCE) / bend_rms),
            still.mean(1, dtype=np.float32),
            np.log((np.sqrt(late_power / half) + SILENCE) / rms),
            np.log(late_top / top),
            far[:, half:].mean(1, dtype=np.float32),
            still[:, half:].mean(1, dtype=np.float32),
            np.log((high + SILENCE) / rms),
            *np.log(share + 1e-3).T,
            np.log(peak.astype(np.float32)),
            narrow,
            alike[:, LAGS[0] : LAGS[1]].max(1),
            alike[row, opposite],
        ]
    ).astype(np.float32)


def _spectrum(wave: Floats) -> tuple[Floats, Floats]:
    """Power of each stretch in steps of 0.25 Hz, up to 12.5 Hz, and its sum where bands are."""
    slower = (wave[:, ::2] + wave[:, 1::2]) * _WEIGHT
    lines = scipy.fft.rfft(slower, axis=1)
    spectrum = lines.real**2 + lines.imag**2
    return spectrum, spectrum[:, BANDS[0] : TOP].sum(1) + SILENCE**2


@dataclass(frozen=True, slots=True, eq=False)
class Net:
    """One hidden layer, evaluated one measure at a time as :class:`detector.judge.Judge` is.

    Attributes
    ----------
    low, high
        Bounds of each measure: what is beyond was not learned, shape ``(measures,)``.
    weights, bias
        Of the hidden layer, shapes ``(measures, hidden)`` and ``(hidden,)``; it is rectified.
    out, level
        Of the classes, shapes ``(hidden, len(CLASSES))`` and ``(len(CLASSES),)``.
    """

    low: Floats
    high: Floats
    weights: Floats
    bias: Floats
    out: Floats
    level: Floats

    def __call__(self, measures: Floats) -> Floats:
        """Logits of :data:`CLASSES` of measures ``(measures, n)``: shape ``(len(CLASSES), n)``."""
        bounded = np.clip(measures, self.low[:, None], self.high[:, None])
        hidden = np.repeat(self.bias[:, None], measures.shape[1], axis=1)
        for weight, measure in zip(self.weights, bounded, strict=True):
            hidden += weight[:, None] * measure
        hidden = np.maximum(hidden, 0)
        logits = np.repeat(self.level[:, None], measures.shape[1], axis=1)
        for weight, unit in zip(self.out, hidden, strict=True):
            logits += weight[:, None] * unit
        return logits

    @classmethod
    def load(cls, path: Path = SHIPPED) -> "Net":
        """Read the net from a file of :meth:`save`, by default the shipped one.

        Raises
        ------
        CardioVisionError
            If the file cannot be read, or was made for other measures.
        """
        try:
            with np.load(path, allow_pickle=False) as file:
                net = cls(*(file[name].astype(np.float32) for name in cls.__slots__))
        except (OSError, ValueError, KeyError) as error:
            raise CardioVisionError(
                f"{path}: cannot read the fibrillation net: {error}; install the package again"
            ) from error
        shapes = (net.weights.shape, net.out.shape)
        if shapes != ((len(MEASURES), len(net.bias)), (len(net.bias), len(CLASSES))):
            raise CardioVisionError(
                f"{path}: expected a net of {len(MEASURES)} measures and {len(CLASSES)} classes, got shapes {shapes}; "
                "train it again"
            )
        return net

    def save(self, path: Path) -> None:
        """Write the net as a ``.npz`` file."""
        np.savez(path, **{name: getattr(self, name) for name in self.__slots__})


def together(logits: Floats, readable: NDArray[np.bool_]) -> Floats:
    """Probability of each class from all leads of a bed that can be read.

    What a lead says is its logits; those of several are averaged: fibrillation shows in all leads, noise in some.

    Parameters
    ----------
    logits
        Shape ``(len(CLASSES), beds, leads)``.
    readable
        Which leads count, ``(beds, leads)``.

    Returns
    -------
    probability
        Shape ``(len(CLASSES), beds)``; 0 where no lead can be read.
    """
    count = np.maximum(readable.sum(1), 1).astype(np.float32)
    mean = np.zeros(logits.shape[:2], np.float32)
    for lead in range(readable.shape[1]):  # not a sum over the axis: its order would depend on the array's shape
        mean += np.where(readable[:, lead], logits[..., lead], 0)
    mean /= count
    odds = np.exp(mean - mean.max(0))
    total = odds[0].copy()
    for part in odds[1:]:
        total += part
    return np.where(readable.any(1), odds / total, 0).astype(np.float32)


BEGINS: Final = 0.5
ENDS: Final = 0.3
HOLD: Final = 2
"""Fibrillation is announced once its probability has reached ``BEGINS`` for ``HOLD`` seconds in a row, and is over once
it has been below ``ENDS`` as long."""


def follow(
    probability: Floats, fibrillates: NDArray[np.bool_], seconds: NDArray[np.int64]
) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """The rule of decision, one second on, elementwise over beds.

    Parameters
    ----------
    probability
        That the ventricles fibrillate, of the second just over.
    fibrillates
        Whether fibrillation was announced.
    seconds
        For how many seconds the probability has spoken for the contrary.

    Returns
    -------
    fibrillates, seconds
        The same now.
    """
    contrary = np.where(fibrillates, probability < ENDS, probability >= BEGINS)
    seconds = np.where(contrary, seconds + 1, 0)
    turn = seconds >= HOLD
    return fibrillates ^ turn, np.where(turn, 0, seconds)
