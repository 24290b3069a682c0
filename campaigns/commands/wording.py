"""`wording count`: what a text costs, before anybody is asked to approve it."""

from __future__ import annotations

from typing import Any

import click

from campaigns import segments
from outreach.console import answering
from outreach.errors import Refused
from outreach.i18n import _
from outreach.text import strip_marks


@click.group("wording")
def wording_cli() -> None:
    """Texts of campaigns."""


@wording_cli.command("count")
@click.argument("text")
@answering
def count(text: str) -> dict[str, Any]:
    """Count the segments of TEXT as it stands and without diacritics; braces are literal."""
    if any("\ud800" <= char <= "\udfff" for char in text):
        raise Refused(_("The text is not valid UTF-8. Set the terminal to UTF-8."), "text")
    counted = segments.count(text)
    stripped = strip_marks(text)
    return {
        "encoding": counted.encoding,
        "units": counted.units,
        "segments": counted.segments,
        "forcing": counted.forcing,
        "stripped": {"text": stripped} | _brief(segments.count(stripped)),
    }


def _brief(counted: segments.Count) -> dict[str, Any]:
    return {
        "encoding": counted.encoding,
        "units": counted.units,
        "segments": counted.segments,
    }
