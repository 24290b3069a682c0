"""How the first administrator gets in: by the settings, or by a link that the start prints."""

from __future__ import annotations

from sqlalchemy import select

from outreach import accounts, invitations
from outreach.accounts import Role, User
from outreach.database import db
from outreach.settings import Settings

DEFAULT_EMAIL = "admin@tungngo.local"


def invitation_link(settings: Settings) -> tuple[str, str] | None:
    """Make sure that there is an administrator; answers e-mail and link of one without a password.

    None where somebody can log in as administrator already. A new call makes the older link
    worthless, so the last start's output holds the one that works. Raises Refused as
    `accounts.ensure_admin` does.
    """
    accounts.ensure_admin(settings)
    administrators = list(
        db.session.scalars(
            select(User).where(User.role == Role.ADMIN, User.active).order_by(User.id)
        )
    )
    if any(one.password for one in administrators):
        return None
    actor_id = accounts.system().id
    first = (
        administrators[0]
        if administrators
        else accounts.add(DEFAULT_EMAIL, Role.ADMIN, None, actor_id=actor_id)
    )
    return first.email, invitations.link(invitations.create(first, actor_id=actor_id), settings)
