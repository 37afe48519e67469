"""Many beats of one stream as one compact block of bytes.

Pure. A block is a byte for its version, then, deflated, one column after another: the number of beats, the first
sample, the steps from sample to sample, labels, probabilities, RR and rates. What changes little packs well: some 12
bytes a beat, against 130 on the wire.
"""

import zlib
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from stream.errors import JournalError
from stream.messages import AAMI, Beat

VERSION: Final = 1

_PROBABILITY: Final = 1e4  # parts of 1, as the detector rounds
_RR: Final = 1e4  # parts of a second
_HR: Final = 1e2  # parts of 1/min
_NONE: Final = -1
_COLUMNS: Final = (("label", "<i1", 1), ("p", "<i2", len(AAMI)), ("rr", "<i4", 1), ("hr", "<i4", 1), ("row", "<i8", 1))


def pack_beats(beats: Sequence[Beat]) -> bytes:
    """Pack beats of one stream, which are kept in order of their samples.

    Probabilities are kept to 0.0001, RR to 0.1 ms, rates to 0.01/min. Numbers that make no sense are left out.
    """
    ordered = sorted(beats, key=lambda beat: beat.sample)
    samples = np.array([beat.sample for beat in ordered], np.int64)
    columns = {
        "label": [_class(beat.label) for beat in ordered],
        "p": [_probabilities(beat) for beat in ordered],
        "rr": [_fixed(beat.rr, _RR) for beat in ordered],
        "hr": [_fixed(beat.hr, _HR) for beat in ordered],
        "row": [_NONE if beat.row is None else beat.row for beat in ordered],
    }
    parts = [np.array([len(ordered)], "<i4").tobytes(), np.diff(samples, prepend=0).astype("<i8").tobytes()]
    parts += [np.array(columns[name], dtype).tobytes() for name, dtype, _ in _COLUMNS]
    parts.append(np.array([_class(beat.truth) for beat in ordered], "<i1").tobytes())
    return bytes([VERSION]) + zlib.compress(b"".join(parts), 1)


def unpack_beats(block: bytes, bed: str, stream: str) -> list[Beat]:
    """Unpack a block into beats, in order of their samples.

    Raises
    ------
    JournalError
        If it is not a block of this version.
    """
    try:
        if block[0] != VERSION:
            raise ValueError(f"version {block[0]}")
        data = zlib.decompress(block[1:])
        n = int(np.frombuffer(data, "<i4", 1)[0])
        samples = np.cumsum(np.frombuffer(data, "<i8", n, 4))
        at = 4 + 8 * n
        columns: dict[str, NDArray[Any]] = {}
        for name, dtype, width in (*_COLUMNS, ("truth", "<i1", 1)):
            columns[name] = np.frombuffer(data, dtype, n * width, at).reshape(n, width)
            at += columns[name].nbytes
    except (ValueError, IndexError, zlib.error) as error:
        raise JournalError(f"expected a block of beats, got {len(block)} bytes that are none: {error}") from None
    return [
        Beat(
            bed=bed,
            stream=stream,
            sample=sample,
            label=AAMI[label],
            probabilities=() if p[0] == _NONE else tuple(x / _PROBABILITY for x in p),
            rr=None if rr == _NONE else rr / _RR,
            hr=None if hr == _NONE else hr / _HR,
            row=None if row == _NONE else row,
            truth=None if truth == _NONE else AAMI[truth],
        )
        for sample, label, p, rr, hr, row, truth in zip(
            samples.tolist(),
            columns["label"][:, 0].tolist(),
            columns["p"].tolist(),
            columns["rr"][:, 0].tolist(),
            columns["hr"][:, 0].tolist(),
            columns["row"][:, 0].tolist(),
            columns["truth"][:, 0].tolist(),
            strict=True,
        )
    ]


def _class(label: str | None) -> int:
    return AAMI.index(label) if label in AAMI else _NONE


def _probabilities(beat: Beat) -> list[int]:
    if len(beat.probabilities) != len(AAMI):
        return [_NONE] * len(AAMI)
    return [max(0, _fixed(p, _PROBABILITY, 10_000)) for p in beat.probabilities]


def _fixed(value: float | None, parts: float, most: int = 2**31 - 1) -> int:
    """A number as whole parts; none if it is none, below 0 or more than fits."""
    return round(value * parts) if value is not None and 0 <= value * parts <= most else _NONE
