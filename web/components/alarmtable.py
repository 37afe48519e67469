"""Alarms to be read: the list beside the timeline, and the figures of how a ward's alarms did."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Final
from urllib.parse import quote

from dash import html
from dash.development.base_component import Component

from stream.journal import KeptAlarm, KeptDeed
from stream.messages import Verdict
from stream.report import Figures, Report
from web.components.alarmwords import MARKS, PRIORITIES, VERDICTS, day_and_clock, duration, title_of

PAGE: Final = 50
"""Alarms on a page of the list."""

HEADINGS: Final = ("Announced", "Bed", "Alarm", "Lasted", "Acknowledged", "Found")


@dataclass(frozen=True, slots=True)
class Filter:
    """Which alarms are listed: of a priority, of a kind, found so (``none``: not judged yet); empty is any."""

    priority: str = ""
    kind: str = ""
    verdict: str = ""

    def keeps(self, kept: KeptAlarm, verdict: str) -> bool:
        """Whether an alarm is listed; ``verdict`` is the last on it, empty if there is none."""
        return (
            self.priority in ("", kept.alarm.priority)
            and self.kind in ("", kept.alarm.name)
            and self.verdict in ("", verdict or "none")
        )


def event_path(alarm: str) -> str:
    """Where an alarm's page is, by its id."""
    return f"/event/{quote(alarm, safe='')}"


def verdict_of(verdicts: Mapping[str, KeptDeed], alarm: str) -> str:
    """The last verdict on an alarm; empty if there is none."""
    kept = verdicts.get(alarm)
    return kept.deed.verdict if kept is not None and isinstance(kept.deed, Verdict) else ""


def alarm_rows(
    some: Sequence[KeptAlarm], verdicts: Mapping[str, KeptDeed], now: float, zone: tzinfo
) -> list[Component]:
    """List alarms, a row each."""
    return [_row(kept, verdict_of(verdicts, kept.alarm.id), now, zone) for kept in some]


def _row(kept: KeptAlarm, verdict: str, now: float, zone: tzinfo) -> html.Tr:
    alarm = kept.alarm
    title = title_of(alarm.name)
    words = alarm.text if alarm.text.startswith(title) else title
    more = "" if words == alarm.text else f" {alarm.text}"
    mark = html.Span(MARKS[alarm.priority], className="mark", title=PRIORITIES[alarm.priority])
    link = html.A([mark, f" {words}"], href=event_path(alarm.id))
    lasted = duration((now if kept.over is None else kept.over) - kept.told) + (" so far" if kept.over is None else "")
    return html.Tr(
        [
            html.Td(day_and_clock(kept.told, zone, now)),
            html.Td(alarm.bed),
            html.Th([link, html.Span(more, className="note")], scope="row", className="kind"),
            html.Td(lasted),
            html.Td(_acknowledged(kept)),
            html.Td(VERDICTS.get(verdict, "–"), className="verdict"),
        ],
        **{"data-id": alarm.id, "data-priority": alarm.priority, "data-verdict": verdict or "none"},
    )


def _acknowledged(kept: KeptAlarm) -> str:
    if kept.acknowledged is not None:
        return f"after {duration(kept.acknowledged - kept.told)}{f', {kept.alarm.by}' if kept.alarm.by else ''}"
    return "no" if kept.ended is not None else "not yet"


def figures_of(report: Report) -> list[Component]:
    """Show how the alarms of a period did: all of them large, then by kind."""
    all_of = report.total
    seen = all_of.true + all_of.false + all_of.uncertain
    tiles = [
        _tile("Alarms", f"{all_of.alarms:,}", f"in {all_of.hours:.1f} h of ECG"),
        _tile("Per bed and hour", _number(all_of.per_hour, ".1f"), "alarms for each hour of ECG"),
        _tile("False", _percent(all_of.false_rate), f"of those judged; {seen} of {all_of.alarms} are"),
        _tile("Acknowledged", str(all_of.acknowledged), _waited(all_of)),
    ]
    body = [
        html.Tr(
            [
                html.Th(title_of(name), scope="row"),
                html.Td(f"{of.alarms:,}"),
                html.Td(_number(of.per_hour, ".2f")),
                html.Td(_percent(of.false_rate)),
                html.Td("–" if of.median_seconds is None else duration(of.median_seconds)),
            ]
        )
        for name, of in report.kinds.items()
    ]
    headings = ("Kind", "Alarms", "Per hour", "False", "Acknowledged after")
    table = html.Table([html.Thead(html.Tr([html.Th(text, scope="col") for text in headings])), html.Tbody(body)])
    return [html.Dl(tiles, className="alarm-figures"), table] if body else [html.Dl(tiles, className="alarm-figures")]


def _tile(name: str, value: str, note: str) -> html.Div:
    return html.Div([html.Dt(name), html.Dd(value, className="value"), html.Dd(note, className="note")])


def _waited(of: Figures) -> str:
    if of.median_seconds is None or of.p90_seconds is None:
        return "nobody has yet"
    return f"half within {duration(of.median_seconds)}, 90 % within {duration(of.p90_seconds)}"


def _number(value: float | None, form: str) -> str:
    return "–" if value is None else f"{value:{form}}"


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.0%}"
