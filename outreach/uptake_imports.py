"""Importing files of install figures: what they said is entered, what is wrong is given back.

Nobody is there to answer a question about a row. So a figure that falls, or is more than there are
people, is turned away until the file (column “reason”) says why; one that jumps is taken, since a
good week does that, and is listed to be looked at. A figure that is there already is not entered
again, so a corrected file can be imported whole.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from itertools import groupby
from pathlib import Path
from typing import Any, BinaryIO, Final

from sqlalchemy import ForeignKey, String, Text, select
from sqlalchemy.orm import Mapped, aliased, mapped_column, relationship

from outreach import areas, audit, clock, doubts, entering, uptake, uptake_files
from outreach.accounts import User
from outreach.apps import App
from outreach.areas import Area
from outreach.database import BigId, Model, Moment, db, find, transaction
from outreach.doubts import Doubt
from outreach.entering import Outcome
from outreach.errors import Refused
from outreach.i18n import _
from outreach.lists import rejects
from outreach.lists.rejects import Reject
from outreach.uptake import Course, Source, UptakeReport
from outreach.uptake_files import Contents, Line, RowReason

FILENAME_LENGTH: Final = 200
LARGEST: Final = 10 * 1024 * 1024
"""Bytes of a file: every commune of the country for two weeks. It is read while the page waits."""
PART: Final = 1_000
"""Figures a transaction, so that nobody else waits long to write."""
MOST_TO_CHECK: Final = 200


class UptakeImport(Model):
    """One file: whose, of what, what came of it. `area_id` is the area it was imported for, None
    for all. `read` = added + corrected + unchanged + rejected."""

    __tablename__ = "uptake_imports"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    app_id: Mapped[int] = mapped_column(BigId, ForeignKey("apps.id"))
    area_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("areas.id"), index=True)
    filename: Mapped[str] = mapped_column(String(FILENAME_LENGTH))
    imported_by_id: Mapped[int] = mapped_column(BigId, ForeignKey("users.id"))
    imported_at: Mapped[datetime] = mapped_column(Moment)
    finished_at: Mapped[datetime | None] = mapped_column(Moment)
    read: Mapped[int] = mapped_column(default=0)
    added: Mapped[int] = mapped_column(default=0)
    corrected: Mapped[int] = mapped_column(default=0)
    unchanged: Mapped[int] = mapped_column(default=0)
    rejected: Mapped[int] = mapped_column(default=0)
    details: Mapped[str] = mapped_column(Text, default="{}")
    app: Mapped[App] = relationship(lazy="joined", innerjoin=True)
    imported_by: Mapped[User] = relationship(lazy="joined", innerjoin=True)

    @property
    def said(self) -> dict[str, Any]:
        """What came of it, as commands and programs are answered."""
        return {
            "id": self.id,
            "app": self.app.code,
            "read": self.read,
            "added": self.added,
            "corrected": self.corrected,
            "unchanged": self.unchanged,
            "rejected": self.rejected,
        }

    @property
    def rejects(self) -> list[Reject]:
        """The figures that were turned away, in the file's order."""
        return [Reject(**each) for each in json.loads(self.details).get("rejects", [])]

    @property
    def to_check(self) -> list[Reject]:
        """Figures that were taken but jump, the first `MOST_TO_CHECK`."""
        return [Reject(**each) for each in json.loads(self.details).get("to_check", [])]

    @property
    def notes(self) -> list[str]:
        """Sentences about the file for whoever imported it."""
        return list(json.loads(self.details).get("notes", []))


@dataclass(slots=True)
class _Tally:
    outcomes: dict[Outcome, int] = field(default_factory=lambda: dict.fromkeys(Outcome, 0))
    rejects: list[Reject] = field(default_factory=list)
    to_check: list[Reject] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Job:
    app_id: int
    import_id: int
    source: Source
    reason: str
    actor_id: int


