"""One application a process of the test run and kind of database, made as new for each test.

Making one compiles a hundred addresses and, page by page, two hundred templates: more than most
tests cost. What a test may have left in it is put back here; a test that adds views of its own asks
for an application of its own, by `@pytest.mark.own_app`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket

from app import create_app
from outreach import numbers, store
from outreach.database import db
from outreach.kept import Kept
from outreach.settings import Settings
from tests.people import Browser


class _Compiled(BytecodeCache):
    """The compiled templates of this process; a template that changed is compiled anew."""

    def __init__(self) -> None:
        self._code: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._code:
            bucket.bytecode_from_string(self._code[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._code[bucket.key] = bucket.bytecode_to_string()


class _Shared:
    """An application and what it was like when it was made."""

    def __init__(self, settings: Settings) -> None:
        self.app = create_app(settings)
        self.app.test_client_class = Browser
        self.app.jinja_env.bytecode_cache = _compiled
        self._config: dict[str, Any] = dict(self.app.config)
        self._extensions: dict[str, Any] = dict(self.app.extensions)
        self._locale_selector = self.app.extensions["babel"].locale_selector

    def made_as_new(self, settings: Settings) -> Flask:
        """The application, for another data folder and the same, emptied database and Valkey."""
        app = self.app
        settings.make_data_dir()
        key = settings.data_dir / "session.key"
        key.touch(0o600)
        key.write_text(self._config["SECRET_KEY"], encoding="ascii")
        app.config.clear()
        app.config.update(self._config, OUTREACH=settings)
        app.extensions.clear()
        app.extensions.update(self._extensions)
        app.extensions["babel"].locale_selector = self._locale_selector
        store.init_app(app)
        numbers.init_app(app)
        return app


_compiled = _Compiled()
_made: dict[tuple[str, str], _Shared] = {}


@contextmanager
def lent(settings: Settings, own: bool = False) -> Iterator[Flask]:
    """An application as its makers left it, inside its context; `own` is nobody else's."""
    place = (settings.database_address, settings.redis_address)
    shared = None if own else _made.get(place)
    if shared is None:
        shared = _Shared(settings)
        if not own:
            _made[place] = shared
    app = shared.made_as_new(settings)
    with app.app_context():
        yield app
        db.session.remove()
        if own or db.engine.dialect.name == "sqlite":
            db.engine.dispose()  # a PostgreSQL server process is dear, and serves the next test too
    forget_answers()


def forget_answers() -> None:
    """Empty whatever modules keep for some seconds: the next test has another database."""
    for name in sorted(sys.modules.keys() - _looked_through):
        if name.partition(".")[0] in ("outreach", "campaigns", "workers"):
            values = vars(sys.modules[name]).values()
            _keepers.extend(value for value in values if isinstance(value, Kept))
        _looked_through.add(name)
    for keeper in _keepers:
        keeper._answers.clear()


_looked_through: set[str] = set()
_keepers: list[Kept[Any]] = []
