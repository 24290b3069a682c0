"""flask compare: delivery beside uptake, commune by commune."""

from __future__ import annotations

from typing import Any

import click

from campaigns import compare as comparing
from campaigns import compare_asking, compare_words
from outreach import labels
from outreach.console import answering
from outreach.i18n import language


@click.command("compare")
@click.option("--app", "code", required=True, help="Code of the app.")
@click.option("--from", "first", required=True, metavar="DAY", help="For example 2020-08-06.")
@click.option("--to", "last", required=True, metavar="DAY", help="For example 2020-09-02.")
@click.option("--areas", default="", metavar="CODE,…", help="Without it: every commune.")
@answering
def compare(code: str, first: str, last: str, areas: str) -> dict[str, Any]:
    """Compare the communes of some areas: messages and install rates of a period."""
    asked = compare_asking.ask(code, first, last, areas.split(","))
    comparison = comparing.of(asked)
    for note in (
        *map(labels.broken, asked.breaks),
        *compare_words.across_notes(comparison, language()),
    ):
        click.echo(note, err=True)
    return comparing.as_object(comparison)
