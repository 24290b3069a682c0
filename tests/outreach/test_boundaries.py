"""Boundaries: kept by upload, the newest in force counts, and a withdrawn one no longer does."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from outreach import boundaries
from outreach.accounts import User
from outreach.areas import Area
from outreach.audit import AuditRow
from outreach.boundaries import BoundaryUpload
from outreach.database import db
from outreach.errors import Refused
from tests.outreach.test_boundary_files import SQUARE, content, feature
from tests.people import Land


def upload(land: Land, who: User, *codes: str, source: str = "Sở TN&MT, 2019") -> BoundaryUpload:
    file = content(*(feature(code=code, name="Sai tên nào đó") for code in codes))
    district = db.session.get_one(Area, land.district)
    return boundaries.take(file, "xa.geojson", "commune", source, district, who.id)


def test_an_outline_comes_back_as_it_was(land: Land, culture: User) -> None:
    made = upload(land, culture, "29971", "1")
    assert (made.taken, made.features, made.source) == (1, 2, "Sở TN&MT, 2019")
    assert [reject.number for reject in made.rejects] == [2]
    drawing = boundaries.of_areas([land.commune, land.other_commune])
    (ring,) = drawing.rings[land.commune]
    assert {tuple(place) for place in SQUARE} == set(ring)
    assert land.other_commune not in drawing.rings
    assert [each.id for each in drawing.uploads] == [made.id]


def test_areas_that_a_file_holds_nothing_of_are_named(land: Land, culture: User) -> None:
    made = upload(land, culture, "29971")
    assert [area.id for area in boundaries.left_out(made)] == [land.other_commune]
    assert boundaries.left_out(upload(land, culture, "29971", "29983")) == []


def test_the_newest_in_force_counts_and_withdrawing_brings_back_the_one_before(
    land: Land, culture: User
) -> None:
    first = upload(land, culture, "29971", "29983")
    second = upload(land, culture, "29971", source="Đo lại, 2020")
    both = [land.commune, land.other_commune]
    assert [each.id for each in boundaries.of_areas(both).uploads] == [first.id, second.id]
    boundaries.withdraw(second, culture.id)
    assert [each.id for each in boundaries.of_areas(both).uploads] == [first.id]
    boundaries.withdraw(first, culture.id)
    assert boundaries.of_areas(both) == ({}, ())
    with pytest.raises(Refused, match="withdrawn already"):
        boundaries.withdraw(first, culture.id)
    assert len(boundaries.every(land.district)) == 2, "both stay to be read"
    assert boundaries.every(land.next_district) == []


def test_who_did_it_is_in_the_trail(land: Land, culture: User) -> None:
    boundaries.withdraw(upload(land, culture, "29971"), culture.id)
    rows = db.session.scalars(select(AuditRow).order_by(AuditRow.id.desc()).limit(2)).all()
    assert [row.act for row in rows] == ["boundary.withdraw", "boundary.upload"]
    assert all(row.actor_id == culture.id for row in rows)
    assert json.loads(rows[1].detail)["taken"] == 1


@pytest.mark.parametrize(
    ("level", "source", "field"),
    [
        ("hamlet", "Sở", "level"),
        ("", "Sở", "level"),
        ("commune", "  ", "source"),
        ("commune", "S\0", "source"),
    ],
)
def test_a_form_that_is_not_filled_in_is_refused(
    land: Land, culture: User, level: str, source: str, field: str
) -> None:
    with pytest.raises(Refused) as refused:
        boundaries.take(content(feature(code="29971")), "x", level, source, None, culture.id)
    assert refused.value.field == field
