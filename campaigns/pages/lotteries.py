"""Lotteries: drawing who is messaged first, reading and printing an outcome, giving one up."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from campaigns import lotteries, lottery_draw, lottery_showing, offers
from campaigns.lotteries import MOST_WAVES, Lottery
from campaigns.lottery_draw import GAP, LEVELS, Plan
from campaigns.lottery_showing import STATE_WORDS, Preview
from campaigns.pages import confirming
from outreach import access, apps, area_choice, clock, once, typed
from outreach.access import Act, Subject
from outreach.area_names import Level
from outreach.areas import Area
from outreach.errors import Refused
from outreach.i18n import _
from outreach.pages import forms
from outreach.pages.guard import needs, person

blueprint = Blueprint("lotteries", __name__, url_prefix="/lotteries")
LONGEST_GAP = 365


@blueprint.get("/")
@needs(Act.LOTTERY_VIEW)
def index() -> str:
    """The lotteries this person may see."""
    return render_template(
        "lotteries/list.html",
        rows=lottery_showing.listed(person()),
        words=STATE_WORDS,
        may_draw=access.allowed(person(), Act.LOTTERY_DRAW),
    )


@blueprint.get("/new")
@needs(Act.LOTTERY_DRAW)
def new() -> str:
    """The form for a new one, over the person's own area."""
    tomorrow = clock.local(clock.now()).date() + timedelta(days=1)
    given = {
        "areas": area_choice.written(person().own_area_id),
        "level": Level.COMMUNE.value,
        "first": tomorrow.isoformat(),
        "count": "3",
        "gap": str(GAP),
        "days": str(GAP),
        "how": "made",
    }
    return _form(given)


@blueprint.post("/new", endpoint="create")
@needs(Act.LOTTERY_DRAW)
def create() -> ResponseReturnValue:
    """Look at the list, and, where the button was that one, draw it."""
    if request.form.get("do") != "draw":
        try:
            return _form(request.form, preview=_preview())
        except Refused as refused:
            return _form(request.form, refused), 422
    return forms.save(
        lambda: forms.once_only(_drawn),
        lambda refused: _form(request.form, refused, _preview_again()),
        _("Drawn and locked. Anybody can check it now: print it, or read out the seed."),
        lambda lottery_id: url_for("lotteries.show", lottery_id=lottery_id),
    )


def _drawn() -> int:
    plan, public = _plan(), request.form.get("how") == "typed"
    seed, witnesses = request.form.get("seed", ""), request.form.get("witnesses", "")
    if public and not seed.strip():
        raise Refused(_("Type the numbers that were drawn."), "seed")
    confirming.confirmed_areas(len(lottery_draw.ready(plan).units))
    return lottery_draw.draw(
        plan,
        actor_id=person().id,
        seed=seed if public else "",
        witnesses=witnesses if public else "",
        shown=request.form.get("shown", ""),
    ).id


def _preview() -> Preview:
    return lottery_showing.preview(lottery_draw.ready(_plan()), offers.to(person()).list_owners)


def _preview_again() -> Preview | None:
    """The list beside what was refused; none where the list itself was."""
    try:
        return _preview()
    except Refused:
        return None


def _plan() -> Plan:
    """What is typed. Raises Refused at its fields."""
    given = request.form
    first = typed.day(given.get("first", ""), "waves")
    if first is None:
        raise Refused(_("Give the day of the first wave."), "waves")
    if not (code := given.get("app", "")):
        raise Refused(_("Choose an app."), "app")
    return Plan(
        " ".join(given.get("name", "").split()),
        person().organisation_id or 0,
        apps.by_code(code),
        _areas(given.get("areas", "")),
        _level(given.get("level", "")),
        _dates(first),
        typed.needed(given.get("days", ""), "days"),
    )


def _level(value: str) -> Level:
    if value not in set(LEVELS):
        raise Refused(_("Whole districts are drawn, or communes."), "level")
    return Level(value)


def _dates(first: date) -> list[date]:
    count = typed.needed(request.form.get("count", ""), "waves")
    gap = typed.needed(request.form.get("gap", ""), "waves")
    if not 2 <= count <= MOST_WAVES or not GAP <= gap <= LONGEST_GAP:
        raise Refused(
            _(
                "Give 2 to %(most)s waves, %(gap)s to %(longest)s days apart.",
                most=MOST_WAVES,
                gap=GAP,
                longest=LONGEST_GAP,
            ),
            "waves",
        )
    return [first + timedelta(days=gap * each) for each in range(count)]


def _areas(text: str) -> list[Area]:
    """The areas that are typed, one a line, all within the own area."""
    found = []
    for line in text.splitlines():
        try:
            area = area_choice.chosen(line)
        except Refused as refused:
            raise Refused(refused.sentence, "areas") from None
        if area is not None:
            found.append(area)
    try:
        access.demand(person(), Act.LOTTERY_DRAW, Subject(area_ids={area.id for area in found}))
    except access.Forbidden as forbidden:
        raise Refused(forbidden.sentence, "areas") from None
    return found


def _form(
    given: Mapping[str, str], refused: Refused | None = None, preview: Preview | None = None
) -> str:
    return render_template(
        "lotteries/form.html",
        typed=given,
        errors=forms.errors(refused),
        preview=preview,
        once=once.word(),
        apps=[(app.code, app.name) for app in apps.every()],
        most_waves=MOST_WAVES,
    )


@blueprint.get("/<int:lottery_id>")
@needs(Act.LOTTERY_VIEW, of=lotteries.get)
def show(lottery: Lottery) -> str:
    """One lottery."""
    return render_template("lotteries/show.html", **_shown(lottery))


@blueprint.get("/<int:lottery_id>/print", endpoint="print")
@needs(Act.LOTTERY_VIEW, of=lotteries.get)
def on_paper(lottery: Lottery) -> str:
    """The record of the draw, to be signed and posted."""
    return render_template("lotteries/print.html", **_shown(lottery))


def _shown(lottery: Lottery, refused: Refused | None = None) -> dict[str, Any]:
    view = lottery_showing.of(lottery, offers.to(person()).list_owners, person())
    return {
        "v": view,
        "lottery": lottery,
        "word": STATE_WORDS[view.state],
        "errors": forms.errors(refused),
        "typed": request.form,
        "may_abandon": access.allowed(person(), Act.LOTTERY_DRAW, lottery),
    }


@blueprint.post("/<int:lottery_id>/abandon")
@needs(Act.LOTTERY_DRAW, of=lotteries.get)
def abandon(lottery: Lottery) -> ResponseReturnValue:
    """Give it up, with a reason."""
    lottery_id = lottery.id
    return forms.save(
        lambda: lotteries.abandon(lottery, request.form.get("reason", ""), person().id),
        lambda refused: render_template(
            "lotteries/show.html", **_shown(lotteries.get(lottery_id), refused)
        ),
        _("Abandoned. It stays to be read, with your reason."),
        lambda _none: url_for("lotteries.show", lottery_id=lottery_id),
    )
