"""Trying a list: read and judged as an import would, with nothing written anywhere."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Final

from sqlalchemy import select

from outreach import numbers
from outreach.database import db
from outreach.lists.importing import PART, judge_of
from outreach.lists.opening import open_list
from outreach.lists.rejects import Reject
from outreach.lists.uploads import Choices
from outreach.subscribers import Subscriber

SHOWN: Final = 20


@dataclass
class Trial:
    """What an import would do. `examples` are the first rows that would be turned away."""

    read: int = 0
    added: int = 0
    joined: int = 0
    rejected: int = 0
    notes: list[str] = field(default_factory=list)
    examples: list[Reject] = field(default_factory=list)


def try_list(path: Path, organisation_id: int, choices: Choices, most: int | None = None) -> Trial:
    """Judge every row of the file at `path`, or the first `most`. Raises Refused where an import
    would refuse it."""
    table, columns = open_list(path, choices.mapping)
    judge = judge_of(organisation_id, choices, table, columns)
    trial, seen = Trial(notes=table.notes), set[str]()
    rows = islice(table.rows, most)
    while batch := list(islice(rows, PART)):
        judged = judge.judge(batch)
        new = {row.phone for row in judged.good} - seen
        seen |= new
        new -= _subscribers(new, organisation_id)
        trial.read += len(batch)
        trial.rejected += len(judged.rejects)
        trial.added += len(new)
        trial.joined += sum(row.copies for row in judged.good) - len(new)
        trial.examples += judged.rejects[: SHOWN - len(trial.examples)]
    return trial


def _subscribers(phones: set[str], organisation_id: int) -> set[str]:
    """Those of the numbers that are on a list of the organisation already."""
    if not numbers.any_sealed(db.engine):
        return set()  # and no key is made for a look at nothing
    ids = numbers.find(db.session.connection(), numbers.sealer(), phones)
    known = set(
        db.session.scalars(
            select(Subscriber.number_id).where(
                Subscriber.organisation_id == organisation_id,
                Subscriber.number_id.in_(ids.values()),
            )
        )
    )
    return {phone for phone, number_id in ids.items() if number_id in known}
