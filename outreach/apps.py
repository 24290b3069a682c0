"""Apps people are asked to install: Bluezone, Smart Thanh Hóa, NCOVI, whatever comes next.

What counts as an install belongs to the app: the letters count “số điện thoại có cài đặt” here and
“người dùng” there. Where it changes, the day is kept, and figures of both sides are two things.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit

from sqlalchemy import Date, ForeignKey, String, Text, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from outreach import audit, clock, formats, seen
from outreach.database import BigId, Model, Moment, db, find, transaction, words
from outreach.errors import Refused
from outreach.i18n import _, language

LENGTHS: Final = {"name": 80, "link": 200, "description": 2000}
REASON_LENGTH: Final = 200
_CODE: Final = re.compile(r"[A-Z][A-Z0-9_-]{0,23}")


class Unit(StrEnum):
    """What counts as one install."""

    NUMBERS = "numbers"
    USERS = "users"
    DEVICES = "devices"
    DOWNLOADS = "downloads"


class Definition(Model):
    """A change of what counts: from the day `since` on it is `after`, up to the day before
    `before`."""

    __tablename__ = "app_definitions"
    __table_args__ = (UniqueConstraint("app_id", "since"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    app_id: Mapped[int] = mapped_column(BigId, ForeignKey("apps.id"))
    since: Mapped[date] = mapped_column(Date)
    before: Mapped[Unit] = mapped_column(words(Unit))
    after: Mapped[Unit] = mapped_column(words(Unit))
    reason: Mapped[str] = mapped_column(String(REASON_LENGTH))


class App(Model):
    """One app. `link` is what a message's {link} becomes: the page where one installs it. `counts`
    is what counts as an install today; `definitions` says what did before."""

    __tablename__ = "apps"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    code: Mapped[str] = mapped_column(String(24), unique=True)
    name: Mapped[str] = mapped_column(String(LENGTHS["name"]))
    link: Mapped[str] = mapped_column(String(LENGTHS["link"]))
    description: Mapped[str] = mapped_column(Text, default="")
    counts: Mapped[Unit] = mapped_column(words(Unit), default=Unit.NUMBERS)
    created_at: Mapped[datetime] = mapped_column(Moment, default=clock.now)
    # With the app, since every page with a figure of it says what is counted.
    definitions: Mapped[list[Definition]] = relationship(
        lazy="selectin", order_by=Definition.since, cascade="all, delete-orphan"
    )

    def counted_on(self, day: date) -> Unit:
        """What counted as an install on a day."""
        later = (each.before for each in self.definitions if each.since > day)
        return next(later, self.counts)

    def breaks(self, first: date, last: date) -> list[Definition]:
        """The changes between the figures of two days: one on `first` itself lies before both."""
        return [each for each in self.definitions if first < each.since <= last]


def add(
    code: str,
    name: str,
    link: str,
    description: str = "",
    counts: Unit = Unit.NUMBERS,
    *,
    actor_id: int | None,
) -> App:
    """Add an app. Raises Refused for a bad or known code, an empty name, a link that is none."""
    code, name, link, description = (part.strip() for part in (code, name, link, description))
    code = code.upper()
    if not _CODE.fullmatch(code):
        raise Refused(
            _("“%(code)s” is no code: A–Z, then A–Z, 0–9, - or _, at most 24.", code=code), "code"
        )
    _check_text({"name": name, "link": link, "description": description})
    with transaction() as session:
        if session.scalar(select(App.id).where(App.code == code)) is not None:
            raise Refused(_("There is already an app “%(code)s”.", code=code), "code")
        app = App(code=code, name=name, link=link, description=description, counts=counts)
        session.add(app)
        session.flush()
        detail = {"code": code, "name": name, "counts": counts}
        audit.record("app.add", "app", app.id, detail, actor_id)
    return app


def shown(app: App) -> dict[str, object]:
    """What a form of the app shows, for `seen`."""
    return {key: getattr(app, key) for key in LENGTHS}


def change(
    app: App,
    name: str,
    link: str,
    description: str,
    *,
    form: str | None = None,
    actor_id: int | None,
) -> None:
    """Change what an app is called, where it is installed, what is said of it. Its code stays:
    campaigns, files of figures and letters name it.

    Raises Refused as `add` does, and where `form`, the mark of what was shown, is no longer true.
    """
    values = {"name": name.strip(), "link": link.strip(), "description": description.strip()}
    _check_text(values)
    with transaction() as session:
        now = session.get_one(App, app.id, with_for_update=True, populate_existing=True)
        before = shown(now)
        seen.demand(form, before)
        changed = {key: [before[key], new] for key, new in values.items() if before[key] != new}
        for key, new in values.items():
            setattr(now, key, new)
        if changed:
            audit.record("app.change", "app", now.id, changed, actor_id)


def shown_definition(app: App) -> dict[str, object]:
    """What the form of what counts shows, for `seen`."""
    return {"counts": app.counts, "since": [each.since for each in app.definitions]}


def define(
    app: App,
    counts: Unit,
    since: date,
    reason: str,
    *,
    form: str | None = None,
    actor_id: int | None,
) -> None:
    """Say that from a day on something else counts as an install. The day of the last change can
    be said again, to put that change right; said to be what it was before, it is taken back.

    Raises Refused for what counts already, a day to come or before the last change, no reason, and
    where `form`, the mark of what was shown, is no longer true.
    """
    reason = _checked_reason(reason)
    if since > clock.local(clock.now()).date():
        raise Refused(_("This day has not come yet."), "since")
    with transaction() as session:
        now = session.get_one(App, app.id, with_for_update=True, populate_existing=True)
        seen.demand(form, shown_definition(now))
        if counts is now.counts:
            raise Refused(_("This is what counts already."), "counts")
        detail = {"counts": [now.counts, counts], "since": since.isoformat(), "reason": reason}
        _note_change(now, counts, since, reason)
        now.counts = counts
        audit.record("app.define", "app", now.id, detail, actor_id)


def _note_change(app: App, counts: Unit, since: date, reason: str) -> None:
    last = app.definitions[-1] if app.definitions else None
    if last is None or last.since < since:
        app.definitions.append(
            Definition(since=since, before=app.counts, after=counts, reason=reason)
        )
    elif last.since > since:
        sentence = _("What counts has changed on a later day, %(day)s.", day=_written(last.since))
        raise Refused(sentence, "since")
    elif last.before is counts:
        app.definitions.remove(last)
    else:
        last.after, last.reason = counts, reason


def _written(day: date) -> str:
    return formats.day(day, language=language())


def _checked_reason(reason: str) -> str:
    reason = " ".join(reason.split())
    if not reason:
        raise Refused(_("Say why: a letter, another source of the figures."), "reason")
    if len(reason) > REASON_LENGTH:
        raise Refused(_("The reason has at most %(most)s letters.", most=REASON_LENGTH), "reason")
    return reason


def _check_text(texts: dict[str, str]) -> None:
    for field, text in texts.items():
        if len(text) > LENGTHS[field]:
            raise Refused(
                _(
                    "At most %(most)s letters fit; these are %(n)s.",
                    most=LENGTHS[field],
                    n=len(text),
                ),
                field,
            )
    if not texts["name"]:
        raise Refused(_("An app needs a name."), "name")
    address = urlsplit(texts["link"])
    if address.scheme not in {"http", "https"} or not address.hostname or " " in texts["link"]:
        raise Refused(_("The link begins with https:// and names a site."), "link")


def every() -> Sequence[App]:
    """All apps by code."""
    return db.session.scalars(select(App).order_by(App.code)).all()


def by_code(code: str) -> App:
    """One app. Raises Refused where there is none."""
    app = db.session.scalar(select(App).where(App.code == code.strip().upper()))
    if app is None:
        raise Refused(
            _("There is no app “%(code)s”; “apps list” shows those there are.", code=code), "app"
        )
    return app


def by_id(app_id: int) -> App:
    """One app. Raises Refused where there is none."""
    app = find(App, app_id)
    if app is None:
        raise Refused(_("There is no such app."), "app")
    return app
