"""The form a campaign is written on: what was typed, as typed, and the draft it makes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from werkzeug.datastructures import MultiDict

from campaigns import area_tree
from campaigns.campaigns import Campaign
from campaigns.composing import Draft
from campaigns.offers import Offers
from campaigns.rules import Kind
from outreach import clock, once
from outreach.i18n import N_, _
from outreach.settings import Settings
from outreach.subscribers import PUBLIC

ROUTE = "route-"
WORDING = "wording-"
VARIANT = "vi"
LASTS = timedelta(days=7)
_EMPTY = {
    "name": N_("Give the campaign a name, for example the app, the wave and the place."),
    "apps": N_("Choose at least one app."),
    "areas": N_("Choose at least one area."),
    "wording": N_("The message has no text. Write what people will read."),
    "sender": N_("Choose the sender name people will see."),
    "routes": N_("Give at least one route a place in the order."),
    "networks": N_("Choose at least one network."),
    "groups": N_("Choose at least one group of people."),
    "not_before": N_("Choose a day and a time."),
    "not_after": N_("Choose a day and a time."),
    "selection_rule": N_("Say in words how these areas and people were chosen."),
}


@dataclass
class Typed:
    """Everything on the form; `routes` is route id → its place in the order ("" for not used)."""

    name: str = ""
    apps: list[str] = field(default_factory=list)
    kind: str = Kind.NOTICE.value
    sender: str = ""
    strip_marks: bool = True
    wording: dict[str, str] = field(default_factory=lambda: {VARIANT: ""})
    areas: list[str] = field(default_factory=list)
    opened: list[str] = field(default_factory=list)
    networks: list[str] = field(default_factory=list)
    groups: list[str] = field(default_factory=lambda: [PUBLIC])
    routes: dict[int, str] = field(default_factory=dict)
    orders: list[str] = field(default_factory=list)
    not_before: str = ""
    not_after: str = ""
    hours_from: str = ""
    hours_to: str = ""
    urgent: bool = False
    selection_rule: str = ""
    at: str = ""
    variant: str = ""
    revision: int = 0
    once: str = field(default_factory=once.word)

    @property
    def route_ids(self) -> list[int]:
        """The routes that are used, in their order."""
        used = [(place.zfill(3), route) for route, place in self.routes.items() if place]
        return [route for _place, route in sorted(used)]

    def missing(self) -> dict[str, str]:
        """A sentence for each field that was left empty."""
        empty = {
            "name": not self.name.strip(),
            "apps": not self.apps,
            "areas": not self.areas,
            "wording": not any(text.strip() for text in self.wording.values()),
            "sender": not self.sender,
            "routes": not (self.route_ids or self.orders),
            "networks": not self.networks,
            "groups": not self.groups,
            "not_before": not self.not_before,
            "not_after": not self.not_after,
            "selection_rule": not self.selection_rule.strip(),
        }
        return {name: _(_EMPTY[name]) for name, is_empty in empty.items() if is_empty}

    def draft(self, organisation_id: int) -> Draft:
        """The draft as `composing` checks it; moments get Vietnam's offset."""
        written = {key: text for key, text in self.wording.items() if text.strip()}
        return Draft(
            name=self.name,
            apps=self.apps,
            kind=self.kind,
            organisation=organisation_id,
            sender=self.sender,
            wording=written,
            areas=area_tree.simplified(self.areas),
            routes=self.route_ids,
            not_before=_with_offset(self.not_before),
            not_after=_with_offset(self.not_after),
            selection_rule=self.selection_rule,
            strip_marks=self.strip_marks,
            networks=self.networks,
            groups=self.groups,
            hours=f"{self.hours_from}-{self.hours_to}",
            urgent=self.urgent,
            orders=[int(each) for each in self.orders if each.isdecimal()],
        )


def _with_offset(local: str) -> str:
    try:
        typed = datetime.fromisoformat(local)
    except ValueError:
        return local
    return typed.isoformat() if typed.tzinfo else typed.replace(tzinfo=clock.VIETNAM).isoformat()


