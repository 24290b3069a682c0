"""Segments: what a text is billed as, and where it is cut."""

import itertools
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.segments import ALONE, GSM_7, JOINED, UCS_2, count, cut_needed, split
from outreach import gsm7
from outreach.text import nfc, strip_marks

HAI_DUONG = (
    "BCĐ phòng, chống Covid-19 tỉnh Hải Dương đề nghị toàn bộ người dân cài đặt ứng dụng Bluezone "
    "trên điện thoại thông minh và mời người thân cùng cài đặt để có thể truy vết nhanh chóng các "
    "trường hợp tiếp xúc gần với người nhiễm, nghi nhiễm Covid-19, góp phần khoanh vùng, dập dịch "
    "một cách nhanh chóng, hiệu quả. Cài đặt tại https://bluezone.gov.vn/taiapp"
)
DA_NANG = (
    "Dịch bệnh diễn biến phức tạp khi có ca nhiễm mới từ cộng đồng. Bộ Thông tin và Truyền thông "
    "và Bộ Y tế đề nghị tất cả người dân có máy điện thoại thông minh trên địa bàn Đà Nẵng cài đặt "
    "ứng dụng Bluezone. Ứng dụng sẽ cảnh báo nguy cơ lây nhiễm COVID-19, giúp bảo vệ bản thân và "
    "gia đình . Cài đặt ngay tại http://www.bluezone.gov.vn"
)

gsm_text = st.text(st.sampled_from(sorted(gsm7.BASIC | gsm7.ESCAPED)), max_size=500)
long_text = st.one_of(
    gsm_text,
    st.text(st.sampled_from("ạ{€😀a "), max_size=400),
    st.text(max_size=200),
)


def units(text: str, encoding: str) -> int:
    """Counted in another way than the module does."""
    if encoding == GSM_7:
        return len(gsm7.encode(text))
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


@pytest.mark.parametrize(
    ("text", "total", "with_marks", "without"),
    [(HAI_DUONG, 353, 6, 3), (DA_NANG, 332, 5, 3)],
    ids=["Hải Dương 2021", "Đà Nẵng 2020"],
)
def test_texts_that_were_sent_count_as_the_carrier_billed_them(
    text: str, total: int, with_marks: int, without: int
) -> None:
    counted = count(text)
    assert (counted.encoding, counted.units, counted.segments) == (UCS_2, total, with_marks)
    stripped = count(strip_marks(text))
    assert (stripped.encoding, stripped.segments, stripped.forcing) == (GSM_7, without, [])


def test_the_decomposed_form_is_counted_as_the_composed() -> None:
    decomposed = unicodedata.normalize("NFD", DA_NANG)
    assert len(decomposed) > len(DA_NANG)
    assert count(decomposed) == count(DA_NANG)


@pytest.mark.parametrize(
    ("text", "encoding", "total", "segments"),
    [
        ("", GSM_7, 0, 0),
        ("a" * 160, GSM_7, 160, 1),
        ("a" * 161, GSM_7, 161, 2),
        ("a" * 306, GSM_7, 306, 2),
        ("a" * 307, GSM_7, 307, 3),
        ("ạ" * 70, UCS_2, 70, 1),
        ("ạ" * 71, UCS_2, 71, 2),
        ("ạ" * 134, UCS_2, 134, 2),
        ("ạ" * 135, UCS_2, 135, 3),
        ("{" * 80, GSM_7, 160, 1),
        ("{" * 81, GSM_7, 162, 2),
        ("{" * 153, GSM_7, 306, 3),  # 76 pairs a segment: 153 is odd
        ("😀" * 35, UCS_2, 70, 1),
        ("😀" * 67, UCS_2, 134, 3),  # 33 pairs a segment: 67 is odd
    ],
)
def test_limits_and_pairs_that_are_never_split(
    text: str, encoding: str, total: int, segments: int
) -> None:
    counted = count(text)
    assert (counted.encoding, counted.units, counted.segments) == (encoding, total, segments)


def test_the_characters_that_force_ucs2_are_named_once_each_in_order() -> None:
    assert count("à tạ ờ ạ É `").forcing == ["ạ", "ờ", "`"]
    assert count("à è é ì ò ù É ^{}\\[~]|€").forcing == []


@given(long_text)
def test_segments_joined_are_the_text_and_each_fits(text: str) -> None:
    counted, pieces = count(text), split(text)
    assert "".join(pieces) == nfc(text)
    assert len(pieces) == counted.segments
    limit = (ALONE if len(pieces) == 1 else JOINED)[counted.encoding]
    assert all(0 < units(piece, counted.encoding) <= limit for piece in pieces)
    assert sum(units(piece, counted.encoding) for piece in pieces) == counted.units


@given(long_text)
def test_no_segment_could_have_taken_the_next_character(text: str) -> None:
    counted, pieces = count(text), split(text)
    if len(pieces) > 1:
        for piece, following in itertools.pairwise(pieces):
            more = units(piece + following[0], counted.encoding)
            assert more > JOINED[counted.encoding]


@given(long_text.filter(lambda text: "\u0300" not in text))
def test_the_cut_that_is_asked_for_saves_one_segment_and_no_smaller_does(text: str) -> None:
    text = nfc(text)
    counted = count(text)
    cut = cut_needed(text)
    if counted.segments < 2:
        assert cut == 0
        return
    kept = text
    while units(kept, counted.encoding) > counted.units - cut:
        kept = kept[:-1]
    limit = ALONE if counted.segments == 2 else JOINED
    longest = limit[counted.encoding] * (counted.segments - 1)
    assert units(kept, counted.encoding) <= longest
    assert 0 < cut < counted.units
    assert count(kept).segments < counted.segments


def test_a_cut_to_a_wanted_number_of_segments() -> None:
    assert cut_needed(DA_NANG) == 332 - 4 * 67
    assert cut_needed(DA_NANG, 1) == 332 - 70
    assert cut_needed(DA_NANG, 5) == 0
    with pytest.raises(ValueError, match="less than one"):
        cut_needed(DA_NANG, 0)
