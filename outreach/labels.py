"""What people call roles, kinds of organisation, levels of areas: the words beside our own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final

from outreach import formats
from outreach.accounts import Role, User
from outreach.apps import Definition, Unit
from outreach.area_names import Level
from outreach.i18n import N_, _, language
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
_SEVERAL: Final[dict[Level, str]] = {
    Level.PROVINCE: N_("%(count)s provinces"),
    Level.DISTRICT: N_("%(count)s districts"),
    Level.COMMUNE: N_("%(count)s communes"),
    Level.HAMLET: N_("%(count)s hamlets"),
}
UNITS: Final[dict[Unit, str]] = {
    Unit.NUMBERS: N_("phone numbers"),
    Unit.USERS: N_("users"),
    Unit.DEVICES: N_("devices"),
    Unit.DOWNLOADS: N_("downloads"),
}
_IN_ALL: Final[dict[Unit, str]] = {
    Unit.NUMBERS: N_("Phone numbers with %(app)s installed, in all"),
    Unit.USERS: N_("Users of %(app)s, in all"),
    Unit.DEVICES: N_("Devices with %(app)s installed, in all"),
    Unit.DOWNLOADS: N_("Downloads of %(app)s, in all"),
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


def person(value: User) -> str:
    """By name, else by address; whoever runs commands has neither."""
    if value.role is Role.SYSTEM:
        return _("The operator (command line)")
    return value.name or value.email


def kind(value: Kind) -> str:
    """The kind of organisation in the reader's language."""
    return _(KINDS[value])


def level(value: Level) -> str:
    """The level of an area in the reader's language."""
    return _(LEVELS[value])


def counted(levels: Iterable[Level]) -> str:
    """How many areas there are of each level, the widest first: “2 provinces, 72 communes”; ""
    for none."""
    known = Counter(levels)
    numbers = {level: formats.number(known[level], language=language()) for level in known}
    return ", ".join(_(_SEVERAL[each], count=numbers[each]) for each in LEVELS if each in known)


def network(value: str | None) -> str:
    """The network by its own name; "" for none."""
    return NETWORKS.get(value or "", value or "")


def unit(value: Unit) -> str:
    """What counts as an install, in the reader's language."""
    return _(UNITS[value])


def in_all(value: Unit, app: str) -> str:
    """What a cumulative figure of an app is, in the reader's language."""
    return _(_IN_ALL[value], app=app)


def broken(change: Definition) -> str:
    """A change of what counts, as a sentence."""
    return _(
        "From %(day)s what counts is %(after)s, before that %(before)s: figures of both sides are"
        " not the same thing.",
        day=formats.day(change.since, language=language()),
        after=unit(change.after),
        before=unit(change.before),
    )
