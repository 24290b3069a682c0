"""Sealed files: nothing readable on the disk, every part readable with the key, no tampering."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from outreach.sealed_files import FRAME, SEALED_FRAME, reading, writing
from outreach.sealing import NotSealed, Sealer


@pytest.fixture
def sealer() -> Sealer:
    return Sealer(lambda: {1: bytes(64)})


def store(path: Path, sealer: Sealer, content: bytes, context: bytes = b"list 1") -> None:
    with writing(path, sealer, context) as file:
        file.write(content)


@pytest.mark.parametrize("size", [0, 1, FRAME - 1, FRAME, FRAME + 1, 2 * FRAME, 3 * FRAME + 7])
def test_what_was_written_is_read(tmp_path: Path, sealer: Sealer, size: int) -> None:
    content = os.urandom(size)
    path = tmp_path / "lists" / "1.sealed"

    store(path, sealer, content)

    with reading(path, sealer, b"list 1") as file:
        assert file.read() == content
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_a_part_is_read_from_the_middle(tmp_path: Path, sealer: Sealer) -> None:
    content = os.urandom(2 * FRAME + 100)
    path = tmp_path / "1.sealed"
    store(path, sealer, content)

    with reading(path, sealer, b"list 1") as file:
        file.seek(FRAME - 10)
        assert file.read(20) == content[FRAME - 10 : FRAME + 10]
        assert file.seek(-5, os.SEEK_END) == len(content) - 5
        assert file.read() == content[-5:]


def test_no_number_stands_readable_on_the_disk(tmp_path: Path, sealer: Sealer) -> None:
    path = tmp_path / "1.sealed"

    store(path, sealer, b"0912345678\n" * 1000)

    assert b"912345" not in path.read_bytes()


def test_a_write_that_fails_leaves_the_file_of_before(tmp_path: Path, sealer: Sealer) -> None:
    path = tmp_path / "1.sealed"
    store(path, sealer, b"before")

    with pytest.raises(KeyError), writing(path, sealer, b"list 1") as file:
        file.write(b"half")
        raise KeyError

    with reading(path, sealer, b"list 1") as file:
        assert file.read() == b"before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_cut_off_lengthened_or_reordered_does_not_read(
    tmp_path: Path, sealer: Sealer
) -> None:
    path = tmp_path / "1.sealed"
    store(path, sealer, os.urandom(2 * FRAME + 100))
    whole = path.read_bytes()
    first, rest = whole[:SEALED_FRAME], whole[SEALED_FRAME:]

    second, last = rest[:SEALED_FRAME], rest[SEALED_FRAME:]
    for content in (b"", first, first + second, whole[:-1], whole + b"x", second + first + last):
        path.write_bytes(content)
        with pytest.raises(NotSealed), reading(path, sealer, b"list 1") as file:
            file.read()


def test_another_list_does_not_open_in_its_place(tmp_path: Path, sealer: Sealer) -> None:
    path = tmp_path / "1.sealed"
    store(path, sealer, b"rows", b"list 2")

    with pytest.raises(NotSealed), reading(path, sealer, b"list 1") as file:
        file.read()
