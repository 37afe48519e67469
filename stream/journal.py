"""What happened, to be looked up: alarms, beats, events, and what people did.

A :class:`Journal` only reads, from any process, also while a hub writes. The newest comes first, a page at a time.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self, TypeAlias

import msgspec
from sqlalchemy import Select, Table, func, select
from sqlalchemy.exc import DBAPIError

from stream import journal_tables as tables
from stream.beatblocks import unpack_beats
from stream.errors import JournalError
from stream.messages import (
    Acknowledge,
    Alarm,
    Arrangement,
    AudioPause,
    Beat,
    Event,
    Open,
    SetLimits,
    Verdict,
    decode_frame,
)
from stream.visit import Visit

PAGE: Final = 1000
"""Entries of a page."""

Deed: TypeAlias = Acknowledge | AudioPause | SetLimits | Verdict | Arrangement | Visit
"""What a person or a program did."""

LOOKED_THROUGH: Final = 8 << 20
"""Bytes of what was told that are looked through for the latest of some bed: more than its own pages show."""

_AT_ONCE: Final = 64  # rows of the log
_deed: Final[msgspec.json.Decoder[Deed]] = msgspec.json.Decoder(Deed)


@dataclass(frozen=True, slots=True)
class KeptAlarm:
    """An alarm with its times, in UTC seconds.

    Attributes
    ----------
    alarm
        Its last revision.
    utc
        When the condition began, by its stream's own clock; None if the stream is not known.
    told, acknowledged, over, ended
        When the hub was told of it first, of its acknowledgement, of its condition's end, of its own end; None: not.
    """

    alarm: Alarm
    utc: float | None
    told: float
    acknowledged: float | None
    over: float | None
    ended: float | None


@dataclass(frozen=True, slots=True)
class KeptEvent:
    """An event: when the hub was told (UTC seconds), and when it was by its stream's own clock, if that is known."""

    event: Event
    at: float
    utc: float | None


@dataclass(frozen=True, slots=True)
class KeptDeed:
    """What somebody did, and when (UTC seconds)."""

    deed: Deed
    at: float
    who: str
    id: str


