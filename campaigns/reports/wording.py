"""The report in the words of the official form (Decree 30/2020): Vietnamese, whoever reads it.

`context` makes of the frozen facts what both forms are filled with, the office's DOCX and the PDF:
texts and cells that are ready to stand there. Its names are those that an office's own form uses
(docs/reports.md). Numbers and rates are written `1.234` and `5,05%`; a day that stands in the form
has a leading 0 under 10, a month for January and February.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, Final

from campaigns.reports.facts import Facts
from outreach import clock, formats, rates, uptake
from outreach.rates import Punctuality

BLANK: Final = "        "
"""Where the clerk writes the number by hand."""
BESIDE: Final = (
    "Các trường học báo cáo riêng; số của trường không cộng vào số của xã, vì người của trường đã"
    " được tính ở nơi cư trú."
)
UNITS: Final = {
    "numbers": "số điện thoại cài đặt",
    "users": "người dùng",
    "devices": "thiết bị cài đặt",
    "downloads": "lượt tải",
}
PEOPLE: Final = {"population": "người", "smartphone_users": "người dùng điện thoại thông minh"}
SHARE_OF: Final = {"population": "dân số", "smartphone_users": "người dùng điện thoại thông minh"}
REPORTED: Final = {
    Punctuality.ON_TIME: "Đúng hạn",
    Punctuality.LATE: "Muộn",
    Punctuality.UNKNOWN: "Có số liệu",
    Punctuality.WAITING: "Chưa đến hạn",
    Punctuality.MISSING: "Chưa báo cáo",
}
WHAT_CHANGED: Final = {
    "installs": "số cài đặt",
    "of": "mẫu số",
    "punctuality": "tình trạng báo cáo",
    "target": "mục tiêu",
    "messaged": "số tin đã gửi",
    "delivered": "số tin đã đến máy",
    "households": "số hộ đã đến",
    "helped": "số người được giúp cài đặt",
}


def signed_day(day: date) -> str:
    """A day as the form writes it: “ngày 05 tháng 02 năm 2020”, “ngày 20 tháng 8 năm 2020”."""
    month = f"{day.month:02}" if day.month <= 2 else str(day.month)
    return f"ngày {day.day:02} tháng {month} năm {day.year}"


def signed_hour(moment: datetime) -> str:
    """An hour as the form writes it: “15 giờ 00 phút”."""
    return f"{clock.local(moment):%H giờ %M phút}"


def number(value: float | None) -> str:
    """`6.090`; — for none."""
    return formats.number(value, language="vi")


def percent(installs: int | None, of: int | None) -> str:
    """`5,05%`; — where there is no rate."""
    return formats.percent(rates.share(installs, of), language="vi")


def context(facts: Facts) -> dict[str, Any]:
    """Everything a form may name."""
    head, figures = facts["head"], facts["figures"]
    day = date.fromisoformat(facts["day"])
    apps = [_app(each, facts["area"]["said"], _due(figures, day)) for each in figures["apps"]]
    return {
        "co_quan_cap_tren": head["superior"],
        "co_quan": head["agency"],
        "so": _padded(head["number"]),
        "ky_hieu": head["symbol"],
        "dia_danh": head["place"],
        "ngay_ky": signed_day(_local_day(facts["issued_at"])),
        "ngay": signed_day(day),
        "dia_ban": facts["area"]["said"],
        "trich_yeu": f"Kết quả triển khai cài đặt ứng dụng {_listed(a['ten'] for a in apps)}"
        f" {signed_day(day)}",
        "sua_doi": _replaces(facts),
        "noi_dung_sua_doi": [_changed(each) for each in facts["changes"]],
        "kinh_gui": head["addressed"],
        "ung_dung": apps,
        "nhan_tin": _sent_summary(figures["sent"]) + _visited(figures.get("visits")),
        "chien_dich": [_sending(each) for each in figures["sent"]],
        "theo_dia_ban": _sent_by_area(figures["sent"]),
        "nhan_xet": facts["remarks"],
        "ket": f"Trên đây là báo cáo kết quả triển khai cài đặt ứng dụng {signed_day(day)}"
        f" trên địa bàn {facts['area']['said']}./.",
        "noi_nhan": head["recipients"],
        "chuc_vu": head["signer_title"],
        "nguoi_ky": head["signer"],
    }


def _padded(written: str) -> str:
    """The document's number; one below 10 has a 0 in front."""
    return written.zfill(2) if written else BLANK


