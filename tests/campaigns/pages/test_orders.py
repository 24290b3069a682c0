"""The pages of broadcast orders: who opens what, what comes back, and what two presses do."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, event, func, select

from campaigns import life, order_counts, order_showing, orders
from campaigns.order_counts import OrderReport
from campaigns.order_reporting import Entry
from campaigns.states import OrderState
from outreach import access, areas, organisations
from outreach.accounts import Role, User
from outreach.area_names import Level
from outreach.areas import Area
from outreach.database import db, transaction
from outreach.organisations import Kind, Organisation
from tests import pages
from tests.ordering import Ordering

ClientAs = Callable[[User], FlaskClient]


@pytest.fixture
def lan(ordering: Ordering, client_as: ClientAs) -> FlaskClient:
    return client_as(ordering.liaison)


def digest_of(order_id: int) -> str:
    db.session.rollback()
    return orders.get(order_id).campaign.digest or ""


def state_of(order_id: int) -> OrderState:
    db.session.rollback()
    return orders.get(order_id).state


def test_the_carrier_and_the_offices_see_an_order_and_nobody_else(
    ordering: Ordering,
    stranger: User,
    culture: User,
    client_as: ClientAs,
    make_person: Callable[..., User],
    culture_office: Organisation,
) -> None:
    order, land = ordering.opened(), ordering.stage.land
    elsewhere = make_person(Role.STAFF, culture_office, land.next_district)
    sees = {ordering.liaison: True, culture: True, stranger: False, elsewhere: False}
    sees[make_person(Role.STAFF, culture_office, land.commune)] = True
    pages = ("", "/texts.csv", "/print")
    for who, may in sees.items():
        client, own_office = client_as(who), who.organisation_id == culture_office.id
        listed = f"/orders/{order.id}" in client.get("/orders/").text
        assert listed == (may or own_office)
        for page in pages:
            code = client.get(f"/orders/{order.id}{page}").status_code
            assert code == (200 if may or own_office else 403), who.email
    for act in ("accept", "return", "start", "finish", "counts", "file"):
        for who in (culture, stranger):
            assert client_as(who).post(f"/orders/{order.id}/{act}").status_code == 403


def test_the_list_shows_what_access_allows(
    ordering: Ordering, stranger: User, culture: User, make_person: Callable[..., User]
) -> None:
    """The list's condition and the rule of one object say the same of everybody."""
    order, land = ordering.opened(), ordering.stage.land
    other = organisations.add("Phòng khác", Kind.CULTURE, area_id=land.next_district, actor_id=None)
    people = [ordering.liaison, stranger, culture]
    for place in (land.province, land.district, land.commune, land.next_district):
        people += [make_person(role, other, place) for role in (Role.STAFF, Role.CULTURE)]
    people.append(make_person(Role.ADMIN))
    for who in people:
        listed = [row.order.id for group in order_showing.listed(who) for row in group.rows]
        allowed = access.allowed(who, access.Act.ORDER_VIEW, order)
        assert (listed == [order.id]) == allowed, (who.role, who.own_area_id)


def test_what_is_not_its_turn_is_not_in_the_carrier_s_list(
    ordering: Ordering, lan: FlaskClient, culture: User, client_as: ClientAs
) -> None:
    order = ordering.order_of(ordering.approved())
    assert f"/orders/{order.id}" not in lan.get("/orders/").text
    assert f"/orders/{order.id}" in client_as(culture).get("/orders/").text
    page = lan.get(f"/orders/{order.id}").text
    assert "Kinh gui ba con" not in page
    assert lan.get(f"/orders/{order.id}/texts.csv").status_code == 302


def test_every_wording_of_every_commune_is_handed_over_as_approved(
    ordering: Ordering, lan: FlaskClient
) -> None:
    both = {"vi": "Kính gửi {xa}:  cài\n{link}", "b": "Mời {xa} cài {ung_dung}"}
    order = ordering.opened(wording=both, strip_marks=False)
    link = "https://bluezone.gov.vn/taiapp"
    said = {
        f"Kính gửi xã Long Khánh A:  cài\n{link}",
        f"Kính gửi xã Long Thuận:  cài\n{link}",
        "Mời xã Long Khánh A cài Bluezone",
        "Mời xã Long Thuận cài Bluezone",
    }
    rows = csv.DictReader(io.StringIO(lan.get(f"/orders/{order.id}/texts.csv").text[1:]))
    assert {row["nội dung"] for row in rows} == said
    for page in ("", "/print"):
        shown = lan.get(f"/orders/{order.id}{page}").text
        assert all(f">{text}</" in shown for text in said), page
        assert "Chia đều" in shown, page
    assert lan.get(f"/orders/{order.id}/print").text.count("<td>vi</td>") == 2


