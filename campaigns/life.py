"""The acts of a campaign's life after it was approved, and the one way to change a state.

`move` is a single conditional UPDATE whose row count is checked, and one audit row: of two people
who press at once, one wins and the other is told.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from sqlalchemy import text, update

from campaigns import expansion, held_back, orders, preparing, standing, stops
from campaigns.campaigns import Campaign
from campaigns.states import APPROVED_STATES, CAMPAIGN_TRANSITIONS, CampaignState
from outreach import audit, clock
from outreach.database import db, find, transaction
from outreach.errors import Missing, Refused
from outreach.i18n import _

C = CampaignState
_NOT_PAUSED: Final[dict[str, Any]] = {"paused_at": None, "pause_reason": None}
_NOT_BEGUN: Final[dict[str, Any]] = {
    "start_at": None,
    "started_at": None,
    "expand_position": 0,
    "expand_after": 0,
    "expanded_at": None,
}


def get(campaign_id: int) -> Campaign:
    """The campaign as it stands in the database now, or Refused naming the id."""
    campaign = find(Campaign, campaign_id, populate_existing=True)
    if campaign is None:
        raise Missing(_("There is no campaign %(id)s.", id=campaign_id), "id")
    return campaign


def require(campaign: Campaign, to: CampaignState) -> None:
    """Raise Refused unless the table lets the campaign become `to`. Acts ask it first, so that a
    person learns what it is before anything else that is wrong with it."""
    if to not in CAMPAIGN_TRANSITIONS[campaign.state]:
        raise _impossible(campaign, to)


def _impossible(campaign: Campaign, to: CampaignState) -> Refused:
    sentence = _(
        "“%(name)s” is %(state)s; it cannot become %(to)s.",
        name=campaign.name,
        state=campaign.state.value,
        to=to.value,
    )
    return Refused(sentence, "state")


def move(
    campaign: Campaign,
    to: CampaignState,
    actor_id: int | None,
    *,
    act: str,
    detail: dict[str, Any] | None = None,
    **values: Any,
) -> None:
    """Move a campaign from the state it was read in to `to`, storing `values` with it.

    Raises Refused where the table does not allow it, or where somebody moved it meanwhile.
    """
    require(campaign, to)
    before = campaign.state
    with transaction() as session:
        result = session.execute(
            update(Campaign)
            .where(Campaign.id == campaign.id, Campaign.state == before)
            .values(state=to, **values)
            .execution_options(synchronize_session=False)
        )
        if result.rowcount != 1:  # type: ignore[attr-defined]
            raise Refused(_changed(campaign), "state")
        audit.record(
            act,
            "campaign",
            campaign.id,
            {"from": before.value, "to": to.value} | (detail or {}),
            actor_id,
        )
        orders.follow(campaign.id, to, actor_id)
        session.expire(campaign)


def _changed(campaign: Campaign) -> str:
    return _(
        "Somebody has just changed “%(name)s”. Look at it again before you decide.",
        name=campaign.name,
    )


def schedule(campaign: Campaign, at: datetime, actor_id: int | None) -> None:
    """Pick a start inside the approved envelope and hours; needs no new approval."""
    require(campaign, C.SCHEDULED)
    if at < clock.now():
        raise Refused(
            _(
                "The start %(at)s has passed; it is now %(now)s.",
                at=clock.iso(at),
                now=clock.iso(clock.now()),
            ),
            "at",
        )
    opening = campaign.window.next_opening(at)
    if opening != at:
        raise Refused(
            _(
                "Nothing may be sent at %(at)s: the approval allows %(first)s to %(last)s, daily "
                "%(hours)s.",
                at=clock.iso(at),
                first=clock.iso(campaign.not_before),
                last=clock.iso(campaign.not_after),
                hours=campaign.hours,
            ),
            "at",
        )
    move(campaign, C.SCHEDULED, actor_id, act="campaign.schedule", detail={"at": at}, start_at=at)


def start(campaign: Campaign, actor_id: int | None) -> None:
    """Start sending now, if the window is open now. Raises Refused with when it opens, and for one
    that has begun: its day is the one on which it did."""
    if campaign.started_at is not None:
        raise _impossible(campaign, C.SENDING)
    require(campaign, C.SENDING)
    now = clock.now()
    opening = campaign.window.next_opening(now)
    if opening is None:
        raise Refused(_("The window of this campaign has closed for good."), "state")
    if campaign.window.closes_at(now) is None:
        raise Refused(
            _(
                "Nothing may be sent now (%(now)s). The window opens at %(opening)s.",
                now=clock.iso(now),
                opening=clock.iso(opening),
            ),
            "state",
        )
    _refuse_while_stopped()
    with transaction():
        held_back.refuse_start(campaign, now)
        _refuse_uncovered(campaign)
        times: dict[str, Any] = {"started_at": now, "start_at": now, **_NOT_PAUSED}
        if not campaign.route_choices:
            times["expanded_at"] = now  # only orders: there is nobody of ours to expand to
        move(campaign, C.SENDING, actor_id, act="campaign.start", **times)


def _refuse_while_stopped() -> None:
    if stops.in_force():
        raise Refused(_("Everything is stopped by the emergency stop."), "state")


def _refuse_uncovered(campaign: Campaign) -> None:
    # The sender asks the same at every claim; here a person is told before anything begins.
    approved = campaign.state in APPROVED_STATES
    if approved and standing.sealed_as_approved(db.session.connection(), campaign.id) is None:
        raise Refused(_uncovered(campaign), "state")


def _uncovered(campaign: Campaign) -> str:
    return _(
        "What “%(name)s” would send is not what was approved. Change it, and have it approved "
        "again.",
        name=campaign.name,
    )


def pause(campaign: Campaign, reason: str, actor_id: int | None) -> None:
    """Stop sending; nothing begins after 2 s. The reason is shown to everybody."""
    if campaign.state is not C.SENDING:
        raise _impossible(campaign, C.PAUSED)
    move(
        campaign,
        C.PAUSED,
        actor_id,
        act="campaign.pause",
        detail={"reason": reason},
        paused_at=clock.now(),
        pause_reason=reason[:300],
    )


def hold_back(campaign: Campaign, reason: str, actor_id: int | None) -> None:
    """Pause what stood so in a backup: an unfinished campaign, begun or not. One of which nothing
    was sent yet begins anew when a person resumes it."""
    values: dict[str, Any] = {} if campaign.expanded_at is not None else _NOT_BEGUN
    values = values | {"pause_reason": reason, "paused_at": clock.now()}
    if campaign.state is not C.PAUSED:
        move(campaign, C.PAUSED, actor_id, act="campaign.hold_back", **values)
        return
    with transaction() as session:
        session.execute(update(Campaign).where(Campaign.id == campaign.id).values(**values))
        audit.record("campaign.hold_back", "campaign", campaign.id, {}, actor_id)


def resume(campaign: Campaign, actor_id: int | None) -> None:
    """Go on sending what is queued, or begin what had not begun. What had stopped by itself is not
    stopped so again: whoever resumes it has seen why."""
    require(campaign, C.SENDING)
    if campaign.started_at is None:
        start(campaign, actor_id)
        return
    _refuse_while_stopped()
    if campaign.window.next_opening(clock.now()) is None:
        raise Refused(_("The window of this campaign has closed for good."), "state")
    values: dict[str, Any] = dict(_NOT_PAUSED)
    if campaign.stopped_by_canary:
        values["canary_passed_at"] = clock.now()
    with transaction():
        _refuse_uncovered(campaign)
        move(campaign, C.SENDING, actor_id, act="campaign.resume", **values)


def hold(campaign: Campaign) -> None:
    """Keep the campaign in the state it is in now to the end of the caller's transaction."""
    session = db.session()
    lock = "" if session.get_bind().dialect.name == "sqlite" else " FOR NO KEY UPDATE"
    session.execute(text(f"SELECT 1 FROM campaigns WHERE id = :id{lock}"), {"id": campaign.id})
    session.refresh(campaign)


