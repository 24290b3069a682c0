"""What is wrong with this installation, and the command or act that mends it."""

from __future__ import annotations

import shutil
import smtplib
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parseaddr
from typing import Final
from urllib.parse import urlsplit

import redis
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from outreach import schema, store, troubles
from outreach.i18n import gettext as _
from outreach.settings import Settings
from workers import mail, presence

LEAST_FREE: Final = 1 << 30  # octets: a large list's upload, its staging and the log fit
MOST_SKEW: Final = timedelta(seconds=2)  # leases of several machines stay comparable


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: `ok`, or what is wrong and what mends it."""

    check: str
    ok: bool
    finding: str
    mend: str = ""


def examine(settings: Settings, engine: Engine, client: redis.Redis) -> list[Finding]:
    """Look at everything; nothing found wrong in one place hides the next."""
    return [
        _key_file(settings),
        _disk(settings),
        *_database(engine),
        *_store(settings, client),
        _mail(settings),
    ]


def _key_file(settings: Settings) -> Finding:
    path = settings.key_path
    if not path.parent.is_dir():
        said = _("Its folder %(folder)s is not there.", folder=path.parent)
        return Finding("key file", False, said, f"mkdir -m 700 -p {path.parent}")
    if not path.exists():
        return Finding("key file", True, _("None yet; it is made with the first number."))
    mode = path.stat().st_mode & 0o777
    if mode & 0o077:
        return Finding(
            "key file",
            False,
            _("%(path)s can be read by others (mode %(mode)s).", path=path, mode=f"{mode:o}"),
            f"chmod 600 {path}",
        )
    return Finding("key file", True, str(path))


def _disk(settings: Settings) -> Finding:
    free = shutil.disk_usage(settings.data_dir).free
    said = _("%(free)s MB free in %(folder)s.", free=free // (1 << 20), folder=settings.data_dir)
    mend = "" if free >= LEAST_FREE else _("Free some space, or move OUTREACH_DATA_DIR.")
    return Finding("disk space", free >= LEAST_FREE, said, mend)


def _database(engine: Engine) -> Iterator[Finding]:
    shown = engine.url.render_as_string(hide_password=True)
    try:
        current = schema.is_current(engine)
    except SQLAlchemyError as away:
        yield Finding(
            "database",
            False,
            _("%(url)s does not answer: %(why)s.", url=shown, why=troubles.reason(away)),
            _("Start the database, or correct OUTREACH_DATABASE_URL."),
        )
        return
    yield Finding("database", True, shown)
    yield Finding(
        "migrations",
        current,
        _("Current.") if current else _("The database lacks a migration."),
        "" if current else schema.COMMAND,
    )
    if engine.dialect.name == "postgresql":
        yield _skew("clock of the database", lambda: _database_time(engine))


def _database_time(engine: Engine) -> float:
    with engine.connect() as connection:
        return float(
            connection.execute(text("SELECT extract(epoch FROM clock_timestamp())")).scalar_one()
        )


def _store(settings: Settings, client: redis.Redis) -> Iterator[Finding]:
    try:
        client.ping()
    except redis.RedisError as error:
        yield _no_store(settings, error)
        return
    yield Finding("redis", True, _("Answers."))
    yield _skew("clock of redis", lambda: _redis_time(client))
    yield _workers(settings, client)
    yield _tick(client)


def _no_store(settings: Settings, error: redis.RedisError) -> Finding:
    url, why = settings.redis_address, troubles.reason(error)
    if not isinstance(error, store.Unreachable):
        said = _("%(url)s answers with an error: %(why)s.", url=url, why=why)
        return Finding("redis", False, said, _("Free some space, or see its log."))
    mend = _("Correct OUTREACH_REDIS_URL.") if settings.redis_url else "make run"
    return Finding("redis", False, _("%(url)s does not answer: %(why)s.", url=url, why=why), mend)


def _redis_time(client: redis.Redis) -> float:
    seconds, microseconds = client.time()  # type: ignore[misc]
    return float(seconds) + float(microseconds) / 1e6


def _skew(check: str, their_time: Callable[[], float]) -> Finding:
    """Compare a server's clock with ours, half the way there and back taken off."""
    before = time.time()
    theirs = their_time()
    skew = timedelta(seconds=theirs - (before + time.time()) / 2)
    ok = abs(skew) <= MOST_SKEW
    said = _("%(seconds)s s from this machine's.", seconds=f"{skew.total_seconds():.2f}")
    return Finding(check, ok, said, "" if ok else "timedatectl set-ntp true")


