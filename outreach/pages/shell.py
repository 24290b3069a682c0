"""What surrounds every page of every room: rules, errors, side bar, the first page."""

from __future__ import annotations

from flask import Flask

from outreach.pages import errors, guard, home, invitations, navigation


def init_app(app: Flask) -> None:
    """Wire them; the rooms' own pages come after."""
    guard.init_app(app)
    errors.init_app(app)
    navigation.init_app(app)
    home.init_app(app)
    app.register_blueprint(invitations.blueprint)
