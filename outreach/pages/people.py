"""People: who may log in, as what, for which office and area; invitations; closed accounts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from outreach import (
    access,
    accounts,
    api_tokens,
    area_choice,
    closing,
    invitations,
    labels,
    once,
    organisations,
    own_numbers,
    people,
    seen,
    typed,
)
from outreach.access import Act
from outreach.accounts import Role, User
from outreach.database import db, transaction
from outreach.errors import Refused
from outreach.i18n import _
from outreach.organisations import Organisation
from outreach.pages import forms
from outreach.pages.guard import needs, person
from outreach.people import State, Wanted

blueprint = Blueprint("people", __name__, url_prefix="/admin/people")
for word in (labels.role, labels.kind, labels.level, labels.network):
    blueprint.add_app_template_global(word, f"{word.__name__}_word")
    blueprint.add_app_template_filter(word, f"{word.__name__}_word")


@blueprint.get("/")
@needs(Act.PEOPLE_MANAGE)
def index() -> str:
    """The people, by what the address asks for."""
    asked = request.args
    wanted = Wanted(
        asked.get("q", "").strip(),
        asked.get("organisation", type=typed.key),
        asked.get("role", type=Role),
        asked.get("state", type=State),
        asked.get("before", type=typed.key),
    )
    return render_template(
        "people/list.html", page=people.page(wanted), wanted=wanted, asked=asked, **_choices()
    )


def _choices() -> dict[str, Any]:
    return {
        "roles": [(role.value, labels.role(role)) for role in labels.ROLES],
        "organisations": [(str(each.id), each.name) for each in organisations.every()],
    }


@blueprint.get("/new")
@needs(Act.PEOPLE_MANAGE)
def new() -> str:
    """The form for somebody new."""
    return _new_form({"once": once.word(), "organisation": request.args.get("organisation", "")})


@blueprint.post("/new", endpoint="create")
@needs(Act.PEOPLE_MANAGE)
def create() -> ResponseReturnValue:
    """Add somebody and show the link that invites them."""
    token = invitations.token_of(forms.pressed(), str(current_app.secret_key))
    try:
        made = forms.once_only(lambda: _added(token))
    except Refused as refused:
        return _new_form(request.form, refused), 422
    return _invited(accounts.by_id(made), token)


def _added(token: str | None) -> int:
    role, organisation, area_id = _place()
    with transaction():
        added = accounts.add(
            request.form.get("email", ""),
            role,
            organisation,
            area_id,
            name=request.form.get("name", ""),
            actor_id=person().id,
        )
        invitations.create(added, actor_id=person().id, token=token)
    return added.id


def _place() -> tuple[Role, Organisation | None, int | None]:
    """Role, organisation and area as typed. Raises Refused at their fields."""
    given = request.form
    try:
        role = Role(given.get("role", ""))
    except ValueError:
        raise Refused(_("Choose a role."), "role") from None
    chosen = given.get("organisation", 0, type=int)
    area = area_choice.chosen(given.get("area", ""))
    organisation = organisations.by_id(chosen) if chosen else None
    return role, organisation, None if area is None else area.id


def _new_form(given: Mapping[str, Any], refused: Refused | None = None) -> str:
    return render_template(
        "people/new.html", typed=given, errors=forms.errors(refused), **_choices()
    )


def _invited(user: User, token: str | None) -> str:
    """The link, once: it is the answer to a button, and stands nowhere else."""
    made = token or invitations.create(user, actor_id=person().id)
    address = invitations.link(made, current_app.config["OUTREACH"])
    days = invitations.VALID_FOR.days
    return render_template("people/invited.html", user=user, link=address, days=days)


@blueprint.get("/<int:person_id>")
@needs(Act.PEOPLE_MANAGE, of=accounts.by_id)
def show(user: User) -> str:
    """One person: what they are, to be changed; their link; their phone; their account."""
    return _form(user, _shown(user))


def _shown(user: User) -> dict[str, str]:
    """What the form holds before anything is typed."""
    return {
        "name": user.name,
        "role": user.role.value,
        "organisation": str(user.organisation_id or ""),
        "area": area_choice.written(user.area_id),
        "seen": seen.mark(accounts.shown(user)),
    }


def _form(user: User, given: Mapping[str, Any], refused: Refused | None = None) -> str:
    return render_template(
        "people/show.html",
        row=people.one(user),
        typed=given,
        errors=forms.errors(refused),
        myself=user.id == person().id,
        may_report=access.allowed(user, Act.UPTAKE_ENTER),
        phone=own_numbers.masked(user),
        phone_since=own_numbers.confirmed_at(user),
        tokens=api_tokens.of(user),
        once=once.word(),
        **_choices(),
    )


@blueprint.post("/<int:person_id>", endpoint="change")
@needs(Act.PEOPLE_MANAGE, of=accounts.by_id)
def change(user: User) -> ResponseReturnValue:
    """Save what was changed."""
    user_id = user.id
    return forms.save(
        lambda: _changed(user),
        lambda refused: _form(accounts.by_id(user_id), request.form, refused),
        _("Saved. It holds from the next page they open."),
        lambda _none: url_for("people.show", person_id=user_id),
    )


def _changed(user: User) -> None:
    role, organisation, area_id = _place()
    name, form = request.form.get("name", ""), request.form.get("seen", "")
    accounts.change(user, name, role, organisation, area_id, form=form, actor_id=person().id)


@blueprint.post("/<int:person_id>/phone", endpoint="confirm_phone")
@needs(Act.PEOPLE_MANAGE, of=accounts.by_id)
def confirm_phone(user: User) -> ResponseReturnValue:
    """Believe what comes from a number as this person's word."""
    user_id, given = user.id, request.form.get("phone", "")
    return forms.save(
        lambda: own_numbers.confirm(user, given, actor_id=person().id),
        lambda refused: _form(accounts.by_id(user_id), _shown(accounts.by_id(user_id)), refused),
        _("Confirmed. Reports by SMS from this number are the person's from now on."),
        lambda _number: url_for("people.show", person_id=user_id),
    )


