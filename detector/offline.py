"""The live pipeline over whole records, as fast as it goes: what ``annotate`` and training share."""

from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np

from detector.bank import Reading, Ward
from detector.beats import Beats
from detector.physical import millivolts
from stream.sources import WaveSource

BLOCK_SECONDS: Final = 4.0


def read(sources: Mapping[str, WaveSource]) -> Iterator[list[Reading]]:
    """Read several records side by side, each a source of one bed.

    Yields what was found after each :data:`BLOCK_SECONDS` of all of them.

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
        yield told + ward.step()
        block += 1


def of(readings: list[Reading], bed: str) -> Reading | None:
    """One bed's part of some readings, in order of time."""
    parts = [(r, np.flatnonzero(np.array(r.key) == bed)) for r in readings]
    parts = [(r, at) for r, at in parts if at.size]
    if not parts:
        return None
    return Reading(
        key=[bed] * sum(len(at) for _, at in parts),
        sample=np.concatenate([r.sample[at] for r, at in parts]),
        begin=np.concatenate([r.begin[at] for r, at in parts]),
        beats=Beats.join([r.beats[at] for r, at in parts]),
    )
