"""A page of figures sends as many statements for a hundred communes as for two."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import insert

from outreach import clock, organisations
from outreach.accounts import Role, User
from outreach.area_names import Level
from outreach.areas import Area
from outreach.database import db, transaction
from outreach.fieldwork import FieldVisit
from outreach.organisations import Kind
from outreach.uptake import Source, UptakeReport
from tests.counting import queries
from tests.drive import TODAY, Drive, at

MOST = 45
PAGES = (
    "/",
    "/figures/{district}",
    "/figures/{province}",
    "/figures/{district}/board",
    "/figures/{district}/grid",
    "/areas/{district}",
    "/areas/{province}",
    "/areas/{commune}",
    "/fieldwork/{district}",
    "/reports/{district}",
    "/targets/",
    "/compare",
    "/compare?areas={code}&against=rest",
)


@pytest.mark.parametrize("path", PAGES)
def test_no_page_of_figures_asks_more_for_more_areas(
    drive: Drive,
    client_as: Callable[[User], FlaskClient],
    make_person: Callable[..., User],
    path: str,
) -> None:
    land = drive.land
    drive.report(300, "19/8 14:00")
    drive.report(310, "20/8 14:00")
    drive.report(200, "20/8 14:00", land.other_commune)
    at("20/8 16:00")
    everywhere = organisations.add("Bộ", Kind.OFFICE, actor_id=None)
    client = client_as(make_person(Role.STAFF, everywhere))
    address = path.format(
        district=land.district, province=land.province, commune=land.commune, code="29971"
    )
    client.get(address)  # what a process reads once is read
    few = _statements(client, address)
    _more(drive, 100)
    assert _statements(client, address) == few <= MOST


def _statements(client: FlaskClient, address: str) -> int:
    with queries() as sent:
        assert client.get(address).status_code == 200
    return len(sent)


def _more(drive: Drive, count: int) -> None:
    """More communes of the district, each with a week's figures and a day of visits."""
    with transaction() as session:
        areas = [
            Area(
                area_list=2020, code=f"4{number:04}", level=Level.COMMUNE, kind="Xã",
                name=f"Xã {number}", parent_id=drive.land.district, population=1000 + number,
            )
            for number in range(count)
        ]  # fmt: skip
        session.add_all(areas)
        session.flush()
        said = {"edition": 1, "reason": "", "entered_at": clock.now()}
        visits = {"households": 9, "helped": 3, "entered_by_id": drive.staff.id, "day": TODAY}
        session.execute(insert(FieldVisit), [said | visits | {"area_id": a.id} for a in areas])
        figures = [
            {
                "app_id": drive.app_id, "area_id": area.id, "day": TODAY - timedelta(days=back),
                "edition": 1, "installs": 90 - back, "as_of": clock.now(), "late": False,
                "reported_at": clock.now(), "source": Source.GRID,
                "reported_by_id": drive.staff.id,
            }
            for area in areas
            for back in range(7)
        ]  # fmt: skip
        session.execute(insert(UptakeReport), figures)
    db.session.rollback()
