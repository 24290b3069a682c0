"""Importing: good rows in, bad rows back, nothing twice, whatever dies when."""

from __future__ import annotations

import csv
import io
import json
import multiprocessing
import time
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from app import create_app
from outreach import area_editing, area_loading, areas, clock, numbers
from outreach.database import db, transaction, write_connection
from outreach.lists import importing, leases, staging, uploads
from outreach.lists.importing import NAME
from outreach.lists.staging import StagedRow
from outreach.numbers import Number
from outreach.organisations import Organisation
from outreach.sealing import add_key
from outreach.settings import Settings
from outreach.subscribers import ListState, Subscriber, SubscriberList, list_by_id
from tests.outreach.lists.conftest import PURPOSE, Receive

THREE = """SĐT,Xã,Họ tên
0912345678,Long Thuận,Lê A
0912345679,29992,
84 352 345 678,xa Phu Thuan A,Trần C
"""


def figures(upload: SubscriberList) -> tuple[int, int, int, int]:
    return upload.read, upload.added, upload.joined, upload.rejected


def subscribers() -> list[tuple[str, str | None, str | None, int]]:
    """(number, area, name, group bits), in the order they came in."""
    sealer = numbers.sealer()
    rows = db.session.execute(
        select(Number.sealed, Subscriber)
        .join(Number, Number.id == Subscriber.number_id)
        .order_by(Subscriber.id)
    )
    return [
        (
            sealer.open_number(sealed),
            areas.code_of(one.area_id),
            sealer.open_blob(one.name_sealed, NAME).decode() if one.name_sealed else None,
            one.group_bits,
        )
        for sealed, one in rows
    ]


def number(phone: str) -> Number:
    ids = numbers.find(db.session.connection(), numbers.sealer(), [phone])
    return db.session.get_one(Number, ids[phone], populate_existing=True)


def rejects_of(upload: SubscriberList, folder: Path) -> list[list[str]]:
    """(row, column, value, reason) of each row turned away."""
    path = folder / "rejects.csv"
    uploads.export_rejects(upload, path, actor_id=None)
    return [row[:4] for row in csv.reader(io.StringIO(path.read_text("utf-8-sig")))][1:]


def rows_of(model: type) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def test_good_rows_become_subscribers_with_area_and_name(bring_in: Receive) -> None:
    upload = bring_in(THREE)

    assert (upload.state, figures(upload)) == (ListState.DONE, (3, 3, 0, 0))
    assert subscribers() == [
        ("+84912345678", "29992", "Lê A", 1),
        ("+84912345679", "29992", None, 1),
        ("+84352345678", "29998", "Trần C", 1),
    ]
    assert rows_of(StagedRow) == 0


def test_where_two_lists_are_loaded_the_one_that_was_used_is_said(
    bring_in: Receive, tmp_path: Path
) -> None:
    """Long Thuận has one code in both; a campaign for Hồng Ngự reaches the one of 2020 alone."""
    assert json.loads(bring_in(THREE).notes) == []
    clock.set_offset(clock.parse_moment("2026-08-18T08:00+07:00") - clock.real_now())
    now = tmp_path / "areas.csv"
    now.write_text("code,level,name,kind,parent_code\n82,province,Tỉnh Đồng Tháp,Tỉnh,\n")
    area_loading.load_file(now, 2025, actor_id=None)

    (said,) = json.loads(bring_in(THREE + " ").notes)
    assert "list of 2025" in said
    (said,) = json.loads(bring_in(THREE + "\n", within_id=areas.by_code("870").id).notes)
    assert "list of 2020" in said


def test_purpose_source_and_day_are_kept(bring_in: Receive) -> None:
    upload = bring_in(THREE)

    kept = (upload.purpose, upload.source, upload.obtained_on)
    assert kept == (PURPOSE.purpose, PURPOSE.source, PURPOSE.obtained_on)
    assert upload.finished_at is not None


def test_a_carriers_own_list_confirms_the_network_of_ported_numbers_too(bring_in: Receive) -> None:
    bring_in(THREE)

    ported = number("+84352345678")
    assert (ported.hint, ported.confirmed) == ("viettel", "vinaphone")
    assert ported.confirmed_by == "list of 1"


