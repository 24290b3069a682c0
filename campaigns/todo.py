"""What campaigns ask of people: to decide, change, start and watch, and settle what is in doubt.

One query a sort of row, whatever there is: the first few are read, the others are counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import joinedload

from campaigns import deciding, orders, route_status, routes, scopes, waiting, ways
from campaigns.campaigns import Approval, Campaign
from campaigns.states import CampaignState
from outreach import access, formats
from outreach.access import Act
from outreach.accounts import User
from outreach.database import db
from outreach.i18n import _, language
from outreach.todo import Todo, Way

C = CampaignState
SHOWN: Final = 3


@dataclass(frozen=True, slots=True)
class Found:
    """The newest campaigns of a sort, and how many there are."""

    first: Sequence[Campaign]
    count: int

    @property
    def values(self) -> dict[str, str | int]:
        """Where to: the campaign itself if it is the only one, else the list."""
        return {"campaign_id": self.first[0].id} if self.count == 1 else {}

    @property
    def endpoint(self) -> str:
        """The page of `values`."""
        return "campaigns.show" if self.count == 1 else "campaigns.index"

    @property
    def names(self) -> str:
        """The first ones by name."""
        return _listed([f"“{each.name}”" for each in self.first], self.count)


def _n(number: int) -> str:
    return formats.number(number, language=language())


def _listed(first: Sequence[str], count: int) -> str:
    said, more = ", ".join(first), count - len(first)
    return said if more <= 0 else said + " " + _("and %(count)s more", count=_n(more))


def _find(*conditions: ColumnElement[bool]) -> Found:
    wanted = select(Campaign).where(*conditions).options(joinedload(Campaign.organisation))
    first = db.session.scalars(wanted.order_by(Campaign.id.desc()).limit(SHOWN)).all()
    if len(first) < SHOWN:
        return Found(first, len(first))
    counted = select(func.count(Campaign.id)).where(*conditions)
    return Found(first, db.session.scalar(counted) or 0)


def to_decide(person: User) -> Sequence[Todo]:
    """The campaigns that wait for this person's decision, or for their check of the facts."""
    if not waiting.decides(person):
        return []
    found = _find(waiting.condition(person))
    if not found.count:
        return []
    count = _n(found.count)
    if access.allowed(person, Act.CAMPAIGN_APPROVE):
        sentence = _("%(count)s waiting for your approval", count=count)
        return [_decide_row(found, sentence, _("Read and approve"))]
    sentence = _("%(count)s waiting for you to check the facts", count=count)
    return [_decide_row(found, sentence, _("Read and check"))]


def _decide_row(found: Found, sentence: str, button: str) -> Todo:
    newest = found.first[0]
    second = found.names
    if found.count == 1:
        second = _(
            "%(name)s · %(people)s recipients · %(office)s, submitted %(time)s",
            name=newest.name,
            people=_n(newest.recipients_counted or 0),
            office=newest.organisation.name,
            time=formats.when(newest.submitted_at, language=language()),
        )
    values = found.values or {"state": C.SUBMITTED.value}
    return Todo("hourglass-split", "wait", 10, sentence, second, button, found.endpoint, values)


def returned(person: User) -> Sequence[Todo]:
    """The own office's campaigns that came back, and why."""
    if not access.allowed(person, Act.CAMPAIGN_EDIT):
        return []
    found = _find(
        Campaign.state == C.RETURNED,
        Campaign.organisation_id == person.organisation_id,
    )
    if not found.count:
        return []
    sentence = _("%(count)s returned to you", count=_n(found.count))
    second = found.names
    if found.count == 1:
        second = f"{found.first[0].name} · {_reason(found.first[0])}"
    values = found.values or {"state": C.RETURNED.value}
    return [
        Todo(
            "arrow-return-left",
            "late",
            15,
            sentence,
            second,
            _("Change it"),
            found.endpoint,
            values,
        )
    ]


def _reason(campaign: Campaign) -> str:
    last = select(Approval.reason).where(Approval.campaign_id == campaign.id)
    return db.session.scalar(last.order_by(Approval.id.desc()).limit(1)) or ""


