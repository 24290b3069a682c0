"""The people as the administrator sees them: who they are, whether they were here, page by page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import islice
from typing import Final

from sqlalchemy import ColumnElement, func, select

from outreach import clock
from outreach.accounts import Role, User
from outreach.areas import Area
from outreach.audit import AuditRow
from outreach.database import db
from outreach.invitations import Invitation
from outreach.organisations import Organisation
from outreach.text import nfc

A_PAGE: Final = 50


class State(StrEnum):
    """Whether a person can log in: `invited` have no password yet."""

    ACTIVE = "active"
    INVITED = "invited"
    CLOSED = "closed"


_WHERE: Final[dict[State, ColumnElement[bool]]] = {
    State.ACTIVE: User.active & User.password.is_not(None),
    State.INVITED: User.active & User.password.is_(None),
    State.CLOSED: ~User.active,
}


@dataclass(frozen=True)
class Wanted:
    """Which people to list; what is None or "" does not matter. `before`: the id a page ended with,
    since the newest come first."""

    text: str = ""
    organisation_id: int | None = None
    role: Role | None = None
    state: State | None = None
    before: int | None = None


@dataclass(frozen=True)
class Row:
    """One person. `link_until`: when the link handed out last stops working."""

    user: User
    organisation: str | None
    area: str | None
    last_login: datetime | None
    link_until: datetime | None

    @property
    def state(self) -> State:
        """Whether they can log in."""
        if not self.user.active:
            return State.CLOSED
        return State.INVITED if self.user.password is None else State.ACTIVE


@dataclass(frozen=True)
class Page:
    """Some rows, and the id the next page begins before; None on the last one."""

    rows: Sequence[Row]
    next: int | None


def page(wanted: Wanted) -> Page:
    """The people wanted, the newest first. Three queries, however many there are."""
    ids = _ids(wanted)
    more = len(ids) > A_PAGE
    return Page(_rows(ids[:A_PAGE]), ids[A_PAGE - 1] if more else None)


def one(user: User) -> Row:
    """The same of one person."""
    return _rows([user.id])[0]


def _ids(wanted: Wanted) -> list[int]:
    """The ids of a page and of one more.

    A text is looked for here and not by the database: SQLite's lower() leaves Đ and Ấ as they are,
    PostgreSQL's asks the locale it was set up with.
    """
    people = select(User.id, User.email, User.name).where(
        User.role != Role.SYSTEM, *_conditions(wanted)
    )
    people = people.order_by(User.id.desc())
    if not wanted.text:
        return list(db.session.scalars(people.limit(A_PAGE + 1)))
    text = _alike(wanted.text)
    found = (
        id_
        for id_, email, name in db.session.execute(people)
        if text in _alike(email) or text in _alike(name)
    )
    return list(islice(found, A_PAGE + 1))


def _alike(text: str) -> str:
    """Composed, and capitals as small letters; accents as they are typed."""
    return nfc(text).casefold()


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.organisation_id is not None:
        conditions.append(User.organisation_id == wanted.organisation_id)
    if wanted.role is not None:
        conditions.append(User.role == wanted.role)
    if wanted.state is not None:
        conditions.append(_WHERE[wanted.state])
    if wanted.before is not None:
        conditions.append(User.id < wanted.before)
    return conditions


def _rows(ids: Sequence[int]) -> list[Row]:
    people = db.session.execute(
        select(User, Organisation.name, Area.name)
        .join(Organisation, Organisation.id == User.organisation_id, isouter=True)
        .join(Area, Area.id == User.area_id, isouter=True)
        .where(User.id.in_(ids))
        .order_by(User.id.desc())
    ).all()
    logins, links = _last_logins(ids), _open_links(ids)
    return [
        Row(user, organisation, area, logins.get(user.id), links.get(user.id))
        for user, organisation, area in people
    ]


def _last_logins(ids: Sequence[int]) -> dict[int | None, datetime]:
    rows = db.session.execute(
        select(AuditRow.object_id, func.max(AuditRow.at))
        .where(
            AuditRow.object_type == "user",
            AuditRow.object_id.in_(ids),
            AuditRow.act.in_(("user.login", "invitation.accept")),  # accepting logs in
        )
        .group_by(AuditRow.object_id)
    )
    return dict(rows.all())


def _open_links(ids: Sequence[int]) -> dict[int, datetime]:
    rows = db.session.execute(
        select(Invitation.user_id, func.max(Invitation.expires_at))
        .where(
            Invitation.user_id.in_(ids),
            Invitation.spent_at.is_(None),
            Invitation.expires_at > clock.real_now(),
        )
        .group_by(Invitation.user_id)
    )
    return dict(rows.all())
