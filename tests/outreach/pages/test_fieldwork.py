"""The page of visits: recorded by who enters figures there, read by who may see them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from outreach import fieldwork
from outreach.accounts import Role, User
from outreach.organisations import Organisation
from tests.drive import TODAY, Drive, at

ClientAs = Callable[[User], FlaskClient]


@pytest.fixture
def reporter(drive: Drive, client_as: ClientAs) -> FlaskClient:
    at("20/8 16:00")
    return client_as(drive.reporter)


def form(**changes: str) -> dict[str, str]:
    return {"day": "2020-08-20", "households": "120", "helped": "45", "reason": ""} | changes


def test_a_reporter_records_and_corrects_a_day_of_the_own_commune(
    reporter: FlaskClient, drive: Drive
) -> None:
    address = f"/fieldwork/{drive.land.commune}"
    page = reporter.post(address, data=form(), follow_redirects=True).text
    assert "<b>120</b>" in page
    again = reporter.post(address, data=form(households="130"))
    assert again.status_code == 422
    assert 'id="reason-error"' in again.text
    assert 'value="130"' in again.text  # what was typed stays
    page = reporter.post(
        address, data=form(households="130", reason="đếm lại"), follow_redirects=True
    ).text
    assert "120 → 130" in page
    assert "đếm lại" in page


def test_nobody_records_of_another_commune_or_without_the_right(
    reporter: FlaskClient,
    drive: Drive,
    client_as: ClientAs,
    make_person: Callable[..., User],
    health_office: Organisation,
) -> None:
    there = f"/fieldwork/{drive.land.other_commune}"
    assert reporter.post(there, data=form()).status_code == 403
    assert (
        client_as(make_person(Role.HEALTH, health_office)).post(there, data=form()).status_code
        == 403
    )
    assert fieldwork.by_day(drive.land.other_commune, TODAY, 30) == []


def test_a_district_reads_the_sums_of_its_communes(
    reporter: FlaskClient, drive: Drive, client_as: ClientAs
) -> None:
    reporter.post(f"/fieldwork/{drive.land.commune}", data=form())
    page = client_as(drive.staff).get(f"/fieldwork/{drive.land.district}").text
    assert f'href="/fieldwork/{drive.land.commune}"' in page
    assert '<td class="n">120</td><td class="n">45</td>' in page
    assert 'name="households"' not in page
