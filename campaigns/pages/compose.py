"""Writing a campaign: the form, its live preview, saving, and a copy of an old one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from campaigns import (
    area_map,
    area_tree,
    composing,
    estimates,
    held_back,
    life,
    offers,
    progress,
    selection,
    test_sends,
)
from campaigns.campaigns import Campaign
from campaigns.estimates import Estimate
from campaigns.offers import Offers
from campaigns.pages import compose_form
from campaigns.pages import test_sends as test_pages
from campaigns.pages.compose_form import Typed
from campaigns.routes import Route
from campaigns.rules import Kind
from campaigns.selection import Rule
from campaigns.states import CHANGEABLE
from outreach import access, once
from outreach.access import Act
from outreach.errors import Refused
from outreach.i18n import _
from outreach.pages.guard import needs, person

blueprint = Blueprint("compose", __name__, url_prefix="/campaigns")
HALF_HOURS = [f"{minutes // 60:02}:{minutes % 60:02}" for minutes in range(0, 24 * 60 + 1, 30)]


@dataclass
class Sheet:
    """One form: who writes, what they may choose, what was typed, and what is wrong with it."""

    offers: Offers
    typed: Typed
    campaign: Campaign | None = None
    errors: dict[str, str] = field(default_factory=dict)
    test_errors: dict[str, str] = field(default_factory=dict)

    @property
    def routes(self) -> list[Route]:
        """The routes that are chosen, in their order."""
        known = {route.id: route for route in self.offers.routes}
        return [known[id_] for id_ in self.typed.route_ids if id_ in known]

    def examine(self) -> tuple[Campaign, dict[str, str]]:
        """The campaign it would make, and every refusal by its field."""
        draft = self.typed.draft(self.offers.organisation_id)
        made, refused = composing.examine(draft, current_app.config["OUTREACH"])
        wrong = self.typed.missing()
        for each in (*self.offers.refused(draft), *refused):
            wrong.setdefault(each.field or "", each.sentence)
        return made, wrong

    def estimate(self, *, at_once: bool) -> Estimate:
        """What the preview shows."""
        made, wrong = self.examine()
        return estimates.of(
            made,
            wrong,
            current_app.config["OUTREACH"],
            at=self.typed.at,
            variant=self.typed.variant,
            at_once=at_once,
        )


@blueprint.get("/new")
@needs(Act.CAMPAIGN_CREATE)
def new() -> ResponseReturnValue:
    """An empty form, or with `?from=ID` the words and choices of an old campaign."""
    offered = offers.to(person())
    settings = current_app.config["OUTREACH"]
    if not request.args.get("from"):
        return _page(Sheet(offered, compose_form.blank(offered, settings)))
    old = life.get(request.args.get("from", 0, type=int) or 0)
    access.demand(person(), Act.CAMPAIGN_VIEW, old)
    return _page(Sheet(offered, compose_form.copy_of(old, offered, settings)))


@blueprint.post("/new", endpoint="create")
@needs(Act.CAMPAIGN_CREATE)
def create() -> ResponseReturnValue:
    """Store a new draft."""
    return _save(_sheet(None))


@blueprint.get("/<int:campaign_id>/edit")
@needs(Act.CAMPAIGN_EDIT, of=life.get)
def edit(campaign: Campaign) -> ResponseReturnValue:
    """The form of a campaign that has not begun."""
    if (begun := _begun(campaign)) is not None:
        return begun
    return _page(Sheet(offers.to(person(), campaign), compose_form.of_campaign(campaign), campaign))


@blueprint.post("/<int:campaign_id>/edit", endpoint="revise")
@needs(Act.CAMPAIGN_EDIT, of=life.get)
def revise(campaign: Campaign) -> ResponseReturnValue:
    """Store its next revision."""
    return _begun(campaign) or _save(_sheet(campaign))


@blueprint.post("/preview")
@needs(Act.CAMPAIGN_CREATE)
def preview() -> ResponseReturnValue:
    """The part of the form that is renewed while one types."""
    sheet = _sheet(None)
    return render_template("compose/_preview.html", **_shown(sheet, at_once=True))


@blueprint.post("/map")
@needs(Act.CAMPAIGN_CREATE)
def renew_map() -> str:
    """The map beside the tree, renewed when an area is ticked."""
    sheet = _sheet(None)
    tree = _tree(sheet)
    return render_template("compose/_map.html", tree=tree, map=area_map.of(tree))


@blueprint.post("/lotteries")
@needs(Act.CAMPAIGN_CREATE)
def renew_lotteries() -> str:
    """The lotteries to choose from, renewed when an area is ticked."""
    sheet = _sheet(None)
    return render_template(
        "compose/_lottery.html",
        typed=sheet.typed,
        errors=sheet.errors,
        turns=_turns(sheet),
        may_draw=access.allowed(person(), Act.LOTTERY_DRAW),
    )


def _turns(sheet: Sheet) -> list[tuple[str, str]]:
    """(value, words) of each wave of the lotteries that cover what is ticked, and of that which is
    chosen."""
    if not sheet.offers.lotteries:
        return []
    made, _wrong = sheet.examine()
    return [
        (f"{lottery.id}-{wave.number}", held_back.said(lottery, wave.number))
        for lottery in sheet.offers.lotteries
        if lottery.id == sheet.typed.turn[0] or held_back.covers(lottery, made.area_ids)
        for wave in lottery.waves
    ]


def _tree(sheet: Sheet) -> area_tree.Tree:
    own, typed = person().own_area_id, sheet.typed
    return area_tree.grow(
        own, sheet.offers.list_owners, typed.areas, typed.opened, ordered=bool(typed.orders)
    )


def _sheet(campaign: Campaign | None) -> Sheet:
    return Sheet(offers.to(person(), campaign), compose_form.read(request.form), campaign)


def _begun(campaign: Campaign) -> ResponseReturnValue | None:
    if campaign.started_at is None and campaign.state in CHANGEABLE:
        return None
    flash(_("This campaign has begun and can no longer be changed. Duplicate it."), "error")
    return redirect(url_for("campaigns.show", campaign_id=campaign.id))


def _test(sheet: Sheet) -> ResponseReturnValue:
    """Send what the preview shows to the writer's own number; nothing is stored of the form."""
    typed = sheet.typed
    asked = test_pages.Asked(
        sheet.estimate(at_once=False).text,
        typed.sender,
        sheet.routes,
        typed.test_route,
        typed.test_number,
        typed.test_once,
        None if sheet.campaign is None else sheet.campaign.id,
    )
    sheet.test_errors = test_pages.ask(asked)
    return _page(sheet), 422 if sheet.test_errors else 200


