"""Passwords: how long, and how they are kept (argon2id, by Flask-Security)."""

from __future__ import annotations

from pathlib import Path

from flask import current_app
from flask_security import hash_password, verify_password

from outreach.errors import Refused
from outreach.i18n import _

SHORTEST = 8
LONGEST = 256


def hashed(password: str) -> str:
    """The hash to store. Slow on purpose: never call it inside a write transaction.

    Raises Refused where the password is too short or too long.
    """
    password = _normalised(password)
    if not SHORTEST <= len(password) <= LONGEST:
        raise Refused(
            _(
                "A password has %(least)s to %(most)s characters; this one has %(n)s.",
                least=SHORTEST,
                most=LONGEST,
                n=len(password),
            ),
            "password",
        )
    return str(hash_password(password))


def matches(password: str, stored: str) -> bool:
    """Whether it is the password whose hash is stored."""
    return bool(verify_password(_normalised(password), stored))


def from_file(path: Path) -> str:
    """The password in a file, without the line's end. Raises Refused where it cannot be read."""
    try:
        return path.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError):
        raise Refused(
            _("The password file %(path)s cannot be read.", path=path), "password_file"
        ) from None


def _normalised(password: str) -> str:
    # The same letters typed on another keyboard (NFC, NFD) are the same password.
    return str(current_app.extensions["security"].password_util.normalize(password))