def _local_day(moment: str) -> date:
    return clock.local(clock.parse_moment(moment)).date()


def _listed(names: Iterable[str]) -> str:
    every = list(names)
    return every[0] if len(every) == 1 else f"{', '.join(every[:-1])} và {every[-1]}"


def _replaces(facts: Facts) -> str:
    if facts["replaces"] is None:
        return ""
    moment = clock.parse_moment(facts["replaces"])
    return (
        f"Bản sửa đổi lần {facts['edition'] - 1}, thay bản phát hành lúc {signed_hour(moment)}"
        f" {signed_day(clock.local(moment).date())}"
    )


def _changed(each: Facts) -> str:
    place = f"{each['name']}, {each['app']}" if each["app"] else each["name"]
    before, after = (changed_value(each["what"], each[side]) for side in ("before", "after"))
    return f"{place}: {WHAT_CHANGED[each['what']]} {before} → {after}"


def changed_value(what: str, value: Any) -> str:
    """A figure before or after a correction."""
    if what == "punctuality":
        return REPORTED[Punctuality(value)].lower()
    if what == "target":
        return "chưa có" if value is None else _wanted(value)
    return number(value)


def _due(figures: Facts, day: date) -> str:
    """The hour by which communes were to report. Editions from before it was kept say the hour that
    is set today."""
    kept = figures.get("due")
    return signed_hour(clock.parse_moment(kept) if kept else uptake.deadline(day))


def _app(app: Facts, place: str, due: str) -> dict[str, Any]:
    return {
        "ten": app["name"],
        "don_vi_tinh": UNITS[app["counts"]],
        "mau_so": SHARE_OF[app["denominator"]],
        "ket_qua": _result(app, place),
        "muc_tieu": _target(app["target"]),
        "bao_cao_muon": _late(app, due),
        "bang": [_row(number_, row) for number_, row in enumerate(app["rows"], start=1)],
        "tong": _row(0, app["total"]),
        "ghi_truong_hoc": BESIDE,
        "truong_hoc": [_row(place, row) for place, row in enumerate(schools_of(app), start=1)],
    }


def schools_of(app: Facts) -> Sequence[Facts]:
    """The schools' rows. Editions from before schools reported have none."""
    rows: Sequence[Facts] = app.get("schools", ())
    return rows


def _result(app: Facts, place: str) -> str:
    """The sentence of the letters: so many, at which rate, of how many, up to when."""
    total = app["total"]
    if total["installs"] is None:
        return f"Chưa có số liệu cài đặt ứng dụng {app['name']} trên địa bàn {place}."
    as_of = clock.parse_moment(total["as_of"])
    up_to = f"Tính đến {signed_hour(as_of)} {signed_day(clock.local(as_of).date())}"
    said = (
        f"{up_to}, {place} có {at_least(total, number(total['installs']))} {UNITS[app['counts']]}"
        f" ứng dụng {app['name']}"
    )
    if total["of"]:
        rate = at_least(total, percent(total["installs"], total["of"]))
        of = f"{number(total['installs'])}/{number(total['of'])} {PEOPLE[app['denominator']]}"
        said += f", đạt tỷ lệ {rate} ({of})"
    return f"{said}{_risen(total)}.{_partly(total)}{_after(counted(app))}"


