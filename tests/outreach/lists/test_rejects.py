"""The file of rows that could not be used."""

import csv
import io

import pytest

from outreach.lists.rejects import Reject, write
from outreach.phones import clean


def written(*rejects: Reject) -> list[list[str]]:
    file = io.BytesIO()
    assert write(file, rejects) == len(rejects)
    assert file.getvalue().startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(file.getvalue().decode("utf-8-sig"))))


def test_each_reject_says_row_column_value_and_why() -> None:
    reject = Reject(7, "SĐT", "0277 3851234", "landline", "a landline")
    assert written(reject)[1] == ["7", "SĐT", "0277 3851234", "landline", "a landline"]
    assert written() == [["row", "column", "value", "reason", "what to do"]]


@pytest.mark.parametrize("value", ["=1+1", "+8491", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_a_value_that_would_be_computed_is_made_harmless(value: str) -> None:
    assert written(Reject(2, value, value, "too_short", "…"))[1][1:3] == ["'" + value] * 2


def test_a_number_made_harmless_is_still_that_number() -> None:
    assert clean(written(Reject(2, "SĐT", "+84912345678", "x", "y"))[1][2]).e164 == "+84912345678"
