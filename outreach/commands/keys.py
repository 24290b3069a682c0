"""flask keys: the keys that seal the phone numbers, and moving the numbers to a new one."""

from __future__ import annotations

from typing import Any

import click
from flask import current_app
from flask.cli import AppGroup
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from outreach import accounts, audit, numbers, sealing
from outreach.console import answering
from outreach.database import db, transaction, write_connection
from outreach.errors import Refused
from outreach.i18n import _
from outreach.numbers import Number

group = AppGroup("keys", help="The keys that seal the phone numbers.")


@group.command("add")
@answering
def add() -> dict[str, Any]:
    """Add a new key: whatever starts from now on seals with it, and opens with all of them."""
    path = current_app.config["OUTREACH"].key_path
    if not path.exists():
        raise Refused(_("There is no key yet; the first is made with the first number."), "keys")
    version = sealing.add_key(path)
    _record(act="keys.add", version=version)
    return {"version": version, "key_file": str(path), "next": _restart_first()}


@group.command("rotate")
@click.option("--restarted", is_flag=True, help="Everything was restarted after `keys add`.")
@answering
def rotate(restarted: bool) -> dict[str, Any]:
    """Seal the numbers that older keys sealed with the newest; go on where a run was ended."""
    sealer = numbers.sealer()
    if not sealer.older_versions:
        raise Refused(_("There is one key only. Add a new one first: flask keys add"), "keys")
    if not restarted:
        raise Refused(_restart_first(), "restarted")
    left = _left(sealer.version)
    if left:
        _record(act="keys.rotate", version=sealer.version, numbers=left)
    done = 0
    while moved := _reseal(sealer):
        done += moved
        click.echo(_("numbers sealed anew: %(done)s of %(all)s", done=done, all=left), err=True)
    if done:
        _record(act="keys.rotated", version=sealer.version, numbers=done)
    return {"version": sealer.version, "resealed": done, "left": _left(sealer.version)}


def _restart_first() -> str:
    return _(
        "Restart the pages, the workers and the tick, so that each of them knows the new key; then:"
        " flask keys rotate --restarted"
    )


def _reseal(sealer: sealing.Sealer) -> int:
    """One batch, in a transaction of its own: what was committed stays, whatever comes after."""
    try:
        with write_connection(db.engine) as connection:
            return numbers.reseal(connection, sealer)
    except IntegrityError:
        raise Refused(
            _(
                "A number stands twice, under an older key and under the newest: a program that"
                " was not restarted added it. Restart everything; such a number has to be joined"
                " by hand before the rotation can go on.",
            ),
            "restarted",
        ) from None


def _left(version: int) -> int:
    with db.engine.connect() as connection:
        wanted = select(func.count()).where(Number.key_version != version)
        return connection.execute(wanted).scalar_one()


def _record(*, act: str, **detail: int) -> None:
    with transaction():
        audit.record(act, "installation", None, detail, accounts.system().id)