def _workers(settings: Settings, client: redis.Redis) -> Finding:
    there = presence.count_workers(client)
    ok = there >= settings.workers
    said = _("%(there)s of %(wanted)s run.", there=there, wanted=settings.workers)
    return Finding("workers", ok, said, "" if ok else "make run")


def _tick(client: redis.Redis) -> Finding:
    silence = presence.tick_silence(client)
    if silence is None:
        return Finding("tick", False, _("It never ran."), "make run")
    ok = silence <= presence.TICK_IS_SILENT_AFTER
    said = _("Last seen %(seconds)s s ago.", seconds=f"{silence:.1f}")
    return Finding("tick", ok, said, "" if ok else "make run")


def _mail(settings: Settings) -> Finding:
    """The mail server of reminders: logged in to, and sent nothing."""
    if not settings.smtp_url and not settings.mail_from:
        return Finding("mail", True, _("Not set up: reminders go by SMS alone."))
    lacking = _lacks(settings)
    if lacking:
        said = _(
            "%(setting)s is missing or cannot be used; nothing goes by e-mail.", setting=lacking
        )
        return Finding("mail", False, said, _("Set %(setting)s.", setting=lacking))
    try:
        with mail.session(settings):
            return Finding("mail", True, _("%(server)s lets us in.", server=_mail_server(settings)))
    except OSError as error:  # what smtplib raises is one too
        return _no_mail(settings, error)


def _lacks(settings: Settings) -> str:
    """The setting without which no e-mail is sent; "" where none is lacking."""
    address = parseaddr(settings.mail_from)[1]
    if not (address.isascii() and "@" in address.strip("@")):
        return "OUTREACH_MAIL_FROM"
    if not settings.smtp_url:
        return "OUTREACH_SMTP_URL"
    return "" if _has_password(settings) else "OUTREACH_SMTP_PASSWORD_FILE"


def _has_password(settings: Settings) -> bool:
    """Whether there is one, where one is asked for."""
    if not urlsplit(settings.smtp_url).username:
        return True
    file = settings.smtp_password_file
    try:
        return file is not None and bool(file.read_text().strip())
    except (OSError, UnicodeError):
        return False


def _no_mail(settings: Settings, error: OSError) -> Finding:
    server, why = _mail_server(settings), troubles.reason(error)
    if isinstance(error, smtplib.SMTPAuthenticationError):
        said = _("%(server)s refuses the log-in: %(why)s.", server=server, why=why)
        mend = _("Correct the user in OUTREACH_SMTP_URL, or OUTREACH_SMTP_PASSWORD_FILE.")
    elif isinstance(error, ssl.SSLError | mail.NoEncryption):
        said = _("%(server)s refuses encryption: %(why)s.", server=server, why=why)
        mend = _("Correct the name or port in OUTREACH_SMTP_URL, or the server's certificate.")
    else:
        said = _("%(server)s does not answer: %(why)s.", server=server, why=why)
        mend = _("Start the mail server, or correct OUTREACH_SMTP_URL.")
    return Finding("mail", False, said, mend)


def _mail_server(settings: Settings) -> str:
    where = urlsplit(settings.smtp_url)
    return f"{where.hostname}:{where.port or mail.PORTS[where.scheme]}"
