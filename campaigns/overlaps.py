"""Other campaigns whose messages people in the same areas get in the same days.

Who gets both is counted when a campaign is submitted, in the same pass that counts its people; a
page then reads plans, never messages. Of what has no messages yet only a ceiling is known: in each
commune at most the smaller of the two plans.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    Connection,
    ForeignKey,
    and_,
    bindparam,
    delete,
    or_,
    select,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from campaigns import scopes
from campaigns.audience import Audience
from campaigns.campaigns import Campaign
from campaigns.states import ENDED, CampaignState
from outreach import clock
from outreach.access import Act
from outreach.accounts import User
from outreach.database import Model, db
from outreach.kept import Kept

SHOWN = 20
C = CampaignState
AHEAD = (C.SUBMITTED, C.APPROVED, C.SCHEDULED, C.SENDING, C.PAUSED)


class SharedPeople(Model):
    """How many people of a campaign also have a message of another one, at its submission."""

    __tablename__ = "campaign_shared_people"
    campaign_id: Mapped[int] = mapped_column(
        ForeignKey("campaigns.id", ondelete="CASCADE"), primary_key=True
    )
    other_id: Mapped[int] = mapped_column(
        ForeignKey("campaigns.id", ondelete="CASCADE"), primary_key=True
    )
    people: Mapped[int]


# The people of the chunk that is in hand, by the other campaigns that have a message for them:
# waiting, or sent within the cap's days.
_SHARED = text(
    "SELECT m.campaign_id, COUNT(*) FROM expansion_chunk e"
    " JOIN messages m ON m.number_id = e.number_id AND m.campaign_id <> :campaign"
    " WHERE e.reason IS NULL AND (m.state = 'queued' OR (m.changed_at >= :since"
    " AND m.state NOT IN ('cancelled', 'expired'))) GROUP BY m.campaign_id"
)


class Counter:
    """Counts shared people chunk by chunk while an audience is counted."""

    def __init__(self, audience: Audience) -> None:
        self.shared: dict[int, int] = defaultdict(int)
        self._values = {
            "campaign": audience.campaign_id,
            "since": clock.to_microseconds(audience.now - audience.rules.cap_period),
        }

    def __call__(self, connection: Connection) -> None:
        """Add the chunk that the connection's private table holds."""
        for other_id, people in connection.execute(_SHARED, self._values):
            self.shared[other_id] += people

    def keep(self) -> None:
        """Store what was counted, in place of what a submission before found."""
        campaign_id = self._values["campaign"]
        db.session.execute(delete(SharedPeople).where(SharedPeople.campaign_id == campaign_id))
        db.session.add_all(
            SharedPeople(campaign_id=campaign_id, other_id=other_id, people=people)
            for other_id, people in self.shared.items()
        )


@dataclass(frozen=True)
class Overlap:
    """Another campaign. `people` get both, as counted at the submission; None where only `most`,
    a ceiling, is known."""

    id: int
    name: str
    state: str
    first: datetime
    last: datetime
    areas: int
    people: int | None
    most: int


@dataclass(frozen=True)
class Overlaps:
    """Those the reader may see, the next to send first, and how many there are besides."""

    rows: list[Overlap]
    others: int


_pairs: Kept[dict[int, tuple[int, int]]] = Kept(600)


def of(campaign: Campaign, person: User, cap_period: timedelta) -> Overlaps:
    """The campaigns that reach the same areas in the same days as this one."""
    near = select(Campaign).where(_in_the_same_days(campaign, cap_period))
    near = near.order_by(Campaign.not_before, Campaign.id)
    visible = scopes.covered(person, Act.CAMPAIGN_VIEW)
    candidates = db.session.execute(near.add_columns(visible.label("visible"))).all()
    # Both plans are of their submissions: as long as the digests are, so is what they share.
    key = (campaign.id, campaign.digest, tuple((c.id, c.digest) for c, _visible in candidates))
    shared = _pairs.get(
        key, lambda: _shared_areas(campaign.id, [other.id for other, _visible in candidates])
    )
    counted = _counted(campaign.id)
    met = [(other, visible) for other, visible in candidates if other.id in shared]
    rows = [
        _row(other, *shared[other.id], _people(campaign, other, counted))
        for other, visible in met
        if visible
    ]
    return Overlaps(rows[:SHOWN], len(met) - len(rows[:SHOWN]))


def _in_the_same_days(campaign: Campaign, cap_period: timedelta) -> ColumnElement[bool]:
    since = min(clock.now(), campaign.not_before) - cap_period
    ahead = and_(
        Campaign.state.in_(AHEAD),
        Campaign.not_before < campaign.not_after,
        Campaign.not_after > campaign.not_before,
    )
    done = and_(
        Campaign.state.in_(ENDED), Campaign.started_at.is_not(None), Campaign.completed_at >= since
    )
    return and_(Campaign.id != campaign.id, or_(ahead, done))


def _people(campaign: Campaign, other: Campaign, counted: dict[int, int]) -> int | None:
    """As counted, if all messages of the other one were there by then."""
    there, then = other.expanded_at, campaign.submitted_at
    return counted.get(other.id, 0) if there and then and there <= then else None


def _row(other: Campaign, areas: int, most: int, people: int | None) -> Overlap:
    return Overlap(
        other.id,
        other.name,
        other.state.value,
        other.started_at or other.start_at or other.not_before,
        other.completed_at or other.not_after,
        areas,
        people,
        most,
    )


# An area whose people are all left out is in common too: that is what the reader has to see.
_PLANNED = (
    "(SELECT campaign_id, area_id, SUM(people) AS people FROM planned_counts"
    " WHERE campaign_id {which} GROUP BY campaign_id, area_id)"
)
_AREAS = text(
    "SELECT t.campaign_id, COUNT(*), SUM(CASE WHEN COALESCE(pt.people, 0) < COALESCE(pm.people, 0)"
    " THEN COALESCE(pt.people, 0) ELSE COALESCE(pm.people, 0) END) FROM"
    " (SELECT DISTINCT campaign_id, area_id FROM rendered_texts WHERE campaign_id IN :others) t"
    " JOIN (SELECT DISTINCT area_id FROM rendered_texts WHERE campaign_id = :id) m"
    " ON m.area_id = t.area_id"
    f" LEFT JOIN {_PLANNED.format(which='IN :others')} pt"
    " ON pt.campaign_id = t.campaign_id AND pt.area_id = t.area_id"
    f" LEFT JOIN {_PLANNED.format(which='= :id')} pm ON pm.area_id = t.area_id"
    " GROUP BY t.campaign_id"
).bindparams(bindparam("others", expanding=True))


def _shared_areas(campaign_id: int, others: list[int]) -> dict[int, tuple[int, int]]:
    """(areas in common, the most people who can be in both) by the other campaign's id."""
    rows = db.session.execute(_AREAS, {"id": campaign_id, "others": others})
    return {row[0]: (int(row[1]), int(row[2])) for row in rows}


def _counted(campaign_id: int) -> dict[int, int]:
    wanted = select(SharedPeople).where(SharedPeople.campaign_id == campaign_id)
    return {row.other_id: row.people for row in db.session.scalars(wanted)}
