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
from outreach.lists.leases import UNFINISHED
from outreach.subscribers import ListState, SubscriberList
from outreach.todo import Todo

RECENT: Final = timedelta(days=3)
"""For how long a list that was refused, or came back in part, is spoken of."""
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
