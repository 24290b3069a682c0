"""What somebody reads before they decide about a campaign: the text of any commune, what has to
hold first, what this version changed, and which other campaigns reach the same people.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from campaigns import (
    approvals,
    facts,
    held_back,
    overlaps,
    reading,
    rules,
    selection,
    standbys,
    versions,
)
from campaigns.campaigns import Approval, Campaign, Decision, PlannedCount
from campaigns.overlaps import Overlaps
from campaigns.reading import Reading
from campaigns.rules import RuleSet
from campaigns.states import CampaignState
from campaigns.versions import Change, Submission
from outreach import access, clock, formats, labels
from outreach.access import Act, Scope
from outreach.accounts import User
from outreach.database import db
from outreach.errors import Refused
from outreach.i18n import _, language
from outreach.settings import Settings


@dataclass(frozen=True)
class Check:
    """One of the things that must hold before the approval. `name`: facts, hours or author; `says`
    is what is wrong with it, where that is no matter of course."""

    name: str
    holds: bool
    who: str = ""
    office: str = ""
    at: datetime | None = None
    needed: bool = True
    says: str = ""
    offices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Past:
    """The version before: who submitted it when, and what was decided about it last."""

    number: int
    submitted_by: str
    at: datetime
    decision: str = ""
    decided_by: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Compared:
    """This version beside the one before; `before` is None for a first version. `submitted` says
    whether this one was, or is still being written."""

    number: int
    submitted: bool
    before: Past | None
    changes: list[Change]


@dataclass(frozen=True)
class Deciding:
    """Everything `campaigns/show.html` reads as `d`."""

    reading: Reading | None
    checks: list[Check]
    compared: Compared | None
    overlaps: Overlaps | None
    cap: RuleSet
    approver: bool
    about: dict[str, Any]
    standbys: list[standbys.StandBy]
    cautions: list[str]

    @property
    def ready(self) -> bool:
        """Whether nothing stands in the way of the approval."""
        return all(check.holds for check in self.checks)

    @property
    def cap_period(self) -> timedelta:
        """The days the cap counts."""
        return self.cap.cap_period


def of(
    campaign: Campaign, person: User, settings: Settings, *, commune: str = "", variant: str = ""
) -> Deciding:
    """The campaign before one reader; `commune` and `variant` say which text to show."""
    cap = rules.over(campaign.kind, campaign.not_before, campaign.not_after, settings)[0]
    planned = campaign.digest is not None and campaign.started_at is None
    approver = access.scope_of(person.role, Act.CAMPAIGN_APPROVE) is not Scope.NO
    submitted = campaign.state is CampaignState.SUBMITTED
    return Deciding(
        reading=reading.of(campaign, commune, variant),
        checks=_checks(campaign, person, settings, approver) if submitted else [],
        compared=None if campaign.started_at else compared(campaign),
        overlaps=overlaps.of(campaign, person, cap.cap_period) if planned else None,
        cap=cap,
        approver=approver,
        about={} if campaign.started_at else _about(campaign),
        standbys=[] if campaign.started_at else _standbys(campaign),
        cautions=[] if campaign.started_at else held_back.cautions(campaign),
    )


def _standbys(campaign: Campaign) -> list[standbys.StandBy]:
    planned = select(PlannedCount.route_id, func.sum(PlannedCount.segments))
    planned = planned.where(PlannedCount.campaign_id == campaign.id).group_by(PlannedCount.route_id)
    return standbys.costed(campaign, {route: int(n) for route, n in db.session.execute(planned)})


def _about(campaign: Campaign) -> dict[str, Any]:
    """What it says, in words; no `network_names` where all networks are meant."""
    names = [name for code, name in labels.NETWORKS.items() if code in campaign.networks]
    return versions.said_by(campaign) | {
        "areas_counted": labels.counted(area.level for area in campaign.areas),
        "selection_rule": selection.said(campaign.selection_rule),
        "lottery_id": campaign.lottery_id,
        "network_names": names if len(names) < len(labels.NETWORKS) else [],
    }


def _checks(campaign: Campaign, person: User, settings: Settings, approver: bool) -> list[Check]:
    """The three of them; whether the reader is an author matters to those who approve."""
    checks = [_facts(campaign), _hours(campaign, settings)]
    if approver or access.scope_of(person.role, Act.CAMPAIGN_CHECK_FACTS) is not Scope.NO:
        checks.append(Check("author", not approvals.wrote(campaign, person), person.name))
    return checks


def _facts(campaign: Campaign) -> Check:
    known = facts.check_of(campaign)
    if known is None:
        offices = tuple(facts.offices(campaign)) if campaign.needs_facts else ()
        needed = campaign.needs_facts
        return Check("facts", not needed, needed=needed, offices=offices)
    who = db.session.get_one(User, known.person_id)
    office = "" if who.organisation is None else who.organisation.name
    return Check("facts", True, who.name, office, known.at, needed=campaign.needs_facts)


def _hours(campaign: Campaign, settings: Settings) -> Check:
    try:
        approvals.refuse_hours(campaign, settings)
    except Refused as refused:
        return Check("hours", False, says=refused.sentence)
    return Check("hours", campaign.window.next_opening(clock.now()) is not None)


def compared(campaign: Campaign) -> Compared | None:
    """This version beside the one that was submitted before it; None where none ever was."""
    known = versions.of(campaign)
    if not known:
        return None
    submitted = campaign.digest is not None
    now, before = (known[0], known[1:2]) if submitted else (None, known[:1])
    number = len(known) if submitted else len(known) + 1
    if not before:
        return Compared(number, submitted, None, [])
    content = versions.said_by(campaign) if now is None else now.content
    changes = versions.changes(before[0].content, content)
    past = _past(before[0], number - 1, None if now is None else now.at)
    return Compared(number, submitted, past, changes)


def _past(before: Submission, number: int, until: datetime | None) -> Past:
    """Who submitted it, and what was said last about it, before the next one at `until`."""
    who = db.session.get_one(User, before.person_id)
    said = select(Approval, User.name).join(User, User.id == Approval.person_id)
    said = said.where(Approval.campaign_id == before.campaign_id, Approval.at >= before.at)
    if until is not None:
        said = said.where(Approval.at < until)
    decided = db.session.execute(said.order_by(Approval.id.desc()).limit(1)).first()
    if decided is None:
        return Past(number, who.name, before.at)
    last, by = decided
    return Past(number, who.name, before.at, last.decision, by, last.reason)


def void(campaign: Campaign) -> list[dict[str, str]]:
    """The decisions that were made about what it no longer is, each the last of its kind."""
    rows = db.session.execute(
        select(Approval, User.name)
        .join(User, User.id == Approval.person_id)
        .where(Approval.campaign_id == campaign.id, Approval.decision != Decision.RETURNED)
        .order_by(Approval.id)
    )
    last = {row.decision: (row, who) for row, who in rows}
    if facts.check_of(campaign) is not None:
        last.pop(Decision.FACTS_OK, None)
    return [_void_words(row, who, campaign) for row, who in last.values()]


def _void_words(row: Approval, who: str, campaign: Campaign) -> dict[str, str]:
    told = {"who": who, "at": formats.moment(row.at, language=language())}
    if row.decision == Decision.APPROVED:
        title = _("The approval of %(who)s on %(at)s no longer holds.", **told)
    else:
        title = _("The fact check of %(who)s on %(at)s no longer holds.", **told)
    if row.digest == campaign.digest:
        return {"level": "w", "title": title, "text": _("It was returned after that.")}
    return {
        "level": "w",
        "title": title,
        "text": _("It was for another text: what was changed since has to be decided again."),
    }


def returned(campaign: Campaign) -> dict[str, str]:
    """Who gave it back and why, while that is how it stands."""
    if campaign.state is not CampaignState.RETURNED:
        return {}
    last = (
        select(User.name, Approval.reason)
        .join(User, User.id == Approval.person_id)
        .where(Approval.campaign_id == campaign.id, Approval.decision == Decision.RETURNED)
        .order_by(Approval.id.desc())
        .limit(1)
    )
    who, reason = db.session.execute(last).one()
    return {"returned_by_name": who, "return_reason": reason}
