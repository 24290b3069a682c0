"""Every page that anybody can reach by links: it answers, is sound HTML, and speaks Vietnamese.

And every page that names an object answers every role, about objects of their own and of others,
as the table of rights says. A new page is walked and asked without a line here; a new kind of
object has to be put into `objects`, or the test says so.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from campaigns import approvals, life, lotteries, routes
from campaigns.campaigns import Campaign
from campaigns.reports import editions
from outreach import (
    access,
    apps,
    area_conversions,
    area_editing,
    boundaries,
    i18n,
    once,
    organisations,
    targets,
)
from outreach.accounts import Role, User
from outreach.area_conversion_plans import Became
from outreach.area_names import Level
from outreach.database import db
from outreach.lists import importing
from outreach.organisations import Kind, Organisation
from outreach.pages import guard
from outreach.target_letters import Letter
from tests import pages
from tests.campaigns.drawing import days, drawn
from tests.campaigns.expanding import expand
from tests.drive import Drive, at
from tests.ordering import Ordering
from tests.outreach.test_boundary_files import content, feature
from tests.people import Land
from tests.stage import Stage, numbers_of

ClientAs = Callable[[User], FlaskClient]
MOST_PAGES = 400
SAME = 3
"""So many pages that differ only in the values of their queries are looked at."""


@dataclass
class Town:
    """Everybody, and something of everything."""

    people: dict[str, User]
    campaigns: list[int] = field(default_factory=list)
    lists: list[int] = field(default_factory=list)
    imports: list[int] = field(default_factory=list)
    areas: list[int] = field(default_factory=list)
    orders: list[int] = field(default_factory=list)
    reports: list[int] = field(default_factory=list)
    daily_reports: list[int] = field(default_factory=list)
    organisations: list[int] = field(default_factory=list)
    routes: list[int] = field(default_factory=list)
    apps: list[int] = field(default_factory=list)
    targets: list[int] = field(default_factory=list)
    boundaries: list[int] = field(default_factory=list)
    lotteries: list[int] = field(default_factory=list)
    conversions: list[int] = field(default_factory=list)

    def objects(self) -> dict[str, list[int]]:
        """What the values in addresses may name, by the name they have there."""
        return {
            "campaign_id": self.campaigns[1:5:3],  # one waits for approval, one is being sent
            "list_id": self.lists,
            "import_id": self.imports,
            "area_id": self.areas,
            "order_id": self.orders,
            "report_id": self.reports,
            "issued_id": self.daily_reports,
            "person_id": [self.people["liaison"].id],
            "organisation_id": self.organisations,
            "route_id": self.routes,
            "app_id": self.apps,
            "target_id": self.targets,
            "boundary_id": self.boundaries,
            "lottery_id": self.lotteries,
            "conversion_id": self.conversions,
        }


@pytest.fixture
def people(
    stage: Stage,
    liaison: User,
    stranger: User,
    health_office: Organisation,
    make_person: Callable[..., User],
) -> dict[str, User]:
    land = stage.land
    elsewhere = organisations.add(
        "Tân Hồng", Kind.CULTURE, area_id=land.next_district, actor_id=None
    )
    return {
        "liaison": liaison,
        "another carrier's liaison": stranger,
        "author": stage.author,
        "approver": stage.approver,
        "culture elsewhere": make_person(Role.CULTURE, elsewhere),
        "health": make_person(Role.HEALTH, health_office),
        "staff": make_person(Role.STAFF, stage.owner),
        "staff elsewhere": make_person(Role.STAFF, elsewhere),
        "reporter": make_person(Role.REPORTER, stage.owner, land.commune),
        "another reporter": make_person(Role.REPORTER, stage.owner, land.other_commune),
        "administrator": make_person(Role.ADMIN, stage.owner),
    }


@pytest.fixture
def town(
    stage: Stage,
    drive: Drive,
    people: dict[str, User],
    vnpt: Organisation,
    viettel: Organisation,
    client_as: ClientAs,
) -> Town:
    made = Town(people)
    land = stage.land
    made.areas = [land.district, land.commune, land.other_commune, land.next_district]
    for day in (17, 18, 19):
        drive.report(100 * day, f"{day}/8 14:30")
        drive.report(90 * day, f"{day}/8 15:30", land.other_commune)
    at("20/8 15:30")
    made.lists.append(_list(client_as(people["liaison"])))
    made.imports.append(_import(client_as(people["staff"]), land.district))
    made.campaigns = [campaign.id for campaign in _campaigns(stage, vnpt)]
    ordering = Ordering(stage, viettel, people["another carrier's liaison"])
    made.orders = [ordering.opened(name="Phiếu tám").id, ordering.begun(name="Phiếu chín").id]
    made.reports.append(_counts(client_as(ordering.liaison), made.orders[-1]))
    made.daily_reports.append(_daily_report(land.district, people["staff"]))
    made.organisations = [vnpt.id, stage.owner.id]
    made.routes = [route.id for route in routes.every()]
    made.apps = [drive.app_id]
    made.boundaries = [_boundary(people["approver"]), _boundary(people["culture elsewhere"])]
    made.lotteries = list(_lotteries(stage))
    made.conversions = list(_conversions(land))
    made.targets = [_target(land.district, drive.app_id), _target(land.province, drive.app_id)]
    return made


def _boundary(who: User) -> int:
    """Boundaries of the person's own area's communes or of itself, one of which was not taken."""
    own = area_editing.by_id(who.own_area_id or 0)
    level, name = ("commune", "Long Khánh A") if own.code == "870" else ("district", "Tân Hồng")
    file = content(feature(name=name), feature(name="Nơi không có"))
    return boundaries.take(file, "ranh-gioi.geojson", level, "Sở TN&MT", own, who.id).id


def _conversions(land: Land) -> Iterator[int]:
    """One that was taken back, and one that holds, of which a part goes nowhere."""
    for share in (100_00, 90_00):
        row = Became(land.commune, land.commune, share, date(2020, 1, 1), "NQ 1")
        made, _plan = area_conversions.record(
            "sap-xep.csv", [row], (2020, 2020), leave_rest=True, actor_id=None
        )
        assert made is not None
        if share == 100_00:
            area_conversions.take_back(made, "nhầm tệp", actor_id=None)
        yield made.id


def _target(area_id: int, app_id: int) -> int:
    area, day = area_editing.by_id(area_id), date(2020, 8, 30)
    app = apps.by_id(app_id)
    letter = Letter("cv.pdf", b"%PDF-1.7")
    added = targets.add(
        area, app, 2000, day, group="population", letter="12", file=letter, actor_id=None
    )
    return added.id


def _lotteries(stage: Stage) -> Iterator[int]:
    """One that was abandoned; then one in an area and one that reaches beyond it, which stands."""
    pair = days(count=2)
    gone = drawn(stage, ["870"], dates=pair, name="Bốc thăm bỏ")
    lotteries.abandon(gone, "Chia lại xã", stage.approver.id)
    yield drawn(stage, ["870"], dates=pair, name="Bốc thăm mười").id
    later = days(first=60, count=2)
    yield drawn(stage, ["87"], dates=later, level=Level.DISTRICT, name="Bốc thăm mười một").id


def _list(client: FlaskClient) -> int:
    """A list, imported, with a row that was turned away."""
    rows = "SĐT;Xã\n0912345678;Long Thuận\n0912345679;29983\n1900;29983\n".encode()
    form = {
        "once": once.word(),
        "purpose": "Mời cài Bluezone",
        "source": "Khách hàng VNPT",
        "obtained_on": "2020-08-01",
        "file": (io.BytesIO(rows), "ds.csv"),
    }
    answer = client.post("/lists/new", data=form)
    list_id = int(answer.headers["Location"].split("/")[2])
    columns = {"phone": "SĐT", "area": "Xã", "name": "", "group": "", "do": "import"}
    client.post(f"/lists/{list_id}/columns", data=columns)
    importing.run_import(list_id)
    return list_id


def _import(client: FlaskClient, area_id: int) -> int:
    rows = b"area,date,installs\n29971,19/8/2020,1750\n869,20/8/2020,5\n"
    answer = client.post(
        f"/figures/{area_id}/import",
        data={"file": (io.BytesIO(rows), "so-lieu.csv"), "once": once.word()},
    )
    return int(re.findall(r"\d+", answer.headers["Location"])[-1])


def _counts(client: FlaskClient, order_id: int) -> int:
    """A file of a carrier's counts, with a row that was turned away."""
    rows = "Xã,Đã gửi\nLong Thuận,500\nLong Khánh A,nhiều\n".encode()
    answer = client.post(
        f"/orders/{order_id}/file", data={"file": (io.BytesIO(rows), "so-lieu.csv")}
    )
    return int(re.findall(r"\d+", answer.headers["Location"])[-1])


