"""Counts a carrier reports: what is taken, what is refused, what is asked about."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest
from sqlalchemy import func, select

from campaigns import life, order_counts, order_files, order_showing, orders
from campaigns.order_counts import Known, OrderCount, OrderReport
from campaigns.order_reporting import Doubtful, Entry, Taken
from campaigns.states import OrderState
from outreach.database import db
from outreach.errors import Refused
from tests.ordering import Ordering


def kept(order_id: int) -> dict[int, Known]:
    db.session.rollback()
    return order_counts.latest(order_id)


def test_a_correction_is_a_new_edition_and_the_first_stays(ordering: Ordering) -> None:
    order, commune = ordering.begun(), ordering.stage.land.commune
    ordering.report(order, Entry(commune, "1.200", "1000", "300000"))
    ordering.report(orders.get(order.id), Entry(commune, "1250", "1100", "312500", seen=1))
    assert kept(order.id) == {commune: Known(2, 1250, 1100, 312500)}
    rows = select(OrderCount.edition, OrderCount.sent).order_by(OrderCount.edition)
    assert db.session.execute(rows).all() == [(1, 1200), (2, 1250)]
    assert order_counts.totals([order.id])[order.id].sent == 1250
    who = {report.reported_by_id for report in order_counts.reports(order.id)}
    assert who == {ordering.liaison.id}


def test_the_same_counts_again_are_one_report(ordering: Ordering) -> None:
    order, commune = ordering.begun(), ordering.stage.land.commune
    for _click in range(2):
        (answer,) = ordering.report(orders.get(order.id), Entry(commune, "1200", seen=0))
        assert isinstance(answer, Taken)
    assert db.session.scalar(select(func.count(OrderReport.id))) == 1


@pytest.mark.parametrize(
    ("sent", "delivered", "cost", "field", "wrong"),
    [
        ("-5", "", "", "sent", "below zero"),
        ("một nghìn", "", "", "sent", "not a whole number"),
        ("12.5", "", "", "sent", "not a whole number"),
        ("", "10", "", "sent", "how many were sent"),
        ("100", "101", "", "delivered", "More arrived"),
        ("100", "x", "", "delivered", "not a whole number"),
        ("100", "", "-1", "cost", "below zero"),
        ("99999999999", "", "", "sent", "more than there are people"),
    ],
)
def test_impossible_counts_are_refused_at_their_field(
    ordering: Ordering, sent: str, delivered: str, cost: str, field: str, wrong: str
) -> None:
    order, land = ordering.begun(), ordering.stage.land
    bad = Entry(land.commune, sent, delivered, cost)
    refused, good = ordering.report(order, bad, Entry(land.other_commune, "7"))
    assert isinstance(refused, Refused)
    assert refused.field == field
    assert wrong in refused.sentence
    assert isinstance(good, Taken)  # what is refused keeps nothing else out
    assert set(kept(order.id)) == {land.other_commune}


def test_more_than_three_times_the_people_is_asked_about(ordering: Ordering) -> None:
    order, commune = ordering.begun(), ordering.stage.land.commune
    (taken,) = ordering.report(order, Entry(commune, "30000"))
    assert isinstance(taken, Taken)
    (asked,) = ordering.report(orders.get(order.id), Entry(commune, "30001", reason="hai sim"))
    assert isinstance(asked, Doubtful)
    assert (asked.field, asked.sent) == ("reason", 30001)
    answer = Entry(commune, "30001", reason="hai sim", asked="30001")
    (taken,) = ordering.report(orders.get(order.id), answer)
    assert isinstance(taken, Taken)
    assert kept(order.id)[commune].sent == 30001


def test_a_figure_is_corrected_and_never_taken_away(ordering: Ordering) -> None:
    order, commune = ordering.begun(), ordering.stage.land.commune
    ordering.report(order, Entry(commune, "100", "90", "5000"))
    for entry, field in (
        (Entry(commune, ""), "sent"),
        (Entry(commune, "100", "", "5000"), "delivered"),
        (Entry(commune, "100", "90", ""), "cost"),
    ):
        (refused,) = ordering.report(orders.get(order.id), entry)
        assert isinstance(refused, Refused)
        assert refused.field == field
    assert kept(order.id)[commune].edition == 1


def test_a_page_that_was_open_meanwhile_overwrites_nothing(ordering: Ordering) -> None:
    order, commune = ordering.begun(), ordering.stage.land.commune
    ordering.report(order, Entry(commune, "100", seen=0))
    (refused,) = ordering.report(orders.get(order.id), Entry(commune, "200", seen=0))
    assert isinstance(refused, Refused)
    assert "Meanwhile somebody reported 100" in refused.sentence
    assert kept(order.id)[commune].sent == 100


def test_another_order_s_area_is_refused(ordering: Ordering) -> None:
    order = ordering.begun()
    (refused,) = ordering.report(order, Entry(ordering.stage.land.next_district, "5"))
    assert isinstance(refused, Refused)
    assert refused.field == "area"


def test_counts_come_once_the_carrier_has_begun(ordering: Ordering) -> None:
    order, commune = ordering.opened(), ordering.stage.land.commune
    with pytest.raises(Refused, match="accepted the order") as refused:
        ordering.report(order, Entry(commune, "5"))
    assert refused.value.field == "state"
    orders.accept(order, order.campaign.digest or "", ordering.liaison.id)
    ordering.report(orders.get(order.id), Entry(commune, "5"))
    assert orders.get(order.id).state is OrderState.STARTED  # who counts has begun
    life.cancel(life.get(order.campaign_id), None)
    ordering.report(orders.get(order.id), Entry(commune, "8"))
    assert orders.get(order.id).state is OrderState.WITHDRAWN
    assert kept(order.id)[commune].sent == 8


def test_an_order_without_counts_has_no_total(ordering: Ordering) -> None:
    assert order_counts.totals([ordering.begun().id]) == {}
    assert order_counts.totals([]) == {}


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def take(ordering: Ordering, order_id: int, path: Path) -> OrderReport:
    db.session.rollback()
    return order_files.take(path, path.name, orders.get(order_id), ordering.liaison.id)


def test_good_rows_of_a_file_are_taken_and_bad_ones_given_back(
    ordering: Ordering, tmp_path: Path
) -> None:
    order, land = ordering.begun(), ordering.stage.land
    path = write(
        tmp_path / "vnpt.csv",
        "Số liệu của VNPT,,,,\n"
        "Xã,Số tin đã gửi,Đã đến máy,Thành tiền,Ghi chú\n"
        "Long Khánh A,1.200,1100,300000,\n"
        "Long Thuận,99999,,,\n"
        "Xã Không Có,5,,,\n"
        ",5,,,\n"
        "Tân Hồng,5,,,\n",
    )
    made = take(ordering, order.id, path)
    assert (made.added, made.corrected, made.unchanged, made.rejected) == (1, 0, 0, 4)
    assert kept(order.id) == {land.commune: Known(1, 1200, 1100, 300000)}
    told = [(r.row, r.column, r.value, r.code) for r in made.rejects]
    assert told == [
        (4, "Số tin đã gửi", "99999", "doubtful"),
        (5, "Xã", "Xã Không Có", "unknown_area"),
        (6, "Xã", "", "no_area"),
        (7, "Xã", "Tân Hồng", "outside"),
    ]
    assert "reason" in made.rejects[0].sentence
    again = take(ordering, order.id, path)
    assert (again.added, again.corrected, again.unchanged, again.rejected) == (0, 0, 1, 4)


def test_a_file_s_own_reason_answers_for_its_number(ordering: Ordering, tmp_path: Path) -> None:
    order = ordering.begun()
    path = write(tmp_path / "a.csv", "area,sent,reason\n29983,99.999,gửi hai đợt\n")
    assert take(ordering, order.id, path).added == 1


def test_the_same_area_twice_is_given_back_whole(ordering: Ordering, tmp_path: Path) -> None:
    order = ordering.begun()
    path = write(tmp_path / "a.csv", "area,sent\n29971,5\nLong Khánh A,7\n29983,9\n")
    made = take(ordering, order.id, path)
    assert [(r.row, r.code) for r in made.rejects] == [(2, "twice"), (3, "twice")]
    assert set(kept(order.id)) == {ordering.stage.land.other_commune}


def test_the_order_s_own_file_comes_back_as_a_workbook(ordering: Ordering, tmp_path: Path) -> None:
    order = ordering.begun()
    path = tmp_path / "order.csv"
    with path.open("wb") as file:
        order_files.write_texts(file, order_showing.texts(order))
    raw = path.read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    lines = [line.split(",") for line in raw.decode("utf-8-sig").splitlines()]
    assert lines[0] == ["area code", "area name", "text", "segments"]
    assert lines[1][:3] == [
        "29971",
        "Xã Long Khánh A",
        "Kinh gui ba con xa Long Khanh A: cai Bluezone tai https://bluezone.gov.vn/taiapp",
    ]
    book = openpyxl.Workbook()
    for number, line in enumerate(lines):
        book.active.append([*line, "sent" if number == 0 else 100 * number])
    book.save(tmp_path / "counts.xlsx")
    made = take(ordering, order.id, tmp_path / "counts.xlsx")
    assert (made.added, made.rejected) == (2, 0)
    assert [known.sent for known in kept(order.id).values()] == [100, 200]


def test_each_wording_s_row_counts_to_its_area(ordering: Ordering, tmp_path: Path) -> None:
    both = {"vi": "Mời bà con {xa} cài {link}", "b": "Mời cài {link}"}
    order, land = ordering.begun(wording=both), ordering.stage.land
    path = tmp_path / "order.csv"
    with path.open("wb") as file:
        order_files.write_texts(file, order_showing.texts(order))
    head, *lines = path.read_text(encoding="utf-8-sig").splitlines()
    assert head == "area code,area name,text,segments,wording"
    assert [(line.split(",")[0], line.split(",")[-1]) for line in lines] == [
        *(("29971", "b"), ("29971", "vi"), ("29983", "b"), ("29983", "vi")),
    ]
    counts = ["600,590,9000", "400,380,6000", "300,290,5000", "200,,4000"]
    rows = [f"{line},{count}" for line, count in zip(lines, counts, strict=True)]
    made = take(
        ordering,
        order.id,
        write(tmp_path / "a.csv", "\n".join([f"{head},sent,delivered,cost", *rows])),
    )
    assert (made.added, made.rejected) == (2, 0)
    assert kept(order.id) == {
        land.commune: Known(1, 1000, 970, 15000),
        land.other_commune: Known(1, 500, None, 9000),
    }


def test_a_wording_twice_or_a_figure_that_is_none_is_given_back(
    ordering: Ordering, tmp_path: Path
) -> None:
    order = ordering.begun()
    path = write(
        tmp_path / "a.csv", "area,wording,sent\n29971,b,5\n29971,b,7\n29983,b,9\n29983,vi,x\n"
    )
    made = take(ordering, order.id, path)
    assert [(r.row, r.code, r.value) for r in made.rejects] == [
        *((2, "twice", "5"), (3, "twice", "7"), (4, "refused", "x")),
    ]
    assert kept(order.id) == {}


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("", "empty"),
        ("area,installs\n29971,5\n", "No column was recognised as sent"),
        ("sent,delivered\n5,5\n", "no column of areas"),
        ("%PDF-1.4 x", "document or a web page"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_whole(
    ordering: Ordering, tmp_path: Path, text: str, wrong: str
) -> None:
    order = ordering.begun()
    with pytest.raises(Refused, match=wrong):
        take(ordering, order.id, write(tmp_path / "a.csv", text))
    assert kept(order.id) == {}
