"""Carriers are asked slowly what became of messages; what they say is taken in like a receipt."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from datetime import timedelta
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest
from redis.asyncio import Redis
from sqlalchemy import select, text

from campaigns import life
from campaigns.messages import CarrierQuery, RawReceipts
from campaigns.states import CampaignState, Cause, MessageState
from outreach import clock
from outreach.database import db, transaction, write_connection
from outreach.numbers import sealer
from outreach.organisations import Organisation
from tests.stage import Stage
from tests.workers.carried import Carried, carried
from tests.workers.gateways.test_twilio import api, opened
from tests.workers.smsc import account, in_loop, simulation, until
from workers import queries, receipts, tick
from workers.answers import Answered, PartAnswer
from workers.claims import Claim
from workers.gateways import registry, smpp
from workers.gateways.base import CarrierRefused, Inbound, NoAnswer, Outgoing, Question
from workers.gateways.smpp import SmppGateway
from workers.holding import Holder
from workers.queries import Place
from workers.writer import Writer


class Pace:
    """A metronome that only counts."""

    slots = 0

    async def slot(self) -> None:
        self.slots += 1


class Desk:
    """What asking needs of a holder."""

    may_send = True

    def __init__(self, there: Carried, gateway: Any) -> None:
        self.contract = SimpleNamespace(route_id=there.route.id, gives_receipts=True)
        self.gateway = gateway
        self.writer = Writer(db.engine)
        self.sealer = sealer()
        self.pacer = Pace()

    async def take_in(self, inbound: Sequence[Inbound]) -> None:
        await self.writer.write(self._take(inbound))

    def _take(self, inbound: Sequence[Inbound]) -> Any:
        def work(connection: Any) -> None:
            route = self.contract.route_id
            raw = receipts.store_raw(connection, self.sealer, route, inbound)
            receipts.match(connection, self.sealer, route, raw, inbound)

        return work


class Answers:
    """A gateway that knows nothing, or fails; it keeps what it was asked."""

    needs_id = True

    def __init__(self, error: Exception | None = None) -> None:
        self.asked: list[Question] = []
        self._error = error

    async def query(self, question: Question) -> list[Inbound]:
        self.asked.append(question)
        if self._error is not None:
            raise self._error
        return []


@pytest.fixture
def there(stage: Stage, vnpt: Organisation) -> Carried:
    return carried(stage, vnpt, 5)


def later(**moment: float) -> None:
    clock.set_offset(clock.now() - clock.real_now() + timedelta(**moment))


def taken(there: Carried, *, needs_id: bool = True, place: Place | None = None) -> list[int]:
    with write_connection(db.engine) as connection:
        return queries.take(
            connection, there.route.id, place or Place(), needs_id=needs_id, gives_receipts=True
        )


def sent(there: Carried, parts: int | None = None, ids: Iterable[str] = "ABCDE") -> list[int]:
    """All five accepted under these ids, or with `parts` each only the first of so many."""
    claim = there.claim(5)
    for index, carrier_id in enumerate(ids):
        there.answer(claim, index, carrier_id, parts=parts)
    tick.once()
    return [message.message_id for message in claim.messages]


def test_each_doubt_is_asked_for_a_few_times_with_growing_pauses(there: Carried) -> None:
    first, *_ = sent(there, parts=2, ids="A")
    assert taken(there) == []
    times = []
    for minute in range(0, 6000, 4):
        later(minutes=4)
        if taken(there) == [first]:
            times.append(minute + 4)
    pauses = [b - a for a, b in pairwise(times)]
    assert len(times) == queries.MOST_ASKED
    assert pauses == [8, 64, 512]


def test_a_doubt_without_any_id_is_asked_for_only_where_none_is_needed(there: Carried) -> None:
    there.claim(5)
    there.lapse()
    later(minutes=2)
    assert taken(there) == []
    assert len(taken(there, needs_id=False)) == queries.AT_ONCE
    assert len(taken(there, needs_id=False)) == 5 - queries.AT_ONCE
    assert taken(there, needs_id=False) == []


def test_an_accepted_message_is_asked_for_once_its_receipt_is_overdue(there: Carried) -> None:
    ids = sent(there)
    later(hours=23)
    tick.once()
    assert taken(there) == []
    later(hours=1.5)
    place = Place()
    assert sorted(taken(there, place=place) + taken(there, place=place)) == ids
    assert taken(there, place=place) == []


def test_where_the_hours_are_over_so_is_the_validity(stage: Stage, vnpt: Organisation) -> None:
    # Its first hours end soon, whatever the hour of the test.
    begun = clock.local(clock.now())
    noon = begun.replace(hour=12, minute=0)
    clock.set_offset(noon - begun)
    there = carried(stage, vnpt, 5, hours="07:00-13:00")
    ids = sent(there)
    later(hours=1)
    assert taken(there) == []
    later(minutes=12)
    assert taken(there) == ids[:3]


def test_what_has_its_last_word_or_whose_carrier_gives_none_is_not_asked_for(
    there: Carried,
) -> None:
    sent(there)
    later(days=2)
    with transaction() as session:
        session.execute(text("UPDATE attempts SET receipt = 'delivered'"))
    assert taken(there) == []
    with transaction() as session:
        session.execute(text("UPDATE attempts SET receipt = 'enroute'"))
    with write_connection(db.engine) as connection:
        silent = {"needs_id": True, "gives_receipts": False}
        assert queries.take(connection, there.route.id, Place(), **silent) == []
    assert taken(there) != []


def test_nothing_is_asked_while_anything_is_to_be_sent(there: Carried) -> None:
    there.answer(there.claim(1), 0, "A", parts=2)
    later(minutes=2)
    gateway = Answers()
    assert asyncio.run(queries.ask(Desk(there, gateway), Place())) == 0
    with transaction() as session:  # the rest is sent
        session.execute(text("UPDATE messages SET state = 'accepted' WHERE state = 'queued'"))
        session.execute(text("UPDATE batches SET done_at = 1"))
    desk = Desk(there, gateway)
    assert asyncio.run(queries.ask(desk, Place())) == 1
    assert desk.pacer.slots == 1
    (question,) = gateway.asked
    assert question.ids == ("A",)
    assert question.sender == "BLUEZONE"
    assert question.number in there.phones
    # By the real clock, whatever time the campaigns live in: two minutes ago, as they count.
    ago = clock.real_now() - question.since
    assert abs(ago - timedelta(minutes=2)) < timedelta(minutes=1)


def test_a_carrier_that_answers_nothing_is_left_alone(
    there: Carried, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "LOOK_EVERY", 0.0)
    monkeypatch.setattr(queries, "AT_ONCE", 1)
    sent(there, parts=2)
    later(minutes=2)
    for error in (NoAnswer("silent"), CarrierRefused("permanent", "0x00000003", "invalid")):
        gateway = Answers(error)
        asyncio.run(asyncio.wait_for(queries.keep_asking(Desk(there, gateway)), 20))
        assert len(gateway.asked) == queries.MOST_IN_VAIN
        later(hours=2)


async def _submit(gateway: SmppGateway, claim: Claim) -> list[str]:
    ids = []
    for message in claim.messages:
        number = sealer().open_number(message.sealed)
        (part,) = gateway.parts(Outgoing(number, "BLUEZONE", "Cai Bluezone", 3600, 1))
        ids.append(await gateway.submit(part, float("inf")))
    return ids


def test_what_lost_its_receipt_gets_its_state_from_the_carrier(there: Carried) -> None:
    """The simulator's receipts name ids it never gave; asked, it knows."""
    behaviour = account(
        ids={"answer": "hex"},
        faults={"receipts_unknown_share": 1.0},
        rules=[{"suffix": "3", "state": "undelivered", "error": "001"}],
    )

    @in_loop
    async def run() -> None:
        async with simulation(behaviour) as carrier:
            config = smpp.config("127.0.0.1", carrier.port, "vnpt", "wordpass", 10, tls=False)
            gateway = SmppGateway(config)
            desk = Desk(there, gateway)
            await gateway.open(desk.take_in)
            claim = there.claim(5)
            ids = await _submit(gateway, claim)
            for index, carrier_id in enumerate(ids):
                there.answer(claim, index, carrier_id)
            await until(lambda: there.one("SELECT COUNT(*) FROM unmatched_receipts") == 5)
            assert there.states() == {"accepted": 5}
            tick.once()
            later(days=2)
            place = Place()
            while await queries.ask(desk, place):
                pass
            await gateway.close()

    run()
    assert there.states() == {"delivered": 4, "undelivered": 1}
    assert len(db.session.scalars(select(CarrierQuery)).all()) == 5
    raw = db.session.scalars(select(RawReceipts).order_by(RawReceipts.id.desc())).first()
    assert raw is not None
    (body,) = receipts.raw_bodies(sealer(), raw.sealed)
    (again,) = smpp.stored([body])
    assert again.receipt is not None
    assert again.receipt.number in there.phones
    tick.once()
    tick.once()
    assert life.get(there.campaign.id).state is CampaignState.COMPLETED
    assert life.get(there.campaign.id).settled_at is not None


