"""Those a campaign did not reach: the list to take along, and sending again."""

from __future__ import annotations

from typing import BinaryIO

from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from campaigns import failures, life, resending, unreached
from campaigns.campaigns import Campaign
from campaigns.pages.confirming import confirmed
from outreach import once, sheets
from outreach.access import Act
from outreach.errors import Refused
from outreach.i18n import _
from outreach.pages import forms
from outreach.pages.guard import needs, person

blueprint = Blueprint("unreached", __name__, url_prefix="/campaigns")


@blueprint.get("/<int:campaign_id>/unreached")
@needs(Act.CAMPAIGN_VIEW, of=life.get)
def show(campaign: Campaign) -> ResponseReturnValue:
    """Why they were not reached, and the list in both forms."""
    return render_template(
        "watch/unreached.html",
        campaign=campaign,
        failures=failures.of(campaign),
        may_see_numbers=unreached.may_see_numbers(person()),
    )


@blueprint.get("/<int:campaign_id>/unreached.xlsx")
@needs(Act.CAMPAIGN_VIEW, of=life.get)
def masked(campaign: Campaign) -> ResponseReturnValue:
    """The list with masked numbers."""
    return _file(campaign, unreached.masked(campaign))


@blueprint.post("/<int:campaign_id>/unreached.xlsx")
@needs(Act.CAMPAIGN_VIEW, of=life.get)
def whole(campaign: Campaign) -> ResponseReturnValue:
    """The list with the whole numbers of the own organisation's list; an audit row says who."""
    return _file(campaign, unreached.whole(campaign, person()))


def _file(campaign: Campaign, content: BinaryIO) -> ResponseReturnValue:
    name = _("not-reached-%(id)s.xlsx", id=campaign.id)
    answer = send_file(content, sheets.MIME, as_attachment=True, download_name=name)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.get("/<int:campaign_id>/resend")
@needs(Act.CAMPAIGN_RESEND, of=life.get)
def ask(campaign: Campaign) -> ResponseReturnValue:
    """How many would get it again, what that costs, and the number to confirm."""
    return _form(campaign)


def _form(campaign: Campaign, error: Refused | None = None) -> ResponseReturnValue:
    page = render_template(
        "watch/resend.html",
        campaign=campaign,
        failures=failures.of(campaign),
        may_resend=life.may_reopen(campaign),
        once=request.form.get("once") or once.word(),
        errors=forms.errors(error),
    )
    return page, 422 if error else 200


@blueprint.post("/<int:campaign_id>/resend")
@needs(Act.CAMPAIGN_RESEND, of=life.get)
def resend(campaign: Campaign) -> ResponseReturnValue:
    """Send again to whom it failed for now."""
    campaign_id, said = campaign.id, request.form.get("shown", "")
    # Receipts come all the time: what the page said is what was meant.
    shown = int(said) if said.isdecimal() and len(said) < 10 else -1
    try:
        confirmed(shown)
        moved = forms.once_only(lambda: resending.resend_failed(campaign_id, shown, person().id))
    except Refused as refused:
        return _form(life.get(campaign_id), refused)
    flash(_("On their way again: %(count)s messages.", count=moved), "success")
    return redirect(url_for("campaigns.show", campaign_id=campaign_id))
