"""Preparing a campaign for its approver: every text rendered, every person counted, one digest.

The digest is a SHA-256 over canonical JSON of everything that will be sent. Whoever sends
recomputes it from the stored texts, so a text that was changed behind our back is never sent.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, delete, select, text

from campaigns import held_back, lotteries, order_areas, rules, segments, wording
from campaigns.audience import Audience, Tally, TextOfArea, areas_with_subscribers, count_all
from campaigns.campaigns import (
    Campaign,
    PlannedCount,
    RenderedText,
    RouteChoice,
    Suppression,
    Variant,
)
from campaigns.routes import Route
from outreach import areas, clock, targets
from outreach.database import db
from outreach.errors import Refused
from outreach.i18n import _
from outreach.organisations import Kind as OrganisationKind
from outreach.settings import Settings
from outreach.subscribers import Group

# What a phone of any age puts together again, and nobody reads to the end beyond that.
MOST_SEGMENTS = 8


def audience_of(campaign: Campaign, settings: Settings) -> Audience:
    """Whom the campaign is for, as plain values the set-based SQL is bound to."""
    return audience_over(campaign, routes_of(campaign.id), settings)


def audience_over(campaign: Campaign, chosen: list[Route], settings: Settings) -> Audience:
    """The same over these routes: of a campaign that need not be stored yet."""
    now = clock.now()
    return Audience(
        campaign_id=campaign.id or 0,
        kind=campaign.kind,
        organisation_ids=_list_owners(campaign, chosen),
        group_bits=_group_bits(campaign),
        route_of_network=_route_of_network(campaign, chosen),
        rules=rules.rule_set(campaign.kind, clock.local(now).date(), settings),
        now=now,
        not_messaged_days=campaign.not_messaged_days or 0,
        held_areas=held_back.areas_of(campaign),
    )


def routes_of(campaign_id: int) -> list[Route]:
    """The campaign's routes, in the order they are asked."""
    return list(
        db.session.scalars(
            select(Route)
            .join(RouteChoice, RouteChoice.route_id == Route.id)
            .where(RouteChoice.campaign_id == campaign_id)
            .order_by(RouteChoice.position)
        )
    )


def _list_owners(campaign: Campaign, chosen: list[Route]) -> list[int]:
    # A carrier texts its own list only; an office uses its own and those of the carriers it sends
    # through.
    own = campaign.organisation.id
    if not chosen and campaign.order_carriers:
        return []  # only orders: nobody of our lists is messaged, so none is read
    if campaign.organisation.kind is OrganisationKind.CARRIER:
        return [own]
    return sorted({own} | {route.organisation_id for route in chosen})


def _group_bits(campaign: Campaign) -> int:
    bits = db.session.scalars(select(Group.bit).where(Group.code.in_(campaign.groups)))
    return sum(1 << bit for bit in bits)


def _route_of_network(campaign: Campaign, chosen: list[Route]) -> dict[str, int]:
    result: dict[str, int] = {}
    for route in chosen:
        for network in route.networks:
            if network in campaign.networks:
                result.setdefault(network, route.id)
    return result


def render_all(
    campaign: Campaign, connection: Connection, audience: Audience, settings: Settings
) -> list[TextOfArea]:
    """Render each variant for each area that has subscribers, with orders for each commune, and
    store the texts anew.

    Raises Refused for a placeholder that is empty for an area, naming both, for a text that a rule
    set in force within its window does not allow, and for one of more than MOST_SEGMENTS.
    """
    chosen = areas.closure([area.id for area in campaign.areas])
    inhabited = [
        area_id
        for area_id, _count in areas_with_subscribers(
            connection, chosen, audience.organisation_ids, audience.group_bits
        )
    ]
    if campaign.order_carriers:  # whom they reach is not on our lists
        inhabited = order_areas.joined(inhabited, campaign.area_ids)
    if not inhabited:
        raise Refused(
            _(
                "Nobody on the lists lives in the areas of “%(name)s”. Import a list first, or "
                "choose other areas.",
                name=campaign.name,
            ),
            "areas",
        )
    db.session.execute(delete(RenderedText).where(RenderedText.campaign_id == campaign.id))
    in_force = rules.over(campaign.kind, campaign.not_before, campaign.not_after, settings)
    known = locally(campaign, inhabited)
    for position, area_id in enumerate(inhabited, start=1):
        for variant in campaign.variants:
            rendered = render(campaign, variant, known[area_id], strip=campaign.strip_marks)
            for rule_set in in_force:
                rules.check_text(rule_set, rendered)
            db.session.add(
                RenderedText(
                    campaign_id=campaign.id,
                    variant=variant.key,
                    area_id=area_id,
                    position=position,
                    text=rendered,
                    segments=counted_segments(rendered, known[area_id].place),
                )
            )
    db.session.flush()
    return texts_of(connection, campaign.id)


