"""The day's report: what it would say, issuing it, its editions and their files, the letterhead."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from campaigns.reports import changes, editions, files, forms, letterheads, wording
from campaigns.reports.editions import DailyReport
from campaigns.reports.facts import Facts
from outreach import areas, labels, once, rates, seen, typed, uptake
from outreach.access import Act
from outreach.areas import Area
from outreach.database import find
from outreach.errors import Missing, Refused
from outreach.i18n import N_, _
from outreach.organisations import Organisation
from outreach.pages import forms as page_forms
from outreach.pages.guard import needs, person
from outreach.pages.uptake import Ground, ground

blueprint = Blueprint("reports", __name__, url_prefix="/reports")
blueprint.add_app_template_global(labels.person, "person_word")
LATEST: Final = 10
TYPES: Final = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
WHAT: Final = {
    "installs": N_("Installs"),
    "of": N_("Denominator"),
    "punctuality": N_("On time or late"),
    "target": N_("Target"),
    "messaged": N_("Messages sent"),
    "delivered": N_("Messages delivered"),
    "households": N_("Households visited"),
    "helped": N_("People helped"),
}


@blueprint.get("/")
@needs(Act.REPORT_MAKE)
def index() -> ResponseReturnValue:
    """The own area's report; whose own area is everywhere chooses one."""
    own = person().own_area_id
    if own is None:
        return render_template("reports/choose.html", areas=areas.children(None))
    return redirect(url_for("reports.show", area_id=own))


def _day() -> date:
    """The day the address names; without one today. Raises Missing for one no report can be of."""
    try:
        return uptake.check_day(typed.day(request.values.get("day", ""), "day") or uptake.today())
    except Refused as refused:
        raise Missing(refused.sentence) from None


@blueprint.get("/<int:area_id>")
@needs(Act.REPORT_MAKE, of=ground)
def show(here: Ground) -> ResponseReturnValue:
    """What the report of a day would say now, and what was issued."""
    return _page(here.area, _day())


def _page(area: Area, day: date, refused: Refused | None = None) -> str:
    if area.level in rates.REPORTING:
        raise Missing(_("A report is made for a district or a province."))
    issued = editions.of_day(area.id, day)
    last = issued[0] if issued else None
    draft = editions.draft(area, day, person().organisation)
    again = [] if last is None else draft["changes"]
    return render_template(
        "reports/show.html",
        area=area,
        day=day,
        today=uptake.today(),
        oldest=uptake.today() - uptake.OLDEST,
        previous=day - timedelta(days=1),
        next=day + timedelta(days=1) if day < uptake.today() else None,
        compiled=uptake.compiled_by(day),
        r=wording.context(draft),
        issued=issued,
        last=last,
        corrections=_said(changes.corrections(again)),
        moved=len(again) - len(changes.corrections(again)),
        typed=request.form if refused else _typed(last),
        errors=page_forms.errors(refused),
        word=once.word(),
        kinds=list(files.KINDS),
        latest=editions.latest(area.id, LATEST),
    )


def _typed(last: DailyReport | None) -> Mapping[str, str]:
    """What stands on a fresh form: what the edition before says."""
    if last is None:
        return {"number": "", "remarks": ""}
    was = last.read
    return {"number": was["head"]["number"], "remarks": "\n".join(was["remarks"])}


def _said(found: list[Facts]) -> list[dict[str, str]]:
    """Each change, to be read: the place, what of it, before and after."""
    return [
        {
            "name": f"{each['name']}, {each['app']}" if each["app"] else each["name"],
            "what": _(WHAT[each["what"]]),
            "before": wording.changed_value(each["what"], each["before"]),
            "after": wording.changed_value(each["what"], each["after"]),
        }
        for each in found
    ]


@blueprint.post("/<int:area_id>", endpoint="issue")
@needs(Act.REPORT_MAKE, of=ground)
def issue(here: Ground) -> ResponseReturnValue:
    """Issue it: the next edition."""
    area, day, given = here.area, _day(), request.form
    area_id, shown = area.id, given.get("after", "")
    after = int(shown) if shown.isdecimal() and len(shown) < 9 else None

    def act() -> int:
        return editions.issue(
            area, day, person(), given.get("number", ""), given.get("remarks", ""), after=after
        ).id

    return page_forms.save(
        lambda: page_forms.once_only(act),
        lambda refused: _page(ground(area_id).area, day, refused),
        _("Issued. Its files stand here; what was issued is never changed."),
        lambda _made: url_for("reports.show", area_id=area_id, day=day.isoformat()),
    )


