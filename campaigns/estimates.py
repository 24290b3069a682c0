"""What a draft would do, before anybody submits it: its text in every commune, with and without
marks; whom it reaches, who is left out and why, what it costs and how long it takes.

Counted by the very rules of the submission and of the expansion; nothing is stored.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select

from campaigns import held_back, order_areas, preparing, progress, reading, rules, standbys, texts
from campaigns.audience import Audience, Tally, TextOfArea, areas_with_subscribers, count_all
from campaigns.campaigns import Campaign
from campaigns.routes import Route
from campaigns.standbys import Pair, StandBy
from campaigns.texts import Places, Writing
from outreach import areas, clock
from outreach.area_names import Level
from outreach.areas import Area
from outreach.database import db
from outreach.errors import Refused
from outreach.kept import Kept
from outreach.settings import Settings

AT_ONCE: Final = 50_000
"""Subscribers that are counted while a page is first made; more only when it asks again."""
NEEDED: Final = frozenset({"areas", "kind", "groups", "networks", "organisation"})
"""Without these nobody can say whom it is for."""
ENVELOPE: Final = frozenset({"not_before", "not_after", "hours"})


@dataclass(frozen=True)
class Choice:
    """A commune of the preview."""

    id: int
    code: str
    name: str
    subscribers: int


@dataclass(frozen=True)
class PlanRow:
    """A route's share; `seconds` at its contract's rate; segments and cost None without a text."""

    id: int
    name: str
    mark: str
    price: int
    people: int
    segments: int | None
    cost: int | None
    seconds: int | None


@dataclass(frozen=True)
class VariantRow:
    """One text's share of the people, and what it takes: segments in the least and the most of the
    communes, money; both None where it is not written everywhere."""

    key: str
    people: int
    least: int | None = None
    most: int | None = None
    cost: int | None = None


@dataclass
class Estimate:
    """What the preview shows. `counted` is False where the people are still to be counted;
    `warnings` are sentences about what would be refused at the submission, `cautions` about what
    would not be; `standbys` as they would be fixed then, `unfit` those that could not carry it."""

    choices: list[Choice] = field(default_factory=list)
    shown: Choice | None = None
    variants: list[str] = field(default_factory=list)
    variant: str = ""
    writings: list[Writing] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    cautions: list[str] = field(default_factory=list)
    counted: bool = False
    counted_at: datetime | None = None
    suppressed: dict[str, int] = field(default_factory=dict)
    plan: list[PlanRow] = field(default_factory=list)
    texts: list[VariantRow] = field(default_factory=list)
    open_for: timedelta | None = None
    standbys: list[StandBy] = field(default_factory=list)
    unfit: list[Pair] = field(default_factory=list)

    @property
    def subscribers(self) -> int:
        """Everybody on the lists in the areas and groups."""
        return sum(choice.subscribers for choice in self.choices)

    @property
    def places(self) -> list[tuple[str, str]]:
        """(code, name) of the communes, to choose the preview's from; empty where there are so many
        that one is typed."""
        few = self.choices if len(self.choices) <= reading.MOST_CHOICES else []
        return [(choice.code, choice.name) for choice in few]

    @property
    def text(self) -> str:
        """What would be sent to the people of the commune that is shown; "" where nothing is."""
        chosen = [each for each in self.writings if each.chosen]
        parts = chosen[0].parts if chosen else []
        return "".join(piece.text for part in parts for piece in part)

    @property
    def people(self) -> int:
        """Who gets a message."""
        return sum(row.people for row in self.plan)

    @property
    def segments(self) -> int | None:
        """Segments billed; None without a text."""
        known = [row.segments for row in self.plan if row.segments is not None]
        return sum(known) if len(known) == len(self.plan) else None

    @property
    def cost(self) -> int | None:
        """Đồng; None without a text."""
        known = [row.cost for row in self.plan if row.cost is not None]
        return sum(known) if len(known) == len(self.plan) else None

    @property
    def seconds(self) -> int | None:
        """The slowest route's time; None without a text."""
        return max((row.seconds for row in self.plan if row.seconds is not None), default=None)

    @property
    def too_long(self) -> bool:
        """Whether its window closes before the slowest route is done."""
        longest = self.seconds
        return (
            longest is not None
            and self.open_for is not None
            and longest > self.open_for.total_seconds()
        )


