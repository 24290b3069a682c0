"""What figures ask of the people who enter and import them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from outreach import uptake_imports
from outreach.accounts import Role, User
from outreach.organisations import Organisation
from outreach.todos import figures
from tests.drive import Drive, at

MakePerson = Callable[..., User]


def test_only_the_own_area_is_asked_about_and_only_after_the_hour(
    drive: Drive, make_person: MakePerson, culture_office: Organisation
) -> None:
    elsewhere = make_person(Role.STAFF, culture_office, drive.land.next_district)
    drive.report(5, "19/8 14:00")
    at("20/8 14:59")
    assert figures.late(drive.staff) == []
    at("20/8 15:20")
    (row,) = figures.late(drive.staff)
    assert row.sentence == "2 without a figure of Bluezone at 15:00, late by 20 min"
    assert row.second == "Long Khánh A, Long Thuận"
    assert row.values == {"area_id": drive.land.district, "app": "BLUEZONE"}
    assert figures.late_count(drive.staff) == 2
    drive.report(9, "20/8 15:21")
    assert figures.late_count(drive.staff) == 1
    assert figures.late(drive.reporter) == []
    assert row.more == ("Who has reported", "board.show")
    assert figures.late(elsewhere) == [], "its own hour is the office's"
    at("20/8 16:35")
    (own,) = figures.late(elsewhere)  # nothing lies below it: it reports for itself
    assert (own.endpoint, own.more) == ("uptake.form", None)
    assert own.sentence == "1 without a figure of Bluezone at 16:30, late by 5 min"


def test_a_file_of_which_figures_were_turned_away_is_spoken_of_for_some_days(
    drive: Drive, tmp_path: Path
) -> None:
    file = tmp_path / "tuan.csv"
    file.write_text("area,date,installs\n29971,20/8/2020,318\n869,20/8/2020,5\n")
    within = drive.land.district
    done = uptake_imports.import_file(
        file, "tuan.csv", drive.app_id, within=within, actor_id=drive.staff.id
    )
    (row,) = figures.imports(drive.staff)
    assert row.sentence == "1 of 2 figures of tuan.csv were turned away"
    assert (row.endpoint, row.values) == ("uptake.imported", {"import_id": done.id})
    assert figures.imports(drive.reporter) == []
    at("24/8 14:00")
    assert figures.imports(drive.staff) == []
