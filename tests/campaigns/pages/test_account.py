"""One's own page: one agrees to be reminded, and takes it back, for oneself alone."""

from __future__ import annotations

from collections.abc import Callable

from flask.testing import FlaskClient
from sqlalchemy import select

from outreach import opt_outs, own_numbers, reminder_agreements
from outreach.accounts import User
from outreach.audit import AuditRow
from outreach.database import db
from outreach.reminder_agreements import Way
from tests.reminded import MAIL, OWN, Reminded

ClientAs = Callable[[User], FlaskClient]


def acts() -> list[str]:
    db.session.rollback()
    rows = select(AuditRow.act).where(AuditRow.act.startswith("reminder."))
    return list(db.session.scalars(rows.order_by(AuditRow.id)))


def agree(client: FlaskClient, way: str = "sms"):
    return client.post("/account/reminders", data={"way": way}, follow_redirects=True)


def test_a_reporter_agrees_by_one_press_and_takes_it_back(
    reminded: Reminded, client_as: ClientAs
) -> None:
    client = client_as(reminded.reporter)
    assert 'href="/account/"' in client.get("/figures/", follow_redirects=True).text
    page = client.get("/account/").text
    assert "chưa có số điện thoại nào được xác nhận" in page
    assert 'value="sms"' not in page
    assert agree(client).status_code == 422

    own_numbers.confirm(reminded.reporter, OWN, actor_id=reminded.stage.author.id)
    page = client.get("/account/").text
    assert 'value="sms"' in page
    assert OWN[3:] not in page.replace(" ", ""), "masked"
    assert "trước hạn 30 phút" in page
    assert "Bạn đã đồng ý nhận nhắc bằng SMS" in agree(client).text
    agree(client)
    assert acts() == ["reminder.agree"]

    page = client.post("/account/reminders/withdraw", follow_redirects=True).text
    assert "Bạn sẽ không nhận tin nhắc nữa." in page
    client.post("/account/reminders/withdraw")
    assert acts() == ["reminder.agree", "reminder.withdraw"]
    assert reminder_agreements.of(reminded.reporter.id) is None


def test_e_mail_is_offered_where_a_mail_server_is_set_up(
    reminded: Reminded, client_as: ClientAs
) -> None:
    client = client_as(reminded.reporter)
    assert 'value="email"' not in client.get("/account/").text
    assert agree(client, "email").status_code == 422
    reminded.set(**MAIL)
    assert "bằng thư điện tử từ" in agree(client, "email").text
    reminded.set(smtp_url="")
    assert "Chưa cài đặt máy chủ thư điện tử." in client.get("/account/").text
    assert agree(client, "dove").status_code == 422


def test_who_opted_out_cannot_agree_and_who_agreed_is_told(
    reminded: Reminded, client_as: ClientAs
) -> None:
    client = client_as(reminded.reporter)
    reminded.agree()
    opt_outs.add([OWN], "answered", None)
    assert "Số này đã từ chối nhận mọi tin nhắn." in client.get("/account/").text
    reminder_agreements.withdraw(reminded.reporter)
    assert agree(client).status_code == 422
    assert acts()[-1] == "reminder.withdraw"


def test_another_number_is_agreed_for_anew(reminded: Reminded, client_as: ClientAs) -> None:
    client = client_as(reminded.reporter)
    reminded.agree()
    own_numbers.confirm(reminded.reporter, "0912000998", actor_id=reminded.stage.author.id)
    page = client.get("/account/").text
    assert "hoặc số đã đổi so với lúc đồng ý" in page
    assert 'value="sms"' in page
    agree(client)
    assert "số đã đổi" not in client.get("/account/").text


def test_the_office_agrees_for_its_report_and_who_owes_nothing_cannot(
    reminded: Reminded, client_as: ClientAs, liaison: User
) -> None:
    staff = client_as(reminded.drive.staff)
    assert "Báo cáo ngày của Huyện Hồng Ngự có hạn lúc 16:30." in staff.get("/account/").text
    other = client_as(liaison)
    assert "Bạn không có số liệu hay báo cáo nào" in other.get("/account/").text
    assert agree(other).status_code == 422
    assert reminder_agreements.of(liaison.id) is None


def test_nobody_sees_it_who_is_not_logged_in(client: FlaskClient) -> None:
    assert client.get("/account/").status_code == 302
    assert agree(client, Way.SMS).request.path == "/login"
