"""Samples as they travel, int16 with a gain, to what the reader works on: millivolts, NaN where missing."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from detector.rows import Floats
from stream.messages import MISSING, Lead

MILLIVOLTS: Final = {"mv": 1.0, "uv": 1e-3, "µv": 1e-3, "v": 1e3, "nv": 1e-6}
"""Factors to millivolts, by unit in lower case; other units are taken as they are."""


class Scale:
    """Turns samples of some leads into millivolts.

    Parameters
    ----------
    leads
        With their gain, baseline and units.
    """

    def __init__(self, leads: Sequence[Lead]):
        self._baseline: Final = np.array([lead.baseline for lead in leads], np.float32)
        factor = [MILLIVOLTS.get(lead.units.lower(), 1.0) / lead.gain for lead in leads]
        self._factor: Final = np.array(factor, np.float32)

    def __call__(self, samples: NDArray[Any]) -> Floats:
        """Physical values of samples of shape ``(leads, n)``, NaN where missing."""
        return _scaled(samples, self._baseline, self._factor)

    @staticmethod
    def together(scales: "Sequence[Scale]", samples: NDArray[Any]) -> Floats:
        """Physical values of samples of as many beds as there are scales, ``(beds, leads, n)``."""
        baseline = np.concatenate([scale._baseline for scale in scales]).reshape(samples.shape[:2])
        factor = np.concatenate([scale._factor for scale in scales]).reshape(samples.shape[:2])
        return _scaled(samples, baseline, factor)


def _scaled(samples: NDArray[Any], baseline: Floats, factor: Floats) -> Floats:
    values = np.asarray((samples - baseline[..., None]) * factor[..., None], np.float32)
    missing = samples == MISSING
    if missing.any():
        values[missing] = np.nan
    return values


def millivolts(samples: NDArray[Any], leads: Sequence[Lead]) -> Floats:
    """Physical values of samples of shape ``(leads, n)``; see :class:`Scale`."""
    return Scale(leads)(samples)
