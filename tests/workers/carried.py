"""A campaign of a few people on its way: leased, claimed and answered by hand."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text

from campaigns import expansion, preparing
from campaigns.campaigns import Campaign
from campaigns.routes import Route
from campaigns.states import Cause, MessageState
from outreach.database import db, write_connection
from outreach.organisations import Organisation
from tests.stage import Stage, numbers_of
from workers import answers, claims
from workers.answers import Answered, PartAnswer
from workers.claims import Claim, Lease


@dataclass
class Carried:
    """One expanded campaign on one route."""

    stage: Stage
    campaign: Campaign
    route: Route
    phones: list[str]

    def lease(self, owner: str = "me", seconds: float = 60) -> Lease:
        with write_connection(db.engine) as connection:
            lease = claims.lease(connection, self.campaign.id, self.route.id, owner, seconds)
        assert lease is not None
        return lease

    def take(
        self, lease: Lease, most: int = 10, owner: str = "me", seconds: float = 60
    ) -> Claim | None:
        with write_connection(db.engine) as connection:
            return claims.take(connection, lease, owner, most, seconds)

    def claim(self, most: int = 10, owner: str = "me", seconds: float = 60) -> Claim:
        claim = self.take(self.lease(owner, seconds), most, owner, seconds)
        assert claim is not None
        return claim

    def answer(self, claim: Claim, index: int, *ids: str, parts: int | None = None) -> None:
        """The carrier took the message's parts under these ids; with `parts` more were to come."""
        said = [PartAnswer("accepted", carrier_id) for carrier_id in ids]
        whole = parts is None or parts == len(ids)
        to = MessageState.ACCEPTED if whole else MessageState.IN_DOUBT
        message = claim.messages[index]
        self.store(
            Answered(
                message.message_id,
                claim.claim_id,
                message.attempt,
                to,
                Cause.ANSWER,
                parts=said,
                part_count=parts or len(ids),
            )
        )

    def store(self, *answered: Answered, done: tuple[int, ...] = ()) -> None:
        with write_connection(db.engine) as connection:
            answers.store(connection, self.route.id, answered, done)

    def lapse(self) -> int:
        """As if every lease had run out long ago; answers how many are in doubt for it."""
        with write_connection(db.engine) as connection:
            connection.execute(text("UPDATE claims SET lease_until = 0"))
            connection.execute(text("UPDATE batches SET leased_until = 0 WHERE owner IS NOT NULL"))
            return claims.settle_lapsed(connection, 0)

    def state(self, message_id: int) -> str:
        db.session.rollback()
        query = text("SELECT state FROM messages WHERE id = :id")
        return str(db.session.execute(query, {"id": message_id}).scalar_one())

    def one(self, query: str) -> object:
        db.session.rollback()
        return db.session.execute(text(query)).scalar_one()

    def states(self) -> dict[str, int]:
        self.stage.assert_counts_are_rows(self.campaign)
        return self.stage.states(self.campaign)


def carried(stage: Stage, carrier: Organisation, people: int = 3, **changes: object) -> Carried:
    """A started and expanded campaign of so many people; nothing of it is leased yet."""
    phones = numbers_of("vinaphone", people)
    stage.subscribe(carrier, phones)
    route = stage.route(carrier, 1)
    campaign = stage.started([route.id], **changes)
    audience = preparing.audience_of(campaign, stage.settings)
    db.session.rollback()
    assert expansion.expand(db.engine, audience, people)
    return Carried(stage, campaign, route, phones)
