"""Noise added to records at a chosen signal-to-noise ratio, to see how much of it the reading bears.

After WFDB's ``nst`` (Moody, Muldrow and Mark 1984, Comput Cardiol 11:381), which made the MIT-BIH Noise Stress Test
Database: five minutes clean, then two minutes noisy and two minutes clean in turn, to the end of the record.
"""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from detector.conditioning import bridge
from detector.physical import Scale
from detector.rows import Floats
from detector.training.labels import aami_class
from stream.errors import SourceError
from stream.messages import MISSING, Lead
from stream.sources import Mark
from stream.sources.wfdb import LIMIT, WfdbSource

CLEAN_SECONDS: Final = 300.0
TURN_SECONDS: Final = 120.0
"""How long the record is left clean at first; how long noisy and clean stretches are from then on."""

QRS_SECONDS: Final = 0.05
"""The size of a QRS is its peak-to-peak height within so long of its annotation."""

MEASUREMENTS: Final = 300
"""So many QRS, and so many seconds of noise, are measured."""

DROPPED: Final = 20
"""Of the measurements, sorted, one in so many is left out on each side."""


class NoisySource:
    """A record with noise in it, as a :class:`~stream.sources.WaveSource`; made by :func:`noisy`.

    Where noise begins or ends there is no step: what it had come to when it ended stays as an offset. Noise shorter
    than the record begins again. What exceeds 16 bits is clipped, as by a recorder.
    """

    seekable: Final = True

    def __init__(self, source: WfdbSource, title: str, noise: Floats) -> None:
        self.titles: Sequence[str] = (title,)
        self.leads: Sequence[tuple[Lead, ...]] = source.leads
        self.fs = source.fs
        self.length = source.length
        self._source = source
        self._noise = noise  # in digital steps of the record's leads, (leads, n)
        self._first, self._every = round(CLEAN_SECONDS * self.fs), round(TURN_SECONDS * self.fs)
        turns = max(0, -(-(self.length - self._first) // self._every))
        begin = self._first + self._every * np.arange(0, turns, 2)
        begun, ended = self._walk(begin), self._walk(begin + self._every)
        gained = np.cumsum(ended - begun, axis=1)
        self._offset = np.zeros((len(noise), turns + 1))  # by stretch: clean at first, noisy, clean ...
        self._offset[:, 1::2] = gained - ended
        self._offset[:, 2::2] = gained[:, : turns // 2]

    def read(self, start: int, stop: int) -> NDArray[np.int16]:
        """Samples ``start`` to ``stop``: shape ``(1, leads, stop - start)``.

        Raises
        ------
        SourceError
            If the stretch is outside the record or cannot be read.
        """
        clean = self._source.read(start, stop)[0]
        at = np.arange(start, stop)
        stretch = np.maximum((at - self._first) // self._every + 1, 0)
        added = self._offset[:, stretch] + np.where(stretch % 2, self._walk(at), 0)
        out = np.clip(np.rint(clean + added), -LIMIT, LIMIT).astype(np.int16)
        return np.where(clean == MISSING, np.int16(MISSING), out)[None]

    def marks(self, start: int, stop: int) -> list[Mark]:
        """The clean record's reference annotations of the samples ``start`` to ``stop``, in order."""
        return self._source.marks(start, stop)

    def _walk(self, at: NDArray[np.int64]) -> NDArray[np.float64]:
        """The noise at some samples, begun again where it ends, without a step there: ``(leads, len(at))``."""
        again, within = np.divmod(at, self._noise.shape[1])
        span = (self._noise[:, -1] - self._noise[:, 0]).astype(np.float64)
        return self._noise[:, within] + again * span[:, None]


def noisy(source: WfdbSource, noise: WfdbSource, snr: float) -> NoisySource:
    """Add noise to a record.

    Per lead, ``snr = 10 log10(S / (N a^2))`` gives the factor ``a`` of the noise: S is the power of a sine as high as
    the first normal QRS are on the mean, N the noise's own power, both trimmed (:func:`signal_power`,
    :func:`noise_power`). Where the record has more leads than the noise, noise leads are used again.

    Parameters
    ----------
    source
        A record of one bed with reference annotations.
    noise
        A record of noise, of any sampling rate.
    snr
        Signal-to-noise ratio in dB, in the noisy stretches.

    Raises
    ------
    SourceError
        If the record cannot be read, no normal QRS is annotated, or a lead or the noise is flat.
    """
    leads, lead_of = source.leads[0], np.arange(len(source.leads[0])) % len(noise.leads[0])
    s, n = signal_power(source), noise_power(noise)[lead_of]
    for power, what in ((s, source), (n, noise)):
        if not (power > 0).all():
            lead = what.leads[0][int((power <= 0).argmax()) % len(what.leads[0])].name
            raise SourceError(
                f"{what.titles[0]}: lead {lead} is flat, so there is no signal-to-noise ratio; leave it out"
            )
    values, _ = bridge(_values(noise, 0, noise.length), np.zeros(len(noise.leads[0]), np.float32))
    if noise.fs != source.fs:
        ratio = Fraction(source.fs / noise.fs).limit_denominator(1000)
        values = signal.resample_poly(values, ratio.numerator, ratio.denominator, axis=1, padtype="line")
    one = Scale(leads)(np.stack([np.zeros(len(leads)), np.ones(len(leads))], axis=1))
    step = one[:, 1] - one[:, 0]  # a lead's digital step in mV
    factor = np.sqrt(s / n * 10 ** (-snr / 10)) / step
    title = f"{source.titles[0]} with {Path(noise.titles[0]).name} at {snr:g} dB"
    return NoisySource(source, title, (values[lead_of] * factor[:, None]).astype(np.float32))


def signal_power(source: WfdbSource) -> NDArray[np.float64]:
    """S of a record's leads in mV^2: the trimmed mean of QRS peak-to-peak heights, squared, over 8.

    Raises
    ------
    SourceError
        If no normal QRS is annotated, or the record cannot be read.
    """
    reach = round(QRS_SECONDS * source.fs)
    normal = [mark.sample for mark in source.marks(0, source.length) if aami_class(mark.symbol) == "N"]
    inside = [at for at in normal if reach <= at < source.length - reach]
    heights = []
    for at in inside[:MEASUREMENTS]:
        qrs = _values(source, at - reach, at + reach + 1)
        if not np.isnan(qrs).any():
            heights.append(np.ptp(qrs, axis=1))
    if not heights:
        raise SourceError(
            f"{source.titles[0]}: expected normal beats in its reference annotations, found none; "
            "without them there is no signal-to-noise ratio"
        )
    return _trimmed_mean(np.array(heights)) ** 2 / 8


def noise_power(noise: WfdbSource) -> NDArray[np.float64]:
    """N of the leads of a noise record in mV^2: the trimmed mean of the RMS of seconds about their mean, squared.

    Raises
    ------
    SourceError
        If the record is shorter than a second or cannot be read.
    """
    second = round(noise.fs)
    count = min(MEASUREMENTS, noise.length // second)
    if not count:
        raise SourceError(f"{noise.titles[0]}: expected a second of noise or more, got {noise.length / noise.fs:.2f} s")
    values = np.nan_to_num(_values(noise, 0, count * second))
    return _trimmed_mean(values.reshape(len(values), count, second).astype(np.float64).std(axis=2).T) ** 2


def _trimmed_mean(values: NDArray[np.floating]) -> NDArray[np.float64]:
    """Mean over the first axis of the values left when the ends are dropped."""
    drop = len(values) // DROPPED
    return np.asarray(np.sort(values, axis=0)[drop : len(values) - drop].mean(axis=0), np.float64)


def _values(source: WfdbSource, start: int, stop: int) -> Floats:
    """Physical values, NaN where missing."""
    return Scale(source.leads[0])(source.read(start, stop)[0])
