"""The people every test may ask for, and a browser that is logged in as one of them.

`liaison` (VNPT), `culture` (Hồng Ngự) and `stranger` (Viettel, nothing of which is theirs) do for
most; `make_person` makes anybody else. `client_as(liaison)` is a browser logged in as one.
"""

from __future__ import annotations

import contextvars
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from outreach import accounts, apps, organisations
from outreach.accounts import Role, User
from outreach.apps import App
from outreach.area_names import Level
from outreach.areas import Area
from outreach.database import transaction
from outreach.organisations import Kind, Organisation

PASSWORD = "một mật khẩu tốt"


class Browser(FlaskClient):
    """A browser whose requests do not see the test's own application context.

    Flask would share that context, and with it the session and who is logged in.
    """

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        return contextvars.Context().run(super().open, *args, **kwargs)


@dataclass(frozen=True)
class Land:
    """A province, its district Hồng Ngự with two communes, and a district next to it."""

    province: int
    district: int
    commune: int
    other_commune: int
    next_district: int


@pytest.fixture
def land(app: Flask) -> Land:
    """A few areas of Đồng Tháp, by their ids."""
    with transaction() as session:

        def add(code: str, level: Level, kind: str, name: str, parent: Area | None = None) -> Area:
            area = Area(
                area_list=2020,
                code=code,
                level=level,
                kind=kind,
                name=f"{kind} {name}",
                parent_id=None if parent is None else parent.id,
            )
            session.add(area)
            session.flush()
            return area

        province = add("87", Level.PROVINCE, "Tỉnh", "Đồng Tháp")
        district = add("870", Level.DISTRICT, "Huyện", "Hồng Ngự", province)
        areas = (
            province,
            district,
            add("29971", Level.COMMUNE, "Xã", "Long Khánh A", district),
            add("29983", Level.COMMUNE, "Xã", "Long Thuận", district),
            add("869", Level.DISTRICT, "Huyện", "Tân Hồng", province),
        )
        return Land(*(area.id for area in areas))


def bluezone() -> App:
    """The app of most tests, added where it is not there yet."""
    known = next((each for each in apps.every() if each.code == "BLUEZONE"), None)
    return known or apps.add(
        "BLUEZONE", "Bluezone", "https://bluezone.gov.vn/taiapp", actor_id=None
    )


@pytest.fixture
def vnpt(app: Flask) -> Organisation:
    """A carrier."""
    return organisations.add("VNPT", Kind.CARRIER, "vinaphone", actor_id=None)


@pytest.fixture
def viettel(app: Flask) -> Organisation:
    """Another carrier."""
    return organisations.add("Viettel", Kind.CARRIER, "viettel", actor_id=None)


@pytest.fixture
def culture_office(app: Flask, land: Land) -> Organisation:
    """The culture office of Hồng Ngự."""
    return organisations.add(
        "Phòng VH&TT Hồng Ngự", Kind.CULTURE, area_id=land.district, actor_id=None
    )


@pytest.fixture
def health_office(app: Flask, land: Land) -> Organisation:
    """The health office of Hồng Ngự."""
    return organisations.add(
        "Phòng Y tế Hồng Ngự", Kind.HEALTH, area_id=land.district, actor_id=None
    )


@pytest.fixture
def make_person(app: Flask) -> Callable[..., User]:
    """Make somebody: `make_person(Role.STAFF, office, area_id)`."""
    made = 0

    def make(
        role: Role,
        organisation: Organisation | None = None,
        area_id: int | None = None,
        **more: Any,
    ) -> User:
        nonlocal made
        made += 1
        email = f"{role}{made}@example.vn"
        return accounts.add(email, role, organisation, area_id, actor_id=None, **more)

    return make


@pytest.fixture
def liaison(make_person: Callable[..., User], vnpt: Organisation) -> User:
    """VNPT's liaison."""
    return make_person(Role.LIAISON, vnpt, name="Lan")


@pytest.fixture
def culture(make_person: Callable[..., User], culture_office: Organisation) -> User:
    """The one who approves in Hồng Ngự."""
    return make_person(Role.CULTURE, culture_office, name="Cúc")


@pytest.fixture
def stranger(make_person: Callable[..., User], viettel: Organisation) -> User:
    """Viettel's liaison: what is VNPT's is none of their business."""
    return make_person(Role.LIAISON, viettel, name="Sơn")


@pytest.fixture
def client_as(app: Flask) -> Callable[[User], FlaskClient]:
    """A browser that is logged in as the person."""

    def log_in(person: User) -> FlaskClient:
        client = app.test_client()
        with client.session_transaction() as session:
            session["_user_id"] = person.fs_uniquifier
            session["_fresh"] = True
        return client

    return log_in
