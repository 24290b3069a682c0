"""Areas: province, district, commune, hamlet, by GSO code, in two dated lists.

The list of 2020 has districts; since 1 July 2025 (Law 72/2025/QH15) there are none. A code means
something in one list only. An area owns its denominator: a district's population need not be the
sum of its communes' (Hồng Ngự's letter counts 120,514, its communes' census adds up to 120,571).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    CTE,
    BindParameter,
    ColumnElement,
    CompoundSelect,
    Date,
    ForeignKey,
    Index,
    Select,
    String,
    UniqueConstraint,
    bindparam,
    func,
    literal,
    select,
    union_all,
)
from sqlalchemy.orm import Mapped, aliased, mapped_column

from outreach import area_names, clock
from outreach.area_names import LEVELS, Level
from outreach.database import BigId, Model, db, those, words
from outreach.errors import Refused
from outreach.i18n import _

LISTS: Final = (2020, 2025)
DISTRICTS_ENDED: Final = date(2025, 7, 1)
CODE_LENGTH: Final = 16
NAME_LENGTH: Final = 120


class Area(Model):
    """One area of one list. `name` holds its kind in front; `position` is the list's order.
    `ended_on`: the day from which others of the same list have all of it (`area_changes`); it is
    counted with nobody any more, so that nothing is counted twice. `begun_on`: the first day on
    which it is asked for a figure, where it was added later than its list."""

    __tablename__ = "areas"
    __table_args__ = (
        UniqueConstraint("area_list", "code"),
        Index(None, "parent_id", "position"),
        Index(None, "kind"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    area_list: Mapped[int]
    code: Mapped[str] = mapped_column(String(CODE_LENGTH))
    level: Mapped[Level] = mapped_column(words(Level))
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    kind: Mapped[str] = mapped_column(String(24))
    parent_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("areas.id"))
    population: Mapped[int | None]
    population_source: Mapped[str | None] = mapped_column(String(200))
    population_on: Mapped[date | None] = mapped_column(Date)
    smartphone_users: Mapped[int | None]
    lat: Mapped[float | None]
    lon: Mapped[float | None]
    position: Mapped[int] = mapped_column(default=0)
    ended_on: Mapped[date | None] = mapped_column(Date)
    begun_on: Mapped[date | None] = mapped_column(Date)

    @property
    def short_name(self) -> str:
        """The name where room is short: "Long Thuận", "TT. Thường Thới Tiền"."""
        return area_names.on_phones(self.name, self.kind)


STANDING: Final = Area.ended_on.is_(None)
"""The condition that an area has not ended."""


class AreaAlias(Model):
    """Another name people write for an area, folded: an old name, an abbreviation."""

    __tablename__ = "area_aliases"
    __table_args__ = (UniqueConstraint("area_id", "folded"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    area_id: Mapped[int] = mapped_column(BigId, ForeignKey("areas.id", ondelete="CASCADE"))
    folded: Mapped[str] = mapped_column(String(NAME_LENGTH))


@dataclass(frozen=True)
class Place:
    """What an area is and lies in, as said within a sentence ("xã Long Thuận"); "" for a level
    above or below it that it does not have."""

    commune: str
    district: str
    province: str

    def __str__(self) -> str:
        """The place as a person writes it: "xã Long Thuận, huyện Hồng Ngự, tỉnh Đồng Tháp"."""
        return ", ".join(filter(None, (self.commune, self.district, self.province)))


def in_force(on: date | None = None) -> int:
    """The list the law names on a day in Vietnam; today if none is given."""
    return 2020 if (on or clock.local(clock.now()).date()) < DISTRICTS_ENDED else 2025


def loaded_lists() -> set[int]:
    """The lists that hold any area."""
    return set(db.session.scalars(select(Area.area_list).distinct()))


def list_in_use(within_id: int | None = None) -> int:
    """The list of the area `within_id`; without one the list in force if it is loaded, else the
    one that is, else the one in force."""
    within = None if within_id is None else db.session.get(Area, within_id)
    if within is not None:
        return within.area_list
    loaded, wanted = loaded_lists(), in_force()
    return wanted if wanted in loaded or not loaded else max(loaded)


def by_code(code: str, area_list: int | None = None) -> Area:
    """The area with this code in the given list.

    Without a list, in the one in force; a code only the other list has is taken from there.
    Raises Refused where there is none.
    """
    return each_by_code([code], area_list)[0]


def each_by_code(codes: Iterable[str], area_list: int | None = None) -> list[Area]:
    """`by_code` for many, in their order, in one statement."""
    wanted = [code.strip() for code in codes]
    found: dict[str, dict[int, Area]] = {}
    for area in db.session.scalars(select(Area).where(Area.code.in_(wanted))):
        found.setdefault(area.code, {})[area.area_list] = area
    return [_of_list(found.get(code, {}), code, area_list) for code in wanted]


def _of_list(found: dict[int, Area], code: str, area_list: int | None) -> Area:
    area = found.get(area_list or in_force())
    if area is None and area_list is None:
        area = next(iter(found.values()), None)
    if area is None:
        raise Refused(
            _("No area has the code “%(code)s”; “areas list” shows those loaded.", code=code),
            "area",
        )
    return area


def by_codes(codes: Iterable[str], area_list: int) -> list[Area]:
    """The areas of one list with these codes, each once, in the list's order: one statement.
    Raises Refused naming the first code no area has."""
    wanted = [code.strip() for code in codes]
    named = select(Area).where(Area.area_list == area_list, Area.code.in_(wanted))
    found = db.session.scalars(named.order_by(Area.position, Area.id)).all()
    known = {area.code for area in found}
    for code in wanted:
        if code not in known:
            raise Refused(_("No area has the code “%(code)s”.", code=code[:CODE_LENGTH]), "areas")
    return list(found)


def by_ids(area_ids: Collection[int]) -> Sequence[Area]:
    """The areas with these ids, in the list's order."""
    named = select(Area).where(Area.id.in_(list(area_ids)))
    return db.session.scalars(named.order_by(Area.position, Area.id)).all()


