from __future__ import annotations

import pytest
from flask import Flask

from outreach import apps
from outreach.errors import Refused


def test_an_app_is_found_by_its_code_in_any_case(app: Flask) -> None:
    added = apps.add(" bluezone ", "Bluezone", "https://bluezone.gov.vn", actor_id=None)
    assert added.code == "BLUEZONE"
    assert apps.by_code("Bluezone").id == added.id
    assert [one.code for one in apps.every()] == ["BLUEZONE"]


@pytest.mark.parametrize(
    ("code", "name", "link", "field"),
    [
        ("", "A", "https://a.vn", "code"),
        ("1A", "A", "https://a.vn", "code"),
        ("ỨNG DỤNG", "A", "https://a.vn", "code"),
        ("A" * 25, "A", "https://a.vn", "code"),
        ("A", "  ", "https://a.vn", "name"),
        ("A", "A" * 81, "https://a.vn", "name"),
        ("A", "A", "bluezone.gov.vn", "link"),
        ("A", "A", "javascript:alert(1)", "link"),
        ("A", "A", "https://", "link"),
    ],
)
def test_a_bad_app_is_refused_at_its_field(
    app: Flask, code: str, name: str, link: str, field: str
) -> None:
    with pytest.raises(Refused) as refused:
        apps.add(code, name, link, actor_id=None)
    assert refused.value.field == field
    assert apps.every() == []


def test_a_second_app_of_a_code_and_an_unknown_one_are_refused(app: Flask) -> None:
    apps.add("NCOVI", "NCOVI", "https://ncovi.vn", actor_id=None)
    with pytest.raises(Refused, match="NCOVI"):
        apps.add("ncovi", "Khác", "https://ncovi.vn", actor_id=None)
    with pytest.raises(Refused, match="SMART"):
        apps.by_code("SMART")
