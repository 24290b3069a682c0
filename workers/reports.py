"""Reports by SMS that wait: each is judged and its answer asked for in one transaction, once."""

from __future__ import annotations

import structlog

from campaigns import test_sends
from outreach import report_answers, sms_reports
from outreach.accounts import User
from outreach.database import let_go, transaction

log = structlog.get_logger()


def answer_waiting() -> None:
    """Enter what reporters wrote, and answer them."""
    for report_id in sms_reports.waiting():
        try:
            _answer(report_id)
        except Exception:  # those behind it are not held up
            log.exception("a report by SMS cannot be judged", report=report_id)
            let_go()


def _answer(report_id: int) -> None:
    with transaction() as session:
        report = sms_reports.hold(report_id)
        if report is None:
            return
        person = session.get_one(User, report.person_id)
        judged = report_answers.judge(person, sms_reports.said(report), report.received_at)
        report.state = judged.state
        test_sends.answer(report, judged.answer)
