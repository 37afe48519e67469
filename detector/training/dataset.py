"""Beats to learn from, as the service itself would see them.

Records go through the live pipeline; each beat it finds takes the label of the reference beat it matches (EC57's
pairing), or none. What was not found is never named.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from detector import offline
from detector.bank import Reading
from detector.beats import Beats
from detector.model import ROW
from detector.rows import Floats
from detector.training.disturb import AnnotatedSource
from detector.training.labels import Beats as Labels
from detector.training.matching import match
from detector.training.scores import NOTHING
from stream.errors import SourceError
from stream.sources.wfdb import WfdbSource, open_record

ROW_FS = 125.0
"""Sampling rate in Hz of beats that come alone, as in the public heartbeat files."""


@dataclass(slots=True)
class Examples:
    """Beats to learn from.

    Attributes
    ----------
    inputs
        Of a model, by name, one array each.
    label
        Index in ``N S V F Q``, or :data:`~detector.training.scores.NOTHING` where the reference has no beat.
    record, sample
        Where each is from: the record, and R in its samples.
    family
        Which of the record's shapes it has, see :mod:`detector.shape`; -1 of beats that come alone.
    """

    inputs: dict[str, Floats]
    label: NDArray[np.int8]
    record: NDArray[np.str_]
    sample: NDArray[np.int64]
    family: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.label)

    def __getitem__(self, which: NDArray[np.bool_] | NDArray[np.intp]) -> "Examples":
        inputs = {name: values[which] for name, values in self.inputs.items()}
        return Examples(inputs, self.label[which], self.record[which], self.sample[which], self.family[which])

    @staticmethod
    def join(parts: "Sequence[Examples]") -> "Examples":
        """One after the other."""
        return Examples(
            {k: np.concatenate([p.inputs[k] for p in parts]) for k in parts[0].inputs},
            np.concatenate([p.label for p in parts]),
            np.concatenate([p.record for p in parts]),
            np.concatenate([p.sample for p in parts]),
            np.concatenate([p.family for p in parts]),
        )


def records(folders: Iterable[Path]) -> dict[str, WfdbSource]:
    """Open all records with beat annotations in some folders, by ``folder/name``.

    Raises
    ------
    SourceError
        If there is none.
    """
    found = {
        f"{folder.name}/{path.stem}": open_record(path)
        for folder in folders
        for path in sorted(folder.glob("*.hea"))
        if path.with_suffix(".atr").exists()
    }
    if not found:
        raise SourceError(f"no records with .atr annotations in {', '.join(map(str, folders))}")
    return found


def labels_of(source: AnnotatedSource) -> Labels:
    """A record's reference beats."""
    marks = source.marks(0, source.length)
    return Labels.of([m.sample for m in marks], [m.symbol for m in marks])


def stream_examples(sources: Mapping[str, AnnotatedSource], advance: Callable[[float], None]) -> Examples:
    """Beats of records as :func:`detector.model.stream_member` takes them.

    ``advance`` is told how many seconds of signal have been read, as they are.
    """
    told: dict[str, list[Reading]] = {name: [] for name in sources}
    for part in offline.read(sources, advance):
        for name, reading in part:
            told[name].append(reading)
    return Examples.join([_matched(name, source, told[name]) for name, source in sources.items() if told[name]])


def _matched(name: str, source: AnnotatedSource, told: list[Reading]) -> Examples:
    """The beats of one record with their labels; those found within flutter, or at the very start, are left out."""
    reference = labels_of(source)
    sample = np.concatenate([reading.sample for reading in told])
    found = match(reference.samples, sample, source.fs, end=source.length, learning=0, flutter=reference.flutter)
    label = np.full(len(sample), -1, np.int8)
    label[found.pairs[:, 1]] = reference.classes[found.pairs[:, 0]]
    label[found.extra] = NOTHING
    beats = Beats.join([reading.beats for reading in told])
    inputs = {"wave": beats.wave, "rhythm": beats.rhythm, "now": beats.now}
    return Examples(inputs, label, np.full(len(sample), name), sample, beats.family)[label >= 0]


def row_examples(name: str, source: WfdbSource, rng: np.random.Generator) -> Examples:
    """Beats of a record cut out alone, at annotated R peaks, one a row of :data:`~detector.model.ROW` samples.

    Half of them after the public heartbeat files: from R on for 1.2 median RR (of the 10 s around), at 125 Hz,
    scaled to 0..1, zero padded. Half the way others cut: from 0.2-0.4 s before R to 0.3-0.5 s after, stretched over
    the row. Beats are taken from the leads by chance, of the normal ones each third.
    """
    reference = labels_of(source)
    time = reference.samples / source.fs
    rr = np.diff(time, append=time[-1] + 0.8)
    rows: list[Floats] = []
    kept: list[int] = []
    samples = source.read(0, source.length)[0].astype(np.float32)
    for beat, r in enumerate(reference.samples.tolist()):
        if reference.classes[beat] == 0 and beat % 3:
            continue
        lead = samples[rng.integers(len(samples))]
        if rng.random() < 0.5:
            near = slice(*np.searchsorted(time, (time[beat] - 5, time[beat] + 5)))
            seconds = min(1.2 * float(np.median(rr[near])), (ROW - 1) / ROW_FS)
            row = _piece(lead, source.fs, r, r + seconds * source.fs, int(seconds * ROW_FS))
        else:
            begin, end = rng.uniform(0.2, 0.4), rng.uniform(0.3, 0.5)
            row = _piece(lead, source.fs, r - begin * source.fs, r + end * source.fs, ROW)
        if row is not None:
            rows.append(np.pad(row, (0, ROW - len(row))))
            kept.append(beat)
    return Examples(
        {"row": np.stack(rows)[..., None]},
        reference.classes[kept],
        np.full(len(rows), name),
        reference.samples[kept],
        np.full(len(rows), -1),
    )


def _piece(lead: Floats, fs: float, start: float, stop: float, length: int) -> Floats | None:
    """``length`` samples from ``start`` to ``stop``, scaled to 0..1; None if flat or beyond the record."""
    if start < 0 or int(stop) + 2 > len(lead) or length < 2:
        return None
    at = np.linspace(start, stop, length)
    piece = np.interp(at, np.arange(int(start), int(stop) + 2), lead[int(start) : int(stop) + 2])
    low, high = piece.min(), piece.max()
    return None if high <= low else ((piece - low) / (high - low)).astype(np.float32)
