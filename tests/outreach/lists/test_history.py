"""The history of lists: an organisation sees its own."""

from __future__ import annotations

from outreach.accounts import User
from outreach.lists import history
from tests.outreach.lists.conftest import Receive


def test_an_organisation_sees_its_own_lists_the_newest_first(
    receive: Receive, bring_in: Receive, liaison: User, stranger: User
) -> None:
    done = bring_in("phone,area\n0912345678,29992\n0912345679,29992\n")
    waiting = receive("phone,area\n0912345670,29992\n", filename="mới.csv")
    assert [row.upload.id for row in history.of(liaison)] == [waiting.id, done.id]
    assert history.subscribers(liaison) == 2
    assert history.of(stranger) == []
    assert history.subscribers(stranger) == 0
