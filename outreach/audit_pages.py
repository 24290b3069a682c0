"""The audit trail, a page at a time by key: newest first, by who, what, on what and when."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, select

from outreach import audit, clock, labels
from outreach.accounts import User
from outreach.audit import AuditRow, Verification
from outreach.database import db, transaction
from outreach.organisations import Organisation

A_PAGE: Final = 50
VERIFIED_ROWS: Final = 10_000
VERIFY: Final = "audit.verify"


@dataclass(frozen=True)
class Wanted:
    """Which rows to show; what is None or "" does not matter. `before`: the last id already
    shown."""

    actor_id: int | None = None
    act: str = ""
    object_type: str = ""
    object_id: int | None = None
    first: date | None = None
    last: date | None = None
    before: int | None = None


@dataclass(frozen=True)
class Row:
    """One act, who did it ("" for the system) and for which office."""

    row: AuditRow
    who: str
    office: str

    @property
    def details(self) -> list[tuple[str, str]]:
        """What was noted with it, as (name, value)."""
        noted = json.loads(self.row.detail)
        return [(name, _written(value)) for name, value in noted.items()]


def _written(value: Any) -> str:
    if isinstance(value, list) and len(value) == 2:  # what it was, and what it became
        return " → ".join(_written(each) for each in value)
    if value is None or value == "":
        return "—"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


@dataclass(frozen=True)
class Page:
    """Some rows, and the id the next page begins before; None on the last one."""

    rows: Sequence[Row]
    next: int | None


def page(wanted: Wanted) -> Page:
    """The rows wanted, the newest first: one query, by an index whatever is asked for."""
    rows = (
        select(AuditRow, User, Organisation.name)
        .join(User, User.id == AuditRow.actor_id, isouter=True)
        .join(Organisation, Organisation.id == User.organisation_id, isouter=True)
        .where(*_conditions(wanted))
        .order_by(AuditRow.id.desc())
        .limit(A_PAGE + 1)
    )
    found = [
        Row(row, "" if user is None else labels.person(user), office or "")
        for row, user, office in db.session.execute(rows)
    ]
    more = len(found) > A_PAGE
    return Page(found[:A_PAGE], found[A_PAGE - 1].row.id if more else None)


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    for column, value in (
        (AuditRow.actor_id, wanted.actor_id),
        (AuditRow.act, wanted.act or None),
        (AuditRow.object_type, wanted.object_type or None),
        (AuditRow.object_id, wanted.object_id),
    ):
        if value is not None:
            conditions.append(column == value)
    if wanted.first is not None:
        conditions.append(AuditRow.at >= _midnight(wanted.first))
    if wanted.last is not None:
        conditions.append(AuditRow.at < _midnight(wanted.last + timedelta(days=1)))
    if wanted.before is not None:
        conditions.append(AuditRow.id < wanted.before)
    return conditions


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=clock.VIETNAM)


@dataclass(frozen=True)
class Chain:
    """What the last look at the chain found; rows after `last_id` have been added since."""

    at: datetime
    ok: bool
    rows: int
    last_id: int
    first_bad_id: int | None


def chain() -> Chain | None:
    """The last look, None where nobody has looked."""
    looked = select(AuditRow).where(AuditRow.act == VERIFY).order_by(AuditRow.id.desc()).limit(1)
    row = db.session.scalar(looked)
    if row is None:
        return None
    said = json.loads(row.detail)
    return Chain(row.at, said["ok"], said["rows"], said["last"], said["first_bad"])


def verify(*, actor_id: int | None) -> Verification:
    """Walk the last `VERIFIED_ROWS` rows of the chain, and note in it what was found."""
    last = db.session.scalar(select(AuditRow.id).order_by(AuditRow.id.desc()).limit(1)) or 0
    found = audit.verify_last(VERIFIED_ROWS)
    detail = {"ok": found.ok, "rows": found.rows, "last": last, "first_bad": found.first_bad_id}
    with transaction():
        audit.record(VERIFY, "audit", None, detail, actor_id)
    return found
