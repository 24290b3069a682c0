"""One area, as the administrator corrects it: its other names. How many people it has: area_counts.

Names, codes and parents come with a list (area_loading), never one by one.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from outreach import audit
from outreach.areas import NAME_LENGTH, Area, AreaAlias
from outreach.database import db, find, transaction
from outreach.errors import Refused
from outreach.i18n import _
from outreach.text import fold


def by_id(area_id: int) -> Area:
    """One area. Raises Refused where there is none."""
    area = find(Area, area_id)
    if area is None:
        raise Refused(_("There is no such area."), "area")
    return area


def aliases(area: Area) -> Sequence[AreaAlias]:
    """The other names an area is found by."""
    names = select(AreaAlias).where(AreaAlias.area_id == area.id)
    return db.session.scalars(names.order_by(AreaAlias.folded)).all()


def add_alias(area: Area, alias: str, *, actor_id: int | None) -> str:
    """Let an area also be found by another name; answers it folded.

    Raises Refused for an empty alias or one the area already has.
    """
    folded = fold(alias)
    if not folded or len(folded) > NAME_LENGTH:
        raise Refused(_("The other name has 1 to %(most)s letters.", most=NAME_LENGTH), "alias")
    with transaction() as session:
        known = select(AreaAlias.id).where(AreaAlias.area_id == area.id, AreaAlias.folded == folded)
        if session.scalar(known) is not None:
            raise Refused(_("%(name)s already has this other name.", name=area.name), "alias")
        session.add(AreaAlias(area_id=area.id, folded=folded))
        audit.record("area.alias", "area", area.id, {"alias": folded}, actor_id)
    return folded


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


def remove(area: Area, *, actor_id: int | None) -> None:
    """Remove an area nothing speaks of. Raises Refused where it is in use."""
    area_id, code, name = area.id, area.code, area.name
    try:
        with transaction() as session:
            session.execute(delete(Area).where(Area.id == area_id))
            audit.record("area.remove", "area", area_id, {"code": code, "name": name}, actor_id)
    except IntegrityError:
        raise Refused(
            _(
                "%(name)s (%(code)s) is in use: areas below it, subscribers, campaigns or figures"
                " belong to it. It stays.",
                name=name,
                code=code,
            ),
            "area",
        ) from None
