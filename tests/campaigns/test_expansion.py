"""From an approved audience to messages: once each, whoever stops, dies or comes twice."""

from __future__ import annotations

import threading
from itertools import groupby

import pytest
from sqlalchemy import event, text

from campaigns import approvals, expansion, life, progress
from campaigns.campaigns import Campaign
from campaigns.expansion import TooMany
from campaigns.states import CampaignState
from outreach import opt_outs
from outreach.database import db, write_connection
from outreach.organisations import Organisation
from tests.campaigns.expanding import expand, messages_of, small_chunks
from tests.stage import Stage, numbers_of

__all__ = ["small_chunks"]
pytestmark = pytest.mark.usefixtures("small_chunks")
PHONES = numbers_of("vinaphone", 20)


@pytest.fixture
def started(stage: Stage, vnpt: Organisation, viettel: Organisation) -> Campaign:
    """Twenty numbers on VNPT's list, in two communes; ten of them on Viettel's as well."""
    stage.subscribe(vnpt, PHONES[:12])
    stage.subscribe(vnpt, PHONES[12:], stage.land.other_commune)
    stage.subscribe(viettel, PHONES[::2])
    return stage.started([stage.route(o, 9).id for o in (vnpt, viettel)])


def assert_whole(stage: Stage, campaign: Campaign) -> None:
    """Every number once, every count true, every batch a range that holds its messages."""
    made = messages_of(campaign)
    assert len(made) == len({m.number_id for m in made}) == 20
    shown = progress.as_object(life.get(campaign.id))
    assert shown["suppressed"] == {"duplicate": 10}
    assert shown["counts"]["queued"] == shown["recipients"] == 20
    stage.assert_counts_are_rows(campaign)
    wrong = db.session.execute(
        text(
            "SELECT b.id FROM batches b WHERE b.size <> (SELECT COUNT(*) FROM messages m"
            " WHERE m.batch_id = b.id AND m.id BETWEEN b.first_id AND b.last_id"
            " AND m.route_id = b.route_id)"
        )
    ).all()
    assert wrong == []


def test_a_number_on_two_lists_in_a_chunk_or_over_chunks_gets_one_message(
    stage: Stage, started: Campaign
) -> None:
    assert expand(stage, started)
    assert life.get(started.id).expanded_at is not None
    assert_whole(stage, started)


def test_messages_lie_in_area_order_in_batches_of_one_route(
    stage: Stage, started: Campaign
) -> None:
    assert expand(stage, started)
    made = messages_of(started)
    areas = [area for area, _ in groupby(m.area_id for m in made)]
    assert areas == [stage.land.commune, stage.land.other_commune]
    sizes = [len(list(group)) for _, group in groupby(m.batch_id for m in made)]
    assert max(sizes) == 3


def test_an_expander_that_stopped_anywhere_is_followed_from_its_checkpoint(
    stage: Stage, started: Campaign
) -> None:
    for chunks in range(1, 9):
        left = iter([True] * chunks + [False])
        done = expand(stage, started, lambda left=left: next(left))  # type: ignore[misc]
        if done:
            break
        assert life.get(started.id).expanded_at is None
    assert done
    assert_whole(stage, started)
    assert expand(stage, started)  # and once more adds nothing
    assert_whole(stage, started)


def test_an_expander_killed_in_mid_chunk_leaves_nothing_of_the_chunk(
    stage: Stage, started: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = expansion._count

    def die(*_arguments: object) -> None:
        raise SystemExit

    monkeypatch.setattr(expansion, "_count", die)
    with pytest.raises(SystemExit):
        expand(stage, started)
    assert messages_of(started) == []
    monkeypatch.setattr(expansion, "_count", real)
    assert expand(stage, started)
    assert_whole(stage, started)


def test_two_expanders_at_once_make_each_message_once(stage: Stage, started: Campaign) -> None:
    barrier, wrong = threading.Barrier(2), []
    started_id = started.id

    def run() -> None:
        with stage.app.app_context():
            try:
                barrier.wait(10)
                # One that lost a chunk to the other gives up; the tick rings again.
                while not expand(stage, life.get(started_id)):
                    pass
            except Exception as error:
                wrong.append(repr(error))
            finally:
                db.session.remove()

    db.session.rollback()
    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert wrong == []
    assert_whole(stage, started)


def test_a_pause_stops_it_and_a_resume_lets_it_go_on(stage: Stage, started: Campaign) -> None:
    def pause_after_one() -> bool:
        if messages_of(started):
            life.pause(life.get(started.id), "wait", None)
        db.session.rollback()
        return True

    assert not expand(stage, started, pause_after_one)
    assert 0 < len(messages_of(started)) < 20
    life.resume(life.get(started.id), None)
    assert expand(stage, started)
    assert_whole(stage, started)


def test_who_refuses_after_the_approval_is_left_out(stage: Stage, started: Campaign) -> None:
    opt_outs.add([PHONES[0], PHONES[1]], "answered TC", None)  # the first is on both lists
    assert expand(stage, started)
    shown = progress.as_object(life.get(started.id))
    assert (shown["recipients"], shown["suppressed"]) == (18, {"opted_out": 3, "duplicate": 9})


def test_two_in_a_hundred_more_than_approved_are_taken(stage: Stage, vnpt: Organisation) -> None:
    phones = numbers_of("vinaphone", 52)
    stage.subscribe(vnpt, phones[:50])
    campaign = stage.started([stage.route(vnpt, 9).id])
    stage.subscribe(vnpt, phones[50:51])
    assert expand(stage, campaign)
    assert len(messages_of(campaign)) == 51


def test_more_than_that_makes_it_a_draft_with_nothing_of_it_left(
    stage: Stage, started: Campaign, vnpt: Organisation
) -> None:
    stage.subscribe(vnpt, numbers_of("vinaphone", 1, offset=100), stage.land.other_commune)
    with pytest.raises(TooMany, match="21 recipients, 20 approved") as too_many:
        expand(stage, started)
    assert messages_of(started)
    life.withdraw(life.get(started.id), str(too_many.value))
    now = life.get(started.id)
    assert (now.state, now.digest, now.started_at) == (CampaignState.DRAFT, None, None)
    tables = ("messages", "batches", "counts", "count_deltas", "suppressions", "rendered_texts")
    for table in tables:
        assert db.session.execute(text(f"SELECT COUNT(*) FROM {table}")).scalar() == 0, table
    approvals.submit(now, stage.author, stage.settings)
    approvals.approve(now, stage.approver, now.digest or "")
    life.start(now, None)
    assert expand(stage, now)
    assert len(messages_of(now)) == 21


def test_a_withdrawal_that_dies_leaves_all_as_it_was(
    stage: Stage, started: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert expand(stage, started)

    def die(*_arguments: object) -> None:
        raise SystemExit

    monkeypatch.setattr("campaigns.preparing.forget", die)
    with pytest.raises(SystemExit):
        life.withdraw(life.get(started.id), "why")
    assert life.get(started.id).state is CampaignState.SENDING
    assert_whole(stage, started)


def test_a_chunk_is_read_outside_the_write_lock(stage: Stage, started: Campaign) -> None:
    """While the next candidates are read, others write: pause, log-in, receipts."""
    begun: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.lstrip().startswith("INSERT INTO expansion_chunk"):
            with write_connection(db.engine) as other:
                other.execute(text("UPDATE organisations SET name = name"))
            begun.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        assert expand(stage, started)
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    assert len(begun) > 3
