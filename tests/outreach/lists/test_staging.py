"""Parts of a list: each holds a stretch of the numbers in their sealed order."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from outreach.lists import staging

SEALED = st.binary(min_size=27, max_size=27).map(lambda rest: b"\x01" + rest)


@given(st.lists(SEALED, min_size=2), st.integers(1, 4096))
def test_parts_follow_each_other_as_the_numbers_do(sealed: list[bytes], parts: int) -> None:
    found = [staging.part_of(each, parts) for each in sorted(sealed)]
    assert found == sorted(found)
    assert all(0 <= part < parts for part in found)


def test_numbers_are_spread_over_all_parts() -> None:
    step = 2**32 // 16
    found = {staging.part_of(b"\x01" + (n * step).to_bytes(4) + b"x" * 23, 16) for n in range(16)}
    assert found == set(range(16))
