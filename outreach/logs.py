"""What operators read: one line an event on stderr, with ids and never a phone number.

JSON where a program's stderr goes to a file, key=value on a terminal. `structlog.get_logger()` and
the loggers of libraries end in the same lines.
"""

from __future__ import annotations

import logging
import re
import sys
from typing import TextIO

import structlog
from structlog.typing import Processor

from outreach.settings import Settings

# A number that slipped into a text, a trace or a library's message; ids are shorter or longer.
PHONE = re.compile(r"(?<![\w.])(?:\+?84|0)[35789]\d{8}(?!\w)")
HIDDEN = "[number]"

_SHARED: tuple[Processor, ...] = (
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
)


class _OnStderr(logging.StreamHandler[TextIO]):
    """Writes to whatever sys.stderr is at that moment, as the command line's tests replace it."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:
        return sys.stderr

    @stream.setter
    def stream(self, _value: TextIO) -> None:
        """StreamHandler sets it; ours is always sys.stderr."""

    def format(self, record: logging.LogRecord) -> str:
        return PHONE.sub(HIDDEN, super().format(record))


def set_up(settings: Settings) -> None:
    """Send this process's log to stderr at the level of the settings; safe to call again."""
    structlog.configure(
        processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = _OnStderr()
    handler.setFormatter(_formatter(terminal=sys.stderr.isatty()))
    root = logging.getLogger()
    for old in [old for old in root.handlers if isinstance(old, _OnStderr)]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(settings.log_level)
    # Every command that asks whether a migration is pending would be told which SQL it uses.
    logging.getLogger("alembic").setLevel(logging.WARNING)


def _formatter(terminal: bool) -> logging.Formatter:
    renderer: Processor = (
        structlog.processors.KeyValueRenderer(key_order=["timestamp", "level", "event"])
        if terminal
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_SHARED,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
    )
