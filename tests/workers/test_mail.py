"""A reminder by e-mail is handed to the mail server once; silence is a doubt and stays one."""

from __future__ import annotations

import email
import email.policy
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import pytest
from redis import Redis
from rq import Queue
from sqlalchemy import update

from campaigns.reminders import Reminder, State
from outreach import clock, reminder_agreements
from outreach.accounts import Role, User
from outreach.database import db, transaction, write_connection
from outreach.reminder_agreements import Way
from tests.counting import queries
from tests.drive import at
from tests.moments import at_once
from tests.reminded import MAIL, Reminded
from workers import jobs, mail, queues, tick


@dataclass
class MailServer:
    """As much of SMTP as we speak; `says` answers instead, by the command's first word ("." for
    the text's end; "" hangs up; "silence" of a text says nothing). `one_each`: hangs up after a
    text."""

    says: dict[str, str] = field(default_factory=dict)
    texts: list[bytes] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    port: int = 0
    one_each: bool = False

    def serve(self, listening: socket.socket) -> None:
        while True:
            try:
                talk, _ = listening.accept()
            except OSError:
                return
            # Who wanted another protocol hangs up in the middle.
            with suppress(ConnectionError), talk, talk.makefile("rwb") as lines:
                self._talk(lines)

    def _talk(self, lines) -> None:
        def say(answer: str) -> None:
            lines.write(answer.encode() + b"\r\n")
            lines.flush()

        say("220 here")
        while line := lines.readline().decode(errors="replace").strip():
            word = line.split()[0].upper()
            self.heard.append(word)
            answer = self.says.get(word, "354 go on" if word == "DATA" else "250 fine")
            if not answer:
                return
            say(answer)
            if word == "DATA" and answer.startswith("354"):
                self.texts.append(b"".join(iter(lines.readline, b".\r\n")))
                answer = self.says.get(".", "250 taken")
                if not answer:
                    return
                if answer != "silence":
                    say(answer)
                if self.one_each:
                    return


@contextmanager
def mail_server(**says: str) -> Iterator[MailServer]:
    server = MailServer(says)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server.port = listening.getsockname()[1]
        threading.Thread(target=server.serve, args=(listening,), daemon=True).start()
        yield server
        listening.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def waiting(reminded: Reminded) -> Reminded:
    """One reminder waits for the mail server."""
    reminded.set(**MAIL)
    reminded.agree(way=Way.EMAIL)
    assert [row.state for row in reminded.tick("14:31")] == [State.WAITING]
    return reminded


def send(reminded: Reminded, server: MailServer | None = None) -> Reminder:
    port = 9 if server is None else server.port
    mail.send_waiting(reminded.set(smtp_url=f"smtp://127.0.0.1:{port}"), lambda: True)
    (row,) = reminded.outbox()
    return row


def test_it_is_handed_over_once(waiting: Reminded) -> None:
    with mail_server() as server:
        assert send(waiting, server).state is State.SENT
        assert send(waiting, server).state is State.SENT
    (raw,) = server.texts
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert message["To"] == waiting.reporter.email
    assert message["From"] == "baocao@example.vn"
    assert message["Subject"].startswith("Nhắc: xã Long Khánh A chưa có số Bluezone")
    assert message["Auto-Submitted"] == "auto-generated"
    assert "thôi nhận" in message.get_content()


def test_two_workers_at_once_hand_it_over_once(waiting: Reminded) -> None:
    with mail_server() as server:
        settings = waiting.set(smtp_url=f"smtp://127.0.0.1:{server.port}")

        def work() -> None:
            mail.send_waiting(settings, lambda: True)

        at_once(work)
        assert at_once(work, work) == ["done", "done"]
    assert len(server.texts) == 1


@pytest.mark.parametrize("where", [".", "DATA"])
def test_where_the_server_falls_silent_over_the_text_it_is_in_doubt(
    waiting: Reminded, where: str
) -> None:
    with mail_server(**{where: ""}) as server:
        assert send(waiting, server).state is State.IN_DOUBT
    with mail_server() as server:
        assert send(waiting, server).state is State.IN_DOUBT
        assert server.texts == []


