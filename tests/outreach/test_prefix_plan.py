"""Which network a prefix hints at, and since when."""

from datetime import date

import phonenumbers
import pytest
from phonenumbers import carrier

from outreach.prefix_plan import MIGRATION, OLD_PREFIXES, PLAN, migrated, network_hint

ELSEWHERE = {
    "Viettel Mobile": "viettel",
    "Viettel": "viettel",
    "Vinaphone": "vinaphone",
    "MobiFone": "mobifone",
    "Vietnamobile": "vietnamobile",
    "G-Mobile": "gmobile",
    "Gmobile": "gmobile",
    "Wintel": "wintel",
    "Reddi": "wintel",
}


@pytest.mark.parametrize(
    ("network", "prefixes"),
    [
        ("viettel", "032 033 034 035 036 037 038 039 086 096 097 098"),
        ("vinaphone", "081 082 083 084 085 088 091 094"),
        ("mobifone", "070 076 077 078 079 089 090 093"),
        ("vietnamobile", "052 056 058 092"),
        ("gmobile", "059 099"),
        ("itel", "087"),
        ("wintel", "055"),
    ],
)
def test_every_prefix_of_the_plan_hints_at_its_network(network: str, prefixes: str) -> None:
    for prefix in prefixes.split():
        assert network_hint(f"+84{prefix[1:]}1234567") == network


@pytest.mark.parametrize("prefix", ["30", "31", "51", "41", "61", "95", "80", "71"])
def test_a_prefix_nobody_was_given_has_no_network(prefix: str) -> None:
    assert network_hint(f"+84{prefix}1234567") is None


@pytest.mark.parametrize("e164", ["", "84912345678", "+8491234567", "+849123456789", "+1202555010"])
def test_what_is_no_mobile_number_has_no_network(e164: str) -> None:
    assert network_hint(e164) is None


def test_ten_digit_prefixes_begin_with_the_migration() -> None:
    day_before = date(2018, 9, 14)
    assert network_hint("+84321234567", on=day_before) is None
    assert network_hint("+84321234567", on=MIGRATION) == "viettel"
    assert network_hint("+84981234567", on=day_before) == "viettel"


def test_the_newest_networks_are_unknown_before_they_opened() -> None:
    assert network_hint("+84551234567", on=date(2020, 1, 1)) is None
    assert network_hint("+84551234567", on=date(2020, 8, 20)) == "wintel"


def test_old_numbers_keep_their_last_seven_digits() -> None:
    assert migrated("1201234567") == "701234567"
    assert migrated("1691234567") == "391234567"
    assert migrated("1901234567") is None
    assert migrated("120123456") is None


@pytest.mark.parametrize(
    ("network", "moves"),
    [
        ("mobifone", "0120→070 0121→079 0122→077 0126→076 0128→078"),
        ("vinaphone", "0123→083 0124→084 0125→085 0127→081 0129→082"),
        ("viettel", "0162→032 0163→033 0164→034 0165→035 0166→036 0167→037 0168→038 0169→039"),
        ("vietnamobile", "0186→056 0188→058"),
        ("gmobile", "0199→059"),
    ],
)
def test_every_old_prefix_moved_within_its_network(network: str, moves: str) -> None:
    for move in moves.split():
        old, new = move.split("→")
        assert migrated(old[1:] + "7654321") == new[1:] + "7654321"
        assert network_hint(f"+84{new[1:]}7654321") == network


def test_every_old_prefix_leads_to_a_prefix_of_the_plan() -> None:
    assert set(OLD_PREFIXES.values()) <= {row.digits for row in PLAN}
    assert len(set(OLD_PREFIXES.values())) == len(OLD_PREFIXES) == 21


def test_the_plan_agrees_with_another_but_where_we_know_better() -> None:
    for row in PLAN:
        number = phonenumbers.parse(f"+84{row.digits}9123456")
        theirs = ELSEWHERE.get(carrier.name_for_number(number, "en"))
        if row.network != "itel":  # the library calls 087 Vinaphone, whose masts Itel uses
            assert theirs in {row.network, None}, row
