"""What a bed's QRS usually looks like, and what usually follows it: against these a peak is held."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from detector.rows import Floats, Indices, Rows

SHAPE: Final = 20
"""A QRS is compared over this many samples (80 ms) on each side of its farthest point."""

SHAPE_MEMORY: Final = 0.1
AFTER_MEMORY: Final = 0.1
"""Shares with which a new QRS enters the usual shape, and what came after it the usual course."""

MOST: Final = 20.0
"""A shape farther than this many usual heights is an artefact's, and is cut there."""

EVERY: Final = 10
AFTER: Final = 30
"""The course after a QRS is kept in this many steps (1.2 s) of ``EVERY`` samples (40 ms)."""

AROUND: Final = 2
"""A peak is held against the highest of its step and this many on each side."""


class Usual(Rows):
    """Running means over the QRS of each bed.

    Parameters
    ----------
    beds, leads
        How many.
    """

    shape: Floats  # per lead, the QRS band about its farthest point, in heights of the lead
    after: Floats  # height of the envelope in steps after a QRS

    def __init__(self, beds: int, leads: int):
        self.leads: Final = leads
        super().__init__(beds)

    def fresh(self, beds: int) -> dict[str, NDArray[Any]]:  # noqa: D102
        return {
            "shape": np.zeros((beds, self.leads, 2 * SHAPE + 1), np.float32),
            "after": np.full((beds, AFTER), 0.15, np.float32),
        }

    def likeness(self, beds: Indices, shape: Floats, weights: Floats) -> tuple[Floats, Floats]:
        """Correlation of some shapes with the usual one, and how much of it is in them.

        ``shape`` is ``(n, leads, 2 * SHAPE + 1)``, ``weights`` of the leads ``(n, leads)``.
        """
        usual = self.shape[beds]
        weighted = shape * weights[..., None]
        both, own = _sum(weighted * usual), _sum(weighted * shape)
        power = _sum(usual * weights[..., None] * usual)
        alike = both / np.sqrt(np.maximum(own * power, 1e-12))
        return np.asarray(alike, np.float32), np.asarray(both / np.maximum(power, 1e-9), np.float32)

    def course(self, beds: Indices, since: NDArray[np.int64]) -> Floats:
        """How high the envelope usually is ``since`` samples after a QRS."""
        step = np.minimum(since // EVERY, AFTER - 1)[:, None] + np.arange(-AROUND, AROUND + 1)
        return np.asarray(self.after[beds[:, None], np.clip(step, 0, AFTER - 1)].max(1))

    def learn_shape(self, beds: Indices, shape: Floats) -> None:
        """Take another QRS into the usual shape."""
        known = self.shape[beds]
        new = ~known.any((1, 2))
        share = np.where(new, 1, SHAPE_MEMORY).astype(np.float32)[:, None, None]
        self.shape[beds] = known + share * (np.clip(shape, -MOST, MOST) - known)

    def learn_course(self, beds: Indices, height: Floats, until: NDArray[np.int64]) -> None:
        """Take the envelope after another QRS into the usual course.

        ``height`` in steps is ``(n, AFTER)``, of which those before sample ``until`` count.
        """
        known = self.after[beds]
        counts = EVERY * np.arange(1, AFTER + 1) < until[:, None]
        self.after[beds] = known + np.where(counts, AFTER_MEMORY * (np.minimum(height, 1) - known), 0)


def _sum(values: Floats) -> Floats:
    """Sum over all but the first axis."""
    return np.asarray(values.reshape(len(values), -1).sum(1), np.float32)
