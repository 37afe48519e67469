"""Samples as they travel, int16 with a gain, to what the reader works on: millivolts, NaN where missing."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from detector.rows import Floats
from stream.messages import MISSING, Lead

MILLIVOLTS: Final = {"mv": 1.0, "uv": 1e-3, "µv": 1e-3, "v": 1e3, "nv": 1e-6}
"""Factors to millivolts, by unit in lower case; other units are taken as they are."""


def millivolts(samples: NDArray[Any], leads: Sequence[Lead]) -> Floats:
    """Physical values of samples of shape ``(leads, n)``."""
    baseline = np.array([lead.baseline for lead in leads], np.float32)[:, None]
    factor = np.array([MILLIVOLTS.get(lead.units.lower(), 1.0) / lead.gain for lead in leads], np.float32)
    values = (samples.astype(np.float32) - baseline) * factor[:, None]
    return np.asarray(np.where(samples == MISSING, np.float32(np.nan), values), np.float32)
