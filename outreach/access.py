"""Who may do what, where: one table of role × act × scope.

Every act has a scope for every role, an explicit NO included. Views and commands ask `demand`
before they act; list pages turn `scope_of` into a filter. An office without an area answers for
all areas. That the approver is never an author is a rule about campaigns, not about roles, and
stands in campaigns/approvals.py.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, TypeVar

from outreach import areas
from outreach.accounts import Role
from outreach.errors import Refused
from outreach.i18n import N_, _


class Act(StrEnum):
    """Everything that needs a right."""

    CAMPAIGN_VIEW = "campaign.view"
    CAMPAIGN_CREATE = "campaign.create"
    CAMPAIGN_EDIT = "campaign.edit"
    CAMPAIGN_TEST = "campaign.test"
    CAMPAIGN_SUBMIT = "campaign.submit"
    CAMPAIGN_CHECK_FACTS = "campaign.check_facts"
    CAMPAIGN_APPROVE = "campaign.approve"
    CAMPAIGN_RETURN = "campaign.return"
    CAMPAIGN_SCHEDULE = "campaign.schedule"
    CAMPAIGN_START = "campaign.start"
    CAMPAIGN_PAUSE = "campaign.pause"
    CAMPAIGN_RESUME = "campaign.resume"
    CAMPAIGN_CANCEL = "campaign.cancel"
    CAMPAIGN_RESEND = "campaign.resend"
    EMERGENCY_STOP = "emergency_stop"
    INDOUBT_DECIDE = "indoubt.decide"
    ORDER_VIEW = "order.view"
    ORDER_ANSWER = "order.answer"
    ORDER_REPORT = "order.report"
    LOTTERY_VIEW = "lottery.view"
    LOTTERY_DRAW = "lottery.draw"
    LIST_IMPORT = "list.import"
    LIST_VIEW = "list.view"
    LIST_SEE_NUMBERS = "list.see_numbers"
    LIST_SEE_RESTRICTED = "list.see_restricted"
    OPTOUT_RECORD = "optout.record"
    TEST_SEND = "test.send"
    ROUTE_VIEW = "route.view"
    ROUTE_MANAGE = "route.manage"
    UPTAKE_VIEW = "uptake.view"
    UPTAKE_ENTER = "uptake.enter"
    UPTAKE_IMPORT = "uptake.import"
    UPTAKE_REMIND = "uptake.remind"
    REMINDER_SET = "reminder.set"
    REMINDER_ROUTE = "reminder.route"
    COMPARE = "compare"
    TARGET_SET = "target.set"
    TARGET_VIEW = "target.view"
    COUNT_SET = "count.set"
    REPORT_MAKE = "report.make"
    PEOPLE_MANAGE = "people.manage"
    ORGANISATION_MANAGE = "organisation.manage"
    AREA_MANAGE = "area.manage"
    BOUNDARY_SET = "boundary.set"
    APP_MANAGE = "app.manage"
    AUDIT_VIEW = "audit.view"
    RULES_VIEW = "rules.view"


class Scope(StrEnum):
    """On what an act may be done."""

    NO = "no"
    OWN = "own organisation"
    CARRIED = "own organisation, or carried by one of its routes or by an order to it"
    AREA = "all of it in the own area and below"
    TOUCHES = "own organisation, or any of it in the own area and below"
    ANY = "any"


NO, OWN, CARRIED, AREA, TOUCHES, ANY = Scope

_ROLES = tuple(Role)
# fmt: off
_TABLE: dict[Act, tuple[Scope, ...]] = {
    #                          liaison  culture  health   staff    reporter admin  system
    Act.CAMPAIGN_VIEW:        (CARRIED, TOUCHES, TOUCHES, TOUCHES, NO,      ANY,   ANY),
    Act.CAMPAIGN_CREATE:      (OWN,     OWN,     NO,      NO,      NO,      NO,    ANY),
    Act.CAMPAIGN_EDIT:        (OWN,     OWN,     NO,      NO,      NO,      NO,    ANY),
    # To one's own number; over which routes, says TEST_SEND.
    Act.CAMPAIGN_TEST:        (CARRIED, TOUCHES, NO,      NO,      NO,      ANY,   ANY),
    Act.CAMPAIGN_SUBMIT:      (OWN,     OWN,     NO,      NO,      NO,      NO,    ANY),
    Act.CAMPAIGN_CHECK_FACTS: (NO,      NO,      AREA,    NO,      NO,      NO,    ANY),
    # The command line checks and approves only with OUTREACH_CLI_APPROVE=1: see approvals.
    Act.CAMPAIGN_APPROVE:     (NO,      AREA,    NO,      NO,      NO,      NO,    ANY),
    Act.CAMPAIGN_RETURN:      (NO,      AREA,    AREA,    NO,      NO,      NO,    ANY),
    Act.CAMPAIGN_SCHEDULE:    (CARRIED, AREA,    NO,      NO,      NO,      NO,    ANY),
    Act.CAMPAIGN_START:       (CARRIED, AREA,    NO,      NO,      NO,      NO,    ANY),
    Act.CAMPAIGN_PAUSE:       (CARRIED, TOUCHES, NO,      NO,      NO,      NO,    ANY),
    Act.CAMPAIGN_RESUME:      (OWN,     AREA,    NO,      NO,      NO,      NO,    ANY),
    Act.CAMPAIGN_CANCEL:      (OWN,     AREA,    NO,      NO,      NO,      NO,    ANY),
    Act.CAMPAIGN_RESEND:      (CARRIED, AREA,    NO,      NO,      NO,      NO,    ANY),
    Act.EMERGENCY_STOP:       (NO,      ANY,     NO,      NO,      NO,      NO,    ANY),
    Act.INDOUBT_DECIDE:       (CARRIED, AREA,    NO,      NO,      NO,      NO,    ANY),
    # An order's owner is its campaign's; a carrier's own campaign orders from itself only.
    Act.ORDER_VIEW:           (CARRIED, TOUCHES, TOUCHES, TOUCHES, NO,      ANY,   ANY),
    Act.ORDER_ANSWER:         (CARRIED, NO,      NO,      NO,      NO,      NO,    ANY),
    Act.ORDER_REPORT:         (CARRIED, NO,      NO,      NO,      NO,      NO,    ANY),
    # Whose turn it is when is no secret among those who send.
    Act.LOTTERY_VIEW:         (ANY,     TOUCHES, TOUCHES, TOUCHES, NO,      ANY,   ANY),
    Act.LOTTERY_DRAW:         (NO,      AREA,    NO,      NO,      NO,      NO,    ANY),
    Act.LIST_IMPORT:          (OWN,     OWN,     OWN,     NO,      NO,      NO,    ANY),
    Act.LIST_VIEW:            (OWN,     OWN,     OWN,     NO,      NO,      NO,    ANY),
    Act.LIST_SEE_NUMBERS:     (OWN,     OWN,     OWN,     NO,      NO,      NO,    ANY),
    # Who is quarantined or awaits a test is health data: a carrier needs no such name.
    Act.LIST_SEE_RESTRICTED:  (NO,      NO,      OWN,     NO,      NO,      NO,    ANY),
    Act.OPTOUT_RECORD:        (ANY,     ANY,     ANY,     ANY,     NO,      NO,    ANY),
    # Over which routes a person may send a text to their own number.
    Act.TEST_SEND:            (OWN,     ANY,     NO,      NO,      NO,      ANY,   ANY),
    Act.ROUTE_VIEW:           (OWN,     ANY,     NO,      NO,      NO,      ANY,   ANY),
    Act.ROUTE_MANAGE:         (NO,      NO,      NO,      NO,      NO,      ANY,   ANY),
    Act.UPTAKE_VIEW:          (NO,      AREA,    AREA,    AREA,    AREA,    NO,    ANY),
    Act.UPTAKE_ENTER:         (NO,      AREA,    NO,      AREA,    AREA,    NO,    ANY),
    Act.UPTAKE_IMPORT:        (NO,      AREA,    NO,      AREA,    NO,      NO,    ANY),
    Act.UPTAKE_REMIND:        (NO,      AREA,    NO,      AREA,    NO,      NO,    ANY),
    # When an area's reporters are reminded; over which routes, so on whose account.
    Act.REMINDER_SET:         (NO,      AREA,    NO,      NO,      NO,      NO,    ANY),
    Act.REMINDER_ROUTE:       (NO,      ANY,     NO,      NO,      NO,      NO,    ANY),
    Act.COMPARE:              (NO,      AREA,    AREA,    AREA,    NO,      NO,    ANY),
    Act.TARGET_SET:           (NO,      AREA,    NO,      NO,      NO,      NO,    ANY),
    Act.TARGET_VIEW:          (NO,      TOUCHES, TOUCHES, TOUCHES, NO,      NO,    ANY),
    # What rates are shares of: an office knows its own people.
    Act.COUNT_SET:            (NO,      AREA,    NO,      AREA,    NO,      ANY,   ANY),
    Act.REPORT_MAKE:          (NO,      AREA,    NO,      AREA,    NO,      NO,    ANY),
    Act.PEOPLE_MANAGE:        (NO,      NO,      NO,      NO,      NO,      ANY,   ANY),
    Act.ORGANISATION_MANAGE:  (NO,      NO,      NO,      NO,      NO,      ANY,   ANY),
    Act.AREA_MANAGE:          (NO,      NO,      NO,      NO,      NO,      ANY,   ANY),
    # What areas look like on maps; of the office's own area and below.
    Act.BOUNDARY_SET:         (NO,      AREA,    NO,      NO,      NO,      ANY,   ANY),
    Act.APP_MANAGE:           (NO,      NO,      NO,      NO,      NO,      ANY,   ANY),
    Act.AUDIT_VIEW:           (NO,      NO,      NO,      NO,      NO,      ANY,   ANY),
    Act.RULES_VIEW:           (ANY,     ANY,     ANY,     ANY,     NO,      ANY,   ANY),
}
# fmt: on

NAMES: dict[Act, str] = {
    Act.CAMPAIGN_VIEW: N_("see a campaign"),
    Act.CAMPAIGN_CREATE: N_("draft a campaign"),
    Act.CAMPAIGN_EDIT: N_("change a campaign"),
    Act.CAMPAIGN_TEST: N_("try a campaign on your own phone"),
    Act.CAMPAIGN_SUBMIT: N_("submit a campaign"),
    Act.CAMPAIGN_CHECK_FACTS: N_("check the facts of a campaign"),
    Act.CAMPAIGN_APPROVE: N_("approve a campaign"),
    Act.CAMPAIGN_RETURN: N_("return a campaign"),
    Act.CAMPAIGN_SCHEDULE: N_("schedule a campaign"),
    Act.CAMPAIGN_START: N_("start a campaign"),
    Act.CAMPAIGN_PAUSE: N_("pause a campaign"),
    Act.CAMPAIGN_RESUME: N_("resume a campaign"),
    Act.CAMPAIGN_CANCEL: N_("cancel a campaign"),
    Act.CAMPAIGN_RESEND: N_("send again to whom a campaign did not reach"),
    Act.EMERGENCY_STOP: N_("stop all sending"),
    Act.INDOUBT_DECIDE: N_("decide about messages in doubt"),
    Act.ORDER_VIEW: N_("see a broadcast order"),
    Act.ORDER_ANSWER: N_("answer a broadcast order"),
    Act.ORDER_REPORT: N_("report counts of a broadcast order"),
    Act.LOTTERY_VIEW: N_("see a lottery"),
    Act.LOTTERY_DRAW: N_("draw or abandon a lottery"),
    Act.LIST_IMPORT: N_("import a list of subscribers"),
    Act.LIST_VIEW: N_("see a list of subscribers"),
    Act.LIST_SEE_NUMBERS: N_("see whole phone numbers"),
    Act.LIST_SEE_RESTRICTED: N_("see who is in a group that is health data"),
    Act.OPTOUT_RECORD: N_("record an opt-out"),
    Act.TEST_SEND: N_("send a test to your own number"),
    Act.ROUTE_VIEW: N_("see a route"),
    Act.ROUTE_MANAGE: N_("manage routes"),
    Act.UPTAKE_VIEW: N_("see install figures"),
    Act.UPTAKE_ENTER: N_("enter install figures"),
    Act.UPTAKE_IMPORT: N_("import install figures"),
    Act.UPTAKE_REMIND: N_("remind who has to report"),
    Act.REMINDER_SET: N_("say when reporters are reminded"),
    Act.REMINDER_ROUTE: N_("send reminders over a route"),
    Act.COMPARE: N_("compare areas"),
    Act.TARGET_SET: N_("set targets"),
    Act.TARGET_VIEW: N_("see targets"),
    Act.COUNT_SET: N_("enter how many people live in an area"),
    Act.REPORT_MAKE: N_("make the daily report"),
    Act.PEOPLE_MANAGE: N_("manage people"),
    Act.ORGANISATION_MANAGE: N_("manage organisations"),
    Act.AREA_MANAGE: N_("manage areas"),
    Act.BOUNDARY_SET: N_("upload boundaries"),
    Act.APP_MANAGE: N_("manage apps"),
    Act.AUDIT_VIEW: N_("see the audit rows"),
    Act.RULES_VIEW: N_("see the rules of messages"),
}
"""What a refusal calls each act, after “You may not”."""


class Person(Protocol):
    """Who asks."""

    @property
    def role(self) -> Role: ...
    @property
    def organisation_id(self) -> int | None: ...
    @property
    def own_area_id(self) -> int | None: ...


@dataclass(frozen=True)
class Subject:
    """What an act is done on, where it is no object of its own: a new campaign, a file to import.

    Objects serve as subjects by attributes of the same names; `area_id` stands for one area.
    """

    organisation_id: int | None = None
    area_ids: Collection[int] = ()
    carrier_ids: Collection[int] = ()


class Forbidden(Refused):
    """The person's role, organisation or area does not allow the act."""


