"""`lotteries`: draw who is messaged first, and check a draw."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

import click
from flask.cli import AppGroup

from campaigns import lotteries, lottery_draw, lottery_showing
from campaigns.lottery_draw import GAP, LEVELS, Plan
from outreach import access, accounts, apps, areas, organisations
from outreach.access import Act, Subject
from outreach.accounts import User
from outreach.area_names import Level
from outreach.console import answering
from outreach.errors import Refused
from outreach.i18n import _

group = AppGroup("lotteries", help="Who is messaged first, drawn by lot.")
AS = click.option("--as", "as_email", help="E-mail of the person who acts; default: the system.")
ID = click.argument("lottery_id", metavar="ID", type=int)


def _person(email: str | None) -> User:
    return accounts.by_email(email) if email else accounts.system()


@group.command("draw")
@click.option("--name", required=True)
@click.option("--organisation", "organisation_id", type=int, help="Id; default: of who acts.")
@click.option("--app", "app_code", required=True, help="Code of the app.")
@click.option("--area", "codes", required=True, multiple=True, help="Code of an area; repeatable.")
@click.option("--level", required=True, type=click.Choice([level.value for level in LEVELS]))
@click.option(
    "--wave", "waves", required=True, multiple=True, type=click.DateTime(["%Y-%m-%d"]),
    help="The day of a wave, in their order; repeatable.",
)  # fmt: skip
@click.option("--days", default=GAP, show_default=True, help="H: days that count after a wave.")
@click.option("--seed", default="", help="Numbers drawn in public; without it one is made.")
@click.option("--witnesses", default="", help="Where they were drawn, and who was there.")
@AS
@answering
def draw(
    *,
    name: str,
    organisation_id: int | None,
    app_code: str,
    codes: tuple[str, ...],
    level: str,
    waves: tuple[datetime, ...],
    days: int,
    seed: str,
    witnesses: str,
    as_email: str | None,
) -> dict[str, Any]:
    """Draw it, and lock it. It cannot be drawn again while it stands."""
    person = _person(as_email)
    chosen = areas.each_by_code(codes)
    access.demand(person, Act.LOTTERY_DRAW, Subject(area_ids={area.id for area in chosen}))
    plan = Plan(
        name.strip(),
        _owner(person, organisation_id),
        apps.by_code(app_code),
        chosen,
        Level(level),
        [day.date() for day in waves],
        days,
    )
    lottery = lottery_draw.draw(plan, seed=seed, witnesses=witnesses, actor_id=person.id)
    return lottery_showing.as_object(lottery)


def _owner(person: User, organisation_id: int | None) -> int:
    # Whoever belongs to an office draws for that; only the system may name any.
    owner = person.organisation_id or organisation_id
    if owner is None:
        raise Refused(_("Say whose lottery it is."), "organisation")
    return organisations.by_id(owner).id


@group.command("list")
@answering
def list_() -> list[dict[str, Any]]:
    """All lotteries, newest first."""
    return lottery_showing.as_rows(lottery_showing.every())


@group.command("show")
@ID
@answering
def show(lottery_id: int) -> dict[str, Any]:
    """A lottery with its seed and outcome."""
    return lottery_showing.as_object(lotteries.get(lottery_id))


@group.command("verify")
@ID
@answering
def verify(lottery_id: int) -> dict[str, Any]:
    """Draw it once more from its list and seed; refused where that is not what is stored, or what
    is stored is not what was locked."""
    found = lotteries.verify(lotteries.get(lottery_id))
    if not found.sound:
        raise Refused(
            _(
                "Lottery %(id)s is not what was drawn: somebody changed it. Areas in a wave that "
                "list and seed do not give: %(codes)s.",
                id=lottery_id,
                codes=", ".join(found.wrong) or "—",
            ),
            "lottery",
        )
    return asdict(found)


@group.command("abandon")
@ID
@click.option("--reason", required=True)
@AS
@answering
def abandon(lottery_id: int, reason: str, as_email: str | None) -> dict[str, Any]:
    """Give it up; only before a campaign of it was started."""
    person, lottery = _person(as_email), lotteries.get(lottery_id)
    access.demand(person, Act.LOTTERY_DRAW, lottery)
    lotteries.abandon(lottery, reason, person.id)
    return lottery_showing.as_object(lotteries.get(lottery_id))
