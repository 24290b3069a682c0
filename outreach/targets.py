"""Targets: which share of whom should have installed an app, where, until when, says which letter.

Quảng Trị's letter wants 60% of smartphone users by 20 August 2020, which it puts at 40–50% of the
people: a share without what it is a share of means nothing.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import (
    ColumnElement,
    Date,
    ForeignKey,
    Index,
    Select,
    String,
    or_,
    select,
    text,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from outreach import areas, audit, clock, group_counts, seen, target_letters
from outreach.accounts import User
from outreach.apps import App
from outreach.area_names import LEVELS
from outreach.areas import Area
from outreach.database import BigId, Model, Moment, db, find, transaction, words
from outreach.errors import Refused
from outreach.group_counts import Count
from outreach.i18n import _
from outreach.target_letters import Letter

GROUP_LENGTH: Final = 120
LETTER_LENGTH: Final = 60
MOST_WITHDRAWN: Final = 50
_PERCENT: Final = re.compile(r"(\d{1,3})(?:[.,](\d{1,2}))?\s*(%?)")


class Denominator(StrEnum):
    """What a share is a share of; `group` is named in the letter's own words."""

    POPULATION = "population"
    SMARTPHONE_USERS = "smartphone_users"
    GROUP = "group"


class Target(Model):
    """One target. `share` is in hundredths of a percent: 60% = 6000. `group_name` is "" unless
    the denominator is a group. One that was withdrawn stays to be read and counts nowhere: whoever
    looks for targets begins with `standing`."""

    __tablename__ = "targets"
    # One of a kind among those that stand; a withdrawn one may be set anew.
    __table_args__ = (
        Index(
            "uq_targets_standing",
            "area_id",
            "app_id",
            "denominator",
            "group_name",
            "deadline",
            unique=True,
            sqlite_where=text("withdrawn_at IS NULL"),
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    area_id: Mapped[int] = mapped_column(BigId, ForeignKey("areas.id"))
    app_id: Mapped[int] = mapped_column(BigId, ForeignKey("apps.id"))
    denominator: Mapped[Denominator] = mapped_column(words(Denominator))
    group_name: Mapped[str] = mapped_column(String(GROUP_LENGTH), default="")
    share: Mapped[int]
    deadline: Mapped[date] = mapped_column(Date)
    letter: Mapped[str] = mapped_column(String(LETTER_LENGTH))
    created_at: Mapped[datetime] = mapped_column(Moment, default=clock.now)
    withdrawn_at: Mapped[datetime | None] = mapped_column(Moment)
    withdrawn_by_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("users.id"))
    area: Mapped[Area] = relationship(lazy="joined")
    app: Mapped[App] = relationship(lazy="joined")


def standing() -> Select[Target]:
    """The targets that were not withdrawn."""
    return select(Target).where(Target.withdrawn_at.is_(None))


def parse_share(text: str) -> int:
    """ "60%", "60", "18,03%" → hundredths of a percent. Raises Refused for anything else, and for
    "0.6", which might mean 60% or 0.6%."""
    match = _PERCENT.fullmatch(text.strip())
    share = 0 if match is None else int(match[1]) * 100 + int((match[2] or "").ljust(2, "0"))
    if match is None or not 0 < share <= 100_00:
        raise Refused(_("“%(text)s” is no share from 0 to 100%%, like 60%%.", text=text), "share")
    if share < 100 and not match[3]:
        raise Refused(
            _("“%(text)s” may mean two things; write it with a percent sign.", text=text), "share"
        )
    return share


def add(
    area: Area,
    app: App,
    share: int,
    deadline: date,
    *,
    group: str,
    letter: str,
    count: Count | None = None,
    file: Letter | None = None,
    actor_id: int | None,
) -> Target:
    """Add a target for the share (hundredths of a percent) of `group`: "population",
    "smartphone_users" or a group in the letter's words, which `count` says something of. Raises
    Refused for one already there."""
    denominator, group_name = _denominator(group)
    target = Target(
        area=area,
        app=app,
        denominator=denominator,
        group_name=group_name,
        share=share,
        deadline=deadline,
        letter=_letter(letter),
    )
    with transaction() as session:
        _refuse_second(target)
        session.add(target)
        session.flush()
        detail = {"area": area.code, "app": app.code, "share": share, "of": group_name}
        audit.record("target.add", "target", target.id, detail, actor_id)
        _keep(target, count, file, actor_id)
    return target


def shown(target: Target) -> dict[str, object]:
    """What a form of the target shows, for `seen`."""
    names = ("denominator", "group_name", "share", "deadline", "letter")
    return {name: getattr(target, name) for name in names}


def change(
    target: Target,
    share: int,
    deadline: date,
    *,
    group: str,
    letter: str,
    count: Count | None = None,
    file: Letter | None = None,
    form: str | None = None,
    actor_id: int | None,
) -> None:
    """Set a target anew, for the same area and app; the audit row holds what it was.

    Raises Refused as `add` does, and where `form`, the mark of what was shown, is no longer true.
    """
    denominator, group_name = _denominator(group)
    values: dict[str, object] = {
        "denominator": denominator,
        "group_name": group_name,
        "share": share,
        "deadline": deadline,
        "letter": _letter(letter),
    }
    with transaction() as session:
        now = _locked(target)
        before = shown(now)
        seen.demand(form, before)
        with session.no_autoflush:
            for key, new in values.items():
                setattr(now, key, new)
            _refuse_second(now)
        changed = {k: [_plain(before[k]), _plain(v)] for k, v in values.items() if before[k] != v}
        if changed:
            audit.record("target.change", "target", now.id, changed, actor_id)
        _keep(now, count, file, actor_id)


def withdraw(target: Target, *, form: str | None = None, actor_id: int | None) -> None:
    """Take a target back: it stays to be read, with who and when, and counts nowhere any more.
    Raises Refused where it is gone, or is no longer what was shown."""
    with transaction():
        now = _locked(target)
        seen.demand(form, shown(now))
        detail = {key: _plain(value) for key, value in shown(now).items()}
        detail |= {"area": now.area.code, "app": now.app.code}
        now.withdrawn_at, now.withdrawn_by_id = clock.now(), actor_id
        audit.record("target.withdraw", "target", now.id, detail, actor_id)


def _keep(target: Target, count: Count | None, file: Letter | None, actor_id: int | None) -> None:
    """The letter's file, and the count of its group where it has one, where either is new."""
    if file is not None and target_letters.keep(target.id, file, actor_id):
        named = {"file": file.filename, "digest": file.digest}
        audit.record("target.letter", "target", target.id, named, actor_id)
    if count is None or target.denominator is not Denominator.GROUP:
        return
    if group_counts.keep(target.id, count, actor_id):
        detail = {"people": count.people, "installed": count.installed, "source": count.source}
        detail |= {"day": count.day.isoformat()}
        audit.record("target.count", "target", target.id, detail, actor_id)


def _locked(target: Target) -> Target:
    target_id = target.id
    row = standing().where(Target.id == target_id).with_for_update(of=Target)
    now = db.session.scalar(row.execution_options(populate_existing=True))
    if now is None:
        raise Refused(_("Somebody has withdrawn this target."), seen.FIELD)
    return now


def _plain(value: object) -> object:
    """For an audit row."""
    return value.isoformat() if isinstance(value, date) else value


def _denominator(group: str) -> tuple[Denominator, str]:
    group = " ".join(group.split())
    if group in {Denominator.POPULATION, Denominator.SMARTPHONE_USERS}:
        return Denominator(group), ""
    if not group or len(group) > GROUP_LENGTH or group == Denominator.GROUP:
        raise Refused(
            _("A share is of the population, of smartphone_users, or of a group by its name."),
            "denominator",
        )
    return Denominator.GROUP, group


def _letter(letter: str) -> str:
    letter = " ".join(letter.split())
    if len(letter) > LETTER_LENGTH:
        raise Refused(
            _("A letter's number has at most %(most)s letters.", most=LETTER_LENGTH), "letter"
        )
    return letter


def _refuse_second(target: Target) -> None:
    same = standing().where(
        Target.area_id == target.area.id,
        Target.app_id == target.app.id,
        Target.denominator == target.denominator,
        Target.group_name == target.group_name,
        Target.deadline == target.deadline,
        Target.id != (target.id or 0),
    )
    if db.session.scalar(same) is not None:
        raise Refused(_("This target is there already, for the same day."), "deadline")


def every() -> Sequence[Target]:
    """All targets, the nearest deadline first."""
    return db.session.scalars(standing().order_by(Target.deadline, Target.id)).all()


def by_id(target_id: int) -> Target:
    """One target. Raises Refused where there is none."""
    target = find(Target, target_id)
    if target is None or target.withdrawn_at is not None:
        raise Refused(_("There is no such target; it may have been withdrawn."), "target")
    return target


def reaching(area_id: int | None) -> Sequence[Target]:
    """The targets of an area, of those below it, and of those it lies in; of all where it is None.
    By app and area, the nearest deadline first."""
    order = (App.code, Area.area_list, Area.position, Target.deadline, Target.id)
    found = standing().join(Target.area).join(Target.app).where(_near(area_id))
    return db.session.scalars(found.order_by(*order)).all()


def withdrawn(area_id: int | None) -> list[tuple[Target, str]]:
    """Those of `reaching` that were withdrawn, with who did it ("" for the system), the newest
    first, at most `MOST_WITHDRAWN`."""
    rows = (
        select(Target, User)
        .join(User, User.id == Target.withdrawn_by_id, isouter=True)
        .where(Target.withdrawn_at.is_not(None), _near(area_id))
        .order_by(Target.withdrawn_at.desc(), Target.id.desc())
        .limit(MOST_WITHDRAWN)
    )
    return [
        (target, "" if by is None else by.name or by.email)
        for target, by in db.session.execute(rows)
    ]


def _near(area_id: int | None) -> ColumnElement[bool]:
    if area_id is None:
        return true()
    above = [area.id for area in areas.ancestors(area_id)]
    below = areas.closure_query([area_id])
    return or_(Target.area_id.in_(below), Target.area_id.in_(above))


def in_force(area: Area, app: App, day: date) -> Target | None:
    """The target an area's installs work towards on a day: its own, else that of the nearest area
    above; there the nearest deadline still to come, else the last one that has passed. One of a
    group is none: the installs are everybody's."""
    line = [area.id, *(above.id for above in areas.ancestors(area.id))]
    set_there = standing().where(
        Target.app_id == app.id,
        Target.area_id.in_(line),
        Target.denominator != Denominator.GROUP,
    )
    return _nearest(db.session.scalars(set_there), day)


def each_in_force(app: App, area_ids: Collection[int], day: date) -> dict[int, Target]:
    """`in_force` of each of these areas; without those that have none. However many areas, the
    statements are the same few."""
    everybody = standing().where(Target.denominator != Denominator.GROUP)
    return _each_nearest(everybody, app, area_ids, day)


def of_groups(area: Area, app: App) -> Sequence[Target]:
    """The targets set for an area itself that are of a group, the nearest deadline first."""
    set_there = standing().where(
        Target.app_id == app.id,
        Target.area_id == area.id,
        Target.denominator == Denominator.GROUP,
    )
    return db.session.scalars(set_there.order_by(Target.deadline, Target.id)).all()


def deadlines(app: App, area_ids: Collection[int], day: date) -> dict[int, date]:
    """By when each of these areas should reach the target in force there on a day; without those
    that have none, or whose day has passed. However many areas, the statements
    are the same few."""
    nearest = _each_nearest(standing(), app, area_ids, day)
    return {area_id: each.deadline for area_id, each in nearest.items() if each.deadline >= day}


def _each_nearest(
    chosen: Select[Target], app: App, area_ids: Collection[int], day: date
) -> dict[int, Target]:
    by_area: dict[int, list[Target]] = {}
    for target in db.session.scalars(chosen.where(Target.app_id == app.id)):
        by_area.setdefault(target.area_id, []).append(target)
    found: dict[int, Target] = {}
    for area_id, line in areas.lines(area_ids).items() if by_area else ():
        nearest = _nearest((each for above in line for each in by_area.get(above, ())), day)
        if nearest is not None:
            found[area_id] = nearest
    return found


def set_in(area: Area, app: App, first: date, last: date) -> Sequence[Target]:
    """The standing targets of an area and of those it lies in that were set on these days."""
    line = [area.id, *(above.id for above in areas.ancestors(area.id))]
    begin, end = (
        datetime.combine(day, time(), clock.VIETNAM) for day in (first, last + timedelta(days=1))
    )
    set_there = standing().where(
        Target.app_id == app.id,
        Target.area_id.in_(line),
        Target.created_at >= begin,
        Target.created_at < end,
    )
    return db.session.scalars(set_there.order_by(Target.created_at, Target.id)).all()


def _nearest(in_line: Iterable[Target], day: date) -> Target | None:
    """Of the targets of an area and of those it lies in, the one in force on a day."""

    def nearness(target: Target) -> tuple[int, bool, int]:
        deepest = -LEVELS.index(target.area.level)
        return deepest, target.deadline < day, abs((target.deadline - day).days)

    return min(in_line, key=nearness, default=None)
