"""The rhythm in words, from beats made by hand."""

from itertools import pairwise

import numpy as np
import pytest
from made import Bed, Made, Wave

START = Made().sinus(30)
IRREGULAR = 0.45 + 0.6 * np.random.default_rng(3).random(200)


def told(made: Made, wave: Wave | None = None) -> list[tuple[str, str, float]]:
    """Every statement, with its second."""
    bed = Bed(made, wave=wave or Wave())
    bed.play(made.end)
    return [(one.text, one.code, one.sample / 250) for one in bed.rhythms]


@pytest.mark.parametrize(
    ("part", "text", "code"),
    [
        (START.beats("V" * 10, 0.4), "Ventricular tachycardia", "(VT"),
        (START.beats("V" * 10, 0.9), "Ventricular rhythm", "(IVR"),
        (START.beats("V" * 8, 1.7), "Ventricular bradycardia", "(IVR"),
        (START.beats("VVV", 0.5), "Run of ventricular beats", "(VT"),
        (START.beats("S" * 12, 0.36), "Supraventricular tachycardia", "(SVTA"),
        (START.beats("NV" * 6, [1.0, 0.6] * 6), "Bigeminy", "(B"),
        (START.beats("NNV" * 6, 0.8), "Trigeminy", "(T"),
        (START.beats("N" * 20, 0.5), "Sinus tachycardia", "(N"),
        (START.beats("N" * 15, 1.4), "Sinus bradycardia", "(SBR"),
    ],
)
def test_each_rhythm_and_back_to_sinus(part: Made, text: str, code: str) -> None:
    said = told(part.sinus(30))
    assert said[0][:2] == ("Sinus rhythm", "(N")
    assert said[-1][:2] == ("Sinus rhythm", "(N")
    (begin,) = [second for one, aux, second in said if (one, aux) == (text, code)]
    assert abs(begin - part.r[len(START.r)]) <= (12 if text.startswith("Sinus") else 1)
    back = next(second for one, _, second in said if second > begin and one.startswith("Sinus") and one != text)
    assert abs(back - part.end) <= (14 if text.startswith("Sinus") else 6)


def test_atrial_fibrillation_is_told_late_and_from_where_it_began() -> None:
    said = told(START.beats("N" * 200, IRREGULAR).sinus(60))
    (begin,) = [second for text, _, second in said if text == "Atrial fibrillation"]
    assert abs(begin - START.end) <= 25
    assert said[-1][0] == "Sinus rhythm"


def test_fibrillation_and_standstill() -> None:
    wave = Wave(fibrillation=lambda t: float(START.end < t < START.end + 15))
    said = told(START.wait(25).sinus(30), wave)
    assert [code for _, code, _ in said] == ["(N", "(VF", "(ASYS", "(N"]
    assert all(a[2] < b[2] for a, b in pairwise(said))


def test_a_tachycardia_within_fibrillation_gives_way_to_it_again() -> None:
    made = START.beats("N" * 120, IRREGULAR[:120]).beats("V" * 8, 0.4).beats("N" * 60, IRREGULAR[120:180])
    codes = [code for _, code, _ in told(made)]
    assert codes[codes.index("(AFIB") :][:3] == ["(AFIB", "(VT", "(AFIB"] or "(VT" in codes


def test_nothing_is_said_of_what_cannot_be_read() -> None:
    noisy = Wave(lead=lambda _: (1, 1), noisy=lambda t: 0.9 * (t > 40))
    assert told(START.sinus(40), noisy)[-1][:2] == ("Cannot analyse", "")
    assert told(Made().sinus(4)) == []
