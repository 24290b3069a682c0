"""Phone numbers as lists really hold them."""

import datetime
import string

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.phones import REASONS, Phone, clean, clean_many, mask
from outreach.prefix_plan import NETWORK_BY_PREFIX, NETWORKS, OLD_PREFIXES

TARGET = "+84912345678"
# The library also takes these: 01 for machines, 095 of S-Fone, closed in 2012.
THEY_TAKE = ("1", "30", "31", "51", "95")
THEY_TAKE_IN_PART = ("52", "55", "89", "99")  # only 0522, 0523, 0528; 0559; 0896–0899; not 0992

mobile = st.builds(
    lambda prefix, rest: prefix + rest,
    st.sampled_from(sorted(NETWORK_BY_PREFIX)),
    st.text("0123456789", min_size=7, max_size=7),
)


@pytest.mark.parametrize(
    "spelling",
    [
        "0912345678",
        "912345678",
        "84912345678",
        "+84912345678",
        "0084912345678",
        "84 0912345678",
        "+84 (0) 912 345 678",
        "0912.345.678",
        "0912-345-678",
        "09 12 34 56 78",
        "0912\u00a0345\u00a0678",
        "\u200b0912345678\u200e",
        "\ufeff0912345678",
        "０９１２３４５６７８",
        "＋８４９１２３４５６７８",
        "'0912345678",
        "’0912345678",
        '="0912345678"',
        "O912345678",
        "0912 34567 8",
        "o912.345.678",
        "912345678.0",
        "912345678,00",
        912345678,
        912345678.0,
        84912345678.0,
        "9.12345678E+08",
        "9,12345678E+8",
        "8.4912345678E+10",
        "SĐT: 0912345678",
        "ĐT 0912 345 678",
        "Điện thoại: +84 912345678",
        "tel:+84-912-345-678",
        "+0912345678",
        "084912345678",
        "0912345678;",
        " 0912345678\r\n",
        "٠٩١٢٣٤٥٦٧٨",
    ],
)
def test_every_spelling_of_a_number_is_that_number(spelling: object) -> None:
    assert clean(spelling) == Phone(str(spelling), TARGET, "vinaphone", None)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("0277 385 1234", "landline"),
        ("02773851234", "landline"),
        ("2773851234", "landline"),
        ("+84 24 3825 1234", "landline"),
        ("18001091", "service"),
        ("1900 1234", "service"),
        ("1900123456", "service"),
        ("113", "service"),
        ("+1 202 555 0100", "foreign"),
        ("0012025550100", "foreign"),
        ("+856 20 5555 1234", "foreign"),
        ("091234567", "too_short"),
        ("8491234567", "too_short"),
        ("0277385123", "too_short"),
        ("1", "too_short"),
        ("09123456789", "too_long"),
        ("849123456789", "too_long"),
        ("9" * 5000, "too_long"),
        ("0412345678", "unassigned"),
        ("0301234567", "unassigned"),
        ("0311234567", "unassigned"),
        ("0511234567", "unassigned"),
        ("0000000000", "unassigned"),
        ("không có", "not_a_number"),
        ("-", "not_a_number"),
        ("#N/A", "not_a_number"),
        ("0912FLOWER", "not_a_number"),
        ("0912345678 (số cũ)", "not_a_number"),
        (True, "not_a_number"),
        (datetime.date(2020, 8, 20), "not_a_number"),
        (912345678.5, "not_a_number"),
        (float("nan"), "not_a_number"),
        (float("inf"), "not_a_number"),
        (-912345678, "not_a_number"),
        (10**400, "not_a_number"),
        ("0912345678/0987654321", "two_numbers"),
        ("0912345678, 0987654321", "two_numbers"),
        ("0912345678 0987654321", "two_numbers"),
        ("0912345678\n0987654321", "two_numbers"),
        ("0912345678 - 0987654321", "two_numbers"),
        ("0912345678 hoặc 0987654321", "two_numbers"),
        ("09123456780987654321", "two_numbers"),
        ("+84912345678+84987654321", "two_numbers"),
        ("0912345678/79", "two_numbers"),
        ("0912345678 / 0277 385 1234", "two_numbers"),
        ("9.12346E+08", "unrecoverable"),
        ("9,12346E+08", "unrecoverable"),
        ("9.1E+08", "unrecoverable"),
        ("8.49123E+10", "unrecoverable"),
        ("", "empty"),
        ("   ", "empty"),
        ("\u200b\u00a0", "empty"),
        (None, "empty"),
    ],
)
def test_what_is_no_mobile_number_is_refused_with_its_reason(value: object, reason: str) -> None:
    e164, network, why = clean_many([value])[0]
    assert (e164, network, why) == (None, None, reason)


