"""The order and the names of beds at one browser, run by Node."""

from collections.abc import Callable
from typing import Any

import pytest

IMPORTS = 'import { forgetAll, inOrder, keepOrder, moved, nameOf, rename } from "./names.js";'
STORE = """
const kept = new Map();
globalThis.localStorage = {
  getItem: (key) => kept.get(key) ?? null,
  setItem: (key, value) => kept.set(key, value),
  removeItem: (key) => kept.delete(key),
};
"""


@pytest.fixture
def named(told: Callable[[str, str], Any]) -> Callable[[str], Any]:
    return lambda code: told(IMPORTS, STORE + code)


def test_beds_stand_by_name_as_people_count(named) -> None:
    assert named("return inOrder(['Bed 10', 'Bed 2', 'ICU 1', 'Bed 1']);") == ["Bed 1", "Bed 2", "Bed 10", "ICU 1"]


def test_beds_that_were_arranged_come_first_and_new_ones_after_them(named) -> None:
    order = named("keepOrder(['Bed 3', 'gone', 'Bed 1']); return inOrder(['Bed 1', 'Bed 10', 'Bed 2', 'Bed 3']);")
    assert order == ["Bed 3", "Bed 1", "Bed 2", "Bed 10"]


@pytest.mark.parametrize(
    ("bed", "before", "order"), [("c", "a", "cab"), ("a", "c", "bac"), ("a", None, "bca"), ("b", "nobody", "acb")]
)
def test_a_bed_is_moved_before_another(named, bed: str, before: str | None, order: str) -> None:
    other = "undefined" if before is None else f"'{before}'"
    assert named(f"return moved(['a', 'b', 'c'], '{bed}', {other}).join('');") == order


def test_a_bed_is_called_as_it_shall_be_until_it_is_called_by_nothing(named) -> None:
    assert named("rename('Bed 1', '  Window ', ['Bed 1']); return [nameOf('Bed 1'), nameOf('Bed 2')];") == [
        "Window",
        "Bed 2",
    ]
    assert named("rename('Bed 1', 'Window', []); rename('Bed 1', ' ', []); return nameOf('Bed 1');") == "Bed 1"
    assert named("rename('Bed 1', 'Window', []); forgetAll(); return nameOf('Bed 1');") == "Bed 1"


def test_no_two_beds_are_called_alike(named) -> None:
    beds = "const beds = ['Bed 1', 'Bed 2']; const taken = rename('Bed 2', 'Window', beds);"
    assert named(f"{beds} return [taken, rename('Bed 1', 'Window', beds), nameOf('Bed 1')];") == [True, False, "Bed 1"]
    assert named(f"{beds} return [rename('Bed 1', 'Bed 2', beds), nameOf('Bed 1')];") == [False, "Bed 1"]


@pytest.mark.parametrize("kept", ["not json", "null", '{"order": 3}', '{"names": {"toString": "x"}}'])
def test_what_was_kept_and_cannot_be_read_does_no_harm(named, kept: str) -> None:
    code = f"kept.set('cardiovision.ward', {kept!r}); return [inOrder(['b', 'a']), nameOf('a'), nameOf('constructor')];"
    assert named(code) == [["a", "b"], "a", "constructor"]
