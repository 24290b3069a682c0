"""Expanding in a test, in chunks and batches so small that few people make many."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import pytest
from sqlalchemy import text

from campaigns import expansion, life, preparing
from campaigns.campaigns import Campaign
from outreach.database import db
from tests.stage import Stage


class Made(NamedTuple):
    """A message as expansion made it."""

    number_id: int
    area_id: int
    route_id: int
    text_id: int
    batch_id: int
    segments: int


def expand(stage: Stage, campaign: Campaign, go_on: Callable[[], bool] = lambda: True) -> bool:
    """What a worker's job does."""
    campaign = life.get(campaign.id)
    audience = preparing.audience_of(campaign, stage.settings)
    approved = campaign.recipients_counted or 0
    db.session.rollback()
    return expansion.expand(db.engine, audience, approved, go_on)


def messages_of(campaign: Campaign) -> list[Made]:
    """In the order they were made."""
    db.session.rollback()
    rows = db.session.execute(
        text(
            "SELECT number_id, area_id, route_id, text_id, batch_id, segments FROM messages"
            " WHERE campaign_id = :id ORDER BY id"
        ),
        {"id": campaign.id},
    )
    return [Made(*row) for row in rows]


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seven candidates a chunk, three messages a batch."""
    monkeypatch.setattr(expansion, "CHUNK", 7)
    monkeypatch.setattr(expansion, "BATCH", 3)
