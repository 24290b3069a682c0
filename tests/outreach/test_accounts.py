"""People and their roles."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from outreach import accounts, closing
from outreach.accounts import Role, User
from outreach.errors import Refused
from outreach.organisations import Organisation
from outreach.settings import Settings
from tests.people import PASSWORD, Land


def test_an_address_is_one_person_whatever_its_case(app: Flask, vnpt: Organisation) -> None:
    accounts.add(" Lan@VNPT.vn ", Role.LIAISON, vnpt, actor_id=None)
    assert accounts.by_email("lan@vnpt.VN").email == "lan@vnpt.vn"
    with pytest.raises(Refused, match="already logs in") as refused:
        accounts.add("LAN@vnpt.vn", Role.LIAISON, vnpt, actor_id=None)
    assert refused.value.field == "email"


@pytest.mark.parametrize(
    "email", ["", "lan", "lan@vnpt", "a b@c.vn", "lan@vnpt.vn@x.vn", "x" * 300]
)
def test_what_is_no_address_is_refused(app: Flask, vnpt: Organisation, email: str) -> None:
    with pytest.raises(Refused, match="not an e-mail address"):
        accounts.add(email, Role.LIAISON, vnpt, actor_id=None)


def test_a_password_is_kept_as_argon2id_only(app: Flask, vnpt: Organisation) -> None:
    person = accounts.add("lan@vnpt.vn", Role.LIAISON, vnpt, password=PASSWORD, actor_id=None)
    assert person.password is not None
    assert person.password.startswith("$argon2id$")
    assert person.verify_and_update_password(PASSWORD)
    assert not person.verify_and_update_password(PASSWORD + "x")


def test_a_password_is_the_same_on_every_keyboard(app: Flask, vnpt: Organisation) -> None:
    composed, decomposed = "mật khẩu dài", "mật khẩu dài"
    person = accounts.add("lan@vnpt.vn", Role.LIAISON, vnpt, password=composed, actor_id=None)
    assert person.verify_and_update_password(decomposed)


@pytest.mark.parametrize("password", ["", "1234567", "x" * 257])
def test_a_password_has_8_to_256_characters(app: Flask, vnpt: Organisation, password: str) -> None:
    with pytest.raises(Refused) as refused:
        accounts.add("lan@vnpt.vn", Role.LIAISON, vnpt, password=password, actor_id=None)
    assert refused.value.field == "password"
    assert accounts.every() == []


def test_a_liaison_is_at_home_with_a_carrier_only(app: Flask, culture_office: Organisation) -> None:
    with pytest.raises(Refused, match="carrier") as refused:
        accounts.add("lan@vnpt.vn", Role.LIAISON, culture_office, actor_id=None)
    assert refused.value.field == "organisation"


def test_a_carrier_has_no_culture_officer(app: Flask, vnpt: Organisation) -> None:
    with pytest.raises(Refused, match="culture"):
        accounts.add("lan@vnpt.vn", Role.CULTURE, vnpt, actor_id=None)


def test_only_an_administrator_has_no_organisation(app: Flask) -> None:
    assert accounts.add("admin@x.vn", Role.ADMIN, None, actor_id=None).organisation_id is None
    with pytest.raises(Refused, match="which organisation"):
        accounts.add("lan@vnpt.vn", Role.LIAISON, None, actor_id=None)


def test_a_reporter_needs_a_commune(app: Flask, culture_office: Organisation, land: Land) -> None:
    with pytest.raises(Refused, match="commune"):
        accounts.add("xa@x.vn", Role.REPORTER, culture_office, actor_id=None)
    person = accounts.add("xa@x.vn", Role.REPORTER, culture_office, land.commune, actor_id=None)
    assert person.own_area_id == land.commune


def test_a_person_answers_for_the_area_of_their_office(culture: User, land: Land) -> None:
    assert culture.own_area_id == land.district


def test_the_system_user_is_one_and_cannot_log_in(app: Flask) -> None:
    assert accounts.system().id == accounts.system().id
    assert not accounts.system().active
    assert accounts.system().password is None
    assert accounts.every() == []
    with pytest.raises(Refused, match="not a person"):
        accounts.add("x@x.vn", Role.SYSTEM, None, actor_id=None)


def test_nobody_acts_as_the_system_or_with_a_closed_account(app: Flask, liaison: User) -> None:
    accounts.system()
    with pytest.raises(Refused, match="Nobody"):
        accounts.by_email(accounts.SYSTEM_EMAIL)
    closing.close(liaison, actor_id=None)
    with pytest.raises(Refused, match="closed"):
        accounts.by_email(liaison.email)


def test_the_first_administrator_comes_from_the_settings_once(
    app: Flask, settings: Settings, tmp_path: Path
) -> None:
    file = tmp_path / "password"
    file.write_text(PASSWORD + "\n")
    named = settings.model_copy(update={"admin_email": "A@x.vn", "admin_password_file": file})
    made = accounts.ensure_admin(named)
    assert made is not None
    assert (made.email, made.role) == ("a@x.vn", Role.ADMIN)
    assert made.verify_and_update_password(PASSWORD)
    assert accounts.ensure_admin(named) is None


def test_without_the_setting_no_administrator_is_made(app: Flask, settings: Settings) -> None:
    assert accounts.ensure_admin(settings) is None
    assert accounts.every() == []


def test_a_missing_password_file_is_said(app: Flask, settings: Settings, tmp_path: Path) -> None:
    update = {"admin_email": "a@x.vn", "admin_password_file": tmp_path / "none"}
    with pytest.raises(Refused, match="cannot be read"):
        accounts.ensure_admin(settings.model_copy(update=update))
