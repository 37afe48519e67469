"""Writes the journal: what happened, in the order in which it happened, each once.

Made for one thread. :class:`Scribe` turns messages into rows; :mod:`stream.keeper` decides when.
"""

import secrets
import time
from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import Connection, Engine, Table, delete, func, select
from sqlalchemy.exc import DBAPIError

from stream import journal_tables as tables
from stream.beatblocks import pack_beats, unpack_beats
from stream.entries import AUDITED, Entry, Past
from stream.errors import JournalError
from stream.journal_rows import STREAMS, Clock, alarm_row, audit_row, event_row
from stream.known import ALARMS, BEATS, Known
from stream.messages import (
    Alarm,
    Beat,
    Bell,
    Close,
    Event,
    Gap,
    Limits,
    Open,
    Quality,
    Rhythm,
    Status,
    decode_frame,
    encode_frame,
)
from stream.openblock import BLOCK, OpenBlock
from stream.present import Present, Slot

AT_ONCE: Final = 200
"""Blocks written at most in one :meth:`Scribe.rest`: of more beds than that, beats are some seconds behind."""

LEAP: Final = 1 << 20
"""By how much numbers go on after a stop that was not in order: more than can have been told and not been written."""

RECALLED: Final = 86_400.0
"""Seconds for which alarms that have ended are recalled by a hub that starts again."""

_TOGETHER: Final = 256  # events in a row of the log


_EVENTS: Final = (Open, Close, Gap, Status, Rhythm, Quality, Bell, Limits)


