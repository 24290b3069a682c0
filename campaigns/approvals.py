"""Submitting, checking facts, approving and returning: decisions of people, each bound to the
digest of what is sent."""

from __future__ import annotations

from sqlalchemy import select, update

from campaigns import facts, held_back, life, overlaps, preparing, rules, standbys, versions
from campaigns.campaigns import Approval, Campaign, Decision, Revision
from campaigns.states import CampaignState
from outreach import accounts, audit, clock
from outreach.accounts import User
from outreach.database import db, transaction
from outreach.errors import Refused
from outreach.i18n import _
from outreach.settings import Settings


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
        held_back.refuse(campaign)
        connection = session.connection()
        audience = preparing.audience_of(campaign, settings)
        texts = preparing.render_all(campaign, connection, audience, settings)
        shared = overlaps.Counter(audience)
        tally = preparing.count_people(connection, audience, texts, campaign.name, shared)
        preparing.store_plan(campaign, tally)
        shared.keep()
        campaign.recipients_counted = tally.people
        campaign.needs_facts = facts.needed(campaign, settings)
        standbys.fix(campaign)
        session.flush()
        digest = preparing.seal(connection, campaign.id).digest
        versions.keep(campaign, person, digest, tally)
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


def refuse_command_line_check(settings: Settings) -> None:
    """Refuse checking facts from the command line unless OUTREACH_CLI_APPROVE=1."""
    if not settings.cli_approve:
        raise Refused(
            _(
                "The command line may check facts only with OUTREACH_CLI_APPROVE=1; otherwise a "
                "person of the health office does it on the page."
            ),
            "facts",
        )


def refuse_hours(campaign: Campaign, settings: Settings) -> None:
    """Refuse hours that the rules of its kind and days do not allow any more."""
    chosen = campaign.window.hours
    for rule_set in rules.over(campaign.kind, campaign.not_before, campaign.not_after, settings):
        if chosen.within(rule_set.hours) != chosen:
            raise Refused(
                _(
                    "The hours %(hours)s reach outside what is allowed for this kind, %(allowed)s. "
                    "Return it, so that its author mends them.",
                    hours=campaign.hours,
                    allowed=str(rule_set.hours),
                ),
                "hours",
            )


def check_facts(campaign: Campaign, person: User, digest: str) -> None:
    """Say that the facts are right in exactly what `digest` names: the one the person was shown.

    It stays submitted. Raises Refused for an author of any revision, for a stale page, and where
    the facts of this very text were checked already.
    """
    _refuse_undecidable(campaign)
    if wrote(campaign, person):
        raise Refused(
            _(
                "You wrote a version of “%(name)s”; somebody else must check its facts.",
                name=campaign.name,
            ),
            "facts",
        )
    with transaction():
        _lock_as_shown(campaign, digest)
        _refuse_undecidable(campaign)
        if (known := facts.check_of(campaign)) is not None:
            who = db.session.get_one(User, known.person_id)
            raise Refused(
                _(
                    "%(who)s has already checked the facts of “%(name)s”.",
                    who=who.name or who.email,
                    name=campaign.name,
                ),
                "facts",
            )
        _store(campaign, person, Decision.FACTS_OK, "")
        audit.record(
            "campaign.facts_ok",
            "campaign",
            campaign.id,
            {"digest": digest, "revision": campaign.revision},
            person.id,
        )


def _refuse_undecidable(campaign: Campaign) -> None:
    if campaign.state is not CampaignState.SUBMITTED:
        raise Refused(
            _(
                "“%(name)s” is %(state)s; its facts are checked while it is submitted.",
                name=campaign.name,
                state=campaign.state.value,
            ),
            "state",
        )


def approve(campaign: Campaign, person: User, digest: str) -> None:
    """Approve exactly what `digest` names: the one the person was shown.

    Raises Refused for an author of any revision, for a stale page, for a content that is no
    longer what its digest says, and while a health office has still to check its facts.
    """
    _refuse_decided(campaign)
    life.require(campaign, CampaignState.APPROVED)
    if wrote(campaign, person):
        raise Refused(
            _(
                "You wrote a version of “%(name)s”; somebody else must approve it.",
                name=campaign.name,
            ),
            "approve",
        )
    _decide(campaign, person, Decision.APPROVED, "", digest)


def give_back(campaign: Campaign, person: User, reason: str, digest: str) -> None:
    """Return it to its author with a reason; Refused where the reason is empty."""
    _refuse_decided(campaign)
    life.require(campaign, CampaignState.RETURNED)
    if not reason.strip():
        raise Refused(_("Say why you return it: the author has to know what to change."), "reason")
    _decide(campaign, person, Decision.RETURNED, reason.strip(), digest)


def _refuse_decided(campaign: Campaign) -> None:
    """Of two who decide at once, the second is told who the first was."""
    if campaign.state not in (CampaignState.APPROVED, CampaignState.RETURNED):
        return
    last = select(User.name).join(Approval, Approval.person_id == User.id)
    last = last.where(Approval.campaign_id == campaign.id).order_by(Approval.id.desc()).limit(1)
    told = {"who": db.session.scalar(last) or "", "name": campaign.name}
    if campaign.state is CampaignState.APPROVED:
        raise Refused(_("%(who)s has already approved “%(name)s”.", **told), "state")
    raise Refused(_("%(who)s has already returned “%(name)s” to its author.", **told), "state")


def wrote(campaign: Campaign, person: User) -> bool:
    """Whether the person is an author of any revision: then they decide nothing about it."""
    mine = select(Revision.revision).where(
        Revision.campaign_id == campaign.id, Revision.author_id == person.id
    )
    return db.session.scalar(mine.limit(1)) is not None


def _decide(campaign: Campaign, person: User, decision: Decision, reason: str, digest: str) -> None:
    with transaction():
        _lock_as_shown(campaign, digest)
        _refuse_decided(campaign)
        if decision is Decision.APPROVED:
            _refuse_unchecked(campaign)
        _store(campaign, person, decision, reason)
        life.move(
            campaign,
            CampaignState(decision.value),
            person.id,
            act=f"campaign.{decision}",
            detail={"digest": digest, "revision": campaign.revision, "reason": reason},
        )


def _lock_as_shown(campaign: Campaign, digest: str) -> None:
    """Read it again so that nobody changes it meanwhile; Refused where it is not what was shown."""
    session = db.session()
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


def _refuse_unchecked(campaign: Campaign) -> None:
    if campaign.needs_facts and facts.check_of(campaign) is None:
        raise Refused(
            _(
                "The health office has not yet checked the facts of “%(name)s”; it is approved "
                "after that.",
                name=campaign.name,
            ),
            "facts",
        )


def _store(campaign: Campaign, person: User, decision: Decision, reason: str) -> None:
    db.session.add(
        Approval(
            campaign_id=campaign.id,
            revision=campaign.revision,
            person_id=person.id,
            decision=decision.value,
            reason=reason,
            digest=campaign.digest or "",
            at=clock.now(),
        )
    )
