"""What is kept of a bed, for the browser: waves with their beats, in the words of the feed, and trends of its beats."""

import math
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Annotated, Any, Final

import msgspec
from dash import Dash
from fastapi import FastAPI, Query, Response
from msgspec import structs

from stream.archive.records import Excerpt
from stream.errors import CardioVisionError, JournalError, SourceError
from stream.messages import AAMI, Beat, Message, Problem, Wave, encode_frame, pack
from web.kept import Kept
from web.settings import Settings
from web.trend import Trend, trend

LONGEST_WAVES: Final = 120.0
"""Most seconds of waves in one answer."""

DAY: Final = 24 * 3600.0

LONGEST_TREND: Final = DAY
"""Most seconds of beats in one answer."""

LATEST: Final = 1e11
"""UTC seconds, on either side of 1970, beyond which nothing is looked for."""

MOST_STREAMS: Final = 200
"""Most streams of a bed that are looked at: a record that loops opens one each time."""

_MSGPACK: Final = "application/msgpack"
_From = Annotated[float, Query(alias="from")]
_To = Annotated[float, Query(alias="to")]


def register(app: Dash, settings: Settings) -> None:
    """Serve ``/kept/waves`` and ``/kept/trend``, both ``?bed=&from=&to=`` in UTC seconds.

    What goes wrong is told in a sentence, as a :class:`~stream.messages.Problem` or the trend's ``problem``: to have
    nothing of a time is no failure of the request.
    """
    backend: FastAPI = app.server

    @backend.get("/kept/waves")
    def waves(bed: str, begin: _From, end: _To) -> Response:
        return _answer(lambda: kept_waves(settings, bed, begin, end), lambda text: [Problem(bed=bed, text=text)])

    @backend.get("/kept/trend")
    def trends(bed: str, begin: _From, end: _To, offset: float = 0.0) -> Response:
        return _answer(lambda: kept_trend(settings, bed, begin, end, offset), lambda text: Trend(problem=text))


def kept_waves(settings: Settings, bed: str, begin: float, end: float) -> list[Message]:
    """Say again what the feed said of a bed between two times (UTC seconds): streams, their waves and beats.

    Raises
    ------
    CardioVisionError
        If nothing is kept, or the period is none or too long; the text says what there is.
    """
    _check(begin, end, LONGEST_WAVES)
    said: list[Message] = []
    for excerpt in Kept(settings).archive().read(bed, begin, end):
        opened = excerpt.opened
        said.append(structs.replace(opened, first=excerpt.first))
        said.append(Wave(bed=bed, stream=opened.stream, start=excerpt.first, samples=pack(excerpt.samples)))
        said += _beats(settings, excerpt)
    return said


def kept_trend(settings: Settings, bed: str, begin: float, end: float, offset: float) -> Trend:
    """Sum up the beats of a bed between two times (UTC seconds), its hours counted in a zone ``offset`` s east.

    Raises
    ------
    CardioVisionError
        If no journal is kept, it cannot be read, or the period is none or too long.
    """
    _check(begin, end, LONGEST_TREND)
    if not abs(offset) <= DAY:
        raise SourceError(f"expected the offset of a time zone in seconds, got {offset:g}")
    found: list[tuple[float, Beat]] = []
    with Kept(settings).journal() as journal:
        for opened in journal.streams(bed, limit=MOST_STREAMS):
            start, stop = (math.ceil((time - opened.epoch) * opened.fs) for time in (begin, end))
            if stop > 0:
                beats = journal.beats(bed, opened.stream, max(0, start), stop)
                found += [(opened.epoch + beat.sample / opened.fs, beat) for beat in beats]
    return trend(found, begin, end, offset)


def _beats(settings: Settings, excerpt: Excerpt) -> Sequence[Beat]:
    """The beats of an excerpt: the journal's, with all that was said of them, else those annotated in the record."""
    opened, first = excerpt.opened, excerpt.first
    with suppress(JournalError), Kept(settings).journal() as journal:
        found = journal.beats(opened.bed, opened.stream, first, first + excerpt.samples.shape[1])
        if found:
            return found
    return [
        Beat(bed=opened.bed, stream=opened.stream, sample=at, label=symbol, probabilities=())
        for at, symbol, _ in excerpt.notes
        if symbol in AAMI
    ]


def _check(begin: float, end: float, longest: float) -> None:
    if not (max(abs(begin), abs(end)) <= LATEST and 0 < end - begin <= longest):
        raise SourceError(f"expected a period of at most {longest:g} s, got {begin:g} to {end:g}")


def _answer(ask: Callable[[], Any], excuse: Callable[[str], Any]) -> Response:
    try:
        said = ask()
    except CardioVisionError as error:
        said = excuse(str(error))
    content = encode_frame(said) if isinstance(said, list) else msgspec.msgpack.encode(said)
    return Response(content, media_type=_MSGPACK, headers={"Cache-Control": "no-store"})
