"""What the campaign pages show, put together from figures, texts, history and rights."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import false, func, select, text
from sqlalchemy.orm import joinedload

from campaigns import (
    approvals,
    approving,
    calendar,
    counts,
    facts,
    failures,
    life,
    order_parts,
    pauses,
    progress,
    scopes,
    versions,
    waiting,
    ways,
)
from campaigns.campaigns import Campaign
from campaigns.progress import WAITING, Progress
from campaigns.states import (
    CAMPAIGN_TRANSITIONS,
    CHANGEABLE,
    EDITABLE,
    LEFT_SYSTEM,
    UNDECIDED,
    CampaignState,
    MessageState,
)
from outreach import access, clock, labels
from outreach.access import Act
from outreach.accounts import User
from outreach.areas import Area
from outreach.audit import AuditRow
from outreach.database import db, find
from outreach.i18n import N_, _
from outreach.numbers import sealer
from outreach.organisations import Organisation
from outreach.phones import mask

C = CampaignState
RECEIPTS_SHOWN = 6
ROWS_SHOWN = 200
WAITS = "waits"
"""The filter of the list for what waits for its reader."""

ACT_WORDS = {
    "campaign.create": N_("wrote the first version"),
    "campaign.edit": N_("changed it"),
    "campaign.submit": N_("submitted it for approval"),
    "campaign.facts_ok": N_("checked its facts: they are right"),
    "campaign.approved": N_("approved it"),
    "campaign.returned": N_("returned it"),
    "campaign.schedule": N_("scheduled it"),
    "campaign.start": N_("started it"),
    "campaign.pause": N_("paused it"),
    "campaign.hold_back": N_("paused it: a backup was restored"),
    "campaign.resume": N_("resumed it"),
    "campaign.hand_over": N_("handed what waited for a route to its stand-by"),
    "campaign.cancel": N_("cancelled it"),
    "campaign.withdraw": N_("made it a draft again"),
    "campaign.expire": N_("let it expire: its time had passed"),
    "campaign.complete": N_("completed it"),
    "campaign.reopen": N_("had it send again"),
    "campaign.resend": N_("sent again to whom it failed for now"),
    "campaign.doubt_delivered": N_("marked messages in doubt as delivered"),
    "campaign.doubt_failed": N_("marked messages in doubt as failed"),
    "campaign.doubt_resend": N_("had messages in doubt sent again"),
    "campaign.list_unreached": N_("took the list of those not reached, with whole numbers"),
}
# How the dot of an act looks in the history; the words say it too.
_LOOKS = {
    "campaign.submit": "waits",
    "campaign.facts_ok": "good",
    "campaign.approved": "good",
    "campaign.complete": "good",
    "campaign.returned": "bad",
    "campaign.cancel": "bad",
    "campaign.expire": "bad",
}
RESULT_WORDS = {
    "delivered": N_("Arrived"),
    "undelivered": N_("Did not arrive"),
    "rejected": N_("Refused"),
    "carrier_expired": N_("Gave up in time"),
}
# Messages of it may exist.
BEGUN = frozenset({C.SENDING, C.PAUSED, C.COMPLETED, C.CANCELLED, C.EXPIRED})
# Which act each button needs, and from which states it may be pressed.
_ACTS: dict[str, tuple[Act, frozenset[CampaignState]]] = {
    "edit": (Act.CAMPAIGN_EDIT, CHANGEABLE),
    "test": (Act.CAMPAIGN_TEST, CHANGEABLE),
    "submit": (Act.CAMPAIGN_SUBMIT, EDITABLE),
    "check_facts": (Act.CAMPAIGN_CHECK_FACTS, frozenset({C.SUBMITTED})),
    "approve": (Act.CAMPAIGN_APPROVE, frozenset({C.SUBMITTED})),
    "return": (Act.CAMPAIGN_RETURN, frozenset({C.SUBMITTED})),
    "schedule": (Act.CAMPAIGN_SCHEDULE, frozenset({C.APPROVED, C.SCHEDULED})),
    "start": (Act.CAMPAIGN_START, frozenset({C.APPROVED, C.SCHEDULED})),
    "pause": (Act.CAMPAIGN_PAUSE, frozenset({C.SENDING})),
    "resume": (Act.CAMPAIGN_RESUME, frozenset({C.PAUSED})),
    "doubt": (Act.INDOUBT_DECIDE, BEGUN),
    "resend": (Act.CAMPAIGN_RESEND, frozenset({C.SENDING, C.PAUSED, C.COMPLETED})),
    "cancel": (
        Act.CAMPAIGN_CANCEL,
        frozenset(s for s in C if C.CANCELLED in CAMPAIGN_TRANSITIONS[s]),
    ),
}


@dataclass
class View:
    """Everything `campaigns/show.html` and its partials read, as `p`."""

    figures: Progress
    campaign: dict[str, Any]
    acts: set[str]
    history: list[dict[str, Any]]
    latest_receipts: list[dict[str, Any]]
    alerts: list[dict[str, str]]
    failures: failures.Account | None
    beside: list[calendar.Entry]
    confirm_areas: int | None = None
    within: Area | None = None

    @property
    def first_month(self) -> str:
        """The month of the calendar in which it may first be sent, as the address names it."""
        return f"{clock.local(self.figures.campaign.not_before):%Y-%m}"

    def __getattr__(self, name: str) -> Any:
        # The templates' `p` is one object: what is not here is a figure.
        if name == "counts":
            return self.figures.total.counts
        if name in {"left_system", "share", "segments"}:
            return getattr(self.figures.total, name)
        return getattr(self.figures, name)


def of(campaign: Campaign, person: User, within: int | None = None) -> View:
    """The page of one campaign for one reader; `within` is the area whose places it lists."""
    area = None if within is None else find(Area, within)
    figures = progress.of(campaign, None if area is None else area.id)
    return View(
        figures,
        _described(campaign),
        acts_of(campaign, person),
        history("campaign", campaign.id, ACT_WORDS),
        _latest_receipts(campaign, figures) if campaign.started_at else [],
        approving.void(campaign) if campaign.state in UNDECIDED else [],
        failures.of(campaign) if campaign.started_at else None,
        _beside(campaign, person) if campaign.state in {C.APPROVED, C.SCHEDULED} else [],
        order_parts.confirms_by_areas(campaign),
        area,
    )


def _beside(campaign: Campaign, person: User) -> list[calendar.Entry]:
    """What else goes out on the days this one may be sent: whoever chooses its start sees it."""
    first, last = clock.local(campaign.not_before).date(), clock.local(campaign.not_after).date()
    today = clock.local(clock.now()).date()
    return calendar.during(person, max(first, min(today, last)), last, without=campaign.id)


def acts_of(campaign: Campaign, person: User) -> set[str]:
    """The buttons this reader may press now."""
    allowed = {
        name
        for name, (act, states) in _ACTS.items()
        if campaign.state in states and access.allowed(person, act, campaign)
    }
    decisions = allowed & {"approve", "check_facts"}
    if decisions:
        allowed -= decisions - _may_decide(campaign, person)
    if not life.may_reopen(campaign):
        allowed.discard("resend")
    if campaign.state is C.SENDING and access.allowed(person, Act.EMERGENCY_STOP):
        allowed.add("stop")
    if access.allowed(person, Act.CAMPAIGN_CREATE):
        allowed.add("copy")  # the copy is the reader's own, whoever wrote the first
    return allowed


def _may_decide(campaign: Campaign, person: User) -> set[str]:
    """Which decisions the campaign, as it stands, lets this person make."""
    if approvals.wrote(campaign, person):
        return set()
    if facts.check_of(campaign) is None:
        return {"check_facts"} if campaign.needs_facts else {"check_facts", "approve"}
    return {"approve"}


def _described(campaign: Campaign) -> dict[str, Any]:
    author = db.session.get(User, campaign.created_by_id)
    approval = progress.approved_by(campaign)
    plain = (
        "id",
        "name",
        "sender",
        "digest",
        "submitted_at",
        "start_at",
        "started_at",
        "completed_at",
        "settled_at",
        "pause_reason",
        "pause_words",
        "stopped_by_canary",
        "was_restored",
        "paused_at",
        "not_before",
        "not_after",
        "hours",
    )
    return (
        {name: getattr(campaign, name) for name in plain}
        | {
            "state": campaign.state.value,
            "kind": campaign.kind.value,
            "organisation_name": campaign.organisation.name,
            "apps": [app.name for app in campaign.apps],
            "created_by_name": (author.name or author.email) if author else "",
            "submitted_by_name": versions.submitter_of(campaign.id)
            if campaign.submitted_at
            else "",
            "approved_by_name": approval and approval["name"],
            "approved_at": approval and approval["at"],
        }
        | approving.returned(campaign)
    )


def history(object_type: str, object_id: int, says: dict[str, str]) -> list[dict[str, Any]]:
    """Who did what with an object, oldest first; `says` has the words for each act."""
    rows = db.session.execute(
        select(AuditRow, User, Organisation.name)
        .join(User, User.id == AuditRow.actor_id, isouter=True)
        .join(Organisation, Organisation.id == User.organisation_id, isouter=True)
        .where(AuditRow.object_type == object_type, AuditRow.object_id == object_id)
        .order_by(AuditRow.id)
    )
    return [
        {
            "at": row.at,
            "who": labels.person(user) if user is not None else _("The system"),
            "office": office or "",
            "act": _(says[row.act]) if row.act in says else row.act,
            "detail": pauses.words(json.loads(row.detail).get("reason", "")),
            "look": _LOOKS.get(row.act, ""),
        }
        for row, user, office in rows
    ]


def _latest_receipts(campaign: Campaign, figures: Progress) -> list[dict[str, Any]]:
    """The newest receipts among the newest attempts: exact while sending, cheap always."""
    rows = db.session.execute(
        text(
            "SELECT a.receipt, a.receipt_at, m.route_id, n.sealed FROM"
            " (SELECT * FROM attempts ORDER BY id DESC LIMIT 2000) a"
            " JOIN messages m ON m.id = a.message_id AND m.campaign_id = :id"
            " JOIN numbers n ON n.id = m.number_id"
            " WHERE a.receipt IS NOT NULL ORDER BY a.receipt_at DESC LIMIT :most"
        ),
        {"id": campaign.id, "most": RECEIPTS_SHOWN},
    ).all()
    routes = {route.id: route for route in figures.by_route}
    return [
        {
            "at": clock.from_microseconds(row.receipt_at),
            "number": mask(sealer().open_number(bytes(row.sealed))),
            "route_name": routes[row.route_id].name,
            "mark": routes[row.route_id].mark,
            "state": row.receipt,
            "words": _(RESULT_WORDS.get(row.receipt, N_("On its way"))),
        }
        for row in rows
        if row.route_id in routes
    ]


@dataclass(frozen=True)
class Row:
    """A campaign's line in the list."""

    id: int
    name: str
    state: str
    organisation_name: str
    recipients: int
    left_system: int
    share: float
    delivered: int
    undelivered: int
    in_doubt: int
    start_at: datetime | None
    created_at: datetime
    seconds_left: int | None