def test_the_list_with_the_newer_date_confirms_a_number_on_two_carriers_lists(
    bring_in: Receive, viettel: Organisation
) -> None:
    older = uploads.Purpose("p", "s", PURPOSE.obtained_on - timedelta(days=30))
    newer = uploads.Purpose("p", "s", PURPOSE.obtained_on + timedelta(days=1))
    bring_in(THREE)

    bring_in(THREE, owner=viettel, purpose=older)
    assert number("+84912345678").confirmed == "vinaphone"

    bring_in(THREE, owner=viettel, purpose=newer)
    assert number("+84912345678").confirmed == "viettel"
    assert rows_of(Number) == 3
    assert rows_of(Subscriber) == 6


def test_bad_rows_come_back_with_row_column_value_and_reason(
    bring_in: Receive, tmp_path: Path
) -> None:
    for code in ("29956", "29974"):
        area_editing.add_alias(areas.by_code(code), "Thường Phước", actor_id=None)
    upload = bring_in(
        "SĐT,Xã,Họ tên,Nhóm\n"
        "0912345678,Long Thuận,A,\n"
        "02773821234,Long Thuận,B,\n"
        "0912345679,,C,\n"
        "0912345670,Xã Không Có,D,\n"
        "0912345671,Thường Phước,E,\n"
        "0912345672,Long Thuận,F,nhà thơ\n"
        "0912345673,Long Thuận,G,người cách ly\n"
        "0912345674,Long Thuận,H,,Phú Thuận A\n"
        "#N/A,Long Thuận,I,\n"
        f"0912345675,Long Thuận,{'x' * 201},\n"
    )

    assert figures(upload) == (10, 1, 0, 9)
    assert rejects_of(upload, tmp_path) == [
        ["3", "SĐT", "02773821234", "landline"],
        ["4", "Xã", "", "no_area"],
        ["5", "Xã", "Xã Không Có", "unknown_area"],
        ["6", "Xã", "Thường Phước", "ambiguous_area"],
        ["7", "Nhóm", "nhà thơ", "unknown_group"],
        ["8", "Nhóm", "người cách ly", "restricted_group"],
        ["9", "", "Phú Thuận A", "too_many_cells"],
        ["10", "SĐT", "#N/A", "cell_error"],
        ["11", "Họ tên", "x" * 201, "long_name"],
    ]
    sentence = (tmp_path / "rejects.csv").read_text("utf-8-sig").splitlines()[4]
    assert "xã Thường Phước 1, huyện Hồng Ngự, tỉnh Đồng Tháp" in sentence


def test_the_file_of_rejects_is_for_its_owner_only(bring_in: Receive, tmp_path: Path) -> None:
    upload = bring_in("SĐT,Xã\n1900,Long Thuận\n")

    rejects_of(upload, tmp_path)

    assert (tmp_path / "rejects.csv").stat().st_mode & 0o777 == 0o600


def test_duplicates_within_a_list_are_joined_on_the_number(bring_in: Receive) -> None:
    upload = bring_in(
        "phone,area,name,group\n"
        "0912345678,Long Thuận,A,giáo viên\n"
        "+84 912 345 678,Phú Thuận A,,public\n"
        "0912345678,Phú Thuận B,,\n"
    )

    assert figures(upload) == (3, 1, 2, 0)
    assert subscribers() == [("+84912345678", "29995", "A", 0b101)]


def test_duplicates_of_different_parts_are_joined_alike(
    bring_in: Receive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "PART", 1)
    test_duplicates_within_a_list_are_joined_on_the_number(bring_in)


def test_a_later_list_joins_and_renews_what_it_says(bring_in: Receive) -> None:
    bring_in(THREE)

    upload = bring_in("phone,area,name\n0912345678,29998,\n0912345679,29992,B\n0912345670,29992,\n")

    assert figures(upload) == (3, 1, 2, 0)
    assert subscribers()[:2] == [
        ("+84912345678", "29998", "Lê A", 1),
        ("+84912345679", "29992", "B", 1),
    ]


