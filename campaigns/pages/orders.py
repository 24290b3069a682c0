"""Broadcast orders: what waits, one order with its wording and acts, its counts, its files."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for
from flask.sansio.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue

from campaigns import (
    order_areas,
    order_counts,
    order_files,
    order_reporting,
    order_showing,
    orders,
    progress,
)
from campaigns.order_counts import OrderReport, Source
from campaigns.order_reporting import Entry, Taken
from campaigns.order_showing import ON_A_PAGE, Typed
from campaigns.orders import BroadcastOrder
from campaigns.pages import moments
from outreach import access, once
from outreach.access import Act
from outreach.accounts import Role, User
from outreach.errors import Refused
from outreach.i18n import _
from outreach.lists import rejects
from outreach.pages import navigation
from outreach.pages.guard import needs, person

blueprint = Blueprint("orders", __name__, url_prefix="/orders")
FIELDS = {"reason", "at", "next_at", "file"}


@blueprint.record
def _count(state: BlueprintSetupState) -> None:
    """Beside the entry of the side bar: how many wait for this liaison."""
    navigation.count(state.app, "orders.index", "waits", _waiting)


def _waiting(reader: User) -> int:
    """How many orders wait for this liaison's answer."""
    return orders.waiting_for(reader.organisation_id) if reader.role is Role.LIAISON else 0


@blueprint.get("/")
@needs(Act.ORDER_VIEW)
def index() -> ResponseReturnValue:
    """The orders this person may see."""
    return render_template(
        "orders/list.html",
        groups=order_showing.listed(person()),
        answers=access.allowed(person(), Act.ORDER_ANSWER),
    )


@blueprint.get("/<int:order_id>")
@needs(Act.ORDER_VIEW, of=orders.get)
def show(order: BroadcastOrder) -> ResponseReturnValue:
    """One order."""
    return _page(order)


def _page(
    order: BroadcastOrder,
    errors: Mapping[str, str] | None = None,
    typed: Mapping[int, Typed] | None = None,
) -> ResponseReturnValue:
    view = order_showing.of(order, person(), request.values.get("page", 1, type=int), typed)
    page = render_template(
        "orders/show.html", o=view, errors=errors or {}, once=once.word(), form=request.form
    )
    return page, 422 if errors or typed else 200


def _act(order: BroadcastOrder, act: Callable[[], None], done: str) -> ResponseReturnValue:
    """Do it once, however often the form is sent, and go back to the page; where it is refused,
    the page says why at the field."""
    order_id, word = order.id, request.form.get("once", "")
    form = once.of(person().id, f"{word}{request.path[-7:]}" if word else "")

    def acted() -> int:
        act()
        return order_id

    try:
        once.do(form, acted)
    except Refused as refused:
        if refused.field in FIELDS:
            return _page(orders.get(order_id), {refused.field: refused.sentence})
        flash(refused.sentence, "error")
    else:
        flash(done, "success")
    return redirect(url_for("orders.show", order_id=order_id))


@blueprint.post("/<int:order_id>/accept")
@needs(Act.ORDER_ANSWER, of=orders.get)
def accept(order: BroadcastOrder) -> ResponseReturnValue:
    """Accept what the page showed: its digest comes back with the form."""
    digest = request.form.get("digest", "")
    return _act(
        order,
        lambda: orders.accept(order, digest, person().id),
        _("Accepted. Send it from your own system within its window, then say here when it began."),
    )


@blueprint.post("/<int:order_id>/return", endpoint="return")
@needs(Act.ORDER_ANSWER, of=orders.get)
def give_back(order: BroadcastOrder) -> ResponseReturnValue:
    """Return it with a reason."""
    reason = request.form.get("reason", "")
    return _act(
        order,
        lambda: orders.give_back(order, reason, person().id),
        _("Returned. The office reads your reason."),
    )


@blueprint.post("/<int:order_id>/start")
@needs(Act.ORDER_ANSWER, of=orders.get)
def start(order: BroadcastOrder) -> ResponseReturnValue:
    """Say that the carrier began to send, now or earlier."""

    def act() -> None:
        at, next_at = moments.local_if_any("at"), moments.local_if_any("next_at")
        orders.start(order, request.form.get("digest", ""), person().id, at, next_at)

    return _act(order, act, _("Noted: the carrier is sending. Report the counts as they come in."))


@blueprint.post("/<int:order_id>/finish")
@needs(Act.ORDER_ANSWER, of=orders.get)
def finish(order: BroadcastOrder) -> ResponseReturnValue:
    """Say that the carrier has sent it all."""
    return _act(
        order,
        lambda: orders.finish(order, person().id),
        _("Noted: all has been sent. Counts may still be reported and corrected."),
    )


