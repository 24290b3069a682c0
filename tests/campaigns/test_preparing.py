"""The digest: it covers everything that is sent, and nothing else."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text

from app import create_app
from campaigns import approvals, life, preparing
from campaigns.campaigns import (
    Campaign,
    CampaignApp,
    CampaignArea,
    RenderedText,
    RouteChoice,
)
from campaigns.routes import Protocol, Route
from campaigns.rules import Kind
from campaigns.states import CampaignState
from outreach import apps, clock
from outreach.accounts import system
from outreach.area_names import Level
from outreach.areas import Area
from outreach.database import db, transaction
from outreach.errors import Refused
from outreach.organisations import Kind as OrganisationKind
from outreach.organisations import Organisation
from outreach.settings import Settings
from tests.databases import fill, new_database
from tests.stage import Stage, numbers_of


@pytest.fixture
def submitted(stage: Stage, vnpt: Organisation) -> Campaign:
    stage.subscribe(vnpt, numbers_of("vinaphone", 3))
    campaign = stage.draft([stage.route(vnpt, 9).id, stage.route(vnpt, 9, name="second").id])
    approvals.submit(campaign, stage.author, stage.settings)
    return life.get(campaign.id)


def digest(campaign_id: int) -> str:
    with db.engine.connect() as connection:
        return preparing.seal(connection, campaign_id).digest


def change(statement: str, **values: object) -> None:
    with transaction() as session:
        session.execute(text(statement), values)


# Each as plain SQL, since that is how something changes behind our back.
COVERED = [
    "UPDATE rendered_texts SET text = text || ' '",
    "UPDATE rendered_texts SET variant = 'en'",
    "DELETE FROM rendered_texts",
    "UPDATE campaigns SET kind = 'customer_care'",
    "UPDATE campaigns SET not_messaged_days = 7",
    "UPDATE campaigns SET sender = 'OTHER'",
    "UPDATE campaigns SET strip_marks = NOT strip_marks",
    "UPDATE campaigns SET networks = '[\"viettel\"]'",
    "UPDATE campaigns SET groups = '[\"teachers\"]'",
    "UPDATE campaigns SET not_before = not_before + 1",
    "UPDATE campaigns SET not_after = not_after + 1",
    "UPDATE campaigns SET hours = '00:00-23:59'",
    "UPDATE campaigns SET organisation_id = (SELECT MIN(organisation_id) FROM routes)",
    "UPDATE campaigns SET recipients_counted = recipients_counted + 1",
    "UPDATE campaign_areas SET area_id = (SELECT MAX(id) FROM areas)",
    "DELETE FROM campaign_apps",
    "DELETE FROM campaign_routes WHERE position = 1",
    "UPDATE campaign_routes SET position = position + 10 WHERE position = 0",
]
NOT_COVERED = [
    "UPDATE routes SET rate = 1, price = 9999, binds = 3",
    "UPDATE routes SET password_sealed = system_id_sealed",
    "UPDATE routes SET host = 'elsewhere', port = 1, system_id = 'x'",
    "UPDATE campaigns SET name = 'Other name', selection_rule = 'other'",
    "UPDATE campaigns SET start_at = 1",
]


def test_whatever_is_sent_changes_the_digest(submitted: Campaign) -> None:
    campaign_id, sealed = submitted.id, submitted.digest
    assert digest(campaign_id) == sealed
    for statement in COVERED:
        with db.engine.connect() as connection:
            connection.execute(text(statement))
            assert preparing.seal(connection, campaign_id).digest != sealed, statement
            connection.rollback()
    assert digest(campaign_id) == sealed


def test_rate_price_credentials_and_the_start_do_not(submitted: Campaign) -> None:
    campaign_id, sealed = submitted.id, submitted.digest
    for statement in NOT_COVERED:
        change(statement.replace("= system_id_sealed", "= :new"), **_new(statement))
        assert digest(campaign_id) == sealed, statement


def _new(statement: str) -> dict[str, object]:
    return {"new": b"other"} if "password" in statement else {}


def test_the_digest_names_the_texts_that_may_go_out(submitted: Campaign) -> None:
    with db.engine.connect() as connection:
        sealed = preparing.seal(connection, submitted.id)
    assert set(sealed.texts.values()) == {
        "Kinh gui ba con xa Long Khanh A: cai Bluezone tai https://bluezone.gov.vn/taiapp"
    }


def test_two_databases_seal_the_same_content_alike(
    tmp_path: Path, request: pytest.FixtureRequest, redis_address: str
) -> None:
    """Also where their own order of words differs: “a” and “B”, “é” and “f”."""
    server = request.getfixturevalue("postgresql_server")
    sqlite = tmp_path / "outreach.db"
    sqlite.write_bytes(request.getfixturevalue("sqlite_template").read_bytes())
    with new_database(server, "test_seal_alike") as address:
        fill(Settings(data_dir=tmp_path / "fill", database_url=address))
        settings = [
            Settings(data_dir=tmp_path / name, database_url=each, redis_url=redis_address)
            for name, each in (("one", f"sqlite:///{sqlite}"), ("two", address))
        ]
        assert len({_sealed_in(create_app(each)) for each in settings}) == 1


def _sealed_in(app: Flask) -> str:
    with app.app_context():
        _insert_campaign()
        try:
            return digest(1)
        finally:
            db.session.remove()
            db.engine.dispose()


def _insert_campaign() -> None:
    moment = clock.parse_moment("2020-08-18T08:00+07:00")
    with transaction() as session:
        session.add(Organisation(id=1, name="VNPT", kind=OrganisationKind.CARRIER))
        session.add(
            Area(id=1, area_list=2020, code="1", level=Level.COMMUNE, kind="Xã", name="Xã A")
        )
        app = apps.App(id=1, code="BLUEZONE", name="Bluezone", link="https://x.vn")
        session.add(app)
        author = system()
        session.flush()
        session.add(
            Route(
                id=1, name="r", protocol=Protocol.SMPP, organisation_id=1, host="h", port=1,
                system_id="s", password_sealed=b"", senders=["BLUEZONE"], networks=["viettel"],
                rate=0.1, price=1, created_at=moment,
            )
        )  # fmt: skip
        session.add(
            Campaign(
                id=1, name="c", kind=Kind.NOTICE, organisation_id=1, sender="BLUEZONE",
                strip_marks=True, networks=["viettel"], groups=["public"], not_before=moment,
                not_after=moment + timedelta(days=1), hours="07:00-21:00", selection_rule="all",
                state=CampaignState.SUBMITTED, created_at=moment, created_by_id=author.id,
                recipients_counted=7,
            )
        )  # fmt: skip
        session.flush()
        session.add(CampaignArea(campaign_id=1, area_id=1))
        session.add(CampaignApp(campaign_id=1, app_id=1))
        session.add(RouteChoice(campaign_id=1, position=0, route_id=1))
        for key, said in (("a", "Bà con xã A"), ("B", "Bà con"), ("é", "e"), ("f", "“f”\n")):
            session.add(
                RenderedText(
                    campaign_id=1, variant=key, area_id=1, position=1, text=said, segments=1
                )
            )


def test_nobody_to_send_to_is_refused_with_who_was_left_out(
    stage: Stage, vnpt: Organisation
) -> None:
    route_id = stage.route(vnpt, 9).id
    with pytest.raises(Refused, match="Nobody on the lists lives in the areas"):
        approvals.submit(stage.draft([route_id]), stage.author, stage.settings)
    stage.subscribe(vnpt, numbers_of("vinaphone", 2))
    only_others = stage.draft([route_id], networks=["viettel"])
    with pytest.raises(Refused, match=r"reach nobody\. Left out: wrong_network 2") as refused:
        approvals.submit(only_others, stage.author, stage.settings)
    assert refused.value.field == "areas"
    assert life.get(only_others.id).state == "draft"


def test_only_areas_where_the_groups_live_are_rendered(stage: Stage, vnpt: Organisation) -> None:
    """A district's own row would have an empty {xa}; nobody of the group is there."""
    stage.subscribe(vnpt, numbers_of("vinaphone", 2))
    stage.subscribe(vnpt, numbers_of("vinaphone", 1, offset=10), stage.land.district)
    with transaction() as session:
        session.execute(
            text("UPDATE subscribers SET group_bits = 4 WHERE area_id = :id"),
            {"id": stage.land.district},
        )
    campaign = stage.draft([stage.route(vnpt, 9).id])
    approvals.submit(campaign, stage.author, stage.settings)
    assert life.get(campaign.id).recipients_counted == 2