def _daily_report(area_id: int, actor: User) -> int:
    """Yesterday's report of an area, issued."""
    return editions.issue(area_editing.by_id(area_id), date(2020, 8, 19), actor).id


def _campaigns(stage: Stage, vnpt: Organisation) -> Iterator[Campaign]:
    """One in each state that a person waits in."""
    stage.subscribe(vnpt, numbers_of("vinaphone", 300))
    over = [stage.route(vnpt, 9, name="Tuyến VNPT").id]
    yield stage.draft(over, name="Bản nháp một")
    submitted = stage.draft(over, name="Chờ duyệt hai")
    approvals.submit(submitted, stage.author, stage.settings)
    yield submitted
    returned = stage.draft(over, name="Trả lại ba")
    approvals.submit(returned, stage.author, stage.settings)
    returned = life.get(returned.id)
    approvals.give_back(returned, stage.approver, "Sai tên xã", returned.digest or "")
    yield returned
    yield stage.approved(over, name="Đã duyệt bốn")
    sending = stage.started(over, name="Đang gửi năm")
    expand(stage, sending)
    yield sending
    paused = stage.started(over, name="Tạm dừng sáu")
    life.pause(paused, "Nghỉ", stage.approver.id)
    yield paused
    cancelled = stage.started(over, name="Đã hủy bảy")
    life.cancel(cancelled, stage.approver.id)
    yield cancelled


