"""One alarm, looked at again: what the server answers its page, from journal and archive."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo
from typing import Any, Final
from urllib.parse import quote

import msgspec
from dash import html, no_update
from dash.development.base_component import Component
from plotly.graph_objects import Figure

from stream.archive.export import Format, on_paper
from stream.archive.records import Excerpt
from stream.errors import CardioVisionError
from stream.paper import Strip
from web.components.alarmlife import facts, heading, life_list, verdict_list
from web.components.alarmtable import event_path
from web.components.figure import empty_figure
from web.components.strip import Look, strip_figure
from web.kept import Kept, Life, zone_named
from web.words import class_words

EXPORTS: Final[dict[Format, str]] = {"wfdb": "WFDB record", "csv": "CSV", "png": "PNG", "pdf": "PDF"}

SETTLED: Final = 120.0
"""Seconds after which no strip is to come any more."""


class Asked(msgspec.Struct, frozen=True):
    """What the browser asks for.

    Attributes
    ----------
    alarm
        Its id.
    zone
        Name of the viewer's time zone.
    width, pixels
        CSS pixels across, and in a millimetre.
    drawn
        What strip is drawn already, as :class:`Told` said it.
    """

    alarm: str
    zone: str = "UTC"
    width: float = 1000.0
    pixels: float = 96 / 25.4
    drawn: str = ""


class Told(msgspec.Struct, frozen=True):
    """What the browser is told beside what it shows.

    Attributes
    ----------
    alarm, bed, stream, fs, epoch
        As in alarm and stream.
    first
        First sample of the strip.
    beat
        Sample of the beat to explain first; None if the alarm rests on none.
    pending
        Whether more of the strip is to come.
    top
        How far down the strip the alarm begins, in CSS pixels.
    drawn
        What strip is drawn.
    """

    alarm: str
    bed: str = ""
    stream: str = ""
    fs: float = 0.0
    epoch: float = 0.0
    first: int = 0
    beat: int | None = None
    pending: bool = False
    top: int = 0
    drawn: str = ""


def shown(kept: Kept, data: Any, now: float) -> tuple[Any, ...]:
    """Answer the browser; what cannot be read is told in the place of the strip."""
    try:
        asked = msgspec.convert(data, Asked)
        life = kept.life(asked.alarm)
    except (CardioVisionError, msgspec.ValidationError) as error:
        name = data.get("alarm", "") if isinstance(data, dict) else ""
        empty: list[Any] = [[]] * 5
        unknown = msgspec.json.encode(Told(str(name))).decode()
        return [html.H1("Alarm")], no_strip(), _said(error), *empty, "", "", unknown
    zone, alarm, opened, first_told = zone_named(asked.zone), life.alarm, life.opened, life.revisions[0][0]
    strip = _strip(kept, life, asked, zone, pending=now - first_told < SETTLED)
    told = Told(
        alarm=alarm.id,
        bed=alarm.bed,
        stream=alarm.stream,
        fs=opened.fs if opened else 0.0,
        epoch=opened.epoch if opened else 0.0,
        first=strip.first,
        beat=_telling(life),
        pending=strip.pending,
        top=strip.top,
        drawn=strip.drawn,
    )
    return (
        heading(alarm, first_told, zone),
        no_update if strip.drawn and strip.drawn == asked.drawn else strip.figure,
        strip.note,
        facts(alarm, opened, life.beat, life.rhythm, life.quality, life.beats),
        life_list(life.revisions, _began(life, first_told), zone),
        verdict_list(life.verdicts, zone),
        _beats(life),
        _exports(alarm.id, asked.zone) if strip.cut else [html.Span("Nothing to export.", className="note")],
        event_path(life.before) if life.before else "",
        event_path(life.after) if life.after else "",
        msgspec.json.encode(told).decode(),
    )


@dataclass(frozen=True, slots=True)
class _Drawn:
    """A strip and what there is to say of it; see :class:`Told`. ``cut``: it is whole, and can be exported."""

    figure: Figure
    note: str = ""
    cut: bool = False
    pending: bool = False
    first: int = 0
    top: int = 0
    drawn: str = ""


def _strip(kept: Kept, life: Life, asked: Asked, zone: tzinfo, *, pending: bool) -> _Drawn:
    """Draw the strip of an alarm, as far as there is one; ``pending``: more may still come."""
    alarm = life.alarm
    recorded = "The strip is still being recorded: it goes on until 10 s after the announcement."
    try:
        excerpt, cut = kept.strip(alarm, life.opened)
    except CardioVisionError as error:
        return _Drawn(no_strip(), recorded if pending else _said(error), pending=pending)
    note = ""
    if not cut and pending:
        note = recorded
    elif excerpt.opened.speed != 1:
        note = "Not in real time: times on the strip are the stream's own."
    look = Look.within(asked.width, asked.pixels)
    strip, first = _on_paper(excerpt, life, zone), excerpt.first
    onset, over = (sample - first for sample in (alarm.onset, alarm.ended or alarm.announced))
    return _Drawn(
        strip_figure(strip, (onset, over), {sample - first for sample in alarm.beats}, look),
        note,
        cut,
        pending and not cut,
        first,
        look.top(strip, onset),
        f"{alarm.id} {strip.values.shape} {len(strip.beats)} {strip.marks} {look}",
    )


def _on_paper(excerpt: Excerpt, life: Life, zone: tzinfo) -> Strip:
    """Make of the ECG what is drawn: with the journal's beats if it has any, and the marks of the alarm's life."""
    alarm, first, count = life.alarm, excerpt.first, excerpt.samples.shape[1]
    strip = on_paper(excerpt, zone, "")
    beats = [(beat.sample - first, beat.label) for beat in life.beats if 0 <= beat.sample - first < count]
    marks = [(alarm.onset - first, "began"), (alarm.announced - first, "announced")]
    if alarm.announced == alarm.onset:
        marks = [(alarm.onset - first, "began and announced")]
    if alarm.ended is not None:
        marks.append((alarm.ended - first, "over"))
    return replace(strip, beats=beats or strip.beats, marks=marks)


def _began(life: Life, told: float) -> float | None:
    """When the condition began, by the hub's clock, in which the rest of its life is told."""
    if life.opened is None:
        return None
    seconds = (life.alarm.announced - life.alarm.onset) / life.opened.fs
    return told - seconds / (life.opened.speed or 1.0)


