"""Receipts: early, late, twice, contradicting, in hex or decimal, for parts, for doubts."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from sqlalchemy import text

from outreach import clock
from outreach.database import db, transaction, write_connection
from outreach.numbers import sealer
from outreach.organisations import Organisation
from tests.counting import queries
from tests.stage import Stage, numbers_of
from tests.workers.carried import Carried, carried
from workers import receipts, tick
from workers.claims import Claim
from workers.gateways.base import Inbound, Receipt
from workers.simulator import outgoing
from workers.smpp import constants as smpp
from workers.smpp.bodies import Address
from workers.smpp.message import source_address
from workers.smpp.receipt_text import carrier_id_forms


@pytest.fixture
def on_its_way(stage: Stage, vnpt: Organisation) -> Carried:
    return carried(stage, vnpt, 2)


def come_in(there: Carried, *said: tuple[str, str] | tuple[str, str, str]) -> None:
    """Receipts as (id, state[, number]); the number is the first person's unless it is given."""
    inbound = [
        Inbound(b"raw", Receipt(carrier_id_forms(each[0]), each[1], "001", number(there, each)))
        for each in said
    ]
    with write_connection(db.engine) as connection:
        raw_id = receipts.store_raw(connection, sealer(), there.route.id, inbound)
        receipts.match(connection, sealer(), there.route.id, raw_id, inbound)


def number(there: Carried, said: Sequence[str]) -> str:
    return said[2] if len(said) > 2 else there.phones[0]


def left_waiting(there: Carried) -> object:
    return there.one("SELECT COUNT(*) FROM unmatched_receipts")


OTHER = numbers_of("vinaphone", 2)[1]
# Label: (ids the carrier answered with, receipts in the order they come) → state, receipts waiting
TABLE = {
    "delivered": (["7B"], [("7B", "delivered")], "delivered", 0),
    "undelivered": (["7B"], [("7B", "undelivered")], "undelivered", 0),
    "rejected": (["7B"], [("7B", "rejected")], "rejected", 0),
    "expired at the carrier": (["7B"], [("7B", "carrier_expired")], "carrier_expired", 0),
    "on its way only": (["7B"], [("7B", "enroute")], "accepted", 0),
    "twice": (["7B"], [("7B", "delivered"), ("7B", "delivered")], "delivered", 0),
    "UNDELIV then DELIVRD": (["7B"], [("7B", "undelivered"), ("7B", "delivered")], "delivered", 0),
    "DELIVRD then UNDELIV": (["7B"], [("7B", "delivered"), ("7B", "undelivered")], "delivered", 0),
    "DELIVRD then ENROUTE": (["7B"], [("7B", "delivered"), ("7B", "enroute")], "delivered", 0),
    "answered in hex, receipt in decimal": (["7B"], [("123", "delivered")], "delivered", 0),
    "answered in decimal, receipt in hex": (["123"], [("7B", "delivered")], "delivered", 0),
    "lower case": (["AB7C"], [("ab7c", "delivered")], "delivered", 0),
    "leading zeros": (["123"], [("0000000123", "delivered")], "delivered", 0),
    "0x before it": (["7B"], [("0x7b", "delivered")], "delivered", 0),
    "unknown id": (["7B"], [("FFFF", "delivered")], "accepted", 1),
    "another person's number under the id": (["7B"], [("7B", "delivered", OTHER)], "accepted", 1),
    "a number that is nobody's": (["7B"], [("7B", "delivered", "+84999")], "delivered", 0),
    "no number at all": (["7B"], [("7B", "delivered", "")], "delivered", 0),
    "no number, other form": (["7B"], [("123", "delivered", "")], "accepted", 1),
    "all parts": (["A1", "A2"], [("A2", "delivered"), ("A1", "delivered")], "delivered", 0),
    "one part of two": (["A1", "A2"], [("A1", "delivered")], "accepted", 0),
    "one part failed": (
        ["A1", "A2"], [("A1", "delivered"), ("A2", "undelivered")], "undelivered", 0,
    ),
}  # fmt: skip


@pytest.mark.parametrize("label", TABLE)
@pytest.mark.parametrize("apart", [True, False], ids=["one by one", "in one batch"])
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_receipt_moves_its_message_forward(on_its_way: Carried, label: str, apart: bool) -> None:
    ids, said, state, left = TABLE[label]
    claim = on_its_way.claim(1)
    answered = [carrier_id_forms(each)[0] for each in ids]
    on_its_way.answer(claim, 0, *answered)
    for each in [[one] for one in said] if apart else [said]:
        come_in(on_its_way, *each)
    assert on_its_way.states() == {state: 1, "queued": 1}
    assert left_waiting(on_its_way) == left


