"""`phones clean`: what each line of a file would become, before anything is stored."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import click

from outreach.console import answering
from outreach.lists.encodings import lines
from outreach.phones import clean_many

_PART = 10_000


@click.group("phones")
def phones_cli() -> None:
    """Phone numbers."""


@phones_cli.command("clean")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@answering
def clean(file: Path) -> Iterator[dict[str, Any]]:
    """Read every line of FILE as a phone number; one answer a line, in order."""
    encoding, numbers = lines(file)
    click.echo(encoding.name, err=True)
    return _cleaned(numbers)


def _cleaned(numbers: Iterator[str]) -> Iterator[dict[str, Any]]:
    while part := list(islice(numbers, _PART)):
        for number, (e164, network, reason) in zip(part, clean_many(part), strict=True):
            yield {"input": number, "e164": e164, "network": network, "reason": reason}
