"""Counts: exact at every moment, whoever appends, folds and reads."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import func, select

from campaigns import counts
from campaigns.counts import CountAbove, CountDelta, CountRow, Step
from campaigns.states import MessageState
from outreach import apps, area_loading, areas
from outreach.areas import Area
from outreach.database import db, write_connection
from tests.campaigns.comparing import Scene, scene
from tests.stage import Stage, assert_added_up

__all__ = ["scene"]
M = MessageState


def append(*steps: Step) -> None:
    with write_connection(db.engine) as connection:
        counts.append(connection, steps)


def fold() -> int:
    with write_connection(db.engine) as connection:
        return counts.fold(connection)


def read(campaign_id: int = 1) -> dict[tuple[int, int, MessageState], tuple[int, int]]:
    with db.engine.connect() as connection:
        rows = counts.of_campaign(connection, campaign_id)
    return {(r.area_id, r.route_id, r.state): (r.messages, r.segments) for r in rows}


def step(before: MessageState | None, after: MessageState, area: int = 1, times: int = 2) -> Step:
    return Step(1, area, 1, times, before, after)


def test_whatever_changes_a_figure_ends_a_kept_comparison(scene: Scene) -> None:
    sent = scene.send("12/8", {"29971": 3})
    seen = [counts.newest_figures()]

    def changed() -> bool:
        db.session.rollback()
        seen.append(counts.newest_figures())
        return seen[-1] != seen[-2]

    assert not changed()
    scene.report("29971", "13/8", 50)
    assert changed()
    # No new attempt and no new receipt, as when a doubt is settled by what came before.
    scene.move(sent, (MessageState.DELIVERED, 1))
    assert changed()
    with write_connection(db.engine) as connection:
        counts.fold(connection)
    assert not changed()
    apps.add("KHAC", "Khác", "https://khac.vn", actor_id=None)
    assert changed()


def test_what_was_appended_reads_the_same_before_and_after_it_is_folded(app: object) -> None:
    append(*[step(None, M.QUEUED)] * 3, step(None, M.QUEUED, area=2, times=5))
    append(step(M.QUEUED, M.SENDING), step(M.SENDING, M.ACCEPTED))
    expected = {
        (1, 1, M.QUEUED): (2, 4),
        (1, 1, M.ACCEPTED): (1, 2),
        (2, 1, M.QUEUED): (1, 5),
    }
    assert read() == expected
    assert fold() > 0
    assert read() == expected
    append(step(M.ACCEPTED, M.DELIVERED))
    assert read()[1, 1, M.DELIVERED] == (1, 2)
    assert fold() == 2
    assert fold() == 0
    assert read()[1, 1, M.DELIVERED] == (1, 2)
    assert db.session.scalar(select(func.count(CountDelta.id))) == 0


def test_a_way_there_and_back_leaves_nothing_to_append(app: object) -> None:
    append(step(M.QUEUED, M.SENDING), step(M.SENDING, M.QUEUED))
    assert db.session.scalar(select(func.count(CountDelta.id))) == 0
    assert read() == {}


def test_several_campaigns_are_read_at_once(app: object) -> None:
    append(step(None, M.QUEUED), Step(2, 1, 1, 1, None, M.SENDING))
    fold()
    append(step(None, M.QUEUED))
    assert counts.of_campaigns(db.session(), [1, 2, 3]) == {1: {M.QUEUED: 2}, 2: {M.SENDING: 1}}
    assert counts.mean_segments(db.session(), 1) == 2.0
    assert counts.mean_segments(db.session(), 3) == 0.0
    assert counts.of_campaign(db.session(), 2) == [CountRow(1, 1, M.SENDING, 1, 1)]


def test_what_is_folded_is_added_up_by_what_it_lies_in(stage: Stage) -> None:
    land = stage.land
    province = db.session.get_one(Area, land.district).parent_id
    steps = [
        Step(1, land.commune, 1, 2, None, M.QUEUED),
        Step(1, land.other_commune, 1, 1, None, M.QUEUED),
        Step(1, land.commune, 1, 2, M.QUEUED, M.SENDING),
        Step(1, land.district, 1, 1, None, M.QUEUED),
    ]
    append(*steps[:2])
    fold()
    append(*steps[2:])
    fold()
    assert above(1) == {(land.district, M.QUEUED): 1, (land.district, M.SENDING): 1} | {
        (province, M.QUEUED): 1  # of the district itself, which lies there
    }
    assert above(2) == {(province, M.QUEUED): 2, (province, M.SENDING): 1}
    assert above(counts.WHOLE) == {(0, M.QUEUED): 2, (0, M.SENDING): 1}
    with db.engine.connect() as connection:
        assert_added_up(connection, 1)


def test_an_area_that_is_moved_takes_its_counts_along(stage: Stage, tmp_path: Path) -> None:
    commune = db.session.get_one(Area, stage.land.commune)
    append(Step(1, commune.id, 1, 1, None, M.QUEUED), Step(2, 1, 1, 1, None, M.QUEUED))
    fold()
    assert above(1) == {(stage.land.district, M.QUEUED): 1}
    other = areas.by_code("869", 2020)
    move(commune, tmp_path)
    assert above(1) == {(other.id, M.QUEUED): 1}
    append(Step(1, commune.id, 1, 1, M.QUEUED, M.SENDING))
    fold()
    assert above(1) == {(other.id, M.QUEUED): 0, (other.id, M.SENDING): 1}


def move(commune: Area, folder: Path) -> None:
    """Into the district 869."""
    path = folder / "moved.csv"
    path.write_text(
        f"code,level,name,kind,parent_code\n{commune.code},commune,{commune.name},Xã,869\n",
        encoding="utf-8",
    )
    area_loading.load_file(path, 2020, actor_id=None)


def test_the_first_counts_of_a_campaign_are_folded_while_their_area_is_moved(
    stage: Stage, tmp_path: Path
) -> None:
    commune = db.session.get_one(Area, stage.land.commune)
    append(Step(1, commune.id, 1, 1, None, M.QUEUED))
    other = areas.by_code("869", 2020).id
    db.session.expunge_all()
    db.session.rollback()

    def elsewhere() -> None:
        with stage.app.app_context():
            move(commune, tmp_path)

    with ThreadPoolExecutor(1) as pool:
        with write_connection(db.engine) as connection:
            counts.fold(connection)
            moved = pool.submit(elsewhere)
            with pytest.raises(TimeoutError):
                moved.result(1)  # it waits for the fold, which has read where the area lay
        moved.result(30)
    assert above(1) == {(other, M.QUEUED): 1}


def above(height: int) -> dict[tuple[int, MessageState], int]:
    """Messages of the campaign 1 by area of this height and state."""
    db.session.rollback()
    rows = select(CountAbove).where(CountAbove.height == height, CountAbove.campaign_id == 1)
    return {(row.area_id, row.state): row.messages for row in db.session.scalars(rows)}


def test_two_folds_appends_and_readers_at_once_agree(stage: Stage) -> None:
    """Messages are moved on, never made or lost: each reader sees all forty of them."""
    append(*[step(None, M.QUEUED)] * 40)
    wrong: list[str] = []

    def run(act: object) -> None:
        with stage.app.app_context():
            try:
                act()  # type: ignore[operator]
            except Exception as error:
                wrong.append(repr(error))

    def move() -> None:
        for _ in range(20):
            append(step(M.QUEUED, M.SENDING))

    def fold_often() -> None:
        for _ in range(15):
            fold()

    def look() -> None:
        for _ in range(30):
            total = sum(messages for messages, _segments in read().values())
            if total != 40:
                wrong.append(f"saw {total}")

    threads = [
        threading.Thread(target=run, args=(act,))
        for act in (move, move, fold_often, fold_often, look)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert wrong == []
    fold()
    assert read() == {(1, 1, M.SENDING): (40, 80)}
    with db.engine.connect() as connection:
        assert_added_up(connection, 1)
