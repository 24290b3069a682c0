"""The administrator's day: invite somebody who comes in, add a route and ask its carrier; every
page of administration at both widths, empty, wrong and long."""

from datetime import date

import pytest
from playwright.sync_api import expect

from campaigns import routes
from outreach import apps, area_editing, closing, organisations, targets, uptake
from outreach.accounts import Role
from outreach.areas import Area
from outreach.database import db, find, transaction
from outreach.organisations import Kind
from tests.chromium import PHONE, assert_sound
from tests.people import PASSWORD
from tests.workers.smsc import simulator_process

pytestmark = pytest.mark.browser
LONG = "Phòng Văn hóa và Thông tin liên huyện Hồng Ngự, Tân Hồng và các xã biên giới phía bắc"
ADMIN = ["people", "organisations", "routes", "apps", "areas", "rules", "audit"]


@pytest.fixture
def admin(make_person):
    return make_person(Role.ADMIN, name="Đặng Thị An", password=PASSWORD)


@pytest.fixture
def full(stage, vnpt, land, culture, make_person, admin):
    """Long names everywhere, a target, a closed account."""
    organisations.add(LONG, Kind.OFFICE, area_id=land.district, actor_id=admin.id)
    gone = make_person(Role.LIAISON, vnpt, name="Nguyễn Hoàng Phương Thảo Nhi")
    closing.close(gone, actor_id=admin.id)
    route = stage.route(vnpt, 2775, name="VNPT Đồng Tháp, cổng dự phòng của khu vực miền Tây")
    stage.draft([route.id])
    with transaction() as session:
        for area in session.query(Area):
            area.population, area.population_source = 12_345, "Tổng điều tra dân số 1/4/2019"
            area.population_on = date(2019, 4, 1)
    area_editing.add_alias(find(Area, land.commune), "Long Khanh A cu", actor_id=admin.id)
    app = apps.by_code("BLUEZONE")
    ground = find(Area, land.district)
    aim = date(2020, 9, 1)
    for group in ("population", "hội viên Hội Nông dân có điện thoại thông minh"):
        targets.add(ground, app, 1803, aim, group=group, letter="12/CV-VHTT", actor_id=culture.id)
    return {"route": route.id, "app": app.id, "area": land.district, "person": culture.id}


def test_somebody_is_invited_and_comes_in_by_the_link(
    visit, admin, vnpt, culture_office, client_as
):
    page = visit.open("/admin/people/", width=PHONE, client=client_as(admin))
    assert_sound(page)
    page.get_by_role("link", name="Mời người dùng").click()
    assert_sound(page)
    page.get_by_label("Địa chỉ thư điện tử").fill("lan@vnpt.vn")
    page.get_by_label("Tên", exact=True).fill("Lan")
    page.get_by_label("Vai trò").select_option("Đầu mối nhà mạng")
    page.get_by_label("Đơn vị").select_option(culture_office.name)
    page.get_by_role("button", name="Tạo liên kết").click()
    page.locator("#organisation-error").wait_for()
    assert page.get_by_label("Địa chỉ thư điện tử").input_value() == "lan@vnpt.vn"
    assert_sound(page)
    page.get_by_label("Đơn vị").select_option("VNPT")
    page.get_by_role("button", name="Tạo liên kết").dblclick()
    link = page.get_by_label("Liên kết").input_value()
    assert_sound(page)
    theirs = visit.open(link[link.index("/invitations/") :], width=PHONE)
    theirs.get_by_label("Mật khẩu", exact=True).fill(PASSWORD)
    theirs.get_by_label("Gõ lại mật khẩu").fill(PASSWORD)
    theirs.get_by_role("button", name="Lưu và đăng nhập").click()
    theirs.wait_for_url(lambda address: "/invitations/" not in address)
    page.get_by_role("link", name="Xong").click()
    page.get_by_role("link", name="Lan", exact=True).click()
    assert_sound(page)
    page.get_by_role("button", name="Đóng tài khoản").click()
    page.get_by_role("button", name="Mở lại").wait_for()
    assert_sound(page)
    theirs.reload()
    theirs.get_by_role("heading", name="Đăng nhập").wait_for()


