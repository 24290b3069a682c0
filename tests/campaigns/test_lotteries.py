"""The outcome anybody can compute, what verification notices, and giving a lottery up."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from collections import Counter

import pytest
from sqlalchemy import text

from campaigns import lotteries
from outreach import area_editing, areas
from outreach.database import db, transaction
from outreach.errors import Missing, Refused
from outreach.organisations import Organisation
from tests.campaigns.drawing import SEED, drawn, six
from tests.stage import Stage, numbers_of

__all__ = ["six"]
CODES = ["29971", "29983", "29989", "30001", "30007", "30013"]


def execute(statement: str, **values: object) -> None:
    with transaction() as session:
        session.execute(text(statement), values)
    db.session.expire_all()


def test_the_outcome_is_what_the_page_of_the_documents_says() -> None:
    order = sorted(CODES, key=lambda c: hashlib.sha256(f"{SEED}|{c}".encode()).hexdigest())
    waves = lotteries.outcome(SEED, CODES, 3)
    assert list(waves) == order == ["29989", "29983", "30001", "30013", "30007", "29971"]
    assert list(waves.values()) == [1, 1, 2, 2, 3, 3]
    assert lotteries.outcome(SEED, reversed(CODES), 3) == waves


@pytest.mark.skipif(not shutil.which("sha256sum"), reason="there is no sha256sum")
def test_the_shell_finds_the_same_order() -> None:
    script = (
        'for code in $2; do printf \'%s %s\\n\' "$(printf \'%s|%s\' "$1" "$code" | sha256sum |'
        ' cut -c1-64)" "$code"; done | LC_ALL=C sort'
    )
    done = subprocess.run(
        ["sh", "-c", script, "sh", SEED, " ".join(CODES)],
        capture_output=True,
        text=True,
        check=True,
    )
    found = [line.split()[1] for line in done.stdout.splitlines()]
    assert found == list(lotteries.outcome(SEED, CODES, 3))


@pytest.mark.parametrize(("units", "sizes"), [(7, [3, 2, 2]), (8, [3, 3, 2]), (3, [1, 1, 1])])
def test_waves_are_as_equal_as_they_can_be(units: int, sizes: list[int]) -> None:
    waves = lotteries.outcome("hạt giống", map(str, range(units)), len(sizes))
    assert sorted(Counter(waves.values()).items()) == list(enumerate(sizes, start=1))


def test_over_many_seeds_every_unit_comes_into_every_wave_as_often() -> None:
    draws = 3000
    seen: Counter[tuple[str, int]] = Counter()
    together = 0
    for seed in range(draws):
        waves = lotteries.outcome(f"seed {seed}", CODES, 3)
        seen.update(waves.items())
        together += waves["29971"] == waves["29983"]
    # Chi square over 6 × 3 cells, 10 degrees of freedom: 29.6 in one of a thousand.
    expected = draws / 3
    cells = [seen[code, wave] for code in CODES for wave in (1, 2, 3)]
    assert sum((cell - expected) ** 2 / expected for cell in cells) < 29.6
    # Neighbouring codes share a wave by chance only: one time in five.
    assert abs(together / draws - 0.2) < 0.03


CHANGES = [
    ("UPDATE lottery_units SET wave = 1 WHERE code = '29971'", ["29971"]),
    ("UPDATE lottery_units SET wave = 4 - wave", ["29971", "29983", "29989", "30007"]),
    ("UPDATE lottery_units SET code = '29972' WHERE code = '29971'", None),
    ("DELETE FROM lottery_units WHERE code = '29971'", None),
    ("UPDATE lotteries SET seed = 'khác'", None),
    ("UPDATE lotteries SET days = 7", []),
    ("UPDATE lotteries SET witnesses = 'ai đó'", []),
    ("UPDATE lottery_waves SET begins_on = '2020-01-01' WHERE number = 1", []),
    ("DELETE FROM lottery_areas", []),
    ("UPDATE lotteries SET digest = 'x'", []),
]


@pytest.mark.usefixtures("six")
@pytest.mark.parametrize(("change", "wrong"), CHANGES)
def test_whatever_is_changed_after_the_draw_is_noticed(
    stage: Stage, change: str, wrong: list[str] | None
) -> None:
    lottery = drawn(stage)
    assert lotteries.verify(lottery) == lotteries.Verification(lottery.digest)
    execute(change)
    found = lotteries.verify(lottery)
    assert not found.sound
    assert not found.locked
    if wrong is not None:
        assert found.wrong == wrong


@pytest.mark.usefixtures("six")
def test_a_digest_changed_together_with_the_outcome_is_noticed_by_the_audit_trail(
    stage: Stage,
) -> None:
    lottery = drawn(stage)
    execute("UPDATE lottery_waves SET begins_on = '2020-01-01' WHERE number = 1")
    execute("UPDATE lotteries SET digest = :d", d=lotteries.verify(lottery).digest)
    assert not lotteries.verify(lottery).sound


@pytest.mark.usefixtures("six")
def test_a_lottery_is_abandoned_once_with_a_reason_and_stays_to_be_read(stage: Stage) -> None:
    lottery = drawn(stage)
    with pytest.raises(Refused):
        lotteries.abandon(lottery, "  ", stage.approver.id)
    lotteries.abandon(lottery, "Chia lại xã", stage.approver.id)
    again = lotteries.get(lottery.id)
    assert (again.abandoned_reason, again.abandoned_by) == ("Chia lại xã", stage.approver)
    assert lotteries.verify(again).sound
    with pytest.raises(Refused):
        lotteries.abandon(lottery, "Lần nữa", stage.approver.id)
    assert lotteries.standing([lottery.app_id]) == []


@pytest.mark.usefixtures("six")
def test_it_is_not_abandoned_once_a_campaign_of_it_was_started(
    stage: Stage, vnpt: Organisation
) -> None:
    lottery = drawn(stage)
    stage.subscribe(vnpt, numbers_of("vinaphone", 3), stage.land.other_commune)
    route_id = stage.route(vnpt, 9).id
    rule = {"lottery": lottery.id, "wave": 1, "selection_rule": "lottery: bốc thăm"}
    stage.approved([route_id], **rule)
    assert lotteries.in_use([lottery.id]) == set()
    stage.started([route_id], **rule)
    with pytest.raises(Refused):
        lotteries.abandon(lottery, "Muộn rồi", stage.approver.id)
    assert lotteries.in_use([lottery.id]) == {lottery.id}
    assert lotteries.get(lottery.id).abandoned_at is None


@pytest.mark.usefixtures("six")
def test_an_area_that_was_drawn_is_not_removed(stage: Stage) -> None:
    drawn(stage)
    with pytest.raises(Refused):
        area_editing.remove(areas.by_code("30013"), actor_id=None)


def test_there_is_no_other_lottery(app: object) -> None:
    with pytest.raises(Missing):
        lotteries.get(7)
