"""Wording: placeholders, and what people of an area get to read."""

import unicodedata
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.wording import PLACEHOLDERS, Place, joined, joined_spelt, parse, render, spelt
from outreach.errors import Refused

LONG_THUAN = Place("xã Long Thuận", "huyện Hồng Ngự", "tỉnh Đồng Tháp")
SINCE_2025 = Place("xã Long Thuận", "", "tỉnh Đồng Tháp")
TEXT = "Kính gửi bà con {xa}, {huyen}, {tinh}: cài {ung_dung} tại {link}."


def refusal(text: str, place: Place = LONG_THUAN, apps: tuple[str, ...] = ("Bluezone",)) -> Refused:
    with pytest.raises(Refused) as refused:
        render(parse(text), place, apps, "https://bluezone.gov.vn")
    assert refused.value.field == "wording"
    return refused.value


def test_every_placeholder_is_filled_for_its_area() -> None:
    text = render(parse(TEXT), LONG_THUAN, ["Bluezone", "NCOVI"], "https://bluezone.gov.vn")
    assert text == (
        "Kính gửi bà con xã Long Thuận, huyện Hồng Ngự, tỉnh Đồng Tháp: "
        "cài Bluezone và NCOVI tại https://bluezone.gov.vn."
    )


def test_marks_are_stripped_after_the_names_are_filled_in() -> None:
    text = render(parse("Gửi {xa}, đi từng ngõ"), LONG_THUAN, [], "", strip=True)
    assert text == "Gui xa Long Thuan, di tung ngo"


def test_what_goes_out_is_composed() -> None:
    decomposed = unicodedata.normalize("NFD", "Gửi {xa}")
    place = Place(unicodedata.normalize("NFD", "xã Long Thuận"), "", "")
    assert render(parse(decomposed), place, [], "") == "Gửi xã Long Thuận"


@pytest.mark.parametrize(
    ("names", "language", "sentence"),
    [
        ([], "vi", ""),
        (["Bluezone"], "vi", "Bluezone"),
        (["Bluezone", "NCOVI"], "vi", "Bluezone và NCOVI"),
        (["Bluezone", "NCOVI", "Smart Thanh Hóa"], "vi", "Bluezone, NCOVI và Smart Thanh Hóa"),
        (["Bluezone", "NCOVI"], "en", "Bluezone and NCOVI"),
    ],
)
def test_several_apps_are_joined_as_a_sentence(
    names: list[str], language: str, sentence: str
) -> None:
    assert joined(names, language) == sentence


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no text"),
        (" \n ", "no text"),
        ("Gửi {ten}", "{ten}"),
        ("Gửi {}", "{}"),
        ("Gửi {xã}", "did you mean {xa}?"),
        ("Gửi {Ứng dụng}", "did you mean {ung_dung}?"),
        ("Gửi {xa", "character 5"),
        ("Gửi xa}", "character 7"),
        ("Gửi {{xa}}", "character 5"),
        ("Gửi {xa} }", "character 10"),
    ],
)
def test_a_wrong_placeholder_is_refused_by_name_and_place(text: str, says: str) -> None:
    assert says in refusal(text).sentence


def test_a_placeholder_empty_for_an_area_is_refused_with_the_areas_name() -> None:
    sentence = refusal(TEXT, place=SINCE_2025).sentence
    assert "{huyen}" in sentence
    assert "xã Long Thuận, tỉnh Đồng Tháp" in sentence


def test_a_text_about_apps_without_an_app_is_refused() -> None:
    assert "{ung_dung}" in refusal("Cài {ung_dung}", apps=()).sentence


def test_an_empty_placeholder_the_text_does_not_use_is_no_matter() -> None:
    assert render(parse("Gửi {xa}"), SINCE_2025, [], "") == "Gửi xã Long Thuận"


def test_the_help_line_and_the_deadline_are_filled_in() -> None:
    text = render(
        parse("Hỏi {dien_thoai}, hạn {han}"),
        LONG_THUAN,
        [],
        "",
        phone="0277 3837 123",
        deadline=date(2020, 8, 31),
    )
    assert text == "Hỏi 0277 3837 123, hạn 31/8/2020"
    for name in ("dien_thoai", "han"):
        sentence = refusal(f"Hỏi {{{name}}}").sentence
        assert f"{{{name}}}" in sentence
        assert "xã Long Thuận" in sentence


def test_only_what_areas_have_of_their_own_makes_a_text_differ_from_area_to_area() -> None:
    assert parse("Gửi {xa}").names_area
    assert parse("Hạn {han}").names_area
    assert not parse("Hỏi {dien_thoai}").names_area
    assert not parse("Cài {ung_dung} tại {link}").names_area


plain = st.text(st.characters(exclude_characters="{}"), max_size=30)


@given(st.lists(st.tuples(plain, st.sampled_from(PLACEHOLDERS)), min_size=1, max_size=6), plain)
def test_filling_in_keeps_every_other_character(pieces: list[tuple[str, str]], end: str) -> None:
    place = Place("<xa>", "<huyen>", "<tinh>")
    template = "".join(f"{text}{{{name}}}" for text, name in pieces) + end
    expected = "".join(f"{text}<{name}>" for text, name in pieces) + end
    day = date(2020, 8, 31)
    more = {"phone": "<dien_thoai>", "deadline": day}
    text = render(parse(template), place, ["<ung_dung>"], "<link>", **more)
    assert text == unicodedata.normalize("NFC", expected.replace("<han>", "31/8/2020"))


@given(st.text(max_size=60))
def test_any_text_is_taken_apart_or_refused(text: str) -> None:
    try:
        template = parse(text)
    except Refused as refused:
        assert refused.field == "wording"
    else:
        assert len(template.literals) == len(template.fields) + 1


@pytest.mark.parametrize(
    "words",
    [
        ["Kính gửi bà con ", "xã Long Thuận", ": cài `Bluezone´"],
        ["Cai dat o ", "đặc khu Phú Quốc", " đi"],
        ["Ca\u0300i ", "xa", "\u0303 Long", "\u0301"],
        ["", "x", ""],
    ],
)
def test_pieces_are_spelt_as_the_whole_text_is(words: list[str]) -> None:
    pieces = [(each, False) for each in words]
    for strip in (False, True):
        whole = spelt("".join(words), strip=strip)
        assert joined_spelt(pieces, strip=strip) == whole
