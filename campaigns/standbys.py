"""What stands by for a campaign's routes: fixed when it is submitted, so that it is approved too.

A stand-by is another contract of the same carrier that has the campaign's sender name and carries
the same networks. What was approved changes in nothing else when messages go over it: the text, the
people, the hours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from campaigns.campaigns import Campaign
from campaigns.routes import Route


@dataclass(frozen=True)
class Pair:
    """A route and what stands by for it."""

    route: Route
    standby: Route

    def __str__(self) -> str:
        return f"{self.route.name} → {self.standby.name}"


@dataclass(frozen=True)
class StandBy:
    """What takes over where a route fails: under which sender name, at which price, and what it
    would cost more (below 0: less) if everything of the route went over it; None where nobody has
    counted that."""

    route: str
    name: str
    sender: str
    price: int
    more: int | None


@dataclass(frozen=True)
class Handed:
    """What waited for a route that was not reached and went to its stand-by; `at` the last time."""

    route: str
    standby: str
    messages: int
    at: datetime


def fix(campaign: Campaign) -> None:
    """Name the stand-bys that can serve the campaign as it is now, in the submission's own
    transaction."""
    for choice in campaign.route_choices:
        choice.standby = choice.route.standby_for(campaign.sender)


def of(campaign: Campaign) -> list[Pair]:
    """The routes that have one: as fixed, or while it is being written, as they would be."""
    fixed = campaign.digest is not None
    both = [
        (c.route, c.standby if fixed else c.route.standby_for(campaign.sender))
        for c in campaign.route_choices
    ]
    return [Pair(route, standby) for route, standby in both if standby is not None]


def costed(campaign: Campaign, segments: Mapping[int, int | None]) -> list[StandBy]:
    """What stands by for its routes, to be read before somebody decides; `segments` by route."""
    return [
        StandBy(
            pair.route.name,
            pair.standby.name,
            campaign.sender,
            pair.standby.price,
            None if billed is None else (pair.standby.price - pair.route.price) * billed,
        )
        for pair in of(campaign)
        for billed in [segments.get(pair.route.id)]
    ]


def unfit(campaign: Campaign) -> list[Pair]:
    """The routes whose contract names a stand-by that could not carry this campaign now."""
    return [
        Pair(choice.route, choice.route.standby)
        for choice in campaign.route_choices
        if choice.route.standby is not None and not choice.route.standby_for(campaign.sender)
    ]


def handed(campaign: Campaign) -> list[Handed]:
    """What was handed over, by route."""
    return [
        Handed(each.route.name, each.standby.name, each.handed_over, each.handed_over_at)
        for each in campaign.route_choices
        if each.standby is not None and each.handed_over_at is not None
    ]
