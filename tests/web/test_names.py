"""The order and the names of beds as the feed tells them, run by Node."""

import json
from collections.abc import Callable
from typing import Any

import pytest

IMPORTS = 'import { arrangement, follow, inOrder, moved, named, nameOf } from "./names.js";'
HUB = "follow([{ kind: 'welcome', session: 'one' }]);"


@pytest.fixture
def ward(told: Callable[[str, str], Any]) -> Callable[..., Any]:
    """Run code in a browser whose hub has said some arrangements."""

    def ward(code: str, *said: dict[str, Any]) -> Any:
        messages = [{"kind": "arrangement", "seq": n, **one} for n, one in enumerate(said, 1)]
        return told(IMPORTS, f"{HUB} follow({json.dumps(messages)}); {code}")

    return ward


def test_beds_stand_by_name_as_people_count(ward) -> None:
    assert ward("return inOrder(['Bed 10', 'Bed 2', 'ICU 1', 'Bed 1']);") == ["Bed 1", "Bed 2", "Bed 10", "ICU 1"]


def test_beds_that_were_arranged_come_first_and_new_ones_after_them(ward) -> None:
    order = ward("return inOrder(['Bed 1', 'Bed 10', 'Bed 2', 'Bed 3']);", {"order": ["Bed 3", "gone", "Bed 1"]})
    assert order == ["Bed 3", "Bed 1", "Bed 2", "Bed 10"]


@pytest.mark.parametrize(
    ("bed", "other", "behind", "order"),
    [("c", "a", False, "cab"), ("a", "c", True, "bca"), ("a", "b", True, "bac"), ("a", "c", False, "bac")],
)
def test_a_bed_is_moved_to_the_place_of_another(ward, bed: str, other: str, behind: bool, order: str) -> None:
    assert ward(f"return moved(['a', 'b', 'c'], '{bed}', '{other}', {str(behind).lower()}).join('');") == order


def test_a_bed_that_is_away_keeps_its_place(ward) -> None:
    assert ward("return moved(['a', 'c', 'd'], 'd', 'a', true).join('');", {"order": ["a", "b", "c"]}) == "adbc"


def test_a_bed_is_called_as_it_shall_be_until_it_is_called_by_nothing(ward) -> None:
    window = {"names": {"Bed 1": "Window"}}
    assert ward("return named('Bed 1', '  Window ', ['Bed 1']);") == {"Bed 1": "Window"}
    assert ward("return [nameOf('Bed 1'), nameOf('Bed 2'), nameOf('constructor')];", window) == [
        "Window",
        "Bed 2",
        "constructor",
    ]
    assert ward("return named('Bed 1', ' ', []);", window) == {}
    assert ward("return nameOf('Bed 1');", window, {}) == "Bed 1"


def test_no_two_beds_are_called_alike(ward) -> None:
    window = {"names": {"Bed 2": "Window"}}
    beds = "const beds = ['Bed 1', 'Bed 2'];"
    assert ward(f"{beds} return [named('Bed 1', 'Window', beds), named('Bed 1', 'Bed 2', beds)];", window) == [None] * 2
    assert ward(f"{beds} return named('Bed 1', 'Door', beds);", window) == {"Bed 2": "Window", "Bed 1": "Door"}


def test_the_last_word_counts_and_another_hub_knows_nothing_of_it(ward) -> None:
    told = {"order": ["b"], "names": {"b": "Door"}}
    late = "follow([{ kind: 'arrangement', seq: 1, order: ['a'] }])"  # from another connection
    assert ward(f"return [{late}, arrangement()];", {}, told) == [False, told]
    same = "follow([{ kind: 'welcome', session: 'one' }, { kind: 'arrangement', seq: 2, order: ['a'] }])"
    assert ward(f"return [{same}, arrangement()];", {}, told) == [False, told]
    other = "follow([{ kind: 'welcome', session: 'two' }])"
    assert ward(f"return [{other}, arrangement(), {other}];", told) == [True, {"order": [], "names": {}}, False]
