from datetime import UTC, date, datetime, timedelta

import pytest

from outreach import clock, formats

AFTERNOON = datetime(2020, 8, 20, 8, 0, 4, tzinfo=UTC)  # 15:00:04 in Vietnam


@pytest.mark.parametrize(
    ("value", "vietnamese", "english"),
    [(1250000, "1.250.000", "1,250,000"), (0, "0", "0"), (-10, "−10", "−10"), (None, "—", "—")],
)
def test_a_number_is_grouped_as_its_reader_writes_it(value, vietnamese, english):
    assert formats.number(value, language="vi") == vietnamese
    assert formats.number(value, language="en") == english


def test_a_number_that_rounds_to_zero_has_no_minus():
    assert formats.number(-0.001, 1, language="vi") == "0,0"


def test_a_change_always_shows_its_sign():
    assert formats.signed(43, language="vi") == "+43"
    assert formats.signed(-1638.5, 1, language="vi") == "−1.638,5"
    assert formats.signed(0, language="vi") == "0"


def test_a_rate_has_two_decimals():
    assert formats.percent(113999 / 632375, language="vi") == "18,03%"
    assert formats.percent(6090 / 120514, language="en") == "5.05%"
    assert formats.percent(None, language="vi") == "—"


@pytest.mark.parametrize(
    ("share", "shown"),
    [(0, "0%"), (0.0004, "<1%"), (0.57, "57%"), (0.999999, "99%"), (1, "100%"), (None, "—")],
)
def test_progress_is_rounded_down_so_that_100_means_all(share, shown):
    assert formats.progress(share, language="vi") == shown


def test_money_is_whole_dong():
    assert formats.money(20721600, language="vi") == "20.721.600\u00a0đ"
    assert formats.money(None, language="vi") == "—"


def test_moments_are_written_in_vietnam_time():
    assert formats.moment(AFTERNOON, language="vi") == "20/8/2020 15:00"
    assert formats.moment(AFTERNOON, language="en") == "20 Aug 2020 15:00"
    assert formats.short(AFTERNOON, language="vi") == "20/8 15:00"
    assert formats.second(AFTERNOON, language="vi") == "15:00:04"
    assert formats.moment(None, language="vi") == "—"


def test_a_moment_late_in_utc_is_the_next_day_in_vietnam():
    late = datetime(2020, 8, 19, 18, 0, tzinfo=UTC)
    assert formats.day(late, language="vi") == "20/8/2020"
    assert formats.day(date(2020, 8, 19), language="vi") == "19/8/2020"


def test_today_needs_no_date():
    now = clock.now()
    assert formats.when(now, language="vi") == formats.hour(now, language="vi")
    in_two_days = now + timedelta(days=2)
    assert formats.when(in_two_days, language="vi") == formats.short(in_two_days, language="vi")


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "0 giây"),
        (41.2, "42 giây"),
        (779, "13 phút"),
        (3600, "1 giờ"),
        (4200, "1 giờ 10 phút"),
        (86400, "1 ngày"),
        (180000, "2 ngày 2 giờ"),
        (None, "—"),
    ],
)
def test_a_length_of_time_says_its_two_largest_units(seconds, shown):
    assert formats.span(seconds, language="vi") == shown


def test_a_day_is_written_with_its_name_or_without_its_year():
    thursday = date(2020, 8, 20)
    assert formats.weekday(thursday, language="vi") == "Thứ Năm 20/8/2020"
    assert formats.weekday(thursday, language="en") == "Thursday 20 Aug 2020"
    assert formats.month_day(thursday, language="vi") == "20/8"
    assert formats.month_day(None, language="vi") == formats.weekday(None, language="vi") == "—"
