"""Which rules a message is under, by its kind and the date it is sent.

Sources: a state agency's public notice is not advertising; its hours and weekly cap are office
policy (settings OUTREACH_NOTICE_HOURS, OUTREACH_NOTICE_WEEKLY_CAP). Advertising until 30/9/2020:
Decrees 90/2008 and 77/2012 (at most 1 similar advertisement a number in 24 hours, prior consent);
from 1/10/2020: Decree 91/2020 (at most 3 in 24 hours, SMS between 07:00 and 22:00, `[QC]` first,
refusal instructions; sender names of at most 11 Latin letters, digits, `- _ .` and space).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from campaigns.hours import Hours, parse
from outreach import clock
from outreach.errors import Refused
from outreach.i18n import _
from outreach.settings import Settings

DECREE_91 = date(2020, 10, 1)
SENDER_NAME = re.compile(r"[A-Za-z0-9._ -]+")
SENDER_NAME_LENGTH = 11
REFUSAL_WORD = re.compile(r"\b(tu choi|từ chối|TC)\b", re.IGNORECASE)


class Kind(StrEnum):
    """What a message is in the eyes of the law."""

    NOTICE = "notice"
    CUSTOMER_CARE = "customer_care"
    ADVERTISING = "advertising"


@dataclass(frozen=True)
class RuleSet:
    """What holds for messages of one kind on one date."""

    name: str
    hours: Hours
    cap: int
    cap_period: timedelta
    prefix: str = ""
    needs_refusal: bool = False
    # Whether a health office that answers for the area checks the facts before the approval.
    checks_facts: bool = False


def rule_set(kind: Kind, on: date, settings: Settings) -> RuleSet:
    """The rules for `kind` on the Vietnamese date `on`."""
    checks_facts = kind.value in settings.fact_checked
    if kind is not Kind.ADVERTISING:
        return RuleSet(
            "notice" if kind is Kind.NOTICE else "customer care",
            parse(settings.notice_hours),
            settings.notice_weekly_cap,
            timedelta(days=7),
            checks_facts=checks_facts,
        )
    if on < DECREE_91:
        return RuleSet(
            "Decree 90/2008",
            parse("07:00-22:00"),
            1,
            timedelta(hours=24),
            needs_refusal=True,
            checks_facts=checks_facts,
        )
    return RuleSet(
        "Decree 91/2020",
        parse("07:00-22:00"),
        3,
        timedelta(hours=24),
        prefix="[QC]",
        needs_refusal=True,
        checks_facts=checks_facts,
    )


def over(kind: Kind, first: datetime, last: datetime, settings: Settings) -> list[RuleSet]:
    """The rule sets in force for `kind` between two moments: one, or two where the law changes."""
    # At `last` itself nothing begins any more.
    days = (clock.local(first).date(), clock.local(last - timedelta(microseconds=1)).date())
    return list(dict.fromkeys(rule_set(kind, day, settings) for day in days))


def check_sender_name(name: str) -> str:
    """The sender name, if Decree 91/2020 allows its form; Refused says what is wrong with it."""
    if not name:
        raise Refused(_("The sender name is missing."), "sender")
    if len(name) > SENDER_NAME_LENGTH:
        raise Refused(
            _(
                "The sender name “%(name)s” has %(length)s characters; at most 11 are allowed.",
                name=name,
                length=len(name),
            ),
            "sender",
        )
    if not SENDER_NAME.fullmatch(name) or name.isdigit() or name != name.strip():
        raise Refused(
            _(
                "The sender name “%(name)s” may hold only unaccented letters, digits, "
                "space and - _ . and not digits alone.",
                name=name,
            ),
            "sender",
        )
    return name


def check_text(rules: RuleSet, text: str) -> None:
    """Refuse a text that its rule set does not allow (advertising: mark and refusal words)."""
    if rules.prefix and not text.startswith(rules.prefix):
        raise Refused(
            _("An advertisement must begin with %(prefix)s.", prefix=rules.prefix), "wording"
        )
    if rules.needs_refusal and not REFUSAL_WORD.search(text):
        raise Refused(
            _("An advertisement must say how to refuse, for example “Tu choi: soan TC gui 1234”."),
            "wording",
        )