def test_a_route_is_added_and_its_carrier_asked(visit, admin, vnpt, client_as, tmp_path):
    page = visit.open("/admin/routes/", width=PHONE, client=client_as(admin))
    page.get_by_role("heading", name="Chưa có tuyến nào").wait_for()
    assert_sound(page)
    page.get_by_role("link", name="Thêm tuyến").click()
    with simulator_process(tmp_path) as carrier:
        page.get_by_label("Tên", exact=True).fill("VNPT Đồng Tháp")
        page.get_by_label("Nhà mạng", exact=True).select_option("VNPT")
        page.get_by_label("Máy chủ").fill("127.0.0.1")
        page.get_by_label("Cổng kết nối").fill(str(carrier.port))
        page.get_by_label("Tên đăng nhập").fill("vnpt")
        page.locator("#password").fill("wordpass")
        page.get_by_label("Tên người gửi").fill("BLUEZONE, MỘT CÁI TÊN DÀI")
        page.get_by_label("VNPT VinaPhone").check()
        page.get_by_label("Tốc độ gửi").fill("50")
        page.get_by_label("Đơn giá").fill("250")
        page.get_by_role("button", name="Thêm tuyến").click()
        page.locator("#senders-error").wait_for()
        assert page.get_by_label("VNPT VinaPhone").is_checked()
        assert_sound(page)
        page.get_by_label("Tên người gửi").fill("BLUEZONE")
        page.locator("#password").fill("wordpass")
        page.get_by_role("button", name="Thêm tuyến").dblclick()
        page.get_by_role("heading", name="VNPT Đồng Tháp").wait_for()
        assert "wordpass" not in page.content()
        assert_sound(page)
        page.get_by_role("button", name="Kiểm tra").click()
        page.get_by_text("sẵn sàng nhận tin").wait_for()
        assert_sound(page)
    db.session.rollback()
    assert len(routes.every()) == 1
    page.get_by_role("button", name="Kiểm tra").click()
    page.get_by_text("Không kết nối được với nhà mạng").wait_for()


def test_every_page_holds_with_long_names(visit, full, admin, client_as):
    shown = [f"/admin/{name}/" for name in ADMIN] + [
        f"/admin/people/{full['person']}",
        f"/admin/routes/{full['route']}",
        f"/admin/routes/{full['route']}/edit",
        f"/admin/apps/{full['app']}",
        f"/admin/areas/{full['area']}",
        "/admin/areas/?q=long",
        "/admin/areas/load",
        "/admin/organisations/1",
        "/admin/audit/?who=nobody&first=x",
        "/admin/audit/?act=user.close",
    ]
    page = visit.open("/", width=PHONE, client=client_as(admin))
    for path in shown:
        page.goto(path)
        expect(page.locator("h1")).to_have_count(1)
        for part in page.locator("details").all()[:2]:
            part.evaluate("part => part.open = true")
        assert_sound(page)


def test_every_page_holds_with_nothing_on_it(visit, admin, client_as):
    page = visit.open("/", width=PHONE, client=client_as(admin))
    for path in [f"/admin/{name}/" for name in ADMIN if name != "people"] + ["/admin/people/?q=x"]:
        page.goto(path)
        assert_sound(page)


def test_a_culture_office_sets_a_target_and_withdraws_it(visit, full, culture, client_as):
    page = visit.open("/targets/", width=PHONE, client=client_as(culture))
    assert_sound(page)
    page.get_by_role("link", name="Đặt mục tiêu").click()
    page.get_by_label("Ứng dụng", exact=True).select_option("Bluezone (số điện thoại)")
    page.get_by_label("Tỷ lệ").fill("0,6")
    page.get_by_label("Hạn").fill("2020-10-01")
    page.get_by_role("button", name="Đặt mục tiêu").click()
    page.locator("#share-error").wait_for()
    assert_sound(page)
    page.get_by_label("Tỷ lệ").fill("60%")
    page.get_by_role("button", name="Đặt mục tiêu").dblclick()
    page.get_by_text("Đã đặt mục tiêu").wait_for()
    assert_sound(page)
    page.get_by_role("link", name="Huyện Hồng Ngự").last.click()
    assert_sound(page)
    with page.expect_navigation():
        page.get_by_role("button", name="Rút").click()
    page.get_by_text("Đã rút: 1").click()
    page.locator("#withdrawn-targets").get_by_text("Cúc").wait_for()
    assert_sound(page)


