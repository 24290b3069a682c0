"""The application: wires the rooms together and decides nothing."""

from __future__ import annotations

from flask import Flask

from campaigns import (
    campaigns,
    counts,
    lotteries,
    messages,
    order_counts,
    orders,
    overlaps,
    reasons,
    reminder_settings,
    reminders,
    reminding,
    routes,
    test_sends,
    versions,
)
from campaigns import todo as campaigns_todo
from campaigns.commands import campaigns as campaigns_commands
from campaigns.commands import compare as compare_command
from campaigns.commands import lotteries as lotteries_commands
from campaigns.commands import orders as orders_commands
from campaigns.commands import reminders as reminders_commands
from campaigns.commands import report as report_commands
from campaigns.commands import wording as wording_commands
from campaigns.pages import account as account_pages
from campaigns.pages import area as area_pages
from campaigns.pages import audit as audit_pages
from campaigns.pages import board as board_pages
from campaigns.pages import calendar as calendar_pages
from campaigns.pages import campaigns as campaigns_pages
from campaigns.pages import compare as compare_pages
from campaigns.pages import compose as compose_pages
from campaigns.pages import doubts as doubts_pages
from campaigns.pages import drive_map as drive_map_pages
from campaigns.pages import list_people as list_people_pages
from campaigns.pages import lotteries as lotteries_pages
from campaigns.pages import orders as orders_pages
from campaigns.pages import organisations as organisations_pages
from campaigns.pages import reminders as reminders_pages
from campaigns.pages import reports as reports_pages
from campaigns.pages import routes as routes_pages
from campaigns.pages import rules as rules_pages
from campaigns.pages import test_sends as test_sends_pages
from campaigns.pages import unreached as unreached_pages
from campaigns.reports import editions, letterheads
from campaigns.reports import forms as report_forms
from campaigns.reports import todo as reports_todo
from outreach import (
    api_tokens,
    boundaries,
    figure_layouts,
    health,
    i18n,
    installation,
    logs,
    numbers,
    own_numbers,
    reminder_agreements,
    security,
    sms_reports,
    store,
    todo,
    uploading,
)
from outreach.commands import apps as apps_commands
from outreach.commands import areas as areas_commands
from outreach.commands import audit as audit_commands
from outreach.commands import keys as keys_commands
from outreach.commands import migrations as migrations_command
from outreach.commands import opt_outs as opt_outs_commands
from outreach.commands import organisations as organisations_commands
from outreach.commands import phones as phones_commands
from outreach.commands import subscribers as subscribers_commands
from outreach.commands import targets as targets_commands
from outreach.commands import tokens as tokens_commands
from outreach.commands import uptake as uptake_commands
from outreach.commands import users as users_commands
from outreach.database import db, engine_options
from outreach.pages import api as api_pages
from outreach.pages import apps as apps_pages
from outreach.pages import area_conversions as area_conversions_pages
from outreach.pages import area_counts as area_counts_pages
from outreach.pages import areas as areas_pages
from outreach.pages import boundaries as boundaries_pages
from outreach.pages import fieldwork as fieldwork_pages
from outreach.pages import health as health_pages
from outreach.pages import league as league_pages
from outreach.pages import lists as lists_pages
from outreach.pages import people as people_pages
from outreach.pages import shell
from outreach.pages import targets as targets_pages
from outreach.pages import uptake as uptake_pages
from outreach.settings import Settings
from workers import presence, seats, wiring
from workers.commands import backup as backup_commands
from workers.commands import doctor as doctor_command
from workers.commands import example as example_commands
from workers.commands import routes_check as routes_check_command
from workers.commands import serve as serve_command
from workers.commands import worker as worker_commands
from workers.pages import metrics as metrics_pages
from workers.pages import route_checks as route_checks_pages
from workers.pages import twilio as twilio_pages

TABLES = (
    campaigns,
    counts,
    lotteries,
    messages,
    overlaps,
    order_counts,
    orders,
    reasons,
    reminder_settings,
    reminders,
    reminding,
    routes,
    test_sends,
    versions,
    editions,
    letterheads,
    report_forms,
    api_tokens,
    boundaries,
    figure_layouts,
    installation,
    own_numbers,
    reminder_agreements,
    seats,
    sms_reports,
)
"""Modules whose tables must be known, to the migrations too, whoever else imports them."""


