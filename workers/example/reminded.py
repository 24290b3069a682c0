"""Who agreed to be reminded in the example: the reporter, whom the day's reminder has reached, and
the office's officer, who is reminded for real at 16:00 where the example runs so long."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select

from campaigns import reminding
from campaigns.test_sends import TestSend, TestState
from outreach import clock, own_numbers, reminder_agreements, uptake
from outreach.accounts import User
from outreach.database import transaction
from outreach.reminder_agreements import Way
from outreach.settings import Settings
from workers.example import finished

NUMBERS: Final = ("0919 000 074", "0979 000 030")
"""Invented, one on each of the example's routes."""
AGREED: Final = timedelta(days=2, hours=6)


def lay(reporter: User, officer: User, admin: User, settings: Settings) -> None:
    """Lay it, inside the caller's transaction and before any process of ours runs."""
    due_at: datetime = uptake.deadline(uptake.today())
    with finished.turned_back(), transaction() as session:
        finished.turn(due_at - AGREED)
        for person, number in zip((reporter, officer), NUMBERS, strict=True):
            own_numbers.confirm(person, number, actor_id=admin.id)
            reminder_agreements.agree(person, Way.SMS, settings)
        finished.turn(due_at - timedelta(minutes=settings.remind_before))
        reminding.go_on(settings)
        for text in session.scalars(select(TestSend)):
            text.state, text.answered_at = TestState.DELIVERED, clock.now()
            text.receipt_at = clock.now()
