"""Test sends: one text to a person's own number, over a real route, as people will get it.

A page writes a row; a worker that holds a seat of the route takes it by a conditional UPDATE and
submits it once (workers/test_sends.py). It is no message of a campaign: it is counted nowhere,
makes nobody “recently messaged” and is nobody's duplicate. Whose it was stands in the audit rows.

The answer to a report by SMS is a row of the same kind, with `answers_id`: it goes over the route
the report came in by, once, and at any hour, since the person wrote a moment ago. So is a reminder
by SMS, with `reminder_id`, for which the hours hold.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import ForeignKey, Index, String, Text, func, select
from sqlalchemy.orm import Mapped, mapped_column

from campaigns import hours, segments, stops
from campaigns.hours import Window
from campaigns.preparing import MOST_SEGMENTS
from campaigns.routes import Route
from outreach import access, audit, clock, numbers, own_numbers, phones
from outreach.access import Act
from outreach.accounts import User
from outreach.database import BigId, Model, Moment, db, transaction, words
from outreach.errors import Refused
from outreach.i18n import _
from outreach.numbers import Number
from outreach.opt_outs import OptOut
from outreach.own_numbers import OwnNumber
from outreach.settings import Settings
from outreach.sms_reports import SmsReport

AN_HOUR: Final = 5
"""Test sends a person may ask for in an hour."""
LAPSES: Final = timedelta(minutes=10)
"""A row that no worker took by then is never sent: the person has long looked elsewhere."""
LONGEST_ANSWER: Final = 500
"""Letters of an answer: `MOST_SEGMENTS` whatever its marks."""
SHOWN: Final = 5
MARK: Final = "[thử]"
"""How audit rows tell a test from a campaign's message."""


class TestState(StrEnum):
    """What became of a test send."""

    __test__ = False

    WAITING = "waiting"
    SENDING = "sending"
    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    REFUSED = "refused"
    IN_DOUBT = "in_doubt"
    NOT_SENT = "not_sent"


S = TestState
TEST_TRANSITIONS: Final[dict[TestState, frozenset[TestState]]] = {
    # It certainly never left: the next second tries again, until the row lapses.
    S.WAITING: frozenset({S.SENDING, S.NOT_SENT}),
    S.SENDING: frozenset({S.WAITING, S.ACCEPTED, S.REFUSED, S.IN_DOUBT}),
    # A worker that was frozen and thaws still knows what was answered.
    S.IN_DOUBT: frozenset({S.ACCEPTED, S.REFUSED}),
    S.ACCEPTED: frozenset({S.DELIVERED, S.UNDELIVERED}),
    S.UNDELIVERED: frozenset({S.DELIVERED}),
    S.DELIVERED: frozenset(),
    S.REFUSED: frozenset(),
    S.NOT_SENT: frozenset(),
}
"""From which state a test send may come to which; every UPDATE of the worker's asks here."""
UNDER_WAY: Final = frozenset({S.WAITING, S.SENDING})


def may_become(to: TestState) -> str:
    """The SQL condition that a row is in a state from which it may come to `to`."""
    before = ", ".join(f"'{state}'" for state, may in TEST_TRANSITIONS.items() if to in may)
    return f"state IN ({before})"


class TestSend(Model):
    """One test: `carrier_ids` (JSON) are the carrier's ids of its parts, `receipts` (JSON) what was
    said of each. `taken_at` is real time, as leases are."""

    __test__ = False
    __tablename__ = "test_sends"
    __table_args__ = (
        Index("ix_test_sends_due", "route_id", "state", "asked_at"),
        Index("ix_test_sends_person", "person_id", "asked_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("users.id"))
    route_id: Mapped[int] = mapped_column(BigId, ForeignKey("routes.id"))
    campaign_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("campaigns.id"))
    number_id: Mapped[int] = mapped_column(BigId, ForeignKey("numbers.id"))
    # The report that this answers, where it is no test.
    answers_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("sms_reports.id"), unique=True)
    # The reminder that this carries, where it is no test.
    reminder_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("reminders.id"), unique=True)
    sender: Mapped[str] = mapped_column(String(40))
    text: Mapped[str] = mapped_column(Text)
    segments: Mapped[int]
    state: Mapped[TestState] = mapped_column(words(TestState), default=S.WAITING)
    asked_at: Mapped[datetime] = mapped_column(Moment)
    lapses_at: Mapped[datetime] = mapped_column(Moment)
    owner: Mapped[str | None] = mapped_column(String(80))
    taken_at: Mapped[datetime | None] = mapped_column(Moment)
    answered_at: Mapped[datetime | None] = mapped_column(Moment)
    carrier_ids: Mapped[str] = mapped_column(Text, default="[]")
    receipts: Mapped[str] = mapped_column(Text, default="{}")
    code: Mapped[str | None] = mapped_column(String(40))
    words: Mapped[str | None] = mapped_column(String(255))
    receipt_at: Mapped[datetime | None] = mapped_column(Moment)


