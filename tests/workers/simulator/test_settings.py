"""What the simulator may be told, and how it says no."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.workers.smsc import ROOT, account
from workers.simulator.settings import Account, Faults, make_settings, read_settings


@pytest.mark.parametrize(
    ("label", "values", "sentence"),
    [
        ("no account", {"accounts": []}, "accounts: List should have at least 1 item"),
        ("unknown name", {"accounts": [account(rat=5)]}, "accounts.0.rat: Extra inputs"),
        ("unknown fault", {"accounts": [account(faults={"drop": 1})]}, "accounts.0.faults.drop:"),
        ("share over 1", {"accounts": [account(faults={"drop_share": 2})]}, "less than or equal"),
        ("twice", {"accounts": [account(), account()]}, "system id vnpt is there twice"),
        ("status", {"accounts": [account(refusals={"status": "NO"})]}, "NO is no command_status"),
        (
            "rule",
            {"accounts": [account(rules=[{"suffix": "1"}])]},
            "needs either a status or a state",
        ),
        ("suffix", {"accounts": [account(rules=[{"suffix": "x", "state": "expired"}])]}, "suffix"),
    ],
)
def test_a_mistake_is_named(label: str, values: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match="accounts") as refused:
        make_settings(values)
    assert sentence in str(refused.value), label


def test_a_file_that_is_not_json_is_named(tmp_path: Path) -> None:
    path = tmp_path / "simulator.json"
    path.write_text("{accounts")
    with pytest.raises(ValueError, match=r"simulator\.json is not JSON"):
        read_settings(path)


def test_a_file_gives_several_accounts_each_with_its_own_behaviour(tmp_path: Path) -> None:
    path = tmp_path / "simulator.json"
    rule = {"suffix": "13", "status": "ESME_RINVDSTADR"}
    path.write_text(json.dumps({"accounts": [account(rate=200), account("viettel", rules=[rule])]}))
    vnpt, viettel = read_settings(path).accounts
    assert (vnpt.system_id, vnpt.rate, vnpt.rules) == ("vnpt", 200, [])
    assert (viettel.rate, viettel.rules[0].status) == (0, 0x0B)


@pytest.mark.parametrize("page", ["smpp.md", "counterparts.md"])
def test_the_examples_of_the_documentation_are_taken(page: str) -> None:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    examples = re.findall(r"```json\n(.*?)```", text, re.S)
    assert examples
    for example in examples:
        assert make_settings(json.loads(example)).accounts[0].system_id == "vnpt"


def test_every_fault_and_every_field_of_an_account_is_documented() -> None:
    text = (ROOT / "docs" / "smpp.md").read_text(encoding="utf-8")
    names = [*Faults.model_fields, *Account.model_fields]
    assert [name for name in names if f"`{name}" not in text and f"{name}`" not in text] == []


def test_a_change_touches_only_what_it_names() -> None:
    (before,) = make_settings(
        {"accounts": [account(rate=10, receipts={"late_share": 0.5})]}
    ).accounts
    after = before.changed({"receipts": {"late_share": 0.1}})
    assert (after.receipts.late_share, after.receipts.delay, after.rate) == (0.1, (0, 0), 10)
    with pytest.raises(ValueError, match="stays what it is"):
        before.changed({"system_id": "other"})
