"""Reports by SMS: what came from a reporter's own phone, kept with its receipt, judged a moment on.

A text that begins with BC is believed only from a number that an administrator confirmed as
somebody's (`own_numbers`). It becomes a row in the transaction that notes the carrier's call as
taken, so it is neither lost nor taken twice; the tick then enters the figure and asks for the
answer in one transaction. From other numbers nothing is kept but a count, and nobody is answered.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import (
    Connection,
    Date,
    ForeignKey,
    Index,
    LargeBinary,
    bindparam,
    func,
    insert,
    select,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from outreach import clock, numbers, report_words
from outreach.accounts import User
from outreach.database import BigId, Model, Moment, db, words
from outreach.own_numbers import OwnNumber
from outreach.sealing import Sealer

TWICE_WITHIN: Final = timedelta(minutes=10)
"""The same words as the last ones, again within this time, are one message that came twice."""
AN_HOUR: Final = 40
"""Reports of a number that are read in an hour: a district's communes, each once. More is no
person typing."""
CONTEXT: Final = b"sms_reports"


class SmsState(StrEnum):
    """What became of a report."""

    WAITING = "waiting"
    TAKEN = "taken"
    ASKED = "asked"
    """The figure is doubtful: the answer asks."""
    REFUSED = "refused"


class SmsReport(Model):
    """One text of a reporter; its words sealed."""

    __tablename__ = "sms_reports"
    __table_args__ = (Index(None, "state", "id"), Index(None, "number_id", "received_at"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    route_id: Mapped[int] = mapped_column(BigId, ForeignKey("routes.id"))
    number_id: Mapped[int] = mapped_column(BigId, ForeignKey("numbers.id"))
    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("users.id"))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    received_at: Mapped[datetime] = mapped_column(Moment)
    state: Mapped[SmsState] = mapped_column(words(SmsState), default=SmsState.WAITING)


class ReportStrangers(Model):
    """How many texts that look like reports came over a route, on a day, from numbers nobody
    confirmed."""

    __tablename__ = "report_strangers"

    route_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("routes.id"), primary_key=True, autoincrement=False
    )
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    texts: Mapped[int]


def take(
    connection: Connection, sealer: Sealer, route_id: int, said: Iterable[tuple[str, str]]
) -> int:
    """Keep the reports among (number, words) that came in, in the caller's transaction; answers how
    many are new."""
    reports = [(number, each) for number, each in said if number and report_words.is_report(each)]
    if not reports:
        return 0
    ids = numbers.find(connection, sealer, [number for number, _words in reports])
    owners = _owners(connection, list(ids.values()))
    kept = 0
    for number, each in reports:
        number_id = ids.get(number, 0)
        if number_id not in owners:
            _count_stranger(connection, route_id)
        elif _is_new(connection, sealer, number_id, each):
            kept += 1
            values = {
                "route_id": route_id,
                "number_id": number_id,
                "person_id": owners[number_id],
                "sealed": sealer.seal_blob(each.encode(), CONTEXT),
                "received_at": clock.now(),
                "state": SmsState.WAITING,
            }
            connection.execute(insert(SmsReport).values(values))
    return kept


def _owners(connection: Connection, number_ids: Sequence[int]) -> dict[int, int]:
    """Whose confirmed number is which. Held to the end, in one order: where a text comes over two
    sessions at once, the second sees what the first wrote."""
    rows = (
        select(OwnNumber.number_id, OwnNumber.person_id)
        .join(User, User.id == OwnNumber.person_id)
        .where(
            OwnNumber.number_id.in_(number_ids), OwnNumber.confirmed_at.is_not(None), User.active
        )
        .order_by(OwnNumber.person_id)
        .with_for_update(of=OwnNumber)
    )
    return {row.number_id: row.person_id for row in connection.execute(rows)}


def _is_new(connection: Connection, sealer: Sealer, number_id: int, said: str) -> bool:
    now = clock.now()
    lately = select(SmsReport.sealed, SmsReport.received_at).where(
        SmsReport.number_id == number_id, SmsReport.received_at > now - timedelta(hours=1)
    )
    rows = connection.execute(lately.order_by(SmsReport.id.desc()).limit(AN_HOUR)).all()
    if len(rows) >= AN_HOUR:
        return False
    last = next(iter(rows), None)
    if last is None or last.received_at < now - TWICE_WITHIN:
        return True
    return sealer.open_blob(bytes(last.sealed), CONTEXT).decode() != said


def _count_stranger(connection: Connection, route_id: int) -> None:
    connection.execute(
        text(
            "INSERT INTO report_strangers (route_id, day, texts) VALUES (:route, :day, 1)"
            " ON CONFLICT (route_id, day) DO UPDATE SET texts = report_strangers.texts + 1"
        ).bindparams(bindparam("day", type_=Date)),
        {"route": route_id, "day": clock.local(clock.now()).date()},
    )


def waiting() -> list[int]:
    """The ids of the reports nobody has judged yet, the first first."""
    rows = select(SmsReport.id).where(SmsReport.state == SmsState.WAITING)
    return list(db.session.scalars(rows.order_by(SmsReport.id).limit(100)))


def hold(report_id: int) -> SmsReport | None:
    """The report, held for this transaction; None where it is judged already, or is being."""
    return db.session.scalar(
        select(SmsReport)
        .where(SmsReport.id == report_id, SmsReport.state == SmsState.WAITING)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )


def said(report: SmsReport) -> str:
    """Its words."""
    return numbers.sealer().open_blob(bytes(report.sealed), CONTEXT).decode()


@dataclass(frozen=True)
class Strangers:
    """Texts from numbers nobody confirmed: how many on which day."""

    day: date
    texts: int


def strangers(since: date) -> list[Strangers]:
    """How many came a day, the newest day first."""
    rows = db.session.execute(
        select(ReportStrangers.day, func.sum(ReportStrangers.texts))
        .where(ReportStrangers.day >= since)
        .group_by(ReportStrangers.day)
        .order_by(ReportStrangers.day.desc())
    ).all()
    return [Strangers(day, int(texts)) for day, texts in rows]
