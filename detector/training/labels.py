"""Annotations as EC57 reads them: WFDB symbols to AAMI classes, and where there is flutter."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from detector.training.matching import Segment
from stream.errors import CardioVisionError
from stream.messages import AAMI

LabelMap: TypeAlias = Literal["aami", "bxb"]

_COMMON: Final = {
    **dict.fromkeys("NLRB", "N"),
    **dict.fromkeys("AaJS", "S"),
    **dict.fromkeys("VEr", "V"),
    "F": "F",
    **dict.fromkeys("Q/f?", "Q"),
}
LABEL_MAPS: Final[Mapping[LabelMap, Mapping[str, str]]] = {
    "aami": {**_COMMON, **dict.fromkeys("ejn", "N")},
    "bxb": {**_COMMON, **dict.fromkeys("ejn", "S")},
}
"""WFDB beat symbols to AAMI classes; a symbol not in the map is no beat. Escape beats (``e j n``) are N in
papers on the AAMI classes (de Chazal et al., 2004) and S in WFDB's ``bxb``; there is no other difference."""


def aami_class(symbol: str, labels: LabelMap = "aami") -> str | None:
    """Translate a WFDB annotation symbol to its AAMI class; None if it marks no beat."""
    return _label_map(labels).get(symbol)


def _label_map(labels: str) -> Mapping[str, str]:
    for name, chosen in LABEL_MAPS.items():
        if name == labels:
            return chosen
    raise CardioVisionError(f"expected a label map named {' or '.join(LABEL_MAPS)}, got {labels!r}")


@dataclass(frozen=True, slots=True, eq=False)
class Beats:
    """The beats of a record as one annotator sees them; make them with :meth:`of`.

    Attributes
    ----------
    samples
        Sample indices, rising, shape ``(n,)``.
    classes
        Index of each beat's class in ``N S V F Q``, shape ``(n,)``.
    flutter
        Stretches of ventricular flutter or fibrillation (``[`` to ``]``), edges included.
    """

    samples: NDArray[np.int64]
    classes: NDArray[np.int8]
    flutter: tuple[Segment, ...] = ()

    @classmethod
    def of(cls, samples: ArrayLike, symbols: Sequence[str], labels: LabelMap = "aami") -> "Beats":
        """Beats from annotations: WFDB symbols, or AAMI classes, which read the same.

        Annotations that mark no beat are left out; they may come in any order. Flutter without an end lasts
        to the end of the record.

        Raises
        ------
        CardioVisionError
            If samples and symbols differ in number, or the label map is unknown.
        """
        at = np.asarray(samples, dtype=np.int64).reshape(-1)
        if len(at) != len(symbols):
            raise CardioVisionError(f"expected one symbol for each of {len(at)} samples, got {len(symbols)}")
        chosen = _label_map(labels)
        code = {symbol: AAMI.index(name) for symbol, name in chosen.items()}
        classes = np.array([code.get(symbol, -1) for symbol in symbols], dtype=np.int8)
        order = np.argsort(at, kind="stable")
        kept = order[classes[order] >= 0]
        marks = [(int(at[k]), symbols[k]) for k in order if symbols[k] in ("[", "]")]
        return cls(at[kept], classes[kept], _segments(marks))


def _segments(marks: Sequence[tuple[int, str]]) -> tuple[Segment, ...]:
    segments: list[Segment] = []
    opened: int | None = None
    for sample, symbol in marks:
        if symbol == "[" and opened is None:
            opened = sample
        elif symbol == "]" and opened is not None:
            segments.append((opened, sample))
            opened = None
    if opened is not None:
        segments.append((opened, int(np.iinfo(np.int64).max) // 2))
    return tuple(segments)
