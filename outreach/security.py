"""Log-in and the shell around every answer: sessions, CSRF, log-in limits, security headers.

Flask-Security does the log-in and nothing else: no registration, no mail. Roles are ours.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import Flask, Response, request, session
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_security import (
    RoleMixin,
    Security,
    SQLAlchemyUserDatastore,
    uia_email_mapper,
    user_authenticated,
)
from flask_wtf import CSRFProtect

from outreach import audit, i18n
from outreach.accounts import User
from outreach.database import db, transaction
from outreach.i18n import N_
from outreach.secret_files import session_key
from outreach.settings import Settings

SESSION = timedelta(hours=12)
REMEMBERED = timedelta(days=14)
LIMITER = "limits"
LARGEST_UPLOAD = 300 * 1024 * 1024

# A shared office address must not lock everybody out, nor one address guess one password after
# another: few tries a person and address, more an address.
LOGIN_LIMIT_PERSON = "10 per 5 minutes"
LOGIN_LIMIT_ADDRESS = "60 per minute"

# OWASP's second choice of argon2id (m=19 MiB, t=2, p=1): two log-ins at once fit a small server.
_ARGON2 = {"argon2__memory_cost": 19456, "argon2__rounds": 2, "argon2__parallelism": 1}

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none';"
        " object-src 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}

csrf = CSRFProtect()


def init_app(app: Flask) -> None:
    """Wire log-in, sessions, CSRF protection, limits and headers."""
    settings: Settings = app.config["OUTREACH"]
    app.config.update(_configuration(settings))
    csrf.init_app(app)
    # No role model: Flask-Security's roles are not used, the table in `access` is.
    Security(app, SQLAlchemyUserDatastore(db, User, RoleMixin))
    _limit_login(app, settings)
    user_authenticated.connect(_note_login, app)
    app.after_request(_add_headers)


def _configuration(settings: Settings) -> dict[str, Any]:
    https = settings.public_url.startswith("https://")
    return {
        "SECRET_KEY": session_key(settings.data_dir / "session.key"),
        "MAX_CONTENT_LENGTH": LARGEST_UPLOAD,
        "PERMANENT_SESSION_LIFETIME": SESSION,
        "SESSION_COOKIE_NAME": "tungngo",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": https,
        "REMEMBER_COOKIE_NAME": "tungngo_remember",
        "REMEMBER_COOKIE_DURATION": REMEMBERED,
        "REMEMBER_COOKIE_HTTPONLY": True,
        "REMEMBER_COOKIE_SAMESITE": "Lax",
        "REMEMBER_COOKIE_SECURE": https,
        "WTF_CSRF_TIME_LIMIT": None,  # as long as the session: a page may stay open over lunch
        **{f"SECURITY_{key}": value for key, value in _FLASK_SECURITY.items()},
    }


_FLASK_SECURITY: dict[str, Any] = {
    "PASSWORD_HASH": "argon2",
    "PASSWORD_SCHEMES": ["argon2"],
    # argon2 salts each password itself; a second secret would only be one more file to lose.
    "PASSWORD_SINGLE_HASH": True,
    "PASSWORD_HASH_PASSLIB_OPTIONS": _ARGON2,
    "USER_IDENTITY_ATTRIBUTES": [{"email": {"mapper": uia_email_mapper, "case_insensitive": True}}],
    "EMAIL_VALIDATOR_ARGS": {
        "check_deliverability": False,
        "globally_deliverable": False,
        "test_environment": True,  # an office's own domain may end in anything
    },
    "SEND_REGISTER_EMAIL": False,
    "JOIN_USER_ROLES": False,
    "STATIC_FOLDER": None,
    "FRESHNESS": timedelta(minutes=-1),
    "LOGOUT_METHODS": ["POST"],
    "POST_LOGIN_VIEW": "/",
    "POST_LOGOUT_VIEW": "/login",
    "FLASH_MESSAGES": False,
    "RETURN_GENERIC_RESPONSES": True,  # never says which addresses have an account
    "I18N_DOMAIN": "messages",
    "I18N_DIRNAME": [str(i18n.TRANSLATIONS)],
    "MSG_GENERIC_AUTHN_FAILED": (N_("The email address or the password is wrong."), "error"),
}


def _limit_login(app: Flask, settings: Settings) -> None:
    """Few tries. Where Redis is away each web process counts for itself, and log-in goes on."""
    address = settings.redis_address
    limiter = Limiter(
        get_remote_address,
        app=app,
        storage_uri=f"redis+{address}" if address.startswith("unix:") else address,
        storage_options={"socket_connect_timeout": 1, "socket_timeout": 1},
        key_prefix="login",
        in_memory_fallback_enabled=True,
        swallow_errors=True,
    )
    app.extensions[LIMITER] = limiter
    for often, key in (
        (LOGIN_LIMIT_ADDRESS, get_remote_address),
        (LOGIN_LIMIT_PERSON, _person_and_address),
    ):
        limit(app, "security.login", often, key)


def limit(app: Flask, endpoint: str, often: str, key: Callable[[], str]) -> None:
    """Let a form or a program call an address only so often, by what `key` says of the call."""
    limiter = app.extensions[LIMITER]
    view = app.view_functions[endpoint]
    app.view_functions[endpoint] = limiter.limit(often, key_func=key, methods=["POST"])(view)


def _person_and_address() -> str:
    return f"{get_remote_address()} {request.form.get('email', '').strip().lower()[:254]}"


def _note_login(_app: Flask, user: User, **_: object) -> None:
    session.permanent = True  # ends after SESSION without a request, not with the browser
    language, user_id = i18n.language(), user.id
    with transaction() as database:
        # Read again: beginning to write ended the transaction the form had read the user in.
        database.get_one(User, user_id).language = language
        audit.record("user.login", "user", user_id, {}, user_id)


def _add_headers(response: Response) -> Response:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store")
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    return response
