"""A day to report: Hồng Ngự as its letter counts it, 6,090 of 120,514 on 20 August 2020."""

from __future__ import annotations

import io
import zipfile
from datetime import date
from xml.etree import ElementTree

import pytest
from sqlalchemy import select

from outreach import apps, targets
from outreach.areas import Area
from outreach.database import db, transaction
from tests.drive import TODAY, Drive, at

WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
__all__ = ["TODAY", "counted"]


def area_of(code: str) -> Area:
    return db.session.scalars(select(Area).where(Area.code == code)).one()


@pytest.fixture
def counted(drive: Drive) -> Drive:
    """Both communes have reported on the 19th and the 20th, one of them late; it is 16:20."""
    with transaction() as session:
        district = session.scalars(select(Area).where(Area.code == "870")).one()
        district.population = 120_514
    targets.add(
        area_of("870"),
        apps.by_id(drive.app_id),
        10_00,
        date(2020, 8, 31),
        group="population",
        letter="919/UBND-VX",
        actor_id=None,
    )
    drive.report(3700, "19/8 14:00")
    drive.report(2000, "19/8 14:00", drive.land.other_commune)
    drive.report(3990, "20/8 14:50", reason="rà soát", asked="3990")
    drive.report(2100, "20/8 15:10", drive.land.other_commune, reason="rà soát", asked="2100")
    at("20/8 16:20")
    db.session.rollback()
    return drive


def words(docx: bytes) -> list[str]:
    """The paragraphs of a Word file that say something."""
    with zipfile.ZipFile(io.BytesIO(docx)) as archive:
        tree = ElementTree.fromstring(archive.read("word/document.xml"))
    paragraphs = ("".join(t.text or "" for t in p.iter(f"{WORD}t")) for p in tree.iter(f"{WORD}p"))
    return [said for each in paragraphs if (said := each.strip())]
