"""What the errors of a broken machine mean: a full disk, a database or a store that is away.

They come from libraries, in words for developers; a person gets a sentence that says what to do.
"""

from __future__ import annotations

import errno

import redis
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from outreach import schema
from outreach.errors import Refused
from outreach.i18n import _

KINDS = (SQLAlchemyError, redis.RedisError, OSError)
"""What `explained` may have words for."""

FULL_DISK = ("disk is full", "no space left", "disk full", "disk quota exceeded")
LOCKED_DISK = ("readonly database", "read-only", "unable to open database file")
NO_TABLE = ("no such table", "no such column")  # as SQLite says it
UNDEFINED = frozenset({"42P01", "42703"})  # the same as PostgreSQL's SQLSTATE
NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})
NO_RIGHT = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})


def explained(error: Exception) -> Refused | None:
    """The error as a sentence for people; None where nothing is known about it."""
    if isinstance(error, OSError):
        return _of_files(error)
    said = reason(error)
    if any(words in said.lower() for words in FULL_DISK):
        return _full()
    if isinstance(error, redis.RedisError):
        return Refused(_("The store does not answer: %(why)s. Start it with “make run”.", why=said))
    return _of_database(error, said)


def reason(error: Exception) -> str:
    """The first line of what a library says, without what SQLAlchemy puts around it."""
    said = getattr(error, "orig", None) or error.__cause__ or error
    lines = str(said).strip().splitlines() or [type(error).__name__]
    return lines[0].rstrip(".")


def _full() -> Refused:
    return Refused(_("The disk is full; nothing of this was stored. Free some space, then repeat."))


def _of_files(error: OSError) -> Refused | None:
    if error.errno in NO_ROOM:
        return _full()
    if error.errno in NO_RIGHT:
        file, why = error.filename, error.strerror or ""
        return Refused(_("%(file)s cannot be used: %(why)s.", file=file, why=why))
    return None


def _of_database(error: Exception, said: str) -> Refused | None:
    if not isinstance(error, DBAPIError):
        return None
    words = said.lower()
    if any(known in words for known in LOCKED_DISK):
        return Refused(
            _("The data folder cannot be written to (%(why)s). Nothing was stored.", why=said)
        )
    if "database is locked" in words:
        return Refused(_("The database is busy. Nothing was stored; repeat it in a minute."))
    state = getattr(error.orig, "sqlstate", None)
    if state in UNDEFINED or any(known in words for known in NO_TABLE):
        sentence = _("The database lacks a migration. Run: %(command)s", command=schema.COMMAND)
        return Refused(sentence)
    if error.connection_invalidated or "connection" in words:
        return Refused(_("The database does not answer: %(why)s.", why=said))
    return None
