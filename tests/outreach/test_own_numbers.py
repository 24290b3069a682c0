"""Whose number is which: an administrator confirms it, and another one is confirmed anew."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from outreach import own_numbers
from outreach.accounts import Role, User
from outreach.audit import AuditRow
from outreach.database import db
from outreach.errors import Refused

TYPED, E164 = "0912 000 999", "+84912000999"


@pytest.fixture
def admin(app: Flask, make_person: Callable[..., User]) -> User:
    return make_person(Role.ADMIN)


def test_a_confirmed_number_is_the_person_s_until_it_is_withdrawn(
    admin: User, liaison: User
) -> None:
    assert own_numbers.confirm(liaison, TYPED, actor_id=admin.id) == E164
    assert own_numbers.of(liaison) == E164
    assert own_numbers.confirmed_at(liaison) is not None
    own_numbers.withdraw(liaison, actor_id=admin.id)
    assert own_numbers.confirmed_at(liaison) is None
    assert own_numbers.of(liaison) == E164, "tests still go there"
    with pytest.raises(Refused, match="No number"):
        own_numbers.withdraw(liaison, actor_id=admin.id)
    acts = list(db.session.scalars(select(AuditRow.act).order_by(AuditRow.id)))[-2:]
    assert acts == ["own_number.confirm", "own_number.withdraw"]
    assert "000999" not in "".join(db.session.scalars(select(AuditRow.detail)))


def test_who_says_another_number_is_theirs_has_it_confirmed_anew(
    admin: User, liaison: User
) -> None:
    own_numbers.confirm(liaison, TYPED, actor_id=admin.id)
    own_numbers.keep(liaison, TYPED)
    assert own_numbers.confirmed_at(liaison) is not None, "the same number"
    own_numbers.keep(liaison, "0912000998")
    assert own_numbers.confirmed_at(liaison) is None


def test_a_number_is_confirmed_as_one_person_s_only(
    admin: User, liaison: User, culture: User
) -> None:
    own_numbers.keep(culture, TYPED)  # what somebody types proves nothing
    own_numbers.confirm(liaison, TYPED, actor_id=admin.id)
    with pytest.raises(Refused, match="another person"):
        own_numbers.confirm(culture, TYPED, actor_id=admin.id)
    with pytest.raises(Refused, match="no mobile number"):
        own_numbers.confirm(culture, "1900", actor_id=admin.id)
