"""Sealing: what is on the disk says nothing, and a key is never lost or replaced in silence."""

from __future__ import annotations

import base64
import stat
import threading
import time
from pathlib import Path

import pytest

from outreach.errors import Refused
from outreach.sealing import NotSealed, Sealer, add_key, keys_of

PHONE = "+84912345678"


def nothing_sealed() -> bool:
    return False


def sealer_at(path: Path) -> Sealer:
    return Sealer(lambda: keys_of(path, nothing_sealed))


@pytest.fixture
def sealer(tmp_path: Path) -> Sealer:
    return sealer_at(tmp_path / "secret.key")


def test_equal_numbers_are_sealed_alike_and_open_again(sealer: Sealer) -> None:
    sealed = sealer.seal_number(PHONE)

    assert sealed == sealer.seal_number(PHONE)
    assert len(sealed) == 28
    assert b"912345678" not in sealed
    assert sealer.open_number(sealed) == PHONE


def test_many_numbers_keep_their_order(sealer: Sealer) -> None:
    phones = [f"+849{n:08d}" for n in range(50)]

    assert sealer.open_numbers(sealer.seal_numbers(phones)) == phones


def test_a_hundred_thousand_numbers_are_sealed_in_a_third_of_a_second(sealer: Sealer) -> None:
    phones = [f"+849{n:08d}" for n in range(100_000)]
    start = time.process_time()

    sealer.seal_numbers(phones)

    assert time.process_time() - start < 0.34


def test_equal_blobs_look_different_and_open_again(sealer: Sealer) -> None:
    first, second = sealer.seal_blobs([b"0912345678"] * 2)

    assert first != second
    assert b"0912345678" not in first
    assert sealer.open_blobs([first, second]) == [b"0912345678"] * 2


def test_an_empty_blob_is_a_blob(sealer: Sealer) -> None:
    assert sealer.open_blob(sealer.seal_blob(b"")) == b""


def test_a_blob_opens_only_in_its_own_place(sealer: Sealer) -> None:
    sealed = sealer.seal_blob(b"body", b"list 1")

    with pytest.raises(NotSealed):
        sealer.open_blob(sealed, b"list 2")


@pytest.mark.parametrize("damage", [b"", b"\x01", b"\x07" + b"x" * 40, b"\x01" + b"x" * 40])
def test_damaged_bytes_open_as_nothing(sealer: Sealer, damage: bytes) -> None:
    with pytest.raises(NotSealed):
        sealer.open_number(damage)
    with pytest.raises(NotSealed):
        sealer.open_blob(damage)


def test_a_number_of_another_installation_does_not_open(sealer: Sealer, tmp_path: Path) -> None:
    other = sealer_at(tmp_path / "other.key")

    with pytest.raises(NotSealed):
        sealer.open_number(other.seal_number(PHONE))


def test_the_key_file_is_for_its_owner_only_and_is_made_once(tmp_path: Path) -> None:
    path = tmp_path / "data" / "secret.key"
    sealed = sealer_at(path).seal_number(PHONE)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert sealer_at(path).seal_number(PHONE) == sealed
    assert list(path.parent.iterdir()) == [path]


def test_processes_starting_at_once_agree_on_one_key(tmp_path: Path) -> None:
    path = tmp_path / "secret.key"
    sealed: list[bytes] = []
    gate = threading.Barrier(8)

    def start() -> None:
        gate.wait()
        sealed.append(sealer_at(path).seal_number(PHONE))

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(sealed) == 8
    assert len(set(sealed)) == 1


def test_a_missing_key_is_not_replaced_while_numbers_are_sealed_with_it(tmp_path: Path) -> None:
    path = tmp_path / "secret.key"

    with pytest.raises(Refused, match="is missing"):
        keys_of(path, lambda: True)

    assert not path.exists()


def test_a_key_that_others_can_read_is_refused_with_the_mending_command(tmp_path: Path) -> None:
    path = tmp_path / "secret.key"
    keys_of(path, nothing_sealed)
    path.chmod(0o640)

    with pytest.raises(Refused, match=f"chmod 600 {path}"):
        keys_of(path, nothing_sealed)


KEY = base64.b64encode(bytes(64)).decode()


@pytest.mark.parametrize(
    "content",
    ["", "garbage", "1", f"0 {KEY}", f"256 {KEY}", f"1 {KEY[:-8]}", "1 !!!!", f"1 {KEY}\n1 {KEY}"],
)
def test_a_damaged_key_file_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "secret.key"
    path.write_text(content)
    path.chmod(0o600)

    with pytest.raises(Refused, match="is damaged"):
        keys_of(path, nothing_sealed)


def test_after_a_new_key_old_rows_still_open_and_new_ones_use_it(tmp_path: Path) -> None:
    path = tmp_path / "secret.key"
    before = sealer_at(path)
    old_number, old_blob = before.seal_number(PHONE), before.seal_blob(b"body")

    assert add_key(path) == 2

    after = sealer_at(path)
    assert after.open_number(old_number) == PHONE
    assert after.open_blob(old_blob) == b"body"
    assert after.seal_number(PHONE) != old_number
    assert after.seal_numbers([PHONE], version=1) == [old_number]
    assert (after.version, after.older_versions) == (2, (1,))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
