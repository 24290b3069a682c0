"""A lottery for tests: six communes of Hồng Ngự in three waves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest

from campaigns import lottery_draw
from campaigns.lotteries import Lottery
from campaigns.lottery_draw import Plan
from outreach import areas, clock
from outreach.area_names import Level
from outreach.areas import Area
from outreach.database import db, transaction
from tests.people import bluezone
from tests.stage import Stage

SEED = "07 23 41 88"
"""By it 29989 and 29983 come first, 30001 and 30013 second, 30007 and 29971 last."""
WITNESSES = "Nhà văn hóa huyện, ông A và bà B"
MORE = ("29989", "30001", "30007", "30013")


def commune(code: str, parent_id: int) -> int:
    """One more commune, by its id."""
    with transaction() as session:
        area = Area(
            area_list=2020,
            code=code,
            level=Level.COMMUNE,
            kind="Xã",
            name=f"Xã số {code}",
            parent_id=parent_id,
        )
        session.add(area)
        session.flush()
        return area.id


def days(first: int = 0, gap: int = 14, count: int = 3) -> list[date]:
    """The days of waves, from so many days after today on."""
    today = clock.local(clock.now()).date()
    return [today + timedelta(days=first + gap * each) for each in range(count)]


def plan(stage: Stage, codes: Sequence[str] = ("870",), **changes: Any) -> Plan:
    """What is drawn: the communes of Hồng Ngự, in three waves from today on."""
    values: dict[str, Any] = {
        "name": "Ba đợt Hồng Ngự",
        "organisation_id": stage.owner.id,
        "app": bluezone(),
        "areas": areas.each_by_code(codes),
        "level": Level.COMMUNE,
        "dates": days(),
    }
    return Plan(**values | changes)


def drawn(stage: Stage, codes: Sequence[str] = ("870",), **changes: Any) -> Lottery:
    """The same, drawn with the seed of tests."""
    given = plan(stage, codes, **changes)
    return lottery_draw.draw(given, seed=SEED, witnesses=WITNESSES, actor_id=stage.approver.id)


@pytest.fixture
def six(stage: Stage) -> dict[str, int]:
    """The ids of six communes of Hồng Ngự, by their codes."""
    ids = {code: commune(code, stage.land.district) for code in MORE}
    db.session.rollback()
    return {"29971": stage.land.commune, "29983": stage.land.other_commune} | ids
