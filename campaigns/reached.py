"""What one number was sent of late: answered to who asks about a number they typed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select

from campaigns.campaigns import Campaign
from campaigns.messages import Message
from campaigns.states import MessageState
from outreach import clock
from outreach.database import db

LATELY: Final = timedelta(days=30)
SHOWN: Final = 5


@dataclass(frozen=True)
class Reached:
    """One message to the number: of which campaign, how far, since when."""

    campaign: str
    state: str
    at: datetime


def lately(number_id: int) -> list[Reached]:
    """The messages to a number in the last 30 days, and what waits; the newest first."""
    rows = db.session.execute(
        select(Campaign.name, Message.state, Message.changed_at)
        .join(Campaign, Campaign.id == Message.campaign_id)
        .where(
            Message.number_id == number_id,
            Message.state.not_in((MessageState.CANCELLED, MessageState.EXPIRED)),
            Message.changed_at > clock.now() - LATELY,
        )
        .order_by(Message.changed_at.desc())
        .limit(SHOWN)
    )
    return [Reached(name, state.value, at) for name, state, at in rows]
