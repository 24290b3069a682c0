"""flask report: the day's report of a district or a province, as files."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import click

from campaigns.reports import editions, files
from outreach import access, accounts, areas, typed, uptake
from outreach.access import Act, Subject
from outreach.console import answering
from outreach.errors import Refused
from outreach.i18n import _

group = click.Group("report", help="The report that an office compiles by 16:30.")


@group.command("daily")
@click.option("--area", "code", required=True, help="Code of a district or a province.")
@click.option("--date", "day", default="", metavar="DAY", help="2020-08-20; without it today.")
@click.option("--out", "folder", required=True, type=click.Path(file_okay=False, path_type=Path))
@click.option("--number", default=None, help="Number of the document; without it the last one's.")
@click.option("--remarks", default=None, help="The officer's remarks; without them the last ones.")
@click.option("--as", "email", default=None, metavar="EMAIL", help="Who issues it.")
@answering
def daily(
    code: str, day: str, folder: Path, number: str | None, remarks: str | None, email: str | None
) -> dict[str, Any]:
    """Issue the day's report where it is not, or where figures were corrected since, and write its
    DOCX, PDF and XLSX."""
    actor = accounts.by_email(email) if email else accounts.system()
    area = areas.by_code(code)
    access.demand(actor, Act.REPORT_MAKE, Subject(area_ids={area.id}))
    report = editions.in_force(area, _day(day), actor, number, remarks)
    try:
        written = files.write(report, folder)
    except OSError as error:
        raise Refused(
            _("%(folder)s cannot be written: %(error)s", folder=str(folder), error=error.strerror),
            "out",
        ) from None
    return {
        "files": [str(path) for path in written],
        "digest": report.digest,
        "edition": report.edition,
    }


def _day(written: str) -> date:
    return typed.day(written, "date") or uptake.today()
