"""Conversions: each file that said what areas became, kept whole, with who, when and why not.

Nothing is overwritten. Of the conversions that were not taken back the last one that names a pair
of areas holds for it; `area_changes` repeats what holds, so that figures are carried over without a
history.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import (
    Date,
    ForeignKey,
    Index,
    Select,
    String,
    bindparam,
    delete,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from outreach import area_conversion_plans as plans
from outreach import audit, clock, seen
from outreach.accounts import User
from outreach.area_changes import SOURCE_LENGTH, AreaChange
from outreach.area_conversion_plans import COLUMNS, Became, Pair, Plan
from outreach.areas import Area
from outreach.database import BigId, Model, Moment, among, db, find, transaction
from outreach.errors import Refused
from outreach.i18n import _

NAME_LENGTH: Final = 120
REASON_LENGTH: Final = 200
KEPT: Final = 50
"""So many of what was before an audit row names."""
_LOCK: Final = 7_301_220_203


class AreaConversion(Model):
    """One file, or the package, as it was recorded; `name` is "" for what was from before names
    were kept. `taken_back_at`: it holds no longer."""

    __tablename__ = "area_conversions"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    old_list: Mapped[int]
    new_list: Mapped[int]
    entered_at: Mapped[datetime] = mapped_column(Moment)
    entered_by_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("users.id"))
    taken_back_at: Mapped[datetime | None] = mapped_column(Moment)
    taken_back_by_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("users.id"))
    reason: Mapped[str] = mapped_column(String(REASON_LENGTH), default="")
    entered_by: Mapped[User | None] = relationship(lazy="joined", foreign_keys=[entered_by_id])
    taken_back_by: Mapped[User | None] = relationship(
        lazy="joined", foreign_keys=[taken_back_by_id]
    )


class AreaConversionRow(Model):
    """One row of it; a share of 0 says that nothing went over after all."""

    __tablename__ = "area_conversion_rows"
    __table_args__ = (Index(None, "new_id", "old_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    conversion_id: Mapped[int] = mapped_column(BigId, ForeignKey("area_conversions.id"), index=True)
    old_id: Mapped[int] = mapped_column(BigId, ForeignKey("areas.id"))
    new_id: Mapped[int] = mapped_column(BigId, ForeignKey("areas.id"))
    share: Mapped[int | None]
    day: Mapped[date] = mapped_column(Date)
    source: Mapped[str] = mapped_column(String(SOURCE_LENGTH))


def every() -> Sequence[AreaConversion]:
    """All of them, the last first."""
    rows = select(AreaConversion).order_by(AreaConversion.id.desc())
    return db.session.scalars(rows).all()


def by_id(conversion_id: int) -> AreaConversion:
    """One conversion. Raises Refused where there is none."""
    conversion = find(AreaConversion, conversion_id)
    if conversion is None:
        raise Refused(_("There is no such conversion of areas."), "conversion")
    return conversion


def rows_of(conversion_ids: Collection[int]) -> dict[int, int]:
    """How many rows each of these has, by its id."""
    column = AreaConversionRow.conversion_id
    counted = select(column, func.count()).where(column.in_(list(conversion_ids))).group_by(column)
    return dict(db.session.execute(counted).all())


def said(conversion: AreaConversion, most: int) -> list[Became]:
    """Its first rows."""
    of = _rows().where(AreaConversionRow.conversion_id == conversion.id)
    rows = of.order_by(AreaConversionRow.id).limit(most)
    return [Became(*row) for row in db.session.execute(rows)]


def _rows() -> Select[Any]:
    return select(*(getattr(AreaConversionRow, name) for name in COLUMNS))


def shown() -> dict[str, object]:
    """What a form that asks to confirm was made from, for `seen`."""
    last, back = func.max(AreaConversion.id), func.max(AreaConversion.taken_back_at)
    row = db.session.execute(select(last, back)).one()
    return {"last": row[0], "taken_back": row[1]}


def plan_back(conversion: AreaConversion) -> Plan:
    """What taking one back would do. Nothing is written."""
    mine = select(AreaConversionRow.old_id, AreaConversionRow.new_id)
    pairs = db.session.execute(mine.where(AreaConversionRow.conversion_id == conversion.id))
    wanted: dict[Pair, Became | None] = dict.fromkeys(pairs)
    others = _rows().join(AreaConversion, AreaConversion.id == AreaConversionRow.conversion_id)
    others = others.where(
        AreaConversion.taken_back_at.is_(None),
        AreaConversion.id != conversion.id,
        among(AreaConversionRow.new_id, {new for _old, new in wanted}),
    )
    order = AreaConversionRow.conversion_id, AreaConversionRow.id
    for row in (Became(*each) for each in db.session.execute(others.order_by(*order))):
        if row.pair in wanted:
            wanted[row.pair] = None if row.share == 0 else row  # the last one holds
    return plans.of(wanted)


def record(
    name: str,
    rows: Sequence[Became],
    lists: tuple[int, int],
    *,
    leave_rest: bool = False,
    form: str | None = None,
    actor_id: int | None,
) -> tuple[AreaConversion | None, Plan]:
    """Record what areas became; None where all of it holds already. Raises Refused where it does
    not hold together, where a part of an area would go nowhere (unless `leave_rest`), and where
    `form`, the mark of what was shown, is no longer true."""
    with transaction() as session:
        _lock()
        seen.demand(form, shown())
        would = plans.of_rows(rows)
        plans.demand_whole(would, leave_rest)
        if not would.differences:
            return None, would
        conversion = AreaConversion(
            name=name[:NAME_LENGTH],
            old_list=lists[0],
            new_list=lists[1],
            entered_at=clock.now(),
            entered_by_id=actor_id,
        )
        session.add(conversion)
        session.flush()
        of = {"conversion_id": conversion.id}
        session.execute(insert(AreaConversionRow), [_columns(row) | of for row in rows])
        _write(would, conversion.entered_at, actor_id)
        detail = {"source": conversion.name, **_detail(would)}
        audit.record("areas.convert", "area_conversion", conversion.id, detail, actor_id)
    return conversion, would


def take_back(
    conversion: AreaConversion,
    reason: str,
    *,
    leave_rest: bool = False,
    form: str | None = None,
    actor_id: int | None,
) -> Plan:
    """Let a conversion hold no longer: of each pair the one before it holds again, or nothing. It
    stays to be read. Raises Refused as `record` does, without a reason, and where it is taken back
    already."""
    conversion_id, reason = conversion.id, " ".join(reason.split())
    if not reason or len(reason) > REASON_LENGTH:
        raise Refused(_("Say why, in %(most)s letters.", most=REASON_LENGTH), "reason")
    with transaction():
        _lock()
        seen.demand(form, shown())
        now = by_id(conversion_id)
        if now.taken_back_at is not None:
            raise Refused(_("This conversion has been taken back already."), "conversion")
        would = plan_back(now)
        plans.demand_whole(would, leave_rest)
        now.taken_back_at, now.taken_back_by_id, now.reason = clock.now(), actor_id, reason
        _write(would, now.taken_back_at, actor_id)
        detail = {"source": now.name, "reason": reason, **_detail(would)}
        audit.record("areas.take_back", "area_conversion", conversion_id, detail, actor_id)
    return would


def _lock() -> None:
    """Of two who say what areas became one waits: what holds together depends on both."""
    if db.engine.dialect.name == "postgresql":
        db.session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})


def _columns(row: Became) -> dict[str, Any]:
    return {name: getattr(row, name) for name in COLUMNS}


def _write(would: Plan, at: datetime, actor_id: int | None) -> None:
    """Let `area_changes` repeat what holds now, and areas end or be counted again."""
    ids = select(AreaChange.old_id, AreaChange.new_id, AreaChange.id)
    there = {(old_id, new_id): key for old_id, new_id, key in db.session.execute(ids)}
    entered = {"entered_at": at, "entered_by_id": actor_id}
    gone = [{"key": there[row.pair]} for row in would.removed]
    other = [_columns(row) | entered | {"id": there[row.pair]} for row in would.changed]
    new = [_columns(row) | entered for row in would.added]
    if gone:
        by_key = delete(AreaChange).where(AreaChange.id == bindparam("key"))
        db.session.connection().execute(by_key, gone)
    if other:
        db.session.execute(update(AreaChange), other)
    if new:
        db.session.execute(insert(AreaChange), new)
    if would.ends:
        rows = [{"id": area_id, "ended_on": day} for area_id, day in would.ends.items()]
        db.session.execute(update(Area), rows)


def _detail(would: Plan) -> dict[str, Any]:
    """For the audit trail: how many, what was before, and what was left to go nowhere."""
    was = [each.was for each in would.differences if each.was]
    return {
        "added": len(would.added),
        "changed": len(would.changed),
        "removed": len(would.removed),
        "was": [[*row.pair, row.share, row.day.isoformat(), row.source] for row in was[:KEPT]],
        **({"rests": len(would.rests)} if would.rests else {}),
    }
