"""Opt-outs: the numbers that are sent nothing, whatever the campaign, route or list."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from outreach.database import BigId, Model, Moment


class OptOut(Model):
    """A number that is sent nothing: since when, how we know, and who noted it."""

    __tablename__ = "opt_outs"

    number_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("numbers.id"), primary_key=True, autoincrement=False
    )
    at: Mapped[datetime] = mapped_column(Moment)
    source: Mapped[str] = mapped_column(String(200))
    recorded_by_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("users.id"))
