"""Uploads: nothing is kept of a file that cannot be imported, and nothing lies readable."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import openpyxl
import pytest
from flask import Flask
from sqlalchemy import func, select

from outreach import clock
from outreach.database import db
from outreach.errors import Refused
from outreach.lists import reading, uploads
from outreach.lists.uploads import Purpose
from outreach.organisations import Organisation
from outreach.signals import work_requested
from outreach.subscribers import SubscriberList
from tests.outreach.lists.conftest import PURPOSE, Receive

GOOD = "phone,area\n0912345678,29992\n"
ROW = "0912345678,29992,"


def with_macros() -> bytes:
    content = io.BytesIO()
    book = openpyxl.Workbook()
    book.active.append(["phone", "area"])
    book.active.append(["0912345678", "29992"])
    book.save(content)
    with zipfile.ZipFile(content, "a") as archive:
        archive.writestr("xl/vbaProject.bin", b"macro")
    return content.getvalue()


BAD = {
    "empty": (b"", "file"),
    "no headings": (b"0912345678,29992\n0912345679,29992\n", "file"),
    "no rows": (b"phone,area\n", "file"),
    "no areas": (b"phone,name\n0912345678,A\n", "map"),
    "no phones": (b"area,name\n29992,A\n", "map"),
    "two columns of phones": (b"phone,sdt,area\n0912345678,1,29992\n", "map"),
    "macros": (with_macros(), "file"),
    "TCVN3": (f"phone,area,name\n{ROW}NguyÔn ThÞ Hång\n{ROW}TrÇn V¨n Hïng\n".encode("latin-1"),
              "file"),
    "no text": (bytes(range(8)) * 99, "file"),
}  # fmt: skip


def stored(app: Flask) -> list[Path]:
    folder: Path = app.config["OUTREACH"].data_dir / uploads.FOLDER
    return list(folder.iterdir()) if folder.exists() else []


def test_bad_files_are_refused_at_once_and_nothing_of_them_is_kept(
    app: Flask, receive: Receive
) -> None:
    sentences = set()
    for what, (content, field) in BAD.items():
        with pytest.raises(Refused) as refused:
            receive(content)
        assert refused.value.field == field, what
        sentences.add(refused.value.sentence)

    assert len(sentences) == len(BAD)
    assert stored(app) == []
    assert db.session.scalar(select(func.count()).select_from(SubscriberList)) == 0


class Large(io.RawIOBase):
    """A file of 200 MB that must not be read."""

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        return 200_000_000 if whence else offset


def test_a_file_of_200_megabytes_is_refused_unread(carrier: Organisation) -> None:
    with pytest.raises(Refused, match=str(reading.LARGEST >> 20)):
        uploads.receive(
            io.BufferedReader(Large()),
            "list.csv",
            carrier.id,
            PURPOSE,
            uploads.Choices(),
            actor_id=None,
        )


def test_a_list_without_purpose_source_or_a_sensible_day_is_refused(
    app: Flask, receive: Receive
) -> None:
    tomorrow = clock.local(clock.now()).date() + timedelta(days=1)
    for purpose, field in (
        (Purpose(" ", "s", PURPOSE.obtained_on), "purpose"),
        (Purpose("p", "", PURPOSE.obtained_on), "source"),
        (Purpose("p", "s" * 501, PURPOSE.obtained_on), "source"),
        (Purpose("p", "s", tomorrow), "obtained_on"),
    ):
        with pytest.raises(Refused) as refused:
            receive(GOOD, purpose=purpose)
        assert refused.value.field == field
    assert stored(app) == []


@pytest.fixture
def rings() -> Iterator[list[dict[str, object]]]:
    """What rang for a worker."""
    heard: list[dict[str, object]] = []

    def hear(_sender: object, **what: object) -> None:
        heard.append(what)

    with work_requested.connected_to(hear):
        yield heard


def test_a_received_list_is_sealed_on_the_disk_and_rings_for_a_worker(
    app: Flask, receive: Receive, rings: list[dict[str, object]]
) -> None:
    upload = receive(GOOD, filename="/home/x/danh sách.csv")

    assert rings == [{"kind": "import", "list_id": upload.id}]
    assert upload.filename == "danh sách.csv"
    (file,) = stored(app)
    assert file.stat().st_mode & 0o777 == 0o600
    assert b"912345678" not in file.read_bytes()
    with uploads.opened(upload) as path:
        assert path.read_bytes() == GOOD.encode()
        assert path.is_symlink()  # into memory
    assert not path.exists()


def test_a_list_without_rejects_has_none_to_export(receive: Receive, tmp_path: Path) -> None:
    with pytest.raises(Refused):
        uploads.export_rejects(receive(GOOD), tmp_path / "out.csv", actor_id=None)
    assert not (tmp_path / "out.csv").exists()
