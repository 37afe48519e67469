"""The live reading of whole records, as fast as it goes, for training and evaluation."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

import numpy as np

from detector.bank import Reading, Ward
from detector.physical import millivolts
from stream.sources import WaveSource

BLOCK_SECONDS: Final = 4.0


def read(
    sources: Mapping[str, WaveSource], advance: Callable[[float], None] = lambda seconds: None
) -> Iterator[list[tuple[str, Reading]]]:
    """Read several records side by side, each a source of one bed.

    Parameters
    ----------
    sources
        The records, by name.
    advance
        Told how many seconds of signal have been read, as they are.

    Yields
    ------
    told
        After each :data:`BLOCK_SECONDS` of all records: names, and beats that were found in them.

    Raises
    ------
    SourceError
        If samples cannot be read.
    """
    ward = Ward()
    left = dict(sources)
    for name, source in left.items():
        ward.open(name, source.fs, len(source.leads[0]))
    block = 0
    while left:
        told: list[Reading] = []
        for name, source in list(left.items()):
            length = source.length or 0
            start = min(round(block * BLOCK_SECONDS * source.fs), length)
            stop = min(round((block + 1) * BLOCK_SECONDS * source.fs), length)
            if start < stop:
                told += ward.push(name, start, millivolts(source.read(start, stop)[0], source.leads[0]))
            if stop == length:
                told += ward.close(name)
                del left[name]
            advance((stop - start) / source.fs)
        yield [part for reading in told + ward.step() for part in _by_bed(reading)]
        block += 1


def _by_bed(reading: Reading) -> Iterator[tuple[str, Reading]]:
    """Take the beats of different beds apart."""
    key = np.array(reading.key)
    for name in dict.fromkeys(reading.key):
        at = np.flatnonzero(key == name)
        yield name, Reading([name] * len(at), reading.sample[at], reading.begin[at], reading.beats[at])