def test_another_organisations_subscriber_stays_as_it_is(
    bring_in: Receive, viettel: Organisation
) -> None:
    bring_in(THREE)

    upload = bring_in("phone,area\n0912345678,29998\n", owner=viettel)

    assert figures(upload) == (1, 1, 0, 0)
    assert subscribers()[0] == ("+84912345678", "29992", "Lê A", 1)


def test_a_list_of_one_number_over_and_over_is_one_subscriber(bring_in: Receive) -> None:
    upload = bring_in("phone,area\n" + "0912345678,29992\n" * (importing.PART * 2 + 5))

    assert figures(upload) == (importing.PART * 2 + 5, 1, importing.PART * 2 + 4, 0)


def test_health_data_comes_in_where_it_is_allowed(bring_in: Receive) -> None:
    rows = "phone,area,group\n0912345678,29992,cách ly; giáo viên\n"

    assert figures(bring_in(rows, restricted_allowed=True)) == (1, 1, 0, 0)
    assert subscribers()[0][3] == 0b100100


def test_a_column_chosen_by_hand_is_read(bring_in: Receive) -> None:
    upload = bring_in("A,B\n0912345678,29992\n", mapping={"phone": "A", "area": "B"})

    assert figures(upload) == (1, 1, 0, 0)


def test_what_was_noticed_about_the_file_is_said(bring_in: Receive) -> None:
    upload = bring_in("số điện thoại,xã\n0912345678,Long Thuận\n".encode("utf-16"))
    noted = bring_in("Danh sách\n\nphone,area\n0912345678,29992\n")

    assert figures(upload) == (1, 1, 0, 0)
    assert "3" in uploads.notes_of(noted)[0]


def test_a_file_found_bad_at_its_end_has_added_nobody(
    bring_in: Receive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "PART", 2)

    upload = bring_in(THREE + "SĐT,Xã,Họ tên\n0912345670,29992,D\n")

    assert upload.state is ListState.REFUSED
    assert upload.refusal is not None
    assert "5" in upload.refusal  # the row
    assert (rows_of(Subscriber), rows_of(Number), rows_of(StagedRow)) == (0, 0, 0)


def test_after_the_import_the_stored_copy_is_gone(app: Flask, bring_in: Receive) -> None:
    folder = app.config["OUTREACH"].data_dir / uploads.FOLDER

    bring_in(THREE)
    assert list(folder.iterdir()) == []

    bring_in(THREE + "1900,29992,\n")
    kept = list(folder.iterdir())
    assert len(kept) == 1
    assert b"1900" not in kept[0].read_bytes()


def test_importing_a_finished_list_again_changes_nothing(bring_in: Receive) -> None:
    upload = bring_in(THREE)

    importing.run_import(upload.id)

    assert figures(list_by_id(upload.id)) == (3, 3, 0, 0)


class Dies(Exception):
    """The process ends here."""


def die_in(monkeypatch: pytest.MonkeyPatch, module: object, name: str, after: int) -> None:
    """Let the import die at call `after` + 1 of a function, inside its transaction."""
    original, calls = getattr(module, name), 0

    def dying(*arguments: object) -> object:
        nonlocal calls
        calls += 1
        answer = original(*arguments)
        if calls > after:
            raise Dies
        return answer

    monkeypatch.setattr(module, name, dying)


def end_leases() -> None:
    with transaction() as session:
        session.execute(update(SubscriberList).values(leased_until=None))


FIVE = THREE + "0912345678,29998,\n1900,29992,\n"


@pytest.mark.parametrize("after", [0, 3])
@pytest.mark.parametrize("where", [(staging, "stage"), (importing, "join_part")])
def test_an_import_that_died_goes_on_and_adds_nothing_twice(
    receive: Receive, monkeypatch: pytest.MonkeyPatch, where: tuple[object, str], after: int
) -> None:
    monkeypatch.setattr(importing, "PART", 1)
    monkeypatch.setattr(staging, "part_of", lambda sealed, _parts: int.from_bytes(sealed[1:4]))
    upload = receive(FIVE)
    with monkeypatch.context() as patch, pytest.raises(Dies):
        die_in(patch, *where, after)
        importing.run_import(upload.id)

    importing.run_import(upload.id)

    assert figures(list_by_id(upload.id)) == (5, 3, 1, 1)
    assert len(subscribers()) == 3
    assert rows_of(StagedRow) == 0


