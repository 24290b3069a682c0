"""The form a campaign is written on: what was typed, as typed, and the draft it makes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from werkzeug.datastructures import MultiDict

from campaigns import area_tree, held_back, lotteries, selection
from campaigns.campaigns import Campaign
from campaigns.composing import Draft
from campaigns.offers import Offers
from campaigns.rules import Kind
from outreach import areas, clock, once
from outreach.areas import Area
from outreach.errors import Refused
from outreach.i18n import N_, _
from outreach.settings import Settings
from outreach.subscribers import PUBLIC

ROUTE = "route-"
WORDING = "wording-"
VARIANT = "vi"
LASTS = timedelta(days=7)
MOST_TEXTS = 4
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
    not_messaged_days: str = "0"
    rule: str = ""
    selection_rule: str = ""
    lottery: str = ""
    at: str = ""
    variant: str = ""
    revision: int = 0
    once: str = field(default_factory=once.word)
    test_number: str = ""
    test_route: str = ""
    test_once: str = ""
    lost: tuple[str, ...] = ()

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
        }
        found = {name: _(_EMPTY[name]) for name, is_empty in empty.items() if is_empty}
        if not self.days.isdecimal() or len(self.days) > 4:
            found["not_messaged_days"] = _("Type a number of days, 0 for no such limit.")
        try:
            selection.written(self.rule, self.rule_words)
        except Refused as refused:
            found["selection_rule"] = refused.sentence
        return found

    @property
    def days(self) -> str:
        """The days without a message; a field that was left empty asks for none."""
        return self.not_messaged_days.strip() or "0"

    @property
    def turn(self) -> tuple[int, int]:
        """The lottery and the wave that are chosen; 0 for none."""
        lottery, _dash, wave = self.lottery.partition("-")
        if not (lottery.isdecimal() and wave.isdecimal() and len(self.lottery) < 20):
            return 0, 0
        return int(lottery), int(wave)

    @property
    def rule_words(self) -> str:
        """The words of the rule; of a lottery its name and wave, where none are typed."""
        lottery, wave = self.turn
        if self.selection_rule.strip() or not lottery:
            return self.selection_rule
        try:
            return held_back.said(lotteries.get(lottery), wave)
        except Refused:  # which is said at its own field
            return ""

    @property
    def rule_written(self) -> str:
        """The selection rule as it is stored; "" where it is not said."""
        try:
            return selection.written(self.rule, self.rule_words)
        except Refused:
            return ""

    def draft(self, organisation_id: int) -> Draft:
        """The draft as `composing` checks it; moments get Vietnam's offset."""
        lottery, wave = self.turn
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
            selection_rule=self.rule_written,
            strip_marks=self.strip_marks,
            networks=self.networks,
            groups=self.groups,
            hours=f"{self.hours_from}-{self.hours_to}",
            urgent=self.urgent,
            orders=[int(each) for each in self.orders if each.isdecimal()],
            not_messaged_days=int(self.days) if self.days.isdecimal() else 0,
            lottery=lottery,
            wave=wave,
        )

    @property
    def may_add(self) -> bool:
        """Whether there is room for one more text."""
        return len(self.wording) < MOST_TEXTS

    def add_text(self) -> None:
        """One more text, empty, under the next free letter."""
        free = (letter for letter in "bcdefgh" if letter not in self.wording)
        if self.may_add:
            self.wording[next(free)] = ""

    def remove_text(self, key: str) -> None:
        """Take a text away; the last one stays."""
        if len(self.wording) > 1:
            self.wording.pop(key, None)


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
    rule, words = selection.read(campaign.selection_rule)
    turn = campaign.lottery_id, campaign.lottery_wave
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
        not_messaged_days=str(campaign.not_messaged_days or 0),
        orders=[str(carrier.id) for carrier in campaign.order_carriers],
        rule=rule.value,
        # Words that only say the wave are said anew, by the wave that is chosen then.
        selection_rule="" if words == held_back.said_of(campaign) else words,
        lottery="{}-{}".format(*turn) if campaign.lottery_id else "",
        revision=campaign.revision,
    )


def copy_of(campaign: Campaign, offers: Offers, settings: Settings) -> Typed:
    """A new form with the words and choices of an old campaign, as far as they are this person's
    to choose and still there; `lost` says what is not. Its days begin anew."""
    old, new = of_campaign(campaign), blank(offers, settings)
    known = {route.id for route in offers.routes}
    new.name = _("%(name)s (copy)", name=old.name)
    new.apps, new.kind, new.strip_marks, new.wording = (
        old.apps,
        old.kind,
        old.strip_marks,
        old.wording,
    )
    in_use = areas.list_in_use()
    gone = [area for area in campaign.areas if area.area_list != in_use]
    new.areas = [code for code in old.areas if code not in {area.code for area in gone}]
    new.networks, new.urgent = old.networks, old.urgent
    new.not_messaged_days = old.not_messaged_days
    new.groups = [g.code for g in offers.groups if g.code in old.groups]
    new.routes = {id_: place for id_, place in old.routes.items() if id_ in known} or new.routes
    offered = {str(carrier.id) for carrier in offers.carriers}
    new.orders = [each for each in old.orders if each in offered]
    if new.orders and not old.routes:
        new.routes = {}
    new.sender = old.sender if old.sender in offers.senders else new.sender
    new.rule, new.selection_rule = old.rule, old.selection_rule
    new.lost = _lost(campaign, offers, new, gone)
    return new


def _lost(campaign: Campaign, offers: Offers, new: Typed, gone: list[Area]) -> tuple[str, ...]:
    """What an old campaign had and its copy has not, in sentences."""
    known = {route.id for route in offers.routes}
    closed = [c.route.name for c in campaign.route_choices if c.route_id not in known]
    groups = sorted(set(campaign.groups) - set(new.groups))
    lost = []
    if closed:
        sentence = _("Routes that are closed or not yours: %(names)s.", names=", ".join(closed))
        lost.append(sentence)
    if gone:
        names = ", ".join(area.name for area in gone)
        lost.append(_("Areas that are not in the list of areas in use: %(names)s.", names=names))
    if groups:
        lost.append(_("Groups you may not choose: %(names)s.", names=", ".join(groups)))
    if campaign.lottery_id is not None:
        lost.append(_("The lottery and its wave: a copy has its own turn."))
    if new.sender != campaign.sender:
        lost.append(_("The sender name %(name)s: no route has it now.", name=campaign.sender))
    return tuple(lost)


def _local(moment: datetime) -> str:
    return f"{clock.local(moment):%Y-%m-%dT%H:%M}"


def read(form: MultiDict[str, str]) -> Typed:
    """What was typed; a field that is not there is empty."""
    text = {name: form.get(name, "").replace("\0", "") for name in _TEXTS}
    typed = Typed(
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
        lost=(),
    )
    if "add" in form:
        typed.add_text()
    if "remove" in form:
        typed.remove_text(form["remove"])
    return typed


_TEXTS = (
    "name",
    "kind",
    "sender",
    "not_before",
    "not_after",
    "hours_from",
    "hours_to",
    "not_messaged_days",
    "rule",
    "selection_rule",
    "lottery",
    "at",
    "variant",
    "once",
    "test_number",
    "test_route",
    "test_once",
)


def _prefixed(form: Mapping[str, str], prefix: str) -> dict[str, str]:
    """The fields whose names begin with `prefix`; line ends as browsers send them become one."""
    return {
        name.removeprefix(prefix): value.replace("\r\n", "\n").replace("\0", "").strip()
        for name, value in form.items()
        if name.startswith(prefix)
    }
