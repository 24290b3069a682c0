"""What the official form says, word for word."""

from __future__ import annotations

import copy
from datetime import date
from typing import Any

import pytest
from flask import Flask

from campaigns.reports import editions, forms, wording
from outreach import area_counts, fieldwork, schools
from outreach.area_changes import WHOLE, AreaChange
from outreach.area_counts import Count
from outreach.areas import Area
from outreach.database import db, transaction
from outreach.fieldwork import Entry
from outreach.targets import Denominator
from tests.campaigns.reports.reporting import TODAY, area_of, counted
from tests.drive import Drive, at

__all__ = ["counted"]


@pytest.mark.parametrize(
    ("day", "written"),
    [
        (date(2020, 2, 5), "ngày 05 tháng 02 năm 2020"),
        (date(2020, 1, 10), "ngày 10 tháng 01 năm 2020"),
        (date(2020, 3, 9), "ngày 09 tháng 3 năm 2020"),
        (date(2020, 8, 20), "ngày 20 tháng 8 năm 2020"),
        (date(2020, 12, 31), "ngày 31 tháng 12 năm 2020"),
    ],
)
def test_days_are_written_as_the_decree_has_it(day: date, written: str) -> None:
    assert wording.signed_day(day) == written


def test_the_letter_s_sum_comes_out_word_for_word(counted: Drive) -> None:
    told = wording.context(editions.draft(area_of("870"), TODAY, None, "7", "Tốt.\n\nCố gắng."))
    (app,) = told["ung_dung"]
    assert app["ket_qua"] == (
        "Tính đến 15 giờ 00 phút ngày 20 tháng 8 năm 2020, huyện Hồng Ngự có 6.090 số điện thoại"
        " cài đặt ứng dụng Bluezone, đạt tỷ lệ 5,05% (6.090/120.514 người), tăng 390 so với ngày"
        " 19/8/2020. Số liệu tổng hợp từ 2 xã, phường, thị trấn, trong đó 2 đã báo cáo trong ngày."
    )
    assert app["muc_tieu"] == (
        "Mục tiêu: 10% dân số đến ngày 31/8/2020 (theo 919/UBND-VX). Còn thiếu 5.962; trong 11 ngày"
        " còn lại cần thêm 542 mỗi ngày."
    )
    assert app["bao_cao_muon"] == "Báo cáo sau 15 giờ 00 phút (1): Xã Long Thuận."
    assert app["bang"][0] == {
        "tt": "1",
        "ten": "Xã Long Khánh A",
        "dan_so": "10.000",
        "so_cai": "3.990",
        "ty_le": "39,90%",
        "tang": "+290",
        "luc": "14:50 20/08",
        "bao_cao": "Đúng hạn",
    }
    assert (told["so"], told["ky_hieu"], told["dia_danh"]) == ("07", "BC-VHTT", "Hồng Ngự")
    assert told["co_quan_cap_tren"] == ["ỦY BAN NHÂN DÂN", "HUYỆN HỒNG NGỰ"]
    assert told["nhan_xet"] == ["Tốt.", "Cố gắng."]
    assert told["nhan_tin"] == "Trong ngày không có chiến dịch nhắn tin nào trên địa bàn."
    assert told["ket"].endswith("./.")


def facts_of(counted: Drive, **changes: Any) -> dict[str, Any]:
    """The day's facts with the first app's total or target changed."""
    made = copy.deepcopy(editions.draft(area_of("870"), TODAY, None))
    app = made["figures"]["apps"][0]
    for name, value in changes.items():
        app[name] = None if value is None else app[name] | value
    return made


