"""WFDB records: MIT-BIH and its kin, from a local path or by PhysioNet name.

Digital values go out bit for bit with the gain, baseline, units and lead names of the header. Signals that
are no ECG (pressure, pleth, respiration ...) are left out by name and unit. Files are read with ``wfdb`` (MIT
Laboratory for Computational Physiology), some seconds at a time.
"""

import logging
import math
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import wfdb
from numpy.typing import NDArray
from wfdb.io._signal import BIT_RES, INVALID_SAMPLE_VALUE

from stream.errors import SourceError
from stream.messages import MISSING, Lead
from stream.sources import RECORD_FILES, Mark, physionet
from stream.sources.wfdb_header import FAULTS, Layout, line, read_layout

log = logging.getLogger(__name__)

CHUNK_SECONDS: Final = 30.0
"""Read ahead at a time: one read of a file costs about a millisecond, however short it is."""

LIMIT: Final = 32767
"""Largest magnitude of a sample that goes out; one below is :data:`~stream.messages.MISSING`."""


@dataclass(frozen=True, slots=True)
class _Scale:
    """How values become int16: those of the lead's header, less ``middle``, divided by ``step``."""

    middle: int = 0
    step: int = 1


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Values of one lead from sample ``start``, at the gain and baseline of its header."""

    row: int
    start: int
    values: NDArray[np.int64]
    known: NDArray[np.bool_]


def open_record(name_or_path: str | os.PathLike[str], *, leads: Sequence[str] | None = None) -> "WfdbSource":
    """Open a record.

    Parameters
    ----------
    name_or_path
        A path, with or without ``.hea``, ``.dat`` or ``.mat``; or, where there is no such file, a PhysioNet
        name such as ``mitdb/100``, which is downloaded once (:mod:`stream.sources.physionet`).
    leads
        Names of the signals to take, in this order; by default all that are ECG, at most 12.

    Raises
    ------
    SourceError
        If a file is missing, truncated or broken, the sampling rate is not within
        :data:`~stream.messages.FS_RANGE`, or there is no ECG lead.
    """
    return WfdbSource(read_layout(_locate(os.fspath(name_or_path)), leads))


class WfdbSource:
    """One WFDB record as a :class:`~stream.sources.WaveSource` of one bed; see :func:`open_record`.

    Where a lead's values exceed 16 bits (in formats 24, 32, 524 and 8), they are shifted and divided by the
    smallest power of two that makes the record's range fit, and gain and baseline are changed with them, so
    physical values are kept to half a step. In a multi-segment record values are brought to the gain and
    baseline of the first segment with that lead; where a gain is negative, values are negated. WFDB's value
    for an invalid sample becomes :data:`~stream.messages.MISSING`, and so do stretches that were not
    recorded.
    """

    seekable: Final = True

    def __init__(self, layout: Layout) -> None:
        self.titles: Sequence[str] = (layout.title,)
        self.fs = layout.fs
        self.length = layout.length
        self._layout = layout
        self._chunk_size = math.ceil(CHUNK_SECONDS * layout.frame_rate) * layout.per_frame
        self._chunk_at = -1
        self._chunk: NDArray[np.int16] = np.empty((len(layout.signals), 0), dtype=np.int16)
        self._scales = self._fit_scales()
        self.leads: Sequence[tuple[Lead, ...]] = (
            tuple(
                Lead(
                    name=signal.name,
                    units=signal.units,
                    gain=signal.gain / scale.step,
                    baseline=(signal.baseline - scale.middle) // scale.step,
                )
                for signal, scale in zip(layout.signals.values(), self._scales, strict=True)
            ),
        )
        self._marks = _read_marks(layout)
        self._mark_samples = np.array([mark.sample for mark in self._marks], dtype=np.int64)

    def read(self, start: int, stop: int) -> NDArray[np.int16]:
        """Read samples ``start`` to ``stop``: shape ``(1, leads, stop - start)``.

        Raises
        ------
        SourceError
            If the stretch is outside the record or cannot be read.
        """
        if not 0 <= start <= stop <= self.length:
            raise SourceError(f"{self.titles[0]}: expected samples within 0 to {self.length}, got {start} to {stop}")
        out = np.empty((1, len(self._scales), stop - start), dtype=np.int16)
        done = 0
        while done < stop - start:
            number, offset = divmod(start + done, self._chunk_size)
            part = self._load(number)[:, offset : offset + stop - start - done]
            out[0, :, done : done + part.shape[1]] = part
            done += part.shape[1]
        return out

    def marks(self, start: int, stop: int) -> list[Mark]:
        """Give the reference annotations of the samples ``start`` to ``stop``, in order."""
        first, last = np.searchsorted(self._mark_samples, (start, stop))
        return self._marks[first:last]

    def _load(self, number: int) -> NDArray[np.int16]:
        """Give chunk ``number``, read if it is not the one in hand."""
        if number != self._chunk_at:
            start = number * self._chunk_size
            stop = min(start + self._chunk_size, self.length)
            chunk = np.full((len(self._scales), stop - start), MISSING, dtype=np.int16)
            for part in self._stretches(start, stop):
                scale, values = self._scales[part.row], part.values
                if scale.step > 1:
                    values = np.rint((values - scale.middle) / scale.step).astype(np.int64)
                at = part.start - start
                chunk[part.row, at : at + values.size] = np.where(part.known, values.clip(-LIMIT, LIMIT), MISSING)
            self._chunk, self._chunk_at = chunk, number
        return self._chunk

    def _stretches(self, start: int, stop: int) -> Iterator[_Stretch]:
        """Read samples ``start`` to ``stop``, both on whole frames, as far as they were recorded."""
        each = self._layout.per_frame
        for segment in self._layout.segments:
            first, last = max(start // each, segment.start), min(stop // each, segment.stop)
            leads = enumerate(self._layout.signals.items())
            here = [(row, segment.signals[key], lead) for row, (key, lead) in leads if key in segment.signals]
            if first >= last or segment.path is None or not here:
                continue
            # Format 8 stores differences: only from its begin does a segment tell its values.
            begin = 0 if any(signal.fmt == "8" for _, signal, _ in here) else first - segment.start
            try:
                record = wfdb.rdrecord(
                    str(segment.path),
                    sampfrom=begin,
                    sampto=last - segment.start,
                    channels=[signal.channel for _, signal, _ in here],
                    physical=False,
                    smooth_frames=each == 1,
                )
            except FAULTS as error:
                raise SourceError(
                    f"{segment.path}: cannot read samples {first * each} to {last * each}: {line(error)}"
                ) from error
            leads_read = record.d_signal.T if each == 1 else record.e_d_signal
            for (row, signal, lead), raw in zip(here, leads_read, strict=True):
                values = raw[(first - segment.start - begin) * each :].astype(np.int64)
                known = np.not_equal(values, INVALID_SAMPLE_VALUE[signal.fmt])
                if (signal.gain, signal.baseline) != (lead.gain, lead.baseline):
                    physical = (values - signal.baseline) / signal.gain
                    values = np.rint(physical * lead.gain + lead.baseline).astype(np.int64)
                yield _Stretch(row, first * each, values, known)

    def _fit_scales(self) -> list[_Scale]:
        """Find each lead's scale; only for formats of over 16 bits is the whole record looked through."""
        signals = list(self._layout.signals.items())
        scales = [_Scale()] * len(signals)
        wide = {
            row
            for row, (key, _) in enumerate(signals)
            for segment in self._layout.segments
            if key in segment.signals and _is_wide(segment.signals[key].fmt)
        }
        ranges: dict[int, tuple[int, int]] = {}
        for start in range(0, self.length if wide else 0, self._chunk_size):
            for part in self._stretches(start, min(start + self._chunk_size, self.length)):
                if part.row in wide and part.known.any():
                    values = part.values[part.known]
                    low, high = ranges.get(part.row, (values[0], values[0]))
                    ranges[part.row] = min(low, int(values.min())), max(high, int(values.max()))
        for row, (low, high) in ranges.items():
            scales[row] = _fit(low, high, signals[row][1].baseline)
        return scales


