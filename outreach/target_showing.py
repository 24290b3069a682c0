"""What the page of targets shows: those that reach a person's area, and where each stands now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from outreach import areas, rates, targets, uptake
from outreach.areas import Area
from outreach.rates import Aim, Standing
from outreach.targets import Denominator, Target


@dataclass(frozen=True)
class Row:
    """One target. `standing` and `aim` are None where the reader may not see the area's figures;
    `aim` also where a letter names a group nobody has counted. `own`: whether it may be set by
    whoever sets targets for the reader's area."""

    target: Target
    own: bool
    standing: Standing | None = None
    aim: Aim | None = None


def rows(own_area_id: int | None) -> list[Row]:
    """The targets that reach an area, by app. Queries grow with the apps, not with the targets."""
    found = targets.reaching(own_area_id)
    area_ids = {target.area_id for target in found}
    own = area_ids if own_area_id is None else areas.within(area_ids, own_area_id)
    stand = _standings([target for target in found if target.area_id in own])
    return [_row(target, target.area_id in own, stand.get(target.id)) for target in found]


def _row(target: Target, own: bool, standing: Standing | None) -> Row:
    if standing is None or target.denominator is Denominator.GROUP:
        return Row(target, own, standing)
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
