"""Two carriers' lists of invented subscribers, as messy as real ones.

Numbers, names and rows are invented at random from a fixed seed and marked so in the files' names,
in PURPOSE and in SOURCE. Nobody's list was used. What is true to life is the shape: communes in
proportion to their census, the prefix plan of 2020, and the spellings lists come in.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Final

from outreach.example.letters import AREAS_FILE
from outreach.prefix_plan import OLD_PREFIXES, PLAN
from outreach.text import strip_marks

DISTRICT: Final = "870"
PURPOSE: Final = "Dữ liệu ví dụ: số hư cấu"
SOURCE: Final = "Sinh ngẫu nhiên cho ví dụ, không phải thuê bao thật"
SHARES: Final = {"viettel": 48, "vinaphone": 32, "mobifone": 15, "vietnamobile": 5}
"""Roughly how the networks share the market, in percent; an assumption of the example."""
HEADINGS: Final = {
    "viettel": ("STT", "Số điện thoại", "Họ tên", "Địa chỉ", "Nhóm"),
    "vinaphone": ("MSISDN", "Xã", "Ho ten", "Doi tuong"),
}
BOTH_LISTS: Final = 0.03
TWICE: Final = 0.01
_FAMILY = [
    "Nguyễn",
    "Trần",
    "Lê",
    "Phạm",
    "Huỳnh",
    "Võ",
    "Phan",
    "Trương",
    "Bùi",
    "Đặng",
    "Đỗ",
    "Ngô",
    "Hồ",
    "Dương",
    "Lý",
]
_MIDDLE = ["Văn", "Thị", "Hữu", "Ngọc", "Minh", "Thanh", "Hoàng", "Kim", "Thành", "Phước"]
_GIVEN = [
    "An",
    "Bình",
    "Châu",
    "Dũng",
    "Giang",
    "Hạnh",
    "Khánh",
    "Lan",
    "Mai",
    "Nam",
    "Oanh",
    "Phúc",
    "Quân",
    "Sơn",
    "Thảo",
    "Út",
    "Vân",
    "Yến",
]
_HAMLETS = ["Long Hòa", "Long Thới", "An Lạc", "Phú Lợi", "Trung Tâm", "1", "2", "3"]


@dataclass(frozen=True)
class Commune:
    """A commune of the example."""

    code: str
    name: str
    population: int


@dataclass(frozen=True)
class ListFile:
    """A written list: its file, the network whose carrier would own it, its rows."""

    path: Path
    network: str
    rows: int


@dataclass(frozen=True)
class Person:
    """An invented subscriber: nine digits after +84, who and where."""

    national: str
    name: str
    commune: Commune
    official: bool


def communes() -> list[Commune]:
    """The district's communes with their census."""
    with AREAS_FILE.open(encoding="utf-8", newline="") as file:
        return [
            Commune(row["code"], row["name"], int(row["population"]))
            for row in csv.DictReader(file)
            if row["parent_code"] == DISTRICT
        ]


