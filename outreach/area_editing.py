"""One area, as the administrator corrects it: its other names, its people, and where that is from.

Names, codes and parents come with a list (area_loading), never one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import delete, select

from outreach import audit, seen
from outreach.area_files import MOST_PEOPLE
from outreach.areas import Area, AreaAlias
from outreach.database import db, find, transaction
from outreach.errors import Refused
from outreach.i18n import _

SOURCE_LENGTH: Final = 200


@dataclass(frozen=True)
class Figures:
    """What an area's rates are shares of; None where nobody has counted."""

    population: int | None
    source: str
    on: date | None
    smartphone_users: int | None


def by_id(area_id: int) -> Area:
    """One area. Raises Refused where there is none."""
    area = find(Area, area_id)
    if area is None:
        raise Refused(_("There is no such area."), "area")
    return area


def shown(area: Area) -> dict[str, object]:
    """What a form of the area shows, for `seen`."""
    names = ("population", "population_source", "population_on", "smartphone_users")
    return {name: getattr(area, name) for name in names}


def set_figures(
    area: Area, figures: Figures, *, form: str | None = None, actor_id: int | None
) -> None:
    """Record how many people live in an area, and how many have a smartphone. Rates of every day
    are shares of these from now on; the audit row holds what they were.

    Raises Refused for a number out of range, a population without its source and day, more
    smartphones than people, and where `form`, the mark of what was shown, is no longer true.
    """
    _check(figures)
    values = {
        "population": figures.population,
        "population_source": figures.source.strip() or None,
        "population_on": figures.on,
        "smartphone_users": figures.smartphone_users,
    }
    with transaction() as session:
        now = session.get_one(Area, area.id, with_for_update=True, populate_existing=True)
        before = shown(now)
        seen.demand(form, before)
        changed = {k: [_plain(before[k]), _plain(v)] for k, v in values.items() if before[k] != v}
        for key, new in values.items():
            setattr(now, key, new)
        if changed:
            audit.record("area.change", "area", now.id, changed, actor_id)


def _check(figures: Figures) -> None:
    for field in ("population", "smartphone_users"):
        value = getattr(figures, field)
        if value is not None and not 0 <= value <= MOST_PEOPLE:
            raise Refused(_("A number of people from 0 to %(most)s.", most=MOST_PEOPLE), field)
    if figures.population is None and (figures.source.strip() or figures.on):
        raise Refused(_("Give the number this source counted."), "population")
    if figures.population is not None and not figures.source.strip():
        raise Refused(_("Say where the number is from, for example which census."), "source")
    if len(figures.source.strip()) > SOURCE_LENGTH:
        raise Refused(_("At most %(most)s letters fit.", most=SOURCE_LENGTH), "source")
    if figures.population is not None and figures.on is None:
        raise Refused(_("Give the day for which it was counted."), "on")
    people, phones = figures.population, figures.smartphone_users
    if people is not None and phones is not None and phones > people:
        raise Refused(_("More smartphone users than people cannot be."), "smartphone_users")


def _plain(value: object) -> object:
    """For an audit row."""
    return value.isoformat() if isinstance(value, date) else value


def aliases(area: Area) -> Sequence[AreaAlias]:
    """The other names an area is found by."""
    names = select(AreaAlias).where(AreaAlias.area_id == area.id)
    return db.session.scalars(names.order_by(AreaAlias.folded)).all()


def remove_alias(area: Area, folded: str, *, actor_id: int | None) -> None:
    """Let an area no longer be found by another name; where it is not, nothing changes."""
    with transaction() as session:
        gone = delete(AreaAlias).where(AreaAlias.area_id == area.id, AreaAlias.folded == folded)
        if session.execute(gone).rowcount:  # type: ignore[attr-defined]
            audit.record("area.unalias", "area", area.id, {"alias": folded}, actor_id)


def below(area_id: int | None, area_list: int, after: int | None, most: int) -> Sequence[Area]:
    """The areas right below one, or the provinces of a list, in the list's order: at most `most`
    whose place is behind `after`."""
    rows = select(Area).where(Area.parent_id == area_id, Area.area_list == area_list)
    if after is not None:
        rows = rows.where(Area.position > after)
    return db.session.scalars(rows.order_by(Area.position, Area.id).limit(most)).all()
