"""Figures carried over to what areas became: sums, shares, what is not known, and the days."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, timedelta
from itertools import pairwise

import pytest

from outreach import area_changes, areas, carry_over, daily, entering, rates, series
from outreach.area_changes import WHOLE, AreaChange
from outreach.area_names import Level
from outreach.areas import Area
from outreach.daily import Member
from outreach.database import db, transaction
from outreach.entering import Entry
from outreach.rates import Standing
from outreach.targets import Denominator
from outreach.uptake import Carried, Point, Source
from tests.counting import queries
from tests.drive import TODAY, Drive, at
from tests.outreach.test_daily import lay

DAY = date(2020, 8, 18)
UNTIL = DAY - timedelta(days=1)


@pytest.fixture
def new(drive: Drive) -> dict[str, int]:
    """A province of the newer list with two communes, as if 18 August 2020 were the day."""
    with transaction() as session:
        province = Area(
            area_list=2025,
            code="82",
            level=Level.PROVINCE,
            name="Tỉnh Đồng Tháp",
            kind="Tỉnh",
            population=30_000,
        )
        session.add(province)
        session.flush()
        made = {"82": province.id}
        for code, name in (("29983", "Xã Long Phú Thuận"), ("29971", "Xã Thường Phước")):
            commune = Area(
                area_list=2025,
                code=code,
                level=Level.COMMUNE,
                name=name,
                kind="Xã",
                parent_id=province.id,
                population=10_000,
            )
            session.add(commune)
            session.flush()
            made[code] = commune.id
    return made


def become(old_id: int, new_id: int, share: int | None = WHOLE, day: date = DAY) -> None:
    with transaction() as session:
        session.add(AreaChange(old_id=old_id, new_id=new_id, share=share, day=day, source="NQ 1"))


def report(drive: Drive, area_id: int, day: date, installs: int) -> None:
    at(f"{day.day}/{day.month} 14:00")
    entry = Entry(area_id, str(installs), "đã kiểm tra", str(installs))
    entering.enter(drive.app_id, entry, day, Source.FORM, drive.staff.id)


def stand(drive: Drive, area_id: int, day: date) -> Standing:
    at("20/8 15:30")
    db.session.rollback()
    area = db.session.get_one(Area, area_id)
    (found,) = rates.of_areas(drive.app_id, [area], day, Denominator.POPULATION)
    return found


def last_known(drive: Drive, area_ids: list[int], day: date) -> dict[int, Point]:
    return carry_over.last_known(drive.app_id, area_ids, day, area_changes.origins(set(area_ids)))


def test_a_merged_area_has_the_sum_until_it_reports_itself(
    drive: Drive, new: dict[str, int]
) -> None:
    become(drive.land.commune, new["29983"])
    become(drive.land.other_commune, new["29983"])
    report(drive, drive.land.commune, date(2020, 8, 12), 100)
    report(drive, drive.land.other_commune, date(2020, 8, 16), 40)
    report(drive, drive.land.commune, date(2020, 8, 17), 110)
    report(drive, drive.land.commune, date(2020, 8, 19), 999)  # nobody reports there any more
    sixteenth = stand(drive, new["29983"], date(2020, 8, 16))
    assert (sixteenth.installs, sixteenth.share) == (140, 0.014)
    assert sixteenth.carried == Carried(UNTIL, 2, 2)
    nineteenth = stand(drive, new["29983"], date(2020, 8, 19))
    assert (nineteenth.installs, nineteenth.fresh, nineteenth.partial) == (150, 0, False)
    report(drive, new["29983"], TODAY, 180)
    today = stand(drive, new["29983"], TODAY)
    assert (today.installs, today.carried) == (180, None)
    assert (today.change, today.since) == (30, UNTIL), "the same territory on both sides"
    assert today.week is None, "a week ago one of them had no figure yet"
    first = last_known(drive, [new["29983"]], date(2020, 8, 16))
    assert first[new["29983"]].installs == 140


def test_what_is_not_known_is_left_out_and_the_rest_is_at_least(
    drive: Drive, new: dict[str, int]
) -> None:
    become(drive.land.commune, new["29983"])
    become(drive.land.other_commune, new["29983"], None)  # divided, nobody said how
    become(drive.land.other_commune, new["29971"], None)
    report(drive, drive.land.commune, date(2020, 8, 16), 100)
    report(drive, drive.land.other_commune, date(2020, 8, 16), 40)
    known = stand(drive, new["29983"], UNTIL)
    assert (known.installs, known.carried, known.partial) == (100, Carried(UNTIL, 2, 1), True)
    nothing = stand(drive, new["29971"], UNTIL)
    assert (nothing.installs, nothing.share) == (None, None)
    report(drive, new["29983"], TODAY, 180)
    assert stand(drive, new["29983"], TODAY).change is None, "of two different territories"


def test_a_division_goes_by_the_official_share_only(drive: Drive, new: dict[str, int]) -> None:
    become(drive.land.commune, new["29983"], 38_50)
    become(drive.land.commune, new["29971"], 61_50)
    report(drive, drive.land.commune, date(2020, 8, 16), 101)
    shares = [stand(drive, new[code], UNTIL).installs for code in ("29983", "29971")]
    assert shares == [39, 62]


def test_an_old_area_without_a_figure_makes_it_at_least(drive: Drive, new: dict[str, int]) -> None:
    become(drive.land.commune, new["29983"])
    become(drive.land.other_commune, new["29983"])
    report(drive, drive.land.commune, date(2020, 8, 16), 100)
    assert stand(drive, new["29983"], UNTIL).partial
    report(drive, drive.land.other_commune, UNTIL, 5)
    assert not stand(drive, new["29983"], UNTIL).partial


def test_what_somebody_entered_for_the_new_area_itself_goes_before(
    drive: Drive, new: dict[str, int]
) -> None:
    become(drive.land.commune, new["29983"])
    report(drive, drive.land.commune, date(2020, 8, 16), 100)
    report(drive, new["29983"], date(2020, 8, 17), 105)
    assert stand(drive, new["29983"], UNTIL).installs == 105
    assert stand(drive, new["29983"], date(2020, 8, 16)).installs == 100
    known = last_known(drive, [new["29983"]], UNTIL)
    assert known[new["29983"]].installs == 105


def test_mergers_follow_each_other_and_one_goes_on_under_its_code(
    drive: Drive, new: dict[str, int]
) -> None:
    """Long Khánh A took Long Thuận in on the 10th and went on; on the 18th it became another."""
    one, other = drive.land.commune, drive.land.other_commune
    become(one, one, day=date(2020, 8, 10))
    become(other, one, day=date(2020, 8, 10))
    become(one, new["29983"])
    report(drive, other, date(2020, 8, 8), 40)
    report(drive, one, date(2020, 8, 9), 100)
    report(drive, one, date(2020, 8, 12), 150)
    assert stand(drive, one, date(2020, 8, 9)).installs == 140
    assert stand(drive, one, date(2020, 8, 12)).installs == 150
    assert stand(drive, new["29983"], date(2020, 8, 9)).installs == 140
    assert stand(drive, new["29983"], TODAY).installs == 150
    for day, installs in ((9, 140), (13, 150), (20, 150)):
        known = last_known(drive, [new["29983"]], date(2020, 8, day))
        assert known[new["29983"]].installs == installs


def test_a_province_has_the_communes_of_the_old_ones_without_a_gap(
    drive: Drive, new: dict[str, int]
) -> None:
    become(drive.land.province, new["82"])
    become(drive.land.commune, new["29983"], None)
    become(drive.land.commune, new["29971"], None)
    become(drive.land.other_commune, new["29971"])
    report(drive, drive.land.commune, date(2020, 8, 16), 100)
    report(drive, drive.land.other_commune, date(2020, 8, 16), 40)
    before = stand(drive, new["82"], UNTIL)
    assert (before.installs, before.share) == (140, 140 / 30_000)
    assert before.carried == Carried(UNTIL, 1, 1)
    after = stand(drive, new["82"], DAY)
    assert (after.installs, after.brought, after.partial) == (40, 1, True)
    days = series.of_area(drive.app_id, new["82"], [new["29983"], new["29971"]], TODAY)
    told = {each.day.day: (each.installs, each.partial, bool(each.brought)) for each in days}
    assert told[17] == (140, False, True)
    assert told[18] == (40, True, True)


def test_the_course_of_a_commune_goes_through_the_change(drive: Drive, new: dict[str, int]) -> None:
    become(drive.land.commune, new["29983"])
    become(drive.land.other_commune, new["29983"])
    for day, one, two in ((14, 100, 40), (16, 110, 45), (17, 112, 47)):
        report(drive, drive.land.commune, date(2020, 8, day), one)
        report(drive, drive.land.other_commune, date(2020, 8, day), two)
    report(drive, new["29983"], date(2020, 8, 19), 170)
    days = series.of_area(drive.app_id, new["29983"], [], TODAY)
    told = [(each.day.day, each.installs, each.change, each.brought) for each in days]
    assert told == [
        (14, 140, None, 1),
        (15, 140, None, 1),
        (16, 155, 15, 1),
        (17, 159, 4, 1),
        (18, 159, None, 1),
        (19, 170, 11, 0),
        (20, 170, None, 0),
    ]


def test_statements_grow_with_generations_not_with_areas(drive: Drive, new: dict[str, int]) -> None:
    become(drive.land.commune, new["29983"])
    report(drive, drive.land.commune, date(2020, 8, 16), 100)
    with queries() as one:
        last_known(drive, [new["29983"]], TODAY)
    become(drive.land.other_commune, new["29971"])
    with queries() as two:
        last_known(drive, list(new.values()), TODAY)
    assert len(one) == len(two)


CAME = (date(2020, 8, 8), date(2020, 8, 15))
Plain = tuple[date, int, bool]


def of_old_and_new(drive: Drive, chance: random.Random) -> tuple[list[int], list[AreaChange]]:
    """Nine communes of a district: merged, divided, going on under their codes, and once more."""
    with transaction() as session:
        district = Area(
            area_list=2020, code="872", level=Level.DISTRICT, kind="Huyện", name="Huyện Bốn",
            parent_id=drive.land.province, population=90_000,
        )  # fmt: skip
        session.add(district)
        session.flush()
        ids = [district.id]
        for number in range(9):
            commune = Area(
                area_list=2020, code=f"3010{number}", level=Level.COMMUNE, kind="Xã",
                name=f"Xã {number}", parent_id=district.id, population=10_000, position=number,
            )  # fmt: skip
            session.add(commune)
            session.flush()
            ids.append(commune.id)
        first, second = CAME
        part = chance.choice([60_00, None])
        rest = None if part is None else WHOLE - part
        pairs = [
            (0, 6, WHOLE, first), (1, 6, WHOLE, first), (2, 2, part, first), (2, 7, rest, first),
            (6, 8, WHOLE, second), (3, 8, chance.choice([WHOLE, 30_00, None]), second),
            (4, 4, WHOLE, second), (5, 4, WHOLE, second),
        ]  # fmt: skip
        changes = [
            AreaChange(old_id=ids[1 + old], new_id=ids[1 + new], share=share, day=day, source="NQ")
            for old, new, share, day in pairs
        ]
        session.add_all(changes)
        for ended in (0, 1, 3, 5, 6):
            session.get_one(Area, ids[1 + ended]).ended_on = first
        session.flush()
        plain = [
            AreaChange(old_id=c.old_id, new_id=c.new_id, share=c.share, day=c.day) for c in changes
        ]
    return ids, plain


def known_plainly(
    figures: dict[int, dict[date, int]],
    changes: list[AreaChange],
    area_id: int,
    day: date,
    before: date = date.max,
) -> Plain | None:
    """Since when an area stood how on a day, and whether as a whole: docs/areas.md, row by row."""
    of = [each for each in changes if each.new_id == area_id and each.day < before]
    own = max(((d, n, True) for d, n in figures[area_id].items() if d <= day), default=None)
    if not of or (own is not None and own[0] >= of[0].day):
        return own
    until = min(day, of[0].day - timedelta(days=1))
    parts = [
        (known_plainly(figures, changes, each.old_id, until, of[0].day), each.share) for each in of
    ]
    known = [(part, share) for part, share in parts if part is not None and share is not None]
    if any(each.old_id == area_id for each in of):
        own = None
    if not known or (own is not None and own[0] >= max(part[0] for part, _share in known)):
        return own
    whole = len(known) == len(parts) and all(part[2] for part, _share in known)
    together = sum((part[1] * share + WHOLE // 2) // WHOLE for part, share in known)
    return max(part[0] for part, _share in known), together, whole


@pytest.mark.parametrize("seed", range(4))
def test_every_page_has_the_same_figures_as_the_words_of_the_docs(drive: Drive, seed: int) -> None:
    """Sums, ranks, courses and days are read in four ways; all agree with a plain count."""
    chance = random.Random(seed)
    (district_id, *communes), changes = of_old_and_new(drive, chance)
    days = [date(2020, 8, number) for number in range(1, 21)]
    figures: dict[int, dict[date, int]] = {}
    for area_id in communes:
        reported = chance.sample(days, chance.choice([0, 3, 8, 14]))
        figures[area_id] = {day: chance.randint(50, 4000) for day in reported}
        corrected = reported[::2]
        laid = [(day, 1 + (day in corrected), n) for day, n in figures[area_id].items()]
        if reported:
            lay(drive, area_id, *laid, *((day, 1, 7) for day in corrected))
    at("20/8 15:30")
    db.session.rollback()
    standing = areas.communes_below([district_id])[district_id]
    district = db.session.get_one(Area, district_id)
    chosen = list(areas.by_ids(communes))

    def plain(area_id: int, day: date) -> Plain | None:
        return known_plainly(figures, changes, area_id, day)

    for day in days:
        expected = {each: plain(each, day) for each in communes}
        for read in (rates.stood, rates.of_areas):
            found = {s.area.id: s for s in read(drive.app_id, chosen, day, Denominator.POPULATION)}
            told = {i: (s.installs, s.installs is not None and not s.short)
                    for i, s in found.items()}  # fmt: skip
            assert told == {i: e[1:] if e else (None, False) for i, e in expected.items()}, day
            (total,) = read(drive.app_id, [district], day, Denominator.POPULATION)
            known = [each for i in standing if (each := expected[i])]
            assert total.installs == (sum(each[1] for each in known) if known else None)
            assert total.fresh == sum(each[0] == day for each in known)
    for each in series.of_area(drive.app_id, district_id, standing, TODAY):
        known = [known for i in standing if (known := plain(i, each.day))]
        assert each.installs == sum(one[1] for one in known), each.day
        assert (each.counted, each.fresh) == (len(known), sum(one[0] == each.day for one in known))
    for brought in daily.new_installs(drive.app_id, district, TODAY, 18):
        ago = brought.day - timedelta(days=1)
        both = [(plain(i, ago), plain(i, brought.day)) for i in standing]
        fresh = [(was, now) for was, now in both if now and now[0] == brought.day]
        rises = [now[1] - was[1] for was, now in fresh if was and was[2] and now[2]]
        assert brought.fresh == len(fresh), brought.day
        if all(was is None or (was[2] and now[2]) for was, now in fresh):
            assert brought.installs == (sum(rises) if rises else None), brought.day
    assert_groups_rise_plainly(drive, standing, days, plain)


def assert_groups_rise_plainly(
    drive: Drive, standing: list[int], days: list[date], plain: Callable[[int, date], Plain | None]
) -> None:
    """The chart of a comparison: of two groups, area by area and day by day."""
    first = days[1]
    members = [Member(area_id, at % 2, 100 + at) for at, area_id in enumerate(standing)]
    expected = {(group, day): [0.0, 0, 0, 0] for group in (0, 1) for day in days[1:]}
    for member in members:
        known = [each for day in days if (each := plain(member.area_id, day)) and each[0] == day]
        for was, now in pairwise(known):
            if not was[2] or not now[2]:
                continue
            length = (now[0] - was[0]).days
            for day in [now[0] - timedelta(days=back) for back in range(length)]:
                if day >= first:
                    told = expected[member.group, day]
                    told[0] += (now[1] - was[1]) / length
                    told[1] += member.people
                    told[2] += 1
                    told[3] += day == now[0]
    for group, found in daily.of_groups(drive.app_id, members, first, days[-1]).items():
        for each in found:
            told = [each.new, each.people, each.areas, each.fresh]
            assert told == pytest.approx(expected[group, each.day]), each.day


def test_no_day_is_missing_where_nothing_is_known_after_the_change(
    drive: Drive, new: dict[str, int]
) -> None:
    """A chart finds its days by their places; the new count of people holds from that very day."""
    become(drive.land.province, new["82"])
    become(drive.land.commune, new["29983"], None)
    become(drive.land.commune, new["29971"], None)
    report(drive, drive.land.commune, date(2020, 8, 16), 100)
    report(drive, new["29983"], TODAY, 70)
    days = series.of_area(drive.app_id, new["82"], [new["29983"], new["29971"]], TODAY)
    assert [(each.day.day, each.installs, each.counted) for each in days] == [
        (16, 100, 1), (17, 100, 1), (18, None, 0), (19, None, 0), (20, 70, 1)
    ]  # fmt: skip
