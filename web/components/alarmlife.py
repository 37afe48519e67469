"""One alarm in words: what was known when it began, what became of it, and what people found."""

from collections import Counter
from collections.abc import Sequence
from datetime import tzinfo
from urllib.parse import quote

from dash import html
from dash.development.base_component import Component

from stream.alarms import Alarm, Quality, Rhythm
from stream.journal import KeptDeed
from stream.messages import Beat, Open, Verdict
from web.components.alarmwords import MARKS, PRIORITIES, VERDICTS, clock, day_and_clock, duration, title_of

LEADS = {"noisy": "noisy", "mains": "mains hum", "saturated": "saturated", "flat": "flat", "off": "off"}


def heading(alarm: Alarm, told: float, zone: tzinfo) -> list[Component]:
    """Name an alarm: mark and words, bed and time."""
    return [
        html.H1([html.Span(f"{MARKS[alarm.priority]} ", title=PRIORITIES[alarm.priority]), alarm.text]),
        html.Span(
            [html.A(alarm.bed, href=f"/bed/{quote(alarm.bed, safe='')}"), f", {day_and_clock(told, zone)}"],
            className="text",
        ),
    ]


def steps(revisions: Sequence[tuple[float, Alarm]], began: float | None) -> list[tuple[float, str]]:
    """Tell the life of an alarm: when (UTC seconds) and what.

    Parameters
    ----------
    revisions
        All that was told of it, and when, in order.
    began
        When its condition began; None if that is not known.
    """
    told: list[tuple[float, str]] = [] if began is None else [(began, "The condition began")]
    before: Alarm | None = None
    for at, alarm in revisions:
        if before is None:
            told.append((at, f"Announced: {alarm.text}"))
        elif alarm.text != before.text:
            told.append((at, f"Now: {alarm.text}"))
        if alarm.acknowledged and not (before and before.acknowledged):
            told.append((at, f"Acknowledged by {alarm.by or 'somebody'}"))
        if alarm.state != "active" and (before is None or before.state == "active"):
            latched = ", and it stays until acknowledged" if alarm.state == "latched" else ""
            told.append((at, f"The condition was over{latched}"))
        if alarm.state == "ended" and (before is None or before.state != "ended"):
            told.append((at, "Ended"))
        before = alarm
    return told


def life_list(revisions: Sequence[tuple[float, Alarm]], began: float | None, zone: tzinfo) -> list[Component]:
    """List the life of an alarm, and how long each step came after the announcement."""
    first = revisions[0][0]
    items = [
        html.Li(
            [
                html.Time(clock(at, zone)),
                html.Span(words),
                html.Span(f"+{duration(at - first)}" if at - first >= 0.5 else "", className="note"),
            ]
        )
        for at, words in steps(revisions, began)
    ]
    if revisions[-1][1].state != "ended":
        items.append(html.Li([html.Time("now"), html.Span("It has not ended")]))
    return [*items]


def facts(
    alarm: Alarm,
    opened: Open | None,
    beat: Beat | None,
    rhythm: Rhythm | None,
    quality: Quality | None,
    beats: Sequence[Beat],
) -> list[Component]:
    """List what was known at the onset; what is not known is not listed."""
    known: list[tuple[str, str]] = [
        ("Alarm", title_of(alarm.name)),
        ("Priority", PRIORITIES[alarm.priority]),
    ]
    if beat is not None and beat.hr is not None:
        known.append(("HR", f"{beat.hr:.0f} /min"))
    if beat is not None and beat.rr is not None:
        known.append(("RR", f"{1000 * beat.rr:.0f} ms"))
    if rhythm is not None:
        known.append(("Rhythm", rhythm.text))
    if quality is not None:
        known.append(("Leads", quality_words(quality, opened)))
    if beats:
        counts = Counter(found.label for found in beats)
        known.append(("Beats", ", ".join(f"{count} {label}" for label, count in sorted(counts.items()))))
    if opened is not None and opened.title:
        known.append(("Signal", opened.title))
    return [html.Div([html.Dt(name), html.Dd(words)]) for name, words in known]


def quality_words(quality: Quality, opened: Open | None) -> str:
    """Say which leads were bad: ``V1 noisy``."""
    names = [lead.name for lead in opened.leads] if opened else [f"lead {k + 1}" for k in range(len(quality.leads))]
    bad = [f"{name} {LEADS[state]}" for name, state in zip(names, quality.leads, strict=False) if state in LEADS]
    return ", ".join(bad) or "all good"


def verdict_list(verdicts: Sequence[KeptDeed], zone: tzinfo) -> list[Component]:
    """List what people found, the newest first."""
    items: list[Component] = []
    for kept in verdicts:
        if isinstance(kept.deed, Verdict):
            said = kept.deed
            items.append(
                html.Li(
                    [
                        html.B(VERDICTS[said.verdict]),
                        html.Span(f"{said.by or 'somebody'}, {day_and_clock(kept.at, zone)}", className="note"),
                        *([html.Q(said.comment)] if said.comment else []),
                    ],
                    **{"data-verdict": said.verdict},
                )
            )
    return items or [html.Li("Nobody has judged this alarm yet.", className="note")]
