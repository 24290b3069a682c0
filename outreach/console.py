"""What every command shares: `--json`, and how a refusal is printed."""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import Any, NoReturn, ParamSpec, TypeVar

import click

from outreach import clock, troubles
from outreach.errors import Refused

P = ParamSpec("P")
R = TypeVar("R")
_PART = 10_000


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return clock.iso(value)
    raise TypeError(f"not printable as JSON: {type(value).__name__}")


def print_json(value: object) -> None:
    """Print one JSON value on stdout, Vietnamese letters as they are."""
    click.echo(json.dumps(value, ensure_ascii=False, default=_plain))


def print_json_array(items: Iterator[Any]) -> None:
    """Print one JSON array of however many items, an item a line, without holding them all."""
    encode = json.JSONEncoder(ensure_ascii=False, default=_plain).encode
    before = "["
    while part := list(islice(items, _PART)):
        click.echo(before + "\n" + ",\n".join(map(encode, part)), nl=False)
        before = ","
    click.echo("[]" if before == "[" else "\n]")


def print_object(value: dict[str, Any]) -> None:
    """Print an object for a person: a line a key."""
    for key, item in value.items():
        shown = json.dumps(item, ensure_ascii=False, default=_plain) if _nested(item) else item
        click.echo(f"{key}: {clock.iso(item) if isinstance(item, datetime) else shown}")


def _nested(item: object) -> bool:
    return isinstance(item, dict | list | tuple)


def print_answer(value: Any, as_json: bool) -> None:
    """Print a command's answer: JSON for scripts, lines for people."""
    if as_json and isinstance(value, Iterator):
        print_json_array(value)
    elif as_json:
        print_json(value)
    elif isinstance(value, dict):
        print_object(value)
    elif isinstance(value, Iterable) and not isinstance(value, str):
        for item in value:
            click.echo("\t".join(f"{k}={v}" for k, v in item.items()))
    else:
        click.echo(value)


def answering(command: Callable[P, R]) -> Callable[P, None]:
    """Decorate a command that returns its answer: adds `--json`, prints, maps refusals to exit 1.

    With `--json`, stdout holds JSON and nothing else, whether done or refused.
    """

    @click.option("--json", "as_json", is_flag=True, help="Print JSON and nothing else on stdout.")
    @functools.wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> None:
        as_json = bool(kwargs.pop("as_json"))
        try:
            answer = command(*args, **kwargs)
        except Refused as refused:
            _refuse(refused, as_json)
        except troubles.KINDS as error:
            refused_by_machine = troubles.explained(error)
            if refused_by_machine is None:
                raise
            _refuse(refused_by_machine, as_json)
        print_answer(answer, as_json)

    return wrapped


def _refuse(refused: Refused, as_json: bool) -> NoReturn:
    if as_json:
        print_json({"error": refused.sentence, "field": refused.field})
    else:
        click.echo(refused.sentence, err=True)
    sys.exit(1)
