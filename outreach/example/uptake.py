"""Three weeks of invented install figures: Hồng Ngự's, up to its letter's sum, and Thạch Thành's.

Only two numbers are facts, both of the letters: Hồng Ngự's 6,090 of 120,514 on 20 August 2020, and
Quảng Trị's 113,999 of 632,375 on 13 August. How the 6,090 divide over communes and days is made
up, the same at every load, and each row says so. Messaged communes rise no faster than others: the
example shows no effect that nobody has measured.

Thạch Thành's letter asks for two apps and counts neither. It names no commune, so the district
reports for itself; both of its courses are made up.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from outreach import apps, areas, clock, entering, targets
from outreach.area_names import Level
from outreach.areas import Area
from outreach.example import letters
from outreach.uptake import Source

DISTRICT: Final = "870"
REPORTER_COMMUNE: Final = "29974"
"""Xã Thường Phước 2, whose reporter one can log in as."""
LATE_ON_THE_LAST_DAY: Final = ("29974", "29983", "29998")
DAYS: Final = 21
INVENTED: Final = "số liệu ví dụ"
SEED: Final = 20200820
TWO_APPS: Final = "391"
"""Huyện Thạch Thành, whose letter asks for two apps."""
OF_TWO_APPS: Final = (("BLUEZONE", 8_120, False), ("SMART-THANH-HOA", 4_655, True))
"""Code, invented figure on the last day, and whether that last day's is late."""
_BEGAN_AT: Final = 0.22
"""The share of the last figure that the first day already has."""
_TARGET: Final = letters.LetterTarget(
    DISTRICT, "BLUEZONE", 10_00, "population", date(2020, 8, 31), "số ví dụ"
)


def lay(*, officer_id: int, reporter_id: int) -> None:
    """Lay figures and targets, inside the caller's transaction: the reporter's own commune by the
    form, the others by the officer's grid."""
    chance = random.Random(SEED)
    app = apps.by_code("BLUEZONE")
    district = areas.by_code(DISTRICT, 2020)
    communes = areas.children(district.id)
    letter = next(figure for figure in letters.FIGURES if figure.area_code == DISTRICT)
    rows: list[dict[str, Any]] = []
    for commune, last in zip(communes, _shares(communes, letter.installs, chance), strict=True):
        by_form = commune.code == REPORTER_COMMUNE
        who = reporter_id if by_form else officer_id
        source = Source.FORM if by_form else Source.GRID
        late = commune.code in LATE_ON_THE_LAST_DAY
        for day, installs in _course(last, letter.on, late, chance):
            rows.append(_row(app.id, commune.id, day, installs, _hour(chance), source, who))
    rows += _correction(rows, chance)
    rows += _province(app.id, officer_id)
    entering.write(rows)
    _lay_targets(officer_id)


def _shares(communes: Sequence[Area], total: int, chance: random.Random) -> list[int]:
    """The total divided over the communes by people and chance, by largest remainders."""
    weights = [(area.population or 0) * chance.uniform(0.5, 1.7) for area in communes]
    exact = [total * weight / sum(weights) for weight in weights]
    whole = [int(share) for share in exact]
    by_rest = sorted(range(len(exact)), key=lambda i: whole[i] - exact[i])
    for i in by_rest[: total - sum(whole)]:
        whole[i] += 1
    return whole


def lay_two_apps(*, officer_id: int) -> None:
    """Lay Thạch Thành's figures of both its apps, inside the caller's transaction: each with one
    figure that was put right, one app late on the last day."""
    chance = random.Random(SEED + 1)
    district = areas.by_code(TWO_APPS, 2020)
    end = next(figure.on for figure in letters.FIGURES if figure.area_code == DISTRICT)
    for code, last, late in OF_TWO_APPS:
        app_id = apps.by_code(code).id
        rows = [
            _row(app_id, district.id, day, installs, _hour(chance), Source.GRID, officer_id)
            for day, installs in _course(last, end, late, chance)
        ]
        entering.write(rows + _correction(rows, chance))


def _course(last: int, end: date, late: bool, chance: random.Random) -> Iterator[tuple[date, int]]:
    """An area's figures, rising to `last`; who is late on the last day ends the day before."""
    days = DAYS - int(late)
    steps = [chance.uniform(0.4, 1.6) for _ in range(days - 1)]
    begun = round(last * _BEGAN_AT)
    first = end - timedelta(days=DAYS - 1)
    risen = 0.0
    yield first, begun
    for number, step in enumerate(steps, start=1):
        risen += step
        yield first + timedelta(days=number), begun + round((last - begun) * risen / sum(steps))


def _hour(chance: random.Random) -> time:
    """Mostly in the hour before 15:00; one in fifteen comes late."""
    if chance.random() < 1 / 15:
        return time(15, chance.randint(4, 15))
    return time(14, chance.randint(8, 58))


def _row(
    app_id: int, area_id: int, day: date, installs: int, hour: time, source: Source, who: int
) -> dict[str, Any]:
    at = datetime.combine(day, hour, clock.VIETNAM)
    kept = entering.kept_as(area_id, installs, None)
    row = entering.row_of(app_id, day, None, kept, source, who, at, Level.COMMUNE)
    return row | {"reason": INVENTED}


def _correction(rows: Sequence[dict[str, Any]], chance: random.Random) -> list[dict[str, Any]]:
    """One figure that was typed wrongly and put right within the hour."""
    first = rows[chance.randrange(DAYS // 2, DAYS - 2)]  # one of the first commune's
    right = {
        **first,
        "edition": 2,
        "reported_at": first["reported_at"] + timedelta(minutes=25),
        "reason": f"gõ nhầm một chữ số; {INVENTED}",
    }
    first["installs"] += 90
    return [right]


def _province(app_id: int, who: int) -> list[dict[str, Any]]:
    """Quảng Trị's own figure, as its letter states it."""
    return [
        _row(
            app_id,
            areas.by_code(figure.area_code, 2020).id,
            figure.on,
            figure.installs,
            time.fromisoformat(letters.PROVINCE_REPORTS_BY),
            Source.GRID,
            who,
        )
        | {"reason": "công văn 3733/UBND-VX", "late": None}
        for figure in letters.FIGURES
        if figure.area_code != DISTRICT
    ]


def _lay_targets(actor_id: int) -> None:
    for one in (*letters.TARGETS, _TARGET):
        targets.add(
            areas.by_code(one.area_code, 2020),
            apps.by_code(one.app),
            one.share,
            one.deadline,
            group=one.group,
            letter=one.letter,
            actor_id=actor_id,
        )
