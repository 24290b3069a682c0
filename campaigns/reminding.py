"""Filling the outbox: the rounds at set times, some people a tick, and one person by hand.

A round is a row with how far it has come, by the ids of the people. Each step's reminders and how
far it came are one transaction, which holds only if nobody else came further meanwhile.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from campaigns import reminder_routes, reminder_settings, reminder_words, stops, test_sends
from campaigns.reminder_settings import InForce
from campaigns.reminders import REASONS, Kind, Reminder, State
from campaigns.reports import todo
from campaigns.routes import Route
from outreach import audit, clock, due, duties, reminder_agreements
from outreach.accounts import User
from outreach.apps import App
from outreach.area_names import Level
from outreach.database import BigId, Model, Moment, db, transaction, words
from outreach.duties import Duty, What
from outreach.errors import Refused
from outreach.i18n import _
from outreach.own_numbers import OwnNumber
from outreach.reminder_agreements import ReminderAgreement, Way
from outreach.settings import Settings

LATEST: Final = timedelta(minutes=10)
"""A round that has not come to somebody by then, does not remind them any more."""
AT_ONCE: Final = 50
"""People of a round in a tick: the other steps wait meanwhile."""


class ReminderRound(Model):
    """One set time: everybody up to the person `reached` has been decided about. Areas may set
    several for one hour."""

    __tablename__ = "reminder_rounds"

    kind: Mapped[Kind] = mapped_column(words(Kind), primary_key=True)
    due_at: Mapped[datetime] = mapped_column(Moment, primary_key=True)
    begins_at: Mapped[datetime] = mapped_column(Moment, primary_key=True)
    reached: Mapped[int] = mapped_column(BigId, default=0)
    done_at: Mapped[datetime | None] = mapped_column(Moment)


@dataclass(frozen=True, slots=True)
class Round:
    """A set time of a day: from `begins` to `ends` people are reminded of the hour."""

    kind: Kind
    due_at: datetime
    begins: datetime
    ends: datetime

    @property
    def key(self) -> tuple[Kind, datetime, datetime]:
        """Of its row."""
        return self.kind, self.due_at, self.begins


@dataclass(frozen=True, slots=True)
class Wish:
    """What one person is to be told: `reason` is why they are not; a key of `REASONS`, or ""."""

    person: User
    duty: Duty
    due_at: datetime
    apps: Sequence[App]
    agreement: ReminderAgreement
    route: Route | None
    reason: str


def rounds(day: date, settings: Settings) -> list[Round]:
    """The set times of a day; none on a day off."""
    if not due.is_working(day):
        return []
    hours = {due.at(day, level) for level in (Level.COMMUNE, Level.DISTRICT, Level.PROVINCE)}
    in_use = reminder_settings.all_in_use(settings)
    found = set()
    for hour in hours:
        for begins in filter(None, (each.moment(Kind.BEFORE, hour) for each in in_use)):
            found.add(Round(Kind.BEFORE, hour, begins, min(begins + LATEST, hour)))
        if any(each.at_hour for each in in_use):
            found.add(Round(Kind.AT, hour, hour, hour + LATEST))
    return sorted(found, key=lambda each: (each.begins, each.due_at))


def go_on(settings: Settings) -> None:
    """Take every round of today that has begun some people further."""
    now = clock.now()
    begun = [each for each in rounds(clock.local(now).date(), settings) if each.begins <= now]
    r = ReminderRound
    done = select(r.kind, r.due_at, r.begins_at).where(
        r.due_at.in_([each.due_at for each in begun]), r.done_at.is_not(None)
    )
    over = set(map(tuple, db.session.execute(done))) if begun else set()
    for each in begun:
        if each.key not in over:
            _step(each, settings)


def pass_by(settings: Settings) -> None:
    """Let no round of today that has begun begin any more, in the caller's transaction: what a
    restored database does not know of may have been sent."""
    now = clock.now()
    for each in rounds(clock.local(now).date(), settings):
        if each.begins <= now:
            _begin(db.session(), each)
            over = update(ReminderRound).where(ReminderRound.due_at == each.due_at)
            over = over.where(ReminderRound.kind == each.kind)
            db.session.execute(over.values(done_at=now))


def _step(this: Round, settings: Settings) -> None:
    row = db.session.get(ReminderRound, this.key, populate_existing=True)
    reached = 0 if row is None else row.reached
    agreed = (
        select(User, ReminderAgreement)
        .join(ReminderAgreement, ReminderAgreement.person_id == User.id)
        .where(
            User.id > reached,
            User.active,
            ReminderAgreement.withdrawn_at.is_(None),
            ReminderAgreement.agreed_at <= this.begins,
        )
    )
    some = db.session.execute(agreed.order_by(User.id).limit(AT_ONCE)).all()
    wishes = _wishes(this, some, settings)
    last = some[-1][0].id if some else reached
    _keep(this, wishes, reached, last, over=len(some) < AT_ONCE)


def _wishes(
    this: Round, some: Iterable[tuple[User, ReminderAgreement]], settings: Settings
) -> list[Wish]:
    """What those of them are to be told for whose areas the round is."""
    owing = [(each, duty) for each in some if (duty := duties.of(each[0])) is not None]
    in_force = reminder_settings.each_in_force({duty.area.id for _, duty in owing}, settings)
    reason = "late" if clock.now() >= this.ends else ""
    found = []
    for (person, agreement), duty in owing:
        set_there = in_force[duty.area.id]
        if set_there.moment(this.kind, this.due_at) == this.begins:
            found.append(_wish(person, duty, agreement, this.due_at, set_there, settings, reason))
    return list(filter(None, found))


def _wish(
    person: User,
    duty: Duty,
    agreement: ReminderAgreement,
    due_at: datetime,
    set_there: InForce,
    settings: Settings,
    reason: str = "",
) -> Wish | None:
    """What a person is to be told about an hour; None where they owe nothing by it."""
    day = clock.local(due_at).date()
    if duty.due_at(day) != due_at:
        return None
    apps = duties.missing(duty.area, day) if duty.what is What.FIGURE else []
    if duty.what is What.REPORT:
        owed = due.is_working(day) and todo.awaited(duty.area, day)
    else:
        owed = bool(apps)
    if not owed:
        return None
    reason = reason or _obstacle(agreement, settings)
    route = None
    if not reason and agreement.way is Way.SMS:
        network = reminder_routes.networks([agreement.number_id]).get(agreement.number_id)
        route, reason = reminder_routes.now().of(network, set_there)
    return Wish(person, duty, due_at, apps, agreement, route, reason)


def _obstacle(agreement: ReminderAgreement, settings: Settings) -> str:
    if stops.in_force():
        return "stopped"
    if test_sends.open_until(settings, clock.now()) is None:
        return "hours"
    return reminder_agreements.obstacle(agreement, settings)


def _keep(this: Round, wishes: Sequence[Wish], reached: int, last: int, *, over: bool) -> None:
    """Write a step's reminders and how far the round came; nothing, where another tick did."""
    r = ReminderRound
    with transaction() as session:
        _begin(session, this)
        here = (r.kind == this.kind, r.due_at == this.due_at, r.begins_at == this.begins)
        further = (
            update(r)
            .where(*here, r.reached == reached, r.done_at.is_(None))
            .values(reached=last, done_at=clock.now() if over else None)
        )
        if session.connection().execute(further).rowcount != 1:
            return
        _lock(session, [wish.person.id for wish in wishes])
        for wish in wishes:
            if not _was_reminded(wish, this.kind, Kind.AT):
                _put(session, this.kind, wish, min(this.ends, clock.now() + test_sends.LAPSES))


