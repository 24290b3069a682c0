"""Errors as pages: what happened and what to do, in the reader's language."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, current_app, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from outreach.access import Forbidden
from outreach.database import let_go
from outreach.errors import Missing, Refused
from outreach.i18n import _

TOLD = (400, 403, 404, 413, 429, 500)
"""The codes that templates/errors/error.html has words for."""


def init_app(app: Flask) -> None:
    """Show refusals and HTTP errors as pages of ours."""
    app.register_error_handler(Forbidden, _forbidden)
    app.register_error_handler(Missing, _missing)
    app.register_error_handler(Refused, _refused)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(500, _broken)


def _page(code: int, sentence: str = "") -> tuple[str, int]:
    """The page of an error; a code it has no words for is told as its whole class."""
    told = code if code in TOLD else code // 100 * 100
    again = _sent_from() if told == 400 else None
    return render_template("errors/error.html", code=told, sentence=sentence, again=again), code


def _sent_from() -> str | None:
    """The page of ours that a form was sent from, if it opens by its address."""
    page = urlsplit(request.referrer or "")
    if request.method != "POST" or page.netloc != request.host:
        return None
    try:
        current_app.url_map.bind(request.host).match(page.path, "GET")
    except HTTPException:
        return None
    return page._replace(scheme="", netloc="", fragment="").geturl()


def _forbidden(refused: Refused) -> tuple[str, int]:
    return _page(403, refused.sentence)


def _refused(refused: Refused) -> tuple[str, int]:
    """A refusal that no form is there to show."""
    return _page(400, refused.sentence)


def _missing(refused: Refused) -> tuple[str, int]:
    return _page(404, refused.sentence)


def _http_error(error: HTTPException) -> tuple[str, int] | HTTPException:
    # The libraries' own sentences are English and for developers: the page has its own.
    return error if error.code is None or error.code < 400 else _page(error.code)


def _broken(_error: Exception) -> ResponseReturnValue:
    let_go()
    try:
        return _page(500)
    except Exception:  # what broke may be what pages are made of: the database, a template
        sentence = _("Something went wrong on our side. What you saved before is kept.")
        return sentence, 500, {"Content-Type": "text/plain; charset=utf-8"}
