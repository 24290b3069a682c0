"""The people of a list: a page at a time, masked; one number looked up; an opt-out recorded.

Here and not with the other pages of lists, since what a number was sent is the campaigns' to say.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from campaigns import reached
from outreach import access
from outreach.access import Act
from outreach.errors import Refused
from outreach.i18n import _
from outreach.labels import NETWORKS as NETWORK_NAMES
from outreach.lists import expiry, people
from outreach.pages.guard import needs, person
from outreach.subscribers import SubscriberList, list_by_id

blueprint = Blueprint("list_people", __name__, url_prefix="/lists")


@blueprint.get("/<int:list_id>/people")
@needs(Act.LIST_VIEW, of=list_by_id)
def index(upload: SubscriberList) -> str:
    """A page of a list's people, masked."""
    return _page(upload, people.page(upload, person(), _after(request.args)))


@blueprint.post("/<int:list_id>/people/find")
@needs(Act.LIST_VIEW, of=list_by_id)
def find(upload: SubscriberList) -> ResponseReturnValue:
    """Whether a number that was typed is on the list, has opted out, was messaged lately.

    By POST, so that no number stands in an address, a history or a log."""
    listed = people.page(upload, person(), _after(request.form))
    try:
        found = people.find(upload, person(), request.form.get("number", ""))
    except Refused as refused:
        return _page(upload, listed, errors={refused.field or "number": refused.sentence}), 422
    known = found.row is not None and found.number_id is not None
    messages = reached.lately(found.number_id or 0) if known else []
    return _page(upload, listed, found=found, messages=messages)


@blueprint.post("/<int:list_id>/people/numbers")
@needs(Act.LIST_SEE_NUMBERS, of=list_by_id)
def numbers(upload: SubscriberList) -> ResponseReturnValue:
    """One page with whole numbers; an audit row says who saw it."""
    after = _after(request.form)
    try:
        listed = people.whole(upload, person(), after)
    except Refused as refused:
        flash(refused.sentence, "error")
        return redirect(url_for("list_people.index", list_id=upload.id, after=after or None))
    return _page(list_by_id(upload.id), listed, whole=True)


@blueprint.post("/<int:list_id>/people/opt-out")
@needs(Act.LIST_VIEW, of=list_by_id)
def opt_out(upload: SubscriberList) -> ResponseReturnValue:
    """Record that somebody wants no messages any more: a number typed, or somebody found before."""
    access.demand(person(), Act.OPTOUT_RECORD)
    listed = people.page(upload, person(), _after(request.form))
    how = request.form.get("how", "")
    try:
        known = request.form.get("subscriber", 0, type=int)
        typed = people.number_of(upload, known) if known else request.form.get("opt_out_number", "")
        masked = people.record_opt_out(typed, how, actor_id=person().id)
    except Refused as refused:
        errors = {refused.field or "opt_out_number": refused.sentence}
        return _page(list_by_id(upload.id), listed, errors=errors, how=how), 422
    flash(_("%(number)s gets nothing from now on.", number=masked), "success")
    return redirect(url_for("list_people.index", list_id=upload.id))


def _after(values: Any) -> int:
    return max(0, min(values.get("after", 0, type=int) or 0, 2**62))


def _page(upload: SubscriberList, listed: people.Page, **more: Any) -> str:
    return render_template(
        "lists/people.html",
        upload=upload,
        page=listed,
        expired=expiry.expired(upload),
        network_names=NETWORK_NAMES,
        may_see=access.allowed(person(), Act.LIST_SEE_NUMBERS, upload),
        sees_all=access.allowed(person(), Act.LIST_SEE_RESTRICTED, upload),
        **{"errors": {}, "found": None, "messages": [], "whole": False, "how": ""} | more,
    )
