"""The page behind an invitation link: a name, a password, and the person is in."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_security import login_user, logout_user

from outreach import invitations, passwords
from outreach.errors import Missing, Refused
from outreach.i18n import _
from outreach.pages import guard

blueprint = Blueprint("invitations", __name__, url_prefix=invitations.PATH.rstrip("/"))


@blueprint.get("/<token>")
@guard.public("who holds the link has no password yet")
def show(token: str) -> ResponseReturnValue:
    """The form, or that the link is worth nothing."""
    invitation = _invitation(token)
    return _form(invitation, name=invitation.user.name)


@blueprint.post("/<token>")
@guard.public("who holds the link has no password yet")
def accept(token: str) -> ResponseReturnValue:
    """Take name and password and log the person in."""
    invitation, form = _invitation(token), request.form
    name, password = form.get("name", ""), form.get("password", "")
    if password != form.get("password_again", ""):
        error = Refused(_("The two passwords differ; type the same one twice."), "password_again")
        return _form(invitation, name=name, error=error), 422
    try:
        user = invitations.accept(token, name, password)
    except Refused as error:
        return _form(invitation, name=name, error=error), 422
    logout_user()  # whoever sat here before
    login_user(user)
    return redirect(url_for("home.index"))


def _invitation(token: str) -> invitations.Invitation:
    try:
        return invitations.find(token)
    except Refused as refused:
        raise Missing(refused.sentence, refused.field) from None


def _form(invitation: invitations.Invitation, *, name: str, error: Refused | None = None) -> str:
    return render_template(
        "invitations/accept.html",
        person=invitation.user,
        name=name,
        error=error,
        shortest=passwords.SHORTEST,
    )