@dataclass(frozen=True)
class _Counted:
    tally: Tally
    at: datetime


_communes: Kept[list[Choice]] = Kept(120)
_tallies: Kept[_Counted] = Kept(120)
_texts: Kept[dict[bool, Places]] = Kept(60, most=4)


def of(
    campaign: Campaign,
    wrong: Collection[str],
    settings: Settings,
    *,
    at: str = "",
    variant: str = "",
    at_once: bool = True,
) -> Estimate:
    """The estimate of a campaign as `composing.examine` gives it, `wrong` being the fields that
    were refused. `at` (an area's code) and `variant` say which text to show. With `at_once` False
    a large audience is left uncounted.
    """
    if not NEEDED.isdisjoint(wrong):
        return Estimate()
    routes = [choice.route for choice in campaign.route_choices]
    audience = preparing.audience_over(campaign, routes, settings)
    found = Estimate(choices=_choices(campaign, audience))
    found.shown = reading.find(found.choices, at) or next(iter(found.choices), None)
    found.variants = [each.key for each in campaign.variants]
    found.variant = variant if variant in found.variants else next(iter(found.variants), "")
    if ENVELOPE.isdisjoint(wrong):
        found.open_for = campaign.window.length()
        found.cautions = held_back.cautions(campaign)
    written = _write(found, campaign, settings, wrong)
    if routes and found.subscribers and (at_once or found.subscribers <= AT_ONCE):
        _count(found, audience, routes, written)
    if "sender" not in wrong:
        found.standbys = standbys.costed(campaign, {row.id: row.segments for row in found.plan})
        found.unfit = standbys.unfit(campaign)
    return found


def _choices(campaign: Campaign, audience: Audience) -> list[Choice]:
    """The communes with subscribers, with orders all of them; where there are none, those of the
    areas, to write for."""
    chosen, by_order = campaign.area_ids, bool(campaign.order_carriers)
    owners, groups = audience.organisation_ids, audience.group_bits
    return _communes.get(
        (tuple(chosen), by_order, tuple(owners), groups),
        lambda: _communes_of(chosen, owners, groups, by_order=by_order),
    )


def _communes_of(
    chosen: list[int], owners: list[int], groups: int, *, by_order: bool
) -> list[Choice]:
    ids = areas.closure(chosen)
    counts = dict(areas_with_subscribers(db.session.connection(), ids, owners, groups))
    known = select(Area.id, Area.code, Area.name).order_by(Area.code)
    if by_order:
        wanted = known.where(Area.id.in_({*counts, *order_areas.ids(chosen)}))
    elif counts:
        wanted = known.where(Area.id.in_(counts))
    else:
        wanted = known.where(Area.id.in_(ids), Area.level == Level.COMMUNE)
    rows = db.session.execute(wanted)
    return [Choice(id_, code, name, counts.get(id_, 0)) for id_, code, name in rows]


def _write(
    found: Estimate, campaign: Campaign, settings: Settings, wrong: Collection[str]
) -> dict[bool, Places]:
    """Both writings of every variant in every commune; a Refused becomes a warning."""
    if "wording" in wrong or not found.choices:
        return {}
    names = {choice.id: choice.name for choice in found.choices}
    try:
        both = _written_everywhere(campaign, list(names))
        _judge(campaign, both[campaign.strip_marks], settings, wrong)
    except Refused as refused:
        found.warnings.append(refused.sentence)
        both = {} if refused.field == texts.UNWRITTEN else both
    if both and found.shown is not None:
        found.writings = [
            texts.writing(campaign, both[strip], found.variant, found.shown.id, names, strip)
            for strip in (False, True)
        ]
    return both


def _written_everywhere(campaign: Campaign, area_ids: list[int]) -> dict[bool, Places]:
    """Both writings; those of a whole country are kept a minute, since ticking a box below them
    changes nothing of them."""

    def write() -> dict[bool, Places]:
        return texts.of_places(campaign, preparing.locally(campaign, area_ids))

    if len(area_ids) <= reading.MOST_CHOICES:
        return write()
    said = tuple((each.key, each.template) for each in campaign.variants)
    about = tuple((app.id, app.name, app.link) for app in campaign.apps)
    key = (said, about, campaign.organisation.phone, campaign.not_before, tuple(area_ids))
    return _texts.get(key, write)


