"""The words on the screen that Python and JavaScript share."""

from typing import Final

NAME: Final = "CardioVision"
DISCLAIMER: Final = "Not a medical device"
CLASSES: Final = {
    "N": "Normal",
    "S": "Supraventricular",
    "V": "Ventricular",
    "F": "Fusion",
    "Q": "Unclassifiable",
}
"""The AAMI beat classes (ANSI/AAMI EC57) in words."""

SWEEPS: Final = (6.25, 12.5, 25.0, 50.0)
"""Choices of sweep speed, in mm/s; 25 is usual (IEC 60601-2-27)."""

GAINS: Final = (5.0, 10.0, 20.0)
"""Choices of gain, in mm/mV; 10 is usual."""


def class_words(label: str) -> str:
    """Say letter and word of a class: ``V Ventricular``."""
    return f"{label} {CLASSES.get(label, 'unknown class')}"