def counted(app: Facts) -> str:
    """Where the denominator is from, and whether it is another than the day before. Editions from
    before this was kept do not say it."""
    said, by = [], app.get("counted")
    if app["total"]["of"] and by and by["source"]:
        letter = f" ({by['letter']})" if by["letter"] else ""
        on = f", số liệu ngày {_day(by['day'])}" if by["day"] else ""
        said.append(f"Mẫu số theo {by['source']}{letter}{on}.")
    said += [
        f"Từ ngày {_day(each['since'])} mẫu số là {number(each['after'])} (trước đó"
        f" {number(each['before'])}); phần thay đổi của tỷ lệ do mẫu số không phải là số cài mới."
        for each in app.get("recounted", ())
    ]
    return " ".join(said)


def _day(written: str) -> str:
    return formats.day(date.fromisoformat(written), language="vi")


def _after(sentence: str) -> str:
    return f" {sentence}" if sentence else ""


def _risen(row: Facts) -> str:
    if row["change"] is None or row["since"] is None:
        return ""
    since = formats.day(date.fromisoformat(row["since"]), language="vi")
    if not row["change"]:
        return f", không thay đổi so với ngày {since}"
    way = "tăng" if row["change"] > 0 else "giảm"
    return f", {way} {number(abs(row['change']))} so với ngày {since}"


def _partly(total: Facts) -> str:
    """Which part of the communes a sum is of."""
    if total.get("carried"):
        return f" {carried(total)}."
    if total["own"]:
        return ""
    of = number(total["parts"])
    if total["counted"] < total["parts"]:
        return f" Mới có số liệu của {number(total['counted'])}/{of} xã, phường, thị trấn."
    return (
        f" Số liệu tổng hợp từ {of} xã, phường, thị trấn, trong đó {number(total['fresh'])}"
        " đã báo cáo trong ngày."
    )


def carried(row: Facts) -> str:
    """Of what a figure is the sum that was carried over; "" where it is the area's own. Editions
    from before this was kept say nothing of it."""
    by = row.get("carried")
    if not by:
        return ""
    said = f"Đến hết ngày {_day(by['until'])} là số cộng của {number(by['parts'])} đơn vị cũ"
    if by["counted"] < by["parts"]:
        said += f", ít nhất: mới rõ số của {number(by['counted'])}"
    return said


def at_least(row: Facts, written: str) -> str:
    """A number or rate, with its mark where something of it is not known."""
    return f"≥ {written}" if row.get("short") and written != formats.NOTHING else written


def _wanted(target: Facts) -> str:
    share = formats.percent(target["share"] / 100_00, 2, language="vi").replace(",00%", "%")
    group = target["group"] or SHARE_OF[target["denominator"]]
    deadline = formats.day(date.fromisoformat(target["deadline"]), language="vi")
    return f"{share} {group} đến ngày {deadline}"


def _target(target: Facts | None) -> str:
    if target is None:
        return "Chưa có mục tiêu được giao."
    whose = f" của {target['area']}" if target["area"] else ""
    letter = f" (theo {target['letter']})" if target["letter"] else ""
    said = f"Mục tiêu{whose}: {_wanted(target)}{letter}."
    if target["gap"] is None:
        return said
    if target["gap"] == 0:
        return f"{said} Đã đạt mục tiêu."
    if target["needed"] is None:
        return f"{said} Đã đến hạn, còn thiếu {number(target['gap'])}."
    said += (
        f" Còn thiếu {number(target['gap'])}; trong {number(target['days'])} ngày còn lại cần thêm"
        f" {number(target['needed'])} mỗi ngày"
    )
    if target["pace"] is None:
        return f"{said}."
    return f"{said}, 7 ngày qua bình quân {number(target['pace'])} mỗi ngày."


def _late(app: Facts, by: str) -> str:
    """Who has sent nothing, and who sent late."""
    rows: Sequence[Facts] = [*(app["rows"] or [app["total"]]), *schools_of(app)]
    missing = [_late_name(r) for r in rows if r["punctuality"] == Punctuality.MISSING]
    late = [_late_name(r) for r in rows if r["punctuality"] == Punctuality.LATE]
    awaited = sum(r["punctuality"] == Punctuality.WAITING for r in rows)
    said = []
    if missing:
        said.append(f"Đến {by} chưa có số liệu trong ngày ({len(missing)}): {', '.join(missing)}.")
    if late:
        said.append(f"Báo cáo sau {by} ({len(late)}): {', '.join(late)}.")
    if awaited:
        said.append(f"Chưa đến hạn {by}, đang chờ số liệu của {awaited} đơn vị.")
    return " ".join(said) or f"Không có đơn vị nào báo cáo muộn so với hạn {by}."


