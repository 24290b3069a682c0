"""Uploads stay in memory: a list of numbers must not lie readable in a temporary file."""

from __future__ import annotations

import os
from typing import IO

from flask import Flask, Request


class MemoryRequest(Request):
    """A request whose uploaded files live in anonymous memory of this process."""

    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> IO[bytes]:
        return os.fdopen(os.memfd_create("upload", os.MFD_CLOEXEC), "w+b")


def init_app(app: Flask) -> None:
    """Let every request of the application take its files so."""
    app.request_class = MemoryRequest