@pytest.mark.parametrize(
    ("changes", "part", "said"),
    [
        (
            {"total": {"installs": None}},
            "ket_qua",
            "Chưa có số liệu cài đặt ứng dụng Bluezone trên địa bàn huyện Hồng Ngự.",
        ),
        ({"total": {"of": None}}, "ket_qua", "ứng dụng Bluezone, tăng 390 so với"),
        ({"total": {"change": -5}}, "ket_qua", "người), giảm 5 so với ngày 19/8/2020."),
        ({"total": {"counted": 1}}, "ket_qua", "Mới có số liệu của 1/2 xã, phường, thị trấn."),
        ({"target": None}, "muc_tieu", "Chưa có mục tiêu được giao."),
        ({"target": {"gap": 0}}, "muc_tieu", "Đã đạt mục tiêu."),
        ({"target": {"needed": None}}, "muc_tieu", "Đã đến hạn, còn thiếu 5.962."),
        ({"target": {"gap": None, "group": "cán bộ"}}, "muc_tieu", "10% cán bộ đến ngày 31/8"),
        ({"target": {"share": 1803}}, "muc_tieu", "18,03% dân số"),
    ],
)
def test_each_case_has_its_words(
    counted: Drive, changes: dict[str, Any], part: str, said: str
) -> None:
    (app,) = wording.context(facts_of(counted, **changes))["ung_dung"]
    assert said in app[part]


def test_what_a_carrier_tells_of_a_part_only_is_at_least_so_much(app: Flask) -> None:
    """0 of 1,300 arrived would be said where of 900 of them nobody knows."""
    facts = copy.deepcopy(forms.SAMPLE)
    (each,) = facts["figures"]["sent"]
    facts["figures"]["sent"] = [each | {"messaged": 1300, "delivered": 0, "untold": 900}, each]
    each["areas"][0] |= {"messaged": 400, "delivered": 0, "untold": 0}
    other = {"code": "1", "name": "Xã Hai", "messaged": 900, "delivered": None, "untold": 900}
    facts["figures"]["sent"][0]["areas"] = [*each["areas"], other]
    told = wording.context(facts)
    assert [each["da_den"] for each in told["chien_dich"]] == ["≥ 0", "90"]
    assert [each["da_den"] for each in told["theo_dia_ban"]] == ["—", "0"]
    other |= {"delivered": 5, "untold": 895}
    assert wording.context(facts)["theo_dia_ban"][0]["da_den"] == "≥ 5"


def test_who_has_sent_nothing_is_named(counted: Drive) -> None:
    at("21/8 16:00")
    made = editions.draft(area_of("870"), date(2020, 8, 21), None)
    (app,) = wording.context(made)["ung_dung"]
    assert app["bao_cao_muon"] == (
        "Đến 15 giờ 00 phút chưa có số liệu trong ngày (2): Xã Long Khánh A, Xã Long Thuận."
    )


def test_schools_stand_below_the_communes_and_in_no_sum(counted: Drive) -> None:
    """The letters ask them beside the communes: their figures, and who of them is late."""
    at("20/8 9:00")
    for name, people in (("THPT Hồng Ngự 2", 850), ("THCS Long Thuận", None)):
        source = "sổ của trường" if people else ""
        schools.add(area_of("29971"), name, people, source, actor_id=counted.staff.id)
    counted.report(340, "20/8 14:00", area_of("2997101").id)
    at("20/8 16:20")
    db.session.rollback()
    (app,) = wording.context(editions.draft(area_of("870"), TODAY, None))["ung_dung"]
    assert "6.090/120.514" in app["ket_qua"]
    assert [row["ten"] for row in app["bang"]] == ["Xã Long Khánh A", "Xã Long Thuận"]
    first, second = app["truong_hoc"]
    assert (first["ten"], first["dan_so"], first["so_cai"], first["ty_le"], first["bao_cao"]) == (
        "Trường THPT Hồng Ngự 2", "850", "340", "40,00%", "Đúng hạn",
    )  # fmt: skip
    assert (second["dan_so"], second["so_cai"], second["bao_cao"]) == ("—", "—", "Chưa báo cáo")
    assert app["bao_cao_muon"] == (
        "Đến 15 giờ 00 phút chưa có số liệu trong ngày (1): Trường THCS Long Thuận."
        " Báo cáo sau 15 giờ 00 phút (1): Xã Long Thuận."
    )
    (before,) = wording.context(editions.draft(area_of("870"), date(2020, 8, 19), None))["ung_dung"]
    assert before["truong_hoc"] == [], "the day before nobody knew them"


