"""Issuing: a day's report frozen with its digest, and corrected editions of it.

What is kept are the facts, as canonical JSON; the files are made of them each time they are asked
for. An issued edition is never changed: what was wrong in it is put right by the next one.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Date, ForeignKey, String, Text, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from campaigns.reports import changes, facts, letterheads
from campaigns.reports.facts import Facts
from outreach import area_names, audit, clock
from outreach.accounts import User
from outreach.areas import Area
from outreach.database import BigId, Model, Moment, db, find, transaction
from outreach.errors import Missing, Refused
from outreach.i18n import _
from outreach.organisations import Organisation

VERSION: Final = 1
"""Of the shape of the facts."""
REMARKS_LENGTH: Final = 4000
_NUMBER: Final = re.compile(r"\d{1,6}[A-Za-z]?")


class DailyReport(Model):
    """One edition of an area's report of a day. `form_id` is the office's DOCX form as it was."""

    __tablename__ = "daily_reports"
    __table_args__ = (UniqueConstraint("area_id", "day", "edition"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    area_id: Mapped[int] = mapped_column(BigId, ForeignKey("areas.id"))
    day: Mapped[date] = mapped_column(Date)
    edition: Mapped[int]
    organisation_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("organisations.id"))
    form_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("report_forms.id"))
    facts: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(String(64))
    issued_at: Mapped[datetime] = mapped_column(Moment)
    issued_by_id: Mapped[int] = mapped_column(BigId, ForeignKey("users.id"))

    issued_by: Mapped[User] = relationship(lazy="joined", innerjoin=True)

    @property
    def read(self) -> Facts:
        """The facts."""
        found: Facts = json.loads(self.facts)
        return found


def canonical(value: Facts) -> str:
    """JSON that is the same for the same facts."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def digest_of(written: str) -> str:
    """The digest of canonical facts."""
    return hashlib.sha256(written.encode()).hexdigest()


def by_id(issued_id: int) -> DailyReport:
    """One edition. Raises Missing where there is none."""
    found = find(DailyReport, issued_id)
    if found is None:
        raise Missing(_("There is no report %(id)s.", id=issued_id), "id")
    return found


def of_day(area_id: int, day: date) -> Sequence[DailyReport]:
    """All editions of a day's report, the newest first."""
    issued = select(DailyReport).where(DailyReport.area_id == area_id, DailyReport.day == day)
    return db.session.scalars(issued.order_by(DailyReport.edition.desc())).all()


def latest(area_id: int, most: int) -> Sequence[DailyReport]:
    """The newest edition of each of the last days that have one, the newest day first."""
    newest = (
        select(DailyReport.day, func.max(DailyReport.edition).label("edition"))
        .where(DailyReport.area_id == area_id)
        .group_by(DailyReport.day)
        .order_by(DailyReport.day.desc())
        .limit(most)
        .subquery()
    )
    found = select(DailyReport).join(
        newest,
        (DailyReport.day == newest.c.day) & (DailyReport.edition == newest.c.edition),
    )
    found = found.where(DailyReport.area_id == area_id)
    return db.session.scalars(found.order_by(DailyReport.day.desc())).all()


def draft(
    area: Area,
    day: date,
    organisation: Organisation | None,
    number: str = "",
    remarks: str = "",
) -> Facts:
    """The facts as they would be issued now. Raises Refused as `facts.of_day`, for a number that is
    none (field `number`) and for remarks that are too long (`remarks`)."""
    last = next(iter(of_day(area.id, day)), None)
    figures = facts.of_day(area, day)
    head: dict[str, Any] = dict(letterheads.of(organisation, area))
    head |= {
        name: letterheads.lines(head[name]) for name in ("superior", "addressed", "recipients")
    }
    return {
        "version": VERSION,
        "area": {
            "code": area.code,
            "list": area.area_list,
            "name": area.name,
            "said": area_names.in_sentence(area.name, area.kind),
        },
        "day": day.isoformat(),
        "edition": 1 if last is None else last.edition + 1,
        "replaces": None if last is None else clock.iso(last.issued_at),
        "changes": [] if last is None else since(last, figures),
        "issued_at": clock.iso(clock.now()),
        "head": head | {"number": _checked_number(number)},
        "remarks": _checked_remarks(remarks),
        "figures": figures,
    }


def since(issued: DailyReport, figures: Facts) -> list[Facts]:
    """What has changed since an edition was issued."""
    return changes.between(issued.read["figures"], figures)


def issue(
    area: Area,
    day: date,
    actor: User,
    number: str = "",
    remarks: str = "",
    *,
    after: int | None = None,
) -> DailyReport:
    """Freeze the day's report as it is now, as the next edition.

    Raises Refused as `draft`, and where `after`, the edition that the person was shown (0 for
    none), is not the newest any more.
    """
    area_id, organisation = area.id, letterheads.office(area, actor)
    with transaction() as session:
        # One at a time: of two who press at once, the second is told.
        session.execute(select(Area.id).where(Area.id == area_id).with_for_update(key_share=True))
        made = draft(area, day, organisation, number, remarks)
        if after is not None and made["edition"] != after + 1:
            raise Refused(
                _("Somebody has issued this report meanwhile. Look at it before issuing another."),
                "seen",
            )
        written = canonical(made)
        report = DailyReport(
            area_id=area_id,
            day=day,
            edition=made["edition"],
            organisation_id=None if organisation is None else organisation.id,
            form_id=letterheads.form_id(organisation),
            facts=written,
            digest=digest_of(written),
            issued_at=clock.parse_moment(made["issued_at"]),
            issued_by_id=actor.id,
        )
        session.add(report)
        session.flush()
        detail = {"area": made["area"]["code"], "day": made["day"], "edition": report.edition}
        detail |= {"digest": report.digest}
        audit.record("report.issue", "report", report.id, detail, actor.id)
    return report


def in_force(
    area: Area, day: date, actor: User, number: str | None = None, remarks: str | None = None
) -> DailyReport:
    """The newest edition, issued now where there is none, where figures were corrected since, or
    where number or remarks are given and are others. Raises Refused as `issue`."""
    last = next(iter(of_day(area.id, day)), None)
    if last is None:
        return issue(area, day, actor, number or "", remarks or "", after=0)
    was = last.read
    number = was["head"]["number"] if number is None else number
    remarks = "\n".join(was["remarks"]) if remarks is None else remarks
    now = draft(area, day, letterheads.office(area, actor), number, remarks)
    same = now["head"]["number"] == was["head"]["number"] and now["remarks"] == was["remarks"]
    if same and not changes.corrections(now["changes"]):
        return last
    return issue(area, day, actor, number, remarks, after=last.edition)


def _checked_number(number: str) -> str:
    number = number.strip()
    if number and not _NUMBER.fullmatch(number):
        raise Refused(
            _("“%(text)s” is no number of a document, like 15.", text=number[:40]), "number"
        )
    return number


def _checked_remarks(remarks: str) -> list[str]:
    """The paragraphs."""
    if len(remarks) > REMARKS_LENGTH:
        raise Refused(
            _("The remarks have at most %(most)s letters.", most=REMARKS_LENGTH), "remarks"
        )
    lines = [" ".join(line.split()) for line in remarks.replace("\r", "").split("\n")]
    return [line for line in lines if line]
