"""What of the journal is let go, a little at a time: what is too old, and of what is too much the oldest.

Each step is one short transaction, so that whoever writes never waits long.
"""

import sqlite3
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, Connection, Engine, Table, and_, delete, func, select, text, tuple_
from sqlalchemy.exc import OperationalError

from stream import journal_tables as tables

STEP: Final = 500
"""Rows deleted in one step."""

DAY: Final = 86_400.0

_BULK: Final = (tables.beats, tables.events)
_RECORDS: Final = (tables.alarms, tables.audit)


@dataclass(frozen=True, slots=True)
class Retention:
    """How much is kept.

    Attributes
    ----------
    days
        Nothing is kept for longer.
    megabytes
        Beyond this, in 10^6 bytes, the oldest beats and events go; alarms and audit last of all. Of SQLite alone: of
        another database that is its keeper's concern.
    log_megabytes
        Of this, how much is for those who come back (:data:`~stream.journal_tables.log`).
    """

    days: float = 90.0
    megabytes: float = 1000.0
    log_megabytes: float = 64.0


def step(engine: Engine, keep: Retention, now: float, needed: int) -> bool:
    """Delete a little of what is too much; return whether there may be more.

    Parameters
    ----------
    engine
        Of the journal.
    keep
        How much is kept.
    now
        UTC seconds.
    needed
        Events of the log from this number on are not touched.

    Raises
    ------
    sqlalchemy.exc.DBAPIError
        If the database cannot be written.
    """
    with engine.begin() as connection:
        more = _trim_log(connection, keep.log_megabytes * 1e6, needed)
        oldest = now - keep.days * DAY
        log = tables.log.c
        more |= _delete(connection, tables.log, (log.at < oldest) & (log.last < needed))
        for table in (*_BULK, *_RECORDS):
            more |= _delete(connection, table, table.c.at < oldest)
        if engine.dialect.name == "sqlite":
            more |= _too_much(connection, keep.megabytes * 1e6)
    if engine.dialect.name == "sqlite":
        _vacuum(engine)
    return more


def _vacuum(engine: Engine) -> None:
    """Give pages that are free back to the disk."""
    statement = f"PRAGMA incremental_vacuum({STEP})"
    with engine.connect() as connection:
        try:  # past SQLAlchemy: it gives rows without columns, one a page, and stops where they are left
            connection.connection.cursor().execute(statement).fetchall()
        except sqlite3.Error as error:
            raise OperationalError(statement, None, error) from error


def _trim_log(connection: Connection, most: float, needed: int) -> bool:
    """Delete the oldest of the log beyond its size."""
    log = tables.log.c
    newer = func.sum(log.size).over(order_by=log.last.desc()).label("newer")
    sizes = select(log.last, newer).subquery()
    cut = connection.scalar(select(func.max(sizes.c.last)).where(sizes.c.newer > most))
    return cut is not None and _delete(connection, tables.log, (log.last <= cut) & (log.last < needed))


def _too_much(connection: Connection, most: float) -> bool:
    """Delete the oldest while the file holds more than it may."""
    pages, free, size = (
        int(connection.scalar(text(f"PRAGMA {name}")) or 0) for name in ("page_count", "freelist_count", "page_size")
    )
    if (pages - free) * size <= most:
        return False
    for kind in (_BULK, _RECORDS):
        ages = [(age, table) for table in kind if (age := connection.scalar(select(func.min(table.c.at)))) is not None]
        if ages:
            _, table = min(ages, key=lambda pair: pair[0])
            return _delete(connection, table, table.c.at.is_not(None))
    return False


def _delete(connection: Connection, table: Table, which: ColumnElement[bool]) -> bool:
    """Delete the oldest of some rows, a step of them; return whether there may be more."""
    key = tuple(table.primary_key.columns)
    rows = connection.execute(select(table.c.at, *key).where(which).order_by(table.c.at).limit(STEP)).all()
    if not rows:
        return False
    if table.name in tables.APPEND_ONLY:  # whose triggers let go of what is before the horizon
        horizon = tables.meta.c.name == "horizon"
        connection.execute(delete(tables.meta).where(horizon))
        connection.execute(tables.meta.insert().values(name="horizon", value=repr(rows[-1][0] + 1e-3)))
    connection.execute(delete(table).where(and_(tuple_(*key).in_([tuple(row[1:]) for row in rows]))))
    return len(rows) == STEP
