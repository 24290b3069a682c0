"""Opt-outs: known or not, a number that refuses is sent nothing, and taking that back is noted."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select

from outreach import numbers, opt_outs
from outreach.audit import AuditRow
from outreach.database import db, write_connection
from outreach.errors import Refused
from outreach.opt_outs import OptOut

PHONE, OTHER = "+84912345678", "+84352345678"


def refused() -> dict[str, str]:
    """Number → source of every opt-out."""
    rows = db.session.execute(
        select(numbers.Number.sealed, OptOut.source).join(
            OptOut, OptOut.number_id == numbers.Number.id
        )
    )
    return {numbers.sealer().open_number(sealed): source for sealed, source in rows}


def test_a_number_nobody_listed_can_refuse(app: Flask) -> None:
    assert opt_outs.add([PHONE, OTHER, PHONE], "gọi 1022", None) == 2
    assert refused() == {PHONE: "gọi 1022", OTHER: "gọi 1022"}


def test_the_first_source_is_kept(app: Flask) -> None:
    opt_outs.add([PHONE], "gọi 1022", None)

    assert opt_outs.add([PHONE, OTHER], "trả lời TC", None) == 1
    assert refused() == {PHONE: "gọi 1022", OTHER: "trả lời TC"}


def test_a_carriers_answer_records_by_id_in_its_own_transaction(app: Flask) -> None:
    with write_connection(db.engine) as connection:
        ids = numbers.ensure(connection, numbers.sealer(), [PHONE])
        assert opt_outs.record(connection, ids.values(), "TC", None) == 1
        assert opt_outs.record(connection, [], "TC", None) == 0
    assert refused() == {PHONE: "TC"}


def test_an_opt_out_without_a_source_is_refused(app: Flask) -> None:
    with pytest.raises(Refused) as wrong:
        opt_outs.add([PHONE], " ", None)
    assert wrong.value.field == "source"
    assert refused() == {}


def test_taking_an_opt_out_back_needs_a_reason_and_leaves_an_audit_row(app: Flask) -> None:
    opt_outs.add([PHONE], "gọi 1022", None)
    with pytest.raises(Refused) as wrong:
        opt_outs.remove(PHONE, " ", None)
    assert wrong.value.field == "reason"

    opt_outs.remove(PHONE, "khách gọi lại", None)

    assert refused() == {}
    last = db.session.scalars(select(AuditRow).order_by(AuditRow.id.desc())).first()
    assert last is not None
    assert last.act == "optout.remove"
    assert "khách gọi lại" in last.detail


def test_a_number_that_did_not_refuse_cannot_take_it_back(app: Flask) -> None:
    with pytest.raises(Refused) as wrong:
        opt_outs.remove(PHONE, "nhầm", None)
    assert wrong.value.field == "number"
    assert "345678" not in wrong.value.sentence
