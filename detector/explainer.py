"""What the detector says of a beat when it is asked why: remembers beats, and makes their explanations."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias, TypeVar

import numpy as np

from detector.bank import Reading
from detector.classifier import Classifier
from detector.conditioning import FS
from detector.explain import heat_of
from detector.facts import facts, usual_wave
from detector.reasons import reasons
from detector.rows import Floats
from detector.segmentation import normalize_length
from stream.explanation import Reason
from stream.messages import AAMI, CutBeat, Explain, Explanation, Message, Open, pack

REMEMBERED: Final = 240
"""Beats kept of each bed, on average, so that they can be explained when somebody asks: three minutes at 80/min, some
1 MB of a bed with two leads."""

FEWEST_BEDS: Final = 8
"""With fewer beds as many beats are kept as of these."""

Key: TypeAlias = tuple[str, str, int]
"""Bed, stream and sample of a beat."""

T = TypeVar("T")


@dataclass(slots=True, frozen=True)
class Row:
    """A beat that came already cut, and where it belongs."""

    cut: CutBeat
    opened: Open
    values: Floats


@dataclass(slots=True, frozen=True)
class Named:
    """A reading with the streams of its beats, as they were then, and the probabilities they were given."""

    reading: Reading
    opens: list[Open]
    probabilities: Floats


class Explainer:
    """Explains beats, as they are named or later.

    Parameters
    ----------
    stream, row
        The models that named them, as for :class:`~detector.reader.Reader`.
    remembered
        Beats kept of each bed, on average.
    """

    def __init__(self, stream: Classifier, row: Classifier, remembered: int = REMEMBERED):
        self.remembered: Final = remembered
        self._stream: Final = stream
        self._row: Final = row
        self._beats: Final[OrderedDict[Key, tuple[Named, int]]] = OrderedDict()
        self._rows: Final[OrderedDict[Key, tuple[Row, int]]] = OrderedDict()

    def remember(self, named: Named, beds: int) -> None:
        """Keep beats for later, and let go of the oldest; ``beds`` is how many there are."""
        for k, (bed, opened, sample) in enumerate(
            zip(named.reading.key, named.opens, named.reading.sample.tolist(), strict=True)
        ):
            _keep(self._beats, (bed, opened.stream, sample), (named, k), self.remembered * max(FEWEST_BEDS, beds))

    def remember_rows(self, rows: Sequence[Row], label: Sequence[int], beds: int) -> None:
        """Keep beats that came already cut."""
        for row, k in zip(rows, label, strict=True):
            key = (row.cut.bed, row.cut.stream, row.cut.start)
            _keep(self._rows, key, (row, k), self.remembered * max(FEWEST_BEDS, beds))

    def answer(self, request: Explain) -> list[Message]:
        """Explain a beat of which somebody asked, if it is remembered."""
        key = (request.bed, request.stream, request.sample)
        if key in self._beats:
            named, k = self._beats[key]
            return self.explain(named, [k])
        return self.explain_rows([self._rows[key]]) if key in self._rows else []

    def explain(self, named: Named, which: Sequence[int]) -> list[Message]:
        """Explain some beats of a reading.

        Parameters
        ----------
        named
            The reading.
        which
            Numbers of its beats.
        """
        if not which:
            return []
        reading, beats = named.reading, named.reading.beats[list(which)]
        probabilities = named.probabilities[list(which)]
        label = probabilities.argmax(-1).tolist()
        spoke = self._stream.attributions(self._stream.of_stream(beats), label)
        heat = normalize_length(self._stream.lead_heat(heat_of(spoke[0]), beats.cut.shape[1]), beats.cut.shape[-1])
        why: list[tuple[Reason, ...]] = [()] * len(which) if self._stream.alone else reasons(beats, spoke)
        usual = usual_wave(beats)
        read = heat.shape[1]
        return [
            Explanation(
                bed=reading.key[k],
                stream=named.opens[k].stream,
                sample=int(reading.sample[k]),
                label=AAMI[said],
                confidence=round(float(p[said]), 4),
                leads=tuple(lead.name for lead in named.opens[k].leads[:read]),
                fs=FS,
                start=round(float(reading.begin[k]), 3),
                wave=pack(cut[:read]),
                heat=pack(of_lead),
                reasons=because,
                probabilities=rounded(p),
                usual=b"" if np.isnan(before[:read]).all() else pack(before[:read]),
                facts=measured,
            )
            for k, said, p, cut, of_lead, because, before, measured in zip(
                which, label, probabilities, beats.cut, heat, why, usual, facts(beats, usual), strict=True
            )
        ]

    def explain_rows(self, rows: Sequence[tuple[Row, int]]) -> list[Message]:
        """Explain beats that came already cut, each with its class."""
        if not rows:
            return []
        inputs = self._row.of_rows([row.values for row, _ in rows])
        probabilities = self._row.probabilities(inputs)
        heat = self._row.lead_heat(self._row.heat(inputs, [k for _, k in rows]), 1)
        return [
            Explanation(
                bed=row.cut.bed,
                stream=row.cut.stream,
                sample=row.cut.start,
                label=AAMI[k],
                confidence=round(float(p[k]), 4),
                leads=tuple(lead.name for lead in row.opened.leads[:1]),
                fs=row.opened.fs,
                start=row.cut.start,
                wave=pack(row.values),
                heat=pack(normalize_length(h, len(row.values))),
                row=row.cut.row,
                truth=row.cut.truth,
                probabilities=rounded(p),
            )
            for (row, k), p, h in zip(rows, probabilities, heat, strict=True)
        ]


def rounded(probabilities: Floats) -> tuple[float, ...]:
    """Probabilities of one beat as they are told."""
    return tuple(np.round(probabilities.astype(np.float64), 4).tolist())


def _keep(kept: OrderedDict[Key, T], key: Key, value: T, most: int) -> None:
    """Keep something as the newest, and no more than ``most``."""
    kept[key] = value
    kept.move_to_end(key)
    while len(kept) > most:
        kept.popitem(last=False)
