"""Snapshots of long fixtures: done once, laid down again, and done anew where others came first."""

from flask import Flask
from sqlalchemy import select, text

from outreach import numbers
from outreach.database import db, transaction
from outreach.organisations import Organisation
from outreach.subscribers import Subscriber
from tests import snapshots
from tests.stage import Stage, numbers_of


def test_it_is_done_once_and_found_again(app: Flask, stage: Stage, vnpt: Organisation) -> None:
    done: list[int] = []

    def work() -> int:
        stage.subscribe(vnpt, numbers_of("vinaphone", 2))
        done.append(len(done))
        return done[-1]

    assert snapshots.laid("two", work) == 0
    owner = vnpt.id
    with transaction() as session:
        session.execute(text("DELETE FROM subscribers"))
        vnpt.name = "Tên khác"
    assert snapshots.laid("two", work) == 0
    assert done == [0]
    assert vnpt.name != "Tên khác"
    phones = numbers_of("vinaphone", 2)
    found = numbers.find(db.session.connection(), numbers.sealer(), phones)
    assert sorted(db.session.scalars(select(Subscriber.number_id))) == sorted(found.values())
    assert len(found) == 2  # the key they are sealed with came back, too
    stage.subscribe(vnpt, numbers_of("vinaphone", 1, 2))  # numbers of rows go on
    assert db.session.scalars(select(Subscriber.organisation_id)).all() == [owner] * 3


def test_where_others_came_first_it_is_done_anew(stage: Stage, vnpt: Organisation) -> None:
    done: list[str] = []
    snapshots.laid("anew", lambda: done.append("first"))
    with transaction() as session:
        session.add(Organisation(name="Một nơi nữa", kind=vnpt.kind))
    snapshots.laid("anew", lambda: done.append("second"))
    assert done == ["first", "second"]