def test_an_import_that_dies_again_and_again_is_given_up(
    receive: Receive, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = receive(THREE)
    with monkeypatch.context() as patch:
        die_in(patch, importing, "join_part", 0)
        for _attempt in range(importing.MOST_ATTEMPTS):
            with pytest.raises(Dies):
                importing.run_import(upload.id)

    importing.run_import(upload.id)

    upload = list_by_id(upload.id)
    assert upload.state is ListState.REFUSED
    assert leases.due() == []


def test_a_worker_asked_to_stop_lets_go_and_the_next_goes_on(
    receive: Receive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "PART", 1)
    upload = receive(FIVE)
    answers = iter([True] * 8 + [False])

    importing.run_import(upload.id, lambda: next(answers))

    stopped = list_by_id(upload.id)
    assert (stopped.state, stopped.attempts) == (ListState.JOINING, 0)
    assert leases.due() == [upload.id]
    importing.run_import(upload.id)
    assert figures(list_by_id(upload.id)) == (5, 3, 1, 1)


def test_a_worker_thawed_after_another_took_over_writes_nothing(
    receive: Receive, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = receive(THREE)

    def taken_over() -> bool:
        with write_connection(db.engine) as connection:
            connection.execute(update(SubscriberList).values(worker="another"))
        return True

    importing.run_import(upload.id, taken_over)

    assert (rows_of(StagedRow), rows_of(Subscriber)) == (0, 0)
    assert figures(list_by_id(upload.id)) == (0, 0, 0, 0)


def test_two_workers_never_import_a_list_at_once(receive: Receive) -> None:
    upload = receive(THREE)
    assert leases.due() == [upload.id]
    assert leases.take(upload.id) is not None

    assert leases.take(upload.id) is None
    assert leases.due() == []
    importing.run_import(upload.id)
    assert figures(list_by_id(upload.id)) == (0, 0, 0, 0)


def _import_slowly(settings: Settings, list_id: int) -> None:
    importing.PART, importing.BYTES_A_PART = 50, 500
    with create_app(settings).app_context():
        importing.run_import(list_id, lambda: time.sleep(0.01) is None)


def test_a_killed_process_leaves_nothing_twice_and_nothing_undone(
    settings: Settings, receive: Receive
) -> None:
    upload = receive(
        "phone,area\n" + "".join(f"09{n:08d},29992\n" for n in range(12345678, 12347678))
    )
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=_import_slowly, args=(settings, upload.id))
    process.start()
    while list_by_id(upload.id).added < 100:
        db.session.rollback()
        assert process.is_alive()
        time.sleep(0.01)
    process.kill()
    process.join()
    db.session.rollback()
    assert list_by_id(upload.id).added < 2000
    end_leases()

    importing.run_import(upload.id)

    assert figures(list_by_id(upload.id)) == (2000, 2000, 0, 0)
    assert rows_of(Subscriber) == 2000


def test_a_list_whose_stored_copy_is_gone_is_refused(app: Flask, receive: Receive) -> None:
    upload = receive(THREE)
    for file in (app.config["OUTREACH"].data_dir / uploads.FOLDER).iterdir():
        file.unlink()

    importing.run_import(upload.id)

    assert list_by_id(upload.id).state is ListState.REFUSED


def test_an_import_while_keys_are_rotated_finds_the_numbers_of_before(
    app: Flask, bring_in: Receive
) -> None:
    bring_in(THREE)
    add_key(app.config["OUTREACH"].key_path)
    numbers.init_app(app)  # as after the restart

    upload = bring_in(THREE)

    assert figures(upload) == (3, 0, 3, 0)
    assert rows_of(Number) == 3
    assert subscribers()[0][:3] == ("+84912345678", "29992", "Lê A")