def _judge(campaign: Campaign, written: Places, settings: Settings, wrong: Collection[str]) -> None:
    """Raise what the submission would refuse of the texts."""
    for said in written.longest:
        preparing.counted_segments(said.text, said.here.place)
        if ENVELOPE.isdisjoint(wrong):
            for rule_set in rules.over(
                campaign.kind, campaign.not_before, campaign.not_after, settings
            ):
                rules.check_text(rule_set, said.text)


def _count(
    found: Estimate, audience: Audience, routes: list[Route], written: dict[bool, Places]
) -> None:
    """Fill in the people and the plan; each writing gets its cost."""
    order = [choice.id for choice in found.choices]
    shares = max(1, len(found.variants))
    slots = [
        TextOfArea(position * shares + share, area_id, position, share, 0)
        for position, area_id in enumerate(order, start=1)
        for share in range(shares)
    ]
    counted = _tallies.get(_key(audience, order, shares), lambda: _tally(audience, slots))
    found.counted, found.counted_at = True, counted.at
    found.suppressed = {k: n for k, n in sorted(counted.tally.suppressed.items()) if n}
    segments = {
        strip: {
            slot.text_id: places.segments(found.variants[slot.share], slot.area_id)
            for slot in slots
        }
        for strip, places in written.items()
    }
    chosen = [segments[each.strip] for each in found.writings if each.chosen]
    for route in routes:
        found.plan.append(_row(route, counted.tally, chosen[0] if chosen else None))
    places = next((written[each.strip] for each in found.writings if each.chosen), None)
    found.texts = _shares(found.variants, counted.tally, slots, routes, places)
    for each in found.writings:
        rows = [_row(route, counted.tally, segments[each.strip]) for route in routes]
        each.cost = sum(row.cost or 0 for row in rows)


def _shares(
    variants: list[str],
    tally: Tally,
    slots: list[TextOfArea],
    routes: list[Route],
    places: Places | None,
) -> list[VariantRow]:
    """What each of several texts takes; nothing to say of a single one."""
    if len(variants) < 2:
        return []
    prices = {route.id: route.price for route in routes}
    slot_of = {slot.text_id: slot for slot in slots}
    people, costs = [0] * len(variants), [0] * len(variants)
    for (text_id, route_id), readers in tally.readers.items():
        slot = slot_of[text_id]
        people[slot.share] += readers
        if places is not None:
            segments = places.segments(variants[slot.share], slot.area_id)
            costs[slot.share] += readers * segments * prices[route_id]
    rows = []
    for share, key in enumerate(variants):
        if places is None:
            rows.append(VariantRow(key, people[share]))
            continue
        taken = [places.segments(key, slot.area_id) for slot in slots if slot.share == share]
        rows.append(VariantRow(key, people[share], min(taken), max(taken), costs[share]))
    return rows


def _key(audience: Audience, order: list[int], shares: int) -> tuple[object, ...]:
    return (
        audience.kind,
        tuple(audience.organisation_ids),
        audience.group_bits,
        tuple(sorted(audience.route_of_network.items())),
        audience.rules,
        audience.not_messaged_days,
        audience.held_areas,
        tuple(order),
        shares,
    )


def _tally(audience: Audience, slots: list[TextOfArea]) -> _Counted:
    return _Counted(count_all(db.session.connection(), audience, slots), clock.now())


def _row(route: Route, tally: Tally, segments: dict[int, int] | None) -> PlanRow:
    readers = {text: n for (text, route_id), n in tally.readers.items() if route_id == route.id}
    billed = None if segments is None else sum(n * segments[text] for text, n in readers.items())
    return PlanRow(
        route.id,
        route.name,
        progress.mark_of(route.networks),
        route.price,
        sum(readers.values()),
        billed,
        None if billed is None else billed * route.price,
        None if billed is None else round(billed / route.rate),
    )