def blank(offers: Offers, settings: Settings) -> Typed:
    """A new form: every route in its order, every network, a week from the next full hour on."""
    opens, _dash, closes = settings.notice_hours.partition("-")
    start = clock.local(clock.now()).replace(minute=0, second=0, microsecond=0)
    start += timedelta(hours=1)
    return Typed(
        sender=offers.senders[0] if len(offers.senders) == 1 else "",
        apps=[offers.apps[0].code] if len(offers.apps) == 1 else [],
        networks=list(offers.networks),
        routes={route.id: str(i) for i, route in enumerate(offers.routes, start=1)},
        not_before=_local(start),
        not_after=_local(start + LASTS),
        hours_from=opens,
        hours_to=closes,
    )


def of_campaign(campaign: Campaign) -> Typed:
    """The form as a campaign fills it."""
    opens, _dash, closes = campaign.hours.partition("-")
    return Typed(
        name=campaign.name,
        apps=[app.code for app in campaign.apps],
        kind=campaign.kind.value,
        sender=campaign.sender,
        strip_marks=campaign.strip_marks,
        wording={variant.key: variant.template for variant in campaign.variants},
        areas=[area.code for area in campaign.areas],
        networks=list(campaign.networks),
        groups=list(campaign.groups),
        routes={route_id: str(i) for i, route_id in enumerate(campaign.route_ids, start=1)},
        not_before=_local(campaign.not_before),
        not_after=_local(campaign.not_after),
        hours_from=opens,
        hours_to=closes,
        urgent=campaign.urgent,
        orders=[str(carrier.id) for carrier in campaign.order_carriers],
        selection_rule=campaign.selection_rule,
        revision=campaign.revision,
    )


def copy_of(campaign: Campaign, offers: Offers, settings: Settings) -> Typed:
    """A new form with the words and choices of an old campaign, as far as they are this person's
    to choose; its days begin anew."""
    old, new = of_campaign(campaign), blank(offers, settings)
    known = {route.id for route in offers.routes}
    new.name = _("%(name)s (copy)", name=old.name)
    new.apps, new.kind, new.strip_marks, new.wording = (
        old.apps,
        old.kind,
        old.strip_marks,
        old.wording,
    )
    new.areas, new.networks, new.urgent = old.areas, old.networks, old.urgent
    new.groups = [g.code for g in offers.groups if g.code in old.groups]
    new.routes = {id_: place for id_, place in old.routes.items() if id_ in known} or new.routes
    offered = {str(carrier.id) for carrier in offers.carriers}
    new.orders = [each for each in old.orders if each in offered]
    if new.orders and not old.routes:
        new.routes = {}
    new.sender = old.sender if old.sender in offers.senders else new.sender
    new.selection_rule = old.selection_rule
    return new


def _local(moment: datetime) -> str:
    return f"{clock.local(moment):%Y-%m-%dT%H:%M}"


def read(form: MultiDict[str, str]) -> Typed:
    """What was typed; a field that is not there is empty."""
    text = {name: form.get(name, "").replace("\0", "") for name in _TEXTS}
    return Typed(
        **text,
        apps=form.getlist("apps"),
        strip_marks=form.get("strip_marks", "1") == "1",
        wording=_prefixed(form, WORDING) or {VARIANT: ""},
        areas=form.getlist("areas"),
        opened=form.getlist("opened") + form.getlist("open"),
        networks=form.getlist("networks"),
        groups=form.getlist("groups"),
        orders=form.getlist("orders"),
        routes={int(k): v for k, v in _prefixed(form, ROUTE).items() if k.isdecimal()},
        urgent=form.get("urgent") == "1",
        revision=form.get("revision", 0, type=int) or 0,
    )


_TEXTS = (
    "name",
    "kind",
    "sender",
    "not_before",
    "not_after",
    "hours_from",
    "hours_to",
    "selection_rule",
    "at",
    "variant",
    "once",
)


def _prefixed(form: Mapping[str, str], prefix: str) -> dict[str, str]:
    """The fields whose names begin with `prefix`; line ends as browsers send them become one."""
    return {
        name.removeprefix(prefix): value.replace("\r\n", "\n").replace("\0", "").strip()
        for name, value in form.items()
        if name.startswith(prefix)
    }
