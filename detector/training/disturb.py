"""Records made harder, to learn from beside the records as they are: other leads, and recorded noise.

They go through the whole reading, so all that the model is told of a beat suffers as it would on a ward.
"""

from collections.abc import Sequence
from contextlib import suppress
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from detector.training.noise import noisy
from stream.errors import SourceError
from stream.messages import Lead
from stream.sources import Mark, WaveSource
from stream.sources.wfdb import WfdbSource

SNR: Final = (18.0, 12.0, 6.0)
"""Signal-to-noise ratios in dB, one of them by chance."""


class AnnotatedSource(WaveSource, Protocol):
    """A source of one bed that has an end; its marks are the reference annotations."""

    @property
    def length(self) -> int: ...  # noqa: D102


class ChosenLeads:
    """Some leads of a source, in an order of one's own."""

    def __init__(self, source: AnnotatedSource, which: Sequence[int]):
        self.titles: Sequence[str] = source.titles
        self.leads: Sequence[tuple[Lead, ...]] = [tuple(source.leads[0][k] for k in which)]
        self.fs: float = source.fs
        self.length: int = source.length
        self.seekable: bool = source.seekable
        self._source: Final = source
        self._which: Final = list(which)

    def read(self, start: int, stop: int) -> NDArray[np.int16]:
        """Samples ``start`` to ``stop``: shape ``(1, leads, stop - start)``."""
        return self._source.read(start, stop)[:, self._which]

    def marks(self, start: int, stop: int) -> list[Mark]:
        """Reference annotations, in order."""
        return self._source.marks(start, stop)


def disturbed(source: WfdbSource, noises: Sequence[WfdbSource], rng: np.random.Generator) -> AnnotatedSource:
    """A record with its leads in another order or but one of them, and with noise if there is any to add.

    Noise comes on two of four minutes (:mod:`detector.training.noise`).
    """
    hard: AnnotatedSource = source
    if noises:
        noise, snr = noises[int(rng.integers(len(noises)))], SNR[int(rng.integers(len(SNR)))]
        with suppress(SourceError):  # no normal beat to set the noise against
            hard = noisy(source, noise, snr)
    leads = len(source.leads[0])
    order = rng.permutation(leads)
    return ChosenLeads(hard, order[: 1 if rng.random() < 0.5 else leads].tolist())