def _is_wide(fmt: str) -> bool:
    """Tell whether a format's values may exceed int16; format 8 holds differences, so its sums may."""
    return BIT_RES[fmt] > 16 or fmt == "8"


def _fit(low: int, high: int, baseline: int) -> _Scale:
    """Bring a range to int16: the smallest power of two, and a middle whole steps from the baseline."""
    if low >= -LIMIT and high <= LIMIT:
        return _Scale()
    step = 2
    while True:
        middle = baseline - step * round((baseline - (low + high) / 2) / step)
        if max(high - middle, middle - low) <= LIMIT * step:
            return _Scale(middle, step)
        step *= 2


def _locate(text: str) -> Path:
    """Find a record's path without extension; download it if it is not on disk but a PhysioNet name."""
    path = Path(text).expanduser()
    bare = path.with_suffix("") if path.suffix in RECORD_FILES else path
    if bare.name and bare.with_name(f"{bare.name}.hea").is_file():
        return bare.absolute()
    if path.is_dir():
        raise SourceError(f"{text}: expected a WFDB record, got a folder; name a record in it")
    if physionet.is_name(text) and not path.exists():
        return physionet.fetch(text)
    raise SourceError(f"{text}: expected a WFDB record, found no header {bare.name}.hea; check the path")


def _read_marks(layout: Layout) -> list[Mark]:
    """Read the reference annotations, in order; broken ones are logged and left out as a whole."""
    path = layout.path
    if not path.with_name(f"{path.name}.atr").is_file():
        return []
    try:
        notes = wfdb.rdann(str(path), "atr")
        factor = layout.fs / (notes.fs or layout.frame_rate)
        marks = [
            Mark(0, round(sample * factor), str(symbol), (aux or "").rstrip("\0"))
            for sample, symbol, aux in zip(notes.sample.tolist(), notes.symbol, notes.aux_note, strict=True)
        ]
    except FAULTS as error:
        log.warning("annotations left out", extra={"file": f"{path}.atr", "reason": line(error)})
        return []
    return sorted((mark for mark in marks if 0 <= mark.sample < layout.length), key=lambda mark: mark.sample)
