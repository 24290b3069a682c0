"""The campaign pages: list, progress, and the acts of a campaign's life."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue

from campaigns import approvals, approving, life, showing, stops, waiting
from campaigns.campaigns import Campaign
from campaigns.pages import moments
from campaigns.pages.confirming import confirmed, confirmed_areas, confirmed_size
from campaigns.states import CampaignState
from outreach import access
from outreach.access import Act
from outreach.errors import Refused
from outreach.i18n import _
from outreach.pages import navigation
from outreach.pages.guard import needs, person

blueprint = Blueprint("campaigns", __name__, url_prefix="/campaigns")


@blueprint.app_context_processor
def _emergency() -> dict[str, Any]:
    return {"emergency": stops.reason()}


@blueprint.record
def _count_in_the_side_bar(state: BlueprintSetupState) -> None:
    navigation.count(state.app, "campaigns.index", "waits", waiting.count)


@blueprint.get("/")
@needs(Act.CAMPAIGN_VIEW)
def index() -> ResponseReturnValue:
    """The campaigns this person may see."""
    state = request.args.get("state")
    return render_template(
        "campaigns/list.html",
        campaigns=showing.listed(person(), state),
        filters=showing.filters(person(), state),
        can_create=access.allowed(person(), Act.CAMPAIGN_CREATE),
    )


@blueprint.get("/<int:campaign_id>")
@needs(Act.CAMPAIGN_VIEW, of=life.get)
def show(campaign: Campaign) -> ResponseReturnValue:
    """One campaign."""
    return _page(campaign)


def _page(campaign: Campaign, errors: dict[str, str] | None = None) -> ResponseReturnValue:
    view = showing.of(campaign, person(), _within())
    decided = approving.of(
        campaign,
        person(),
        current_app.config["OUTREACH"],
        commune=request.args.get("commune", ""),
        variant=request.args.get("variant", ""),
    )
    page = render_template(
        "campaigns/show.html", p=view, d=decided, errors=errors or {}, typed=request.form
    )
    return page, 422 if errors else 200


@blueprint.get("/<int:campaign_id>/progress")
@needs(Act.CAMPAIGN_VIEW, of=life.get)
def progress(campaign: Campaign) -> ResponseReturnValue:
    """The part of the page that is refreshed, the same partial as its first render."""
    return render_template("campaigns/_progress.html", p=showing.of(campaign, person(), _within()))


def _within() -> int | None:
    """The area whose places are listed, where a campaign has more than one looks through."""
    return request.args.get("within", type=int)


def _act(campaign: Campaign, act: Callable[[], None], done: str) -> ResponseReturnValue:
    """Do it and go back to the page; where it is refused, the page says why at the field."""
    campaign_id = campaign.id
    try:
        act()
    except Refused as refused:
        if refused.field in {"number", "reason", "at"}:
            return _page(life.get(campaign_id), {refused.field: refused.sentence})
        if request.form.get("reason"):  # what was typed stays, beside what it is now
            now = life.get(campaign_id)
            if now.state is CampaignState.SUBMITTED:
                return _page(now, {"reason": refused.sentence})
        flash(refused.sentence, "error")
    else:
        flash(done, "success")
    return redirect(url_for("campaigns.show", campaign_id=campaign_id))


@blueprint.post("/<int:campaign_id>/submit")
@needs(Act.CAMPAIGN_SUBMIT, of=life.get)
def submit(campaign: Campaign) -> ResponseReturnValue:
    """Hand it to its approver."""
    settings = current_app.config["OUTREACH"]
    return _act(
        campaign,
        lambda: approvals.submit(campaign, person(), settings),
        _("Submitted. Somebody else of the culture office approves it now."),
    )


@blueprint.post("/<int:campaign_id>/facts")
@needs(Act.CAMPAIGN_CHECK_FACTS, of=life.get)
def check_facts(campaign: Campaign) -> ResponseReturnValue:
    """Say that the facts are right in what the page showed."""
    return _act(
        campaign,
        lambda: approvals.check_facts(campaign, person(), request.form.get("digest", "")),
        _("Noted: the facts are right. The culture office decides now."),
    )


@blueprint.post("/<int:campaign_id>/approve")
@needs(Act.CAMPAIGN_APPROVE, of=life.get)
def approve(campaign: Campaign) -> ResponseReturnValue:
    """Approve what the page showed: its digest comes back with the form."""

    def act() -> None:
        confirmed_size(campaign)
        approvals.refuse_hours(campaign, current_app.config["OUTREACH"])
        approvals.approve(campaign, person(), request.form.get("digest", ""))

    return _act(campaign, act, _("Approved."))


@blueprint.post("/<int:campaign_id>/return", endpoint="return")
@needs(Act.CAMPAIGN_RETURN, of=life.get)
def give_back(campaign: Campaign) -> ResponseReturnValue:
    """Return it with a reason."""
    reason, digest = request.form.get("reason", ""), request.form.get("digest", "")
    return _act(
        campaign,
        lambda: approvals.give_back(campaign, person(), reason, digest),
        _("Returned to its author."),
    )


@blueprint.post("/<int:campaign_id>/schedule")
@needs(Act.CAMPAIGN_SCHEDULE, of=life.get)
def schedule(campaign: Campaign) -> ResponseReturnValue:
    """Choose its start."""
    return _act(
        campaign,
        lambda: life.schedule(campaign, moments.local("at"), person().id),
        _("Scheduled. It starts by itself."),
    )


@blueprint.post("/<int:campaign_id>/start")
@needs(Act.CAMPAIGN_START, of=life.get)
def start(campaign: Campaign) -> ResponseReturnValue:
    """Start it now."""

    def act() -> None:
        confirmed_size(campaign)
        life.start(campaign, person().id)

    return _act(campaign, act, _("Sending has started."))


@blueprint.post("/<int:campaign_id>/pause")
@needs(Act.CAMPAIGN_PAUSE, of=life.get)
def pause(campaign: Campaign) -> ResponseReturnValue:
    """Pause it: plain, since it can be taken back."""
    who = person().name or person().email
    reason = _("%(who)s pressed “Pause”", who=who)
    return _act(
        campaign,
        lambda: life.pause(campaign, reason, person().id),
        _("Paused. Nothing more begins."),
    )


@blueprint.post("/<int:campaign_id>/resume")
@needs(Act.CAMPAIGN_RESUME, of=life.get)
def resume(campaign: Campaign) -> ResponseReturnValue:
    """Go on."""
    return _act(campaign, lambda: life.resume(campaign, person().id), _("Sending goes on."))


@blueprint.get("/<int:campaign_id>/cancel")
@needs(Act.CAMPAIGN_CANCEL, of=life.get)
def cancel(campaign: Campaign) -> ResponseReturnValue:
    """Ask for the number of messages that will not be sent, or of only orders of their areas."""
    return render_template("campaigns/cancel.html", p=showing.of(campaign, person()))


@blueprint.post("/<int:campaign_id>/cancel", endpoint="do_cancel")
@needs(Act.CAMPAIGN_CANCEL, of=life.get)
def do_cancel(campaign: Campaign) -> ResponseReturnValue:
    """Cancel it for good."""
    view = showing.of(campaign, person())
    waiting = view.figures.total.left if campaign.started_at else view.figures.recipients
    try:
        # While it runs fewer wait each second: what the page said is what was meant.
        shown = request.form.get("shown", "")
        people = int(shown if shown.isdecimal() else 0) or waiting
        if view.confirm_areas is not None:
            confirmed_areas(view.confirm_areas)
        elif people:  # where nothing waits there is no number to type
            confirmed(people)
        life.cancel(campaign, person().id)
    except Refused as refused:
        page = render_template("campaigns/cancel.html", p=view, errors={"number": refused.sentence})
        return page, 422
    flash(_("Cancelled."), "success")
    return redirect(url_for("campaigns.show", campaign_id=campaign.id))


@blueprint.get("/stop")
@needs(Act.EMERGENCY_STOP)
def stop() -> ResponseReturnValue:
    """What an emergency stop would halt."""
    return render_template("campaigns/stop.html", running=showing.running(person()))


@blueprint.post("/stop", endpoint="do_stop")
@needs(Act.EMERGENCY_STOP)
def do_stop() -> ResponseReturnValue:
    """Stop everything."""
    try:
        life.stop_everything(request.form.get("reason", ""), person().id)
    except Refused as refused:
        errors = {"reason": refused.sentence}
        page = render_template(
            "campaigns/stop.html", running=showing.running(person()), errors=errors
        )
        return page, 422
    return redirect(url_for("campaigns.stop"))


@blueprint.post("/stop/lift")
@needs(Act.EMERGENCY_STOP)
def lift() -> ResponseReturnValue:
    """Lift the stop."""
    life.lift_stop(person().id)
    flash(_("Sending goes on where it stood."), "success")
    return redirect(url_for("campaigns.stop"))