class Journal:
    """A journal to be read; a context manager that closes it.

    Parameters
    ----------
    where
        Path of an SQLite file, or a database's address.

    Raises
    ------
    JournalError
        If there is none; from every method, if it cannot be read.
    """

    def __init__(self, where: str | Path) -> None:
        self._where = where
        self._engine = tables.connect(where, read_only=True)
        version = self._scalar(select(tables.meta.c.value).where(tables.meta.c.name == "version"))
        if version != tables.VERSION:
            raise JournalError(f"expected a journal of version {tables.VERSION} at {where}, got {version}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    def alarms(
        self,
        bed: str | None = None,
        *,
        since: float | None = None,
        until: float | None = None,
        name: str | None = None,
        limit: int = PAGE,
        offset: int = 0,
    ) -> list[KeptAlarm]:
        """Return alarms first told from ``since`` to before ``until`` (UTC seconds), the newest first."""
        table = tables.alarms.c
        query = _page(select(table.id), tables.alarms, bed, since, until, limit, offset).where(table.revision == 1)
        if name is not None:
            query = query.where(table.name == name)
        return self._alarms([row.id for row in self._rows(query)])

    def alarms_during(self, since: float, bed: str | None = None, *, limit: int = PAGE) -> list[KeptAlarm]:
        """Return the alarms of which something was told from ``since`` on (UTC seconds), or that stand to this day.

        Those are among them that were first told before. The newest come first, ``limit`` of them at most.
        """
        table, now = tables.alarms.c, tables.present.c
        heard = select(table.id).where(table.at >= since)
        standing = select(now.item).where(now.kind == "alarm")
        query = select(table.id).where((table.revision == 1) & (table.id.in_(heard) | table.id.in_(standing)))
        if bed is not None:
            query = query.where(table.bed == bed)
        query = query.order_by(table.at.desc(), table.seq.desc()).limit(limit)
        return self._alarms([row.id for row in self._rows(query)])

    def neighbours(self, alarm: str) -> tuple[str | None, str | None]:
        """Return the ids of the alarms of the same bed told just before an alarm and just after it, or None."""
        table = tables.alarms.c
        first = select(table.bed, table.at, table.seq).where((table.id == alarm) & (table.revision == 1))
        found = self._rows(first)
        if not found:
            return None, None
        bed, at, seq = found[0]
        others = select(table.id).where((table.bed == bed) & (table.revision == 1))
        earlier = (table.at < at) | ((table.at == at) & (table.seq < seq))
        later = (table.at > at) | ((table.at == at) & (table.seq > seq))
        before = others.where(earlier).order_by(table.at.desc(), table.seq.desc()).limit(1)
        after = others.where(later).order_by(table.at, table.seq).limit(1)
        return self._scalar(before), self._scalar(after)

    def _alarms(self, names: Sequence[str]) -> list[KeptAlarm]:
        """Alarms by their ids, in this order."""
        table = tables.alarms.c
        revisions: dict[str, list[Any]] = {name: [] for name in names}
        for i in range(0, len(names), 500):
            for row in self._rows(
                select(table.id, table.at, table.utc, table.state, table.acknowledged, table.body)
                .where(table.id.in_(names[i : i + 500]))
                .order_by(table.revision)
            ):
                revisions[row.id].append(row)
        return [
            KeptAlarm(
                alarm=msgspec.json.decode(rows[-1].body, type=Alarm),
                utc=rows[0].utc,
                told=rows[0].at,
                acknowledged=next((row.at for row in rows if row.acknowledged), None),
                over=next((row.at for row in rows if row.state != "active"), None),
                ended=next((row.at for row in rows if row.state == "ended"), None),
            )
            for rows in revisions.values()
        ]

    def revisions(self, alarm: str) -> list[tuple[float, Alarm]]:
        """Return all that was told of an alarm, and when (UTC seconds), in order."""
        table = tables.alarms.c
        query = select(table.at, table.body).where(table.id == alarm).order_by(table.revision)
        return [(row.at, msgspec.json.decode(row.body, type=Alarm)) for row in self._rows(query)]

    def beats(self, bed: str, stream: str, start: int | None = None, stop: int | None = None) -> list[Beat]:
        """Return the beats of a stream from sample ``start`` to before ``stop``, in order of time."""
        table = tables.beats.c
        query = select(table.body).where((table.bed == bed) & (table.stream == stream))
        if start is not None:
            query = query.where(table.stop > start)
        if stop is not None:
            query = query.where(table.start < stop)
        found = [beat for row in self._rows(query) for beat in unpack_beats(row.body, bed, stream)]
        found = [x for x in found if (start is None or x.sample >= start) and (stop is None or x.sample < stop)]
        return sorted(found, key=lambda beat: beat.sample)

    def streams(
        self,
        bed: str | None = None,
        *,
        since: float | None = None,
        until: float | None = None,
        limit: int = PAGE,
        offset: int = 0,
    ) -> list[Open]:
        """Return the streams opened from ``since`` to before ``until`` (UTC seconds), the newest first, each once."""
        found: dict[tuple[str, str], Open] = {}
        for kept in self.events(bed, ("open",), since=since, until=until, limit=limit, offset=offset):
            assert isinstance(kept.event, Open)
            found.setdefault((kept.event.bed, kept.event.stream), kept.event)
        return list(found.values())

    def events(
        self,
        bed: str | None = None,
        kinds: Sequence[str] | None = None,
        *,
        since: float | None = None,
        until: float | None = None,
        limit: int = PAGE,
        offset: int = 0,
    ) -> list[KeptEvent]:
        """Return events other than alarms and beats, of some kinds (None: all), the newest first.

        Kinds are ``open``, ``close``, ``gap``, ``status``, ``rhythm``, ``quality``, ``bell`` and ``limits``.
        """
        table = tables.events.c
        query = _page(select(table.at, table.utc, table.body), tables.events, bed, since, until, limit, offset)
        if kinds is not None:
            query = query.where(table.kind.in_(kinds))
        found = []
        for row in self._rows(query):
            (event,) = decode_frame(f"[{row.body}]", "json")
            assert isinstance(event, Event)
            found.append(KeptEvent(event, row.at, row.utc))
        return found

    def audit(
        self,
        bed: str | None = None,
        kinds: Sequence[str] | None = None,
        *,
        since: float | None = None,
        until: float | None = None,
        limit: int = PAGE,
        offset: int = 0,
    ) -> list[KeptDeed]:
        """Return what was done, of some kinds (None: all), the newest first.

        Kinds are ``acknowledge``, ``audio_pause``, ``set_limits``, ``verdict``, ``arrangement`` and ``connection``.
        """
        table = tables.audit.c
        columns = select(table.id, table.at, table.who, table.body)
        query = _page(columns, tables.audit, bed, since, until, limit, offset)
        if kinds is not None:
            query = query.where(table.kind.in_(kinds))
        return [KeptDeed(_deed.decode(row.body), row.at, row.who, row.id) for row in self._rows(query)]

    def told(self, since: int, before: int) -> tuple[list[Event], int]:
        """Return all events with a number above ``since`` and below ``before``, in order, and how many are lost."""
        table = tables.log.c
        first = self._scalar(select(func.min(table.first)))
        lost = max(0, (before if first is None else min(first, before)) - 1 - since)
        query = select(table.body).where((table.last > since) & (table.first < before)).order_by(table.last)
        found: list[Event] = []
        for row in self._rows(query):
            found += [x for x in decode_frame(row.body) if isinstance(x, Event) and since < x.seq < before]
        return found, lost

    def latest(
        self, before: int, wanted: Callable[[Event], bool], count: int, most: int = LOOKED_THROUGH
    ) -> list[Event]:
        """Return the last ``count`` events below number ``before`` that are wanted, in order.

        At most about ``most`` bytes of what is kept are looked through.
        """
        table = tables.log.c
        found: list[Event] = []
        read, rows, low = 0, 1, before
        while rows and read < most and len(found) < count:
            query = select(table.first, table.body).where(table.first < low).order_by(table.last.desc()).limit(_AT_ONCE)
            page = self._rows(query)
            for first, body in page:
                events = [x for x in decode_frame(body) if isinstance(x, Event) and x.seq < before and wanted(x)]
                found += reversed(events)
                read, low = read + len(body), first
            rows = len(page)
        return found[:count][::-1]

    def _rows(self, query: Select[Any]) -> Sequence[Any]:
        try:
            with self._engine.connect() as connection:
                return connection.execute(query).all()
        except DBAPIError as error:
            raise JournalError(f"cannot read the journal {self._where}: {error.orig}") from None

    def _scalar(self, query: Select[Any]) -> Any:
        rows = self._rows(query)
        return rows[0][0] if rows else None


def _page(
    query: Select[Any],
    table: Table,
    bed: str | None,
    since: float | None,
    until: float | None,
    limit: int,
    offset: int,
) -> Select[Any]:
    """Of one bed and time, the newest first, one page."""
    if bed is not None:
        query = query.where(table.c.bed == bed)
    if since is not None:
        query = query.where(table.c.at >= since)
    if until is not None:
        query = query.where(table.c.at < until)
    order = table.c.seq.desc() if "seq" in table.c else table.c.id
    return query.order_by(table.c.at.desc(), order).limit(limit).offset(offset)
