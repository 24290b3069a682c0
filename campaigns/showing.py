"""What the campaign pages show, put together from figures, texts, history and rights."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import func, select, text

from campaigns import calendar, counts, failures, life, progress, segments
from campaigns.campaigns import Campaign, RenderedText, Revision
from campaigns.progress import Progress
from campaigns.states import (
    CAMPAIGN_TRANSITIONS,
    CHANGEABLE,
    EDITABLE,
    LEFT_SYSTEM,
    CampaignState,
    MessageState,
)
from outreach import access, clock
from outreach.access import Act
from outreach.accounts import User
from outreach.areas import Area
from outreach.audit import AuditRow
from outreach.database import db
from outreach.i18n import N_, _
from outreach.numbers import sealer
from outreach.organisations import Organisation
from outreach.phones import mask

C = CampaignState
TEXTS_SHOWN = 3
RECEIPTS_SHOWN = 6
ROWS_SHOWN = 200

ACT_WORDS = {
    "campaign.create": N_("wrote the first version"),
    "campaign.edit": N_("changed it"),
    "campaign.submit": N_("submitted it for approval"),
    "campaign.approved": N_("approved it"),
    "campaign.returned": N_("returned it"),
    "campaign.schedule": N_("scheduled it"),
    "campaign.start": N_("started it"),
    "campaign.pause": N_("paused it"),
    "campaign.resume": N_("resumed it"),
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
    texts: list[dict[str, Any]]
    history: list[dict[str, Any]]
    latest_receipts: list[dict[str, Any]]
    alerts: list[dict[str, str]]
    failures: failures.Account | None
    beside: list[calendar.Entry]

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


def of(campaign: Campaign, person: User) -> View:
    """The page of one campaign for one reader."""
    figures = progress.of(campaign)
    return View(
        figures,
        _described(campaign),
        acts_of(campaign, person),
        _texts(campaign.id),
        _history(campaign.id),
        _latest_receipts(campaign, figures) if campaign.started_at else [],
        [],
        failures.of(campaign) if campaign.started_at else None,
        _beside(campaign, person) if campaign.state in {C.APPROVED, C.SCHEDULED} else [],
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
    if "approve" in allowed and _wrote(campaign.id, person.id):
        allowed.discard("approve")
    if not life.may_reopen(campaign):
        allowed.discard("resend")
    if campaign.state is C.SENDING and access.allowed(person, Act.EMERGENCY_STOP):
        allowed.add("stop")
    if access.allowed(person, Act.CAMPAIGN_CREATE):
        allowed.add("copy")  # the copy is the reader's own, whoever wrote the first
    return allowed


def _wrote(campaign_id: int, person_id: int) -> bool:
    wrote = select(Revision.revision).where(
        Revision.campaign_id == campaign_id, Revision.author_id == person_id
    )
    return db.session.scalar(wrote.limit(1)) is not None


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
        "paused_at",
        "not_before",
        "not_after",
        "hours",
    )
    return {name: getattr(campaign, name) for name in plain} | {
        "state": campaign.state.value,
        "kind": campaign.kind.value,
        "organisation_name": campaign.organisation.name,
        "apps": [app.name for app in campaign.apps],
        "created_by_name": (author.name or author.email) if author else "",
        "approved_by_name": approval and approval["name"],
        "approved_at": approval and approval["at"],
    }


def _texts(campaign_id: int) -> list[dict[str, Any]]:
    """The longest text first: it is the one that costs most, then the others in order."""
    rows = db.session.execute(
        select(RenderedText.text, Area.name)
        .join(Area, Area.id == RenderedText.area_id)
        .where(RenderedText.campaign_id == campaign_id)
        .order_by(RenderedText.segments.desc(), func.length(RenderedText.text).desc())
        .limit(TEXTS_SHOWN)
    )
    return [{"area_name": name, "text": said} | _measured(said) for said, name in rows]


def _measured(said: str) -> dict[str, Any]:
    count = segments.count(said)
    return {
        "encoding": count.encoding,
        "units": count.units,
        "segments": count.segments,
        "parts": segments.split(said),
    }


def _history(campaign_id: int) -> list[dict[str, Any]]:
    rows = db.session.execute(
        select(AuditRow, User, Organisation.name)
        .join(User, User.id == AuditRow.actor_id, isouter=True)
        .join(Organisation, Organisation.id == User.organisation_id, isouter=True)
        .where(AuditRow.object_type == "campaign", AuditRow.object_id == campaign_id)
        .order_by(AuditRow.id)
    )
    return [
        {
            "at": row.at,
            "who": (user.name or user.email) if user is not None else _("The system"),
            "office": office or "",
            "act": _(ACT_WORDS[row.act]) if row.act in ACT_WORDS else row.act,
            "detail": json.loads(row.detail).get("reason", ""),
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
    every = select(Campaign).order_by(Campaign.id.desc())
    if state:
        every = every.where(Campaign.state == state)
    visible = (c for c in db.session.scalars(every) if access.allowed(person, Act.CAMPAIGN_VIEW, c))
    seen = list(islice(visible, ROWS_SHOWN))
    by_state = counts.of_campaigns(db.session(), [c.id for c in seen])
    return [_row(campaign, by_state.get(campaign.id, {})) for campaign in seen]


def _row(campaign: Campaign, by_state: dict[MessageState, int]) -> Row:
    recipients = sum(by_state.values()) or campaign.recipients_counted or 0
    left = sum(by_state.get(s, 0) for s in LEFT_SYSTEM)
    sending = campaign.state is C.SENDING
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
        progress.of(campaign).seconds_left if sending else None,
    )


def filters(person: User, current: str | None) -> list[dict[str, Any]]:
    """How many campaigns there are by state, for the filter of the list."""
    seen: dict[str, int] = {}
    for campaign in db.session.scalars(select(Campaign)):
        if access.allowed(person, Act.CAMPAIGN_VIEW, campaign):
            seen[campaign.state.value] = seen.get(campaign.state.value, 0) + 1
    return [{"state": "", "count": sum(seen.values()), "current": not current}] + [
        {"state": state.value, "count": seen[state.value], "current": current == state.value}
        for state in C
        if state.value in seen
    ]


def running(person: User) -> list[dict[str, Any]]:
    """The campaigns an emergency stop would halt."""
    sending = select(Campaign).where(Campaign.state == C.SENDING).order_by(Campaign.id)
    return [
        {
            "id": c.id,
            "name": c.name,
            "organisation_name": c.organisation.name,
            "left": progress.of(c).total.left,
        }
        for c in db.session.scalars(sending)
        if access.allowed(person, Act.CAMPAIGN_VIEW, c)
    ]
