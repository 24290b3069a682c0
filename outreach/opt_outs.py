"""Opt-outs: the numbers that are sent nothing, whatever the campaign, route or list."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import islice
from typing import Final

from sqlalchemy import Connection, ForeignKey, String, delete, text
from sqlalchemy.orm import Mapped, mapped_column

from outreach import audit, clock, numbers
from outreach.database import BigId, Model, Moment, as_rows, rowset, transaction
from outreach.errors import Refused
from outreach.i18n import _
from outreach.phones import mask

SOURCE_LENGTH: Final = 200


class OptOut(Model):
    """A number that is sent nothing: since when, how we know, and who noted it."""

    __tablename__ = "opt_outs"

    number_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("numbers.id"), primary_key=True, autoincrement=False
    )
    at: Mapped[datetime] = mapped_column(Moment)
    source: Mapped[str] = mapped_column(String(SOURCE_LENGTH))
    recorded_by_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("users.id"))


def record(
    connection: Connection, number_ids: Iterable[int], source: str, by_id: int | None
) -> int:
    """Send these numbers nothing from now on; answers how many of them did not refuse before.

    `connection` is in a write transaction. `source` says how we know ("answered TC to 9029"); the
    first source of a number is kept. Senders look before each claim, so what is queued already
    stays unsent too. Raises Refused for an empty source.
    """
    rows = rowset(connection.dialect.name, [("number_id", "integer")])
    added = connection.execute(
        text(
            "INSERT INTO opt_outs (number_id, at, source, recorded_by_id)"
            " SELECT r.number_id, :at, :source, CAST(:by AS BIGINT)"
            f" FROM {rows} r WHERE true ORDER BY r.number_id"
            " ON CONFLICT (number_id) DO NOTHING"
        ),
        {
            "rows": as_rows([[number_id] for number_id in set(number_ids)]),
            "at": clock.to_microseconds(clock.now()),
            "source": _checked(source, "source", _("Say how the opt-out is known.")),
            "by": by_id,
        },
    )
    return added.rowcount


def add(phones: Iterable[str], source: str, by_id: int | None) -> int:
    """Record the opt-outs of numbers in E.164, known to us or not; answers how many are new.

    In short transactions, so that a long list blocks nobody. Raises Refused for an empty source.
    """
    rest, added = iter(dict.fromkeys(phones)), 0
    while chunk := list(islice(rest, numbers.IN_ONE_STATEMENT)):
        with transaction() as session:
            ids = numbers.ensure(session.connection(), numbers.sealer(), chunk)
            new = record(session.connection(), ids.values(), source, by_id)
            detail = {"numbers": len(ids), "new": new, "source": source}
            audit.record("optout.add", "opt_out", None, detail, by_id)
        added += new
    return added


def phones(connection: Connection) -> list[str]:
    """The numbers that opted out, in E.164."""
    sealed = "SELECT n.sealed FROM opt_outs o JOIN numbers n ON n.id = o.number_id"
    rows = connection.execute(text(sealed)).scalars()
    return numbers.sealer().open_numbers(bytes(each) for each in rows)


def remove(e164: str, reason: str, by_id: int | None) -> None:
    """Let a number be sent to again. Raises Refused for an empty reason, or where the number did
    not opt out.
    """
    reason = _checked(reason, "reason", _("Say why the opt-out is taken back."))
    with transaction() as session:
        number_id = numbers.find(session.connection(), numbers.sealer(), (e164,)).get(e164)
        gone = session.connection().execute(delete(OptOut).where(OptOut.number_id == number_id))
        if gone.rowcount == 0:
            raise Refused(_("%(number)s did not opt out.", number=mask(e164)), "number")
        audit.record("optout.remove", "number", number_id, {"reason": reason}, by_id)


def _checked(text_: str, field: str, sentence: str) -> str:
    tidy = " ".join(text_.split())
    if not tidy:
        raise Refused(sentence, field)
    if len(tidy) > SOURCE_LENGTH:
        raise Refused(_("At most %(most)s letters fit here.", most=SOURCE_LENGTH), field)
    return tidy
