"""The campaign: what is to be said, to whom, by whom, when, over which routes."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from campaigns import hours, pauses
from campaigns.hours import Window
from campaigns.routes import Route
from campaigns.rules import Kind
from campaigns.states import CampaignState
from outreach.apps import App
from outreach.areas import Area
from outreach.database import BigId, Model, Moment, words
from outreach.organisations import Organisation

NAME_LENGTH = 200
VARIANT_LENGTH = 8


class Campaign(Model):
    """One campaign. `state` changes only through campaigns.life; what is sent only as a draft."""

    __tablename__ = "campaigns"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    kind: Mapped[Kind] = mapped_column(words(Kind))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    sender: Mapped[str] = mapped_column(String(40))
    strip_marks: Mapped[bool]
    networks: Mapped[list[str]] = mapped_column(JSON)
    groups: Mapped[list[str]] = mapped_column(JSON)
    not_before: Mapped[datetime] = mapped_column(Moment)
    not_after: Mapped[datetime] = mapped_column(Moment)
    hours: Mapped[str] = mapped_column(String(11))
    selection_rule: Mapped[str] = mapped_column(Text)
    urgent: Mapped[bool] = mapped_column(default=False)
    not_messaged_days: Mapped[int] = mapped_column(default=0, server_default="0")
    # Its turn in a lottery: who lives in a later wave is held back; see campaigns.held_back.
    lottery_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("lotteries.id"), index=True)
    lottery_wave: Mapped[int | None]

    state: Mapped[CampaignState] = mapped_column(words(CampaignState), index=True)
    revision: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(Moment)
    created_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    submitted_at: Mapped[datetime | None] = mapped_column(Moment)
    # Fixed at submission: how many people the approver decided about, and the SHA-256 of it all.
    recipients_counted: Mapped[int | None]
    digest: Mapped[str | None] = mapped_column(String(64))
    # Fixed there too: whether a health office has to check its facts before it is approved.
    needs_facts: Mapped[bool] = mapped_column(default=False, server_default=false())
    start_at: Mapped[datetime | None] = mapped_column(Moment, index=True)
    started_at: Mapped[datetime | None] = mapped_column(Moment)
    # Expansion's checkpoint: the next area (by place in the campaign's list) and the last
    # subscriber taken from it; `expanded_at` when every recipient has a message.
    expand_position: Mapped[int] = mapped_column(default=0)
    expand_after: Mapped[int] = mapped_column(default=0)
    expanded_at: Mapped[datetime | None] = mapped_column(Moment)
    paused_at: Mapped[datetime | None] = mapped_column(Moment)
    pause_reason: Mapped[str | None] = mapped_column(String(300))
    # From then on it is not stopped by itself any more; see campaigns.canary.
    canary_passed_at: Mapped[datetime | None] = mapped_column(Moment)
    completed_at: Mapped[datetime | None] = mapped_column(Moment)
    settled_at: Mapped[datetime | None] = mapped_column(Moment)

    organisation: Mapped[Organisation] = relationship()
    variants: Mapped[list[Variant]] = relationship(
        order_by="Variant.key", cascade="all, delete-orphan"
    )
    apps: Mapped[list[App]] = relationship(secondary="campaign_apps", order_by="App.code")
    areas: Mapped[list[Area]] = relationship(secondary="campaign_areas", order_by="Area.code")
    route_choices: Mapped[list[RouteChoice]] = relationship(
        order_by="RouteChoice.position", cascade="all, delete-orphan"
    )

    order_carriers: Mapped[list[Organisation]] = relationship(
        secondary="campaign_orders", order_by="Organisation.id"
    )

    @property
    def window(self) -> Window:
        """When sending may begin."""
        return Window(self.not_before, self.not_after, hours.parse(self.hours))

    @property
    def pause_words(self) -> str:
        """Why it is paused, in the reader's language; "" where nobody said."""
        return pauses.words(self.pause_reason or "")

    @property
    def stopped_by_canary(self) -> bool:
        """Whether it is paused since too many of its first messages failed."""
        return pauses.is_canary(self.pause_reason)

    @property
    def was_restored(self) -> bool:
        """Whether it is paused since a backup was restored, and nobody has resumed it yet."""
        return pauses.is_restored(self.pause_reason)

    @property
    def area_ids(self) -> list[int]:
        """The areas it is for: what access is judged by."""
        return [area.id for area in self.areas]

    @property
    def carrier_ids(self) -> list[int]:
        """The organisations whose routes carry it."""
        return [choice.route.organisation_id for choice in self.route_choices]

    @property
    def carried_by(self) -> dict[int, Route]:
        """Every route its messages may be on, by id: those chosen, then what stands by for them."""
        standbys = [choice.standby for choice in self.route_choices if choice.standby is not None]
        chosen = [choice.route for choice in self.route_choices]
        return {route.id: route for route in chosen + standbys}

    @property
    def route_ids(self) -> list[int]:
        """The routes in the order they are asked."""
        return [choice.route_id for choice in self.route_choices]


