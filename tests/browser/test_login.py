import pytest
from playwright.sync_api import expect

from outreach.accounts import Role
from tests.chromium import PHONE, assert_sound
from tests.people import PASSWORD

pytestmark = pytest.mark.browser


@pytest.fixture
def liaison(make_person, vnpt):
    return make_person(Role.LIAISON, vnpt, name="Lê Quốc Bảo", password=PASSWORD)


def log_in(page, email, password=PASSWORD):
    page.get_by_label("Email").fill(email)
    page.get_by_label("Mật khẩu").fill(password)
    page.get_by_role("button", name="Đăng nhập").click()


def test_a_person_logs_in_and_out_again(visit, liaison):
    page = visit.open("/")
    log_in(page, liaison.email)
    page.get_by_text("Lê Quốc Bảo").first.wait_for()
    page.wait_for_load_state()
    page.get_by_role("button", name="Đăng xuất").click()
    page.get_by_role("heading", name="Đăng nhập").wait_for()


def test_logging_in_needs_no_javascript(visit, liaison):
    page = visit.open("/", javascript=False)
    log_in(page, liaison.email)
    expect(page.get_by_text("Lê Quốc Bảo").first).to_be_visible()


def test_a_wrong_password_is_said_plainly_and_the_address_stays(visit, liaison):
    page = visit.open("/login")
    log_in(page, liaison.email, "không phải mật khẩu này")
    assert "sai" in page.get_by_role("main").inner_text().lower()
    assert page.get_by_label("Email").input_value() == liaison.email
    assert_sound(page)


def test_the_language_is_switched_before_logging_in_and_stays(visit, liaison):
    page = visit.open("/login")
    page.get_by_role("link", name="English").click()
    page.get_by_role("heading", name="Log in").wait_for()
    assert page.locator("html").get_attribute("lang") == "en"
    page.get_by_label("Email").fill(liaison.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("button", name="Log out").first).to_be_visible()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_log_in_is_accessible_at_every_width(visit, dark):
    page = visit.open("/login", width=PHONE, dark=dark)
    assert_sound(page)


def test_a_page_that_is_not_there_says_so(visit, liaison, client_as):
    page = visit.open("/khong-co", width=PHONE, client=client_as(liaison))
    assert page.get_by_role("heading", level=1).inner_text() == "Không có trang này"
    assert_sound(page)


def test_the_phone_s_menu_opens_without_javascript(visit, liaison, client_as):
    page = visit.open("/", width=PHONE, client=client_as(liaison), javascript=False)
    expect(page.get_by_role("button", name="Đăng xuất")).not_to_be_visible()
    page.get_by_text("Mục lục", exact=True).click()
    expect(page.get_by_role("button", name="Đăng xuất")).to_be_visible()


def test_the_phone_s_menu_closes_with_escape(visit, liaison, client_as):
    page = visit.open("/", width=PHONE, client=client_as(liaison))
    page.get_by_text("Mục lục", exact=True).click()
    assert_sound(page)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Đăng xuất").wait_for(state="hidden")