@blueprint.get("/<int:area_id>/draft.pdf")
@needs(Act.REPORT_MAKE, of=ground)
def draft(here: Ground) -> ResponseReturnValue:
    """How it would look on paper now; nothing is kept."""
    facts = editions.draft(here.area, _day(), person().organisation)
    return send_file(io.BytesIO(files.pdf(facts)), TYPES["pdf"], download_name="draft.pdf")


@blueprint.get("/issued/<int:issued_id>/<kind>")
@needs(Act.REPORT_MAKE, of=editions.by_id)
def file(report: DailyReport, kind: str) -> ResponseReturnValue:
    """A file of an edition."""
    if kind not in files.KINDS:
        raise Missing(_("There is no such file."))
    content = io.BytesIO(files.of(report, kind))
    name = files.name(report.read, kind)
    return send_file(content, TYPES[kind], as_attachment=True, download_name=name)


@blueprint.get("/letterhead")
@needs(Act.REPORT_MAKE)
def letterhead() -> ResponseReturnValue:
    """How the own office signs."""
    office, area = _own()
    values = letterheads.of(office, area)
    return _letterhead(office, values | {"seen": seen.mark(values)})


def _own() -> tuple[Organisation, Area]:
    """The own office and its area; a letterhead says both."""
    who = person()
    area = None if who.own_area_id is None else find(Area, who.own_area_id)
    area = area or next(iter(areas.children(None)), None)
    if who.organisation is None or area is None:
        raise Missing(_("Only an office with an area has a letterhead."))
    return who.organisation, area


def _letterhead(
    office: Organisation, values: Mapping[str, str], refused: Refused | None = None
) -> str:
    return render_template(
        "reports/letterhead.html",
        office=office,
        typed=values,
        errors=page_forms.errors(refused),
        form=forms.named(letterheads.form_id(office)),
        names=sorted(wording.context(forms.SAMPLE)),
    )


@blueprint.post("/letterhead", endpoint="save_letterhead")
@needs(Act.REPORT_MAKE)
def save_letterhead() -> ResponseReturnValue:
    """Save it."""
    office, area = _own()
    given = request.form
    return page_forms.save(
        lambda: letterheads.save(
            office, area, given, form=given.get("seen", ""), actor_id=person().id
        ),
        lambda refused: _letterhead(_own()[0], given, refused),
        _("Saved. Reports issued from now on bear it."),
        lambda _none: url_for("reports.letterhead"),
    )


@blueprint.get("/letterhead/form.docx")
@needs(Act.REPORT_MAKE)
def form() -> ResponseReturnValue:
    """The DOCX form in use, to be changed in a word processor; `?usual=1`: the program's own."""
    used = None if request.args.get("usual") else letterheads.form_id(_own()[0])
    content = io.BytesIO(forms.content_of(used))
    return send_file(content, TYPES["docx"], as_attachment=True, download_name="mau-bao-cao.docx")


@blueprint.post("/letterhead/form", endpoint="upload_form")
@needs(Act.REPORT_MAKE)
def upload_form() -> ResponseReturnValue:
    """Take the office's own form, or go back to the program's."""
    office, area = _own()
    if request.form.get("do") == "usual":
        forms.use_usual(office, area, actor_id=person().id)
        flash(_("Reports are made by the usual form again."), "success")
        return redirect(url_for("reports.letterhead"))
    given = request.files.get("form")

    def again(refused: Refused) -> str:
        own, place = _own()
        values = letterheads.of(own, place)
        return _letterhead(own, values | {"seen": seen.mark(values)}, refused)

    def act() -> None:
        if given is None or not given.filename:
            raise Refused(_("Choose a file first."), "form")
        content = given.read(forms.LARGEST + 1)
        forms.upload(office, area, given.filename, content, actor_id=person().id)

    return page_forms.save(
        act,
        again,
        _("Taken. Reports issued from now on are made by this form."),
        lambda _none: url_for("reports.letterhead"),
    )
