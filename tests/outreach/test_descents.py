from __future__ import annotations

from outreach import areas, descents
from outreach.area_names import Level
from outreach.areas import Area
from outreach.database import transaction
from tests.people import Land


def test_a_descent_is_of_each_area_with_all_below_it_down_to_hamlets(land: Land) -> None:
    with transaction() as session:
        hamlet = Area(
            area_list=2020, code="H1", level=Level.HAMLET, kind="Ấp", name="Ấp 1",
            parent_id=land.commune,
        )  # fmt: skip
        session.add(hamlet)
        session.flush()
        hamlet_id = hamlet.id
    found = descents.of([land.district, land.commune])
    assert len(found) == len(set(found))
    of_district = {id_ for start, id_ in found if start == land.district}
    assert {land.district, land.commune, hamlet_id} <= of_district
    assert {id_ for start, id_ in found if start == land.commune} == {land.commune, hamlet_id}
    below = areas.communes_below([land.province, land.commune])
    assert hamlet_id not in below[land.province]
    assert land.commune not in below
