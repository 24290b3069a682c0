"""What organisations have: people, routes, lists, campaigns; and what hangs on their kind."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import func, select

from campaigns.campaigns import Campaign
from campaigns.routes import Route
from outreach import organisations
from outreach.accounts import KINDS_OF_ROLE, User
from outreach.areas import Area
from outreach.database import db
from outreach.errors import Refused
from outreach.i18n import _
from outreach.organisations import Kind, Organisation
from outreach.subscribers import SubscriberList

A_PAGE: Final = 50


@dataclass(frozen=True)
class Holding:
    """How much of each belongs to one organisation."""

    people: int = 0
    routes: int = 0
    lists: int = 0
    campaigns: int = 0


_COUNTED: Final[dict[str, Any]] = {
    "people": User,
    "routes": Route,
    "lists": SubscriberList,
    "campaigns": Campaign,
}


def of_organisations(ids: Collection[int]) -> dict[int, Holding]:
    """By organisation; one query for each thing counted, however many organisations."""
    counted: dict[int, dict[str, int]] = {each: {} for each in ids}
    for name, model in _COUNTED.items():
        rows = db.session.execute(
            select(model.organisation_id, func.count())
            .where(model.organisation_id.in_(ids))
            .group_by(model.organisation_id)
        )
        for organisation_id, number in rows:
            counted[organisation_id][name] = number
    return {each: Holding(**numbers) for each, numbers in counted.items()}


@dataclass(frozen=True)
class Row:
    """An organisation, the area it answers for by name, and what it has."""

    organisation: Organisation
    area: str | None
    holding: Holding


def listed(kind: Kind | None, after: int) -> tuple[list[Row], int | None]:
    """Organisations in the order they were added, from behind the id `after`; and the id the next
    page begins behind, None on the last."""
    rows = select(Organisation, Area.name).join(Area, Area.id == Organisation.area_id, isouter=True)
    if kind is not None:
        rows = rows.where(Organisation.kind == kind)
    rows = rows.where(Organisation.id > after).order_by(Organisation.id).limit(A_PAGE + 1)
    found = db.session.execute(rows).all()
    held = of_organisations([each.id for each, _area in found])
    made = [Row(each, area, held[each.id]) for each, area in found[:A_PAGE]]
    return made, made[-1].organisation.id if len(found) > A_PAGE else None


def of_one(organisation: Organisation) -> Row:
    """The same of one."""
    area_id = organisation.area_id
    area = None if area_id is None else db.session.get(Area, area_id)
    held = of_organisations([organisation.id])[organisation.id]
    return Row(organisation, None if area is None else area.name, held)


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
    """As `organisations.change`; also refuses another kind where people have a role that is not at
    home in it, or where a carrier has routes."""
    if kind is not organisation.kind:
        _refuse_kind(organisation, kind)
    organisations.change(
        organisation, name, kind, network, area_id, phone, form=form, actor_id=actor_id
    )


def _refuse_kind(organisation: Organisation, kind: Kind) -> None:
    roles = db.session.scalars(
        select(User.role).where(User.organisation_id == organisation.id).distinct()
    )
    if any(kind not in KINDS_OF_ROLE[role] for role in roles):
        raise Refused(
            _("Its people have roles that do not go with this kind. Change their roles first."),
            "kind",
        )
    if of_organisations([organisation.id])[organisation.id].routes:
        raise Refused(_("It has routes, so it stays a carrier."), "kind")
