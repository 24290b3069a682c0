"""Layouts of an office's own files of figures: which column is what, said once by a person.

The next file of the same headings is recognised by them, wherever in the file they stand. One that
is nearly so is refused by naming the columns that changed, and never read by what is left: a figure
taken from the wrong column looks like any other.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Final

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from outreach import audit, clock, formats, uptake_files, uptake_imports
from outreach.accounts import User
from outreach.database import BigId, Model, Moment, db, transaction
from outreach.errors import Refused
from outreach.i18n import _, language
from outreach.lists import cells, columns, headings, reading
from outreach.lists.columns import Column
from outreach.text import nfc
from outreach.uptake_files import FIGURES
from outreach.uptake_imports import UptakeImport

NAME_LENGTH: Final = 80
ALIKE: Final = 0.5
"""A file that has this share of a layout's headings is meant to be of it."""
EXAMPLES_FROM: Final = 20


class FigureLayout(Model):
    """One layout of an organisation: `columns` (JSON) are its headings but those that are dates,
    `mapping` (JSON) is meaning → heading."""

    __tablename__ = "figure_layouts"
    __table_args__ = (UniqueConstraint("organisation_id", "name"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(BigId, ForeignKey("organisations.id"))
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    columns: Mapped[str] = mapped_column(Text)
    mapping: Mapped[str] = mapped_column(Text)
    saved_by_id: Mapped[int] = mapped_column(BigId, ForeignKey("users.id"))
    saved_at: Mapped[datetime] = mapped_column(Moment)

    saved_by: Mapped[User] = relationship(lazy="joined", innerjoin=True)

    @property
    def means(self) -> dict[str, str]:
        """Meaning → heading."""
        return dict(json.loads(self.mapping))

    @property
    def headings(self) -> list[str]:
        """Its headings, in their order."""
        return list(json.loads(self.columns))


@dataclass(frozen=True)
class Chosen:
    """What a person said about a file: its layout's name, and meaning → heading."""

    name: str
    mapping: Mapping[str, str]


@dataclass(frozen=True)
class Look:
    """A file as a person is asked about it; `dated`: it has columns whose headings are dates."""

    columns: list[Column]
    guesses: dict[str, str]
    dated: bool


class Unknown(Refused):
    """Which column is what has to be said; `look` is the file. `wrong`: it is no first question,
    since the file differs from its layout or from what was said."""

    def __init__(self, sentence: str, look: Look, *, wrong: bool) -> None:
        super().__init__(sentence, headings.FIELD)
        self.look, self.wrong = look, wrong


Head = Sequence[Sequence[object]]


def of(organisation_id: int | None) -> Sequence[FigureLayout]:
    """The layouts of an organisation, the one saved last first."""
    rows = select(FigureLayout).where(FigureLayout.organisation_id == organisation_id)
    return db.session.scalars(rows.order_by(FigureLayout.saved_at.desc())).all()


def import_file(
    path: Path,
    filename: str,
    app_id: int,
    within: int,
    person: User,
    *,
    chosen: Chosen | None = None,
    day: date | None = None,
) -> UptakeImport:
    """Import a file by what was `chosen`, which is saved then, else by the layout it has, else by
    headings everybody knows. Raises Unknown where none of it says which column is what."""
    actor_id, organisation_id = person.id, person.organisation_id
    known = of(organisation_id)
    if chosen is not None:
        _check(chosen, look(path), day)
        mapping = dict(chosen.mapping)
    else:
        layout = recognised(_head(path), known) if known else None
        mapping = {} if layout is None else layout.means
    try:
        done = uptake_imports.import_file(
            path, filename, app_id, within=within, actor_id=actor_id, mapping=mapping, day=day
        )
    except Refused as refused:
        if refused.field != headings.FIELD:
            raise
        head = _head(path)
        wrong = refused.sentence if chosen is not None else _changed(head, known)
        raise Unknown(wrong or _ask(), _look(head), wrong=wrong is not None) from None
    if chosen is not None and organisation_id is not None:
        _save(organisation_id, chosen, _named(_head(path)), actor_id)
    return done


def _ask() -> str:
    return _(
        "The columns of this file are not known yet. Say which is which: it is asked once for a"
        " layout."
    )


def _head(path: Path) -> Head:
    return reading.peek(path, FIGURES)


def look(path: Path) -> Look:
    """What a person is shown of a file."""
    return _look(_head(path))


def _look(head: Head) -> Look:
    at = _heading_row(head)
    names = _names(head[at])
    below = head[at + 1 : at + 1 + EXAMPLES_FROM]
    shown = [
        Column(name, columns.examples([row[place] for row in below if place < len(row)]))
        for place, name in enumerate(names)
        if name
    ]
    return Look(shown, headings.guess(names, FIGURES), any(map(uptake_files.like_a_date, names)))


def _heading_row(head: Head) -> int:
    """The row that names the most columns in words: above it stand titles, below it figures."""
    rows = range(min(len(head), reading.HEADINGS_WITHIN))
    return max(rows, key=lambda at: (_named_columns(head[at]), -at), default=0)


def _named_columns(row: Sequence[object]) -> int:
    words = {headings.key(cell) for cell in row if isinstance(cell, str)}
    return sum(1 for word in words if not word.isdecimal() and word)


def _names(row: Sequence[object]) -> list[str]:
    return [cells.as_text(nfc(str(cell))) if cell is not None else "" for cell in row]


def _named(head: Head) -> list[str]:
    """The headings of a file but those that are dates, which are others every day."""
    names = _names(head[_heading_row(head)])
    return [name for name in names if name and not uptake_files.like_a_date(name)]


def recognised(head: Head, known: Sequence[FigureLayout]) -> FigureLayout | None:
    """The layout whose columns one row of the file names all; of several the one that says most."""
    fitting = [layout for layout in known if _row_of(head, layout) is not None]
    return max(fitting, key=lambda layout: len(_meant(layout)), default=None)


def _row_of(head: Head, layout: FigureLayout) -> list[str] | None:
    wanted, dated = _meant(layout), not layout.means.get("installs")
    for row in head[: reading.HEADINGS_WITHIN]:
        names = _names(row)
        if wanted <= set(map(headings.key, names)) and (
            not dated or any(map(uptake_files.like_a_date, names))
        ):
            return names
    return None


def _meant(layout: FigureLayout) -> set[str]:
    return {headings.key(heading) for heading in layout.means.values() if heading}


def _changed(head: Head, known: Sequence[FigureLayout]) -> str | None:
    """How the file differs from the layout it is most like; None where it is like none."""
    names = _named(head)
    keys = set(map(headings.key, names))

    def share(layout: FigureLayout) -> float:
        theirs = set(map(headings.key, layout.headings))
        return len(theirs & keys) / len(theirs) if theirs else 0.0

    layout = max(known, key=share, default=None)
    if layout is None or share(layout) < ALIKE:
        return None
    gone = [name for name in layout.means.values() if name and headings.key(name) not in keys]
    theirs = set(map(headings.key, layout.headings))
    new = [name for name in names if headings.key(name) not in theirs]
    said = _(
        "This file is not of the layout “%(layout)s” as it was saved on %(day)s.",
        layout=layout.name,
        day=formats.day(layout.saved_at, language=language()),
    )
    if gone:
        said += " " + _("It has no column %(columns)s.", columns=_listed(gone))
    if new:
        said += " " + _("New in it: %(columns)s.", columns=_listed(new))
    return (
        said
        + " "
        + _("Nothing was entered. Say anew which column is what, or choose another file.")
    )


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"“{name}”" for name in names)


def _check(chosen: Chosen, seen: Look, day: date | None) -> None:
    taken = [heading for heading in chosen.mapping.values() if heading]
    for meaning, heading in chosen.mapping.items():
        if heading and taken.count(heading) > 1:
            raise Refused(_("The column “%(column)s” is chosen twice.", column=heading), meaning)
    if not chosen.mapping.get("area"):
        raise Refused(_("Choose the column that holds the areas."), "area")
    if not chosen.mapping.get("installs") and not seen.dated:
        raise Refused(_("Choose the column that holds the figures."), "installs")
    if chosen.mapping.get("installs") and not chosen.mapping.get("date") and day is None:
        raise Refused(_("Choose the column of the dates, or give the day below."), "date")
    if not 1 <= len(chosen.name.strip()) <= NAME_LENGTH:
        raise Refused(
            _("Give the layout a name of at most %(most)s letters.", most=NAME_LENGTH),
            "layout_name",
        )


def _save(organisation_id: int, chosen: Chosen, names: list[str], actor_id: int) -> None:
    """Save a layout; one of the same name makes way."""
    name = " ".join(chosen.name.split())
    mapping = {meaning: chosen.mapping.get(meaning, "") for meaning in FIGURES.known}
    with transaction() as session:
        layout = session.scalar(
            select(FigureLayout)
            .where(FigureLayout.organisation_id == organisation_id, FigureLayout.name == name)
            .with_for_update(of=FigureLayout)
        )
        if layout is None:
            layout = FigureLayout(organisation_id=organisation_id, name=name)
            session.add(layout)
        layout.columns = json.dumps(names, ensure_ascii=False)
        layout.mapping = json.dumps(mapping, ensure_ascii=False)
        layout.saved_by_id, layout.saved_at = actor_id, clock.now()
        detail = {"layout": name, "mapping": mapping}
        audit.record("layout.save", "organisation", organisation_id, detail, actor_id)


def forget(organisation_id: int | None, layout_id: int | None, *, actor_id: int) -> None:
    """Forget a layout of the organisation; where it is gone already, nothing is done."""
    for layout in of(organisation_id):
        if layout.id == layout_id:
            with transaction() as session:
                held = session.get_one(FigureLayout, layout_id)
                detail = {"layout": held.name}
                session.delete(held)
                audit.record("layout.forget", "organisation", organisation_id, detail, actor_id)