_TESTS: Final = (TestSend.answers_id.is_(None), TestSend.reminder_id.is_(None))
"""What tells a test from what else goes this way."""


def request(
    person: User,
    route: Route,
    text: str,
    settings: Settings,
    *,
    sender: str,
    number: str = "",
    campaign_id: int | None = None,
) -> TestSend:
    """Ask for `text` to be sent to the person's own number over a route; a worker does it within
    seconds. `number`: what they typed as theirs, "" for the one they said before.

    Raises Refused: at `test_number` for no mobile number and one that opted out; at `test_route`
    for a route that is closed, lacks the sender name or does not carry the number's network; at
    `test` for the text, the hour, an emergency stop, and more than `AN_HOUR`. Forbidden for a route
    they may not use.
    """
    _check_route(person, route, sender)
    _check_text(text)
    if open_until(settings, clock.now()) is None:
        raise Refused(
            _(
                "Tests are sent in the hours %(hours)s, as messages are.",
                hours=settings.notice_hours,
            ),
            "test",
        )
    if stops.in_force():
        raise Refused(_("Everything is stopped: no test is sent either."), "test")
    own = own_numbers.keep(person, number) if number.strip() else own_numbers.of(person)
    if own is None:
        raise Refused(_("Type your own mobile number."), "test_number")
    return _store(person.id, route, text, sender, own, campaign_id)


def open_until(settings: Settings, now: datetime) -> datetime | None:
    """When the hours of tests, those of public notices, end today; None where they are closed."""
    day = timedelta(days=1)
    return Window(now - day, now + day, hours.parse(settings.notice_hours)).closes_at(now)


def _check_route(person: User, route: Route, sender: str) -> None:
    access.demand(person, Act.TEST_SEND, route)
    if not route.enabled:
        raise Refused(_("The route “%(route)s” is closed.", route=route.name), "test_route")
    if sender not in route.senders:
        raise Refused(
            _(
                "The route “%(route)s” does not have the sender name “%(sender)s”; it has "
                "%(senders)s.",
                route=route.name,
                sender=sender,
                senders=", ".join(route.senders),
            ),
            "test_route",
        )


def _check_text(text: str) -> None:
    if not text.strip():
        raise Refused(_("The message has no text. Write what people will read."), "test")
    if segments.count(text).segments > MOST_SEGMENTS:
        raise Refused(_("The text takes more than %(most)s segments.", most=MOST_SEGMENTS), "test")


def _store(
    person_id: int, route: Route, text: str, sender: str, own: str, campaign_id: int | None
) -> TestSend:
    route_id, route_name, networks = route.id, route.name, route.networks
    now = clock.now()
    with transaction() as session:
        # One request of a person at a time, so that two presses cannot both be the last allowed.
        session.execute(select(User.id).where(User.id == person_id).with_for_update())
        _refuse_often(person_id, now)
        ids = numbers.ensure(session.connection(), numbers.sealer(), (own,))
        _check_number(ids[own], route_name, networks)
        test = TestSend(
            person_id=person_id,
            route_id=route_id,
            campaign_id=campaign_id,
            number_id=ids[own],
            sender=sender,
            text=text,
            segments=segments.count(text).segments,
            asked_at=now,
            lapses_at=now + LAPSES,
        )
        session.add(test)
        session.flush()
        detail = {
            "test": MARK,
            "route": route_id,
            "campaign": campaign_id,
            "number": own,
            "segments": test.segments,
        }
        audit.record("test_send.request", "test_send", test.id, detail, person_id)
    return test


def answer(report: SmsReport, text: str) -> None:
    """Have a report by SMS answered, in the caller's transaction; whoever opted out is not."""
    text = text[:LONGEST_ANSWER]
    with transaction() as session:
        route = session.get_one(Route, report.route_id)
        told = _untested(route, report.person_id, report.number_id, text)
        told.answers_id = report.id
        session.add(told)


def remind(reminder_id: int, route: Route, own: OwnNumber, text: str, lapses_at: datetime) -> None:
    """Have a reminder carried to a person's own number, in the caller's transaction."""
    with transaction() as session:
        told = _untested(route, own.person_id, own.number_id, text)
        told.reminder_id, told.lapses_at = reminder_id, lapses_at
        session.add(told)


