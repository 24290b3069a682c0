"""Log-in, sessions, CSRF, limits and headers, as a browser meets them."""

from __future__ import annotations

import re
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app import create_app
from outreach import accounts, closing, passwords
from outreach.accounts import Role, User
from outreach.audit import AuditRow
from outreach.database import db
from outreach.organisations import Organisation
from outreach.settings import Settings
from tests.people import PASSWORD, Browser

EMAIL = "lan@vnpt.vn"


@pytest.fixture
def lan(app: Flask, vnpt: Organisation) -> User:
    return accounts.add(EMAIL, Role.LIAISON, vnpt, password=PASSWORD, name="Lan", actor_id=None)


@pytest.fixture
def guarded(app: Flask) -> Iterator[Flask]:
    """The application with CSRF protection on, as it runs."""
    app.config["WTF_CSRF_ENABLED"] = True
    yield app
    app.config["WTF_CSRF_ENABLED"] = False


def log_in(client: FlaskClient, password: str = PASSWORD, email: str = EMAIL, to: str = ""):
    return client.post("/login" + to, data={"email": email, "password": password})


def token_in(page: str) -> str:
    found = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', page)
    assert found
    return found[1]


def test_a_person_logs_in_and_out(client: FlaskClient, lan: User) -> None:
    assert client.get("/").headers["Location"] == "/login"
    answer = log_in(client)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    assert client.get("/", follow_redirects=True).status_code == 200
    client.post("/logout")
    assert client.get("/").headers["Location"] == "/login"


def test_a_login_is_noted_with_the_language_spoken(client: FlaskClient, lan: User) -> None:
    client.get("/login?lang=en")
    log_in(client)
    db.session.rollback()
    row = db.session.scalars(select(AuditRow).where(AuditRow.act == "user.login")).one()
    assert (row.actor_id, row.object_id, lan.language) == (lan.id, lan.id, "en")


def test_an_address_is_accepted_in_any_case(client: FlaskClient, lan: User) -> None:
    assert log_in(client, email="LAN@VNPT.vn").status_code == 302


def test_nobody_learns_whether_an_address_has_an_account(client: FlaskClient, lan: User) -> None:
    wrong, unknown = log_in(client, "wrong"), log_in(client, email="nobody@vnpt.vn")
    assert wrong.status_code == unknown.status_code == 200
    assert wrong.text.replace(EMAIL, "") == unknown.text.replace("nobody@vnpt.vn", "")


def test_without_a_password_nobody_logs_in(client: FlaskClient, liaison: User, app: Flask) -> None:
    for password in ("", "None"):
        log_in(client, password, liaison.email)
    log_in(client, "x", accounts.system().email)
    assert client.get("/").headers["Location"] == "/login"


def test_a_closed_account_is_out_at_once(client: FlaskClient, lan: User) -> None:
    log_in(client)
    closing.close(lan, actor_id=None)
    assert client.get("/").headers["Location"] == "/login"
    assert log_in(client).status_code == 200
    assert client.get("/").headers["Location"] == "/login"


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example", "//evil.example", r"/\evil.example", "///evil.example"]
)
def test_a_login_leads_to_no_other_site(client: FlaskClient, lan: User, elsewhere: str) -> None:
    answer = log_in(client, to=f"?next={elsewhere}")
    assert re.fullmatch(r"(/([^/\\].*)?)?", answer.headers.get("Location", ""))


def test_a_login_leads_back_to_the_page_that_was_wanted(client: FlaskClient, lan: User) -> None:
    assert log_in(client, to="?next=/healthz").headers["Location"] == "/healthz"


def test_after_ten_wrong_passwords_a_person_waits(
    client: FlaskClient, lan: User, redis: object
) -> None:
    codes = [log_in(client, "wrong").status_code for _ in range(11)]
    assert codes == [200] * 10 + [429]
    told = log_in(client)
    assert told.status_code == 429
    assert "10 per" not in told.text
    assert log_in(client, email="other@vnpt.vn").status_code == 200