@dataclass(frozen=True, slots=True)
class Local:
    """An area as its people's text speaks of it: the place, and the deadline there."""

    place: areas.Place
    deadline: date | None = None


def locally(campaign: Campaign, area_ids: Collection[int]) -> dict[int, Local]:
    """What differs from area to area, by the area's id. Targets are read only where a text says by
    when; the deadline is that of the first app with a target there that is still to come on the
    first day of the window."""
    places = areas.places(area_ids)
    deadlines: dict[int, date] = {}
    if any(wording.parse(each.template).names_deadline for each in campaign.variants):
        first = clock.local(campaign.not_before or clock.now()).date()
        for app in campaign.apps:
            deadlines = targets.deadlines(app, area_ids, first) | deadlines
    return {id_: Local(place, deadlines.get(id_)) for id_, place in places.items()}


def render(campaign: Campaign, variant: Variant, here: Local, *, strip: bool) -> str:
    """What a variant says to the people of an area; Refused for a placeholder empty there."""
    return wording.joined_spelt(filled(campaign, variant, here), strip=strip)


def filled(campaign: Campaign, variant: Variant, here: Local) -> list[tuple[str, bool]]:
    """The same with its marks, in pieces: (words, whether they were filled in)."""
    return wording.filled(
        wording.parse(variant.template),
        here.place,
        [app.name for app in campaign.apps],
        next((app.link for app in campaign.apps if app.link), ""),
        phone=campaign.organisation.phone,
        deadline=here.deadline,
        language=variant.key if variant.key in wording.LANGUAGES else "vi",
    )


def counted_segments(rendered: str, place: areas.Place) -> int:
    """How many segments the text for a place takes; Refused for more than MOST_SEGMENTS."""
    count = segments.count(rendered)
    if count.segments > MOST_SEGMENTS:
        raise Refused(
            _(
                "For %(place)s the text takes %(segments)s segments (%(encoding)s); at most "
                "%(most)s are allowed. Cut %(units)s characters.",
                place=str(place),
                segments=count.segments,
                encoding=count.encoding,
                most=MOST_SEGMENTS,
                units=segments.cut_needed(rendered, MOST_SEGMENTS),
            ),
            "wording",
        )
    return count.segments


def texts_of(connection: Connection, campaign_id: int) -> list[TextOfArea]:
    """The stored texts of a campaign, without their wording, for the expansion."""
    result = connection.execute(
        text(
            "SELECT id, area_id, position, segments,"
            " DENSE_RANK() OVER (ORDER BY variant) - 1 AS share"
            " FROM rendered_texts WHERE campaign_id = :id ORDER BY position, variant"
        ),
        {"id": campaign_id},
    )
    return [
        TextOfArea(row.id, row.area_id, row.position, row.share, row.segments) for row in result
    ]


def store_plan(campaign: Campaign, tally: Tally) -> None:
    """Keep what was counted, for the approver to see."""
    for model in (PlannedCount, Suppression):
        db.session.execute(delete(model).where(model.campaign_id == campaign.id))
    db.session.add_all(
        PlannedCount(
            campaign_id=campaign.id,
            area_id=area,
            route_id=route,
            people=people,
            segments=tally.segments[area, route],
        )
        for (area, route), people in tally.recipients.items()
        if people
    )
    db.session.add_all(
        Suppression(campaign_id=campaign.id, reason=reason, people=people)
        for reason, people in tally.suppressed.items()
        if people
    )


def forget(campaign_id: int) -> None:
    """Drop the texts and counts of a submission that no longer speaks of what the campaign is."""
    for model in (PlannedCount, Suppression, RenderedText):
        db.session.execute(delete(model).where(model.campaign_id == campaign_id))


