"""A kept file's columns: recognised, shown with masked examples, tried on its first rows."""

from __future__ import annotations

import io

import pytest

from outreach.errors import Refused
from outreach.lists import columns, uploads
from outreach.lists.trying import Trial
from outreach.lists.uploads import Choices
from outreach.organisations import Organisation
from outreach.subscribers import SubscriberList
from tests.outreach.lists.conftest import PURPOSE

ROWS = (
    "STT;SĐT;Họ tên;Xã\n"
    "1;0912345678;Nguyễn Văn A;Long Thuận\n"
    "2;0912345679;Trần B;29992\n"
    "3;1900;Lê C;Long Thuận\n"
)


def keep(carrier: Organisation, content: str = ROWS) -> SubscriberList:
    return uploads.keep(io.BytesIO(content.encode()), "ds.csv", carrier.id, PURPOSE, actor_id=None)


def test_columns_are_guessed_and_shown_with_masked_examples(carrier: Organisation) -> None:
    look = columns.look(keep(carrier))
    assert look.guesses == {"phone": "SĐT", "area": "Xã", "name": "Họ tên"}
    assert [c.heading for c in look.columns] == ["STT", "SĐT", "Họ tên", "Xã"]
    assert look.columns[1].examples == ["09•• ••• 678", "09•• ••• 679", "1900"]
    assert look.columns[3].examples == ["Long Thuận", "29992"]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("0912345678", "09•• ••• 678"),
        ("+84 912 345 678", "09•• ••• 678"),
        ("0912.345.678 (chị Lan)", "•••678 (chị Lan)"),
        ("CMND 341234567", "CMND •••567"),
        ("xã Long Thuận", "xã Long Thuận"),
        ("29992", "29992"),
        ("2020-08-18", "2020-08-18"),
        ("x" * 50, "x" * 40 + "…"),
    ],
)
def test_no_whole_number_is_shown_whatever_the_column(value: str, shown: str) -> None:
    assert columns.masked(value) == shown


def test_a_file_with_headings_nobody_knows_is_kept_and_guessed_nothing(
    carrier: Organisation,
) -> None:
    look = columns.look(keep(carrier, "A;B\n0912345678;Long Thuận\n"))
    assert (look.guesses, [c.heading for c in look.columns]) == ({}, ["A", "B"])


def test_the_first_rows_are_tried(carrier: Organisation) -> None:
    trial = columns.try_first(keep(carrier), Choices({"phone": "SĐT", "area": "Xã"}))
    assert isinstance(trial, Trial)
    assert (trial.read, trial.added, trial.rejected) == (3, 2, 1)


def test_only_so_many_rows_are_tried(
    carrier: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(columns, "JUDGED", 2)
    trial = columns.try_first(keep(carrier), Choices())
    assert isinstance(trial, Trial)
    assert trial.read == 2


def test_what_could_not_be_imported_says_why(carrier: Organisation) -> None:
    refused = columns.try_first(keep(carrier), Choices({"phone": "no such", "area": "Xã"}))
    assert isinstance(refused, Refused)
    assert "no such" in refused.sentence


def test_phones_and_areas_must_be_chosen_and_no_column_twice() -> None:
    assert set(columns.missing({})) == {"phone", "area"}
    assert columns.missing({"phone": "A", "area": "B", "name": ""}) == {}
    twice = columns.missing({"phone": "A", "area": "B", "name": "B"})
    assert set(twice) == {"area", "name"}
