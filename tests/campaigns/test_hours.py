"""Windows: when a message may begin, in Vietnam."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns import hours
from campaigns.hours import Hours, Window
from outreach import clock
from outreach.errors import Refused


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+07:00")


def window(first: str, last: str, daily: str) -> Window:
    return Window(at(first), at(last), hours.parse(daily))


WEEK = window("2020-08-18T08:00", "2020-08-25T20:00", "07:00-21:00")


@pytest.mark.parametrize("text", ["07:00-21:00", "00:00-24:00", "00:00-00:01", "23:59-24:00"])
def test_hours_are_said_as_they_were_read(text: str) -> None:
    assert str(hours.parse(text)) == text


@pytest.mark.parametrize(
    "text", ["", "7-21", "07:00–21:00", "07:00-25:00", "24:00-24:00", "07:60-08:00", " 07:00-21:00"]
)
def test_what_is_no_hours_is_refused_with_the_form(text: str) -> None:
    with pytest.raises(Refused, match="not of the form 07:00-21:00") as refused:
        hours.parse(text)
    assert refused.value.field == "hours"


@pytest.mark.parametrize("text", ["21:00-07:00", "07:00-07:00"])
def test_hours_that_never_open_are_refused(text: str) -> None:
    with pytest.raises(Refused, match="never open"):
        hours.parse(text)


def test_two_hours_have_in_common_what_both_allow() -> None:
    assert str(hours.parse("06:00-22:00").within(hours.parse("07:00-24:00"))) == "07:00-22:00"
    assert hours.parse("07:00-08:00").within(hours.parse("09:00-10:00")).empty


def test_a_window_opens_late_on_its_first_day_and_closes_early_on_its_last() -> None:
    assert WEEK.closes_at(at("2020-08-18T07:59")) is None
    assert WEEK.closes_at(at("2020-08-18T08:00")) == at("2020-08-18T21:00")
    assert WEEK.closes_at(at("2020-08-25T19:59")) == at("2020-08-25T20:00")
    assert WEEK.closes_at(at("2020-08-25T20:00")) is None


def test_the_end_of_the_hours_is_not_in_them() -> None:
    assert WEEK.closes_at(at("2020-08-19T20:59:59.999999")) == at("2020-08-19T21:00")
    assert WEEK.closes_at(at("2020-08-19T21:00")) is None
    assert WEEK.next_opening(at("2020-08-19T21:00")) == at("2020-08-20T07:00")


def test_all_day_goes_over_midnight_day_by_day() -> None:
    day = window("2020-08-18T00:00", "2020-08-20T00:00", "00:00-24:00")
    assert day.closes_at(at("2020-08-18T23:59")) == at("2020-08-19T00:00")
    assert day.closes_at(at("2020-08-19T00:00")) == at("2020-08-20T00:00")
    assert day.next_opening(at("2020-08-20T00:00")) is None
    assert day.length() == timedelta(days=2)


def test_hours_are_vietnams_wherever_the_moment_was_read() -> None:
    utc = datetime.fromisoformat("2020-08-19T00:30+00:00")
    assert WEEK.closes_at(utc) == at("2020-08-19T21:00")
    assert WEEK.closes_at(datetime.fromisoformat("2020-08-18T23:59+00:00")) is None


def test_a_window_between_two_evenings_never_opens() -> None:
    night = window("2020-08-18T22:00", "2020-08-19T06:00", "07:00-21:00")
    assert night.next_opening(night.not_before) is None
    assert night.length() == timedelta(0)


def test_the_length_is_the_open_time_of_all_days() -> None:
    assert WEEK.length() == timedelta(hours=13 + 6 * 14 + 13)


MOMENTS = st.integers(0, 20 * 24 * 60).map(
    lambda minutes: at("2020-08-10T00:00") + timedelta(minutes=minutes)
)


@given(
    first=MOMENTS,
    lasts=st.integers(-60, 5 * 24 * 60),
    start=st.integers(0, 1439),
    long=st.integers(-5, 1440),
    moment=MOMENTS,
)
def test_the_next_opening_is_open_and_nothing_before_it_is(
    first: datetime, lasts: int, start: int, long: int, moment: datetime
) -> None:
    each = Window(
        first,
        first + timedelta(minutes=lasts),
        Hours(start, min(start + long, hours.MINUTES_A_DAY)),
    )
    opening = each.next_opening(moment)
    if opening is None:
        probes = range(0, 3 * 24 * 60, 7)
        later = max(moment, first)
        assert all(each.closes_at(later + timedelta(minutes=m)) is None for m in probes)
        return
    closes = each.closes_at(opening)
    assert closes is not None
    assert moment <= opening < closes <= each.not_after
    assert each.next_opening(opening) == opening
    assert opening in (moment, each.not_before) or (
        (clock.local(opening).hour * 60 + clock.local(opening).minute) == start
    )
    if opening > moment:
        assert each.closes_at(opening - timedelta(microseconds=1)) is None
        assert each.closes_at(moment) is None
