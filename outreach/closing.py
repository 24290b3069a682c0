"""Closing an account and opening it again; what the person did stays under their name."""

from __future__ import annotations

import secrets

from outreach import audit, invitations
from outreach.accounts import User, refuse_last_administrator
from outreach.database import transaction
from outreach.errors import Refused
from outreach.i18n import _


def close(user: User, *, actor_id: int | None) -> None:
    """Close an account: the person is logged out at the next request and cannot come back, not by
    a link handed out before either. Closing twice is closing once.

    Raises Refused for one's own account and for the last administrator's.
    """
    with transaction() as session:
        now = session.get_one(User, user.id, with_for_update=True, populate_existing=True)
        if now.id == actor_id:
            raise Refused(
                _("Nobody closes their own account; another administrator can do it."), "close"
            )
        refuse_last_administrator(now, "close")
        if now.active:
            now.active = False
            now.fs_uniquifier = secrets.token_hex(32)  # no old session wakes when it is reopened
            invitations.spend(now.id)
            audit.record("user.close", "user", now.id, {}, actor_id)


def reopen(user: User, *, actor_id: int | None) -> None:
    """Open a closed account: the person logs in with the password they had, or is invited."""
    with transaction() as session:
        now = session.get_one(User, user.id, with_for_update=True, populate_existing=True)
        if not now.active:
            now.active = True
            audit.record("user.reopen", "user", now.id, {}, actor_id)
