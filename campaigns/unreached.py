"""The list of those a campaign did not reach: to phone them, to visit them, to ask the carrier.

Numbers are masked. Whole ones are for the organisation on whose own list they stand, and only when
asked for: an audit row says who took them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, Final

from sqlalchemy import bindparam, select, text

from campaigns import failures
from campaigns.campaigns import Campaign
from campaigns.routes import Route
from campaigns.states import NOT_REACHED, MessageState
from outreach import access, audit, clock, sheets
from outreach.access import Act, Subject
from outreach.accounts import User
from outreach.database import db, transaction
from outreach.i18n import N_, _
from outreach.numbers import sealer
from outreach.phones import mask, national
from outreach.sheets import Cell
from outreach.subscribers import Group

BATCHES_AT_ONCE: Final = 20
"""Read together, some 10,000 messages: a list of any length takes little memory."""
HEADINGS: Final = (
    N_("Area"),
    N_("Number"),
    N_("Group"),
    N_("Why not reached"),
    N_("Last word of the carrier"),
    N_("Code"),
    N_("Time"),
)
LAST_WORDS: Final[dict[MessageState, str]] = {
    MessageState.UNDELIVERED: N_("not delivered"),
    MessageState.REJECTED: N_("refused"),
    MessageState.CARRIER_EXPIRED: N_("gave up in time"),
    MessageState.IN_DOUBT: N_("no answer known"),
}
NOT_SENT: Final = N_("never sent")
IN_DOUBT: Final = N_("In doubt: the carrier may have it or not")


@dataclass(frozen=True)
class _Reader:
    """What a row is written with."""

    routes: dict[int, Route]
    groups: list[tuple[int, str]]
    owner_id: int | None


def may_see_numbers(person: User) -> bool:
    """Whether this person's organisation has a list of its own whose numbers they may see."""
    own = Subject(organisation_id=person.organisation_id)
    return person.organisation_id is not None and access.allowed(person, Act.LIST_SEE_NUMBERS, own)


def masked(campaign: Campaign) -> BinaryIO:
    """The list as XLSX, every number masked."""
    return _written(campaign, None)


def whole(campaign: Campaign, person: User) -> BinaryIO:
    """The list as XLSX with the whole numbers of the person's own organisation's list; all others
    stay masked. Raises Forbidden; leaves an audit row."""
    own = person.organisation_id
    access.demand(person, Act.LIST_SEE_NUMBERS, Subject(organisation_id=own))
    with transaction():
        detail = {"organisation": own}
        audit.record("campaign.list_unreached", "campaign", campaign.id, detail, person.id)
    return _written(campaign, own)


def _written(campaign: Campaign, owner_id: int | None) -> BinaryIO:
    # Health data stays out: restricted groups are not named.
    groups = select(Group.bit, Group.name).where(Group.restricted.is_(False)).order_by(Group.bit)
    named = [(bit, name) for bit, name in db.session.execute(groups)]
    reader = _Reader(failures.routes_of(campaign), named, owner_id)
    title = _("Not reached")
    return sheets.write(title, [_(each) for each in HEADINGS], _rows(campaign.id, reader))


# A number may stand on several lists: the group is that of the own list if it stands there, else of
# the list it came to first.
_PAGE = text(
    "SELECT m.id, m.state, m.reason, m.route_id, m.changed_at, n.sealed, a.name AS area,"
    " (SELECT s.group_bits FROM subscribers s WHERE s.number_id = m.number_id"
    "  ORDER BY CASE WHEN s.organisation_id = :owner THEN 0 ELSE 1 END, s.id LIMIT 1) AS bits,"
    " EXISTS (SELECT 1 FROM subscribers s WHERE s.number_id = m.number_id"
    "  AND s.organisation_id = :owner) AS own"
    " FROM batches b JOIN messages m ON m.id BETWEEN b.first_id AND b.last_id AND m.batch_id = b.id"
    " JOIN numbers n ON n.id = m.number_id JOIN areas a ON a.id = m.area_id"
    " WHERE b.id IN :batches AND m.state IN :states ORDER BY m.id"
).bindparams(
    bindparam("batches", expanding=True), bindparam("states", sorted(NOT_REACHED), expanding=True)
)


def _rows(campaign_id: int, reader: _Reader) -> Iterator[tuple[Cell, ...]]:
    ids = list(
        db.session.execute(
            text("SELECT id FROM batches WHERE campaign_id = :id ORDER BY id"), {"id": campaign_id}
        ).scalars()
    )
    for start in range(0, len(ids), BATCHES_AT_ONCE):
        batches = ids[start : start + BATCHES_AT_ONCE]
        values = {"batches": batches, "owner": reader.owner_id or 0}
        for row in db.session.execute(_PAGE, values).all():
            yield _row(row, reader)


def _row(row: Any, reader: _Reader) -> tuple[Cell, ...]:
    state, reason = MessageState(row.state), row.reason or ""
    number = sealer().open_number(bytes(row.sealed))
    if state is MessageState.IN_DOUBT:
        why = _(IN_DOUBT)
    else:
        why = _(failures.WORDS[failures.why(state, reason, reader.routes[row.route_id].protocol)])
    names = [name for bit, name in reader.groups if (row.bits or 0) >> bit & 1]
    return (
        row.area,
        national(number) if row.own and reader.owner_id is not None else mask(number),
        ", ".join(names),
        why,
        _(LAST_WORDS.get(state, NOT_SENT)),
        failures.code_of(reason) or None,
        clock.from_microseconds(row.changed_at),
    )
