"""`flask audit`: whether anybody tampered with who did what."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask.cli import AppGroup

from outreach import audit
from outreach.console import answering
from outreach.errors import Refused
from outreach.i18n import _

group = AppGroup("audit", help="Who did what, when.")


@group.command("verify")
@answering
def verify() -> dict[str, Any]:
    """Walk the chain of hashes over all audit rows."""
    found = audit.verify()
    if not found.ok:
        raise Refused(
            _(
                "Audit row %(id)s of %(rows)s does not follow from the row before it: it was"
                " changed, or rows before it were removed. Compare with a backup.",
                id=found.first_bad_id,
                rows=found.rows,
            ),
            "audit",
        )
    return asdict(found)
