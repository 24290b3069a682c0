"""What a reader of one file format hands over, before anybody has looked for headings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Raw:
    """Rows in the file's order, blank ones included, the first being row 1."""

    rows: Iterator[list[object]]
    encoding: str
    sheet: str | None
    notes: list[str] = field(default_factory=list)
