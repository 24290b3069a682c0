"""Who gets a campaign, who does not and why; counting and expanding agree on random people."""

from __future__ import annotations

import random
import re
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from campaigns import approvals, audience, life, preparing, progress
from campaigns.campaigns import Campaign
from outreach import clock, numbers, opt_outs
from outreach.database import db, transaction
from outreach.organisations import Organisation
from tests.campaigns.expanding import expand, messages_of, small_chunks
from tests.stage import Stage, numbers_of

__all__ = ["small_chunks"]


def execute(statement: str, **values: Any) -> None:
    with transaction() as session:
        session.execute(text(statement), values)


def number_id(phone: str) -> int:
    with db.engine.connect() as connection:
        return numbers.find(connection, numbers.sealer(), [phone])[phone]


def counted(stage: Stage, campaign: Campaign) -> tuple[int, dict[str, int]]:
    """(recipients, left out by reason) as the approver reads them."""
    approvals.submit(campaign, stage.author, stage.settings)
    shown = progress.as_object(life.get(campaign.id))
    return shown["recipients"], shown["suppressed"]


def test_each_reason_is_counted_and_the_first_one_wins(
    stage: Stage, vnpt: Organisation, viettel: Organisation
) -> None:
    usual = numbers_of("vinaphone", 5)
    foreign = numbers_of("viettel", 3)
    stage.subscribe(vnpt, usual + foreign)
    stage.subscribe(viettel, usual[3:5] + foreign[2:])  # the same numbers on another list
    route_ids = [stage.route(o, 9, networks=["vinaphone"]).id for o in (vnpt, viettel)]
    opt_outs.add([usual[0], foreign[0]], "answered TC", None)
    campaign = stage.draft(route_ids)
    # usual: 0 refused, 1 and 2 once, 3 and 4 on both lists. foreign: 0 refused first of all, then
    # 1 here and 2 on both lists, on no route.
    assert counted(stage, campaign) == (
        4,
        {"opted_out": 2, "wrong_network": 3, "duplicate": 2},
    )


def test_the_confirmed_network_is_believed_over_the_prefix(
    stage: Stage, vnpt: Organisation
) -> None:
    ported, unknown, away = numbers_of("viettel", 1) + numbers_of("vinaphone", 2)
    stage.subscribe(vnpt, [ported, unknown, away])
    now = clock.now()
    with transaction() as session:
        for phone, network in ((ported, "vinaphone"), (away, "viettel")):
            numbers.confirm_network(
                session.connection(), number_id(phone), network, "VNPT error 25", now
            )
        session.execute(
            text("UPDATE numbers SET hint = NULL WHERE id = :id"), {"id": number_id(unknown)}
        )
    campaign = stage.draft([stage.route(vnpt, 9, networks=["vinaphone"]).id])
    assert counted(stage, campaign) == (1, {"wrong_network": 2})


def test_groups_and_networks_narrow_it_without_counting_anybody_as_left_out_by_group(
    stage: Stage, vnpt: Organisation
) -> None:
    stage.subscribe(vnpt, numbers_of("vinaphone", 4) + numbers_of("mobifone", 2))
    execute("UPDATE subscribers SET group_bits = 6 WHERE id % 2 = 0")
    half = len(range(0, 6, 2))
    route_id = stage.route(vnpt, 9).id
    assert counted(stage, stage.draft([route_id], groups=["teachers"])) == (half, {})
    assert counted(stage, stage.draft([route_id], groups=["public", "officials"])) == (6, {})
    only = stage.draft([route_id], networks=["mobifone"])
    recipients, suppressed = counted(stage, only)
    assert recipients + suppressed["wrong_network"] == half


def test_a_carrier_reaches_its_own_list_only_and_an_office_those_of_its_routes(
    stage: Stage, vnpt: Organisation, viettel: Organisation
) -> None:
    stage.subscribe(vnpt, numbers_of("vinaphone", 2))
    stage.subscribe(viettel, numbers_of("vinaphone", 3, offset=10))
    stage.subscribe(stage.owner, numbers_of("vinaphone", 4, offset=20))
    route_id = stage.route(vnpt, 9).id
    assert counted(stage, stage.draft([route_id], organisation=vnpt.id)) == (2, {})
    assert counted(stage, stage.draft([route_id])) == (6, {})


