"""The health office's check: where it is needed, what it is bound to, and what undoes it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select, text

from campaigns import approvals, composing, facts, life
from campaigns.campaigns import Approval, Campaign
from campaigns.states import CampaignState
from outreach import accounts, organisations
from outreach.accounts import Role, User
from outreach.audit import AuditRow
from outreach.database import db, transaction
from outreach.errors import Refused
from outreach.organisations import Kind, Organisation
from tests.moments import at_once
from tests.stage import Stage, numbers_of

C = CampaignState


@pytest.fixture
def route_id(stage: Stage, vnpt: Organisation) -> int:
    stage.subscribe(vnpt, numbers_of("vinaphone", 3))
    return stage.route(vnpt, 9).id


@pytest.fixture
def health(health_office: Organisation, make_person: Callable[..., User]) -> User:
    return make_person(Role.HEALTH, health_office, name="Ngọc")


@pytest.fixture
def submitted(stage: Stage, route_id: int, health: User) -> Campaign:
    campaign = stage.draft([route_id])
    approvals.submit(campaign, stage.author, stage.settings)
    return life.get(campaign.id)


def revise(stage: Stage, campaign: Campaign, said: str) -> None:
    fields = stage.fields(campaign.route_ids, wording={"vi": said})
    draft = composing.from_object(fields)
    composing.revise(life.get(campaign.id), draft, stage.author.id, stage.settings)


def submit(stage: Stage, campaign: Campaign) -> Campaign:
    approvals.submit(life.get(campaign.id), stage.author, stage.settings)
    return life.get(campaign.id)


def decisions(campaign: Campaign) -> list[str]:
    db.session.rollback()
    rows = select(Approval.decision).where(Approval.campaign_id == campaign.id)
    return list(db.session.scalars(rows.order_by(Approval.id)))


def test_without_a_health_office_for_its_areas_no_check_is_needed(
    stage: Stage, route_id: int
) -> None:
    organisations.add("Tân Hồng", Kind.HEALTH, area_id=stage.land.next_district, actor_id=None)
    campaign = submit(stage, stage.draft([route_id]))
    assert not campaign.needs_facts
    approvals.approve(campaign, stage.approver, campaign.digest or "")
    assert life.get(campaign.id).state is C.APPROVED


@pytest.mark.parametrize("area", ["district", "province", None])
def test_a_health_office_for_one_of_its_areas_is_asked(
    stage: Stage, route_id: int, area: str | None
) -> None:
    area_id = None if area is None else getattr(stage.land, area)
    office = organisations.add("Y tế", Kind.HEALTH, area_id=area_id, actor_id=None)
    campaign = submit(stage, stage.draft([route_id]))
    assert campaign.needs_facts
    assert facts.offices(campaign) == [office.name]


def test_an_office_for_a_part_of_a_chosen_area_is_not_asked_about_the_whole(
    stage: Stage, route_id: int
) -> None:
    organisations.add("Trạm y tế xã", Kind.HEALTH, area_id=stage.land.commune, actor_id=None)
    assert not submit(stage, stage.draft([route_id])).needs_facts


def test_where_no_office_answers_for_all_areas_the_check_is_needed_and_nobody_can_make_it(
    stage: Stage, route_id: int, health: User
) -> None:
    campaign = submit(stage, stage.draft([route_id], areas=["870", "869"]))
    assert campaign.needs_facts
    assert facts.offices(campaign) == []


def test_the_settings_say_which_kinds_are_checked(
    stage: Stage, route_id: int, health: User
) -> None:
    care = stage.draft([route_id], kind="customer_care")
    for kinds, notice, customer_care in (
        ("notice", True, False),
        ("none", False, False),
        ("customer_care, advertising", False, True),
        ("notice,customer_care", True, True),
    ):
        settings = stage.settings.model_copy(update={"fact_check_kinds": kinds})
        assert facts.needed(stage.draft([route_id]), settings) is notice, kinds
        assert facts.needed(care, settings) is customer_care, kinds


def test_an_approval_waits_for_the_check_and_is_refused_with_a_sentence(
    stage: Stage, submitted: Campaign, health: User
) -> None:
    with pytest.raises(Refused, match="has not yet checked the facts") as refused:
        approvals.approve(submitted, stage.approver, submitted.digest or "")
    assert (refused.value.field, decisions(submitted)) == ("facts", [])
    approvals.check_facts(submitted, health, submitted.digest or "")
    assert life.get(submitted.id).state is C.SUBMITTED
    approvals.approve(submitted, stage.approver, submitted.digest or "")
    assert life.get(submitted.id).state is C.APPROVED
    assert decisions(submitted) == ["facts_ok", "approved"]


def test_a_check_is_bound_to_the_digest_and_audited(
    stage: Stage, submitted: Campaign, health: User
) -> None:
    approvals.check_facts(submitted, health, submitted.digest or "")
    check = facts.check_of(submitted)
    assert check is not None
    assert (check.person_id, check.digest) == (health.id, submitted.digest)
    row = db.session.scalars(select(AuditRow).order_by(AuditRow.id.desc())).first()
    assert row is not None
    assert (row.act, row.actor_id) == ("campaign.facts_ok", health.id)
    assert (submitted.digest or "-") in row.detail


def test_a_changed_text_is_checked_again(stage: Stage, submitted: Campaign, health: User) -> None:
    approvals.check_facts(submitted, health, submitted.digest or "")
    revise(stage, submitted, "Bản hai")
    now = submit(stage, submitted)
    assert facts.check_of(now) is None
    with pytest.raises(Refused, match="has not yet checked the facts"):
        approvals.approve(now, stage.approver, now.digest or "")
    approvals.check_facts(now, health, now.digest or "")
    approvals.approve(now, stage.approver, now.digest or "")


def test_what_was_returned_is_checked_again_even_where_nothing_was_changed(
    stage: Stage, submitted: Campaign, health: User
) -> None:
    approvals.check_facts(submitted, health, submitted.digest or "")
    approvals.give_back(life.get(submitted.id), stage.approver, "why", submitted.digest or "")
    now = submit(stage, submitted)
    assert now.digest == submitted.digest
    with pytest.raises(Refused, match="has not yet checked the facts"):
        approvals.approve(now, stage.approver, now.digest or "")


def test_a_stale_page_checks_nothing(stage: Stage, submitted: Campaign, health: User) -> None:
    shown = submitted.digest or ""
    revise(stage, submitted, "Bản hai")
    now = submit(stage, submitted)
    for digest in (shown, "", "0" * 64):
        with pytest.raises(Refused, match="changed after you opened it"):
            approvals.check_facts(life.get(now.id), health, digest)
    assert decisions(submitted) == []


def test_a_text_changed_behind_our_back_is_not_checked(
    stage: Stage, submitted: Campaign, health: User
) -> None:
    with transaction() as session:
        session.execute(text("UPDATE rendered_texts SET text = 'Uống nước lá'"))
    with pytest.raises(Refused, match="changed after you opened it"):
        approvals.check_facts(submitted, health, submitted.digest or "")


def test_nobody_checks_what_they_wrote_or_what_is_not_submitted(
    stage: Stage, submitted: Campaign, health: User
) -> None:
    with pytest.raises(Refused, match="somebody else must check its facts"):
        approvals.check_facts(submitted, stage.author, submitted.digest or "")
    draft = stage.draft(submitted.route_ids)
    with pytest.raises(Refused, match="is draft; its facts are checked while it is submitted"):
        approvals.check_facts(draft, health, "")


def test_the_need_is_fixed_when_it_is_submitted(stage: Stage, route_id: int) -> None:
    """Nobody finds the rules changed while they wait; the next submission asks the new office."""
    campaign = submit(stage, stage.draft([route_id]))
    organisations.add("Y tế", Kind.HEALTH, area_id=stage.land.district, actor_id=None)
    assert not life.get(campaign.id).needs_facts
    revise(stage, campaign, "Bản hai")
    assert submit(stage, campaign).needs_facts


def test_of_two_who_check_at_once_one_wins_and_the_other_is_told(
    stage: Stage, submitted: Campaign, health: User, make_person: Callable[..., User]
) -> None:
    campaign_id, shown = submitted.id, submitted.digest or ""
    both = [health.id, make_person(Role.HEALTH, health.organisation, name="Hai").id]

    def check(person_id: int) -> Callable[[], None]:
        return lambda: approvals.check_facts(
            life.get(campaign_id), db.session.get_one(User, person_id), shown
        )

    assert at_once(*map(check, both)).count("done") == 1
    assert decisions(submitted) == ["facts_ok"]
    with pytest.raises(Refused, match="has already checked the facts"):
        check(both[0])()


def test_of_a_check_and_a_return_at_once_neither_is_half_done(
    stage: Stage, submitted: Campaign, health: User
) -> None:
    campaign_id, shown = submitted.id, submitted.digest or ""
    checker, approver = health.id, stage.approver.id

    def check() -> None:
        approvals.check_facts(life.get(campaign_id), db.session.get_one(User, checker), shown)

    def give_back() -> None:
        person = db.session.get_one(User, approver)
        approvals.give_back(life.get(campaign_id), person, "why", shown)

    # Returned first, the check comes too late; checked first, the return still counts.
    assert at_once(check, give_back)[1] == "done"
    assert life.get(campaign_id).state is C.RETURNED
    assert decisions(submitted)[-1] == "returned"


def test_hours_the_rules_no_longer_allow_are_refused(stage: Stage, submitted: Campaign) -> None:
    approvals.refuse_hours(submitted, stage.settings)
    narrower = stage.settings.model_copy(update={"notice_hours": "07:00-21:00"})
    with pytest.raises(Refused, match="reach outside what is allowed") as refused:
        approvals.refuse_hours(submitted, narrower)
    assert refused.value.field == "hours"


def test_the_command_line_checks_only_where_it_was_allowed(stage: Stage) -> None:
    with pytest.raises(Refused, match="check facts only with OUTREACH_CLI_APPROVE=1"):
        approvals.refuse_command_line_check(stage.settings)
    approvals.refuse_command_line_check(stage.settings.model_copy(update={"cli_approve": True}))


def test_the_system_checks_nothing_it_wrote(stage: Stage, route_id: int, health: User) -> None:
    nobody = accounts.system()
    draft = composing.from_object(stage.fields([route_id]))
    written = composing.create(draft, nobody.id, stage.settings)
    approvals.submit(written, nobody, stage.settings)
    with pytest.raises(Refused, match="somebody else must check its facts"):
        approvals.check_facts(written, nobody, written.digest or "")
