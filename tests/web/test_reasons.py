"""The list of reasons beside an explanation: what people read, and what is read to them."""

from typing import Any

import pytest
from dash.development.base_component import Component

from stream.explanation import Reason
from stream.messages import Explanation
from web.components.reasons import NAMES, reason_list, sight

WHY = (
    Reason(name="rr_before", share=0.52, value=0.66),
    Reason(name="qrs_width", share=0.27, value=136.0),
    Reason(name="p_wave", share=-0.21, value=-0.305),
)


def explanation(*reasons: Reason) -> Explanation:
    return Explanation(
        bed="1", stream="s", sample=9, label="V", confidence=0.9, leads=("II",), fs=250.0, start=0.0, wave=b"",
        heat=b"", reasons=reasons,
    )  # fmt: skip


def texts(part: Any, *, hidden: bool) -> str:
    """All text of a component, or what is not kept from screen readers."""
    if isinstance(part, list | tuple):
        return "".join(texts(one, hidden=hidden) for one in part)
    if isinstance(part, Component):
        shown = hidden or getattr(part, "aria-hidden", None) != "true"
        return texts(getattr(part, "children", None), hidden=hidden) if shown else ""
    return str(part or "")


def rows(*reasons: Reason) -> list[Any]:
    return reason_list(explanation(*reasons))[1].children


def test_each_reason_has_its_words_its_bar_and_its_share() -> None:
    first, second, third = rows(*WHY)
    assert texts(first, hidden=True).startswith("RR before \N{MINUS SIGN}34\N{NO-BREAK SPACE}%")
    assert "136 ms at half" in texts(second, hidden=True)
    assert "\N{MINUS SIGN}21\N{NO-BREAK SPACE}%" in texts(third, hidden=True)
    bars = [row.children[1].children for row in (first, second, third)]
    assert [bar.className for bar in bars] == ["for", "for", "against"]
    assert [bar.style["width"] for bar in bars] == ["26.0%", "13.5%", "10.5%"]


def test_a_screen_reader_hears_each_share_once_in_words() -> None:
    heard = [texts(row, hidden=False) for row in rows(*WHY)]
    assert heard[0].endswith(", 52% for V")
    assert heard[2].endswith(", 21% against V")
    assert heard[0].count("52") == 1


@pytest.mark.parametrize(
    ("reason", "seen"),
    [
        (Reason(name="rr_after", share=1, value=1.284), "+28\N{NO-BREAK SPACE}%"),
        (Reason(name="rr_before", share=1, value=1.001), "0\N{NO-BREAK SPACE}%"),
        (Reason(name="rhythm", share=1, value=0.118), "\N{PLUS-MINUS SIGN}12\N{NO-BREAK SPACE}%"),
        (Reason(name="qrs", share=1, value=0.38), "38\N{NO-BREAK SPACE}% alike"),
        (Reason(name="p_wave", share=1, value=-0.3), "\N{MINUS SIGN}30\N{NO-BREAK SPACE}% alike"),
        (Reason(name="rr_before", share=1), ""),
        (Reason(name="of a later version", share=1, value=12.34), "12"),
    ],
)
def test_what_there_was_to_see(reason: Reason, seen: str) -> None:
    assert sight(reason) == seen


def test_names_that_are_not_known_are_shown_as_they_are() -> None:
    assert "of a later version" in texts(rows(Reason(name="of a later version", share=2.0)), hidden=True)
    assert rows(Reason(name="x", share=2.0))[0].children[1].children.style["width"] == "50.0%"


def test_without_reasons_there_is_no_list() -> None:
    assert reason_list(explanation()) == []


def test_every_group_of_the_detector_has_a_name() -> None:
    from detector.reasons import GROUPS

    assert set(GROUPS) == set(NAMES)
