"""What the pages and commands of broadcast orders show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import ColumnElement, false, or_, select, true

from campaigns import order_areas, order_counts, showing, standing, stops
from campaigns.campaigns import Campaign, CampaignArea, RenderedText
from campaigns.order_areas import Page
from campaigns.order_counts import Known, OrderReport, Total
from campaigns.order_parts import mark
from campaigns.order_reporting import Doubtful, Entry
from campaigns.orders import BroadcastOrder
from campaigns.states import ANSWERED, APPROVED_STATES, BEGUN, CampaignState, OrderState
from outreach import access, areas, clock
from outreach.access import Act, Scope
from outreach.accounts import User
from outreach.areas import Area
from outreach.database import db
from outreach.errors import Refused
from outreach.i18n import N_, _

ROWS_SHOWN: Final = 200
ON_A_PAGE: Final = 100
"""Areas on one page of an order: a province's communes fit, a country's are turned over."""

GROUPS: Final[tuple[tuple[str, str, frozenset[OrderState]], ...]] = (
    ("waits", N_("Waiting for an answer"), frozenset({OrderState.OPEN})),
    ("runs", N_("Under way"), frozenset({OrderState.ACCEPTED, OrderState.STARTED})),
    ("planned", N_("Not yet their turn"), frozenset({OrderState.PLANNED})),
    ("done", N_("Done, returned or withdrawn"), ANSWERED),
)
ACT_WORDS: Final = {
    "order.plan": N_("made this order"),
    "order.open": N_("handed it to the carrier"),
    "order.accept": N_("accepted it"),
    "order.return": N_("returned it"),
    "order.start": N_("began sending"),
    "order.finish": N_("finished sending"),
    "order.report": N_("reported counts"),
    "order.withdraw": N_("withdrew it"),
}
WITHDRAWN_WORDS: Final = {
    CampaignState.DRAFT: N_("The campaign is being changed. It comes back once it was approved."),
    CampaignState.COMPLETED: N_("The time allowed for sending passed before it was answered."),
    CampaignState.CANCELLED: N_("The campaign was cancelled."),
    CampaignState.EXPIRED: N_("The time allowed for sending has passed."),
}


@dataclass(frozen=True)
class Row:
    """An order's line in the list."""

    order: BroadcastOrder
    mark: str
    total: Total


@dataclass(frozen=True)
class Group:
    """Orders that need the same of their reader."""

    key: str
    title: str
    rows: list[Row]

    @property
    def partial(self) -> bool:
        """Whether a carrier told of a part only how many arrived."""
        totals = [row.total for row in self.rows]
        return any(each.unreceipted and each.delivered is not None for each in totals)


def listed(person: User) -> list[Group]:
    """The orders this person may see, newest first, at most `ROWS_SHOWN`, by what they need."""
    wanted = (
        select(BroadcastOrder)
        .join(Campaign, Campaign.id == BroadcastOrder.campaign_id)
        .where(_visible(person))
        .order_by(BroadcastOrder.id.desc())
        .limit(ROWS_SHOWN)
    )
    seen = db.session.scalars(wanted).all()
    totals = order_counts.totals([order.id for order in seen])
    rows = [Row(each, mark(each.carrier), totals.get(each.id, Total())) for each in seen]
    groups = [
        Group(key, _(title), [row for row in rows if row.order.state in states])
        for key, title, states in GROUPS
    ]
    return [group for group in groups if group.rows]


def _visible(person: User) -> ColumnElement[bool]:
    """`access` on Act.ORDER_VIEW as a condition, so that a list costs the same however long."""
    scope = access.scope_of(person.role, Act.ORDER_VIEW)
    own = Campaign.organisation_id == person.organisation_id
    if scope is Scope.ANY:
        return true()
    if scope is Scope.CARRIED:
        # What is not its turn yet is no business of the carrier's.
        turn = BroadcastOrder.opened_at.is_not(None)
        return or_(own, (BroadcastOrder.carrier_id == person.organisation_id) & turn)
    if scope is not Scope.TOUCHES:
        return false()
    if person.own_area_id is None:
        return true()
    above = [area.id for area in areas.ancestors(person.own_area_id)]
    touched = select(CampaignArea.campaign_id).where(
        or_(
            CampaignArea.area_id.in_(areas.closure_query([person.own_area_id])),
            CampaignArea.area_id.in_(above),
        )
    )
    return or_(own, Campaign.id.in_(touched))