def listed(person: User, state: str | None) -> list[Row]:
    """The campaigns this reader may see, newest first, at most `ROWS_SHOWN`."""
    seen = select(Campaign).where(scopes.covered(person, Act.CAMPAIGN_VIEW))
    if state == WAITS:
        seen = seen.where(waiting.condition(person))
    elif state:
        seen = seen.where(Campaign.state == C(state) if state in set(C) else false())
    seen = seen.order_by(Campaign.id.desc()).limit(ROWS_SHOWN)
    rows = list(db.session.scalars(seen.options(joinedload(Campaign.organisation))))
    by_state = counts.of_campaigns(db.session(), [c.id for c in rows])
    under_way = ways.of([c.id for c in rows if c.state is C.SENDING])
    return [_row(c, by_state.get(c.id, {}), under_way.get(c.id)) for c in rows]


def _row(
    campaign: Campaign, by_state: dict[MessageState, int], way: ways.CampaignWay | None
) -> Row:
    recipients = sum(by_state.values()) or campaign.recipients_counted or 0
    left = sum(by_state.get(s, 0) for s in LEFT_SYSTEM)
    return Row(
        campaign.id,
        campaign.name,
        campaign.state.value,
        campaign.organisation.name,
        recipients,
        left,
        left / recipients if recipients else 0.0,
        by_state.get(MessageState.DELIVERED, 0),
        sum(
            by_state.get(s, 0)
            for s in (MessageState.UNDELIVERED, MessageState.REJECTED, MessageState.CARRIER_EXPIRED)
        ),
        by_state.get(MessageState.IN_DOUBT, 0),
        campaign.start_at,
        campaign.created_at,
        None if way is None else way.seconds_left,
    )


