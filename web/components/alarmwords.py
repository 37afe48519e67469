"""Alarms in words and signs, as timeline, list and event write them."""

from collections.abc import Sequence
from datetime import datetime, tzinfo
from html import escape
from typing import Final

from stream.alarms import Priority
from stream.journal import KeptAlarm
from stream.limits import ALARMS

MARKS: Final[dict[Priority, str]] = {"high": "***", "medium": "**", "low": "*", "technical": "!"}
"""What stands before an alarm, so that its priority is seen without its colour."""

PRIORITIES: Final[dict[Priority, str]] = {
    "high": "High priority",
    "medium": "Medium priority",
    "low": "Low priority",
    "technical": "Technical",
}

VERDICTS: Final = {"true": "True alarm", "false": "False alarm", "uncertain": "Uncertain"}


def title_of(name: str) -> str:
    """Name a kind of alarm for people."""
    kind = ALARMS.get(name)
    return kind.title if kind else name


def order_of(name: str) -> tuple[int, str]:
    """Sort kinds of alarms: the worst first within its priority, what is unknown last."""
    return (list(ALARMS).index(name) if name in ALARMS else len(ALARMS)), name


def clock(seconds: float, zone: tzinfo) -> str:
    """Write a time of day."""
    return f"{datetime.fromtimestamp(seconds, zone):%H:%M:%S}"


def day_and_clock(seconds: float, zone: tzinfo, now: float | None = None) -> str:
    """Write day and time, ``22 Nov 14:03:05``; without the day if it is that of ``now``."""
    time = datetime.fromtimestamp(seconds, zone)
    if now is not None and datetime.fromtimestamp(now, zone).date() == time.date():
        return f"{time:%H:%M:%S}"
    return f"{time.day} {time:%b %H:%M:%S}"


def duration(seconds: float) -> str:
    """Write a length of time as people say it: ``8 s``, ``4:05 min``, ``3:20 h``."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02} min"
    return f"{whole // 3600}:{whole // 60 % 60:02} h"


def fate(kept: KeptAlarm, zone: tzinfo) -> str:
    """Say what became of an alarm: ``acknowledged 14:03:05 by Kim, over 14:04:10``."""
    said = []
    if kept.acknowledged is not None:
        said.append(f"acknowledged {clock(kept.acknowledged, zone)}{f' by {kept.alarm.by}' if kept.alarm.by else ''}")
    if kept.over is not None:
        said.append(f"over {clock(kept.over, zone)}")
    if kept.over is not None and kept.ended is None:
        said.append("not acknowledged")
    return ", ".join(said or ["going on"])


def hover_one(kept: KeptAlarm, zone: tzinfo) -> str:
    """Tell of an alarm what one wants to know before opening it, for Plotly, which takes tags for its own."""
    alarm = kept.alarm
    lines = (alarm.text, f"announced {clock(kept.told, zone)}", fate(kept, zone))
    head = f"<b>{MARKS[alarm.priority]} {_plain(title_of(alarm.name))}</b>, {_plain(alarm.bed)}"
    return "<br>".join([head, *map(_plain, lines), "<i>click to open</i>"])


def hover_many(some: Sequence[KeptAlarm], zone: tzinfo) -> str:
    """Tell of alarms that share a bar, the newest first."""
    counts: dict[str, int] = {}
    for kept in some:
        title = title_of(kept.alarm.name)
        counts[title] = counts.get(title, 0) + 1
    head = f"<b>{len(some)} alarms</b>, {clock(some[-1].told, zone)} to {clock(some[0].told, zone)}"
    kinds = sorted(counts.items(), key=lambda pair: -pair[1])
    return "<br>".join([head, *(f"{count} {_plain(title)}" for title, count in kinds[:6]), "<i>click to zoom in</i>"])


def _plain(text: str) -> str:
    return escape(text, quote=False)
