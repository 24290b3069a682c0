"""The page of targets: set by the culture office for its own area, read by staff, never wider."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from outreach import apps, areas, i18n, once, organisations, rates, seen, target_showing, targets
from outreach.accounts import Role, User
from outreach.areas import Area
from outreach.audit import AuditRow
from outreach.database import db, find
from outreach.organisations import Kind, Organisation
from outreach.target_letters import Letter
from outreach.targets import Target
from tests.counting import queries
from tests.drive import Drive

ClientAs = Callable[[User], FlaskClient]


@pytest.fixture
def office(drive: Drive, client_as: ClientAs, culture: User) -> FlaskClient:
    client = client_as(culture)
    client.set_cookie(i18n.COOKIE, "en")
    return client


def form(**changes: Any) -> dict[str, Any]:
    return {
        "once": once.word(),
        "area": "870",
        "app": "BLUEZONE",
        "share": "20%",
        "denominator": "population",
        "group": "",
        "deadline": "2020-08-30",
        "letter": "12/CV",
    } | changes


def every() -> list[Target]:
    db.session.rollback()
    return list(targets.every())


def said(text: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", text)).split())


def test_a_target_is_set_once_and_stands_beside_the_rate(office: FlaskClient, drive: Drive) -> None:
    drive.report(1_000)
    typed = form()
    assert office.post("/targets/new", data=typed).status_code == 302
    assert office.post("/targets/new", data=typed).status_code == 302
    (target,) = every()
    row = next(row for row in target_showing.rows(drive.land.district))
    assert row.aim is not None
    total = rates.table(drive.app_id, target.area, date(2020, 8, 20), target.denominator).total
    assert row.aim == rates.aim(target, total, date(2020, 8, 20)), "computed once, in one place"
    page = said(office.get("/targets/").text)
    assert "5.00% 1,000/20,000" in page
    assert "3,000" in page, "20% of 20,000 is 4,000; 1,000 are there"
    assert "300" in page, "3,000 in 10 days"


BAD = [
    ({"share": "0.6"}, "share", "may mean two things"),
    ({"deadline": ""}, "deadline", "Give the day"),
    ({"denominator": "group"}, "group", "Name the group"),
    ({"area": ""}, "area", "for which area"),
    ({"area": "87"}, "area", "another organisation or area"),
    ({"app": ""}, "app", "Choose an app"),
    ({"letter": "x" * 61}, "letter", "at most 60"),
]


@pytest.mark.parametrize(("changes", "field", "sentence"), BAD, ids=[b[1] + b[2] for b in BAD])
def test_what_is_refused_comes_back_with_the_sentence_at_its_field(
    office: FlaskClient, changes: dict[str, str], field: str, sentence: str
) -> None:
    answer = office.post("/targets/new", data=form(**changes))
    assert answer.status_code == 422
    error = re.search(rf'id="{field}-error">(.*?)</p>', answer.text, re.DOTALL)
    assert error is not None
    assert sentence in said(error[1])
    assert every() == []


def test_a_target_is_changed_and_withdrawn_and_the_trail_keeps_what_it_was(
    office: FlaskClient,
) -> None:
    office.post("/targets/new", data=form())
    (target,) = every()
    mark = seen.mark(targets.shown(target))
    address = f"/targets/{target.id}"
    assert office.post(address, data=form(share="18,03%", seen=mark)).status_code == 302
    assert every()[0].share == 1803
    late = office.post(address, data=form(share="50%", seen=mark))
    assert late.status_code == 422
    assert "Somebody changed this" in late.text
    assert "50%" in late.text
    assert office.post(f"{address}/withdraw", data={"seen": mark}).headers["Location"] == address
    now = seen.mark(targets.shown(every()[0]))
    office.post(f"{address}/withdraw", data={"seen": now})
    assert every() == []
    acts = db.session.scalars(
        select(AuditRow).where(AuditRow.act.like("target.%")).order_by(AuditRow.id)
    )
    by_act = {row.act: row.detail for row in acts}
    assert '"share":[2000,1803]' in by_act["target.change"]
    assert '"share":1803' in by_act["target.withdraw"]
    assert office.get(address).status_code == 404


def test_the_letter_s_file_is_read_by_all_whom_the_target_reaches(
    office: FlaskClient, drive: Drive, client_as: ClientAs, make_person: Callable[..., User]
) -> None:
    wrong = office.post("/targets/new", data=form(file=(io.BytesIO(b"<html>"), "cv.pdf")))
    assert wrong.status_code == 422
    assert 'id="file-error"' in wrong.text
    pdf = b"%PDF-1.7 so 12/CV"
    office.post("/targets/new", data=form(file=(io.BytesIO(pdf), "Công văn 12.pdf")))
    (target,) = every()
    address = f"/targets/{target.id}/letter"
    assert address in office.get("/targets/").text
    assert "Công văn 12.pdf" in office.get(f"/targets/{target.id}").text
    answer = client_as(drive.staff).get(address)
    assert (answer.data, answer.mimetype) == (pdf, "application/pdf")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    province, day, scan = areas.by_code("87"), date(2020, 8, 31), Letter("tinh.pdf", pdf)
    app = apps.by_code("BLUEZONE")
    above = targets.add(
        province, app, 50_00, day, group="population", letter="", file=scan, actor_id=None
    )
    assert client_as(drive.staff).get(f"/targets/{above.id}/letter").data == pdf
    elsewhere = organisations.add(
        "Tân Hồng", Kind.CULTURE, area_id=drive.land.next_district, actor_id=None
    )
    assert client_as(make_person(Role.STAFF, elsewhere)).get(address).status_code == 403
    office.post(
        f"/targets/{target.id}", data=form(share="30%", seen=seen.mark(targets.shown(target)))
    )
    assert office.get(address).data == pdf, "a change without a file leaves it"
    of_files = select(AuditRow.object_id).where(AuditRow.act == "target.letter")
    assert sorted(db.session.scalars(of_files)) == [target.id, above.id], "once each"


def test_a_withdrawn_target_stands_folded_with_who_and_when_and_may_be_set_anew(
    office: FlaskClient, drive: Drive
) -> None:
    drive.report(1_000)
    office.post("/targets/new", data=form())
    (target,) = every()
    mark = seen.mark(targets.shown(target))
    before = office.get(f"/figures/{drive.land.district}").text
    office.post(f"/targets/{target.id}/withdraw", data={"seen": mark})
    page = office.get("/targets/").text
    folded = said(page.partition('id="withdrawn"')[2])
    assert "Withdrawn: 1" in folded
    for words in ("Huyện Hồng Ngự", "20%", "30 Aug 2020", "12/CV", "20 Aug 2020 14:00", "Cúc"):
        assert words in folded
    assert "/targets/" + str(target.id) not in page, "it is no longer to be changed"
    assert every() == []
    after = office.get(f"/figures/{drive.land.district}").text
    assert "No target has been set" in after
    assert "No target has been set" not in before
    assert office.post("/targets/new", data=form()).status_code == 302
    assert len(every()) == 1


def test_others_read_and_a_target_above_shows_no_figures(
    office: FlaskClient, drive: Drive, client_as: ClientAs, make_person: Callable[..., User]
) -> None:
    above = find(Area, drive.land.province)
    app = apps.by_code("BLUEZONE")
    assert above is not None
    day = date(2020, 9, 1)
    targets.add(above, app, 6000, day, group="population", letter="", actor_id=None)
    drive.report(1_000)
    staff = client_as(drive.staff)
    page = staff.get("/targets/")
    assert "Tỉnh Đồng Tháp" in page.text
    assert "1.000" not in page.text
    assert staff.get("/targets/new").status_code == 403
    assert office.get(f"/targets/{every()[0].id}").status_code == 403
    assert client_as(drive.reporter).get("/targets/").status_code == 403


def test_a_named_group_has_no_rate(drive: Drive) -> None:
    ground, app = find(Area, drive.land.district), apps.by_code("BLUEZONE")
    assert ground is not None
    day = date(2020, 9, 1)
    targets.add(ground, app, 9000, day, group="hội viên", letter="", actor_id=None)
    (row,) = target_showing.rows(drive.land.district)
    assert row.aim is None


def test_more_targets_need_no_more_queries(
    office: FlaskClient, drive: Drive, culture_office: Organisation
) -> None:
    ground, app = find(Area, drive.land.district), apps.by_code("BLUEZONE")
    assert ground is not None

    def add(day: int) -> None:
        on = date(2020, 9, day)
        targets.add(ground, app, 6000, on, group="population", letter="", actor_id=None)

    add(1)
    office.get("/targets/")
    with queries() as few:
        office.get("/targets/")
    for day in range(2, 20):
        add(day)
    with queries() as many:
        office.get("/targets/")
    assert len(many) == len(few)


def test_a_groups_count_is_typed_with_the_target_and_stands_on_the_districts_page(
    office: FlaskClient, drive: Drive
) -> None:
    drive.report(1_000)
    group = {"denominator": "group", "group": "công chức", "share": "100%"}
    answer = office.post("/targets/new", data=form(**group, people="320"))
    assert answer.status_code == 422
    assert "Say who counted the group" in said(answer.text)
    count = {"people": "320", "installed": "80", "source": "Nội vụ", "counted_on": "2020-08-20"}
    assert office.post("/targets/new", data=form(**group, **count)).status_code == 302
    (target,) = every()
    page = said(office.get(f"/figures/{drive.land.district}").text)
    assert "25.00% : 80/320 counted by Nội vụ, 20 Aug 2020" in page
    assert "Missing: 240 in 10 days, that is 24 a day." in page
    row = said(office.get("/targets/").text)
    assert "of: công chức · 12/CV counted by Nội vụ, 20 Aug 2020" in row
    assert "25.00% 80/320" in row
    assert 'value="Nội vụ"' in office.get(f"/targets/{target.id}").text


def test_every_page_of_an_area_says_when_its_target_is_reached(
    office: FlaskClient, drive: Drive, client_as: ClientAs
) -> None:
    for day in range(13, 21):
        drive.report(300 + 20 * day, f"{day}/8 14:00")
        drive.report(300, f"{day}/8 14:00", drive.land.other_commune)
    office.post("/targets/new", data=form(share="10%"))
    late = "At this pace it is reached on 9 Oct 2020: 40 days too late."
    assert "9 Oct 2020 40 days too late" in said(office.get("/targets/").text)
    assert late in said(office.get("/").text)
    assert late in said(office.get(f"/figures/{drive.land.district}").text)
    commune = "At this pace it is reached on 4 Sep 2020: 5 days too late."
    reporter = client_as(drive.reporter)
    reporter.set_cookie(i18n.COOKIE, "en")
    assert commune in said(reporter.get(f"/figures/{drive.land.commune}/enter").text)
    assert commune in said(office.get(f"/figures/{drive.land.commune}").text)
