"""What a comparison says of its campaigns in words: when they were sent, how they chose areas, and
which began before the period.
"""

from __future__ import annotations

from collections.abc import Sequence

from campaigns import selection
from campaigns.compare import Comparison
from campaigns.deliveries import Sending
from campaigns.selection import Rule
from outreach import formats
from outreach.i18n import _, language


def why_no_effect(comparison: Comparison) -> str:
    """Why a difference is not yet an effect, by how the campaigns say they chose."""
    rules = {selection.read(each.rule)[0] for each in comparison.sendings}
    if rules == {Rule.LOTTERY}:
        return _(
            "The campaigns record that communes were drawn by lot. Even so a difference may be"
            " chance, and other things may have happened in some communes only; nothing of that is"
            " examined here."
        )
    return _(
        "Which communes were messaged was chosen and not drawn by lot: they may have been different"
        " before, and other things may have happened there. So the difference between both groups"
        " does not say what the messages did."
    )


def why_sets(comparison: Comparison) -> str:
    """What the difference between two sets does not say, and whether they share communes."""
    said = _(
        "Whoever asked chose both sets. They may have differed before, and messages, visits,"
        " loudspeakers or other things may have come to one of them only: the difference says that"
        " they differ and not why."
    )
    both = sum(row.sets == "AB" for row in comparison.rows)
    if not both:
        return said
    return f"{said} " + _(
        "Communes that are in both sets and count in both: %(count)s.", count=both
    )


def days_said(sending: Sending, language: str) -> str:
    """When a campaign was sent: the day it started; of what a carrier sends itself from when to
    when, as the carrier says."""
    day = formats.day(sending.day, language=language)
    if not sending.by_order:
        return day
    if sending.last is None:
        return _("from %(day)s; the carrier has not said that all is sent", day=day)
    if sending.last == sending.day:
        return _("%(day)s, the carrier says", day=day)
    last = formats.day(sending.last, language=language)
    return _("from %(first)s to %(last)s, the carrier says", first=day, last=last)


def named(sendings: Sequence[Sending], language: str) -> str:
    """Campaigns by name, each with its days; “—” for none."""
    return "; ".join(f"{each.name} ({days_said(each, language)})" for each in sendings) or "—"


def across_said() -> str:
    """What is said of campaigns from before the period that were still being sent in it."""
    return _(
        "They count to the day they began, so they stand in no figure of this period: how many of"
        " their messages left within it is not known commune by commune. A commune that had no"
        " other messages is in neither group."
    )


def carried_said(communes: int) -> str:
    """What is said where figures are of the areas that communes came from."""
    return _(
        "The figures of %(count)s communes are the sums of the areas they came from, on the first"
        " or the last day; “≥” where not all of that is known. The chart has them too; over days of"
        " which not all is known a commune is in neither of its lines.",
        count=formats.number(communes, language=language()),
    )


def recounted_said(communes: int) -> str:
    """What is said where the population of some communes was counted anew within the period."""
    return _(
        "In %(count)s communes the population is another number on the last day than on the first:"
        " a part of the change of their rates is not installs.",
        count=formats.number(communes, language=language()),
    )


def across_notes(comparison: Comparison, language: str) -> list[str]:
    """Who looks at the figures alone is told of campaigns from before that were still being sent;
    none where there are none."""
    if not comparison.across:
        return []
    names = named(comparison.across, language)
    told = _("Begun before the period and still being sent in it: %(names)s.", names=names)
    return [told, across_said()]
