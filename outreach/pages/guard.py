"""Every view says who may reach it; one that says nothing is never reached.

`@needs(Act.CAMPAIGN_PAUSE, of=life.get)` loads what the address names, demands the act on it and
hands it to the view. Without `of` the act is demanded in general: the page is about nothing in
particular, or the view demands it again of what the form names.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from flask import Flask, abort, current_app, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_security import current_user
from werkzeug.wrappers import Response

from outreach import access
from outreach.access import Act
from outreach.accounts import User
from outreach.errors import Missing, Refused
from outreach.text import writable

View = Callable[..., ResponseReturnValue]
_RULE = "_access_rule"


@dataclass(frozen=True)
class Rule:
    """Who may reach a view: those with a right, everybody logged in, or anybody (`public` says
    why)."""

    act: Act | None = None
    of: Callable[..., object] | None = None
    public: str = ""


LIBRARY_VIEWS: dict[str, Rule] = {
    "static": Rule(public="styles and scripts"),
    "security.login": Rule(public="the log-in itself"),
    "security.logout": Rule(public="logging out twice is no mistake"),
}
"""Views that are not ours to mark."""


def person() -> User:
    """Who is logged in; only within a view that is not public."""
    user: User = current_user._get_current_object()
    return user


def public(why: str) -> Callable[[View], View]:
    """Mark a view that anybody may reach."""
    return lambda view: _marked(view, Rule(public=why))


def logged_in(view: View) -> View:
    """Mark a view for everybody who is logged in."""

    @functools.wraps(view)
    def guarded(**values: Any) -> ResponseReturnValue:
        return view(**values) if current_user.is_authenticated else _to_login()

    return _marked(guarded, Rule())


def needs(act: Act, of: Callable[..., object] | None = None) -> Callable[[View], View]:
    """Mark a view that needs a right, on what `of` loads from the address's values of its names.

    `of` raises Refused where there is no such thing: the answer is then 404.
    """

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def guarded(**values: Any) -> ResponseReturnValue:
            if not current_user.is_authenticated:
                return _to_login()
            # The role comes first, so that nobody learns from a 404 what exists.
            access.demand(person(), act)
            if of is None:
                return view(**values)
            subject = _load(of, values)
            access.demand(person(), act, subject)
            return view(subject, **values)

        return _marked(guarded, Rule(act, of))

    return decorate


def _load(of: Callable[..., object], values: dict[str, Any]) -> object:
    """What the address names; takes the values it needs out of `values`."""
    names = [name for name in inspect.signature(of).parameters if name in values]
    try:
        return of(**{name: values.pop(name) for name in names})
    except Refused as refused:
        raise Missing(refused.sentence, refused.field) from None


def _marked(view: View, rule: Rule) -> View:
    setattr(view, _RULE, rule)
    return view


def rule_of(app: Flask, endpoint: str) -> Rule | None:
    """The rule of an endpoint; None where nobody thought of one."""
    return LIBRARY_VIEWS.get(endpoint) or getattr(app.view_functions[endpoint], _RULE, None)


def _to_login() -> Response:
    if request.headers.get("HX-Request"):  # a part of a page: the whole page goes to the log-in
        response = make_response("", 401)
        response.headers["HX-Redirect"] = url_for("security.login")
        return response
    wanted = request.full_path.rstrip("?") if request.method == "GET" else "/"
    return redirect(url_for("security.login", next=None if wanted == "/" else wanted))


def init_app(app: Flask) -> None:
    """Let nothing through that has no rule, nor an address or a form that nobody's page wrote."""
    app.before_request(_stop_unmarked)
    app.before_request(_stop_unwritable)


def _stop_unmarked() -> None:
    endpoint = request.endpoint
    if endpoint is not None and rule_of(current_app, endpoint) is None:
        raise RuntimeError(f"the view {endpoint} has no access rule")


def _stop_unwritable() -> None:
    """PostgreSQL takes no NUL, no area, app or word has one, and nobody types one into a form or
    names a file so."""
    if not all(writable(value) for _name, value in request.args.items(multi=True)):
        abort(404)
    rule = rule_of(current_app, request.endpoint) if request.endpoint else None
    # A carrier's callback is read as the bytes that it signed.
    by_people = rule is not None and not rule.public
    if by_people and not (all(map(writable, _said())) and all(map(_on_one_line, _file_names()))):
        abort(400)


def _said() -> Iterator[str]:
    """Every value of a form, however it was encoded, and the names of its files."""
    yield from (value for _name, value in request.form.items(multi=True))
    yield from _file_names()


def _file_names() -> Iterator[str]:
    yield from (file.filename or "" for _name, file in request.files.items(multi=True))


def _on_one_line(name: str) -> bool:
    """A name goes back in the heading of an answer, where no line may end."""
    return not any(char < " " for char in name)
