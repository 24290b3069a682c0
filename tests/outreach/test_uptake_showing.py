"""What the pages show: yesterday beside today, every correction, days nobody reported."""

from __future__ import annotations

from datetime import date

from outreach import apps, areas, uptake_showing
from outreach.entering import Doubtful, Entry
from outreach.uptake_showing import Typed
from tests.drive import TODAY, Drive, at


def form(drive: Drive, day: date = TODAY, typed: Typed = uptake_showing.NOTHING):
    area, app = areas.by_code("29971"), apps.by_code("BLUEZONE")
    return uptake_showing.form(area, app, day, typed)


def test_the_form_shows_yesterdays_figure_and_the_days_before(drive: Drive) -> None:
    for day, installs in ((16, 300), (17, 309), (18, 320), (19, 331)):
        drive.report(installs, f"{day}/8 14:00")
    at("20/8 14:00")
    shown = form(drive)
    assert (shown.before.installs, shown.follows, shown.current) == (331, True, None)
    assert [(e.point.installs, e.change) for e in shown.earlier] == [
        (331, 11),
        (320, 11),
        (309, 9),
        (300, None),
    ]
    assert (shown.shown, shown.edition, shown.overdue) == ("", 0, None)


def test_the_form_counts_the_minutes_since_the_hour(drive: Drive) -> None:
    at("15:20")
    assert form(drive).overdue == 20


def test_a_sent_figure_shows_its_change_and_rate(drive: Drive) -> None:
    drive.report(300, "19/8 14:00")
    drive.report(318)
    shown = form(drive)
    assert (shown.change, shown.share, shown.shown) == (18, 0.0318, "318")


def test_what_was_typed_stays_with_its_question(drive: Drive) -> None:
    typed = Typed(Entry(drive.land.commune, "3.000"), Doubtful(3000, []))
    shown = form(drive, typed=typed)
    assert (shown.shown, typed.asked, typed.wants_reason) == ("3.000", "3000", True)


def test_history_shows_corrections_and_days_nobody_reported(drive: Drive) -> None:
    drive.report(300, "17/8 14:00")
    drive.report(302, "17/8 14:05", reason="thiếu ấp 3")
    drive.report(330, "19/8 14:00")
    at("20/8 14:00")
    shown = uptake_showing.history(areas.by_code("29971"), apps.by_code("BLUEZONE"))
    assert [day.day.day for day in shown.days] == [20, 19, 18, 17]
    today, yesterday, before, first = shown.days
    assert today.last is None
    assert before.last is None
    assert (yesterday.last.installs, yesterday.change) == (330, 28)
    ((old, new),) = first.corrections
    assert (old.installs, new.installs, new.reason) == (300, 302, "thiếu ấp 3")


def test_the_grid_has_a_row_for_every_commune(drive: Drive) -> None:
    drive.report(300, "18/8 14:00")
    at("20/8 15:01")
    rows = uptake_showing.grid(areas.by_code("870"), apps.by_code("BLUEZONE"), TODAY, {})
    assert [row.area.code for row in rows] == ["29971", "29983"]
    assert rows[0].before.day == date(2020, 8, 18)
    assert [row.punctuality for row in rows] == ["missing", "missing"]
