"""Who agreed to be reminded, how, and since when: said by the person alone, ended at any time.

By SMS it holds for the number it was given for: where another is confirmed as the person's, or
none any more, nothing is sent until they agree anew.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import ForeignKey, func, select
from sqlalchemy.orm import Mapped, mapped_column

from outreach import areas, audit, clock, duties
from outreach.accounts import User
from outreach.database import BigId, Model, Moment, db, find, transaction, words
from outreach.errors import Refused
from outreach.i18n import N_, _
from outreach.opt_outs import OptOut
from outreach.organisations import Organisation
from outreach.own_numbers import OwnNumber
from outreach.settings import Settings


class Way(StrEnum):
    """How a person is reminded."""

    SMS = "sms"
    EMAIL = "email"


OBSTACLES: Final[dict[str, str]] = {
    "number": N_("No number is confirmed as this person's, or another than they agreed for."),
    "opted_out": N_("The number has opted out of every message."),
    "no_mail": N_("No mail server is set up."),
}
"""Why one cannot be reminded in the way one agreed to."""


class ReminderAgreement(Model):
    """A person's: `number_id` is the number it was given for. Taken back it stays, with when."""

    __tablename__ = "reminder_agreements"

    person_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("users.id"), primary_key=True, autoincrement=False
    )
    way: Mapped[Way] = mapped_column(words(Way))
    number_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("numbers.id"))
    agreed_at: Mapped[datetime] = mapped_column(Moment)
    withdrawn_at: Mapped[datetime | None] = mapped_column(Moment)


def of(person_id: int) -> ReminderAgreement | None:
    """The person's agreement that is in force; None where they never agreed or took it back."""
    row = find(ReminderAgreement, person_id)
    return None if row is None or row.withdrawn_at is not None else row


def of_people(person_ids: Collection[int]) -> dict[int, ReminderAgreement]:
    """The agreements in force of many."""
    rows = select(ReminderAgreement).where(
        ReminderAgreement.person_id.in_(person_ids), ReminderAgreement.withdrawn_at.is_(None)
    )
    return {row.person_id: row for row in db.session.scalars(rows)}


def within(area_id: int | None) -> Sequence[tuple[User, ReminderAgreement, int | None]]:
    """Whoever agreed and answers for this area or one below it, with the area they answer for; of
    all areas where it is None."""
    own = func.coalesce(User.area_id, Organisation.area_id)
    rows = (
        select(User, ReminderAgreement, own)
        .join(ReminderAgreement, ReminderAgreement.person_id == User.id)
        .outerjoin(Organisation, Organisation.id == User.organisation_id)
        .where(ReminderAgreement.withdrawn_at.is_(None), User.active)
        .order_by(User.id)
    )
    if area_id is not None:
        rows = rows.where(own.in_(areas.closure_query([area_id])))
    return [(row[0], row[1], row[2]) for row in db.session.execute(rows)]


def obstacle(agreement: ReminderAgreement, settings: Settings) -> str:
    """Why it cannot be followed now, a key of `OBSTACLES`; "" where it can."""
    return obstacles([agreement], settings)[agreement.person_id]


def obstacles(agreements: Collection[ReminderAgreement], settings: Settings) -> dict[int, str]:
    """The same for many, by their people."""
    confirmed = _confirmed([each.person_id for each in agreements])
    refused = _refused([each.number_id for each in agreements])

    def why(each: ReminderAgreement) -> str:
        if each.way is Way.EMAIL:
            return "" if settings.sends_mail else "no_mail"
        if confirmed.get(each.person_id) != each.number_id:
            return "number"
        return "opted_out" if each.number_id in refused else ""

    return {each.person_id: why(each) for each in agreements}


def _confirmed(person_ids: Collection[int]) -> dict[int, int]:
    """The confirmed number of each who has one."""
    rows = select(OwnNumber.person_id, OwnNumber.number_id).where(
        OwnNumber.person_id.in_(person_ids), OwnNumber.confirmed_at.is_not(None)
    )
    return dict(db.session.execute(rows).all())


def _refused(number_ids: Collection[int | None]) -> set[int]:
    """Those of the numbers that opted out."""
    rows = select(OptOut.number_id).where(OptOut.number_id.in_(number_ids))
    return set(db.session.scalars(rows))


def agree(person: User, way: Way, settings: Settings) -> None:
    """Let the person be reminded this way from now on. Raises Refused, at `way`, for who owes no
    report, and for a way that is not open."""
    if duties.of(person) is None:
        raise Refused(_("You have no figure or report to send by an hour."), "way")
    person_id = person.id
    with transaction() as session:
        session.execute(select(User.id).where(User.id == person_id).with_for_update())
        row = find(ReminderAgreement, person_id, populate_existing=True)
        number_id = _confirmed([person_id]).get(person_id) if way is Way.SMS else None
        if (
            row is not None
            and row.withdrawn_at is None
            and (row.way, row.number_id)
            == (
                way,
                number_id,
            )
        ):
            return
        _check(way, number_id, settings)
        row = row or ReminderAgreement(person_id=person_id)
        row.way, row.number_id = way, number_id
        row.agreed_at, row.withdrawn_at = clock.now(), None
        session.add(row)
        audit.record("reminder.agree", "user", person_id, {"way": way}, person_id)


def _check(way: Way, number_id: int | None, settings: Settings) -> None:
    if way is Way.EMAIL and not settings.sends_mail:
        raise Refused(_("E-mail is not set up here. Choose SMS."), "way")
    if way is Way.SMS and number_id is None:
        raise Refused(
            _("No number is confirmed as yours. The administrator does that."),
            "way",
        )
    if way is Way.SMS and _refused([number_id]):
        raise Refused(_("Your number has opted out: nothing is sent to it."), "way")


def withdraw(person: User) -> None:
    """Remind the person no more; twice is once."""
    person_id = person.id
    with transaction():
        row = of(person_id)
        if row is not None:
            row.withdrawn_at = clock.now()
            audit.record("reminder.withdraw", "user", person_id, {"way": row.way}, person_id)
