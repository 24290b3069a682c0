"""One form, one act."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask

from outreach import once, store
from outreach.errors import Refused


def test_a_form_that_comes_again_is_told_what_it_did(app: Flask) -> None:
    form = once.word()
    assert once.do(form, lambda: 7) == 7
    assert once.do(form, lambda: 8) == 7
    assert once.do(once.word(), lambda: 9) == 9


def test_two_presses_at_the_same_moment_do_one_thing(app: Flask) -> None:
    form, acts, lock = once.word(), [], threading.Lock()

    def act() -> int:
        time.sleep(0.2)
        with lock:
            acts.append(1)
        return len(acts)

    def press(_n: int) -> int:
        with app.app_context():
            return once.do(form, act)

    with ThreadPoolExecutor(4) as presses:
        assert list(presses.map(press, range(4))) == [1, 1, 1, 1]
    assert len(acts) == 1


def test_a_refused_form_may_be_sent_again_corrected(app: Flask) -> None:
    form = once.word()

    def refuse() -> int:
        raise Refused("no name", "name")

    with pytest.raises(Refused, match="no name"):
        once.do(form, refuse)
    assert once.do(form, lambda: 3) == 3


def test_a_first_press_that_never_ends_is_said(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    form = once.word()
    monkeypatch.setattr(once, "PATIENCE", 0.1)
    store.current().set(f"once:{form}", b"")
    with pytest.raises(Refused, match="being saved already"):
        once.do(form, lambda: 1)


def test_without_a_word_and_without_redis_every_press_acts(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert once.do("", lambda: 1) == 1
    assert once.do("", lambda: 2) == 2

    class Away:
        def set(self, *_args: object, **_more: object) -> bool:
            raise store.Unreachable[0]

    monkeypatch.setattr(store, "current", Away)
    form = once.word()
    assert once.do(form, lambda: 1) == 1
    assert once.do(form, lambda: 2) == 2
