"""What an administrator has to mend: the installation's health, and people who never came."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from flask import current_app
from sqlalchemy import select

from outreach import access, formats, health
from outreach.access import Act
from outreach.accounts import Role, User
from outreach.database import db
from outreach.i18n import _, language
from outreach.settings import Settings
from outreach.todo import Todo

NAMED: Final = 5


def unwell(person: User) -> Sequence[Todo]:
    """What is down, as /healthz tells it; “flask doctor” says more, and what mends it."""
    if not access.allowed(person, Act.ROUTE_MANAGE):
        return []
    settings: Settings = current_app.config["OUTREACH"]
    found = health.examine()
    if found.redis != "ok":
        return [_unwell(_("The store does not answer; nothing is sent"))]
    if found.workers < settings.workers:
        sentence = _(
            "%(count)s of %(wanted)s workers run", count=found.workers, wanted=settings.workers
        )
        return [_unwell(sentence)]
    return []


def _unwell(sentence: str) -> Todo:
    second = _("On the server, “flask doctor” says what is wrong and what mends it.")
    return Todo("exclamation-triangle-fill", "late", 5, sentence, second, "", "")


def invited(person: User) -> Sequence[Todo]:
    """The people who were invited and have not set a password yet."""
    if not access.allowed(person, Act.PEOPLE_MANAGE):
        return []
    waiting = select(User).where(
        User.password.is_(None), User.active.is_(True), User.role != Role.SYSTEM
    )
    people = db.session.scalars(waiting.order_by(User.id).limit(NAMED + 1)).all()
    if not people:
        return []
    names = ", ".join(each.name or each.email for each in people[:NAMED])
    more = len(people) > NAMED
    sentence = (
        _("More than %(count)s people were invited and have not come", count=NAMED)
        if more
        else _(
            "%(count)s invited, not come yet",
            count=formats.number(len(people), language=language()),
        )
    )
    return [
        Todo("person-lines-fill", "wait", 45, sentence, names, _("See the people"), "people.index")
    ]
