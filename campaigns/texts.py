"""The texts of a draft in its communes: both writings side by side, where their segments end, and
how many characters to cut where some communes' names make it longer than others'.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from campaigns import preparing, segments, wording
from campaigns.campaigns import Campaign, Variant
from campaigns.preparing import Local
from campaigns.segments import Count
from outreach.errors import Refused

UNWRITTEN: Final = "unwritten"
"""The field of a refusal where there is no text at all: a placeholder is empty for a place."""


@dataclass(frozen=True)
class Said:
    """What a variant says to the people of a place."""

    area_id: int
    here: Local
    text: str
    count: Count


@dataclass(frozen=True)
class Places:
    """The texts of each variant in each commune, all with marks or all without; `fits` of those
    that were asked for."""

    said: dict[str, dict[int, Said]]
    fits: dict[str, Fit] = field(default_factory=dict)

    def segments(self, variant: str, area_id: int) -> int:
        """What one person's message there takes."""
        return self.said[variant][area_id].count.segments

    @cached_property
    def longest(self) -> list[Said]:
        """Of each variant the one that takes most segments."""
        return [
            max(by_area.values(), key=lambda s: (s.count.segments, s.count.units))
            for by_area in self.said.values()
        ]

    def fit(self, variant: str, names: Mapping[int, str]) -> Fit:
        """How a variant fits in all communes, which are called so; looked at once."""
        if variant not in self.fits:
            self.fits[variant] = _fit(list(self.said[variant].values()), names)
        return self.fits[variant]


@dataclass(frozen=True)
class Piece:
    """A run of words in the preview; `filled` stands for a placeholder."""

    text: str
    filled: bool


@dataclass(frozen=True)
class Fit:
    """The segments of all communes: `over` of them need more than `least`, and `cut` units taken
    away bring all to `least`; `cut_to_fewer` to one less than that (0 where there is no less)."""

    communes: int
    least: int
    most: int
    over: int
    longest: str
    longest_units: int
    cut: int
    cut_to_fewer: int


@dataclass
class Writing:
    """One way of writing, shown for one commune. `room` units are left in the last segment."""

    strip: bool
    chosen: bool
    parts: list[list[Piece]]
    count: Count
    room: int
    fit: Fit
    cost: int | None = None


def of_places(campaign: Campaign, known: Mapping[int, Local]) -> dict[bool, Places]:
    """Every variant for every commune of `known`, as `preparing.locally` gives them: with marks
    (False) and without (True). Refused (field `UNWRITTEN`) for an empty placeholder."""
    both: dict[bool, dict[str, dict[int, Said]]] = {False: {}, True: {}}
    for variant in campaign.variants:
        for said in both.values():
            said[variant.key] = {}
        counted: dict[str, Count] = {}
        for area_id, here in known.items():
            pieces = _filled(campaign, variant, here)
            for strip, said in both.items():
                text = wording.joined_spelt(pieces, strip=strip)
                if text not in counted:
                    counted[text] = segments.count(text)
                said[variant.key][area_id] = Said(area_id, here, text, counted[text])
    return {strip: Places(said) for strip, said in both.items()}


def _filled(campaign: Campaign, variant: Variant, here: Local) -> list[tuple[str, bool]]:
    try:
        return preparing.filled(campaign, variant, here)
    except Refused as refused:
        raise Refused(refused.sentence, UNWRITTEN) from None


def writing(
    campaign: Campaign,
    places: Places,
    variant: str,
    area_id: int,
    names: dict[int, str],
    strip: bool,
) -> Writing:
    """How a variant reads in one commune, and how it fits in all of them."""
    said = places.said[variant][area_id]
    return Writing(
        strip=strip,
        chosen=strip is campaign.strip_marks,
        parts=marked(campaign, variant, said.here, said.text, strip=strip),
        count=said.count,
        room=segments.room_left(said.text),
        fit=places.fit(variant, names),
    )


def marked(
    campaign: Campaign, variant: str, here: Local, text: str, *, strip: bool
) -> list[list[Piece]]:
    """`text`, which the variant says in an area, by segments, with what was filled in marked."""
    template = next((each for each in campaign.variants if each.key == variant), None)
    pieces = [(text, False)]
    if template is not None:
        filled = preparing.filled(campaign, template, here)
        spelt = [(wording.spelt(words, strip=strip), marked) for words, marked in filled]
        # Not equal where a mark joins two pieces into one letter, or the text is not of today.
        if "".join(words for words, _filled in spelt) == text:
            pieces = spelt
    return list(_cut(pieces, segments.split(text)))


def _cut(pieces: list[tuple[str, bool]], parts: list[str]) -> Iterator[list[Piece]]:
    """The pieces, cut where a segment ends."""
    left = list(reversed(pieces))
    for part in parts:
        row, wanted = [], len(part)
        while wanted:
            words, filled = left.pop()
            if len(words) > wanted:
                left.append((words[wanted:], filled))
                words = words[:wanted]
            wanted -= len(words)
            if words:
                row.append(Piece(words, filled))
        yield row


def _fit(said: list[Said], names: Mapping[int, str]) -> Fit:
    least = min(s.count.segments for s in said)
    longest = max(said, key=lambda s: s.count.units)
    tightest = _tightest(said)
    return Fit(
        communes=len(said),
        least=least,
        most=max(s.count.segments for s in said),
        over=sum(s.count.segments > least for s in said),
        longest=names[longest.area_id],
        longest_units=longest.count.units,
        cut=max(segments.cut_needed(text, least) for text in tightest),
        cut_to_fewer=max(segments.cut_needed(t, least - 1) for t in tightest) if least > 1 else 0,
    )


def _tightest(said: list[Said]) -> list[str]:
    """The texts among which is the one with most to cut: where no character takes two units, the
    longest of each encoding."""
    longest: dict[str, Said] = {}
    special = []
    for each in said:
        before = longest.get(each.count.encoding)
        if each.count.units != len(each.text):
            special.append(each.text)
        elif before is None or each.count.units > before.count.units:
            longest[each.count.encoding] = each
    return special + [each.text for each in longest.values()]