def by_id(import_id: int) -> UptakeImport:
    """One import. Raises Refused where there is none."""
    found = find(UptakeImport, import_id)
    if found is None:
        raise Refused(_("There is no import %(id)s.", id=import_id), "import")
    return found


def recent(app_id: int, area_id: int, most: int = 10) -> Sequence[UptakeImport]:
    """The last files imported for an area, the newest first."""
    rows = select(UptakeImport).where(
        UptakeImport.app_id == app_id, UptakeImport.area_id == area_id
    )
    return db.session.scalars(rows.order_by(UptakeImport.id.desc()).limit(most)).all()


@dataclass(frozen=True, slots=True)
class Correction:
    """A figure that a file put in the place of another."""

    area: Area
    day: date
    was: int
    installs: int


def corrections(done: UptakeImport) -> list[Correction]:
    """What an import corrected in its area, the earliest day first, at most `MOST_TO_CHECK`: an old
    file puts old figures back, and no row of it looks wrong. Of one for all areas nothing."""
    if done.area_id is None:
        return []
    new, old = UptakeReport, aliased(UptakeReport)
    rows = (
        select(Area, new.day, old.installs, new.installs)
        .join(Area, Area.id == new.area_id)
        .join(
            old,
            (old.app_id == new.app_id)
            & (old.area_id == new.area_id)
            & (old.day == new.day)
            & (old.edition == new.edition - 1),
        )
        .where(
            new.app_id == done.app_id,
            new.area_id.in_(areas.closure_query([done.area_id])),
            new.import_id == done.id,
        )
        .order_by(new.day, Area.position, Area.id)
        .limit(MOST_TO_CHECK)
    )
    return [Correction(*row) for row in db.session.execute(rows)]


def import_file(
    path: Path,
    filename: str,
    app_id: int,
    *,
    within: int | None,
    actor_id: int,
    mapping: Mapping[str, str] | None = None,
    reason: str = "",
    day: date | None = None,
) -> UptakeImport:
    """Enter the figures of the file at `path`; `within`: id of the area they may be of.

    `reason` answers for every row without one of its own, `day` for a file without dates. Raises
    Refused where the file cannot be read; a row that cannot be used is a reject of the import and
    keeps no other out.
    """
    if path.stat().st_size > LARGEST:
        most = LARGEST >> 20
        raise Refused(
            _("The file is larger than %(most)s MB; split it by weeks.", most=most), "file"
        )
    contents = uptake_files.read(path, mapping or {}, within, day)
    return enter(contents, filename, app_id, within, Source.FILE, actor_id, reason)


def enter(
    contents: Contents,
    name: str,
    app_id: int,
    within: int | None,
    source: Source,
    actor_id: int,
    reason: str = "",
) -> UptakeImport:
    """Enter what was read; `name` is what the import is called afterwards."""
    import_id = _begin(name, app_id, within, actor_id)
    tally = _Tally(rejects=contents.rejects)
    job = _Job(app_id, import_id, source, reason.strip(), actor_id)
    for part in _parts(contents):
        with transaction():
            _enter(part, job, tally)
    return _finish(import_id, contents, tally, actor_id)


def _begin(filename: str, app_id: int, within: int | None, actor_id: int) -> int:
    begun = UptakeImport(
        app_id=app_id,
        area_id=within,
        filename=filename[-FILENAME_LENGTH:],
        imported_by_id=actor_id,
        imported_at=clock.now(),
    )
    with transaction() as session:
        session.add(begun)
        session.flush()
        return begun.id


def _parts(contents: Contents) -> Iterator[list[Line]]:
    """The figures, each area's by day and never divided."""
    lines = sorted(contents.lines, key=lambda line: (line.area_id, line.day))
    part: list[Line] = []
    for _area_id, of_area in groupby(lines, key=lambda line: line.area_id):
        part += of_area
        if len(part) >= PART:
            yield part
            part = []
    if part:
        yield part


