"""What is said of a beat, class by class, and where what was measured does not fit."""

from typing import Any

import pytest

from stream.explanation import Facts
from stream.messages import AAMI, Explanation
from web.components.sentence import EARLY, SPACE, WIDE, sentence

SURE = {"N": 0.98, "S": 0.93, "V": 0.97, "F": 0.72, "Q": 0.6}
USUAL = {"rr": 1.0, "irregular": 0.02, "qrs": 92.0, "qrs_usual": 96.0, "likeness": 0.99, "p": "usual"}
ODD = {"rr": 0.66, "qrs": 148.0, "likeness": 0.41, "p": "none"}


def said(label: str, facts: dict[str, Any] | None = None, **more: Any) -> str:
    """The sentence, its no-break spaces made plain."""
    values = {"bed": "1", "stream": "s", "sample": 9, "label": label, "confidence": SURE[label], "leads": ("II",)}
    told = Explanation(
        **(values | more),
        fs=250.0, start=0.0, wave=b"", heat=b"", facts=None if facts is None else Facts(**facts),
    )  # fmt: skip
    return sentence(told).replace(SPACE, " ")


def test_a_ventricular_beat_is_told_as_a_person_would() -> None:
    assert said("V", USUAL | ODD) == (
        "Ventricular, 97 %: early by 34 %, wide 148 ms, no P before it, unlike its usual shape (41 %)"
    )


@pytest.mark.parametrize(
    ("label", "facts", "told"),
    [
        ("N", {}, "Normal, 98 %: on time, narrow 92 ms, its usual P before it, like its usual shape (99 %)"),
        (
            "N",
            {"qrs": 152.0, "qrs_usual": 148.0, "p": None},
            "Normal, 98 %: on time, wide 152 ms as usual, like its usual shape (99 %)",
        ),
        (
            "N",
            {"rr": 0.7, "irregular": 0.24, "p": None},
            "Normal, 98 %: early by 30 %, in an irregular rhythm (±24 %), narrow 92 ms, like its usual shape (99 %)",
        ),
        (
            "S",
            {"rr": 0.68, "p": "other"},
            "Supraventricular, 93 %: early by 32 %, narrow 92 ms, no usual P before it, like its usual shape (99 %)",
        ),
        (
            "F",
            {"qrs": 124.0, "likeness": 0.82},
            "Fusion, 72 %: on time, wide 124 ms, its usual P before it, partly like its usual shape (82 %)",
        ),
        (
            "Q",
            {"qrs": 170.0, "likeness": -0.2, "p": "none"},
            "Unclassifiable, 60 %: on time, wide 170 ms, no P before it, unlike its usual shape (0 %)",
        ),
        (
            "V",
            ODD | {"rr_after": 1.34},
            "Ventricular, 97 %: early by 34 %, wide 148 ms, no P before it, unlike its usual shape (41 %), "
            "a pause behind it",
        ),
        (
            "V",
            {"qrs": 104.0, "qrs_usual": 64.0, "likeness": 0.3, "rr": 1.2},
            "Ventricular, 97 %: late by 20 %, QRS 104 ms (usually 64 ms), its usual P before it, "
            "unlike its usual shape (30 %)",
        ),
    ],
)
def test_each_class_is_told_by_what_was_measured(label: str, facts: dict[str, Any], told: str) -> None:
    assert said(label, USUAL | facts) == told


@pytest.mark.parametrize(
    ("label", "facts", "though"),
    [
        ("V", {}, "called V though narrow 92 ms and like its usual shape (99 %)"),
        ("V", ODD | {"qrs": 100.0}, "called V though narrow 100 ms"),
        ("S", {}, "called S though on time"),
        ("N", {"rr": 0.7}, "called N though early by 30 %"),
        ("N", ODD, "called N though early by 34 %, wide 148 ms and unlike its usual shape (41 %)"),
        ("F", {}, "called F though like its usual shape (99 %)"),
    ],
)
def test_what_does_not_fit_the_class_is_said_last(label: str, facts: dict[str, Any], though: str) -> None:
    text = said(label, USUAL | facts)
    assert text.endswith(f"; {though}")
    before = text.removesuffix(though)
    assert all(part not in before for part in though.partition("though ")[2].split(" and "))


def test_nothing_that_was_measured_is_left_out() -> None:
    for label in AAMI:
        for facts in (USUAL, USUAL | ODD):
            text = said(label, facts)
            assert all(f"{facts['qrs']:.0f} ms" in text and part in text for part in (" P before it", "shape ("))


def test_what_could_not_be_measured_is_not_said() -> None:
    assert said("V", {"rr": 0.66}) == "Ventricular, 97 %: early by 34 %"
    assert said("V", {"rr": 0.66, "qrs": 148.0}) == "Ventricular, 97 %: early by 34 %, wide 148 ms"
    assert said("N", {"rr": 1.0, "qrs": 114.0}) == "Normal, 98 %: on time, QRS 114 ms"


@pytest.mark.parametrize("facts", [None, {}])
def test_of_the_first_beat_nothing_is_usual(facts: dict[str, Any] | None) -> None:
    assert said("N", facts) == "Normal, 98 %: nothing is known yet of what is usual here"
    assert said("N", {"qrs": 92.0}) == "Normal, 98 %: narrow 92 ms, nothing is known yet of what is usual here"


@pytest.mark.parametrize(
    ("qrs", "usual", "told"),
    [
        (152.0, 148.0, "wide 152 ms as usual"),
        (208.0, 176.0, "wide 208 ms (usually 176 ms)"),
        (128.0, 176.0, "wide 128 ms (usually 176 ms)"),
        (148.0, 96.0, "wide 148 ms"),
        (124.0, 112.0, "wide 124 ms as usual"),
        (116.0, 84.0, "QRS 116 ms (usually 84 ms)"),
        (116.0, 112.0, "QRS 116 ms"),
        (92.0, 150.0, "narrow 92 ms"),
    ],
)
def test_a_width_is_told_beside_the_usual_one_where_that_matters(qrs: float, usual: float, told: str) -> None:
    assert said("F", {"rr": 1.0, "qrs": qrs, "qrs_usual": usual}) == f"Fusion, 72 %: on time, {told}"


def test_thresholds_belong_to_their_own_side() -> None:
    assert "early by" in said("V", {"rr": EARLY})
    assert "on time" in said("F", {"rr": EARLY + 0.001})
    assert f"wide {WIDE:.0f} ms" in said("V", {"rr": 1.0, "qrs": WIDE})


@pytest.mark.parametrize(("truth", "end"), [(None, ""), ("V", "; the file says V too"), ("N", "; the file says N")])
def test_a_row_is_told_by_its_shape_alone(truth: str | None, end: str) -> None:
    text = said("V", row=3, truth=truth)
    assert text == f"Ventricular, 97 %: by its shape alone, for a row has no rhythm and no usual beat beside it{end}"


def test_the_next_class_is_named_when_it_is_close_and_none_is_certain() -> None:
    close = {"confidence": 0.58, "probabilities": (0.03, 0.0, 0.58, 0.37, 0.02)}
    assert said("V", {"rr": 0.66}, **close) == "Ventricular, 58 % (Fusion 37 %): early by 34 %"
    far = {"confidence": 1.0, "probabilities": (0.0, 0.0, 1.0, 0.0, 0.0)}
    assert said("V", {"rr": 0.66}, **far) == "Ventricular, >99 %: early by 34 %"