def scope_of(role: Role, act: Act) -> Scope:
    """The table's word on a role and an act."""
    return _TABLE[act][_ROLES.index(role)]


def allowed(person: Person, act: Act, subject: object = None) -> bool:
    """Whether the person may do the act on the subject; without one, whether on anything."""
    scope = scope_of(person.role, act)
    if scope in (Scope.NO, Scope.ANY):
        return scope is Scope.ANY
    return subject is None or _covers(scope, person, subject)


T = TypeVar("T")


def among(person: Person, act: Act, subjects: Iterable[T]) -> list[T]:
    """Those of the subjects the act is allowed on: one climb of the areas for all of them."""
    subjects = list(subjects)
    scope = scope_of(person.role, act)
    if scope not in (Scope.AREA, Scope.TOUCHES) or person.own_area_id is None:
        return [subject for subject in subjects if allowed(person, act, subject)]
    ids = {i for subject in subjects for i in _area_ids(subject)}
    inside = areas.within(ids, person.own_area_id)
    if scope is Scope.AREA:
        return [s for s in subjects if _area_ids(s) and _area_ids(s) <= inside]
    around = {area.id for area in areas.ancestors(person.own_area_id)} | inside
    return [s for s in subjects if _owns(person, s) or _area_ids(s) & around]