def _enter(part: list[Line], job: _Job, tally: _Tally) -> None:
    by_area = {
        area_id: list(lines) for area_id, lines in groupby(part, key=lambda line: line.area_id)
    }
    held = entering.hold(by_area)
    first, last = min(line.day for line in part), max(line.day for line in part)
    counts = uptake.counts_around(job.app_id, by_area, first, last)
    known = uptake.of_days(job.app_id, by_area, {line.day for line in part})
    now, today = clock.now(), uptake.today()
    rows = []
    for area_id, lines in by_area.items():
        course = known[area_id]
        population = held[area_id].population
        for line in _taken(lines, course, counts[area_id], population, job.reason, tally):
            current = course.get(line.day)
            kept = entering.kept_as(area_id, line.installs, current)
            tally.outcomes[kept.outcome] += 1
            if kept.outcome is not Outcome.UNCHANGED:
                row = entering.row_of(
                    job.app_id,
                    line.day,
                    current,
                    kept,
                    job.source,
                    job.actor_id,
                    now,
                    held[area_id].level,
                )
                late = row["late"] if line.day == today or current is not None else None
                why = (line.reason or job.reason)[: uptake.REASON_LENGTH]
                rows.append(row | {"late": late, "import_id": job.import_id, "reason": why})
    entering.write(rows)


def _taken(
    lines: list[Line],
    course: Course,
    counts: dict[date, int],
    population: int | None,
    reason: str,
    tally: _Tally,
) -> Iterator[Line]:
    """The lines of one area that can be entered, judged in the order of their days by `counts`.
    Figures the file brings take the place of those there are, unless they are turned away."""
    for line in lines:
        counts.pop(line.day, None)
    entered: set[date] = set()
    for line in lines:
        if line.day in entered:  # the same figure once more
            tally.outcomes[Outcome.UNCHANGED] += 1
            continue
        there = course.get(line.day)
        same = there is not None and there.installs == line.installs
        asked = [] if same else doubts.questions(line.installs, line.day, counts, population)
        if {question.doubt for question in asked} - {Doubt.JUMPS} and not (line.reason or reason):
            sentence = doubts.said(asked)
            if there is not None:
                counts[line.day] = there.installs
            more = _("%(doubt)s If it is right, say why in a column “reason”.", doubt=sentence)
            tally.rejects.append(line.turned_away(RowReason.DOUBTFUL, more))
            continue
        if asked and len(tally.to_check) < MOST_TO_CHECK:
            tally.to_check.append(line.turned_away(RowReason.DOUBTFUL, doubts.said(asked)))
        counts[line.day] = line.installs
        entered.add(line.day)
        yield line


def _finish(import_id: int, contents: Contents, tally: _Tally, actor_id: int) -> UptakeImport:
    tally.rejects.sort(key=lambda reject: reject.row)
    details = {
        "rejects": [asdict(reject) for reject in tally.rejects],
        "to_check": [asdict(reject) for reject in tally.to_check],
        "notes": contents.notes,
    }
    figures = {str(outcome): count for outcome, count in tally.outcomes.items()}
    with transaction() as session:
        done = session.get_one(UptakeImport, import_id)
        done.finished_at = clock.now()
        done.read, done.rejected = contents.read, len(tally.rejects)
        done.added = tally.outcomes[Outcome.ADDED]
        done.corrected = tally.outcomes[Outcome.CORRECTED]
        done.unchanged = tally.outcomes[Outcome.UNCHANGED]
        done.details = json.dumps(details, ensure_ascii=False)
        detail = {"file": done.filename, "rejected": done.rejected, **figures}
        audit.record("uptake.import", "uptake_import", import_id, detail, actor_id)
    return done


def write_rejects(done: UptakeImport, file: BinaryIO) -> int:
    """Write the figures that were turned away to `file` as CSV; answers how many."""
    return rejects.write(file, done.rejects)