def _lock(session: Session, person_ids: Collection[int]) -> None:
    """Let nobody else decide about these people meanwhile: an officer who presses, or a process
    that knows another hour."""
    people = select(User.id).where(User.id.in_(person_ids)).order_by(User.id)
    session.execute(people.with_for_update())


def _begin(session: Session, this: Round) -> None:
    us = clock.to_microseconds
    session.execute(
        text(
            "INSERT INTO reminder_rounds (kind, due_at, begins_at, reached)"
            " VALUES (:kind, :due, :begins, 0) ON CONFLICT (kind, due_at, begins_at) DO NOTHING"
        ),
        {"kind": this.kind.value, "due": us(this.due_at), "begins": us(this.begins)},
    )


def _put(
    session: Session, kind: Kind, wish: Wish, lapses_at: datetime, by_id: int | None = None
) -> Reminder:
    """One row, with what carries it."""
    reason = wish.reason
    if kind is not Kind.HAND and _was_reminded(wish, Kind.HAND):
        reason = "by_hand"
    by_mail = wish.agreement.way is Way.EMAIL
    state = State.WAITING if by_mail else State.HANDED
    told = (wish.person, wish.duty, wish.apps, wish.due_at)
    day = clock.local(wish.due_at).date()
    row = Reminder(
        kind=kind,
        due_at=wish.due_at,
        person_id=wish.person.id,
        day=day,
        counts_on=None if reason else day,
        area_id=wish.duty.area.id,
        what=wish.duty.what,
        app_ids=json.dumps([app.id for app in wish.apps]),
        way=wish.agreement.way,
        text=reminder_words.email(*told) if by_mail and not reason else "",
        state=State.SKIPPED if reason else state,
        reason=reason or None,
        asked_at=clock.now(),
        asked_by_id=by_id,
        lapses_at=lapses_at,
    )
    session.add(row)
    session.flush()
    if row.state is State.HANDED and wish.route is not None:
        own = session.get_one(OwnNumber, wish.person.id)
        test_sends.remind(row.id, wish.route, own, reminder_words.sms(*told), lapses_at)
    return row


