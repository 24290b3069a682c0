"""`reminders`: what is set, what would go out now, and sending it."""

from __future__ import annotations

from typing import Any

import click
from flask import current_app
from flask.cli import AppGroup

from campaigns import reminder_routes, reminder_settings, reminder_words, reminding
from campaigns.reminder_routes import Routes
from campaigns.reminder_settings import InForce, ReminderSetting
from campaigns.reminders import REASONS
from campaigns.reminding import Wish
from outreach import access, accounts, areas, duties, own_numbers
from outreach.access import Act, Subject
from outreach.accounts import User
from outreach.console import answering
from outreach.errors import Refused
from outreach.i18n import _
from outreach.reminder_agreements import Way
from outreach.settings import Settings

group = AppGroup("reminders", help="Reminding who has to report and agreed to it.")
AS = click.option("--as", "as_email", help="E-mail of the person who acts; default: the system.")
AREA = click.option("--area", "code", required=True, help="Code of the area.")
WITHIN = click.option("--area", "code", help="Code of an area: of those in it and below.")


def _person(email: str | None) -> User:
    return accounts.by_email(email) if email else accounts.system()


def _settings() -> Settings:
    settings: Settings = current_app.config["OUTREACH"]
    return settings


@group.command("list")
@answering
def list_() -> list[dict[str, Any]]:
    """What is set: of the installation first, then of each area that has its own."""
    there = reminder_routes.now()
    usual = _set_there(reminder_settings.usual(_settings()), there)
    return [usual, *(_own(row, there) for row in reminder_settings.every())]


def _own(row: ReminderSetting, there: Routes) -> dict[str, Any]:
    by = None if row.set_by_id is None else accounts.by_id(row.set_by_id).email
    return _set_there(row.in_force, there) | {"set_at": row.set_at, "set_by": by}


def _set_there(set_there: InForce, there: Routes) -> dict[str, Any]:
    area = set_there.origin
    return {
        "area": None if area is None else area.code,
        "area_name": None if area is None else area.name,
        "before": set_there.before,
        "at_hour": set_there.at_hour,
        "routes": list(set_there.route_ids),
        "open_routes": [route.id for route in there.open_for(set_there)],
        "troubles": there.troubles(set_there),
        "set_at": None,
        "set_by": None,
    }


@group.command("set")
@AREA
@click.option("--before", type=int, required=True, help="Minutes before the hour; 0: never.")
@click.option("--at-hour", is_flag=True, help="At the hour too.")
@click.option("--route", "route_ids", type=int, multiple=True, help="Repeatable; none: any route.")
@AS
@answering
def set_(
    *, code: str, before: int, at_hour: bool, route_ids: tuple[int, ...], as_email: str | None
) -> dict[str, Any]:
    """Set it for an area, and for those below that set nothing themselves."""
    area = areas.by_code(code)
    reminder_settings.keep(area, before, at_hour, route_ids, _person(as_email))
    return _holds(area.id)


@group.command("inherit")
@AREA
@AS
@answering
def inherit(*, code: str, as_email: str | None) -> dict[str, Any]:
    """Let an area be reminded as the one above it again."""
    area = areas.by_code(code)
    reminder_settings.inherit(area, _person(as_email))
    return _holds(area.id)


def _holds(area_id: int) -> dict[str, Any]:
    return _set_there(reminder_settings.in_force(area_id, _settings()), reminder_routes.now())


@group.command("due")
@WITHIN
@answering
def due(*, code: str | None) -> list[dict[str, Any]]:
    """What would go out now, to whom; with why where it would not. Sends nothing."""
    return [_shown(wish) for wish in _due(code)]


def _due(code: str | None) -> list[Wish]:
    return reminding.due_now(None if code is None else areas.by_code(code).id, _settings())


def _shown(wish: Wish) -> dict[str, Any]:
    by_sms = wish.agreement.way is Way.SMS
    said = reminder_words.sms if by_sms else reminder_words.email
    return {
        "person": wish.person.id,
        "name": wish.person.name,
        "area": wish.duty.area.code,
        "what": wish.duty.what.value,
        "due_at": wish.due_at,
        "way": wish.agreement.way.value,
        "to": own_numbers.masked(wish.person) if by_sms else wish.person.email,
        "route": None if wish.route is None else wish.route.id,
        "text": said(wish.person, wish.duty, wish.apps, wish.due_at),
        "reason": wish.reason or None,
        "why": _(REASONS[wish.reason]) if wish.reason else None,
    }


@group.command("send")
@WITHIN
@click.option("--person", "email", help="E-mail of one person.")
@AS
@answering
def send(*, code: str | None, email: str | None, as_email: str | None) -> list[dict[str, Any]]:
    """Send now what `due` shows, once a day each, as “Remind now” does on the board."""
    if (code is None) == (email is None):
        raise Refused(_("Say for which area, or which person."), "area")
    actor = _person(as_email)
    if email is not None:
        return [_one(accounts.by_email(email), actor)]
    access.demand(actor, Act.UPTAKE_REMIND, Subject(area_ids={areas.by_code(code or "").id}))
    wishes = [(wish.person.id, _shown(wish)) for wish in _due(code)]
    return [_each(person_id, shown, actor) for person_id, shown in wishes]


def _one(person: User, actor: User) -> dict[str, Any]:
    _demand(person, actor)
    row = reminding.by_hand(person, actor, _settings())
    return {"person": person.id, "reminder": row.id, "state": row.state.value}


def _demand(person: User, actor: User) -> None:
    duty = duties.of(person)
    area_ids = set() if duty is None else {duty.area.id}
    access.demand(actor, Act.UPTAKE_REMIND, Subject(area_ids=area_ids))


def _each(person_id: int, shown: dict[str, Any], actor: User) -> dict[str, Any]:
    try:
        return shown | _one(accounts.by_id(person_id), actor)
    except Refused as refused:
        return shown | {"reminder": None, "state": "skipped", "why": refused.sentence}
