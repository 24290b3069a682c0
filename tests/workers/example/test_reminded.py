"""In the example one who agreed was reminded once, and no worker carries that again."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import select

from campaigns import reminding
from campaigns.reminders import Reminder
from campaigns.test_sends import TestSend, TestState
from outreach import accounts, reminder_agreements
from outreach.database import db
from outreach.settings import Settings
from tests.drive import at
from workers.example import loading


def test_the_reporter_was_reminded_once_and_the_officer_is_at_four(
    app: Flask, settings: Settings
) -> None:
    app.config["OUTREACH"] = settings
    (settings.data_dir / "run").mkdir(exist_ok=True)
    loading.prepare(settings)
    loading.prepare(settings)
    reporter, officer = map(accounts.by_email, ("xa@example.vn", "solieu@example.vn"))
    assert reminder_agreements.of(officer.id) is not None
    (text,) = db.session.scalars(select(TestSend))
    assert (text.person_id, text.state) == (reporter.id, TestState.DELIVERED)
    assert text.text.startswith("Nhac: xa Thuong Phuoc 2 chua co so Bluezone ngay 20/8, han 15:00.")
    at("15:21")
    reminding.go_on(settings)
    assert len(db.session.scalars(select(Reminder)).all()) == 1
    at("16:01")
    reminding.go_on(settings)
    last = db.session.scalars(select(Reminder).order_by(Reminder.id.desc())).first()
    assert last is not None
    assert last.person_id == officer.id
