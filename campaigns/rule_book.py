"""The rules as a page shows them: which hold for which kind of message from which day, and who
says so. What they are stands in campaigns.rules; nothing is decided here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from campaigns import rules
from campaigns.rules import DECREE_91, Kind, RuleSet
from outreach import clock
from outreach.i18n import N_
from outreach.settings import Settings

_OFFICE: Final = N_("A state agency's own word, no advertising: office policy")
_SOURCES: Final = {
    "notice": _OFFICE,
    "customer care": N_("A company's word to its own customers, no advertising: office policy"),
    "Decree 90/2008": N_("Decrees 90/2008 and 77/2012, in force until 30 September 2020"),
    "Decree 91/2020": N_("Decree 91/2020, in force since 1 October 2020"),
}
_BY_POLICY: Final = ("OUTREACH_NOTICE_HOURS", "OUTREACH_NOTICE_WEEKLY_CAP")


@dataclass(frozen=True)
class Entry:
    """A rule set for one kind of message between two days; None: no beginning, no end.
    `settings`: the settings that change it; none where a decree does."""

    kind: Kind
    rules: RuleSet
    first: date | None
    last: date | None
    source: str
    settings: tuple[str, ...]
    now: bool = True


def entries(settings: Settings) -> list[Entry]:
    """Every rule set, by kind and date."""
    return [entry for kind in Kind for entry in _of(kind, settings)]


def _of(kind: Kind, settings: Settings) -> list[Entry]:
    today = clock.local(clock.now()).date()
    until = DECREE_91 - timedelta(days=1)
    before, since = (rules.rule_set(kind, day, settings) for day in (until, DECREE_91))
    if before == since:
        return [_entry(kind, since, None, None)]
    old, new = _entry(kind, before, None, until), _entry(kind, since, DECREE_91, None)
    return [replace(old, now=today <= until), replace(new, now=today > until)]


def _entry(kind: Kind, found: RuleSet, first: date | None, last: date | None) -> Entry:
    settings = () if kind is Kind.ADVERTISING else _BY_POLICY
    return Entry(kind, found, first, last, _SOURCES[found.name], settings)
