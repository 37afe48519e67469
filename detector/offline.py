"""The live reading of whole records, as fast as it goes, for training and evaluation."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from detector.bank import Reading, Ward
from detector.physical import Scale
from stream.sources import WaveSource

PIECE_SECONDS: Final = 4.0
"""Pieces of the records take turns, so that the beds of a bank are full together and are read together."""

PIECES: Final = 15
"""Pieces of each record given out together: their beats are named in one call."""


@dataclass(slots=True, frozen=True)
class Piece:
    """Samples of one record, ``(leads, n)``, from ``start`` on; and whether they are the last."""

    name: str
    start: int
    samples: NDArray[np.int16]
    last: bool


def side_by_side(sources: Mapping[str, WaveSource], advance: Callable[[float], None]) -> Iterator[list[Piece]]:
    """The samples of several records, each a source of one bed, in pieces that take turns.

    ``advance`` is told how many seconds of signal have been read, as they are.

    Raises
    ------
    SourceError
        If samples cannot be read.
    """
    left = dict(sources)
    block = 0
    while left:
        pieces: list[Piece] = []
        for turn in range(block, block + PIECES):
            for name, source in list(left.items()):
                length = source.length or 0
                start, stop = (min(round(k * PIECE_SECONDS * source.fs), length) for k in (turn, turn + 1))
                pieces.append(Piece(name, start, source.read(start, stop)[0], stop == length))
                if stop == length:
                    del left[name]
                advance((stop - start) / source.fs)
        yield pieces
        block += PIECES


def read(
    sources: Mapping[str, WaveSource], advance: Callable[[float], None], ward: Ward | None = None
) -> Iterator[list[tuple[str, Reading]]]:
    """Find the beats of several records; as :func:`side_by_side`.

    ``ward`` reads them, each as the bed of its name; a plain one if not given.

    Yields
    ------
    told
        Names, and beats that were found in them.
    """
    ward = ward or Ward()
    scales = {name: Scale(source.leads[0]) for name, source in sources.items()}
    for name, source in sources.items():
        ward.open(name, source.fs, len(source.leads[0]))
    for pieces in side_by_side(sources, advance):
        told: list[Reading] = []
        for piece in pieces:
            told += ward.push(piece.name, piece.start, scales[piece.name](piece.samples))
            if piece.last:
                told += ward.close(piece.name)
        yield [part for reading in told + ward.step() for part in _by_bed(reading)]


def _by_bed(reading: Reading) -> Iterator[tuple[str, Reading]]:
    """Take the beats of different beds apart."""
    key = np.array(reading.key)
    for name in dict.fromkeys(reading.key):
        at = np.flatnonzero(key == name)
        yield (
            name,
            Reading([name] * len(at), reading.first[at], reading.sample[at], reading.begin[at], reading.beats[at]),
        )
