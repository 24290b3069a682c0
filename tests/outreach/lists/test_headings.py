"""Headings: recognised however they are spelt, mapped by hand, never guessed between two."""

import pytest

from outreach.errors import Refused
from outreach.lists.headings import Vocabulary, key, recognise


@pytest.mark.parametrize(
    "heading",
    [
        "phone",
        "SĐT",
        "sdt",
        "Số điện thoại",
        "so_dien_thoai",
        "MSISDN",
        "Số ĐT:",
        "  SỐ  ĐIỆN THOẠI ",
    ],
)
def test_a_column_of_phones_is_recognised(heading: str) -> None:
    assert recognise(["STT", heading]).places == {"phone": 1}


@pytest.mark.parametrize(
    ("heading", "meaning"),
    [
        ("Xã", "area"),
        ("Phường", "area"),
        ("Mã xã", "area"),
        ("ĐỊA CHỈ", "area"),
        ("area", "area"),
        ("Họ tên", "name"),
        ("name", "name"),
        ("Nhóm", "group"),
        ("group", "group"),
    ],
)
def test_other_columns_are_recognised(heading: str, meaning: str) -> None:
    assert recognise(["sdt", heading]).places == {"phone": 0, meaning: 1}


def test_decomposed_headings_are_the_same() -> None:
    assert key("So\u0302\u0301 \u0111ie\u0323\u0302n thoa\u0323i") == "sodienthoai"


def test_a_mapping_goes_before_what_is_recognised() -> None:
    columns = recognise(["SĐT", "Di động", "Nơi ở"], {"phone": "di dong", "area": "Nơi ở"})
    assert columns.places == {"phone": 1, "area": 2}
    assert columns.value(["a", "b", "c"], "area") == "c"
    assert columns.value(["a"], "area") is None
    assert columns.value(["a", "b", "c"], "group") is None


@pytest.mark.parametrize(
    ("headings", "mapping", "says"),
    [
        (["STT", "Ghi chú"], None, "“STT”, “Ghi chú”"),
        (["STT", "Ghi chú"], {"phone": "Số"}, "no column “Số” for phone"),
        (["SĐT"], {"colour": "SĐT"}, "phone, area, name, group"),
        (["SĐT", "Di động"], None, "“SĐT”, “Di động” could all be phone"),
        (["SĐT", "Xã", "Mã xã"], None, "--map area=COLUMN"),
        (["SĐT", "SĐT"], {"phone": "SĐT"}, "Rename"),
        (["SĐT", "Xã"], {"phone": "SĐT", "name": "SĐT"}, "phone, name"),
    ],
)
def test_what_is_not_clear_is_refused_with_the_columns_there_are(
    headings: list[str], mapping: dict[str, str] | None, says: str
) -> None:
    with pytest.raises(Refused, match=says) as refused:
        recognise(headings, mapping)
    assert refused.value.field == "map"


def test_another_kind_of_list_has_its_own_words() -> None:
    uptake = Vocabulary({"area": frozenset({"xa"}), "installs": frozenset({"soluot"})}, ("area",))
    assert recognise(["Xã", "Số lượt"], vocabulary=uptake).places == {"area": 0, "installs": 1}
