"""A small installation for tests of carrying: people on a list, a route to a simulated carrier, an
approved campaign, and real worker and tick processes to send it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Connection, text

from campaigns import approvals, composing, counts, life, reasons, routes
from campaigns.campaigns import Campaign
from campaigns.routes import NewRoute, Protocol, Route
from outreach import accounts, clock, numbers
from outreach.accounts import User
from outreach.areas import Area
from outreach.database import db, transaction
from outreach.organisations import Organisation
from outreach.settings import Settings
from outreach.subscribers import Group, Subscriber, SubscriberList
from tests.crew import Crew, at_work
from tests.people import Land, bluezone

WORDING = "Kính gửi bà con {xa}: cài {ung_dung} tại {link}"
FIRST = {"viettel": 84_962_000_000, "vinaphone": 84_912_000_000, "mobifone": 84_902_000_000}


def numbers_of(network: str, count: int, offset: int = 0) -> list[str]:
    """Invented numbers of a network, one after another."""
    first = FIRST[network] + offset
    return [f"+{first + i}" for i in range(count)]


@dataclass
class Stage:
    """Everything a campaign needs, by short calls."""

    app: Flask
    settings: Settings
    land: Land
    owner: Organisation
    author: User
    approver: User
    list_ids: dict[int, int] = field(default_factory=dict)

    def subscribe(
        self, organisation: Organisation, phones: list[str], area_id: int | None = None
    ) -> None:
        """Put numbers on an organisation's list, as the import would."""
        with transaction() as session:
            ids = numbers.ensure(session.connection(), numbers.sealer(), phones)
            session.execute(
                Subscriber.__table__.insert(),
                [
                    {
                        "organisation_id": organisation.id,
                        "number_id": ids[phone],
                        "area_id": area_id or self.land.commune,
                        "group_bits": 1,
                        "list_id": self._list_of(organisation),
                    }
                    for phone in phones
                ],
            )

    def _list_of(self, organisation: Organisation) -> int:
        if organisation.id not in self.list_ids:
            upload = SubscriberList(
                organisation_id=organisation.id,
                filename="list.csv",
                size=0,
                stored_as=f"none of {organisation.id}",
                purpose="test",
                source="invented",
                state="done",
                obtained_on=clock.now().date(),
                created_at=clock.now(),
            )
            db.session.add(upload)
            db.session.flush()
            self.list_ids[organisation.id] = upload.id
        return self.list_ids[organisation.id]

    def route(self, organisation: Organisation, port: int, **changes: Any) -> Route:
        """A route to the simulator on `port`."""
        values: dict[str, Any] = {
            "name": f"route of {organisation.name}",
            "protocol": Protocol.SMPP,
            "organisation_id": organisation.id,
            "host": "127.0.0.1",
            "port": port,
            "system_id": "vnpt",
            "password_sealed": numbers.sealer().seal_blob(b"wordpass"),
            "senders": ["BLUEZONE"],
            "rate": 2000.0,
            "price": 250,
            "networks": ["viettel", "vinaphone", "mobifone"],
        }
        return routes.add(NewRoute(**values | changes), actor_id=None)

    def fields(self, route_ids: list[int], **changes: Any) -> dict[str, Any]:
        """A campaign file's object, its window open all day for a week, from this day's first
        minute on; a change to None takes its key away."""
        now = clock.now()
        today = clock.local(now).replace(hour=0, minute=0, second=0, microsecond=0)
        values: dict[str, Any] = {
            "name": "Bluezone đợt 1",
            "apps": ["BLUEZONE"],
            "kind": "notice",
            "organisation": self.owner.id,
            "sender": "BLUEZONE",
            "wording": {"vi": WORDING},
            "strip_marks": True,
            "areas": ["870"],
            "routes": route_ids,
            "not_before": clock.iso(today),
            "not_after": clock.iso(now + timedelta(days=7)),
            "hours": "00:00-24:00",
            "selection_rule": "everyone",
        }
        return {key: item for key, item in (values | changes).items() if item is not None}

    def draft(self, route_ids: list[int], **changes: Any) -> Campaign:
        """A draft by the author."""
        draft = composing.from_object(self.fields(route_ids, **changes))
        return composing.create(draft, self.author.id, self.settings)

    def approved(self, route_ids: list[int], **changes: Any) -> Campaign:
        """A campaign that was submitted by its author and approved by another, its facts checked
        where there is a health office."""
        campaign = self.draft(route_ids, **changes)
        approvals.submit(campaign, self.author, self.settings)
        if campaign.needs_facts:
            approvals.check_facts(campaign, accounts.system(), campaign.digest or "")
        approvals.approve(campaign, self.approver, campaign.digest or "")
        return life.get(campaign.id)

    def started(self, route_ids: list[int], **changes: Any) -> Campaign:
        """The same, started."""
        campaign = self.approved(route_ids, **changes)
        life.start(campaign, self.approver.id)
        return life.get(campaign.id)

    @contextmanager
    def crew(self, workers: int = 1) -> Iterator[Crew]:
        """A tick and workers as processes, killed at the end if they did not stop."""
        crew = Crew(self.settings, self.settings.data_dir / "processes.log")
        with at_work(crew, workers):
            yield crew

    def wait(
        self, campaign: Campaign, done: Callable[[Campaign], Any], seconds: float = 30.0
    ) -> Campaign:
        """The campaign once `done` is true of it; AssertionError with its counts otherwise."""
        deadline = time.monotonic() + seconds
        while True:
            db.session.rollback()
            now = life.get(campaign.id)
            if done(now):
                return now
            if time.monotonic() > deadline:
                seen = counts.of_campaigns(db.session(), [campaign.id])
                raise AssertionError(f"still {now.state} after {seconds} s: {seen}")
            time.sleep(0.1)

    def settled(self, campaign: Campaign, seconds: float = 30.0) -> Campaign:
        """The campaign once nothing is awaited any more."""
        return self.wait(campaign, lambda c: c.settled_at is not None, seconds)

    def states(self, campaign: Campaign) -> dict[str, int]:
        """Messages by state, from the rows themselves."""
        db.session.rollback()
        rows = db.session.execute(
            text("SELECT state, COUNT(*) FROM messages WHERE campaign_id = :id GROUP BY state"),
            {"id": campaign.id},
        )
        return {str(state): count for state, count in rows}

    def assert_counts_are_rows(self, campaign: Campaign) -> None:
        """What pages show is what the rows hold."""
        db.session.rollback()
        with db.engine.connect() as connection:
            if connection.dialect.name != "sqlite":  # one picture of it all, whoever writes
                connection.execution_options(isolation_level="REPEATABLE READ")
            shown = {
                (row.area_id, row.route_id, row.state.value): (row.messages, row.segments)
                for row in counts.of_campaign(connection, campaign.id)
            }
            assert shown == counts.from_rows(connection, campaign.id)
            assert_added_up(connection, campaign.id)
            told = {
                (row.route_id, row.state.value, row.reason): (row.messages, row.segments)
                for row in reasons.of_campaign(connection, campaign.id)
            }
            assert told == reasons.from_rows(connection, campaign.id)
            known = text("SELECT message_id FROM messages_in_doubt WHERE campaign_id = :id")
            seen = text("SELECT id FROM messages WHERE campaign_id = :id AND state = 'in_doubt'")
            values = {"id": campaign.id}
            doubts = set(connection.execute(known, values).scalars())
            assert doubts == set(connection.execute(seen, values).scalars())


