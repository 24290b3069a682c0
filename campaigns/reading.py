"""What people will read: the stored text of any commune, with its segments and what was filled in.

The text is the one the digest covers, as it lies in the database; nothing is rendered anew but
where the filled-in words are, and the form with diacritics that is easier on the approver's eyes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Protocol, TypeVar

from sqlalchemy import Select, func, select

from campaigns import preparing, segments, texts
from campaigns.campaigns import Campaign, RenderedText
from campaigns.preparing import Local
from campaigns.segments import Count
from campaigns.texts import Piece
from outreach.areas import Area
from outreach.database import db
from outreach.errors import Refused
from outreach.kept import Kept
from outreach.text import fold

MOST_CHOICES: Final = 400
"""More communes than this are not listed to choose from: their name is typed."""
_LENGTH = func.length(RenderedText.text)
_folded = lru_cache(1 << 15)(fold)


@dataclass(frozen=True)
class Commune:
    """A commune that has a text; `units` are its characters."""

    id: int
    code: str
    name: str
    segments: int
    units: int


@dataclass(frozen=True)
class Reading:
    """One commune's text of one variant. `choices` (code, name) is empty where there are too many;
    `with_marks` is None where the text has its marks already; `unknown` is what was asked for and
    is not there."""

    commune: Commune
    variant: str
    variants: list[str]
    parts: list[list[Piece]]
    count: Count
    with_marks: str | None
    longest: Commune
    shortest: Commune
    communes: int
    choices: list[tuple[str, str]]
    unknown: str


# Texts do not change while the digest is the same; an area's new name may be a minute late.
_ends_of: Kept[tuple[Commune, Commune]] = Kept(60)
_every: Kept[list[Commune]] = Kept(60, most=4)


def of(campaign: Campaign, at: str = "", variant: str = "") -> Reading | None:
    """The text of the commune `at` (a code, or a name as typed), of the one with the longest text
    where it is empty or unknown; None where the campaign has no texts."""
    keys = [each.key for each in campaign.variants]
    variant = variant if variant in keys else next(iter(keys), "")
    count = _count(campaign.id, variant)
    if not count:
        return None
    if count <= MOST_CHOICES:
        communes = _communes(campaign.id, variant)
        longest, shortest = max(communes, key=_length), min(communes, key=_length)
        found = find(communes, at)
    else:  # of a whole country only what is shown is read
        communes = []
        key = (campaign.id, campaign.digest, variant)
        longest, shortest = _ends_of.get(key, lambda: _ends(campaign.id, variant))
        looked_for = at.strip()
        every = _every.get(key, lambda: _communes(campaign.id, variant)) if looked_for else []
        found = find(every, at)
    shown = found or longest
    text = _text(campaign.id, variant, shown.id)
    here = preparing.locally(campaign, [shown.id])[shown.id]
    return Reading(
        commune=shown,
        variant=variant,
        variants=keys,
        parts=_marked(campaign, variant, here, text),
        count=segments.count(text),
        with_marks=_with_marks(campaign, variant, here, text),
        longest=longest,
        shortest=shortest,
        communes=count,
        choices=[(c.code, c.name) for c in communes],
        unknown=at if at.strip() and found is None else "",
    )


def _count(campaign_id: int, variant: str) -> int:
    counted = select(func.count(RenderedText.id)).where(
        RenderedText.campaign_id == campaign_id, RenderedText.variant == variant
    )
    return db.session.scalar(counted) or 0


def _wanted(campaign_id: int, variant: str) -> Select[Any]:
    return (
        select(Area.id, Area.code, Area.name, RenderedText.segments, _LENGTH)
        .join(Area, Area.id == RenderedText.area_id)
        .where(RenderedText.campaign_id == campaign_id, RenderedText.variant == variant)
    )


def _communes(campaign_id: int, variant: str) -> list[Commune]:
    rows = db.session.execute(_wanted(campaign_id, variant).order_by(RenderedText.position))
    return [Commune(*row) for row in rows]


def _length(commune: Commune) -> tuple[int, int]:
    return commune.segments, commune.units


def _ends(campaign_id: int, variant: str) -> tuple[Commune, Commune]:
    """The longest and the shortest."""
    wanted = _wanted(campaign_id, variant)
    down = wanted.order_by(RenderedText.segments.desc(), _LENGTH.desc(), RenderedText.position)
    up = wanted.order_by(RenderedText.segments, _LENGTH, RenderedText.position)
    longest, shortest = (db.session.execute(one.limit(1)).one() for one in (down, up))
    return Commune(*longest), Commune(*shortest)


class Named(Protocol):
    """What has an area's code and name."""

    @property
    def code(self) -> str: ...
    @property
    def name(self) -> str: ...


N = TypeVar("N", bound=Named)


def find(communes: Sequence[N], at: str) -> N | None:
    """By its code, else by its whole name, else by the first name that holds what was typed."""
    wanted = fold(at)
    if not wanted:
        return None
    by_code = next((c for c in communes if c.code == at.strip()), None)
    if by_code is not None:
        return by_code
    folded = [(_folded(c.name), c) for c in communes]
    whole = next((c for name, c in folded if name == wanted), None)
    return whole or next((c for name, c in folded if wanted in name), None)


def _text(campaign_id: int, variant: str, area_id: int) -> str:
    wanted = select(RenderedText.text).where(
        RenderedText.campaign_id == campaign_id,
        RenderedText.variant == variant,
        RenderedText.area_id == area_id,
    )
    return db.session.scalars(wanted).one()


def _marked(campaign: Campaign, variant: str, here: Local, text: str) -> list[list[Piece]]:
    try:
        return texts.marked(campaign, variant, here, text, strip=campaign.strip_marks)
    except Refused:  # a placeholder that is empty today: the stored text stands as it is
        return [[Piece(part, False)] for part in segments.split(text)]


def _with_marks(campaign: Campaign, variant: str, here: Local, text: str) -> str | None:
    """The same with diacritics, for reading only; None where that is no help."""
    template = next((each for each in campaign.variants if each.key == variant), None)
    if not campaign.strip_marks or template is None:
        return None
    try:
        written = preparing.render(campaign, template, here, strip=False)
    except Refused:
        return None
    return written if written != text else None
