"""What others made stands in VENDOR.md with its source and licence, and is unchanged."""

import hashlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
VENDOR = ROOT / "static" / "vendor" / "VENDOR.md"
ROW = re.compile(r"^\| `([^`]+)` \| (.+) \| (\S+) \| `([0-9a-f]{64})` \|$", re.M)
ROWS = ROW.findall(VENDOR.read_text(encoding="utf-8"))


def test_there_are_vendored_files():
    assert len(ROWS) >= 10


@pytest.mark.parametrize(("file", "digest"), [(row[0], row[3]) for row in ROWS])
def test_a_vendored_file_is_the_published_one(file, digest):
    assert hashlib.sha256((ROOT / file).read_bytes()).hexdigest() == digest


def test_no_vendored_file_is_missing_from_the_list():
    folders = (ROOT / "static" / "vendor", ROOT / "tests" / "vendor")
    there = {
        str(path.relative_to(ROOT))
        for folder in folders
        for path in folder.rglob("*")
        if path.is_file() and "LICENSE" not in path.name and path != VENDOR
    }
    assert there <= {row[0] for row in ROWS}


@pytest.mark.parametrize("folder", sorted({str(Path(row[0]).parent) for row in ROWS}))
def test_a_licence_lies_beside_every_vendored_file(folder):
    place = ROOT / folder if "vendor" in folder else ROOT / "static/vendor/bootstrap-icons-1.13.2"
    assert list(place.glob("LICENSE*"))
