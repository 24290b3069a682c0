"""Reminders: an outbox unique on kind, day and person, filled by rounds at set times and by hand.

A reminder by SMS is carried as a row of `test_sends`; one by e-mail is taken from here by a worker
(workers/mail.py). What lost its point before it was taken is ended, never sent.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import (
    Connection,
    Date,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    func,
    select,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from campaigns.reports.editions import DailyReport
from campaigns.test_sends import TestSend, TestState
from outreach import access, clock
from outreach.access import Act, Scope
from outreach.accounts import User
from outreach.database import BigId, Model, Moment, words
from outreach.duties import What
from outreach.i18n import N_
from outreach.organisations import Organisation
from outreach.own_numbers import OwnNumber
from outreach.reminder_agreements import OBSTACLES, ReminderAgreement, Way
from outreach.uptake import UptakeReport


class Kind(StrEnum):
    """Which of the reminders for one day."""

    BEFORE = "before"
    AT = "at"
    HAND = "hand"


class State(StrEnum):
    """What became of one, on our side; `HANDED` ones are carried by a row of `test_sends`."""

    SKIPPED = "skipped"
    HANDED = "handed"
    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    IN_DOUBT = "in_doubt"


S = State
TRANSITIONS: Final[dict[State, frozenset[State]]] = {
    S.SKIPPED: frozenset(),
    # What carries it certainly never left.
    S.HANDED: frozenset({S.SKIPPED}),
    S.WAITING: frozenset({S.SENDING, S.SKIPPED}),
    # It certainly never left: it is tried again until it lapses.
    S.SENDING: frozenset({S.WAITING, S.SENT, S.FAILED, S.IN_DOUBT}),
    S.SENT: frozenset(),
    S.FAILED: frozenset(),
    # A worker that was frozen and thaws still knows what was answered.
    S.IN_DOUBT: frozenset({S.SENT, S.FAILED}),
}
REASONS: Final[dict[str, str]] = {
    **OBSTACLES,
    "late": N_("Its time had passed: the system stood still, or the time was changed."),
    "hours": N_("It fell outside the hours in which texts are sent."),
    "stopped": N_("Everything was stopped."),
    "no_route": N_("No open route carries the network of the number."),
    "route_closed": N_("The route that was chosen for it is closed or gone."),
    "by_hand": N_("Reminded by hand before."),
    "reported": N_("The report came before it was sent."),
    "withdrawn": N_("The agreement was taken back before it was sent."),
    "moved": N_("The person answers for something else by now."),
    "no_worker": N_("No worker or no connection within its time."),
    "restored": N_("A backup was restored; whether it had left is not known."),
}
"""Why one was not sent."""
ACTS: Final = {What.FIGURE: Act.UPTAKE_ENTER, What.REPORT: Act.REPORT_MAKE}
"""What whoever owes it must be allowed to do."""


class Reminder(Model):
    """One reminder of one person for one hour: `reason` a key of `REASONS` where it was not sent,
    `words` the mail server's. `text` is the e-mail's; an SMS' stands with what carries it.
    `counts_on` is the day for which it is the one of its kind, whatever its hour was or becomes;
    of what was skipped there is none."""

    __tablename__ = "reminders"
    __table_args__ = (
        UniqueConstraint("kind", "counts_on", "person_id"),
        Index(None, "state", "id"),
        Index(None, "person_id", "day"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[Kind] = mapped_column(words(Kind))
    due_at: Mapped[datetime] = mapped_column(Moment)
    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("users.id"))
    day: Mapped[date] = mapped_column(Date)
    counts_on: Mapped[date | None] = mapped_column(Date)
    area_id: Mapped[int] = mapped_column(BigId, ForeignKey("areas.id"))
    what: Mapped[What] = mapped_column(words(What))
    app_ids: Mapped[str] = mapped_column(Text, default="[]")
    way: Mapped[Way] = mapped_column(words(Way))
    text: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[State] = mapped_column(words(State))
    reason: Mapped[str | None] = mapped_column(String(40))
    words: Mapped[str | None] = mapped_column(String(255))
    asked_at: Mapped[datetime] = mapped_column(Moment)
    asked_by_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("users.id"))
    lapses_at: Mapped[datetime] = mapped_column(Moment)
    owner: Mapped[str | None] = mapped_column(String(80))
    taken_at: Mapped[datetime | None] = mapped_column(Moment)
    answered_at: Mapped[datetime | None] = mapped_column(Moment)


R: Final = Reminder
_T: Final = TestSend


def may_become(to: State) -> Sequence[State]:
    """The states from which one may come to `to`; every UPDATE asks here."""
    return [state for state, may in TRANSITIONS.items() if to in may]


def end_if_pointless(connection: Connection, reminder_id: int) -> bool:
    """End one that need not be sent any more, in the caller's transaction, where it still waits for
    a route or for the mail server; answers whether it has lost its point. Knows no application
    context."""
    reason = why_not(connection, reminder_id)
    if reason:
        of_it = update(_T).where(_T.reminder_id == reminder_id, _T.state == TestState.WAITING)
        connection.execute(of_it.values(state=TestState.NOT_SENT, code=reason))
        skip(connection, reminder_id, reason)
    return bool(reason)


def end_lapsed(connection: Connection) -> None:
    """What waits for the mail server and was not taken in time is never sent."""
    lapsed = update(R).where(R.state == S.WAITING, R.lapses_at < clock.now())
    connection.execute(lapsed.values(state=S.SKIPPED, reason="no_worker", counts_on=None))


def skip(connection: Connection, reminder_id: int, reason: str) -> None:
    """End one that never left: for its day another may be sent."""
    move(connection, reminder_id, S.SKIPPED, reason=reason, counts_on=None)


def move(connection: Connection, reminder_id: int, to: State, **more: Any) -> bool:
    """Bring one to a state, if its present one may become that; answers whether it was brought."""
    of_it = update(R).where(R.id == reminder_id, R.state.in_(may_become(to)))
    return connection.execute(of_it.values(state=to, **more)).rowcount == 1


def why_not(connection: Connection, reminder_id: int) -> str:
    """Why one that waits is not sent, a key of `REASONS`: what it asks for was reported meanwhile,
    the person agrees to it no more, it lapsed. "" where it is sent."""
    columns = (R.person_id, R.area_id, R.day, R.what, R.app_ids, R.way, R.lapses_at, _T.number_id)
    carried = select(*columns).outerjoin(_T, _T.reminder_id == R.id).where(R.id == reminder_id)
    row = connection.execute(carried).one()
    if row.lapses_at < clock.now():
        return "no_worker"
    agreed = select(ReminderAgreement.way).where(
        ReminderAgreement.person_id == row.person_id,
        ReminderAgreement.way == row.way,
        ReminderAgreement.withdrawn_at.is_(None),
    )
    if row.way is Way.SMS:
        agreed = agreed.join(OwnNumber, OwnNumber.number_id == ReminderAgreement.number_id).where(
            OwnNumber.person_id == row.person_id,
            OwnNumber.number_id == row.number_id,
            OwnNumber.confirmed_at.is_not(None),
        )
    if connection.scalar(agreed) is None:
        return "withdrawn"
    return _is_theirs(connection, row) or ("reported" if _is_reported(connection, row) else "")


def _is_theirs(connection: Connection, row: Any) -> str:
    """Why the person owes it no more: the account was closed, or answers for something else."""
    own = func.coalesce(User.area_id, Organisation.area_id).label("area_id")
    now = (
        select(User.active, User.role, own)
        .outerjoin(Organisation, Organisation.id == User.organisation_id)
        .where(User.id == row.person_id)
    )
    person = connection.execute(now).one()
    if not person.active:
        return "withdrawn"
    may = access.scope_of(person.role, ACTS[row.what]) is not Scope.NO
    return "" if may and person.area_id == row.area_id else "moved"


def _is_reported(connection: Connection, row: Any) -> bool:
    if row.what is What.REPORT:
        issued = select(DailyReport.id).where(
            DailyReport.area_id == row.area_id, DailyReport.day == row.day
        )
        return connection.scalar(issued.limit(1)) is not None
    app_ids = json.loads(row.app_ids)
    there = select(func.count(UptakeReport.app_id.distinct())).where(
        UptakeReport.area_id == row.area_id,
        UptakeReport.day == row.day,
        UptakeReport.app_id.in_(app_ids),
    )
    return connection.scalar(there) == len(app_ids)
