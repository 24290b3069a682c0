"""Groups of a cell: by code or name, several at once; mistakes and health data named."""

from __future__ import annotations

import pytest

from outreach.lists.groups import GroupReader, GroupReason
from outreach.subscribers import DEFAULT_GROUPS, Group

GROUPS = [
    Group(code=code, name=name, bit=bit, restricted=restricted)
    for bit, (code, name, restricted) in enumerate(DEFAULT_GROUPS)
]


@pytest.mark.parametrize(
    ("cell", "bits"),
    [
        ("", 0b1),
        ("public", 0b1),
        ("Người dân", 0b1),
        ("  GIÁO VIÊN ", 0b100),
        ("giao vien", 0b100),
        ("cán bộ, giáo viên", 0b110),
        ("teachers; parents|Y tế", 0b11100),
        ("teachers,,", 0b100),
    ],
)
def test_a_cell_names_groups_by_code_or_name(cell: str, bits: int) -> None:
    assert GroupReader(GROUPS, restricted_allowed=False).bits(cell) == bits


def test_an_unknown_group_is_named() -> None:
    reader = GroupReader(GROUPS, restricted_allowed=True)

    assert reader.bits("giáo viên, nhà thơ") == (GroupReason.UNKNOWN, "nhà thơ")


@pytest.mark.parametrize("cell", ["quarantined", "Người cách ly", "giáo viên + chờ xét nghiệm"])
def test_health_data_is_taken_only_where_that_is_allowed(cell: str) -> None:
    refused = GroupReader(GROUPS, restricted_allowed=False).bits(cell)

    assert not isinstance(refused, int)
    assert refused[0] is GroupReason.RESTRICTED
    assert isinstance(GroupReader(GROUPS, restricted_allowed=True).bits(cell), int)
