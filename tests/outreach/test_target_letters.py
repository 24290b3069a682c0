"""The file of a target's letter: what is taken, and what becomes of an older one."""

from __future__ import annotations

from datetime import date

import pytest

from outreach import apps, areas, target_letters, targets
from outreach.database import transaction
from outreach.errors import Refused
from outreach.target_letters import Letter
from tests.drive import Drive

PDF = b"%PDF-1.7 so 12/UBND"


def test_a_letter_is_a_pdf_or_a_picture_whatever_its_name_says() -> None:
    assert target_letters.checked("Công văn 12.PDF", PDF).filename == "Công văn 12.pdf"
    assert target_letters.checked("IMG_1.heic", b"\xff\xd8\xff\xe0").filename == "IMG_1.jpg"
    assert target_letters.checked("x" * 300, PDF).filename == "x" * 196 + ".pdf"
    for content in (b"", b"<html>", b"PK\x03\x04", b"\x89PNG"):
        with pytest.raises(Refused) as refused:
            target_letters.checked("cv.pdf", content)
        assert refused.value.field == "file"
    with pytest.raises(Refused, match="10 MB"):
        target_letters.checked("cv.pdf", PDF + bytes(target_letters.LARGEST))


def test_the_last_file_is_shown_and_the_same_is_kept_once(drive: Drive) -> None:
    area, app = areas.by_code("870"), apps.by_code("BLUEZONE")
    day = date(2020, 8, 31)
    target = targets.add(area, app, 60_00, day, group="population", letter="", actor_id=None)
    assert target_letters.of_target(target.id) is None
    for letter, new in (
        (Letter("a.pdf", PDF), True),
        (Letter("b.pdf", PDF), False),
        (Letter("c.pdf", PDF + b"2"), True),
    ):
        with transaction():
            assert target_letters.keep(target.id, letter, None) is new
    shown = target_letters.of_target(target.id)
    assert shown is not None
    assert (shown.filename, shown.type) == ("c.pdf", "application/pdf")
    assert target_letters.names([target.id]) == {target.id: "c.pdf"}
    assert target_letters.names([]) == {}