def test_tries_are_counted_in_redis_for_all_web_processes(
    client: FlaskClient, lan: User, redis: object
) -> None:
    log_in(client)
    assert any(b"login" in key for key in redis.scan_iter())  # type: ignore[attr-defined]


def test_login_works_while_redis_is_away_and_still_counts(
    settings: Settings, lan: User, tmp_path: Path
) -> None:
    away = create_app(settings.model_copy(update={"redis_url": f"unix://{tmp_path}/none.sock"}))
    away.config["WTF_CSRF_ENABLED"] = False
    away.test_client_class = Browser
    client = away.test_client()
    assert log_in(client).status_code == 302
    client.post("/logout")
    codes = [log_in(client, "wrong").status_code for _ in range(10)]
    assert codes == [200] * 9 + [429]


def test_the_database_is_free_while_a_password_is_hashed(
    client: FlaskClient, lan: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    writing = []

    def watched(password: str, stored: str) -> bool:
        writing.append(db.session().info.get("writing", False))
        return matches(password, stored)

    matches = passwords.matches
    monkeypatch.setattr(passwords, "matches", watched)
    assert log_in(client).status_code == 302
    assert writing == [False]


def test_the_session_cookie_is_for_this_site_and_no_script(client: FlaskClient, lan: User) -> None:
    cookie = log_in(client).headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie
    assert "Expires=" in cookie


def test_under_https_the_cookie_travels_over_https_only(settings: Settings) -> None:
    public = create_app(settings.model_copy(update={"public_url": "https://tungngo.vn"}))
    assert public.config["SESSION_COOKIE_SECURE"]
    assert public.config["REMEMBER_COOKIE_SECURE"]


def test_the_session_key_outlives_a_restart(app: Flask, settings: Settings) -> None:
    key = settings.data_dir / "session.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert create_app(settings).config["SECRET_KEY"] == app.config["SECRET_KEY"]


@pytest.mark.parametrize("address", ["/login", "/", "/healthz", "/no-such-page"])
def test_every_answer_carries_the_security_headers(client: FlaskClient, address: str) -> None:
    headers = client.get(address).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "no-store" in headers["Cache-Control"]


def test_styles_may_be_cached(client: FlaskClient) -> None:
    answer = client.get("/static/vendor/htmx-2.0.11/htmx.min.js")
    assert "no-store" not in answer.headers["Cache-Control"]


def test_a_form_without_its_token_is_refused(
    guarded: Flask, client_as: Callable[[User], FlaskClient], lan: User
) -> None:
    client = client_as(lan)
    refused = client.post("/logout")
    assert refused.status_code == 400
    assert "CSRF" not in refused.text
    page = client.get("/", follow_redirects=True).text
    assert "Lan" in page
    assert client.post("/logout", data={"csrf_token": token_in(page)}).status_code == 302


def test_not_even_a_login_goes_without_its_token(
    guarded: Flask, client: FlaskClient, lan: User
) -> None:
    assert log_in(client).status_code == 400
    data = {"email": EMAIL, "password": PASSWORD, "csrf_token": token_in(client.get("/login").text)}
    assert client.post("/login", data=data).status_code == 302


def test_there_is_no_registration_and_no_password_mail(app: Flask) -> None:
    ours = {rule.endpoint for rule in app.url_map.iter_rules() if "security" in rule.endpoint}
    assert ours == {"security.login", "security.logout"}


def test_no_sentence_of_the_log_in_library_is_shown(client: FlaskClient, lan: User) -> None:
    client.get("/login?lang=en")
    for password in ("wrong", ""):
        assert "The email address or the password is wrong." in log_in(client, password).text


def test_an_empty_log_in_is_told_once(client: FlaskClient, lan: User) -> None:
    client.get("/login?lang=en")
    assert log_in(client, "", email="").text.count("address or the password is wrong") == 1
