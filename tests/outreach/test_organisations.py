"""Carriers and offices."""

from __future__ import annotations

import pytest
from flask import Flask

from outreach import organisations
from outreach.errors import Refused
from outreach.organisations import Kind


def test_an_added_organisation_is_found_and_noted(app: Flask) -> None:
    added = organisations.add("  VNPT   Đồng Tháp ", Kind.CARRIER, "vinaphone", actor_id=None)
    assert organisations.by_id(added.id).name == "VNPT Đồng Tháp"
    assert [one.id for one in organisations.every()] == [added.id]


def test_a_name_is_taken_whatever_its_case(app: Flask) -> None:
    organisations.add("Sở Y tế", Kind.HEALTH, actor_id=None)
    with pytest.raises(Refused, match="already") as refused:
        organisations.add("SỞ Y TẾ", Kind.HEALTH, actor_id=None)
    assert refused.value.field == "name"
    assert len(organisations.every()) == 1


@pytest.mark.parametrize("name", ["", "   ", "x" * 121])
def test_a_name_has_1_to_120_letters(app: Flask, name: str) -> None:
    with pytest.raises(Refused):
        organisations.add(name, Kind.OFFICE, actor_id=None)


def test_a_carrier_needs_a_network_and_an_office_has_none(app: Flask) -> None:
    with pytest.raises(Refused, match="needs its network"):
        organisations.add("VNPT", Kind.CARRIER, actor_id=None)
    with pytest.raises(Refused, match="Only a carrier"):
        organisations.add("Sở Y tế", Kind.HEALTH, "viettel", actor_id=None)


def test_an_unknown_id_is_refused_by_name(app: Flask) -> None:
    with pytest.raises(Refused, match="no organisation 7"):
        organisations.by_id(7)
