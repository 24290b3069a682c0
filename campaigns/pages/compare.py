"""Delivery beside uptake: the comparison of communes as a page and as a workbook."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from campaigns import (
    compare_asking,
    compare_sets,
    compare_sheet,
    compare_showing,
    compare_words,
    selection,
)
from campaigns.compare_asking import Asked
from outreach import areas, uptake
from outreach.access import Act, Forbidden
from outreach.areas import Area
from outreach.errors import Refused
from outreach.i18n import _, language
from outreach.pages.guard import needs, person
from outreach.targets import Denominator

blueprint = Blueprint("compare", __name__, url_prefix="/compare")
MAPPED = 700
"""More circles than that are no map any more."""


@dataclass
class Typed:
    """What the address asks for, word for word."""

    app: str
    first: str
    last: str
    codes: list[str]
    against: list[str]
    of: str
    order: str
    page: str
    errors: dict[str, str] = field(default_factory=dict)

    def ask(self) -> Asked:
        """The question. Raises Refused."""
        return compare_asking.ask(
            self.app or _usual_app(),
            self.first,
            self.last,
            self.codes,
            person(),
            denominator=self.of,
            against=self.against,
        )


def _usual_app() -> str | None:
    counted = uptake.apps_counted()
    return counted[0].code if counted else None


def _typed() -> Typed:
    given = request.args
    codes, against = (
        [code.strip() for each in given.getlist(name) for code in each.split(",") if code.strip()]
        for name in ("areas", "against")
    )
    app, first, last = (given.get(name, "").strip() for name in ("app", "from", "to"))
    of, order, page = given.get("of", ""), given.get("sort", ""), given.get("page", "1")
    return Typed(app, first, last, codes, against, of, order, page)


@blueprint.get("")
@needs(Act.COMPARE)
def show() -> ResponseReturnValue:
    """The page; the address holds the question, so that it can be sent to a colleague."""
    typed = _typed()
    try:
        asked = _asked(typed)
    except Refused as refused:
        typed.errors[refused.field or "areas"] = refused.sentence
        shown = _form(typed, None)
        status = 403 if isinstance(refused, Forbidden) else 422
        return render_template("compare/show.html", c=None, **shown), status if shown[
            "apps"
        ] else 200
    return render_template(
        "compare/show.html",
        **_shown(typed, asked),
        **_form(typed, asked),
        begun=not typed.first and (asked.last - asked.first).days < compare_asking.USUAL_DAYS,
    )


def _asked(typed: Typed) -> Asked:
    """The question; where the address names no first day, from where figures begin."""
    asked = typed.ask()
    return asked if typed.first else compare_showing.from_the_first_figure(asked)


def _shown(typed: Typed, asked: Asked) -> dict[str, Any]:
    seen = compare_showing.look(asked)
    comparison, days = seen.comparison, seen.days
    rows = seen.rows(typed.order)
    mapped = rows if len(rows) <= MAPPED else []
    key, downwards = compare_showing.order_of(typed.order)
    return {
        "c": comparison,
        "sets": compare_sets.of(comparison),
        "why_sets": compare_words.why_sets(comparison),
        "page": compare_showing.page_of(rows, _number(typed.page)),
        "days": days,
        "chart": compare_showing.chart(comparison, days, language()) if days else None,
        "map": compare_showing.change_map(mapped, language()),
        "order": key,
        "downwards": downwards,
        "most": seen.most,
        "why": compare_words.why_no_effect(comparison),
        "explanations": compare_sheet.explanations(comparison),
        "said": selection.said,
        "days_said": compare_words.days_said,
        "across_said": compare_words.across_said,
        "carried_said": compare_words.carried_said,
        "recounted_said": compare_words.recounted_said,
        "first_known": compare_showing.first_known(comparison),
    }


def _form(typed: Typed, asked: Asked | None) -> dict[str, Any]:
    query = _query(typed, asked)

    def link(endpoint: str = "compare.show", **changes: Any) -> str:
        return url_for(endpoint, **(query | changes))

    return {
        "typed": typed,
        "asked": asked,
        "apps": [(app.code, app.name) for app in uptake.apps_counted()],
        "options": _options(asked),
        "denominators": [
            (each.value, compare_sets.denominator_said(each))
            for each in (Denominator.POPULATION, Denominator.SMARTPHONE_USERS)
        ],
        "own_code": _own_code(),
        "rest_word": _rest_word(asked),
        "orders": compare_showing.order_choices(typed.order),
        "begins": compare_showing.begins,
        "names": {group: _(name) for group, name in compare_showing.GROUP_NAMES.items()},
        "link": link,
        "sorting": typed.order or compare_showing.USUAL_ORDER,
        "bounds": (uptake.today() - uptake.OLDEST, uptake.today()),
    }


def _query(typed: Typed, asked: Asked | None) -> dict[str, Any]:
    """The address's own words; of a good question spelt out, so that it means the same tomorrow."""
    if asked is None:
        return {}
    return {
        "app": asked.app.code,
        "from": asked.first.isoformat(),
        "to": asked.last.isoformat(),
        "areas": [area.code for area in asked.chosen] or _own_code() or compare_asking.ALL,
        "against": _against(asked),
        "of": None if asked.denominator is Denominator.POPULATION else asked.denominator.value,
        "sort": typed.order or None,
    }


def _rest_word(asked: Asked | None) -> str:
    """What the choice “all others” asks for: what the address says, once it does."""
    written = None if asked is None else _against(asked)
    return written if isinstance(written, str) else compare_asking.REST


def _own_code() -> str | None:
    return areas.code_of(person().own_area_id)


def _against(asked: Asked) -> list[str] | str | None:
    """The second set in words that mean the same to whoever is sent the address."""
    if asked.against is None:
        return None
    if asked.against.chosen:
        return [area.code for area in asked.against.chosen]
    within = asked.against.within
    return f"{compare_asking.REST}:{compare_asking.ALL if within is None else within.code}"


def _options(asked: Asked | None) -> list[Area]:
    """What can be ticked: the areas right below the own one, and whatever else was named."""
    own = person().own_area_id
    below = list(areas.children(own))
    chosen = [] if asked is None else list(asked.chosen)
    if asked is not None and asked.against is not None:
        chosen += [area for area in asked.against.chosen if area not in chosen]
    return below + [area for area in chosen if area not in below and area.id != own]


def _number(written: str) -> int:
    return int(written) if written.isdecimal() and len(written) < 6 else 1


@blueprint.get("/table.xlsx")
@needs(Act.COMPARE)
def table() -> ResponseReturnValue:
    """All rows as a workbook."""
    typed = _typed()
    asked = _asked(typed)
    seen = compare_showing.look(asked)
    content = io.BytesIO()
    compare_sheet.write(seen.comparison, seen.rows(typed.order), seen.days, content)
    return _file(content, asked, "xlsx")


@blueprint.get("/table.csv")
@needs(Act.COMPARE)
def rows() -> ResponseReturnValue:
    """The same rows as CSV."""
    typed = _typed()
    asked = _asked(typed)
    seen = compare_showing.look(asked)
    content = io.BytesIO()
    compare_sheet.write_csv(seen.comparison, seen.rows(typed.order), content)
    return _file(content, asked, "csv")


def _file(content: io.BytesIO, asked: Asked, ending: str) -> ResponseReturnValue:
    content.seek(0)
    name = f"compare-{asked.app.code}-{asked.first}-{asked.last}.{ending}"
    return send_file(content, as_attachment=True, download_name=name)
