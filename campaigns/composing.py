"""Writing a campaign: from the fields a person or a file gives to a draft that holds together.

Every value is checked here, each refusal naming its field, before anything is stored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import MISSING, dataclass, field, fields
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import select

from campaigns import carriers, held_back, hours, orders, preparing, rules, wording
from campaigns.campaigns import NAME_LENGTH, VARIANT_LENGTH, Campaign, Revision, Variant
from campaigns.rules import Kind
from campaigns.states import CHANGEABLE, CampaignState
from outreach import apps, areas, audit, clock
from outreach.database import db, find, transaction
from outreach.errors import Refused
from outreach.i18n import _
from outreach.organisations import Organisation
from outreach.prefix_plan import NETWORKS
from outreach.settings import Settings
from outreach.subscribers import Group
from outreach.text import writable

T = TypeVar("T")
SHOWN = 60  # characters of a wrong value in the sentence that refuses it
YEARS = range(2000, 2100)
MOST_DAYS = 365


@dataclass(frozen=True)
class Draft:
    """A campaign as `campaigns create FILE.json` holds it; see docs/campaign-file.md."""

    name: str
    apps: list[str]
    kind: str
    organisation: int
    sender: str
    wording: dict[str, str]
    areas: list[str]
    routes: list[int]
    not_before: str
    not_after: str
    selection_rule: str
    strip_marks: bool = False
    networks: list[str] = field(default_factory=list)
    groups: list[str] = field(default_factory=lambda: ["public"])
    hours: str | None = None
    urgent: bool = False
    not_messaged_days: int = 0
    orders: list[int] = field(default_factory=list)
    lottery: int = 0
    wave: int = 0


_BY_TYPE: dict[type, str] = {
    str: "name kind sender not_before not_after selection_rule hours",
    list: "apps areas routes networks groups orders",
    bool: "strip_marks urgent",
    int: "organisation not_messaged_days lottery wave",
    dict: "wording",
}
_TYPE_OF = {key: type_ for type_, keys in _BY_TYPE.items() for key in keys.split()}
_TYPES: dict[str, tuple[type, ...]] = {f.name: (_TYPE_OF[f.name],) for f in fields(Draft)}
_ITEMS: dict[str, type] = dict.fromkeys(("apps", "areas", "networks", "groups"), str) | (
    dict.fromkeys(("routes", "orders"), int)
)


def from_object(value: Any) -> Draft:
    """A draft from parsed JSON. Refused names the first key that is unknown, missing or not of
    the type the file format asks for."""
    if not isinstance(value, dict):
        raise Refused(_("A campaign file holds one JSON object."), "file")
    for key, item in value.items():
        if key not in _TYPES:
            raise Refused(
                _("Unknown key “%(key)s”; known are %(known)s.", key=key, known=", ".join(_TYPES)),
                key,
            )
        if not _fits(key, item):
            raise Refused(
                _("“%(key)s” has the wrong type: %(value)s.", key=key, value=_shortened(item)), key
            )
        if not _writable(item):
            raise Refused(_("“%(key)s” holds characters that are no text.", key=key), key)
    usual = {
        f.name
        for f in fields(Draft)
        if f.default is not MISSING or f.default_factory is not MISSING
    }
    for key in _TYPES:
        if key not in value and key not in usual:
            raise Refused(_("“%(key)s” is missing.", key=key), key)
    return Draft(**value)


def _fits(key: str, item: Any) -> bool:
    if not isinstance(item, _TYPES[key]) or (isinstance(item, bool) and bool not in _TYPES[key]):
        return False
    if isinstance(item, list):
        return all(isinstance(i, _ITEMS[key]) and not isinstance(i, bool) for i in item)
    if isinstance(item, dict):
        return all(isinstance(text, str) for text in item.values())
    return True


def _writable(item: Any) -> bool:
    """Whether a database takes every text of it."""
    if isinstance(item, str):
        return writable(item)
    if isinstance(item, dict):
        return all(map(_writable, (*item, *item.values())))
    return all(map(_writable, item)) if isinstance(item, list) else True


def _shortened(item: Any) -> str:
    shown = repr(item)
    return shown if len(shown) <= SHOWN else shown[:SHOWN] + "…"


def create(draft: Draft, author_id: int, settings: Settings) -> Campaign:
    """Store a new draft. Refused names the field, the value, and what is allowed."""
    with transaction() as session:
        campaign = Campaign(
            state=CampaignState.DRAFT, created_at=clock.now(), created_by_id=author_id, revision=1
        )
        _fill(campaign, draft, settings)
        session.add(campaign)
        session.flush()
        session.add(
            Revision(campaign_id=campaign.id, revision=1, author_id=author_id, at=clock.now())
        )
        audit.record("campaign.create", "campaign", campaign.id, {"name": draft.name}, author_id)
    return campaign


def revise(campaign: Campaign, draft: Draft, author_id: int, settings: Settings) -> None:
    """Change what a campaign says, to whom, or when. It becomes a draft again, whatever was
    approved before; what has begun to be sent can no longer be changed."""
    with transaction() as session:
        # Locked, so that nobody starts it meanwhile.
        session.refresh(campaign, with_for_update=True)
        _refuse_begun(campaign)
        _fill(campaign, draft, settings)
        campaign.revision += 1
        session.add(
            Revision(
                campaign_id=campaign.id,
                revision=campaign.revision,
                author_id=author_id,
                at=clock.now(),
            )
        )
        audit.record(
            "campaign.edit", "campaign", campaign.id, {"revision": campaign.revision}, author_id
        )
        _back_to_draft(campaign)
        orders.follow(campaign.id, campaign.state, author_id)


def _refuse_begun(campaign: Campaign) -> None:
    if campaign.started_at is not None or campaign.state not in CHANGEABLE:
        raise Refused(
            _(
                "“%(name)s” is %(state)s and can no longer be changed. Make a copy of it instead.",
                name=campaign.name,
                state=campaign.state.value,
            ),
            "state",
        )


def _back_to_draft(campaign: Campaign) -> None:
    # Within the edit's own transaction: the change and the loss of the approval are one act.
    campaign.state = CampaignState.DRAFT
    campaign.digest = campaign.recipients_counted = campaign.submitted_at = None
    campaign.start_at = None
    preparing.forget(campaign.id)


def examine(draft: Draft, settings: Settings) -> tuple[Campaign, list[Refused]]:
    """The campaign a draft would make, not stored, with everything that is refused of it."""
    campaign = Campaign()
    return campaign, _filled(campaign, draft, settings)


def _fill(campaign: Campaign, draft: Draft, settings: Settings) -> None:
    for refused in _filled(campaign, draft, settings):
        raise refused


def _filled(campaign: Campaign, draft: Draft, settings: Settings) -> list[Refused]:
    """Write on the campaign what the draft says; what is refused of it is not written."""
    campaign.lottery_id, campaign.lottery_wave = None, draft.wave or None
    values: dict[str, Callable[[], Any]] = {
        "kind": lambda: _kind(draft.kind),
        "name": lambda: _required(draft.name, "name", NAME_LENGTH),
        "selection_rule": lambda: _required(draft.selection_rule, "selection_rule"),
        "organisation": lambda: _organisation(draft.organisation),
        "sender": lambda: rules.check_sender_name(draft.sender),
        "strip_marks": lambda: draft.strip_marks,
        "urgent": lambda: draft.urgent,
        "not_messaged_days": lambda: _days(draft.not_messaged_days),
        "networks": lambda: _networks(draft.networks),
        "groups": lambda: _groups(draft.groups),
        "apps": lambda: _found(draft.apps, partial(map, apps.by_code), "apps"),
        "areas": lambda: _found(draft.areas, areas.each_by_code, "areas"),
        "variants": lambda: _variants(draft.wording),
        "hours": lambda: _fill_envelope(campaign, draft, settings),
        "route_choices": lambda: carriers.route_choices(
            _organisation(draft.organisation), draft.routes, draft.sender, needed=not draft.orders
        ),
        "order_carriers": lambda: carriers.order_carriers(
            _organisation(draft.organisation), draft.orders, draft.routes
        ),
        # Last, since it is held against the areas, the apps, the window and the orders above.
        "lottery_id": lambda: held_back.turn(campaign, draft.lottery, draft.wave),
    }
    wrong = []
    for name, value in values.items():
        try:
            setattr(campaign, name, value())
        except Refused as refused:
            wrong.append(refused)
    return wrong


def _days(days: int) -> int:
    if not 0 <= days <= MOST_DAYS:
        raise Refused(
            _("%(days)s is not between 0 and %(most)s days.", days=days, most=MOST_DAYS),
            "not_messaged_days",
        )
    return days


def _required(text: str, key: str, most: int | None = None) -> str:
    text = text.strip()
    if not text:
        raise Refused(_("“%(key)s” is empty.", key=key), key)
    if most is not None and len(text) > most:
        raise Refused(
            _(
                "“%(key)s” has %(length)s characters; at most %(most)s fit.",
                key=key,
                length=len(text),
                most=most,
            ),
            key,
        )
    return text


def _several(values: list[str], key: str) -> list[str]:
    if not values:
        raise Refused(_("“%(key)s” is empty: choose at least one.", key=key), key)
    return list(dict.fromkeys(values))


def _found(
    codes: list[str], each_by_code: Callable[[Sequence[str]], Iterable[T]], key: str
) -> list[T]:
    """What the codes name, each once however often and in whatever spelling."""
    try:
        return list(dict.fromkeys(each_by_code(_several(codes, key))))
    except Refused as refused:
        raise Refused(refused.sentence, key) from None


def _kind(text: str) -> Kind:
    try:
        return Kind(text)
    except ValueError:
        known = ", ".join(Kind)
        raise Refused(
            _("Unknown kind “%(kind)s”; known are %(known)s.", kind=text, known=known), "kind"
        ) from None


def _organisation(organisation_id: int) -> Organisation:
    organisation = find(Organisation, organisation_id)
    if organisation is None:
        raise Refused(_("There is no organisation %(id)s.", id=organisation_id), "organisation")
    return organisation


def _networks(values: list[str]) -> list[str]:
    for network in values:
        if network not in NETWORKS:
            raise Refused(
                _(
                    "Unknown network “%(network)s”; known are %(known)s.",
                    network=network,
                    known=", ".join(NETWORKS),
                ),
                "networks",
            )
    return list(dict.fromkeys(values)) or list(NETWORKS)


def _groups(values: list[str]) -> list[str]:
    known = set(db.session.scalars(select(Group.code)))
    for group in _several(values, "groups"):
        if group not in known:
            raise Refused(
                _(
                    "Unknown group “%(group)s”; known are %(known)s.",
                    group=group,
                    known=", ".join(sorted(known)),
                ),
                "groups",
            )
    return list(dict.fromkeys(values))


def _variants(texts: dict[str, str]) -> list[Variant]:
    if not texts:
        raise Refused(_("The message has no text. Write what people will read."), "wording")
    for key, template in texts.items():
        _required(key, "wording", VARIANT_LENGTH)
        wording.parse(template)
    return [Variant(key=key, template=texts[key]) for key in sorted(texts)]


def _fill_envelope(campaign: Campaign, draft: Draft, settings: Settings) -> str:
    """Write the envelope on the campaign; gives its daily hours."""
    start = moment(draft.not_before, "not_before")
    end = moment(draft.not_after, "not_after")
    in_force = rules.over(_kind(draft.kind), start, end, settings)
    chosen = hours.parse(draft.hours) if draft.hours else in_force[0].hours
    for allowed in in_force:
        if chosen.within(allowed.hours) != chosen:
            raise Refused(
                _(
                    "The hours %(hours)s reach outside what is allowed for this kind, %(allowed)s.",
                    hours=chosen,
                    allowed=allowed.hours,
                ),
                "hours",
            )
    campaign.not_before, campaign.not_after = start, end
    if end <= start or hours.Window(start, end, chosen).next_opening(start) is None:
        raise Refused(
            _(
                "The window never opens: from %(start)s to %(end)s, daily %(hours)s.",
                start=draft.not_before,
                end=draft.not_after,
                hours=chosen,
            ),
            "not_after",
        )
    return str(chosen)


def moment(text: str, key: str) -> datetime:
    """An ISO 8601 moment with offset, of this century; Refused at `key` otherwise."""
    try:
        parsed = clock.parse_moment(text)
        if parsed.year not in YEARS:
            raise ValueError(text)
        return parsed
    except ValueError:
        raise Refused(
            _("“%(text)s” is no moment like 2020-08-18T08:00+07:00.", text=text), key
        ) from None
