"""The letter a target comes from, as its file: whoever reads the target reads what was asked.

A file is added and never overwritten; the last one is the one that is shown.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import ForeignKey, LargeBinary, String, func, select
from sqlalchemy.orm import Mapped, mapped_column

from outreach import clock
from outreach.database import BigId, Model, Moment, db, one_of
from outreach.errors import Refused
from outreach.i18n import _

FILENAME_LENGTH: Final = 200
LARGEST: Final = 10 * 1024 * 1024
"""Bytes of a file: a letter of some pages, scanned or photographed."""
FIELD: Final = "file"

TYPES: Final = {
    b"%PDF-": (".pdf", "application/pdf"),
    b"\xff\xd8\xff": (".jpg", "image/jpeg"),
    b"\x89PNG\r\n\x1a\n": (".png", "image/png"),
}
"""What a file begins with → how its name ends, and its type: whatever its name says."""


class TargetLetter(Model):
    """A file of the letter that set a target."""

    __tablename__ = "target_letters"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    target_id: Mapped[int] = mapped_column(BigId, ForeignKey("targets.id"), index=True)
    filename: Mapped[str] = mapped_column(String(FILENAME_LENGTH))
    content: Mapped[bytes] = mapped_column(LargeBinary)
    digest: Mapped[str] = mapped_column(String(64))
    uploaded_at: Mapped[datetime] = mapped_column(Moment, default=clock.now)
    uploaded_by_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("users.id"))

    @property
    def type(self) -> str:
        """Its media type."""
        return _kind(self.content)[1]


@dataclass(frozen=True, slots=True)
class Letter:
    """A file somebody chose, looked at."""

    filename: str
    content: bytes

    @property
    def digest(self) -> str:
        """Its SHA-256."""
        return hashlib.sha256(self.content).hexdigest()


def checked(filename: str, content: bytes) -> Letter:
    """A letter's file under a name that fits what it is. Raises Refused for one that is empty, too
    large, or neither a PDF nor a picture."""
    if len(content) > LARGEST:
        raise Refused(_("A letter's file has at most %(most)s MB.", most=LARGEST >> 20), FIELD)
    ending, _type = _kind(content)
    return Letter(f"{Path(filename).stem[: FILENAME_LENGTH - len(ending)]}{ending}", content)


def _kind(content: bytes) -> tuple[str, str]:
    for begin, kind in TYPES.items():
        if content.startswith(begin):
            return kind
    raise Refused(_("A letter's file is a PDF, or a picture of it (JPEG or PNG)."), FIELD)


def keep(target_id: int, letter: Letter, actor_id: int | None) -> bool:
    """Add the file to a target, in the caller's transaction; False where it is the last already."""
    last = of_target(target_id)
    if last is not None and last.digest == letter.digest:
        return False
    db.session.add(
        TargetLetter(
            target_id=target_id,
            filename=letter.filename,
            content=letter.content,
            digest=letter.digest,
            uploaded_by_id=actor_id,
        )
    )
    return True


def of_target(target_id: int) -> TargetLetter | None:
    """The file that is shown with a target."""
    files = select(TargetLetter).where(TargetLetter.target_id == target_id)
    return db.session.scalar(files.order_by(TargetLetter.id.desc()).limit(1))


def names(target_ids: Collection[int]) -> dict[int, str]:
    """The names of the files shown with these targets; of a target without one none."""
    last = (
        select(func.max(TargetLetter.id))
        .where(one_of(TargetLetter.target_id, target_ids))
        .group_by(TargetLetter.target_id)
    )
    rows = select(TargetLetter.target_id, TargetLetter.filename).where(TargetLetter.id.in_(last))
    return {row.target_id: row.filename for row in db.session.execute(rows)}
