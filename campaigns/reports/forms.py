"""The DOCX form a report is written into: the program's own, or the office's, checked on upload.

A form is a Word document with names in double braces, filled by docxtpl. What an office uploads is
a template of somebody else's: it runs in a sandbox, may use only the names there are, and is filled
once with an invented report before it is taken.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
import zlib
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from jinja2.exceptions import TemplateError
from sqlalchemy import ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from campaigns.reports import letterheads, wording
from campaigns.reports.facts import Facts
from outreach import audit, clock
from outreach.areas import Area
from outreach.database import BigId, Model, Moment, db, transaction
from outreach.errors import Refused
from outreach.i18n import _
from outreach.organisations import Organisation

if TYPE_CHECKING:
    from docxtpl import DocxTemplate

    from campaigns.reports.sandbox import FormEnvironment

FOLDER: Final = Path(__file__).resolve().parent / "official"
USUAL: Final = FOLDER / "report.docx"
LARGEST: Final = 5 * 1024 * 1024
LARGEST_INSIDE: Final = 20 * 1024 * 1024
"""Unpacked: a small file may hold a very large one."""
_WORD: Final = b"wordprocessingml.document.main+xml"
_LOCKED: Final = "EncryptedPackage".encode("utf-16-le")
"""What a Word file is called inside the one that a password locks."""
NEEDED: Final = frozenset({"ngay_ky", "ung_dung", "nhan_tin", "noi_nhan"})
"""What an official report cannot do without."""
FILENAME_LENGTH: Final = 200


class ReportForm(Model):
    """A form an office uploaded. It stays as long as a report was made by it."""

    __tablename__ = "report_forms"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(BigId, ForeignKey("organisations.id"))
    filename: Mapped[str] = mapped_column(String(FILENAME_LENGTH))
    content: Mapped[bytes] = mapped_column(LargeBinary)
    digest: Mapped[str] = mapped_column(String(64))
    uploaded_at: Mapped[datetime] = mapped_column(Moment, default=clock.now)
    uploaded_by_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("users.id"))


def content_of(form_id: int | None) -> bytes:
    """The DOCX of a form; the program's own for None."""
    return (
        USUAL.read_bytes() if form_id is None else db.session.get_one(ReportForm, form_id).content
    )


def named(form_id: int | None) -> ReportForm | None:
    """The form an office uploaded; None for the program's own."""
    return None if form_id is None else db.session.get_one(ReportForm, form_id)


def upload(
    organisation: Organisation, area: Area, filename: str, content: bytes, *, actor_id: int | None
) -> ReportForm:
    """Take an office's own form from now on. Raises Refused (field `form`) for a file that is no
    DOCX, is too large, uses a name there is not, lacks one that is needed, or cannot be filled."""
    check(content)
    organisation_id = organisation.id
    with transaction() as session:
        made = ReportForm(
            organisation_id=organisation_id,
            filename=Path(filename).name[:FILENAME_LENGTH],
            content=content,
            digest=hashlib.sha256(content).hexdigest(),
            uploaded_by_id=actor_id,
        )
        session.add(made)
        session.flush()
        letterheads.use_form(organisation, area, made.id)
        detail = {"file": made.filename, "digest": made.digest}
        audit.record("report.form", "organisation", organisation_id, detail, actor_id)
    return made


def use_usual(organisation: Organisation, area: Area, *, actor_id: int | None) -> None:
    """Go back to the program's own form."""
    organisation_id = organisation.id
    with transaction():
        letterheads.use_form(organisation, area, None)
        audit.record("report.form", "organisation", organisation_id, {"file": None}, actor_id)


def check(content: bytes) -> None:
    """Raise Refused (field `form`) unless a report can be written into this form."""
    from campaigns.reports import markup  # not at every start

    _check_file(content)
    try:
        document, environment = _document(content), _environment(strict=True)
        markup.check(document, environment)
        _check_names(document.get_undeclared_template_variables(environment))
        fill(content, wording.context(SAMPLE), strict=True)
    except TemplateError as error:
        raise Refused(
            _("The form cannot be filled. Where names stand in braces: %(error)s", error=error),
            "form",
        ) from None
    except Refused:
        raise
    except Exception as error:  # a damaged document fails in its reader, with whatever error
        raise Refused(
            _("This Word file cannot be read: %(error)s", error=type(error).__name__), "form"
        ) from error


