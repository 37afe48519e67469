"""The alarms there are, and their limits: names, defaults, ranges and presets, for detector, hub and screen alike.

Defaults and definitions are those collected from vendors' manuals and the PhysioNet challenge of 2015 (docs/alarms.md);
modelled on IEC 60601-2-27, no claim of conformity.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from stream.alarms import Priority


@dataclass(frozen=True, slots=True)
class Limit:
    """A number somebody may set: its unit, the least and the most it may be, what it is for."""

    unit: str
    least: float
    most: float
    text: str


@dataclass(frozen=True, slots=True)
class AlarmKind:
    """An alarm: its name for people, its priority, and whether it may be switched off."""

    title: str
    priority: Priority
    may_be_off: bool = True


ALARMS: Final[Mapping[str, AlarmKind]] = MappingProxyType(
    {
        "asystole": AlarmKind("Asystole", "high", False),
        "ventricular_fibrillation": AlarmKind("Ventricular fibrillation", "high", False),
        "ventricular_tachycardia": AlarmKind("Ventricular tachycardia", "high", False),
        "extreme_tachycardia": AlarmKind("Extreme tachycardia", "high"),
        "extreme_bradycardia": AlarmKind("Extreme bradycardia", "high"),
        "ventricular_bradycardia": AlarmKind("Ventricular bradycardia", "high"),
        "non_sustained_vt": AlarmKind("Run of ventricular beats", "medium"),
        "ventricular_rhythm": AlarmKind("Ventricular rhythm", "medium"),
        "supraventricular_tachycardia": AlarmKind("Supraventricular tachycardia", "medium"),
        "pause": AlarmKind("Pause", "medium"),
        "hr_high": AlarmKind("Heart rate high", "medium"),
        "hr_low": AlarmKind("Heart rate low", "medium"),
        "atrial_fibrillation": AlarmKind("Atrial fibrillation", "medium"),
        "couplet": AlarmKind("Couplet", "medium"),
        "r_on_t": AlarmKind("R on T", "medium"),
        "multiform_ve": AlarmKind("Multiform VE", "low"),
        "bigeminy": AlarmKind("Bigeminy", "low"),
        "trigeminy": AlarmKind("Trigeminy", "low"),
        "ve_per_minute": AlarmKind("VE per minute", "low"),
        "missed_beat": AlarmKind("Missed beat", "low"),
        "leads_off": AlarmKind("Leads off", "technical", False),
        "cannot_analyse": AlarmKind("Cannot analyse", "technical", False),
        "artifact": AlarmKind("Artifact", "technical"),
        "feed_stale": AlarmKind("No signal from the source", "technical", False),
        "storage": AlarmKind("Cannot keep records", "technical", False),
    }
)
"""Every alarm, the worst first within its priority."""

LIMITS: Final[Mapping[str, Limit]] = MappingProxyType(
    {
        "hr_high": Limit("1/min", 40, 300, "heart rate high above"),
        "hr_low": Limit("1/min", 15, 200, "heart rate low below"),
        "extreme_high": Limit("1/min", 50, 350, "extreme tachycardia above"),
        "extreme_low": Limit("1/min", 10, 150, "extreme bradycardia below"),
        "asystole_seconds": Limit("s", 3, 10, "asystole after seconds without QRS"),
        "pause_seconds": Limit("s", 1, 5, "pause at RR longer than"),
        "vt_beats": Limit("beats", 3, 15, "ventricular tachycardia from beats"),
        "vt_rate": Limit("1/min", 60, 200, "ventricular tachycardia from rate"),
        "svt_beats": Limit("beats", 3, 30, "supraventricular tachycardia from beats"),
        "svt_rate": Limit("1/min", 80, 300, "supraventricular tachycardia from rate"),
        "ve_per_minute": Limit("1/min", 1, 100, "ventricular beats in a minute from"),
        "af_end_minutes": Limit("min", 0, 30, "atrial fibrillation ends after minutes without"),
        "hold_minutes": Limit("min", 0, 15, "medium and low alarms of one kind not again within"),
    }
)
"""Every limit that may be set."""

_ADULT: Final = {
    "hr_high": 120.0,
    "hr_low": 50.0,
    "extreme_high": 140.0,
    "extreme_low": 40.0,
    "asystole_seconds": 4.0,
    "pause_seconds": 3.0,
    "vt_beats": 5.0,
    "vt_rate": 100.0,
    "svt_beats": 8.0,
    "svt_rate": 150.0,
    "ve_per_minute": 10.0,
    "af_end_minutes": 1.0,
    "hold_minutes": 1.0,
}

PRESETS: Final[Mapping[str, tuple[Mapping[str, float], tuple[str, ...]]]] = MappingProxyType(
    {
        "adult": (MappingProxyType(_ADULT), ()),
        "paediatric": (
            MappingProxyType(
                _ADULT
                | {
                    "hr_high": 160.0,
                    "hr_low": 75.0,
                    "extreme_high": 200.0,
                    "extreme_low": 60.0,
                    "asystole_seconds": 3.0,
                }
                | {"pause_seconds": 2.0, "vt_rate": 140.0, "svt_rate": 200.0}
            ),
            (),
        ),
        "af": (
            MappingProxyType(_ADULT | {"hr_high": 130.0}),
            ("atrial_fibrillation", "missed_beat", "supraventricular_tachycardia"),
        ),
    }
)
"""Presets: the value of every limit, and the alarms that are off: an adult, a child, a patient known to fibrillate."""


def problem_with(preset: str, values: Mapping[str, float], off: tuple[str, ...]) -> str | None:
    """What is wrong with limits, in a sentence for people; None if nothing is."""
    if preset not in PRESETS:
        return f"expected a preset among {', '.join(PRESETS)}, got {preset[:80]!r}"
    return _problem_with_values({**PRESETS[preset][0], **values}) or _problem_with_off(off)


def _problem_with_values(values: Mapping[str, float]) -> str | None:
    for name, value in values.items():
        limit = LIMITS.get(name)
        if limit is None:
            return f"expected limits among {', '.join(LIMITS)}; got {name[:80]!r}"
        if not limit.least <= value <= limit.most:
            return f"expected {name} of {limit.least:g} to {limit.most:g} {limit.unit}, got {value:g}"
    for low, high in (("extreme_low", "hr_low"), ("hr_low", "hr_high"), ("hr_high", "extreme_high")):
        if values[low] >= values[high]:
            return f"expected {_called(low)} below {_called(high)}, got {values[low]:g} and {values[high]:g}"
    return None


def _called(name: str) -> str:
    """A limit of a rate as people call it, and its name: ``heart rate high (hr_high)``."""
    return f"{LIMITS[name].text.rsplit(' ', 1)[0]} ({name})"


def _problem_with_off(off: tuple[str, ...]) -> str | None:
    for name in off:
        if name not in ALARMS:
            return f"expected alarms among {', '.join(ALARMS)}; got {name[:80]!r}"
        if not ALARMS[name].may_be_off:
            return f"{ALARMS[name].title} cannot be switched off"
    return None
