"""When the page of alarms asks the server again."""

from collections.abc import Callable
from typing import Any

import pytest

FROM = 'import { Turns } from "./turns.js";'


@pytest.fixture
def turns(told: Callable[[str, str], Any]) -> Callable[[str], Any]:
    """What turns, taken by a script, come to."""
    return lambda code: told(FROM, "const turns = new Turns();" + code)


def test_asks_at_once_and_waits_for_the_answer(turns) -> None:
    code = """
      const first = turns.due(0);
      turns.asked(0);
      turns.urgent = true; // somebody turns a page meanwhile
      return [first, turns.due(19_999), turns.due(20_000)];"""
    assert turns(code) == [True, False, True]


def test_news_are_asked_for_soon_but_not_at_every_word(turns) -> None:
    code = """
      turns.asked(0);
      turns.answered(50);
      turns.news = true;
      return [2049, 2050].map((now) => turns.due(now));"""
    assert turns(code) == [False, True]


def test_without_news_it_asks_now_and_then(turns) -> None:
    assert turns("turns.asked(0); turns.answered(50); return [9999, 10_000].map((now) => turns.due(now));") == [
        False,
        True,
    ]


def test_a_server_that_takes_long_is_asked_less_often(turns) -> None:
    code = """
      turns.asked(0);
      turns.answered(1000);
      turns.news = true;
      const rest = [5999, 6000].map((now) => turns.due(now));
      turns.urgent = true;
      return [...rest, turns.due(1001)];"""
    assert turns(code) == [False, True, True]
