"""How the people of a campaign were chosen: one of a few recorded rules, or other words.

Stored as the campaign's `selection_rule`, one text: `everyone`, or a rule and its words as
`ordered: by GSO code, set on 12 August`. Whatever does not begin with a known rule is `other`, so
every text that was ever written is read. Whether a campaign helped is judged by this: areas that
were chosen since they lagged cannot be compared as areas drawn by lot can.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final

from outreach.errors import Refused
from outreach.i18n import N_, _


class Rule(StrEnum):
    """A recorded way of choosing."""

    EVERYONE = "everyone"
    ORDERED = "ordered"
    LOTTERY = "lottery"
    LOW_UPTAKE = "low_uptake"
    OTHER = "other"


NAMES: Final[dict[Rule, str]] = {
    Rule.EVERYONE: N_("Everyone"),
    Rule.ORDERED: N_("Everyone, in an order set beforehand"),
    Rule.LOTTERY: N_("Drawn by lot"),
    Rule.LOW_UPTAKE: N_("Areas with few installs"),
    Rule.OTHER: N_("Otherwise"),
}
HINTS: Final[dict[Rule, str]] = {
    Rule.EVERYONE: N_("all people of the areas and groups ticked above"),
    Rule.ORDERED: N_("say which order, who set it and when"),
    Rule.LOTTERY: N_("choose the lottery and the wave below, or say who drew, when and how"),
    Rule.LOW_UPTAKE: N_("say below which rate, of which day"),
    Rule.OTHER: N_("say how"),
}
_WRITTEN: Final = re.compile(r"(everyone|ordered|lottery|low_uptake)\s*(?::\s*(.*))?", re.DOTALL)


def read(text: str) -> tuple[Rule, str]:
    """The rule of a stored text, and its words ("" for none)."""
    text = text.strip()
    written = _WRITTEN.fullmatch(text)
    return (Rule(written[1]), (written[2] or "").strip()) if written else (Rule.OTHER, text)


def written(rule: str, words: str) -> str:
    """The text that is stored. Words without a known rule stay as they are.

    Raises Refused where the rule needs words and has none.
    """
    words = words.strip()
    if rule == Rule.EVERYONE:
        return f"{Rule.EVERYONE}: {words}" if words else Rule.EVERYONE.value
    if not words:
        raise Refused(_("Say in words how these areas and people were chosen."), "selection_rule")
    return f"{rule}: {words}" if rule in set(Rule) - {Rule.OTHER} else words


def said(text: str) -> str:
    """A stored text as a page says it."""
    rule, words = read(text)
    if rule is Rule.OTHER:
        return words
    name = _(NAMES[rule])
    return f"{name}: {words}" if words else name
