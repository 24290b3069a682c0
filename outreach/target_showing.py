"""Where targets stand: that of one area for its pages, and those that reach a person's area."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from outreach import area_counts, areas, group_counts, rates, targets, uptake
from outreach.apps import App
from outreach.area_counts import Change, Count, Course
from outreach.areas import Area
from outreach.carry_over import Below
from outreach.group_counts import GroupCount
from outreach.rates import Aim, Standing
from outreach.targets import Denominator, Target


@dataclass(frozen=True)
class Row:
    """One target. `standing` and `aim` are None where the reader may not see the area's figures;
    of a group they are by its own counts, of which `count` is the one in force. `own`: whether it
    may be set by whoever sets targets for the reader's area."""

    target: Target
    own: bool
    standing: Standing | None = None
    aim: Aim | None = None
    count: GroupCount | None = None


@dataclass(frozen=True, slots=True)
class Stand:
    """Where an area stands on a day, and what its target still needs; `aim` is None where none is
    set for it or above it. `groups` are the named groups of its own targets; `people` is what its
    rate is a share of, over time."""

    area: Area
    app: App
    day: date
    denominator: Denominator
    total: Standing
    aim: Aim | None
    groups: Sequence[Row]
    people: Course

    @property
    def count(self) -> Count | None:
        """The count that the rate is a share of; None where nobody has said where it is from."""
        return self.people.on(self.day)

    @property
    def older_wanted(self) -> bool:
        """Whether that count holds from a later day only, and there is none before."""
        count = self.count
        return bool(count and count.valid_from and count.valid_from > self.day)

    @property
    def recounted(self) -> list[Change]:
        """Where the count changed within the days over which a pace is worked out."""
        return self.people.changes(self.day - timedelta(days=rates.PACE_DAYS), self.day)


def stand(area: Area, app: App, day: date, target: Target | None, total: Standing) -> Stand:
    """Of an area by its rate, which is of the denominator of the target in force."""
    aim = None if target is None else rates.aim(target, total, day)
    denominator = rates.denominator_of(target)
    people = area_counts.of_area(area.id, denominator)
    return Stand(area, app, day, denominator, total, aim, of_groups(area, app, day), people)


def of_area(area: Area, app: App, day: date, made_of: Below | None = None) -> Stand:
    """The same, where nobody has worked out the rate yet; `made_of` as for that."""
    target = targets.in_force(area, app, day)
    (total,) = rates.of_areas(app.id, [area], day, rates.denominator_of(target), made_of)
    return stand(area, app, day, target, total)


def rows(own_area_id: int | None) -> list[Row]:
    """The targets that reach an area, by app. Queries grow with the apps, not with the targets."""
    found = targets.reaching(own_area_id)
    area_ids = {target.area_id for target in found}
    own = area_ids if own_area_id is None else areas.within(area_ids, own_area_id)
    seen = [target for target in found if target.area_id in own]
    stand = _standings([each for each in seen if each.denominator is not Denominator.GROUP])
    counted = {row.target.id: row for row in _groups(seen, uptake.today())}
    return [
        counted.get(target.id) or _row(target, target.area_id in own, stand.get(target.id))
        for target in found
    ]


def of_groups(area: Area, app: App, day: date) -> list[Row]:
    """Where the groups stand on a day that targets of the area itself name."""
    return _groups(targets.of_groups(area, app), day)


def _groups(seen: Sequence[Target], day: date) -> list[Row]:
    named = [target for target in seen if target.denominator is Denominator.GROUP]
    counts = group_counts.of_targets([target.id for target in named])
    return [_group(target, counts.get(target.id, ()), day) for target in named]


def _group(target: Target, counts: Sequence[GroupCount], day: date) -> Row:
    """By its counts up to the day: where it stands is the last one that says who has the app, and
    the pace is from the one before that to it."""
    known = [count for count in counts if count.day <= day]
    if not known:
        return Row(target, own=True, standing=Standing(target.area, None))
    told = [(each.day, each.installed) for each in known if each.installed is not None]
    rose, over = None, rates.PACE_DAYS
    if len(told) > 1:
        rose, over = told[-1][1] - told[-2][1], (told[-1][0] - told[-2][0]).days
    standing = Standing(
        target.area,
        known[-1].people,
        installs=told[-1][1] if told else None,
        week=rose,
        counted=1,
    )
    return Row(target, True, standing, rates.aim(target, standing, day, over), known[-1])


def _row(target: Target, own: bool, standing: Standing | None) -> Row:
    if standing is None:
        return Row(target, own)
    return Row(target, own, standing, rates.aim(target, standing, uptake.today()))


def _standings(seen: Sequence[Target]) -> dict[int, Standing]:
    """By target: one computation for each app and denominator."""

    def group(target: Target) -> tuple[int, str]:
        return target.app_id, rates.denominator_of(target).value

    found: dict[int, Standing] = {}
    for (app_id, denominator), together in groupby(sorted(seen, key=group), key=group):
        of_them = list(together)
        chosen: dict[int, Area] = {target.area_id: target.area for target in of_them}
        stood = rates.of_areas(
            app_id, list(chosen.values()), uptake.today(), Denominator(denominator)
        )
        by_area = {standing.area.id: standing for standing in stood}
        found |= {target.id: by_area[target.area_id] for target in of_them}
    return found
