"""Reminders by e-mail: a worker logs in to the mail server, takes them one by one, hands each over
once.

As with a carrier, the row says `sending` in a committed transaction before the text is handed over,
and what was not answered is in doubt and stays so. Who cannot log in takes nothing.
"""

from __future__ import annotations

import contextlib
import secrets
import smtplib
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate
from typing import Any, Final
from urllib.parse import SplitResult, unquote, urlsplit

import structlog
from sqlalchemy import Connection, select, update

from campaigns import reminders, stops, test_sends
from campaigns.reminders import Reminder, State
from outreach import clock
from outreach.accounts import User
from outreach.database import db, let_go, write_connection
from outreach.settings import Settings

log = structlog.get_logger()
TIMEOUT: Final = 20.0
"""Seconds for each step of the talk with the mail server."""
WITHIN: Final = 60.0
"""Seconds after it was taken in which a text may begin to be handed over."""
GRACE: Final = 10.0
PORTS: Final = {"smtp": 587, "smtps": 465}
PLAIN: Final = SMTP.clone(cte_type="7bit")
HERE: Final = frozenset({"localhost", "127.0.0.1", "::1"})
S = State


class NoEncryption(smtplib.SMTPException):
    """The server would talk in the open only, which we do not."""


@dataclass(frozen=True)
class Taken:
    """A reminder that is ours to hand over, once; `until` is a moment of clock.monotonic()."""

    id: int
    address: str
    text: str
    until: float


@dataclass(frozen=True)
class Answer:
    """What came of it; `words` are the server's. `broken`: the talk with it is over."""

    to: State
    words: str | None = None
    broken: bool = False


def anything_waits() -> bool:
    """Whether a reminder waits for the mail server."""
    waiting = select(Reminder.id).where(Reminder.state == S.WAITING).limit(1)
    return db.session.scalar(waiting) is not None


def settle(connection: Connection) -> None:
    """End what lapsed, and put in doubt what a worker took that is silent since."""
    reminders.end_lapsed(connection)
    before = clock.real_now() - timedelta(seconds=WITHIN + 3 * TIMEOUT + GRACE)
    connection.execute(
        update(Reminder)
        .where(Reminder.state == S.SENDING, Reminder.taken_at < before)
        .values(state=S.IN_DOUBT, reason="worker_silent")
    )


def send_waiting(settings: Settings, go_on: Callable[[], bool]) -> bool:
    """Hand over what waits, until nothing does or the worker is asked to stop; answers whether the
    mail server may be asked again at once."""
    let_go()
    if not settings.sends_mail:
        return True
    owner = f"mail-{secrets.token_hex(8)}"
    try:
        while (handed := _talk(settings, owner, go_on)) is not None:
            if not handed:
                return False
    except (OSError, smtplib.SMTPException) as error:
        log.warning("the mail server was not reached", why=f"{type(error).__name__}: {error}"[:200])
        return False
    return True


def _talk(settings: Settings, owner: str, go_on: Callable[[], bool]) -> int | None:
    """Hand over what waits in one session; where that broke off, how many were handed over: a
    server may let us say so many at a time. None where nothing is left to do."""
    handed = after = 0
    with session(settings) as server:
        while go_on() and (taken := _take(owner, settings, after)) is not None:
            after = taken.id  # one that is put off holds none up that is behind it
            answer = _hand_over(server, settings, taken)
            _store(taken.id, owner, answer)
            if answer.broken:
                return handed
            handed += answer.to is not S.WAITING
    return None


@contextlib.contextmanager
def session(settings: Settings) -> Iterator[smtplib.SMTP]:
    """A session with the mail server, encrypted unless it is on this machine, and logged in."""
    where = urlsplit(settings.smtp_url)
    server = _connected(where)
    try:
        if where.username:
            file = settings.smtp_password_file
            password = "" if file is None else file.read_text().strip()
            server.login(unquote(where.username), password)
        server.ehlo_or_helo_if_needed()
        yield server
    finally:
        server.close()


def _connected(where: SplitResult) -> smtplib.SMTP:
    host, port = where.hostname or "", where.port or PORTS[where.scheme]
    trusted = ssl.create_default_context()
    if where.scheme == "smtps":
        return smtplib.SMTP_SSL(host, port, timeout=TIMEOUT, context=trusted)
    server = smtplib.SMTP(host, port, timeout=TIMEOUT)
    if host not in HERE:
        try:
            server.starttls(context=trusted)
        except (smtplib.SMTPResponseException, smtplib.SMTPNotSupportedError) as refused:
            server.close()
            raise NoEncryption(str(refused)) from None
        except BaseException:
            server.close()
            raise
    return server


