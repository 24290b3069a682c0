"""The carrier hangs up, is silent, slow, overloaded, or tells its receipts in any order."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from campaigns.campaigns import Campaign
from campaigns.messages import UnmatchedReceipt
from outreach.database import db
from outreach.organisations import Organisation
from tests.faults.hands import has_ended, one_floor, tick_until, until
from tests.faults.truth import Truth, assert_true, look
from tests.stage import Stage, numbers_of
from tests.workers.smsc import Process, account, simulator_process

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
PEOPLE = 400


@dataclass
class Sent:
    campaign: Campaign
    truth: Truth
    carrier: Process

    def stat(self, name: str) -> int:
        return int(self.carrier.ask("GET", "/stats")["accounts"]["vnpt"].get(name, 0))


@contextmanager
def _sent(
    stage: Stage, carrier_of: Organisation, folder: Path, then: dict[str, Any], **behaviour: Any
) -> Iterator[Sent]:
    """A campaign carried in spite of `behaviour`; after its end, or 2 s, faults are `then`."""
    phones = numbers_of("vinaphone", PEOPLE)
    stage.subscribe(carrier_of, phones)
    with simulator_process(folder, account(**behaviour)) as carrier:
        route = stage.route(carrier_of, carrier.port, rate=400.0, window=50)
        campaign = stage.started([route.id])
        began = time.monotonic()

        def calmed(now: Campaign) -> bool:
            if time.monotonic() - began > 2:
                carrier.ask("POST", "/fault", then)
            return has_ended(now)

        with one_floor(stage):
            campaign = tick_until(stage, campaign, calmed, 30)
            tick_until(stage, campaign, lambda _c: not look(campaign).of("accepted"), 15)
            truth = assert_true(stage, campaign, phones, carrier)
        yield Sent(campaign, truth, carrier)


@pytest.mark.parametrize("takes", [True, False])
def test_a_connection_dropped_in_mid_window_leaves_doubts_that_receipts_settle(
    short: Stage, vnpt: Organisation, tmp_path: Path, takes: bool
) -> None:
    faults = {"drop_share": 0.02, "drop_takes": takes}
    with _sent(short, vnpt, tmp_path, {}, faults=faults) as sent:
        assert sent.stat("fault_drop") > 0
        assert sent.truth.of("delivered") == set(sent.truth.seen)
        assert not sent.truth.of("in_doubt") & set(sent.truth.seen)


def test_what_is_never_answered_is_in_doubt_and_never_sent_again(
    short: Stage, vnpt: Organisation, tmp_path: Path
) -> None:
    faults = {"silent_share": 0.02, "silent_takes": False}
    with _sent(short, vnpt, tmp_path, {}, faults=faults) as sent:
        assert len(sent.truth.of("in_doubt")) == sent.stat("fault_silent") > 0


def test_an_answer_after_its_time_leaves_a_doubt_that_the_receipt_settles(
    short: Stage, vnpt: Organisation, tmp_path: Path
) -> None:
    faults = {"late_share": 0.05, "late_seconds": 3.0}
    with _sent(short, vnpt, tmp_path, {}, faults=faults) as sent:
        assert sent.stat("fault_late") > 0
        assert len(sent.truth.of("delivered")) == PEOPLE


def test_throttled_answers_slow_the_route_and_lose_nothing(
    short: Stage, vnpt: Organisation, tmp_path: Path
) -> None:
    with _sent(short, vnpt, tmp_path, {}, faults={"throttle_share": 0.5}) as sent:
        assert (
            sent.carrier.ask("GET", "/stats")["accounts"]["vnpt"]["refused"]["ESME_RTHROTTLED"] > 0
        )
        assert len(sent.truth.of("delivered")) == PEOPLE


def test_binds_refused_for_a_while_only_delay(
    short: Stage, vnpt: Organisation, tmp_path: Path
) -> None:
    with _sent(short, vnpt, tmp_path, {}, faults={"refuse_binds": True}) as sent:
        assert sent.stat("binds_refused") > 1
        assert len(sent.truth.of("delivered")) == PEOPLE


def test_bytes_that_are_not_smpp_end_the_connection_and_lose_nothing(
    short: Stage, vnpt: Organisation, tmp_path: Path
) -> None:
    with _sent(short, vnpt, tmp_path, {}, faults={"garbage_share": 0.01}) as sent:
        assert sent.stat("fault_garbage") > 0
        assert sent.truth.of("delivered") == set(sent.truth.seen)


def test_a_carrier_that_hangs_is_waited_for(
    short: Stage, vnpt: Organisation, tmp_path: Path
) -> None:
    with _sent(short, vnpt, tmp_path, {"frozen": False}, faults={"frozen": True}) as sent:
        assert sent.truth.of("delivered") == set(sent.truth.seen)


def test_receipts_before_answers_twice_disordered_and_contradicting(
    short: Stage, vnpt: Organisation, tmp_path: Path
) -> None:
    faults = {
        "receipts_first_share": 0.5,
        "receipts_twice_share": 0.3,
        "receipts_disordered_share": 0.3,
        "receipts_flipped_share": 0.2,
    }
    ids = {"answer": "decimal", "receipt": "HEX"}
    with _sent(short, vnpt, tmp_path, faults, faults=faults, ids=ids) as sent:
        until(lambda: len(look(sent.campaign).of("delivered")) == PEOPLE)


def test_receipts_under_unknown_ids_are_kept_and_settle_nothing_that_is_known(
    short: Stage, vnpt: Organisation, tmp_path: Path
) -> None:
    faults = {"receipts_unknown_share": 1.0}
    phones = numbers_of("vinaphone", 50)
    short.subscribe(vnpt, phones)
    with simulator_process(tmp_path, account(faults=faults)) as carrier:
        route = short.route(vnpt, carrier.port)
        campaign = short.started([route.id])
        with one_floor(short):
            campaign = tick_until(short, campaign, has_ended)
            until(lambda: _unmatched() == len(phones))
            assert look(campaign).of("accepted") == set(phones)


def _unmatched() -> int:
    db.session.rollback()
    return db.session.query(UnmatchedReceipt).count()