def test_what_counts_is_changed_and_every_page_of_figures_says_so(
    visit, full, culture, admin, client_as
):
    page = visit.open(f"/admin/apps/{full['app']}", width=PHONE, client=client_as(admin))
    assert_sound(page)
    today = uptake.today()
    page.get_by_label("Từ nay tính theo").select_option("lượt tải")
    page.get_by_label("Từ ngày").fill(today.isoformat())
    page.get_by_label("Lý do").fill("Công văn 12")
    page.get_by_role("button", name="Đổi cách tính").click()
    page.get_by_text("tính theo lượt tải, trước đó tính theo số điện thoại").wait_for()
    assert_sound(page)
    assert_sound(visit.open("/targets/", width=PHONE, client=client_as(culture)))
    grid = f"/figures/{full['area']}/grid"
    figures = visit.open(grid, width=PHONE, client=client_as(culture))
    figures.get_by_text("Tổng số lượt tải Bluezone").wait_for()
    figures.get_by_text("trước đó tính theo số điện thoại").wait_for()
    assert_sound(figures)


def test_a_file_of_areas_is_looked_at_before_it_is_loaded(visit, admin, land, client_as, tmp_path):
    file = tmp_path / "xa.csv"
    head = "code,level,name,kind,parent_code,population\n"
    file.write_text(head + "29990,commune,Thường Lạc,Xã,870,x\n29983,commune,Long Thuận,Xã,870,9\n")
    page = visit.open("/admin/areas/load", width=PHONE, client=client_as(admin))
    page.get_by_label("Tệp").set_input_files(file)
    page.get_by_role("button", name="Xem tệp thay đổi những gì").click()
    page.get_by_text("có 1 dòng sai").wait_for()
    assert_sound(page)
    file.write_text(head + "29990,commune,Thường Lạc,Xã,870,7\n29983,commune,Long Thuận,Xã,870,9\n")
    page.get_by_role("link", name="Tải tệp khác lên").click()
    page.get_by_label("Tệp").set_input_files(file)
    page.get_by_role("button", name="Xem tệp thay đổi những gì").click()
    assert_sound(page)
    page.get_by_role("button", name="Nạp", exact=True).click()
    page.get_by_text("Thêm mới: 1; thay đổi: 1").wait_for()


def test_an_organisation_is_added_by_keyboard_alone(visit, admin, client_as):
    page = visit.open("/admin/organisations/new", client=client_as(admin))
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # skip to the content
    while page.evaluate("document.activeElement.id") != "name":
        page.keyboard.press("Tab")
    page.keyboard.type("Sở Y tế Đồng Tháp")
    page.keyboard.press("Tab")
    for _ in range(3):
        page.keyboard.press("ArrowDown")
    for _ in range(4):
        page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.type") == "submit"
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Sở Y tế Đồng Tháp").wait_for()
    db.session.rollback()
    (added,) = organisations.every()
    assert added.kind is Kind.HEALTH


def test_a_phone_is_confirmed_and_a_token_made(visit, admin, culture, client_as):
    page = visit.open(f"/admin/people/{culture.id}", width=PHONE, client=client_as(admin))
    page.get_by_label("Số di động").fill("0912 000 999")
    page.get_by_role("button", name="Xác nhận số").click()
    page.get_by_text("09•• ••• 999").wait_for()
    assert_sound(page)
    page.get_by_label("Dùng cho phần mềm nào?").fill("Hệ thống của huyện")
    page.get_by_role("button", name="Tạo mã truy cập").click()
    page.get_by_role("heading", name="Nhập mã này vào phần mềm").wait_for()
    assert page.get_by_label("Mã truy cập", exact=True).input_value().startswith("tungngo_")
    assert_sound(page)
    page.get_by_role("link", name="Xong").click()
    page.get_by_role("button", name="Thu hồi mã của Hệ thống của huyện").wait_for()
    assert_sound(page)
