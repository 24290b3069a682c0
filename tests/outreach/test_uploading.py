"""Uploads stay in memory."""

from __future__ import annotations

import io

from flask import Flask, request


def test_an_upload_never_lies_in_a_file(app: Flask) -> None:
    large = io.BytesIO(b"0912345678," * 100_000)  # what would otherwise become a temporary file
    with app.test_request_context("/", method="POST", data={"file": (large, "list.csv")}):
        stream = request.files["file"].stream
        assert len(stream.read()) == 1_100_000
        from pathlib import Path

        assert "memfd:" in str(Path(f"/proc/self/fd/{stream.fileno()}").readlink())
