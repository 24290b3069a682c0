"""`orders`: answer, send and report broadcast orders, for scripts of a carrier."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from flask.cli import AppGroup
from sqlalchemy import select

from campaigns import composing, order_counts, order_files, order_showing, orders
from campaigns.order_counts import Total
from campaigns.orders import BroadcastOrder
from outreach import access, accounts
from outreach.access import Act
from outreach.accounts import User
from outreach.commands.files import rejects_path
from outreach.console import answering
from outreach.database import db
from outreach.lists import rejects

group = AppGroup("orders", help="Broadcast orders: a carrier sends from its own system.")
AS = click.option("--as", "as_email", help="E-mail of the person who acts; default: the system.")
ID = click.argument("order_id", metavar="ID", type=int)


def _person(email: str | None) -> User:
    return accounts.by_email(email) if email else accounts.system()


def _may(email: str | None, act: Act, order_id: int) -> tuple[BroadcastOrder, User]:
    person = _person(email)
    access.demand(person, act)
    order = orders.get(order_id)
    access.demand(person, act, order)
    return order, person


@group.command("list")
@answering
def list_() -> list[dict[str, Any]]:
    """All orders, newest first."""
    every = db.session.scalars(select(BroadcastOrder).order_by(BroadcastOrder.id.desc())).all()
    totals = order_counts.totals([order.id for order in every])
    return [order_showing.as_row(order, totals.get(order.id, Total())) for order in every]


@group.command("show")
@ID
@answering
def show(order_id: int) -> dict[str, Any]:
    """An order with its wording and counts by area."""
    return order_showing.as_object(orders.get(order_id))


@group.command("accept")
@ID
@AS
@answering
def accept(order_id: int, as_email: str | None) -> dict[str, Any]:
    """Take it on: the carrier will send what `orders show` shows."""
    order, person = _may(as_email, Act.ORDER_ANSWER, order_id)
    orders.accept(order, order.campaign.digest or "", person.id)
    return order_showing.as_object(orders.get(order_id))


@group.command("return")
@ID
@click.option("--reason", required=True)
@AS
@answering
def give_back(order_id: int, reason: str, as_email: str | None) -> dict[str, Any]:
    """Return it to the office with a reason."""
    order, person = _may(as_email, Act.ORDER_ANSWER, order_id)
    orders.give_back(order, reason, person.id)
    return order_showing.as_object(orders.get(order_id))


@group.command("start")
@ID
@click.option("--at", help="When the carrier began, ISO 8601 with offset; default: now.")
@AS
@answering
def start(order_id: int, at: str | None, as_email: str | None) -> dict[str, Any]:
    """Say that the carrier began to send."""
    order, person = _may(as_email, Act.ORDER_ANSWER, order_id)
    began = composing.moment(at, "at") if at else None
    orders.start(order, order.campaign.digest or "", person.id, began)
    return order_showing.as_object(orders.get(order_id))


@group.command("finish")
@ID
@AS
@answering
def finish(order_id: int, as_email: str | None) -> dict[str, Any]:
    """Say that the carrier has sent it all."""
    order, person = _may(as_email, Act.ORDER_ANSWER, order_id)
    orders.finish(order, person.id)
    return order_showing.as_object(orders.get(order_id))


@group.command("report")
@ID
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--rejects", "chosen", type=click.Path(dir_okay=False, path_type=Path))
@AS
@answering
def report(order_id: int, file: Path, chosen: Path | None, as_email: str | None) -> dict[str, Any]:
    """Report the counts of FILE (CSV or XLSX): area, sent; delivered, cost and reason if known."""
    order, person = _may(as_email, Act.ORDER_REPORT, order_id)
    made = order_files.take(file, file.name, order, person.id)
    written = None
    if made.rejects:
        written = rejects_path(chosen, file, made.id)
        with written.open("wb") as out:
            rejects.write(out, made.rejects)
    return {
        "id": made.id,
        "order": order_id,
        "added": made.added,
        "corrected": made.corrected,
        "unchanged": made.unchanged,
        "rejected": made.rejected,
        "rejects_file": None if written is None else str(written),
    }
