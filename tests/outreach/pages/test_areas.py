"""The pages of areas: browsed and searched, corrected with an audit row, loaded after a look."""

from __future__ import annotations

import io
import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from outreach import area_editing, areas, i18n
from outreach.accounts import Role, User
from outreach.areas import Area
from outreach.audit import AuditRow
from outreach.database import db
from tests.people import Land

ClientAs = Callable[[User], FlaskClient]
HEAD = "code,level,name,kind,parent_code,population\n"
GOOD = HEAD + "29990,commune,Thường Lạc,Xã,870,7\n29983,commune,Long Thuận,Xã,870,9\n"
BAD = (
    HEAD + "29990,commune,Thường Lạc,Xã,999,7\n2998,commune,A,Xã,870,9\n29983,commune,A,Xã,870,x\n"
)


@pytest.fixture
def admin(land: Land, client_as: ClientAs, make_person: Callable[..., User]) -> FlaskClient:
    client = client_as(make_person(Role.ADMIN, name="An"))
    client.set_cookie(i18n.COOKIE, "en")
    return client


def area(area_id: int) -> Area:
    db.session.rollback()
    return area_editing.by_id(area_id)


def test_the_tree_is_walked_and_a_name_is_found(admin: FlaskClient, land: Land) -> None:
    assert "Tỉnh Đồng Tháp" in admin.get("/admin/areas/").text
    assert "Xã Long Thuận" in admin.get(f"/admin/areas/{land.district}").text
    found = admin.get("/admin/areas/?q=long+thuan").text
    assert "xã Long Thuận, huyện Hồng Ngự, tỉnh Đồng Tháp" in found
    assert f"/admin/areas/{land.other_commune}" in admin.get("/admin/areas/?q=29983").text
    assert "No area is called so" in admin.get("/admin/areas/?q=zzz").text


def test_another_name_is_given_and_taken(admin: FlaskClient, land: Land) -> None:
    address = f"/admin/areas/{land.commune}/names"
    assert admin.post(address, data={"alias": "Cù lao Ông"}).status_code == 302
    assert admin.post(address, data={"alias": "cu lao ong"}).status_code == 422
    assert f"/admin/areas/{land.commune}" in admin.get("/admin/areas/?q=cu+lao+ong").text
    (alias,) = area_editing.aliases(area(land.commune))
    for _ in range(2):
        admin.post(f"{address}/remove", data={"alias": alias.folded})
    assert area_editing.aliases(area(land.commune)) == []
    acts = select(AuditRow.act).where(AuditRow.object_type == "area").order_by(AuditRow.id)
    assert list(db.session.scalars(acts)) == ["area.alias", "area.unalias"]


def look(admin: FlaskClient, content: str) -> str:
    file = (io.BytesIO(content.encode()), "xa.csv")
    answer = admin.post("/admin/areas/load", data={"list": "2020", "file": file})
    assert answer.status_code == 200
    return answer.text


def test_a_file_is_looked_at_then_loaded_once(admin: FlaskClient, land: Land) -> None:
    page = look(admin, GOOD)
    assert "Nothing has been written yet." in page
    assert "Thường Lạc" in page
    assert area(land.other_commune).population is None
    key = re.search(r'name="key" value="([0-9a-f]{64})"', page)
    assert key is not None
    form = {"list": "2020", "key": key[1], "name": "xa.csv"}
    assert admin.post("/admin/areas/load/confirm", data=form).status_code == 302
    assert area(land.other_commune).population == 9
    assert areas.by_code("29990").parent_id == land.district
    again = admin.post("/admin/areas/load/confirm", data=form)
    assert again.status_code == 422
    assert "no longer kept" in again.text
    assert "changes nothing" in look(admin, GOOD)
    (row,) = db.session.scalars(select(AuditRow).where(AuditRow.act == "areas.load"))
    assert "xa.csv" in row.detail


def test_every_wrong_row_is_named_and_nothing_can_be_loaded(admin: FlaskClient) -> None:
    page = look(admin, BAD)
    assert "3 rows are wrong" in page
    for said in ("Row 2", "Row 3", "Row 4"):
        assert said in page
    assert 'name="key"' not in page


@pytest.mark.parametrize("key", ["", "../secret.key", "0" * 64])
def test_a_key_that_names_no_file_is_refused(admin: FlaskClient, key: str) -> None:
    answer = admin.post("/admin/areas/load/confirm", data={"list": "2020", "key": key})
    assert answer.status_code == 422


def test_a_school_is_added_to_its_commune_and_what_was_typed_stays(
    admin: FlaskClient, land: Land
) -> None:
    address = f"/admin/areas/{land.commune}/schools"
    given = {"name": "THPT Hồng Ngự 2", "people": "1.234", "source": "sổ của trường"}
    back = admin.post(address, data=given | {"people": "nhiều"})
    assert back.status_code == 422
    assert 'value="THPT Hồng Ngự 2"' in back.text
    assert admin.post(address, data=given).status_code == 302
    page = admin.get(f"/admin/areas/{land.commune}").text
    assert "Trường THPT Hồng Ngự 2" in page
    assert admin.post(address, data=given).status_code == 422, "the second click adds no second"
    assert admin.post(f"/admin/areas/{land.district}/schools", data=given).status_code == 422
    assert "/schools" not in admin.get(f"/admin/areas/{land.district}").text
