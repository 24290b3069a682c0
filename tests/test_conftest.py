"""The fixtures themselves: a test starts on an empty database and an empty Valkey."""

from __future__ import annotations

import pytest
from flask import Flask
from redis import Redis

from outreach import installation, schema, store
from outreach.database import db


@pytest.mark.parametrize("turn", [1, 2])
def test_what_a_test_wrote_is_gone_in_the_next(app: Flask, redis: Redis, turn: int) -> None:
    assert installation.get("turn") is None
    assert redis.get("turn") is None
    installation.put("turn", str(turn))
    redis.set("turn", turn)
    assert installation.get("turn") == str(turn)
    assert store.current().get("turn") == str(turn).encode()


def test_the_database_of_a_test_counts_as_migrated(app: Flask) -> None:
    assert schema.is_current(db.engine)