def test_an_edition_from_before_schools_reported_has_none(app: Flask) -> None:
    facts = copy.deepcopy(forms.SAMPLE)
    del facts["figures"]["apps"][0]["schools"]
    (told,) = wording.context(facts)["ung_dung"]
    assert told["truong_hoc"] == []


def test_the_denominator_s_source_is_said_and_so_is_its_change(counted: Drive) -> None:
    """The letter's own number, counted anew on the day: the jump of the rate is no install."""
    area = area_of("870")
    for value, letter, day in (
        (120_571, "", date(2019, 4, 1)),
        (120_514, "919/UBND-VX", TODAY),
    ):
        count = Count(area.id, Denominator.POPULATION, value, "UBND huyện", letter, day)
        area_counts.add(area_of("870"), count, actor_id=None)
    (app,) = wording.context(editions.draft(area_of("870"), TODAY, None))["ung_dung"]
    assert "đạt tỷ lệ 5,05% (6.090/120.514 người)" in app["ket_qua"]
    assert app["ket_qua"].endswith(
        " Mẫu số theo UBND huyện (919/UBND-VX), số liệu ngày 20/8/2020. Từ ngày 20/8/2020 mẫu số là"
        " 120.514 (trước đó 120.571); phần thay đổi của tỷ lệ do mẫu số không phải là số cài mới."
    )
    (before,) = editions.draft(area_of("870"), date(2020, 8, 19), None)["figures"]["apps"]
    assert (before["total"]["of"], before["recounted"]) == (120_571, [])


def test_an_edition_from_before_the_source_was_kept_says_what_it_said(counted: Drive) -> None:
    old = facts_of(counted)
    for name in ("counted", "recounted"):
        del old["figures"]["apps"][0][name]
    (app,) = wording.context(old)["ung_dung"]
    assert app["ket_qua"].endswith("đã báo cáo trong ngày.")


def test_what_is_carried_over_is_said_with_the_areas_and_the_day(counted: Drive) -> None:
    """Long Khánh A took a part of Long Thuận in, and nobody said how much."""
    one, other = counted.land.commune, counted.land.other_commune
    with transaction() as session:
        for old, share in ((one, WHOLE), (other, None)):
            change = AreaChange(old_id=old, new_id=one, share=share, day=TODAY, source="NQ 1")
            session.add(change)
    draft = editions.draft(area_of("870"), date(2020, 8, 19), None)
    (app,) = wording.context(draft)["ung_dung"]
    (row,) = [each for each in app["bang"] if each["ten"] == "Xã Long Khánh A"]
    assert (row["so_cai"], row["ty_le"]) == ("≥ 3.700", "≥ 37,00%")
    assert "có ≥ 5.700 số điện thoại" in app["ket_qua"], "a sum with such a part is at least"
    (said,) = [r for r in draft["figures"]["apps"][0]["rows"] if r["carried"]]
    assert wording.carried(said) == (
        "Đến hết ngày 19/8/2020 là số cộng của 2 đơn vị cũ, ít nhất: mới rõ số của 1"
    )
    assert said["short"]


def test_visits_of_the_day_stand_after_the_messages_where_a_commune_recorded_any(
    counted: Drive,
) -> None:
    said = "Các tổ công tác đã đến 120 hộ tại 1 xã, phường, thị trấn, giúp 45 người cài đặt."
    district = area_of("870")
    assert said not in wording.context(editions.draft(district, TODAY, None))["nhan_tin"]
    commune, entry = db.session.get_one(Area, counted.land.commune), Entry("120", "45")
    fieldwork.enter(commune, TODAY, entry, actor_id=counted.staff.id)
    assert wording.context(editions.draft(district, TODAY, None))["nhan_tin"].endswith(said)
