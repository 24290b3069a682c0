"""Organisations: the carriers that send, and the offices that decide, check and count."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, mapped_column

from outreach import audit, clock, seen
from outreach.database import BigId, Model, Moment, db, find, transaction, words
from outreach.errors import Refused
from outreach.i18n import _

NAME_LENGTH = 120
PHONE_LENGTH = 24
_PHONE: Final = re.compile(r"\+?\d(?:[ .-]?\d){2,14}")


class Kind(StrEnum):
    """What an organisation is; roles belong to kinds."""

    CARRIER = "carrier"
    CULTURE = "culture"
    HEALTH = "health"
    OFFICE = "office"


class Organisation(Model):
    """One carrier or office. `area_id` is the area an office answers for, with all below it.
    `phone` is where people may call it, as messages say it; "" where nobody may."""

    __tablename__ = "organisations"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(String(NAME_LENGTH), unique=True)
    kind: Mapped[Kind] = mapped_column(words(Kind))
    network: Mapped[str | None] = mapped_column(String(24))
    area_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("areas.id"))
    phone: Mapped[str] = mapped_column(String(PHONE_LENGTH), default="")
    created_at: Mapped[datetime] = mapped_column(Moment, default=clock.now)


def add(
    name: str,
    kind: Kind,
    network: str | None = None,
    area_id: int | None = None,
    phone: str = "",
    *,
    actor_id: int | None,
) -> Organisation:
    """Add an organisation. Raises Refused for an empty or known name, a phone that is none, or a
    network that does not go with the kind: a carrier has one, an office has none."""
    name, phone = _checked_name(name), _checked_phone(phone)
    _check_network(kind, network)
    with transaction() as session:
        _refuse_known(name)
        organisation = Organisation(
            name=name, kind=kind, network=network, area_id=area_id, phone=phone
        )
        session.add(organisation)
        session.flush()
        detail = {"name": name, "kind": kind, "network": network, "area": area_id}
        audit.record("organisation.add", "organisation", organisation.id, detail, actor_id)
    return organisation


def _refuse_known(name: str, but: int | None = None) -> None:
    others = select(Organisation.name).where(Organisation.id != (but or 0))
    # Compared here, since SQLite's lower() knows no Vietnamese letters.
    if name.casefold() in map(str.casefold, db.session.scalars(others)):
        raise Refused(_("There is already an organisation “%(name)s”.", name=name), "name")


_SHOWN: Final = ("name", "kind", "network", "area_id", "phone")


def shown(organisation: Organisation) -> dict[str, object]:
    """What a form of the organisation shows, for `seen`."""
    return {key: getattr(organisation, key) for key in _SHOWN}


def change(
    organisation: Organisation,
    name: str,
    kind: Kind,
    network: str | None,
    area_id: int | None,
    phone: str,
    *,
    form: str | None = None,
    actor_id: int | None,
) -> None:
    """Rename an organisation, or give it another kind, network, area or phone.

    Raises Refused as `add` does, and where `form`, the mark of what was shown, is no longer true.
    That nothing hangs on the old kind is asked by who knows what may: campaigns.holdings.
    """
    values: dict[str, object] = {
        "name": _checked_name(name),
        "kind": kind,
        "network": network,
        "area_id": area_id,
        "phone": _checked_phone(phone),
    }
    _check_network(kind, network)
    with transaction() as session:
        now = session.get_one(
            Organisation, organisation.id, with_for_update=True, populate_existing=True
        )
        before = shown(now)
        seen.demand(form, before)
        _refuse_known(str(values["name"]), but=now.id)
        changed = {key: [before[key], new] for key, new in values.items() if before[key] != new}
        for key, new in values.items():
            setattr(now, key, new)
        if changed:
            audit.record("organisation.change", "organisation", now.id, changed, actor_id)


def _checked_name(name: str) -> str:
    name = " ".join(name.split())
    if not name:
        raise Refused(_("An organisation needs a name."), "name")
    if len(name) > NAME_LENGTH:
        raise Refused(
            _("The name has %(n)s letters; at most %(most)s fit.", n=len(name), most=NAME_LENGTH),
            "name",
        )
    return name


def _checked_phone(phone: str) -> str:
    """The phone as it will be read in messages: any that can be called, 1022 and 0277 3837 123."""
    phone = " ".join(phone.split())
    if phone and (len(phone) > PHONE_LENGTH or not _PHONE.fullmatch(phone)):
        raise Refused(_("“%(text)s” is no phone to call.", text=phone[:40]), "phone")
    return phone


def _check_network(kind: Kind, network: str | None) -> None:
    if kind is Kind.CARRIER and network is None:
        raise Refused(_("A carrier needs its network, for example viettel."), "network")
    if kind is not Kind.CARRIER and network is not None:
        raise Refused(_("Only a carrier has a network."), "network")


def every() -> Sequence[Organisation]:
    """All organisations in the order they were added."""
    return db.session.scalars(select(Organisation).order_by(Organisation.id)).all()


def by_id(organisation_id: int) -> Organisation:
    """One organisation. Raises Refused where there is none."""
    organisation = find(Organisation, organisation_id)
    if organisation is None:
        raise Refused(_("There is no organisation %(id)s.", id=organisation_id), "organisation")
    return organisation
