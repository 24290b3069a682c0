"""Facts of the installation: kept, forgotten, and the example's clock set from them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask

from app import create_app
from outreach import clock, installation
from outreach.database import db, transaction
from outreach.errors import Refused
from outreach.settings import Settings

BACK = timedelta(days=-2288, microseconds=1)


def test_a_fact_is_kept_changed_and_forgotten(app: Flask) -> None:
    assert installation.get("word") is None
    installation.put("word", "một")
    installation.put("word", "hai")
    assert installation.get("word") == "hai"
    installation.remove("word")
    installation.remove("word")
    assert installation.get("word") is None


def test_a_fact_goes_with_the_transaction_it_was_put_in(app: Flask) -> None:
    with pytest.raises(ZeroDivisionError), transaction():
        installation.put("word", "một")
        raise ZeroDivisionError
    assert installation.get("word") is None


def test_a_process_that_starts_lives_by_the_offset_that_was_kept(
    app: Flask, settings: Settings
) -> None:
    installation.keep_clock_offset(BACK)
    db.session.remove()
    assert abs(clock.now() - clock.real_now()) < timedelta(seconds=1)
    other = create_app(settings)
    assert abs(clock.now() - clock.real_now() - BACK) < timedelta(seconds=1)
    with other.app_context():
        db.engine.dispose()


def test_one_that_started_while_the_database_was_away_sets_it_later(app: Flask) -> None:
    installation.keep_clock_offset(BACK)
    app.test_client().get("/login")
    assert abs(clock.now() - clock.real_now() - BACK) < timedelta(seconds=1)


def test_no_example_goes_over_real_people(app: Flask, culture: object) -> None:
    with pytest.raises(Refused, match="OUTREACH_DATA_DIR"):
        installation.refuse_if_used()
