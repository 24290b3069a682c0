"""How many people and smartphone users an area has: what rates are shares of, with its history.

A count has a source and the day from which it holds. Counts are added and never overwritten: a
correction is a later row with the same day, and takes the place of the one before; one without a
number takes it back. The newest count of an area is repeated in `areas`, so that what is asked of
today needs no history.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import islice, pairwise
from typing import Any, Final

from sqlalchemy import Date, ForeignKey, Index, String, cast, func, insert, select, update
from sqlalchemy.orm import Mapped, mapped_column, relationship

from outreach import areas, audit, clock, seen
from outreach.accounts import User
from outreach.area_files import MOST_PEOPLE
from outreach.areas import Area, Commune
from outreach.database import BigId, Model, Moment, among, db, transaction, words
from outreach.errors import Refused
from outreach.i18n import _
from outreach.targets import LETTER_LENGTH, Denominator

SOURCE_LENGTH: Final = 200
EARLIEST: Final = date(1979, 1, 1)
"""The year of the first census of all of the country: a day before it is a year typed wrongly."""
CHUNK: Final = 1000
KINDS: Final = (Denominator.POPULATION, Denominator.SMARTPHONE_USERS)


class AreaCount(Model):
    """One count of an area as entered. `value` None takes back what held from the same day;
    `valid_from` None is from the beginning. `entered_at` is not known of the first ones."""

    __tablename__ = "area_counts"
    __table_args__ = (Index(None, "denominator", "valid_from"), Index(None, "area_id"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    area_id: Mapped[int] = mapped_column(BigId, ForeignKey("areas.id", ondelete="CASCADE"))
    denominator: Mapped[Denominator] = mapped_column(words(Denominator))
    value: Mapped[int | None]
    source: Mapped[str] = mapped_column(String(SOURCE_LENGTH), default="")
    letter: Mapped[str] = mapped_column(String(LETTER_LENGTH), default="")
    counted_on: Mapped[date | None] = mapped_column(Date)
    valid_from: Mapped[date | None] = mapped_column(Date)
    entered_at: Mapped[datetime | None] = mapped_column(Moment)
    entered_by_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("users.id"))
    entered_by: Mapped[User | None] = relationship(lazy="joined")


@dataclass(frozen=True, slots=True)
class Count:
    """What a row says. `valid_from` None: from the beginning, or, before it is kept, unsaid."""

    area_id: int
    denominator: Denominator
    value: int | None
    source: str = ""
    letter: str = ""
    counted_on: date | None = None
    valid_from: date | None = None

    @property
    def says_only_a_number(self) -> bool:
        """Whether nothing is said of where it is from, as in a file without such columns."""
        return not (self.source or self.letter or self.counted_on or self.valid_from)


_COLUMNS: Final = tuple(getattr(AreaCount, name) for name in Count.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class Change:
    """From the day `since` on a rate is of another number."""

    since: date
    before: Count
    after: Count


@dataclass(frozen=True, slots=True)
class Course:
    """The counts of one area and denominator that were not corrected, the earliest first."""

    counts: Sequence[Count] = ()

    def on(self, day: date) -> Count | None:
        """The one a rate of a day uses; before the first it is the first."""
        held = [each for each in self.counts if each.valid_from is None or each.valid_from <= day]
        return held[-1] if held else next(iter(self.counts), None)

    def value(self, day: date, otherwise: int | None) -> int | None:
        """Its number; `otherwise` where there is none."""
        count = self.on(day)
        return otherwise if count is None else count.value

    def changes(self, first: date, last: date) -> list[Change]:
        """Where it became another number after `first`, up to `last`."""
        return [
            Change(after.valid_from, before, after)
            for before, after in pairwise(self.counts)
            if after.valid_from is not None
            and first < after.valid_from <= last
            and before.value != after.value
        ]

    @property
    def newest(self) -> Count | None:
        """The one that today's rates use."""
        return self.counts[-1] if self.counts else None


NOTHING: Final = Course()
Rows = defaultdict[tuple[int, Denominator], list[Count]]
"""By area and denominator, in the order they were entered."""


def _course(rows: Iterable[Count]) -> Course:
    """Of rows in the order they were entered."""
    held = {row.valid_from: row for row in rows}  # a correction takes the place
    counts = [row for row in held.values() if row.value is not None]
    return Course(sorted(counts, key=lambda row: row.valid_from or date.min))


def of_area(area_id: int, denominator: Denominator) -> Course:
    """The course of one area. One statement."""
    wanted = select(*_COLUMNS).where(
        AreaCount.area_id == area_id, AreaCount.denominator == denominator
    )
    return _course(Count(*row) for row in db.session.execute(wanted.order_by(AreaCount.id)))


def people(
    chosen: Sequence[Area | Commune], denominator: Denominator, day: date
) -> dict[int, int | None]:
    """What each area's rate of a day is a share of, by its id; None where nobody has counted. Of
    today nothing is asked; of an earlier day one statement, for the areas counted anew since."""
    smart = denominator is Denominator.SMARTPHONE_USERS
    found = {area.id: area.smartphone_users if smart else area.population for area in chosen}
    if day < _today() and found:
        then = _held_then(found, denominator, day)
        found |= {area_id: value for area_id, (value, _source) in then.items() if area_id in found}
    return found


