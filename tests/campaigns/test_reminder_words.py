"""What a reminder says fits one segment for the example's communes, and names what is missing."""

from __future__ import annotations

import csv

from campaigns import reminder_words, segments
from outreach import apps, area_editing, clock
from outreach.accounts import User
from outreach.duties import Duty, What
from outreach.example.letters import AREAS_FILE
from outreach.text import strip_marks
from tests.drive import Drive, at

PUBLIC = "https://tungngo.hongngu.dongthap.gov.vn"


def said(drive: Drive, reporter: User | None = None, *codes: str) -> str:
    area = area_editing.by_id(drive.land.commune)
    chosen = [apps.by_code(code) for code in codes or ("BLUEZONE",)]
    duty = Duty(area, What.FIGURE)
    return reminder_words.sms(reporter or drive.reporter, duty, chosen, at("15:00"))


def test_it_is_one_segment_for_the_longest_name_of_a_commune(drive: Drive, app) -> None:
    app.config["OUTREACH"] = app.config["OUTREACH"].model_copy(update={"public_url": PUBLIC})
    with AREAS_FILE.open(encoding="utf-8") as file:
        longest = max((row["name"] for row in csv.DictReader(file)), key=len)
    text = said(drive)
    count = segments.count(text)
    assert count.encoding == segments.GSM_7
    assert count.units + len(strip_marks(longest)) - len("Long Khanh A") <= segments.ALONE["GSM-7"]


def test_the_app_stands_in_the_address_where_several_are_counted(drive: Drive, app) -> None:
    app.config["OUTREACH"] = app.config["OUTREACH"].model_copy(update={"public_url": PUBLIC})
    drive.report(240, "19/8 14:00")
    assert "app=" not in said(drive)
    apps.add("NCOVI", "NCOVI", "https://ncovi.vn", actor_id=None)
    other = apps.by_code("NCOVI")
    drive.app_id = other.id
    drive.report(100, "19/8 14:10")
    text = said(drive, None, "NCOVI", "BLUEZONE")
    assert "NCOVI, Bluezone" in text
    assert "app=NCOVI" in text


def test_it_speaks_the_person_s_language(drive: Drive) -> None:
    drive.reporter.language = "en"
    assert said(drive).startswith("Reminder: xa Long Khanh A has no figure of Bluezone of 20 Aug")


def test_an_e_mail_has_its_marks_and_says_why_it_comes(drive: Drive) -> None:
    duty = Duty(area_editing.by_id(drive.land.district), What.REPORT)
    text = reminder_words.email(drive.reporter, duty, [], at("16:30"))
    first, *rest = text.split("\n\n")
    assert first == "Nhắc: huyện Hồng Ngự chưa có báo cáo ngày 20/8, hạn 16:30."
    assert "đã đồng ý được nhắc" in rest[-1]
    assert clock.local(duty.due_at(clock.now().date())).hour == 16
