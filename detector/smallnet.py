"""The small nets that judge peaks and tell fibrillation: one hidden layer, in numpy.

Evaluated one input at a time: elementwise sums do not depend on how many columns share the arrays, which a matrix
product's do.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Self

import numpy as np

from detector import checksums
from detector.rows import Floats
from stream.errors import CardioVisionError


@dataclass(frozen=True, slots=True, eq=False)
class SmallNet:
    """Weights of one hidden layer, rectified, and of what is made of it.

    Attributes
    ----------
    low, high
        Bounds of each input; what is beyond them was not learned and is taken for the bound, shape ``(inputs,)``.
    weights, bias
        Of the hidden layer, shapes ``(inputs, hidden)`` and ``(hidden,)``.
    out, level
        Of what comes out: shapes ``(hidden, outputs)`` and ``(outputs,)``, or ``(hidden,)`` and ``()`` of a single one.
    """

    SHIPPED: ClassVar[Path]
    NAME: ClassVar[str]
    INPUTS: ClassVar[int]
    OUTPUTS: ClassVar[tuple[int, ...]]

    low: Floats
    high: Floats
    weights: Floats
    bias: Floats
    out: Floats
    level: Floats

    def hidden(self, inputs: Floats) -> Floats:
        """Units of the hidden layer for ``(inputs, n)``, shape ``(hidden, n)``."""
        bounded = np.clip(inputs, self.low[:, None], self.high[:, None])
        hidden = np.repeat(self.bias[:, None], inputs.shape[1], axis=1)
        for weight, amount in zip(self.weights, bounded, strict=True):
            hidden += weight[:, None] * amount
        return np.asarray(np.maximum(hidden, 0), np.float32)

    @classmethod
    def load(cls, path: Path | None = None) -> Self:
        """Read a net from a file of :meth:`save`; by default the shipped one, whose checksum is compared.

        Raises
        ------
        CardioVisionError
            If the file cannot be read, is not the one that was shipped, or was made for other inputs.
        """
        if path is None:
            path = cls.SHIPPED
            checksums.compare(path)
        try:
            with np.load(path, allow_pickle=False) as file:
                net = cls(*(file[name].astype(np.float32) for name in SmallNet.__slots__))
        except (OSError, ValueError, KeyError) as error:
            raise CardioVisionError(
                f"{path}: cannot read the {cls.NAME}: {error}; install the package again"
            ) from error
        got, expected = net.weights.shape[:1] + net.out.shape[1:], (cls.INPUTS, *cls.OUTPUTS)
        if got != expected:
            raise CardioVisionError(
                f"{path}: expected a {cls.NAME} of {_words(expected)}, got {_words(got)}; train it again"
            )
        return net

    def save(self, path: Path) -> None:
        """Write the net as a ``.npz`` file."""
        np.savez(path, **{name: getattr(self, name) for name in SmallNet.__slots__})


def _words(shape: tuple[int, ...]) -> str:
    return " and ".join(f"{n} {what}" for n, what in zip(shape, ("inputs", "outputs"), strict=False))
