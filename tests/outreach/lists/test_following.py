"""Following an import: what it has come to, or why it does not come."""

from __future__ import annotations

import threading

import pytest
from flask import Flask

from outreach.database import db
from outreach.errors import Refused
from outreach.lists import importing
from outreach.lists.following import follow
from outreach.subscribers import ListState, SubscriberList
from tests.outreach.lists.conftest import Receive

ROWS = "phone,area\n0912345678,29992\n"


def import_in_another_thread(app: Flask, list_id: int) -> threading.Thread:
    def run() -> None:
        with app.app_context():
            importing.run_import(list_id)

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_who_follows_sees_the_end_of_it(app: Flask, receive: Receive) -> None:
    upload = receive(ROWS)
    shown: list[ListState] = []
    held: list[bool] = []
    worker = import_in_another_thread(app, upload.id)

    def show(each: SubscriberList) -> None:
        shown.append(each.state)
        held.append(db.session().in_transaction())

    followed = follow(upload.id, show)

    worker.join()
    assert not any(held)  # or the write-ahead log would grow and grow
    assert (followed.state, followed.added) == (ListState.DONE, 1)
    assert shown[-1] is ListState.DONE


def test_the_workers_refusal_is_raised(app: Flask, receive: Receive) -> None:
    upload = receive(ROWS + "phone,area\n")
    importing.run_import(upload.id)

    with pytest.raises(Refused) as refused:
        follow(upload.id, lambda _upload: None)

    assert refused.value.sentence == upload.refusal


def test_without_a_worker_the_wait_ends_and_says_what_to_start(
    app: Flask, receive: Receive
) -> None:
    upload = receive(ROWS)

    with pytest.raises(Refused, match="make run"):
        follow(upload.id, lambda _upload: None, patience=0.3)
