"""People who use the system, and their roles. What a role may do stands in `access`."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from flask_security import UserMixin
from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from outreach import audit, clock, passwords, seen
from outreach.database import BigId, Model, Moment, db, find, transaction, words
from outreach.errors import Refused
from outreach.i18n import _
from outreach.organisations import Kind, Organisation
from outreach.settings import Settings

SYSTEM_EMAIL = "system@localhost"
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
EMAIL_LENGTH = 254
NAME_LENGTH = 120


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
    """A person. Until an invitation is accepted there is no password and no log-in.

    `language` is the one they last logged in with: what is sent to them speaks it.
    """

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    email: Mapped[str] = mapped_column(String(EMAIL_LENGTH), unique=True)
    name: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
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

    def verify_and_update_password(self, password: str) -> bool:
        """Whether the password is right. Never hashes anew: a log-in must not write."""
        return self.password is not None and passwords.matches(password, self.password)


def add(
    email: str,
    role: Role,
    organisation: Organisation | None,
    area_id: int | None = None,
    *,
    name: str = "",
    password: str | None = None,
    actor_id: int | None,
) -> User:
    """Add a person; without a password they need an invitation.

    Raises Refused for an e-mail address that is none or is taken, a role that is not at home in
    the organisation, a reporter without an area, or a password that is too short.
    """
    email = _checked_email(email)
    _check_place(role, organisation, area_id)
    hashed = None if password is None else passwords.hashed(password)
    with transaction() as session:
        if session.scalar(select(User).where(User.email == email)) is not None:
            raise Refused(_("Somebody already logs in as %(email)s.", email=email), "email")
        user = User(
            email=email,
            name=checked_name(name) if name else email.partition("@")[0],
            role=role,
            organisation_id=None if organisation is None else organisation.id,
            area_id=area_id,
            password=hashed,
        )
        session.add(user)
        session.flush()
        detail = {"role": role, "organisation": user.organisation_id, "area": area_id}
        audit.record("user.add", "user", user.id, detail, actor_id)
    return user


def _checked_email(email: str) -> str:
    email = email.strip().lower()
    if not EMAIL.fullmatch(email) or len(email) > EMAIL_LENGTH:
        raise Refused(_("“%(email)s” is not an e-mail address.", email=email), "email")
    return email


def checked_name(name: str) -> str:
    """The name with single spaces. Raises Refused where it is empty or too long."""
    name = " ".join(name.split())
    if not name:
        raise Refused(_("Please give your name."), "name")
    if len(name) > NAME_LENGTH:
        raise Refused(
            _("The name has %(n)s letters; at most %(most)s fit.", n=len(name), most=NAME_LENGTH),
            "name",
        )
    return name


def _check_place(role: Role, organisation: Organisation | None, area_id: int | None) -> None:
    if role is Role.SYSTEM:
        raise Refused(_("The system user is not a person."), "role")
    if organisation is None:
        if role is not Role.ADMIN:
            raise Refused(_("Say which organisation the person belongs to."), "organisation")
    elif organisation.kind not in KINDS_OF_ROLE[role]:
        raise Refused(
            _(
                "“%(name)s” is of the kind %(kind)s; the role %(role)s is for: %(kinds)s.",
                name=organisation.name,
                kind=organisation.kind,
                role=role,
                kinds=", ".join(sorted(KINDS_OF_ROLE[role])),
            ),
            "organisation",
        )
    if role is Role.REPORTER and area_id is None:
        raise Refused(_("Say for which commune the reporter enters figures."), "area")


def ensure_admin(settings: Settings) -> User | None:
    """Make the first administrator that the settings name; answers them if made just now.

    Raises Refused where the password file cannot be read or holds too short a password.
    """
    email = settings.admin_email.strip().lower()
    known = select(User).where(User.email == email)
    if not email or db.session.scalar(known) is not None:
        return None
    file = settings.admin_password_file
    password = None if file is None else passwords.from_file(file)
    return add(email, Role.ADMIN, None, password=password, actor_id=system().id)


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
    """One person by log-in. Raises Refused where there is none, or their account is closed."""
    found = select(User).where(User.email == email.strip().lower(), User.role != Role.SYSTEM)
    user: User | None = db.session.scalar(found)
    if user is None:
        raise Refused(_("Nobody logs in as “%(email)s”.", email=email), "as")
    if not user.active:
        raise Refused(_("The account of %(email)s is closed.", email=user.email), "as")
    return user


def by_id(person_id: int) -> User:
    """One person, also with a closed account. Raises Refused where there is none."""
    user = find(User, person_id)
    if user is None or user.role is Role.SYSTEM:
        raise Refused(_("There is no such person."), "person")
    return user


def id_of(email: str) -> int:
    """Whose acts are meant by an e-mail address, the system's too. Raises Refused at "who"."""
    found: int | None = db.session.scalar(select(User.id).where(User.email == email.lower()))
    if found is None:
        raise Refused(_("Nobody logs in as “%(email)s”.", email=email), "who")
    return found


def shown(user: User) -> dict[str, object]:
    """What a form of the person shows, for `seen`."""
    names = ("name", "role", "organisation_id", "area_id", "active")
    return {name: getattr(user, name) for name in names}


def change(
    user: User,
    name: str,
    role: Role,
    organisation: Organisation | None,
    area_id: int | None,
    *,
    form: str | None = None,
    actor_id: int | None,
) -> None:
    """Give a person another name, role, organisation or area; it holds from the next request on.

    Raises Refused as `add` does, for one's own role, for the role of the last administrator, and
    where `form`, the mark of what was shown, is no longer true.
    """
    name = checked_name(name)
    _check_place(role, organisation, area_id)
    values = {
        "name": name,
        "role": role,
        "organisation_id": None if organisation is None else organisation.id,
        "area_id": area_id,
    }
    with transaction() as session:
        now = session.get_one(User, user.id, with_for_update=True, populate_existing=True)
        before = shown(now)
        seen.demand(form, before)
        if role is not now.role:
            _refuse_own_role(now, actor_id)
            refuse_last_administrator(now, "role")
        changed = {key: [before[key], new] for key, new in values.items() if before[key] != new}
        for key, new in values.items():
            setattr(now, key, new)
        if changed:
            audit.record("user.change", "user", now.id, changed, actor_id)


def _refuse_own_role(user: User, actor_id: int | None) -> None:
    if user.id == actor_id:
        raise Refused(_("Nobody changes their own role; another administrator can do it."), "role")


def refuse_last_administrator(user: User, field: str) -> None:
    """Raise Refused where nobody else could administer; holds the administrators to the end of the
    transaction, so that two cannot close each other at once."""
    if user.role is not Role.ADMIN or not user.active:
        return
    at_work = select(User.id).where(User.role == Role.ADMIN, User.active)
    if set(db.session.scalars(at_work.order_by(User.id).with_for_update())) <= {user.id}:
        raise Refused(
            _("This is the last administrator. Make somebody else an administrator first."), field
        )
