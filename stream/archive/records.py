"""WFDB records as they are kept here: header, samples (format 16) and annotations, as bytes.

Pure: nothing here touches a disk. The formats are those of the WFDB Applications Guide (G. Moody, PhysioNet):
``header(5)``, ``signal(5)`` and ``annot(5)``. Annotations are encoded here, not by the ``wfdb`` package, because a
ward's are written anew every few seconds; it reads them, and the tests have it do so.
"""

import json
import re
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple, TypeAlias

import msgspec
import numpy as np
from numpy.typing import NDArray

from stream.errors import SourceError
from stream.messages import MISSING, Open

ANNOTATOR: Final = "cvd"
"""Extension of annotation files, WFDB's "annotator name"."""

COMMENT: Final = '"'
"""The symbol of a comment annotation; its text is the ``aux``."""

CODES: Final = {"N": 1, "V": 5, "F": 6, "S": 9, "Q": 13, "~": 14, COMMENT: 22, "+": 28}
"""Annotation codes of WFDB's ``ecgcodes.h`` that are used here, by their symbols."""

Samples: TypeAlias = NDArray[np.int16]

_BEATS: Final = np.array([CODES[symbol] for symbol in "NSVFQ"])
_COMMENT: Final = CODES[COMMENT]
_SKIP: Final = 59 << 10
_AUX: Final = 63 << 10
_LONGEST_AUX: Final = 255
_START: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Note(NamedTuple):
    """An annotation: its sample index in the stream, WFDB symbol and text."""

    sample: int
    symbol: str
    aux: str = ""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A stretch of one stream without break.

    Attributes
    ----------
    opened
        What the stream's source said of it.
    first
        Sample index, in the stream, of the first sample here.
    samples
        Shape ``(leads, n)``; :data:`~stream.messages.MISSING` where there is none.
    notes
        Annotations within, in order of time.
    """

    opened: Open
    first: int
    samples: Samples
    notes: tuple[Note, ...] = ()

    @property
    def start(self) -> float:
        """UTC seconds of the first sample."""
        return self.opened.epoch + self.first / self.opened.fs

    def physical(self) -> NDArray[np.float64]:
        """The samples in the units of their leads, of shape ``(leads, n)``; NaN where there is none."""
        gain = np.array([lead.gain for lead in self.opened.leads])[:, None]
        baseline = np.array([lead.baseline for lead in self.opened.leads])[:, None]
        return np.where(self.samples == MISSING, np.nan, (self.samples - baseline) / gain)


class Notes:
    """The annotations of one record, compactly; added in any order, the same one perhaps twice.

    Parameters
    ----------
    first
        Sample index, in the stream, of the record's first sample.
    """

    def __init__(self, first: int) -> None:
        self._first = first
        self._samples = array("q")
        self._codes = bytearray()
        self._aux: dict[int, str] = {}

    def __len__(self) -> int:
        return len(self._codes)

    def add(self, sample: int, symbol: str, aux: str = "") -> None:
        """Add an annotation; of two beats at one sample the one added last holds."""
        if aux:
            self._aux[len(self._codes)] = aux
        self._samples.append(sample - self._first)
        self._codes.append(CODES[symbol])

    def encode(self) -> bytes:
        """Write all as a WFDB annotation file: in order of time, each once."""
        samples = np.array(self._samples, np.int64)
        codes = np.frombuffer(bytes(self._codes), np.uint8)
        # A comment at sample 0 would be taken for one on the file itself.
        samples = np.maximum(samples, np.where(codes == _COMMENT, 1, 0))
        order = np.argsort(samples, kind="stable")
        order = order[_once(samples[order], codes[order], [self._aux.get(k, "") for k in order.tolist()])]
        return encode_notes(samples[order], codes[order], [self._aux.get(k, "") for k in order.tolist()])


def encode_notes(samples: NDArray[np.int64], codes: NDArray[np.uint8], aux: Sequence[str]) -> bytes:
    """Encode annotations in the MIT format (``annot(5)``).

    Parameters
    ----------
    samples
        From the record's first, rising.
    codes
        Of :data:`CODES`.
    aux
        Text of each, ``""`` for none; cut at 255 bytes, and what is not ASCII replaced by ``?``.
    """
    steps = np.diff(samples, prepend=0)
    words = (codes.astype("<u2") << 10) | np.where(steps < 1024, steps, 0).astype("<u2")
    special = np.flatnonzero((steps >= 1024) | np.array([bool(text) for text in aux], dtype=bool))
    parts: list[bytes] = []
    done = 0
    for k in special.tolist():
        parts.append(words[done:k].tobytes())
        if steps[k] >= 1024:
            step = int(steps[k])
            parts.append(np.array([_SKIP, step >> 16, step & 0xFFFF], "<u2").tobytes())
        parts.append(words[k : k + 1].tobytes())
        if aux[k]:
            text = aux[k].encode("ascii", "replace")[:_LONGEST_AUX]
            parts.append((_AUX | len(text)).to_bytes(2, "little") + text + b"\0" * (len(text) % 2))
        done = k + 1
    parts.append(words[done:].tobytes())
    return b"".join(parts) + b"\0\0"


def header(
    name: str,
    opened: Open,
    first: int,
    length: int,
    *,
    initial: Sequence[int],
    checksums: Sequence[int],
    comments: Iterable[str] = (),
) -> bytes:
    """Write the header of a record.

    The base counter is ``first``, so WFDB's ``c`` times (``c12345``) are sample indices of the stream; the base time
    is the first sample's, in UTC. The first comment is the stream's :class:`~stream.messages.Open`, whole, in JSON.

    Parameters
    ----------
    name
        The record's; letters, digits, ``-`` and ``_``.
    opened, first
        The stream, and the index in it of the record's first sample.
    length
        Number of samples.
    initial, checksums
        First sample of each lead, and the sum of all, modulo 2^16.
    """
    fs = f"{opened.fs:.12g}"
    lines = [f"{name} {len(opened.leads)} {fs}/{fs}({first}) {length}{_base_time(opened.epoch + first / opened.fs)}"]
    for lead, start, checksum in zip(opened.leads, initial, checksums, strict=True):
        units = re.sub(r"[^\w^?%/-]", "_", lead.units, flags=re.ASCII) or "NU"
        scale = f"{lead.gain!r}({lead.baseline})/{units}"
        signed = (checksum + 0x8000) % 0x10000 - 0x8000
        lines.append(f"{name}.dat 16 {scale} 16 0 {start} {signed} 0 {lead.name.replace('#', '_')}")
    lines += [f"# {text}" for text in (json.dumps(msgspec.to_builtins(opened)), *comments)]
    return "\n".join([*lines, ""]).encode("ascii", "replace")


def read_comment(comments: Sequence[str]) -> Open:
    """Find in a header's comments what :func:`header` has written of the stream.

    Raises
    ------
    SourceError
        If it is not there.
    """
    try:
        return msgspec.json.decode(comments[0], type=Open)
    except (IndexError, msgspec.DecodeError):
        raise SourceError("expected a record kept by `cardiovision keep`; its header does not name a stream") from None


def files(name: str, excerpt: Excerpt, comments: Iterable[str] = ()) -> dict[str, bytes]:
    """Write an excerpt as a record: the bytes of each file, by file name."""
    notes = Notes(excerpt.first)
    for note in excerpt.notes:
        notes.add(*note)
    samples = excerpt.samples
    written = {
        f"{name}.dat": np.ascontiguousarray(samples.T, "<i2").tobytes(),
        f"{name}.hea": header(
            name,
            excerpt.opened,
            excerpt.first,
            samples.shape[1],
            initial=samples[:, 0].tolist(),
            checksums=samples.sum(axis=1, dtype=np.int64).tolist(),
            comments=comments,
        ),
    }
    return written | ({f"{name}.{ANNOTATOR}": notes.encode()} if len(notes) else {})


def utc(seconds: float) -> datetime | None:
    """The date and time of UTC seconds; None where calendars do not go (before the year 1, after 9999)."""
    try:
        return _START + timedelta(seconds=seconds)
    except OverflowError:
        return None


def read_time(text: str) -> datetime:
    """Read a date and time as ISO 8601 has it; without an offset it is of this machine's zone.

    Raises
    ------
    SourceError
        If it is none.
    """
    try:
        return datetime.fromisoformat(text).astimezone()
    except (ValueError, OverflowError):
        raise SourceError(
            f"expected a time such as 2026-11-22T14:05:00 or 2026-11-22T14:05:00+01:00, got {text[:80]!r}"
        ) from None


def _base_time(seconds: float) -> str:
    """Base time and date as a header has them; nothing for a time it cannot write."""
    time = utc(seconds)
    return "" if time is None else f" {time:%H:%M:%S.%f} {time.day:02}/{time.month:02}/{time.year:04}"


def _once(samples: NDArray[np.int64], codes: NDArray[np.uint8], aux: Sequence[str]) -> NDArray[np.bool_]:
    """Of annotations in order of time, mark those to write: the last beat of a sample, all else once."""
    keep = np.ones(len(samples), dtype=bool)
    for start, stop in _ties(samples):
        seen: set[Any] = set()
        for k in range(stop - 1, start - 1, -1):
            what = "beat" if codes[k] in _BEATS else (codes[k], aux[k])
            keep[k] = what not in seen
            seen.add(what)
    return keep


def _ties(samples: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Stretches of more than one annotation at one sample."""
    edges = np.concatenate(([0], np.flatnonzero(np.diff(samples)) + 1, [len(samples)]))
    for k in np.flatnonzero(np.diff(edges) > 1).tolist():
        yield int(edges[k]), int(edges[k + 1])
