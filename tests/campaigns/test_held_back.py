"""A campaign's turn in a lottery: who is left out, everywhere alike, until all have come."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from campaigns import (
    approvals,
    composing,
    estimates,
    expansion,
    held_back,
    life,
    lotteries,
    progress,
)
from campaigns.campaigns import Campaign
from campaigns.lotteries import Lottery
from campaigns.states import CampaignState
from outreach import apps, clock, opt_outs
from outreach.area_names import Level
from outreach.database import db, transaction
from outreach.errors import Refused
from outreach.organisations import Organisation
from tests.campaigns.drawing import commune, days, drawn, six
from tests.campaigns.expanding import expand, messages_of, small_chunks
from tests.stage import Stage, numbers_of
from workers import tick

__all__ = ["six", "small_chunks"]
PHONES = numbers_of("vinaphone", 33)
WORDING = {"vi": "Mời bà con {huyen} cài {ung_dung} tại {link}"}
WAVES = {1: ("29989", "29983"), 2: ("30001", "30013"), 3: ("30007", "29971")}


@pytest.fixture
def over(stage: Stage, six: dict[str, int], vnpt: Organisation) -> list[int]:
    """A route; five people in each of the six communes, three in the district without a commune."""
    for place, area_id in enumerate(sorted(six.values())):
        stage.subscribe(vnpt, PHONES[5 * place : 5 * place + 5], area_id)
    stage.subscribe(vnpt, PHONES[30:], stage.land.district)
    return [stage.route(vnpt, 9).id]


@pytest.fixture
def lottery(stage: Stage, over: list[int]) -> Lottery:
    return drawn(stage)


def turn(drawn_: Lottery, number: int, **changes: Any) -> dict[str, Any]:
    """What a campaign of a wave says besides; its window opens on the wave's day."""
    opens = max(clock.now() - timedelta(hours=1), _midnight(drawn_, number))
    return {
        "lottery": drawn_.id,
        "wave": number,
        "selection_rule": "lottery: bốc thăm trước dân",
        "wording": WORDING,
        "not_before": clock.iso(opens),
        "not_after": clock.iso(opens + timedelta(days=7)),
    } | changes


def _midnight(lottery: Lottery, wave: int) -> Any:
    day = lottery.begins_on(wave)
    return clock.parse_moment(f"{day.isoformat()}T00:00:00+07:00")


def begun(lottery: Lottery, days_ago: int) -> None:
    """As if the lottery had been drawn so many days earlier."""
    with transaction():
        for wave in lotteries.get(lottery.id).waves:
            wave.begins_on -= timedelta(days=days_ago)


def reached(campaign: Campaign) -> set[int]:
    return {made.area_id for made in messages_of(campaign)}


def test_every_place_counts_the_same_people_as_held_back(
    stage: Stage, over: list[int], lottery: Lottery, six: dict[str, int]
) -> None:
    opt_outs.add([PHONES[30]], "answered TC", None)
    draft = composing.from_object(stage.fields(over, **turn(lottery, 1)))
    made, _wrong = composing.examine(draft, stage.settings)
    estimate = estimates.of(made, [], stage.settings)
    left_out = {"held_back": 22, "opted_out": 1}  # who opted out waits, too, but said so first
    assert (estimate.people, estimate.suppressed) == (10, left_out)
    campaign = stage.started(over, **turn(lottery, 1))
    forecast = progress.as_object(life.get(campaign.id))
    assert (forecast["recipients"], forecast["suppressed"]) == (estimate.people, left_out)
    assert expand(stage, campaign)
    really = progress.as_object(life.get(campaign.id))
    assert (really["recipients"], really["suppressed"]) == (estimate.people, left_out)
    assert reached(campaign) == {six[code] for code in WAVES[1]}


def test_later_waves_reach_everybody_in_the_end(
    stage: Stage, over: list[int], lottery: Lottery, six: dict[str, int]
) -> None:
    seen: set[int] = set()
    for wave, shift in ((1, 0), (2, 14), (3, 14)):
        begun(lottery, shift)
        campaign = stage.started(over, **turn(lottery, wave, not_messaged_days=60))
        assert expand(stage, campaign)
        own = {six[code] for code in WAVES[wave]}
        assert reached(campaign) == (own if wave < 3 else own | {stage.land.district})
        seen |= {made.number_id for made in messages_of(campaign)}
    assert len(seen) == len(PHONES)


