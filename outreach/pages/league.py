"""The league table: a page, and the same rows as files."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Final

from flask import Blueprint, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from outreach import area_choice, areas, league, league_sheet, uptake
from outreach.access import Act, Forbidden
from outreach.area_names import LEVELS
from outreach.errors import Refused
from outreach.i18n import N_, _
from outreach.league import Asked, Group, League
from outreach.pages.guard import needs, person

blueprint = Blueprint("league", __name__, url_prefix="/league")
PAGE_ROWS: Final = 50
APART: Final = 20
"""So many of those that are not ranked stand on the page; the files have all."""
ORDERS: Final = {
    "rank": N_("highest rate first"),
    "-rank": N_("lowest rate first"),
    "-change": N_("largest rise first"),
    "change": N_("smallest rise first"),
    "-moves": N_("most ranks won first"),
    "moves": N_("most ranks lost first"),
}


@dataclass
class Typed:
    """What the address asks for, word for word."""

    app: str
    area: str
    level: str
    day: str
    since: str
    errors: dict[str, str] = field(default_factory=dict)

    def ask(self) -> Asked:
        """The question. Raises Refused."""
        return league.ask(
            person(), self.app, self.area, self.level, self.day, self.since, Act.COMPARE
        )

    def answered(self) -> tuple[Asked | None, int]:
        """The question and 200; none with its refusal noted at its field, and the code for it."""
        try:
            return self.ask(), 200
        except Refused as refused:
            self.errors[refused.field or "area"] = refused.sentence
            return None, 403 if isinstance(refused, Forbidden) else 422


def typed() -> Typed:
    """The words of the address."""
    app, area, level, day, since = (
        request.args.get(name, "").strip() for name in ("app", "area", "level", "day", "since")
    )
    return Typed(app, area, level, day, since)


def question(given: Typed, asked: Asked | None) -> dict[str, Any]:
    """What the form of the question needs (`templates/league/_question.html`)."""
    root, area_list = (None, areas.list_in_use(person().own_area_id))
    if asked is not None:
        root, area_list = asked.area, asked.area_list
    offered = league.levels(root, area_list) if asked else list(LEVELS[:-1])
    return {
        "typed": given,
        "asked": asked,
        "apps": [(app.code, app.name) for app in uptake.apps_counted()],
        "levels": [(level.value, _(league_sheet.LEVELS[level])) for level in offered],
        "area_written": given.area or area_choice.written(root.id if root else None),
        "bounds": (uptake.today() - uptake.OLDEST, uptake.today()),
    }


@blueprint.get("")
@needs(Act.COMPARE)
def show() -> ResponseReturnValue:
    """The page; the address holds the question, so that a link shows the same to a colleague."""
    given = typed()
    asked, status = given.answered()
    shown = {} if asked is None else _shown(asked)
    form = question(given, asked)
    code = status if form["apps"] else 200
    return render_template("league/show.html", **({"t": None} | shown | form)), code


def _shown(asked: Asked) -> dict[str, Any]:
    table = league.of(asked)
    order, text = request.args.get("sort", ""), request.args.get("q", "").strip()[:80]
    order = order if order in ORDERS else "rank"
    rows = league.found(table.ranked(order), text)
    pages = max(1, -(-len(rows) // PAGE_ROWS))
    page = min(max(request.args.get("page", 1, type=int), 1), pages)
    apart = {
        group: league.found(table.groups[group], text) for group in Group if group != Group.RANKED
    }
    here = rows[(page - 1) * PAGE_ROWS : page * PAGE_ROWS]
    seen = [*here, *(row for each in apart.values() for row in each[:APART])]
    most = max((row.now.share or 0.0 for row in table.groups[Group.RANKED]), default=0.0)
    return {
        "t": table,
        "rows": here,
        "of": len(rows),
        "found": len(rows) + sum(map(len, apart.values())),
        "page": page,
        "pages": pages,
        "first": (page - 1) * PAGE_ROWS + 1,
        "apart": {group: each for group, each in apart.items() if each},
        "most_apart": APART,
        "places": areas.places([row.area.id for row in seen]),
        "most": most,
        "q": text,
        "order": order,
        "orders": [(key, _(name)) for key, name in ORDERS.items()],
        "names": {group: _(name) for group, name in league_sheet.GROUPS.items()},
        "rules": league_sheet.rules(),
        "lies_in": league_sheet.lies_in,
        "summed": league.summed,
        "link": _link(asked, {"sort": None if order == "rank" else order, "q": text or None}),
    }


def _link(asked: Asked, more: dict[str, Any]) -> Callable[..., str]:
    def link(endpoint: str = "league.show", **changes: Any) -> str:
        return url_for(endpoint, **(asked.query | more | changes))

    return link


@blueprint.get("/table.xlsx")
@needs(Act.COMPARE)
def book() -> ResponseReturnValue:
    """All rows as a workbook."""
    return _file(league_sheet.write_book, "xlsx")


@blueprint.get("/table.csv")
@needs(Act.COMPARE)
def csv() -> ResponseReturnValue:
    """All rows as CSV."""
    return _file(league_sheet.write_csv, "csv")


def _file(write: Callable[[League, BinaryIO], None], ending: str) -> ResponseReturnValue:
    asked = typed().ask()
    content = io.BytesIO()
    write(league.of(asked), content)
    content.seek(0)
    name = f"league-{asked.app.code}-{asked.level}-{asked.day}.{ending}"
    return send_file(content, as_attachment=True, download_name=name)