def test_a_receipt_before_its_answer_waits_for_it(on_its_way: Carried) -> None:
    claim = on_its_way.claim(1)
    come_in(on_its_way, ("123", "delivered"))
    assert on_its_way.states() == {"sending": 1, "queued": 1}
    assert left_waiting(on_its_way) == 1
    on_its_way.answer(claim, 0, "7B")
    assert on_its_way.states() == {"delivered": 1, "queued": 1}
    assert left_waiting(on_its_way) == 0


def test_a_receipt_settles_the_one_message_in_doubt_of_its_number(on_its_way: Carried) -> None:
    on_its_way.claim(1)
    on_its_way.lapse()
    come_in(on_its_way, ("FF", "undelivered"))
    assert on_its_way.states() == {"undelivered": 1, "queued": 1}
    come_in(on_its_way, ("255", "delivered"))  # the same id, and now a better word
    assert on_its_way.states() == {"delivered": 1, "queued": 1}
    assert left_waiting(on_its_way) == 0


def test_a_receipt_that_came_before_the_doubt_settles_it_at_the_next_tick(
    on_its_way: Carried,
) -> None:
    on_its_way.claim(1)
    come_in(on_its_way, ("FF", "delivered"))
    on_its_way.lapse()
    assert on_its_way.states() == {"in_doubt": 1, "queued": 1}
    tick.match_doubtful()
    assert on_its_way.states() == {"delivered": 1, "queued": 1}
    assert left_waiting(on_its_way) == 0


def test_a_receipt_older_than_the_claim_settles_nothing(on_its_way: Carried) -> None:
    come_in(on_its_way, ("FF", "delivered"))
    on_its_way.claim(1)
    on_its_way.lapse()
    tick.match_doubtful()
    assert on_its_way.states() == {"in_doubt": 1, "queued": 1}
    assert left_waiting(on_its_way) == 1


def test_another_message_on_its_way_to_the_number_may_be_meant(
    stage: Stage, on_its_way: Carried
) -> None:
    """Two campaigns, one person: an unknown id may belong to either, so it settles neither."""
    on_its_way.claim(1)
    on_its_way.lapse()
    with transaction() as session:  # the second campaign's, as its own expansion would write it
        session.execute(
            text(
                "INSERT INTO messages (campaign_id, number_id, area_id, route_id, text_id,"
                " batch_id, segments, state, attempts, claim_id, changed_at)"
                " SELECT :other, number_id, area_id, route_id, text_id, batch_id, segments,"
                " 'sending', 1, claim_id, changed_at FROM messages WHERE state = 'in_doubt'"
            ),
            {"other": stage.draft([on_its_way.route.id], name="Đợt 2").id},
        )
    come_in(on_its_way, ("FF", "delivered"))
    assert on_its_way.states()["in_doubt"] == 1
    assert left_waiting(on_its_way) == 1


def test_every_part_of_a_long_text_in_doubt_must_be_delivered(on_its_way: Carried) -> None:
    with transaction() as session:
        session.execute(text("UPDATE messages SET segments = 3"))
        session.execute(text("UPDATE count_deltas SET segments = messages * 3"))
    claim = on_its_way.claim(1)
    on_its_way.answer(claim, 0, "A1", parts=3)
    come_in(on_its_way, ("A1", "delivered"), ("A2", "delivered"), ("A2", "delivered"))
    assert on_its_way.states() == {"in_doubt": 1, "queued": 1}
    come_in(on_its_way, ("A3", "delivered"))
    assert on_its_way.states() == {"delivered": 1, "queued": 1}
    assert left_waiting(on_its_way) == 0


def test_raw_receipts_left_behind_are_matched_and_one_that_cannot_be_holds_up_none(
    on_its_way: Carried,
) -> None:
    claim = on_its_way.claim(1)
    on_its_way.answer(claim, 0, "7B")
    person = Address(smpp.TON_INTERNATIONAL, smpp.NPI_ISDN, on_its_way.phones[0].lstrip("+"))
    said = outgoing.Receipt(
        "7B", source_address("BLUEZONE"), person, "delivered", "000", 0.0, 1, "both"
    )
    with write_connection(db.engine) as connection:
        for raw in (b"", said.octets()):
            receipts.store_raw(connection, sealer(), on_its_way.route.id, [Inbound(raw, None)])
        connection.execute(text("UPDATE raw_receipts SET received_at = 0"))
        connection.execute(text("UPDATE raw_receipts SET sealed = :x WHERE id = 1"), {"x": b"x"})
    db.session.rollback()  # a tick begins with a look of its own
    tick.match_left_behind()
    assert on_its_way.states() == {"delivered": 1, "queued": 1}
    assert on_its_way.one("SELECT COUNT(*) FROM raw_receipts WHERE matched_at IS NULL") == 1