def create_app(settings: Settings | None = None) -> Flask:
    """Build the application. Raises `SettingsError` where a setting is unknown or wrong."""
    settings = settings or Settings.load()
    logs.set_up(settings)
    app = Flask(__name__, instance_path=str(settings.data_dir))
    app.config["OUTREACH"] = settings
    _open_database(app, settings)
    i18n.init_app(app)
    security.init_app(app)
    uploading.init_app(app)
    _add_rooms(app)
    installation.init_app(app)
    return app


def _open_database(app: Flask, settings: Settings) -> None:
    settings.make_data_dir()
    app.config["SQLALCHEMY_DATABASE_URI"] = settings.database_address
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = engine_options(settings.database_address)
    db.init_app(app)
    store.init_app(app)
    numbers.init_app(app)


def _add_figures(app: Flask) -> None:
    app.register_blueprint(uptake_pages.blueprint)
    app.register_blueprint(board_pages.blueprint)
    app.register_blueprint(reminders_pages.blueprint)
    app.register_blueprint(fieldwork_pages.blueprint)
    app.register_blueprint(compare_pages.blueprint)
    app.register_blueprint(reports_pages.blueprint)
    app.register_blueprint(area_pages.blueprint)
    app.register_blueprint(area_counts_pages.blueprint)
    app.register_blueprint(boundaries_pages.blueprint)
    app.register_blueprint(drive_map_pages.blueprint)
    app.register_blueprint(league_pages.blueprint)


def _add_administration(app: Flask) -> None:
    app.register_blueprint(targets_pages.blueprint)
    app.register_blueprint(people_pages.blueprint)
    app.register_blueprint(organisations_pages.blueprint)
    app.register_blueprint(routes_pages.blueprint)
    app.register_blueprint(route_checks_pages.blueprint)
    app.register_blueprint(apps_pages.blueprint)
    app.register_blueprint(areas_pages.blueprint)
    app.register_blueprint(area_conversions_pages.blueprint)
    app.register_blueprint(rules_pages.blueprint)
    app.register_blueprint(audit_pages.blueprint)


def _add_commands(app: Flask) -> None:
    """The command line of every room."""
    app.cli.add_command(serve_command.serve)
    app.cli.add_command(migrations_command.command)
    app.cli.add_command(doctor_command.doctor)
    app.cli.add_command(backup_commands.backup)
    app.cli.add_command(backup_commands.restore)
    app.cli.add_command(areas_commands.group)
    app.cli.add_command(apps_commands.group)
    app.cli.add_command(targets_commands.group)
    app.cli.add_command(uptake_commands.group)
    app.cli.add_command(organisations_commands.group)
    app.cli.add_command(users_commands.group)
    app.cli.add_command(tokens_commands.group)
    app.cli.add_command(subscribers_commands.group)
    app.cli.add_command(opt_outs_commands.group)
    app.cli.add_command(phones_commands.phones_cli)
    app.cli.add_command(wording_commands.wording_cli)
    app.cli.add_command(audit_commands.group)
    app.cli.add_command(keys_commands.group)
    app.cli.add_command(routes_check_command.group)  # `routes` with all its commands
    app.cli.add_command(campaigns_commands.group)
    app.cli.add_command(lotteries_commands.group)
    app.cli.add_command(orders_commands.group)
    app.cli.add_command(compare_command.compare)
    app.cli.add_command(report_commands.group)
    app.cli.add_command(reminders_commands.group)
    app.cli.add_command(worker_commands.worker)
    app.cli.add_command(worker_commands.tick)
    app.cli.add_command(example_commands.group)


def _add_rooms(app: Flask) -> None:
    """Register each room's pages and commands; a room adds its line here."""
    shell.init_app(app)
    todo.register(app, *campaigns_todo.SOURCES, reports_todo.due, reports_todo.overtaken)
    health.init_app(app, presence.count_workers)
    app.register_blueprint(health_pages.blueprint)
    app.register_blueprint(account_pages.blueprint)
    app.register_blueprint(metrics_pages.blueprint)
    app.register_blueprint(campaigns_pages.blueprint)
    app.register_blueprint(calendar_pages.blueprint)
    app.register_blueprint(doubts_pages.blueprint)
    app.register_blueprint(unreached_pages.blueprint)
    app.register_blueprint(compose_pages.blueprint)
    app.register_blueprint(lotteries_pages.blueprint)
    app.register_blueprint(orders_pages.blueprint)
    app.register_blueprint(test_sends_pages.blueprint)
    app.register_blueprint(lists_pages.blueprint)
    app.register_blueprint(list_people_pages.blueprint)
    app.register_blueprint(twilio_pages.blueprint)
    api_pages.init_app(app)
    _add_figures(app)
    _add_administration(app)
    _add_commands(app)
    wiring.init_app(app)
