"""Invitation links: one use, seven days, nothing of them kept but a hash."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import update

from outreach import audit, clock, closing, invitations, passwords
from outreach.accounts import User
from outreach.database import db, transaction
from outreach.errors import Refused
from outreach.invitations import Invitation
from outreach.settings import Settings
from tests.people import PASSWORD


def test_an_accepted_link_sets_name_and_password(liaison: User) -> None:
    token = invitations.create(liaison, actor_id=None)
    person = invitations.accept(token, "  Trần   Thị Lan ", PASSWORD)
    assert (person.id, person.name) == (liaison.id, "Trần Thị Lan")
    assert person.verify_and_update_password(PASSWORD)
    assert audit.verify().ok


def test_a_link_works_once(liaison: User) -> None:
    token = invitations.create(liaison, actor_id=None)
    invitations.accept(token, "Lan", PASSWORD)
    with pytest.raises(Refused, match="has been used"):
        invitations.accept(token, "Mai", "another password")
    assert liaison.name == "Lan"


def test_of_two_who_use_a_link_at_once_the_second_is_told(
    liaison: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = invitations.create(liaison, actor_id=None)
    hashed = passwords.hashed

    def overtaken(password: str) -> str:
        monkeypatch.setattr(passwords, "hashed", hashed)
        invitations.accept(token, "First", PASSWORD)
        return hashed(password)

    monkeypatch.setattr(passwords, "hashed", overtaken)
    with pytest.raises(Refused, match="has been used"):
        invitations.accept(token, "Second", "another password")
    assert liaison.name == "First"


def test_a_newer_link_makes_the_older_worthless(liaison: User) -> None:
    old = invitations.create(liaison, actor_id=None)
    new = invitations.create(liaison, actor_id=None)
    with pytest.raises(Refused):
        invitations.find(old)
    assert invitations.find(new).user_id == liaison.id


def test_a_link_of_one_person_leaves_that_of_another(liaison: User, culture: User) -> None:
    token = invitations.create(liaison, actor_id=None)
    invitations.create(culture, actor_id=None)
    assert invitations.find(token).user_id == liaison.id


def test_a_link_ends_after_seven_days_of_real_time(liaison: User) -> None:
    token = invitations.create(liaison, actor_id=None)
    clock.set_offset(timedelta(days=-2000))  # the example's clock says nothing about it
    assert invitations.find(token)
    with transaction() as session:
        session.execute(
            update(Invitation).values(expires_at=clock.real_now() - timedelta(seconds=1))
        )
    with pytest.raises(Refused):
        invitations.find(token)


def test_an_unknown_link_is_refused_in_the_same_words(app: Flask, liaison: User) -> None:
    token = invitations.create(liaison, actor_id=None)
    invitations.accept(token, "Lan", PASSWORD)
    said = []
    for worthless in (token, "guessed"):
        with pytest.raises(Refused) as refused:
            invitations.find(worthless)
        said.append(refused.value.sentence)
    assert said[0] == said[1]


def test_a_closed_account_is_not_opened_by_an_old_link(liaison: User) -> None:
    token = invitations.create(liaison, actor_id=None)
    closing.close(liaison, actor_id=None)
    with pytest.raises(Refused):
        invitations.accept(token, "Lan", PASSWORD)


def test_a_password_too_short_leaves_the_link_good(liaison: User) -> None:
    token = invitations.create(liaison, actor_id=None)
    with pytest.raises(Refused) as refused:
        invitations.accept(token, "Lan", "short")
    assert refused.value.field == "password"
    with pytest.raises(Refused) as refused:
        invitations.accept(token, " ", PASSWORD)
    assert refused.value.field == "name"
    invitations.accept(token, "Lan", PASSWORD)


def test_the_link_itself_is_stored_nowhere(liaison: User) -> None:
    token = invitations.create(liaison, actor_id=None)
    stored = db.session.query(Invitation).one()
    assert token not in (stored.token_hash, *map(str, vars(stored).values()))


def test_the_link_leads_to_the_address_of_the_installation(settings: Settings) -> None:
    assert invitations.link("abc", settings) == "http://127.0.0.1:5000/invitations/abc"
    public = settings.model_copy(update={"public_url": "https://tungngo.vn/"})
    assert invitations.link("abc", public) == "https://tungngo.vn/invitations/abc"


def test_accepting_ends_the_persons_older_sessions(liaison: User) -> None:
    before = liaison.fs_uniquifier
    token = invitations.create(liaison, actor_id=None)
    assert invitations.accept(token, "Lan", PASSWORD).fs_uniquifier != before