def assert_added_up(connection: Connection, campaign_id: int) -> None:
    """What is kept of a campaign by the areas above, and of all of it, is the sum of its totals."""
    sums = " UNION ALL ".join(
        f"SELECT 'sum', {height}, {place}, f.route_id, f.state, SUM(f.messages), SUM(f.segments)"
        f" FROM counts f{counts.LINE} WHERE f.campaign_id = :c GROUP BY 2, 3, 4, 5"
        for height, place in enumerate((*counts.ABOVE, "0"), start=1)
    )
    # In one statement: the tick may be folding.
    both = connection.execute(
        text(
            "SELECT 'kept', height, area_id, route_id, state, messages, segments FROM counts_above"
            f" WHERE campaign_id = :c UNION ALL {sums}"
        ),
        {"c": campaign_id},
    ).all()
    kept, summed = (
        sorted(tuple(map(str, row[1:])) for row in both if row[0] == which)
        for which in ("kept", "sum")
    )
    assert kept == summed


@pytest.fixture
def stage(
    app: Flask,
    settings: Settings,
    land: Land,
    culture_office: Organisation,
    culture: User,
    make_person: Callable[..., User],
) -> Stage:
    """The culture office writes, another of its people approves."""
    from outreach.accounts import Role

    with transaction() as session:
        if session.query(Group).filter_by(code="public").first() is None:
            session.add(Group(code="public", name="Người dân", bit=0))
    bluezone()
    author = make_person(Role.CULTURE, culture_office, name="Tác giả")
    # Carriers of tests fail as they please; tests of the automatic stop set it themselves.
    changes = {"notice_hours": "00:00-24:00", "lease_seconds": 4.0, "canary_percent": 100}
    all_day = settings.model_copy(update=changes)
    app.config["OUTREACH"] = all_day
    return Stage(app, all_day, land, culture_office, author, culture)


__all__ = ["Area", "Crew", "Stage", "numbers_of", "stage"]
