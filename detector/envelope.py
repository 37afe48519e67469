"""The envelope of each lead, which rises with each QRS: the slope of the QRS band, rectified and smoothed."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from detector.conditioning import FS, Filter, qrs_filter
from detector.rows import Floats, Indices, Ring, Rows

SLOPE: Final = 5
"""The slope is taken over this many samples (20 ms), about the steep part of a QRS."""

SMOOTHING: Final = 7.0
"""Corner in Hz of the low pass that makes an envelope of the rectified slope."""

BAND_DELAY: Final = 2
"""Samples by which the QRS band is behind."""


class Envelope(Rows):
    """Band and envelope of beds with equally many leads.

    Parameters
    ----------
    beds, leads
        How many.
    length
        Samples of both that are kept.

    Attributes
    ----------
    band, values
        The QRS band, and the envelope.
    delay
        Samples by which the envelope's peak is behind R.
    """

    band_state: NDArray[np.float64]
    tail: Floats  # the last SLOPE samples of the band
    smooth_state: NDArray[np.float64]

    def __init__(self, beds: int, leads: int, length: int):
        self.leads: Final = leads
        self.band: Final = Ring(beds, leads, length)
        self.values: Final = Ring(beds, leads, length)
        self._band_filter: Final = qrs_filter()
        self._smoother: Final = Filter(signal.butter(2, SMOOTHING, "lowpass", fs=FS, output="sos"))
        self.delay: Final = self._measured_delay()
        super().__init__(beds)

    def fresh(self, beds: int) -> dict[str, NDArray[Any]]:  # noqa: D102
        return {
            "band_state": np.zeros((beds, self.leads, len(self._band_filter.sos), 2)),
            "tail": np.zeros((beds, self.leads, SLOPE), np.float32),
            "smooth_state": np.zeros((beds, self.leads, len(self._smoother.sos), 2)),
        }

    def grow(self, beds: int) -> None:  # noqa: D102
        super().grow(beds)
        self.band.grow(beds)
        self.values.grow(beds)

    def reset(self, beds: Indices) -> None:  # noqa: D102
        super().reset(beds)
        self.band.reset(beds)
        self.values.reset(beds)

    def follow(self, beds: Indices, start: NDArray[np.int64], x: Floats) -> None:
        """Carry some beds on by samples ``x`` from ``start`` on, shape ``(len(beds), leads, n)``."""
        first = start == 0
        if first.any():  # as if the first value had stood for ever
            self.band_state[beds[first]] = self._band_filter.rest(x[first, :, 0])
        band, self.band_state[beds] = self._band_filter(x, self.band_state[beds])
        longer = np.concatenate([self.tail[beds], band], axis=-1)
        self.tail[beds] = band[..., -SLOPE:]
        slope = np.abs(longer[..., SLOPE:] - longer[..., :-SLOPE])
        envelope, self.smooth_state[beds] = self._smoother(slope, self.smooth_state[beds])
        self.band.write(beds, start, band)
        self.values.write(beds, start, np.maximum(envelope, 0))

    def _measured_delay(self) -> int:
        """Of the envelope's peak, for a QRS of 90 ms (a Gaussian)."""
        time = (np.arange(500) - 250) / FS
        band = signal.sosfilt(self._band_filter.sos, np.exp(-0.5 * (time / 0.015) ** 2))
        slope = np.abs(band[SLOPE:] - band[:-SLOPE])
        return int(signal.sosfilt(self._smoother.sos, slope).argmax()) + SLOPE - 250