class Commune(NamedTuple):
    """A commune as plain values, or an area of another level: a country has ten thousand of them,
    and a comparison is kept."""

    id: int
    code: str
    name: str
    kind: str
    population: int | None
    population_source: str | None
    smartphone_users: int | None
    lat: float | None
    lon: float | None
    position: int
    level: Level = Level.COMMUNE

    @property
    def short_name(self) -> str:
        """As `Area.short_name`."""
        return area_names.on_phones(self.name, self.kind)


def communes(root_ids: Iterable[int] | None, area_list: int) -> list[Commune]:
    """The communes among these areas and below them, in the list's order; without areas, all of
    the list. One statement."""
    return _plain(Level.COMMUNE, _are_communes(root_ids, area_list))


def commune_ids(root_ids: Iterable[int] | None, area_list: int) -> frozenset[int]:
    """The ids of what `communes` would answer. One statement."""
    return frozenset(db.session.scalars(select(Area.id).where(_are_communes(root_ids, area_list))))


def of_level(
    level: Level, root_id: int | None, area_list: int, *, ended: bool = False
) -> list[Commune]:
    """The areas of a level below one area, or of a whole list, in the list's order; with `ended`
    those that ended too. One statement."""
    wanted = (Area.area_list == area_list) & (Area.level == level)
    if not ended:
        wanted &= STANDING
    if root_id is not None:
        wanted &= Area.id.in_(closure_query([root_id]))
    return _plain(level, wanted)


# The table's columns and not the model's: no loader's work for each of a country's communes.
_PLAIN: Final = tuple(Area.__table__.c[name] for name in Commune._fields if name != "level")


def _plain(level: Level, wanted: ColumnElement[bool]) -> list[Commune]:
    """The areas of a level as plain values, in the list's order."""
    rows = select(*_PLAIN).where(wanted).order_by(Area.position, Area.id)
    return [Commune._make((*row, level)) for row in db.session.execute(rows).all()]


def count_communes(root_ids: Iterable[int] | None, area_list: int) -> int:
    """How many `communes` would answer."""
    every = select(func.count(Area.id)).where(_are_communes(root_ids, area_list))
    return db.session.scalar(every) or 0


def _are_communes(root_ids: Iterable[int] | None, area_list: int) -> ColumnElement[bool]:
    listed = (Area.area_list == area_list) & (Area.level == Level.COMMUNE) & STANDING
    return listed if root_ids is None else listed & Area.id.in_(closure_query(root_ids))


def code_of(area_id: int | None) -> str | None:
    """The code of an area by its id, as answers name it; None for none."""
    return None if area_id is None else db.session.get_one(Area, area_id).code


def children(parent_id: int | None, area_list: int | None = None) -> Sequence[Area]:
    """The areas right below one, or the provinces of a list (the one in use if none is given);
    those that ended are left out."""
    below = select(Area).where(Area.parent_id == parent_id, STANDING)
    below = below.order_by(Area.position, Area.id)
    if parent_id is None:
        below = below.where(Area.area_list == (area_list or list_in_use()))
    return db.session.scalars(below).all()


# The side bar asks most of what follows with every page. To put such a statement together takes
# longer than to run it, so it is done once; "asked" are the areas it is about.
_ASKED: Final[BindParameter[Any]] = bindparam("asked", expanding=True)


def closure_query(area_ids: Iterable[int]) -> Select[int]:
    """A SELECT of the ids of these areas and of all below them, each once, for use in sets."""
    return _below(list(area_ids))


@cache
def closure_of_asked() -> Select[int]:
    """The same for a statement that is put together once: of the areas it gets as `asked`."""
    return _below(_ASKED)


def _below(area_ids: Sequence[int] | BindParameter[Any]) -> Select[int]:
    # Without a name of its own, so that one statement may hold several.
    below = select(Area.id).where(Area.id.in_(area_ids)).cte(recursive=True)
    # UNION, not UNION ALL: an area named together with its district comes once.
    below = below.union(select(Area.id).join(below, Area.parent_id == below.c.id))
    return select(below.c.id)