def test_what_a_number_got_or_will_get_this_week_counts_against_the_cap(
    stage: Stage, vnpt: Organisation
) -> None:
    stage.settings = stage.settings.model_copy(update={"notice_weekly_cap": 1})
    phones = numbers_of("vinaphone", 6)
    stage.subscribe(vnpt, phones)
    route_id = stage.route(vnpt, 9).id
    earlier = stage.started([route_id])
    assert expand(stage, earlier)
    week = clock.to_microseconds(clock.now() - timedelta(days=8))
    for phone, state, changed_at in (
        (phones[0], "delivered", None),
        (phones[1], "delivered", week),
        (phones[2], "cancelled", None),
        (phones[3], "queued", week),
        (phones[4], "in_doubt", None),
        (phones[5], "expired", None),
    ):
        execute(
            "UPDATE messages SET state = :s, changed_at = COALESCE(:at, changed_at)"
            " WHERE number_id = :n",
            s=state, at=changed_at, n=number_id(phone),
        )  # fmt: skip
    assert counted(stage, stage.draft([route_id])) == (3, {"recently_messaged": 3})
    care = stage.draft([route_id], kind="customer_care")
    assert counted(stage, care) == (6, {})


# Random people, against the rules written once more in Python.


def _people(stage: Stage, chance: random.Random, owners: list[Organisation]) -> None:
    pool = [p for n in ("vinaphone", "viettel", "mobifone") for p in numbers_of(n, 12)]
    places = [stage.land.commune, stage.land.other_commune, stage.land.next_district]
    for owner in owners:
        for phone in chance.sample(pool, 20):
            stage.subscribe(owner, [phone], chance.choice(places))
    for bits in (1, 2, 3, 4):
        rows = db.session.execute(text("SELECT id FROM subscribers ORDER BY id")).scalars().all()
        for each in chance.sample(rows, 12):
            execute("UPDATE subscribers SET group_bits = :b WHERE id = :id", b=bits, id=each)
    opt_outs.add(chance.sample(pool, 5), "answered TC", None)
    for phone in chance.sample(pool, 6):
        with transaction() as session:
            ids = numbers.ensure(session.connection(), numbers.sealer(), [phone])
            network = chance.choice(["vinaphone", "viettel", "gmobile"])
            numbers.confirm_network(session.connection(), ids[phone], network, "list", clock.now())


def _expected(
    stage: Stage, lists: list[int], routes: dict[str, int], bits: int
) -> tuple[dict[int, tuple[int, int]], Counter[str]]:
    """number → (area, route), and who is left out why, candidate by candidate."""
    rows = db.session.execute(
        text(
            "SELECT s.number_id, s.area_id, s.group_bits, s.organisation_id, o.number_id AS out,"
            " COALESCE(n.confirmed, n.hint) AS network FROM subscribers s"
            " JOIN numbers n ON n.id = s.number_id JOIN areas a ON a.id = s.area_id"
            " LEFT JOIN opt_outs o ON o.number_id = n.id ORDER BY a.code, s.id"
        )
    ).all()
    chosen: dict[int, tuple[int, int]] = {}
    reasons: Counter[str] = Counter()
    for row in rows:
        inside = row.area_id in (stage.land.commune, stage.land.other_commune)
        if not inside or row.organisation_id not in lists or not row.group_bits & bits:
            continue
        if row.out is not None:
            reasons["opted_out"] += 1
        elif row.network not in routes:
            reasons["wrong_network"] += 1
        elif row.number_id in chosen:
            reasons["duplicate"] += 1
        else:
            chosen[row.number_id] = (row.area_id, routes[row.network])
    return chosen, reasons


