"""Boundaries of areas as offices upload them, for maps that shade areas.

Nothing is overwritten: of the uploads in force the newest that holds an area counts for it, and
one that is withdrawn stays to be read.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import astuple
from datetime import datetime
from itertools import accumulate
from typing import Final, NamedTuple

from sqlalchemy import ForeignKey, String, Text, insert, select, text, update
from sqlalchemy.orm import Mapped, mapped_column, relationship

from outreach import areas, audit, boundary_files, clock, outlines
from outreach.accounts import User
from outreach.area_names import Level
from outreach.areas import Area, Commune
from outreach.boundary_files import Reject
from outreach.database import BigId, Model, Moment, as_rows, db, find, rowset, transaction, words
from outreach.errors import Refused
from outreach.i18n import _
from outreach.maps import Ring
from outreach.text import writable

SOURCE_LENGTH: Final = 200
FILENAME_LENGTH: Final = 120
METRES: Final = {Level.COMMUNE: 30.0, Level.DISTRICT: 100.0, Level.PROVINCE: 300.0}
"""How far a simplified border may stray: less than a pixel of a map of the level above."""
KEPT_REJECTS: Final = 200


class BoundaryUpload(Model):
    """One file of boundaries: whose areas (`area_id` None: of a whole list), from where, by whom;
    how many features it had, and which were not taken."""

    __tablename__ = "boundary_uploads"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    area_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("areas.id"))
    area_list: Mapped[int]
    level: Mapped[Level] = mapped_column(words(Level))
    filename: Mapped[str] = mapped_column(String(FILENAME_LENGTH))
    source: Mapped[str] = mapped_column(String(SOURCE_LENGTH))
    features: Mapped[int]
    taken: Mapped[int]
    rejected: Mapped[str] = mapped_column(Text)
    uploaded_at: Mapped[datetime] = mapped_column(Moment)
    uploaded_by_id: Mapped[int] = mapped_column(BigId, ForeignKey("users.id"))
    withdrawn_at: Mapped[datetime | None] = mapped_column(Moment)
    withdrawn_by_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("users.id"))
    area: Mapped[Area | None] = relationship(lazy="joined")
    uploaded_by: Mapped[User] = relationship(
        lazy="joined", innerjoin=True, foreign_keys=[uploaded_by_id]
    )
    withdrawn_by: Mapped[User | None] = relationship(lazy="joined", foreign_keys=[withdrawn_by_id])

    @property
    def rejects(self) -> list[Reject]:
        """The first `KEPT_REJECTS` features that were not taken."""
        return [Reject(*each) for each in json.loads(self.rejected)]


class Outline(Model):
    """An area's rings in one upload, the largest first: each as its first point and then the steps
    from one to the next, on the grid of `outlines`."""

    __tablename__ = "outlines"

    area_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("areas.id", ondelete="CASCADE"), primary_key=True
    )
    upload_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("boundary_uploads.id"), primary_key=True
    )
    rings: Mapped[str] = mapped_column(Text)


def take(
    content: bytes, filename: str, level: str, source: str, within: Area | None, actor_id: int
) -> BoundaryUpload:
    """Store the boundaries of a file, of areas in `within`. Raises Refused, with the field
    (`file`, `level`, `source`), where nothing of it can be taken."""
    if level not in METRES:
        raise Refused(_("Say of which level the areas of the file are."), "level")
    source = " ".join(source.split())
    if not source or len(source) > SOURCE_LENGTH or not writable(source):
        raise Refused(
            _(
                "Say where the boundaries are from, in at most %(most)s letters.",
                most=SOURCE_LENGTH,
            ),
            "source",
        )
    of_level = Level(level)
    area_list = areas.list_in_use(None if within is None else within.id)
    read = boundary_files.read(content, of_level, area_list, within)
    shapes = outlines.simplified(list(read.found.values()), METRES[of_level])
    made = BoundaryUpload(
        area_id=None if within is None else within.id,
        area_list=area_list,
        level=of_level,
        filename=filename.replace("\0", "")[-FILENAME_LENGTH:],
        source=source,
        features=read.features,
        taken=len(read.found),
        rejected=_written(read.rejects),
        uploaded_at=clock.now(),
        uploaded_by_id=actor_id,
    )
    with transaction() as session:
        session.add(made)
        session.flush()
        rows = [
            {"area_id": area_id, "upload_id": made.id, "rings": _stored(rings)}
            for area_id, rings in zip(read.found, shapes, strict=True)
        ]
        session.execute(insert(Outline), rows)
        detail = {"level": level, "taken": made.taken, "of": made.features, "source": source}
        audit.record("boundary.upload", "boundary", made.id, detail, actor_id)
    return made


def _written(rejects: Sequence[Reject]) -> str:
    kept = [astuple(each) for each in rejects[:KEPT_REJECTS]]
    return json.dumps(kept, ensure_ascii=False)


def _stored(rings: Sequence[outlines.Ring]) -> str:
    steps = []
    for ring in rings:
        xs, ys = zip(*ring, strict=True)
        row = [xs[0], ys[0]]
        for at in range(1, len(ring)):
            row += [xs[at] - xs[at - 1], ys[at] - ys[at - 1]]
        steps.append(row)
    return json.dumps(steps, separators=(",", ":"))


def _rings(stored: str) -> list[Ring]:
    found: list[Ring] = []
    for row in json.loads(stored):
        lons = [x / outlines.GRID for x in accumulate(row[::2])]
        lats = [y / outlines.GRID for y in accumulate(row[1::2])]
        found.append(list(zip(lons, lats, strict=True)))
    return found


_OF_AREAS: Final = """
SELECT o.area_id, o.upload_id, o.rings FROM {those} a JOIN outlines o ON o.area_id = a.id
WHERE o.upload_id = (SELECT MAX(n.upload_id) FROM outlines n
  JOIN boundary_uploads u ON u.id = n.upload_id
  WHERE n.area_id = a.id AND u.withdrawn_at IS NULL)
