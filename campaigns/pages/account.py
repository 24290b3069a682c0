"""One's own account: what one is here, and whether one is reminded of what one owes."""

from __future__ import annotations

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from campaigns import reminder_settings
from outreach import duties, own_numbers, reminder_agreements, uptake
from outreach.areas import Area
from outreach.database import find
from outreach.errors import Refused
from outreach.i18n import _
from outreach.pages.guard import logged_in, person
from outreach.reminder_agreements import OBSTACLES, Way
from outreach.settings import Settings

blueprint = Blueprint("account", __name__, url_prefix="/account")


@blueprint.get("/")
@logged_in
def show() -> ResponseReturnValue:
    """What the person is, and their reminders."""
    return _page()


def _page(refused: Refused | None = None) -> str:
    who = person()
    settings: Settings = current_app.config["OUTREACH"]
    duty, agreement = duties.of(who), reminder_agreements.of(who.id)
    obstacle = "" if agreement is None else reminder_agreements.obstacle(agreement, settings)
    set_there = None if duty is None else reminder_settings.in_force(duty.area.id, settings)
    confirmed = own_numbers.confirmed_at(who) is not None
    return render_template(
        "account/show.html",
        user=who,
        area=None if who.own_area_id is None else find(Area, who.own_area_id),
        phone=own_numbers.masked(who) if confirmed else "",
        duty=duty,
        due_at=None if duty is None else duty.due_at(uptake.today()),
        agreement=agreement,
        obstacle=_(OBSTACLES[obstacle]) if obstacle else "",
        set_there=set_there,
        by_mail=settings.sends_mail,
        error="" if refused is None else refused.sentence,
    )


@blueprint.post("/reminders", endpoint="agree")
@logged_in
def agree() -> ResponseReturnValue:
    """Be reminded from now on."""
    try:
        way = Way(request.form.get("way", ""))
        reminder_agreements.agree(person(), way, current_app.config["OUTREACH"])
    except ValueError:
        return _page(Refused(_("Choose how to be reminded."), "way")), 422
    except Refused as refused:
        return _page(refused), 422
    flash(_("You will be reminded. You can end it here at any time."), "success")
    return redirect(url_for("account.show"))


@blueprint.post("/reminders/withdraw", endpoint="withdraw")
@logged_in
def withdraw() -> ResponseReturnValue:
    """Be reminded no more."""
    reminder_agreements.withdraw(person())
    flash(_("You are reminded no more."), "success")
    return redirect(url_for("account.show"))
