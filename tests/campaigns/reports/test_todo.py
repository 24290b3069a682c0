"""The office is told until it has issued its report."""

from __future__ import annotations

from collections.abc import Callable

from campaigns.reports import editions, todo
from outreach.accounts import Role, User
from outreach.organisations import Organisation
from tests.campaigns.reports.reporting import TODAY, area_of, counted
from tests.drive import Drive, at

__all__ = ["counted"]


def test_the_report_is_asked_for_from_the_hour_of_the_figures_until_it_is_issued(
    counted: Drive, make_person: Callable[..., User], health_office: Organisation
) -> None:
    at("20/8 14:59")
    assert todo.due(counted.staff) == []
    at("20/8 16:00")
    (row,) = todo.due(counted.staff)
    assert row.sentence == "The report of today is due at 16:30, in 30 min"
    assert (row.endpoint, row.values) == ("reports.show", {"area_id": counted.land.district})
    assert row.look == "wait"
    for other in (counted.reporter, make_person(Role.HEALTH, health_office)):
        assert todo.due(other) == []
    at("20/8 16:40")
    (row,) = todo.due(counted.staff)
    assert (row.sentence, row.look) == ("The report of today was due at 16:30", "late")
    editions.issue(area_of("870"), TODAY, counted.staff)
    assert todo.due(counted.staff) == []


def test_figures_that_came_after_the_report_are_told_until_it_is_issued_anew(
    counted: Drive, make_person: Callable[..., User], health_office: Organisation
) -> None:
    at("20/8 16:00")
    editions.issue(area_of("870"), TODAY, counted.staff)
    assert todo.overtaken(counted.staff) == []
    counted.report(counted.rows()[-1].installs + 1, "20/8 16:10")
    (row,) = todo.overtaken(counted.staff)
    assert row.sentence == "Figures of 20 Aug changed after report 1"
    assert row.values == {"area_id": counted.land.district, "day": "2020-08-20"}
    for other in (counted.reporter, make_person(Role.HEALTH, health_office)):
        assert todo.overtaken(other) == []
    at("21/8 09:00")
    assert len(todo.overtaken(counted.staff)) == 1
    at("22/8 09:00")
    assert todo.overtaken(counted.staff) == []
    at("21/8 09:05")
    editions.issue(area_of("870"), TODAY, counted.staff)
    assert todo.overtaken(counted.staff) == []


def test_an_office_whose_communes_report_nothing_is_not_asked(drive: Drive) -> None:
    drive.report(5, "1/8 14:00")
    at("20/8 16:00")
    assert todo.due(drive.staff) == []