def _was_reminded(wish: Wish, *kinds: Kind) -> bool:
    """Whether the person was reminded of the day so already, by whatever hour it was due."""
    there = select(Reminder.id).where(
        Reminder.kind.in_(kinds),
        Reminder.counts_on == clock.local(wish.due_at).date(),
        Reminder.person_id == wish.person.id,
    )
    return db.session.scalar(there.limit(1)) is not None


def due_now(area_id: int | None, settings: Settings) -> list[Wish]:
    """What a press would send now to each who agreed and still owes today's, in an area and below
    it, or everywhere; `reason` where it would not."""
    day = clock.local(clock.now()).date()
    found = []
    for person, agreement, _own in reminder_agreements.within(area_id):
        duty = duties.of(person)
        wish = None if duty is None else _now(person, duty, agreement, day, settings)
        if wish is not None:
            again = not wish.reason and _was_reminded(wish, Kind.HAND)
            found.append(replace(wish, reason="by_hand") if again else wish)
    return found


def by_hand(person: User, actor: User, settings: Settings) -> Reminder:
    """Remind somebody of today's hour now, once. Raises Refused, with why, where they did not
    agree, owe nothing, or cannot be reminded now; and where somebody has done it."""
    now = clock.now()
    day = clock.local(now).date()
    person_id, actor_id = person.id, actor.id
    with transaction() as session:
        _lock(session, [person_id])  # of two officers who press at once, the second is told
        person = session.get_one(User, person_id, populate_existing=True)
        agreement, duty = reminder_agreements.of(person_id), duties.of(person)
        if agreement is None:
            raise Refused(_("%(name)s has not agreed to be reminded.", name=person.name))
        wish = None if duty is None else _now(person, duty, agreement, day, settings)
        if wish is None:
            raise Refused(_("%(name)s owes nothing today.", name=person.name))
        if _was_reminded(wish, Kind.HAND):
            raise Refused(_("%(name)s was reminded by hand already.", name=person.name))
        if wish.reason:
            raise Refused(_(REASONS[wish.reason]))
        row = _put(session, Kind.HAND, wish, now + test_sends.LAPSES, actor_id)
        detail = {"reminder": row.id, "hour": wish.due_at}
        audit.record("reminder.hand", "user", person_id, detail, actor_id)
    return row


def _now(
    person: User, duty: Duty, agreement: ReminderAgreement, day: date, settings: Settings
) -> Wish | None:
    """What the person would be told of a day's hour now."""
    set_there = reminder_settings.in_force(duty.area.id, settings)
    return _wish(person, duty, agreement, duty.due_at(day), set_there, settings)
