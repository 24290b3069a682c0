"""The number a person tries texts on: their own, typed once, kept sealed, seen by nobody else.

Nobody can prove whose number it is, so it may be changed only a few times a day, each time with an
audit row: a trial is no way to text others. What comes from a number is believed only once an
administrator, who asked the person, has confirmed it; another number has to be confirmed anew.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ForeignKey, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from outreach import audit, clock, numbers, phones
from outreach.accounts import User
from outreach.audit import AuditRow
from outreach.database import BigId, Model, Moment, db, find, transaction
from outreach.errors import Refused
from outreach.i18n import _

A_DAY: Final = 3
"""How often a person may say which number is theirs, in 24 hours."""
ACT: Final = "own_number.set"


class OwnNumber(Model):
    """Whose own number is which."""

    __tablename__ = "own_numbers"

    person_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("users.id"), primary_key=True, autoincrement=False
    )
    number_id: Mapped[int] = mapped_column(BigId, ForeignKey("numbers.id"))
    at: Mapped[datetime] = mapped_column(Moment)
    confirmed_at: Mapped[datetime | None] = mapped_column(Moment)
    confirmed_by_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("users.id"))


def of(person: User) -> str | None:
    """The person's own number in E.164; None where they have not said it."""
    sealed = db.session.scalar(
        select(numbers.Number.sealed)
        .join(OwnNumber, OwnNumber.number_id == numbers.Number.id)
        .where(OwnNumber.person_id == person.id)
    )
    return None if sealed is None else numbers.sealer().open_number(bytes(sealed))


def masked(person: User) -> str:
    """The same as a page may show it; "" where they have not said it."""
    number = of(person)
    return "" if number is None else phones.mask(number)


def keep(person: User, typed: str) -> str:
    """Keep the number a person typed as their own; answers it in E.164.

    Nothing is written where it is the one that is kept. Raises Refused, at `test_number`, for what
    is no mobile number and for more than `A_DAY` numbers in a day.
    """
    e164 = _cleaned(typed, "test_number")
    if e164 == of(person):
        return e164
    person_id = person.id
    with transaction() as session:
        _refuse_often(person_id)
        row = _put(session, person_id, e164)
        row.confirmed_at = row.confirmed_by_id = None
        audit.record(ACT, "user", person_id, {"number": e164}, person_id)
    return e164


def _cleaned(typed: str, field: str) -> str:
    cleaned = phones.clean(typed.strip())
    if cleaned.e164 is None:
        why = _(phones.REASONS[cleaned.reason or "not_a_number"])
        raise Refused(_("This is no mobile number: %(why)s.", why=why), field)
    return cleaned.e164


def _put(session: Session, person_id: int, e164: str) -> OwnNumber:
    ids = numbers.ensure(session.connection(), numbers.sealer(), (e164,))
    row = find(OwnNumber, person_id) or OwnNumber(person_id=person_id)
    row.number_id, row.at = ids[e164], clock.now()
    session.add(row)
    return row


def confirm(person: User, typed: str, *, actor_id: int) -> str:
    """Note that an administrator knows this number to be the person's; answers it in E.164.

    From then on what comes from it is the person's word. Raises Refused, at `phone`, for what is no
    mobile number, and for one that is confirmed as somebody else's.
    """
    e164, person_id = _cleaned(typed, "phone"), person.id
    with transaction() as session:
        ids = numbers.ensure(session.connection(), numbers.sealer(), (e164,))
        # Two administrators at once: the second sees what the first wrote.
        session.execute(
            select(numbers.Number.id).where(numbers.Number.id == ids[e164]).with_for_update()
        )
        other = select(OwnNumber.person_id).where(
            OwnNumber.number_id == ids[e164],
            OwnNumber.person_id != person_id,
            OwnNumber.confirmed_at.is_not(None),
        )
        if session.scalar(other) is not None:
            raise Refused(_("This number is confirmed as another person's."), "phone")
        row = _put(session, person_id, e164)
        row.confirmed_at, row.confirmed_by_id = clock.now(), actor_id
        audit.record("own_number.confirm", "user", person_id, {"number": e164}, actor_id)
    return e164


def withdraw(person: User, *, actor_id: int) -> None:
    """Believe nothing more that comes from the person's number. Raises Refused, at `phone`, where
    none is confirmed."""
    person_id = person.id
    with transaction():
        row = find(OwnNumber, person_id)
        if row is None or row.confirmed_at is None:
            raise Refused(_("No number of this person is confirmed."), "phone")
        row.confirmed_at = row.confirmed_by_id = None
        audit.record("own_number.withdraw", "user", person_id, {}, actor_id)


def confirmed_at(person: User) -> datetime | None:
    """Since when the person's number is believed; None where it is not."""
    row = find(OwnNumber, person.id)
    return None if row is None else row.confirmed_at


def _refuse_often(person_id: int) -> None:
    lately = db.session.scalar(
        select(func.count())
        .select_from(AuditRow)
        .where(
            AuditRow.object_type == "user",
            AuditRow.object_id == person_id,
            AuditRow.act == ACT,
            AuditRow.at > clock.now() - timedelta(days=1),
        )
    )
    if (lately or 0) >= A_DAY:
        raise Refused(
            _("You changed your number %(most)s times today already. Try tomorrow.", most=A_DAY),
            "test_number",
        )
