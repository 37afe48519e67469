"""Beats of one shape in one patient are mostly of one class, so what was said of the last of them counts too.

Each beat belongs to a family of alike ones (:mod:`detector.shape`). Whether a beat is ventricular is drawn towards what
the model said of its family until then, the more the more of them there were. Rhythm stays the beat's own affair: what
speaks for N against S is left as it is, since early and timely beats often have the very same shape.

Patient-wise folds gave the figures (docs/evaluation.md); the idea is that of clustering beats before they are named
(Lagerholm et al. 2000, IEEE Trans Biomed Eng 47:838; Llamedo and Martinez 2012, IEEE Trans Biomed Eng 59:2312), causal.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from detector.rows import Floats
from detector.shape import FAMILIES
from stream.messages import AAMI

WEIGHT: Final = 0.5
"""Share of the family's opinion, of a family of many beats."""

HESITANT: Final = 3.0
"""Of a family of so many beats, this one with them, it is half of that."""

KEPT: Final = 4 * FAMILIES
"""Families of a bed of which it is known; more than :mod:`detector.shape` tells apart at a time."""

LAST: Final = 20
"""Beats after which one counts for little in its family's opinion, which is a running mean."""

SURE: Final = 4.0
"""Log odds beyond which a beat does not count for more."""

V: Final = AAMI.index("V")


class Consensus:
    """What was said of the families of each bed."""

    def __init__(self) -> None:
        self._beds: Final[dict[str, dict[int, tuple[int, float]]]] = {}  # of each family: beats, mean log odds of V

    def forget(self, bed: str) -> None:
        """A bed's stream is over."""
        self._beds.pop(bed, None)

    def settle(self, key: Sequence[str], family: NDArray[np.int64], probabilities: Floats) -> Floats:
        """Set what the model says of beats beside what it said of others of their families, and learn from it.

        Parameters
        ----------
        key
            Bed of each beat; beats of one bed in order of time.
        family
            Of each, as in :class:`~detector.beats.Beats`.
        probabilities
            Of N S V F Q by the model, ``(beats, 5)``.

        Returns
        -------
        settled
            Probabilities of the same shape. Those but of V keep their ratios to each other.
        """
        with np.errstate(divide="ignore", invalid="ignore"):
            odds = np.log(probabilities[:, V]) - np.log(probabilities[:, :V].sum(-1))
        odds = np.clip(np.nan_to_num(odds), -SURE, SURE)
        drawn = np.zeros(len(odds), np.float32)
        for k, (bed, of, own) in enumerate(zip(key, family.tolist(), odds.tolist(), strict=True)):
            families = self._beds.setdefault(bed, {})
            count, mean = families.pop(of, (0, 0.0))
            count = min(count + 1, LAST)
            mean += (own - mean) / count
            families[of] = count, mean
            if len(families) > KEPT:
                del families[next(iter(families))]  # the one not seen for longest
            drawn[k] = WEIGHT * count / (count + HESITANT) * (mean - own)
        settled = probabilities.copy()
        settled[:, V] *= np.exp(drawn)
        return np.asarray(np.round(settled / np.maximum(settled.sum(-1, keepdims=True), 1e-9), 4), np.float32)
