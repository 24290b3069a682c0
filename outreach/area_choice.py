"""The area a person types into a field: its code, or its name as far as that is clear."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import func, select, true

from outreach import areas
from outreach.area_matching import AreaMatcher
from outreach.areas import Area, AreaAlias
from outreach.database import db
from outreach.errors import Refused
from outreach.i18n import _
from outreach.kept import Kept

FIELD: Final = "area"
_matchers: Kept[AreaMatcher] = Kept(60, most=2)


def chosen(text: str, area_list: int | None = None) -> Area | None:
    """The area meant, of this list if one is given; None for an empty field.

    Raises Refused where no area is meant, or several may be, naming those that come near by their
    codes.
    """
    text = text.strip()
    if not text:
        return None
    found = find(text, area_list)
    if len(found) == 1:
        return found[0]
    if not found:
        raise Refused(_("No area is called “%(text)s”. Type its code.", text=text[:80]), FIELD)
    names = areas.places([area.id for area in found])
    near = "; ".join(f"{area.code} {names[area.id]}" for area in found)
    raise Refused(
        _("“%(text)s” may mean several areas. Type a code: %(near)s.", text=text[:80], near=near),
        FIELD,
    )


def written(area_id: int | None) -> str:
    """How a form writes an area before somebody changes it: its code and its name; "" for none."""
    if area_id is None:
        return ""
    area = db.session.get_one(Area, area_id)
    return f"{area.code} {area.name}"


def find(text: str, area_list: int | None = None) -> Sequence[Area]:
    """The areas a text may mean: one where it is clear, at most ten where it is not."""
    code, _space, name = text.strip().partition(" ")
    coded = select(Area).where(Area.code == code, Area.name == name.strip() if name else true())
    by_code = db.session.scalars(coded.where(Area.area_list == (area_list or areas.in_force())))
    if exact := by_code.all():
        return exact
    searched = area_list or areas.list_in_use()
    match = _matcher(searched).match(text)
    ids = match.candidates if match.area_id is None else (match.area_id,)
    named = select(Area).where(Area.id.in_(ids)).order_by(Area.position, Area.id)
    return db.session.scalars(named).all() or db.session.scalars(coded).all()


def _matcher(area_list: int) -> AreaMatcher:
    """Kept for a minute while no area or name is added or gone: reading ten thousand names takes
    longer than a page may."""
    areas_there = select(func.count(), func.max(Area.id)).where(Area.area_list == area_list)
    names_there = select(func.count(), func.max(AreaAlias.id))
    there = [tuple(db.session.execute(query).one()) for query in (areas_there, names_there)]
    key = (area_list, *there)
    return _matchers.get(key, lambda: AreaMatcher.load(area_list=area_list))
