"""How far the detector and the annotations of a record agree, counted as both come.

Beats are paired by the rules of WFDB's ``bxb`` (as in ``detector/training/matching.py``). A decision needs of either
list the current beat and the next: so the counts are one or two beats behind, and what is counted stays so. Pure.
"""

from collections import deque
from dataclasses import dataclass, field
from math import inf
from typing import Final

from detector.training.labels import aami_class
from detector.training.matching import WINDOW

BEFORE: Final = 64
"""Beats of one side that are remembered until the other has its first."""

WAITING: Final = 10_000
"""Annotated beats that wait for a detector that has fallen silent; the oldest then count as missed."""

Known = tuple[int, str]
"""Sample and AAMI class of a beat."""


@dataclass(slots=True)
class Counts:
    """Beats so far: of the same class, of another class, not found, found where none is annotated."""

    agreed: int = 0
    other: int = 0
    missed: int = 0
    extra: int = 0


@dataclass(slots=True)
class Agreement:
    """The count of one stream; ``fs`` in Hz.

    It begins where both have a beat: at first the detector learns the patient. Beats found in what is annotated as
    flutter or fibrillation (``[`` to ``]``) and paired with none are not counted, as in EC57.
    """

    fs: float
    counts: Counts = field(default_factory=Counts)
    annotated: bool = False
    _truth: deque[Known] = field(default_factory=deque)
    _found: deque[Known] = field(default_factory=deque)
    _start: float = inf
    _last: float = -inf
    _flutter: list[tuple[float, float]] = field(default_factory=list)

    def reference(self, sample: int, symbol: str) -> None:
        """Take an annotation."""
        if symbol == "[":
            self._flutter = [*self._flutter[-1:], (sample, inf)]
        elif symbol == "]" and self._flutter:
            self._flutter[-1] = self._flutter[-1][0], sample
        if (label := aami_class(symbol)) is not None:
            self.annotated = True
            self._add(self._truth, sample, label)

    def beat(self, sample: int, label: str) -> None:
        """Take a beat as the detector named it; one that it says again is not counted again."""
        if sample > self._last:
            self._last = sample
            self._add(self._found, sample, label)

    def row(self, label: str, truth: str) -> None:
        """Take a beat that came cut, with its label."""
        self.annotated = True
        if label == truth:
            self.counts.agreed += 1
        else:
            self.counts.other += 1

    def _add(self, beats: deque[Known], sample: int, label: str) -> None:
        """Take a beat of one side; what is before the first that may be a pair is left out."""
        truth, found = self._truth, self._found
        beats.append((sample, label))
        if self._start == inf and truth and found:
            self._start = max(truth[0][0], found[0][0]) - self._window
        begun = self._start < inf
        for side in truth, found:
            while side and (side[0][0] < self._start if begun else len(side) > BEFORE):
                side.popleft()
        self._settle()

    @property
    def _window(self) -> int:
        return int(WINDOW * self.fs)

    def _settle(self) -> None:
        """Decide on the earlier of the two current beats, as long as the next ones are known."""
        truth, found, counts = self._truth, self._found, self.counts
        while len(truth) > 1 and len(found) > 1:
            (a, label), (b, named) = truth[0], found[0]
            if _paired(a, truth[1][0], b, found[1][0], self._window):
                if label == named:
                    counts.agreed += 1
                else:
                    counts.other += 1
                truth.popleft()
                found.popleft()
            elif b < a:
                found.popleft()
                counts.extra += not any(first <= b <= last for first, last in self._flutter)
            else:
                truth.popleft()
                counts.missed += 1
        if len(truth) > WAITING:
            truth.popleft()
            counts.missed += 1
        if len(found) > WAITING:  # the annotations have come to their end
            found.popleft()


def _paired(a: int, a2: int, b: int, b2: int, window: int) -> bool:
    """Whether annotated beat ``a`` and found beat ``b`` belong together, ``a2`` and ``b2`` being the next."""
    if abs(a - b) > window:
        return False
    if b < a:
        return a - b < abs(a - b2) or abs(a2 - b2) < abs(a - b2)
    return b - a < abs(b - a2) or abs(b2 - a2) < abs(b - a2)