def test_what_it_says_of_a_part_that_failed_settles_a_doubt(there: Carried) -> None:
    claim = there.claim(1)
    message = claim.messages[0]
    there.store(
        Answered(
            message.message_id,
            claim.claim_id,
            1,
            MessageState.IN_DOUBT,
            Cause.ANSWER,
            "partial",
            parts=[PartAnswer("accepted", "4D2"), PartAnswer("no_answer")],
            part_count=2,
        )
    )
    number = sealer().open_number(message.sealed)
    result = smpp.QueryResult("4d2", "", 5, 1)
    said = smpp.queried(smpp._answer_kept(number, "4D2", result))
    asyncio.run(Desk(there, None).take_in([said]))
    assert there.state(message.message_id) == "undelivered"


def test_who_holds_a_seat_asks_by_themselves(
    there: Carried, redis_address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "LOOK_EVERY", 0.05)
    monkeypatch.setattr(queries, "ASK_EVERY", 0.05)

    @in_loop
    async def run() -> None:
        async with (
            simulation(account(faults={"receipts_unknown_share": 1.0})) as carrier,
            Redis.from_url(redis_address) as redis,
        ):
            with transaction() as session:
                session.execute(text("UPDATE routes SET port = :port"), {"port": carrier.port})
            with db.engine.connect() as connection:
                contract = registry.read(connection, there.route.id, sealer())
            settings = there.stage.settings
            holder = Holder(contract, redis, Writer(db.engine), sealer(), settings)
            holder.seated_until = float("inf")
            await until(lambda: holder.may_send)
            gateway = holder.gateway
            assert isinstance(gateway, SmppGateway)
            claim = there.claim(5)
            for index, carrier_id in enumerate(await _submit(gateway, claim)):
                there.answer(claim, index, carrier_id)
            tick.once()
            later(days=2)
            await until(lambda: there.states() == {"delivered": 5})
            await holder.close()

    run()


@pytest.mark.filterwarnings("ignore::DeprecationWarning:twilio.*")
def test_twilio_settles_a_doubt_of_which_no_id_is_known(there: Carried) -> None:
    """It is asked for what went to the number since the claim."""
    with transaction() as session:
        session.execute(text("UPDATE routes SET protocol = 'twilio'"))
    claim = there.claim(5)
    there.lapse()
    tick.once()
    later(minutes=2)

    @in_loop
    async def run() -> None:
        async with api() as server:
            listed = [sealer().open_number(message.sealed) for message in claim.messages]
            server.say(listed[0], status="delivered")
            server.say(listed[1], status="failed", error_code=30003)
            server.say(listed[2], status="sent")
            server.say(listed[3], status="delivered", minutes_ago=30)
            async with opened(server) as gateway:
                desk = Desk(there, gateway)
                while await queries.ask(desk, Place()):
                    pass
            assert len(server.asked) == 5

    run()
    assert there.states() == {"delivered": 1, "undelivered": 1, "in_doubt": 3}
    assert there.one("SELECT carrier_id FROM attempts ORDER BY message_id LIMIT 1") == "SM0"
