"""What the board of a day says of reminders: who agreed, who was reminded and what became of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import select

from campaigns import reminder_routes, reminder_settings
from campaigns.reminders import REASONS, Kind, Reminder, State
from campaigns.reports.editions import DailyReport
from campaigns.test_sends import TestSend, TestState
from outreach import due, duties, reminder_agreements, uptake
from outreach.accounts import User
from outreach.board import Board
from outreach.database import db
from outreach.duties import Duty, What
from outreach.i18n import N_, _
from outreach.rates import Punctuality
from outreach.reminder_agreements import ReminderAgreement, Way
from outreach.settings import Settings

KINDS: Final[dict[Kind, str]] = {
    Kind.BEFORE: N_("before the hour"),
    Kind.AT: N_("at the hour"),
    Kind.HAND: N_("by hand"),
}
_NOT_SENT: Final = frozenset({State.SKIPPED, TestState.NOT_SENT})


@dataclass(frozen=True, slots=True)
class Told:
    """One reminder: `state` is what became of it, a `State` or, of an SMS, a `TestState`; `why` is
    a sentence where it was not sent, and the other side's words where it was refused."""

    kind: str
    at: datetime
    state: str
    why: str


@dataclass(frozen=True, slots=True)
class Row:
    """Somebody who has to report. `obstacle` says why one who agreed cannot be reminded; `owes`
    whether anything is missing; `may_remind` whether it can be asked for by hand."""

    person: User
    duty: Duty
    agreement: ReminderAgreement | None
    obstacle: str
    owes: bool
    told: Sequence[Told]
    may_remind: bool


def of(board: Board, settings: Settings) -> list[Row]:
    """Those who report to the board's area and the area's own office, who owes a figure first. As
    many statements, however many they are."""
    owing = _owing(board)
    areas = {board.area.id, *(row.area.id for row in board.rows)}
    people = duties.people_of(areas)
    ids = [person.id for person, _duty in people]
    agreements = reminder_agreements.of_people(ids)
    obstacles = _obstacles({p.id: d for p, d in people}, agreements, settings)
    reminders = _reminders(ids, board.day)
    today = board.working and board.day == uptake.today()
    rows = []
    for person, duty in people:
        told = reminders.get(person.id, [])
        agreement, why = agreements.get(person.id), obstacles.get(person.id, "")
        owes = (duty.area.id, duty.what) in owing
        by_hand = any(each.kind is Kind.HAND and each.counts_on for each, *_rest in told)
        may = today and owes and agreement is not None and not why and not by_hand
        rows.append(
            Row(
                person,
                duty,
                agreement,
                _(REASONS[why]) if why else "",
                owes,
                [_told(*each) for each in told],
                may,
            )
        )
    return sorted(rows, key=_urgency)


def _obstacles(
    duty_of: Mapping[int, Duty], agreements: Mapping[int, ReminderAgreement], settings: Settings
) -> dict[int, str]:
    """Why each who agreed cannot be reminded, a key of `REASONS`; "" where they can."""
    found = reminder_agreements.obstacles(list(agreements.values()), settings)
    by_sms = [
        each for each in agreements.values() if each.way is Way.SMS and not found[each.person_id]
    ]
    if by_sms:
        there = reminder_routes.now()
        networks = reminder_routes.networks([each.number_id for each in by_sms])
        area_ids = {duty_of[each.person_id].area.id for each in by_sms}
        in_force = reminder_settings.each_in_force(area_ids, settings)
        for each in by_sms:
            set_there = in_force[duty_of[each.person_id].area.id]
            found[each.person_id] = there.of(networks.get(each.number_id), set_there)[1]
    return found


def _urgency(row: Row) -> tuple[bool, bool, int, int]:
    report = row.duty.what is What.REPORT
    return not row.owes, report, row.duty.area.position, row.person.id


def _owing(board: Board) -> set[tuple[int, What]]:
    """The areas whose figure of the board's app, or whose report, is not there."""
    if not due.is_working(board.day):
        return set()
    without = {Punctuality.MISSING, Punctuality.WAITING}
    figures = {(row.area.id, What.FIGURE) for row in board.rows if row.state in without}
    areas = {board.area.id, *(row.area.id for row in board.rows)}
    issued = select(DailyReport.area_id).where(
        DailyReport.area_id.in_(areas), DailyReport.day == board.day
    )
    left = areas - set(db.session.scalars(issued))
    return figures | {(area_id, What.REPORT) for area_id in left}


def _reminders(
    person_ids: Collection[int], day: date
) -> dict[int, list[tuple[Reminder, TestSend | None]]]:
    rows = (
        select(Reminder, TestSend)
        .outerjoin(TestSend, TestSend.reminder_id == Reminder.id)
        .where(Reminder.person_id.in_(person_ids), Reminder.day == day)
        .order_by(Reminder.id)
    )
    found: dict[int, list[Any]] = {}
    for reminder, text in db.session.execute(rows):
        found.setdefault(reminder.person_id, []).append((reminder, text))
    return found


def _told(reminder: Reminder, text: TestSend | None) -> Told:
    carried = text if text is not None else reminder
    reason = reminder.reason if text is None else text.code
    why = _(REASONS[reason]) if reason in REASONS and carried.state in _NOT_SENT else ""
    return Told(
        _(KINDS[reminder.kind]),
        reminder.asked_at,
        carried.state.value,
        why or carried.words or "",
    )
