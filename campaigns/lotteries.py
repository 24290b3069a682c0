"""The lottery that says who is messaged first: whole districts or communes, drawn into waves.

Drawn once and locked: a digest of list, seed, dates, outcome and H stands in the audit trail, and
nothing here changes a lottery afterwards. docs/lottery.md tells the whole, and how anybody checks
an outcome.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import Connection, Date, ForeignKey, String, Text, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from campaigns.campaigns import NAME_LENGTH, Campaign
from outreach import audit, clock
from outreach.accounts import User
from outreach.apps import App
from outreach.area_names import Level
from outreach.areas import CODE_LENGTH, Area
from outreach.audit import AuditRow
from outreach.database import BigId, Model, Moment, db, find, transaction, words
from outreach.errors import Missing, Refused
from outreach.i18n import _
from outreach.organisations import Organisation
from outreach.text import writable

MOST_WAVES: Final = 12
SEED_LENGTH: Final = 200
WITNESSES_LENGTH: Final = 300


class Lottery(Model):
    """One draw. `days` is H; `witnesses` says who was there where the seed was drawn in public, ""
    where it was made here. Only its end, by `abandon`, is written after the draw."""

    __tablename__ = "lotteries"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    organisation_id: Mapped[int] = mapped_column(BigId, ForeignKey("organisations.id"))
    app_id: Mapped[int] = mapped_column(BigId, ForeignKey("apps.id"), index=True)
    level: Mapped[Level] = mapped_column(words(Level))
    days: Mapped[int]
    seed: Mapped[str] = mapped_column(String(SEED_LENGTH))
    witnesses: Mapped[str] = mapped_column(String(WITNESSES_LENGTH), default="")
    digest: Mapped[str] = mapped_column(String(64))
    drawn_at: Mapped[datetime] = mapped_column(Moment)
    drawn_by_id: Mapped[int] = mapped_column(BigId, ForeignKey("users.id"))
    abandoned_at: Mapped[datetime | None] = mapped_column(Moment)
    abandoned_by_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("users.id"))
    abandoned_reason: Mapped[str] = mapped_column(Text, default="")

    organisation: Mapped[Organisation] = relationship()
    app: Mapped[App] = relationship()
    drawn_by: Mapped[User] = relationship(foreign_keys=[drawn_by_id])
    abandoned_by: Mapped[User | None] = relationship(foreign_keys=[abandoned_by_id])
    areas: Mapped[list[Area]] = relationship(secondary="lottery_areas", order_by="Area.code")
    waves: Mapped[list[LotteryWave]] = relationship(order_by="LotteryWave.number")

    @property
    def area_ids(self) -> list[int]:
        """The areas it was drawn for: what access is judged by."""
        return [area.id for area in self.areas]

    @property
    def ends_on(self) -> date:
        """The last day that counts: H days after the last wave's."""
        return self.waves[-1].begins_on + timedelta(days=self.days)

    def begins_on(self, wave: int) -> date:
        """The day of a wave. Raises Refused where it has no such wave."""
        for each in self.waves:
            if each.number == wave:
                return each.begins_on
        raise Refused(
            _(
                "“%(name)s” has the waves 1 to %(last)s.",
                name=self.name,
                last=len(self.waves),
            ),
            "lottery",
        )


class LotteryArea(Model):
    """An area the lottery was drawn for, as chosen."""

    __tablename__ = "lottery_areas"
    lottery_id: Mapped[int] = mapped_column(BigId, ForeignKey("lotteries.id"), primary_key=True)
    area_id: Mapped[int] = mapped_column(BigId, ForeignKey("areas.id"), primary_key=True)