@blueprint.post("/<int:order_id>/counts")
@needs(Act.ORDER_REPORT, of=orders.get)
def save(order: BroadcastOrder) -> ResponseReturnValue:
    """Take every count that was typed; what is refused comes back, the rest is kept."""
    order_id, inside = order.id, order_areas.ids(order.area_ids)
    entries = [_entry(area_id) for area_id in _on_page(inside) if _touched(area_id)]
    try:
        next_at = moments.local_if_any("next_at")
        _made, answers = order_reporting.report(
            order, entries, Source.GRID, person().id, inside=inside, next_at=next_at
        )
    except Refused as refused:
        if refused.field == "next_at":
            kept = {entry.area_id: Typed(entry, None) for entry in entries}
            return _page(orders.get(order_id), {"next_at": refused.sentence}, kept)
        flash(refused.sentence, "error")
        return redirect(url_for("orders.show", order_id=order_id))
    refused_rows = {
        entry.area_id: Typed(entry, answer)
        for entry, answer in zip(entries, answers, strict=True)
        if isinstance(answer, Refused)
    }
    _tell(answers)
    if refused_rows:
        return _page(orders.get(order_id), typed=refused_rows)
    page = request.form.get("page", 1, type=int)
    return redirect(
        url_for("orders.show", order_id=order_id, page=page if page > 1 else None, _anchor="counts")
    )


def _on_page(inside: set[int]) -> list[int]:
    """The areas whose fields the form holds, at most a page of them."""
    sent = (name.removeprefix("sent-") for name in request.form if name.startswith("sent-"))
    ids = [int(each) for each in sent if each.isdecimal() and len(each) < 19]
    return [area_id for area_id in ids if area_id in inside][:ON_A_PAGE]


def _entry(area_id: int) -> Entry:
    typed = {
        name: request.form.get(f"{name}-{area_id}", "").replace("\0", "")
        for name in ("sent", "delivered", "cost", "reason", "asked", "seen")
    }
    seen = typed.pop("seen")
    known = int(seen) if seen.isdecimal() and len(seen) < 9 else None
    return Entry(area_id, **typed, seen=known)


def _touched(area_id: int) -> bool:
    """Whether the fields hold something else than the page put there."""
    names = ("sent", "delivered", "cost")
    now = "|".join(request.form.get(f"{name}-{area_id}", "").strip() for name in names)
    return now != request.form.get(f"was-{area_id}", "||")


def _tell(answers: list[order_reporting.Answer]) -> None:
    new = [each for each in answers if isinstance(each, Taken) and each.edition]
    added = sum(each.edition == 1 for each in new)
    if new:
        flash(
            _(
                "Saved. New: %(added)s; corrected: %(corrected)s.",
                added=added,
                corrected=len(new) - added,
            ),
            "success",
        )
    elif all(isinstance(each, Taken) for each in answers):
        flash(_("Nothing was changed."), "info")


@blueprint.post("/<int:order_id>/file")
@needs(Act.ORDER_REPORT, of=orders.get)
def take_file(order: BroadcastOrder) -> ResponseReturnValue:
    """Take a file of counts and show what came of it."""
    order_id, file = order.id, request.files.get("file")
    if file is None or not file.filename:
        return _page(order, {"file": _("Choose a file first.")})
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "counts"
        file.save(path)
        try:
            made = order_files.take(path, file.filename, order, person().id)
        except Refused as refused:
            return _page(orders.get(order_id), {"file": refused.sentence})
    return redirect(url_for("orders.reported", report_id=made.id))


@blueprint.get("/reports/<int:report_id>")
@needs(Act.ORDER_VIEW, of=order_counts.report_of)
def reported(made: OrderReport) -> ResponseReturnValue:
    """What came of a file."""
    return render_template("orders/reported.html", made=made)


@blueprint.get("/reports/<int:report_id>/rejects.csv", endpoint="rejects")
@needs(Act.ORDER_VIEW, of=order_counts.report_of)
def rejects_file(made: OrderReport) -> ResponseReturnValue:
    """The rows that were turned away, as a file."""
    content = io.BytesIO()
    rejects.write(content, made.rejects)
    content.seek(0)
    name = f"{Path(made.filename).stem}-rejects-{made.id}.csv"
    return send_file(content, "text/csv", as_attachment=True, download_name=name)


@blueprint.get("/<int:order_id>/texts.csv")
@needs(Act.ORDER_VIEW, of=orders.get)
def texts(order: BroadcastOrder) -> ResponseReturnValue:
    """The wording of every area, for the carrier's own system."""
    try:
        found = order_showing.texts(order)
    except Refused as refused:
        flash(refused.sentence, "error")
        return redirect(url_for("orders.show", order_id=order.id))
    content = io.BytesIO()
    order_files.write_texts(content, found)
    content.seek(0)
    name = _("order-%(id)s.csv", id=order.id)
    return send_file(content, "text/csv", as_attachment=True, download_name=name)


@blueprint.get("/<int:order_id>/print", endpoint="print")
@needs(Act.ORDER_VIEW, of=orders.get)
def print_page(order: BroadcastOrder) -> ResponseReturnValue:
    """The order on paper."""
    try:
        found = order_showing.texts(order)
    except Refused as refused:
        flash(refused.sentence, "error")
        return redirect(url_for("orders.show", order_id=order.id))
    approved = progress.approved_by(order.campaign)
    return render_template(
        "orders/print.html", order=order, c=order.campaign, texts=found, approved=approved
    )
