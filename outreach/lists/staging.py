"""Staging: the good rows of a list wait here, in parts, until all of the file has been read.

So a file that turns out to be unreadable at its end has added nobody. A part holds the numbers of
one stretch in the order of their sealed bytes: joined part by part, a million of them come to the
index of numbers in its own order, and each of its pages is written once. All rows of one number are
in one part; they are joined in the order of the file, first the first row of each number, then what
is left. A row leaves in the transaction that joins it: what is still here is what is still to do.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from outreach.database import BigId, Model


class StagedRow(Model):
    """A good row. `copies` counts the rows with the same number that it stands for, itself too."""

    __tablename__ = "staged_rows"
    # Kept in the order in which it is written, read and deleted; no second tree on SQLite.
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012 - SQLAlchemy's own form

    list_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    part: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    row: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    hint: Mapped[str | None] = mapped_column(String(24))
    area_id: Mapped[int] = mapped_column(BigId)
    group_bits: Mapped[int] = mapped_column(BigId)
    name_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    copies: Mapped[int]


class Staged(NamedTuple):
    """One row to stage, in the order of the table's columns."""

    list_id: int
    part: int
    row: int
    sealed: bytes
    hint: str | None
    area_id: int
    group_bits: int
    name_sealed: bytes | None
    copies: int


_COLUMNS = ", ".join(Staged._fields)
_COPY = f"COPY staged_rows ({_COLUMNS}) FROM STDIN"
_INSERT = f"INSERT INTO staged_rows ({_COLUMNS}) VALUES ({', '.join('?' * len(Staged._fields))})"


def stage(connection: Connection, rows: Sequence[Staged]) -> None:
    """Write the rows of a part. `connection` is in a write transaction."""
    if not rows:
        return
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(_INSERT, list(rows))
        return
    # COPY: a tenth of the server's time for as many INSERTs.
    with connection.connection.cursor() as cursor, cursor.copy(_COPY) as copy:  # type: ignore[attr-defined]
        for row in rows:
            copy.write_row(row)


def part_of(sealed: bytes, parts: int) -> int:
    """Which of `parts` parts a sealed number belongs to, by the bytes behind its key's version."""
    return int.from_bytes(sealed[1:5]) * parts >> 32


def first_part(connection: Connection, list_id: int) -> int | None:
    """The first part of a list that is still staged; None where all are joined."""
    query = text("SELECT min(part) FROM staged_rows WHERE list_id = :list")
    part: int | None = connection.execute(query, {"list": list_id}).scalar()
    return part


_OF_PART = "list_id = :list AND part = :part"
_ALL = f"(SELECT * FROM staged_rows WHERE {_OF_PART})"
_FIRST = (
    "(SELECT r.* FROM (SELECT a.*, ROW_NUMBER() OVER (PARTITION BY a.sealed ORDER BY a.row) AS turn"
    f" FROM staged_rows a WHERE {_OF_PART}) r WHERE r.turn = 1)"
)


def next_rows(connection: Connection, list_id: int, part: int) -> str:
    """SQL of a table: the first row that is still here of each number of a part. It takes the
    parameters `list` and `part`."""
    query = text(f"SELECT count(*), count(DISTINCT sealed) FROM staged_rows WHERE {_OF_PART}")
    rows, numbers = connection.execute(query, {"list": list_id, "part": part}).one()
    return _ALL if rows == numbers else _FIRST


def drop_rows(connection: Connection, list_id: int, part: int, rows: str = _ALL) -> None:
    """Forget rows of a part that are joined (`next_rows`), or all of it, which a new reading of the
    file writes again."""
    some = "" if rows == _ALL else f" AND row IN (SELECT row FROM {rows} s)"
    connection.execute(
        text(f"DELETE FROM staged_rows WHERE {_OF_PART}{some}"), {"list": list_id, "part": part}
    )
