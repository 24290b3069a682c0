"""The file of a backup: every row of the database and the files beside it, in one zip.

Tables are JSON lines of plain values, the same from SQLite and from PostgreSQL, so that a backup of
one is restored to the other. What it says of itself (`manifest.json`) is written last: a file that
was cut off, or of which a part is damaged, is refused before anything is touched. The key that
opens the phone numbers is not in it, only a mark by which the right one is known.
"""

from __future__ import annotations

import base64
import json
import os
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import IO, Any, Final

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Connection,
    Date,
    Engine,
    LargeBinary,
    MetaData,
    Table,
    delete,
    select,
    type_coerce,
)
from sqlalchemy.schema import AddConstraint, DropConstraint
from sqlalchemy.types import NullType

from outreach import clock, schema
from outreach.database import Model
from outreach.errors import Refused
from outreach.i18n import _
from outreach.sealing import NotSealed, Sealer

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
_MARK: Final = b"tung-ngo backup"
_CONTEXT: Final = b"backup"
# Who holds what at this moment: it holds for no other.
PASSING: Final = frozenset({"seats", "worker_processes"})
AT_ONCE: Final = 5_000
Say = Callable[[str], None]


@dataclass(frozen=True)
class Manifest:
    """What a backup says of itself. `tables`: of each its columns, their kinds and its rows; `key`:
    what only the installation's key opens; `revision`: the migration its tables are of."""

    format: int
    made_at: str
    database: str
    revision: str
    key: str
    tables: dict[str, dict[str, Any]] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)

    @property
    def moment(self) -> datetime:
        """When it was made."""
        return clock.parse_moment(self.made_at)

    @property
    def rows(self) -> int:
        """Of all tables."""
        return sum(int(table["rows"]) for table in self.tables.values())


def write(
    path: Path, engine: Engine, sealer: Sealer, folders: Sequence[Path], say: Say
) -> Manifest:
    """Write everything to a new file that only its owner reads; it is there whole or not at all.
    `folders` go along with the files in them. Raises Refused where there is a file already."""
    if path.exists():
        raise Refused(_("%(path)s is there already; nothing was overwritten.", path=path), "file")
    part = path.with_name(f"{path.name}.part")
    try:
        with create(part) as file:
            manifest = _write(file, engine, sealer, folders, say)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as wrong:
        said = _("%(path)s cannot be written: %(why)s.", path=path, why=wrong.strerror)
        raise Refused(said, "file") from None
    finally:
        part.unlink(missing_ok=True)
    return manifest


def create(path: Path) -> IO[bytes]:
    """A new file that only its owner reads, in the place of one that is there."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")


def _write(
    file: IO[bytes], engine: Engine, sealer: Sealer, folders: Sequence[Path], say: Say
) -> Manifest:
    manifest = Manifest(
        FORMAT,
        clock.now().isoformat(),
        engine.dialect.name,
        ",".join(schema.newest()),
        base64.b64encode(sealer.seal_blob(_MARK, _CONTEXT)).decode("ascii"),
    )
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        with _snapshot(engine) as connection:
            for table in Model.metadata.sorted_tables:
                if table.name not in PASSING:
                    manifest.tables[table.name] = _write_table(archive, connection, table, say)
        for folder in folders:
            for path in sorted(folder.glob("*")) if folder.is_dir() else ():
                name = f"files/{folder.name}/{path.name}"
                if path.is_file() and _keep_file(archive, path, name):
                    manifest.files.append(name)
        archive.writestr(MANIFEST, json.dumps(asdict(manifest), ensure_ascii=False, indent=1))
    return manifest


@contextmanager
def _snapshot(engine: Engine) -> Iterator[Connection]:
    """The database as it is at one moment, whatever is written meanwhile."""
    options: dict[str, Any] = {"stream_results": True, "yield_per": AT_ONCE}
    if engine.dialect.name == "postgresql":
        options |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    with engine.connect().execution_options(**options) as connection:
        yield connection


def _keep_file(archive: zipfile.ZipFile, path: Path, name: str) -> bool:
    try:
        archive.write(path, name)
    except FileNotFoundError:  # a list was imported, or forgotten, in this moment
        return False
    return True


def _write_table(
    archive: zipfile.ZipFile, connection: Connection, table: Table, say: Say
) -> dict[str, Any]:
    kinds = [_kind(column) for column in table.columns]
    # PostgreSQL's driver has read what is JSON already.
    read = {"json"} if connection.dialect.name == "postgresql" else set()
    makers = [None if kind in read else _TO_JSON.get(kind) for kind in kinds]
    encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
    count = 0
    with archive.open(f"tables/{table.name}.jsonl", "w", force_zip64=True) as lines:
        for rows in connection.execute(_plain(table)).partitions(AT_ONCE):
            for row in rows:
                values = [
                    value if make is None or value is None else make(value)
                    for make, value in zip(makers, row, strict=True)
                ]
                lines.write(encode(values).encode() + b"\n")
            count += len(rows)
            if count % (20 * AT_ONCE) == 0:
                say(_("%(table)s: %(count)s rows", table=table.name, count=count))
    return {"columns": table.columns.keys(), "kinds": kinds, "rows": count}


def _plain(table: Table) -> Any:
    """The rows as the driver has them: no column type of ours has a say."""
    return select(*(type_coerce(column, NullType()) for column in table.columns))


def _kind(column: Column[Any]) -> str:
    kinds = ((Boolean, "bool"), (LargeBinary, "octets"), (JSON, "json"), (Date, "day"))
    return next((kind for type_, kind in kinds if isinstance(column.type, type_)), "")


def _octets(value: bytes | memoryview) -> str:
    return base64.b64encode(bytes(value)).decode("ascii")


def _day(value: date | str) -> str:
    return value if isinstance(value, str) else value.isoformat()


_TO_JSON: Final[dict[str, Callable[[Any], Any]]] = {
    "bool": bool,
    "octets": _octets,
    "json": json.loads,
    "day": _day,
}
_FROM_JSON: Final[dict[str, Callable[[Any], Any]]] = {
    "octets": base64.b64decode,
    "json": json.dumps,
}


class Archive:
    """A backup that was looked through and is whole."""

    def __init__(self, archive: zipfile.ZipFile, manifest: Manifest) -> None:
        self._archive = archive
        self.manifest = manifest

    def load(self, connection: Connection, say: Say) -> None:
        """Put every row into the fresh tables of the same migration, in the caller's transaction.
        Foreign keys are looked at once all is there: tables name each other in circles."""
        there = MetaData()
        there.reflect(connection)
        with _loading(connection, there):
            for table in there.sorted_tables:  # what migrations put there is in the backup, too
                if table.name in self.manifest.tables:
                    connection.execute(delete(table))
            for name, told in self.manifest.tables.items():
                say(_("%(table)s: %(count)s rows", table=name, count=told["rows"]))
                for rows in self._rows(name, told["kinds"]):
                    _put(connection, name, told["columns"], rows)
        if connection.dialect.name == "postgresql":
            _count_on(connection, there)
            connection.exec_driver_sql("ANALYZE")  # so that the first pages are not planned blindly

    def _rows(self, name: str, kinds: Sequence[str]) -> Iterator[list[list[Any]]]:
        makers = [(place, _FROM_JSON[k]) for place, k in enumerate(kinds) if k in _FROM_JSON]
        some: list[list[Any]] = []
        with self._archive.open(f"tables/{name}.jsonl") as lines:
            for line in lines:
                row = json.loads(line)
                for place, make in makers:
                    if row[place] is not None:
                        row[place] = make(row[place])
                some.append(row)
                if len(some) == AT_ONCE:
                    yield some
                    some = []
        if some:
            yield some

    def files(self) -> Iterator[tuple[str, str, IO[bytes]]]:
        """(folder, name, content) of each file that went along."""
        for each in self.manifest.files:
            _files, folder, name = Path(each).parts
            with self._archive.open(each) as content:
                yield folder, name, content


@contextmanager
def opened(path: Path, sealer: Sealer) -> Iterator[Archive]:
    """A backup, once all of it was read and its key is this installation's. Raises Refused."""
    try:
        with zipfile.ZipFile(path) as archive:
            manifest = _manifest(path, archive)
            _require_key(path, manifest, sealer)
            damaged = archive.testzip()
            if damaged is not None:
                raise _damaged(path, damaged)
            yield Archive(archive, manifest)
    except FileNotFoundError:
        raise Refused(_("There is no file %(path)s.", path=path), "file") from None
    except OSError as wrong:
        said = _("%(path)s cannot be read: %(why)s.", path=path, why=wrong.strerror)
        raise Refused(said, "file") from None
    except (zipfile.BadZipFile, zlib.error, EOFError):
        raise _damaged(path, path.name) from None


