"""What reminders by SMS cost and on whose account: a text, and a day on which all are late."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import select

from campaigns import reminder_routes, reminder_settings, reminder_words, segments
from campaigns.reminder_settings import InForce
from campaigns.routes import Route
from outreach import areas, duties, reminder_agreements, uptake
from outreach.accounts import User
from outreach.areas import Area
from outreach.database import db
from outreach.duties import Duty
from outreach.organisations import Organisation
from outreach.reminder_agreements import ReminderAgreement, Way
from outreach.settings import Settings


@dataclass(frozen=True, slots=True)
class Share:
    """What goes over one route: `each` is the price of a text and `cost` of a day on which all of
    the people are late, in đồng; `account` whose contract it is."""

    route: Route
    account: str
    people: int
    each: int
    cost: int


@dataclass(frozen=True, slots=True)
class Plan:
    """How the reporters of an area are reminded, and of those below it that set nothing themselves.

    `counts`: people by network who agreed to SMS; `longest`: segments of the longest text;
    `shares`: what goes over which route; `without`: people whom no open route carries; `troubles`:
    what is wrong with the routes that were chosen."""

    set_there: InForce
    counts: Mapping[str | None, int]
    longest: int
    shares: Sequence[Share]
    by_mail: int
    without: int
    troubles: Sequence[str]

    @property
    def cost(self) -> int:
        """Of a day on which all are late."""
        return sum(share.cost for share in self.shares)


def of(area: Area, settings: Settings) -> Plan:
    """The plan of an area. As many statements, however many agreed."""
    set_there = reminder_settings.in_force(area.id, settings)
    agreed = _agreed(area, set_there, settings)
    by_sms = [each for each in agreed if each[1].way is Way.SMS]
    plan = Plan(set_there, {}, 1, [], len(agreed) - len(by_sms), 0, [])
    if not by_sms and not set_there.route_ids:
        return plan
    there = reminder_routes.now()
    known = reminder_routes.networks([agreement.number_id for _, agreement, _ in by_sms])
    counts = Counter(known.get(agreement.number_id) for _, agreement, _ in by_sms)
    plan = replace(plan, counts=counts, troubles=there.troubles(set_there))
    if by_sms:
        longest = _longest([(person, duty) for person, _agreement, duty in by_sms], area)
        plan = replace(plan, longest=longest)
    over: Counter[Route] = Counter()
    for network, people in counts.items():
        route, _why = there.of(network, set_there)
        if route is not None:
            over[route] += people
    return replace(plan, shares=_shares(plan, over), without=len(by_sms) - over.total())


def offers(plan: Plan, routes: Iterable[Route]) -> list[Share]:
    """What each of these routes would carry if it carried all it can."""
    return _shares(plan, {r: sum(plan.counts.get(n, 0) for n in r.networks) for r in routes})


def _shares(plan: Plan, over: Mapping[Route, int]) -> list[Share]:
    ids = [route.organisation_id for route in over]
    named = select(Organisation.id, Organisation.name).where(Organisation.id.in_(ids))
    accounts = dict(db.session.execute(named).all())
    found = []
    for route, people in over.items():
        each = plan.longest * route.price
        cost = people * each * plan.set_there.a_day
        found.append(Share(route, accounts[route.organisation_id], people, each, cost))
    return found


def _agreed(
    area: Area, set_there: InForce, settings: Settings
) -> list[tuple[User, ReminderAgreement, Duty]]:
    """Who agreed, owes something in the area or below it, is reminded as the area, and can be."""
    rows = reminder_agreements.within(area.id)
    if not rows:
        return []
    # Held, so that each person's duty finds its area without a statement of its own.
    there = areas.by_ids({own_id for *_who, own_id in rows if own_id is not None})
    in_force = reminder_settings.each_in_force([each.id for each in there], settings)
    why = reminder_agreements.obstacles([agreed for _, agreed, _ in rows], settings)
    alike = {area_id for area_id, each in in_force.items() if each == set_there}
    can = [each[:2] for each in rows if each[2] in alike and not why[each[0].id]]
    return [(*each, duty) for each in can if (duty := duties.of(each[0])) is not None]


def _longest(people: Iterable[tuple[User, Duty]], area: Area) -> int:
    """The segments of the text with the longest name, of each kind of duty."""
    by_what = {duty.what: (person, duty) for person, duty in sorted(people, key=_length)}
    apps = uptake.apps_counted(area.id)
    today = uptake.today()
    texts = [
        reminder_words.sms(person, duty, apps, duty.due_at(today))
        for person, duty in by_what.values()
    ]
    return max(segments.count(text).segments for text in texts)


def _length(each: tuple[User, Duty]) -> int:
    return len(each[1].area.name)