def _telling(life: Life) -> int | None:
    """The beat that tells most: the last that is not normal, else the last."""
    normal = {beat.sample for beat in life.beats if beat.label == "N"}
    odd = [sample for sample in life.alarm.beats if sample not in normal]
    return next(iter((odd or list(life.alarm.beats))[-1:]), None)


def _said(error: Exception) -> str:
    text = str(error)
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith('.') else '.'}"


def _beats(life: Life) -> list[Component]:
    """Let the beats that an alarm rests on be chosen, the last first chosen."""
    labels = {beat.sample: beat.label for beat in life.beats}
    return [
        html.Button(
            class_words(labels[sample]) if sample in labels else "beat",
            type="button",
            **{"data-sample": str(sample), "aria-pressed": "false"},
        )
        for sample in life.alarm.beats
    ] or [html.Span("This alarm rests on no single beats.", className="note")]


def _exports(alarm: str, zone: str) -> Sequence[Component]:
    return [
        html.A(
            text,
            href=f"/kept/strip?alarm={quote(alarm, safe='')}&format={form}&zone={quote(zone, safe='')}",
            download="",
            className="button",
            **{"data-format": form},
        )
        for form, text in EXPORTS.items()
    ]


def no_strip() -> Figure:
    """What stands in the place of a strip where there is none."""
    return empty_figure("").update_layout(height=40, width=40)
