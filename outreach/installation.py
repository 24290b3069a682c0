"""Facts of this installation that outlive a restart: the example's clock, the emergency stop."""

from __future__ import annotations

from sqlalchemy import Text
from sqlalchemy.orm import Mapped, mapped_column

from outreach.database import Model, db, transaction


class Installation(Model):
    """One fact by its key."""

    __tablename__ = "installation"

    key: Mapped[str] = mapped_column(Text, primary_key=True)
    value: Mapped[str] = mapped_column(Text)


def get(key: str) -> str | None:
    """The value of `key`, None where it was never put."""
    fact = db.session.get(Installation, key)
    return None if fact is None else fact.value


def put(key: str, value: str) -> None:
    """Store `value` under `key`, in the transaction that runs or in one of its own."""
    with transaction() as session:
        session.merge(Installation(key=key, value=value))


def remove(key: str) -> None:
    """Forget `key`; nothing happens where it was never put."""
    with transaction() as session:
        fact = session.get(Installation, key)
        if fact is not None:
            session.delete(fact)
