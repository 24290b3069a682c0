"""`flask db`, which is Flask-Migrate's own group, loaded when somebody asks for it."""

from __future__ import annotations

from typing import Any

import click
from flask.cli import ScriptInfo

from outreach import schema


class _Migrations(click.Command):
    """Stands in the list of commands; whatever is called is called on the real group."""

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        from flask_migrate.cli import db

        if parent is not None:
            schema.attach(parent.ensure_object(ScriptInfo).load_app())
        group: click.Group = db
        return group.make_context(info_name, args, parent, **extra)


command = _Migrations("db", help="Perform database migrations.")
