"""What a form writes for an area is understood when it comes back."""

from __future__ import annotations

from flask import Flask

from outreach import area_choice, areas
from tests.people import Land


def test_what_a_form_wrote_names_the_same_area(app: Flask, land: Land) -> None:
    assert area_choice.written(None) == ""
    written = area_choice.written(land.commune)
    assert written == f"{areas.code_of(land.commune)} Xã Long Khánh A"
    found = area_choice.chosen(written)
    assert found is not None and found.id == land.commune


def test_a_code_with_another_name_is_no_clear_word(app: Flask, land: Land) -> None:
    found = area_choice.find(f"{areas.code_of(land.commune)} Xã Long Khánh")
    assert [area.id for area in found] != [land.commune]
