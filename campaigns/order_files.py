"""Files of a broadcast order: its wording by area for the carrier's own system, and the counts that
come back (CSV or XLSX). Good rows are taken; a row that cannot be used is given back and keeps no
other out.
"""

from __future__ import annotations

import codecs
import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import BinaryIO, Final

from campaigns import order_areas, order_reporting
from campaigns.order_counts import FILENAME_LENGTH, OrderReport, Source
from campaigns.order_reporting import Doubtful, Entry
from campaigns.orders import BroadcastOrder
from outreach import clock, figures
from outreach.area_matching import AreaMatcher
from outreach.database import transaction
from outreach.errors import Refused
from outreach.i18n import _
from outreach.lists import cells, headings, reading
from outreach.lists.area_cells import AreaCells, Wrong, check_cell
from outreach.lists.headings import Vocabulary
from outreach.lists.rejects import Reject

LARGEST: Final = 10 * 1024 * 1024
"""Bytes of a file of counts: it is read while the page waits."""
FIGURES: Final = ("sent", "delivered", "cost")


def _names(*names: str) -> frozenset[str]:
    return frozenset(headings.key(name) for name in names)


_CODES: Final = _names(
    *("area code", "Mã xã", "Mã địa bàn", "Mã xã phường", "Mã phường", "Mã đơn vị", "Mã")
)
COUNTS: Final = Vocabulary(
    {
        "code": _CODES,
        "area": (
            headings.SUBSCRIBERS.known["area"]
            | _names("Đơn vị", "Tên xã", "Tên địa bàn", "area name", "Xã, thị trấn")
        )
        - _CODES,
        "sent": _names(
            *("sent", "messages", "Đã gửi", "Số tin gửi", "Số tin đã gửi", "Số tin", "Tin gửi"),
            *("Số thuê bao", "Số lượng gửi", "Số lượng"),
        ),
        "delivered": _names(
            *("delivered", "arrived", "Thành công", "Số tin thành công", "Gửi thành công"),
            *("Đã đến máy", "Đến máy", "Đã nhận", "Số tin đã đến máy"),
        ),
        "cost": _names("cost", "cost (đ)", "Chi phí", "Chi phí (đ)", "Thành tiền", "Số tiền"),
        "reason": _names("reason", "note", "Lý do", "Ghi chú"),
        "wording": _names("wording", "Lời nhắn"),
    },
    required=("sent",),
)


def write_texts(file: BinaryIO, texts: Sequence[Mapping[str, object]]) -> None:
    """Write wording by area as CSV in UTF-8 with its mark: area code, area name, text, segments; of
    several wordings also which. Texts stand exactly as approved, whatever a spreadsheet makes of
    them: they are read by the carrier's system."""
    several = len({each["variant"] for each in texts}) > 1
    file.write(codecs.BOM_UTF8)
    out = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
    writer = csv.writer(out)
    heads = [_("area code"), _("area name"), _("text"), _("segments")]
    writer.writerow([*heads, _("wording")] if several else heads)
    for each in texts:
        row = [each["code"], each["name"], each["text"], each["segments"]]
        writer.writerow([*row, each["variant"]] if several else row)
    out.detach()


def take(path: Path, filename: str, order: BroadcastOrder, actor_id: int) -> OrderReport:
    """Report the counts of the file at `path`. Raises Refused (field `file` or `map`) where the
    file cannot be read, and where nothing may be reported of the order."""
    order_reporting.refuse_unreportable(order)
    if path.stat().st_size > LARGEST:
        raise Refused(_("The file is larger than %(most)s MB.", most=LARGEST >> 20), "file")
    reader = _Reader(path, order.area_ids)
    entries, rejects = reader.entries()
    made, answers = order_reporting.report(
        order,
        [entry for _row, entry in entries],
        Source.FILE,
        actor_id,
        inside=reader.inside,
        next_at=order.next_report_at,
    )
    for (row, entry), answer in zip(entries, answers, strict=True):
        if isinstance(answer, Refused):
            rejects.append(reader.rejected(row, entry, answer))
    rejects.sort(key=lambda reject: reject.row)
    return _noted(made, order, filename, rejects, len(answers), actor_id)


def _noted(
    made: OrderReport | None,
    order: BroadcastOrder,
    filename: str,
    rejects: list[Reject],
    judged: int,
    actor_id: int,
) -> OrderReport:
    """The report with its file and what was turned away; one of its own where nothing was new."""
    with transaction() as session:
        if made is None:
            made = OrderReport(
                order_id=order.id,
                source=Source.FILE,
                reported_by_id=actor_id,
                reported_at=clock.now(),
                added=0,
                corrected=0,
            )
            session.add(made)
        made.filename = filename[-FILENAME_LENGTH:]
        refused = sum(reject.code in _JUDGED for reject in rejects)
        made.unchanged = judged - refused - made.added - made.corrected
        made.rejected = len(rejects)
        made.details = json.dumps([asdict(each) for each in rejects], ensure_ascii=False)
    return made


