"""Whose turn it is not yet: a campaign's wave of a lottery, and the areas that wait.

An area waits unless it lies in a unit of the campaign's wave or an earlier one. What has no unit,
since it came after the draw or is wider than one, waits for the last wave; that holds nobody back.
"""

from __future__ import annotations

from datetime import date, datetime

from campaigns import lotteries, order_areas, selection
from campaigns.campaigns import Campaign
from campaigns.lotteries import Lottery
from campaigns.selection import Rule
from outreach import areas, clock, formats
from outreach.areas import Area
from outreach.database import db
from outreach.errors import Refused
from outreach.i18n import _, language


def waiting(lottery: Lottery, wave: int, area_ids: list[int]) -> frozenset[int]:
    """Those of these areas, and of all below them, that wait for a wave after this one; with wave 0
    all that wait for any."""
    if wave >= len(lottery.waves):
        return frozenset()
    free = areas.closure(lotteries.units_of(lottery.id, most=wave))
    return frozenset(areas.closure(area_ids)).difference(free)


def areas_of(campaign: Campaign) -> frozenset[int]:
    """The areas of a campaign whose people its lottery holds back."""
    if campaign.lottery_id is None:
        return frozenset()
    lottery = lotteries.get(campaign.lottery_id)
    return waiting(lottery, campaign.lottery_wave or 0, campaign.area_ids)


def turn(campaign: Campaign, lottery_id: int, wave: int) -> int | None:
    """The lottery a draft names, held against the rest of the campaign; None for none. Raises
    Refused for what does not go together."""
    if not lottery_id:
        if wave:
            raise Refused(_("Say of which lottery wave %(wave)s is.", wave=wave), "lottery")
        return None
    _refuse(campaign, lotteries.get(lottery_id))
    return lottery_id


def refuse(campaign: Campaign) -> None:
    """Raise Refused where a stored campaign does not go together with its lottery any more."""
    if campaign.lottery_id is not None:
        _refuse(campaign, lotteries.get(campaign.lottery_id))


def _refuse(campaign: Campaign, lottery: Lottery) -> None:
    lotteries.refuse_abandoned(lottery)
    wave = campaign.lottery_wave or 0
    begins_on = lottery.begins_on(wave)
    if selection.read(campaign.selection_rule or "")[0] is not Rule.LOTTERY:
        raise Refused(_("With a lottery the people are “Drawn by lot”: choose that."), "lottery")
    if campaign.apps and lottery.app_id not in {app.id for app in campaign.apps}:
        raise Refused(
            _(
                "“%(name)s” was drawn for %(app)s, which is none of the campaign's apps.",
                name=lottery.name,
                app=lottery.app.name,
            ),
            "lottery",
        )
    if not covers(lottery, campaign.area_ids):
        raise Refused(
            _("Some of the areas were not in the lottery “%(name)s”.", name=lottery.name), "lottery"
        )
    if campaign.not_before is not None:
        _refuse_early(lottery, wave, begins_on, campaign.not_before)
    if campaign.order_carriers:
        _refuse_orders(lottery, wave, campaign.area_ids)


def covers(lottery: Lottery, area_ids: list[int]) -> bool:
    """Whether each of the areas is one the lottery was drawn for, or lies in one."""
    drawn = set(lottery.area_ids)
    lines = areas.lines(area_ids)
    return all(not drawn.isdisjoint(lines[area_id]) for area_id in area_ids)


def _refuse_early(lottery: Lottery, wave: int, begins_on: date, at: datetime) -> None:
    if clock.local(at).date() < begins_on:
        raise Refused(
            _(
                "Wave %(wave)s of “%(name)s” begins on %(day)s; nothing of it is sent before.",
                wave=wave,
                name=lottery.name,
                day=formats.day(begins_on, language=language()),
            ),
            "lottery",
        )


def _refuse_orders(lottery: Lottery, wave: int, area_ids: list[int]) -> None:
    # An order names areas: nobody there could be left out.
    wait = waiting(lottery, wave, area_ids) & order_areas.ids(area_ids)
    if wait:
        raise Refused(
            _(
                "A carrier would send its order to %(count)s communes that still wait, %(name)s "
                "among them. Tick only areas of waves up to %(wave)s.",
                count=len(wait),
                name=db.session.get_one(Area, min(wait)).name,
                wave=wave,
            ),
            "orders",
        )


def refuse_start(campaign: Campaign, now: datetime) -> None:
    """Raise Refused before the wave's day, and where the lottery was abandoned; in the start's own
    transaction, to the end of which nobody abandons it."""
    if campaign.lottery_id is None:
        return
    lottery, wave = lotteries.get(campaign.lottery_id), campaign.lottery_wave or 0
    lotteries.locked(lottery)
    lotteries.refuse_abandoned(lottery)
    _refuse_early(lottery, wave, lottery.begins_on(wave), now)


def said_of(campaign: Campaign) -> str:
    """The lottery and the wave in words; "" for none."""
    if campaign.lottery_id is None:
        return ""
    return said(lotteries.get(campaign.lottery_id), campaign.lottery_wave or 0)


def said(lottery: Lottery, wave: int) -> str:
    """A wave of a lottery in words that are the same in every language, since they are stored."""
    day = lottery.begins_on(wave)
    return f"{lottery.name} · {wave}/{len(lottery.waves)} · {day.day}/{day.month}/{day.year}"


def cautions(campaign: Campaign) -> list[str]:
    """What is not refused, but has to be known before a campaign is sent: areas that wait in a
    lottery for the same app and would be messaged by this; of its own lottery that it
    was abandoned, and earlier waves that would be messaged again."""
    found = []
    for lottery in lotteries.standing([app.id for app in campaign.apps]):
        if lottery.id != campaign.lottery_id:
            found += _spoilt(campaign, lottery)
    if campaign.lottery_id is not None:
        own = lotteries.get(campaign.lottery_id)
        if own.abandoned_at is not None:
            found.append(
                _(
                    "The lottery “%(name)s” was abandoned: this campaign is not sent by it. Change "
                    "the campaign.",
                    name=own.name,
                )
            )
        found += _again(campaign, own)
    return found


def _again(campaign: Campaign, lottery: Lottery) -> list[str]:
    """That earlier waves would be messaged once more: the lottery leaves out later ones only."""
    if campaign.not_messaged_days or (campaign.lottery_wave or 0) < 2:
        return []
    before = lotteries.units_of(lottery.id, most=(campaign.lottery_wave or 0) - 1)
    again = order_areas.ids(campaign.area_ids).intersection(areas.closure(before))
    if not again:
        return []
    return [
        _(
            "%(count)s communes of earlier waves are among the areas: whoever was messaged there "
            "is messaged again. Tick only the areas of this wave, or say for how many days they "
            "must not have been messaged.",
            count=formats.number(len(again), language=language()),
        )
    ]


def _spoilt(campaign: Campaign, lottery: Lottery) -> list[str]:
    first = clock.local(campaign.not_before).date()
    over = sum(wave.begins_on <= first for wave in lottery.waves)
    if over == len(lottery.waves):
        return []
    wait = waiting(lottery, over, lottery.area_ids) & order_areas.ids(campaign.area_ids)
    if not wait:
        return []
    return [
        _(
            "%(count)s communes of these wait in the lottery “%(name)s” for the same app, some "
            "until %(day)s. If they are messaged now, nobody can tell later whether the lottery's"
            " messages helped.",
            count=formats.number(len(wait), language=language()),
            name=lottery.name,
            day=formats.day(lottery.waves[-1].begins_on, language=language()),
        )
    ]
