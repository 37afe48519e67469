"""The alarm timeline: a row for each bed or, of one bed, for each kind; a bar for as long as an alarm was told of.

Priority is told by the symbol where an alarm begins and, between beds, by its lane within the row; what became of an
alarm by the filling of its bar. Colour only goes with them.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from html import escape
from typing import Any, Final, Literal, TypeAlias

import plotly.graph_objects as go

from stream.alarms import Priority
from stream.journal import KeptAlarm
from stream.paper import zone_of
from web.components.alarmwords import PRIORITIES, hover_many, hover_one, order_of, title_of
from web.components.figure import dress

Part: TypeAlias = Literal["active", "acknowledged", "latched"]
Span: TypeAlias = tuple[float, float]

COLOURS: Final[dict[Priority, str]] = {
    "high": "#e0303a",
    "medium": "#c28a00",
    "low": "#1f8fb3",
    "technical": "#7a8a94",
}
"""Of at least 3:1 on dark and on light alike."""

SYMBOLS: Final[dict[Priority, str]] = {
    "high": "triangle-down",
    "medium": "diamond",
    "low": "circle",
    "technical": "x",
}

DRAWN: Final = 1000
"""Most bars; of more alarms, those close together share one."""

BINS: Final = (320, 160, 80, 40, 20, 10)
"""Into how many stretches what is seen is divided, within which alarms share a bar: the first with few enough bars."""

BED_HEIGHT, KIND_HEIGHT = 36, 28
"""Of a row, in pixels."""

_LANE: Final = 0.22
_HOVER: Final = "%{hovertext}<extra></extra>"


@dataclass(frozen=True, slots=True)
class Mark:
    """What one bar stands for: an alarm, or some of one row and priority, the newest first."""

    row: str
    priority: Priority
    alarms: Sequence[KeptAlarm]

    @property
    def id(self) -> str:
        """The alarm's; empty if there are several."""
        return self.alarms[0].alarm.id if len(self.alarms) == 1 else ""


def parts(kept: KeptAlarm, now: float) -> list[tuple[Part, float, float]]:
    """Divide the life of an alarm, up to ``now`` (UTC seconds): which part, from when, until when.

    It is active until its condition is over or somebody acknowledges, and latched while it is over and nobody has.
    """
    over = now if kept.over is None else kept.over
    seen = over if kept.acknowledged is None else min(kept.acknowledged, over)
    found: list[tuple[Part, float, float]] = [
        ("active", kept.told, seen),
        ("acknowledged", seen, over),
        ("latched", over, end_of(kept, now)),
    ]
    return [(part, start, stop) for part, start, stop in found if stop > start]


def end_of(kept: KeptAlarm, now: float) -> float:
    """Until when an alarm was told of (UTC seconds)."""
    return now if kept.ended is None else kept.ended


