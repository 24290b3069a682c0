"""An agreement has its day, and ends and begins anew by the person alone."""

from __future__ import annotations

import pytest

from outreach import own_numbers, reminder_agreements
from outreach.errors import Refused
from outreach.reminder_agreements import Way
from tests.drive import at
from tests.reminded import MAIL, Reminded


def test_to_agree_again_changes_nothing_and_to_come_back_is_another_day(
    reminded: Reminded,
) -> None:
    first = at("14:05")
    reminded.agree()
    at("14:10")
    reminder_agreements.agree(reminded.reporter, Way.SMS, reminded.settings)
    row = reminder_agreements.of(reminded.reporter.id)
    assert row is not None
    assert (row.agreed_at - first).total_seconds() < 60
    reminder_agreements.withdraw(reminded.reporter)
    assert reminder_agreements.of(reminded.reporter.id) is None
    again = at("14:20")
    reminder_agreements.agree(reminded.reporter, Way.SMS, reminded.settings)
    row = reminder_agreements.of(reminded.reporter.id)
    assert row is not None
    assert row.agreed_at >= again


def test_one_way_at_a_time(reminded: Reminded) -> None:
    reminded.set(**MAIL)
    reminded.agree()
    reminder_agreements.agree(reminded.reporter, Way.EMAIL, reminded.settings)
    row = reminder_agreements.of(reminded.reporter.id)
    assert row is not None
    assert (row.way, row.number_id) == (Way.EMAIL, None)


def test_a_number_nobody_confirmed_is_not_enough(reminded: Reminded) -> None:
    own_numbers.keep(reminded.reporter, "0912000999")
    with pytest.raises(Refused, match="No number is confirmed"):
        reminder_agreements.agree(reminded.reporter, Way.SMS, reminded.settings)