def test_the_red_count_is_of_what_waits_for_the_liaison(
    ordering: Ordering, lan: FlaskClient, culture: User, stranger: User, client_as: ClientAs
) -> None:
    order = ordering.opened()
    assert pages.waiting(lan.get("/orders/").text, "/orders/") == 1
    for other in (culture, stranger):
        assert pages.waiting(client_as(other).get("/orders/").text, "/orders/") == 0
    lan.post(f"/orders/{order.id}/accept", data={"digest": digest_of(order.id)})
    assert pages.waiting(lan.get("/orders/").text, "/orders/") == 0


def test_a_double_click_accepts_once(ordering: Ordering, lan: FlaskClient) -> None:
    order = ordering.opened()
    form = {"digest": digest_of(order.id), "once": "a" * 32}
    for _click in range(2):
        answer = lan.post(f"/orders/{order.id}/accept", data=form, follow_redirects=True)
        assert "Đã nhận." in answer.text
    assert state_of(order.id) is OrderState.ACCEPTED
    # The same word on another form is another act.
    answer = lan.post(f"/orders/{order.id}/start", data=form)
    assert state_of(order.id) is OrderState.STARTED


def test_of_two_liaisons_one_wins_and_the_other_is_told(
    ordering: Ordering, lan: FlaskClient, client_as: ClientAs, make_person: Callable[..., User]
) -> None:
    order, other = ordering.opened(), client_as(make_person(Role.LIAISON, ordering.carrier))
    lan.post(f"/orders/{order.id}/accept", data={"digest": digest_of(order.id), "once": "a"})
    late = {"digest": digest_of(order.id), "once": "b"}
    page = other.post(f"/orders/{order.id}/accept", data=late, follow_redirects=True)
    assert "đang “đã nhận”; không làm việc đó được nữa" in page.text


def test_a_stale_page_accepts_nothing(ordering: Ordering, lan: FlaskClient) -> None:
    order = ordering.opened()
    page = lan.post(f"/orders/{order.id}/accept", data={"digest": "0" * 64}, follow_redirects=True)
    assert "đã thay đổi sau khi bạn mở" in page.text
    life.cancel(orders.get(order.id).campaign, None)
    form = {"digest": digest_of(order.id)}
    page = lan.post(f"/orders/{order.id}/accept", data=form, follow_redirects=True)
    assert "đang “đã rút”" in page.text
    assert state_of(order.id) is OrderState.WITHDRAWN


def test_a_cost_told_of_a_part_is_marked_as_of_a_part(ordering: Ordering, lan: FlaskClient) -> None:
    order, land = ordering.begun(), ordering.stage.land

    def total() -> str:
        foot = lan.get(f"/orders/{order.id}").text.split("<tfoot>")[1].split("</tfoot>")[0]
        return unescape(foot.split('data-label="Chi phí (đ)">')[-1].split("<")[0])

    ordering.report(orders.get(order.id), Entry(land.commune, "9"))
    assert total() == "—"
    ordering.report(orders.get(order.id), Entry(land.other_commune, "5", cost="7000"))
    assert total() == "≥\xa07.000"
    ordering.report(orders.get(order.id), Entry(land.commune, "9", cost="1000"))
    assert total() == "8.000"


def test_a_number_of_delivered_told_of_a_part_is_marked_wherever_it_is_summed(
    ordering: Ordering, lan: FlaskClient, culture: User, client_as: ClientAs
) -> None:
    order, land = ordering.begun(), ordering.stage.land
    pages = ("/orders/", f"/orders/{order.id}", f"/campaigns/{order.campaign_id}")

    def shown() -> list[tuple[bool, bool]]:
        texts = [unescape(client_as(culture).get(page).text) for page in pages]
        return [("≥\xa08.700" in each, "Dấu “≥”" in each) for each in texts]

    ordering.report(order, Entry(land.commune, "9000", "8700"))
    assert shown() == [(False, False)] * 3
    ordering.report(orders.get(order.id), Entry(land.other_commune, "500"))
    assert shown() == [(True, True)] * 3
    ordering.report(orders.get(order.id), Entry(land.other_commune, "0", "0"))
    assert shown() == [(False, False)] * 3


