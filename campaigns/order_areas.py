"""The areas of a broadcast order: the communes of what the campaign chose."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import select

from outreach import areas
from outreach.areas import Area
from outreach.database import db


def ids(chosen: Iterable[int]) -> set[int]:
    """The communes in the chosen areas; one that has none in it stands for itself."""
    chosen = list(chosen)
    below = areas.communes_below(chosen)
    return {area_id for one in chosen for area_id in below.get(one) or [one]}


def joined(others: Iterable[int], chosen: Iterable[int]) -> list[int]:
    """Ids of these and of the others, each once, in the order of their codes."""
    wanted = {*others, *ids(chosen)}
    return list(db.session.scalars(select(Area.id).where(Area.id.in_(wanted)).order_by(Area.code)))


def of(chosen: Iterable[int]) -> Sequence[Area]:
    """The areas themselves, in the order of their codes."""
    return db.session.scalars(
        select(Area).where(Area.id.in_(ids(chosen))).order_by(Area.code)
    ).all()
