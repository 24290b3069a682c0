"""What ends a kept answer: figures, acts of people, and the hours after which a figure is late."""

from __future__ import annotations

from outreach import apps, newest
from outreach.database import db
from tests.drive import Drive, at


def mark() -> object:
    db.session.rollback()
    return newest.figures()


def test_a_figure_a_correction_and_an_act_end_it(drive: Drive) -> None:
    at("20/8 14:00")
    seen = [mark()]
    assert mark() == seen[0]
    drive.report(50)
    seen.append(mark())
    drive.report(60, "14:05", reason="miscounted")
    seen.append(mark())
    apps.add("KHAC", "Khác", "https://khac.vn", actor_id=None)
    seen.append(mark())
    assert len(set(seen)) == 4


def test_the_hour_ends_it(drive: Drive) -> None:
    at("20/8 14:59")
    before = mark()
    at("20/8 15:01")
    assert mark() != before
    at("20/8 15:20")
    after = mark()
    at("20/8 16:20")
    assert mark() == after
    at("21/8 0:01")
    assert mark() != after
