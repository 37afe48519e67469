"""What lies under and over the beats: noise of five kinds, and the waves of fibrillation.

Each is a *texture*: a stretch of :data:`PERIOD` seconds with root mean square 1, made once, seamless when
repeated, from which every bed reads at its own offset. So a thousand beds cost a copy and a multiplication
each, and any sample of any bed can be told without those before it. What this leaves out: two beds are not
independent for ever, one bed hears the other's noise of up to two minutes before or after.

Shapes follow the three records of the MIT-BIH Noise Stress Test Database (Moody et al. 1984, "A noise stress
test for arrhythmia detectors", Computers in Cardiology 11:381-384): baseline wander below 0.6 Hz, muscle
from 20 Hz up in bursts, electrode motion as sudden shifts that die away within a second and look like beats.
Tremor is what none of them holds: a limb that shakes four to six times a second (Parkinson's disease, shivering,
tooth brushing), the classic imitation of ventricular tachycardia.
Fibrillation has a dominant frequency of 4-6 Hz in the ventricles, and of 4-9 Hz in the atria, where V1 shows
it best (Bollmann et al. 2006, "Analysis of surface electrocardiograms in atrial fibrillation", Europace
8:911-926).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, get_args

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from stream.sources.morphology import projection

Noise: TypeAlias = Literal["wander", "muscle", "electrode", "mains", "tremor"]
Texture: TypeAlias = Noise | Literal["af", "vf"]

NOISES: Final[tuple[Noise, ...]] = get_args(Noise)
TEXTURES: Final[tuple[Texture, ...]] = ("wander", "muscle", "electrode", "mains", "af", "vf", "tremor")
PERIOD: Final = 120.0
"""Seconds after which a texture repeats (sooner above 1 kHz, to keep it small)."""
RAMP: Final = 0.2
"""Seconds in which a texture goes from one level to the next."""

_LONGEST: Final = 120_000  # samples
_AF_DIRECTION: Final = np.array([[-0.35], [0.45], [-0.85]])  # atria: forward and down, so largest in V1
_Shape: TypeAlias = Callable[[NDArray[np.float64]], NDArray[np.float64]]


@dataclass
class _Turn:
    """A texture of a bed goes from its level to a new one, over the ramp that begins at ``sample``."""

    bed: int
    texture: int
    sample: int
    old: np.float32
    new: np.float32


class Background:
    """The textures of all beds, each at its level, frame by frame.

    Parameters
    ----------
    beds
        Number of beds.
    leads
        Names of the leads.
    fs
        Sampling rate in Hz.
    mains_hz
        Frequency of the mains in Hz.
    frame
        Samples in a frame.
    seed
        Where chance begins.
    """

    def __init__(self, beds: int, leads: tuple[str, ...], fs: float, *, mains_hz: float, frame: int, seed: int) -> None:
        waves = textures(leads, fs, mains_hz, seed)
        self._period = waves.shape[-1]
        # A frame more than a period, so that a window that begins near the end needs no wrapping.
        waves = np.concatenate([waves, waves[..., :frame]], axis=-1)
        self._windows = sliding_window_view(waves, frame, axis=-1)
        # Tremor draws apart, so that beds of a seed stay what they were before there was any.
        offsets = [np.random.default_rng(seed).integers(0, self._period, (beds, len(TEXTURES) - 1))]
        offsets += [np.random.default_rng([seed, 1]).integers(0, self._period, (beds, 1))]
        self._offset = np.concatenate(offsets, axis=1).T
        self._level = np.zeros((len(TEXTURES), beds), np.float32)  # now, but for the turns under way
        self._goal = self._level.copy()  # after them
        self._turns: list[_Turn] = []
        self._ramp = max(1, round(RAMP * fs))

    def turn(self, bed: int, texture: Texture, sample: int, level: float) -> None:
        """From ``sample`` on, let a bed's texture go to ``level`` (mV RMS); asked in order of ``sample``."""
        number = TEXTURES.index(texture)
        new = np.float32(level)
        self._turns.append(_Turn(bed, number, sample, self._goal[number, bed], new))
        self._goal[number, bed] = new

    def add(self, frame: NDArray[np.float32], first: int) -> None:
        """Add to ``frame`` (beds, leads, samples; mV), which begins at sample ``first``."""
        begin = (first + self._offset) % self._period
        for number, level in enumerate(self._level):
            beds = np.flatnonzero(level)
            if len(beds):
                heard = self._windows[number][:, begin[number, beds]].transpose(1, 0, 2)
                frame[beds] += heard * level[beds, None, None]
        last = first + frame.shape[-1]
        under_way: list[_Turn] = []
        for turn in self._turns:
            if turn.sample < last:
                gone = ((np.arange(first, last) - turn.sample) / self._ramp).clip(0.0, 1.0).astype(np.float32)
                heard = self._windows[turn.texture][:, begin[turn.texture, turn.bed]]
                frame[turn.bed] += heard * gone * (turn.new - turn.old)
            if turn.sample + self._ramp < last:
                self._level[turn.texture, turn.bed] = turn.new
            else:
                under_way.append(turn)
        self._turns = under_way


