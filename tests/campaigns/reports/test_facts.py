"""What is true of a day, as plain values."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from campaigns.order_reporting import Entry
from campaigns.reports import facts
from campaigns.states import MessageState
from outreach import apps, targets
from outreach.accounts import User
from outreach.apps import Unit
from outreach.errors import Refused
from outreach.organisations import Organisation
from tests.campaigns.comparing import Scene, drive_done, scene
from tests.campaigns.reports.reporting import TODAY, area_of, counted
from tests.drive import Drive, at
from tests.ordering import Ordering

__all__ = ["counted", "drive_done", "scene"]
M = MessageState


def test_the_letter_s_day_in_full(counted: Drive) -> None:
    (app,) = facts.of_day(area_of("870"), TODAY)["apps"]
    for row in (app["total"], *app["rows"]):
        row["as_of"] = row["as_of"][:16]  # to the minute
    same = {"parts": 1, "counted": 1, "fresh": 1, "own": True, "since": "2020-08-19"}
    same |= {"short": False, "carried": None}
    assert app == {
        "code": "BLUEZONE",
        "name": "Bluezone",
        "counts": "numbers",
        "denominator": "population",
        "counted": None,
        "recounted": [],
        "target": {
            "share": 1000,
            "denominator": "population",
            "group": "",
            "deadline": "2020-08-31",
            "letter": "919/UBND-VX",
            "area": "",
            "days": 11,
            "gap": 5962,
            "needed": 542,
            "pace": None,
        },
        "total": {
            "code": "870",
            "name": "Huyện Hồng Ngự",
            "installs": 6090,
            "of": 120514,
            "as_of": "2020-08-20T15:00",
            "change": 390,
            "since": "2020-08-19",
            "punctuality": "late",
            "rank": None,
            "parts": 2,
            "counted": 2,
            "fresh": 2,
            "late": 1,
            "own": False,
            "short": False,
            "carried": None,
        },
        "rows": [
            same
            | {"code": "29971", "name": "Xã Long Khánh A", "installs": 3990, "of": 10000}
            | {"as_of": "2020-08-20T14:50", "change": 290, "punctuality": "on_time"}
            | {"rank": 1, "late": 0},
            same
            | {"code": "29983", "name": "Xã Long Thuận", "installs": 2100, "of": 8000}
            | {"as_of": "2020-08-20T15:00", "change": 100, "punctuality": "late"}
            | {"rank": 2, "late": 1},
        ],
        "schools": [],
    }


def test_who_sent_nothing_is_missing_and_not_zero(counted: Drive) -> None:
    at("21/8 16:00")
    (app,) = facts.of_day(area_of("870"), date(2020, 8, 21))["apps"]
    assert [row["punctuality"] for row in app["rows"]] == ["missing", "missing"]
    assert [row["installs"] for row in app["rows"]] == [3990, 2100]
    assert [row["change"] for row in app["rows"]] == [None, None]


def test_over_a_change_of_what_counts_there_is_no_rise(counted: Drive) -> None:
    app = apps.by_id(counted.app_id)
    apps.define(app, Unit.DOWNLOADS, TODAY, "kho ứng dụng báo", actor_id=None)
    (told,) = facts.of_day(area_of("870"), TODAY)["apps"]
    assert told["counts"] == "downloads"
    assert [row["change"] for row in (told["total"], *told["rows"])] == [None, None, None]


def test_the_target_of_a_group_is_none_of_all_people(counted: Drive) -> None:
    (target,) = targets.every()
    targets.withdraw(target, actor_id=None)
    area, app, day = area_of("870"), apps.by_id(counted.app_id), date(2020, 8, 31)
    targets.add(area, app, 100_00, day, group="cán bộ", letter="", actor_id=None)
    (told,) = facts.of_day(area_of("870"), TODAY)["apps"]
    assert told["target"] is None


def test_what_was_being_sent_on_the_day_is_counted_by_commune(drive_done: Scene) -> None:
    sent = facts.of_day(area_of("870"), date(2020, 8, 10))["sent"]
    assert [each["name"] for each in sent] == ["Trước đó", "Đợt 1"]
    wave = sent[1]
    counts = {"by_order": False, "carrier": "", "day": "2020-08-10"}
    assert wave | counts == wave
    # Taken by a carrier: delivered 10, accepted 5, undelivered 4, carrier_expired 2.
    assert (wave["messaged"], wave["delivered"], wave["untold"]) == (21, 10, 0)
    by_area = {each["code"]: each["messaged"] for each in wave["areas"]}
    assert sum(by_area.values()) == 21
    silent = facts.of_day(area_of("870"), date(2020, 8, 12))["sent"][-1]
    assert (silent["name"], silent["messaged"], silent["delivered"]) == ("Đợt 2", 12, None)


def test_a_carrier_s_own_sending_stands_by_its_order(counted: Drive, ordering: Ordering) -> None:
    at("20/8 9:00")
    order = ordering.begun(name="Phiếu một")
    ordering.report(order, Entry(counted.land.commune, "900", "850"))
    at("20/8 16:20")
    (each,) = facts.of_day(area_of("870"), TODAY)["sent"]
    assert (each["name"], each["carrier"], each["by_order"]) == ("Phiếu một", "VNPT", True)
    assert (each["messaged"], each["delivered"]) == (900, 850)
    assert [(a["code"], a["messaged"]) for a in each["areas"]] == [("29971", 900)]


def test_a_commune_and_a_day_to_come_have_no_report(counted: Drive) -> None:
    for code, day, field in (("29971", TODAY, "area"), ("870", date(2020, 8, 21), "day")):
        with pytest.raises(Refused) as refused:
            facts.of_day(area_of(code), day)
        assert refused.value.field == field


def test_a_province_is_told_by_its_districts(
    counted: Drive, make_person: Callable[..., User], culture_office: Organisation
) -> None:
    (app,) = facts.of_day(area_of("87"), TODAY)["apps"]
    assert [row["code"] for row in app["rows"]] == ["870", "869"]
    assert app["rows"][0]["installs"] == 6090
    assert app["rows"][1]["installs"] is None
