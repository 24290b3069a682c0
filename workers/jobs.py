"""The jobs RQ runs. Each finds its work in the database and may be killed, or run twice."""

from __future__ import annotations

import asyncio

from flask import current_app

from campaigns import expansion, life, preparing
from campaigns.states import CampaignState
from outreach import store
from outreach.database import db
from outreach.lists import importing
from workers import floor, mail, queues


def send(route_id: int) -> None:
    """Serve a route for up to a minute, then ring for the successor if work is left."""
    here = floor.current()
    holder = here.holder_of(route_id)
    if holder is None:
        return  # the seat went to another process; the tick rings there
    ending = asyncio.run_coroutine_threadsafe(here.serve(holder), here.loop).result()
    for campaign_id, why in ending.pause.items():
        _pause(campaign_id, why)
    if ending.work_left and not here.stopping.is_set():
        queues.ring_route(store.current(), route_id)


def _pause(campaign_id: int, why: str) -> None:
    campaign = life.get(campaign_id)
    if campaign.state is CampaignState.SENDING:
        life.pause(campaign, why, None)


def expand(campaign_id: int) -> None:
    """Make a campaign's messages, from its checkpoint on."""
    campaign = life.get(campaign_id)
    if campaign.state is not CampaignState.SENDING or campaign.expanded_at is not None:
        return
    audience = preparing.audience_of(campaign, current_app.config["OUTREACH"])
    approved = campaign.recipients_counted or 0
    db.session.rollback()  # the read snapshot must not be held while chunks are written
    try:
        expansion.expand(
            db.engine, audience, approved, lambda: not floor.current().stopping.is_set()
        )
    except expansion.TooMany as error:
        life.withdraw(life.get(campaign_id), str(error))


def import_list(list_id: int) -> None:
    """Import an uploaded list; asked to stop, leave the rest to the next."""
    importing.run_import(list_id, lambda: not floor.current().stopping.is_set())


def send_mail() -> None:
    """Send the reminders that go by e-mail."""
    settings = current_app.config["OUTREACH"]
    if not mail.send_waiting(settings, lambda: not floor.current().stopping.is_set()):
        queues.hush_mail(store.current())
