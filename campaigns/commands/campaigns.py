"""`campaigns`: create, submit, approve, send and watch, for scripts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
from flask import current_app
from flask.cli import AppGroup

from campaigns import approvals, composing, deciding, life, progress
from campaigns.campaigns import Campaign
from campaigns.deciding import Chosen, Decision
from outreach import access, accounts, clock
from outreach.access import Act
from outreach.accounts import User
from outreach.console import answering
from outreach.database import db
from outreach.errors import Refused
from outreach.i18n import _

group = AppGroup("campaigns", help="Write, submit, approve, send and watch campaigns.")
AS = click.option("--as", "as_email", help="E-mail of the person who acts; default: the system.")


def _person(email: str | None) -> User:
    return accounts.by_email(email) if email else accounts.system()


def _may(person: User, act: Act, campaign: Campaign) -> Campaign:
    access.demand(person, act, campaign)
    return campaign


@group.command("create")
@click.argument("file", type=click.Path(path_type=Path))
@AS
@answering
def create(file: Path, as_email: str | None) -> dict[str, Any]:
    """Store the draft in FILE.json."""
    person = _person(as_email)
    draft = composing.from_object(_parsed(file))
    access.demand(person, Act.CAMPAIGN_CREATE, access.Subject(organisation_id=draft.organisation))
    campaign = composing.create(draft, person.id, current_app.config["OUTREACH"])
    return progress.as_object(campaign)


def _parsed(file: Path) -> Any:
    try:
        return json.loads(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise Refused(
            _("The file %(file)s cannot be read: %(why)s.", file=file, why=error.strerror or ""),
            "file",
        ) from None
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refused(_("%(file)s is not JSON: %(why)s.", file=file, why=error), "file") from None


@group.command("list")
@answering
def list_() -> list[dict[str, Any]]:
    """All campaigns, newest first."""
    every = db.session.query(Campaign).order_by(Campaign.id.desc())
    return [
        {
            "id": c.id,
            "name": c.name,
            "state": c.state.value,
            "organisation": c.organisation_id,
            "recipients": c.recipients_counted,
            "start_at": clock.iso(c.start_at),
        }
        for c in every
    ]


@group.command("show")
@click.argument("campaign_id", metavar="ID", type=int)
@answering
def show(campaign_id: int) -> dict[str, Any]:
    """A campaign's state and counts."""
    return progress.as_object(life.get(campaign_id))


@group.command("submit")
@click.argument("campaign_id", metavar="ID", type=int)
@AS
@answering
def submit(campaign_id: int, as_email: str | None) -> dict[str, Any]:
    """Render, count and hand it to its approver."""
    person = _person(as_email)
    campaign = _may(person, Act.CAMPAIGN_SUBMIT, life.get(campaign_id))
    approvals.submit(campaign, person, current_app.config["OUTREACH"])
    return progress.as_object(life.get(campaign_id))


@group.command("check-facts")
@click.argument("campaign_id", metavar="ID", type=int)
@AS
@answering
def check_facts(campaign_id: int, as_email: str | None) -> dict[str, Any]:
    """Say that its facts are right; only with OUTREACH_CLI_APPROVE=1."""
    settings = current_app.config["OUTREACH"]
    approvals.refuse_command_line_check(settings)
    person = _person(as_email)
    campaign = _may(person, Act.CAMPAIGN_CHECK_FACTS, life.get(campaign_id))
    approvals.check_facts(campaign, person, campaign.digest or "")
    return progress.as_object(life.get(campaign_id))


@group.command("approve")
@click.argument("campaign_id", metavar="ID", type=int)
@AS
@answering
def approve(campaign_id: int, as_email: str | None) -> dict[str, Any]:
    """Approve it; only with OUTREACH_CLI_APPROVE=1."""
    settings = current_app.config["OUTREACH"]
    approvals.refuse_command_line(settings)
    person = _person(as_email)
    campaign = _may(person, Act.CAMPAIGN_APPROVE, life.get(campaign_id))
    approvals.refuse_hours(campaign, settings)
    approvals.approve(campaign, person, campaign.digest or "")
    return progress.as_object(life.get(campaign_id))


@group.command("return")
@click.argument("campaign_id", metavar="ID", type=int)
@click.option("--reason", required=True)
@AS
@answering
def give_back(campaign_id: int, reason: str, as_email: str | None) -> dict[str, Any]:
    """Return it to its author with a reason."""
    person = _person(as_email)
    campaign = _may(person, Act.CAMPAIGN_RETURN, life.get(campaign_id))
    approvals.give_back(campaign, person, reason, campaign.digest or "")
    return progress.as_object(life.get(campaign_id))


@group.command("schedule")
@click.argument("campaign_id", metavar="ID", type=int)
@click.option("--at", required=True, help="ISO 8601 with offset.")
@AS
@answering
def schedule(campaign_id: int, at: str, as_email: str | None) -> dict[str, Any]:
    """Choose its start, inside what was approved."""
    person = _person(as_email)
    campaign = _may(person, Act.CAMPAIGN_SCHEDULE, life.get(campaign_id))
    life.schedule(campaign, composing.moment(at, "at"), person.id)
    return progress.as_object(life.get(campaign_id))


def _simple(name: str, act: Act, doc: str) -> None:
    @group.command(name, help=doc)
    @click.argument("campaign_id", metavar="ID", type=int)
    @AS
    @answering
    def run(campaign_id: int, as_email: str | None) -> dict[str, Any]:
        person = _person(as_email)
        campaign = _may(person, act, life.get(campaign_id))
        if name == "pause":
            life.pause(campaign, _("paused from the command line"), person.id)
        else:
            {"start": life.start, "resume": life.resume, "cancel": life.cancel}[name](
                campaign, person.id
            )
        return progress.as_object(life.get(campaign_id))


@group.command("doubt")
@click.argument("campaign_id", metavar="ID", type=int)
@answering
def doubt(campaign_id: int) -> list[dict[str, Any]]:
    """The messages in doubt with what is known about each; numbers masked."""
    return deciding.as_objects(deciding.listed(life.get(campaign_id).id, most=None))


@group.command("resolve")
@click.argument("campaign_id", metavar="ID", type=int)
@click.option("--decision", required=True, type=click.Choice([d.value for d in Decision]))
@click.option("--message", "messages", multiple=True, type=int, help="Id of a message in doubt.")
@click.option("--all", "every", is_flag=True, help="All that are in doubt.")
@click.option("--reason", required=True, help="What is known, and from whom.")
@AS
@answering
def resolve(
    campaign_id: int,
    decision: str,
    messages: tuple[int, ...],
    every: bool,
    reason: str,
    as_email: str | None,
) -> dict[str, Any]:
    """Decide about messages in doubt: delivered, failed, or sent again knowingly (some of these
    people may then get it twice)."""
    if every == bool(messages):
        raise click.UsageError("say either --all or --message ID")
    person = _person(as_email)
    campaign = _may(person, Act.INDOUBT_DECIDE, life.get(campaign_id))
    chosen = Chosen(messages, every)
    moved = deciding.decide(campaign, Decision(decision), chosen, reason, person.id)
    return {"moved": moved} | progress.as_object(life.get(campaign_id))


_simple("start", Act.CAMPAIGN_START, "Start sending now.")
_simple("pause", Act.CAMPAIGN_PAUSE, "Stop sending; what is queued waits.")
_simple("resume", Act.CAMPAIGN_RESUME, "Go on sending.")
_simple("cancel", Act.CAMPAIGN_CANCEL, "End it for good; what is queued is never sent.")