def may_reopen(campaign: Campaign) -> bool:
    """Whether messages of it could be sent again now, as far as its state and window say."""
    going = {C.SENDING, C.PAUSED, C.COMPLETED}
    return campaign.state in going and campaign.window.next_opening(clock.now()) is not None


def reopen(campaign: Campaign, actor_id: int | None) -> None:
    """See that what is queued now, in the caller's transaction, is sent: a completed campaign goes
    on sending; one that sends or is paused stays as it is.

    Raises Refused where its window has closed for good, the emergency stop is set, the approval
    does not cover it, or it was ended.
    """
    state = campaign.state
    if state is not C.PAUSED and state is not C.SENDING:
        require(campaign, C.SENDING)
    _refuse_while_stopped()
    if campaign.window.next_opening(clock.now()) is None:
        raise Refused(_("The window of this campaign has closed for good."), "state")
    with transaction() as session:
        if standing.sealed_as_approved(session.connection(), campaign.id) is None:
            raise Refused(_uncovered(campaign), "state")
        if state is C.COMPLETED:
            # How it went is known: the canary of this has nothing to tell any more.
            again: dict[str, Any] = {
                "completed_at": None,
                "settled_at": None,
                "canary_passed_at": clock.now(),
            }
            move(campaign, C.SENDING, actor_id, act="campaign.reopen", **again)


def cancel(campaign: Campaign, actor_id: int | None) -> None:
    """End it for good. The tick turns what is queued into cancelled; what left stays as it is."""
    move(campaign, C.CANCELLED, actor_id, act="campaign.cancel", completed_at=clock.now())


def withdraw(campaign: Campaign, why: str) -> None:
    """Make a campaign that began but sent nothing a draft again: more people than were approved.

    Its messages go in the same transaction, so that no draft ever has any.
    """
    with transaction() as session:
        move(
            campaign,
            C.DRAFT,
            None,
            act="campaign.withdraw",
            detail={"why": why},
            digest=None,
            submitted_at=None,
            recipients_counted=None,
            **_NOT_BEGUN,
        )
        expansion.undo(session.connection(), campaign.id)
        preparing.forget(campaign.id)


def expire(campaign: Campaign) -> None:
    """Its last window has passed: what is not sent is not sent at all."""
    move(campaign, C.EXPIRED, None, act="campaign.expire", completed_at=clock.now())


def complete(campaign: Campaign) -> None:
    """Nothing of it is queued or on its way any more."""
    move(campaign, C.COMPLETED, None, act="campaign.complete", completed_at=clock.now())


def stop_everything(reason: str, actor_id: int | None) -> None:
    """The emergency stop: no message of any campaign begins until it is lifted. Refused where the
    reason is empty."""
    reason = reason.strip()
    if not reason:
        raise Refused(_("Say why: everybody who opens the system reads it."), "reason")
    with transaction():
        stops.set_in_force(reason)
        audit.record("emergency_stop.set", "installation", None, {"reason": reason}, actor_id)


def lift_stop(actor_id: int | None) -> None:
    """Lift the emergency stop; running campaigns go on."""
    with transaction():
        stops.lift()
        audit.record("emergency_stop.lift", "installation", None, {}, actor_id)
