from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from outreach.collation import vietnamese_key


def test_names_stand_in_vietnamese_order() -> None:
    ordered = [
        "An Bình",
        "Ấn Độ",
        "Bà Rịa",
        "Bạc Liêu",
        "Cần Thơ",
        "Dầu Tiếng",
        "Đà Nẵng",
        "Đồng Tháp",
        "Ea H'leo",
        "Hòa Bình",
        "Ô Môn",
        "Phường 2",
        "Phường 10",
    ]
    backwards = ordered[::-1]
    assert sorted(backwards, key=vietnamese_key) == ordered


def test_tones_decide_last_in_the_order_of_dictionaries() -> None:
    ordered = ["ma", "mà", "mả", "mã", "má", "mạ", "man", "mă"]
    backwards = ordered[::-1]
    assert sorted(backwards, key=vietnamese_key) == ordered
    assert vietnamese_key("Tà An") < vietnamese_key("Ta Bình")


@given(st.text())
def test_any_text_has_a_key_whatever_its_normal_form(text: str) -> None:
    composed = unicodedata.normalize("NFC", text)
    decomposed = unicodedata.normalize("NFD", text)
    assert vietnamese_key(composed)[:2] == vietnamese_key(decomposed)[:2]