@pytest.mark.parametrize("seed", [1, 2])
def test_what_is_counted_is_what_is_expanded_is_what_the_rules_say(
    stage: Stage, vnpt: Organisation, viettel: Organisation, small_chunks: None, seed: int
) -> None:
    chance = random.Random(seed)
    _people(stage, chance, [vnpt, viettel, stage.owner])
    first = stage.route(vnpt, 9, networks=["vinaphone", "mobifone"]).id
    second = stage.route(viettel, 9, networks=["viettel", "mobifone"]).id
    campaign = stage.approved(
        [first, second],
        groups=["public", "officials"],
        networks=["vinaphone", "viettel", "mobifone"] if seed == 1 else ["viettel", "vinaphone"],
        wording={"a": "Kính gửi {xa}", "b": "Kính gửi bà con {xa} " + "x" * 160, "c": "Bản ba"},
    )
    routes = {"vinaphone": first, "viettel": second} | ({"mobifone": first} if seed == 1 else {})
    lists = [vnpt.id, viettel.id, stage.owner.id]
    chosen, reasons = _expected(stage, lists, routes, 3)
    assert len(chosen) > 10
    assert reasons["duplicate"] > 0
    planned = progress.as_object(campaign)
    assert planned["recipients"] == campaign.recipients_counted == len(chosen)
    assert planned["suppressed"] == {k: v for k, v in sorted(reasons.items()) if v}
    life.start(campaign, None)
    assert expand(stage, campaign)
    made = messages_of(campaign)
    assert {m.number_id: (m.area_id, m.route_id) for m in made} == chosen
    assert len(made) == len(chosen)
    shown = progress.as_object(life.get(campaign.id))
    assert shown["suppressed"] == planned["suppressed"]
    assert shown["segments"] == planned["segments"] == sum(m.segments for m in made)
    assert shown["by_area"] == _begun(planned["by_area"], shown["by_area"])
    stage.assert_counts_are_rows(campaign)
    _texts_are_shared_fairly(campaign, made)
    assert shown["by_route"][0]["recipients"] == planned["by_route"][0]["recipients"]


