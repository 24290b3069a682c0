"""The audit trail in sentences: what each act is called, and what it was done on.

A row of the trail holds words of ours ("user.close") and ids; this says them as people would. A
test holds that every act somewhere recorded has its words here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select

from campaigns.campaigns import Campaign
from campaigns.lotteries import Lottery
from campaigns.orders import BroadcastOrder
from campaigns.routes import Route
from campaigns.showing import ACT_WORDS
from outreach.accounts import User
from outreach.apps import App
from outreach.area_conversions import AreaConversion
from outreach.areas import Area
from outreach.audit_pages import Row
from outreach.database import db
from outreach.i18n import N_, _
from outreach.organisations import Organisation
from outreach.subscribers import SubscriberList

ACTS: Final[dict[str, str]] = {
    "app.add": N_("added an app"),
    "app.change": N_("changed an app"),
    "app.define": N_("changed what counts as an install of an app"),
    "area.alias": N_("gave an area another name"),
    "area.change": N_("changed the population of an area"),
    "area.count": N_("entered how many people live in an area"),
    "area.count_file": N_("entered a file of how many people live in areas"),
    "area.remove": N_("removed an area"),
    "area.unalias": N_("took another name from an area"),
    "areas.convert": N_("said what areas became"),
    "areas.load": N_("loaded a list of areas"),
    "areas.take_back": N_("took back what was said that areas became"),
    "audit.verify": N_("verified the audit trail"),
    "boundary.upload": N_("uploaded boundaries of areas"),
    "boundary.withdraw": N_("withdrew boundaries of areas"),
    "campaign.approved": N_("approved a campaign"),
    "campaign.cancel": N_("cancelled a campaign"),
    "campaign.complete": N_("completed a campaign"),
    "campaign.create": N_("wrote a campaign"),
    "campaign.doubt_delivered": N_("marked messages in doubt as delivered"),
    "campaign.doubt_failed": N_("marked messages in doubt as failed"),
    "campaign.doubt_resend": N_("had messages in doubt sent again"),
    "campaign.edit": N_("changed a campaign"),
    "campaign.expire": N_("let a campaign expire: its time had passed"),
    "campaign.hand_over": N_("handed a campaign's waiting messages to a stand-by route"),
    "campaign.list_unreached": N_("took the list of those not reached, with whole numbers"),
    "campaign.pause": N_("paused a campaign"),
    "campaign.hold_back": N_("paused a campaign, since a backup was restored"),
    "backup.make": N_("made a backup"),
    "school.add": N_("added a school"),
    "backup.restore": N_("restored a backup"),
    "campaign.reopen": N_("had a campaign send again"),
    "campaign.resend": N_("sent again to whom a campaign had failed for now"),
    "campaign.resume": N_("resumed a campaign"),
    "campaign.returned": N_("returned a campaign"),
    "campaign.schedule": N_("scheduled a campaign"),
    "campaign.start": N_("started a campaign"),
    "campaign.submit": N_("submitted a campaign for approval"),
    "campaign.withdraw": N_("made a campaign a draft again"),
    "emergency_stop.lift": N_("lifted the emergency stop"),
    "emergency_stop.set": N_("stopped all sending"),
    "invitation.accept": N_("accepted an invitation"),
    "invitation.create": N_("made an invitation link"),
    "keys.add": N_("added a key that seals the numbers"),
    "keys.rotate": N_("began to seal the numbers with the newest key"),
    "keys.rotated": N_("sealed the numbers with the newest key"),
    "layout.forget": N_("forgot a layout of files of figures"),
    "layout.save": N_("saved which column is what in files of figures"),
    "list.confirm": N_("confirmed the columns of a list"),
    "list.discard": N_("discarded a list"),
    "list.expiry": N_("set when a list expires"),
    "list.import": N_("imported a list"),
    "list.numbers": N_("looked at whole numbers of a list"),
    "list.receive": N_("uploaded a list"),
    "list.refuse": N_("refused a list"),
    "list.rejects": N_("took the rows of a list that were not imported, with whole numbers"),
    "lottery.abandon": N_("abandoned a lottery"),
    "lottery.draw": N_("drew a lottery"),
    "optout.add": N_("recorded an opt-out"),
    "optout.remove": N_("removed an opt-out"),
    "order.accept": N_("accepted a broadcast order"),
    "order.finish": N_("finished sending a broadcast order"),
    "order.open": N_("handed a broadcast order to a carrier"),
    "order.plan": N_("made a broadcast order"),
    "order.report": N_("reported counts of a broadcast order"),
    "order.return": N_("returned a broadcast order"),
    "order.start": N_("began sending a broadcast order"),
    "order.withdraw": N_("withdrew a broadcast order"),
    "organisation.add": N_("added an organisation"),
    "organisation.change": N_("changed an organisation"),
    "own_number.confirm": N_("confirmed from which number a person reports by SMS"),
    "own_number.set": N_("said which number is their own"),
    "own_number.withdraw": N_("let nothing more be reported from a person's number"),
    "field.enter": N_("recorded visits from door to door"),
    "reminder.agree": N_("agreed to be reminded"),
    "reminder.hand": N_("had a person reminded by hand"),
    "reminder.inherit": N_("let an area's reporters be reminded as those above it"),
    "reminder.set": N_("said when and over which routes an area's reporters are reminded"),
    "reminder.withdraw": N_("ended being reminded"),
    "report.form": N_("changed the form that reports are made by"),
    "report.issue": N_("issued a day's report"),
    "report.letterhead": N_("changed the letterhead of an office"),
    "route.add": N_("added a route"),
    "route.change": N_("changed a route"),
    "route.check": N_("checked a route"),
    "route.close": N_("closed a route"),
    "route.reopen": N_("opened a route again"),
    "target.add": N_("set a target"),
    "target.change": N_("changed a target"),
    "target.count": N_("counted the group of a target"),
    "target.letter": N_("added the file of a target's letter"),
    "target.withdraw": N_("withdrew a target"),
    "test_send.request": N_("sent a test to their own phone"),
    "token.add": N_("made an API token for a person"),
    "token.revoke": N_("revoked an API token"),
    "uptake.enter": N_("entered install figures"),
    "uptake.import": N_("imported install figures"),
    "user.add": N_("added a person"),
    "user.change": N_("changed a person's role or place"),
    "user.close": N_("closed an account"),
    "user.login": N_("logged in"),
    "user.reopen": N_("opened an account again"),
}
OBJECTS: Final[dict[str, str]] = {
    "app": N_("app"),
    "area": N_("area"),
    "area_conversion": N_("conversion of areas"),
    "area_list": N_("list of areas"),
    "audit": N_("audit trail"),
    "campaign": N_("campaign"),
    "installation": N_("the whole system"),
    "list": N_("subscriber list"),
    "lottery": N_("lottery"),
    "number": N_("number"),
    "opt_out": N_("opt-out"),
    "order": N_("broadcast order"),
    "organisation": N_("organisation"),
    "report": N_("report"),
    "route": N_("route"),
    "target": N_("target"),
    "test_send": N_("test"),
    "uptake_import": N_("file of figures"),
    "user": N_("person"),
}
_NAMES: Final[dict[str, Any]] = {
    "app": select(App.id, App.name),
    "area": select(Area.id, Area.name),
    "area_conversion": select(AreaConversion.id, AreaConversion.name),
    "campaign": select(Campaign.id, Campaign.name),
    "list": select(SubscriberList.id, SubscriberList.filename),
    "lottery": select(Lottery.id, Lottery.name),
    "order": select(BroadcastOrder.id, Campaign.name).join(BroadcastOrder.campaign),
    "organisation": select(Organisation.id, Organisation.name),
    "route": select(Route.id, Route.name),
    "user": select(User.id, User.name),
}
_PAGES: Final[dict[str, tuple[str, str]]] = {
    "app": ("apps.show", "app_id"),
    "area": ("areas.show", "area_id"),
    "area_conversion": ("area_conversions.show", "conversion_id"),
    "campaign": ("campaigns.show", "campaign_id"),
    "lottery": ("lotteries.show", "lottery_id"),
    "order": ("orders.show", "order_id"),
    "organisation": ("organisations.show", "organisation_id"),
    "route": ("routes.show", "route_id"),
    "user": ("people.show", "person_id"),
}


@dataclass(frozen=True)
class Sentence:
    """One row of the trail, to be read. `page` and `page_values` lead to what it is about; "" where
    no page of the administrator shows it."""

    row: Row
    act: str
    kind: str
    name: str
    page: str
    page_values: dict[str, int]


def act(written: str) -> str:
    """An act in the reader's language: as the trail says it, else as a campaign's own history
    does; as it is written where nobody has named it."""
    said = ACTS.get(written) or ACT_WORDS.get(written)
    return _(said) if said else written


def sentences(rows: Iterable[Row]) -> list[Sentence]:
    """The rows as sentences. One query for each kind of thing they are about."""
    listed = list(rows)
    names = _names(listed)
    return [_sentence(each, names) for each in listed]


def _sentence(each: Row, names: Mapping[tuple[str, int], str]) -> Sentence:
    kind, key = each.row.object_type, each.row.object_id
    page, value = _PAGES.get(kind, ("", ""))
    there = key is not None and (kind, key) in names
    return Sentence(
        each,
        act(each.row.act),
        _(OBJECTS[kind]) if kind in OBJECTS else kind,
        names.get((kind, key), "") if key is not None else "",
        page if there else "",
        {value: key} if there and key is not None and value else {},
    )


def _names(rows: Iterable[Row]) -> dict[tuple[str, int], str]:
    wanted: dict[str, set[int]] = {}
    for each in rows:
        if each.row.object_type in _NAMES and each.row.object_id is not None:
            wanted.setdefault(each.row.object_type, set()).add(each.row.object_id)
    found: dict[tuple[str, int], str] = {}
    for kind, ids in wanted.items():
        named = _NAMES[kind]
        named = named.where(named.selected_columns[0].in_(ids))
        found |= {(kind, key): name for key, name in db.session.execute(named)}
    return found