def to_start(person: User) -> Sequence[Todo]:
    """The approved campaigns that nobody has given a start yet."""
    if not access.allowed(person, Act.CAMPAIGN_SCHEDULE):
        return []
    found = _find(Campaign.state == C.APPROVED, scopes.covered(person, Act.CAMPAIGN_SCHEDULE))
    if not found.count:
        return []
    sentence = _("%(count)s approved, without a start yet", count=_n(found.count))
    values = found.values or {"state": C.APPROVED.value}
    button = _("Schedule or start")
    return [
        Todo("calendar-event", "wait", 12, sentence, found.names, button, found.endpoint, values)
    ]


def under_way(person: User) -> Sequence[Todo]:
    """What is being sent, or paused, with how far it is; a row each of the newest."""
    if not access.allowed(person, Act.CAMPAIGN_VIEW):
        return []
    found = _find(
        Campaign.state.in_((C.SENDING, C.PAUSED)),
        Campaign.recipients_counted > 0,  # else carriers send all of it, by their orders
        scopes.covered(person, Act.CAMPAIGN_VIEW),
    )
    known = ways.of([each.id for each in found.first])
    rows = [_running_row(each, known[each.id]) for each in found.first]
    if found.count > len(rows):
        sentence = _("%(count)s more being sent or paused", count=_n(found.count - len(rows)))
        rows.append(Todo("send", "run", 31, sentence, "", _("See all"), "campaigns.index"))
    return rows


def _running_row(campaign: Campaign, way: ways.CampaignWay) -> Todo:
    paused = campaign.state is C.PAUSED
    share = formats.progress(way.share, language=language())
    name = (
        _("Paused: %(name)s, %(share)s", name=campaign.name, share=share)
        if paused
        else _("Sending %(name)s: %(share)s", name=campaign.name, share=share)
    )
    words = _(
        "%(left)s/%(all)s messages",
        left=_n(way.left_system),
        all=_n(way.recipients or campaign.recipients_counted or 0),
    )
    if way.seconds_left is not None and not paused:
        span = formats.span(way.seconds_left, language=language())
        words += " · " + _("about %(time)s left", time=span)
    return Todo(
        "pause-fill" if paused else "send",
        "wait" if paused else "run",
        25 if paused else 30,
        name,
        campaign.pause_words if paused else "",
        _("See the progress"),
        "campaigns.show",
        {"campaign_id": campaign.id},
        Way(way.share, words),
    )


def in_doubt(person: User) -> Sequence[Todo]:
    """Messages of which nobody knows whether the carrier has them, and that this person decides."""
    found = deciding.waiting_list(person)
    if not found:
        return []
    total = sum(each["count"] for each in found)
    sentence = _("%(count)s in doubt: the carrier may or may not have them", count=_n(total))
    second = _listed([f"“{each['name']}”" for each in found[:SHOWN]], len(found))
    button = _("Look and decide")
    if len(found) > 1:
        return [
            Todo("exclamation-circle-fill", "wait", 18, sentence, second, button, "doubts.index")
        ]
    values = {"campaign_id": found[0]["id"]}
    return [
        Todo("exclamation-circle-fill", "wait", 18, sentence, second, button, "doubts.show", values)
    ]


def orders_to_answer(person: User) -> Sequence[Todo]:
    """The broadcast orders that wait for this carrier's answer."""
    if not access.allowed(person, Act.ORDER_ANSWER):
        return []
    waiting = orders.waiting_for(person.organisation_id)
    if not waiting:
        return []
    sentence = _("%(count)s broadcast orders waiting for your answer", count=_n(waiting))
    second = _("You send them from your own system, to your own subscribers.")
    return [
        Todo("envelope-paper", "wait", 11, sentence, second, _("Read and answer"), "orders.index")
    ]


def routes_down(person: User) -> Sequence[Todo]:
    """The routes that carry nothing now, for whoever mends them."""
    if not access.allowed(person, Act.ROUTE_MANAGE):
        return []
    every = {route.id: route.name for route in routes.every()}
    states = route_status.of_routes(list(every))
    down = [every[each] for each, at in states.items() if at.state in {"down", "refused"}]
    if not down:
        return []
    sentence = _("%(count)s carrying nothing now", count=_n(len(down)))
    second = _listed(down[:SHOWN], len(down))
    return [
        Todo(
            "exclamation-triangle-fill",
            "late",
            6,
            sentence,
            second,
            _("See the routes"),
            "routes.index",
        )
    ]


SOURCES: Final = (to_decide, returned, to_start, under_way, in_doubt, orders_to_answer, routes_down)
