"""What a comparison is asked for: an app, days, one set of areas or two, and what rates are of.

Everything has a word in the page's address, so that a link asks a colleague the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Final

from outreach import access, areas, uptake
from outreach.access import Act, Forbidden, Person, Subject
from outreach.apps import App, Definition
from outreach.area_names import Level
from outreach.areas import Area, Commune
from outreach.database import db
from outreach.errors import Refused
from outreach.i18n import _
from outreach.targets import Denominator

MOST_DAYS: Final = 366
ALL: Final = "all"
"""Instead of codes: the whole list, so that a link says it and does not mean its reader's area."""
REST: Final = "rest"
"""Instead of codes of a second set: whatever of the own area is not in the first. `rest:870` says
of which area, `rest:all` of the whole list."""
USUAL_DAYS: Final = 28
"""The period where nobody asks for another: a fortnight before and one after."""


@dataclass(frozen=True)
class Against:
    """The second of two sets: the areas that were named; where none is, whatever of the area
    `within` (None: of the list) is not in the first."""

    chosen: Sequence[Area]
    within: Area | None = None

    @property
    def roots(self) -> tuple[int, ...] | None:
        """Ids of the areas it is taken from; None for the whole list."""
        if self.chosen:
            return tuple(area.id for area in self.chosen)
        return None if self.within is None else (self.within.id,)


@dataclass(frozen=True)
class Asked:
    """What is compared: an app, from a day to a day, in the communes of some areas. `chosen`: the
    areas that were named, none where it is all of the own one; `roots`: the ids of what is meant,
    None for all of `area_list`. Rates are shares of `denominator`. `against`: a second set of
    areas beside the first, None where there is none."""

    app: App
    first: date
    last: date
    chosen: Sequence[Area]
    roots: tuple[int, ...] | None
    area_list: int
    denominator: Denominator = Denominator.POPULATION
    against: Against | None = None

    @property
    def every_root(self) -> tuple[int, ...] | None:
        """The ids of both sets' areas; None where either is the whole list."""
        if self.against is None or self.roots is None:
            return self.roots
        return None if self.against.roots is None else (*self.roots, *self.against.roots)

    @cached_property
    def communes(self) -> Sequence[Commune]:
        """The communes of both sets, in the list's order."""
        return areas.communes(self.every_root, self.area_list)

    @cached_property
    def first_set(self) -> frozenset[int]:
        """The ids of the first set's communes."""
        return areas.commune_ids(self.roots, self.area_list)

    @cached_property
    def second_set(self) -> frozenset[int]:
        """The ids of the second set's communes; none where there is no second set."""
        if self.against is None:
            return frozenset()
        found = areas.commune_ids(self.against.roots, self.area_list)
        return found if self.against.chosen else found - self.first_set

    @property
    def ids(self) -> list[int]:
        """The communes' ids."""
        return [area.id for area in self.communes]

    @property
    def breaks(self) -> Sequence[Definition]:
        """Where what counts as an install changed between both days."""
        return self.app.breaks(self.first, self.last)


def ask(
    code: str | None,
    first: str,
    last: str,
    codes: Iterable[str],
    person: Person | None = None,
    *,
    denominator: str = "",
    against: Iterable[str] = (),
) -> Asked:
    """The question in these words; days as 2020-08-20, none for the usual period up to today.
    `person` may ask of the own area only; None is the command line. Raises Refused, with the field
    (`app`, `from`, `to`, `areas`), for what is wrong."""
    app = uptake.chosen_app(code)
    end = day_of(last, "to") if last.strip() else uptake.today()
    begin = day_of(first, "from") if first.strip() else end - timedelta(days=USUAL_DAYS)
    if begin >= end:
        raise Refused(_("The last day must come after the first."), "to")
    if (end - begin).days > MOST_DAYS:
        raise Refused(_("At most %(days)s days can be compared.", days=MOST_DAYS), "from")
    own = None if person is None else person.own_area_id
    written, beside = _words(codes), _words(against)
    if written == [ALL]:
        written = _all(person)
    chosen = _chosen(written, own)
    _check_areas(chosen, person, "areas")
    area_list = chosen[0].area_list if chosen else areas.list_in_use(own)
    roots = tuple(area.id for area in chosen) or (None if own is None else (own,))
    return Asked(
        app,
        begin,
        end,
        chosen,
        roots,
        area_list,
        _denominator(denominator),
        _against(beside, area_list, person) if beside else None,
    )


def _words(codes: Iterable[str]) -> list[str]:
    return [each.strip() for each in codes if each.strip()]


def _all(person: Person | None) -> list[str]:
    """No code, for who may ask about the whole list. Raises Forbidden for anybody else."""
    if person is not None and person.own_area_id is not None:
        access.demand(person, Act.COMPARE, Subject())
    return []


def _denominator(written: str) -> Denominator:
    known = (Denominator.POPULATION, Denominator.SMARTPHONE_USERS)
    if not written:
        return Denominator.POPULATION
    if written not in known:
        sentence = _("A commune's rate is of its population or of its smartphone_users.")
        raise Refused(sentence, "of")
    return Denominator(written)


def _against(written: Sequence[str], area_list: int, person: Person | None) -> Against:
    """The second set. Raises Refused with the field `against`."""
    try:
        word, _colon, of = written[0].partition(":")
        if word == REST:
            return Against((), _within(of, area_list, person))
        chosen = areas.by_codes(written, area_list)
        _check_areas(chosen, person, "against")
    except Forbidden as refused:
        raise Forbidden(refused.sentence, "against") from None
    except Refused as refused:
        raise Refused(refused.sentence, "against") from None
    return Against(chosen)


def _within(of: str, area_list: int, person: Person | None) -> Area | None:
    """What the rest is the rest of; without a word the own area."""
    own = None if person is None else person.own_area_id
    if of == ALL:
        _all(person)
        return None
    if of:
        (area,) = areas.by_codes([of], area_list)
        _check_areas([area], person, "against")
        return area
    return None if own is None else db.session.get_one(Area, own)


def day_of(written: str, field: str) -> date:
    """A day that figures may be of. Raises Refused (with `field`) for anything else."""
    try:
        return uptake.check_day(date.fromisoformat(written.strip()))
    except ValueError:
        sentence = _("“%(text)s” is no day; write 2020-08-20.", text=written.strip()[:40])
        raise Refused(sentence, field) from None
    except Refused as refused:
        raise Refused(refused.sentence, field) from None


def _chosen(codes: Sequence[str], own: int | None) -> list[Area]:
    """The areas with these codes, all of one list: that of the own area, else of the first code."""
    if not codes:
        return []
    in_list = areas.by_code(codes[0]).area_list if own is None else areas.list_in_use(own)
    return areas.by_codes(codes, in_list)


def _check_areas(chosen: Sequence[Area], person: Person | None, field: str) -> None:
    if chosen and person is not None:
        access.demand(person, Act.COMPARE, Subject(area_ids={area.id for area in chosen}))
    for area in chosen:
        if area.level is Level.HAMLET:
            sentence = _("%(area)s lies within a commune; communes are compared.", area=area.name)
            raise Refused(sentence, field)