def _late_name(row: Facts) -> str:
    """Of a sum, in how many of its communes."""
    name = str(row["name"])
    return name if row["own"] else f"{name} ({number(row['late'])}/{number(row['parts'])} xã)"


def _row(place: int, row: Facts) -> dict[str, str]:
    """An area's row of the table; of a sum, how many of its communes sent a figure of the day."""
    fresh = f"{number(row['fresh'])}/{number(row['parts'])} xã"
    as_of = None if row["as_of"] is None else clock.parse_moment(row["as_of"])
    return {
        "tt": str(place) if place else "",
        "ten": row["name"],
        "dan_so": number(row["of"]),
        "so_cai": at_least(row, number(row["installs"])),
        "ty_le": at_least(row, percent(row["installs"], row["of"])),
        "tang": formats.signed(row["change"], language="vi"),
        "luc": formats.NOTHING if as_of is None else f"{clock.local(as_of):%H:%M %d/%m}",
        "bao_cao": REPORTED[Punctuality(row["punctuality"])] if row["own"] else fresh,
    }


def _sent_summary(sent: Sequence[Facts]) -> str:
    if not sent:
        return "Trong ngày không có chiến dịch nhắn tin nào trên địa bàn."
    messaged = sum(each["messaged"] for each in sent)
    told = [each["delivered"] for each in sent if each["delivered"] is not None]
    arrived = f", trong đó {number(sum(told))} tin được xác nhận đã đến máy" if told else ""
    return (
        f"Trong ngày có {len(sent)} đợt nhắn tin đang thực hiện; lũy kế đến lúc lập báo cáo đã gửi"
        f" {number(messaged)} tin trên địa bàn{arrived}."
    )


def _visited(visits: Facts | None) -> str:
    """In the same paragraph, which every office's form has; nothing where nobody recorded it."""
    if visits is None:
        return ""
    return (
        f" Các tổ công tác đã đến {number(visits['households'])} hộ tại"
        f" {number(visits['communes'])} xã, phường, thị trấn, giúp {number(visits['helped'])} người"
        " cài đặt."
    )


def _sending(each: Facts) -> dict[str, str]:
    return {
        "ten": each["name"],
        "cach": f"{each['carrier']} tự gửi" if each["by_order"] else "Gửi qua hệ thống",
        "tu_ngay": formats.day(date.fromisoformat(each["day"]), language="vi"),
        "da_gui": number(each["messaged"]),
        "da_den": arrived(each["delivered"], each["untold"]),
    }


def arrived(delivered: int | None, untold: int) -> str:
    """How many came to a phone: at least so many where of some messages nobody tells."""
    return at_least({"short": untold > 0}, number(delivered))


def _sent_by_area(sent: Sequence[Facts]) -> list[dict[str, str]]:
    """All of it by area; an area where nobody says how many arrived has no number there."""
    names: dict[str, str] = {}
    messaged: dict[str, int] = defaultdict(int)
    told: dict[str, list[int]] = defaultdict(list)
    untold: dict[str, int] = defaultdict(int)
    for each in sent:
        for area in each["areas"]:
            names[area["code"]] = area["name"]
            messaged[area["code"]] += area["messaged"]
            untold[area["code"]] += area["untold"]
            if area["delivered"] is not None:
                told[area["code"]].append(area["delivered"])
    return [
        {
            "ten": name,
            "da_gui": number(messaged[code]),
            "da_den": arrived(sum(told[code]) if told[code] else None, untold[code]),
        }
        for code, name in sorted(names.items())
    ]