def _take(owner: str, settings: Settings, after: int) -> Taken | None:
    begun = clock.monotonic()
    with write_connection(db.engine) as connection:
        return take(connection, owner, settings, begun, after)


def take(
    connection: Connection, owner: str, settings: Settings, begun: float, after: int = 0
) -> Taken | None:
    """Mark the next waiting reminder behind `after` as ours, in the caller's transaction; None
    where there is none that may be sent now."""
    closed = test_sends.open_until(settings, clock.now()) is None
    if closed or stops.in_force_on(connection):
        return None
    row = _next(connection, after)
    while row is not None and reminders.end_if_pointless(connection, row.id):
        row = _next(connection, row.id)
    if row is None:
        return None
    more: dict[str, Any] = {"owner": owner, "taken_at": clock.real_now()}
    if not reminders.move(connection, row.id, S.SENDING, **more):
        return None
    return Taken(row.id, row.email, row.text, begun + WITHIN)


def _next(connection: Connection, after: int) -> Any:
    """The next that waits behind `after`, held; None where there is none."""
    return connection.execute(
        select(Reminder.id, Reminder.text, User.email)
        .join(User, User.id == Reminder.person_id)
        .where(Reminder.state == S.WAITING, Reminder.id > after)
        .order_by(Reminder.id)
        .limit(1)
        .with_for_update(of=Reminder, skip_locked=True)
    ).first()


def _hand_over(server: smtplib.SMTP, settings: Settings, taken: Taken) -> Answer:
    """Say whom it is for, then hand the text over; from there on silence is a doubt."""
    try:
        message = _message(settings, taken).as_bytes(policy=PLAIN)
    except ValueError as error:  # a name that no header takes: others are not held up
        log.exception("no e-mail can be made of a reminder", reminder=taken.id)
        return Answer(S.FAILED, f"no e-mail can be made of it: {error}"[:255])
    try:
        code, words = server.mail(settings.mail_from)
        if code == 250:
            code, words = server.rcpt(taken.address)
    except UnicodeError:
        return _refused(server, 553, "5.6.7 the address has letters beyond ASCII")
    except (OSError, smtplib.SMTPException):
        return Answer(S.WAITING, broken=True)
    if code not in (250, 251):
        return _refused(server, code, words)
    if clock.monotonic() > taken.until:
        # This process was frozen: others may have judged it by now.
        return Answer(S.WAITING, broken=True)
    if _lost_its_point(taken):
        return _refused(server, 450, "ended meanwhile")
    try:
        code, words = server.data(message)
    except smtplib.SMTPDataError as refused:
        return _refused(server, refused.smtp_code, refused.smtp_error)
    except Exception as error:  # it may have the text
        log.warning("an e-mail is in doubt", reminder=taken.id, why=repr(error)[:200])
        return Answer(S.IN_DOUBT, broken=True)
    return Answer(S.SENT) if code == 250 else _refused(server, code, words)


def _lost_its_point(taken: Taken) -> bool:
    """Asked once more, since a server may have let us wait; the next to take it ends it then."""
    with db.engine.connect() as connection:
        return stops.in_force_on(connection) or bool(reminders.why_not(connection, taken.id))


def _refused(server: smtplib.SMTP, code: int, words: bytes | str) -> Answer:
    """The server said that it does not have it: for good, or for now."""
    said = words.decode(errors="replace") if isinstance(words, bytes) else words
    with contextlib.suppress(OSError, smtplib.SMTPException):
        server.rset()
    if not 500 <= code < 600:
        return Answer(S.WAITING)
    return Answer(S.FAILED, f"{code} {said}".replace("\0", "")[:255])


def _message(settings: Settings, taken: Taken) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"] = settings.mail_from, taken.address
    message["Subject"] = taken.text.partition("\n")[0]
    message["Date"] = formatdate()
    # The same for one reminder, whoever sends it: a server that got it twice knows so.
    domain = settings.mail_from.rpartition("@")[2]
    message["Message-ID"] = f"<reminder-{taken.id}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(taken.text)
    return message


def _store(reminder_id: int, owner: str, answer: Answer) -> None:
    with write_connection(db.engine) as connection:
        store(connection, reminder_id, owner, answer)


def store(connection: Connection, reminder_id: int, owner: str, answer: Answer) -> None:
    """Store what the mail server said, if the reminder is still ours to say it of."""
    mine = select(Reminder.id).where(Reminder.id == reminder_id, Reminder.owner == owner)
    if connection.scalar(mine) is not None:
        said = None if answer.to is S.WAITING else clock.now()
        reminders.move(connection, reminder_id, answer.to, words=answer.words, answered_at=said)