def test_nine_digits_beginning_84_are_national_and_eleven_international() -> None:
    assert clean("841234567").e164 == "+84841234567"
    assert clean("84 123 4567").e164 == "+84841234567"
    assert clean("84841234567").e164 == "+84841234567"


@pytest.mark.parametrize(
    "head", ["0", "", "84", "+84", "+84 ", "0084", "840"], ids=lambda head: head or "no zero"
)
@pytest.mark.parametrize(("old", "new"), OLD_PREFIXES.items())
def test_eleven_digit_numbers_are_migrated(head: str, old: str, new: str) -> None:
    assert clean(f"{head}{old}1234567").e164 == f"+84{new}1234567"


@given(
    mobile,
    st.sampled_from(["0", "", "84", "+84", "0084", "840"]),
    st.text(" .-\u00a0\u200b()", max_size=4),
    st.integers(0, 9),
)
def test_signs_between_digits_change_nothing(number: str, head: str, sign: str, place: int) -> None:
    spelt = head + number[:place] + sign + number[place:]
    a_fraction = "." in sign and not number[place:].strip("0")  # 91234567.00 is a spreadsheet's
    if "  " not in sign and " -" not in sign and not a_fraction:
        assert clean(spelt).e164 == "+84" + number


@given(mobile)
def test_the_network_is_the_plans(number: str) -> None:
    assert clean(number).network == NETWORK_BY_PREFIX[number[:2]]


@given(st.text("0123456789", min_size=9, max_size=9), st.sampled_from(["0", "+84", "0084"]))
def test_we_and_phonenumbers_agree_on_national_numbers(number: str, head: str) -> None:
    if number.startswith((*THEY_TAKE, "0")):
        return
    theirs = phonenumbers.parse(head + number, "VN")
    is_mobile = phonenumbers.number_type(theirs) == phonenumbers.PhoneNumberType.MOBILE
    if not is_mobile and not number.startswith(THEY_TAKE_IN_PART):
        assert clean(head + number).e164 is None
    if is_mobile:
        e164 = phonenumbers.format_number(theirs, phonenumbers.PhoneNumberFormat.E164)
        assert clean(head + number).e164 == e164


@given(st.from_regex(r"\+?[0-9]{1,14}", fullmatch=True))
def test_what_phonenumbers_calls_a_mobile_of_vietnam_we_do_too(text: str) -> None:
    try:
        theirs = phonenumbers.parse(text, "VN")
    except phonenumbers.NumberParseException:
        return
    kind = phonenumbers.number_type(theirs)
    national = str(theirs.national_number)
    if theirs.country_code == 84 and not national.startswith(THEY_TAKE):
        if kind == phonenumbers.PhoneNumberType.MOBILE:
            assert clean(text).e164 == "+84" + national
        elif kind == phonenumbers.PhoneNumberType.FIXED_LINE:
            assert clean(text).reason == "landline"


anything = st.one_of(
    st.text(),
    st.text(string.digits + " +-./()eEoO,", max_size=25),
    st.integers(),
    st.floats(),
    st.none(),
    st.booleans(),
)


@given(anything)
def test_any_value_is_a_number_or_has_a_known_reason(value: object) -> None:
    phone = clean(value)
    assert (phone.e164 is None) != (phone.reason is None)
    if phone.e164:
        assert clean(phone.e164).e164 == phone.e164
        assert phone.network in NETWORKS
    else:
        assert phone.reason in REASONS
        assert phone.network is None


@given(st.lists(anything, max_size=20))
def test_a_column_is_cleaned_as_its_cells_are(values: list[object]) -> None:
    cells = [clean(value) for value in values]
    assert clean_many(values) == [(p.e164, p.network, p.reason) for p in cells]


def test_a_number_is_shown_masked() -> None:
    assert mask("+84912345123") == "09•• ••• 123"
