"""What people call roles, kinds of organisation, levels of areas: the words beside our own."""

from __future__ import annotations

from typing import Final

from outreach.accounts import Role
from outreach.area_names import Level
from outreach.i18n import N_, _
from outreach.organisations import Kind

ROLES: Final[dict[Role, str]] = {
    Role.LIAISON: N_("Carrier liaison"),
    Role.CULTURE: N_("Culture office"),
    Role.HEALTH: N_("Health office"),
    Role.STAFF: N_("Staff"),
    Role.REPORTER: N_("Commune reporter"),
    Role.ADMIN: N_("Administrator"),
}
KINDS: Final[dict[Kind, str]] = {
    Kind.CARRIER: N_("Carrier"),
    Kind.CULTURE: N_("Culture office"),
    Kind.HEALTH: N_("Health office"),
    Kind.OFFICE: N_("Other office"),
}
LEVELS: Final[dict[Level, str]] = {
    Level.PROVINCE: N_("Province"),
    Level.DISTRICT: N_("District"),
    Level.COMMUNE: N_("Commune"),
    Level.HAMLET: N_("Hamlet"),
}
NETWORKS: Final[dict[str, str]] = {
    "viettel": "Viettel",
    "vinaphone": "VNPT VinaPhone",
    "mobifone": "MobiFone",
    "vietnamobile": "Vietnamobile",
    "gmobile": "Gmobile",
    "itel": "iTel",
    "wintel": "Wintel",
}


def role(value: Role) -> str:
    """The role in the reader's language."""
    return _(ROLES[value]) if value in ROLES else value.value


def kind(value: Kind) -> str:
    """The kind of organisation in the reader's language."""
    return _(KINDS[value])


def level(value: Level) -> str:
    """The level of an area in the reader's language."""
    return _(LEVELS[value])


def network(value: str | None) -> str:
    """The network by its own name; "" for none."""
    return NETWORKS.get(value or "", value or "")