class Scribe:
    """Writes messages into the tables."""

    def __init__(self, engine: Engine) -> None:
        self._engine: Final = engine
        self._present: Present[Event] = Present()
        self._streams: dict[tuple[str, str], OpenBlock] = {}
        self._clock: Final = Clock()
        self._session = ""
        self._seq = 0  # of the latest event
        self._blocked = 0  # beats up to this number are in blocks, by the table

    @property
    def needed(self) -> int:
        """Number of the first event whose place in the log is still needed: a beat that is in no block yet."""
        return min((stream.first for stream in self._streams.values() if stream.first), default=self._seq + 1)

    def look(self) -> Past:
        """Tell what was as far as it can be read, where nothing can be written; nothing and a new session if not."""
        try:
            with self._engine.connect() as connection:
                session = self._meta(connection, "session")
                if session is not None:
                    return self._read(connection, session)
        except (DBAPIError, JournalError):
            pass
        # Above all numbers that may be there already, and below what JSON carries.
        return Past(secrets.token_hex(8), int(time.time()) << 12, (), Known())

    def begin(self, past: Past | None = None) -> Past:
        """Make the tables if need be, mend what a sudden end left, and tell what was.

        With ``past`` a hub began already, when the journal could not be written; if it could not be read either, the
        journal takes on the hub's session, and what was kept for those of another to come back goes.

        Raises
        ------
        JournalError
            If the tables are of another version.
        sqlalchemy.exc.DBAPIError
            If the database cannot be written.
        """
        tables.create(self._engine)
        with self._engine.begin() as connection:
            session = self._meta(connection, "session") or (past.session if past else secrets.token_hex(8))
            if past and past.session != session:
                session = past.session
                connection.execute(delete(tables.log))
                connection.execute(delete(tables.present))
            past = self._read(connection, session, past)
            self._write_blocks(connection, list(self._streams.values()))
            self._note(connection, {"session": session, "seq": "", "blocked": str(self._seq)})
        for stream in self._streams.values():
            stream.written()
        self._blocked = self._seq
        return past

    def _read(self, connection: Connection, session: str, past: Past | None = None) -> Past:
        """Read what was."""
        self._session = session
        stopped = self._meta(connection, "seq")
        last = connection.scalar(select(func.max(tables.log.c.last))) or 0
        self._seq = past.seq if past else int(stopped) if stopped else last + LEAP if last else 0
        self._present = Present()
        for body in connection.scalars(select(tables.present.c.body).order_by(tables.present.c.seq)).all():
            (event,) = decode_frame(body)
            assert isinstance(event, Event)
            self._present.take(event, event)
            self._hear(event)
        self._mend(connection)
        present = tuple(self._present.items.values())
        known = Known()
        self._recall(connection, known)
        known.restore(present)
        return Past(session, self._seq, present, known)

    def write(self, entries: Sequence[Entry]) -> None:
        """Write entries in one transaction; what was written before is left as it is.

        Raises
        ------
        sqlalchemy.exc.DBAPIError
            If the database cannot be written; nothing was, then, and the same may be tried again.
        """
        with self._engine.begin() as connection:
            self._log(connection, entries)
            rows: dict[Table, list[dict[str, Any]]] = {tables.alarms: [], tables.events: [], tables.audit: []}
            changes: dict[Slot, Event | None] = {}
            for entry in entries:
                what = entry.what
                if isinstance(what, Event):
                    self._hear(what)
                    changes |= dict(self._present.take(what, what))
                if isinstance(what, Beat):
                    self._stream(connection, what.bed, what.stream).add(what, entry.at)
                elif isinstance(what, Alarm):
                    rows[tables.alarms].append(alarm_row(what, entry.at, self._clock))
                elif isinstance(what, AUDITED):
                    rows[tables.audit].append(audit_row(what, entry))
                elif isinstance(what, _EVENTS):
                    rows[tables.events].append(event_row(what, entry.at, self._session, self._clock))
            for table, values in rows.items():
                if values:
                    connection.execute(tables.insert(self._engine, table).on_conflict_do_nothing(), values)
            self._write_present(connection, changes)
            full = [stream for stream in self._streams.values() if len(stream.beats) >= BLOCK]
            self._write_blocks(connection, full)
        for stream in full:
            stream.written()

    def rest(self) -> None:
        """Write the beats that are not in blocks yet, those that wait longest first.

        Raises
        ------
        sqlalchemy.exc.DBAPIError
            If the database cannot be written.
        """
        waiting = sorted((x for x in self._streams.values() if x.first), key=lambda stream: stream.first)
        now, later = waiting[:AT_ONCE], waiting[AT_ONCE:]
        blocked = later[0].first - 1 if later else self._seq
        if now or blocked > self._blocked + LEAP // 64:
            with self._engine.begin() as connection:
                self._write_blocks(connection, now)
                self._note(connection, {"blocked": str(blocked)})
            self._blocked = blocked
        for stream in now:
            stream.written()
        for key in list(self._streams)[: max(0, len(self._streams) - STREAMS)]:
            if not self._streams[key].first:
                del self._streams[key]

    def end(self, seq: int) -> None:
        """Write what is left, and that the hub stopped in order with number ``seq``.

        Raises
        ------
        sqlalchemy.exc.DBAPIError
            If the database cannot be written.
        """
        while any(stream.first for stream in self._streams.values()):
            self.rest()
        with self._engine.begin() as connection:
            self._note(connection, {"seq": str(seq)})

    # ------------------------------------------------------------------------------------------------ at start

    def _mend(self, connection: Connection) -> None:
        """Put the beats that are in the log but not yet in blocks where they belong."""
        blocked = int(self._meta(connection, "blocked") or 0)
        rows = connection.execute(
            select(tables.log.c.at, tables.log.c.body).where(tables.log.c.last > blocked).order_by(tables.log.c.last)
        )
        for at, body in rows.all():
            for event in decode_frame(body):
                if isinstance(event, Open):
                    self._hear(event)
                elif isinstance(event, Beat) and event.seq > blocked:
                    self._stream(connection, event.bed, event.stream).add(event, at)

    def _recall(self, connection: Connection, known: Known) -> None:
        """Recall the alarms, beds and beats that were told of."""
        alarms = tables.alarms.c
        day = (connection.scalar(select(func.max(alarms.at))) or 0.0) - RECALLED
        latest = select(alarms.bed, alarms.id, func.max(alarms.revision)).where(alarms.at >= day)
        latest = latest.group_by(alarms.bed, alarms.id).order_by(func.max(alarms.at).desc()).limit(ALARMS)
        for bed, name, revision in reversed(connection.execute(latest).all()):
            known.alarm(bed, name, revision)
        for bed in connection.scalars(select(tables.events.c.bed).where(tables.events.c.kind == "open").distinct()):
            known.bed(bed)
        opens = {(event.bed, event.stream) for event in self._present.items.values() if isinstance(event, Open)}
        for bed, stream in opens | set(self._streams):
            for sample in sorted(self._stream(connection, bed, stream).known):
                known.beat(bed, stream, sample)

    # ----------------------------------------------------------------------------------------------- the rows

    def _hear(self, event: Event) -> None:
        if isinstance(event, Open):
            self._clock.set(event)
        self._seq = max(self._seq, event.seq)

    def _log(self, connection: Connection, entries: Sequence[Entry]) -> None:
        told = [(entry.what, entry.at) for entry in entries if isinstance(entry.what, Event)]
        rows = []
        for i in range(0, len(told), _TOGETHER):
            part = [event for event, _ in told[i : i + _TOGETHER]]
            body = encode_frame(part)
            rows.append({"last": part[-1].seq, "first": part[0].seq, "at": told[i][1], "size": len(body), "body": body})
        if rows:
            connection.execute(tables.insert(self._engine, tables.log).on_conflict_do_nothing(), rows)

    def _write_present(self, connection: Connection, changes: dict[Slot, Event | None]) -> None:
        columns = tables.present.c
        for (kind, bed, item), event in changes.items():
            if kind == "status":  # not true of another hub
                continue
            if event is None:
                where = (columns.kind == kind) & (columns.bed == bed) & (columns.item == item)
                connection.execute(delete(tables.present).where(where))
            else:
                row = {"seq": event.seq, "body": encode_frame([event])}
                statement = tables.insert(self._engine, tables.present)
                statement = statement.on_conflict_do_update(index_elements=["kind", "bed", "item"], set_=row)
                connection.execute(statement.values(kind=kind, bed=bed, item=item, **row))

    # ---------------------------------------------------------------------------------------------- the beats

    def _stream(self, connection: Connection, bed: str, stream: str) -> OpenBlock:
        """The last block of a stream, from the table if it is not at hand."""
        kept = self._streams.get((bed, stream))
        if kept is None:
            kept = OpenBlock(bed, stream)
            columns = tables.beats.c
            blocks = connection.execute(
                select(columns.number, columns.at, columns.seq, columns.body)
                .where((columns.bed == bed) & (columns.stream == stream))
                .order_by(columns.number.desc())
                .limit(BEATS // BLOCK + 1)
            ).all()
            kept.recall([(number, at, seq, unpack_beats(body, bed, stream)) for number, at, seq, body in blocks])
            self._streams[bed, stream] = kept
        return kept

    def _write_blocks(self, connection: Connection, streams: Iterable[OpenBlock]) -> None:
        statement = tables.insert(self._engine, tables.beats)
        changed = {name: statement.excluded[name] for name in ("at", "utc", "start", "stop", "count", "seq", "body")}
        statement = statement.on_conflict_do_update(index_elements=["bed", "stream", "number"], set_=changed)
        rows = [
            {
                "bed": stream.bed,
                "stream": stream.name,
                "number": stream.number,
                "at": stream.at,
                "utc": self._clock.utc(stream.bed, stream.name, min(samples)),
                "start": min(samples),
                "stop": max(samples) + 1,
                "count": len(samples),
                "seq": stream.seq,
                "body": pack_beats(stream.beats),
            }
            for stream in streams
            if (samples := [beat.sample for beat in stream.beats])
        ]
        if rows:
            connection.execute(statement, rows)

    def _meta(self, connection: Connection, name: str) -> str | None:
        return connection.scalar(select(tables.meta.c.value).where(tables.meta.c.name == name))

    def _note(self, connection: Connection, values: dict[str, str]) -> None:
        statement = tables.insert(self._engine, tables.meta)
        statement = statement.on_conflict_do_update(index_elements=["name"], set_={"value": statement.excluded.value})
        connection.execute(statement, [{"name": name, "value": value} for name, value in values.items()])
