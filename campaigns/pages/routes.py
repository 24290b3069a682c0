"""Routes: the contracts with carriers, and what each is doing now."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from campaigns import progress, route_editing, route_showing, routes
from campaigns.pages import test_sends
from campaigns.pages.test_sends import Asked
from campaigns.routes import NewRoute, Protocol, Route
from outreach import access, labels, once, organisations, seen, typed
from outreach.access import Act
from outreach.errors import Refused
from outreach.i18n import _
from outreach.numbers import sealer
from outreach.organisations import Kind
from outreach.pages import forms
from outreach.pages.guard import needs, person

blueprint = Blueprint("routes", __name__, url_prefix="/admin/routes")
Given = Mapping[str, Any]


@blueprint.get("/")
@needs(Act.ROUTE_VIEW)
def index() -> str:
    """The routes the person may see, and how each is."""
    visible = [each for each in routes.every() if access.allowed(person(), Act.ROUTE_VIEW, each)]
    return render_template(
        "routes/list.html",
        routes=visible,
        status=route_showing.of_all(),
        marks={each.id: progress.mark_of(each.networks) for each in visible},
        owners={each.id: each.name for each in organisations.every()},
        may_manage=access.allowed(person(), Act.ROUTE_MANAGE),
    )


@blueprint.get("/new")
@needs(Act.ROUTE_MANAGE)
def new() -> str:
    """The form for a new contract."""
    given = MultiDict[str, Any](
        {
            "once": once.word(),
            "protocol": Protocol.SMPP.value,
            "port": "2775",
            "binds": "1",
            "window": "100",
            "gives_receipts": "1",
        }
    )
    given.setlist("networks", [])
    return _form(None, given)


@blueprint.post("/new", endpoint="create")
@needs(Act.ROUTE_MANAGE)
def create() -> ResponseReturnValue:
    """Store it."""
    return forms.save(
        lambda: forms.once_only(lambda: routes.add(_contract(None), actor_id=person().id).id),
        lambda refused: _form(None, request.form, refused),
        _("Added. Check it before a campaign is sent over it."),
        lambda made: url_for("routes.show", route_id=made),
    )


def _contract(route: Route | None) -> NewRoute:
    """The contract as typed; of `route` its carrier, protocol, and password if none was typed."""
    given = request.form
    new = NewRoute(
        name=" ".join(given.get("name", "").split()),
        protocol=Protocol.SMPP,
        organisation_id=0,
        host=given.get("host", "").strip(),
        port=typed.needed(given.get("port", ""), "port"),
        system_id=given.get("system_id", "").strip(),
        password_sealed=b"",
        senders=_words(given.get("senders", "")),
        rate=typed.decimal(given.get("rate", ""), "rate"),
        price=typed.needed(given.get("price", ""), "price"),
        networks=[n for n in labels.NETWORKS if n in given.getlist("networks")],
        binds=typed.needed(given.get("binds", ""), "binds"),
        window=typed.needed(given.get("window", ""), "window"),
        tls="tls" in given,
        gives_receipts="gives_receipts" in given,
        standby_id=int(standby) if (standby := given.get("standby", "")).isdecimal() else None,
    )
    if not new.networks:
        raise Refused(_("Choose at least one network."), "networks")
    if not new.senders:
        raise Refused(_("The route needs at least one sender name."), "senders")
    kept = _kept(given) if route is None else (route.protocol, route.organisation_id)
    protocol, organisation_id = kept
    sealed = _password(given, route)
    return replace(new, protocol=protocol, organisation_id=organisation_id, password_sealed=sealed)


def _words(text: str) -> list[str]:
    """Sender names, one a line or between commas, each once."""
    return list(dict.fromkeys(filter(None, (w.strip() for w in re.split(r"[,;\n]", text)))))


def _kept(given: Mapping[str, str]) -> tuple[Protocol, int]:
    if given.get("protocol") not in set(Protocol):
        raise Refused(_("Choose how the gateway speaks."), "protocol")
    organisation = given.get("organisation", "")
    if not organisation.isdecimal():
        raise Refused(_("Choose whose contract it is."), "organisation")
    return Protocol(given["protocol"]), int(organisation)


def _password(given: Mapping[str, str], route: Route | None) -> bytes:
    password = given.get("password", "")
    if password:
        return sealer().seal_blob(password.encode())
    if route is None:
        raise Refused(_("Type the password of the contract."), "password")
    return route.password_sealed


@blueprint.get("/<int:route_id>")
@needs(Act.ROUTE_VIEW, of=routes.get)
def show(route: Route) -> str:
    """One route: how it is, its contract, what hangs on it, a test to one's own phone."""
    return _show(route, {})


