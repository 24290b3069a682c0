"""Submitting, approving and returning: decisions of people, bound to the digest of what is sent."""

from __future__ import annotations

from sqlalchemy import select, update

from campaigns import life, preparing
from campaigns.campaigns import Approval, Campaign, Revision
from campaigns.states import CampaignState
from outreach import accounts, clock
from outreach.accounts import User
from outreach.database import db, transaction
from outreach.errors import Refused
from outreach.i18n import _
from outreach.settings import Settings

APPROVED, RETURNED = "approved", "returned"


def submit(campaign: Campaign, person: User, settings: Settings) -> None:
    """Render, count, compute the digest, and hand the campaign to its approver.

    Raises Refused, with everything as it was, for whatever would go wrong later: a placeholder
    empty for an area, nobody to send to, a window that has closed.
    """
    life.require(campaign, CampaignState.SUBMITTED)
    if campaign.window.next_opening(clock.now()) is None:
        raise Refused(
            _("The window closed for good at %(end)s.", end=clock.iso(campaign.not_after)),
            "not_after",
        )
    with transaction() as session:
        # Nobody edits it until its digest is stored.
        session.refresh(campaign, with_for_update=True)
        connection = session.connection()
        audience = preparing.audience_of(campaign, settings)
        texts = preparing.render_all(campaign, connection, audience, settings)
        tally = preparing.count_people(connection, audience, texts, campaign.name)
        preparing.store_plan(campaign, tally)
        campaign.recipients_counted = tally.people
        session.flush()
        digest = preparing.seal(connection, campaign.id).digest
        life.move(
            campaign,
            CampaignState.SUBMITTED,
            person.id,
            act="campaign.submit",
            detail={"digest": digest, "recipients": tally.people},
            digest=digest,
            submitted_at=clock.now(),
        )
        _answer_for_system(campaign, person)


def _answer_for_system(campaign: Campaign, person: User) -> None:
    # What the command line wrote for nobody is the submitter's own, who then may not approve it.
    db.session.execute(
        update(Revision)
        .where(Revision.campaign_id == campaign.id, Revision.author_id == accounts.system().id)
        .values(author_id=person.id)
    )


def refuse_command_line(settings: Settings) -> None:
    """Refuse approving from the command line unless OUTREACH_CLI_APPROVE=1."""
    if not settings.cli_approve:
        raise Refused(
            _(
                "The command line may approve only with OUTREACH_CLI_APPROVE=1; otherwise a person "
                "of the culture office approves on the page."
            ),
            "approve",
        )


def approve(campaign: Campaign, person: User, digest: str) -> None:
    """Approve exactly what `digest` names: the one the person was shown.

    Raises Refused for an author of any revision, for a stale page, and for a content that is no
    longer what its digest says.
    """
    life.require(campaign, CampaignState.APPROVED)
    _refuse_author(campaign, person)
    _decide(campaign, person, APPROVED, "", digest, CampaignState.APPROVED)


def give_back(campaign: Campaign, person: User, reason: str, digest: str) -> None:
    """Return it to its author with a reason; Refused where the reason is empty."""
    life.require(campaign, CampaignState.RETURNED)
    if not reason.strip():
        raise Refused(_("Say why you return it: the author has to know what to change."), "reason")
    _decide(campaign, person, RETURNED, reason.strip(), digest, CampaignState.RETURNED)


def _refuse_author(campaign: Campaign, person: User) -> None:
    wrote = select(Revision.revision).where(
        Revision.campaign_id == campaign.id, Revision.author_id == person.id
    )
    if db.session.scalar(wrote.limit(1)) is not None:
        raise Refused(
            _(
                "You wrote a version of “%(name)s”; somebody else must approve it.",
                name=campaign.name,
            ),
            "approve",
        )


def _decide(
    campaign: Campaign, person: User, decision: str, reason: str, digest: str, to: CampaignState
) -> None:
    with transaction() as session:
        session.refresh(campaign, with_for_update=True)
        now_sealed = preparing.seal(session.connection(), campaign.id).digest
        if digest != campaign.digest or now_sealed != campaign.digest:
            raise Refused(
                _(
                    "“%(name)s” was changed after you opened it. Read it again before you decide.",
                    name=campaign.name,
                ),
                "digest",
            )
        session.add(
            Approval(
                campaign_id=campaign.id,
                revision=campaign.revision,
                person_id=person.id,
                decision=decision,
                reason=reason,
                digest=digest,
                at=clock.now(),
            )
        )
        life.move(
            campaign,
            to,
            person.id,
            act=f"campaign.{decision}",
            detail={"digest": digest, "revision": campaign.revision, "reason": reason},
        )
