"""The kinds of alarm as numbers, and what the engine must know of each beside its name and priority."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from stream.alarms import Priority
from stream.limits import ALARMS

NAMES: Final = tuple(ALARMS)
"""Every kind, the worst first within its priority: the columns of all arrays over kinds."""

NUMBER: Final[Mapping[str, int]] = MappingProxyType({name: k for k, name in enumerate(NAMES)})

KINDS: Final = len(NAMES)

LOUDNESS: Final[Mapping[Priority, int]] = MappingProxyType({"high": 3, "medium": 2, "low": 1, "technical": 0})
"""A priority sounds over those with a lower number."""

_VENTRICULAR: Final = (
    "ventricular_fibrillation",
    "ventricular_tachycardia",
    "ventricular_bradycardia",
    "ventricular_rhythm",
    "non_sustained_vt",
    "couplet",
    "r_on_t",
    "bigeminy",
    "trigeminy",
    "multiform_ve",
    "ve_per_minute",
)
_RHYTHMS: Final = ("supraventricular_tachycardia", "atrial_fibrillation", "missed_beat")
_RATES: Final = ("extreme_tachycardia", "extreme_bradycardia", "hr_high", "hr_low")

CHAINS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "asystole": (*_VENTRICULAR, *_RHYTHMS, *_RATES, "pause"),
        "ventricular_fibrillation": (*_VENTRICULAR[1:], *_RHYTHMS, *_RATES, "pause"),
        "ventricular_tachycardia": (*_VENTRICULAR[2:], *_RHYTHMS, "hr_high", "extreme_bradycardia", "hr_low"),
        "ventricular_bradycardia": (*_VENTRICULAR[3:], "hr_low"),
        "ventricular_rhythm": (*_VENTRICULAR[4:], "hr_low"),
        "non_sustained_vt": ("couplet", "r_on_t", "multiform_ve", "ve_per_minute"),
        "couplet": ("multiform_ve", "ve_per_minute"),
        "r_on_t": ("multiform_ve", "ve_per_minute"),
        "bigeminy": ("trigeminy", "ve_per_minute", "missed_beat"),
        "trigeminy": ("ve_per_minute", "missed_beat"),
        "multiform_ve": ("ve_per_minute",),
        "extreme_tachycardia": ("supraventricular_tachycardia", "hr_high"),
        "extreme_bradycardia": ("hr_low",),
        "supraventricular_tachycardia": ("hr_high",),
        "atrial_fibrillation": ("missed_beat",),
        "pause": ("missed_beat",),
        "cannot_analyse": ("artifact",),
        "leads_off": ("artifact",),
    }
)
"""Chains: while the first holds, those behind it are not announced."""

LETHAL: Final = ("asystole", "ventricular_fibrillation", "ventricular_tachycardia", *_RATES)
"""What is told while noise leaves only the lethal analysis."""

BLIND: Final = ("asystole", "ventricular_fibrillation")
"""What is told while analysis is suspended: what the wave itself shows."""

LEARNING: Final = ("asystole", "ventricular_fibrillation", *_RATES)
"""What is told while a new bed is learned."""

LINGER: Final[Mapping[str, float]] = MappingProxyType(
    {
        "ventricular_tachycardia": 4.0,
        "ventricular_bradycardia": 4.0,
        "ventricular_rhythm": 4.0,
        "supraventricular_tachycardia": 4.0,
        "bigeminy": 10.0,
        "trigeminy": 10.0,
        "multiform_ve": 10.0,
        "extreme_tachycardia": 3.0,
        "extreme_bradycardia": 3.0,
        "hr_high": 3.0,
        "hr_low": 3.0,
        "leads_off": 2.0,
        "cannot_analyse": 3.0,
        "artifact": 5.0,
    }
)
"""Seconds for which a condition that is not seen any more may come back and be the same; others: none. It is over where
it was last seen. That of atrial fibrillation is a limit."""

STEPS: Final[Mapping[str, float]] = MappingProxyType(
    {
        "hr_high": 5.0,
        "extreme_tachycardia": 5.0,
        "ventricular_tachycardia": 10.0,
        "non_sustained_vt": 10.0,
        "supraventricular_tachycardia": 10.0,
        "hr_low": -5.0,
        "extreme_bradycardia": -5.0,
        "ve_per_minute": 5.0,
        "pause": 0.5,
    }
)
"""By how much the value must be worse than what was told to be told again; negative where less is worse."""


def columns(names: Iterable[str]) -> NDArray[np.bool_]:
    """Which columns are those of ``names``: shape ``(KINDS,)``."""
    return np.isin(NAMES, list(names))


def latches(name: str) -> bool:
    """Whether an alarm stays until somebody has acknowledged it: those of high priority do."""
    return ALARMS[name].priority == "high"


HIDES: Final = np.stack([columns(CHAINS.get(name, ())) for name in NAMES])
"""``HIDES[worse, lesser]``: shape ``(KINDS, KINDS)``."""

LONGER: Final[Mapping[str, float]] = MappingProxyType({"multiform_ve": 5.0})
"""By how much longer than ``hold_minutes`` a kind is held that comes and goes with every beat: a patient who has
several shapes of V keeps them."""

HELD: Final = np.array([LONGER.get(name, 1.0) * (ALARMS[name].priority in ("medium", "low")) for name in NAMES])
"""For how many times ``hold_minutes`` a kind is not announced again."""