def test_a_later_wave_leaves_earlier_ones_in(
    stage: Stage, over: list[int], lottery: Lottery, six: dict[str, int]
) -> None:
    begun(lottery, 14)
    campaign = stage.started(over, **turn(lottery, 2))
    assert "2 communes of earlier waves" in held_back.cautions(campaign)[0]
    assert held_back.cautions(stage.draft(over, **turn(lottery, 2, areas=list(WAVES[2])))) == []
    assert held_back.cautions(stage.draft(over, **turn(lottery, 2, not_messaged_days=30))) == []
    assert expand(stage, campaign)
    assert reached(campaign) == {six[code] for code in WAVES[1] + WAVES[2]}


@pytest.mark.usefixtures("small_chunks")
def test_an_expander_that_was_killed_or_comes_again_adds_nothing(
    stage: Stage, over: list[int], lottery: Lottery, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = stage.started(over, **turn(lottery, 1))
    left = iter([True, True, False])
    assert not expand(stage, campaign, lambda: next(left))
    real = expansion._count

    def die(*_arguments: object) -> None:
        raise SystemExit

    monkeypatch.setattr(expansion, "_count", die)
    with pytest.raises(SystemExit):
        expand(stage, campaign)
    monkeypatch.setattr(expansion, "_count", real)
    for _time in range(3):
        assert expand(stage, campaign)
        shown = progress.as_object(life.get(campaign.id))
        assert (shown["recipients"], shown["suppressed"]) == (10, {"held_back": 23})
        assert len(messages_of(campaign)) == 10
    stage.assert_counts_are_rows(campaign)


def test_an_area_that_joined_after_the_draw_waits_for_the_last_wave(
    stage: Stage, over: list[int], lottery: Lottery, vnpt: Organisation
) -> None:
    late = commune("30050", stage.land.district)
    stage.subscribe(vnpt, numbers_of("vinaphone", 4, offset=50), late)
    first = stage.draft(over, **turn(lottery, 1))
    assert late in held_back.areas_of(first)
    begun(lottery, 28)
    last = stage.started(over, **turn(lottery, 3))
    assert held_back.areas_of(last) == frozenset()
    assert expand(stage, last)
    assert late in reached(last)


def test_within_a_district_that_was_drawn_it_shares_the_districts_wave(
    stage: Stage, six: dict[str, int]
) -> None:
    whole = drawn(stage, ["87"], level=Level.DISTRICT, dates=days(count=2))
    late = commune("30050", stage.land.district)
    first = lotteries.units_of(whole.id, most=1)
    waits = held_back.waiting(whole, 1, [stage.land.province])
    assert (late in waits) == (first == {stage.land.next_district})
    assert held_back.waiting(whole, 2, [stage.land.province]) == frozenset()


def test_a_campaign_does_not_begin_before_its_waves_day(
    stage: Stage, over: list[int], lottery: Lottery
) -> None:
    early = stage.fields(over, **turn(lottery, 2, not_before=clock.iso(clock.now())))
    with pytest.raises(Refused) as refused:
        composing.create(composing.from_object(early), stage.author.id, stage.settings)
    assert refused.value.field == "lottery"
    campaign = stage.approved(over, **turn(lottery, 2))
    with pytest.raises(Refused):
        life.start(campaign, stage.approver.id)
    # Even if its window were open: the start asks for the day itself.
    with pytest.raises(Refused, match="Wave 2"):
        held_back.refuse_start(life.get(campaign.id), clock.now())
    assert life.get(campaign.id).state is CampaignState.APPROVED


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"lottery": 99}, "lottery"),
    ({"wave": 4}, "lottery"),
    ({"wave": 0}, "lottery"),
    ({"lottery": 0}, "lottery"),
    ({"selection_rule": "everyone"}, "lottery"),
    ({"apps": ["NCOVI"]}, "lottery"),
    ({"areas": ["869"]}, "lottery"),
    ({"areas": ["87"]}, "lottery"),
]


@pytest.mark.parametrize(("changes", "field"), WRONG)
def test_what_does_not_go_together_is_refused(
    stage: Stage, over: list[int], lottery: Lottery, changes: dict[str, Any], field: str
) -> None:
    apps.add("NCOVI", "NCOVI", "https://ncovi.vn", actor_id=None)
    draft = composing.from_object(stage.fields(over, **turn(lottery, 1, **changes)))
    _made, wrong = composing.examine(draft, stage.settings)
    assert [each.field for each in wrong] == [field]