ROLES = (
    "liaison",
    "author",
    "approver",
    "health",
    "staff",
    "reporter",
    "administrator",
    "another carrier's liaison",
)


def _shape(address: str) -> tuple[str, frozenset[str]]:
    parts = urlsplit(address)
    return re.sub(r"\d+", "0", parts.path), frozenset(parse_qs(parts.query, keep_blank_values=True))


def walk(client: FlaskClient, first: str = "/") -> Iterator[tuple[str, int, str]]:
    """(address, code, text) of each page one comes to by links from the first."""
    waiting, seen = [first], {first}
    shapes: dict[tuple[str, frozenset[str]], int] = {}
    while waiting:
        address = waiting.pop(0)
        answer = client.get(address, follow_redirects=True)
        is_page = answer.mimetype == "text/html"
        yield address, answer.status_code, answer.text if is_page else ""
        for each in pages.links(answer.text, address) if is_page else ():
            shape = _shape(each)
            if "lang=" in each:
                continue
            if each not in seen and shapes.get(shape, 0) < SAME:
                shapes[shape] = shapes.get(shape, 0) + 1
                seen.add(each)
                waiting.append(each)


# Pages are walked on one database and asked by everybody on the other: what a page says and who may
# see it are no matter of the store, and both answer every page.
on_sqlite, on_postgresql = (
    pytest.mark.parametrize("database", [name], indirect=True) for name in ("sqlite", "postgresql")
)


@on_postgresql
def test_every_page_one_comes_to_is_there_sound_and_in_vietnamese(
    town: Town, client_as: ClientAs
) -> None:
    wrong: dict[tuple[str, str], object] = {}
    for role in ROLES:
        walked = 0
        for address, code, text in walk(client_as(town.people[role])):
            walked += 1
            assert walked < MOST_PAGES, f"{address}: links without an end"
            if code != 200:
                wrong[role, address] = code
            elif text and (found := pages.faults(text)):
                wrong[role, address] = found
        assert walked > 1, role
    assert wrong == {}


@on_sqlite
def test_every_page_speaks_english_too(town: Town, client_as: ClientAs) -> None:
    client = client_as(town.people["approver"])
    client.set_cookie(i18n.COOKIE, "en")
    wrong = {
        address: pages.faults(text, "en")
        for address, _code, text in walk(client)
        if text and pages.faults(text, "en")
    }
    assert wrong == {}


@on_sqlite
def test_every_route_answers_everybody_about_everything_as_the_table_says(
    app: Flask, town: Town, client_as: ClientAs
) -> None:
    """Reading is tried by everybody; acts only by those who may not, so that nothing moves."""
    objects, refused = town.objects(), 0
    for route in app.url_map.iter_rules():
        rule = guard.rule_of(app, route.endpoint)
        if rule is None or rule.act is None or rule.of is None:
            continue
        (name,) = route.arguments & set(objects) or {""}
        assert name, f"{route.rule}: put something of this kind into `objects`"
        for object_id in objects[name]:
            address = re.sub(r"<[^>]*>", str(object_id), route.rule)
            for who, person in town.people.items():
                may = access.allowed(person, rule.act, _subject(rule, name, object_id))
                client = client_as(person)
                for method in (route.methods or set()) & {"GET", "POST"}:
                    if method == "POST" and may:
                        continue
                    code = client.open(address, method=method).status_code
                    said = f"{who} {method} {address} → {code}"
                    assert (code == 403) == (not may), said
                    assert code < 500, said
                    refused += not may
    assert refused > 500


def _subject(rule: guard.Rule, name: str, object_id: int) -> object:
    assert rule.of is not None
    db.session.rollback()
    return rule.of(**{name: object_id})


GOOD = (
    '<!doctype html><html lang="vi"><head><title>Trang</title></head><body><h1>Trang</h1>'
    '<form><label for="a">Tên</label><input id="a" name="a"></form></body></html>'
)


def test_a_good_page_has_no_faults() -> None:
    assert pages.faults(GOOD) == []


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("<h1>Trang</h1>", "<h1>Trang</h1><h1>Hai</h1>"),
        ("<title>Trang</title>", "<title></title>"),
        ('<label for="a">', '<label for="b">'),
        ("Tên</label>", "Name of the person</label>"),
        ('id="a"', 'id="a" id="a"'),
        ("<form>", "<p><form></p>"),
        ("<h1>Trang</h1>", '<h1 id="a">Trang</h1>'),
        ('lang="vi"', 'lang="en"'),
    ],
)
def test_a_fault_is_seen(good: str, bad: str) -> None:
    assert pages.faults(GOOD.replace(good, bad))