def _untested(route: Route, person_id: int, number_id: int, text: str) -> TestSend:
    """A text that goes the way of tests and is none."""
    now = clock.now()
    return TestSend(
        person_id=person_id,
        route_id=route.id,
        number_id=number_id,
        sender=route.senders[0],
        text=text,
        segments=segments.count(text).segments,
        asked_at=now,
        lapses_at=now + LAPSES,
    )


def _refuse_often(person_id: int, now: datetime) -> None:
    lately = db.session.scalar(
        select(func.count())
        .select_from(TestSend)
        .where(
            TestSend.person_id == person_id,
            *_TESTS,
            TestSend.asked_at > now - timedelta(hours=1),
        )
    )
    if (lately or 0) >= AN_HOUR:
        raise Refused(
            _("You sent %(most)s tests within the hour. Wait a while.", most=AN_HOUR), "test"
        )


def _check_number(number_id: int, route_name: str, networks: list[str]) -> None:
    if db.session.get(OptOut, number_id) is not None:
        raise Refused(
            _("This number has opted out: nothing is sent to it, no test either."), "test_number"
        )
    number = db.session.get_one(Number, number_id)
    network = number.confirmed or number.hint
    if network not in networks:
        raise Refused(
            _(
                "The route “%(route)s” does not carry your number's network. Choose another route.",
                route=route_name,
            ),
            "test_route",
        )


def choose(person: User, routes: list[Route], wanted: str, number: str) -> Route:
    """The route of `routes` whose id is `wanted`, or without one the first that carries the network
    of the person's number; `number` as for `request`. Raises Refused where there is none."""
    if number.strip():
        own_numbers.keep(person, number)
    if wanted:
        chosen = next((route for route in routes if str(route.id) == wanted), None)
        if chosen is None:
            raise Refused(_("Choose one of the campaign's routes."), "test_route")
        return chosen
    if own_numbers.of(person) is None:
        raise Refused(_("Type your own mobile number."), "test_number")
    fitting = route_for(person, routes)
    if fitting is None:
        raise Refused(_("None of the routes carries your number's network."), "test_route")
    return fitting


def open_to(person: User, routes: list[Route]) -> list[Route]:
    """Those of the routes over which this person may send tests now."""
    return [
        route for route in routes if route.enabled and access.allowed(person, Act.TEST_SEND, route)
    ]


def route_for(person: User, routes: list[Route]) -> Route | None:
    """The first of the routes that carries the network of the person's own number."""
    own = own_numbers.of(person)
    if own is None:
        return None
    found = numbers.find(db.session.connection(), numbers.sealer(), (own,))
    number = db.session.get_one(Number, found[own])
    network = number.confirmed or number.hint
    return next((route for route in routes if network in route.networks), None)


@dataclass(frozen=True)
class Shown:
    """A test as a page tells of it; the number masked."""

    id: int
    state: str
    asked_at: datetime
    answered_at: datetime | None
    receipt_at: datetime | None
    route: str
    sender: str
    number: str
    segments: int
    text: str
    code: str
    words: str
    awaits_receipt: bool


def latest(person: User) -> list[Shown]:
    """The person's own last tests, the newest first."""
    rows = db.session.execute(
        select(TestSend, Route.name, Route.gives_receipts, Number.sealed)
        .join(Route, Route.id == TestSend.route_id)
        .join(Number, Number.id == TestSend.number_id)
        .where(TestSend.person_id == person.id, *_TESTS)
        .order_by(TestSend.asked_at.desc(), TestSend.id.desc())
        .limit(SHOWN)
    ).all()
    return [_shown(*row) for row in rows]


def _shown(test: TestSend, route: str, gives_receipts: bool, sealed: bytes) -> Shown:
    return Shown(
        test.id,
        test.state.value,
        test.asked_at,
        test.answered_at,
        test.receipt_at,
        route,
        test.sender,
        phones.mask(numbers.sealer().open_number(bytes(sealed))),
        test.segments,
        test.text,
        test.code or "",
        test.words or "",
        test.state is S.ACCEPTED and gives_receipts,
    )


def anything_expected(tests: list[Shown]) -> bool:
    """Whether a page has reason to ask again soon: something is under way, or a receipt may come
    of what was asked for a moment ago."""
    soon = clock.now() - LAPSES
    return any(t.state in UNDER_WAY or (t.awaits_receipt and t.asked_at > soon) for t in tests)
