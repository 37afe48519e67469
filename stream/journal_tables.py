"""The tables of the journal, and how a database is opened.

SQLite by default: in WAL mode with ``synchronous=NORMAL``, so that readers and the one writer do not wait for each
other, and what is committed outlives the death of the hub (of the whole machine: but for the last moments). The same
statements serve PostgreSQL.
"""

from pathlib import Path
from typing import Any, Final

from sqlalchemy import (
    DDL,
    BigInteger,
    Boolean,
    Column,
    Engine,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    create_engine,
    event,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from stream.errors import JournalError

VERSION: Final = "1"
"""Of the tables; a journal of another is not opened."""

BUSY: Final = 0.25
"""Seconds for which a statement waits while another program holds the database locked."""

tables: Final = MetaData()

meta: Final = Table(
    "meta",
    tables,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)
"""``version`` of the tables; ``session``; ``seq`` at the last stop that was in order; ``blocked``, the number up to
which beats are in blocks; ``horizon``, the UTC before which retention may delete."""

log: Final = Table(
    "log",
    tables,
    Column("last", BigInteger, primary_key=True, autoincrement=False),
    Column("first", BigInteger, nullable=False),
    Column("at", Float, nullable=False),
    Column("size", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index("log_sizes", "last", "size", "at"),  # to be looked through without the bodies
)
"""All events as they were told, numbers ``first`` to ``last`` as one MessagePack array: for who comes back."""

present: Final = Table(
    "present",
    tables,
    Column("kind", Text, primary_key=True),
    Column("bed", Text, primary_key=True),
    Column("item", Text, primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
)
"""How things are (:mod:`stream.present`): what a hub that starts again begins with."""

alarms: Final = Table(
    "alarms",
    tables,
    Column("id", Text, primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("at", Float, nullable=False, index=True),
    Column("utc", Float),
    Column("bed", Text, nullable=False),
    Column("stream", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("priority", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("onset", BigInteger, nullable=False),
    Column("announced", BigInteger, nullable=False),
    Column("ended", BigInteger),
    Column("text", Text, nullable=False),
    Column("latching", Boolean, nullable=False),
    Column("acknowledged", Boolean, nullable=False),
    Column("who", Text, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("body", Text, nullable=False),
    Index("alarms_of_bed", "bed", "at"),
)
"""Each revision of each alarm: a row once written never changes."""

events: Final = Table(
    "events",
    tables,
    Column("id", Text, primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("at", Float, nullable=False, index=True),
    Column("utc", Float),
    Column("kind", Text, nullable=False),
    Column("bed", Text),
    Column("stream", Text),
    Column("sample", BigInteger),
    Column("who", Text, nullable=False),
    Column("body", Text, nullable=False),
    Index("events_of_kind", "kind", "bed", "at"),
)
"""``open``, ``close``, ``gap``, ``status``, ``rhythm``, ``quality``, ``bell`` and ``limits``."""

audit: Final = Table(
    "audit",
    tables,
    Column("id", Text, primary_key=True),
    Column("at", Float, nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("bed", Text),
    Column("who", Text, nullable=False),
    Column("body", Text, nullable=False),
    Index("audit_of_kind", "kind", "bed", "at"),
)
"""What people and programs did: ``acknowledge``, ``audio_pause``, ``set_limits``, ``verdict``, ``connection``."""

beats: Final = Table(
    "beats",
    tables,
    Column("bed", Text, primary_key=True),
    Column("stream", Text, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", Float, nullable=False, index=True),
    Column("utc", Float),
    Column("start", BigInteger, nullable=False),
    Column("stop", BigInteger, nullable=False),
    Column("count", Integer, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
)
"""Beats, many a row (:mod:`stream.beatblocks`), of samples ``start`` to ``stop`` (exclusive).

All beats of the stream up to event number ``seq`` are in this block and those before.
"""

APPEND_ONLY: Final = ("alarms", "audit")
"""Tables whose rows nobody may change or, but for retention, delete."""

_KEY: Final = {"alarms": "id = NEW.id AND revision = NEW.revision", "audit": "id = NEW.id"}
_HORIZON: Final = "COALESCE((SELECT CAST(value AS {real}) FROM meta WHERE name = 'horizon'), 0)"


def _after_create(dialect: str, statement: str) -> None:
    ddl = DDL(statement)  # type: ignore[no-untyped-call]
    event.listen(tables, "after_create", ddl.execute_if(dialect=dialect))


_after_create(
    "postgresql",
    "CREATE OR REPLACE FUNCTION append_only() RETURNS trigger AS $$ BEGIN "
    f"IF TG_OP = 'DELETE' AND OLD.at < {_HORIZON.format(real='double precision')} THEN RETURN OLD; END IF; "
    "RAISE EXCEPTION '%% is append-only', TG_TABLE_NAME; END $$ LANGUAGE plpgsql",
)
for _name in APPEND_ONLY:
    _after_create(
        "postgresql",
        f"CREATE OR REPLACE TRIGGER {_name}_kept BEFORE UPDATE OR DELETE ON {_name} "
        "FOR EACH ROW EXECUTE FUNCTION append_only()",
    )
    _after_create(
        "sqlite",
        f"CREATE TRIGGER IF NOT EXISTS {_name}_unchanged BEFORE UPDATE ON {_name} "
        f"BEGIN SELECT RAISE(ABORT, '{_name} is append-only'); END",
    )
    _after_create(
        "sqlite",
        f"CREATE TRIGGER IF NOT EXISTS {_name}_kept BEFORE DELETE ON {_name} "
        f"WHEN OLD.at >= {_HORIZON.format(real='REAL')} BEGIN SELECT RAISE(ABORT, '{_name} is append-only'); END",
    )
    _after_create(  # INSERT OR REPLACE would delete without asking the trigger above
        "sqlite",
        f"CREATE TRIGGER IF NOT EXISTS {_name}_once BEFORE INSERT ON {_name} "
        f"WHEN EXISTS (SELECT 1 FROM {_name} WHERE {_KEY[_name]}) BEGIN SELECT RAISE(IGNORE); END",
    )


def connect(where: str | Path, *, read_only: bool = False) -> Engine:
    """Open a database: a path is an SQLite file, anything with ``://`` SQLAlchemy's address of one.

    Nothing is made or written yet.

    Raises
    ------
    JournalError
        If there is no such sort of database, its driver is missing, or, to be read, no such file.
    """
    text = str(where)
    try:
        url = make_url(text if "://" in text else f"sqlite:///{text}")
        if url.get_backend_name() not in ("sqlite", "postgresql"):
            raise JournalError(f"expected an SQLite or PostgreSQL journal, got {url.get_backend_name()!r}")
        options: dict[str, Any] = {}
        if url.get_backend_name() == "sqlite":
            if url.database in (None, "", ":memory:"):
                raise JournalError("expected the journal in a file, got a database in memory")
            folder = Path(str(url.database)).absolute().parent
            if not read_only and not folder.is_dir():
                raise JournalError(f"cannot keep a journal in {folder}: there is no such folder, make it first")
            if read_only and not Path(str(url.database)).is_file():
                raise JournalError(f"no journal at {url.database}: has `cardiovision hub` run with it?")
            options = {"connect_args": {"timeout": BUSY}}
        engine = create_engine(url, **options)
    except (ArgumentError, NoSuchModuleError):
        raise JournalError(f"expected a path or a database address for the journal, got {text!r}") from None
    except ModuleNotFoundError as error:
        raise JournalError(f"the journal {text!r} needs the package {error.name}: pip install it") from None
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_reader if read_only else _prepare_writer)
    return engine


def shown(where: str | Path) -> str:
    """Where a journal is, to be logged: without a password."""
    text = str(where)
    return make_url(text).render_as_string(hide_password=True) if "://" in text else text


def insert(engine: Engine, table: Table) -> "sqlite.Insert | postgresql.Insert":
    """An insert that knows ``on_conflict_do_nothing`` and ``on_conflict_do_update``."""
    return postgresql.insert(table) if engine.dialect.name == "postgresql" else sqlite.insert(table)


def create(engine: Engine) -> None:
    """Make the tables that are not there.

    Raises
    ------
    JournalError
        If the tables there are of another version.
    """
    with engine.begin() as connection:
        tables.create_all(connection)
        there = connection.scalar(select(meta.c.value).where(meta.c.name == "version"))
        if there is None:
            connection.execute(meta.insert().values(name="version", value=VERSION))
        elif there != VERSION:
            raise JournalError(f"expected a journal of version {VERSION}, got {there}: name another with --journal")


def _prepare_writer(connection: Any, _: object) -> None:
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    if not pages:  # it can only be chosen before there are tables, and choosing it writes
        connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
    for setting in ("journal_mode=WAL", "synchronous=NORMAL", "wal_autocheckpoint=0"):
        connection.execute(f"PRAGMA {setting}")


def _prepare_reader(connection: Any, _: object) -> None:
    connection.execute("PRAGMA query_only=1")
