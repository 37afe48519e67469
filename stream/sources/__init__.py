"""Where samples come from: records, CSV beats, the simulator.

A source is asked for samples by index; it knows nothing of pace, clocks or sockets
(:mod:`stream.replay` does). Adding a source means adding a module with one class that fits a protocol below.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from stream.messages import Lead

RECORD_FILES: Final = frozenset({".hea", ".dat", ".mat", ".atr"})
"""Extensions that may be written after a WFDB record's name; any other is part of the name, as in ``ward.3``."""

BEAT_FILES: Final = frozenset({".csv", ".tsv", ".txt"})
"""Extensions of files of beats, one a row."""


def short_name(name_or_path: str) -> str:
    """What a record or a file of beats is called: ``119`` of ``mitdb/119``, ``119.hea`` and ``119.csv``."""
    path = PurePath(name_or_path)
    return path.stem if path.suffix.lower() in RECORD_FILES | BEAT_FILES else path.name or name_or_path


@dataclass(frozen=True, slots=True)
class Mark:
    """What a source itself says of a sample: a record's annotation, or a simulator's own truth.

    ``bed`` counts the source's beds from 0; ``symbol`` and ``aux`` are WFDB's (``N``, ``V``, ``+`` with
    ``(AFIB`` ...).
    """

    bed: int
    sample: int
    symbol: str
    aux: str = ""


class WaveSource(Protocol):
    """Continuous samples of one or more beds that share sampling rate and number of leads.

    Attributes
    ----------
    titles
        For each bed, what is played, for people.
    leads
        For each bed, its leads, in the order of the rows of :meth:`read`.
    fs
        Sampling rate in Hz.
    length
        Number of samples, or None if endless.
    seekable
        Whether :meth:`read` may be asked for any stretch; if not, only for the one after the last.
    """

    @property
    def titles(self) -> Sequence[str]: ...  # noqa: D102
    @property
    def leads(self) -> Sequence[tuple[Lead, ...]]: ...  # noqa: D102
    @property
    def fs(self) -> float: ...  # noqa: D102
    @property
    def length(self) -> int | None: ...  # noqa: D102
    @property
    def seekable(self) -> bool: ...  # noqa: D102

    def read(self, start: int, stop: int) -> NDArray[np.int16]:
        """Samples ``start`` to ``stop`` (exclusive, within ``length``): shape ``(beds, leads, stop - start)``.

        Raises
        ------
        SourceError
            If they cannot be read; the text names the file and the stretch.
        """
        ...

    def marks(self, start: int, stop: int) -> list[Mark]:
        """What the source says of the samples ``start`` to ``stop``, in order of sample."""
        ...


class BeatSource(Protocol):
    """Beats already cut, row by row, of one bed; see :mod:`stream.sources.beats_csv`."""

    @property
    def title(self) -> str: ...  # noqa: D102
    @property
    def fs(self) -> float: ...  # noqa: D102
    @property
    def rows(self) -> int: ...  # noqa: D102

    def beats(self, start: int, stop: int) -> list[tuple[NDArray[np.float32], str | None]]:
        """Rows ``start`` to ``stop`` (exclusive): the samples of each, and its label (``N S V F Q``) or None."""
        ...
