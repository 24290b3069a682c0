"""Organisations: the carriers and offices, what each is and has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from campaigns import holdings
from outreach import area_choice, labels, once, organisations, seen
from outreach.access import Act
from outreach.errors import Refused
from outreach.i18n import _
from outreach.organisations import Kind, Organisation
from outreach.pages import forms
from outreach.pages.guard import needs, person
from outreach.typed import key

blueprint = Blueprint("organisations", __name__, url_prefix="/admin/organisations")


@blueprint.get("/")
@needs(Act.ORGANISATION_MANAGE)
def index() -> str:
    """All of them, and what they have; of one kind, if the address asks for one."""
    kind = request.args.get("kind", type=Kind)
    rows, following = holdings.listed(kind, request.args.get("after", 0, type=key))
    return render_template(
        "organisations/list.html", rows=rows, following=following, kind=kind, kinds=_kinds()
    )


def _kinds() -> list[tuple[str, str]]:
    return [(kind.value, labels.kind(kind)) for kind in Kind]


@blueprint.get("/new")
@needs(Act.ORGANISATION_MANAGE)
def new() -> str:
    """The form for a new one."""
    return _form(None, {"once": once.word()})


@blueprint.post("/new", endpoint="create")
@needs(Act.ORGANISATION_MANAGE)
def create() -> ResponseReturnValue:
    """Add it."""
    return forms.save(
        lambda: forms.once_only(lambda: organisations.add(*_typed(), actor_id=person().id).id),
        lambda refused: _form(None, request.form, refused),
        _("Added. Now its people can be invited."),
        lambda made: url_for("organisations.show", organisation_id=made),
    )


def _typed() -> tuple[str, Kind, str | None, int | None, str]:
    """Name, kind, network, area and phone as typed. Raises Refused at their fields."""
    typed = request.form
    try:
        kind = Kind(typed.get("kind", ""))
    except ValueError:
        raise Refused(_("Choose what it is."), "kind") from None
    network = typed.get("network", "") or None
    if network is not None and network not in labels.NETWORKS:
        raise Refused(_("Choose its network."), "network")
    area = area_choice.chosen(typed.get("area", ""))
    area_id = None if area is None else area.id
    return typed.get("name", ""), kind, network, area_id, typed.get("phone", "")


@blueprint.get("/<int:organisation_id>")
@needs(Act.ORGANISATION_MANAGE, of=organisations.by_id)
def show(organisation: Organisation) -> str:
    """One organisation: what it is, to be changed, and what it has."""
    typed = {
        "name": organisation.name,
        "kind": organisation.kind.value,
        "network": organisation.network or "",
        "area": area_choice.written(organisation.area_id),
        "phone": organisation.phone,
        "seen": seen.mark(organisations.shown(organisation)),
    }
    return _form(organisation, typed)


@blueprint.post("/<int:organisation_id>", endpoint="change")
@needs(Act.ORGANISATION_MANAGE, of=organisations.by_id)
def change(organisation: Organisation) -> ResponseReturnValue:
    """Save what was changed."""
    organisation_id, form = organisation.id, request.form.get("seen", "")
    return forms.save(
        lambda: holdings.change(organisation, *_typed(), form=form, actor_id=person().id),
        lambda refused: _form(organisations.by_id(organisation_id), request.form, refused),
        _("Saved."),
        lambda _none: url_for("organisations.show", organisation_id=organisation_id),
    )


def _form(
    organisation: Organisation | None, typed: Mapping[str, Any], refused: Refused | None = None
) -> str:
    return render_template(
        "organisations/form.html",
        row=None if organisation is None else holdings.of_one(organisation),
        typed=typed,
        errors=forms.errors(refused),
        kinds=_kinds(),
        networks=list(labels.NETWORKS.items()),
    )