def write_lists(folder: Path, count: int = 20_000, seed: int = 870) -> list[ListFile]:
    """Write a CSV (UTF-8 with BOM) and an XLSX of `count` invented people in all, some on both.

    Equal `count` and `seed` give equal rows. About one row in a hundred cannot be used: landlines,
    shortened numbers, two numbers in a cell, unknown areas.
    """
    dice = random.Random(seed)
    people = _people(dice, count)
    rows: dict[str, list[list[object]]] = {network: [] for network in HEADINGS}
    for network, person in people:
        # The other networks' people came with their number to one of the two carriers.
        own = network if network in rows else dice.choice(list(rows))
        lists = list(rows) if dice.random() < BOTH_LISTS else [own]
        for name in lists:
            rows[name].extend(_rows(dice, name, person))
    for listed in rows.values():
        listed.extend(_hopeless(dice, len(listed) // 200, listed))
        dice.shuffle(listed)
    return [
        _write_csv(folder / "thue-bao-viettel-so-hu-cau.csv", "viettel", rows["viettel"]),
        _write_xlsx(folder / "thue-bao-vnpt-so-hu-cau.xlsx", "vinaphone", rows["vinaphone"]),
    ]


def opted_out(count: int = 20_000, seed: int = 870, share: float = 0.004) -> list[str]:
    """Numbers (E.164) of people of the same lists who refused: a few in a thousand."""
    people = _people(random.Random(seed), count)
    return ["+84" + people[i][1].national for i in range(0, count, max(1, round(1 / share)))]


def _people(dice: random.Random, count: int) -> list[tuple[str, Person]]:
    places = communes()
    weights = list(accumulate(commune.population for commune in places))
    networks, shares = list(SHARES), list(accumulate(SHARES.values()))
    prefixes = {n: [row.digits for row in PLAN if row.network == n] for n in networks}
    taken: set[str] = set()
    people: list[tuple[str, Person]] = []
    while len(people) < count:
        network = dice.choices(networks, cum_weights=shares)[0]
        national = f"{dice.choice(prefixes[network])}{dice.randrange(10_000_000):07}"
        if national in taken:
            continue
        taken.add(national)
        commune = dice.choices(places, cum_weights=weights)[0]
        name = f"{dice.choice(_FAMILY)} {dice.choice(_MIDDLE)} {dice.choice(_GIVEN)}"
        people.append((network, Person(national, name, commune, dice.random() < 0.03)))
    return people


def _rows(dice: random.Random, network: str, person: Person) -> Iterator[list[object]]:
    for _ in range(2 if dice.random() < TWICE else 1):
        phone = dice.choices(_SPELLINGS, cum_weights=_SPELLING_WEIGHTS)[0](person.national)
        yield _row(network, phone, person, _area(dice, person.commune))


def _row(network: str, phone: object, person: Person, area: str) -> list[object]:
    if network == "viettel":
        group = "cán bộ" if person.official else ""
        return [None, phone, person.name, area, group]
    group = "can bo" if person.official else "nguoi dan"
    if phone == person.national:  # a spreadsheet that dropped the zero keeps a number, not text
        phone = int(person.national)
    return [phone, area, strip_marks(person.name).upper(), group]


def _area(dice: random.Random, commune: Commune) -> str:
    """The commune as people write it."""
    name = commune.name
    short = name.replace("Thị trấn ", "TT. ").replace("Xã ", dice.choice(["", "x. ", "X."]))
    return dice.choice(
        [
            name,
            name.lower(),
            strip_marks(name),
            strip_marks(short).upper(),
            short,
            commune.code,
            f"{short}, Hồng Ngự",
            f"{strip_marks(name)} - Hong Ngu - Dong Thap",
            f"ấp {dice.choice(_HAMLETS)}, {name}, huyện Hồng Ngự, Đồng Tháp",
            f"{name}, H. Hồng Ngự, tỉnh Đồng Tháp",
        ]
    )


def _old(national: str) -> str:
    """The number as it was before 15 September 2018, with 11 digits, where it was such a one."""
    for old, new in OLD_PREFIXES.items():
        if national.startswith(new):
            return f"0{old}{national[2:]}"
    return f"0{national}"


def _letter_o(national: str) -> str:
    head, rest = national[:4], national[4:]
    return "O" + head + rest.replace("0", "O", 1)


_WAYS: Final[Sequence[tuple[int, Callable[[str], object]]]] = (
    (380, lambda n: f"0{n}"),
    (120, lambda n: f"84{n}"),
    (90, lambda n: f"+84{n}"),
    (90, lambda n: n),  # the spreadsheet dropped the zero
    (60, lambda n: f"0{n[:2]} {n[2:5]} {n[5:]}"),
    (50, lambda n: f"0{n[:3]}.{n[3:6]}.{n[6:]}"),
    (40, lambda n: f"0{n[:3]}-{n[3:6]}-{n[6:]}"),
    (30, lambda n: f"(+84) {n[:2]} {n[2:]}"),
    (25, lambda n: f"0084{n}"),
    (25, lambda n: f"84 0{n}"),
    (25, lambda n: f"0{n[:3]}\u00a0{n[3:6]}\u00a0{n[6:]}"),
    (20, lambda n: f"{n}.0"),
    (15, lambda n: f"'0{n}"),
    (10, lambda n: f"0{n[:5]}\u200b{n[5:]}"),
    (10, lambda n: f"0{n}".translate({ord("0") + i: 0xFF10 + i for i in range(10)})),
    (30, _old),
    (10, _letter_o),
)
_SPELLINGS: Final = [way for _, way in _WAYS]
_SPELLING_WEIGHTS: Final = list(accumulate(weight for weight, _ in _WAYS))


def _hopeless(dice: random.Random, count: int, rows: list[list[object]]) -> Iterator[list[object]]:
    """Rows that must come back: copies of good ones, spoilt."""
    place = 1 if len(rows[0]) == len(HEADINGS["viettel"]) else 0
    phones: tuple[object, ...] = (
        "02773 837 000",
        "1800 0000",
        "9.12346E+08",
        "0912 000",
        "0912000000 / 0981000000",
        "không có",
        "",
    )
    for number in range(count):
        row = list(dice.choice(rows))
        if number % 4:
            row[place] = phones[number % len(phones)]
        else:
            row[-2 if place else 1] = dice.choice(["Xã Long Khánh", "Hồng Ngự cũ", "?"])
        yield row


def _write_csv(path: Path, network: str, rows: list[list[object]]) -> ListFile:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADINGS[network])
        writer.writerows([number, *row[1:]] for number, row in enumerate(rows, start=1))
    return ListFile(path, network, len(rows))


def _write_xlsx(path: Path, network: str, rows: list[list[object]]) -> ListFile:
    # Here, since it takes a fifth of a second to load and every process loads this module.
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet("Thuê bao (hư cấu)")
    sheet.append(HEADINGS[network])
    for row in rows:
        sheet.append(row)
    book.save(path)
    return ListFile(path, network, len(rows))
