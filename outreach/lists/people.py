"""The people kept under a list, a page at a time, masked; whole numbers only on an explicit ask.

Groups that are health data (Group.restricted) are named to those alone who may see them; whoever is
in no other group is not shown to others at all, here or in a search.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, func, select

from outreach import access, audit, clock, numbers, opt_outs, phones
from outreach.access import Act
from outreach.accounts import User
from outreach.areas import Area
from outreach.audit import AuditRow
from outreach.database import db, transaction
from outreach.errors import Refused
from outreach.i18n import _
from outreach.numbers import Number
from outreach.opt_outs import OptOut
from outreach.subscribers import Group, Subscriber, SubscriberList

ON_A_PAGE: Final = 50
WHOLE_AN_HOUR: Final = 20
"""Pages of whole numbers a person may ask for in an hour, of one list."""
SEEN: Final = "list.numbers"


@dataclass(frozen=True)
class Row:
    """One person on a list. `number` is masked, unless whole numbers were asked for."""

    id: int
    number: str
    area: str
    groups: list[str]
    network: str
    opted_out: datetime | None


@dataclass(frozen=True)
class Page:
    """Rows after `after` (a subscriber's id, 0 for the first page); `further` is where the next
    page begins, None where there is none."""

    rows: list[Row]
    after: int
    further: int | None


@dataclass(frozen=True)
class Found:
    """What is known of one number, for the reader's organisation; `row` None where it is on none
    of its lists, `upload` the list it is kept under."""

    masked: str
    row: Row | None = None
    upload: SubscriberList | None = None
    number_id: int | None = None
    opted_out: datetime | None = None
    opted_out_how: str = ""


def page(upload: SubscriberList, person: User, after: int = 0, *, whole: bool = False) -> Page:
    """A page of a list's people as this person may see them."""
    known = _groups(person, upload)
    rows = db.session.execute(
        select(Subscriber, Number, Area.name, OptOut.at)
        .join(Number, Number.id == Subscriber.number_id)
        .join(Area, Area.id == Subscriber.area_id)
        .outerjoin(OptOut, OptOut.number_id == Subscriber.number_id)
        .where(Subscriber.list_id == upload.id, Subscriber.id > after, _visible(known))
        .order_by(Subscriber.id)
        .limit(ON_A_PAGE + 1)
    ).all()
    opened = numbers.sealer().open_numbers(bytes(row[1].sealed) for row in rows[:ON_A_PAGE])
    shown = [
        _row(subscriber, number, area, at, e164, known, whole=whole)
        for (subscriber, number, area, at), e164 in zip(rows, opened, strict=False)
    ]
    return Page(shown, after, shown[-1].id if len(rows) > ON_A_PAGE else None)


def whole(upload: SubscriberList, person: User, after: int = 0) -> Page:
    """The same with whole numbers, and an audit row that says who saw how many of which list.

    Raises Refused beyond `WHOLE_AN_HOUR` pages in an hour.
    """
    list_id, person_id = upload.id, person.id
    seen = page(upload, person, after, whole=True)
    with transaction():
        _refuse_often(list_id, person_id)
        detail = {"people": len(seen.rows), "after": after}
        audit.record(SEEN, "list", list_id, detail, person_id)
    return seen


def _refuse_often(list_id: int, person_id: int) -> None:
    lately = db.session.scalar(
        select(func.count())
        .select_from(AuditRow)
        .where(
            AuditRow.object_type == "list",
            AuditRow.object_id == list_id,
            AuditRow.act == SEEN,
            AuditRow.actor_id == person_id,
            AuditRow.at > clock.now() - timedelta(hours=1),
        )
    )
    if (lately or 0) >= WHOLE_AN_HOUR:
        raise Refused(
            _("You looked at %(most)s pages of numbers within the hour.", most=WHOLE_AN_HOUR)
        )


def find(upload: SubscriberList, person: User, typed: str) -> Found:
    """What is known of a whole number somebody typed, within their organisation's lists.

    Raises Refused, at `number`, for what is no mobile number.
    """
    e164 = _cleaned(typed)
    number_id = numbers.find(db.session.connection(), numbers.sealer(), (e164,)).get(e164)
    if number_id is None:
        return Found(phones.mask(e164))
    known = _groups(person, upload)
    row = db.session.execute(
        select(Subscriber, Number, Area.name, SubscriberList)
        .join(Number, Number.id == Subscriber.number_id)
        .join(Area, Area.id == Subscriber.area_id)
        .join(SubscriberList, SubscriberList.id == Subscriber.list_id)
        .where(
            Subscriber.number_id == number_id,
            Subscriber.organisation_id == upload.organisation_id,
            _visible(known),
        )
    ).first()
    refused = db.session.get(OptOut, number_id)
    at, how = (None, "") if refused is None else (refused.at, refused.source)
    if row is None:
        return Found(phones.mask(e164), number_id=number_id, opted_out=at, opted_out_how=how)
    subscriber, number, area, kept_under = row
    shown = _row(subscriber, number, area, at, e164, known, whole=False)
    return Found(shown.number, shown, kept_under, number_id, at, how)


def record_opt_out(typed: str, how: str, *, actor_id: int) -> str:
    """Record that a number wants nothing more, and how we know; answers it masked.

    Raises Refused, at `opt_out_number` or `how`.
    """
    try:
        e164 = _cleaned(typed)
        opt_outs.add((e164,), how, actor_id)
    except Refused as refused:
        field = {"number": "opt_out_number", "source": "how"}.get(refused.field or "")
        raise Refused(refused.sentence, field) from None
    return phones.mask(e164)


def number_of(upload: SubscriberList, subscriber_id: int) -> str:
    """The number of somebody on a list, for recording their opt-out. Raises Refused where there is
    none on it."""
    sealed = db.session.scalar(
        select(Number.sealed)
        .join(Subscriber, Subscriber.number_id == Number.id)
        .where(
            Subscriber.id == subscriber_id,
            Subscriber.organisation_id == upload.organisation_id,
        )
    )
    if sealed is None:
        raise Refused(_("There is nobody like this on your lists."), "opt_out_number")
    return numbers.sealer().open_number(bytes(sealed))


def _cleaned(typed: str) -> str:
    cleaned = phones.clean(typed.strip())
    if cleaned.e164 is None:
        why = _(phones.REASONS[cleaned.reason or "not_a_number"])
        raise Refused(_("This is no mobile number: %(why)s.", why=why), "number")
    return cleaned.e164


def _groups(person: User, upload: SubscriberList) -> dict[int, str]:
    """Bit → name of the groups this person may see people of."""
    may = access.allowed(person, Act.LIST_SEE_RESTRICTED, upload)
    rows = db.session.execute(select(Group.bit, Group.name, Group.restricted))
    return {row.bit: row.name for row in rows if may or not row.restricted}


def _visible(known: dict[int, str]) -> ColumnElement[bool]:
    return Subscriber.group_bits.op("&")(sum(1 << bit for bit in known)) != 0


def _row(
    subscriber: Subscriber,
    number: Number,
    area: str,
    opted_out: datetime | None,
    e164: str,
    known: dict[int, str],
    *,
    whole: bool,
) -> Row:
    return Row(
        subscriber.id,
        "0" + e164.removeprefix("+84") if whole else phones.mask(e164),
        area,
        [name for bit, name in sorted(known.items()) if subscriber.group_bits >> bit & 1],
        number.confirmed or number.hint or "",
        opted_out,
    )
