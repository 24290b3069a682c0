"""Until when a list may be used: its last day, told by the office or carrier that gave it.

After that day its people are candidates of no campaign; they stay on record, with who was messaged,
so that a receipt or a refusal still finds them. The day can be changed, with a reason, by whoever
may import lists of the organisation.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from sqlalchemy import update

from outreach import audit, clock
from outreach.database import transaction
from outreach.errors import Refused
from outreach.i18n import _
from outreach.subscribers import SubscriberList, list_by_id

LONGEST: Final = timedelta(days=3650)
REASON_LENGTH: Final = 500


def today() -> date:
    """Today in Vietnam."""
    return clock.local(clock.now()).date()


def usual(days: int) -> date:
    """The last day of a list that comes today and may be used for so many days."""
    return today() + timedelta(days=days)


def expired(upload: SubscriberList) -> bool:
    """Whether its last day is over."""
    return upload.expires_on is not None and upload.expires_on < today()


def checked(last_day: date) -> date:
    """The day itself. Raises Refused where it is over, or further away than ten years."""
    if last_day < today():
        raise Refused(_("This day is over: the list could not be used at all."), "expires_on")
    if last_day > today() + LONGEST:
        raise Refused(_("That is more than ten years away: choose an earlier day."), "expires_on")
    return last_day


def change(upload: SubscriberList, last_day: date, reason: str, *, actor_id: int | None) -> None:
    """Let the list be used until another day, for a reason, with an audit row.

    A day before today ends its use at once. Raises Refused for an empty or long reason, for a day
    too far away, and where somebody else changed it meanwhile.
    """
    tidy = " ".join(reason.split())
    if not tidy:
        raise Refused(_("Say why: a letter, an agreement, a request to delete."), "reason")
    if len(tidy) > REASON_LENGTH:
        raise Refused(_("At most %(most)s letters fit here.", most=REASON_LENGTH), "reason")
    if last_day >= today():
        checked(last_day)
    list_id, before = upload.id, upload.expires_on
    same = SubscriberList.expires_on == before if before else SubscriberList.expires_on.is_(None)
    with transaction() as session:
        changed = session.execute(
            update(SubscriberList)
            .where(SubscriberList.id == list_id, same)
            .values(expires_on=last_day)
        )
        if changed.rowcount == 0:  # type: ignore[attr-defined]
            raise Refused(_("Somebody changed it meanwhile: look again."), "expires_on")
        detail = {
            "from": None if before is None else before.isoformat(),
            "to": last_day.isoformat(),
            "reason": tidy,
        }
        audit.record("list.expiry", "list", list_id, detail, actor_id)
    list_by_id(list_id)
