"""The pages of what areas became: a file is chosen, looked at, confirmed; one is taken back."""

from __future__ import annotations

import io
import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from outreach import area_changes, area_conversions, i18n
from outreach.accounts import Role, User
from outreach.area_conversions import AreaConversion
from outreach.database import db
from tests.people import Land

ClientAs = Callable[[User], FlaskClient]
HEAD = "old_code,new_code,share,day,source\n"
MERGED = HEAD + "29971,29983,100,2020-01-01,NQ 1\n29983,29983,100,2020-01-01,NQ 1\n"
PART = HEAD + "29971,29983,30,2020-01-01,NQ 1\n"
BAD = HEAD + "29971,99999,100,2020-01-01,NQ\n29971,29983,nửa,2020-01-01,NQ\n"
ADDRESS = "/admin/areas/changes"
WITHIN = {"from": "2020", "to": "2020"}


@pytest.fixture
def admin(land: Land, client_as: ClientAs, make_person: Callable[..., User]) -> FlaskClient:
    client = client_as(make_person(Role.ADMIN, name="An"))
    client.set_cookie(i18n.COOKIE, "en")
    return client


def look(admin: FlaskClient, content: str) -> tuple[str, dict[str, str]]:
    """The page, and what its form to confirm says."""
    file = (io.BytesIO(content.encode()), "sap-xep.csv")
    answer = admin.post(f"{ADDRESS}/load", data=WITHIN | {"file": file})
    assert answer.status_code == 200
    return answer.text, said_by(answer.text)


def said_by(page: str) -> dict[str, str]:
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page))


def recorded() -> list[AreaConversion]:
    db.session.rollback()
    return list(area_conversions.every())


def test_a_file_is_chosen_looked_at_and_confirmed_once(admin: FlaskClient, land: Land) -> None:
    assert "Nobody has said yet" in admin.get(ADDRESS).text
    assert "old_code, new_code, share" in admin.get(f"{ADDRESS}/load").text
    page, form = look(admin, MERGED)
    assert "Nothing has been written yet." in page
    assert "no longer, since 1 Jan 2020" in page
    assert recorded() == []
    answer = admin.post(f"{ADDRESS}/load/confirm", data=form)
    (made,) = recorded()
    assert answer.headers["Location"] == f"{ADDRESS}/{made.id}"
    assert (made.name, made.entered_by is not None) == ("sap-xep.csv", True)
    assert len(area_changes.came_from(land.other_commune)) == 2
    assert admin.post(f"{ADDRESS}/load/confirm", data=form).status_code == 422, "it is kept no more"
    assert "all of it is recorded already" in look(admin, MERGED)[0]
    assert "sap-xep.csv" in admin.get(ADDRESS).text


def test_every_wrong_row_is_named_and_nothing_can_be_confirmed(admin: FlaskClient) -> None:
    page, form = look(admin, BAD)
    assert "2 rows are wrong" in page
    assert "Row 2, column new_code, value “99999”" in page
    assert "Row 3, column share, value “nửa”" in page
    assert "key" not in form
    answer = admin.post(f"{ADDRESS}/load", data=WITHIN)
    assert answer.status_code == 422
    assert "Choose a file first." in answer.text


def test_a_part_that_goes_nowhere_has_to_be_ticked(admin: FlaskClient) -> None:
    page, form = look(admin, PART)
    assert "would go nowhere" in page
    assert "70%" in page
    asked = admin.post(f"{ADDRESS}/load/confirm", data=form)
    assert asked.status_code == 422
    assert "Say where the rest goes, or tick that it goes nowhere." in asked.text
    assert recorded() == []
    again = said_by(asked.text) | {"leave_rest": "1"}
    assert admin.post(f"{ADDRESS}/load/confirm", data=again).status_code == 302
    assert len(recorded()) == 1


def test_who_confirms_what_is_no_longer_so_sees_it_anew(admin: FlaskClient, land: Land) -> None:
    _page, form = look(admin, MERGED)
    _other, own = look(admin, PART)
    admin.post(f"{ADDRESS}/load/confirm", data=own | {"leave_rest": "1"})
    answer = admin.post(f"{ADDRESS}/load/confirm", data=form)
    assert answer.status_code == 422
    assert "Somebody recorded something after you looked" in answer.text
    assert "30%" in answer.text, "what it would set anew"
    assert len(recorded()) == 1
    assert admin.post(f"{ADDRESS}/load/confirm", data=said_by(answer.text)).status_code == 302


def test_a_mistake_is_taken_back_with_a_reason(admin: FlaskClient, land: Land) -> None:
    admin.post(f"{ADDRESS}/load/confirm", data=look(admin, MERGED)[1])
    (made,) = recorded()
    address = f"{ADDRESS}/{made.id}"
    page = admin.get(address).text
    assert "What taking it back would change" in page
    form = {"seen": said_by(page)["seen"]}
    refused = admin.post(f"{address}/take-back", data=form | {"reason": ""})
    assert refused.status_code == 422
    assert "Say why" in refused.text
    assert len(area_changes.came_from(land.other_commune)) == 2
    done = admin.post(f"{address}/take-back", data=form | {"reason": "nhầm tệp"})
    assert done.status_code == 302
    db.session.rollback()
    assert area_changes.came_from(land.other_commune) == []
    page = admin.get(address).text
    assert "An took it back" in page
    assert "nhầm tệp" in page
    assert "take-back" not in page
    assert "taken back" in admin.get(ADDRESS).text
    assert "took back what was said that areas became" in admin.get("/admin/audit/").text


def test_what_comes_along_is_looked_at_too(admin: FlaskClient) -> None:
    answer = admin.post(f"{ADDRESS}/load/package")
    assert answer.status_code == 422
    assert "Load both lists first" in answer.text
