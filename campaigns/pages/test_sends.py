"""A test to one's own number: from a campaign's page, and what became of the last ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from campaigns import estimates, life, test_sends
from campaigns.campaigns import Campaign
from campaigns.routes import Route
from campaigns.states import CHANGEABLE
from outreach import access, once, own_numbers, phones
from outreach.access import Act
from outreach.errors import Missing, Refused
from outreach.i18n import _
from outreach.pages.guard import needs, person

blueprint = Blueprint("test_sends", __name__, url_prefix="/campaigns")


@dataclass(frozen=True)
class Asked:
    """What a form asks to be sent: a text under a sender name, over one of the routes."""

    text: str
    sender: str
    routes: list[Route]
    route: str
    number: str
    once: str
    campaign_id: int | None = None


def ask(asked: Asked) -> dict[str, str]:
    """Ask for the test; what was refused by its field, nothing where it is on its way. The same
    form sent again asks for nothing more."""

    def act() -> int:
        route = test_sends.choose(person(), asked.routes, asked.route, asked.number)
        return test_sends.request(
            person(),
            route,
            asked.text,
            current_app.config["OUTREACH"],
            sender=asked.sender,
            campaign_id=asked.campaign_id,
        ).id

    form = f"test-{asked.once}" if asked.once else ""
    try:
        once.do(once.of(person().id, form), act)
    except Refused as refused:
        field = refused.field if refused.field in {"test_number", "test_route"} else "test"
        return {field: refused.sentence}
    return {}


def shown(routes: list[Route], typed: str = "") -> dict[str, Any]:
    """What the part of a page about tests is given. A number that was typed comes back only where
    it is none, to be corrected."""
    latest = test_sends.latest(person())
    return {
        "may": access.allowed(person(), Act.TEST_SEND),
        "own": own_numbers.masked(person()),
        "typed": typed if phones.clean(typed.strip()).e164 is None else "",
        "choices": [(str(route.id), route.name) for route in routes],
        "once": once.word(),
        "latest": latest,
        "expected": test_sends.anything_expected(latest),
        "most": test_sends.AN_HOUR,
    }


@blueprint.get("/tests")
@needs(Act.TEST_SEND)
def latest() -> str:
    """What became of the person's last tests: a page, or the part of one that asks for it."""
    part = request.headers.get("HX-Request") or "part" in request.args
    return render_template(
        "test_sends/_latest.html" if part else "test_sends/latest.html", tests=shown([])
    )


@blueprint.get("/<int:campaign_id>/test")
@needs(Act.CAMPAIGN_TEST, of=life.get)
def new(campaign: Campaign) -> ResponseReturnValue:
    """What a commune's people would read, and the form that sends it to one's own number."""
    return _page(campaign, {})


@blueprint.post("/<int:campaign_id>/test", endpoint="send")
@needs(Act.CAMPAIGN_TEST, of=life.get)
def send(campaign: Campaign) -> ResponseReturnValue:
    """Send it, or only look at another commune's text."""
    if "do" not in request.form:
        return _page(campaign, {})
    campaign_id = campaign.id
    asked = Asked(
        _estimate(campaign).text,
        campaign.sender,
        _routes(campaign),
        request.form.get("test_route", ""),
        request.form.get("test_number", ""),
        request.form.get("test_once", ""),
        campaign_id,
    )
    errors = ask(asked)
    if errors:
        return _page(life.get(campaign_id), errors), 422
    at, variant = request.form.get("at") or None, request.form.get("variant") or None
    return redirect(url_for("test_sends.new", campaign_id=campaign_id, at=at, variant=variant))


def _routes(campaign: Campaign) -> list[Route]:
    return test_sends.open_to(person(), [choice.route for choice in campaign.route_choices])


def _estimate(campaign: Campaign) -> estimates.Estimate:
    if campaign.started_at is not None or campaign.state not in CHANGEABLE:
        raise Missing(_("This campaign has begun: there is nothing to test any more."))
    return estimates.of(
        campaign,
        (),
        current_app.config["OUTREACH"],
        at=request.values.get("at", ""),
        variant=request.values.get("variant", ""),
        at_once=False,
    )


def _page(campaign: Campaign, errors: dict[str, str]) -> str:
    return render_template(
        "test_sends/new.html",
        campaign=campaign,
        e=_estimate(campaign),
        tests=shown(_routes(campaign), request.form.get("test_number", "")),
        test_errors=errors,
        route=request.form.get("test_route", ""),
    )
