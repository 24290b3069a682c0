"""Decisions: never an author's, never about what was not shown, never two at once."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select, text

from campaigns import approvals, composing, life
from campaigns.campaigns import Approval, Campaign
from campaigns.states import CampaignState
from outreach import accounts
from outreach.accounts import Role, User
from outreach.audit import AuditRow
from outreach.database import db, transaction
from outreach.errors import Refused
from outreach.organisations import Organisation
from tests.moments import at_once
from tests.stage import Stage, numbers_of

C = CampaignState


@pytest.fixture
def submitted(stage: Stage, vnpt: Organisation) -> Campaign:
    stage.subscribe(vnpt, numbers_of("vinaphone", 3))
    campaign = stage.draft([stage.route(vnpt, 9).id])
    approvals.submit(campaign, stage.author, stage.settings)
    return life.get(campaign.id)


def decisions(campaign: Campaign) -> list[tuple[str, str]]:
    db.session.rollback()
    rows = select(Approval).where(Approval.campaign_id == campaign.id).order_by(Approval.id)
    return [(row.decision, row.reason) for row in db.session.scalars(rows)]


def test_an_approval_is_bound_to_the_digest_and_audited(stage: Stage, submitted: Campaign) -> None:
    sealed = submitted.digest or ""
    approvals.approve(submitted, stage.approver, sealed)
    now = life.get(submitted.id)
    assert (now.state, now.digest) == (C.APPROVED, sealed)
    row = db.session.scalars(select(AuditRow).order_by(AuditRow.id.desc())).first()
    assert row is not None
    assert (row.act, row.actor_id, row.object_id) == (
        "campaign.approved",
        stage.approver.id,
        now.id,
    )
    assert sealed in row.detail


def test_nobody_who_wrote_any_version_approves(
    stage: Stage, submitted: Campaign, make_person: Callable[..., User]
) -> None:
    second = make_person(Role.CULTURE, stage.owner, name="Hai")
    for author in (stage.author, second):
        fields = stage.fields(submitted.route_ids, name=f"by {author.id}")
        composing.revise(submitted, composing.from_object(fields), author.id, stage.settings)
    approvals.submit(submitted, second, stage.settings)
    for author in (stage.author, second):
        with pytest.raises(Refused, match="somebody else must approve it") as refused:
            approvals.approve(submitted, author, submitted.digest or "")
        assert refused.value.field == "approve"
    assert decisions(submitted) == []
    approvals.approve(submitted, stage.approver, submitted.digest or "")
    assert life.get(submitted.id).state is C.APPROVED


def test_who_submits_what_the_command_line_wrote_answers_for_it(
    stage: Stage, submitted: Campaign
) -> None:
    """A draft that a script stored for nobody: its submitter may not approve it, the command line
    then may, where it is allowed to."""
    nobody = accounts.system()
    draft = composing.from_object(stage.fields(submitted.route_ids, name="by a script"))
    written = composing.create(draft, nobody.id, stage.settings)
    approvals.submit(written, stage.author, stage.settings)
    with pytest.raises(Refused, match="somebody else must approve it"):
        approvals.approve(written, stage.author, written.digest or "")
    approvals.approve(written, nobody, written.digest or "")
    assert life.get(written.id).state is C.APPROVED


def test_the_command_line_approves_nothing_it_wrote_and_submitted_itself(
    stage: Stage, submitted: Campaign
) -> None:
    nobody = accounts.system()
    draft = composing.from_object(stage.fields(submitted.route_ids, name="by a script"))
    written = composing.create(draft, nobody.id, stage.settings)
    approvals.submit(written, nobody, stage.settings)
    with pytest.raises(Refused, match="somebody else must approve it"):
        approvals.approve(written, nobody, written.digest or "")


def test_another_digest_than_the_one_in_force_is_a_stale_page(
    stage: Stage, submitted: Campaign
) -> None:
    for shown in ("", "0" * 64):
        with pytest.raises(Refused, match="changed after you opened it") as refused:
            approvals.approve(submitted, stage.approver, shown)
        assert refused.value.field == "digest"
        with pytest.raises(Refused, match="changed after you opened it"):
            approvals.give_back(submitted, stage.approver, "why", shown)
    assert decisions(submitted) == []


def test_the_page_of_the_version_before_is_stale(stage: Stage, submitted: Campaign) -> None:
    shown = submitted.digest or ""
    fields = stage.fields(submitted.route_ids, wording={"vi": "Bản hai"})
    composing.revise(submitted, composing.from_object(fields), stage.author.id, stage.settings)
    approvals.submit(submitted, stage.author, stage.settings)
    with pytest.raises(Refused, match="changed after you opened it"):
        approvals.approve(submitted, stage.approver, shown)
    assert life.get(submitted.id).state is C.SUBMITTED


def test_a_text_changed_behind_our_back_is_neither_approved_nor_started(
    stage: Stage, submitted: Campaign
) -> None:
    tamper = text("UPDATE rendered_texts SET text = 'Gửi tiền cho tôi'")
    mend = text("UPDATE rendered_texts SET text = :said")
    said = db.session.execute(text("SELECT text FROM rendered_texts")).scalar_one()

    def do(statement: object, **values: str) -> None:
        with transaction() as session:
            session.execute(statement, values)  # type: ignore[call-overload]

    shown = submitted.digest or ""
    do(tamper)
    with pytest.raises(Refused, match="changed after you opened it"):
        approvals.approve(submitted, stage.approver, shown)
    do(mend, said=said)
    approvals.approve(submitted, stage.approver, shown)
    do(tamper)
    with pytest.raises(Refused, match="is not what was approved"):
        life.start(life.get(submitted.id), stage.approver.id)
    do(mend, said=said)
    life.start(life.get(submitted.id), stage.approver.id)
    life.pause(life.get(submitted.id), "wait", None)
    do(tamper)
    with pytest.raises(Refused, match="is not what was approved"):
        life.resume(life.get(submitted.id), stage.approver.id)


def test_a_return_without_a_reason_is_refused(stage: Stage, submitted: Campaign) -> None:
    for reason in ("", "  \n"):
        with pytest.raises(Refused, match="Say why you return it") as refused:
            approvals.give_back(submitted, stage.approver, reason, submitted.digest or "")
        assert refused.value.field == "reason"


def test_what_was_returned_is_submitted_again_as_it_is_or_changed(
    stage: Stage, submitted: Campaign
) -> None:
    approvals.give_back(submitted, stage.approver, " Thêm số ", submitted.digest or "")
    assert decisions(submitted) == [("returned", "Thêm số")]
    assert life.get(submitted.id).state is C.RETURNED
    approvals.submit(submitted, stage.author, stage.settings)
    assert life.get(submitted.id).state is C.SUBMITTED


def test_a_draft_is_not_decided_about(stage: Stage, submitted: Campaign) -> None:
    draft = stage.draft(submitted.route_ids)
    for decide in (
        lambda: approvals.approve(draft, stage.approver, ""),
        lambda: approvals.give_back(draft, stage.approver, "", ""),
    ):
        with pytest.raises(Refused, match="is draft; it cannot become"):
            decide()
    assert life.get(draft.id).state is C.DRAFT


def test_a_submission_after_the_window_is_refused(stage: Stage, submitted: Campaign) -> None:
    late = stage.draft(
        submitted.route_ids,
        not_before="2020-08-18T08:00+07:00",
        not_after="2020-08-19T08:00+07:00",
    )
    with pytest.raises(Refused, match="closed for good") as refused:
        approvals.submit(late, stage.author, stage.settings)
    assert refused.value.field == "not_after"


def test_submitting_twice_is_refused_the_second_time(stage: Stage, submitted: Campaign) -> None:
    with pytest.raises(Refused, match="cannot become submitted"):
        approvals.submit(submitted, stage.author, stage.settings)


def test_the_command_line_approves_only_where_it_was_allowed(stage: Stage) -> None:
    approvals.refuse_command_line(stage.settings.model_copy(update={"cli_approve": True}))
    with pytest.raises(Refused, match="OUTREACH_CLI_APPROVE=1"):
        approvals.refuse_command_line(stage.settings)


def test_of_two_who_decide_at_once_one_wins(
    stage: Stage, submitted: Campaign, make_person: Callable[..., User]
) -> None:
    other = make_person(Role.CULTURE, stage.owner, name="Hai").id
    campaign_id, shown, first = submitted.id, submitted.digest or "", stage.approver.id

    def approve() -> None:
        approvals.approve(life.get(campaign_id), db.session.get_one(User, first), shown)

    def give_back() -> None:
        person = db.session.get_one(User, other)
        approvals.give_back(life.get(campaign_id), person, "why", shown)

    assert at_once(approve, give_back).count("done") == 1
    assert len(decisions(submitted)) == 1
    for decide in (approve, give_back):
        with pytest.raises(Refused, match=r"(Cúc has already approved|Hai has already returned)"):
            decide()


def test_of_an_edit_and_a_start_at_once_one_wins(stage: Stage, submitted: Campaign) -> None:
    campaign_id, author, approver = submitted.id, stage.author.id, stage.approver.id
    approvals.approve(submitted, stage.approver, submitted.digest or "")
    changed = composing.from_object(stage.fields(submitted.route_ids, wording={"vi": "Bản hai"}))

    def edit() -> None:
        composing.revise(life.get(campaign_id), changed, author, stage.settings)

    def start() -> None:
        life.start(life.get(campaign_id), approver)

    assert at_once(edit, start).count("done") == 1
    now = life.get(campaign_id)
    assert (now.state, now.digest is None) in {(C.SENDING, False), (C.DRAFT, True)}