def _damaged(path: Path, what: str) -> Refused:
    sentence = _(
        "%(path)s is no whole backup (%(what)s): it was cut off or damaged. Nothing was changed; "
        "take another one.",
        path=path,
        what=what,
    )
    return Refused(sentence, "file")


def _manifest(path: Path, archive: zipfile.ZipFile) -> Manifest:
    try:
        told = json.loads(archive.read(MANIFEST))
        newer = told["format"] > FORMAT or not schema.is_known(told["revision"])
        if not newer:
            return Manifest(**told)
    except (KeyError, ValueError, TypeError, zlib.error):
        raise _damaged(path, MANIFEST) from None
    raise Refused(
        _(
            "%(path)s was made by a newer version of this program (migration %(revision)s). "
            "Restore it with that version.",
            path=path,
            revision=told["revision"],
        ),
        "file",
    )


def _require_key(path: Path, manifest: Manifest, sealer: Sealer) -> None:
    try:
        known = sealer.open_blob(base64.b64decode(manifest.key), _CONTEXT) == _MARK
    except (NotSealed, ValueError):
        known = False
    if not known:
        raise Refused(
            _(
                "The key of this installation does not open the phone numbers in %(path)s. Put the "
                "key file of the installation it was made by in its place first.",
                path=path,
            ),
            "key",
        )


@contextmanager
def _loading(connection: Connection, there: MetaData) -> Iterator[None]:
    """Let rows come in any order; what they name is looked at when all are in."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
        yield
        return
    keys = [key for table in there.sorted_tables for key in table.foreign_key_constraints]
    for key in keys:
        connection.execute(DropConstraint(key))
    yield
    for key in keys:
        connection.execute(AddConstraint(key))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _put(
    connection: Connection, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]
) -> None:
    names = ", ".join(map(_quoted, columns))
    raw: Any = connection.connection.dbapi_connection
    with closing(raw.cursor()) as cursor:
        if connection.dialect.name == "sqlite":
            marks = ", ".join("?" * len(columns))
            said = f"INSERT INTO {_quoted(table)} ({names}) VALUES ({marks})"
            cursor.executemany(said, rows)
        else:
            with cursor.copy(f"COPY {_quoted(table)} ({names}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)


def _count_on(connection: Connection, there: MetaData) -> None:
    """Let new rows be numbered after those that came in."""
    for table in there.sorted_tables:
        if "id" in table.columns:
            name = _quoted(table.name)
            connection.exec_driver_sql(
                f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), MAX(id)) FROM {name}"
                " HAVING MAX(id) IS NOT NULL"
                f" AND pg_get_serial_sequence('{name}', 'id') IS NOT NULL"
            )
