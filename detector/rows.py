"""State held as arrays over beds: what lets one numpy call advance a whole ward."""

from abc import ABC, abstractmethod
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float32]
Indices: TypeAlias = NDArray[np.intp]


class Rows(ABC):
    """Arrays whose first axis is the bed, that grow and are reset together."""

    def __init__(self, beds: int):
        for name, values in self.fresh(beds).items():
            setattr(self, name, values)

    @abstractmethod
    def fresh(self, beds: int) -> dict[str, NDArray[Any]]:
        """The state of ``beds`` beds of which nothing is known yet, by attribute name."""

    def grow(self, beds: int) -> None:
        """Add ``beds`` fresh rows."""
        for name, values in self.fresh(beds).items():
            setattr(self, name, np.concatenate([getattr(self, name), values]))

    def reset(self, beds: Indices) -> None:
        """Forget all about these beds."""
        for name, values in self.fresh(len(beds)).items():
            getattr(self, name)[beds] = values


class Ring(Rows):
    """The last ``length`` samples of each lead of each bed, addressed by sample index.

    Parameters
    ----------
    beds, leads, length
        Size.
    """

    values: Floats

    def __init__(self, beds: int, leads: int, length: int):
        self.leads: Final = leads
        self.length: Final = length
        super().__init__(beds)

    def fresh(self, beds: int) -> dict[str, NDArray[Any]]:  # noqa: D102
        return {"values": np.zeros((beds, self.length, self.leads), np.float32)}

    def write(self, beds: Indices, start: NDArray[np.int64], block: Floats) -> None:
        """Write ``block`` of shape ``(len(beds), leads, n)`` at samples ``start`` on."""
        at = self._at(beds, start % self.length, np.arange(block.shape[-1]))
        whole = np.dtype((np.void, self.values.itemsize * self.leads))  # a sample of all leads: one thing is faster
        self.values.reshape(-1).view(whole)[at] = np.ascontiguousarray(block.transpose(0, 2, 1)).view(whole)[..., 0]

    def read(
        self, beds: Indices, start: NDArray[np.int64], count: int, stop: NDArray[np.int64] | None = None, every: int = 1
    ) -> Floats:
        """Samples ``start``, ``start + every`` ..., ``count`` of them: shape ``(len(beds), leads, count)``.

        The caller asks only for what is still kept. With ``stop``, the sample before ``stop`` stands for those
        after it.
        """
        after = every * np.arange(count)
        if stop is not None:
            after = np.minimum(after, (stop - 1 - start)[:, None])
        at = self._at(beds, start % self.length, after)
        values = self.values.reshape(-1, self.leads).take(at, axis=0)
        return np.ascontiguousarray(values.transpose(0, 2, 1))

    def _at(self, beds: Indices, column: NDArray[np.int64], after: NDArray[np.int64]) -> Indices:
        """Where samples lie in the values of all beds one behind the other: a single index is faster than two."""
        at = column[:, None] + after
        at -= self.length * (at >= self.length)  # faster than a remainder
        return np.asarray(at + self.length * beds[:, None], np.intp)
