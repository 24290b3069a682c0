"""Issuing: frozen with a digest, and corrected by a next edition that says what."""

from __future__ import annotations

import json
from datetime import date

import pytest
from flask import Flask
from sqlalchemy import select

from campaigns.reports import editions, wording
from outreach import accounts
from outreach.audit import AuditRow
from outreach.database import db
from outreach.errors import Refused
from tests.campaigns.reports.reporting import TODAY, area_of, counted
from tests.drive import Drive

__all__ = ["counted"]


def correct(counted: Drive, installs: int) -> None:
    counted.report(installs, "20/8 16:30", reason="gõ nhầm", asked=str(installs))
    db.session.rollback()


def test_an_issued_report_says_the_same_whatever_comes_after(counted: Drive) -> None:
    report = editions.issue(area_of("870"), TODAY, counted.staff, "12", "Tốt.")
    before = report.facts
    assert editions.digest_of(before) == report.digest
    correct(counted, 4000)
    kept = editions.by_id(report.id)
    assert (kept.facts, kept.edition) == (before, 1)
    assert kept.read["figures"]["apps"][0]["total"]["installs"] == 6090
    assert kept.facts == editions.canonical(json.loads(before))
    assert kept.read["head"]["agency"] == "PHÒNG VH&TT HỒNG NGỰ"
    row = db.session.scalars(select(AuditRow).where(AuditRow.act == "report.issue")).one()
    assert json.loads(row.detail)["digest"] == kept.digest


def test_an_issued_report_keeps_the_hour_by_which_figures_were_due(
    app: Flask, counted: Drive
) -> None:
    facts = editions.issue(area_of("870"), TODAY, counted.staff).read
    said = "Báo cáo sau 15 giờ 00 phút (1): Xã Long Thuận."
    app.config["OUTREACH"] = app.config["OUTREACH"].model_copy(update={"due_communes": "14:15"})
    assert wording.context(facts)["ung_dung"][0]["bao_cao_muon"] == said
    del facts["figures"]["due"]  # of an edition from before it was kept
    assert "14 giờ 15 phút" in wording.context(facts)["ung_dung"][0]["bao_cao_muon"]


def test_a_corrected_edition_says_what_was_corrected(counted: Drive) -> None:
    first = editions.issue(area_of("870"), TODAY, counted.staff)
    assert editions.draft(area_of("870"), TODAY, None)["changes"] == []
    correct(counted, 4000)
    second = editions.issue(area_of("870"), TODAY, counted.staff, after=1)
    assert (second.edition, second.digest != first.digest) == (2, True)
    told = wording.context(second.read)
    assert told["sua_doi"] == (
        "Bản sửa đổi lần 1, thay bản phát hành lúc 16 giờ 20 phút ngày 20 tháng 8 năm 2020"
    )
    assert told["noi_dung_sua_doi"] == [
        "Xã Long Khánh A, Bluezone: số cài đặt 3.990 → 4.000",
        "Huyện Hồng Ngự, Bluezone: số cài đặt 6.090 → 6.100",
    ]
    assert [each.edition for each in editions.of_day(first.area_id, TODAY)] == [2, 1]
    assert [each.edition for each in editions.latest(first.area_id, 5)] == [2]


def test_the_second_of_two_who_press_at_once_is_told(counted: Drive) -> None:
    editions.issue(area_of("870"), TODAY, counted.staff, after=0)
    with pytest.raises(Refused, match="meanwhile") as refused:
        editions.issue(area_of("870"), TODAY, counted.staff, after=0)
    assert refused.value.field == "seen"


def test_of_two_commands_at_once_the_second_is_told(
    counted: Drive, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = editions.of_day

    def and_then_another_issues(area_id: int, day: date) -> object:
        found = looked(area_id, day)
        monkeypatch.undo()
        editions.issue(area_of("870"), TODAY, counted.staff)
        return found

    monkeypatch.setattr(editions, "of_day", and_then_another_issues)
    with pytest.raises(Refused, match="meanwhile"):
        editions.in_force(area_of("870"), TODAY, accounts.system())
    assert len(editions.of_day(counted.land.district, TODAY)) == 1


def test_what_is_in_force_is_issued_anew_only_for_a_reason(counted: Drive) -> None:
    system = accounts.system()

    def in_force(**given: str) -> int:
        return editions.in_force(area_of("870"), TODAY, system, **given).edition

    assert [in_force(), in_force(), in_force(number="15"), in_force()] == [1, 1, 2, 2]
    correct(counted, 4000)
    assert [in_force(), in_force(remarks="Đã sửa."), in_force(remarks="Đã sửa.")] == [3, 4, 4]
    assert editions.of_day(counted.land.district, TODAY)[0].read["head"]["number"] == "15"


@pytest.mark.parametrize(
    ("number", "remarks", "field"),
    [("mười", "", "number"), ("12/BC", "", "number"), ("", "x" * 4001, "remarks")],
)
def test_a_wrong_word_is_said_at_its_field(
    counted: Drive, number: str, remarks: str, field: str
) -> None:
    with pytest.raises(Refused) as refused:
        editions.issue(area_of("870"), TODAY, counted.staff, number, remarks)
    assert refused.value.field == field
    assert editions.of_day(counted.land.district, TODAY) == []
