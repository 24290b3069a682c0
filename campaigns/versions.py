"""What each submitted version of a campaign said, and what the next one changed.

A version is kept as words and names when it is submitted: what is compared later is what people
read then, whatever became of the areas, groups and routes since. It decides nothing; the digest
does.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, select
from sqlalchemy.orm import Mapped, mapped_column

from campaigns import held_back, preparing, selection, standbys
from campaigns.audience import Tally
from campaigns.campaigns import Campaign
from outreach import clock, labels
from outreach.accounts import User
from outreach.database import BigId, Model, Moment, db
from outreach.i18n import N_
from outreach.subscribers import Group

SAME, TAKEN, ADDED = "same", "taken", "added"
_WORDS = re.compile(r"\s+|[^\s]+")


class Submission(Model):
    """A version as it was submitted. `content` holds words, names and numbers by field."""

    __tablename__ = "campaign_submissions"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    campaign_id: Mapped[int] = mapped_column(
        ForeignKey("campaigns.id", ondelete="CASCADE"), index=True
    )
    revision: Mapped[int]
    person_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    digest: Mapped[str] = mapped_column(String(64))
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    at: Mapped[datetime] = mapped_column(Moment)


def keep(campaign: Campaign, person: User, digest: str, tally: Tally) -> None:
    """Keep what is being submitted, within the submission's own transaction."""
    db.session.add(
        Submission(
            campaign_id=campaign.id,
            revision=campaign.revision,
            person_id=person.id,
            digest=digest,
            content=said_by(campaign) | _counted(campaign, tally),
            at=clock.now(),
        )
    )


def said_by(campaign: Campaign) -> dict[str, Any]:
    """What a campaign says now, to whom, when and how: nothing that has to be counted."""
    groups = select(Group.name).where(Group.code.in_(campaign.groups)).order_by(Group.bit)
    return {
        "name": campaign.name,
        "kind": campaign.kind.value,
        "sender": campaign.sender,
        "strip_marks": campaign.strip_marks,
        "wording": {variant.key: variant.template for variant in campaign.variants},
        "apps": [app.name for app in campaign.apps],
        "areas": [area.name for area in campaign.areas],
        "groups": list(db.session.scalars(groups)),
        "networks": sorted(campaign.networks),
        "routes": [route.name for route in preparing.routes_of(campaign.id)],
        "standbys": [str(pair) for pair in standbys.of(campaign)],
        "not_before": clock.iso(campaign.not_before),
        "not_after": clock.iso(campaign.not_after),
        "hours": campaign.hours,
        "selection_rule": campaign.selection_rule,
        "not_messaged_days": campaign.not_messaged_days,
        "lottery": held_back.said_of(campaign),
    }


def _counted(campaign: Campaign, tally: Tally) -> dict[str, Any]:
    prices = {route.id: route.price for route in preparing.routes_of(campaign.id)}
    return {
        "recipients": tally.people,
        "segments": sum(tally.segments.values()),
        "cost": sum(n * prices[route] for (_area, route), n in tally.segments.items()),
        "left_out": sum(tally.suppressed.values()),
    }


def of(campaign: Campaign) -> list[Submission]:
    """Its submitted versions, the newest first."""
    wanted = select(Submission).where(Submission.campaign_id == campaign.id)
    return list(db.session.scalars(wanted.order_by(Submission.id.desc())))


def submitter_of(campaign_id: int) -> str:
    """Who submitted its last version, by name; "" where it was never kept."""
    last = select(User.name).join(Submission, Submission.person_id == User.id)
    last = last.where(Submission.campaign_id == campaign_id).order_by(Submission.id.desc())
    return db.session.scalar(last.limit(1)) or ""


@dataclass(frozen=True)
class Piece:
    """A run of words that stayed, was taken out or was added; in fields of other kinds a value."""

    how: str
    text: Any


@dataclass(frozen=True)
class Change:
    """One field that is not what it was. `kind` says how its values are written: words, moment,
    number, money, kind or yes; `variant` tells several wordings apart."""

    field: str
    label: str
    kind: str
    pieces: list[Piece]
    variant: str = ""


