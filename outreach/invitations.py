"""Invitations: a link that lets one person set a password once. No mail server is needed.

The link is handed over by whoever made it, also when a password was forgotten. Only its SHA-256
is stored; a new link makes the older ones worthless. Times here are real time.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, ForeignKey, String, select, update
from sqlalchemy.orm import Mapped, mapped_column, relationship

from outreach import accounts, audit, clock, passwords
from outreach.accounts import User
from outreach.database import BigId, Model, Moment, db, transaction
from outreach.errors import Refused
from outreach.i18n import _
from outreach.settings import Settings

VALID_FOR = timedelta(days=7)
PATH = "/invitations/"


class Invitation(Model):
    """One link. It is spent when accepted, or when a newer one was made."""

    __tablename__ = "invitations"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("users.id"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(Moment, default=clock.real_now)
    created_by_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("users.id"))
    expires_at: Mapped[datetime] = mapped_column(Moment)
    spent_at: Mapped[datetime | None] = mapped_column(Moment)

    user: Mapped[User] = relationship(foreign_keys=[user_id])


def create(user: User, *, actor_id: int | None, token: str | None = None) -> str:
    """Make a link's token; those made before for this person stop working.

    A `token` of one's own, from `token_of`, makes one link however often it is asked for. Raises
    Refused where the account is closed.
    """
    token = token or secrets.token_urlsafe(32)
    with transaction() as session:
        made = select(Invitation.id).where(Invitation.token_hash == _hash(token))
        if session.scalar(made) is not None:
            return token
        if not session.get_one(User, user.id, populate_existing=True).active:
            raise Refused(_("This account is closed. Open it again first."), "invite")
        spend(user.id)
        session.add(
            Invitation(
                user_id=user.id,
                token_hash=_hash(token),
                created_by_id=actor_id,
                expires_at=clock.real_now() + VALID_FOR,
            )
        )
        audit.record("invitation.create", "user", user.id, {}, actor_id)
    return token


def token_of(form: str, secret: str) -> str | None:
    """The token that a form makes, so that pressing its button twice shows one link twice; None
    for a form without a word. Only who has the secret can work it out."""
    if not form:
        return None
    return hmac.new(secret.encode(), f"invitation {form}".encode(), hashlib.sha256).hexdigest()


def spend(user_id: int) -> None:
    """Make every open link of a person worthless, inside a transaction."""
    _spend(Invitation.user_id == user_id, clock.real_now())


def link(token: str, settings: Settings) -> str:
    """The address to hand over."""
    return f"{settings.web_address}{PATH}{token}"


def find(token: str) -> Invitation:
    """The invitation a link stands for.

    Raises Refused where it is unknown, spent or too old, all with one sentence: a stranger who
    tries links learns nothing.
    """
    invitation = db.session.scalar(
        select(Invitation).where(Invitation.token_hash == _hash(token), *_open_now())
    )
    if invitation is None or not invitation.user.active:
        raise _worthless()
    return invitation


def accept(token: str, name: str, password: str) -> User:
    """Set name and password and spend the link; older sessions of the person end.

    Raises Refused as `find` does, for an empty name, or a password too short.
    """
    user_id, name = find(token).user_id, accounts.checked_name(name)
    hashed = passwords.hashed(password)  # slow: before the transaction, not within
    with transaction() as session:
        if not _spend(Invitation.token_hash == _hash(token), clock.real_now()):
            raise _worthless()  # somebody was quicker with the same link
        user = session.get_one(User, user_id)
        user.name, user.password = name, hashed
        user.fs_uniquifier = secrets.token_hex(32)
        audit.record("invitation.accept", "user", user_id, {}, user_id)
    return user


def _spend(which: ColumnElement[bool], now: datetime) -> int:
    spent = update(Invitation).where(which, *_open_now()).values(spent_at=now)
    result = db.session.execute(spent, execution_options={"synchronize_session": False})
    return int(result.rowcount)  # type: ignore[attr-defined]


def _open_now() -> tuple[ColumnElement[bool], ...]:
    return Invitation.spent_at.is_(None), Invitation.expires_at > clock.real_now()


def _worthless() -> Refused:
    return Refused(
        _(
            "This link has been used, or is older than %(days)s days. Ask the administrator of"
            " your office for a new one.",
            days=VALID_FOR.days,
        ),
        "token",
    )


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
