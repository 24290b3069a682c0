"""Both writings of a draft, and the trap: some communes need a segment more than others."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from campaigns import approvals, composing, preparing, segments, texts
from campaigns.texts import Writing
from outreach import apps, clock, targets, uptake
from outreach.areas import Area
from outreach.database import find, transaction
from outreach.errors import Refused
from outreach.organisations import Organisation
from tests.stage import Stage, numbers_of


def written(stage: Stage, text: str, *, strip: bool = True, at: int = 0, **more: Any) -> Writing:
    fields = stage.fields([], wording={"vi": text}, strip_marks=True, **more)
    campaign, _refused = composing.examine(composing.from_object(fields), stage.settings)
    names = {
        stage.land.commune: "Xã Long Khánh A",
        stage.land.other_commune: "Xã Long Thuận",
    }
    places = texts.of_places(campaign, preparing.locally(campaign, names))[strip]
    area_id = at or stage.land.commune
    return texts.writing(campaign, places, "vi", area_id, names, strip)


def said(writing: Writing) -> str:
    return "".join(piece.text for part in writing.parts for piece in part)


def test_what_was_filled_in_is_marked(stage: Stage) -> None:
    writing = written(stage, "Gửi {xa}: cài {ung_dung}", strip=False)
    filled = [piece.text for part in writing.parts for piece in part if piece.filled]
    assert filled == ["xã Long Khánh A", "Bluezone"]
    assert said(writing) == "Gửi xã Long Khánh A: cài Bluezone"


def test_parts_end_where_segments_end(stage: Stage) -> None:
    writing = written(stage, "Gửi {xa}: " + "a" * 200 + " {link}")
    lengths = [sum(len(piece.text) for piece in part) for part in writing.parts]
    assert lengths[0] == segments.JOINED[segments.GSM_7]
    assert len(lengths) == writing.count.segments == 2
    assert writing.room == 2 * 153 - writing.count.units


def test_only_the_one_to_be_sent_is_chosen(stage: Stage) -> None:
    assert written(stage, "Gửi {xa}", strip=True).chosen
    assert not written(stage, "Gửi {xa}", strip=False).chosen


def test_communes_that_need_a_segment_more_are_counted_with_what_to_cut(stage: Stage) -> None:
    # “xa Long Thuan” has 13 characters and just fits; “xa Long Khanh A” has two more.
    text = "{xa}" + "a" * (160 - 13)
    fit = written(stage, text, at=stage.land.other_commune).fit
    assert (fit.communes, fit.least, fit.most, fit.over) == (2, 1, 2, 1)
    assert (fit.longest, fit.longest_units, fit.cut) == ("Xã Long Khánh A", 162, 2)
    assert written(stage, text[: -fit.cut]).fit.over == 0


def test_where_all_take_the_same_it_says_what_to_cut_for_one_less(stage: Stage) -> None:
    text = "{xa}" + "a" * 160
    fit = written(stage, text).fit
    assert (fit.over, fit.cut, fit.least) == (0, 0, 2)
    assert fit.cut_to_fewer == 15
    assert written(stage, text[: -fit.cut_to_fewer]).fit.most == 1
    assert written(stage, "{xa}").fit.cut_to_fewer == 0


def test_characters_that_force_ucs_2_are_named(stage: Stage) -> None:
    assert written(stage, "Gửi {xa}", strip=False).count.forcing == ["ử", "ã", "á"]
    assert written(stage, "Gửi {xa} 🙂").count.forcing == ["🙂"]


def test_marks_typed_apart_from_their_letters_are_shown_as_they_are_sent(stage: Stage) -> None:
    writing = written(stage, "Gu\u031b\u0309i {xa}\u0323", strip=False)
    assert "Gửi" in said(writing)
    assert said(writing).endswith("Ạ")


def test_an_empty_placeholder_is_refused(stage: Stage) -> None:
    with pytest.raises(Refused, match="is empty") as refused:
        written(stage, "{ung_dung}", apps=[])
    assert refused.value.field == texts.UNWRITTEN


def _aim(stage: Stage, area_id: int, days: int) -> date:
    area = find(Area, area_id)
    assert area is not None
    day = uptake.today() + timedelta(days=days)
    app = apps.by_code("BLUEZONE")
    targets.add(area, app, 2000, day, group="population", letter="", actor_id=None)
    return day


def test_the_phone_is_the_offices_and_the_deadline_the_areas(stage: Stage) -> None:
    with transaction():
        stage.owner.phone = "0277 3837 123"
    here = _aim(stage, stage.land.district, 20)
    there = _aim(stage, stage.land.other_commune, 30)
    text = "Gọi {dien_thoai} trước {han}"
    for area_id, day in ((stage.land.commune, here), (stage.land.other_commune, there)):
        writing = written(stage, text, strip=False, at=area_id)
        filled = [piece.text for part in writing.parts for piece in part if piece.filled]
        assert filled == ["0277 3837 123", f"{day.day}/{day.month}/{day.year}"]


def test_a_commune_without_a_deadline_is_refused_by_name_here_and_at_the_submission(
    stage: Stage, vnpt: Organisation
) -> None:
    _aim(stage, stage.land.commune, 20)
    stage.subscribe(vnpt, numbers_of("vinaphone", 2))
    stage.subscribe(vnpt, numbers_of("vinaphone", 2, offset=9), stage.land.other_commune)
    with pytest.raises(Refused, match=r"\{han\}.*xã Long Thuận"):
        written(stage, "Hạn {han}")
    route = stage.route(vnpt, 9, networks=["vinaphone"])
    draft = stage.draft([route.id], wording={"vi": "Hạn {han}"})
    with pytest.raises(Refused, match="Long Thuận") as refused:
        approvals.submit(draft, stage.author, stage.settings)
    assert refused.value.field == "wording"
    with pytest.raises(Refused, match=r"\{dien_thoai\}"):
        written(stage, "Gọi {dien_thoai}")


def test_a_deadline_before_the_window_is_none(stage: Stage) -> None:
    _aim(stage, stage.land.district, 2)
    after = clock.iso(clock.now() + timedelta(days=3))
    assert said(written(stage, "Hạn {han}", strip=False)).startswith("Hạn ")
    with pytest.raises(Refused):
        written(stage, "Hạn {han}", not_before=after)
