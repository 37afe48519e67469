"""Learning the net that tells fibrillation from the wave (:mod:`detector.fibrillation`), and scoring it.

Run it as a program; it prints how the rule of decision does on patients the net was not learned from::

    python -m detector.training.fibrillation vfdb cudb mitdb svdb --noise nstdb --out detector/models/fibrillation.npz
"""

import argparse
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import keras
import numpy as np
from numpy.typing import NDArray

from detector.conditioning import FS
from detector.fibrillation import CLASSES, MEASURES, SHIPPED, WINDOW, Net
from detector.quality import RATE
from detector.rows import Floats, Indices
from detector.signs import SECOND, Signs, SignsTracker
from detector.training.hearts import LEADS, _samples
from detector.training.labels import aami_class
from detector.training.records import in_folder
from stream.sources import WaveSource
from stream.sources.scenario import parse_scenario
from stream.sources.simulator import Simulator
from stream.sources.wfdb import WfdbSource, open_record

OTHER, TACHYCARDIA, FIBRILLATION, NOISE = range(len(CLASSES))
UNKNOWN: Final = -1

FIBRILLATES: Final = ("(VF", "(VFIB", "(VFL", "[")
RAPID: Final = 150 / 60
"""Beats a second from which a ventricular tachycardia is rapid, and to be shocked."""


@dataclass(frozen=True, slots=True, eq=False)
class Bed:
    """A bed to learn from.

    Attributes
    ----------
    patient
        Whose heart it is: folder and record.
    samples
        At 250 Hz in mV, ``(LEADS, n)``.
    label
        Index in CLASSES for each second, or UNKNOWN.
    scored
        Whether it is a record as it is.
    weight
        What it counts in learning.
    """

    patient: str
    samples: Floats
    label: NDArray[np.int8]
    scored: bool
    weight: float = 1.0


def labels(source: WaveSource, name: str) -> NDArray[np.int8]:
    """Name each second of a record by the last WINDOW s before its end."""
    n = int((source.length or 0) / source.fs * RATE)
    what = np.full(n, OTHER, np.int8)
    marks = source.marks(0, source.length)
    vfdb = name.startswith("vfdb")
    beats = np.array([m.sample for m in marks if aami_class(m.symbol)]) / source.fs
    now = OTHER
    begin = 0
    for m in marks:
        at = int(m.sample / source.fs * RATE)
        aux = m.aux.strip("\0 ")
        new = None
        if m.symbol == "[": new = FIBRILLATION
        elif m.symbol == "]": new = OTHER
        elif vfdb and m.symbol == "+":
            new = FIBRILLATION if aux in FIBRILLATES else TACHYCARDIA if aux == "(VT" else UNKNOWN if aux == "(NOISE" else OTHER
        if new is not None:
            what[begin:at] = now
            now, begin = new, at
    what[begin:] = now
    if not vfdb:
        gap = np.diff(beats, prepend=0, append=n / RATE)
        edges = np.append(beats, n / RATE)
        for e, g in zip(edges, gap, strict=True):
            if g > 4:  # nobody says what is there
                seg = what[int((e - g) * RATE) : int(e * RATE)]
                seg[seg == OTHER] = UNKNOWN
        for m in marks:
            if m.symbol == "~" and name.startswith("cudb"):
                at = int(m.sample / source.fs * RATE)
                what[max(at - 2 * RATE, 0) : at + 2 * RATE] = UNKNOWN
    ticks = n // RATE
    out = np.full(ticks, UNKNOWN, np.int8)
    for k in range(WINDOW - 1, ticks):
        window = what[(k + 1 - WINDOW) * RATE : (k + 1) * RATE]
        if (window == window[0]).all():
            out[k] = window[0]
    if not vfdb:  # rapid rhythms: nobody says whether they are ventricular
        rate = np.searchsorted(beats, np.arange(1, ticks + 1)) - np.searchsorted(beats, np.arange(1, ticks + 1) - WINDOW)
        out[(out == OTHER) & (rate >= RAPID * WINDOW * 1.1)] = UNKNOWN
    return out


class Recorder(SignsTracker):
    """A tracker that keeps what its net was asked."""

    def __init__(self, beds: int, leads: int, net: Net):
        super().__init__(beds, leads, net)
        self.asked: list[tuple[Indices, NDArray[np.int64], Floats]] = []

    def _measure(self, beds: Indices, now: NDArray[np.int64], wave: Floats, high: Floats) -> Floats:
        measures = super()._measure(beds, now, wave, high)
        self.asked.append((beds, now, measures.reshape(len(MEASURES), len(beds), self.leads)))
        return measures


def play(net: Net, beds: Sequence[Bed], together: int = 32) -> Iterator[tuple[Bed, list[Signs], Floats]]:
    """Have beds watched: Signs (fields by second) and measures (measures, seconds, leads)."""
    order = sorted(beds, key=lambda bed: bed.samples.shape[1])
    for k in range(0, len(order), together):
        part = order[k : k + together]
        rows = np.arange(len(part))
        tracker = Recorder(len(part), LEADS, net)
        told = []
        length = max(len(b.label) for b in part) * SECOND
        for begin in range(0, length, SECOND):
            x = np.stack([b.samples[:, np.minimum(np.arange(begin, begin + SECOND), b.samples.shape[1] - 1)] for b in part])
            told += tracker.take(rows, x, np.full(len(part), begin))
        measures = np.stack([m for _, _, m in tracker.asked])  # seconds, measures, beds, leads
        for row, bed in enumerate(part):
            n = len(bed.label)
            fields = {f: np.stack([getattr(s, f)[row] for s in told[:n]]) for f in Signs.__slots__}
            yield bed, fields, measures[:n, :, row]


def beginner() -> Net:
    m = len(MEASURES)
    z = np.zeros
    return Net(*(a.astype(np.float32) for a in (z(m) - 1, z(m) + 1, z((m, 1)), z(1), z((1, len(CLASSES))), z(len(CLASSES)))))
