"""Apps people are asked to install: Bluezone, Smart Thanh Hóa, NCOVI, whatever comes next."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from sqlalchemy import String, Text, select
from sqlalchemy.orm import Mapped, mapped_column

from outreach import audit, clock, seen
from outreach.database import BigId, Model, Moment, db, find, transaction
from outreach.errors import Refused
from outreach.i18n import _

LENGTHS: Final = {"name": 80, "link": 200, "description": 2000}
_CODE: Final = re.compile(r"[A-Z][A-Z0-9_-]{0,23}")


class App(Model):
    """One app. `link` is what a message's {link} becomes: the page where one installs it."""

    __tablename__ = "apps"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    code: Mapped[str] = mapped_column(String(24), unique=True)
    name: Mapped[str] = mapped_column(String(LENGTHS["name"]))
    link: Mapped[str] = mapped_column(String(LENGTHS["link"]))
    description: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(Moment, default=clock.now)


def add(code: str, name: str, link: str, description: str = "", *, actor_id: int | None) -> App:
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
        app = App(code=code, name=name, link=link, description=description)
        session.add(app)
        session.flush()
        audit.record("app.add", "app", app.id, {"code": code, "name": name}, actor_id)
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
