"""A carrier's colour and shape on pages."""

from __future__ import annotations


def mark_of(networks: list[str]) -> str:
    """The carrier's colour and shape on pages; "other" for a route of several networks."""
    marks = {"vinaphone": "vnpt", "viettel": "viettel", "mobifone": "mobifone"}
    return marks.get(networks[0], "other") if len(networks) == 1 else "other"
