"""The application: wires the rooms together and decides nothing."""

from __future__ import annotations

from flask import Flask
from flask_migrate import Migrate

from outreach import i18n, numbers, schema, store
from outreach.commands import apps as apps_commands
from outreach.commands import areas as areas_commands
from outreach.commands import targets as targets_commands
from outreach.database import db, engine_options
from outreach.settings import Settings


def create_app(settings: Settings | None = None) -> Flask:
    """Build the application. Raises `SettingsError` where a setting is unknown or wrong."""
    settings = settings or Settings.load()
    app = Flask(__name__, instance_path=str(settings.data_dir))
    app.config["OUTREACH"] = settings
    _open_database(app, settings)
    i18n.init_app(app)
    _add_rooms(app)
    return app


def _open_database(app: Flask, settings: Settings) -> None:
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    app.config["SQLALCHEMY_DATABASE_URI"] = settings.database_address
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = engine_options(settings.database_address)
    db.init_app(app)
    Migrate(app, db, directory=str(schema.MIGRATIONS))
    store.init_app(app)
    numbers.init_app(app)


def _add_rooms(app: Flask) -> None:
    """Register each room's pages and commands; a room adds its line here."""
    app.cli.add_command(areas_commands.group)
    app.cli.add_command(apps_commands.group)
    app.cli.add_command(targets_commands.group)
