"""The database: base class, the column of moments, and how transactions begin.

SQLite runs in WAL with synchronous=FULL. A transaction that will write begins IMMEDIATE: a
deferred one that reads first fails at once, whatever the time-out, when another has written in
between. So whoever writes says so beforehand, by `transaction()` (the session of a request, a
command or a job) or `write_connection()` (plain SQL in the sending pipeline).
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, TypeVar

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Connection,
    Dialect,
    Engine,
    Enum,
    Integer,
    MetaData,
    Select,
    String,
    any_,
    cast,
    event,
    func,
    literal,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute, Session
from sqlalchemy.types import TypeDecorator

from outreach import clock

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

BUSY_TIMEOUT_MS = 30_000
FEW: Final = 1000
"""So many ids are looked up one by one."""
# BIGINT everywhere but in SQLite, whose INTEGER is 64 bits wide and the only one that counts up.
BigId = BigInteger().with_variant(Integer, "sqlite")


class Base(DeclarativeBase):
    """Every model's base; a plain one, since Flask-SQLAlchemy and MappedAsDataclass clash."""

    metadata = MetaData(naming_convention=NAMES)


def _moment(value: int | None) -> datetime | None:
    return None if value is None else clock.from_microseconds(value)


class Moment(TypeDecorator[datetime]):
    """Integer microseconds UTC in the database, an aware datetime in Python."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else clock.to_microseconds(value)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any]:
        # Not process_result_value, which is called by way of two more: pages read thousands.
        return _moment


db = SQLAlchemy(model_class=Base)

if TYPE_CHECKING:

    class Model(Base):
        """What every model inherits from, as the type checker sees it."""

        __abstract__ = True

else:
    Model = db.Model


M = TypeVar("M", bound=Model)
Ids = ColumnElement[int] | InstrumentedAttribute[int]
"""A column of ids, of a table or of a model."""


def words(enum: type[StrEnum]) -> Enum:
    """The column type of a state: the enum's own word, readable in the database."""
    return Enum(
        enum,
        native_enum=False,
        create_constraint=False,
        length=24,
        values_callable=lambda members: [member.value for member in members],
    )


def engine_options(url: str) -> dict[str, Any]:
    """Flask-SQLAlchemy's engine options for a database address."""
    if url.startswith("sqlite"):
        return {"connect_args": {"timeout": BUSY_TIMEOUT_MS / 1000, "check_same_thread": False}}
    # A process that is frozen inside a transaction, or whose machine is gone, lets go of its rows.
    limits = "-c idle_in_transaction_session_timeout=60000"
    return {
        "pool_pre_ping": True,
        "pool_size": 5,
        "max_overflow": 15,
        "connect_args": {"options": limits},
    }


@event.listens_for(Engine, "connect")
def _set_up_connection(dbapi_connection: Any, _record: Any) -> None:
    if not isinstance(dbapi_connection, sqlite3.Connection):
        return
    dbapi_connection.isolation_level = None  # we say BEGIN ourselves, below
    cursor = dbapi_connection.cursor()
    for pragma in (
        f"busy_timeout={BUSY_TIMEOUT_MS}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "cache_size=-65536",
        "temp_store=MEMORY",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


@event.listens_for(Engine, "begin")
def _begin(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        writing = connection.get_execution_options().get("writing", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def begin_writing(session: Session) -> None:
    """Begin this session's transaction as one that writes, ending a read-only one first."""
    if session.in_transaction():
        if session.info.get("writing"):
            return
        if session.new or session.dirty or session.deleted:
            raise RuntimeError("changes were made outside transaction(); they would be lost")
        session.rollback()
    session.connection(execution_options={"writing": True})
    session.info["writing"] = True


@event.listens_for(Session, "after_transaction_end")
def _forget_writing(session: Session, transaction: Any) -> None:
    if transaction.parent is None:
        session.info.pop("writing", None)


@contextmanager
def transaction() -> Iterator[Session]:
    """One short write transaction on the current session: commits at the end, rolls back on error.

    Inside another it joins that one, which then commits or rolls back as a whole.
    """
    session = db.session()
    if session.info.get("in_transaction_block"):
        yield session
        return
    begin_writing(session)
    session.info["in_transaction_block"] = True
    try:
        yield session
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        session.info.pop("in_transaction_block", None)


def let_go() -> None:
    """End the session's transaction without keeping anything of it, also where its connection was
    cut in the middle: the database rolled that back itself, and saying so would raise again."""
    try:
        db.session.rollback()
    except DBAPIError:
        db.session().invalidate()


def find(model: type[M], key: int, *, populate_existing: bool = False) -> M | None:
    """The row with this id, None where there is none; any integer may be asked for, even one that
    no database could hold."""
    if not 0 < key < 2**63:
        return None
    return db.session.get(model, key, populate_existing=populate_existing)


@contextmanager
def write_connection(engine: Engine) -> Iterator[Connection]:
    """One short write transaction in plain SQL, on a connection of its own."""
    with engine.connect().execution_options(writing=True) as connection, connection.begin():
        yield connection


def rowset(dialect: str, columns: Sequence[tuple[str, str]], parameter: str = "rows") -> str:
    """SQL of a table made from one JSON parameter: a thousand rows in one statement.

    `columns` are (name, 'integer' | 'text'); bind `as_rows(...)` to `parameter`. It exists because
    SQLite has no unnest and PostgreSQL no json_each over arrays of the same name.
    """
    if dialect == "sqlite":
        picks = ", ".join(
            f"json_extract(value, '$[{i}]') AS {name}" for i, (name, _) in enumerate(columns)
        )
        return f"(SELECT {picks} FROM json_each(:{parameter}))"
    casts = {"integer": "bigint", "text": "text"}
    picks = ", ".join(
        f"(value->>{i})::{casts[kind]} AS {name}" for i, (name, kind) in enumerate(columns)
    )
    return f"(SELECT {picks} FROM json_array_elements(CAST(:{parameter} AS json)))"


def insert_missing(model: type[Model]) -> Any:
    """An INSERT that passes by what is there already."""
    dialect = sqlite if db.engine.dialect.name == "sqlite" else postgresql
    return dialect.insert(model).on_conflict_do_nothing()


def as_rows(rows: Sequence[Sequence[int | str | None]]) -> str:
    """The JSON parameter that `rowset` reads."""
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":"))


def among(column: Ids, ids: Collection[int]) -> ColumnElement[bool]:
    """As `one_of`; of very many ids, that it lies from the first to the last of them, and who asks
    leaves out the others: a list's areas lie together, and ten thousand take longer to look up each
    than to pass."""
    return column.between(min(ids), max(ids)) if len(ids) > FEW else one_of(column, ids)


def those(ids: Collection[int]) -> Select[Any]:
    """These ids as a SELECT of them, for `in_`."""
    said = ",".join(map(str, ids))
    if db.engine.dialect.name == "postgresql":
        return select(func.unnest(cast(literal(f"{{{said}}}", String), ARRAY(BigInteger))))
    return select(func.json_each(f"[{said}]").table_valued("value").c.value)


def one_of(column: Ids, ids: Collection[int]) -> ColumnElement[bool]:
    """A condition that a column names one of these ids, which are handed over as one text: as a
    value each, a hundred take longer to say than to read by. A list PostgreSQL goes through by an
    index, or for each row from its beginning: of very many ids it gets a table."""
    said = ",".join(map(str, ids))
    if db.engine.dialect.name == "postgresql" and len(ids) <= FEW:
        return column == any_(cast(literal(f"{{{said}}}", String), ARRAY(BigInteger)))
    return column.in_(those(ids))
