"""Trying a list: the figures an import would have, and nothing written."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from outreach.database import db
from outreach.errors import Refused
from outreach.lists import trying
from outreach.lists.uploads import Choices
from outreach.numbers import Number
from outreach.organisations import Organisation
from tests.outreach.lists.conftest import Receive

ROWS = "phone,area\n0912345678,29992\n0912345679,29992\n+84912345678,29992\n1900,29992\n"


def test_a_trial_counts_as_an_import_would_and_writes_nothing(
    app: Flask, carrier: Organisation, tmp_path: Path
) -> None:
    path = tmp_path / "list.csv"
    path.write_text(ROWS)

    trial = trying.try_list(path, carrier.id, Choices())

    assert (trial.read, trial.added, trial.joined, trial.rejected) == (4, 2, 1, 1)
    assert [(e.row, e.code) for e in trial.examples] == [(5, "too_short")]
    assert not app.config["OUTREACH"].key_path.exists()
    assert db.session.scalar(select(func.count()).select_from(Number)) == 0


def test_a_trial_knows_who_is_listed_already(
    bring_in: Receive, carrier: Organisation, viettel: Organisation, tmp_path: Path
) -> None:
    bring_in(ROWS)
    path = tmp_path / "list.csv"
    path.write_text(ROWS + "0912345670,29992\n")

    trial = trying.try_list(path, carrier.id, Choices())
    assert (trial.added, trial.joined) == (1, 3)
    assert trying.try_list(path, viettel.id, Choices()).added == 3


def test_a_list_that_an_import_refuses_is_refused(carrier: Organisation, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("phone,name\n0912345678,A\n")

    with pytest.raises(Refused):
        trying.try_list(path, carrier.id, Choices())