_REFUSED: Final = "refused"
_DOUBTFUL: Final = "doubtful"
_JUDGED: Final = frozenset({_REFUSED, _DOUBTFUL})


class _Reader:
    """Reads one file of an order's counts."""

    def __init__(self, path: Path, chosen: Sequence[int]) -> None:
        table = reading.read(path, {}, COUNTS)
        self._headings, self._rows = table.headings, table.rows
        self._columns = headings.recognise(table.headings, {}, COUNTS)
        self._by = "code" if "code" in self._columns.places else "area"
        if self._by not in self._columns.places:
            columns = ", ".join(f"“{name}”" for name in table.headings if name)
            raise Refused(
                _(
                    "The file has no column of areas. Its columns: %(columns)s. It needs area and"
                    " sent; delivered, cost and reason may be there.",
                    columns=columns,
                ),
                headings.FIELD,
            )
        self.inside = frozenset(order_areas.ids(chosen))
        self._areas = AreaCells(_matcher(chosen), self.inside)

    def entries(self) -> tuple[list[tuple[int, Entry]], list[Reject]]:
        """(row, entry) of every row that can be judged, and the other rows' rejects."""
        rejects: list[Reject] = []
        rows_of: dict[int, list[tuple[int, Entry, str]]] = {}
        for number, row in self._rows:
            try:
                entry = self._entry(row)
            except Wrong as wrong:
                rejects.append(wrong.at(number))
                continue
            said = (number, entry, self._text(row, "wording").strip())
            rows_of.setdefault(entry.area_id, []).append(said)
        found: list[tuple[int, Entry]] = []
        for rows in rows_of.values():
            numbers, entries, wordings = (list(column) for column in zip(*rows, strict=True))
            if len(rows) == 1:
                found.append((numbers[0], entries[0]))
            elif all(wordings) and len(set(wordings)) == len(wordings):
                found.append((numbers[0], _of_all_wordings(entries)))
            else:
                rejects += [self._twice(n, e, numbers) for n, e, _wording in rows]
        return found, rejects

    def _entry(self, row: Sequence[object]) -> Entry:
        area_id = self._areas.read(self._heading(self._by), self._columns.value(row, self._by))
        written = {name: self._text(row, name) for name in (*FIGURES, "reason")}
        plain = written["sent"].replace(".", "").replace(",", "").replace(" ", "")
        # A file answers no question: its reason stands beside the number it is about.
        asked = str(int(plain)) if plain.isdecimal() else ""
        return Entry(
            area_id,
            written["sent"],
            written["delivered"],
            written["cost"],
            written["reason"],
            asked=asked,
        )

    def _text(self, row: Sequence[object], name: str) -> str:
        value = self._columns.value(row, name)
        if name in self._columns.places:
            check_cell(self._heading(name), value)
        return cells.as_text(value)

    def _heading(self, meaning: str) -> str:
        place = self._columns.places.get(meaning)
        return "" if place is None else self._headings[place]

    def rejected(self, row: int, entry: Entry, refused: Refused) -> Reject:
        """A row whose counts were refused, at the column that is wrong."""
        field = "sent" if isinstance(refused, Doubtful) else (refused.field or "sent")
        value = str(getattr(entry, field, "")) if field in (*FIGURES, "reason") else ""
        sentence = refused.sentence
        if isinstance(refused, Doubtful):
            sentence = _("%(doubt)s Use a column “reason”.", doubt=sentence)
        code = _DOUBTFUL if isinstance(refused, Doubtful) else _REFUSED
        return Reject(row, self._heading(field), value, code, sentence)

    def _twice(self, row: int, entry: Entry, rows: list[int]) -> Reject:
        return Reject(
            row,
            self._heading(self._by),
            entry.sent,
            "twice",
            _(
                "The same area stands in rows %(rows)s: keep one, with the sum.",
                rows=", ".join(map(str, rows)),
            ),
        )


def _of_all_wordings(entries: Sequence[Entry]) -> Entry:
    """The counts of an area of which each wording has its row, added up. What one row leaves open
    is open for all of them; a figure that is none stands for the sum, to be refused as it is."""
    sent = _sum([each.sent for each in entries], "sent")
    return Entry(
        entries[0].area_id,
        sent,
        _sum([each.delivered for each in entries], "delivered"),
        _sum([each.cost for each in entries], "cost"),
        "; ".join(dict.fromkeys(each.reason for each in entries if each.reason)),
        asked=sent if sent.isdecimal() else "",
    )


def _sum(written: Sequence[str], name: str) -> str:
    total = 0
    for each in written:
        if not each.strip():
            return ""
        try:
            total += figures.parse(each, name)
        except Refused:
            return each
    return str(total)


def _matcher(chosen: Sequence[int]) -> AreaMatcher:
    """Names are looked for in the order's area; of several, in their list."""
    if len(chosen) == 1:
        return AreaMatcher.load(chosen[0])
    first = order_areas.of(chosen)
    return AreaMatcher.load(area_list=first[0].area_list if first else None)