def test_an_order_never_names_areas_that_wait(
    stage: Stage, over: list[int], lottery: Lottery, viettel: Organisation
) -> None:
    orders = {"orders": [viettel.id]}
    draft = composing.from_object(stage.fields(over, **turn(lottery, 1, **orders)))
    _made, wrong = composing.examine(draft, stage.settings)
    assert [each.field for each in wrong] == ["orders"]
    only = stage.fields(over, **turn(lottery, 1, areas=list(WAVES[1]), **orders))
    assert composing.examine(composing.from_object(only), stage.settings)[1] == []


def test_a_changed_outcome_is_not_what_was_approved(
    stage: Stage, over: list[int], lottery: Lottery
) -> None:
    campaign = stage.approved(over, **turn(lottery, 1))
    with transaction() as session:
        session.execute(text("UPDATE lottery_units SET wave = 1 WHERE code = '29971'"))
    with pytest.raises(Refused, match="not what was approved"):
        life.start(life.get(campaign.id), stage.approver.id)


def test_a_campaign_of_an_abandoned_lottery_goes_no_further_and_holds_up_no_other(
    stage: Stage, over: list[int], lottery: Lottery
) -> None:
    draft = stage.draft(over, **turn(lottery, 1))
    scheduled = stage.approved(over, **turn(lottery, 1))
    other = stage.approved(over, wording=WORDING)
    now = clock.now()
    for each in (scheduled, other):
        life.schedule(each, now + timedelta(seconds=1), stage.approver.id)
    lotteries.abandon(lottery, "Chia lại xã", stage.approver.id)
    with pytest.raises(Refused):
        approvals.submit(life.get(draft.id), stage.author, stage.settings)
    assert held_back.cautions(life.get(scheduled.id))
    before = clock.offset()
    clock.set_offset(before + timedelta(seconds=2))
    try:
        tick.start_due()
    finally:
        clock.set_offset(before)
    assert life.get(scheduled.id).state is CampaignState.SCHEDULED
    assert life.get(other.id).state is CampaignState.SENDING


def test_a_campaign_outside_the_lottery_is_warned_about_while_areas_wait(
    stage: Stage, over: list[int], lottery: Lottery
) -> None:
    apps.add("NCOVI", "NCOVI", "https://ncovi.vn", actor_id=None)

    def warned(**changes: Any) -> int:
        draft = composing.from_object(stage.fields(over, **changes))
        made, wrong = composing.examine(draft, stage.settings)
        assert wrong == []
        cautions = estimates.of(made, [], stage.settings).cautions
        assert cautions == held_back.cautions(made)
        return len(cautions)

    assert "4 communes" in held_back.cautions(stage.draft(over))[0]
    assert warned() == 1
    assert warned(areas=["29983"]) == 0  # its turn has come
    assert warned(areas=["29971"]) == 1
    assert warned(areas=["869"]) == 0
    assert warned(apps=["NCOVI"]) == 0
    assert warned(**turn(lottery, 1)) == 0
    last = clock.now() + timedelta(days=28)
    later = {"not_before": clock.iso(last), "not_after": clock.iso(last + timedelta(days=1))}
    assert warned(**later) == 0
    campaign = stage.approved(over, wording=WORDING)  # and still is not refused
    assert held_back.cautions(campaign)
    life.start(campaign, stage.approver.id)


def test_of_who_abandons_and_who_starts_at_once_one_is_told(
    stage: Stage, over: list[int], lottery: Lottery
) -> None:
    campaign_id = stage.approved(over, **turn(lottery, 1)).id
    lottery_id, actor, told = lottery.id, stage.approver.id, list[str]()
    barrier = threading.Barrier(2)

    def run(act: Callable[[], None]) -> None:
        with stage.app.app_context():
            try:
                barrier.wait(10)
                act()
            except Refused as refused:
                told.append(refused.sentence)
            finally:
                db.session.remove()

    acts = (
        lambda: life.start(life.get(campaign_id), actor),
        lambda: lotteries.abandon(lotteries.get(lottery_id), "Chia lại xã", actor),
    )
    db.session.rollback()
    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    db.session.rollback()
    assert len(told) == 1
    started = life.get(campaign_id).started_at is not None
    assert started == (lotteries.get(lottery_id).abandoned_at is None)
