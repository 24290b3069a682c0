"""What is asked about a figure, and what is not."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from outreach import doubts
from outreach.doubts import Doubt

TODAY = date(2020, 8, 20)


def course(*figures: int, ends: date = TODAY - timedelta(days=1)) -> dict[date, int]:
    """Figures of the days up to `ends`."""
    days = len(figures)
    return {ends - timedelta(days=days - 1 - i): figure for i, figure in enumerate(figures)}


def asked(installs: int, known: dict[date, int], population: int | None = None) -> set[Doubt]:
    return {each.doubt for each in doubts.questions(installs, TODAY, known, population)}


def test_the_first_figure_is_not_asked_about() -> None:
    assert asked(5_000, {}, 10_000) == set()


def test_a_fall_is_asked_about_and_standing_still_is_not() -> None:
    assert asked(317, course(307, 318)) == {Doubt.FALLS}
    assert asked(318, course(307, 318)) == set()


@pytest.mark.parametrize(("rise", "jumps"), [(13, False), (60, False), (61, True)])
def test_a_rise_of_more_than_three_usual_days_is_a_jump(rise: int, jumps: bool) -> None:
    known = course(200, 220, 240, 260)  # 20 a day
    assert asked(260 + rise, known) == ({Doubt.JUMPS} if jumps else set())


def test_days_without_a_figure_may_rise_together() -> None:
    known = course(200, 220, 240, 260, ends=TODAY - timedelta(days=3))
    assert asked(260 + 180, known) == set()
    assert asked(260 + 181, known) == {Doubt.JUMPS}


def test_a_small_rise_is_no_jump_where_nothing_ever_happens() -> None:
    known = course(10, 10, 10, 10)
    assert asked(10 + doubts.JUMP_LEAST, known) == set()
    assert asked(10 + doubts.JUMP_LEAST + 1, known) == {Doubt.JUMPS}


def test_nobody_knows_what_is_usual_after_two_figures() -> None:
    assert doubts.usual_rise(course(100, 110), TODAY) is None
    assert asked(900, course(100, 110)) == set()
    assert doubts.usual_rise(course(100, 110, 130), TODAY) == 15


def test_what_is_usual_is_the_last_week() -> None:
    known = course(0, 1000, 1010, 1020, 1030, 1040, 1050, 1060, 1070)
    assert doubts.usual_rise(known, TODAY) == 10


def test_more_than_a_later_day_is_asked_about() -> None:
    known = course(300) | {TODAY + timedelta(days=2): 320}
    assert asked(330, known) == {Doubt.ABOVE_LATER}
    assert asked(320, known) == set()


def test_more_than_the_people_is_asked_about() -> None:
    assert asked(7_740, {}, 7_739) == {Doubt.ABOVE_POPULATION}
    assert asked(7_739, {}, 7_739) == set()


def test_a_question_names_the_figures_and_the_day() -> None:
    (question,) = doubts.questions(1_300, TODAY, course(1_318), None)
    assert question.sentence.startswith("1,300 is less than the 1,318 of 19 Aug 2020.")