def _begun(planned: list[dict[str, Any]], shown: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The plan's lines with the zeros that begin to be shown at the start."""
    zeros = dict.fromkeys(shown[0]["counts"], 0)
    return [line | {"counts": zeros | line["counts"]} for line in planned]


def _texts_are_shared_fairly(campaign: Campaign, made: list[Any]) -> None:
    """A number's variant follows from its id; its text is the one of its area."""
    texts = db.session.execute(
        text("SELECT id, variant, area_id, segments FROM rendered_texts WHERE campaign_id = :id"),
        {"id": campaign.id},
    )
    by_id = {row.id: row for row in texts}
    for message in made:
        said = by_id[message.text_id]
        assert said.variant == "abc"[message.number_id % 3]
        assert (said.area_id, said.segments) == (message.area_id, message.segments)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_chunk_is_read_in_order_without_sorting_everybody_who_is_left(
    stage: Stage, vnpt: Organisation
) -> None:
    """Else each chunk would read everybody behind it: a million people would never end."""
    stage.subscribe(vnpt, numbers_of("vinaphone", 5))
    campaign = stage.approved([stage.route(vnpt, 9).id])
    audience_of = preparing.audience_of(campaign, stage.settings)
    db.session.rollback()
    with db.engine.connect() as connection:
        texts = preparing.texts_of(connection, campaign.id)
        reader = audience.ChunkReader(connection, audience_of, texts)
        reader.fill(0, 0, 2)
        at = {"position": 0, "after": 0, "limit": 2}
        plan = connection.execute(
            text(f"EXPLAIN QUERY PLAN {reader._sql.text}"), reader._values | at
        ).all()
    steps = [row[3] for row in plan]
    assert any("ix_subscribers_area_id_id (area_id=? AND id>?)" in step for step in steps)
    assert not any("ORDER BY" in step or step.startswith("SCAN s") for step in steps)


def test_chunks_of_any_size_meet_everybody_once(
    stage: Stage, vnpt: Organisation, viettel: Organisation
) -> None:
    """Whatever the size, a checkpoint within an area or between two loses and repeats nobody."""
    for owner, phones in ((vnpt, numbers_of("vinaphone", 11)), (viettel, numbers_of("viettel", 4))):
        stage.subscribe(owner, phones[::2])
        stage.subscribe(owner, phones[1::2], stage.land.other_commune)
    routes = [stage.route(o, 9, networks=["vinaphone", "viettel"]).id for o in (vnpt, viettel)]
    campaign = stage.approved(routes)
    everybody = preparing.audience_of(campaign, stage.settings)
    db.session.rollback()
    with db.engine.connect() as connection:
        texts = preparing.texts_of(connection, campaign.id)
        for size in range(1, 17):
            reader, met, place = audience.ChunkReader(connection, everybody, texts), [], (0, 0)
            while (chunk := reader.fill(*place, size)) is not None:
                place = chunk.position, chunk.after
                met += connection.execute(text("SELECT number_id FROM expansion_chunk")).scalars()
            assert len(met) == len(set(met)) == 15, size


def test_who_is_kept_under_an_expired_list_alone_is_left_out(
    stage: Stage, vnpt: Organisation, viettel: Organisation
) -> None:
    shared, lapsed = numbers_of("vinaphone", 2), numbers_of("vinaphone", 3, offset=10)
    stage.subscribe(vnpt, shared + lapsed)
    stage.subscribe(viettel, shared)
    opt_outs.add([lapsed[0]], "answered TC", None)
    route_ids = [stage.route(o, 9, networks=["vinaphone"]).id for o in (vnpt, viettel)]
    today = clock.local(clock.now()).date()
    last_day = "UPDATE subscriber_lists SET expires_on = :day WHERE organisation_id = :owner"
    execute(last_day, day=today.isoformat(), owner=vnpt.id)
    everybody = (4, {"opted_out": 1, "duplicate": 2})
    assert counted(stage, stage.draft(route_ids)) == everybody, "its last day still counts"
    execute(last_day, day=(today - timedelta(days=1)).isoformat(), owner=vnpt.id)
    campaign = stage.draft(route_ids)
    assert counted(stage, campaign) == (2, {"opted_out": 1, "list_expired": 4})
    approvals.approve(life.get(campaign.id), stage.approver, life.get(campaign.id).digest or "")
    life.start(life.get(campaign.id), stage.approver.id)
    assert expand(stage, life.get(campaign.id))
    assert progress.as_object(life.get(campaign.id))["suppressed"] == {
        "opted_out": 1,
        "list_expired": 4,
    }
    assert sum(stage.states(campaign).values()) == 2


def test_not_messaged_in_so_many_days_looks_at_every_campaign_of_whatever_kind(
    stage: Stage, vnpt: Organisation
) -> None:
    phones = numbers_of("vinaphone", 5)
    stage.subscribe(vnpt, phones)
    route_id = stage.route(vnpt, 9).id
    earlier = stage.started([route_id], kind="customer_care")
    assert expand(stage, earlier)
    for phone, state, days in (
        (phones[0], "delivered", 9),
        (phones[1], "delivered", 11),
        (phones[2], "cancelled", 1),
        (phones[3], "queued", 30),
        (phones[4], "expired", 1),
    ):
        execute(
            "UPDATE messages SET state = :state, changed_at = :at WHERE number_id = :number",
            state=state,
            at=clock.to_microseconds(clock.now() - timedelta(days=days)),
            number=number_id(phone),
        )
    assert counted(stage, stage.draft([route_id])) == (5, {})
    campaign = stage.draft([route_id], not_messaged_days=10)
    assert counted(stage, campaign) == (3, {"recently_messaged": 2})


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_days_without_a_message_are_found_by_the_index_on_the_number(
    stage: Stage, vnpt: Organisation
) -> None:
    sql = audience._fill_sql("sqlite", quiet=True).replace("INSERT INTO expansion_chunk", "")
    names = set(re.findall(r"(?<!:):(\w+)", sql))
    with db.engine.connect() as connection:
        for statement in audience._TABLES:
            connection.execute(text(statement))
        plan = connection.execute(
            text(f"EXPLAIN QUERY PLAN {sql}"),
            {name: "[]" if name in {"texts", "networks", "owners"} else 1 for name in names},
        ).all()
    steps = [str(row[-1]) for row in plan]
    assert any("SEARCH q USING" in step and "number_id=?" in step for step in steps), steps
