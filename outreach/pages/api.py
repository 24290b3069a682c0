"""What programs call: JSON in and out, a token instead of a log-in, no session and no cookie."""

from __future__ import annotations

import hashlib
from typing import Any, Final

from flask import Blueprint, Flask, jsonify, request
from flask.typing import ResponseReturnValue
from flask_limiter.util import get_remote_address
from werkzeug.exceptions import HTTPException

from outreach import api_tokens, figures_api, security
from outreach.access import Forbidden
from outreach.database import let_go
from outreach.errors import Refused
from outreach.i18n import _
from outreach.pages.guard import public

blueprint = Blueprint("api", __name__, url_prefix="/api")
# A program calls, without a session and so without a form's token; its own stands for both.
security.csrf.exempt(blueprint)

LIMIT_TOKEN: Final = "60 per minute"  # noqa: S105 - how often, not what
LIMIT_ADDRESS: Final = "240 per minute"
_BEARER: Final = "Bearer "


def init_app(app: Flask) -> None:
    """Register the pages, each called only so often."""
    app.register_blueprint(blueprint)
    security.limit(app, "api.figures", LIMIT_ADDRESS, get_remote_address)
    security.limit(app, "api.figures", LIMIT_TOKEN, _caller)


def _caller() -> str:
    """Who calls, for counting: the token's hash, so that the counter's store learns none."""
    return hashlib.sha256(request.headers.get("Authorization", "").encode()).hexdigest()


@blueprint.post("/figures")
@public("a token in the call stands for its person; there is no session and no cookie")
def figures() -> ResponseReturnValue:
    """Enter figures: 200 with what became of each, 401, 403, or 422 with the field."""
    request.max_content_length = figures_api.LARGEST
    given = request.headers.get("Authorization", "")
    token = api_tokens.valid(given.removeprefix(_BEARER)) if given.startswith(_BEARER) else None
    if token is None:
        answer = _error(_("The token is missing, wrong or revoked."), 401)
        return *answer, {"WWW-Authenticate": "Bearer"}
    key = request.headers.get("Idempotency-Key")
    return jsonify(figures_api.take(token, request.get_data(), key))


def _error(sentence: str, code: int, field: str | None = None) -> tuple[Any, int]:
    return jsonify({"error": sentence, "field": field or None}), code


@blueprint.errorhandler(Refused)
def _refused(refused: Refused) -> ResponseReturnValue:
    return _error(refused.sentence, 422, refused.field)


@blueprint.errorhandler(Forbidden)
def _forbidden(refused: Refused) -> ResponseReturnValue:
    return _error(refused.sentence, 403)


@blueprint.errorhandler(HTTPException)
def _http_error(error: HTTPException) -> ResponseReturnValue:
    code = error.code or 500
    sentences = {
        413: _("The call is larger than %(most)s KB.", most=figures_api.LARGEST >> 10),
        429: _("Too many calls; try again in a minute."),
    }
    answer = _error(sentences.get(code, error.name), code)
    return (*answer, {"Retry-After": "60"}) if code == 429 else answer


@blueprint.errorhandler(500)
def _broken(_error_: Exception) -> ResponseReturnValue:
    let_go()
    return _error(_("Something went wrong on our side. What you saved before is kept."), 500)
