"""What a report by SMS does and is answered: taken, asked about, or not understood."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from outreach import apps, i18n, report_answers, schools
from outreach.accounts import Role, User
from outreach.areas import Area
from outreach.database import db, transaction
from outreach.report_answers import Judged
from outreach.sms_reports import SmsState
from outreach.uptake import Source
from tests.drive import Drive, at

Report = Callable[..., Judged]


@pytest.fixture
def report(drive: Drive) -> Report:
    """Have a text of the reporter judged, at 14:30 of 20 August."""

    def report(words: str, person: User | None = None, when: str = "14:30") -> Judged:
        moment = at(when)
        with transaction():
            sender = db.session.get_one(User, (person or drive.reporter).id)
            return report_answers.judge(sender, words, moment)

    return report


def test_the_answer_repeats_what_was_understood(report: Report, drive: Drive) -> None:
    drive.report(1180, "19/8 14:00")
    judged = report("bc bluezone 29971 1.250")
    assert judged.answer == (
        "Đã nhận: xã Long Khánh A (29971), Bluezone 1.250 số điện thoại, tính đến 14:30 20/8."
        " Hôm qua: 1.180."
    )
    row = drive.rows()[-1]
    assert (row.installs, row.source, row.late) == (1250, Source.SMS, False)
    assert row.reported_by_id == drive.reporter.id


def test_a_commune_need_not_name_itself(report: Report, drive: Drive) -> None:
    assert report("BC 1 250").state is SmsState.TAKEN
    assert report("BC 1250").state is SmsState.TAKEN
    assert [row.installs for row in drive.rows()] == [1250], "the same figure twice is one row"


def test_a_late_one_is_late_and_counts_up_to_the_hour(report: Report, drive: Drive) -> None:
    judged = report("BC 300", when="15:20")
    assert "15:00 20/8" in judged.answer
    assert drive.rows()[-1].late


def test_a_fall_is_asked_about_and_taken_with_the_word(report: Report, drive: Drive) -> None:
    drive.report(1180, "19/8 14:00")
    judged = report("BC 118")
    assert judged.state is SmsState.ASKED
    assert "118 nhỏ hơn 1.180 của ngày 19/8/2020" in judged.answer
    assert judged.answer.endswith("BC BLUEZONE 29971 118 DUNG")
    assert [row.installs for row in drive.rows()] == [1180]
    assert report(judged.answer[judged.answer.rindex("BC") :]).state is SmsState.TAKEN
    assert drive.rows()[-1].installs == 118
    assert drive.rows()[-1].reason


WRONG = {
    "BC": "29971 1250",
    "BC 29971": "29971",
    "BC 29971 muoi": "29971",
    "BC NCOVI 29971 5": "NCOVI",
    "BC 99999 5": "99999",
    "BC 29971 1.25": "1.25",
    "BC 29971 -5": "-5",
    "BC299711250": "29971 là mã xã; hãy viết cách số liệu ra",
    "BC 29971 1250\nBC 29983 900": "Mỗi tin nhắn chỉ một báo cáo",
}


@pytest.mark.parametrize("words", WRONG)
def test_what_was_not_understood_is_said_with_how_to_write_it(
    report: Report, drive: Drive, words: str
) -> None:
    judged = report(words)
    assert judged.state is SmsState.REFUSED
    assert WRONG[words] in judged.answer
    assert judged.answer.endswith("BC 29971 1250")
    assert drive.rows() == []


def test_only_areas_of_one_s_own_are_taken(report: Report, drive: Drive) -> None:
    assert report("BC 29983 5").state is SmsState.REFUSED
    assert report("BC 29983 5", drive.staff).state is SmsState.TAKEN
    assert report("BC 5", drive.staff).state is SmsState.REFUSED, "of which commune?"
    assert [row.installs for row in drive.rows(drive.land.other_commune)] == [5]


def test_with_two_apps_the_answer_asks_which(report: Report, drive: Drive) -> None:
    apps.add("NCOVI", "NCOVI", "https://ncovi.vn", actor_id=None)
    drive.report(5, "19/8 14:00")
    assert report("BC 6").state is SmsState.TAKEN, "only Bluezone is counted"
    ncovi = next(app for app in apps.every() if app.code == "NCOVI")
    drive.app_id, bluezone = ncovi.id, drive.app_id
    drive.report(3, "19/8 14:00")
    judged = report("BC 7")
    assert judged.state is SmsState.REFUSED
    assert "BLUEZONE, NCOVI" in judged.answer
    assert report("BC ncovi 4").state is SmsState.TAKEN
    assert {row.app_id for row in drive.rows()} == {bluezone, ncovi.id}


def test_the_answer_is_in_the_language_of_the_person_and_nobody_else_s(
    report: Report, drive: Drive
) -> None:
    with transaction():
        db.session.get_one(User, drive.reporter.id).language = "en"
    before = i18n.language()
    assert report("BC 5").answer.startswith("Received: xã Long Khánh A")
    assert report("BC 29983 6", drive.staff).answer.startswith("Đã nhận: xã Long Thuận")
    assert i18n.language() == before


def test_it_counts_from_when_it_came_in_not_from_when_somebody_looked(drive: Drive) -> None:
    came = at("14:50")
    at("15:10")
    with transaction():
        judged = report_answers.judge(db.session.get_one(User, drive.reporter.id), "BC 5", came)
    assert "14:50 20/8" in judged.answer
    assert not drive.rows()[-1].late


@pytest.mark.parametrize("words", ["BC 340", "BC 2997101 340", "bc 2997101: 340", "BC 2997101-340"])
def test_a_school_s_reporter_reports_by_its_code_or_without(
    report: Report, drive: Drive, make_person: Callable[..., User], words: str
) -> None:
    commune = db.session.get_one(Area, drive.land.commune)
    school = schools.add(commune, "THPT Hồng Ngự 2", None, "", actor_id=None)
    person = make_person(Role.REPORTER, drive.staff.organisation, school.id, name="Thu")
    school_id = school.id
    judged = report(words, person)
    assert judged.state is SmsState.TAKEN
    assert "trường THPT Hồng Ngự 2 (2997101), Bluezone 340" in judged.answer
    assert [row.installs for row in drive.rows(school_id)] == [340]
    assert report("BC 29971 900", person).state is not SmsState.TAKEN, "its commune is not its own"