def marks(alarms: Sequence[KeptAlarm], seen: Span, now: float, *, by_bed: bool) -> list[Mark]:
    """Choose what is drawn: each alarm by itself or, of more than :data:`DRAWN`, those close together as one.

    Parameters
    ----------
    alarms
        The newest first.
    seen
        What is on the screen (UTC seconds): only what is in it, or within a quarter of its length of it, is drawn.
    now
        UTC seconds.
    by_bed
        Whether a bed has a row; else a kind.
    """
    begin, end = seen
    span = max(end - begin, 1.0)
    near = [kept for kept in alarms if kept.told <= end + span / 4 and end_of(kept, now) >= begin - span / 4]
    if len(near) <= DRAWN:
        return [Mark(_row(kept, by_bed), kept.alarm.priority, (kept,)) for kept in near]
    for count in BINS:
        bins: dict[tuple[str, Priority, int], list[KeptAlarm]] = defaultdict(list)
        for kept in near:
            bins[_row(kept, by_bed), kept.alarm.priority, int(kept.told // (span / count))].append(kept)
        if len(bins) <= DRAWN:
            break
    return [Mark(row, priority, some) for (row, priority, _), some in bins.items()]


def timeline_figure(
    found: Sequence[Mark], period: Span, zone: tzinfo, *, rows: Sequence[str], by_bed: bool, seen: Span | None = None
) -> go.Figure:
    """Draw what :func:`marks` has chosen.

    Parameters
    ----------
    found
        What to draw.
    period
        UTC seconds; its end is now.
    zone
        In which times are written.
    rows
        Beds or kinds, from the top.
    by_bed
        Which of them.
    seen
        What of the period is on the screen, if not all of it.

    Returns
    -------
    go.Figure
        Points where alarms begin, bars for the parts of their lives; ``customdata`` is the alarm's id, empty for a
        bar that several share.
    """
    begin, now = period
    left, right = seen or (begin, now + 0.01 * (now - begin))
    place = {row: number for number, row in enumerate(rows)}
    figure = go.Figure()
    for lane, priority in enumerate(COLOURS):
        those = [mark for mark in found if mark.priority == priority and mark.row in place]
        shift = (lane - 1.5) * _LANE if by_bed else 0.0
        if those:
            heights = [place[mark.row] + shift for mark in those]
            words = [_hover(mark, zone) for mark in those]
            _add_bars(figure, priority, those, heights, words, now, zone, width=0.18 if by_bed else 0.5)
            _add_points(figure, priority, those, heights, words, zone)
    dress(figure)
    for k in range(1, len(rows), 2):
        figure.add_hrect(k - 0.5, k + 0.5, fillcolor="rgba(128,150,165,0.12)", line_width=0, layer="below")
    figure.update_yaxes(
        tickvals=list(range(len(rows))),
        ticktext=[escape(row if by_bed else title_of(row), quote=False) for row in rows],
        range=[max(len(rows), 1) - 0.5, -0.5],
        fixedrange=True,
        showgrid=False,
        zeroline=False,
        automargin=True,
    )
    figure.update_xaxes(
        type="date",
        range=[_local(left, zone), _local(right, zone)],
        title={"text": f"Time, {zone_of(datetime.fromtimestamp(now, zone))}", "standoff": 6, "font": {"size": 13}},
    )
    figure.update_layout(
        barmode="overlay",
        height=84 + (BED_HEIGHT if by_bed else KIND_HEIGHT) * max(len(rows), 2),
        margin={"l": 10, "r": 12, "t": 26, "b": 44},  # Plotly's buttons stand above: they cover no alarm
        hovermode="closest",
        hoverdistance=12,
        hoverlabel={"align": "left"},
        dragmode="zoom",
        uirevision=f"{by_bed} {round(now - begin)}",  # what somebody has zoomed to stays
    )
    return figure


def rows_of(alarms: Sequence[KeptAlarm], beds: Sequence[str] | None) -> list[str]:
    """Choose the rows: these beds and those of which there are alarms, by name; or, if None, the kinds there are."""
    there = {_row(kept, beds is not None) for kept in alarms}
    return sorted(there, key=order_of) if beds is None else sorted({*beds, *there}, key=_natural)


def _add_bars(
    figure: go.Figure,
    priority: Priority,
    those: Sequence[Mark],
    heights: Sequence[float],
    words: Sequence[str],
    now: float,
    zone: tzinfo,
    width: float,
) -> None:
    """Add the bars of one priority, a trace for each way of filling them."""
    bars: dict[str, list[tuple[float, float, float, str, str]]] = defaultdict(list)
    for mark, height, text in zip(those, heights, words, strict=True):
        if mark.id:
            for part, start, stop in parts(mark.alarms[0], now):
                bars[part].append((start, stop, height, mark.id, text))
        else:
            stop = max(end_of(kept, now) for kept in mark.alarms)
            bars["many"].append((mark.alarms[-1].told, stop, height, "", text))
    for filling, some in bars.items():
        figure.add_bar(
            orientation="h",
            base=[_local(start, zone) for start, *_ in some],
            x=[1000 * (stop - start) for start, stop, *_ in some],
            y=[height for _, _, height, *_ in some],
            width=width,
            customdata=[name for *_, name, _ in some],
            hovertext=[text for *_, text in some],
            hovertemplate=_HOVER,
            marker=_filling(priority, filling),
            name=f"{PRIORITIES[priority]}, {filling}",
        )


def _add_points(
    figure: go.Figure,
    priority: Priority,
    those: Sequence[Mark],
    heights: Sequence[float],
    words: Sequence[str],
    zone: tzinfo,
) -> None:
    """Add the symbols where alarms begin: seen, and hit by the mouse, however short the alarm."""
    figure.add_scatter(
        x=[_local(mark.alarms[-1].told, zone) for mark in those],
        y=heights,
        mode="markers+text",
        marker={"symbol": SYMBOLS[priority], "size": 9, "color": COLOURS[priority]},
        text=["" if mark.id else str(len(mark.alarms)) for mark in those],
        textposition="middle left",
        textfont={"size": 10},
        customdata=[mark.id for mark in those],
        hovertext=words,
        hovertemplate=_HOVER,
        name=PRIORITIES[priority],
    )


def _filling(priority: Priority, part: str) -> dict[str, Any]:
    """Active: full; acknowledged: striped; latched: a frame; several alarms: a frame, lightly filled."""
    colour, clear = COLOURS[priority], "rgba(0,0,0,0)"
    filling: dict[str, Any] = {"line": {"color": colour, "width": 1.2}}
    if part == "acknowledged":
        filling["pattern"] = {"shape": "/", "fgcolor": colour, "bgcolor": clear, "size": 6, "solidity": 0.4}
    return filling | {"color": {"active": colour, "many": f"{colour}40"}.get(part, clear)}


def _row(kept: KeptAlarm, by_bed: bool) -> str:
    return kept.alarm.bed if by_bed else kept.alarm.name


def _hover(mark: Mark, zone: tzinfo) -> str:
    return hover_one(mark.alarms[0], zone) if mark.id else hover_many(mark.alarms, zone)


def _local(seconds: float, zone: tzinfo) -> str:
    """Plotly knows of no zones: it is given local time as if it were its own."""
    return datetime.fromtimestamp(seconds, zone).replace(tzinfo=None).isoformat(timespec="milliseconds")


def _natural(name: str) -> tuple[object, ...]:
    """Sort ``Bed 2`` before ``Bed 10``."""
    digits = "".join(c if c.isdigit() else " " for c in name).split()
    return "".join(c for c in name if not c.isdigit()), [int(number) for number in digits], name
