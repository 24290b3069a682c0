"""Files that are enciphered on the disk: uploaded lists, and the rows that were turned away.

A file is a row of frames of the same size, each sealed for its place: what is swapped, cut off or
appended does not open. Any part can be read without the rest, and never more than one frame of it
is in memory.
"""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from outreach.sealing import NotSealed, Sealer

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

FRAME: Final = 256 * 1024
"""Plain bytes in a frame; the last one holds what is left, possibly nothing."""
SEALED_FRAME: Final = FRAME + 33


class _Writer(io.RawIOBase):
    """Takes plain bytes; a buffer in front gathers them. Closing seals the last frame."""

    def __init__(self, file: BinaryIO, sealer: Sealer, context: bytes) -> None:
        self._file, self._sealer, self._context = file, sealer, context
        self._waiting = bytearray()
        self._frames = 0

    def writable(self) -> bool:
        return True

    def write(self, data: ReadableBuffer, /) -> int:
        view = memoryview(data)
        self._waiting += view
        # A full frame waits for the next byte: only then is it known not to be the last.
        while len(self._waiting) > FRAME:
            self._seal(bytes(self._waiting[:FRAME]), last=False)
            del self._waiting[:FRAME]
        return view.nbytes

    def finish(self) -> None:
        self._seal(bytes(self._waiting), last=True)
        self._file.flush()
        os.fsync(self._file.fileno())

    def _seal(self, plain: bytes, *, last: bool) -> None:
        place = _place(self._context, self._frames, last=last)
        self._file.write(self._sealer.seal_blob(plain, place))
        self._frames += 1


class _Reader(io.RawIOBase):
    """Gives plain bytes, from anywhere in the file."""

    def __init__(self, file: BinaryIO, sealer: Sealer, context: bytes) -> None:
        self._file, self._sealer, self._context = file, sealer, context
        size = os.fstat(file.fileno()).st_size
        self._frames = -(-size // SEALED_FRAME)
        if not size:
            raise NotSealed("the file is empty")
        self._size = size - self._frames * (SEALED_FRAME - FRAME)
        self._position = 0
        self._held: tuple[int, bytes] = (-1, b"")

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = max(0, start + offset)
        return self._position

    def readinto(self, into: WriteableBuffer, /) -> int:
        buffer = memoryview(into)
        index, start = divmod(self._position, FRAME)
        if self._position >= self._size:
            self._frame(self._frames - 1)  # a file cut off at a frame's end shows here
            return 0
        part = self._frame(index)[start : start + len(buffer)]
        buffer[: len(part)] = part
        self._position += len(part)
        return len(part)

    def close(self) -> None:
        self._file.close()
        super().close()

    def _frame(self, index: int) -> bytes:
        if self._held[0] != index:
            self._file.seek(index * SEALED_FRAME)
            place = _place(self._context, index, last=index == self._frames - 1)
            self._held = index, self._sealer.open_blob(self._file.read(SEALED_FRAME), place)
        return self._held[1]


def _place(context: bytes, index: int, *, last: bool) -> bytes:
    return b"%s %d %s" % (context, index, b"last" if last else b"more")


@contextlib.contextmanager
def writing(path: Path, sealer: Sealer, context: bytes) -> Iterator[BinaryIO]:
    """A stream whose bytes are sealed into `path` (mode 600), whole or not at all.

    `context` says what the file is; it opens only with the same.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_name(path.name + ".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            writer = _Writer(file, sealer, context)
            buffered = io.BufferedWriter(writer, FRAME)
            yield buffered
            buffered.flush()
            writer.finish()
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


def reading(path: Path, sealer: Sealer, context: bytes) -> BinaryIO:
    """The plain bytes of a sealed file, seekable.

    Reading raises NotSealed where the file was damaged, cut off, or is another one.
    """
    return io.BufferedReader(_Reader(path.open("rb"), sealer, context), FRAME)
