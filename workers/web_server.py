"""gunicorn's configuration: what a process that answers pages does before its first one."""

from __future__ import annotations

from workers import collecting


def post_worker_init(_worker: object) -> None:
    """Called by gunicorn once the application is loaded."""
    collecting.seldom()
