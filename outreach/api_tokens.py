"""Tokens by which a program enters figures in a person's name: shown once, stored as a hash.

A token may do what its person may, no more, and nothing once it is revoked or the account closed.
An organisation's own system gets a person of its own, so that the audit rows name it. Times here
are real time.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ForeignKey, String, UniqueConstraint, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from outreach import access, audit, clock
from outreach.access import Act
from outreach.accounts import User
from outreach.database import BigId, Model, Moment, db, find, transaction
from outreach.errors import Refused
from outreach.i18n import _

PREFIX: Final = "tungngo_"
"""So that whoever finds one in a file knows what it is."""
NAME_LENGTH: Final = 80
KEY_LENGTH: Final = 64
KEYS_KEPT: Final = timedelta(days=30)
"""How long a call with an Idempotency-Key is known again."""


class ApiToken(Model):
    """One token. `name` says which program has it."""

    __tablename__ = "api_tokens"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("users.id"), index=True)
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(Moment, default=clock.real_now)
    created_by_id: Mapped[int] = mapped_column(BigId, ForeignKey("users.id"))
    used_at: Mapped[datetime | None] = mapped_column(Moment)
    revoked_at: Mapped[datetime | None] = mapped_column(Moment)

    person: Mapped[User] = relationship(foreign_keys=[person_id], lazy="joined", innerjoin=True)


class ApiCall(Model):
    """A call that had an Idempotency-Key: its import answers whoever sends the same again."""

    __tablename__ = "api_calls"
    __table_args__ = (UniqueConstraint("token_id", "key"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    token_id: Mapped[int] = mapped_column(BigId, ForeignKey("api_tokens.id"))
    key: Mapped[str] = mapped_column(String(KEY_LENGTH))
    body_hash: Mapped[str] = mapped_column(String(64))
    import_id: Mapped[int] = mapped_column(BigId, ForeignKey("uptake_imports.id"))
    at: Mapped[datetime] = mapped_column(Moment)


def add(person: User, name: str, *, actor_id: int, secret: str | None = None) -> str:
    """Make a token for a person; answers it, and nobody can read it again.

    A `secret` of one's own, from `secret_of`, makes one token however often it is asked for.
    Raises Refused for an empty or long name, a closed account and a role that enters no figures.
    """
    name = " ".join(name.split())
    if not 1 <= len(name) <= NAME_LENGTH:
        raise Refused(
            _("Say which program it is for, in at most %(most)s letters.", most=NAME_LENGTH),
            "token_name",
        )
    access.demand(person, Act.UPTAKE_ENTER)
    secret = secret or PREFIX + secrets.token_urlsafe(32)
    with transaction() as session:
        if session.scalar(select(ApiToken.id).where(ApiToken.token_hash == _hash(secret))):
            return secret
        if not session.get_one(User, person.id, populate_existing=True).active:
            raise Refused(_("This account is closed. Open it again first."), "token_name")
        token = ApiToken(
            person_id=person.id, name=name, token_hash=_hash(secret), created_by_id=actor_id
        )
        session.add(token)
        session.flush()
        audit.record("token.add", "user", person.id, {"token": token.id, "name": name}, actor_id)
    return secret


def secret_of(form: str, key: str) -> str | None:
    """The token that a form makes, so that pressing its button twice shows one token twice; None
    for a form without a word. Only who has the installation's key can work it out."""
    if not form:
        return None
    return PREFIX + hmac.new(key.encode(), f"token {form}".encode(), hashlib.sha256).hexdigest()


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def by_id(token_id: int) -> ApiToken:
    """One token. Raises Refused where there is none."""
    found = find(ApiToken, token_id)
    if found is None:
        raise Refused(_("There is no token %(id)s.", id=token_id), "token")
    return found


def every() -> Sequence[ApiToken]:
    """All tokens, the newest first."""
    return db.session.scalars(select(ApiToken).order_by(ApiToken.id.desc())).all()


def of(person: User) -> Sequence[ApiToken]:
    """The tokens of a person that are not revoked, the newest first."""
    rows = select(ApiToken).where(ApiToken.person_id == person.id, ApiToken.revoked_at.is_(None))
    return db.session.scalars(rows.order_by(ApiToken.id.desc())).all()


def revoke(token: ApiToken, *, actor_id: int) -> None:
    """Let the token do nothing any more; twice is once."""
    token_id = token.id
    with transaction() as session:
        held = _held(session, token_id)
        if held.revoked_at is None:
            held.revoked_at = clock.real_now()
            detail = {"token": token_id, "name": held.name}
            audit.record("token.revoke", "user", held.person_id, detail, actor_id)


def _held(session: Session, token_id: int) -> ApiToken:
    """The token's row, and not its person's, for this transaction alone."""
    alone = {"of": ApiToken}
    return session.get_one(ApiToken, token_id, populate_existing=True, with_for_update=alone)


def valid(secret: str) -> ApiToken | None:
    """The token with this secret, if it may still be used."""
    token = db.session.scalar(select(ApiToken).where(ApiToken.token_hash == _hash(secret)))
    return token if token is not None and _stands(token) else None


def _stands(token: ApiToken) -> bool:
    return token.revoked_at is None and token.person.active


def hold(token: ApiToken) -> None:
    """One call of a token at a time, until the transaction ends; notes that it was used. Raises
    Forbidden where it was revoked, or the account closed, while the call waited."""
    held = _held(db.session(), token.id)
    if not _stands(held):
        raise access.Forbidden(_("The token is missing, wrong or revoked."))
    held.used_at = clock.real_now()


def known_call(token: ApiToken, key: str, body_hash: str) -> int | None:
    """The import that a call with this key made before; None for a new key. Raises Refused where
    that call brought something else."""
    old = delete(ApiCall).where(
        ApiCall.token_id == token.id, ApiCall.at < clock.real_now() - KEYS_KEPT
    )
    db.session.execute(old)
    call = db.session.scalar(
        select(ApiCall).where(ApiCall.token_id == token.id, ApiCall.key == key)
    )
    if call is None:
        return None
    if call.body_hash != body_hash:
        raise Refused(
            _("This Idempotency-Key came with other figures before; use a new one."),
            "Idempotency-Key",
        )
    return call.import_id


def note_call(token: ApiToken, key: str, body_hash: str, import_id: int) -> None:
    """Know a call by its key from now on."""
    call = ApiCall(
        token_id=token.id,
        key=key,
        body_hash=body_hash,
        import_id=import_id,
        at=clock.real_now(),
    )
    db.session.add(call)
