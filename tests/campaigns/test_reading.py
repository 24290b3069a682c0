"""The text of any commune, as it is stored and will be sent."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from campaigns import approvals, life, reading, segments
from campaigns.campaigns import Campaign
from campaigns.reading import Reading
from outreach.database import transaction
from outreach.organisations import Organisation
from tests.counting import queries
from tests.stage import Stage, numbers_of


@pytest.fixture
def submitted(stage: Stage, vnpt: Organisation) -> Campaign:
    stage.subscribe(vnpt, numbers_of("vinaphone", 3))
    stage.subscribe(vnpt, numbers_of("vinaphone", 3, 10), stage.land.other_commune)
    wording = {"vi": "Kính gửi bà con {xa}: cài {link}" + " nhé" * 40, "en": "{xa}: {link}"}
    campaign = stage.draft([stage.route(vnpt, 9).id], wording=wording)
    approvals.submit(campaign, stage.author, stage.settings)
    return life.get(campaign.id)


def read(campaign: Campaign, at: str = "", variant: str = "vi") -> Reading:
    shown = reading.of(life.get(campaign.id), at, variant)
    assert shown is not None
    return shown


def said(shown: Reading) -> str:
    return "".join(piece.text for part in shown.parts for piece in part)


def test_the_longest_comes_first_and_both_ends_are_named(submitted: Campaign) -> None:
    shown = read(submitted)
    assert shown.commune == shown.longest
    assert (shown.longest.name, shown.shortest.name) == ("Xã Long Khánh A", "Xã Long Thuận")
    assert shown.longest.units == shown.shortest.units + 2
    assert said(shown).startswith("Kinh gui ba con xa Long Khanh A: cai https://")


@pytest.mark.parametrize("at", ["29983", " 29983 ", "Xã Long Thuận", "xa long thuan", "thuận"])
def test_any_commune_is_found_by_its_code_or_its_name(submitted: Campaign, at: str) -> None:
    shown = read(submitted, at)
    assert (shown.commune.name, shown.unknown) == ("Xã Long Thuận", "")
    assert "xa Long Thuan" in said(shown)


def test_what_is_not_there_is_said_and_the_longest_shown(submitted: Campaign) -> None:
    shown = read(submitted, "Cà Mau")
    assert (shown.commune, shown.unknown) == (shown.longest, "Cà Mau")


def test_segments_end_where_the_carrier_cuts_and_what_was_filled_in_is_marked(
    submitted: Campaign,
) -> None:
    shown = read(submitted)
    lengths = [sum(len(piece.text) for piece in part) for part in shown.parts]
    assert (len(lengths), lengths[0]) == (2, segments.JOINED[segments.GSM_7])
    filled = [piece.text for part in shown.parts for piece in part if piece.filled]
    assert filled == ["xa Long Khanh A", "https://bluezone.gov.vn/taiapp"]
    assert shown.with_marks is not None
    assert shown.with_marks.startswith("Kính gửi bà con xã Long Khánh A")


def test_each_wording_is_read_by_itself(submitted: Campaign) -> None:
    shown = read(submitted, variant="en")
    assert shown.variants == ["en", "vi"]
    assert said(shown).startswith("xa Long Khanh A: https")
    assert read(submitted, variant="no such").variant == "en"


def test_the_stored_text_is_shown_whatever_its_template_would_say_today(
    submitted: Campaign,
) -> None:
    with transaction() as session:
        session.execute(text("UPDATE rendered_texts SET text = 'Khác hẳn' WHERE variant = 'vi'"))
        session.execute(text("UPDATE apps SET link = ''"))
    shown = read(submitted)
    assert said(shown) == "Khác hẳn"


def test_too_many_communes_are_not_listed_to_choose_from(
    submitted: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert [name for _code, name in read(submitted).choices] == [
        "Xã Long Khánh A",
        "Xã Long Thuận",
    ]
    monkeypatch.setattr(reading, "MOST_CHOICES", 1)
    shown = read(submitted)
    assert (shown.choices, shown.communes) == ([], 2)
    assert (shown.longest.name, shown.shortest.name) == ("Xã Long Khánh A", "Xã Long Thuận")
    assert read(submitted, "thuận").commune.name == "Xã Long Thuận"
    submitted = life.get(submitted.id)
    with queries() as by_name:
        assert read(submitted, "khánh").commune.name == "Xã Long Khánh A"
    with queries() as unasked:
        read(submitted)
    assert len(by_name) == len(unasked), "names are looked through where they are kept"


def test_a_draft_has_no_text_yet(stage: Stage, submitted: Campaign) -> None:
    assert reading.of(stage.draft(submitted.route_ids)) is None
