"""Lists of subscribers that wait for a person, or that could not be imported."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from sqlalchemy import and_, or_, select

from outreach import access, clock, formats
from outreach.access import Act
from outreach.accounts import User
from outreach.database import db
from outreach.i18n import _, language
from outreach.lists import expiry
from outreach.lists.leases import UNFINISHED
from outreach.subscribers import ListState, SubscriberList
from outreach.todo import Todo

RECENT: Final = timedelta(days=3)
"""For how long a list that was refused, or came back in part, is spoken of."""
SOON: Final = timedelta(days=7)
SHOWN: Final = 5
_L: Final = SubscriberList


def of_lists(person: User) -> Sequence[Todo]:
    """The organisation's lists to confirm, being imported, refused, or taken only in part."""
    if not access.allowed(person, Act.LIST_IMPORT):
        return []
    lately = _L.finished_at >= clock.now() - RECENT
    came_back = or_(
        _L.state == ListState.REFUSED, and_(_L.state == ListState.DONE, _L.rejected > 0)
    )
    wanted = (
        select(_L)
        .where(
            _L.organisation_id == person.organisation_id,
            or_(_L.state.in_((ListState.UPLOADED, *UNFINISHED)), and_(lately, came_back)),
        )
        .order_by(_L.id.desc())
        .limit(SHOWN)
    )
    return [_row(each) for each in db.session.scalars(wanted)]


def ending(person: User) -> Sequence[Todo]:
    """The organisation's lists whose last day is near: after it nobody of them is sent anything."""
    if not access.allowed(person, Act.LIST_IMPORT):
        return []
    today = expiry.today()
    wanted = (
        select(_L)
        .where(
            _L.organisation_id == person.organisation_id,
            _L.state == ListState.DONE,
            _L.expires_on.between(today, today + SOON),
        )
        .order_by(_L.expires_on, _L.id)
        .limit(SHOWN)
    )
    return [_ending_row(each) for each in db.session.scalars(wanted)]


def _ending_row(each: SubscriberList) -> Todo:
    sentence = _(
        "%(day)s is the last day of %(file)s",
        day=formats.day(each.expires_on, language=language()),
        file=each.filename,
    )
    second = _("After it nobody of this list is sent anything.")
    page: tuple[str, dict[str, str | int]] = ("lists.show", {"list_id": each.id})
    return Todo("clock", "wait", 35, sentence, second, _("See the list"), *page)


def _row(each: SubscriberList) -> Todo:
    said = language()
    at = formats.when(each.finished_at or each.created_at, language=said)
    page: tuple[str, dict[str, str | int]] = ("lists.show", {"list_id": each.id})
    if each.state is ListState.UPLOADED:
        sentence = _("Confirm the columns of %(file)s", file=each.filename)
        return Todo("upload", "wait", 30, sentence, at, _("Confirm"), *page)
    if each.state is ListState.REFUSED:
        sentence = _("%(file)s was refused", file=each.filename)
        return Todo("upload", "late", 30, sentence, each.refusal or at, _("See why"), *page)
    if each.state is ListState.DONE:
        sentence = _(
            "%(rejected)s of %(read)s rows of %(file)s were turned away",
            rejected=formats.number(each.rejected, language=said),
            read=formats.number(each.read, language=said),
            file=each.filename,
        )
        return Todo("upload", "note", 60, sentence, at, _("See what to do"), *page)
    sentence = _("%(file)s is being imported", file=each.filename)
    return Todo("upload", "run", 50, sentence, at, _("See how far"), *page)
