"""The league table as files: every row, numbers as numbers, and what each column means."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from itertools import takewhile
from typing import BinaryIO, Final

from outreach import area_names, areas, clock, formats, labels, league, workbooks
from outreach.area_names import Level
from outreach.areas import Area, Place
from outreach.i18n import N_, _, language
from outreach.league import Group, League, Row
from outreach.lists.rejects import harmless
from outreach.workbooks import DAY, MOMENT, SHARE, WHOLE, Cell, add_sheet

WIDTHS: Final = (22, 8, 10, 10, 28, 34, 12, 13, 11, 9, 16, 10, 10, 13, 11, 11, 12, 10, 9)
POINTS: Final = "+0.00;-0.00;0.00"
GROUPS: Final[Mapping[Group, str]] = {
    Group.RANKED: N_("Ranked"),
    Group.SMALL: N_("Too small to be compared"),
    Group.PART: N_("Figures of a part only"),
    Group.SILENT: N_("No report for long"),
    Group.NEVER: N_("Never reported"),
    Group.UNCOUNTED: N_("People not counted"),
}
LEVELS: Final[Mapping[Level, str]] = {
    Level.PROVINCE: N_("Province level"),
    Level.DISTRICT: N_("District level"),
    Level.COMMUNE: N_("Commune level"),
}


def write_book(table: League, out: BinaryIO) -> None:
    """The rows and the notes as a workbook."""
    book = workbooks.new()
    heads, rows = _headings(table), _rows(table)
    add_sheet(book, _("League table"), heads, rows, widths=WIDTHS)
    add_sheet(book, _("Notes"), [_("What"), _("Value")], _notes(table), widths=(34, 90))
    book.save(out)


def write_csv(table: League, out: BinaryIO) -> None:
    """The rows as CSV in UTF-8 with its mark: days as 2020-08-20, decimals with a point."""
    out.write(codecs.BOM_UTF8)
    text = io.TextIOWrapper(out, encoding="utf-8", newline="", write_through=True)
    writer = csv.writer(text)
    writer.writerow(_headings(table))
    for row in _rows(table):
        writer.writerow([_plain(value) for value, _shown_as in row])
    text.detach()


def _plain(value: object) -> object:
    if isinstance(value, float):
        return f"{value:.6f}"
    return harmless(value) if isinstance(value, str) else value


def _headings(table: League) -> list[str]:
    day, since = (
        formats.day(each, language=language()) for each in (table.asked.day, table.asked.since)
    )
    return [
        _("Group"),
        _("Rank"),
        _("Rank shared"),
        _("Code"),
        _("Area"),
        _("Lies in"),
        _("Rate is a share of"),
        _("Installs %(day)s", day=day),
        _("Rate %(day)s", day=day),
        _("At least"),
        _("Newest figure counts up to"),
        _("Communes with a figure"),
        _("Communes in all"),
        _("Installs %(day)s", day=since),
        _("Rate %(day)s", day=since),
        _("Change in points"),
        _("New installs"),
        _("Rank %(day)s", day=since),
        _("Ranks won"),
    ]


def _rows(table: League) -> Iterator[list[Cell]]:
    places = areas.places([row.area.id for row in table.rows])
    for row in table.rows:
        yield _cells(row, places[row.area.id])


def _cells(row: Row, place: Place) -> list[Cell]:
    now, before = row.now, row.before
    moment = None if now.as_of is None else clock.local(now.as_of).replace(tzinfo=None)
    return [
        (_(GROUPS[row.group]), ""),
        (row.rank, WHOLE),
        (_("yes") if row.tied else "", ""),
        (row.area.code, ""),
        (row.area.name, ""),
        (lies_in(place), ""),
        (now.of, WHOLE),
        (now.installs, WHOLE),
        (now.share, SHARE),
        (_("yes") if now.partial else "", ""),
        (moment, MOMENT),
        (now.counted, WHOLE),
        (now.parts, WHOLE),
        (before.installs, WHOLE),
        (before.share, SHARE),
        (row.points, POINTS),
        (row.new, WHOLE),
        (row.was, WHOLE),
        (row.ranks_won, WHOLE),
    ]


def lies_in(place: Place, within: Area | None = None) -> str:
    """What an area lies in, up to `within`: "huyện Hồng Ngự, tỉnh Đồng Tháp"."""
    above = (place.district, place.province) if place.commune else (place.province,)
    root = "" if within is None else area_names.in_sentence(within.name, within.kind)
    wanted = takewhile(lambda name: name != root, filter(None, above))
    return ", ".join(wanted) if place.district or place.commune else ""


def _notes(table: League) -> Iterator[Sequence[Cell]]:
    asked = table.asked
    yield (_("App"), ""), (f"{asked.app.name} ({asked.app.code})", "")
    yield (_("What counts as an install"), ""), (labels.unit(asked.app.counted_on(asked.day)), "")
    for each in asked.breaks:
        yield (_("What counts has changed"), ""), (labels.broken(each), "")
    where = asked.area.name if asked.area else _("the whole country")
    yield (_("Areas within"), ""), (f"{where}: {_(LEVELS[asked.level])}", "")
    yield (_("Day"), ""), (asked.day, DAY)
    yield (_("Compared with"), ""), (asked.since, DAY)
    for name, sentence in rules():
        yield (name, ""), (sentence, "")
    yield (_("Made"), ""), (clock.local(clock.now()).replace(tzinfo=None), MOMENT)


def rules() -> list[tuple[str, str]]:
    """Who is ranked with whom, in sentences: for the file's notes and the page's."""
    few = formats.number(league.FEW, language=language())
    return [
        (
            _("Rank"),
            _("By rate, the highest first. Equal rates share a rank; the next is skipped."),
        ),
        (
            _(GROUPS[Group.SMALL]),
            _(
                "Fewer than %(few)s people: one phone moves the rate by more than a tenth of a"
                " point. They are ranked among themselves.",
                few=few,
            ),
        ),
        (
            _(GROUPS[Group.PART]),
            _(
                "Fewer than nine of ten communes have a figure. The true rate is higher, nobody"
                " knows by how much, so there is no rank."
            ),
        ),
        (
            _(GROUPS[Group.SILENT]),
            _("The newest figure is more than %(days)s days old.", days=league.OLD_DAYS),
        ),
        (
            _(GROUPS[Group.NEVER]),
            _("There is no figure up to the day. That is not 0%: nobody knows the rate."),
        ),
        (
            _(GROUPS[Group.UNCOUNTED]),
            _("There are figures, but nobody has recorded how many people live there."),
        ),
        (
            _("Change"),
            _(
                "Against where the area stood on the other day. None is told where nothing was"
                " reported since, or where a sum counted other communes then: what joined is no"
                " growth."
            ),
        ),
    ]