# (field, what it is called, how its values are written), in the order an approver reads them.
_FIELDS = (
    ("wording", N_("Wording"), "words"),
    ("strip_marks", N_("Without diacritics"), "yes"),
    ("sender", N_("Sender name"), "words"),
    ("kind", N_("Kind of message"), "kind"),
    ("name", N_("Name"), "words"),
    ("apps", N_("Apps"), "words"),
    ("areas", N_("Areas"), "words"),
    ("groups", N_("Groups"), "words"),
    ("networks", N_("Networks"), "words"),
    ("selection_rule", N_("Why these people"), "words"),
    ("not_messaged_days", N_("Days without a message before"), "number"),
    ("lottery", N_("Lottery and wave"), "words"),
    ("routes", N_("Routes, in their order"), "words"),
    ("standbys", N_("Stand-by routes"), "words"),
    ("not_before", N_("Not before"), "moment"),
    ("not_after", N_("Not after"), "moment"),
    ("hours", N_("Daily hours"), "words"),
    ("recipients", N_("Recipients"), "number"),
    ("left_out", N_("Left out"), "number"),
    ("segments", N_("Segments"), "number"),
    ("cost", N_("Cost estimate"), "money"),
)


def changes(before: dict[str, Any], after: dict[str, Any]) -> list[Change]:
    """Field by field what is not as it was; only of fields that both hold."""
    found = []
    for field, label, kind in _FIELDS:
        if field in before and field in after and before[field] != after[field]:
            both = before[field], after[field]
            if field == "networks":
                both = _networks(both[0]), _networks(both[1])
            found += list(_change(field, label, kind, *both))
    return found


def _networks(codes: list[str]) -> list[str]:
    return [labels.NETWORKS.get(code, code) for code in codes]


def _change(field: str, label: str, kind: str, before: Any, after: Any) -> Iterator[Change]:
    if isinstance(after, dict):
        for key in sorted({*before, *after}):
            old, new = before.get(key, ""), after.get(key, "")
            if old != new:
                variant = key if len({*before, *after}) > 1 else ""
                yield Change(field, label, kind, words(old, new), variant)
    elif isinstance(after, list) and sorted(before) != sorted(after):
        yield Change(field, label, kind, _items(before, after))
    elif isinstance(after, list):  # only their order
        yield Change(field, label, kind, _whole(", ".join(before), ", ".join(after)))
    elif field == "selection_rule":
        both = (selection.said(before), selection.said(after))
        yield Change(field, label, kind, words(*both))
    elif kind == "moment":
        moments = (clock.parse_moment(before), clock.parse_moment(after))
        yield Change(field, label, kind, _whole(*moments))
    else:
        yield Change(field, label, kind, _whole(before, after))


def _whole(before: Any, after: Any) -> list[Piece]:
    return [Piece(TAKEN, before), Piece(ADDED, after)]


def _items(before: list[str], after: list[str]) -> list[Piece]:
    return [Piece(TAKEN, item) for item in before if item not in after] + [
        Piece(ADDED, item) for item in after if item not in before
    ]


def words(before: str, after: str) -> list[Piece]:
    """Two texts word by word, the blanks kept: what stayed, what was taken out, what was added."""
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    pieces: list[Piece] = []
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for how, a, b, c, d in matcher.get_opcodes():
        if how == "equal":
            pieces.append(Piece(SAME, "".join(old[a:b])))
            continue
        pieces += [Piece(TAKEN, "".join(old[a:b]))] * (b > a)
        pieces += [Piece(ADDED, "".join(new[c:d]))] * (d > c)
    return _joined(pieces, lambda piece: piece.how == SAME and not piece.text.strip())


def _joined(pieces: list[Piece], is_blank: Callable[[Piece], bool]) -> list[Piece]:
    """Changed words with only a blank between them read as one change, not as many."""
    result: list[Piece] = []
    taken = added = ""
    for place, piece in enumerate(pieces):
        between = 0 < place < len(pieces) - 1 and is_blank(piece) and (taken or added)
        if piece.how == SAME and not between:
            result += [*_changed(taken, added), piece]
            taken = added = ""
        else:
            taken += piece.text if piece.how in (TAKEN, SAME) else ""
            added += piece.text if piece.how in (ADDED, SAME) else ""
    return result + _changed(taken, added)


def _changed(taken: str, added: str) -> list[Piece]:
    return [Piece(TAKEN, taken)] * bool(taken) + [Piece(ADDED, added)] * bool(added)
