"""Subscribers: numbers on an organisation's list, each with its area and groups.

Two carriers may list the same number; each then has its own subscriber row on the one number.

Within one organisation a number has one row, kept under one list: that whose use ends last
(`expires_on`). A later file that names the number again moves the row to its own list where that
may be used as long or longer, or where the other never said how long; else it stays. So a list
that expires takes nobody along whom another list still allows, and a list that is extended keeps
those that are kept under it.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import (
    Connection,
    Date,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    event,
    insert,
    select,
)
from sqlalchemy.orm import Mapped, mapped_column

from outreach.database import BigId, Model, Moment, find, words
from outreach.errors import Refused
from outreach.i18n import _


class ListState(StrEnum):
    """How far an uploaded list is; an `uploaded` one waits for a person to confirm its columns."""

    UPLOADED = "uploaded"
    DISCARDED = "discarded"
    WAITING = "waiting"
    READING = "reading"
    JOINING = "joining"
    DONE = "done"
    REFUSED = "refused"


class SubscriberList(Model):
    """One uploaded file: what it is for, where it is from, how far its import is, what came in.

    `read = added + joined + rejected` once it is done. Up to the end of `expires_on` its people
    may be messaged; None for lists of which nobody has said it yet. `stored_as` names the sealed
    copy in the data folder; `mapping` (JSON) the columns the person chose; `within_id` the area
    where names without a place are looked for; `notes` (JSON) what was noticed about the file;
    `refusal` the sentence why nothing of it was taken. `leased_until` (real time)
    keeps two workers from importing it at once; `attempts` counts those that began.
    """

    __tablename__ = "subscriber_lists"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(BigId, ForeignKey("organisations.id"), index=True)
    filename: Mapped[str] = mapped_column(String(255))
    size: Mapped[int] = mapped_column(BigId)
    stored_as: Mapped[str] = mapped_column(String(32), unique=True)
    purpose: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text)
    obtained_on: Mapped[date] = mapped_column(Date)
    expires_on: Mapped[date | None] = mapped_column(Date)
    mapping: Mapped[str] = mapped_column(Text, default="{}")
    within_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("areas.id"))
    restricted_allowed: Mapped[bool] = mapped_column(default=False)
    state: Mapped[ListState] = mapped_column(words(ListState), default=ListState.WAITING)
    read: Mapped[int] = mapped_column(default=0)
    added: Mapped[int] = mapped_column(default=0)
    joined: Mapped[int] = mapped_column(default=0)
    rejected: Mapped[int] = mapped_column(default=0)
    notes: Mapped[str] = mapped_column(Text, default="[]")
    refusal: Mapped[str | None] = mapped_column(Text)
    worker: Mapped[str | None] = mapped_column(String(64))
    attempts: Mapped[int] = mapped_column(default=0)
    leased_until: Mapped[datetime | None] = mapped_column(Moment)
    created_by_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(Moment)
    finished_at: Mapped[datetime | None] = mapped_column(Moment)


class Subscriber(Model):
    """A number on one organisation's list. `group_bits` holds bit 2**g for each group of bit g."""

    __tablename__ = "subscribers"
    # The number comes first: whoever asks whose number this is needs no second index.
    __table_args__ = (
        UniqueConstraint("number_id", "organisation_id"),
        Index(None, "area_id", "id"),
        Index(None, "area_id", "organisation_id", "group_bits"),
        Index(None, "list_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(BigId, ForeignKey("organisations.id"))
    number_id: Mapped[int] = mapped_column(BigId, ForeignKey("numbers.id"))
    area_id: Mapped[int] = mapped_column(BigId, ForeignKey("areas.id"))
    group_bits: Mapped[int] = mapped_column(BigId)
    list_id: Mapped[int] = mapped_column(BigId, ForeignKey("subscriber_lists.id"))
    name_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)


class Group(Model):
    """A named group of subscribers; a restricted one is health data with a rule of its own."""

    __tablename__ = "groups"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    code: Mapped[str] = mapped_column(String(24), unique=True)
    name: Mapped[str] = mapped_column(String(80))
    bit: Mapped[int] = mapped_column(unique=True)
    restricted: Mapped[bool] = mapped_column(default=False)


PUBLIC: Final = "public"
"""The group of a row that names none."""

DEFAULT_GROUPS: Final = (
    # code, name, restricted; the place in the table is the bit
    (PUBLIC, "Người dân", False),
    ("officials", "Cán bộ công chức", False),
    ("teachers", "Giáo viên", False),
    ("parents", "Phụ huynh", False),
    ("health_workers", "Nhân viên y tế", False),
    ("quarantined", "Người cách ly", True),
    ("awaiting_test", "Chờ kết quả xét nghiệm", True),
)


def add_default_groups(connection: Connection) -> None:
    """Add the groups every installation begins with, where they are missing."""
    known = set(connection.scalars(select(Group.code)))
    rows = [
        {"code": code, "name": name, "bit": bit, "restricted": restricted}
        for bit, (code, name, restricted) in enumerate(DEFAULT_GROUPS)
        if code not in known
    ]
    if rows:
        connection.execute(insert(Group), rows)


@event.listens_for(Group.__table__, "after_create")
def _fill(_table: object, connection: Connection, **_options: object) -> None:
    add_default_groups(connection)


def list_by_id(list_id: int) -> SubscriberList:
    """One list as it is now. Raises Refused where there is none."""
    found = find(SubscriberList, list_id, populate_existing=True)
    if found is None:
        raise Refused(_("There is no list %(id)s.", id=list_id), "list")
    return found
