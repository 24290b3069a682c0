"""How transactions end, also when the database cuts the connection under them."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from outreach.database import db, let_go
from outreach.settings import Settings
from tests.databases import cut_connections

on_postgresql = pytest.mark.parametrize("database", ["postgresql"], indirect=True)


@on_postgresql
def test_a_session_whose_connection_was_cut_is_let_go_and_works_again(
    app: Flask, settings: Settings
) -> None:
    db.session.execute(text("SELECT 1"))
    cut_connections(settings.database_url)
    let_go()
    assert db.session.scalar(text("SELECT 2")) == 2


@on_postgresql
def test_a_statement_cut_off_is_an_error_and_the_next_one_works(
    app: Flask, settings: Settings
) -> None:
    db.session.execute(text("SELECT 1"))
    cut_connections(settings.database_url)
    with pytest.raises(OperationalError):
        db.session.execute(text("SELECT 1"))
    let_go()
    assert db.session.scalar(text("SELECT 2")) == 2