def _check_file(content: bytes) -> None:
    if len(content) > LARGEST:
        raise Refused(_("The form is larger than 5 MB; use smaller pictures in it."), "form")
    if _LOCKED in content:
        raise Refused(
            _("The file is locked with a password. Take the password off, and save it again."),
            "form",
        )
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            inside = sum(each.file_size for each in archive.infolist())
            if inside > LARGEST_INSIDE:
                raise Refused(
                    _("The form is larger than 5 MB; use smaller pictures in it."), "form"
                )
            names, types = set(archive.namelist()), archive.read("[Content_Types].xml")
    except (zipfile.BadZipFile, zlib.error, KeyError, RuntimeError):  # the last: a locked archive
        names, types = set(), b""
    if "word/vbaProject.bin" in names or b"macroEnabled" in types:
        raise Refused(_("This Word file holds macros; save it as a plain .docx."), "form")
    if _WORD not in types:
        raise Refused(
            _(
                "This is no Word file (.docx). In the word processor choose “Save as” and the type"
                " “Word document (.docx)”."
            ),
            "form",
        )


def _check_names(used: set[str]) -> None:
    known = set(wording.context(SAMPLE))
    if used - known:
        raise Refused(
            _(
                "The form names what a report does not have: %(names)s. It may name: %(known)s.",
                names=", ".join(sorted(used - known)),
                known=", ".join(sorted(known)),
            ),
            "form",
        )
    if NEEDED - used:
        raise Refused(
            _(
                "The form lacks what a report needs: %(names)s.",
                names=", ".join(sorted(NEEDED - used)),
            ),
            "form",
        )


def fill(content: bytes, context: dict[str, Any], *, strict: bool = False) -> bytes:
    """The form with everything it names put in; what there is not of it today stays empty."""
    document = _document(content)
    document.render(context, _environment(strict=strict))
    _end_cells(document)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _end_cells(document: DocxTemplate) -> None:
    """A cell ends with a paragraph, also one all of which was to be repeated and was nothing today:
    Word would call the file damaged."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    for cell in document.docx.element.iter(qn("w:tc")):
        if len(cell) == 0 or cell[-1].tag != qn("w:p"):
            cell.append(OxmlElement("w:p"))


def _document(content: bytes) -> DocxTemplate:
    from docxtpl import DocxTemplate  # not at every start

    return DocxTemplate(io.BytesIO(content))


def _environment(*, strict: bool) -> FormEnvironment:
    from campaigns.reports.sandbox import FormEnvironment

    return FormEnvironment(strict=strict)


_ROW: Final = {
    "code": "29971",
    "name": "Xã Ví Dụ",
    "installs": 6090,
    "of": 120514,
    "as_of": "2020-08-20T15:00:00+07:00",
    "change": 312,
    "since": "2020-08-19",
    "punctuality": "on_time",
    "rank": 1,
    "parts": 1,
    "counted": 1,
    "fresh": 1,
    "late": 0,
    "own": True,
}
_SENT: Final = {"code": "29971", "name": "Xã Ví Dụ", "messaged": 100, "delivered": 90, "untold": 0}
SAMPLE: Final[Facts] = {
    "area": {"code": "870", "list": 2020, "name": "Huyện Ví Dụ", "said": "huyện Ví Dụ"},
    "day": "2020-08-20",
    "edition": 2,
    "replaces": "2020-08-20T16:10:00+07:00",
    "changes": [
        {"name": "Xã Ví Dụ", "app": "Bluezone", "what": "installs", "before": 1, "after": 2}
    ],
    "issued_at": "2020-08-20T16:20:00+07:00",
    "head": {
        "superior": ["ỦY BAN NHÂN DÂN"],
        "agency": "PHÒNG VÍ DỤ",
        "symbol": "BC-VHTT",
        "place": "Ví Dụ",
        "addressed": ["Ủy ban nhân dân huyện."],
        "recipients": ["Như trên;", "Lưu: VT."],
        "signer_title": "TRƯỞNG PHÒNG",
        "signer": "Nguyễn Văn Ví Dụ",
        "number": "5",
    },
    "remarks": ["Nhận xét."],
    "figures": {
        "due": "2020-08-20T15:00:00+07:00",
        "apps": [
            {
                "code": "BLUEZONE",
                "name": "Bluezone",
                "counts": "numbers",
                "denominator": "population",
                "target": None,
                "total": _ROW,
                "rows": [_ROW],
                "schools": [_ROW | {"code": "2997101", "name": "Trường THPT Ví Dụ", "of": 850}],
            }
        ],
        "sent": [
            {"id": 1, "name": "Đợt 1", "carrier": "", "by_order": False, "day": "2020-08-20"}
            | {"messaged": 100, "delivered": 90, "untold": 0, "areas": [_SENT]}
        ],
    },
}
"""An invented report, to try a form with."""
