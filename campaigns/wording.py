"""The words of a campaign: a template with placeholders, rendered once for each area.

What goes out is the rendered text: in NFC, and without diacritics where the campaign says so.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from outreach import formats
from outreach.areas import Place
from outreach.errors import Refused
from outreach.i18n import _
from outreach.text import fold, nfc, strip_marks

PLACEHOLDERS: Final = ("xa", "huyen", "tinh", "ung_dung", "link", "dien_thoai", "han")
FIELD: Final = "wording"

_BRACES: Final = re.compile(r"\{([^{}]*)\}|([{}])")
_AND: Final = {"vi": " và ", "en": " and "}
LANGUAGES: Final = tuple(_AND)
_NEAR: Final = 20  # characters shown after a brace that stands alone


@dataclass(frozen=True, slots=True)
class Template:
    """A text taken apart: `literals` has one item more than `fields`, which stand between."""

    literals: tuple[str, ...]
    fields: tuple[str, ...]

    @property
    def names_area(self) -> bool:
        """Whether the text differs from area to area."""
        return not {"xa", "huyen", "tinh", "han"}.isdisjoint(self.fields)

    @property
    def names_deadline(self) -> bool:
        """Whether it says by when, so that targets have to be looked up."""
        return "han" in self.fields


@functools.lru_cache(maxsize=256)
def parse(text: str) -> Template:
    """Take a wording apart; kept, since a wording is filled in for thousands of communes.

    Raises `Refused` (field `wording`) for an empty text, an unknown placeholder, by name, and for
    a brace that opens or closes nothing, with its place counted from 1.
    """
    text = nfc(text)
    if not text.strip():
        raise Refused(_("The message has no text. Write what people will read."), FIELD)
    literals, fields, end = [], [], 0
    for match in _BRACES.finditer(text):
        literals.append(text[end : match.start()])
        fields.append(_known(match, text))
        end = match.end()
    return Template((*literals, text[end:]), tuple(fields))


def render(
    template: Template,
    place: Place,
    apps: Sequence[str],
    link: str,
    *,
    phone: str = "",
    deadline: date | None = None,
    strip: bool = False,
    language: str = "vi",
) -> str:
    """The text people of `place` get, in NFC; with `strip`, without diacritics.

    Raises `Refused` (field `wording`) where a placeholder of the text is empty for the place,
    naming both.
    """
    pieces = filled(template, place, apps, link, phone=phone, deadline=deadline, language=language)
    return joined_spelt(pieces, strip=strip)


def spelt(text: str, *, strip: bool) -> str:
    """`text` as it is sent: in NFC, with `strip` without diacritics."""
    return strip_marks(nfc(text)) if strip else nfc(text)


def joined_spelt(pieces: Sequence[tuple[str, bool]], *, strip: bool) -> str:
    """`spelt` of the pieces of `filled`, joined."""
    words = [each for each, _filled in pieces]
    # Piece by piece, since they come back in thousands of communes, where nothing joins with what
    # stands before it.
    if strip and all(not each or each[0].isascii() for each in words):
        return "".join(map(_plain, words))
    return spelt("".join(words), strip=strip)


@functools.lru_cache(maxsize=1 << 15)
def _plain(words: str) -> str:
    return spelt(words, strip=True)


def filled(
    template: Template,
    place: Place,
    apps: Sequence[str],
    link: str,
    *,
    phone: str = "",
    deadline: date | None = None,
    language: str = "vi",
) -> list[tuple[str, bool]]:
    """The text for `place` in pieces as they were typed: (words, whether they stand for a
    placeholder). `phone` is where its people may call, `deadline` the day by which they should
    have installed the app. Raises `Refused` as `render` does."""
    values = {
        "xa": place.commune,
        "huyen": place.district,
        "tinh": place.province,
        "ung_dung": joined(apps, language),
        "link": link,
        "dien_thoai": phone,
        "han": "" if deadline is None else formats.day(deadline, language=language),
    }
    pieces = [(template.literals[0], False)]
    for name, literal in zip(template.fields, template.literals[1:], strict=True):
        if not values[name].strip():
            raise _empty(name, place)
        pieces += ((values[name], True), (literal, False))
    return pieces


def joined(names: Sequence[str], language: str = "vi") -> str:
    """Names as a sentence lists them: "A", "A và B", "A, B và C"."""
    if len(names) < 2:
        return "".join(names)
    return ", ".join(names[:-1]) + _AND[language] + names[-1]


def _known(match: re.Match[str], text: str) -> str:
    name, lone = match.groups()
    if lone:
        raise _unbalanced(lone, match.start(), text)
    if name in PLACEHOLDERS:
        return str(name)
    known = ", ".join(f"{{{each}}}" for each in PLACEHOLDERS)
    meant = fold(name).replace(" ", "_")
    if meant in PLACEHOLDERS:
        raise Refused(
            _("There is no {%(name)s}; did you mean {%(meant)s}?", name=name, meant=meant), FIELD
        )
    raise Refused(
        _("There is no placeholder {%(name)s}. These exist: %(known)s.", name=name, known=known),
        FIELD,
    )


def _unbalanced(brace: str, at: int, text: str) -> Refused:
    near = text[at : at + _NEAR]
    if brace == "{":
        sentence = _(
            "The { at character %(at)s (“%(near)s”) is never closed. Write a placeholder "
            "like {xa}, or leave the brace out.",
            at=at + 1,
            near=near,
        )
    else:
        sentence = _(
            "The } at character %(at)s (“%(near)s”) closes nothing. Write a placeholder "
            "like {xa}, or leave the brace out.",
            at=at + 1,
            near=near,
        )
    return Refused(sentence, FIELD)


def _empty(name: str, place: Place) -> Refused:
    if name == "dien_thoai":
        return Refused(
            _(
                "{dien_thoai} is empty for %(place)s: the campaign's organisation has no phone on "
                "its page. The administrator enters it there; or leave it out of the text.",
                place=str(place),
            ),
            FIELD,
        )
    if name == "han":
        return Refused(
            _(
                "{han} is empty for the area %(place)s: the app has no target there whose day is "
                "still to come. Set one, leave it out of the text, or leave the area out of the "
                "campaign.",
                place=str(place),
            ),
            FIELD,
        )
    if name in {"ung_dung", "link"}:
        return Refused(
            _(
                "{%(name)s} is empty for %(place)s: choose what it stands for, or leave it out.",
                name=name,
                place=str(place),
            ),
            FIELD,
        )
    return Refused(
        _(
            "{%(name)s} is empty for the area %(place)s. Leave it out of the text, or leave the "
            "area out of the campaign.",
            name=name,
            place=str(place),
        ),
        FIELD,
    )