def test_a_return_without_a_reason_comes_back(ordering: Ordering, lan: FlaskClient) -> None:
    order = ordering.opened()
    long = "x" * 501
    page = lan.post(f"/orders/{order.id}/return", data={"reason": long})
    assert page.status_code == 422
    assert long in page.text
    assert 'id="reason-error"' in page.text
    assert lan.post(f"/orders/{order.id}/return", data={"reason": " "}).status_code == 422
    assert state_of(order.id) is OrderState.OPEN
    lan.post(f"/orders/{order.id}/return", data={"reason": "Sai tên người gửi"})
    assert "Sai tên người gửi" in lan.get(f"/orders/{order.id}").text


def test_the_grid_takes_what_was_typed_and_brings_back_the_rest(
    ordering: Ordering, lan: FlaskClient
) -> None:
    order, land = ordering.begun(), ordering.stage.land
    form = {
        f"sent-{land.commune}": "một nghìn",
        f"was-{land.commune}": "||",
        f"sent-{land.other_commune}": "1.000",
        f"was-{land.other_commune}": "||",
        f"sent-{land.next_district}": "5",
        "sent-x": "5",
        "page": "1",
    }
    page = lan.post(f"/orders/{order.id}/counts", data=form)
    assert page.status_code == 422
    assert 'value="một nghìn"' in page.text
    assert "không phải số nguyên" in page.text
    db.session.rollback()
    assert set(order_counts.latest(order.id)) == {land.other_commune}


def test_a_grid_saved_twice_is_one_report(ordering: Ordering, lan: FlaskClient) -> None:
    order, commune = ordering.begun(), ordering.stage.land.commune
    form = {f"sent-{commune}": "1000", f"was-{commune}": "||", f"seen-{commune}": "0"}
    for _click in range(2):
        assert lan.post(f"/orders/{order.id}/counts", data=form).status_code == 302
    db.session.rollback()
    assert db.session.scalar(select(func.count(OrderReport.id))) == 1


def test_a_moment_that_is_none_keeps_what_was_typed(ordering: Ordering, lan: FlaskClient) -> None:
    order, commune = ordering.begun(), ordering.stage.land.commune
    form = {f"sent-{commune}": "1000", f"was-{commune}": "||", "next_at": "mai"}
    page = lan.post(f"/orders/{order.id}/counts", data=form)
    assert page.status_code == 422
    assert 'value="1000"' in page.text
    assert 'id="next_at-error"' in page.text


def test_what_a_file_could_not_use_is_downloaded(ordering: Ordering, lan: FlaskClient) -> None:
    order = ordering.begun()
    assert lan.post(f"/orders/{order.id}/file").status_code == 422
    data = {"file": (io.BytesIO("Xã,Đã gửi\nLong Thuận,-1\n".encode()), "vnpt.csv")}
    page = lan.post(f"/orders/{order.id}/file", data=data, follow_redirects=True)
    assert "Không nhận: 1 dòng." in page.text
    report = page.request.path.rsplit("/", 1)[-1]
    rejects = lan.get(f"/orders/reports/{report}/rejects.csv")
    assert rejects.data.decode("utf-8-sig").splitlines()[1].startswith("2,Đã gửi,'-1,refused,")


