"""What is measured of a stretch of wave to tell whether the ventricles fibrillate, as found in the literature.

Time spent far from the baseline (TCSC: Arafat, Chowdhury and Hasan 2011, Signal Image Video Process 5:1); time in which
the wave stands still between complexes; the spectrum's bands, its peak and how narrow that is (Barro et al. 1989,
J Biomed Eng 11:320; Dzwonczyk, Brown and Werner 1990, IEEE Trans Biomed Eng 37:640); what a wave and itself half a
period later have in common (VF filter: Kuo and Dillman 1978, Computers in Cardiology 347); autocorrelation (Chen,
Thakor and Mower 1987, Med Biol Eng Comput 25:654); amplitude, slope, change of slope and how uneven they are (Hjorth
1970, Electroencephalogr Clin Neurophysiol 29:306; Jekova and Krasteva 2004, Physiol Meas 25:1167).
"""

from typing import Final

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from detector.rows import Floats

RATE: Final = 50
"""Samples a second of the wave that is looked at here."""

WINDOW: Final = 4
"""Seconds that are looked at: the duration in the definition of the alarm."""

SAMPLES: Final = WINDOW * RATE

BANDS: Final = (3, 6, 9, 12, 15, 18, 21, 24, 28, 32, 40)
"""Where bands of the spectrum begin, in steps of 0.25 Hz; the last ends at :data:`TOP`."""

TOP: Final = 50
STEP: Final = 2
"""Slope, and its change, are taken over so many samples (40 ms)."""

LAGS: Final = (6, 40)
"""Lags at which the wave is compared with itself, in steps of 40 ms: 250 to 38 a minute."""

SILENCE: Final = 1e-3
"""Below this (mV) there is nothing to measure."""

AMPLE: Final = 0.1
"""Above this root mean square (mV) amplitude tells nothing: fibrillation is coarse or fine, and gains differ."""

MEASURES: Final = (
    "amplitude",  # root mean square in mV, up to AMPLE
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
    size, slope = np.abs(wave), _change(wave, 1)
    bend = np.abs(_change(slope, 2))
    slope = np.abs(slope)
    late = np.ascontiguousarray(wave[:, half:])
    power, late_power, slope_power, bend_power = (np.einsum("ij,ij->i", x, x) for x in (wave, late, slope, bend))
    rms = np.sqrt(power / SAMPLES) + SILENCE
    slope_rms = np.sqrt(slope_power / (SAMPLES - STEP)) + SILENCE
    bend_rms = np.sqrt(bend_power / (SAMPLES - 2 * STEP)) + SILENCE
    top, steepest = size.max(1) + SILENCE, slope.max(1) + SILENCE
    far, still = size > (0.2 * top)[:, None], slope < (0.1 * steepest)[:, None]
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
            np.log(np.minimum(rms, AMPLE)),
            np.log(top / rms),
            np.einsum("ij->i", size) / (SAMPLES * rms),
            _share(far),
            _share(size > (0.5 * top)[:, None]),
            np.log(slope_rms / rms),
            np.log(steepest / slope_rms),
            np.einsum("ij->i", slope) / ((SAMPLES - STEP) * slope_rms),
            np.log(bend_rms / slope_rms),
            np.log((bend.max(1) + SILENCE) / bend_rms),
            _share(still),
            np.log((np.sqrt(late_power / half) + SILENCE) / rms),
            np.log((size[:, half:].max(1) + SILENCE) / top),
            _share(far[:, half:]),
            _share(still[:, half:]),
            np.log((high + SILENCE) / rms),
            *np.log(share + 1e-3).T,
            np.log(peak.astype(np.float32)),
            narrow,
            alike[:, LAGS[0] : LAGS[1]].max(1),
            alike[row, opposite],
        ]
    ).astype(np.float32)


def _change(x: Floats, order: int) -> Floats:
    """Differences of stretches over :data:`STEP` samples, those of ``order`` or higher; 0 behind the last."""
    out = np.zeros_like(x)
    flat = x.reshape(-1)  # rows one behind the other are faster; what runs from one into the next is taken out
    np.subtract(flat[STEP:], flat[:-STEP], out=out.reshape(-1)[:-STEP])
    out[:, -order * STEP :] = 0
    return out


def _share(true: NDArray[np.bool_]) -> Floats:
    """Share of samples, at most 255 a row, that are true; counted in bytes, which is far faster than their mean."""
    return np.divide(true.view(np.uint8).sum(1, dtype=np.uint8), true.shape[1], dtype=np.float32)


def _spectrum(wave: Floats) -> tuple[Floats, Floats]:
    """Power of each stretch in steps of 0.25 Hz, up to 12.5 Hz, and its sum where bands are."""
    slower = (wave[:, ::2] + wave[:, 1::2]) * _WEIGHT
    lines = scipy.fft.rfft(slower, axis=1)
    spectrum = lines.real**2 + lines.imag**2
    return spectrum, np.einsum("ij->i", spectrum[:, BANDS[0] : TOP]) + SILENCE**2