@dataclass(frozen=True)
class Typed:
    """What a person typed for an area, and why it was refused; None where only the form was."""

    entry: Entry
    refused: Refused | None

    @property
    def asked(self) -> str:
        """The number a question is put about; "" where none is."""
        return str(self.refused.sent) if isinstance(self.refused, Doubtful) else ""

    @property
    def wants_reason(self) -> bool:
        """Whether a reason would do."""
        return self.refused is not None and self.refused.field == "reason"

    @property
    def error(self) -> str:
        """The sentence under the fields; "" where there is none."""
        return "" if self.refused is None else self.refused.sentence


@dataclass(frozen=True)
class AreaRow:
    """One area of an order: its texts, and its counts."""

    area: Area
    texts: list[RenderedText]
    known: Known | None
    typed: Typed | None = None

    def shown(self, name: str) -> str:
        """What stands in the field of `name`: what was typed, else the count there is."""
        if self.typed is not None:
            return str(getattr(self.typed.entry, name))
        value = None if self.known is None else getattr(self.known, name)
        return "" if value is None else str(value)

    @property
    def edition(self) -> int:
        """What the page has seen, for `Entry.seen`."""
        return 0 if self.known is None else self.known.edition


@dataclass
class View:
    """Everything one order's page reads."""

    order: BroadcastOrder
    campaign: Campaign
    mark: str
    rows: list[AreaRow]
    page: Page
    total: Total
    unhandable: str
    acts: set[str]
    sees_campaign: bool
    reports: Sequence[OrderReport]
    history: list[dict[str, Any]]
    next_overdue: bool
    stopped: bool
    refused: list[Typed] = field(default_factory=list)

    @property
    def withdrawn_words(self) -> str:
        """Why it was withdrawn, as a sentence."""
        return _(WITHDRAWN_WORDS[CampaignState(self.order.reason)])


def of(
    order: BroadcastOrder, person: User, page: int = 1, typed: Mapping[int, Typed] | None = None
) -> View:
    """The page of one order for one reader."""
    shown = order_areas.page(order.area_ids, page, ON_A_PAGE)
    unhandable = why_not_handed(order)
    return View(
        order=order,
        campaign=order.campaign,
        mark=mark(order.carrier),
        rows=_rows(order, shown.areas, typed or {}, with_texts=not unhandable),
        page=shown,
        total=order_counts.totals([order.id]).get(order.id, Total()),
        unhandable=unhandable,
        acts=acts_of(order, person),
        sees_campaign=access.allowed(person, Act.CAMPAIGN_VIEW, order.campaign),
        reports=order_counts.reports(order.id),
        history=showing.history("order", order.id, ACT_WORDS),
        next_overdue=_overdue(order),
        stopped=stops.in_force(),
        refused=[each for each in (typed or {}).values() if each.refused is not None],
    )


def _overdue(order: BroadcastOrder) -> bool:
    due = order.next_report_at
    return due is not None and due < clock.now() and order.state is OrderState.STARTED


def _rows(
    order: BroadcastOrder, here: Sequence[Area], typed: Mapping[int, Typed], *, with_texts: bool
) -> list[AreaRow]:
    ids = [area.id for area in here]
    known = order_counts.latest(order.id, ids)
    texts: dict[int, list[RenderedText]] = {}
    if with_texts:
        wanted = select(RenderedText).where(
            RenderedText.campaign_id == order.campaign_id, RenderedText.area_id.in_(ids)
        )
        for said in db.session.scalars(wanted.order_by(RenderedText.variant)):
            texts.setdefault(said.area_id, []).append(said)
    return [
        AreaRow(area, texts.get(area.id, []), known.get(area.id), typed.get(area.id))
        for area in here
    ]


def why_not_handed(order: BroadcastOrder) -> str:
    """A sentence where the texts may not be handed to the carrier now; "" where they may: the order
    is theirs, and what is stored is what the approval in force names."""
    if order.state in {OrderState.PLANNED, OrderState.WITHDRAWN}:
        return _("There is nothing to send: the order is not the carrier's now.")
    ended = order.campaign.state not in APPROVED_STATES
    if order.state is OrderState.RETURNED and ended:
        return _("There is nothing to send: the order was returned.")
    if standing.sealed_as_approved(db.session.connection(), order.campaign_id) is None:
        return _("What this order would send is not what was approved. Ask the office.")
    return ""