def sources(chosen: Sequence[Commune], day: date) -> list[str]:
    """Where the populations are from that rates of a day are shares of, each once."""
    found = {area.id: area.population_source or "" for area in chosen}
    if day < _today() and found:
        then = _held_then(found, Denominator.POPULATION, day)
        found |= {area_id: source for area_id, (_value, source) in then.items() if area_id in found}
    return sorted(set(found.values()) - {""})


Held = tuple[int | None, str]
"""A number and its source, as plain values: a census changes a country's at once."""


def _held_then(area_ids: Collection[int], denominator: Denominator, day: date) -> dict[int, Held]:
    """What held on a day where a count holds from after it."""
    changed = select(AreaCount.area_id).where(
        AreaCount.denominator == denominator, AreaCount.valid_from > day
    )
    changed = changed.where(among(AreaCount.area_id, area_ids))
    # Days as words, which sort as well: to make days of a country's takes longer than the rest.
    since = func.coalesce(cast(AreaCount.valid_from, String), "")
    rows = select(AreaCount.area_id, since, AreaCount.value, AreaCount.source).where(
        AreaCount.denominator == denominator, AreaCount.area_id.in_(changed)
    )
    held: dict[int, dict[str, Held]] = defaultdict(dict)
    for area_id, valid_from, value, source in db.session.execute(rows.order_by(AreaCount.id)).all():
        held[area_id][valid_from] = value, source
    written = day.isoformat()
    return {area_id: _then(values, written) for area_id, values in held.items()}


def _then(values: Mapping[str, Held], day: str) -> Held:
    """As `Course.on`, of the last row from each day on."""
    known = [since for since, (value, _source) in values.items() if value is not None]
    before = [since for since in known if since <= day]
    if not known:
        return None, ""
    return values[max(before) if before else min(known)]


def history(area_id: int) -> Sequence[AreaCount]:
    """Everything ever entered for an area, the last first."""
    rows = select(AreaCount).where(AreaCount.area_id == area_id)
    return db.session.scalars(rows.order_by(AreaCount.id.desc())).all()


def shown(rows: Sequence[AreaCount]) -> dict[str, object]:
    """What a form of the area shows, for `seen`: rows are only ever added."""
    return {"last": rows[0].id if rows else None}


def add(area: Area, count: Count, *, form: str | None = None, actor_id: int | None) -> bool:
    """Add a count that a person gives; False where it says nothing new. Raises Refused as
    `checked` does, and where `form`, the mark of what was shown, is no longer true."""
    count = checked(count)
    with transaction():
        areas.lock([area.id])
        seen.demand(form, shown(history(area.id)))
        if unfit([count]):
            raise Refused(_("More smartphone users than people cannot be."), "value")
        kept = _keep([count], actor_id)
        _record(area.id, kept, actor_id)
    return bool(kept)


def take_back(
    area: Area, row_id: int, reason: str, *, form: str | None = None, actor_id: int | None
) -> None:
    """Let a count hold no longer: it stays to be read, and what held before holds again. Raises
    Refused without a reason, and where the count is none that holds."""
    reason = " ".join(reason.split())
    if not reason or len(reason) > SOURCE_LENGTH:
        raise Refused(_("Say why, in %(most)s letters.", most=SOURCE_LENGTH), "reason")
    with transaction():
        areas.lock([area.id])
        rows = history(area.id)
        seen.demand(form, shown(rows))
        row = next((each for each in standing(rows) if each.id == row_id), None)
        if row is None:
            raise Refused(_("This count no longer holds."), "reason")
        gone = Count(area.id, row.denominator, None, reason, "", None, row.valid_from)
        _write([gone], _rows([area.id]), actor_id)
        _record(area.id, [gone], actor_id)


def standing(rows: Sequence[AreaCount]) -> list[AreaCount]:
    """Those of a history that were neither corrected nor taken back."""
    last = {(row.denominator, row.valid_from): row for row in reversed(rows)}
    return [row for row in last.values() if row.value is not None]


def _record(area_id: int, kept: Iterable[Count], actor_id: int | None) -> None:
    for count in kept:
        detail = {name: getattr(count, name) for name in Count.__dataclass_fields__}
        detail = {k: v.isoformat() if isinstance(v, date) else v for k, v in detail.items()}
        audit.record("area.count", "area", area_id, detail, actor_id)


