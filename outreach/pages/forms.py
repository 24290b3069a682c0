"""What pages with a form to add or change something do alike: one press is one act, and what is
refused comes back to be put right."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from flask import flash, redirect, request
from flask.typing import ResponseReturnValue

from outreach import once
from outreach.errors import Refused
from outreach.pages.guard import person

T = TypeVar("T")


def pressed() -> str:
    """Which form of whom was sent, for `once`; "" where it has no word."""
    return once.of(person().id, request.form.get("once", ""))


def once_only(act: Callable[[], int]) -> int:
    """The id that the act answers; two presses of the form that was sent are one act."""
    return once.do(pressed(), act)


def errors(refused: Refused | None) -> dict[str, str]:
    """What a form shows of a refusal, by the field; "" for the form as a whole."""
    return {} if refused is None else {refused.field or "": refused.sentence}


def save(
    act: Callable[[], T],
    again: Callable[[Refused], str],
    said: str,
    then: Callable[[T], str],
) -> ResponseReturnValue:
    """Do the act, say so and go on to `then`; where it is refused, show the form `again`."""
    try:
        done = act()
    except Refused as refused:
        return again(refused), 422
    flash(said, "success")
    return redirect(then(done))
