"""How an office signs its reports: its name and the one above it, number, addressees, signer.

What an office has not set is taken from its name and its area, so that a first report can be made
at once; docs/reports.md says what each line becomes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ForeignKey, String, Text, select
from sqlalchemy.orm import Mapped, mapped_column

from outreach import area_names, audit, seen
from outreach.accounts import User
from outreach.area_names import Level
from outreach.areas import Area
from outreach.database import BigId, Model, db, transaction
from outreach.errors import Refused
from outreach.i18n import _
from outreach.organisations import Kind, Organisation

LINE_LENGTH: Final = 160
LINES: Final = 12
"""Most lines of addressees."""
TITLE_LINES: Final = 2
"""“KT. TRƯỞNG PHÒNG” above “PHÓ TRƯỞNG PHÒNG”."""
_ONE_LINE: Final = ("agency", "symbol", "place", "signer")
_SEVERAL: Final = ("superior", "addressed", "recipients", "signer_title")
FIELDS: Final = (*_ONE_LINE, *_SEVERAL)


class Letterhead(Model):
    """One office's; lines of `superior`, `addressed`, `recipients` and `signer_title` are parted by
    line breaks.
    `form_id` is its own DOCX form, None for the one that comes with the program."""

    __tablename__ = "letterheads"

    organisation_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("organisations.id"), primary_key=True, autoincrement=False
    )
    superior: Mapped[str] = mapped_column(Text)
    agency: Mapped[str] = mapped_column(String(LINE_LENGTH))
    symbol: Mapped[str] = mapped_column(String(LINE_LENGTH))
    place: Mapped[str] = mapped_column(String(LINE_LENGTH))
    addressed: Mapped[str] = mapped_column(Text)
    recipients: Mapped[str] = mapped_column(Text)
    signer_title: Mapped[str] = mapped_column(String(LINE_LENGTH))
    signer: Mapped[str] = mapped_column(String(LINE_LENGTH))
    form_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("report_forms.id"))


@dataclass(frozen=True)
class Usual:
    """What stands in a letterhead until the office sets it, by level."""

    superior: str
    agency: str
    symbol: str
    signer_title: str


_USUAL: Final = {
    Level.PROVINCE: Usual(
        "ỦY BAN NHÂN DÂN", "SỞ THÔNG TIN VÀ TRUYỀN THÔNG", "BC-STTTT", "GIÁM ĐỐC"
    ),
    Level.DISTRICT: Usual(
        "ỦY BAN NHÂN DÂN", "PHÒNG VĂN HÓA VÀ THÔNG TIN", "BC-VHTT", "TRƯỞNG PHÒNG"
    ),
}


def office(area: Area, actor: User) -> Organisation | None:
    """Who signs what this person issues: their own office; for the command line, which has none,
    the culture office that answers for this very area, None where there is none."""
    if actor.organisation is not None:
        return actor.organisation
    answering = select(Organisation).where(
        Organisation.area_id == area.id, Organisation.kind == Kind.CULTURE
    )
    return db.session.scalars(answering.order_by(Organisation.id).limit(1)).first()


def of(organisation: Organisation | None, area: Area) -> dict[str, str]:
    """The letterhead of an office for an area, by field; what it has not set is as usual there.
    Without an organisation it is that of the office an area of this level usually has."""
    own = None if organisation is None else db.session.get(Letterhead, organisation.id)
    if own is not None:
        return {name: getattr(own, name) for name in FIELDS}
    usual = _USUAL.get(area.level, _USUAL[Level.DISTRICT])
    name = usual.agency if organisation is None else organisation.name.upper()
    return {
        "superior": f"{usual.superior}\n{area.name.upper()}",
        "agency": name,
        "symbol": usual.symbol,
        "place": area_names.bare_name(area.name, area.kind),
        "addressed": f"Ủy ban nhân dân {area_names.in_sentence(area.name, area.kind)}.",
        "recipients": "Như trên;\nLưu: VT.",
        "signer_title": usual.signer_title,
        "signer": "",
    }


def form_id(organisation: Organisation | None) -> int | None:
    """The office's own DOCX form; None for the usual one."""
    own = None if organisation is None else db.session.get(Letterhead, organisation.id)
    return None if own is None else own.form_id


def save(
    organisation: Organisation,
    area: Area,
    values: Mapping[str, str],
    *,
    form: str | None = None,
    actor_id: int | None,
) -> None:
    """Set all fields. Raises Refused for a field that is too long or needed and empty, and where
    `form`, the mark of what was shown, is no longer true."""
    checked = {name: _checked(name, values.get(name, "")) for name in FIELDS}
    organisation_id = organisation.id
    with transaction():
        before = of(organisation, area)
        seen.demand(form, before)
        own = _own(organisation_id, before)
        for name, value in checked.items():
            setattr(own, name, value)
        changed = {k: [before[k], v] for k, v in checked.items() if before[k] != v}
        if changed:
            audit.record("report.letterhead", "organisation", organisation_id, changed, actor_id)


def use_form(organisation: Organisation, area: Area, form_id: int | None) -> None:
    """Let the office's DOCX be made by this form from now on; within a transaction."""
    _own(organisation.id, of(organisation, area)).form_id = form_id


def _own(organisation_id: int, values: dict[str, Any]) -> Letterhead:
    """Its row, made where there is none."""
    own = db.session.get(Letterhead, organisation_id)
    if own is None:
        own = Letterhead(organisation_id=organisation_id, form_id=None, **values)
        db.session.add(own)
    return own


def _checked(name: str, written: str) -> str:
    lines = [" ".join(line.split()) for line in written.replace("\r", "").split("\n")]
    lines = [line for line in lines if line]
    if name in _ONE_LINE:
        lines = [" ".join(lines)] if lines else []
    if not lines and name in {"superior", "agency", "symbol", "place"}:
        raise Refused(_("This line of the form may not be empty."), name)
    count, most = _room(name)
    if len(lines) > count or any(len(line) > most for line in lines):
        raise Refused(
            _("At most %(lines)s lines of %(most)s letters fit here.", lines=count, most=most), name
        )
    return "\n".join(lines)


def _room(name: str) -> tuple[int, int]:
    """How many lines fit into a field, and how many letters into each; a title is kept in a column
    of one line's length."""
    if name == "signer_title":
        return TITLE_LINES, LINE_LENGTH // TITLE_LINES - 1
    return LINES if name in _SEVERAL else 1, LINE_LENGTH


def lines(written: str) -> list[str]:
    """The lines of a field."""
    return [line for line in written.split("\n") if line]