def textures(leads: tuple[str, ...], fs: float, mains_hz: float, seed: int) -> NDArray[np.float32]:
    """Every texture, shape ``(len(TEXTURES), leads, samples)``.

    The noises have root mean square 1 in every lead; the waves of fibrillation, which are a dipole's, in the
    lead that shows them best.
    """
    rng = np.random.default_rng(seed)
    count, period = len(leads), min(round(PERIOD * fs), _LONGEST)
    view = projection(leads)

    def colour(rows: int, shape: _Shape) -> NDArray[np.float64]:
        return _coloured(rng, rows, period, fs, shape)

    wander = colour(count, lambda f: np.where(f < 0.6, 0.05 / (0.05 + f) + _bell(f, 0.25, 0.03), 0.0))
    bursts = np.maximum(1.0 + 0.7 * _unit(colour(count, lambda f: _bell(f, 0.0, 0.4))), 0.15)
    muscle = bursts * _unit(colour(count, lambda f: np.where(f > 20.0, np.exp(-f / 80.0), 0.0)))
    electrode = _shifts(rng, count, period, fs) + 0.15 * _unit(colour(count, lambda f: _bell(f, 3.0, 2.0)))
    cycles = round(mains_hz * period / fs)  # a whole number, so that it repeats without a seam
    angle = 2.0 * np.pi * cycles * np.arange(period) / period + rng.uniform(0, 0.5, (count, 1))
    mains = np.sin(angle) + 0.1 * np.sin(3.0 * angle) * (3.0 * mains_hz < fs / 2)
    swell = 1.0 + 0.3 * _unit(colour(3, lambda f: _bell(f, 0.0, 0.3)))
    ventricles = swell * _unit(colour(3, lambda f: _bell(f, 4.6, 0.55) + 0.25 * _bell(f, 8.5, 1.2)))
    atria = _unit(colour(1, lambda f: _bell(f, 6.2, 0.45) + 0.35 * _bell(f, 12.4, 0.7)))
    atria = _AF_DIRECTION * atria + 0.25 * _unit(colour(3, lambda f: _bell(f, 6.2, 0.8)))
    shakes = 1.0 + 0.4 * _unit(colour(count, lambda f: _bell(f, 0.0, 0.2)))
    tremor = shakes * _unit(colour(count, lambda f: _bell(f, 4.8, 0.12) + 0.4 * _bell(f, 9.6, 0.25)))

    noises = [_unit(noise) for noise in (wander, muscle, electrode, mains)]
    waves = [seen / np.sqrt((seen**2).mean(axis=1)).max() for seen in (view @ atria, view @ ventricles)]
    return np.stack([*noises, *waves, _unit(tremor)]).astype(np.float32)


def _bell(f: NDArray[np.float64], centre: float, width: float) -> NDArray[np.float64]:
    bell: NDArray[np.float64] = np.exp(-0.5 * ((f - centre) / width) ** 2)
    return bell


def _unit(waves: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each row without its mean, at root mean square 1."""
    waves = waves - waves.mean(axis=1, keepdims=True)
    scaled: NDArray[np.float64] = waves / waves.std(axis=1, keepdims=True)
    return scaled


def _coloured(rng: np.random.Generator, rows: int, period: int, fs: float, shape: _Shape) -> NDArray[np.float64]:
    """Gaussian noise whose amplitude spectrum is ``shape`` of the frequency in Hz; repeats without a seam."""
    f = np.fft.rfftfreq(period, 1.0 / fs).astype(np.float64)
    spectrum = shape(f) * (rng.standard_normal((rows, len(f))) + 1j * rng.standard_normal((rows, len(f))))
    spectrum[:, 0] = 0.0
    waves: NDArray[np.float64] = np.fft.irfft(spectrum, period)
    return waves


def _shifts(rng: np.random.Generator, rows: int, period: int, fs: float) -> NDArray[np.float64]:
    """Sudden shifts of the electrode, one in four seconds or so, that die away in some tenths of a second."""
    time = np.arange(period) / fs
    total = np.zeros((rows, period))
    for rise, fall in ((0.02, 0.12), (0.05, 0.35), (0.15, 0.8)):
        struck = rng.random((rows, period)) < 1.0 / (12.0 * fs)
        kicks = struck * rng.normal(0.0, 1.0, (rows, period))
        kernel = np.exp(-time / fall) - np.exp(-time / rise)
        total += np.fft.irfft(np.fft.rfft(kicks) * np.fft.rfft(kernel / kernel.max()), period)
    return total
