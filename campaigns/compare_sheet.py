"""A comparison as a workbook: numbers as numbers, and a sheet that says what they are."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import BinaryIO, Final

from campaigns import compare_sets
from campaigns.compare import DOSE, Comparison, Row
from campaigns.compare_sets import Kind, Line
from campaigns.compare_showing import GROUP_NAMES, ChartDay
from campaigns.compare_words import (
    across_said,
    carried_said,
    named,
    recounted_said,
    why_no_effect,
    why_sets,
)
from outreach import area_counts, clock, formats, labels, workbooks
from outreach.i18n import _, language
from outreach.lists.rejects import harmless
from outreach.targets import Denominator
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

WIDTHS: Final = (
    *(8, 10, 30, 20, 12, 12, 12, 13, 13, 11, 13, 13, 12),
    *(11, 11, 10, 16, 16, 16, 14, 12, 9, 10, 10, 24),
)
MONEY: Final = '#,##0 "đ"'
MONEY_AT_LEAST: Final = '"≥ "#,##0 "đ"'
"""Where the cost of some messages is not known."""
POINTS: Final = "+0.00;-0.00;0.00"
RATE: Final = "0.00"
_FORMATS: Final = {
    (Kind.WHOLE, False): WHOLE,
    (Kind.WHOLE, True): WHOLE_AT_LEAST,
    (Kind.MONEY, False): MONEY,
    (Kind.MONEY, True): MONEY_AT_LEAST,
    (Kind.SHARE, False): SHARE,
    (Kind.POINTS, False): POINTS,
    (Kind.RATE, False): RATE,
}


def write(
    comparison: Comparison, rows: Iterable[Row], days: Sequence[ChartDay], out: BinaryIO
) -> None:
    """Write all rows in their order, the days of the chart, and the notes."""
    book = workbooks.new()
    add_sheet(book, _("Comparison"), _headings(comparison), map(_cells, rows), widths=WIDTHS)
    if (both := compare_sets.of(comparison)) is not None:
        heads = [_("What"), *both.names, _("Difference")]
        add_sheet(book, _("Two sets"), heads, map(_set_cells, both.lines), widths=(40, 22, 22, 14))
    if days:
        add_sheet(book, _("By day"), _day_headings(), map(_day_cells, days), widths=(12,))
    add_sheet(book, _("Notes"), [_("What"), _("Value")], _notes(comparison), widths=(34, 90))
    book.save(out)


def write_csv(comparison: Comparison, rows: Iterable[Row], out: BinaryIO) -> None:
    """Write all rows as CSV in UTF-8 with its mark, which Excel needs: numbers in plain digits with
    a decimal point, rates as shares of 1, days and moments in ISO 8601, nothing where nobody
    knows. What the workbook marks by “≥” has columns of its own."""
    out.write(codecs.BOM_UTF8)
    text = io.TextIOWrapper(out, encoding="utf-8", newline="", write_through=True)
    writer = csv.writer(text)
    silent = [_("Messages without receipts"), _("Messages without a known cost")]
    writer.writerow([*_headings(comparison), *silent])
    for row in rows:
        told = (row.delivery.unreceipted, row.delivery.uncosted)
        writer.writerow([*(_plain(value) for value, _format in _cells(row)), *told])
    text.detach()


def _plain(value: object) -> object:
    if isinstance(value, float):
        return round(value, 6)
    if isinstance(value, datetime):
        return value.isoformat(timespec="minutes")
    return harmless(value) if isinstance(value, str) else value


def _set_cells(line: Line) -> list[Cell]:
    return [
        (line.name, ""),
        (line.first.value, _FORMATS[line.kind, line.first.partly]),
        (line.second.value, _FORMATS[line.kind, line.second.partly]),
        (line.differs, _FORMATS[line.unit, False]),
    ]


def _headings(comparison: Comparison) -> list[str]:
    first, last = (_written(day) for day in (comparison.asked.first, comparison.asked.last))
    return [
        _("Rank"),
        _("Code"),
        _("Commune"),
        _("Group"),
        _("Population"),
        _("Messaged"),
        _("Messaged of population"),
        _("Delivered"),
        _("Reported by the carrier itself"),
        _("First messaged"),
        _("Installs %(day)s", day=first),
        _("Installs %(day)s", day=last),
        _("New installs"),
        _("Rate %(day)s", day=first),
        _("Rate %(day)s", day=last),
        _("Change in points"),
        _("Cost"),
        _("Figure of the first day counts up to"),
        _("Figure of the last day counts up to"),
        _("Messages of campaigns begun before and still being sent"),
        _("Denominator"),
        _("Days with teams"),
        _("Households visited"),
        _("People helped"),
        *([_("Set")] if comparison.sets is not None else []),
    ]


def _cells(row: Row) -> list[Cell]:
    sent = row.delivery
    return [
        (row.rank, WHOLE),
        (row.area.code, ""),
        (row.area.name, ""),
        (_(GROUP_NAMES[row.group]), ""),
        (row.population, WHOLE),
        (sent.messaged, WHOLE),
        (row.dose, SHARE),
        (sent.delivered, WHOLE_AT_LEAST if sent.unreceipted else WHOLE),
        (sent.reported_by_carrier, WHOLE),
        (sent.first_day, DAY),
        (row.before.installs, WHOLE_AT_LEAST if row.before.short else WHOLE),
        (row.after.installs, WHOLE_AT_LEAST if row.after.short else WHOLE),
        (row.new, WHOLE),
        (row.before.share, SHARE_AT_LEAST if row.before.short else SHARE),
        (row.after.share, SHARE_AT_LEAST if row.after.short else SHARE),
        (row.change_points, POINTS),
        (sent.cost, MONEY_AT_LEAST if sent.uncosted else MONEY),
        (_local(row.before.as_of), MOMENT),
        (_local(row.after.as_of), MOMENT),
        (sent.across, WHOLE),
        (row.of, WHOLE),
        *((count if row.field.days else None, WHOLE) for count in row.field),
        *([(row.sets, "")] if row.sets else []),
    ]


def _day_headings() -> list[str]:
    groups = (_("messaged communes"), _("not yet messaged communes"))
    return [
        _("Day"),
        *(_("New installs per 1,000 people, %(group)s", group=group) for group in groups),
        *(_("Communes with figures, %(group)s", group=group) for group in groups),
        _("What counts as an install"),
        _("Messages of campaigns started this day"),
        _("National day"),
    ]


def _day_cells(each: ChartDay) -> list[Cell]:
    groups = (each.messaged, each.not_yet)
    return [
        (each.day, DAY),
        *((None if group is None else group.rate, RATE) for group in groups),
        *((None if group is None else group.areas, WHOLE) for group in groups),
        (labels.unit(each.counts), ""),
        (each.sent, WHOLE),
        (_(each.holiday) if each.holiday else "", ""),
    ]


def _notes(comparison: Comparison) -> Iterator[Sequence[Cell]]:
    asked = comparison.asked
    yield (_("App"), ""), (f"{asked.app.name} ({asked.app.code})", "")
    yield (_("What counts as an install"), ""), (labels.unit(asked.app.counted_on(asked.last)), "")
    for each in asked.breaks:
        yield (_("What counts has changed"), ""), (labels.broken(each), "")
    yield (_("First day"), ""), (asked.first, DAY)
    yield (_("Last day"), ""), (asked.last, DAY)
    chosen = ", ".join(f"{area.name} ({area.code})" for area in asked.chosen)
    yield (_("Areas"), ""), (chosen or _("all communes of the own area"), "")
    if asked.against is not None:
        beside = ", ".join(f"{area.name} ({area.code})" for area in asked.against.chosen)
        yield (_("Second set"), ""), (beside or compare_sets.names(asked)[1], "")
    yield (_("Communes"), ""), (len(comparison.rows), WHOLE)
    for name, text in explanations(comparison):
        yield (name, ""), (text, "")
    for name, moments in _times(comparison):
        yield (name, ""), (_span(moments), "")
    sources = area_counts.sources([row.area for row in comparison.rows], asked.last)
    yield (_("Source of the population"), ""), ("; ".join(sources) or "—", "")
    if comparison.carried:
        yield (_("Areas that became others"), ""), (carried_said(comparison.carried), "")
    if comparison.recounted:
        yield (_("Population counted anew"), ""), (recounted_said(comparison.recounted), "")
    yield (_("Campaigns"), ""), (named(comparison.sendings, language()), "")
    if comparison.across:
        told = f"{named(comparison.across, language())}. {across_said()}"
        yield (_("Begun before the period and still being sent in it"), ""), (told, "")
    yield (_("Made"), ""), (_local(clock.now()), MOMENT)


def explanations(comparison: Comparison) -> list[tuple[str, str]]:
    """What each figure means, in a sentence: for the file's notes and the page's."""
    return [
        (_("Not an effect"), why_no_effect(comparison)),
        *([(_("Two sets"), why_sets(comparison))] if comparison.sets is not None else []),
        (
            _("Denominator"),
            _(
                "Rates are cumulative installs as a share of the commune's smartphone users, where"
                " somebody recorded how many there are, by the count that held on each day."
            )
            if comparison.asked.denominator is Denominator.SMARTPHONE_USERS
            else _(
                "Rates are cumulative installs as a share of the commune's whole population, by the"
                " count that held on each day."
            ),
        ),
        *_of_messages(),
        (
            _("Installs"),
            _(
                "Where the commune stood on the day: its figure of that day, else its last one"
                " before. Empty where it has none; a change needs a new figure within the period."
            ),
        ),
        (_("Change in points"), _("Rate of the last day minus rate of the first, as percent.")),
        (_("Rank"), _("By the rate of the last day, among the communes compared.")),
        (
            _("Cost"),
            _(
                "Segments a carrier took times the price of its route, and what carriers report of"
                " what they send themselves, in đồng. “≥” where they report it of a part only;"
                " empty where of nothing."
            ),
        ),
        (
            _("Fieldwork"),
            _(
                "Households that teams visited and people they helped within the period, as"
                " recorded day by day, whatever the app. Empty where nobody recorded anything."
            ),
        ),
        (
            _("Sources"),
            _(
                "Installs: figures that the communes reported. Messages: what carriers answered"
                " and their receipts."
            ),
        ),
    ]


def _of_messages() -> list[tuple[str, str]]:
    share = formats.percent(DOSE, 0, language=language())
    return [
        (
            _("Messaged"),
            _(
                "Messages a carrier took, of campaigns about this app that started within the"
                " period; what a carrier sends itself counts to the day it says it began, however"
                " long it sent. A commune is in the messaged group from %(share)s of its population"
                " on.",
                share=share,
            ),
        ),
        (
            _("Delivered"),
            _(
                "What carriers' receipts say, and what carriers report of what they send"
                " themselves. “≥” where they say it of a part only; empty where of nothing."
            ),
        ),
    ]


def _times(comparison: Comparison) -> list[tuple[str, list[datetime]]]:
    before = [row.before.as_of for row in comparison.rows if row.before.as_of]
    after = [row.after.as_of for row in comparison.rows if row.after.as_of]
    return [(_("Time of the first figures"), before), (_("Time of the last figures"), after)]


def _span(moments: Sequence[datetime]) -> str:
    if not moments:
        return "—"
    first, last = (
        formats.moment(each, language=language()) for each in (min(moments), max(moments))
    )
    return first if first == last else f"{first} – {last}"


def _local(moment: datetime | None) -> datetime | None:
    """A cell's time has no zone: Vietnam's."""
    return None if moment is None else clock.local(moment).replace(tzinfo=None, microsecond=0)


def _written(day: date) -> str:
    return formats.day(day, language=language())
