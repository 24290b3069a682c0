"""The map of a drive: areas of one level, coloured by their rate, its change, what is missing to
the target, the messages people got, or how late they report. docs/league.md says what each is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from campaigns import counts, deliveries
from outreach import (
    area_counts,
    areas,
    boundaries,
    descents,
    formats,
    lateness,
    league,
    maps,
    rates,
    scales,
    targets,
)
from outreach.area_names import Level
from outreach.boundaries import BoundaryUpload
from outreach.i18n import N_, _
from outreach.kept import KeptUnchanged
from outreach.league import Asked, League, Row
from outreach.maps import Map, Spot
from outreach.rates import Punctuality
from outreach.scales import Scale
from outreach.targets import Denominator

MOST: Final = 750
"""More areas are no map any more."""


class Mode(StrEnum):
    """What the colours say."""

    RATE = "rate"
    CHANGE = "change"
    DISTANCE = "distance"
    MESSAGES = "messages"
    LATE = "late"


NAMES: Final[Mapping[Mode, str]] = {
    Mode.RATE: N_("Rate"),
    Mode.CHANGE: N_("Change of the rate"),
    Mode.DISTANCE: N_("Distance to the target"),
    Mode.MESSAGES: N_("Messages per 100 people"),
    Mode.LATE: N_("Late reports"),
}
UNITS: Final[Mapping[Mode, str]] = {
    Mode.RATE: N_("installs of 100 people"),
    Mode.CHANGE: N_("points since the other day"),
    Mode.DISTANCE: N_("points above (+) or below (−) the target"),
    Mode.MESSAGES: N_("messages a carrier took, per 100 people"),
    Mode.LATE: N_("of the reports due on the last 14 working days"),
}
_DECIMALS: Final = {Mode.MESSAGES: 1, Mode.LATE: 0}


@dataclass(frozen=True, slots=True)
class Place:
    """An area of the map with its value: percent, points, or messages per 100 people; None where it
    is not known."""

    row: Row
    value: float | None
    said: str

    @property
    def missing(self) -> bool:
        """Whether its figure of the day is not there though the hour is past."""
        return self.row.now.punctuality is Punctuality.MISSING


@dataclass(frozen=True, slots=True)
class Drawn:
    """A map and its table: `places` with the highest value first, unknown ones last; `map` is None
    where too few have a place, or too many are asked for; `uploads`: where outlines are from."""

    asked: Asked
    mode: Mode
    scale: Scale
    places: Sequence[Place]
    map: Map | None
    uploads: Sequence[BoundaryUpload] = ()


def draw(asked: Asked, mode: Mode, language: str, *, shaded: bool, name: str) -> Drawn:
    """The map of a question. `shaded`: where there are outlines they are drawn; `name`: the scale
    that another day was drawn with, "" for the one that suits this day best."""
    table = league.of(asked)
    found = values(table, mode)
    places = sorted(
        (
            Place(row, found.get(row.area.id), _said(row, mode, found.get(row.area.id), language))
            for row in table.rows
        ),
        key=_highest_first,
    )
    scale = _scale(mode, [place.value for place in places], name)
    if len(places) > MOST:
        return Drawn(asked, mode, scale, places, None)
    ids = [place.row.area.id for place in places] if shaded else []
    outlines = boundaries.of_areas(ids)
    drawn = maps.draw(_spot(place, mode, scale, outlines.rings) for place in places)
    return Drawn(asked, mode, scale, places, drawn, outlines.uploads)


def _highest_first(place: Place) -> tuple[bool, float, int]:
    return place.value is None, -(place.value or 0.0), place.row.area.position


def _spot(
    place: Place, mode: Mode, scale: Scale, outlines: Mapping[int, Sequence[maps.Ring]]
) -> Spot:
    area = place.row.area
    return Spot(
        area.short_name,
        area.lat,
        area.lon,
        area.population,
        scale.of(place.value),
        "" if place.row.rank is None else str(place.row.rank),
        place.said,
        place.missing,
        outlines.get(area.id, ()),
        _heard(place, mode),
    )


def _said(row: Row, mode: Mode, value: float | None, language: str) -> str:
    """The value in words, as the table, the map and a reader of the screen say it."""
    if mode in (Mode.CHANGE, Mode.DISTANCE):
        return formats.signed(value, 2, language=language)
    written = formats.number(value, _DECIMALS.get(mode, 2), language=language)
    if value is None or mode is Mode.MESSAGES:
        return written
    return f"{'≥ ' if mode is Mode.RATE and row.now.partial else ''}{written}%"


def _scale(mode: Mode, shown: Sequence[float | None], name: str) -> Scale:
    if mode is Mode.RATE:
        return scales.rate(shown, name)
    if mode in (Mode.CHANGE, Mode.DISTANCE):
        return scales.change(shown, name)
    return scales.MESSAGES if mode is Mode.MESSAGES else scales.LATE


_large: KeptUnchanged[Mapping[int, float]] = KeptUnchanged(counts.newest_figures, most=8)


def values(table: League, mode: Mode) -> Mapping[int, float]:
    """By area what the mode colours; without those of whom it is not known. What reads messages or
    reports of very many communes is kept (`KeptUnchanged`)."""
    asked = table.asked
    root = None if asked.area is None else asked.area.id
    inside = None if root is None else (root,)
    of_mode = _VALUES[mode]
    if mode not in (Mode.MESSAGES, Mode.LATE) or (
        areas.count_communes(inside, asked.area_list) <= league.LARGE
    ):
        return of_mode(table)
    key = (mode, asked.app.id, root, asked.area_list, asked.level, asked.day, asked.since)
    return _large.get(key, lambda: of_mode(table))


def _rates(table: League) -> dict[int, float]:
    return {row.area.id: row.now.share * 100 for row in table.rows if row.now.share is not None}


def _changes(table: League) -> dict[int, float]:
    return {row.area.id: row.points for row in table.rows if row.points is not None}


def _distances(table: League) -> dict[int, float]:
    """From the target of each, where it is a share of what the rates are shares of."""
    asked = table.asked
    shares = _rates(table)
    wanted = targets.each_in_force(asked.app, list(shares), asked.day)
    return {
        area_id: shares[area_id] - target.share / 100
        for area_id, target in wanted.items()
        if rates.denominator_of(target) is asked.denominator
    }


def _messages(table: League) -> dict[int, float]:
    """Of campaigns that started from the day `since` on, up to the day, as in a comparison."""
    asked = table.asked
    every = [row.area for row in table.rows]
    people = area_counts.people(every, Denominator.POPULATION, asked.day)
    sent = deliveries.by_area(asked.app.id, descents.of(people), asked.since, asked.day)
    return {
        area_id: sent.get(area_id, deliveries.NONE).messaged * 100 / count
        for area_id, count in people.items()
        if count
    }


def _late(table: League) -> dict[int, float]:
    asked = table.asked
    ids = [row.area.id for row in table.rows]
    below = {} if asked.level is Level.COMMUNE else areas.communes_below(ids)
    parts = {area_id: below.get(area_id, [area_id]) for area_id in ids}
    _dates, found = lateness.of(asked.app.id, parts, asked.day)
    return {area_id: each.share * 100 for area_id, each in found.items() if each.share is not None}


_VALUES: Final[Mapping[Mode, Callable[[League], Mapping[int, float]]]] = {
    Mode.RATE: _rates,
    Mode.CHANGE: _changes,
    Mode.DISTANCE: _distances,
    Mode.MESSAGES: _messages,
    Mode.LATE: _late,
}


def _heard(place: Place, mode: Mode) -> str:
    """What a reader of the screen hears of an area: its name, its value, and that it is late."""
    said = {"area": place.row.area.name, "value": place.said, "unit": _(UNITS[mode])}
    if place.value is None:
        return _("%(area)s: not known", area=place.row.area.name)
    if place.missing:
        return _("%(area)s: %(value)s, %(unit)s. No figure of the day yet.", **said)
    return _("%(area)s: %(value)s, %(unit)s", **said)
