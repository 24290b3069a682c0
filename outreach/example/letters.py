"""What the five letters of August and September 2020 say: areas, apps, figures, targets, hours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

AREAS_FILE: Final = Path(__file__).with_name("areas.csv")
"""The letters' areas; the file `areas load` takes. Populations: the census of 1 April 2019, but
for Huyện Hồng Ngự the 120,514 its letter counts (its communes' census adds up to 120,571)."""


@dataclass(frozen=True)
class Letter:
    """One letter: who wrote it, its number as far as it is legible, its day or month."""

    area_code: str
    number: str
    written: str
    subject: str


@dataclass(frozen=True)
class Figure:
    """Installs of an app in an area at the end of a day, of so many people."""

    area_code: str
    app: str
    on: date
    installs: int
    of: int


@dataclass(frozen=True)
class LetterTarget:
    """A target a letter sets; `group` as in outreach.targets.add, `share` in hundredths of a
    percent."""

    area_code: str
    app: str
    share: int
    group: str
    deadline: date
    letter: str


@dataclass(frozen=True)
class LetterApp:
    """An app a letter asks people to install."""

    code: str
    name: str
    link: str
    description: str


LETTERS: Final = (
    Letter(
        "45",
        "3733/UBND-VX",
        "14/8/2020",
        "V/v đẩy mạnh công tác tuyên truyền, hướng dẫn cài đặt ứng dụng Bluezone",
    ),
    Letter(
        "870",
        "/UBND-VX",
        "8/2020",
        "Về việc triển khai thực hiện các giải pháp nhằm nâng cao tỷ lệ cài đặt, sử dụng ứng dụng"
        " Bluezone trên địa bàn Huyện",
    ),
    Letter(
        "252",
        "/UBND-VP",
        "8/2020",
        "V/v sử dụng ứng dụng Bluezone (ứng dụng truy vết) trên thiết bị di động để phòng dịch"
        " Covid-19",
    ),
    Letter("181", "/UBND-VP", "8/2020", "V/v đẩy mạnh triển khai cài đặt ứng dụng Bluezone"),
    Letter(
        "391",
        "/UBND-VHTT",
        "9/2020",
        "V/v cài đặt ứng dụng Bluezone và Smart Thanh Hóa trong công tác phòng, chống dịch"
        " covid-19 trên địa bàn huyện",
    ),
)

APPS: Final = (
    LetterApp(
        "BLUEZONE",
        "Bluezone",
        "https://bluezone.gov.vn",
        "Ứng dụng phát hiện tiếp xúc gần, cảnh báo nguy cơ lây nhiễm Covid-19",
    ),
    LetterApp(
        "NCOVI",
        "NCOVI",
        "https://ncovi.vn",
        "Khai báo y tế và cập nhật tình trạng sức khỏe của bản thân",
    ),
    LetterApp(
        "SMART-THANH-HOA",
        "Smart Thanh Hóa",
        "https://smart-thanh-hoa.example",
        "Ứng dụng của tỉnh Thanh Hóa; địa chỉ là ví dụ, không công văn nào ghi",
    ),
)
"""Thạch Thành's letter names Smart Thanh Hóa beside Bluezone, but no address to install it from."""

FIGURES: Final = (
    Figure("45", "BLUEZONE", date(2020, 8, 13), 113_999, 632_375),  # 18.03% of the people
    Figure("870", "BLUEZONE", date(2020, 8, 20), 6_090, 120_514),  # 5.05%, 12th in Đồng Tháp
)

TARGETS: Final = (
    LetterTarget("45", "BLUEZONE", 60_00, "smartphone_users", date(2020, 8, 20), "3733/UBND-VX"),
)

COMMUNES_REPORT_BY: Final = "15:00"
OFFICE_REPORTS_BY: Final = "16:30"
PROVINCE_REPORTS_BY: Final = "15:00"
