"""A drive whose reporter agreed to be reminded, and a route that carries it."""

from __future__ import annotations

import time
from dataclasses import dataclass

import pytest
from sqlalchemy import select

from campaigns import reminding
from campaigns.reminders import Reminder
from campaigns.routes import Route
from campaigns.test_sends import TestSend
from outreach import own_numbers, reminder_agreements
from outreach.accounts import User
from outreach.database import db, write_connection
from outreach.organisations import Organisation
from outreach.reminder_agreements import Way
from outreach.settings import Settings
from tests.drive import Drive, at
from tests.stage import Stage
from workers import test_sends as carrying

OWN = "+84912000999"
MAIL = {"smtp_url": "smtp://127.0.0.1:9", "mail_from": "baocao@example.vn"}


@dataclass
class Reminded:
    """It is 20 August 2020, 14:00; figures came yesterday, `reporter` owes today's by 15:00."""

    stage: Stage
    drive: Drive
    route: Route

    @property
    def reporter(self) -> User:
        """Whose commune it is."""
        return self.drive.reporter

    @property
    def settings(self) -> Settings:
        """Those in force."""
        settings: Settings = self.stage.app.config["OUTREACH"]
        return settings

    def set(self, **changes: object) -> Settings:
        """Change settings."""
        self.stage.settings = self.settings.model_copy(update=changes)
        self.stage.app.config["OUTREACH"] = self.stage.settings
        return self.stage.settings

    def agree(self, person: User | None = None, number: str = OWN, way: Way = Way.SMS) -> None:
        """Have the number confirmed and let the person agree."""
        person = person or self.reporter
        if way is Way.SMS:
            own_numbers.confirm(person, number, actor_id=self.stage.author.id)
        reminder_agreements.agree(person, way, self.settings)

    def tick(self, when: str) -> list[Reminder]:
        """What is in the outbox after a tick at a time."""
        at(when)
        db.session.rollback()
        reminding.go_on(self.settings)
        return self.outbox()

    def outbox(self) -> list[Reminder]:
        """Every reminder there is."""
        db.session.rollback()
        rows = select(Reminder).order_by(Reminder.id).execution_options(populate_existing=True)
        return list(db.session.scalars(rows))

    def texts(self) -> list[TestSend]:
        """What was handed over to be carried by SMS."""
        db.session.rollback()
        rows = select(TestSend).where(TestSend.reminder_id.is_not(None)).order_by(TestSend.id)
        return list(db.session.scalars(rows.execution_options(populate_existing=True)))

    def take(self, owner: str = "me") -> carrying.Taken | None:
        """What a worker of the route takes now."""
        route_id = self.route.id
        db.session.rollback()
        with write_connection(db.engine) as connection:
            return carrying.take(connection, route_id, owner, self.settings, time.monotonic())


@pytest.fixture
def reminded(stage: Stage, drive: Drive, vnpt: Organisation) -> Reminded:
    """Nobody has agreed yet."""
    drive.report(240, "19/8 14:30")
    at("14:00")
    return Reminded(stage, drive, stage.route(vnpt, 9))


__all__ = ["MAIL", "OWN", "Reminded", "reminded"]
