"""The annex of a report as a workbook: numbers as numbers, and a sheet that says what they are."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Final

from campaigns.reports import editions, wording
from campaigns.reports.facts import Facts
from outreach import clock, rates, workbooks
from outreach.rates import Punctuality
from outreach.workbooks import (
    DAY,
    MOMENT,
    SHARE,
    SHARE_AT_LEAST,
    WHOLE,
    WHOLE_AT_LEAST,
    Cell,
    add_sheet,
)

FIGURES: Final = (
    "Xếp hạng",
    "Mã",
    "Đơn vị",
    "Mẫu số",
    "Đã cài",
    "Tỷ lệ",
    "Tăng, giảm",
    "So với ngày",
    "Số liệu lúc",
    "Báo cáo",
    "Số xã có số liệu",
    "Số xã",
    "Số chuyển từ đơn vị cũ",
)
WIDTHS: Final = (9, 9, 30, 12, 13, 11, 12, 11, 16, 14, 11, 9, 34)
SENT: Final = ("Đợt nhắn tin", "Cách gửi", "Từ ngày", "Mã", "Đơn vị", "Tin đã gửi", "Đã đến máy")
SIGNED: Final = "+#,##0;-#,##0;0"


def write(facts: Facts) -> bytes:
    """The whole workbook."""
    book = workbooks.new()
    for app in facts["figures"]["apps"]:
        rows = map(_figures, [*app["rows"], app["total"]])
        add_sheet(book, app["code"], FIGURES, rows, widths=WIDTHS)
    if beside := [*_of_schools(facts)]:
        add_sheet(book, "Trường học", ("Ứng dụng", *FIGURES), beside, widths=(14, *WIDTHS))
    add_sheet(book, "Nhắn tin", SENT, _sent(facts["figures"]["sent"]), widths=(40, 24, 12, 10, 30))
    add_sheet(book, "Ghi chú", ("Nội dung", "Giá trị"), _notes(facts), widths=(34, 90))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _figures(row: Facts) -> list[Cell]:
    return [
        (row["rank"], WHOLE),
        (row["code"], ""),
        (row["name"], ""),
        (row["of"], WHOLE),
        (row["installs"], WHOLE_AT_LEAST if row.get("short") else WHOLE),
        (rates.share(row["installs"], row["of"]), SHARE_AT_LEAST if row.get("short") else SHARE),
        (row["change"], SIGNED),
        (None if row["since"] is None else date.fromisoformat(row["since"]), DAY),
        (_moment(row["as_of"]), MOMENT),
        (wording.REPORTED[Punctuality(row["punctuality"])], ""),
        (row["counted"], WHOLE),
        (row["parts"], WHOLE),
        (wording.carried(row), ""),
    ]


def _of_schools(facts: Facts) -> Iterator[list[Cell]]:
    """On a sheet of their own: they are in no sum."""
    for app in facts["figures"]["apps"]:
        for row in wording.schools_of(app):
            yield [(app["name"], ""), *_figures(row)]


def _sent(sent: Sequence[Facts]) -> Iterator[list[Cell]]:
    for each in sent:
        way = f"{each['carrier']} tự gửi" if each["by_order"] else "Gửi qua hệ thống"
        said: list[Cell] = [(each["name"], ""), (way, "")]
        said.append((date.fromisoformat(each["day"]), DAY))
        for area in (*each["areas"], {"code": "", "name": "Toàn địa bàn"} | _counts(each)):
            yield [
                *said,
                (area["code"], ""),
                (area["name"], ""),
                (area["messaged"], WHOLE),
                (area["delivered"], WHOLE_AT_LEAST if area["untold"] else WHOLE),
            ]


def _counts(each: Facts) -> Facts:
    return {name: each[name] for name in ("messaged", "delivered", "untold")}


def _notes(facts: Facts) -> Iterator[list[Cell]]:
    yield [("Địa bàn", ""), (facts["area"]["name"], "")]
    yield [("Ngày báo cáo", ""), (date.fromisoformat(facts["day"]), DAY)]
    yield [("Lần phát hành", ""), (facts["edition"], WHOLE)]
    yield [("Phát hành lúc", ""), (_moment(facts["issued_at"]), MOMENT)]
    yield [("Mã nội dung (SHA-256)", ""), (editions.digest_of(editions.canonical(facts)), "")]
    for app in facts["figures"]["apps"]:
        yield [(f"{app['name']}: số được tính", ""), (wording.UNITS[app["counts"]], "")]
        yield [(f"{app['name']}: mẫu số", ""), (wording.SHARE_OF[app["denominator"]], "")]
        if counted := wording.counted(app):
            yield [(f"{app['name']}: nguồn của mẫu số", ""), (counted, "")]
    yield [
        ("Số tin", ""),
        (
            "Lũy kế của từng đợt đến lúc phát hành; ô trống: nhà mạng không báo bao nhiêu đã đến;"
            " “≥”: nhà mạng chỉ báo một phần.",
            "",
        ),
    ]
    for name, what in (("Số hộ đã đến trong ngày", "households"), ("Số người được giúp", "helped")):
        yield [(name, ""), ((facts["figures"].get("visits") or {}).get(what), WHOLE)]
    for each in wording.context(facts)["noi_dung_sua_doi"]:
        yield [("Sửa đổi so với bản trước", ""), (each, "")]


def _moment(written: str | None) -> datetime | None:
    """A cell's time has no zone: Vietnam's."""
    if written is None:
        return None
    return clock.local(clock.parse_moment(written)).replace(tzinfo=None)
