"""The example as a whole: consistent, and laid once however often one tries."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from campaigns import counts
from campaigns.campaigns import Approval, Campaign, Decision
from campaigns.reports import changes, editions
from campaigns.states import CampaignState
from outreach import accounts, areas, clock
from outreach.accounts import User
from outreach.database import db
from outreach.example import subscribers as invented
from outreach.lists import importing, uploads
from outreach.lists.uploads import Choices, Purpose
from outreach.organisations import Organisation
from outreach.settings import Settings
from tests import snapshots
from workers.example import loading

PEOPLE = 1_200


@pytest.fixture
def laid(app: Flask, settings: Settings, tmp_path: Path) -> Settings:
    """The example with shorter lists, laid by hand where `make demo` has a worker."""
    clock.set_offset(snapshots.laid("example", lambda: _lay(settings, tmp_path)))
    return settings


def _lay(settings: Settings, tmp_path: Path) -> timedelta:
    (settings.data_dir / "run").mkdir(parents=True, exist_ok=True)
    loading.prepare(settings)
    for listed in invented.write_lists(tmp_path, PEOPLE):
        owner = select(Organisation).where(Organisation.network == listed.network)
        purpose = Purpose(invented.PURPOSE, invented.SOURCE, clock.local(clock.now()).date())
        within = areas.by_code(loading.DISTRICT, 2020).id
        with listed.path.open("rb") as file:
            kept = uploads.receive(
                file,
                listed.path.name,
                db.session.scalars(owner).one().id,
                purpose,
                Choices({}, within, False),
                actor_id=accounts.system().id,
            )
        importing.run_import(kept.id)
    loading.lay_campaigns(settings, lambda _line: None)
    return clock.offset()


def states() -> dict[str, CampaignState]:
    db.session.rollback()
    return {c.name: c.state for c in db.session.scalars(select(Campaign).order_by(Campaign.id))}


def test_one_campaign_is_over_one_waits_and_one_is_sent(laid: Settings) -> None:
    assert states() == {
        loading.FINISHED: CampaignState.COMPLETED,
        loading.WAITING: CampaignState.SUBMITTED,
        loading.ORDERED: CampaignState.SENDING,
        loading.CAMPAIGN: CampaignState.SENDING,
    }


def test_yesterday_s_report_was_issued_in_time_and_holds(laid: Settings) -> None:
    area, day = areas.by_code(loading.DISTRICT, 2020), date(2020, 8, 19)
    (report,) = editions.of_day(area.id, day)
    assert f"{clock.local(report.issued_at):%d/%m %H:%M}" == "19/08 16:20"
    assert changes.corrections(editions.draft(area, day, None)["changes"]) == []
    assert clock.local(clock.now()).date() == date(2020, 8, 20)


def test_laid_again_nothing_is_new(app: Flask, settings: Settings, tmp_path: Path) -> None:
    _lay(settings, tmp_path)
    before = states(), db.session.scalar(select(func.count(User.id)))
    loading.prepare(settings)
    loading.lay_campaigns(settings, lambda _line: None)
    assert (states(), db.session.scalar(select(func.count(User.id)))) == before


def test_what_was_sent_was_checked_by_the_health_office_and_approved_by_another(
    laid: Settings,
) -> None:
    db.session.rollback()
    found = select(Campaign.name, Approval.decision).join(
        Approval, Approval.campaign_id == Campaign.id
    )
    decided = [tuple(row) for row in db.session.execute(found.order_by(Approval.id))]
    both = (Decision.FACTS_OK, Decision.APPROVED)
    assert decided == [
        *((loading.FINISHED, decision) for decision in both),
        *((loading.ORDERED, decision) for decision in both),
        *((loading.CAMPAIGN, decision) for decision in both),
    ]


def test_those_messaged_ten_days_ago_get_the_present_campaign_too(laid: Settings) -> None:
    db.session.rollback()
    over = db.session.scalars(select(Campaign).where(Campaign.name == loading.FINISHED)).one()
    present = db.session.scalars(select(Campaign).where(Campaign.name == loading.CAMPAIGN)).one()
    with db.engine.connect() as connection:
        shown = counts.of_campaign(connection, over.id)
        assert sum(row.messages for row in shown) == over.recipients_counted
        codes = {areas.code_of(row.area_id) for row in shown}
        assert codes == set(loading.FINISHED_AREAS)
    assert (present.recipients_counted or 0) > 2 * (over.recipients_counted or 0)


def test_everybody_who_may_log_in_has_a_first_page(
    laid: Settings, client_as: Callable[[User], FlaskClient]
) -> None:
    said = {
        "duyet@example.vn": "3 nơi chưa gửi số liệu Bluezone lúc 15:00",
        "solieu@example.vn": "3 nơi chưa gửi số liệu Bluezone lúc 15:00",
        "thachthanh@example.vn": "Smart Thanh Hóa",
        "yte@example.vn": "1 chiến dịch chờ bạn xác nhận nội dung",
        "vnpt@example.vn": "3 tin chưa rõ",
        "mobifone@example.vn": "1 phiếu đề nghị chờ bạn trả lời",
        "quantri@example.vn": "Việc cần làm bây giờ",
    }
    for email, words in said.items():
        page = client_as(accounts.by_email(email)).get("/")
        assert page.status_code == 200
        assert words in page.text, email
