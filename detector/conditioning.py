"""From raw samples to what the reader works on: gaps bridged, one sampling rate, drift and mains removed.

Everything here is causal, carries its state over blocks, and is arithmetic on one sample at a time (recursive
filters, elementwise sums): the result for a bed does not depend, to the last bit, on how its samples were cut
into blocks or on which beds share the arrays.
"""

from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from detector.rows import Floats, Indices

FS: Final = 250.0
"""Sampling rate in Hz at which beats are read, whatever rate they came in: the rate of IEC 60601-2-27 monitors'
analysis channels, enough for R within 4 ms."""

TAPS_EACH_SIDE: Final = 6
PHASES: Final = 1024
"""Half-width of the resampling kernel, in samples of the slower of the two rates; and in how many steps between two
samples it is tabulated."""

WAVE_BAND: Final = (0.5, 40.0)
"""Pass band in Hz of the wave that is cut into beats: the "monitor" band of bedside monitors."""

QRS_BAND: Final = (5.0, 22.0)
"""Pass band in Hz in which a QRS stands out of P, T, drift and muscle (Thakor, Webster and Tompkins 1984,
IEEE Trans Biomed Eng 31:702; widened upwards for narrow complexes)."""


class Filter:
    """A recursive filter over rows of samples, with one state a row.

    Parameters
    ----------
    sos
        Second-order sections as from :func:`scipy.signal.butter`.
    """

    def __init__(self, sos: NDArray[np.float64]):
        self.sos = sos
        self._at_one = signal.sosfilt_zi(sos)

    def rest(self, level: NDArray[Any]) -> NDArray[np.float64]:
        """State after a constant ``level`` since ever: shape ``level.shape + (sections, 2)``."""
        return np.asarray(level, np.float64)[..., None, None] * self._at_one

    def __call__(self, x: NDArray[Any], state: NDArray[np.float64]) -> tuple[Floats, NDArray[np.float64]]:
        """Filter ``x`` of shape ``(..., n)`` on; returns the filtered samples and the new state."""
        zi = np.moveaxis(state, -2, 0)
        y, zi = signal.sosfilt(self.sos, x.astype(np.float64, copy=False), axis=-1, zi=zi)
        return y.astype(np.float32), np.moveaxis(zi, 0, -2)


def wave_filter() -> Filter:
    """The filter of :data:`WAVE_BAND`, Butterworth, second order on each side."""
    high = signal.butter(2, WAVE_BAND[0], "highpass", fs=FS, output="sos")
    low = signal.butter(2, WAVE_BAND[1], "lowpass", fs=FS, output="sos")
    return Filter(np.concatenate([high, low]))


def qrs_filter() -> Filter:
    """The filter of :data:`QRS_BAND`, Butterworth, first order on each side (it rings little)."""
    return Filter(signal.butter(1, QRS_BAND, "bandpass", fs=FS, output="sos"))


def bridge(x: Floats, last: Floats) -> tuple[Floats, Floats]:
    """Replace NaN by the last value before it.

    Parameters
    ----------
    x
        Samples of shape ``(..., n)``.
    last
        The last good value of each row before them, shape ``(...)``.

    Returns
    -------
    bridged, last
        Samples without NaN, and the last good value of each row now.
    """
    bad = np.isnan(x)
    if not bad.any():
        return x, x[..., -1].copy()
    padded = np.concatenate([last[..., None], x], axis=-1)
    where = np.where(np.concatenate([np.zeros_like(bad[..., :1]), bad], axis=-1), 0, np.arange(padded.shape[-1]))
    filled = np.take_along_axis(padded, np.maximum.accumulate(where, axis=-1), axis=-1)
    return filled[..., 1:], filled[..., -1].copy()


class Samples(Protocol):
    """Samples of beds that can be read by index, as of :class:`~detector.rows.Ring`."""

    @property
    def leads(self) -> int: ...  # noqa: D102

    def read(self, beds: Indices, start: NDArray[np.int64], count: int, /) -> Floats: ...  # noqa: D102


class Resampler:
    """Arithmetic of resampling from ``fs`` to :data:`FS` with a windowed sinc.

    Output sample ``m`` stands at input position ``m * fs / FS`` and needs the ``reach`` input samples on each
    side of it. At ``fs == FS`` samples pass unchanged.

    Parameters
    ----------
    fs
        Input sampling rate in Hz.
    """

    def __init__(self, fs: float):
        self.ratio: Final = fs / FS
        self.reach: Final = 0 if fs == FS else int(np.ceil(TAPS_EACH_SIDE * max(1.0, self.ratio)))
        phase = np.arange(PHASES)[:, None] / PHASES
        distance = (np.arange(1 - self.reach, self.reach + 1) - phase) / max(1.0, self.ratio)
        window = np.cos(np.pi / 2 * np.clip(distance / TAPS_EACH_SIDE, -1, 1)) ** 2
        weight = np.sinc(distance) * window
        self._weight: Final = (weight / weight.sum(1, keepdims=True)).astype(np.float32)

    def ready(self, received: NDArray[np.int64]) -> NDArray[np.int64]:
        """How many output samples can be made once ``received`` input samples are there."""
        return np.maximum(np.floor((received - self.reach - 1) / self.ratio).astype(np.int64) + 1, 0)

    def __call__(self, ring: Samples, rows: Indices, start: NDArray[np.int64], count: int) -> Floats:
        """Output samples ``start`` to ``start + count`` of some rows of a ring of input samples.

        Before input sample 0 the first value is taken to have stood for ever.

        Returns
        -------
        resampled : shape ``(len(rows), leads, count)``
        """
        if self.reach == 0:
            return ring.read(rows, start, count)
        position = (start[:, None] + np.arange(count)) * self.ratio
        whole = np.floor(position).astype(np.int64)
        phase = ((position - whole) * PHASES).astype(np.intp)
        begin = whole[:, 0] + 1 - self.reach
        x = ring.read(rows, begin, int((whole[:, -1] - whole[:, 0]).max()) + 2 * self.reach)
        y = np.zeros((len(rows), ring.leads, count), np.float32)
        row = np.arange(len(rows))[:, None]
        for tap in range(2 * self.reach):  # not a matrix product: its sum would depend on the array's shape
            column = whole + (1 - self.reach + tap) - begin[:, None]
            column = np.maximum(column, np.maximum(-begin, 0)[:, None])
            y += x[row, :, column].transpose(0, 2, 1) * self._weight[phase, tap][:, None, :]
        return y
