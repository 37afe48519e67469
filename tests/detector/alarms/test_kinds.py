"""The table of alarms: every kind has what it needs, and the docs name all."""

from pathlib import Path

import numpy as np
import pytest

from detector.alarms.kinds import BLIND, CHAINS, HIDES, LEARNING, LETHAL, LINGER, NAMES, NUMBER, STEPS
from detector.alarms.texts import text_of
from stream.limits import ALARMS, LIMITS, PRESETS, problem_with

DOC = Path(__file__).resolve().parents[3] / "docs" / "alarms.md"


def test_all_tables_speak_of_the_same_kinds() -> None:
    named = {
        *BLIND,
        *LEARNING,
        *LETHAL,
        *LINGER,
        *STEPS,
        *CHAINS,
        *(name for chain in CHAINS.values() for name in chain),
    }
    assert named <= set(ALARMS)
    assert all(f"`{name}`" in DOC.read_text() for name in ALARMS)


def test_the_docs_have_every_chain() -> None:
    text = DOC.read_text()
    for worse, lesser in CHAINS.items():
        assert f"| `{worse}` | {', '.join(f'`{name}`' for name in lesser)} |" in text


def test_a_chain_never_hides_the_worse() -> None:
    order = {"high": 3, "medium": 2, "low": 1, "technical": 0}
    for worse, lesser in CHAINS.items():
        assert all(order[ALARMS[name].priority] <= order[ALARMS[worse].priority] for name in lesser)
    assert not (HIDES & HIDES.T).any()
    assert not np.diag(HIDES).any()
    assert HIDES[NUMBER["ventricular_tachycardia"], NUMBER["couplet"]]


def test_what_may_not_be_switched_off_is_never_hidden_by_noise() -> None:
    assert {name for name in NAMES if ALARMS[name].priority == "high" and not ALARMS[name].may_be_off} <= set(LETHAL)


@pytest.mark.parametrize("name", NAMES)
def test_every_kind_has_a_text(name: str) -> None:
    text = text_of(name, 134.2, PRESETS["adult"][0])
    assert text.startswith(ALARMS[name].title.split()[0]) or name in ("hr_high", "hr_low", "ve_per_minute")
    assert "{" not in text


def test_texts_name_value_and_limit() -> None:
    limits = PRESETS["adult"][0]
    assert text_of("hr_high", 134.2, limits) == "HR 134 > 120"
    assert text_of("hr_low", 44.6, limits) == "HR 45 < 50"
    assert text_of("pause", 3.42, limits) == "Pause 3.4 s > 3 s"


def test_presets_are_within_their_ranges() -> None:
    for name, (values, off) in PRESETS.items():
        assert set(values) == set(LIMITS)
        assert problem_with(name, {}, off) is None
        assert problem_with(name, values, off) is None
