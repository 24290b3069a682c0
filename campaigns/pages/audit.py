"""The audit trail: who did what, when, and whether anybody has altered it."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from campaigns import audit_words
from outreach import accounts, audit_pages
from outreach.access import Act
from outreach.audit_pages import Wanted
from outreach.collation import vietnamese_key
from outreach.errors import Refused
from outreach.i18n import _
from outreach.pages.guard import needs, person
from outreach.typed import day, key

blueprint = Blueprint("audit", __name__, url_prefix="/admin/audit")


@blueprint.get("/")
@needs(Act.AUDIT_VIEW)
def index() -> ResponseReturnValue:
    """The newest acts, or those the address asks for."""
    asked, errors = request.args, dict[str, str]()
    wanted = Wanted(before=asked.get("before", type=key))
    try:
        wanted = _wanted()
    except Refused as refused:
        errors = {refused.field or "": refused.sentence}
    page = audit_pages.page(wanted)
    answer = render_template(
        "audit.html",
        sentences=audit_words.sentences(page.rows),
        next=page.next,
        asked=asked,
        days={name: _readable(asked.get(name, "")) for name in ("first", "last")},
        filtered=any(asked.get(name) for name in ("who", "act", "kind", "id", "first", "last")),
        errors=errors,
        chain=audit_pages.chain(),
        most=audit_pages.VERIFIED_ROWS,
        acts=_choices(audit_words.ACTS),
        kinds=_choices(audit_words.OBJECTS),
    )
    return answer, 422 if errors else 200


def _readable(written: str) -> str:
    """A day as a date field takes it; "" for what is none."""
    try:
        found = day(written, "")
    except Refused:
        return ""
    return "" if found is None else found.isoformat()


def _choices(words: Mapping[str, str]) -> list[tuple[str, str]]:
    """(written, said) in the order of the reader's language."""
    said = [(written, _(word)) for written, word in words.items()]
    return sorted(said, key=lambda choice: vietnamese_key(choice[1]))


def _wanted() -> Wanted:
    """What the address asks for. Raises Refused at the field."""
    asked = request.args
    who, number = asked.get("who", "").strip(), asked.get("id", "").strip()
    try:
        object_id = key(number) if number else None
    except ValueError:
        raise Refused(_("A number of an object, as the rows show it."), "id") from None
    return Wanted(
        accounts.id_of(who) if who else None,
        asked.get("act", ""),
        asked.get("kind", ""),
        object_id,
        day(asked.get("first", ""), "first"),
        day(asked.get("last", ""), "last"),
        asked.get("before", type=key),
    )


@blueprint.post("/verify")
@needs(Act.AUDIT_VIEW)
def verify() -> ResponseReturnValue:
    """Walk the newest part of the chain."""
    found = audit_pages.verify(actor_id=person().id)
    if found.ok:
        flash(_("The chain holds: %(rows)s rows verified.", rows=found.rows), "success")
    else:
        flash(
            _(
                "Row %(id)s does not follow from the row before it: it was changed, or rows before"
                " it were removed. Compare with a backup.",
                id=found.first_bad_id,
            ),
            "error",
        )
    return redirect(url_for("audit.index"))
