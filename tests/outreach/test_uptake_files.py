"""Days as people and spreadsheets write them; whole files are in test_uptake_imports."""

from __future__ import annotations

from datetime import date

import pytest

from outreach import uptake_files
from tests.drive import TODAY


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("20/8/2020", date(2020, 8, 20)),
        ("20-08-2020", date(2020, 8, 20)),
        ("20.8.2020", date(2020, 8, 20)),
        ("2020-08-20 00:00:00", date(2020, 8, 20)),
        ("Ngày 20/8/2020", date(2020, 8, 20)),
        ("20/8", date(2020, 8, 20)),
        ("21/8", date(2019, 8, 21)),
        (date(2020, 8, 20), date(2020, 8, 20)),
        ("8/20/2020", None),
        ("20/8/20", None),
        ("30/2/2020", None),
        ("hôm nay", None),
        ("", None),
    ],
)
def test_a_day_as_people_write_it(written: object, day: date | None) -> None:
    assert uptake_files.day_of(written, TODAY) == day
