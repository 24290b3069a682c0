"""Messages in doubt: what is known about each, and a person's decisions."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue

from campaigns import deciding, life
from campaigns.campaigns import Campaign
from campaigns.deciding import PER_PAGE, Chosen, Decision
from campaigns.pages.confirming import confirmed
from outreach import clock, once
from outreach.access import Act
from outreach.errors import Refused
from outreach.i18n import N_, _
from outreach.pages import forms, navigation
from outreach.pages.guard import needs, person

blueprint = Blueprint("doubts", __name__, url_prefix="/campaigns")

DONE = {
    Decision.DELIVERED: N_("Marked as delivered: %(count)s messages."),
    Decision.FAILED: N_("Marked as failed: %(count)s messages."),
    Decision.RESEND: N_("On their way again: %(count)s messages."),
}


@blueprint.record
def _count_in_the_side_bar(state: BlueprintSetupState) -> None:
    navigation.count(state.app, "doubts.index", "waits", deciding.waiting_for)


@blueprint.get("/doubt")
@needs(Act.INDOUBT_DECIDE)
def index() -> ResponseReturnValue:
    """The campaigns whose messages in doubt wait for this person."""
    return render_template("watch/doubts.html", waiting=deciding.waiting_list(person()))


@blueprint.get("/<int:campaign_id>/doubt")
@needs(Act.INDOUBT_DECIDE, of=life.get)
def show(campaign: Campaign) -> ResponseReturnValue:
    """A campaign's messages in doubt, one reason at a time, with what is known about each."""
    return _page(campaign, request.args.get("reason"), request.args.get("page", 1, type=int))


def _page(
    campaign: Campaign, wanted: str | None, page: int, errors: dict[str, str] | None = None
) -> ResponseReturnValue:
    groups = deciding.groups(campaign.id)
    group = next((g for g in groups if g.reason == wanted), groups[0] if groups else None)
    pages = 1 if group is None else -(-group.messages // PER_PAGE)
    page = min(max(page, 1), pages)
    answer = render_template(
        "watch/doubt.html",
        campaign=campaign,
        groups=groups,
        group=group,
        page=page,
        pages=pages,
        first=(page - 1) * PER_PAGE + 1,
        doubts=deciding.listed(campaign.id, group.reason, page) if group else [],
        may_resend=life.may_reopen(campaign),
        until=clock.to_microseconds(clock.now()),
        once=request.form.get("once") or once.word(),
        ticked=set(request.form.getlist("message")),
        errors=errors or {},
    )
    return answer, 422 if errors else 200


@blueprint.post("/<int:campaign_id>/doubt")
@needs(Act.INDOUBT_DECIDE, of=life.get)
def decide(campaign: Campaign) -> ResponseReturnValue:
    """Mark delivered or failed at once; for sending again ask for the number first."""
    campaign_id, chosen = campaign.id, _chosen()
    page = request.form.get("page", 1, type=int)
    try:
        decision = _decision()
        if decision is Decision.RESEND:
            return _confirm_or_resend(campaign, chosen)
        moved = _do(campaign, decision, chosen)
    except Refused as refused:
        wrong = {refused.field or "message": refused.sentence}
        return _page(life.get(campaign_id), chosen.reason, page, wrong)
    return _done(campaign_id, decision, moved)


def _decision() -> Decision:
    try:
        return Decision(request.form.get("decision", ""))
    except ValueError:
        raise Refused(_("Choose what becomes of these messages."), "message") from None


def _chosen() -> Chosen:
    ids = [int(i) for i in request.form.getlist("message") if i.isdecimal() and len(i) < 19]
    every = request.form.get("which") == "every"
    return Chosen(ids, every, request.form.get("reason"), _until())


def _until() -> datetime | None:
    said = request.form.get("until", "")
    return clock.from_microseconds(int(said)) if said.isdecimal() and len(said) < 17 else None


def _do(campaign: Campaign, decision: Decision, chosen: Chosen) -> int:
    why = request.form.get("why", "")
    return forms.once_only(lambda: deciding.decide(campaign, decision, chosen, why, person().id))


def _done(campaign_id: int, decision: Decision, moved: int) -> ResponseReturnValue:
    flash(_(DONE[decision], count=moved), "success")
    left = deciding.groups(campaign_id)
    to = "doubts.show" if left and decision is not Decision.RESEND else "campaigns.show"
    return redirect(url_for(to, campaign_id=campaign_id))


def _confirm_or_resend(campaign: Campaign, chosen: Chosen) -> ResponseReturnValue:
    deciding.require_reason(request.form.get("why", ""))
    if "number" not in request.form:
        return _confirmation(campaign, chosen)
    campaign_id, shown = campaign.id, request.form.get("shown", "")
    try:
        confirmed(int(shown) if shown.isdecimal() else -1)
    except Refused as refused:
        return _confirmation(campaign, chosen, {"number": refused.sentence})
    return _done(campaign_id, Decision.RESEND, _do(campaign, Decision.RESEND, chosen))


def _confirmation(
    campaign: Campaign, chosen: Chosen, errors: dict[str, Any] | None = None
) -> ResponseReturnValue:
    ids = deciding.require_some(campaign.id, chosen)
    answer = render_template(
        "watch/doubt_resend.html",
        campaign=campaign,
        chosen=chosen,
        count=len(ids),
        cost=deciding.cost(campaign, ids),
        until=request.form.get("until", ""),
        why=request.form.get("why", ""),
        once=request.form.get("once", ""),
        errors=errors or {},
    )
    return answer, 422 if errors else 200
