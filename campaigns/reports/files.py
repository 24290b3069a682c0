"""The files of a report, made of its facts alone: DOCX to edit, PDF to print, XLSX as its annex.

The same facts give the same bytes: whatever a library would stamp with the hour is the hour of
issue instead. The PDF is set by typst, offline, in a face as wide as Times New Roman.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from campaigns.reports import forms, sheet, wording
from campaigns.reports.editions import DailyReport
from campaigns.reports.facts import Facts
from outreach import clock

FACES: Final = Path(__file__).resolve().parents[2] / "static" / "vendor" / "liberation-serif-2.1.5"
PAPER: Final = forms.FOLDER / "report.typ"
_MODIFIED: Final = re.compile(rb"(<dcterms:(modified|created)[^>]*>)[^<]*(</dcterms:\2>)")


def docx(facts: Facts, form: bytes) -> bytes:
    """The report in an office's form, to be edited."""
    return _settled(forms.fill(form, wording.context(facts)), _issued_at(facts))


def pdf(facts: Facts, _form: bytes = b"") -> bytes:
    """The report on paper."""
    import typst  # not at every start

    made = typst.compile(
        PAPER,
        format="pdf",
        font_paths=[FACES],
        ignore_system_fonts=True,
        sys_inputs={"report": json.dumps(wording.context(facts), ensure_ascii=False)},
        timestamp=int(_issued_at(facts).timestamp()),
    )
    return bytes(made)


def xlsx(facts: Facts, _form: bytes = b"") -> bytes:
    """The annex: every figure as a number."""
    return _settled(sheet.write(facts), _issued_at(facts))


KINDS: Final[dict[str, Callable[[Facts, bytes], bytes]]] = {"docx": docx, "pdf": pdf, "xlsx": xlsx}


def of(report: DailyReport, kind: str) -> bytes:
    """A file of an issued report; `kind` of KINDS."""
    return KINDS[kind](report.read, forms.content_of(report.form_id))


def name(facts: Facts, kind: str) -> str:
    """What the file is called: “bao-cao-870-2020-08-20-sua-doi-1.docx”."""
    again = f"-sua-doi-{facts['edition'] - 1}" if facts["edition"] > 1 else ""
    return f"bao-cao-{facts['area']['code']}-{facts['day']}{again}.{kind}"


def write(report: DailyReport, folder: Path) -> list[Path]:
    """All files of a report into a folder, made where it is missing. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    facts, made = report.read, []
    for kind in KINDS:
        path = folder / name(facts, kind)
        path.write_bytes(of(report, kind))
        made.append(path)
    return made


def _issued_at(facts: Facts) -> datetime:
    return clock.parse_moment(facts["issued_at"])


def _settled(content: bytes, moment: datetime) -> bytes:
    """An Office file whose parts all bear this moment instead of the hour they were zipped."""
    at, out = clock.local(moment), io.BytesIO()
    stamped = (at.year, at.month, at.day, at.hour, at.minute, at.second)
    stamp = f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}".encode()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as before,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as after,
    ):
        for part in before.infolist():
            data = before.read(part)
            if part.filename == "docProps/core.xml":
                data = _MODIFIED.sub(rb"\g<1>" + stamp + rb"\g<3>", data)
            entry = zipfile.ZipInfo(part.filename, stamped)
            entry.compress_type = zipfile.ZIP_DEFLATED
            after.writestr(entry, data)
    return out.getvalue()
