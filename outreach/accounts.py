"""People who use the system, and their roles. What a role may do stands in `access`."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from flask_security import UserMixin
from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from outreach import clock
from outreach.database import BigId, Model, Moment, db, transaction, words
from outreach.errors import Refused
from outreach.i18n import _
from outreach.organisations import Kind, Organisation

SYSTEM_EMAIL = "system@localhost"


class Role(StrEnum):
    """What a person is here for. `system` acts for the command line and cannot log in."""

    LIAISON = "liaison"
    CULTURE = "culture"
    HEALTH = "health"
    STAFF = "staff"
    REPORTER = "reporter"
    ADMIN = "admin"
    SYSTEM = "system"


KINDS_OF_ROLE: dict[Role, frozenset[Kind]] = {
    Role.LIAISON: frozenset({Kind.CARRIER}),
    Role.CULTURE: frozenset({Kind.CULTURE}),
    Role.HEALTH: frozenset({Kind.HEALTH}),
    Role.STAFF: frozenset({Kind.CULTURE, Kind.HEALTH, Kind.OFFICE}),
    Role.REPORTER: frozenset({Kind.CULTURE, Kind.HEALTH, Kind.OFFICE}),
    Role.ADMIN: frozenset(Kind),
}
"""In which kinds of organisation a role is at home."""


class User(Model, UserMixin):  # type: ignore[misc]
    """A person. Until an invitation is accepted there is no password and no log-in."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(120), default="")
    password: Mapped[str | None] = mapped_column(String(255))
    active: Mapped[bool] = mapped_column(default=True)
    fs_uniquifier: Mapped[str] = mapped_column(
        String(64), unique=True, default=lambda: secrets.token_hex(32)
    )
    role: Mapped[Role] = mapped_column(words(Role))
    organisation_id: Mapped[int | None] = mapped_column(
        BigId, ForeignKey("organisations.id"), index=True
    )
    area_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("areas.id"))
    language: Mapped[str] = mapped_column(String(8), default="vi")
    created_at: Mapped[datetime] = mapped_column(Moment, default=clock.now)

    organisation: Mapped[Organisation | None] = relationship()

    @property
    def own_area_id(self) -> int | None:
        """The area this person answers for: their own, else their organisation's."""
        if self.area_id is not None:
            return self.area_id
        return None if self.organisation is None else self.organisation.area_id

    @property
    def roles(self) -> list[object]:
        """Flask-Security asks for its own roles; ours are the table in `access`."""
        return []


def system() -> User:
    """The user the command line acts as; made at first use, never able to log in."""
    with transaction() as session:
        user: User | None = session.scalar(select(User).where(User.role == Role.SYSTEM))
        if user is None:
            user = User(email=SYSTEM_EMAIL, name="system", role=Role.SYSTEM, active=False)
            session.add(user)
            session.flush()
    return user


def every() -> Sequence[User]:
    """All people, without the system user, in the order they were added."""
    people = select(User).where(User.role != Role.SYSTEM).order_by(User.id)
    return db.session.scalars(people).all()


def by_email(email: str) -> User:
    """One person by log-in. Raises Refused where there is none."""
    found = select(User).where(User.email == email.strip().lower())
    user: User | None = db.session.scalar(found)
    if user is None:
        raise Refused(_("Nobody logs in as “%(email)s”.", email=email), "as")
    return user