def checked(count: Count) -> Count:
    """A count as a person gives it. Raises Refused, with its field: a number without source and
    day means nothing."""
    count = replace(
        count, source=" ".join(count.source.split()), letter=" ".join(count.letter.split())
    )
    if count.value is None:
        raise Refused(_("Give the number this source counted."), "value")
    if not 0 < count.value <= MOST_PEOPLE:
        raise Refused(_("A number of people from 1 to %(most)s.", most=MOST_PEOPLE), "value")
    if not count.source:
        raise Refused(_("Say where the number is from, for example which census."), "source")
    if len(count.source) > SOURCE_LENGTH:
        raise Refused(_("At most %(most)s letters fit.", most=SOURCE_LENGTH), "source")
    if len(count.letter) > LETTER_LENGTH:
        raise Refused(_("At most %(most)s letters fit.", most=LETTER_LENGTH), "letter")
    if count.counted_on is None:
        raise Refused(_("Give the day for which it was counted."), "counted_on")
    for field in ("counted_on", "valid_from"):
        day: date | None = getattr(count, field)
        if day is not None and day > _today():
            raise Refused(_("This day has not come yet; enter the count then."), field)
        if day is not None and day < EARLIEST:
            raise Refused(_("This day lies too far back; check the year."), field)
    return count


def unfit(counts: Sequence[Count]) -> list[Count]:
    """Those of checked counts with which an area would have more smartphone users than people on
    the day from which they hold."""
    rows, found = _with(counts), []
    for count in counts:
        day = count.valid_from or count.counted_on or _today()
        most, phones = (_course(rows[count.area_id, kind]).value(day, None) for kind in KINDS)
        if most is not None and phones is not None and phones > most:
            found.append(count)
    return found


def would_repeat(counts: Sequence[Count]) -> dict[int, dict[str, Any]]:
    """By area: what `areas` would say of it if these were kept. Nothing is written."""
    rows = _with(counts)
    return {area_id: columns(area_id, rows) for area_id in {count.area_id for count in counts}}


def _with(counts: Sequence[Count]) -> Rows:
    """The rows there would be."""
    rows = _rows({count.area_id for count in counts})
    for count in _new(counts, rows):
        rows[count.area_id, count.denominator].append(count)
    return rows


def new_among(counts: Sequence[Count]) -> list[Count]:
    """Those that say something new, as they would be kept. Nothing is written."""
    return _new(counts, _rows({count.area_id for count in counts}))


def keep(counts: Sequence[Count], actor_id: int | None) -> list[Count]:
    """Add those that say something new; answers them as they were kept. In transactions of a
    thousand, or within the caller's."""
    kept: list[Count] = []
    # Within the caller's each thousand stays locked while the next one waits: whatever order two
    # files name their areas in, both go through them in one.
    remaining = iter(sorted(counts, key=lambda count: count.area_id))
    while chunk := list(islice(remaining, CHUNK)):
        with transaction():
            kept += _keep(chunk, actor_id)
    return kept


def _keep(counts: Sequence[Count], actor_id: int | None) -> list[Count]:
    ids = {count.area_id for count in counts}
    areas.lock(ids)
    rows = _rows(ids)
    new = _new(counts, rows)
    _write(new, rows, actor_id)
    return new


def _write(new: Sequence[Count], rows: Rows, actor_id: int | None) -> None:
    """Add the rows, and let `areas` repeat the newest."""
    if not new:
        return
    entered = {"entered_at": clock.now(), "entered_by_id": actor_id}
    names = tuple(Count.__dataclass_fields__)
    db.session.execute(
        insert(AreaCount), [{n: getattr(c, n) for n in names} | entered for c in new]
    )
    for count in new:
        rows[count.area_id, count.denominator].append(count)
    changed = sorted({count.area_id for count in new})
    db.session.execute(update(Area), [{"id": id_} | columns(id_, rows) for id_ in changed])


def columns(area_id: int, rows: Rows) -> dict[str, Any]:
    """What `areas` repeats of the newest counts."""
    newest = {kind: _course(rows[area_id, kind]).newest for kind in KINDS}
    population, phones = newest[Denominator.POPULATION], newest[Denominator.SMARTPHONE_USERS]
    return {
        "population": None if population is None else population.value,
        "population_source": None if population is None else population.source or None,
        "population_on": None if population is None else population.counted_on,
        "smartphone_users": None if phones is None else phones.value,
    }


def _rows(area_ids: Collection[int]) -> Rows:
    """Every row of these areas, in the order they were entered."""
    rows: Rows = defaultdict(list)
    wanted = list(area_ids)
    for start in range(0, len(wanted), CHUNK):
        some = AreaCount.area_id.in_(wanted[start : start + CHUNK])
        for row in db.session.execute(select(*_COLUMNS).where(some).order_by(AreaCount.id)):
            rows[row.area_id, row.denominator].append(Count(*row))
    return rows


def _new(counts: Iterable[Count], rows: Rows) -> list[Count]:
    """Those that are not there yet, each with the day from which it holds."""
    new = []
    for count in counts:
        known = rows[count.area_id, count.denominator]
        course = _course(known)
        newest = course.newest
        if newest is not None and count.says_only_a_number and count.value == newest.value:
            continue
        dated = replace(count, valid_from=_valid_from(count, bool(known)))
        there = next((c for c in course.counts if c.valid_from == dated.valid_from), None)
        if dated != there:
            new.append(dated)
    return new


def _valid_from(count: Count, known: bool) -> date | None:
    """A load may name no day: the first count then holds from the beginning."""
    day = count.valid_from or count.counted_on
    if day is not None:
        return min(day, _today())
    return _today() if known else None


def _today() -> date:
    return clock.local(clock.now()).date()
