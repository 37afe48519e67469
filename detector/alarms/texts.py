"""What an alarm says to people: the worst value, and the limit it is beyond."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from stream.limits import ALARMS

_FORMS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "asystole": "Asystole: no QRS for {asystole_seconds:g} s",
        "ventricular_tachycardia": "Ventricular tachycardia {value:.0f} > {vt_rate:g}",
        "extreme_tachycardia": "Extreme tachycardia {value:.0f} > {extreme_high:g}",
        "extreme_bradycardia": "Extreme bradycardia {value:.0f} < {extreme_low:g}",
        "ventricular_bradycardia": "Ventricular bradycardia {value:.0f}",
        "ventricular_rhythm": "Ventricular rhythm {value:.0f}",
        "non_sustained_vt": "Run of ventricular beats {value:.0f}",
        "supraventricular_tachycardia": "Supraventricular tachycardia {value:.0f} > {svt_rate:g}",
        "pause": "Pause {value:.1f} s > {pause_seconds:g} s",
        "hr_high": "HR {value:.0f} > {hr_high:g}",
        "hr_low": "HR {value:.0f} < {hr_low:g}",
        "r_on_t": "R on T: V {value:.2f} s after the beat before",
        "missed_beat": "Missed beat: RR {value:.1f} s",
        "ve_per_minute": "VE {value:.0f}/min, limit {ve_per_minute:g}",
    }
)


def text_of(name: str, value: float, limits: Mapping[str, float]) -> str:
    """What to say of an alarm; its title if there is no more to say.

    Examples
    --------
    >>> text_of("hr_high", 134.2, {"hr_high": 120.0})
    'HR 134 > 120'
    """
    by_wave = name == "ventricular_tachycardia" and not value >= limits["vt_rate"]  # its beats are not counted
    form = ALARMS[name].title if by_wave else _FORMS.get(name, ALARMS[name].title)
    return form.format(value=value, **limits)
