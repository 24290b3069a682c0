"""The areas of a broadcast order: the communes of what the campaign chose."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, or_, select

from outreach import areas
from outreach.area_names import Level
from outreach.areas import Area
from outreach.database import db


def _within(chosen: Collection[int]) -> ColumnElement[bool]:
    """A condition on Area: the communes in the chosen areas; one that has none in it, and a
    hamlet, stand for themselves. As SQL, since a country has ten thousand of them."""
    rows = db.session.execute(select(Area.id, Area.level).where(Area.id.in_(chosen)))
    above = [row.id for row in rows if row.level is not Level.COMMUNE]
    with_communes = areas.communes_below(above) if above else {}
    communes = (Area.level == Level.COMMUNE) & Area.id.in_(areas.closure_query(chosen))
    alone = [area_id for area_id in above if area_id not in with_communes]
    return or_(communes, Area.id.in_(alone)) if alone else communes


def ids(chosen: Iterable[int]) -> set[int]:
    """The ids of the areas."""
    return set(db.session.scalars(select(Area.id).where(_within(list(chosen)))))


def joined(others: Iterable[int], chosen: Iterable[int]) -> list[int]:
    """Ids of these and of the others, each once, in the order of their codes."""
    wanted = or_(_within(list(chosen)), Area.id.in_(list(others)))
    return list(db.session.scalars(select(Area.id).where(wanted).order_by(Area.code)))


def of(chosen: Iterable[int]) -> Sequence[Area]:
    """The areas themselves, in the order of their codes."""
    return db.session.scalars(select(Area).where(_within(list(chosen))).order_by(Area.code)).all()


def count(chosen: Iterable[int]) -> int:
    """How many areas there are."""
    return db.session.scalar(select(func.count(Area.id)).where(_within(list(chosen)))) or 0


@dataclass(frozen=True)
class Page:
    """Some of an order's areas, and of how many; `number` counts from 1. `population` of all of
    them, None where one has none on record."""

    areas: Sequence[Area]
    number: int
    last: int
    count: int
    population: int | None


def page(chosen: Iterable[int], number: int, size: int) -> Page:
    """The page of areas nearest to `number`, in the order of their codes."""
    within = _within(list(chosen))
    total, known, people = db.session.execute(
        select(func.count(Area.id), func.count(Area.population), func.sum(Area.population)).where(
            within
        )
    ).one()
    last = max(1, -(-total // size))
    number = min(max(number, 1), last)
    wanted = select(Area).where(within).order_by(Area.code)
    here = db.session.scalars(wanted.limit(size).offset((number - 1) * size)).all()
    population = int(people or 0) if total and known == total else None
    return Page(here, number, last, total, population)