def texts(order: BroadcastOrder) -> list[dict[str, Any]]:
    """The wording of every area in the order of their codes, as approved: code, name, text,
    segments, variant. Refused where it may not be handed over now."""
    if why := why_not_handed(order):
        raise Refused(why, "state")
    rows = db.session.execute(
        select(RenderedText, Area.code, Area.name)
        .join(Area, Area.id == RenderedText.area_id)
        .where(
            RenderedText.campaign_id == order.campaign_id,
            RenderedText.area_id.in_(order_areas.ids(order.area_ids)),
        )
        .order_by(Area.code, RenderedText.variant)
    )
    return [
        {
            "code": code,
            "name": name,
            "text": said.text,
            "segments": said.segments,
            "variant": said.variant,
        }
        for said, code, name in rows
    ]


# Which act each button needs, and in which states it may be pressed.
_ACTS: Final[dict[str, tuple[Act, frozenset[OrderState]]]] = {
    "accept": (Act.ORDER_ANSWER, frozenset({OrderState.OPEN})),
    "return": (Act.ORDER_ANSWER, frozenset({OrderState.OPEN, OrderState.ACCEPTED})),
    "start": (Act.ORDER_ANSWER, frozenset({OrderState.ACCEPTED})),
    "finish": (Act.ORDER_ANSWER, frozenset({OrderState.STARTED})),
    "report": (Act.ORDER_REPORT, BEGUN),
}


def acts_of(order: BroadcastOrder, person: User) -> set[str]:
    """The buttons this reader may press now."""
    allowed = {
        name
        for name, (act, states) in _ACTS.items()
        if order.state in states and access.allowed(person, act, order)
    }
    late = order.state is OrderState.WITHDRAWN and order.started_at is not None
    if late and access.allowed(person, Act.ORDER_REPORT, order):
        allowed.add("report")  # what had left before it was withdrawn
    if "start" in allowed:
        allowed.discard("report")  # first it began, then it is counted
    return allowed


def as_object(order: BroadcastOrder) -> dict[str, Any]:
    """`orders show`: the order with its texts and counts by area."""
    known = order_counts.latest(order.id)
    everywhere = order_areas.of(order.area_ids)
    total = order_counts.totals([order.id]).get(order.id, Total())
    said: dict[str, list[dict[str, Any]]] = {}
    if not why_not_handed(order):
        for each in texts(order):
            said.setdefault(each["code"], []).append(each)
    return as_row(order, total) | {
        "sender": order.campaign.sender,
        "digest": order.campaign.digest,
        "not_before": clock.iso(order.campaign.not_before),
        "not_after": clock.iso(order.campaign.not_after),
        "hours": order.campaign.hours,
        "reason": order.reason,
        "by_area": [
            {
                "code": area.code,
                "name": area.name,
                "population": area.population,
                "texts": [
                    {name: each[name] for name in ("variant", "text", "segments")}
                    for each in said.get(area.code, [])
                ],
                **_counts_of(known.get(area.id)),
            }
            for area in everywhere
        ],
    }


def _counts_of(known: Known | None) -> dict[str, int | None]:
    if known is None:
        return {"sent": None, "delivered": None, "cost": None}
    return {"sent": known.sent, "delivered": known.delivered, "cost": known.cost}


def as_row(order: BroadcastOrder, total: Total) -> dict[str, Any]:
    """`orders list`: one order."""
    return {
        "id": order.id,
        "campaign": order.campaign_id,
        "campaign_name": order.campaign.name,
        "carrier": order.carrier_id,
        "carrier_name": order.carrier.name,
        "state": order.state.value,
        "opened_at": clock.iso(order.opened_at),
        "started_at": clock.iso(order.started_at),
        "finished_at": clock.iso(order.finished_at),
        "next_report_at": clock.iso(order.next_report_at),
        "last_reported_at": clock.iso(total.last_at),
        "areas_reported": total.areas,
        "sent": total.sent,
        "delivered": total.delivered,
        "unreceipted": total.unreceipted,
        "cost": total.cost,
        "uncosted": total.uncosted,
    }
