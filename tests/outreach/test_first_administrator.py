"""Somebody can always get in for the first time, without a prompt and without a mail server."""

from __future__ import annotations

from flask import Flask

from outreach import accounts, first_administrator, invitations
from outreach.accounts import Role


def test_without_settings_a_link_for_a_named_administrator_is_made(app: Flask) -> None:
    email, link = first_administrator.invitation_link(app.config["OUTREACH"])
    assert email == "admin@tungngo.local"
    user = invitations.find(link.rsplit("/", 1)[1]).user
    assert (user.email, user.role) == (email, Role.ADMIN)


def test_a_second_start_gives_a_new_link_and_no_second_administrator(app: Flask) -> None:
    first_administrator.invitation_link(app.config["OUTREACH"])
    email, link = first_administrator.invitation_link(app.config["OUTREACH"])
    assert [user.email for user in accounts.every() if user.role is Role.ADMIN] == [email]
    invitations.accept(link.rsplit("/", 1)[1], "Quản trị", "a long enough password")
    assert first_administrator.invitation_link(app.config["OUTREACH"]) is None


def test_the_settings_name_the_administrator_and_the_password(app: Flask, tmp_path) -> None:
    file = tmp_path / "password"
    file.write_text("a long enough password\n")
    settings = app.config["OUTREACH"].model_copy(
        update={"admin_email": "quantri@example.vn", "admin_password_file": file}
    )
    assert first_administrator.invitation_link(settings) is None
    assert accounts.by_email("quantri@example.vn").password


def test_an_administrator_of_the_settings_without_a_password_gets_a_link(app: Flask) -> None:
    settings = app.config["OUTREACH"].model_copy(update={"admin_email": "quantri@example.vn"})
    email, _ = first_administrator.invitation_link(settings)
    assert email == "quantri@example.vn"
