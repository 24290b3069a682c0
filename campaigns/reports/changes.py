"""What is no longer as a report said it: figures corrected, targets set anew, messages gone on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from campaigns.reports.facts import Facts

MOVED: Final = frozenset({"messaged", "delivered"})
"""What goes on by itself after a report: no reason for a corrected edition."""


def between(before: Facts, after: Facts) -> list[Facts]:
    """The differences of two `facts.of_day`: {name, app, what, before, after}."""
    apps = {app["code"]: app for app in before["apps"]}
    found = [change for app in after["apps"] for change in _of_app(apps.get(app["code"]), app)]
    visits = _of_visits(before.get("visits"), after.get("visits"))
    return [*found, *_of_sent(before["sent"], after["sent"]), *visits]


def corrections(found: Iterable[Facts]) -> list[Facts]:
    """Those that call for a corrected edition."""
    return [each for each in found if each["what"] not in MOVED]


def _of_app(before: Facts | None, after: Facts) -> Iterator[Facts]:
    name = after["name"]
    old = {row["code"]: row for row in _rows(before)}
    for row in _rows(after):
        was = old.get(row["code"], {})
        for what in ("installs", "of"):
            yield from _change(row["name"], name, what, was.get(what), row[what])
        # Who sends late has sent a figure: the figure says so.
        if was and was["installs"] == row["installs"]:
            yield from _change(
                row["name"], name, "punctuality", was["punctuality"], row["punctuality"]
            )
    aimed = None if before is None else _aimed(before["target"])
    yield from _change(name, "", "target", aimed, _aimed(after["target"]))


def _rows(app: Facts | None) -> Sequence[Facts]:
    return [] if app is None else [*app["rows"], *app.get("schools", ()), app["total"]]


def _aimed(target: Facts | None) -> Facts | None:
    """What was set, without what follows from the figures."""
    names = ("share", "denominator", "group", "deadline")
    return None if target is None else {name: target[name] for name in names}


def _of_sent(before: Sequence[Facts], after: Sequence[Facts]) -> Iterator[Facts]:
    old = {(each["by_order"], each["id"]): each for each in before}
    for each in after:
        was = old.get((each["by_order"], each["id"]), {})
        for what in ("messaged", "delivered"):
            yield from _change(_named(each), "", what, was.get(what), each[what])


def _of_visits(before: Facts | None, after: Facts | None) -> Iterator[Facts]:
    for what in ("households", "helped"):
        was, now = ((each or {}).get(what) for each in (before, after))
        yield from _change("Đi từng ngõ, gõ từng nhà", "", what, was, now)


def _named(each: Facts) -> str:
    return f"{each['name']} ({each['carrier']})" if each["carrier"] else str(each["name"])


def _change(name: str, app: str, what: str, before: Any, after: Any) -> Iterator[Facts]:
    if before != after:
        yield {"name": name, "app": app, "what": what, "before": before, "after": after}