def test_a_report_is_as_open_as_its_order(
    ordering: Ordering, stranger: User, culture: User, client_as: ClientAs
) -> None:
    order = ordering.begun()
    ordering.report(order, Entry(ordering.stage.land.commune, "5"))
    (made,) = order_counts.reports(order.id)
    for page in (f"/orders/reports/{made.id}", f"/orders/reports/{made.id}/rejects.csv"):
        assert client_as(culture).get(page).status_code == 200
        assert client_as(stranger).get(page).status_code == 403
        assert client_as(culture).get(page.replace(str(made.id), "999999")).status_code == 404


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements sent to the database within."""
    said: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        said.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield said
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def test_pages_ask_as_much_for_few_areas_and_orders_as_for_many(
    ordering: Ordering, lan: FlaskClient, culture: User, client_as: ClientAs
) -> None:
    first = ordering.begun()
    ordering.report(first, Entry(ordering.stage.land.commune, "5"))
    office = client_as(culture)
    pages = [
        (lan, "/orders/"),
        (office, "/orders/"),
        (lan, f"/orders/{first.id}"),
        (office, f"/campaigns/{first.campaign_id}"),
    ]

    def asked(pages: list[tuple[FlaskClient, str]]) -> list[int]:
        numbers = []
        for client, page in pages:
            client.get(page)  # what a process learns once is learnt
            with counted() as said:
                assert client.get(page).status_code == 200
            numbers.append(len(said))
        return numbers

    few = asked(pages)
    _add_communes(ordering, 60)
    for number in range(5):
        last = ordering.begun(name=f"Đợt {number}")
        ids = areas.closure([ordering.stage.land.district])[1:]
        ordering.report(last, *(Entry(area_id, "5") for area_id in ids))
    many = asked(
        [*pages[:2], (lan, f"/orders/{last.id}"), (office, f"/campaigns/{last.campaign_id}")]
    )
    assert many == few


def _add_communes(ordering: Ordering, count: int) -> None:
    with transaction() as session:
        session.add_all(
            Area(
                area_list=2020,
                code=f"{31000 + number}",
                level=Level.COMMUNE,
                kind="Xã",
                name=f"Xã Số {number}",
                parent_id=ordering.stage.land.district,
                population=1000,
            )
            for number in range(count)
        )


def test_a_large_order_is_turned_over_page_by_page(ordering: Ordering, lan: FlaskClient) -> None:
    _add_communes(ordering, 120)
    order = ordering.begun()
    first, second = (lan.get(f"/orders/{order.id}?page={n}").text for n in (1, 2))
    assert first.count('name="sent-') == 100
    assert second.count('name="sent-') == 22
    assert lan.get(f"/orders/{order.id}?page=99").text.count('name="sent-') == 22
    assert lan.get(f"/orders/{order.id}/texts.csv").text.count("\n") == 123


def test_the_compose_form_offers_carriers_and_keeps_what_is_refused(
    ordering: Ordering, viettel: Organisation, culture: User, client_as: ClientAs
) -> None:
    client = client_as(culture)
    page = client.get("/campaigns/new").text
    assert f'name="orders" value="{ordering.carrier.id}"' in page
    assert f'name="orders" value="{viettel.id}"' in page
    liaison = client_as(ordering.liaison).get("/campaigns/new").text
    assert f'name="orders" value="{ordering.carrier.id}"' in liaison
    assert f'name="orders" value="{viettel.id}"' not in liaison
    route = ordering.stage.route(ordering.carrier, 9)
    form = {"do": "save", "orders": str(ordering.carrier.id), f"route-{route.id}": "1"}
    page = client.post("/campaigns/new", data=form | {"sender": "BLUEZONE"})
    assert page.status_code == 422
    assert "nhận tin hai lần" in page.text
    assert f'value="{ordering.carrier.id}" checked' in page.text


def test_a_campaign_of_orders_only_is_written_on_the_form(
    ordering: Ordering, culture: User, client_as: ClientAs
) -> None:
    form = {
        "do": "save",
        "name": "Đợt 1",
        "apps": "BLUEZONE",
        "kind": "notice",
        "sender": "BLUEZONE",
        "wording-vi": "Moi {xa} cai Bluezone",
        "areas": "870",
        "networks": "vinaphone",
        "groups": "public",
        "orders": str(ordering.carrier.id),
        "not_before": "2026-01-01T08:00",
        "not_after": "2099-01-01T08:00",
        "hours_from": "08:00",
        "hours_to": "20:00",
        "selection_rule": "cả huyện",
        "strip_marks": "1",
    }
    answer = client_as(culture).post("/campaigns/new", data=form)
    assert answer.status_code == 302, answer.text
    db.session.rollback()
    campaign = life.get(int(answer.location.rsplit("/", 1)[-1]))
    assert [carrier.id for carrier in campaign.order_carriers] == [ordering.carrier.id]
    assert campaign.route_choices == []


def test_the_campaign_s_page_says_what_its_carriers_do(
    ordering: Ordering, culture: User, client_as: ClientAs
) -> None:
    office, order = client_as(culture), ordering.begun()
    ordering.report(order, Entry(ordering.stage.land.commune, "9000", "8700"))
    page = office.get(f"/campaigns/{order.campaign_id}").text
    for figure in ("do nhà mạng báo", ">9.000<", ">8.700<", "báo lần cuối"):
        assert figure in page
    returned = ordering.opened(name="Đợt 2")
    orders.give_back(returned, "Chưa đăng ký tên", ordering.liaison.id)
    page = office.get(f"/campaigns/{returned.campaign_id}").text
    assert "VNPT trả lại phiếu đề nghị." in page
    assert "Chưa đăng ký tên" in page
    life.complete(orders.get(order.id).campaign)
    page = office.get(f"/campaigns/{order.campaign_id}").text
    assert "vẫn có thể báo số liệu đã gửi" in page
