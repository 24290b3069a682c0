"""A commune that took others in, in the browser: from what, until when, and what is not known."""

from __future__ import annotations

from datetime import date

import pytest

from outreach.area_changes import WHOLE, AreaChange
from outreach.database import transaction
from tests.chromium import PHONE, assert_sound
from tests.drive import Drive, at

pytestmark = pytest.mark.browser


def test_a_merged_commune(visit, drive: Drive, client_as: int):
    one, other = drive.land.commune, drive.land.other_commune
    with transaction() as session:
        for old, share in ((one, None), (other, WHOLE)):
            change = AreaChange(
                old_id=old, new_id=other, share=share, day=date(2020, 8, 19), source="NQ 1663"
            )
            session.add(change)
    for day in (16, 17, 18):
        drive.report(300 + day, f"{day}/8 14:00")
        drive.report(200 + day, f"{day}/8 14:00", other)
    at("20/8 15:30")
    client = client_as(drive.staff)
    for path in (f"/areas/{other}", f"/figures/{drive.land.district}?day=2020-08-18"):
        page = visit.open(path, width=PHONE, client=client)
        page.get_by_text("≥\N{NO-BREAK SPACE}218").first.wait_for()
        assert_sound(page)
