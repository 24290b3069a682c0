"""Errors as pages: what happened and what to do, in the reader's language."""

from __future__ import annotations

from flask import Flask, render_template
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from outreach.access import Forbidden
from outreach.database import db
from outreach.errors import Refused
from outreach.i18n import _


def init_app(app: Flask) -> None:
    """Show refusals and HTTP errors as pages of ours."""
    app.register_error_handler(Forbidden, _forbidden)
    app.register_error_handler(Refused, _refused)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(500, _broken)


def _page(code: int, sentence: str = "") -> tuple[str, int]:
    return render_template("errors/error.html", code=code, sentence=sentence), code


def _forbidden(refused: Refused) -> tuple[str, int]:
    return _page(403, refused.sentence)


def _refused(refused: Refused) -> tuple[str, int]:
    """A refusal that no form is there to show."""
    return _page(400, refused.sentence)


def _http_error(error: HTTPException) -> tuple[str, int] | HTTPException:
    code = error.code or 500
    if code < 400:
        return error
    # Werkzeug's own sentences are English and for developers; ours come with a lookup that failed.
    stock = type(error).description
    return _page(code, error.description or "" if error.description != stock else "")


def _broken(_error: Exception) -> ResponseReturnValue:
    db.session.rollback()
    try:
        return _page(500)
    except Exception:  # what broke may be what pages are made of: the database, a template
        sentence = _("Something went wrong on our side. What you saved before is kept.")
        return sentence, 500, {"Content-Type": "text/plain; charset=utf-8"}