def _save(sheet: Sheet) -> ResponseReturnValue:
    if "test" in request.form:
        return _test(sheet)
    if "do" not in request.form:  # “Preview”, or an area opened: only looking
        return _page(sheet, at_once=True)
    try:
        saved = once.do(once.of(person().id, sheet.typed.once), lambda: _stored(sheet))
    except Refused as refused:
        _made, sheet.errors = sheet.examine()
        sheet.errors.setdefault(refused.field or "", refused.sentence)
        return _page(sheet, at_once=True), 422
    flash(_("Saved. Read it once more, then submit it for approval."), "success")
    return redirect(url_for("campaigns.show", campaign_id=saved))


def _stored(sheet: Sheet) -> int:
    """Store what the form says; gives the campaign's id."""
    _made, wrong = sheet.examine()
    for name, sentence in wrong.items():
        raise Refused(sentence, name)
    draft = sheet.typed.draft(sheet.offers.organisation_id)
    settings = current_app.config["OUTREACH"]
    if sheet.campaign is None:
        return composing.create(draft, person().id, settings).id
    if sheet.typed.revision != sheet.campaign.revision:
        raise Refused(
            _("Somebody changed this campaign after you opened it. Open it again to change it."),
            "revision",
        )
    composing.revise(sheet.campaign, draft, person().id, settings)
    return sheet.campaign.id


def _page(sheet: Sheet, *, at_once: bool = False) -> str:
    return render_template("compose/form.html", **_shown(sheet, at_once=at_once))


def _shown(sheet: Sheet, *, at_once: bool) -> dict[str, Any]:
    typed = sheet.typed
    tree = _tree(sheet)
    return {
        "typed": typed,
        "offers": sheet.offers,
        "campaign": sheet.campaign,
        "errors": sheet.errors,
        "tree": tree,
        "map": area_map.of(tree),
        "e": sheet.estimate(at_once=at_once),
        "marks": {r.id: progress.mark_of(r.networks) for r in sheet.offers.routes},
        "kinds": [kind.value for kind in Kind],
        "rules": [(rule.value, selection.NAMES[rule], selection.HINTS[rule]) for rule in Rule],
        "turns": _turns(sheet),
        "may_draw": access.allowed(person(), Act.LOTTERY_DRAW),
        "tests": test_pages.shown(test_sends.open_to(person(), sheet.routes), typed.test_number),
        "test_errors": sheet.test_errors,
        "half_hours": sorted({*HALF_HOURS, typed.hours_from, typed.hours_to} - {""}),
    }