def _show(route: Route, test_errors: dict[str, str]) -> str:
    return render_template(
        "routes/show.html",
        route=route,
        status=route_showing.of_all()[route.id],
        owner=organisations.by_id(route.organisation_id),
        mark=progress.mark_of(route.networks),
        under_way=route_editing.under_way(route.id),
        may_manage=access.allowed(person(), Act.ROUTE_MANAGE),
        tests=test_sends.shown([route], request.form.get("test_number", "")),
        test_errors=test_errors,
        typed=request.form,
    )


@blueprint.post("/<int:route_id>/test")
@needs(Act.TEST_SEND, of=routes.get)
def test(route: Route) -> ResponseReturnValue:
    """Send a text to the person's own phone over this route."""
    route_id, given = route.id, request.form
    asked = Asked(
        given.get("test_text", ""),
        given.get("test_sender", ""),
        [route],
        str(route_id),
        given.get("test_number", ""),
        given.get("test_once", ""),
    )
    errors = test_sends.ask(asked)
    if errors:
        return _show(routes.get(route_id), errors), 422
    return redirect(url_for("routes.show", route_id=route_id, _anchor="tests"))


@blueprint.get("/<int:route_id>/edit")
@needs(Act.ROUTE_MANAGE, of=routes.get)
def edit(route: Route) -> str:
    """The contract, to be changed."""
    return _form(route, _given(route))


def _given(route: Route) -> MultiDict[str, Any]:
    plain = ("name", "host", "port", "system_id", "price", "binds", "window")
    given = MultiDict[str, Any]({name: str(getattr(route, name)) for name in plain})
    given["rate"] = f"{route.rate:g}"
    given["senders"] = ", ".join(route.senders)
    given["standby"] = "" if route.standby_id is None else str(route.standby_id)
    given.setlist("networks", route.networks)
    for name in ("tls", "gives_receipts"):
        if getattr(route, name):
            given[name] = "1"
    given["seen"] = seen.mark(route_editing.shown(route))
    return given


@blueprint.post("/<int:route_id>/edit", endpoint="change")
@needs(Act.ROUTE_MANAGE, of=routes.get)
def change(route: Route) -> ResponseReturnValue:
    """Save what was changed."""
    route_id, given = route.id, request.form
    return forms.save(
        lambda: route_editing.change(
            route,
            _contract(route),
            confirmed="confirmed" in given,
            form=given.get("seen", ""),
            actor_id=person().id,
        ),
        lambda refused: _form(routes.get(route_id), given, refused),
        _("Saved. What is being sent follows within seconds."),
        lambda _none: url_for("routes.show", route_id=route_id),
    )


@blueprint.post("/<int:route_id>/enabled")
@needs(Act.ROUTE_MANAGE, of=routes.get)
def enable(route: Route) -> ResponseReturnValue:
    """Close the route, or open it again."""
    route_id, wanted = route.id, request.form.get("enabled") == "1"
    confirmed = "confirmed" in request.form
    try:
        route_editing.set_enabled(route, enabled=wanted, confirmed=confirmed, actor_id=person().id)
        said = _("The route is open.") if wanted else _("The route is closed; nothing leaves.")
        flash(said, "success")
    except Refused as refused:
        flash(refused.sentence, "error")
    return redirect(url_for("routes.show", route_id=route_id))


def _form(route: Route | None, given: Given, refused: Refused | None = None) -> str:
    field = {"sender": "senders", "routes": ""}.get((refused and refused.field) or "")
    errors = {} if refused is None else {field or refused.field or "": refused.sentence}
    carriers = [each for each in organisations.every() if each.kind is Kind.CARRIER]
    return render_template(
        "routes/form.html",
        route=route,
        typed=given,
        errors=errors,
        carriers=[(str(each.id), each.name) for each in carriers],
        networks=list(labels.NETWORKS.items()),
        others=[(str(each.id), each.name) for each in _others(route)],
        under_way=[] if route is None else route_editing.under_way(route.id),
    )


def _others(route: Route | None) -> list[Route]:
    """The routes that could stand by: of a contract there is, the same carrier's."""
    every = routes.every()
    if route is None:
        return every
    owner = route.organisation_id
    return [each for each in every if each.organisation_id == owner and each.id != route.id]
