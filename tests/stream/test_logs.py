"""One line an event, in one shape."""

import io
import logging
import re
import warnings
from collections.abc import Iterator

import pytest

from stream import logs

TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z "


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What is logged; the logging of the process is put back afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    logs.setup(to=stream)
    yield stream
    logging.captureWarnings(False)
    root.handlers[:] = handlers
    root.setLevel(level)


def said(written: io.StringIO) -> str:
    """The one line written, without its time."""
    text = written.getvalue()
    assert text.count("\n") == 1
    assert re.match(TIME, text)
    return re.sub(TIME, "", text).removesuffix("\n")


def test_an_event_is_time_level_component_event_and_pairs(written: io.StringIO) -> None:
    logging.getLogger("stream.hub").info("subscriber came", extra={"peer": "ward 3", "seq": 7, "lag": 0.25})
    assert said(written) == 'info stream.hub subscriber came peer="ward 3" seq=7 lag=0.25'


@pytest.mark.parametrize(
    ("value", "shown"), [("", '""'), ("a=b", '"a=b"'), ('say "x"', r'"say \"x\""'), ("a\nb", r'"a\nb"')]
)
def test_no_value_can_break_the_line(written: io.StringIO, value: str, shown: str) -> None:
    logging.getLogger("stream.hub").info("odd", extra={"value": value})
    assert said(written) == f"info stream.hub odd value={shown}"


def test_an_exception_is_one_line_with_its_place(written: io.StringIO) -> None:
    try:
        raise ValueError("two\nlines")
    except ValueError:
        logging.getLogger("detector").exception("block failed")
    assert re.fullmatch(
        r'error detector block failed error="ValueError: two\\nlines" at=\S+test_logs.py:\d+', said(written)
    )


def test_libraries_are_heard_only_from_warning_up(written: io.StringIO) -> None:
    logging.getLogger("somebody.else").info("chatter")
    assert written.getvalue() == ""
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("old way", stacklevel=1)
    assert "old way" in said(written)
