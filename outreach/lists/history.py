"""The lists an organisation has uploaded: what for, where from, how far, what came of them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import func, select

from outreach import access, formats, i18n, labels
from outreach.access import Act
from outreach.accounts import User
from outreach.audit import AuditRow
from outreach.database import db
from outreach.i18n import N_, _
from outreach.subscribers import SubscriberList

SHOWN = 200


@dataclass(frozen=True)
class Row:
    """A list and who uploaded it."""

    upload: SubscriberList
    by: str


def of(person: User, most: int = SHOWN) -> list[Row]:
    """The lists of this person's organisation, the newest first, at most `most`."""
    rows = db.session.execute(
        select(SubscriberList, User)
        .join(User, User.id == SubscriberList.created_by_id, isouter=True)
        .where(SubscriberList.organisation_id == person.organisation_id)
        .order_by(SubscriberList.id.desc())
        .limit(most)
    )
    return [
        Row(upload, "" if by is None else labels.person(by))
        for upload, by in rows
        if access.allowed(person, Act.LIST_VIEW, upload)
    ]


_ACTS: Final = {
    "list.receive": N_("uploaded it"),
    "list.confirm": N_("confirmed its columns"),
    "list.import": N_("had it imported"),
    "list.refuse": N_("had it refused"),
    "list.discard": N_("discarded it"),
    "list.rejects": N_("took the rows that were not imported"),
    "list.expiry": N_("changed until when it may be used"),
    "list.numbers": N_("looked at whole numbers"),
}


def acts(list_id: int) -> list[dict[str, Any]]:
    """Who did what with a list, oldest first, of its latest `SHOWN` acts."""
    rows = db.session.execute(
        select(AuditRow, User)
        .join(User, User.id == AuditRow.actor_id, isouter=True)
        .where(AuditRow.object_type == "list", AuditRow.object_id == list_id)
        .order_by(AuditRow.id.desc())
        .limit(SHOWN)
    ).all()
    return [
        {
            "at": row.at,
            "who": _("the system") if by is None else labels.person(by),
            "office": "",
            "act": _(_ACTS.get(row.act, row.act)),
            "detail": _detail(row),
        }
        for row, by in reversed(rows)
    ]


def _detail(row: AuditRow) -> str:
    known = json.loads(row.detail)
    if row.act == "list.expiry":
        day = formats.day(date.fromisoformat(known["to"]), language=i18n.language())
        return f"{day}, {known['reason']}"
    if row.act == "list.numbers":
        return _("people: %(count)s", count=known["people"])
    return ""


def subscribers(person: User) -> int:
    """How many subscribers all lists of the organisation brought."""
    added = select(func.coalesce(func.sum(SubscriberList.added), 0)).where(
        SubscriberList.organisation_id == person.organisation_id
    )
    return int(db.session.scalar(added) or 0)