@blueprint.post("/<int:person_id>/phone/withdraw", endpoint="withdraw_phone")
@needs(Act.PEOPLE_MANAGE, of=accounts.by_id)
def withdraw_phone(user: User) -> ResponseReturnValue:
    """Believe it no more."""
    user_id = user.id
    try:
        own_numbers.withdraw(user, actor_id=person().id)
        flash(_("Reports from this number are believed no more."), "success")
    except Refused as refused:
        flash(refused.sentence, "error")
    return redirect(url_for("people.show", person_id=user_id))


@blueprint.post("/<int:person_id>/tokens", endpoint="add_token")
@needs(Act.PEOPLE_MANAGE, of=accounts.by_id)
def add_token(user: User) -> ResponseReturnValue:
    """Make a token and show it, once: it is the answer to a button, and stands nowhere else."""
    user_id, name = user.id, request.form.get("token_name", "")
    secret = api_tokens.secret_of(forms.pressed(), str(current_app.secret_key))
    try:
        made = api_tokens.add(user, name, actor_id=person().id, secret=secret)
    except Refused as refused:
        user = accounts.by_id(user_id)
        return _form(user, _shown(user), Refused(refused.sentence, "token_name")), 422
    return render_template("people/token.html", user=accounts.by_id(user_id), secret=made)


@blueprint.post("/<int:person_id>/tokens/revoke", endpoint="revoke_token")
@needs(Act.PEOPLE_MANAGE, of=accounts.by_id)
def revoke_token(user: User) -> ResponseReturnValue:
    """Let a token of the person do nothing any more."""
    user_id, chosen = user.id, request.form.get("token", type=typed.key)
    for token in api_tokens.of(user):
        if token.id == chosen:
            api_tokens.revoke(token, actor_id=person().id)
            flash(_("The token is revoked: what has it is turned away from now on."), "success")
    return redirect(url_for("people.show", person_id=user_id))


@blueprint.post("/<int:person_id>/invite")
@needs(Act.PEOPLE_MANAGE, of=accounts.by_id)
def invite(user: User) -> ResponseReturnValue:
    """Make another link; the older one is worth nothing any more."""
    token = invitations.token_of(forms.pressed(), str(current_app.secret_key))
    try:
        made = invitations.create(user, actor_id=person().id, token=token)
    except Refused as refused:
        flash(refused.sentence, "error")
        return redirect(url_for("people.show", person_id=user.id))
    return _invited(user, made)


@blueprint.post("/<int:person_id>/close")
@needs(Act.PEOPLE_MANAGE, of=accounts.by_id)
def close(user: User) -> ResponseReturnValue:
    """Close the account."""
    user_id = user.id
    try:
        closing.close(user, actor_id=person().id)
        flash(_("The account is closed; whoever was logged in with it is out."), "success")
    except Refused as refused:
        flash(refused.sentence, "error")
    db.session.expire_all()
    return redirect(url_for("people.show", person_id=user_id))


@blueprint.post("/<int:person_id>/reopen")
@needs(Act.PEOPLE_MANAGE, of=accounts.by_id)
def reopen(user: User) -> ResponseReturnValue:
    """Open it again."""
    closing.reopen(user, actor_id=person().id)
    flash(
        _("The account is open again. The old password works; or invite the person anew."),
        "success",
    )
    return redirect(url_for("people.show", person_id=user.id))
