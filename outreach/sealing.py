"""Sealing: phone numbers, names and raw bodies are enciphered before they touch the disk.

AES-256-SIV (RFC 5297). A number is sealed without a nonce: equal numbers give equal bytes, so the
database can hold one row a number and find it, and nothing else about it. A blob gets a random
nonce, so equal blobs look different. Two keys are derived (HKDF-SHA-512) from each key in the
file, so that no blob can be passed off as a number.

Sealed bytes begin with the version of the key, so they say themselves how to open them. The key
file holds one key a line, "VERSION BASE64": the highest version seals, all of them open. While
there are several, numbers are looked up under each of them (`numbers.ensure`, `numbers.find`).
"""

from __future__ import annotations

import base64
import binascii
import os
import stat
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from outreach.errors import Refused
from outreach.i18n import _

KEY_BYTES = 64
NONCE_BYTES = 16
HIGHEST_VERSION = 255
_OPEN_TO_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_HEAD = "# Seals the phone numbers; without it no number can be read. Keep a copy elsewhere.\n"


class NotSealed(ValueError):
    """Bytes that no key in the file opens: damaged, or sealed by another installation."""


class Sealer:
    """Seals and opens with the keys of one installation. Safe to share between threads."""

    def __init__(self, keys: Callable[[], Mapping[int, bytes]]) -> None:
        """`keys` answers version (1–255) → 64 bytes; it is asked once, at the first use."""
        self._load = keys

    @cached_property
    def _keys(self) -> dict[int, bytes]:
        return dict(self._load())

    @cached_property
    def _numbers(self) -> dict[int, AESSIV]:
        return {version: _derive(key, b"number") for version, key in self._keys.items()}

    @cached_property
    def _blobs(self) -> dict[int, AESSIV]:
        return {version: _derive(key, b"blob") for version, key in self._keys.items()}

    @cached_property
    def version(self) -> int:
        """The version that seals: the newest."""
        return max(self._keys)

    @cached_property
    def older_versions(self) -> tuple[int, ...]:
        """Versions under which rows may still be sealed; empty unless keys are being rotated."""
        return tuple(sorted(set(self._keys) - {self.version}))

    def seal_number(self, e164: str) -> bytes:
        """28 bytes for "+84912345678"; the same each time, under the newest key."""
        return self.seal_numbers((e164,))[0]

    def seal_numbers(self, phones: Iterable[str], version: int | None = None) -> list[bytes]:
        """`seal_number` for many, in order; under an older key where `version` names it."""
        version = version or self.version
        head, encrypt = bytes((version,)), self._numbers[version].encrypt
        # The plus sign says nothing; without it a row is a byte shorter.
        return [head + encrypt(phone[1:].encode("ascii"), None) for phone in phones]

    def open_number(self, sealed: bytes) -> str:
        """The number in E.164. Raises NotSealed."""
        return "+" + _open(self._numbers, sealed, 1, None).decode("ascii")

    def open_numbers(self, sealed: Iterable[bytes]) -> list[str]:
        """`open_number` for many, in order."""
        return [self.open_number(one) for one in sealed]

    def seal_blob(self, plain: bytes, context: bytes = b"") -> bytes:
        """Seal any bytes (33 longer). `context` is not kept in it; opening asks for the same
        again, so a blob moved to another place does not open there."""
        return self.seal_blobs((plain,), context)[0]

    def seal_blobs(self, plain: Sequence[bytes], context: bytes = b"") -> list[bytes]:
        """`seal_blob` for many, in order."""
        head, encrypt = bytes((self.version,)), self._blobs[self.version].encrypt
        # One call for all: asking for each was a third of the work.
        random = os.urandom(NONCE_BYTES * len(plain))
        nonces = (random[i : i + NONCE_BYTES] for i in range(0, len(random), NONCE_BYTES))
        return [
            head + nonce + encrypt(one, [context, nonce])
            for one, nonce in zip(plain, nonces, strict=True)
        ]

    def open_blob(self, sealed: bytes, context: bytes = b"") -> bytes:
        """The bytes given to `seal_blob` with this `context`. Raises NotSealed."""
        start = 1 + NONCE_BYTES
        return _open(self._blobs, sealed, start, [context, sealed[1:start]])

    def open_blobs(self, sealed: Iterable[bytes], context: bytes = b"") -> list[bytes]:
        """`open_blob` for many, in order."""
        return [self.open_blob(one, context) for one in sealed]


