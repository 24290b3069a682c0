"""Numbers: one row a mobile number, sealed; whatever must be unique or refused hangs on it.

A prefix only hints at the network, since numbers are portable. A network is *confirmed* by who
knows: the carrier's own list, or a carrier's answer that a number was ported.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from outreach.database import BigId, Moment, db


class Number(db.Model):
    """A mobile number. `sealed` holds it enciphered; equal numbers give equal bytes."""

    __tablename__ = "numbers"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    key_version: Mapped[int] = mapped_column()
    hint: Mapped[str | None] = mapped_column(String(24))
    confirmed: Mapped[str | None] = mapped_column(String(24))
    confirmed_by: Mapped[str | None] = mapped_column(String(64))
    confirmed_at: Mapped[datetime | None] = mapped_column(Moment)