def closure(area_ids: Iterable[int]) -> list[int]:
    """The ids of these areas and of all below them, in the list's order."""
    return list(db.session.scalars(_closure(), {"asked": list(area_ids)}))


@cache
def _closure() -> Select[int]:
    within = select(Area.id).where(Area.id.in_(closure_of_asked()))
    return within.order_by(Area.position, Area.id)


def lock(area_ids: Collection[int]) -> None:
    """Hold these areas to the end of the transaction: two who write the same wait for each other;
    in one order, so never both."""
    every = select(Area.id).where(Area.id.in_(those(area_ids))).order_by(Area.id)
    db.session.execute(every.with_for_update(key_share=True)).all()


def communes_below(area_ids: Iterable[int]) -> dict[int, list[int]]:
    """The ids of the communes in each area, itself not counted, by the area's id, without those
    that ended: one descent for all of them."""
    found: dict[int, list[int]] = {}
    pairs = db.session.execute(_communes_below(), {"asked": list(area_ids)}).all()
    for start_id, commune_id in pairs:  # all at once: one by one costs as much as asking
        found.setdefault(start_id, []).append(commune_id)
    return found


@cache
def _communes_below() -> CompoundSelect[int, int]:
    # Two steps, as `area_files` lets a list be: a descent of its own makes both databases read all
    # areas, to look for what lies below these.
    commune, between = aliased(Area), aliased(Area)
    wanted = (commune.level == Level.COMMUNE) & commune.ended_on.is_(None)
    right_below = select(commune.parent_id, commune.id).where(commune.parent_id.in_(_ASKED), wanted)
    in_districts = (
        select(between.parent_id, commune.id)
        .join(between, commune.parent_id == between.id)
        .where(between.parent_id.in_(_ASKED), between.level == Level.DISTRICT)
        .where(between.ended_on.is_(None), wanted)
    )
    return union_all(right_below, in_districts)


def places(area_ids: Iterable[int]) -> dict[int, Place]:
    """Commune, district and province of each area, by its id; for a message's placeholders."""
    start = select(Area.id, Area.parent_id).where(Area.id.in_(list(area_ids)))
    line = start.cte("line", recursive=True)
    # UNION, not UNION ALL: what many of them lie in is read once.
    line = line.union(select(Area.id, Area.parent_id).join(line, Area.id == line.c.parent_id))
    rows = db.session.execute(
        select(Area.id, Area.parent_id, Area.level, Area.name, Area.kind).join(
            line, Area.id == line.c.id
        )
    )
    known = {
        id_: (parent_id, level, area_names.in_sentence(name, kind))
        for id_, parent_id, level, name, kind in rows
    }
    return {area_id: _place(area_id, known) for area_id in area_ids if area_id in known}


def _place(area_id: int | None, known: Mapping[int, tuple[int | None, Level, str]]) -> Place:
    said = dict.fromkeys(LEVELS, "")
    while area_id is not None:
        area_id, level, name = known[area_id]
        said[level] = name
    return Place(said[Level.COMMUNE], said[Level.DISTRICT], said[Level.PROVINCE])


def ancestors(area_id: int) -> Sequence[Area]:
    """The areas this one lies in, the widest first, without itself."""
    return db.session.scalars(_ancestors(), {"asked": [area_id]}).all()


@cache
def _ancestors() -> Select[Area]:
    line = _upwards()
    above = select(Area).join(line, Area.id == line.c.id).where(line.c.steps > 0)
    return above.order_by(line.c.steps.desc())


def within(area_ids: Iterable[int], ancestor_id: int) -> frozenset[int]:
    """Those of the areas that are this one or lie in it: one climb for all of them."""
    asked = {"asked": list(area_ids), "ancestor": ancestor_id}
    return frozenset(db.session.scalars(_within(), asked))


@cache
def _within() -> Select[int]:
    line = _upwards()
    return select(line.c.start).where(line.c.id == bindparam("ancestor"))


def lines(area_ids: Iterable[int]) -> dict[int, frozenset[int]]:
    """Each area with all it lies in, itself counted, by its id: one climb for all of them."""
    found = dict[int, set[int]]()
    for start, id_ in db.session.execute(_lines(), {"asked": list(area_ids)}).all():
        found.setdefault(start, set()).add(id_)
    return {start: frozenset(ids) for start, ids in found.items()}


@cache
def _lines() -> Select[int, int]:
    line = _upwards()
    return select(line.c.start, line.c.id)


def _upwards() -> CTE:
    """(start, id, parent_id, steps): each area that is asked about and all it lies in."""
    start = select(Area.id.label("start"), Area.id, Area.parent_id, literal(0).label("steps"))
    line = start.where(Area.id.in_(_ASKED)).cte("line", recursive=True)
    step = select(line.c.start, Area.id, Area.parent_id, line.c.steps + 1)
    return line.union_all(step.join(line, Area.id == line.c.parent_id))
