"""How a ward's alarms did: how many there were, how many were false, how long they waited for somebody.

Pure, over what :mod:`stream.journal` has kept; :func:`read` alone reads it, :func:`show` alone prints.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Literal, TypeVar

import numpy as np
from rich.console import Console
from rich.table import Table

from stream.archive.records import utc
from stream.errors import JournalError
from stream.journal import PAGE, Journal, KeptAlarm, KeptEvent
from stream.limits import ALARMS
from stream.messages import Close, Open, Verdict

T = TypeVar("T")

_ORDER: Final = {name: number for number, name in enumerate(ALARMS)}


@dataclass(frozen=True, slots=True)
class Figures:
    """What is told of some alarms.

    Attributes
    ----------
    alarms
        How many.
    hours
        Hours of ECG in which they came.
    per_hour
        The one by the other; None without hours.
    true, false, uncertain
        How many were judged so by people, the last verdict on each.
    false_rate
        False ones among those judged true or false; None without any.
    acknowledged
        How many were.
    median_seconds, p90_seconds
        From told to acknowledged, by the clock: median and 90th percentile; None without any.
    """

    alarms: int
    hours: float
    per_hour: float | None
    true: int
    false: int
    uncertain: int
    false_rate: float | None
    acknowledged: int
    median_seconds: float | None
    p90_seconds: float | None


@dataclass(frozen=True, slots=True)
class Report:
    """Alarms told from ``since`` to ``until`` (UTC seconds).

    ``total`` is of all, ``kinds`` of each kind of alarm, ``beds`` of each bed and kind, with all of a bed as ``all``.
    """

    since: float
    until: float
    total: Figures
    kinds: Mapping[str, Figures]
    beds: Mapping[str, Mapping[str, Figures]]


def report(
    alarms: Sequence[KeptAlarm],
    verdicts: Mapping[str, Literal["true", "false", "uncertain"]],
    hours: Mapping[str, float],
    *,
    since: float,
    until: float,
) -> Report:
    """Count alarms.

    Parameters
    ----------
    alarms
        Each once.
    verdicts
        What people found, by the alarms' ids.
    hours
        Hours of ECG of each bed, those without alarms too.
    since, until
        The period that all this is of, in UTC seconds.
    """

    def figures(some: Sequence[KeptAlarm], over: float) -> Figures:
        found = [verdicts.get(kept.alarm.id) for kept in some]
        judged = found.count("true") + found.count("false")
        waits = [kept.acknowledged - kept.told for kept in some if kept.acknowledged is not None]
        median, p90 = np.quantile(waits, (0.5, 0.9)).tolist() if waits else (None, None)
        return Figures(
            alarms=len(some),
            hours=over,
            per_hour=len(some) / over if over > 0 else None,
            true=found.count("true"),
            false=found.count("false"),
            uncertain=found.count("uncertain"),
            false_rate=found.count("false") / judged if judged else None,
            acknowledged=len(waits),
            median_seconds=median,
            p90_seconds=p90,
        )

    def by_kind(some: Sequence[KeptAlarm], over: float) -> dict[str, Figures]:
        names = sorted({kept.alarm.name for kept in some}, key=lambda name: (_ORDER.get(name, len(_ORDER)), name))
        return {name: figures([kept for kept in some if kept.alarm.name == name], over) for name in names}

    every = sum(hours.values())
    beds = {}
    for bed in sorted({*hours, *(kept.alarm.bed for kept in alarms)}):
        here, over = [kept for kept in alarms if kept.alarm.bed == bed], hours.get(bed, 0.0)
        beds[bed] = {"all": figures(here, over)} | by_kind(here, over)
    return Report(since, until, figures(alarms, every), by_kind(alarms, every), beds)


def hours_of(events: Iterable[KeptEvent], since: float, until: float) -> dict[str, float]:
    """Hours of ECG of each bed that came from ``since`` to ``until`` (UTC seconds).

    A stream lasted as long as its samples say if it was closed, else, until the next of its bed or now, at its speed.
    Of one that came only partly in the period its share counts.

    Parameters
    ----------
    events
        Each :class:`~stream.messages.Open` and :class:`~stream.messages.Close` told before ``until``, in order.
    since, until
        The period.
    """
    hours: dict[str, float] = {}
    current: dict[str, tuple[Open, float]] = {}

    def end(bed: str, at: float, close: Close | None) -> None:
        opened, began = current.pop(bed)
        took = at - began
        if close is not None:
            seconds = max(0.0, (close.sample - opened.first) / opened.fs)
        else:
            seconds = took * (opened.speed or 1.0)
        share = 1.0 if took <= 0 and at >= since else max(0.0, at - max(since, began)) / took if took > 0 else 0.0
        hours[bed] = hours.get(bed, 0.0) + share * seconds / 3600

    for kept in events:
        match kept.event:
            case Open() as opened:
                before = current.get(opened.bed)
                if before is not None and before[0].stream == opened.stream:
                    continue
                if before is not None:
                    end(opened.bed, kept.at, None)
                current[opened.bed] = (opened, kept.at)
            case Close() as close if close.bed in current and current[close.bed][0].stream == close.stream:
                end(close.bed, kept.at, close)
            case _:
                pass
    for bed in tuple(current):
        end(bed, until, None)
    return hours


def read(journal: str | Path, *, since: float = 0.0, until: float | None = None, bed: str | None = None) -> Report:
    """Read a journal and report.

    Parameters
    ----------
    journal
        Path of the SQLite file, or a database's address.
    since, until
        UTC seconds; to now if None.
    bed
        Of this one alone.

    Raises
    ------
    JournalError
        If it cannot be read, or has never heard of the bed.
    """
    until = time.time() if until is None else until
    with Journal(journal) as kept:
        alarms = _all(lambda page: kept.alarms(bed, since=since, until=until, offset=page))
        said = _all(lambda page: kept.audit(bed, ("verdict",), since=since, offset=page))
        events = _all(lambda page: kept.events(bed, ("open", "close"), until=until, offset=page))
        if bed is not None and not events:
            opens = _all(lambda page: kept.events(None, ("open",), until=until, offset=page))
            beds = ", ".join(sorted({opened.event.bed for opened in opens if isinstance(opened.event, Open)})) or "none"
            raise JournalError(f"expected a bed the journal has heard of, got {bed!r}; there are: {beds}")
    verdicts = {deed.deed.alarm: deed.deed.verdict for deed in reversed(said) if isinstance(deed.deed, Verdict)}
    first = min((event.at for event in events), default=until)
    hours = hours_of(reversed(events), since, until)
    return report(alarms, verdicts, hours, since=max(since, first), until=until)


def as_json(report: Report) -> dict[str, Any]:
    """A report as plain data, times in ISO 8601, UTC."""
    return asdict(report) | {"since": _time(report.since), "until": _time(report.until)}


def show(report: Report, console: Console | None = None) -> None:
    """Print a report as tables: of each bed, then of all by kind."""
    console = console or Console()
    console.print(f"Alarms from {_time(report.since)} to {_time(report.until)}", style="bold")
    if len(report.beds) > 1:
        table = _table("Bed")
        for bed, kinds in report.beds.items():
            table.add_row(bed, *_cells(kinds["all"]))
        console.print(table)
    table = _table("Alarm")
    for name, figures in report.kinds.items():
        kind = ALARMS.get(name)
        table.add_row(f"{kind.title} ({kind.priority})" if kind else name, *_cells(figures))
    table.add_section()
    table.add_row("All", *_cells(report.total))
    console.print(table)
    if report.total.false_rate is None:
        console.print("No alarm has a verdict yet: cardiovision adjudicate ALARM true|false|uncertain", style="dim")


def _table(what: str) -> Table:
    table = Table(what, box=None, pad_edge=False)
    for heading in ("alarms", "hours", "per hour", "judged", "false", "acknowledged", "median", "90 %"):
        table.add_column(heading, justify="right")
    return table


def _cells(figures: Figures) -> list[str]:
    def of(value: float | None, form: str, unit: str = "") -> str:
        return "-" if value is None else f"{value:{form}}{unit}"

    rate = None if figures.false_rate is None else 100 * figures.false_rate
    return [
        str(figures.alarms),
        of(figures.hours, ".2f"),
        of(figures.per_hour, ".2f"),
        str(figures.true + figures.false + figures.uncertain),
        of(rate, ".0f", " %"),
        str(figures.acknowledged),
        of(figures.median_seconds, ".0f", " s"),
        of(figures.p90_seconds, ".0f", " s"),
    ]


def _all(page: Callable[[int], list[T]]) -> list[T]:
    """All pages of what the journal gives a page at a time."""
    found: list[T] = []
    while len(more := page(len(found))) == PAGE:
        found += more
    return found + more


def _time(seconds: float) -> str:
    time = utc(seconds)
    return "" if time is None else f"{time:%Y-%m-%dT%H:%M:%SZ}"