class LotteryWave(Model):
    """A wave, from 1 on, and its day."""

    __tablename__ = "lottery_waves"
    lottery_id: Mapped[int] = mapped_column(BigId, ForeignKey("lotteries.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    begins_on: Mapped[date] = mapped_column(Date)


class LotteryUnit(Model):
    """A unit of the list, by the code it was drawn under, and the wave it came into."""

    __tablename__ = "lottery_units"
    lottery_id: Mapped[int] = mapped_column(BigId, ForeignKey("lotteries.id"), primary_key=True)
    area_id: Mapped[int] = mapped_column(BigId, ForeignKey("areas.id"), primary_key=True)
    code: Mapped[str] = mapped_column(String(CODE_LENGTH))
    wave: Mapped[int]


def key(seed: str, code: str) -> str:
    """What a unit's place in the draw is sorted by."""
    return hashlib.sha256(f"{seed}|{code}".encode()).hexdigest()


def outcome(seed: str, codes: Iterable[str], waves: int) -> dict[str, int]:
    """The wave of each code, in the order in which they were drawn; docs/lottery.md."""
    order = sorted(codes, key=lambda code: (key(seed, code), code))
    each = enumerate(sizes(len(order), waves), start=1)
    drawn = (wave for wave, size in each for _unit in range(size))
    return dict(zip(order, drawn, strict=True))


def sizes(units: int, waves: int) -> list[int]:
    """How many units come into each wave."""
    share, left = divmod(units, waves)
    return [share + (number < left) for number in range(waves)]


def canonical(value: object) -> str:
    """The SHA-256 of a value's canonical JSON: keys sorted, no blanks, UTF-8."""
    plain = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(plain.encode()).hexdigest()


def get(lottery_id: int) -> Lottery:
    """The lottery. Raises Missing where there is none."""
    lottery = find(Lottery, lottery_id)
    if lottery is None:
        raise Missing(_("There is no lottery %(id)s.", id=lottery_id), "lottery")
    return lottery


def abandoned_of(app_id: int, unit_ids: Collection[int], before_id: int = 0) -> list[Lottery]:
    """The draws of the very same list for the same app that were abandoned, the oldest first; only
    those before another one, where it is named."""
    gone = select(Lottery).where(Lottery.app_id == app_id, Lottery.abandoned_at.is_not(None))
    if before_id:
        gone = gone.where(Lottery.id < before_id)
    every = db.session.scalars(gone.order_by(Lottery.id)).all()
    return [each for each in every if units_of(each.id) == set(unit_ids)]


def standing(app_ids: Collection[int]) -> list[Lottery]:
    """The lotteries of these apps that were not abandoned, the newest first."""
    wanted = select(Lottery).where(Lottery.app_id.in_(app_ids), Lottery.abandoned_at.is_(None))
    return list(db.session.scalars(wanted.order_by(Lottery.id.desc())))


def units_of(lottery_id: int, *, most: int = MOST_WAVES) -> set[int]:
    """The ids of its units, of the waves up to `most`."""
    wanted = select(LotteryUnit.area_id)
    wanted = wanted.where(LotteryUnit.lottery_id == lottery_id, LotteryUnit.wave <= most)
    return set(db.session.scalars(wanted))


def digest_of(connection: Connection, lottery_id: int) -> str:
    """The digest of list, seed, dates, outcome and H, computed from the rows as they are now."""
    row = connection.execute(
        select(Lottery.name, Lottery.level, Lottery.days, Lottery.seed, Lottery.witnesses, App.code)
        .join(App, App.id == Lottery.app_id)
        .where(Lottery.id == lottery_id)
    ).one()
    chosen = select(Area.code).join(LotteryArea, LotteryArea.area_id == Area.id)
    waves = select(LotteryWave.begins_on).where(LotteryWave.lottery_id == lottery_id)
    units = select(LotteryUnit.code, LotteryUnit.wave).where(LotteryUnit.lottery_id == lottery_id)
    return canonical(
        {
            "name": row.name,
            "app": row.code,
            "areas": sorted(connection.scalars(chosen.where(LotteryArea.lottery_id == lottery_id))),
            "level": row.level.value,
            "days": row.days,
            "waves": [
                day.isoformat() for day in connection.scalars(waves.order_by(LotteryWave.number))
            ],
            "seed": row.seed,
            "witnesses": row.witnesses,
            # Sorted here: databases do not agree about the order of words.
            "outcome": sorted([code, wave] for code, wave in connection.execute(units)),
        }
    )


@dataclass(frozen=True)
class Verification:
    """What `verify` found: units (codes) whose wave is not the one that list and seed give, and
    whether all of it is still what was locked in the audit trail."""

    digest: str
    wrong: list[str] = field(default_factory=list)
    locked: bool = True

    @property
    def sound(self) -> bool:
        """Whether nothing was changed."""
        return not self.wrong and self.locked


def verify(lottery: Lottery) -> Verification:
    """Draw it once more from its recorded list and seed, and hold all of it against the digest in
    the audit trail."""
    units = select(LotteryUnit.code, LotteryUnit.wave)
    units = units.where(LotteryUnit.lottery_id == lottery.id)
    stored = {row.code: row.wave for row in db.session.execute(units)}
    again = outcome(lottery.seed, stored, len(lottery.waves))
    wrong = sorted(code for code, wave in stored.items() if again[code] != wave)
    now = digest_of(db.session.connection(), lottery.id)
    return Verification(now, wrong, now == lottery.digest == _recorded(lottery.id))


def _recorded(lottery_id: int) -> str:
    row = select(AuditRow.detail).where(
        AuditRow.object_type == "lottery",
        AuditRow.object_id == lottery_id,
        AuditRow.act == "lottery.draw",
    )
    detail = db.session.scalar(row.order_by(AuditRow.id).limit(1))
    return "" if detail is None else str(json.loads(detail).get("digest", ""))


def in_use(lottery_ids: Collection[int]) -> set[int]:
    """Those of these lotteries of which a campaign was started."""
    begun = select(Campaign.lottery_id).where(
        Campaign.lottery_id.in_(lottery_ids), Campaign.started_at.is_not(None)
    )
    return {id_ for id_ in db.session.scalars(begun.distinct()) if id_ is not None}


def abandon(lottery: Lottery, reason: str, actor_id: int) -> None:
    """Give it up, with a reason; it stays to be read. Raises Refused once a campaign of it was
    started, and where it is abandoned already."""
    reason = reason.strip()
    if not reason or not writable(reason):
        raise Refused(_("Say why it is abandoned: everybody who reads it will ask."), "reason")
    with transaction():
        locked(lottery)
        refuse_abandoned(lottery)
        if in_use([lottery.id]):
            raise Refused(
                _(
                    "A campaign of “%(name)s” was started: it can no longer be abandoned.",
                    name=lottery.name,
                ),
                "reason",
            )
        lottery.abandoned_at, lottery.abandoned_by_id = clock.now(), actor_id
        lottery.abandoned_reason = reason
        audit.record("lottery.abandon", "lottery", lottery.id, {"reason": reason}, actor_id)


def locked(lottery: Lottery) -> None:
    """Read it again so that nobody abandons it, or starts a campaign of it, meanwhile."""
    db.session.refresh(lottery, with_for_update=True)


def refuse_abandoned(lottery: Lottery) -> None:
    """Raise Refused where it was abandoned."""
    if lottery.abandoned_at is not None:
        raise Refused(
            _(
                "The lottery “%(name)s” was abandoned. Choose another, or none.",
                name=lottery.name,
            ),
            "lottery",
        )