class Variant(Model):
    """One wording. With several, each number gets one by its id: they share people fairly."""

    __tablename__ = "wording_variants"
    campaign_id: Mapped[int] = mapped_column(
        ForeignKey("campaigns.id", ondelete="CASCADE"), primary_key=True
    )
    key: Mapped[str] = mapped_column(String(VARIANT_LENGTH), primary_key=True)
    template: Mapped[str] = mapped_column(Text)


class CampaignApp(Model):
    """An app the campaign asks people to install."""

    __tablename__ = "campaign_apps"
    campaign_id: Mapped[int] = mapped_column(
        ForeignKey("campaigns.id", ondelete="CASCADE"), primary_key=True
    )
    app_id: Mapped[int] = mapped_column(ForeignKey("apps.id"), primary_key=True)


class CampaignArea(Model):
    """An area the campaign is for, as chosen; its sub-areas are meant too."""

    __tablename__ = "campaign_areas"
    campaign_id: Mapped[int] = mapped_column(
        ForeignKey("campaigns.id", ondelete="CASCADE"), primary_key=True
    )
    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"), primary_key=True)


class RouteChoice(Model):
    """A route of the campaign; the first whose networks fit a number carries it."""

    __tablename__ = "campaign_routes"
    campaign_id: Mapped[int] = mapped_column(
        ForeignKey("campaigns.id", ondelete="CASCADE"), primary_key=True
    )
    position: Mapped[int] = mapped_column(primary_key=True)
    route_id: Mapped[int] = mapped_column(ForeignKey("routes.id"))
    # Fixed at the submission, and approved with it: who takes what waits when the route fails.
    standby_id: Mapped[int | None] = mapped_column(ForeignKey("routes.id"))
    # How many messages were handed to it, and when the last of them.
    handed_over: Mapped[int] = mapped_column(default=0, server_default="0")
    handed_over_at: Mapped[datetime | None] = mapped_column(Moment)

    route: Mapped[Route] = relationship(foreign_keys=[route_id])
    standby: Mapped[Route | None] = relationship(foreign_keys=[standby_id])


class CampaignOrder(Model):
    """A carrier that sends its part from its own system, by an order; campaigns/orders.py."""

    __tablename__ = "campaign_orders"
    campaign_id: Mapped[int] = mapped_column(
        ForeignKey("campaigns.id", ondelete="CASCADE"), primary_key=True
    )
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), primary_key=True)


class Revision(Model):
    """Who wrote which revision: none of them may approve."""

    __tablename__ = "campaign_revisions"
    campaign_id: Mapped[int] = mapped_column(
        ForeignKey("campaigns.id", ondelete="CASCADE"), primary_key=True
    )
    revision: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime] = mapped_column(Moment)


class Decision(StrEnum):
    """What a person said about a campaign that was submitted."""

    FACTS_OK = "facts_ok"
    APPROVED = "approved"
    RETURNED = "returned"


class Approval(Model):
    """A person's decision on one revision, bound to the digest of everything that will be sent."""

    __tablename__ = "approvals"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"), index=True)
    revision: Mapped[int]
    person_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    decision: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(Text, default="")
    digest: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(Moment)


class RenderedText(Model):
    """One wording variant rendered for one area: exactly what its people will read."""

    __tablename__ = "rendered_texts"
    __table_args__ = (UniqueConstraint("campaign_id", "variant", "area_id"),)
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id", ondelete="CASCADE"))
    variant: Mapped[str] = mapped_column(String(VARIANT_LENGTH))
    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"))
    position: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
    segments: Mapped[int]


class PlannedCount(Model):
    """What the approver saw: people and segments by area and route, counted at submission."""

    __tablename__ = "planned_counts"
    campaign_id: Mapped[int] = mapped_column(
        ForeignKey("campaigns.id", ondelete="CASCADE"), primary_key=True
    )
    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"), primary_key=True)
    route_id: Mapped[int] = mapped_column(ForeignKey("routes.id"), primary_key=True)
    people: Mapped[int]
    segments: Mapped[int]


class Suppression(Model):
    """How many people were left out, by reason; they have no message. Counted at submission for
    the approver, and anew by the expansion."""

    __tablename__ = "suppressions"
    campaign_id: Mapped[int] = mapped_column(
        ForeignKey("campaigns.id", ondelete="CASCADE"), primary_key=True
    )
    reason: Mapped[str] = mapped_column(String(24), primary_key=True)
    people: Mapped[int]


Index("ix_rendered_texts_order", RenderedText.campaign_id, RenderedText.position)
