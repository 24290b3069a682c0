"""What is true of an area's day: install figures against targets, who is late, what was sent.

Plain values of JSON only, so that they can be frozen and hashed as they are. Nothing here says
them in words: that is `wording`.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from campaigns.reports import sent
from outreach import area_counts, areas, clock, fieldwork, rates, schools, targets, uptake
from outreach.apps import App
from outreach.area_counts import Change, Count
from outreach.areas import Area
from outreach.errors import Refused
from outreach.i18n import _
from outreach.rates import Standing, Table
from outreach.targets import Target
from outreach.uptake import Carried

Facts = dict[str, Any]


def of_day(area: Area, day: date) -> Facts:
    """The figures of a day of a district or a province, as known now. Raises Refused (field `area`
    or `day`) for a commune, a day that has not come, and where no app is counted."""
    if area.level in rates.REPORTING:
        raise Refused(
            _(
                "A report is made for a district or a province; %(area)s is neither.",
                area=area.name,
            ),
            "area",
        )
    uptake.check_day(day)
    counted = uptake.apps_counted(area.id)
    if not counted:
        raise Refused(_("There is no app yet; add it first."), "app")
    return {
        "due": clock.iso(uptake.deadline(day)),
        "apps": [_app(app, area, day) for app in counted],
        "sent": sent.of_day(area, day),
        "visits": _visits(area, day),
    }


def _visits(area: Area, day: date) -> Facts | None:
    """What teams did on the day in its communes; None where nobody recorded anything."""
    below = areas.communes_below([area.id]).get(area.id, [])
    done = fieldwork.added(fieldwork.by_area(below, day, day).values())
    if not done.days:
        return None
    return {"communes": done.days, "households": done.households, "helped": done.helped}


def _app(app: App, area: Area, day: date) -> Facts:
    target = targets.in_force(area, app, day)
    table = rates.table(app.id, area, day, rates.denominator_of(target))
    people = area_counts.of_area(area.id, table.denominator)
    return {
        "code": app.code,
        "name": app.name,
        "counts": app.counted_on(day).value,
        "denominator": table.denominator.value,
        "counted": _counted(people.on(day)),
        "recounted": [_recounted(each) for each in people.changes(_since(table.total, day), day)],
        "target": None if target is None else _target(target, table, area),
        "total": _standing(app, table.total),
        "rows": [_standing(app, row) for row in table.rows],
        "schools": [_standing(app, row) for row in schools.standings(area, app, day)],
    }


def _counted(count: Count | None) -> Facts | None:
    """Where the number is from that the area's rate is a share of."""
    if count is None:
        return None
    return {
        "source": count.source,
        "letter": count.letter,
        "day": None if count.counted_on is None else count.counted_on.isoformat(),
    }


def _since(total: Standing, day: date) -> date:
    """The day with which the report's figure is compared."""
    return total.since or day - timedelta(days=1)


def _recounted(change: Change) -> Facts:
    """From when on rates are of another number."""
    return {
        "since": change.since.isoformat(),
        "before": change.before.value,
        "after": change.after.value,
    }


def _standing(app: App, row: Standing) -> Facts:
    """Where an area stands. Over a change of what counts as an install there is no change."""
    as_of = row.as_of
    broken = (
        row.since is not None
        and as_of is not None
        and app.breaks(row.since, clock.local(as_of).date())
    )
    return {
        "code": row.area.code,
        "name": row.area.name,
        "installs": row.installs,
        "of": row.of,
        "as_of": clock.iso(as_of),
        "change": None if broken else row.change,
        "since": None if row.since is None else row.since.isoformat(),
        "punctuality": row.punctuality.value,
        "rank": row.rank,
        "parts": row.parts,
        "counted": row.counted,
        "fresh": row.fresh,
        "late": row.late,
        "own": row.own,
        "short": row.short,
        "carried": None if row.carried is None else _carried(row.carried),
    }


def _carried(carried: Carried) -> Facts:
    """Of how many areas that came before it is the sum, and of how many that is known."""
    return {
        "until": carried.until.isoformat(),
        "parts": carried.parts,
        "counted": carried.counted,
    }


def _target(target: Target, table: Table, area: Area) -> Facts:
    """The target in force; that of a group which a letter names never is (`targets.in_force`)."""
    aim = rates.aim(target, table.total, table.day)
    steady = not target.app.breaks(table.day - timedelta(days=rates.PACE_DAYS), table.day)
    return {
        "share": target.share,
        "denominator": target.denominator.value,
        "group": target.group_name,
        "deadline": target.deadline.isoformat(),
        "letter": target.letter,
        "area": "" if target.area_id == area.id else target.area.name,
        "days": aim.days,
        "gap": aim.gap,
        "needed": aim.needed,
        "pace": None if aim.pace is None or not steady else round(aim.pace),
    }
