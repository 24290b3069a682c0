"""Numbers: one row a mobile number, sealed; whatever must be unique or refused hangs on it.

A prefix only hints at the network, since numbers are portable. A network is *confirmed* by who
knows: the carrier's own list, or a carrier's answer that a number was ported.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import islice

from flask import Flask, current_app
from sqlalchemy import Connection, Engine, LargeBinary, String, inspect, or_, select, text, update
from sqlalchemy.orm import Mapped, mapped_column

from outreach.database import BigId, Model, Moment, db
from outreach.prefix_plan import NETWORKS, network_hint
from outreach.sealing import Sealer, keys_of

EXTENSION = "sealer"
IN_ONE_STATEMENT = 1000


class Number(Model):
    """A mobile number. `sealed` holds it enciphered; equal numbers give equal bytes."""

    __tablename__ = "numbers"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    key_version: Mapped[int] = mapped_column()
    hint: Mapped[str | None] = mapped_column(String(24))
    confirmed: Mapped[str | None] = mapped_column(String(24))
    confirmed_by: Mapped[str | None] = mapped_column(String(64))
    confirmed_at: Mapped[datetime | None] = mapped_column(Moment)


_INSERT = text(
    "INSERT INTO numbers (sealed, key_version, hint) VALUES (:sealed, :version, :hint)"
    " ON CONFLICT (sealed) DO NOTHING"
)


def ensure(connection: Connection, sealer: Sealer, phones: Iterable[str]) -> dict[str, int]:
    """The id of each of `phones` (E.164), new rows added where there were none.

    `connection` is in a write transaction. Another process may add the same number meanwhile:
    both get the one row.
    """
    wanted = list(dict.fromkeys(phones))
    ids = find(connection, sealer, wanted)
    missing = [phone for phone in wanted if phone not in ids]
    if missing:
        # In order of the sealed bytes: two processes adding the same numbers never lock crosswise.
        rows = [
            {"sealed": sealed, "version": sealer.version, "hint": network_hint(phone)}
            for sealed, phone in sorted(zip(sealer.seal_numbers(missing), missing, strict=True))
        ]
        connection.execute(_INSERT, rows)
        ids |= find(connection, sealer, missing)
    return ids


def find(connection: Connection, sealer: Sealer, phones: Iterable[str]) -> dict[str, int]:
    """The id of each of `phones` that has a row, looked up under every key in the file."""
    ids: dict[str, int] = {}
    for chunk in _chunks(dict.fromkeys(phones)):
        by_sealed = {
            sealed: phone
            for version in (*sealer.older_versions, sealer.version)
            for phone, sealed in zip(chunk, sealer.seal_numbers(chunk, version), strict=True)
        }
        rows = select(Number.id, Number.sealed).where(Number.sealed.in_(by_sealed))
        ids |= {by_sealed[sealed]: number_id for number_id, sealed in connection.execute(rows)}
    return ids


def _chunks(phones: Iterable[str]) -> Iterator[list[str]]:
    rest = iter(phones)
    while chunk := list(islice(rest, IN_ONE_STATEMENT)):
        yield chunk


def confirm_network(
    connection: Connection, number_id: int, network: str, by: str, at: datetime
) -> bool:
    """Note who says which network a number is in, as of `at`; the newest knowledge wins.

    `by` says how it is known ("list of 3", "VNPT error 25"). Answers whether it was news. Raises
    ValueError for a network that is not in the plan.
    """
    if network not in NETWORKS:
        raise ValueError(f"no such network: {network}")
    older = or_(Number.confirmed_at.is_(None), Number.confirmed_at <= at)
    noted = connection.execute(
        update(Number)
        .where(Number.id == number_id, older)
        .values(confirmed=network, confirmed_by=by, confirmed_at=at)
    )
    return noted.rowcount == 1


def any_sealed(engine: Engine) -> bool:
    """Whether the database holds a sealed number; False where it has no tables yet."""
    with engine.connect() as connection:
        if not inspect(connection).has_table(Number.__tablename__):
            return False
        return connection.execute(select(Number.id).limit(1)).first() is not None


def reseal(connection: Connection, sealer: Sealer) -> int:
    """Seal up to a thousand numbers of older keys with the newest; answers how many.

    `connection` is in a write transaction; call until it answers 0. Names and stored bodies stay
    under the key they say they have, so older keys remain in the file.
    """
    rows = connection.execute(
        select(Number.id, Number.sealed)
        .where(Number.key_version != sealer.version)
        .limit(IN_ONE_STATEMENT)
        .with_for_update(skip_locked=True)
    ).all()
    if rows:
        sealed = sealer.seal_numbers(sealer.open_numbers(row.sealed for row in rows))
        connection.execute(
            text("UPDATE numbers SET sealed = :sealed, key_version = :version WHERE id = :id"),
            [
                {"id": row.id, "sealed": new, "version": sealer.version}
                for row, new in zip(rows, sealed, strict=True)
            ],
        )
    return len(rows)


def init_app(app: Flask) -> None:
    """Give the application its sealer. The key file is read, or made, at its first use."""
    path = app.config["OUTREACH"].key_path

    def keys() -> Mapping[int, bytes]:
        with app.app_context():
            return keys_of(path, lambda: any_sealed(db.engine))

    app.extensions[EXTENSION] = Sealer(keys)


def sealer() -> Sealer:
    """The current application's sealer."""
    found: Sealer = current_app.extensions[EXTENSION]
    return found