"""


class Drawing(NamedTuple):
    """The rings of areas by their ids, in degrees, (longitude, latitude), and where they are from;
    areas of which nobody has uploaded any are absent."""

    rings: Mapping[int, Sequence[Ring]]
    uploads: Sequence[BoundaryUpload]


def of_areas(area_ids: Collection[int]) -> Drawing:
    """What counts for these areas: of the newest upload in force. Two statements."""
    those = rowset(db.engine.dialect.name, [("id", "integer")])
    statement = text(_OF_AREAS.format(those=those))
    rows = db.session.execute(statement, {"rows": as_rows([[each] for each in area_ids])}).all()
    used = select(BoundaryUpload).where(BoundaryUpload.id.in_({row.upload_id for row in rows}))
    uploads = db.session.scalars(used.order_by(BoundaryUpload.id)).all() if rows else ()
    return Drawing({row.area_id: _rings(row.rings) for row in rows}, uploads)


def by_id(boundary_id: int) -> BoundaryUpload:
    """One upload. Raises Refused where there is none."""
    made = find(BoundaryUpload, boundary_id)
    if made is None:
        raise Refused(_("There is no such upload of boundaries."), "boundary")
    return made


def left_out(made: BoundaryUpload) -> list[Commune]:
    """The areas it was for, of its level, that it has no outline of."""
    held = select(Outline.area_id).where(Outline.upload_id == made.id)
    taken = set(db.session.scalars(held))
    wanted = areas.of_level(made.level, made.area_id, made.area_list)
    return [area for area in wanted if area.id not in taken]


def every(own_area_id: int | None) -> Sequence[BoundaryUpload]:
    """The uploads for an area and below it, the newest first; all for None."""
    wanted = select(BoundaryUpload).order_by(BoundaryUpload.id.desc())
    if own_area_id is not None:
        wanted = wanted.where(BoundaryUpload.area_id.in_(areas.closure_query([own_area_id])))
    return db.session.scalars(wanted).all()


def withdraw(made: BoundaryUpload, actor_id: int) -> None:
    """Let an upload no longer count: what counted before it does again, or the circles. Raises
    Refused where somebody has done so."""
    upload_id = made.id
    with transaction() as session:
        standing = BoundaryUpload.withdrawn_at.is_(None)
        gone = (
            update(BoundaryUpload)
            .where(BoundaryUpload.id == upload_id, standing)
            .values(withdrawn_at=clock.now(), withdrawn_by_id=actor_id)
        )
        if not session.execute(gone).rowcount:  # type: ignore[attr-defined]
            raise Refused(_("These boundaries have been withdrawn already."), "boundary")
        audit.record("boundary.withdraw", "boundary", upload_id, {}, actor_id)
