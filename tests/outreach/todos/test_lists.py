"""What lists of subscribers ask of the organisation that holds them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from outreach import clock
from outreach.accounts import User
from outreach.database import db, transaction
from outreach.organisations import Organisation
from outreach.subscribers import ListState, SubscriberList
from outreach.todos import lists


@pytest.fixture
def upload(vnpt: Organisation) -> int:
    """A list of VNPT's, just uploaded."""
    with transaction() as session:
        kept = SubscriberList(
            organisation_id=vnpt.id,
            filename="ds.csv",
            size=1,
            stored_as="nowhere",
            purpose="thử",
            source="hư cấu",
            state=ListState.UPLOADED,
            obtained_on=clock.now().date(),
            created_at=clock.now(),
        )
        session.add(kept)
        session.flush()
        return kept.id


def become(upload: int, state: ListState, **values: object) -> None:
    with transaction() as session:
        now = {"finished_at": clock.now()} | values
        session.execute(
            update(SubscriberList)
            .where(SubscriberList.id == upload)
            .values(state=state, **now)
            .execution_options(synchronize_session=False)
        )
    db.session.expire_all()


def said(person: User) -> list[tuple[str, str]]:
    return [(row.look, row.sentence) for row in lists.of_lists(person)]


def test_a_list_says_what_it_waits_for(upload: int, liaison: User, stranger: User) -> None:
    assert said(liaison) == [("wait", "Confirm the columns of ds.csv")]
    assert said(stranger) == []
    become(upload, ListState.READING)
    assert said(liaison) == [("run", "ds.csv is being imported")]
    become(upload, ListState.REFUSED, refusal="Không có cột số điện thoại.")
    (row,) = lists.of_lists(liaison)
    assert (row.look, row.sentence, row.second) == (
        "late",
        "ds.csv was refused",
        "Không có cột số điện thoại.",
    )
    become(upload, ListState.DONE, read=1200, rejected=43)
    assert said(liaison) == [("note", "43 of 1,200 rows of ds.csv were turned away")]


def test_what_came_in_whole_or_long_ago_is_not_spoken_of(upload: int, liaison: User) -> None:
    become(upload, ListState.DONE, read=10, rejected=0)
    assert said(liaison) == []
    become(upload, ListState.DONE, rejected=3, finished_at=clock.now() - timedelta(days=4))
    assert said(liaison) == []
    become(upload, ListState.DISCARDED)
    assert said(liaison) == []
