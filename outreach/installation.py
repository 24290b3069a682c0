"""Facts of this installation that outlive a restart: the example's clock, the emergency stop."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

from flask import Flask
from sqlalchemy import Text, inspect, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Mapped, mapped_column

from outreach import clock
from outreach.database import Model, db, transaction
from outreach.errors import Refused
from outreach.i18n import _

_OFFSET = "clock_offset_us"


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


def keep_clock_offset(offset: timedelta) -> None:
    """Let every process that starts from now on live by the example's date."""
    put(_OFFSET, str(offset // timedelta(microseconds=1)))


def is_laid() -> bool:
    """Whether the database has its tables."""
    return inspect(db.engine).has_table(Installation.__tablename__)


def refuse_if_used() -> None:
    """Raise Refused where people work with this installation already: no example goes over it."""
    if db.session.execute(text("SELECT 1 FROM users WHERE role <> 'system'")).first() is not None:
        raise Refused(
            _(
                "This data folder is in use; the example would mix with real data. Set "
                "OUTREACH_DATA_DIR to an empty folder for the example."
            )
        )


def set_clock() -> None:
    """Set the clock of this process by the stored offset, if the example lives here."""
    offset = get(_OFFSET) if is_laid() else None
    db.session.rollback()  # a page's person stays in its session: nothing is removed
    if offset is not None:
        clock.set_offset(timedelta(microseconds=int(offset)))


def init_app(app: Flask) -> None:
    """Set the clock, for every command and page."""
    # Where the database is away a command says so by itself, `doctor` above all; what runs on
    # until it is back (pages, workers, the tick) sets the clock again before it does anything.
    with app.app_context(), suppress(SQLAlchemyError):
        set_clock()