def _derive(key: bytes, use: bytes) -> AESSIV:
    derived = HKDF(SHA512(), KEY_BYTES, salt=None, info=b"tung-ngo " + use).derive(key)
    return AESSIV(derived)


def _open(
    keys: Mapping[int, AESSIV], sealed: bytes, start: int, bound: list[bytes] | None
) -> bytes:
    version = int.from_bytes(sealed[:1], "big")
    try:
        return keys[version].decrypt(sealed[start:], bound)
    except (KeyError, InvalidTag, ValueError) as wrong:
        raise NotSealed(f"no key opens these {len(sealed)} bytes (version {version})") from wrong


def keys_of(path: Path, sealed_rows_exist: Callable[[], bool]) -> dict[int, bytes]:
    """The keys in the file at `path`; creates it with a first key where nothing is sealed yet.

    Raises Refused where the file is open to others, malformed, or missing although
    `sealed_rows_exist()`: a new key could never read them.
    """
    try:
        return _read(path)
    except FileNotFoundError:
        if sealed_rows_exist():
            raise Refused(
                _(
                    "The key file %(path)s is missing, but the database holds numbers sealed with "
                    "it. Put it back from your copy, or point OUTREACH_KEY_FILE to it.",
                    path=path,
                )
            ) from None
    _create(path)
    return _read(path)


def add_key(path: Path) -> int:
    """Append a new key to the file; answers its version.

    All processes are to be restarted after it, so that each seals with the new key before
    `numbers.reseal` runs.
    """
    version = max(_read(path)) + 1
    if version > HIGHEST_VERSION:
        raise Refused(_("The key file %(path)s holds 255 keys already.", path=path))
    content = path.read_text("ascii") + _line(version, os.urandom(KEY_BYTES))
    _write_beside(path, content).replace(path)
    _sync_folder(path.parent)
    return version


def _create(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = _write_beside(path, _HEAD + _line(1, os.urandom(KEY_BYTES)))
    try:
        # A link appears whole or not at all, and never over a key another process made meanwhile.
        os.link(fresh, path)
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
    _sync_folder(path.parent)


def _write_beside(path: Path, content: str) -> Path:
    fresh = path.with_name(f"{path.name}.{os.getpid()}.{threading.get_ident()}.new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)
    return fresh


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _line(version: int, key: bytes) -> str:
    return f"{version} {base64.b64encode(key).decode('ascii')}\n"


def _read(path: Path) -> dict[int, bytes]:
    with path.open(encoding="ascii", errors="replace") as file:
        if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & _OPEN_TO_OTHERS:
            raise Refused(
                _(
                    "The key file %(path)s can be read by others. Run: chmod 600 %(path)s",
                    path=path,
                )
            )
        lines = [line.split() for line in file if line.strip() and not line.startswith("#")]
    keys = dict(_parsed(path, number, line) for number, line in enumerate(lines, 1))
    if not keys or len(keys) < len(lines):
        raise _malformed(path, len(lines))
    return keys


def _parsed(path: Path, number: int, line: list[str]) -> tuple[int, bytes]:
    try:
        version, key = int(line[0]), base64.b64decode(line[1], validate=True)
    except (ValueError, IndexError, binascii.Error):
        raise _malformed(path, number) from None
    if len(line) != 2 or len(key) != KEY_BYTES or not 1 <= version <= HIGHEST_VERSION:
        raise _malformed(path, number)
    return version, key


def _malformed(path: Path, number: int) -> Refused:
    return Refused(
        _(
            "The key file %(path)s is damaged (key line %(line)s). Put it back from your copy: "
            "without it no number can be read.",
            path=path,
            line=number,
        )
    )
