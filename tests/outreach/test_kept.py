"""Answers kept for some seconds."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest
from flask import Flask

from outreach import clock
from outreach.kept import Kept, KeptUnchanged


@pytest.fixture
def seconds(app: Flask, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(clock, "monotonic", lambda: now[0])
    return now


def test_an_answer_is_kept_until_it_is_too_old(seconds: list[float]) -> None:
    kept, numbers = Kept[int](20), count()
    assert [kept.get("a", lambda: next(numbers)) for _ in range(3)] == [0, 0, 0]
    assert kept.get("b", lambda: next(numbers)) == 1
    seconds[0] += 20
    assert kept.get("a", lambda: next(numbers)) == 2


def test_the_oldest_answer_goes_where_there_are_too_many(seconds: list[float]) -> None:
    kept, numbers = Kept[int](20, most=2), count()
    for key in "abc":
        kept.get(key, lambda: next(numbers))
    assert kept.get("c", lambda: next(numbers)) == 2
    assert kept.get("a", lambda: next(numbers)) == 3


def test_who_asks_while_an_answer_is_made_waits_for_it(app: Flask) -> None:
    kept, made = Kept[int](20), count()

    def slowly() -> int:
        time.sleep(0.2)
        return next(made)

    def ask(_n: int) -> int:
        with app.app_context():
            return kept.get("a", slowly)

    with ThreadPoolExecutor(4) as people:
        assert list(people.map(ask, range(4))) == [0, 0, 0, 0]


def test_after_a_minute_an_answer_is_kept_only_while_nothing_changed(seconds: list[float]) -> None:
    marks, numbers = ["one"], count()
    kept = KeptUnchanged[int](lambda: marks[-1])

    def ask() -> int:
        return kept.get("a", lambda: next(numbers))

    assert ask() == 0
    marks.append("two")
    assert ask() == 0, "not a minute old"
    seconds[0] += 61
    assert ask() == 1
    seconds[0] += 61
    assert ask() == 1, "nothing has changed since"
    seconds[0] += 3601
    assert ask() == 2
