"""The page of an area's counts: who may set them, a count, a correction, a file."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import date

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from outreach import accounts, area_counts, i18n, seen
from outreach.accounts import Role, User
from outreach.areas import Area
from outreach.audit import AuditRow
from outreach.database import db
from outreach.targets import Denominator
from tests.drive import Drive, at

ClientAs = Callable[[User], FlaskClient]


@pytest.fixture
def office(drive: Drive, client_as: ClientAs) -> FlaskClient:
    at("20/8 15:00")
    client = client_as(drive.staff)
    client.set_cookie(i18n.COOKIE, "en")
    return client


def form(drive: Drive, **changes: str) -> dict[str, str]:
    db.session.rollback()
    rows = area_counts.history(drive.land.district)
    return {
        "denominator": "population",
        "value": "120.514",
        "source": "UBND huyện",
        "letter": "12/UBND",
        "counted_on": "2020-08-18",
        "seen": seen.mark(area_counts.shown(rows)),
    } | changes


def population(area_id: int) -> int | None:
    db.session.rollback()
    return db.session.get_one(Area, area_id).population


def test_an_office_counts_its_area_and_the_pages_say_where_it_is_from(
    office: FlaskClient, drive: Drive
) -> None:
    here = f"/areas/{drive.land.district}/people"
    assert office.post(here, data=form(drive, counted_on="2019-04-01", value="100000")).status_code
    assert office.post(here, data=form(drive)).status_code == 302
    assert population(drive.land.district) == 120_514
    acts = select(AuditRow).where(AuditRow.act == "area.count").order_by(AuditRow.id)
    (*_, row) = db.session.scalars(acts)
    assert '"value":120514' in row.detail
    drive.report(5_900, "17/8 14:00")
    drive.report(6_000, "20/8 14:00")
    at("20/8 15:00")
    for page in (f"/figures/{drive.land.district}", f"/areas/{drive.land.district}"):
        text = office.get(page).text
        assert "120,514 · UBND huyện (12/UBND)" in text, page
        assert "rates are shares of 120,514 people, before of 100,000." in text
    before = office.get(f"/figures/{drive.land.district}?day=2020-08-17").text
    assert "Denominator: 100,000" in before


def test_who_filled_in_an_older_page_is_told(office: FlaskClient, drive: Drive) -> None:
    here, old = f"/areas/{drive.land.district}/people", form(drive)
    assert office.post(here, data=old).status_code == 302
    late = office.post(here, data=old | {"value": "5"})
    assert late.status_code == 422
    assert "Somebody changed this" in late.text
    assert population(drive.land.district) == 120_514


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"value": "many"}, "value"),
        ({"value": "999999999999"}, "value"),
        ({"source": ""}, "source"),
        ({"counted_on": ""}, "counted_on"),
        ({"counted_on": "yesterday"}, "counted_on"),
        ({"valid_from": "2020-08-21"}, "valid_from"),
        ({"denominator": "group"}, "denominator"),
    ],
)
def test_what_is_refused_is_said_at_its_field(
    office: FlaskClient, drive: Drive, changes: dict[str, str], field: str
) -> None:
    answer = office.post(f"/areas/{drive.land.district}/people", data=form(drive, **changes))
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text


def test_a_count_is_taken_back_with_a_reason(office: FlaskClient, drive: Drive) -> None:
    here = f"/areas/{drive.land.district}/people"
    office.post(here, data=form(drive))
    mark = form(drive)["seen"]
    (row,) = area_counts.history(drive.land.district)
    back = {"count": str(row.id), "reason": "", "seen": mark}
    assert office.post(f"{here}/take-back", data=back).status_code == 422
    assert office.post(f"{here}/take-back", data=back | {"reason": "nhầm"}).status_code == 302
    assert population(drive.land.district) is None
    assert "takes back" in office.get(here).text


def test_a_file_is_looked_at_then_entered(office: FlaskClient, drive: Drive) -> None:
    here = f"/areas/{drive.land.district}/people"
    rows = "Xã,Dân số\nLong Thuận,14444\n29971,14947\n".encode()
    given = {"all_source": "Tổng điều tra", "all_counted_on": "2019-04-01"}
    answer = office.post(f"{here}/file", data=given | {"file": (io.BytesIO(rows), "dan-so.csv")})
    assert "Nothing has been written yet." in answer.text
    assert population(drive.land.commune) == 10_000
    key = re.search(r'name="key" value="([0-9a-f]{64})"', answer.text)
    assert key is not None
    confirm = given | {"key": key[1], "name": "dan-so.csv"}
    assert office.post(f"{here}/file/confirm", data=confirm).status_code == 302
    assert population(drive.land.commune) == 14_947
    assert office.post(f"{here}/file/confirm", data=confirm).status_code == 422
    wrong = {"all_counted_on": "hôm qua", "file": (io.BytesIO(rows), "dan-so.csv")}
    assert 'id="all_counted_on-error"' in office.post(f"{here}/file", data=wrong).text
    assert 'id="file-error"' in office.post(f"{here}/file", data={}).text


def test_an_office_counts_its_own_area_only_and_an_administrator_everywhere(
    drive: Drive, client_as: ClientAs, make_person: Callable[..., User], office: FlaskClient
) -> None:
    assert office.get(f"/areas/{drive.land.next_district}/people").status_code == 403
    assert client_as(drive.reporter).get(f"/areas/{drive.land.commune}/people").status_code == 403
    admin = client_as(make_person(Role.ADMIN))
    assert admin.get(f"/areas/{drive.land.next_district}/people").status_code == 200


def test_who_loaded_counts_by_command_is_named_in_words(office: FlaskClient, drive: Drive) -> None:
    area = db.session.get_one(Area, drive.land.district)
    people, source = Denominator.POPULATION, "Tổng điều tra dân số"
    count = area_counts.Count(area.id, people, 120_514, source, "", date(2019, 4, 1))
    area_counts.add(area, count, actor_id=accounts.system().id)
    page = office.get(f"/areas/{area.id}/people").text
    assert "The operator (command line)" in page
