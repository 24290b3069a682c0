"""A report by SMS, judged: the figure is entered as the form would, and a sentence says what came
of it: what was understood, what is asked about it, or what was not understood and how to write it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from outreach import (
    access,
    apps,
    area_names,
    areas,
    clock,
    doubts,
    entering,
    figures,
    formats,
    i18n,
    labels,
    rates,
    report_words,
    uptake,
)
from outreach.access import Act, Subject
from outreach.accounts import User
from outreach.apps import App
from outreach.areas import Area
from outreach.database import find
from outreach.entering import Doubtful, Entry
from outreach.errors import Refused
from outreach.i18n import _, language
from outreach.report_words import Said
from outreach.sms_reports import SmsState
from outreach.text import fold
from outreach.uptake import Source

_CODE: Final = "29992"
_FIGURE: Final = "1250"
_DIGITS: Final = 5
"""Digits of a commune's code, where a phone dropped the zero in front."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of a report, and what is answered."""

    state: SmsState
    answer: str


def judge(person: User, words: str, at: datetime) -> Judged:
    """Enter what a person reported at a moment, in the caller's transaction, if it can be."""
    with i18n.speaking(person.language):
        said = report_words.read(words)
        try:
            return _entered(person, said, at)
        except Refused as refused:
            return Judged(SmsState.REFUSED, f"{refused.sentence} {_how(person)}")


def _entered(person: User, said: Said, at: datetime) -> Judged:
    area = _area(person, said)
    access.demand(person, Act.UPTAKE_ENTER, Subject(area_ids={area.id}))
    app = _app(said, area)
    installs = figures.parse(said.figure, "installs")
    day = clock.local(at).date()
    reason = _("confirmed by SMS") if said.confirmed else ""
    entry = Entry(area.id, str(installs), reason, str(installs) if said.confirmed else "")
    try:
        entering.enter(app.id, entry, day, Source.SMS, person.id, at)
    except Doubtful as doubtful:
        return Judged(SmsState.ASKED, _question(doubtful, app, area))
    return Judged(SmsState.TAKEN, _understood(app, area, installs, at))


def _own_commune(person: User) -> Area | None:
    own = None if person.own_area_id is None else find(Area, person.own_area_id)
    return own if own is not None and own.level in rates.REPORTING else None


def _area(person: User, said: Said) -> Area:
    own = _own_commune(person)
    if said.area:
        code = said.area.zfill(_DIGITS)
        try:
            return areas.by_code(code, areas.list_in_use(person.own_area_id))
        except Refused:
            raise Refused(_("No commune has the code %(code)s.", code=said.area), "area") from None
    if own is None:
        raise Refused(_("Of which commune? Its code is missing."), "area")
    if said.figure == own.code:
        raise Refused(_("%(code)s is the commune's code; the figure is missing.", code=own.code))
    if said.figure.startswith(own.code) and said.figure.isdecimal():
        raise Refused(_("%(code)s is the commune's code; put a space after it.", code=own.code))
    return own


def _app(said: Said, area: Area) -> App:
    if report_words.is_report(said.app):
        raise Refused(_("One report a text; send the next one by itself."))
    if said.app:
        for app in apps.every():
            if fold(said.app) in (fold(app.code), fold(app.name)):
                return app
        raise Refused(
            _(
                "“%(words)s” is no app; there is: %(codes)s.",
                words=said.app[:40],
                codes=", ".join(app.code for app in uptake.apps_counted(area.id)),
            ),
            "app",
        )
    counted = uptake.apps_counted(area.id)
    if len(counted) != 1:
        codes = ", ".join(app.code for app in counted)
        raise Refused(_("Of which app? Name it: %(codes)s.", codes=codes), "app")
    return counted[0]


def _how(person: User) -> str:
    """How a report is written, with the sender's own commune where they have one."""
    own = _own_commune(person)
    counted = uptake.apps_counted(person.own_area_id)
    app = counted[0].code if len(counted) > 1 else ""
    words = ("BC", app, _CODE if own is None else own.code, _FIGURE)
    return _("Write for example: %(example)s", example=" ".join(filter(None, words)))


def _question(doubtful: Doubtful, app: App, area: Area) -> str:
    asked = doubts.said(doubtful.questions)
    again = f"BC {app.code} {area.code} {doubtful.installs} {report_words.CONFIRMED}"
    return _(
        "%(area)s: %(doubt)s If it is right, send: %(again)s",
        area=_named(area),
        doubt=asked,
        again=again,
    )


def _named(area: Area) -> str:
    return f"{area_names.in_sentence(area.name, area.kind)} ({area.code})"


def _understood(app: App, area: Area, installs: int, at: datetime) -> str:
    day = clock.local(at).date()
    as_of = min(at, uptake.deadline(day))
    taken = _(
        "Received: %(area)s, %(app)s %(installs)s %(unit)s, as of %(hour)s %(day)s.",
        area=_named(area),
        app=app.name,
        installs=formats.number(installs, language=language()),
        unit=labels.unit(app.counts),
        hour=formats.hour(as_of, language=language()),
        day=formats.month_day(day, language=language()),
    )
    yesterday = day - timedelta(days=1)
    course = uptake.around(app.id, [area.id], day, day)[area.id]
    before = uptake.latest(course, yesterday)
    if before is None:
        return taken
    was = formats.number(before.installs, language=language())
    if before.day == yesterday:
        last = _("Yesterday: %(was)s.", was=was)
    else:
        on = formats.month_day(before.day, language=language())
        last = _("On %(day)s: %(was)s.", day=on, was=was)
    return f"{taken} {last}"
