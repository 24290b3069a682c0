"""The number a person tries texts on: their own, typed once, kept sealed, seen by nobody else.

Nobody can prove whose number it is, so it may be changed only a few times a day, each time with an
audit row: a trial is no way to text others.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ForeignKey, func, select
from sqlalchemy.orm import Mapped, mapped_column

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
    cleaned = phones.clean(typed.strip())
    if cleaned.e164 is None:
        why = _(phones.REASONS[cleaned.reason or "not_a_number"])
        raise Refused(_("This is no mobile number: %(why)s.", why=why), "test_number")
    if cleaned.e164 == of(person):
        return cleaned.e164
    person_id = person.id
    with transaction() as session:
        _refuse_often(person_id)
        ids = numbers.ensure(session.connection(), numbers.sealer(), (cleaned.e164,))
        row = find(OwnNumber, person_id) or OwnNumber(person_id=person_id)
        row.number_id, row.at = ids[cleaned.e164], clock.now()
        session.add(row)
        audit.record(ACT, "user", person_id, {"number": cleaned.e164}, person_id)
    return cleaned.e164


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
