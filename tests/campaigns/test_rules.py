"""Rule sets by kind and date, sender names, and what an advertisement must say."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from campaigns import rules
from campaigns.rules import Kind
from outreach import clock
from outreach.errors import Refused
from outreach.settings import Settings

SETTINGS = Settings(data_dir=Path("nowhere"), notice_hours="06:30-20:00", notice_weekly_cap=2)
BEFORE, SINCE = date(2020, 9, 30), date(2020, 10, 1)


@pytest.mark.parametrize("kind", [Kind.NOTICE, Kind.CUSTOMER_CARE])
def test_a_notice_is_under_office_policy_whatever_the_date(kind: Kind) -> None:
    for day in (BEFORE, SINCE):
        held = rules.rule_set(kind, day, SETTINGS)
        assert (str(held.hours), held.cap) == ("06:30-20:00", 2)
        assert held.cap_period == timedelta(days=7)
        rules.check_text(held, "Cài Bluezone")


def test_advertising_is_under_the_decree_of_its_day() -> None:
    old, new = (rules.rule_set(Kind.ADVERTISING, day, SETTINGS) for day in (BEFORE, SINCE))
    assert (old.name, old.cap, old.prefix) == ("Decree 90/2008", 1, "")
    assert (new.name, new.cap, new.prefix) == ("Decree 91/2020", 3, "[QC]")
    assert str(new.hours) == "07:00-22:00"
    assert old.cap_period == new.cap_period == timedelta(hours=24)


def test_a_window_over_the_change_of_law_is_under_both() -> None:
    def names(first: str, last: str) -> list[str]:
        moments = clock.parse_moment(first), clock.parse_moment(last)
        return [r.name for r in rules.over(Kind.ADVERTISING, *moments, SETTINGS)]

    both = ["Decree 90/2008", "Decree 91/2020"]
    assert names("2020-09-30T08:00+07:00", "2020-10-02T20:00+07:00") == both
    assert names("2020-09-29T08:00+07:00", "2020-10-01T00:00+07:00") == both[:1]
    assert names("2020-09-30T17:00+00:00", "2020-10-02T20:00+07:00") == both[1:]


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("[QC] Mua ngay. Tu choi: soan TC gui 1234", None),
        ("[QC] Mua ngay. Từ chối: 1234", None),
        ("[QC] Mua ngay. Soan TC gui 1234", None),
        ("Mua ngay [QC]. Tu choi: soan TC", "begin with"),
        ("QC: Mua ngay. Tu choi: soan TC", "begin with"),
        ("[QC] Mua ngay", "how to refuse"),
        ("[QC] Mua ATCBT ngay", "how to refuse"),
    ],
)
def test_an_advertisement_says_what_it_is_and_how_to_refuse(text: str, wrong: str | None) -> None:
    held = rules.rule_set(Kind.ADVERTISING, SINCE, SETTINGS)
    if wrong is None:
        rules.check_text(held, text)
        return
    with pytest.raises(Refused, match=wrong) as refused:
        rules.check_text(held, text)
    assert refused.value.field == "wording"


@pytest.mark.parametrize(
    "name", ["BLUEZONE", "VNPT-DThap", "So Y te.1", "a_b", "UBND870", "12345678A"]
)
def test_a_sender_name_of_the_decrees_form_is_taken(name: str) -> None:
    assert rules.check_sender_name(name) == name


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("", "missing"),
        ("ABCDEFGHIJKL", "12 characters; at most 11"),
        ("SỞ Y TẾ", "unaccented"),
        ("1234", "not digits alone"),
        ("BLUE+ZONE", "unaccented"),
        ("BLUEZONE ", "unaccented"),
        ("BLUE\nZONE", "unaccented"),
    ],
)
def test_any_other_sender_name_is_refused_with_what_is_wrong(name: str, says: str) -> None:
    with pytest.raises(Refused, match=says) as refused:
        rules.check_sender_name(name)
    assert refused.value.field == "sender"