def test_a_placeholder_empty_for_an_area_is_refused_by_name(
    stage: Stage, vnpt: Organisation
) -> None:
    stage.subscribe(vnpt, numbers_of("vinaphone", 1), stage.land.district)
    with pytest.raises(Refused, match=r"\{xa\} is empty for the area huyện Hồng Ngự"):
        approvals.submit(stage.draft([stage.route(vnpt, 9).id]), stage.author, stage.settings)


def test_more_than_eight_segments_are_refused_with_how_much_to_cut(
    stage: Stage, vnpt: Organisation
) -> None:
    stage.subscribe(vnpt, numbers_of("vinaphone", 1))
    route_id = stage.route(vnpt, 9).id
    place = "xã Long Khánh A, huyện Hồng Ngự, tỉnh Đồng Tháp"
    for letter, characters, takes in (
        ("ắ", 8 * 67, None),
        ("ắ", 8 * 67 + 1, "9 segments (UCS-2); at most 8 are allowed. Cut 1 "),
        ("a", 8 * 153, None),
        ("a", 8 * 153 + 5, "9 segments (GSM-7); at most 8 are allowed. Cut 5 "),
    ):
        said = {"vi": letter * characters}
        campaign = stage.draft([route_id], wording=said, strip_marks=False)
        if takes is None:
            approvals.submit(campaign, stage.author, stage.settings)
            continue
        with pytest.raises(Refused) as refused:
            approvals.submit(campaign, stage.author, stage.settings)
        assert f"For {place} the text takes {takes}" in refused.value.sentence
        assert refused.value.field == "wording"


def test_the_law_of_the_day_it_is_sent_judges_the_text(stage: Stage, vnpt: Organisation) -> None:
    stage.subscribe(vnpt, numbers_of("vinaphone", 1))
    clock.set_offset(clock.parse_moment("2020-09-20T08:00+07:00") - clock.real_now())
    fields = {
        "kind": "advertising",
        "hours": "07:00-22:00",
        "wording": {"vi": "Mua tai {xa}. Tu choi: soan TC gui 1234"},
        "not_before": "2020-09-21T08:00+07:00",
    }
    route_id = stage.route(vnpt, 9).id
    before = stage.draft([route_id], not_after="2020-09-30T20:00+07:00", **fields)
    approvals.submit(before, stage.author, stage.settings)
    over = stage.draft([route_id], not_after="2020-10-01T20:00+07:00", **fields)
    with pytest.raises(Refused, match=r"must begin with \[QC\]"):
        approvals.submit(over, stage.author, stage.settings)
