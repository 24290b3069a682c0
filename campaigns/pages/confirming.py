"""Confirming by number: what cannot be undone asks the person to type how many people it is."""

from __future__ import annotations

from flask import request

from campaigns import order_parts
from campaigns.campaigns import Campaign
from outreach.errors import Refused
from outreach.i18n import _


def confirmed(people: int) -> None:
    """Raise Refused, at its field, unless the person typed this number of people."""
    if _typed() != people:
        raise Refused(
            _(
                "You typed “%(typed)s”; the number of people is %(people)s. Nothing was done.",
                typed=request.form.get("number", "").strip(),
                people=people,
            ),
            "number",
        )


def confirmed_size(campaign: Campaign) -> None:
    """The same for all a campaign reaches: its people, or of only orders its areas."""
    areas = order_parts.confirms_by_areas(campaign)
    if areas is None:
        confirmed(campaign.recipients_counted or 0)
    else:
        confirmed_areas(areas)


def confirmed_areas(areas: int) -> None:
    """The same for the number of areas, where nobody of our lists is messaged."""
    if _typed() != areas:
        raise Refused(
            _(
                "You typed “%(typed)s”; the number of areas is %(areas)s. Nothing was done.",
                typed=request.form.get("number", "").strip(),
                areas=areas,
            ),
            "number",
        )


def _typed() -> int | None:
    typed = request.form.get("number", "").strip()
    plain = typed.replace(".", "").replace(",", "").replace(" ", "")
    return int(plain) if plain.isdecimal() and len(plain) < 20 else None
