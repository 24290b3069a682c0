from __future__ import annotations

from datetime import date

import pytest
from flask import Flask

from outreach import apps, areas, targets
from outreach.area_loading import load_file
from outreach.errors import Refused
from outreach.example.letters import AREAS_FILE, TARGETS
from outreach.targets import Denominator, Target


@pytest.fixture
def letters(app: Flask) -> Flask:
    load_file(AREAS_FILE, actor_id=None)
    apps.add("BLUEZONE", "Bluezone", "https://bluezone.gov.vn", actor_id=None)
    return app


def _add(group: str, share: int = 60_00) -> Target:
    area, app = areas.by_code("870"), apps.by_code("BLUEZONE")
    return targets.add(
        area, app, share, date(2020, 8, 31), group=group, letter="919/UBND-VX", actor_id=None
    )


@pytest.mark.parametrize(
    ("text", "share"),
    [("60%", 6000), ("60", 6000), ("18,03%", 1803), ("0.6%", 60), ("100 %", 10_000), ("5.5", 550)],
)
def test_a_share_is_read_in_hundredths_of_a_percent(text: str, share: int) -> None:
    assert targets.parse_share(text) == share


@pytest.mark.parametrize(
    "text", ["", "0", "0%", "101%", "0.6", "60.123%", "-5%", "sáu mươi", "6e1"]
)
def test_a_share_that_is_none_or_may_mean_two_things_is_refused(text: str) -> None:
    with pytest.raises(Refused) as refused:
        targets.parse_share(text)
    assert refused.value.field == "share"


def test_a_target_says_of_whom_and_by_which_letter(letters: Flask) -> None:
    for one in TARGETS:
        targets.add(
            areas.by_code(one.area_code),
            apps.by_code(one.app),
            one.share,
            one.deadline,
            group=one.group,
            letter=one.letter,
            actor_id=None,
        )
    (target,) = targets.every()
    assert (target.area.name, target.app.code) == ("Tỉnh Quảng Trị", "BLUEZONE")
    assert (target.denominator, target.share) == (Denominator.SMARTPHONE_USERS, 6000)
    assert (target.deadline, target.letter) == (date(2020, 8, 20), "3733/UBND-VX")


def test_a_group_is_named_in_the_letters_words(letters: Flask) -> None:
    target = _add("cán bộ, công chức, viên chức", 100_00)
    assert target.denominator is Denominator.GROUP
    assert target.group_name == "cán bộ, công chức, viên chức"


def test_the_same_target_twice_and_a_group_without_a_name_are_refused(letters: Flask) -> None:
    _add("population")
    _add("smartphone_users")
    with pytest.raises(Refused) as refused:
        _add("population", 50_00)
    assert refused.value.field == "deadline"
    with pytest.raises(Refused):
        _add("group")
    assert len(targets.every()) == 2


def test_the_deadline_of_an_area_is_its_own_or_that_of_the_nearest_above(letters: Flask) -> None:
    bluezone = apps.by_code("BLUEZONE")

    def aim(code: str, day: date) -> Target:
        area = areas.by_code(code)
        return targets.add(area, bluezone, 5, day, group="population", letter="", actor_id=None)

    one, other, far = (areas.by_code(code).id for code in ("29962", "29974", "45"))
    aim("870", date(2020, 8, 31))
    aim("29974", date(2020, 8, 25))
    aim("29974", date(2020, 9, 15))

    def on(day: date) -> list[date | None]:
        found = targets.deadlines(bluezone, [one, other, far], day)
        return [found.get(id_) for id_ in (one, other, far)]

    assert on(date(2020, 8, 20)) == [date(2020, 8, 31), date(2020, 8, 25), None]
    assert on(date(2020, 8, 26)) == [date(2020, 8, 31), date(2020, 9, 15), None]
    assert on(date(2020, 9, 1)) == [None, date(2020, 9, 15), None], "a day that passed is none"
    assert targets.in_force(areas.by_code("29962"), bluezone, date(2020, 9, 1)) is not None


def test_a_withdrawn_target_is_nobodys_deadline(letters: Flask) -> None:
    target = _add("population")
    targets.withdraw(target, actor_id=None)
    commune, bluezone = areas.by_code("29962"), apps.by_code("BLUEZONE")
    assert targets.deadlines(bluezone, [commune.id], date(2020, 8, 20)) == {}
    assert targets.in_force(commune, bluezone, date(2020, 8, 20)) is None
    assert [each.id for each, _by in targets.withdrawn(commune.id)] == [target.id]
