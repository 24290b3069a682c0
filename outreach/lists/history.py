"""The lists an organisation has uploaded: what for, where from, how far, what came of them."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select

from outreach import access
from outreach.access import Act
from outreach.accounts import User
from outreach.database import db
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
        Row(upload, "" if by is None else by.name or by.email)
        for upload, by in rows
        if access.allowed(person, Act.LIST_VIEW, upload)
    ]


def subscribers(person: User) -> int:
    """How many subscribers all lists of the organisation brought."""
    added = select(func.coalesce(func.sum(SubscriberList.added), 0)).where(
        SubscriberList.organisation_id == person.organisation_id
    )
    return int(db.session.scalar(added) or 0)
