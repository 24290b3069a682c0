"""Which language a page speaks, and the words of sentences in it.

Source strings are English; Vietnamese stands in translations/vi. Vietnamese has no plural forms
and Flask-Babel knows none for it, so no sentence uses ngettext: they are worded so that a count
needs no plural ("messages left: 1").
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from gettext import NullTranslations
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import flask_babel
from babel.support import Translations
from flask import Flask, g, has_request_context, redirect, request
from werkzeug.wrappers import Response

from outreach import clock, formats

LANGUAGES: Final = {"vi": "Tiếng Việt", "en": "English"}
DEFAULT: Final = "vi"
COOKIE: Final = "language"
ARGUMENT: Final = "lang"
A_YEAR: Final = 365 * 24 * 3600
TRANSLATIONS: Final = Path(__file__).resolve().parent.parent / "translations"


def gettext(message: str, **values: Any) -> str:
    """The sentence in the reader's language, `%(name)s` filled from `values`.

    Outside an application context, where nobody has chosen a language, it stays English.
    """
    said = _said(message)
    return said % values if values else said


def _said(message: str) -> str:
    """Straight from the catalogue: Flask-Babel finds the application and the reader's language
    anew for each of the thousands of words of a large page."""
    return _catalogue(language()).gettext(message)


@cache
def _catalogue(code: str) -> NullTranslations:
    found: NullTranslations = Translations.load(str(TRANSLATIONS), [code])
    return found


_ = gettext


def N_(message: str) -> str:  # noqa: N802 - gettext's own name for a string translated later
    """Mark `message` for translation where it stands; say it with `_(…)` where it is shown."""
    return message


def language() -> str:
    """The code of the language in force: "vi" or "en"; "en" outside an application context."""
    try:
        here = g._get_current_object()
    except RuntimeError:
        return "en"
    # A large page writes thousands of numbers: Flask-Babel is asked for the first.
    known = here.get("language_in_force")
    if known is None:
        known = here.language_in_force = str(flask_babel.get_locale().language)
    return str(known)


@contextmanager
def speaking(choice: str) -> Iterator[None]:
    """Speak a language for a while: what is sent to a person is in theirs."""
    before = g.pop("language_in_force", None)
    try:
        with flask_babel.force_locale(choice if choice in LANGUAGES else DEFAULT):
            yield
    finally:
        g.pop("language_in_force", None)
        if before is not None:
            g.language_in_force = before


def init_app(app: Flask) -> None:
    """Wire languages, the `?lang=` switch, and the filters that write numbers and moments."""
    flask_babel.Babel(
        app,
        default_locale=DEFAULT,
        default_timezone=str(clock.VIETNAM),
        default_translation_directories=str(TRANSLATIONS),
        locale_selector=_chosen,
    )
    templates: Any = app.jinja_env  # what Jinja's own extension adds to it has no types
    templates.install_gettext_callables(_said, NullTranslations().ngettext, newstyle=True)
    app.jinja_env.filters.update(formats.filters(language))
    app.before_request(_switch)
    app.context_processor(_for_templates)


def _chosen() -> str:
    """The reader's choice by cookie; outside a request (commands, workers) the default."""
    choice = request.cookies.get(COOKIE, DEFAULT) if has_request_context() else DEFAULT
    return choice if choice in LANGUAGES else DEFAULT


def _switch() -> Response | None:
    """Remember `?lang=en` in a cookie and come back to the same page without it.

    A plain link, so that it works before log-in and without JavaScript.
    """
    choice = request.args.get(ARGUMENT)
    if request.method != "GET" or choice not in LANGUAGES:
        return None
    rest = [(k, v) for k, v in request.args.items(multi=True) if k != ARGUMENT]
    # One slash only: "//host" in a Location would lead to another site.
    path = re.sub(r"^[/\\]+", "/", request.script_root + request.path)
    response = redirect(f"{path}?{urlencode(rest)}" if rest else path)
    response.set_cookie(
        COOKIE, choice, A_YEAR, httponly=True, samesite="Lax", secure=request.is_secure
    )
    return response


def _link(choice: str) -> str:
    """This page's address with the language switched to `choice`, relative to the page."""
    rest = [(k, v) for k, v in request.args.items(multi=True) if k != ARGUMENT]
    return "?" + urlencode([*rest, (ARGUMENT, choice)])


def _for_templates() -> dict[str, Any]:
    return {"language": language, "languages": LANGUAGES, "language_link": _link}