def demand(person: Person, act: Act, subject: object = None) -> None:
    """Raise Forbidden, with a sentence for the person, unless `allowed`."""
    if allowed(person, act, subject):
        return
    if scope_of(person.role, act) is Scope.NO:
        raise Forbidden(_("Your role may not %(act)s.", act=_(NAMES[act])))
    raise Forbidden(_("You may not %(act)s of another organisation or area.", act=_(NAMES[act])))


def _covers(scope: Scope, person: Person, subject: object) -> bool:
    own = _owns(person, subject)
    match scope:
        case Scope.CARRIED:
            return own or person.organisation_id in getattr(subject, "carrier_ids", ())
        case Scope.AREA:
            return _all_within(_area_ids(subject), person.own_area_id)
        case Scope.TOUCHES:
            return own or _touches(_area_ids(subject), person.own_area_id)
        case _:
            return own


def _owns(person: Person, subject: object) -> bool:
    own = person.organisation_id
    return own is not None and own == getattr(subject, "organisation_id", None)


def _area_ids(subject: object) -> frozenset[int]:
    one = getattr(subject, "area_id", None)
    return frozenset(getattr(subject, "area_ids", () if one is None else (one,)))


def _all_within(area_ids: frozenset[int], own: int | None) -> bool:
    if own is None:
        return True
    return bool(area_ids) and area_ids == areas.within(area_ids, own)


def _touches(area_ids: frozenset[int], own: int | None) -> bool:
    """Some area lies in the own one, or the own one lies in some area."""
    if own is None or areas.within(area_ids, own):
        return True
    return any(area.id in area_ids for area in areas.ancestors(own))