def strangers(there: Carried, count: int) -> None:
    """Receipts under ids nobody gave: half for a person of a later message, half for no number."""
    db.session.rollback()
    with write_connection(db.engine) as connection:
        other = connection.execute(
            text("SELECT number_id FROM messages ORDER BY id DESC LIMIT 1")
        ).scalar_one()
        row = text(
            "INSERT INTO unmatched_receipts (route_id, carrier_id, number_id, state, code,"
            " received_at) VALUES (:route, :id, :number, 'delivered', '', :now)"
        )
        now = clock.to_microseconds(clock.now())
        connection.execute(
            row,
            [
                {
                    "route": there.route.id,
                    "id": f"X{i}",
                    "now": now,
                    "number": other if i % 2 else None,
                }
                for i in range(count)
            ],
        )


def test_a_flush_reads_only_the_receipts_that_may_be_its_own(on_its_way: Carried) -> None:
    claim = on_its_way.claim(1)
    strangers(on_its_way, 5000)
    come_in(on_its_way, ("7B", "enroute"), ("123", "delivered"))
    come_in(on_its_way, ("7B", "delivered", ""))
    with db.engine.connect() as connection:
        mine = [claim.messages[0].row.number_id]
        read = receipts.waiting(connection, on_its_way.route.id, mine, ["7B"])
    assert [row.carrier_id for row in read] == ["123 7B 291", "7B"]
    sent = answered(on_its_way, claim)
    assert on_its_way.states() == {"delivered": 1, "queued": 1}
    assert left_waiting(on_its_way) == 5000
    # Nothing waits for the same flush again: it looks, and asks no more.
    assert len(answered(on_its_way, claim)) < len(sent)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_it_finds_them_by_an_index(on_its_way: Carried) -> None:
    sent = answered(on_its_way, on_its_way.claim(1))
    (look,) = [each for each in sent if "ROW_NUMBER" in each]
    with db.engine.connect() as connection:
        values = ("[[1]]",) * look.count("?")
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {look}", values).all()
    assert [row.detail for row in plan if row.detail.startswith("SEARCH")] == [
        "SEARCH u USING INDEX ix_unmatched_receipts_number (route_id=? AND number_id=?)",
        "SEARCH u USING INDEX ix_unmatched_receipts_id (route_id=? AND carrier_id=?)",
    ]


def answered(there: Carried, claim: Claim) -> list[str]:
    """The statements that store the answer of a claim's first message."""
    with queries() as sent:
        there.answer(claim, 0, "7B")
    return sent


def test_of_one_number_the_newest_few_are_asked_again(on_its_way: Carried) -> None:
    strangers(on_its_way, 5000)
    late = on_its_way.claim(2).messages[1].row.number_id
    with db.engine.connect() as connection:
        read = receipts.waiting(connection, on_its_way.route.id, [late], [])
    assert len(read) == receipts.WAITING_OF_ONE
    assert read[-1].carrier_id == "X4999"


@pytest.mark.parametrize("said", [("123", "delivered"), ("7B", "delivered", "")])
def test_a_receipt_that_crossed_its_answer_is_matched_by_the_tick(
    on_its_way: Carried, said: tuple[str, ...]
) -> None:
    """Two processes at one moment: the receipt's saw no attempt, the answer's no receipt."""
    claim = on_its_way.claim(1)
    come_in(on_its_way, said)  # type: ignore[arg-type]
    other = on_its_way.stage.route(on_its_way.stage.owner, 2, name="another").id
    moved = text("UPDATE unmatched_receipts SET route_id = :route")
    with transaction() as session:  # out of sight
        session.execute(moved, {"route": other})
    on_its_way.answer(claim, 0, "7B")
    with transaction() as session:
        session.execute(moved, {"route": on_its_way.route.id})
    assert on_its_way.states() == {"accepted": 1, "queued": 1}
    db.session.rollback()
    tick.match_crossed()
    assert on_its_way.states() == {"delivered": 1, "queued": 1}
    assert left_waiting(on_its_way) == 0