def filters(person: User, current: str | None) -> list[dict[str, Any]]:
    """How many campaigns there are by state, for the filter of the list; before them those that
    wait for the reader, where their role decides about any."""
    visible = scopes.covered(person, Act.CAMPAIGN_VIEW)
    by_state = select(Campaign.state, func.count()).where(visible).group_by(Campaign.state)
    seen = {str(state): n for state, n in db.session.execute(by_state)}
    counted = {"": sum(seen.values())}
    if waiting.decides(person):
        counted[WAITS] = waiting.count(person)
    counted |= {state.value: seen[state.value] for state in C if state.value in seen}
    return [
        {"state": state, "count": n, "current": (current or "") == state}
        for state, n in counted.items()
    ]


def running(person: User) -> list[dict[str, Any]]:
    """The campaigns an emergency stop would halt."""
    seen = scopes.covered(person, Act.CAMPAIGN_VIEW)
    sending = select(Campaign).where(Campaign.state == C.SENDING, seen).order_by(Campaign.id)
    rows = list(db.session.scalars(sending.options(joinedload(Campaign.organisation))))
    by_state = counts.of_campaigns(db.session(), [c.id for c in rows])
    return [
        {
            "id": c.id,
            "name": c.name,
            "organisation_name": c.organisation.name,
            # Before its messages are made, all it was approved for are to come.
            "left": sum(by_state[c.id].get(s, 0) for s in WAITING)
            if c.id in by_state
            else c.recipients_counted or 0,
        }
        for c in rows
    ]
