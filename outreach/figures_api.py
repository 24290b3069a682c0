"""Figures that a program sends: read, then judged and entered exactly as those of a file."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Final

from outreach import access, api_tokens, i18n, uptake, uptake_files, uptake_imports
from outreach.access import Act
from outreach.api_tokens import ApiToken
from outreach.apps import App
from outreach.database import transaction
from outreach.errors import Refused
from outreach.i18n import _
from outreach.text import writable
from outreach.uptake import Source
from outreach.uptake_imports import UptakeImport

MOST: Final = 2_000
"""Figures of a call: it is one transaction, and others wait for it to write."""
LARGEST: Final = 1024 * 1024
"""Bytes of a call."""
KEY: Final = re.compile(r"[\x21-\x7e]{1,64}")


def take(token: ApiToken, body: bytes, key: str | None) -> dict[str, Any]:
    """Enter the figures of a call in the name of the token's person; what became of them.

    All of it is one transaction, and a call of a token waits for the one before. With a `key`
    (Idempotency-Key) the same call again answers the same and does nothing. Raises Refused for
    what is no such call, at the field; Forbidden where the person may enter no figures.
    """
    with i18n.speaking(token.person.language):
        access.demand(token.person, Act.UPTAKE_ENTER)
        if key is not None and not KEY.fullmatch(key):
            raise Refused(
                _("An Idempotency-Key has 1 to 64 letters, digits or signs."), "Idempotency-Key"
            )
        app, rows = _read(body)
        return _answer(_entered(token, app, rows, key, hashlib.sha256(body).hexdigest()))


def _entered(
    token: ApiToken, app: App, rows: Sequence[Sequence[object]], key: str | None, body_hash: str
) -> UptakeImport:
    app_id = app.id
    with transaction():
        api_tokens.hold(token)
        known = None if key is None else api_tokens.known_call(token, key, body_hash)
        if known is not None:
            return uptake_imports.by_id(known)
        person, within = token.person, token.person.own_area_id
        done = uptake_imports.enter(
            uptake_files.read_rows(rows, within),
            f"API: {token.name}",
            app_id,
            within,
            Source.API,
            person.id,
        )
        if key is not None:
            api_tokens.note_call(token, key, body_hash, done.id)
    return done


def _read(body: bytes) -> tuple[App, list[list[object]]]:
    try:
        call = json.loads(body)
    except (ValueError, RecursionError):  # no JSON, no UTF-8, or lists within lists without an end
        raise Refused(_("The call is not JSON in UTF-8."), "") from None
    if not isinstance(call, dict):
        raise Refused(_("The call is a JSON object with “figures”."), "")
    _refuse_unknown(call, ("app", "figures"), "")
    code, figures = call.get("app"), call.get("figures")
    if code is not None and not isinstance(code, str):
        raise Refused(_("“%(key)s” is a text.", key="app"), "app")
    _refuse_unwritable(code or "", "app", "app")
    if not isinstance(figures, list) or not 1 <= len(figures) <= MOST:
        raise Refused(
            _("“figures” is a list of 1 to %(most)s figures.", most=MOST),
            "figures",
        )
    return uptake.chosen_app(code), [_row(place, each) for place, each in enumerate(figures)]


def _row(place: int, figure: object) -> list[object]:
    where = f"figures[{place}]"
    if not isinstance(figure, dict):
        raise Refused(_("A figure is a JSON object."), where)
    _refuse_unknown(figure, uptake_files.ROW, where)
    for name in uptake_files.ROW:
        value = figure.get(name, "")
        number = name == "installs" and isinstance(value, int) and not isinstance(value, bool)
        if not (isinstance(value, str) or number):
            kind = _("a whole number or a text") if name == "installs" else _("a text")
            raise Refused(
                _("“%(key)s” is %(kind)s.", key=name, kind=kind),
                f"{where}.{name}",
            )
        _refuse_unwritable(value, name, f"{where}.{name}")
    return [figure.get(name, "") for name in uptake_files.ROW]


def _refuse_unwritable(value: object, key: str, where: str) -> None:
    if isinstance(value, str) and not writable(value):
        raise Refused(_("“%(key)s” holds characters that are no text.", key=key), where)


def _refuse_unknown(given: dict[str, Any], known: Sequence[str], where: str) -> None:
    for key in given:
        if key not in known:
            raise Refused(
                _(
                    "“%(key)s” means nothing here; there is: %(known)s.",
                    key=key[:40],
                    known=", ".join(known),
                ),
                ".".join(filter(None, (where, key[:40]))),
            )


def _answer(done: UptakeImport) -> dict[str, Any]:
    return done.said | {
        "rejects": [asdict(each) for each in done.rejects],
        "to_check": [asdict(each) for each in done.to_check],
    }