@dataclass(frozen=True)
class Sealed:
    """A campaign's digest, and the texts it covers by their id: what may go on the wire."""

    digest: str
    texts: dict[int, str]


def seal(connection: Connection, campaign_id: int) -> Sealed:
    """The digest of everything that will be sent, computed from the rows as they are now.

    Covers every rendered text per variant × area, kind, sender name, areas, groups and networks,
    apps, the ordered routes and what stands by for them (not their rate, price or credentials), the
    carriers that get an order, the envelope with its daily hours, the days without a message that
    were asked for, the wave and the whole outcome of its lottery, and the number of recipients
    counted.
    """
    row = connection.execute(
        text(
            "SELECT kind, sender, strip_marks, networks, groups, not_before, not_after, hours,"
            " organisation_id, recipients_counted, not_messaged_days, lottery_id, lottery_wave"
            " FROM campaigns WHERE id = :id"
        ),
        {"id": campaign_id},
    ).one()
    rendered = connection.execute(
        text("SELECT id, variant, area_id, text FROM rendered_texts WHERE campaign_id = :id"),
        {"id": campaign_id},
    ).all()
    covered: dict[str, Any] = {
        "kind": row.kind,
        "sender": row.sender,
        "strip_marks": bool(row.strip_marks),
        "networks": _list(row.networks),
        "groups": _list(row.groups),
        "envelope": [row.not_before, row.not_after, row.hours],
        "organisation": row.organisation_id,
        "recipients": row.recipients_counted,
        "areas": _ids(connection, "campaign_areas", "area_id", campaign_id),
        "apps": _ids(connection, "campaign_apps", "app_id", campaign_id),
        "routes": _ids(connection, "campaign_routes", "route_id", campaign_id, "position"),
        # Sorted here: databases do not agree about the order of words.
        "texts": sorted([t.variant, t.area_id, t.text] for t in rendered),
    }
    # Left out where there are none, so that approvals given before there were orders still hold.
    if ordered := _ids(connection, "campaign_orders", "organisation_id", campaign_id):
        covered["orders"] = ordered
    if standbys := _standbys(connection, campaign_id):  # absent where no route has one
        covered["standbys"] = standbys
    if row.not_messaged_days:  # absent where it is 0, as before there was such a choice
        covered["not_messaged_days"] = row.not_messaged_days
    if row.lottery_id is not None:  # from the rows: of a changed outcome nothing was approved
        covered["lottery"] = [lotteries.digest_of(connection, row.lottery_id), row.lottery_wave]
    canonical = json.dumps(covered, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return Sealed(hashlib.sha256(canonical.encode()).hexdigest(), {t.id: t.text for t in rendered})


def _standbys(connection: Connection, campaign_id: int) -> list[list[int]]:
    rows = connection.execute(
        text(
            "SELECT route_id, standby_id FROM campaign_routes WHERE campaign_id = :id"
            " AND standby_id IS NOT NULL ORDER BY position"
        ),
        {"id": campaign_id},
    )
    return [[row.route_id, row.standby_id] for row in rows]


def _list(value: Any) -> Any:
    # Plain SQL gives SQLite's JSON as text, PostgreSQL's as a list.
    return json.loads(value) if isinstance(value, str) else value


def _ids(
    connection: Connection, table: str, column: str, campaign_id: int, order: str | None = None
) -> list[int]:
    statement = text(
        f"SELECT {column} FROM {table} WHERE campaign_id = :id ORDER BY {order or column}"
    )
    return [row[0] for row in connection.execute(statement, {"id": campaign_id})]


def count_people(
    connection: Connection,
    audience: Audience,
    texts: list[TextOfArea],
    name: str,
    also: Callable[[Connection], None] = lambda _connection: None,
) -> Tally:
    """Who would get it now. Raises Refused, saying who was left out why, where nobody would; a
    campaign that reads no list has only orders. `also` is called with each chunk of people, as by
    `audience.count_all`."""
    tally = count_all(connection, audience, texts, also)
    if tally.people == 0 and audience.organisation_ids:
        left_out = ", ".join(f"{reason} {n}" for reason, n in sorted(tally.suppressed.items()))
        raise Refused(
            _(
                "“%(name)s” would reach nobody. Left out: %(left_out)s.",
                name=name,
                left_out=left_out or "—",
            ),
            "areas",
        )
    return tally
