"""Lists and groups: what every installation begins with, and a list that is not there."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select

from outreach.database import db, write_connection
from outreach.errors import Refused
from outreach.subscribers import DEFAULT_GROUPS, Group, add_default_groups, list_by_id


def test_groups_are_there_once_whoever_adds_them_again(app: Flask) -> None:
    with write_connection(db.engine) as connection:
        add_default_groups(connection)

    groups = list(db.session.scalars(select(Group).order_by(Group.bit)))
    assert [(g.code, g.name, g.restricted) for g in groups] == list(DEFAULT_GROUPS)
    assert [g.code for g in groups if g.restricted] == ["quarantined", "awaiting_test"]


def test_a_list_that_is_not_there_is_refused(app: Flask) -> None:
    with pytest.raises(Refused) as refused:
        list_by_id(7)
    assert refused.value.field == "list"
