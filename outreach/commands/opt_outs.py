"""flask optouts: numbers that are sent nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from flask.cli import AppGroup

from outreach import access, accounts, opt_outs, phones
from outreach.access import Act
from outreach.console import answering
from outreach.errors import Refused
from outreach.i18n import _
from outreach.lists import encodings

group = AppGroup("optouts", help="Numbers that are sent nothing.")


@group.command("add")
@click.argument("number_or_file", metavar="NUMBER|FILE")
@click.option("--source", required=True, help="How the opt-out is known.")
@answering
def add(number_or_file: str, source: str) -> dict[str, Any]:
    """Send NUMBER nothing from now on, or each number in FILE, one a line."""
    actor = accounts.system()
    access.demand(actor, Act.OPTOUT_RECORD)
    path = Path(number_or_file)
    if path.is_file():
        return _add_file(path, source, actor.id)
    new = opt_outs.add([_clean(number_or_file)], source, actor.id)
    return {"read": 1, "added": new, "known": 1 - new, "rejected": 0}


@group.command("remove")
@click.argument("number")
@click.option("--reason", required=True, help="Why the number may be sent to again.")
@answering
def remove(number: str, reason: str) -> dict[str, Any]:
    """Let NUMBER be sent to again."""
    actor = accounts.system()
    access.demand(actor, Act.OPTOUT_RECORD)
    e164 = _clean(number)
    opt_outs.remove(e164, reason, actor.id)
    return {"number": phones.mask(e164), "removed": True}


def _add_file(path: Path, source: str, actor_id: int) -> dict[str, Any]:
    _encoding, lines = encodings.lines(path)
    filled = [(row, line) for row, line in enumerate(lines, 1) if line.strip()]
    verdicts = phones.clean_many([line for _row, line in filled])
    good = []
    for (row, _line), (e164, _network, reason) in zip(filled, verdicts, strict=True):
        if e164 is None:
            sentence = phones.REASONS[reason or "not_a_number"]
            why = _(sentence)
            click.echo(_("row %(row)s: %(why)s", row=row, why=why), err=True)
        else:
            good.append(e164)
    if not good:
        raise Refused(_("The file holds no phone number; one a line is expected."), "file")
    new = opt_outs.add(good, source, actor_id)
    rejected = len(filled) - len(good)
    return {"read": len(filled), "added": new, "known": len(good) - new, "rejected": rejected}


def _clean(number: str) -> str:
    e164, _network, reason = phones.clean_many([number])[0]
    if e164 is None:
        sentence = phones.REASONS[reason or "not_a_number"]
        why = _(sentence)
        raise Refused(_("“%(number)s”: %(why)s.", number=number, why=why), "number")
    return e164