def test_a_server_that_takes_the_text_and_never_answers_leaves_a_doubt(
    waiting: Reminded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail, "TIMEOUT", 0.3)
    with mail_server(**{".": "silence"}) as server:
        assert send(waiting, server).state is State.IN_DOUBT
        assert len(server.texts) == 1
    with mail_server() as server:
        assert send(waiting, server).state is State.IN_DOUBT
        assert server.texts == []


def test_a_worker_killed_between_sending_and_noting_is_followed_by_none_that_sends_again(
    waiting: Reminded, monkeypatch: pytest.MonkeyPatch
) -> None:
    with mail_server() as server:
        with monkeypatch.context() as killed, pytest.raises(KeyboardInterrupt):
            killed.setattr(mail, "_store", _die)
            send(waiting, server)
        assert send(waiting, server).state is State.SENDING
        with transaction() as session:
            session.execute(update(Reminder).values(taken_at=clock.EPOCH))
        tick.once()
        assert send(waiting, server).state is State.IN_DOUBT
        waiting.tick("14:33")
        assert len(server.texts) == len(waiting.outbox()) == 1


def _die(*_any: object) -> None:
    raise KeyboardInterrupt


def test_what_was_taken_back_while_the_server_let_us_wait_is_not_handed_over(
    waiting: Reminded, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = mail.smtplib.SMTP.rcpt

    def slow(server: mail.smtplib.SMTP, address: str) -> object:
        reminder_agreements.withdraw(waiting.reporter)
        return said(server, address)

    monkeypatch.setattr(mail.smtplib.SMTP, "rcpt", slow)
    with mail_server() as server:
        assert send(waiting, server).state is State.WAITING
        row = send(waiting, server)
    assert (row.state, row.reason, server.texts) == (State.SKIPPED, "withdrawn", [])


def test_one_of_which_no_e_mail_can_be_made_is_in_no_doubt(
    waiting: Reminded, monkeypatch: pytest.MonkeyPatch
) -> None:
    with transaction() as session:
        session.execute(update(Reminder).values(text="Nhắc:\rBcc: x@y.vn\n\nxin chào"))
    with mail_server() as server:
        row = send(waiting, server)
    assert (row.state, server.texts) == (State.FAILED, [])


def test_a_store_that_is_emptied_costs_a_bell_and_sends_nothing_twice(
    waiting: Reminded, redis: Redis
) -> None:
    house = Queue(queues.HOUSE, connection=redis)
    tick.ring_mail()
    assert house.count == 1
    tick.ring_mail()
    assert house.count == 1
    redis.flushall()
    tick.ring_mail()
    assert house.count == 1
    with mail_server() as server:
        assert send(waiting, server).state is State.SENT
        redis.flushall()
        tick.ring_mail()
        assert house.count == 0
        assert send(waiting, server).state is State.SENT
        assert len(server.texts) == 1


def test_a_mail_server_that_is_away_is_not_asked_at_every_bell(
    waiting: Reminded, redis: Redis
) -> None:
    """The worker that waits for it does none of the house's other work."""
    jobs.send_mail()
    tick.ring_mail()
    assert Queue(queues.HOUSE, connection=redis).count == 0
    assert 10 < redis.ttl("mailing") <= 30


def test_a_server_that_takes_one_text_at_a_time_gets_them_one_after_another(
    waiting: Reminded, make_person: Callable[..., User]
) -> None:
    land, owner = waiting.drive.land, waiting.stage.owner
    at("13:00")
    for _ in range(2):
        waiting.agree(make_person(Role.REPORTER, owner, land.commune), way=Way.EMAIL)
    waiting.set(remind_before=25)
    assert len(waiting.tick("14:36")) == 3
    with mail_server() as server:
        server.one_each = True
        settings = waiting.set(smtp_url=f"smtp://127.0.0.1:{server.port}")
        assert mail.send_waiting(settings, lambda: True)
        assert len(server.texts) == 3
    assert {row.state for row in waiting.outbox()} == {State.SENT}


def test_it_asks_as_much_of_each_however_many_wait(
    waiting: Reminded, make_person: Callable[..., User]
) -> None:
    def taking() -> int:
        with queries() as asked, write_connection(db.engine) as connection:
            assert mail.take(connection, "me", waiting.settings, clock.monotonic()) is not None
        return len(asked)

    few = taking()
    land, owner = waiting.drive.land, waiting.stage.owner
    at("13:00")
    for _ in range(5):
        waiting.agree(make_person(Role.REPORTER, owner, land.commune), way=Way.EMAIL)
    waiting.set(remind_before=25)
    assert len(waiting.tick("14:36")) == 6
    assert taking() <= few


@pytest.mark.parametrize("says", [{"RCPT": ""}, {"RCPT": "451 later"}, {".": "451 later"}])
def test_what_the_server_certainly_does_not_have_is_tried_again(
    waiting: Reminded, says: dict[str, str]
) -> None:
    with mail_server(**says) as server:
        assert send(waiting, server).state is State.WAITING
    assert send(waiting).state is State.WAITING, "no server at all"
    with mail_server() as server:
        assert send(waiting, server).state is State.SENT


@pytest.mark.parametrize("where", ["RCPT", "."])
def test_what_the_server_refuses_is_told_in_its_words(waiting: Reminded, where: str) -> None:
    with mail_server(**{where: "550 no such person"}) as server:
        row = send(waiting, server)
    assert (row.state, row.words) == (State.FAILED, "550 no such person")


def test_a_worker_killed_before_the_answer_leaves_a_doubt(waiting: Reminded) -> None:
    with write_connection(db.engine) as connection:
        taken = mail.take(connection, "me", waiting.settings, clock.monotonic())
    assert taken is not None
    tick.once()
    assert waiting.outbox()[0].state is State.SENDING
    with transaction() as session:
        session.execute(update(Reminder).values(taken_at=clock.EPOCH))
    tick.once()
    assert waiting.outbox()[0].state is State.IN_DOUBT
    with mail_server() as server:
        assert send(waiting, server).state is State.IN_DOUBT
        assert server.texts == []
    with write_connection(db.engine) as connection:  # it thaws, and knows
        mail.store(connection, taken.id, "another", mail.Answer(State.FAILED))
        mail.store(connection, taken.id, "me", mail.Answer(State.SENT))
    assert waiting.outbox()[0].state is State.SENT


def test_a_worker_that_was_frozen_hands_nothing_over(
    waiting: Reminded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail, "WITHIN", -1.0)
    with mail_server() as server:
        assert send(waiting, server).state is State.WAITING
        assert server.texts == []


def test_what_lost_its_point_is_not_sent(waiting: Reminded) -> None:
    reminder_agreements.withdraw(waiting.reporter)
    with mail_server() as server:
        row = send(waiting, server)
        assert server.texts == []
    assert (row.state, row.reason) == (State.SKIPPED, "withdrawn")


def test_what_nobody_sent_in_time_is_never_sent(waiting: Reminded) -> None:
    at("14:42")
    tick.once()
    row = waiting.outbox()[0]
    assert (row.state, row.reason) == (State.SKIPPED, "no_worker")


def test_a_server_elsewhere_gets_nothing_unencrypted(
    waiting: Reminded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail, "HERE", frozenset())
    with mail_server() as server:
        assert send(waiting, server).state is State.WAITING
    assert set(server.heard) <= {"EHLO", "HELO", "STARTTLS"}


def test_an_address_that_the_server_cannot_be_told_holds_nobody_up(waiting: Reminded) -> None:
    """It never left, so it is in no doubt; and whoever is behind it is reminded."""
    with transaction() as session:
        session.get_one(User, waiting.reporter.id).email = "nguyễn@example.vn"
    with mail_server() as server:
        row = send(waiting, server)
    assert (row.state, server.texts) == (State.FAILED, [])
    assert row.words
