"""Reporting the counts of a broadcast order: what is taken, what is refused, what is asked about.

Each area's counts are judged on their own. Figures that are there already are not stored again, so
that a double click, or a file sent twice, is one report.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import insert, select

from campaigns import order_counts, orders
from campaigns.order_counts import REASON_LENGTH, Known, OrderCount, OrderReport, Source
from campaigns.orders import BroadcastOrder
from campaigns.states import OrderState
from outreach import audit, clock, figures, formats
from outreach.areas import Area
from outreach.database import db, transaction
from outreach.errors import Refused
from outreach.i18n import _, language

TIMES_THE_PEOPLE: Final = 3
"""More messages than this many times the population are asked about: two phones each happens."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What was written for an area, as written. `asked`: the number a question was put about;
    `seen`: the edition the page showed, 0 for none; None where nothing was shown."""

    area_id: int
    sent: str
    delivered: str = ""
    cost: str = ""
    reason: str = ""
    asked: str = ""
    seen: int | None = None


class Doubtful(Refused):
    """A count that is taken once somebody says why it is right."""

    def __init__(self, sent: int, sentence: str) -> None:
        super().__init__(
            _("%(doubt)s If it is right, say why and send it again.", doubt=sentence), "reason"
        )
        self.sent = sent


@dataclass(frozen=True, slots=True)
class Taken:
    """A count as it is stored; `edition` 0 where it was there already."""

    area_id: int
    edition: int
    sent: int
    delivered: int | None
    cost: int | None
    reason: str


Answer = Taken | Refused


def refuse_unreportable(order: BroadcastOrder) -> None:
    """Refused unless the carrier may have sent something of the order."""
    begun = order.started_at is not None
    if order.state is not OrderState.ACCEPTED and not begun:
        raise Refused(
            _("Counts are reported once the carrier has accepted the order and begun."), "state"
        )


def report(
    order: BroadcastOrder,
    entries: Sequence[Entry],
    source: Source,
    actor_id: int,
    *,
    inside: Collection[int],
    next_at: datetime | None = None,
) -> tuple[OrderReport | None, list[Answer]]:
    """Store what was written for several areas, each on its own: what is refused keeps nothing else
    out. `inside`: ids of the order's areas. Gives the report, None where nothing was new.

    An accepted order has then started. Raises Refused where nothing may be reported of it.
    """
    refuse_unreportable(order)
    with transaction() as session:
        # One report of an order at a time, so that editions follow each other.
        session.refresh(order, with_for_update={"of": BroadcastOrder})
        area_ids = [entry.area_id for entry in entries]
        known = order_counts.latest(order.id, area_ids)
        people = _populations(area_ids)
        answers = [_answer(e, known.get(e.area_id), people.get(e.area_id), inside) for e in entries]
        new = [a for a in answers if isinstance(a, Taken) and a.edition]
        if new and order.state is OrderState.ACCEPTED:
            orders.start(order, order.campaign.digest or "", actor_id)
        if next_at is not None or new:
            order.next_report_at = next_at
        made = _store(order, new, answers, source, actor_id) if new else None
    return made, answers


def _populations(area_ids: Collection[int]) -> dict[int, int | None]:
    rows = select(Area.id, Area.population).where(Area.id.in_(area_ids))
    return {row.id: row.population for row in db.session.execute(rows)}


def _answer(
    entry: Entry, known: Known | None, people: int | None, inside: Collection[int]
) -> Answer:
    try:
        return _judged(entry, known, people, inside)
    except Refused as refused:
        return refused


def _judged(
    entry: Entry, known: Known | None, people: int | None, inside: Collection[int]
) -> Taken:
    if entry.area_id not in inside:
        raise Refused(_("This area is not one of the order."), "area")
    sent = _sent(entry, known)
    delivered = figures.parse(entry.delivered, "delivered") if entry.delivered.strip() else None
    cost = figures.parse(entry.cost, "cost") if entry.cost.strip() else None
    reason = _reason(entry.reason)
    if delivered is not None and delivered > sent:
        raise Refused(
            _(
                "More arrived (%(delivered)s) than were sent (%(sent)s).",
                delivered=_written(delivered),
                sent=_written(sent),
            ),
            "delivered",
        )
    if known is not None and (known.sent, known.delivered, known.cost) == (sent, delivered, cost):
        return Taken(entry.area_id, 0, sent, delivered, cost, reason)
    if entry.seen is not None and entry.seen != (0 if known is None else known.edition):
        raise _overtaken(known)
    _refuse_lost(known, delivered, cost)
    _ask(sent, people, reason, entry.asked)
    edition = 1 if known is None else known.edition + 1
    return Taken(entry.area_id, edition, sent, delivered, cost, reason)


def _sent(entry: Entry, known: Known | None) -> int:
    if not entry.sent.strip():
        if known is not None:
            raise Refused(_("A count is not taken away; where none was sent, enter 0."), "sent")
        raise Refused(_("Enter how many were sent too."), "sent")
    return figures.parse(entry.sent, "sent")


def _refuse_lost(known: Known | None, delivered: int | None, cost: int | None) -> None:
    was = (None, None) if known is None else (known.delivered, known.cost)
    for name, before, now in zip(("delivered", "cost"), was, (delivered, cost), strict=True):
        if before is not None and now is None:
            raise Refused(_("A count is not taken away; where none was sent, enter 0."), name)


def _ask(sent: int, people: int | None, reason: str, asked: str) -> None:
    if not people or sent <= TIMES_THE_PEOPLE * people or (reason and asked == str(sent)):
        return
    raise Doubtful(
        sent,
        _(
            "%(sent)s is more than three times the %(people)s people who live there.",
            sent=_written(sent),
            people=_written(people),
        ),
    )


def _written(number: int) -> str:
    return formats.number(number, language=language())


def _overtaken(known: Known | None) -> Refused:
    return Refused(
        _(
            "Meanwhile somebody reported %(sent)s. Compare, and send yours again if it is the right"
            " one.",
            sent="—" if known is None else _written(known.sent),
        ),
        "sent",
    )


def _reason(reason: str) -> str:
    reason = " ".join(reason.split())
    if len(reason) > REASON_LENGTH:
        raise Refused(_("The reason has at most %(most)s letters.", most=REASON_LENGTH), "reason")
    return reason


def _store(
    order: BroadcastOrder, new: list[Taken], answers: list[Answer], source: Source, actor_id: int
) -> OrderReport:
    added = sum(each.edition == 1 for each in new)
    made = OrderReport(
        order_id=order.id,
        source=source,
        reported_by_id=actor_id,
        reported_at=clock.now(),
        added=added,
        corrected=len(new) - added,
        unchanged=sum(isinstance(a, Taken) and not a.edition for a in answers),
        rejected=sum(isinstance(a, Refused) for a in answers),
    )
    db.session.add(made)
    db.session.flush()
    rows = [asdict(each) | {"order_id": order.id, "report_id": made.id} for each in new]
    db.session.execute(insert(OrderCount), rows)
    told = {"source": source, "counts": [[c.area_id, c.sent, c.delivered, c.cost] for c in new]}
    audit.record("order.report", "order", order.id, told, actor_id)
    return made
